"""Whole tabs and workbooks: renamed, moved, doubled, gone, open somewhere, opened and closed with their site."""

from tests.scenarios.stage import NEW
from tests.sheets import OTHER, SITE


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
