"""Whole tabs and workbooks: renamed, moved, doubled, gone, open somewhere, opened and closed with their site."""

from integrations.cycle import Cycle
from tests.hands import Hasty, hand
from tests.scenarios.stage import NEW, on
from tests.sheets import ACTIVITIES, BRANCH, OTHER, PERSONS, PLAQUES, SITE, TITLE, counted


def branch_closed(office):
    """A branch that closes has no workbook any more: its file is left alone, and not read."""
    office.change("sites", f"s{OTHER}", status="closed")
    with office.paper(OTHER) as paper:
        paper.add(NEW | {SITE: OTHER})
    told = yield
    assert told["workbooks"] == 2
    assert office.book(OTHER).state == "closed"
    assert len(office.records("activities")) == 3


def branch_opened(office):
    parts = office.parts
    office.change("sites", f"s{OTHER}", status="planned")
    office.cycle()
    office.change("sites", f"s{OTHER}", status="open")
    told = yield
    assert (told["workbooks"], office.book(OTHER).state) == (3, "fine")
    assert parts.catalog.tabs


def tab_renamed(office):
    """A tab that was there and is gone stops the workbook; under its own name again it goes on."""
    hand(office).rename_tab(PLAQUES, "牌子")
    told = yield
    assert (told["stopped"], told["proposals"], told["written"]) == (1, 0, 0)
    assert office.book().reason == "少了“牌匾”页"
    hand(office).rename_tab("牌子", PLAQUES)
    office.cycle()
    assert office.book().state == "fine"


def tab_deleted(office):
    bring_back = hand(office).delete_tab(ACTIVITIES)
    told = yield
    assert (told["stopped"], told["proposals"], told["written"]) == (1, 0, 0)
    assert office.book().reason == "少了“活动台账”页"
    assert len(office.records("activities")) == 3
    bring_back()
    office.cycle()
    assert office.book().state == "fine"


def tab_of_ones_own(office):
    hand(office).add_tab("我的页")
    office.change("activities", "a1", title="改")
    told = yield
    assert counted(told, read=1, written=1, cells_out=1)
    assert office.look(BRANCH, "我的页").grid[0][0] == "自己的"


@on("folder", "google")
def book_renamed_and_moved(office):
    """It is found by what stands inside, or by its number."""
    hand(office).rename()
    office.change("activities", "a1", title="改")
    told = yield
    assert counted(told, read=1, written=1, cells_out=1)
    assert office.look().by_id()["a1"][TITLE] == "改"
    assert office.sheets.codes().count(BRANCH) == 1


@on("folder", "google")
def book_doubled(office):
    """The copy is not read, and is listed."""
    copy = hand(office).double()
    told = yield
    assert counted(told)
    notes = [(note.place, note.message) for note in Cycle(office.parts, office.sheets.backend).run().notes]
    assert notes == [(copy, f"{BRANCH} 的副本，没有读")]


def book_gone(office):
    """Nothing of it is taken for deleted; it goes on when it is back."""
    bring_back = hand(office).throw_away()
    told = yield
    assert (told["stopped"], told["proposals"]) == (1, 0)
    assert len(office.records("activities")) == 3
    assert counted(office.cycle())
    bring_back()
    assert counted(office.cycle(), read=1)
    assert office.book().state == "fine"


@on("folder", "memory")
def open_in_an_office_program(office):
    """Read, and written when it is closed. A spreadsheet of Google's may be open in many places: see the next one."""
    close = hand(office).open()
    office.change("activities", "a1", title="改")
    with office.paper() as paper:
        paper.set(paper.of("a2"), PERSONS, 50)
    told = yield
    assert counted(told, read=1, cells_in=1)
    assert office.book().state == "busy"
    assert office.look().by_id()["a1"][TITLE] == "展 1"
    close()
    assert counted(office.cycle(), read=1, written=1, cells_out=1)
    assert office.look().by_id()["a1"][TITLE] == "改"


def typed_between_read_and_write(office):
    """Nothing is written over what nobody has read; the next cycle takes it and writes."""
    told = yield
    assert counted(told)

    def save():
        with office.paper() as paper:
            paper.set(paper.of("a2"), PERSONS, 70)

    office.change("activities", "a1", title="改")
    office.backend = Hasty(office.sheets.backend, save)
    assert counted(office.cycle(), read=1)
    assert office.book().state == "busy"
    office.backend = None
    assert counted(office.cycle(), read=1, written=1, cells_in=1, cells_out=1)
    assert office.record("activities", "a2")["persons"] == 70
    assert office.look().by_id()["a1"][TITLE] == "改"


@on("folder")
def file_truncated(office):
    """It stops, and goes on when it is whole again. A spreadsheet of Google's is never half there."""
    whole = office.sheets.copy(BRANCH)
    office.sheets.paste(BRANCH, whole[:3000])
    with office.paper(OTHER) as paper:
        paper.add(NEW | {SITE: OTHER})
    told = yield
    assert (told["stopped"], told["cells_in"], told["proposals"]) == (1, 4, 0)
    assert "不完整或已损坏" in office.book().reason
    office.sheets.paste(BRANCH, whole)
    office.cycle()
    assert (office.book().state, len(office.records("activities"))) == ("fine", 4)


@on("folder", "google")
def tab_hidden(office):
    """Read and written all the same."""
    hand(office).hide_tab(ACTIVITIES)
    with office.paper() as paper:
        paper.set(paper.of("a2"), PERSONS, 50)
    office.change("activities", "a1", title="改")
    told = yield
    assert counted(told, read=1, written=1, cells_in=1, cells_out=1)
    assert office.look().by_id()["a1"][TITLE] == "改"
