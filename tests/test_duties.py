"""What waits for whom: by role, by deadline. Cases counted by hand."""

import pytest

from models import duties
from models.checklists import Checklist
from models.duties import Duty
from models.tree import Node
from models.yearbooks import FLOW

TODAY = "2026-11-24"
CHECKS = Checklist.about.flow
NODES = {
    one.code: one
    for one in (
        Node("M", None, "main", "culture", "甲区", "open"),
        Node("B1", "M", "branch", "culture", "甲区", "open"),
        Node("P1", "B1", "point", "culture", "甲区", "open"),
        Node("B2", "M", "branch", "culture", "甲区", "planned"),
        Node("N", None, "main", "culture", "乙区", "planned"),
        Node("B3", "N", "branch", "culture", "乙区", "built"),
        Node("P3", "B3", "point", "culture", "乙区", "built"),
    )
}


def told(found):
    return [(one.kind, one.count, one.due) for one in found if one.count]


@pytest.mark.parametrize(
    ("role", "steps"),
    [
        ("admin", {"empty": "filled", "filled": "submitted", "submitted": "confirmed"}),
        ("main", {"empty": "filled", "filled": "submitted", "submitted": "confirmed"}),
        ("branch", {"empty": "filled", "filled": "submitted"}),
        ("center", {}),
        ("reader", {}),
        ("assessor", {}),
    ],
)
def test_who_takes_a_check_on(role, steps):
    assert duties.next_steps(CHECKS, role) == steps


@pytest.mark.parametrize(("role", "count"), [("branch", 0), ("main", 2), ("center", 3), ("bureau", 5), ("reader", 0)])
def test_who_takes_a_book_on(role, count):
    counts = {(2025, "signed", "2026-01-31"): 2, (2025, "sent", None): 3}
    assert sum(one.count for one in duties.books("t", FLOW, role, counts)) == count


def test_books_are_told_year_by_year_with_their_first_deadline():
    counts = {(2025, "reviewing", "2026-02-28"): 1, (2025, "reviewing", "2026-01-31"): 2, (2024, "reviewing", None): 4}
    found = list(duties.books("t", FLOW, "main", counts))
    assert [(one.facts["year"], one.count, one.due) for one in found] == [(2024, 4, None), (2025, 3, "2026-01-31")]


def test_checks_of_this_month_and_the_last_with_their_deadlines():
    counts = {
        ("P1", "2026-11", "empty"): 1,
        ("B1", "2026-11", None): 1,
        ("B3", "2026-11", "empty"): 1,
        ("P1", "2026-10", "filled"): 1,
        ("P1", "2026-10", "submitted"): 1,
        ("P1", "2026-09", "empty"): 1,
        ("P1", "2026-11", "confirmed"): 1,
    }
    found = duties.in_order(duties.checks(CHECKS, "main", counts, NODES, TODAY))
    assert told(found) == [("check", 1, "2026-10-31"), ("check", 3, "2026-11-30"), ("check", 1, None)]
    assert found[1].places == ("B1", "B3")  # where most of them are, first


@pytest.mark.parametrize(
    ("role", "count"), [("admin", 3), ("bureau", 3), ("main", 3), ("branch", 0), ("center", 0), ("reader", 0)]
)
def test_open_sites_without_a_check(role, count):
    counts = {("B3", "2026-11", "empty"): 1, ("B1", "2026-10", "empty"): 1, ("M", "2026-11", "empty"): 1}
    found = duties.unopened(role, ("branch", "point"), counts, NODES, TODAY)
    assert sum(one.count for one in found) == count  # B1, P1, P3: M has none, B2 is not built


@pytest.mark.parametrize(
    ("due", "status", "counted"),
    [
        ("2026-11-01", "open", True),
        ("2026-12-08", "mending", True),
        ("2026-12-09", "open", False),  # more than a fortnight away
        ("2026-11-01", "closed", False),
        ("2026-11-01", "void", False),
        (None, "open", False),
    ],
)
def test_rectifications_that_are_due(due, status, counted):
    found = told(duties.mending("branch", {("P1", status, due): 2}, TODAY))
    assert found == ([("mending", 2, due)] if counted else [])


@pytest.mark.parametrize(("role", "kinds"), [("main", {"mended"}), ("branch", set()), ("center", set())])
def test_who_confirms_what_is_mended(role, kinds):
    found = duties.mending(role, {("P1", "proved", "2026-11-01"): 1}, TODAY)
    assert {one.kind for one in found if one.count} == kinds


PLAQUES = {
    ("B1", "to_make"): 1,
    ("P1", "arrived"): 2,
    ("P1", "hung"): 3,
    ("B3", "to_make"): 1,
    ("P3", "to_make"): 1,
    ("gone", "to_make"): 9,
}


def test_plaques_and_those_that_wait_for_a_hall():
    found = {one.kind: one for one in duties.plaques("main", PLAQUES, NODES) if one.count}
    assert {kind: one.count for kind, one in found.items()} == {"to_make": 2, "arrived": 2, "blocked": 1}
    assert (found["blocked"].facts["halls"], found["to_make"].places) == (("N",), ("B1", "B3"))


@pytest.mark.parametrize(
    ("role", "kinds"), [("branch", ["arrived"]), ("center", []), ("reader", []), ("point", ["arrived"])]
)
def test_who_hangs_plaques(role, kinds):
    assert [one.kind for one in duties.plaques(role, PLAQUES, NODES) if one.count] == kinds


@pytest.mark.parametrize(
    ("status", "due", "late"), [("placed", "2026-11-24", 1), ("placed", "2026-11-25", 0), ("received", "2026-01-01", 0)]
)
def test_orders_that_are_late(status, due, late):
    assert sum(one.count for one in duties.late_orders("main", {(status, due): 1}, TODAY)) == late


@pytest.mark.parametrize(
    ("level", "status", "established", "welfare", "short"),
    [
        ("branch", "open", 2, None, 1),
        ("branch", "open", 3, None, 0),
        ("branch", "open", None, None, 0),  # not known
        ("branch", "planned", 0, None, 0),
        ("point", "built", None, 0, 1),
        ("point", "built", 0, 1, 0),
        ("main", "open", 0, 0, 0),
    ],
)
def test_sites_under_the_rule_of_staff(level, status, established, welfare, short):
    counts = {(level, status, established, welfare): 1}
    assert [one.count for one in duties.staff("main", counts)] == [short]
    assert list(duties.staff("branch", counts)) == []


def test_what_is_due_comes_first_and_nothing_is_left_out():
    some = [
        Duty("to_make", 1),
        Duty("stopped", 1),
        Duty("book", 1, "2026-12-01"),
        Duty("check", 1, "2026-11-30"),
        Duty("staff", 0),
    ]
    assert [one.kind for one in duties.in_order(some)] == ["check", "book", "stopped", "to_make"]


@pytest.mark.parametrize(("due", "days"), [("2026-11-30", 6), ("2026-11-24", 0), ("2026-10-31", -24), (None, None)])
def test_days_that_are_left(due, days):
    assert Duty("check", 1, due).days(TODAY) == days


@pytest.mark.parametrize(
    ("month", "end"), [("2026-02", "2026-02-28"), ("2028-02", "2028-02-29"), ("2026-11", "2026-11-30")]
)
def test_month_ends(month, end):
    assert duties.month_end(month) == end


@pytest.mark.parametrize(("role", "seen"), [("branch", True), ("center", True), ("reader", False), ("assessor", False)])
def test_who_decides_in_the_workbooks(role, seen):
    assert bool(list(duties.sync(role, {"conflicts": 1}))) is seen
