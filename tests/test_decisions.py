"""What a person decides: conflicts, proposed deletions, stopped workbooks; and who may."""

import json

import pytest

from integrations import books, decisions
from integrations.backend import NotNow
from integrations.books import NoSuchMatter
from integrations.cycle import Cycle
from integrations.decisions import NotStopped, NotYoursToDecide
from models.access import CLI, Actor
from models.changes import Plan, death, stored_values
from models.faults import Fault
from models.history import of_row
from models.store import Refused
from tests.dying import Killed, die
from tests.sheets import (
    BRANCH,
    DATE,
    HALL,
    ID,
    OTHER,
    PERSONS,
    POINT,
    REMARKS,
    SITE,
    TITLE,
    counted,
    event,
)
from tests.world import add

PLACES = ("memory",)


def both_edit(office, app=60, sheet=50):
    office.change("activities", "a1", persons=app)
    with office.paper() as paper:
        paper.set(paper.of("a1"), PERSONS, sheet)
    office.cycle()
    return office.conflicts[-1]["id"]


def delete(office, row_id):
    row = office.record("activities", row_id)
    table = office.parts.catalog["activities"]
    office.parts.store.apply(Plan((death(table.name, stored_values(table, row)),)), CLI, "ui")


def remove(office, *row_ids):
    with office.paper() as paper:
        for row_id in row_ids:
            paper.remove(paper.of(row_id))
    return office.cycle()


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


# ---------------------------------------------------------------- stopped


@pytest.fixture
def stopped(office):
    add(office.parts, "activities", *(event(office.parts, f"b{place}", place) for place in range(7)))
    office.cycle()
    with office.paper() as paper:
        paper.grid[2:-1] = []
        paper.set(2, PERSONS, 55)
    assert office.cycle()["stopped"] == 1
    return office


def test_rows_written_back(stopped):
    before = {row["id"] for row in stopped.records("activities")}
    decisions.release_book(stopped.parts, CLI, BRANCH, "restore")
    told = stopped.cycle()
    assert (told["stopped"], told["proposals"], told["cells_in"]) == (0, 0, 1)
    assert stopped.look().by_id().keys() == before
    again = stopped.cycle()
    assert counted(again), again


def test_rows_written_back_beside_one_without_its_id(stopped):
    """Its record has changed in the app meanwhile: it is still the same row."""
    with stopped.paper() as paper:
        (row_id,) = {told[ID] for told in paper.rows()} - {"a1"}
        paper.set(paper.of(row_id), ID, None)
    stopped.change("activities", row_id, note="记")
    decisions.release_book(stopped.parts, CLI, BRANCH, "restore")
    stopped.cycle()
    assert len(stopped.records("activities")) == len(stopped.look().by_id()) == 10
    assert stopped.look().by_id()[row_id]["备注"] == "记"


def test_rows_proposed(stopped):
    decisions.release_book(stopped.parts, CLI, BRANCH, "propose")
    told = stopped.cycle()
    assert (told["stopped"], told["proposals"], told["cells_in"]) == (0, 8, 1)
    assert len(stopped.records("activities")) == 10
    again = stopped.cycle()
    assert counted(again), again


def test_it_stays_stopped_while_it_cannot_be_read(stopped, monkeypatch):
    """What a person decides about it meanwhile counts."""
    before = {row["id"] for row in stopped.records("activities")}
    reason = stopped.book().reason
    with stopped.paper() as paper:
        paper.set(2, PERSONS, 56)
    with monkeypatch.context() as patch:
        patch.setattr(stopped.sheets, "read", lambda seen: {one.place: NotNow(one.place) for one in seen})
        assert stopped.cycle()["stopped"] == 1
    assert stopped.book().reason == reason
    decisions.release_book(stopped.parts, CLI, BRANCH, "restore")
    assert stopped.cycle()["stopped"] == 0
    assert stopped.look().by_id().keys() == before


def test_what_went_after_the_decision_is_another_matter(stopped):
    """A person wanted those back that were gone then."""
    remove(stopped, "a1")
    stopped.cycle()
    with stopped.paper() as paper:
        (left,) = {told[ID] for told in paper.rows()}
        paper.set(paper.of(left), PERSONS, 1)
    decisions.release_book(stopped.parts, CLI, BRANCH, "restore")
    remove(stopped, left)
    told = stopped.cycle()
    assert (told["stopped"], told["proposals"]) == (0, 1)
    assert [one["row_id"] for one in stopped.proposals] == [left]
    assert stopped.look().by_id().keys() == {row["id"] for row in stopped.records("activities")} - {left}


def test_what_came_back_by_hand_and_went_again(stopped):
    """Seen in the sheet by a cycle that could not write: after that it is deleted like any other row."""
    decisions.release_book(stopped.parts, CLI, BRANCH, "restore")
    stopped.sheets.held = {BRANCH}
    with stopped.paper() as paper:
        paper.add({ID: "b3", SITE: BRANCH, TITLE: "活动 b3", DATE: "2026-05-06"})
    stopped.cycle()
    remove(stopped, "b3")
    stopped.sheets.held = set()
    stopped.cycle()
    assert [one["row_id"] for one in stopped.proposals] == ["b3"]
    assert "b3" not in stopped.look().by_id()


def test_rows_are_written_back_once(stopped, monkeypatch):
    """Even where the cycle is killed before it can say that it has: what is deleted after that does not come back."""
    decisions.release_book(stopped.parts, CLI, BRANCH, "restore")
    with monkeypatch.context() as patch:
        patch.setattr(Cycle, "keep", die)
        with pytest.raises(Killed):
            stopped.cycle()
    remove(stopped, "b3")
    assert stopped.cycle()["proposals"] == 1
    assert "b3" not in stopped.look().by_id()


def test_mended_by_hand(office):
    old = office.sheets.copy(BRANCH)
    with office.paper() as paper:
        paper.grid[1:] = []
    office.cycle()
    office.sheets.paste(BRANCH, old)
    told = office.cycle()
    assert (told["stopped"], told["proposals"]) == (0, 0)


@pytest.mark.parametrize("how", ["restore", "propose"])
def test_released_while_it_is_open(stopped, how):
    """What a person said still holds when the file can be written at last."""
    decisions.release_book(stopped.parts, CLI, BRANCH, how)
    stopped.sheets.held = {BRANCH}
    with stopped.paper() as paper:
        paper.add({SITE: BRANCH, DATE: "2026-05-06", TITLE: "新"})
    assert counted(stopped.cycle(), read=1, cells_in=4)
    again = stopped.cycle()
    assert counted(again), again
    stopped.sheets.held = set()
    told = stopped.cycle()
    assert (told["stopped"], told["proposals"]) == (0, 8 if how == "propose" else 0)
    assert len(stopped.look().by_id()) == (3 if how == "propose" else 11)


def test_made_anew(office):
    """What waited in the lost file waits no more."""
    both_edit(office)
    remove(office, "a2")
    book = office.sheets.books.pop(BRANCH)
    assert office.cycle()["stopped"] == 1
    decisions.release_book(office.parts, CLI, BRANCH, "recreate")
    told = office.cycle()
    assert (told["written"], told["stopped"], told["conflicts"], told["proposals"]) == (1, 0, 0, 0)
    assert {line[ID] for line in office.look().rows()} == {"a1", "a2", "a3"}
    assert book.keys() == office.sheets.books[BRANCH].keys()
    again = office.cycle()
    assert counted(again), again


def test_what_cannot_be_released(stopped):
    with pytest.raises(NotStopped):
        decisions.release_book(stopped.parts, CLI, OTHER, "restore")
    with pytest.raises(NotStopped):
        decisions.release_book(stopped.parts, CLI, "C999", "restore")
    with pytest.raises(Fault, match="restore propose recreate"):
        decisions.release_book(stopped.parts, CLI, BRANCH, "whatever")


# ---------------------------------------------------------------- who may see and decide

ACTORS = {
    "its hall": Actor("hall", "main", site=HALL),
    "itself": Actor("branch", "branch", site=BRANCH),
    "its point": Actor("point", "point", site=POINT),
    "another branch": Actor("other", "branch", site=OTHER),
    "the county": Actor("county", "bureau", county="官渡区"),
    "another county": Actor("far", "bureau", county="西山区"),
    "a reader": Actor("reader", "reader", site=BRANCH),
    "the center": Actor("center", "center", site="C1"),
}
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


@pytest.mark.parametrize("who", ["itself", "its point", "another branch", "a reader"])
def test_a_branch_does_not_release_its_own_workbook(stopped, who):
    with pytest.raises((NotYoursToDecide, NotStopped)):
        decisions.release_book(stopped.parts, ACTORS[who], BRANCH, "restore")


@pytest.mark.parametrize("who", ["its hall", "the county", "the center"])
def test_those_above_release_it(stopped, who):
    decisions.release_book(stopped.parts, ACTORS[who], BRANCH, "restore")
    assert stopped.book().state == "restore"


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
