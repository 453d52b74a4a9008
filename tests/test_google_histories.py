"""Histories on Google Sheets over real HTTP. See tests/histories.py."""

import os
import shutil
from contextlib import contextmanager
from dataclasses import replace

from integrations.workbook import Layout
from tests.google.server import Fault, serve
from tests.histories import Beginning, Place, office_over, run_histories
from tests.sheets import BRANCH, InGoogle, Office, build

EXAMPLES = int(os.environ.get("ZONGFEN_GOOGLE_HISTORIES", "20"))
FOLDER = "1folder"
ALWAYS = 1 << 30


def in_google(state, address, data):
    """An office in this folder, with its spreadsheets on the server."""
    made = office_over(data, None)
    told = replace(made.parts.settings, google_url=address, google_folder=FOLDER, google_per_minute=0)
    parts = replace(made.parts, settings=told)
    return Office(parts, InGoogle(state, told, [Layout(table) for table in parts.catalog.tabs]))


def going_wrong(method, path, **kind):
    """Calls of a method at the branch's spreadsheet, or at Drive, that fail while a cycle runs."""

    @contextmanager
    def wrong(office):
        state, number = office.sheets.state, office.sheets.number(BRANCH)
        end = path.format(number=number)
        state.faults.append(Fault(lambda verb, at: verb == method and end in at, **kind))
        yield
        state.faults.clear()

    return wrong


FAULTS = {
    "no listing": going_wrong("GET", "/drive/v3/files", status=503, times=ALWAYS),
    "a listing that is cut": going_wrong("GET", "/drive/v3/files", cut=True),
    "no read": going_wrong("GET", "{number}/values", status=500, times=ALWAYS),
    "a read that is cut": going_wrong("GET", "{number}/values", cut=True, after=True),
    "no write": going_wrong("POST", "{number}/values:batchUpdate", status=503, times=ALWAYS),
    "a write without an answer": going_wrong("POST", "{number}/values:batchUpdate", status=503, after=True),
    "a write that is cut": going_wrong("POST", "{number}/values:batchUpdate", cut=True),
    "too many writes": going_wrong("POST", "{number}/values:batchUpdate", status=429, times=ALWAYS),
}


def test_histories(sqlite_template, tmp_path):
    """Set ZONGFEN_GOOGLE_HISTORIES to the number of histories."""
    shutil.copy(sqlite_template, tmp_path / "zongfen.db")
    with serve() as (state, address):
        first = in_google(state, address, tmp_path)
        build(first.parts, events=8)
        first.cycle()
        beginning, kept = Beginning(first.parts), state.kept()

        def begin():
            state.go_back(kept)
            return beginning.again(first.sheets)

        run_histories(Place(begin, FAULTS, late=frozenset({"too many writes"})), EXAMPLES, 30)
        beginning.close()
