"""What a person decides: conflicts, proposed deletions, what was put back; and who may."""

import json

import pytest

from integrations import books, decisions
from integrations.books import NoSuchMatter
from integrations.decisions import NotYoursToDecide
from models.access import CLI
from models.history import of_row
from models.store import Refused
from tests.matters import ACTORS, both_edit, delete, remove
from tests.sheets import BRANCH, PERSONS, POINT, REMARKS, SITE, TITLE, counted

PLACES = ("memory",)


def values(office):
    """Both sides of the cell in question."""
    return office.record("activities", "a1")["persons"], office.look().by_id()["a1"].get(PERSONS)


# ---------------------------------------------------------------- conflicts


def test_a_conflict_keeps_its_old_base_and_its_number(office):
    number = both_edit(office)
    both_edit(office, 61, 50)
    both_edit(office, 61, 51)
    (conflict,) = office.conflicts
    assert conflict["id"] == number
    assert [json.loads(conflict[name]) for name in ("base", "app", "sheet")] == [1, 61, 51]
    assert values(office) == (61, 51)


@pytest.mark.parametrize("side", ["app", "sheet"])
def test_a_conflict_closes_when_both_are_equal(office, side):
    both_edit(office)
    if side == "app":
        office.change("activities", "a1", persons=50)
    else:
        with office.paper() as paper:
            paper.set(paper.of("a1"), PERSONS, 60)
    told = office.cycle()
    assert told["conflicts"] == 0
    assert len(set(values(office))) == 1
    assert REMARKS not in office.look().by_id()["a1"]


@pytest.mark.parametrize("side", ["app", "sheet"])
def test_one_side_goes_back_to_what_both_had(office, side):
    """Then only the other has changed."""
    both_edit(office)
    if side == "app":
        office.change("activities", "a1", persons=1)
    else:
        with office.paper() as paper:
            paper.set(paper.of("a1"), PERSONS, 1)
    assert office.cycle()["conflicts"] == 0
    assert values(office) == ((50, 50) if side == "app" else (60, 60))


@pytest.mark.parametrize(("keep", "kept"), [("app", 60), ("sheet", 50)])
def test_a_person_decides(office, keep, kept):
    number = both_edit(office)
    changeset = decisions.resolve_conflict(office.parts, CLI, number, keep)
    assert (changeset is None) == (keep == "app")
    assert office.conflicts == []
    told = office.cycle()
    assert told["conflicts"] == 0
    assert values(office) == (kept, kept)
    again = office.cycle()
    assert counted(again), again
    if keep == "sheet":
        with office.parts.database.read() as connection:
            entry = of_row(connection, "activities", "a1")[0]
        assert (entry.changeset, entry.actor, entry.origin, entry.after) == (changeset, "cli", "sync", 50)


def test_edited_again_after_the_decision(office):
    """What was decided is what was shown: a later edit is another matter."""
    number = both_edit(office)
    decisions.resolve_conflict(office.parts, CLI, number, "app")
    with office.paper() as paper:
        paper.set(paper.of("a1"), PERSONS, 77)
    assert office.cycle()["conflicts"] == 1
    assert values(office) == (60, 77)


def test_decided_once(office):
    number = both_edit(office)
    decisions.resolve_conflict(office.parts, CLI, number, "app")
    with pytest.raises(NoSuchMatter):
        decisions.resolve_conflict(office.parts, CLI, number, "sheet")


def test_deleted_meanwhile(office):
    """The record goes while its cell is in conflict: the conflict is about the whole row then."""
    number = both_edit(office)
    delete(office, "a1")
    decisions.resolve_conflict(office.parts, CLI, number, "sheet")
    office.cycle()
    assert [one["kind"] for one in office.conflicts] == ["deleted_here"]


@pytest.mark.parametrize("keep", ["app", "sheet"])
def test_deleted_here_edited_there(office, keep):
    delete(office, "a1")
    with office.paper() as paper:
        paper.set(paper.of("a1"), PERSONS, 50)
    office.cycle()
    (conflict,) = office.conflicts
    decisions.resolve_conflict(office.parts, CLI, conflict["id"], keep)
    told = office.cycle()
    assert (told["conflicts"], told["problems"], told["proposals"]) == (0, 0, 0)
    if keep == "app":
        assert office.record("activities", "a1") is None
        assert "a1" not in office.look().by_id()
    else:
        assert values(office) == (50, 50)
        assert office.record("activities", "a1")["title"] == "展 1"


def test_deleted_here_and_what_was_typed_does_not_fit(office):
    delete(office, "a1")
    with office.paper() as paper:
        paper.set(paper.of("a1"), PERSONS, "十二")
    office.cycle()
    (conflict,) = office.conflicts
    with pytest.raises(Refused):
        decisions.resolve_conflict(office.parts, CLI, conflict["id"], "sheet")
    assert office.conflicts == [conflict]
    decisions.resolve_conflict(office.parts, CLI, conflict["id"], "app")
    told = office.cycle()
    assert (told["problems"], "a1" in office.look().by_id()) == (0, False)


@pytest.mark.parametrize("keep", ["app", "sheet"])
def test_deleted_there_edited_here(office, keep):
    office.change("activities", "a1", persons=60)
    remove(office, "a1")
    (conflict,) = office.conflicts
    decisions.resolve_conflict(office.parts, CLI, conflict["id"], keep)
    told = office.cycle()
    assert (told["conflicts"], told["proposals"]) == (0, 0)
    if keep == "app":
        assert values(office) == (60, 60)
    else:
        assert office.record("activities", "a1") is None
        assert "a1" not in office.look().by_id()


# ---------------------------------------------------------------- proposals


def test_accepted(office):
    remove(office, "a2")
    changeset = decisions.accept_proposal(office.parts, CLI, office.proposals[0]["id"])
    assert office.record("activities", "a2") is None
    told = office.cycle()
    assert (told["proposals"], told["written"]) == (0, 0)
    assert office.look().by_id().keys() == {"a1", "a3"}
    # Undone: the record is back, and so is its row.
    office.parts.store.undo(changeset, CLI)
    office.cycle()
    assert office.look().by_id()["a2"][TITLE] == "展 2"


def test_refused(office):
    remove(office, "a2")
    decisions.refuse_proposal(office.parts, CLI, office.proposals[0]["id"])
    assert counted(office.cycle(), read=1, written=1, cells_out=4)
    assert office.look().by_id()["a2"][TITLE] == "展 2"
    assert office.proposals == []
    again = office.cycle()
    assert counted(again), again


def test_withdrawn_when_the_row_is_back(office):
    old = office.sheets.copy(BRANCH)
    remove(office, "a2")
    office.sheets.paste(BRANCH, old)
    assert office.cycle()["proposals"] == 0


def test_withdrawn_when_the_record_is_deleted(office):
    remove(office, "a2")
    delete(office, "a2")
    assert office.cycle()["proposals"] == 0


def test_a_proposal_keeps_its_number_and_waits(office):
    remove(office, "a2")
    (first,) = office.proposals
    office.change("activities", "a2", persons=99)
    told = remove(office, "a3")
    assert told["proposals"] == 2
    assert office.proposals[0] == first
    assert office.record("activities", "a2")["persons"] == 99
    assert "a2" not in office.look().by_id()


def test_pasted_back_after_it_was_accepted(office):
    """An id that nobody knows any more: the row stays, and is listed."""
    old = office.sheets.copy(BRANCH)
    remove(office, "a2")
    decisions.accept_proposal(office.parts, CLI, office.proposals[0]["id"])
    office.sheets.paste(BRANCH, old)
    told = office.cycle()
    assert (told["problems"], told["cells_in"]) == (1, 0)
    assert office.record("activities", "a2") is None


# ---------------------------------------------------------------- who may see and decide

SEES = {"its hall", "itself", "the county", "a reader", "the center"}
DECIDES = {"its hall", "itself", "the county"}


@pytest.mark.parametrize("who", ACTORS)
def test_who_sees_and_who_decides(office, who):
    number = both_edit(office)
    with office.paper() as paper:
        paper.remove(paper.of("a2"))
        paper.set(paper.of("a3"), PERSONS, "十二")
        paper.add({SITE: BRANCH})
    office.cycle()
    proposal = office.proposals[0]["id"]
    actor = ACTORS[who]
    with office.parts.database.read() as connection:
        reach = office.parts.query.view(connection, actor).reach
        seen = [
            len(books.listed(connection, table, reach)) for table in (books.conflicts, books.proposals, books.problems)
        ]
    assert seen == ([1, 1, 2] if who in SEES else [0, 0, 0])
    if who in DECIDES:
        decisions.resolve_conflict(office.parts, actor, number, "app")
        decisions.refuse_proposal(office.parts, actor, proposal)
        return
    fault = NotYoursToDecide if who in SEES else NoSuchMatter
    for decide in (
        lambda: decisions.resolve_conflict(office.parts, actor, number, "app"),
        lambda: decisions.accept_proposal(office.parts, actor, proposal),
        lambda: decisions.refuse_proposal(office.parts, actor, proposal),
    ):
        with pytest.raises(fault):
            decide()
    assert len(office.conflicts) == len(office.proposals) == 1


def test_a_point_sees_its_own_rows(office):
    """A matter belongs to its row's site, not to the workbook's."""
    office.change("activities", "a1", site=POINT)
    office.cycle()
    both_edit(office)
    with office.parts.database.read() as connection:
        reach = office.parts.query.view(connection, ACTORS["its point"]).reach
        assert [one["row_id"] for one in books.listed(connection, books.conflicts, reach)] == ["a1"]


# ---------------------------------------------------------------- what was put back


def test_what_was_put_back_stays_until_seen(office):
    with office.paper(BRANCH, "馆点") as paper:
        paper.set(2, "级别", "总馆")
    office.cycle()
    office.change("activities", "a1", title="改")
    assert office.cycle()["problems"] == 1
    (problem,) = office.problems
    decisions.seen_problem(office.parts, CLI, problem["id"])
    assert office.problems == []
    with pytest.raises(NoSuchMatter):
        decisions.seen_problem(office.parts, CLI, problem["id"])


def test_what_was_put_back_is_listed_once(office):
    """Though the workbook was open, and the cell was put back a cycle later."""
    office.sheets.held = {BRANCH}
    with office.paper(BRANCH, "馆点") as paper:
        paper.set(2, "级别", "总馆")
    office.cycle()
    with office.paper() as paper:
        paper.set(2, PERSONS, 70)
    office.cycle()
    office.sheets.held = set()
    assert office.cycle()["problems"] == 1


def test_nobody_else_s_problem_is_seen_away(office):
    with office.paper(BRANCH, "馆点") as paper:
        paper.set(2, "级别", "总馆")
    office.cycle()
    with pytest.raises(NoSuchMatter):
        decisions.seen_problem(office.parts, ACTORS["another branch"], office.problems[0]["id"])
