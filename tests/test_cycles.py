"""What is remembered of cycles, and workbooks that are left alone for a while."""

import pytest

from integrations import books, decisions
from integrations.cycles import MOST, PastCycle, keep_cycle, past_cycles
from integrations.syncing import run_kept
from models.access import Actor
from tests.sheets import BRANCH, HALL, OTHER, PERSONS, InFolder, Office, build, counted, in_this_process

DATABASES = ("sqlite",)
MAIN = Actor("王敏", "main", HALL)


def cycle(number, read=0, written=0):
    return PastCycle(f"b{number}", f"e{number}", "cli", {"read": read, "written": written}, (("a.xlsx", "why"),))


@pytest.mark.parametrize(
    ("made", "left"),
    [
        ([cycle(1), cycle(2)], [2]),
        ([cycle(1, read=1), cycle(2), cycle(3), cycle(4, written=1), cycle(5, read=1)], [5, 4, 3, 1]),
        ([cycle(1, read=1)], [1]),
        ([], []),
    ],
)
def test_quiet_cycles_do_not_crowd_out_the_others(parts, made, left):
    with parts.database.write() as connection:
        for one in made:
            keep_cycle(connection, one)
        assert [one.ended for one in past_cycles(connection, 9)] == [f"e{number}" for number in left]
        assert past_cycles(connection, 1) == made[-1:]


def test_only_so_many_are_kept(parts):
    with parts.database.write() as connection:
        for number in range(MOST + 3):
            keep_cycle(connection, cycle(number, read=1))
        kept = past_cycles(connection, MOST * 2)
    assert (len(kept), kept[-1].began) == (MOST, "b3")


@pytest.fixture
def office(parts, monkeypatch):
    """An office whose workbooks have just been made."""
    monkeypatch.setattr("integrations.folder.grids_of_many", in_this_process)
    build(parts)
    made = Office(parts, InFolder(parts.settings.sheets))
    run_kept(parts, lambda done, of, what: None, account="王敏")
    return made


def test_a_cycle_is_remembered_with_who_began_it(office):
    with office.parts.database.read() as connection:
        (found,) = past_cycles(connection, 1)
    assert (found.account, found.told["written"]) == ("王敏", 3)


def test_a_paused_workbook_is_left_alone_until_it_goes_on(office):
    decisions.pause_book(office.parts, MAIN, BRANCH, True)
    with office.paper() as paper:
        paper.set(paper.of("a1"), PERSONS, 50)
    office.change("activities", "a2", title="改")
    told = office.cycle()
    assert counted(told), told
    office.sheets.path(OTHER).touch()
    office.change("sites", f"s{OTHER}", head="新馆长")
    assert office.cycle()["written"] == 1
    decisions.pause_book(office.parts, MAIN, BRANCH, False)
    told = office.cycle()
    assert counted(told, read=1, written=1, cells_in=1, cells_out=1), told
    assert counted(office.cycle())


def test_a_paused_workbook_may_be_gone_for_a_while(office):
    decisions.pause_book(office.parts, MAIN, BRANCH, True)
    path = office.sheets.path(BRANCH)
    path.rename(path.with_suffix(".bak"))
    assert office.cycle()["stopped"] == 0
    path.with_suffix(".bak").rename(path)
    decisions.pause_book(office.parts, MAIN, BRANCH, False)
    assert counted(office.cycle())


@pytest.mark.parametrize(
    ("actor", "fault"),
    [
        (Actor("b", "branch", BRANCH), decisions.NotYoursToDecide),
        (Actor("o", "main", "C12"), books.NoBook),
    ],
)
def test_who_may_not_pause(office, actor, fault):
    with pytest.raises(fault):
        decisions.pause_book(office.parts, actor, BRANCH, True)
    assert not office.book().paused
