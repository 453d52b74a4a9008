"""A workbook that was filled in elsewhere comes back: what its person did is done to the shared one, and nothing else."""

import copy
from collections import Counter
from dataclasses import replace

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from integrations import books, copies
from integrations.backend import NotNow, Seen
from integrations.bringing import bring, with_days
from integrations.copies import NotACopy, bring_back, hand_out, may_open
from integrations.workbook import Layout, read_tab
from models import words
from models.access import Actor
from models.kinds import Int, Text
from models.schema import About, Field, Table
from tests.conftest import NOW
from tests.sheets import (
    ACTIVITIES,
    BRANCH,
    DATE,
    HALL,
    ID,
    NOTE,
    OTHER,
    PERSONS,
    SITE,
    TITLE,
    Paper,
    counted,
    even,
    in_this_process,
    load,
    put,
    tidy,
)

DATABASES = ("sqlite",)
TABLE = Table("t", About("表", "T"), (Field("a", "甲", Text()), Field("n", "数", Int())))
HEAD = ["编号", "甲", "数", "系统备注"]
BEFORE = [["r1", "x", 1], ["r2", "y", 2], [None, "waits", None]]


def tab(rows, head=HEAD):
    return read_tab(TABLE, "表", [head, *rows])


CASES = {
    # what came back, what is there now -> (cells written, rows added, what was not taken)
    "nothing was done": (BEFORE, BEFORE, {}, 0, []),
    "a cell": ([["r1", "X", 1], *BEFORE[1:]], BEFORE, {(2, 2): "X"}, 0, []),
    "a cell cleared": ([["r1", None, 1], *BEFORE[1:]], BEFORE, {(2, 2): None}, 0, []),
    "another cell of the row changed there": (
        [["r1", "X", 1], *BEFORE[1:]],
        [["r1", "x", 9], *BEFORE[1:]],
        {(2, 2): "X"},
        0,
        [],
    ),
    "the same on both sides": ([["r1", "X", 1], *BEFORE[1:]], [["r1", "X", 1], *BEFORE[1:]], {}, 0, []),
    "the same cell, differently": ([["r1", "X", 1], *BEFORE[1:]], [["r1", "Z", 1], *BEFORE[1:]], {}, 0, ["X"]),
    "what is there is newer and nothing was done": (BEFORE, [["r1", "Z", 8], *BEFORE[1:]], {}, 0, []),
    "a row there has moved": ([["r1", "X", 1], *BEFORE[1:]], BEFORE[::-1], {(4, 2): "X"}, 0, []),
    "the rows came back in another order": (BEFORE[::-1], BEFORE, {}, 0, []),
    "a row that is there no more": ([["r1", "X", 1], *BEFORE[1:]], BEFORE[1:], {}, 0, ["X"]),
    "a row taken out": (BEFORE[1:], BEFORE, {(2, 1): None, (2, 2): None, (2, 3): None}, 0, []),
    "a row taken out that was worked on": (BEFORE[1:], [["r1", "x", 9], *BEFORE[1:]], {}, 0, ["空白"]),
    "a row taken out on both sides": (BEFORE[1:], BEFORE[1:], {}, 0, []),
    "a row added": ([*BEFORE, [None, "new", 5]], BEFORE, {(5, 2): "new", (5, 3): 5}, 1, []),
    "a row added that somebody has typed there too": (
        [*BEFORE, [None, "new", 5]],
        [*BEFORE, ["r9", "new", 5]],
        {},
        0,
        [],
    ),
    "two rows alike added": (
        [*BEFORE, [None, "new", 5], [None, "new", 5]],
        BEFORE,
        {(5, 2): "new", (5, 3): 5, (6, 2): "new", (6, 3): 5},
        2,
        [],
    ),
    "a row that waited is completed": ([*BEFORE[:2], [None, "waits", 7]], BEFORE, {(4, 3): 7}, 0, []),
    "a row that waited, completed there too": (
        [*BEFORE[:2], [None, "waits", 7]],
        [*BEFORE[:2], ["r3", "waits", 8]],
        {},
        0,
        ["7"],
    ),
    "a row copied with its id": ([BEFORE[0], ["r1", "x", 7], *BEFORE[1:]], BEFORE, {(5, 2): "x", (5, 3): 7}, 1, []),
    "a copy that was there already": ([*BEFORE, ["r1", "x", 7]], [*BEFORE, ["r9", "x", 7]], {}, 0, []),
    "an id of one's own": ([*BEFORE, ["zz", "new", 5]], BEFORE, {}, 0, ["new"]),
    "1.0 is 1": ([["r1", "x", 1.0], *BEFORE[1:]], BEFORE, {}, 0, []),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_what_was_done_is_done_there(case):
    mine, there, cells, rows, clashes = case
    done = bring(TABLE, tab(BEFORE), tab(mine), tab(there))
    assert (done.cells, len(done.grow), [one.text for one in done.clashes]) == (cells, rows, clashes)


VALUES = st.tuples(st.sampled_from(["x", "y", None]), st.sampled_from([1, 2, None]))
ADDED = st.lists(st.sampled_from([("new", 1), ("new", 2), ("more", 1)]), max_size=3)


@st.composite
def changed(draw, before):
    """What one side has made of the rows: id -> values, of those that it has left there; and rows that it has added."""
    kept = [one for one in before if draw(st.integers(0, 4))]
    return {one: draw(st.one_of(st.just(before[one]), VALUES)) for one in kept}, draw(ADDED)


def shuffled(draw, rows):
    return draw(st.permutations([[row_id, *values] for row_id, values in rows]))


@given(st.data())
def test_whatever_both_sides_do_each_has_what_it_did_or_is_told(data):
    """By a judge of its own: cell by cell, row by row, of rows in any order."""
    before = data.draw(st.dictionaries(st.sampled_from(["r1", "r2", "r3", "r4"]), VALUES))
    (mine, new), (there, typed) = data.draw(changed(before)), data.draw(changed(before))
    named = data.draw(st.integers(0, len(typed)))  # so many of the rows typed there have their ids by now
    ids = [*(f"q{number}" for number in range(named)), *[None] * (len(typed) - named)]
    sides = [
        before.items(),
        [*mine.items(), *((None, one) for one in new)],
        [*there.items(), *zip(ids, typed, strict=True)],
    ]
    tabs = [shuffled(data.draw, side) for side in sides]
    done = bring(TABLE, *map(tab, tabs))

    grid = [list(row) for row in [HEAD, *tabs[2]]]
    for (row, column), cell in done.cells.items():
        grid += [[None] * 3 for _more in range(row - len(grid))]
        grid[row - 1][column - 1] = cell
    now = {row[0]: (row[1], row[2]) for row in grid[1:] if row[0]}
    wanted, clashes = {one: values for one, values in zip(ids, typed, strict=True) if one}, 0
    for row_id, was in before.items():
        if row_id in mine and row_id in there:
            wanted[row_id], told = zip(*map(cell_of, was, mine[row_id], there[row_id]), strict=True)
            clashes += sum(told)
        elif row_id in mine:
            clashes += sum(one != other for one, other in zip(was, mine[row_id], strict=True))
        elif row_id in there and there[row_id] != was:
            wanted[row_id] = there[row_id]
            clashes += 1
    assert now == wanted
    assert len(done.clashes) == clashes
    assert Counter((row[1], row[2]) for row in grid[1:] if not row[0] and any(row)) + Counter(typed[:named]) == Counter(
        new
    ) | Counter(typed)


def cell_of(was, mine, there):
    """(what it must be, whether that is to be told)"""
    if mine == was:
        return there, False
    return (mine, False) if there == was else (there, there != mine)


def test_a_column_that_one_of_them_lacks_is_left_alone():
    mine = tab([["r1", 5], ["r2", 2]], ["编号", "数", "系统备注"])
    assert bring(TABLE, tab(BEFORE[:2]), mine, tab(BEFORE[:2])).cells == {(2, 3): 5}


# ---------------------------------------------------------------- with real files, of workbooks in both places


PLACES = ("folder", "google")
IN_FOLDER = pytest.mark.parametrize("office", ["folder"], indirect=True)


@pytest.fixture(autouse=True)
def read_here(monkeypatch):
    monkeypatch.setattr("integrations.copies.grids_of_many", in_this_process)


class Copy:
    """A copy in somebody's hands."""

    def __init__(self, office, path):
        self.office, self.path = office, path
        self.name = hand_out(office.parts, MAIN, office.book(), path)

    def fill(self, work):
        """Let somebody work on the activities."""
        book = load(self.path)
        sheet = book[ACTIVITIES]
        grid = even([[tidy(cell) for cell in cells] for cells in sheet.iter_rows(values_only=True)])
        before = copy.deepcopy(grid)
        work(Paper(grid))
        for number, cells in enumerate(grid, 1):
            for place, cell in enumerate(cells, 1):
                if number > len(before) or before[number - 1][place - 1] != cell:
                    put(sheet, number, place, cell)
        book.save(self.path)

    def bring(self):
        return dict(bring_back(self.office.parts, self.office.book(), self.path))


MAIN = Actor("王敏", "main", HALL)


@pytest.fixture
def taken(office, tmp_path):
    """The branch's workbook, taken away."""
    return Copy(office, tmp_path / "微信.xlsx")


def test_filled_elsewhere_while_the_shared_one_went_on(office, taken):
    """Two cycles have written since; another has typed in the same row."""
    office.change("activities", "a2", title="改")
    office.cycle()
    with office.paper() as paper:
        paper.set(paper.of("a1"), NOTE, "在办公室填的")
    office.cycle()

    def work(paper):
        paper.set(paper.of("a1"), PERSONS, 50)
        paper.add({SITE: BRANCH, DATE: "2026-05-06", TITLE: "新", PERSONS: 9})

    taken.fill(work)
    assert taken.bring() == {"cells": 1, "rows": 1, "gone": 0, "clashes": 0}
    told = office.cycle()
    assert (told["cells_in"], told["conflicts"], told["problems"], told["proposals"]) == (5, 0, 0, 0)
    record = office.record("activities", "a1")
    assert (record["persons"], record["note"]) == (50, "在办公室填的")
    assert office.record("activities", "a2")["title"] == "改"
    assert sorted(one["title"] for one in office.records("activities")) == ["展 1", "展 3", "改", "新"]
    again = office.cycle()
    assert counted(again), again


def test_the_same_file_again_brings_nothing(office, taken):
    taken.fill(lambda paper: paper.add({SITE: BRANCH, DATE: "2026.5.6", TITLE: "新"}))
    assert taken.bring()["rows"] == 1
    office.cycle()
    assert taken.bring() == {"cells": 0, "rows": 0, "gone": 0, "clashes": 0}
    assert counted(office.cycle())
    taken.fill(lambda paper: paper.set(paper.of("a1"), PERSONS, 60))
    assert taken.bring()["cells"] == 1


def test_a_conflict_with_the_records_is_a_conflict_as_ever(office, taken):
    office.change("activities", "a1", persons=40)
    taken.fill(lambda paper: paper.set(paper.of("a1"), PERSONS, 50))
    taken.bring()
    office.cycle()
    (conflict,) = office.conflicts
    assert (conflict["app"], conflict["sheet"]) == ("40", "50")


def test_what_another_has_typed_meanwhile_stays_and_is_told(office, taken):
    with office.paper() as paper:
        paper.set(paper.of("a1"), PERSONS, 30)
    taken.fill(lambda paper: paper.set(paper.of("a1"), PERSONS, 50))
    assert taken.bring()["clashes"] == 1
    office.cycle()
    assert office.record("activities", "a1")["persons"] == 30
    (problem,) = office.problems
    assert (problem["text"], problem["message"]) == ("50", "共享表里已改为 30，没有收")


def test_a_row_taken_out_is_proposed(office, taken):
    def work(paper):
        number = paper.of("a3")
        for header in (ID, SITE, DATE, TITLE, PERSONS):
            paper.set(number, header, None)

    taken.fill(work)
    assert taken.bring()["gone"] == 1
    assert office.cycle()["proposals"] == 1


@IN_FOLDER
def test_somebody_has_the_shared_one_open(office, taken):
    taken.fill(lambda paper: paper.set(paper.of("a1"), PERSONS, 50))
    path = office.sheets.path(BRANCH)
    lock = path.with_name(f"~${path.name}")
    lock.touch()
    with pytest.raises(NotNow):
        taken.bring()
    lock.unlink()
    assert taken.bring()["cells"] == 1


def test_files_that_are_not_copies(office, taken, tmp_path):
    other, unmarked = tmp_path / "other.xlsx", tmp_path / "unmarked.xlsx"
    hand_out(office.parts, MAIN, office.book(OTHER), other)
    copies.make_copy(office.parts, office.book(), unmarked)
    for path, why in ((unmarked, "不是从这里下载的"), (other, "这是 C112 的表")):
        with pytest.raises(NotACopy, match=why):
            bring_back(office.parts, office.book(), path)


def test_a_copy_is_forgotten_after_half_a_year(office, taken, tmp_path):
    old = known(office)
    later = replace(office.parts, store=replace(office.parts.store, clock=lambda: NOW + copies.KEPT * 2))
    hand_out(later, MAIN, office.book(OTHER), tmp_path / "other.xlsx")
    with pytest.raises(NotACopy, match="下载一份"):
        taken.bring()
    assert len(known(office)) == 1
    assert [path.exists() for path in (*old, *known(office))] == [False, True]


def known(office):
    """The files of the copies that may come back."""
    with office.parts.database.read() as connection:
        marks = connection.execute(sa.select(copies.copies.c.mark)).scalars().all()
    return [office.parts.settings.data / copies.FOLDER / f"{mark}.xlsx" for mark in marks]


def test_it_goes_by_the_name_of_the_shared_one(taken):
    assert taken.name == f"{BRANCH} {taken.office.book().name}.xlsx"


@pytest.mark.parametrize("office", ["google"], indirect=True)
def test_a_spreadsheet_is_taken_away_as_a_file_like_it_in_chinese(office, taken):
    """Whoever takes it away: what it says is read again."""
    grids = in_this_process([taken.path])[taken.path]
    with words.speaking("en"):
        english = Copy(office, taken.path.with_name("en.xlsx"))
    assert in_this_process([english.path])[english.path].keys() == grids.keys()
    there = office.sheets.backend.read([Seen(office.book().place, office.book().mark)])[office.book().place]
    for table in office.parts.catalog.tabs:
        title = Layout(table).title
        told, shared = (with_days(read_tab(table, title, one[title]), {"held_on"}) for one in (grids, there))
        assert [(row.id, row.cells) for row in told.rows] == [(row.id, row.cells) for row in shared.rows]


def test_a_site_that_is_gone_has_none(office, tmp_path):
    gone = office.book()._replace(code="C999", place="nothing.xlsx")
    with pytest.raises((books.NoBook, OSError)):
        hand_out(office.parts, MAIN, gone, tmp_path / "gone.xlsx")


@pytest.mark.parametrize(
    ("actor", "may"),
    [
        (Actor("a", "admin"), True),
        (MAIN, True),
        (Actor("b", "branch", BRANCH), True),
        (Actor("c", "branch", OTHER), False),
        (Actor("r", "reader"), False),
    ],
)
def test_those_who_may_take_one_away(office, actor, may):
    if may:
        assert may_open(office.parts, actor, BRANCH).code == BRANCH
    else:
        with pytest.raises(books.NoBook):
            may_open(office.parts, actor, BRANCH)
