"""What both sides agreed on, whatever became of the write: a cycle killed at any step, a refused write, a late save."""

import itertools

import pytest
import sqlalchemy as sa

from integrations import hidden
from integrations.agreed import Agreed, Step, amend, base, drop_rows, note_new_book, note_steps, read_agreed, row_base
from integrations.cycle import Cycle
from integrations.settling import Settling
from models.access import CLI
from models.changes import Plan, death, stored_values
from models.kinds import Text
from models.schema import About, Field, Table
from tests.dying import Dying, Killed, die
from tests.sheets import (
    BRANCH,
    DATE,
    ID,
    NOTE,
    PERSONS,
    REMARKS,
    SITE,
    TITLE,
    InFolder,
    Memory,
    Office,
    build,
    counted,
    event,
    in_this_process,
)
from tests.world import add

DATABASES = ("sqlite",)
PLACES = ("folder", "memory")
NEW = {SITE: BRANCH, DATE: "2026-05-06", TITLE: "新", PERSONS: 9}


# ---------------------------------------------------------------- the two versions of a row


def noted(parts, steps, serial=0):
    """The base after these steps, noted for a file with this number."""
    with parts.database.write() as connection:
        agreed = read_agreed(connection, "B", serial)
        note_steps(connection, "B", "t", agreed, steps)
        return agreed.following


def rows_at(parts, serial, **how):
    with parts.database.read() as connection:
        agreed = read_agreed(connection, "B", serial, **how)
    return {row_id: row.get("x") for row_id, row in agreed.tab("t").rows.items()}, agreed


def x(value):
    return {"x": value}


def test_a_row_has_one_version_without_the_write_and_one_with_it(parts):
    write = noted(
        parts, {"r": Step(x(1), x(2)), "gone": Step(x(5), None), "new": Step(None, x(7)), "same": Step(x(8), x(8))}
    )
    assert rows_at(parts, write - 1)[0] == {"r": 1, "gone": 5, "same": 8}
    assert rows_at(parts, write)[0] == {"r": 2, "new": 7, "same": 8}


def test_pending_rows_are_those_whose_id_is_not_in_the_file(parts):
    write = noted(parts, {"r": Step(x(1), x(1), nameless=True)})
    assert rows_at(parts, write - 1)[1].tab("t").pending == {"r"}
    assert rows_at(parts, write)[1].tab("t").pending == frozenset()


def test_a_lost_number_counts_as_written_only_if_it_is_known_to_be(parts):
    noted(parts, {"r": Step(x(1), x(2))})
    assert rows_at(parts, None)[0] == {"r": 2}
    assert rows_at(parts, None, confirmed=False)[0] == {"r": 1}


def test_what_a_late_save_finds(parts):
    """Rows keep the version before their own last write, however many writes other rows have seen since."""
    one = noted(parts, {"r": Step(x(1), x(2)), "s": Step(x(1), x(1))})
    two = noted(parts, {"s": Step(x(1), x(3))}, serial=one)
    noted(parts, {"r": Step(x(4), x(4))}, serial=two)  # a person's edit, agreed without a write
    assert rows_at(parts, two)[0] == {"r": 4, "s": 3}
    assert rows_at(parts, one)[0] == {"r": 4, "s": 1}
    assert rows_at(parts, one - 1)[0] == {"r": 1, "s": 1}


def test_notes_of_a_write_that_is_not_in_the_file_are_replaced(parts):
    first = noted(parts, {"r": Step(x(1), x(2)), "new": Step(None, x(7))})
    second = noted(parts, {"r": Step(x(1), x(3))}, serial=first - 1)
    assert second > first
    assert rows_at(parts, second)[0] == {"r": 3}
    with parts.database.read() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(base)).scalar() == 1


def test_forgotten_rows_leave_nothing(parts):
    noted(parts, {"r": Step(x(1), x(1))})
    noted(parts, {"r": Step(None, None)})
    with parts.database.read() as connection:
        assert connection.execute(sa.select(base)).all() == []


def test_a_decision_holds_in_both_versions(parts):
    write = noted(parts, {"r": Step(x(1), x(2)), "out": Step(x(1), None)})
    with parts.database.write() as connection:
        for row_id in ("r", "out", "fresh"):
            amend(connection, "B", "t", row_id, {"y": 9})
        assert row_base(connection, "B", "t", "r") == {"x": 2, "y": 9}
        assert row_base(connection, "B", "t", "nobody") == {}
    for serial, there in ((write - 1, {"r", "out", "fresh"}), (write, {"r", "fresh"})):
        rows = rows_at(parts, serial)[1].tab("t").rows
        assert rows.keys() == there
        assert all(row["y"] == 9 for row in rows.values())
    with parts.database.write() as connection:
        drop_rows(connection, "B", "t", ["r", "out", "fresh"])
        assert read_agreed(connection, "B", write) == Agreed({}, write, write + 1, frozenset())


def test_a_new_workbook_forgets_the_old_one_and_goes_on_counting(parts):
    write = noted(parts, {"r": Step(x(1), x(2))})
    table = Table("t", About("表", "t"), (Field("x", "甲", Text()),))
    with parts.database.write() as connection:
        serial = note_new_book(connection, "B", {table: [{"id": "n", "x": 5, "hidden": 6}]})
    assert serial == write + 1
    assert rows_at(parts, serial)[0] == {"n": 5}
    assert rows_at(parts, write)[0] == {}


# ---------------------------------------------------------------- killed


# Step -> (whose method, its name), or (None, a call of the backend, whether that has been done).
STEPS = {
    "before anything is written": (Settling, "apply"),
    "before the transaction ends": (Settling, "edits"),
    "before the file is written": (None, "write", False),
    "after the file is written": (None, "write", True),
    "before its state is kept": (Cycle, "keep"),
    "before the end of the cycle": (Cycle, "remember"),
    "before the lease is taken": (None, "take_lease", False),
}


def killed(office, step):
    """A cycle that dies at a step."""
    with pytest.MonkeyPatch.context() as patch:
        owner, name, *done = STEPS[step]
        if owner is None:
            office.backend = Dying(office.sheets.backend, name, *done)
        else:
            patch.setattr(owner, name, die)
        with pytest.raises(Killed):
            office.cycle()
    office.backend = None


def everything_at_once(office):
    """Edits, births and deaths on both sides, a conflict, a copy, a put-back, an incomplete row."""
    office.change("activities", "a1", title="改了", note="记")
    office.change("activities", "a3", persons=33)
    add(office.parts, "activities", event(office.parts, "a9", 9), event(office.parts, "a8", 8))
    found = office.record("activities", "a8")
    office.cycle()
    office.parts.store.apply(
        Plan((death("activities", stored_values(office.parts.catalog["activities"], found)),)), CLI, "ui"
    )
    office.change("activities", "a1", title="又改")
    office.change("activities", "a3", persons=34)
    add(office.parts, "activities", event(office.parts, "a7", 7))
    with office.paper() as paper:
        paper.set(paper.of("a1"), PERSONS, 50)
        paper.set(paper.of("a3"), PERSONS, 35)
        paper.remove(paper.of("a2"))
        paper.add({**NEW, TITLE: "一"})
        paper.add({**NEW, TITLE: "一"})
        paper.add({SITE: BRANCH})
        paper.copy(paper.of("a9"), len(paper.grid) + 1)
        paper.set(len(paper.grid), TITLE, "抄")
    with office.paper(BRANCH, "馆点") as paper:
        paper.set(2, "级别", "总馆")


WITHOUT_A_KILL = (
    [
        ("一", 9, "2026-05-06", ""),
        ("一", 9, "2026-05-06", ""),
        ("又改", 50, "2026-03-02", "记"),
        ("展 2", 2, "2026-03-03", ""),
        ("展 3", 34, "2026-03-04", ""),
        ("展 7", 7, "2026-03-08", ""),
        ("展 9", 9, "2026-03-10", ""),
        ("抄", 9, "2026-03-10", ""),
    ],
    [
        ("又改", 50, None),
        ("展 3", 35, "参加人次两边都改了，台账为 34"),
        ("展 9", 9, None),
        ("一", 9, None),
        ("一", 9, None),
        (None, None, "日期、名称必填"),
        ("抄", 9, None),
        ("展 7", 7, None),
    ],
    7,
    {
        ("cell", "a3", "persons", None),
        (None, f"s{BRANCH}", "level", "总馆"),
        (None, None, None, ""),
        (None, "a2", None, None),
    },
)


def told(office):
    """What there is in the end, without the ids that the app invented."""
    records = [
        (row["title"], row["persons"], row["held_on"], row["note"] or "") for row in office.records("activities")
    ]
    rows = office.look().rows()
    sheet = [(row.get(TITLE), row.get(PERSONS), row.get(REMARKS)) for row in rows]
    matters = [
        (one.get("kind"), one["row_id"], one.get("field"), one.get("text"))
        for one in (*office.conflicts, *office.problems, *office.proposals)
    ]
    assert len(matters) == len(set(matters))
    assert {row[ID] for row in rows if ID in row} <= {row["id"] for row in office.records("activities")}
    return sorted(records), sheet, len({row[ID] for row in rows if ID in row}), set(matters)


@pytest.mark.parametrize("step", STEPS)
def test_killed_at_a_step_the_next_cycle_finishes_the_work(office, step):
    everything_at_once(office)
    killed(office, step)
    office.cycle()
    assert told(office) == WITHOUT_A_KILL
    again = office.cycle()
    assert counted(again), again
    assert told(office) == WITHOUT_A_KILL


def test_without_a_kill(office):
    everything_at_once(office)
    office.cycle()
    assert told(office) == WITHOUT_A_KILL


TWICE = list(itertools.product(list(STEPS)[1:4], list(STEPS)[1:6]))[::3]


@pytest.mark.parametrize("steps", TWICE, ids="+".join)
def test_killed_twice(office, steps):
    everything_at_once(office)
    for step in steps:
        killed(office, step)
    office.cycle()
    assert told(office) == WITHOUT_A_KILL


@pytest.mark.parametrize("call", ["create", "take_lease"])
@pytest.mark.parametrize("done", [False, True])
def test_killed_while_making_workbooks(parts, tmp_path, monkeypatch, call, done):
    """A workbook that was made is found, with what a person has typed into it since; none is made twice."""
    monkeypatch.setattr("integrations.folder.grids_of_many", in_this_process)
    build(parts)
    office = Office(parts, InFolder(tmp_path / "sheets"))
    office.backend = Dying(office.sheets.backend, call, done)
    with pytest.raises(Killed):
        office.cycle()
    office.backend = None
    made = office.sheets.codes()
    assert made == (["C11"] if (call, done) == ("create", True) else [])
    if made:
        with office.paper("C11", "馆点") as paper:
            paper.set(2, "电话", "0871-1")
            paper.set(2, "名称", None)
    office.cycle()
    assert office.sheets.codes() == ["C11", BRANCH, "C112"]
    assert office.record("sites", "sC11")["phone"] == ("0871-1" if made else None)
    assert (len(office.conflicts), len(office.problems)) == (0, 1 if made else 0)
    again = office.cycle()
    assert counted(again), again


# ---------------------------------------------------------------- what a person does before the next cycle


WRITTEN = ("before the file is written", "after the file is written")


@pytest.mark.parametrize("step", WRITTEN)
def test_a_new_row_is_typed_on(office, step):
    with office.paper() as paper:
        number = paper.add(NEW)
    killed(office, step)
    with office.paper() as paper:
        paper.fill(number, {PERSONS: 10, NOTE: "记"})
    told = office.cycle()
    assert told["proposals"] == told["conflicts"] == 0
    (born,) = [row for row in office.records("activities") if row["title"] == "新"]
    assert (born["persons"], born["note"]) == (10, "记")
    assert office.look().get(number, ID) == born["id"]


@pytest.mark.parametrize("step", WRITTEN)
def test_a_new_row_is_deleted_again(office, step):
    """It does not come back; whether its record goes too, a person says."""
    with office.paper() as paper:
        number = paper.add(NEW)
    killed(office, step)
    with office.paper() as paper:
        paper.remove(number)
    told = office.cycle()
    assert told["proposals"] == 1
    assert [row[TITLE] for row in office.look().rows()] == ["展 1", "展 2", "展 3"]
    assert len(office.records("activities")) == 4
    again = office.cycle()
    assert counted(again), again


@pytest.mark.parametrize("step", WRITTEN)
def test_a_second_row_like_the_new_one_is_another(office, step):
    with office.paper() as paper:
        number = paper.add(NEW)
    killed(office, step)
    with office.paper() as paper:
        paper.insert(2, {**NEW, TITLE: "更新"})
        paper.sort()
    office.cycle()
    assert sorted(row["title"] for row in office.records("activities")) == ["展 1", "展 2", "展 3", "新", "更新"]
    assert {row[ID] for row in office.look().rows()} == {row["id"] for row in office.records("activities")}
    assert number


def test_a_row_that_was_written_and_is_deleted_is_gone(office):
    add(office.parts, "activities", event(office.parts, "a9", 9))
    killed(office, "after the file is written")
    with office.paper() as paper:
        paper.remove(paper.of("a9"))
    assert office.cycle()["proposals"] == 1
    assert "a9" not in office.look().by_id()


def test_a_row_that_was_not_written_is_not_gone(office):
    add(office.parts, "activities", event(office.parts, "a9", 9))
    killed(office, "before the file is written")
    with office.paper() as paper:
        paper.set(paper.of("a1"), PERSONS, 50)
    told = office.cycle()
    assert (told["proposals"], office.look().by_id()["a9"][TITLE]) == (0, "展 9")


@pytest.mark.parametrize(
    ("step", "typed", "kept"),
    [
        ("before the file is written", None, 60),  # the cell says what it said: only the app has changed it
        ("after the file is written", None, 60),
        ("after the file is written", 1, 1),  # put back by a person to what it was before the app's write
        ("after the file is written", 70, 70),
    ],
)
def test_a_cell_that_was_on_its_way(office, step, typed, kept):
    office.change("activities", "a1", persons=60)
    killed(office, step)
    if typed is not None:
        with office.paper() as paper:
            paper.set(paper.of("a1"), PERSONS, typed)
    told = office.cycle()
    assert told["conflicts"] == 0
    assert office.record("activities", "a1")["persons"] == office.look().by_id()["a1"][PERSONS] == kept


def test_a_cell_that_was_on_its_way_and_is_changed_there(office):
    office.change("activities", "a1", persons=60)
    killed(office, "before the file is written")
    with office.paper() as paper:
        paper.set(paper.of("a1"), PERSONS, 70)
    assert office.cycle()["conflicts"] == 1


# ---------------------------------------------------------------- a late save


def test_a_late_save_loses_nothing_of_the_app(office):
    """A person opened the file before the app wrote, and saves over it: what the app wrote is written again."""
    old = office.sheets.copy(BRANCH)
    office.change("activities", "a1", persons=60)
    add(office.parts, "activities", event(office.parts, "a9", 9))
    found = office.record("activities", "a3")
    office.parts.store.apply(
        Plan((death("activities", stored_values(office.parts.catalog["activities"], found)),)), CLI, "ui"
    )
    office.cycle()
    office.sheets.paste(BRANCH, old)
    with office.paper() as paper:
        paper.set(paper.of("a2"), PERSONS, 50)
    told = office.cycle()
    assert (told["conflicts"], told["proposals"], told["cells_in"]) == (0, 0, 1)
    assert office.look().by_id().keys() == {"a1", "a2", "a9"}
    assert office.look().by_id()["a1"][PERSONS] == office.record("activities", "a1")["persons"] == 60
    assert office.record("activities", "a2")["persons"] == 50


def test_a_late_save_of_a_new_row_makes_no_second(office):
    with office.paper() as paper:
        paper.add(NEW)
    old = office.sheets.copy(BRANCH)
    office.cycle()
    office.sheets.paste(BRANCH, old)
    with office.paper() as paper:
        paper.set(paper.number(TITLE, "新"), PERSONS, 10)
    told = office.cycle()
    assert told["proposals"] == 0
    (born,) = [row for row in office.records("activities") if row["title"] == "新"]
    assert born["persons"] == 10
    assert office.look().by_id()[born["id"]][PERSONS] == 10


def test_a_hidden_tab_that_is_gone(office):
    """Without the number the newest agreed values hold, and a write that failed does not count as made."""
    if not isinstance(office.sheets, Memory):
        with office.sheets.open(BRANCH) as book:
            del book[hidden.TITLE]
    else:
        del office.sheets.books[BRANCH][hidden.TITLE]
        office.sheets.versions[BRANCH] += 1
    office.change("activities", "a1", persons=60)
    killed(office, "before the file is written")
    told = office.cycle()
    assert told["conflicts"] == 0
    assert office.record("activities", "a1")["persons"] == office.look().by_id()["a1"][PERSONS] == 60
    again = office.cycle()
    assert counted(again), again
