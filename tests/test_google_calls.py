"""What a cycle costs in calls to Google, how they are paced, and how its values are read."""

import datetime

import pytest

from integrations.cells import Oddity, Percent
from integrations.google_cells import cell_of, in_doubt, ranges_of
from integrations.google_wire import Pace, passing, retry_after
from models import kinds
from tests.google.office import costs
from tests.scenarios.stage import NEW
from tests.sheets import (
    ACTIVITIES,
    BRANCH,
    HALL,
    OTHER,
    PERSONS,
    counted,
    event,
    quiet,
)
from tests.world import add

PLACES = ("google",)


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


def test_rows_beyond_the_end_of_a_tab_with_another_number(office, state):
    """As in a spreadsheet that was made otherwise, or by an earlier version: no other tab grows in its place."""
    tab = office.sheets.tab(BRANCH, ACTIVITIES)
    with state.typing(office.sheets.number(BRANCH)) as book:
        tab.properties["sheetId"], tab.grid["rowCount"] = 1004, 4
        sizes = {one.title: one.size for one in book.tabs if one is not tab}
    add(office.parts, "activities", *(event(office.parts, f"b{place}", place) for place in range(3)))
    assert counted(office.cycle(), read=1, written=1, cells_out=12)
    assert office.look().of("b2") == 7
    assert {one.title: one.size for one in state.books[office.sheets.number(BRANCH)].tabs if one.id != 1004} == sizes
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


# ---------------------------------------------------------------- time and patience


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
