"""A cycle as a whole, on real files and in memory alike. What people do to workbooks: see test_anomalies.py."""

import pytest

from models.changes import Problem
from models.store import Refused, Store
from tests.dying import Killed
from tests.hands import Hasty
from tests.sheets import (
    BRANCH,
    DATE,
    HALL,
    OTHER,
    OTHER_POINT,
    PERSONS,
    POINT,
    SITE,
    SITES,
    TITLE,
    counted,
)

PLACES = ("folder", "memory")
NEW = {SITE: BRANCH, DATE: "2026-05-06", TITLE: "新", PERSONS: 9}


def test_first_cycle_makes_a_workbook_for_every_open_branch_and_hall(office):
    assert office.sheets.codes() == [HALL, BRANCH, OTHER]
    assert list(office.look(BRANCH, SITES).by_id()) == [f"s{code}" for code in (BRANCH, POINT, OTHER_POINT)]
    assert list(office.look(HALL, SITES).by_id()) == [f"s{HALL}"]
    told = office.cycle()
    assert counted(told), told


def test_a_refusal_that_names_no_row_of_the_sheet_does_not_end_the_cycle(office, monkeypatch):
    """A rule elsewhere breaks: everything stays as typed, with its reason, and other workbooks go on."""
    why = Problem("plaques", "p9", "status", "", "别处的规则不许")

    def refuse(self, connection, plan, actor, origin, **more):
        if any(change.row == "a1" for change in plan.changes):
            raise Refused([why])
        return apply_in(self, connection, plan, actor, origin, **more)

    apply_in = Store.apply_in
    monkeypatch.setattr(Store, "apply_in", refuse)
    with office.paper() as paper:
        paper.set(paper.of("a1"), PERSONS, 50)
        paper.add(NEW)
    with office.paper(OTHER) as paper:
        paper.add({**NEW, SITE: OTHER})
    told = office.cycle()
    assert (told["cells_in"], told["problems"]) == (4, 2)
    assert {one["message"] for one in office.problems} == {"别处的规则不许"}
    assert office.look().by_id()["a1"][PERSONS] == 50


def test_killed_between_two_workbooks(office):
    """The first is settled, the second has its records and not its cells: the next cycle writes what is left, once."""
    for code in (HALL, BRANCH, OTHER):
        office.change("sites", f"s{code}", phone="13812345678")
    with office.paper(OTHER) as paper:
        paper.add({**NEW, SITE: OTHER})
    written = []

    def save():
        if written:
            raise Killed
        written.append(1)

    office.backend = Hasty(office.sheets.backend, save)
    with pytest.raises(Killed):
        office.cycle()
    office.backend = None
    office.cycle()
    for code in (HALL, BRANCH, OTHER):
        assert office.look(code, SITES).by_id()[f"s{code}"]["电话"] == "13812345678"
    assert len(office.records("activities")) == 4
    assert len(office.look(OTHER).by_id()) == 1
    assert counted(office.cycle())
