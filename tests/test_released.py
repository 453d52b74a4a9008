"""A stopped workbook, and how it goes on after what a person says; and who may say it."""

import pytest

from integrations import decisions
from integrations.backend import NotNow
from integrations.cycle import Cycle
from integrations.decisions import NotStopped, NotYoursToDecide
from models.access import CLI
from models.faults import Fault
from tests.dying import Killed, die
from tests.matters import ACTORS, both_edit, remove
from tests.sheets import BRANCH, DATE, ID, OTHER, PERSONS, SITE, TITLE, counted, event
from tests.world import add

PLACES = ("memory",)


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


# ---------------------------------------------------------------- who may say it


@pytest.mark.parametrize("who", ["itself", "its point", "another branch", "a reader"])
def test_a_branch_does_not_release_its_own_workbook(stopped, who):
    with pytest.raises((NotYoursToDecide, NotStopped)):
        decisions.release_book(stopped.parts, ACTORS[who], BRANCH, "restore")


@pytest.mark.parametrize("who", ["its hall", "the county", "the center"])
def test_those_above_release_it(stopped, who):
    decisions.release_book(stopped.parts, ACTORS[who], BRANCH, "restore")
    assert stopped.book().state == "restore"
