"""Every way in which a call to Google can fail, somebody who types in between, and a cycle that is killed at any call."""

import itertools
import os
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from integrations.backend import Unreachable
from tests.dying import Killed
from tests.google.office import READ, WRITE, to, typed
from tests.google.server import Fault
from tests.offices import DRIVE
from tests.scenarios.stage import NEW
from tests.sheets import (
    ACTIVITIES,
    BRANCH,
    HALL,
    NOTE,
    OTHER,
    PERSONS,
    SITES,
    TITLE,
    counted,
    event,
    quiet,
)
from tests.world import add

ROOT = Path(__file__).resolve().parents[1]


PLACES = ("google",)


PASSING = {
    "429, wait": {"status": 429, "headers": {"Retry-After": "7"}},
    "503 before": {"status": 503},
    "503 after": {"status": 503, "after": True},
    "cut before": {"cut": True},
    "cut after": {"cut": True, "after": True},
}


@pytest.mark.parametrize("kind", PASSING)
def test_what_passes_is_waited_for(office, state, kind):
    """Every call fails once, in this way; the same comes of it, and each thing is written once."""
    waits = []
    office.sheets.patience = replace(office.sheets.patience, steps=(0.0,) * 4, sleep=waits.append)
    for matches in (READ, WRITE, to("GET", "/drive/"), to("PATCH", "/drive/")):
        state.faults.append(Fault(matches, **PASSING[kind]))
    with office.paper() as paper:
        paper.add(NEW)
    office.change("activities", "a1", title="改")
    told = office.cycle()
    assert counted(told, read=1, written=1, cells_in=4, cells_out=1)
    assert len(waits) == 4
    assert max(waits) == (7.0 if kind == "429, wait" else 0.0)
    assert len(office.records("activities")) == len(office.look().by_id()) == 4
    state.calls.clear()
    quiet(office)


@pytest.mark.parametrize("after", [False, True], ids=["undone", "done"])
def test_a_new_workbook_through_failures(offices, office, state, after):
    """The calls that make a spreadsheet fail once each, before or after their work: there is one of each, and it is whole."""
    state.files, state.books = {}, {}
    fresh = offices.office("google", offices.copied(office.parts.database.file))
    with fresh.parts.database.write() as connection:
        connection.exec_driver_sql("DELETE FROM sync_books")
        connection.exec_driver_sql("DELETE FROM sync_base")
        connection.exec_driver_sql("DELETE FROM meta WHERE name = 'sync_version'")
    for matches in (to("POST", "/drive/"), to("POST", ":batchUpdate"), WRITE):
        state.faults.append(Fault(matches, status=503, after=after, skip=1))
    told = fresh.cycle()
    assert (told["written"], fresh.sheets.codes()) == (3, [HALL, BRANCH, OTHER])
    assert not any(fault.times for fault in state.faults)
    assert len(state.files) == 4  # with the lease
    assert {len(book.tabs) for book in state.books.values()} == {1, len(fresh.parts.catalog.tabs) + 2}
    quiet(fresh)
    fresh.parts.database.close()


def test_room_is_made_once(office, state):
    """The call that adds rows did its work and answered with an error."""
    with state.typing(office.sheets.number(BRANCH)) as book:
        book.titled(ACTIVITIES).grid["rowCount"] = 4
    add(office.parts, "activities", event(office.parts, "b1", 1))
    state.faults.append(Fault(to("POST", ":batchUpdate"), status=503, after=True))
    assert counted(office.cycle(), read=1, written=1, cells_out=4)
    assert office.sheets.tab(BRANCH, ACTIVITIES).grid["rowCount"] == 5 + 200


def test_a_slow_answer_is_not_waited_for_without_end(office, state, monkeypatch):
    monkeypatch.setattr("integrations.google.TIMEOUT", (2.0, 0.4))
    state.faults.append(Fault(READ, slow=0.8))
    office.change("activities", "a1", title="改")
    assert counted(office.cycle(), read=1, written=1, cells_out=1)


TYPED = {
    "before the look": (to("GET", "/drive/v3/files/"), 0, {"written": 0, "read": 1}),
    "before the write": (WRITE, 0, {"written": 1, "read": 1, "cells_out": 1}),
    "after the write": (to("GET", "/drive/v3/files/"), 1, {"written": 1, "read": 1, "cells_out": 1}),
    "at the last look": (READ, 1, {"written": 1, "read": 1, "cells_out": 1}),
}


@pytest.mark.parametrize("when", TYPED)
def test_somebody_types_in_between(office, state, when):
    """Whenever it is: it is taken by the next cycle, and what was to be written is written."""
    matches, skip, told = TYPED[when]
    state.faults.append(Fault(matches, skip=skip, do=lambda: typed(office, {("a2", PERSONS): 70})))
    office.change("activities", "a1", title="改")
    assert counted(office.cycle(), **told)
    if not told["written"]:
        assert office.book().state == "busy"
    after = office.cycle()
    assert (after["cells_in"], after["written"]) == (1, 1 - told["written"])
    assert office.record("activities", "a2")["persons"] == 70
    assert office.look().by_id()["a1"][TITLE] == "改"
    quiet(office)


def test_somebody_types_while_a_failed_write_is_waited_for(office, state):
    """The write is not said again over what nobody has read."""
    state.faults.append(Fault(WRITE, status=503, after=True, do=lambda: typed(office, {("a1", NOTE): "记"})))
    state.faults.append(Fault(READ, skip=1, do=lambda: typed(office, {("a1", TITLE): "人改的"})))
    office.change("activities", "a1", title="改")
    assert office.cycle()["written"] == 0
    told = office.cycle()
    assert told["cells_in"] == 2
    assert (office.record("activities", "a1")["title"], office.record("activities", "a1")["note"]) == ("人改的", "记")
    quiet(office)


def test_google_is_not_there(office, state):
    """Nothing is taken for gone; the next cycle is as if nothing had been."""
    office.change("activities", "a1", title="改")
    for kind in ({"status": 503}, {"cut": True}, {"status": 403}):
        state.faults[:] = [Fault(times=99, **kind)]
        with pytest.raises(Unreachable):
            office.cycle()
    state.faults.clear()
    assert counted(office.cycle(), read=1, written=1, cells_out=1)
    quiet(office)


def test_one_workbook_that_fails_holds_up_no_other(office, state):
    number = office.sheets.number(BRANCH)
    state.faults.append(Fault(to("GET", f"{number}/values"), status=500, times=99))
    office.change("activities", "a1", title="改")
    office.change("plaques", f"p{OTHER}", note="另")
    assert counted(office.cycle(), read=1, written=1, cells_out=1)
    assert (office.book().state, office.book(OTHER).state) == ("busy", "fine")
    state.faults.clear()
    assert counted(office.cycle(), read=1, written=1, cells_out=1)
    quiet(office)


def test_a_write_that_is_refused_stops_the_workbook(office, state):
    """Somebody has locked the tab against the app's account."""
    state.faults.append(Fault(WRITE, status=403))
    office.change("activities", "a1", title="改")
    assert office.cycle()["stopped"] == 1
    assert "403" in office.book().reason
    quiet(office)


# ---------------------------------------------------------------- killed


def dying(office, call):
    """The office's next cycle is killed after so many calls."""
    backend = office.sheets.backend
    once, left = backend.client.once, itertools.count(1)

    def last(*arguments, **options):
        answer = once(*arguments, **options)
        if next(left) == call:
            raise Killed
        return answer

    backend.client.once = last
    office.backend = backend


@pytest.mark.parametrize("call", [3, 4, 5, 7])
def test_killed_after_every_call(office, state, call):
    """After the read, the look, the write or the second read: the next cycle finishes the work."""
    with office.paper() as paper:
        paper.add(NEW)
    office.change("activities", "a1", title="改")
    dying(office, call)
    with pytest.raises(Killed):
        office.cycle()
    office.backend = None
    office.cycle()
    assert office.look().by_id()["a1"][TITLE] == "改"
    assert len(office.records("activities")) == len(office.look().by_id()) == 4
    quiet(office)


@pytest.mark.parametrize("call", [3, 5, 6])
def test_killed_while_a_workbook_is_made(office, state, call):
    """Whichever call it dies at, there is one spreadsheet in the end, and its rows are there once."""
    before = len(state.files)
    office.change("sites", f"s{OTHER}", status="planned")
    office.cycle()
    state.files.pop(office.sheets.number(OTHER))
    with office.parts.database.write() as connection:
        connection.exec_driver_sql(f"DELETE FROM sync_books WHERE code = '{OTHER}'")
    office.change("sites", f"s{OTHER}", status="open")
    dying(office, call)
    with pytest.raises(Killed):
        office.cycle()
    office.backend = None
    office.cycle()
    assert len(state.files) == before
    assert office.look(OTHER, SITES).by_id().keys() == {f"s{OTHER}"}
    quiet(office)


@pytest.mark.parametrize("call", [3, 6])
def test_killed_where_files_have_no_properties(office, state, monkeypatch, call):
    """Another address that knows less of Drive: no properties, no change of a name. Known then by name and hidden tab."""
    monkeypatch.setattr(state, "keeps_properties", False)
    state.faults.append(Fault(to("PATCH", "/drive/"), status=404, times=99))
    test_killed_while_a_workbook_is_made(office, state, call + 1)  # the name of the lease takes two calls


def test_killed_for_good(office, state):
    """A process of its own, ended by SIGKILL as it waits for the answer to its write, which Google has made."""
    with office.paper() as paper:
        paper.add(NEW)
    office.change("activities", "a1", title="改")
    parts, process = office.parts, None
    parts.database.close()
    told = {"ZONGFEN_DATA": str(parts.settings.data), "ZONGFEN_DATABASE_URL": f"sqlite:///{parts.database.file}"}
    told |= {
        "ZONGFEN_GOOGLE_URL": parts.settings.google_url,
        "ZONGFEN_GOOGLE_FOLDER": DRIVE,
        "ZONGFEN_GOOGLE_PER_MINUTE": "0",
    }
    ended = threading.Event()

    def kill():
        process.kill()
        ended.set()

    state.faults.append(Fault(to("GET", "/drive/v3/files/"), skip=1, do=kill))
    process = subprocess.Popen([sys.executable, "app.py", "sync"], cwd=ROOT, env={**os.environ, **told})
    process.wait()
    assert ended.wait(10)
    office.cycle()
    assert office.look().by_id()["a1"][TITLE] == "改"
    assert len(office.records("activities")) == len(office.look().by_id()) == 4
    quiet(office)
