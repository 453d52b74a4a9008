"""Google Sheets over real HTTP: the anomalies that differ there, what each cycle costs, and every way a call can fail."""

import datetime
import itertools
import os
import shutil
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from integrations import hidden
from integrations.backend import Unreachable
from integrations.cells import Oddity, Percent
from integrations.google_cells import cell_of, in_doubt, ranges_of
from integrations.google_wire import Pace, passing, retry_after
from integrations.pen import Held
from integrations.workbook import GUIDE_TITLE, Layout
from models import kinds
from tests import test_cycle
from tests.google.changes import change
from tests.google.server import Fault, serve
from tests.histories import Killed, office_over
from tests.sheets import (
    ACTIVITIES,
    BRANCH,
    DATE,
    HALL,
    ID,
    NOTE,
    OTHER,
    PERSONS,
    PLAQUES,
    POINT,
    REMARKS,
    SITE,
    SITES,
    TITLE,
    InGoogle,
    Office,
    build,
    counted,
    event,
)
from tests.test_columns import LEVEL, declare
from tests.world import add

ROOT = Path(__file__).resolve().parents[1]
FOLDER = "1folder"
NEW = {SITE: BRANCH, DATE: "2026-05-06", TITLE: "新", PERSONS: 9}


@pytest.fixture(scope="module")
def server():
    """(state, address) of the Sheets server."""
    with serve() as found:
        yield found


@pytest.fixture(scope="module")
def first(server, sqlite_template, tmp_path_factory):
    """(data folder, the server's files) of an office whose spreadsheets have just been made."""
    data = tmp_path_factory.mktemp("google") / "data"
    data.mkdir()
    shutil.copy(sqlite_template, data / "zongfen.db")
    office = in_google(server, data, "zongfen.db")
    build(office.parts)
    office.cycle()
    office.parts.database.close()
    state, _address = server
    return data, state.kept()


def in_google(server, data, name):
    """An office over a database, with its spreadsheets on the server."""
    state, address = server
    office = office_over(data, None, name)
    told = replace(office.parts.settings, google_url=address, google_folder=FOLDER, google_per_minute=0)
    parts = replace(office.parts, settings=told)
    return Office(parts, InGoogle(state, told, [Layout(table) for table in parts.catalog.tabs]))


NUMBERS = itertools.count()


@pytest.fixture
def office(server, first):
    """The office as it was made, on a server that has counted nothing and has no faults."""
    data, kept = first
    state, _address = server
    state.go_back(kept)
    name = f"{next(NUMBERS)}.db"
    shutil.copy(data / "zongfen.db", data / name)
    made = in_google(server, data, name)
    yield made
    made.parts.database.close()


@pytest.fixture
def state(office):
    return office.sheets.state


def quiet(office):
    told = office.cycle()
    assert counted(told), told


def costs(state):
    """Calls since the last time: (to Drive, reads, writes)."""
    found = tuple(state.count(kind) for kind in ("drive", "read", "write"))
    state.calls.clear()
    return found


# ---------------------------------------------------------------- the anomalies

DIFFERENT = [
    "what_people_type",
    "texts_of_all_sorts",
    "field_of_the_app",
    "rows_added",
    "column_moved_and_own_ones",
    "row_deleted_here",
    "reference_to_a_closed_site",
    "record_moves_to_another_branch",
    "branch_opened",
]


@pytest.mark.parametrize("name", DIFFERENT)
def test_scenario(office, name):
    """Those that read or write what Google keeps in its own way; the merge of all others is the folder's."""
    test_cycle.test_scenario(office, getattr(test_cycle, name))


# ---------------------------------------------------------------- what a cycle costs


def test_a_quiet_cycle_asks_drive_alone(office, state):
    quiet(office)
    assert costs(state) == (1, 0, 0)


def test_a_changed_workbook_costs_two_reads_and_a_write(office, state):
    """Changed here, there, and on both sides; the lease is Drive's. Then it is quiet at once."""
    office.change("activities", "a1", title="改")
    office.cycle()
    assert costs(state) == (4, 2, 1)
    quiet(office)
    with office.paper() as paper:
        paper.set(paper.of("a2"), PERSONS, 50)
    state.calls.clear()
    assert counted(office.cycle(), read=1, cells_in=1)
    assert costs(state) == (2, 1, 0)
    quiet(office)
    with office.paper() as paper:
        paper.add(NEW)
    office.change("plaques", f"p{OTHER}", note="两份")
    state.calls.clear()
    assert counted(office.cycle(), read=2, written=2, cells_in=4, cells_out=1)
    assert costs(state) == (6, 4, 2)
    quiet(office)
    assert costs(state) == (1, 0, 0)


def test_rows_beyond_the_end_of_a_tab(office, state):
    """Rows are added first, and look like the others; two writes, and no more reads."""
    tab = office.sheets.tab(BRANCH, ACTIVITIES)
    with state.typing(office.sheets.number(BRANCH)):
        tab.grid["rowCount"] = 4
    add(office.parts, "activities", *(event(office.parts, f"b{place}", place) for place in range(3)))
    state.calls.clear()
    assert counted(office.cycle(), read=1, written=1, cells_out=12)
    assert costs(state) == (4, 2, 2)
    assert office.sheets.tab(BRANCH, ACTIVITIES).part((6, 2), "userEnteredFormat")["numberFormat"]["type"] == "DATE"
    assert office.sheets.tab(BRANCH, ACTIVITIES).part((6, 1), "dataValidation")["condition"]["type"] == "ONE_OF_RANGE"
    quiet(office)


def test_all_pages_of_a_listing(office, state, monkeypatch):
    monkeypatch.setattr("integrations.google_sheets.PAGE", 2)
    quiet(office)
    assert costs(state) == (2, 0, 0)


def test_a_limit_of_calls_is_kept(office, state, monkeypatch):
    """Google allows three writes and three reads a minute; the app waits, and no call of it is refused."""
    from integrations import google_wire

    clock = iter(range(0, 10_000_000, 1))
    waited = []

    def pace(limit):
        def sleep(seconds):
            waited.append(seconds)
            state.window.clear()

        return google_wire.Pace(limit, clock=lambda: next(clock) / 1000, sleep=sleep)

    paces = {"read": pace(3), "write": pace(3)}
    monkeypatch.setattr("integrations.google.pace_of", lambda account, kind, limit: paces[kind])
    monkeypatch.setattr(google_wire, "MINUTE", 1.0)
    state.per_minute = 3
    for code in (HALL, BRANCH, OTHER):
        office.change("sites", f"s{code}", phone="13812345678")
    told = office.cycle()
    state.per_minute = 0
    assert counted(told, read=3, written=3, cells_out=3)
    assert waited
    assert {call.status for call in state.calls} == {200}


# ---------------------------------------------------------------- made for people


def test_a_workbook_is_made_for_people(office, state):
    number = office.sheets.number(BRANCH)
    book, file = state.books[number], state.files[number]
    assert (file["name"], file["parents"]) == (f"{BRANCH} 官渡区文化馆关上街道分馆", [FOLDER])
    labels = [table.label for table in office.parts.catalog.tabs]
    assert [tab.title for tab in book.tabs] == [GUIDE_TITLE, *labels, hidden.TITLE]
    assert [tab.properties.get("hidden", False) for tab in book.tabs] == [False] * (len(labels) + 1) + [True]
    tab = book.titled(ACTIVITIES)
    headers = [cell for cell in office.look().grid[0] if cell]
    assert headers == [ID, *(one.label for one in office.parts.catalog["activities"].sheet_fields), REMARKS]
    assert (tab.grid["frozenRowCount"], tab.grid["frozenColumnCount"]) == (1, 4)
    assert tab.read((1, 1), "FORMATTED_VALUE", "") == f"{BRANCH} 关上馆"
    assert tab.read((1, 2), "FORMATTED_VALUE", "") == "2026-03-02"
    kinds = {tab.part((5, column), "dataValidation").get("condition", {}).get("type") for column in range(6)}
    assert kinds == {"ONE_OF_RANGE", "ONE_OF_LIST", None}
    assert not any(rule["strict"] for _block, part in tab.layers if (rule := part.get("dataValidation")))
    warned = [one["range"].get("startColumnIndex") for one in tab.more["protectedRanges"]]
    assert {0, len(headers) - 1} <= set(warned)
    assert all(one["warningOnly"] for one in tab.more["protectedRanges"])
    grey = tab.part((5, 0), "userEnteredFormat")["backgroundColor"]
    assert "backgroundColor" not in tab.part((5, 1), "userEnteredFormat")
    assert grey["red"] < 1


def test_what_a_person_put_in_stays(office, state):
    """Tabs, columns, notes, looks, a sum over the rows: none of it is read or written."""
    with state.typing(office.sheets.number(BRANCH)) as book:
        tab = book.titled(ACTIVITIES)
        last = len(office.look().grid[0])
        tab.grid["columnCount"] = last + 3
        tab.put((0, last), "我的", typed=True)
        tab.put((1, last), "=F2*2", typed=True)
        tab.cells[1, 3]["note"] = "人数待核"
        tab.cells[1, 3]["userEnteredFormat"] = {"backgroundColor": {"red": 1.0}}
        book.add({"title": "我的页"}).put((0, 0), "自己的", typed=True)
    quiet_after_reading = office.cycle()
    assert counted(quiet_after_reading, read=1)
    office.change("activities", "a1", persons=30, title="改")
    office.cycle()
    tab = office.sheets.tab(BRANCH, ACTIVITIES)
    assert tab.read((1, last), "UNFORMATTED_VALUE", "") == 60
    assert (tab.cells[1, 3]["note"], tab.read((1, 3), "FORMATTED_VALUE", "")) == ("人数待核", "改")
    assert tab.cells[1, 3]["userEnteredFormat"] == {"backgroundColor": {"red": 1.0}}
    assert office.sheets.tab(BRANCH, "我的页").read((0, 0), "FORMATTED_VALUE", "") == "自己的"
    quiet(office)


def typed(office, cells, title=ACTIVITIES):
    """A person types into the browser: Google makes of it what it likes."""
    state = office.sheets.state
    paper = office.look(BRANCH, title)
    with state.typing(office.sheets.number(BRANCH)) as book:
        for (row_id, header), text in cells.items():
            book.titled(title).put((paper.of(row_id) - 1, paper.column(header)), text, typed=True)


def test_what_google_makes_of_what_is_typed(office, state):
    """Dates become numbers under a date format, also in a text that a paste has made unformatted; a formula is its result."""
    with state.typing(office.sheets.number(BRANCH)) as book:
        book.titled(ACTIVITIES).layers.clear()
    typed(
        office,
        {
            ("a1", DATE): "2026-04-05",
            ("a1", PERSONS): "1,234",
            ("a2", PERSONS): "=40+2",
            ("a2", NOTE): "2026/3/5",
            ("a3", PERSONS): "=1/0",
            ("a3", NOTE): "'0871",
        },
    )
    state.calls.clear()
    told = office.cycle()
    assert (told["cells_in"], told["problems"]) == (5, 1)
    rows = [office.record("activities", row_id) for row_id in ("a1", "a2", "a3")]
    assert (rows[0]["held_on"], rows[0]["persons"]) == ("2026-04-05", 1234)
    assert (rows[1]["persons"], rows[1]["note"]) == (42, "2026-03-05")
    assert (rows[2]["persons"], rows[2]["note"]) == (3, "0871")
    assert costs(state)[1:] == (2, 1)  # a read, and one of the formats in doubt
    assert office.cycle()["written"] == 0
    quiet(office)


def test_merged_cells(office, state):
    """A merged block swallows what is written into it: that stops the workbook, and is nobody's clearing of the cell."""
    paper = office.look()
    column = paper.column(PERSONS)
    with state.typing(office.sheets.number(BRANCH)) as book:
        area = {"sheetId": book.titled(ACTIVITIES).id, "startRowIndex": 1, "endRowIndex": 3}
        change(book, [{"mergeCells": {"range": {**area, "startColumnIndex": column, "endColumnIndex": column + 1}}}])
    assert counted(office.cycle(), read=1, cells_in=1)
    assert [office.record("activities", one)["persons"] for one in ("a1", "a2")] == [1, None]
    office.change("activities", "a2", persons=60)
    assert office.cycle()["stopped"] == 1
    assert "在合并单元格里" in office.book().reason
    state.calls.clear()
    quiet(office)
    assert costs(state) == (1, 0, 0)
    assert office.record("activities", "a2")["persons"] == 60
    with state.typing(office.sheets.number(BRANCH)) as book:
        book.titled(ACTIVITIES).more["merges"] = []
    assert counted(office.cycle(), read=1, written=1, cells_out=1)
    assert (office.record("activities", "a2")["persons"], office.look().by_id()["a2"][PERSONS]) == (60, 60)


def test_merged_cells_where_the_formats_are_in_doubt(office, state):
    """The second read is spent on the formats: it tells of merged blocks too, in every tab."""
    paper = office.look(BRANCH, PLAQUES)
    column, last = paper.column(NOTE), len(paper.rows())
    with state.typing(office.sheets.number(BRANCH)) as book:
        area = {"sheetId": book.titled(PLAQUES).id, "startRowIndex": 1, "endRowIndex": 1 + last}
        change(book, [{"mergeCells": {"range": {**area, "startColumnIndex": column, "endColumnIndex": column + 1}}}])
        book.titled(ACTIVITIES).layers.clear()
    typed(office, {("a2", NOTE): "2026/3/5"})
    office.change("plaques", f"p{POINT}", note="角")
    assert office.cycle()["stopped"] == 1
    assert "在合并单元格里" in office.book().reason
    quiet(office)
    assert (office.record("plaques", f"p{POINT}")["note"], office.record("activities", "a2")["note"]) == (
        "角",
        "2026-03-05",
    )


# ---------------------------------------------------------------- found again


def test_renamed_moved_and_in_the_bin(office, state):
    number = office.sheets.number(BRANCH)
    with state.typing(number) as book:
        book.properties["title"] = "我们的表"
    assert counted(office.cycle(), read=1)
    state.files[number]["parents"] = ["elsewhere"]
    quiet(office)
    assert costs(state) == (4, 1, 0)  # the lease; and a second listing for a file that is not in the folder
    state.files[number]["trashed"] = True
    told = office.cycle()
    assert (told["stopped"], told["proposals"]) == (1, 0)
    state.calls.clear()
    quiet(office)
    assert costs(state) == (2, 0, 0)
    state.files[number]["trashed"] = False
    assert counted(office.cycle(), read=1)
    assert office.book().state == "fine"


def test_copies_and_strangers_are_not_read(office, state):
    """A copy may bear the properties of what it was copied from, or not; people keep files of their own beside."""
    from integrations.cycle import Cycle

    name, number = f"{BRANCH} 官渡区文化馆关上街道分馆", office.sheets.number(BRANCH)
    own = dict(state.files[number]["appProperties"])
    state.create({"name": f"{name} 的副本", "parents": [FOLDER], "appProperties": own})
    state.create({"name": f"Copy of {name}", "parents": [FOLDER]})
    state.create({"name": "2026 计划", "parents": [FOLDER]})
    state.create({"name": "别人的", "parents": [FOLDER], "appProperties": own | {"zongfen": "other"}})
    state.calls.clear()
    notes = {note.place: note.message for note in Cycle(office.parts, office.sheets.backend).run().notes}
    assert notes == {
        f"{name} 的副本": f"{BRANCH} 的副本，没有读",
        f"Copy of {name}": "像是副本，没有读",
        "别人的": "另一套台账的表，没有读",
    }
    assert costs(state) == (1, 0, 0)


def test_a_tab_that_is_gone(office, state):
    with state.typing(office.sheets.number(BRANCH)) as book:
        book.titled(PLAQUES).properties["title"] = "牌子"
    assert office.cycle()["stopped"] == 1
    assert office.book().reason == "少了“牌匾”页"
    quiet(office)


def test_an_older_version_restored(office):
    """The number of the last write comes back with it: what was written is written again."""
    old = office.sheets.copy(BRANCH)
    office.change("activities", "a1", title="改")
    office.cycle()
    office.sheets.paste(BRANCH, old)
    assert counted(office.cycle(), read=1, written=1, cells_out=1)
    assert office.look().by_id()["a1"][TITLE] == "改"
    quiet(office)


def test_another_installation_s_folder_is_held(office, state):
    lease = next(file for file in state.files.values() if file["name"].startswith("_zongfen "))
    lease["name"] = lease["name"].replace('"installation":"', '"installation":"x')
    with pytest.raises(Held, match="另一套台账"):
        office.cycle()
    lease["name"] = "_zongfen 改了名"
    with pytest.raises(Held):
        office.cycle()
    office.cycle(take_over=True)
    quiet(office)


# ---------------------------------------------------------------- what can go wrong


def to(method, end):
    """Calls of a method whose path has this in it."""
    return lambda called, path: called == method and end in path


READ, WRITE, ROOM = to("GET", "values:batchGet"), to("POST", "values:batchUpdate"), to("POST", "0:batchUpdate")
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
def test_a_new_workbook_through_failures(server, first, state, office, after):
    """The calls that make a spreadsheet fail once each, before or after their work: there is one of each, and it is whole."""
    state.files, state.books = {}, {}
    data, _kept = first
    shutil.copy(data / "zongfen.db", data / f"new{after}.db")
    fresh = in_google(server, data, f"new{after}.db")
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


# ---------------------------------------------------------------- the command line


@pytest.fixture
def told(office, server, monkeypatch, run):
    """The office's command line: its settings come from the environment."""
    data = office.parts.settings.data.parent / "cli"
    shutil.rmtree(data, ignore_errors=True)
    data.mkdir()
    shutil.copy(office.parts.database.file, data / "zongfen.db")
    monkeypatch.setenv("ZONGFEN_DATA", str(data))
    monkeypatch.setenv("ZONGFEN_GOOGLE_URL", f"{server[1]}/")
    monkeypatch.setenv("ZONGFEN_GOOGLE_FOLDER", FOLDER)
    monkeypatch.setattr("integrations.google_wire.STEPS", ())
    return run


def test_the_command_line(told, office, state, monkeypatch):
    """Sync serves Google by its settings alone; what it cannot reach, or be told, is status 2."""
    ran = told("sync", "--take-over", "--json")  # the data were copied: another home
    assert (ran.status, ran.json["workbooks"], ran.json["stopped"]) == (0, 3, 0)
    state.calls.clear()
    assert told("sync", "--json").json["read"] == 0
    assert costs(state) == (1, 0, 0)
    assert [one["place"] for one in told("workbooks", "--json").json["workbooks"]] == [
        office.sheets.number(code) for code in (HALL, BRANCH, OTHER)
    ]
    state.faults.append(Fault(times=99, status=503))
    ran = told("sync", "--json")
    assert (ran.status, ran.json["error"]) == (2, "Google 表格连不上：503 The service is currently unavailable.")
    monkeypatch.setenv("ZONGFEN_GOOGLE_URL", "http://127.0.0.1:9")
    assert told("sync").status == 2
    monkeypatch.setenv("ZONGFEN_GOOGLE_URL", "nowhere")
    assert told("sync").status == 2
    monkeypatch.setenv("ZONGFEN_GOOGLE_URL", "")
    assert told("sync", "--json").json["error"] == "Google 表格连不上：没有设 ZONGFEN_GOOGLE_CREDENTIALS"
    monkeypatch.setenv("ZONGFEN_GOOGLE_CREDENTIALS", "no such.json")
    assert "服务账号文件读不了" in told("sync", "--json").json["error"]
    monkeypatch.setenv("ZONGFEN_GOOGLE_PER_MINUTE", "viele")
    assert told("sync", "--json").json["error"] == "ZONGFEN_GOOGLE_PER_MINUTE 要写整数"


def test_killed_for_good(office, server, state):
    """A process of its own, ended by SIGKILL as it waits for the answer to its write, which Google has made."""
    with office.paper() as paper:
        paper.add(NEW)
    office.change("activities", "a1", title="改")
    parts, process = office.parts, None
    parts.database.close()
    told = {"ZONGFEN_DATA": str(parts.settings.data), "ZONGFEN_DATABASE_URL": f"sqlite:///{parts.database.file}"}
    told |= {"ZONGFEN_GOOGLE_URL": server[1], "ZONGFEN_GOOGLE_FOLDER": FOLDER, "ZONGFEN_GOOGLE_PER_MINUTE": "0"}
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


# ---------------------------------------------------------------- calls: time and patience


def test_a_pace_lets_so_many_go_in_any_minute():
    now = [0.0]
    pace = Pace(3, clock=lambda: now[0], sleep=lambda seconds: now.append(now.pop() + seconds))
    times = []
    for _call in range(10):
        pace.turn()
        times.append(now[0])
        now[0] += 1.0
    assert all(later - earlier >= 60 for earlier, later in zip(times, times[3:], strict=False))
    assert times[:3] == [0.0, 1.0, 2.0]
    free = Pace(0, clock=lambda: 0.0, sleep=lambda seconds: pytest.fail("it waited"))
    for _call in range(100):
        free.turn()


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, 0.0),
        ({"Retry-After": "12"}, 12.0),
        ({"Retry-After": "99999"}, 120.0),
        ({"Retry-After": "Thu, 02 Jan 2020 00:00:30 GMT", "Date": "Thu, 02 Jan 2020 00:00:10 GMT"}, 20.0),
        ({"Retry-After": "Thu, 02 Jan 2020 00:00:00 GMT", "Date": "Thu, 02 Jan 2020 00:00:10 GMT"}, 0.0),
        ({"Retry-After": "soon"}, 0.0),
    ],
)
def test_how_long_a_server_makes_us_wait(headers, seconds):
    """A moment is told by the server's clock, whatever ours says."""
    assert retry_after(headers) == seconds


@pytest.mark.parametrize(
    ("status", "reasons", "wanted"),
    [
        (429, [], "undone"),
        (403, ["userRateLimitExceeded"], "undone"),
        (503, [], "unsure"),
        (408, [], "unsure"),
        (403, ["forbidden"], None),
        (400, [], None),
    ],
)
def test_what_may_pass(status, reasons, wanted):
    found = passing(status, frozenset(reasons), "", {})
    assert (found and ("undone" if found.undone else "unsure")) == wanted


# ---------------------------------------------------------------- pure


@pytest.mark.parametrize(
    ("value", "shown_as", "cell"),
    [
        (0.925, "PERCENT", Percent(0.925)),
        (0.925, "NUMBER", 0.925),
        (46_086, "DATE", datetime.date(2026, 3, 5)),
        (46_086.5, "DATE_TIME", datetime.datetime(2026, 3, 5, 12)),
        (46_086, None, 46_086),
        (True, "PERCENT", True),
        ("#REF!", None, Oddity.ERROR),
        ("Loading...", None, Oddity.NO_VALUE),
        ("", None, ""),
    ],
)
def test_a_value_and_its_format(value, shown_as, cell):
    found = cell_of(value, shown_as)
    assert (found, isinstance(found, Percent)) == (cell, isinstance(cell, Percent))


def test_cells_side_by_side_are_one_range():
    cells = {(2, 1): "a", (2, 2): "b", (3, 1): "c", (3, 2): "d", (5, 2): "e", (3, 5): 1}
    assert ranges_of("馆'点", cells) == [
        {"range": "'馆''点'!A2:B3", "values": [["a", "b"], ["c", "d"]]},
        {"range": "'馆''点'!E3:E3", "values": [[1]]},
        {"range": "'馆''点'!B5:B5", "values": [["e"]]},
    ]


@pytest.mark.parametrize(
    ("kind", "value", "wanted"),
    [
        (kinds.Percent(), 0.925, True),
        (kinds.Percent(), 92.5, False),
        (kinds.Int(), 0.925, False),
        (kinds.Date(), 46_086, False),
        (kinds.Month(), 46_086, True),
        (kinds.Text(), 46_086, True),
        (kinds.Text(), 13_812_345_678, False),
        (kinds.Text(), "46086", False),
        (kinds.OrNa(kinds.Percent()), 0.5, True),
        (kinds.Bool(), True, False),
    ],
)
def test_which_numbers_are_in_doubt(kind, value, wanted):
    assert in_doubt(kind, value) == wanted


def test_a_field_declared_later_gets_its_column(office):
    """Even where the tab is too narrow for it: a tab is made as wide as its table."""
    declare(office)
    office.change("activities", "a2", grade="乙")
    assert office.cycle()["problems"] == 0
    assert office.look().by_id()["a2"][LEVEL] == "乙"
    with office.paper() as paper:
        paper.set(paper.of("a1"), LEVEL, "甲")
    assert office.cycle()["cells_in"] == 1
    assert office.record("activities", "a1")["grade"] == "甲"
    assert counted(office.cycle())
