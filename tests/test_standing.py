"""Built against target, what is missing by name, the months of checks: tables of cases, counted by hand."""

import pytest

from models.standing import Tally, branch_of, differences, months_to, percent, standings, step, strip
from models.tree import Node, Tree


def node(code, level, county="甲区", status="built", network="culture", parent=None):
    return Node(code, parent, level, network, county, status)


def target(county, main_halls, branches, points, seq=1):
    return {"county": county, "main_halls": main_halls, "branches": branches, "points": points, "seq": seq}


@pytest.mark.parametrize(
    ("built", "wanted", "gap", "short"),
    [(8, 9, -1, 1), (9, 9, 0, 0), (11, 9, 2, 0), (0, 0, 0, 0), (3, None, None, 0)],
)
def test_a_gap_is_what_is_built_less_what_is_wanted(built, wanted, gap, short):
    assert (Tally(built, wanted).gap, Tally(built, wanted).short) == (gap, short)


@pytest.mark.parametrize(
    ("status", "built"), [("built", 1), ("open", 1), ("planned", 0), ("building", 0), ("closed", 0)]
)
def test_what_counts_as_built(status, built):
    (one,) = standings([node("B1", "branch", status=status)], [target("甲区", 0, 1, 0)])
    assert one.places[0].levels["branch"] == Tally(built, 1)


def test_a_surplus_hides_no_shortfall():
    nodes = [
        node("M1", "main"),
        *(node(f"B{n}", "branch") for n in range(3)),
        *(node(f"P{n}", "point", "乙区") for n in range(4)),
    ]
    (one,) = standings(nodes, [target("乙区", 1, 1, 9, seq=2), target("甲区", 1, 1, 0)])
    assert [place.county for place in one.places] == ["甲区", "乙区"]  # in the order of the targets
    assert one.total("branch").gap == 1
    assert one.missing == [("乙区", "main", 1), ("乙区", "branch", 1), ("乙区", "point", 5)]


@pytest.mark.parametrize(
    ("halls", "awaits", "planned"),
    [
        (["planned"], True, 1),
        (["building"], True, 1),
        (["built"], False, 0),
        (["built", "planned"], False, 1),
        (["closed"], False, 0),
        ([], False, 0),
    ],
)
def test_a_hall_that_is_planned_is_told(halls, awaits, planned):
    nodes = [node(f"M{n}", "main", status=status) for n, status in enumerate(halls)]
    (one,) = standings([*nodes, node("B1", "branch")], [target("甲区", 0, 1, 0)])
    assert (one.places[0].awaits_hall, one.planned) == (awaits, planned)
    assert one.missing == []  # none was asked for


def test_the_targets_are_of_one_network_and_of_counties_that_are_seen():
    nodes = [node("C1", "main"), node("L1", "main", network="library"), node("L2", "center", None, network="library")]
    culture, library = standings(nodes, [target("甲区", 1, 9, 9)], {"C1": (1, 2), "L1": (0, 1), "X": (9, 9)})
    assert (culture.network, culture.has_targets, culture.hung, culture.plaques) == ("culture", True, 1, 2)
    assert (library.network, library.has_targets, library.missing, library.plaques) == ("library", False, [], 1)
    assert [one.network for one in standings(nodes[1:], [target("甲区", 1, 9, 9)])] == ["library"]
    assert standings([], [target("甲区", 1, 9, 9)]) == []


def test_a_county_without_a_target_and_a_target_without_a_site():
    (one,) = standings([node("P1", "point", None)], [target("甲区", 1, 0, 0)])
    assert [(place.county, place.levels["point"]) for place in one.places] == [
        ("甲区", Tally(0, 0)),
        ("", Tally(1, None)),
    ]
    assert one.total("point") == Tally(1, 0)


@pytest.mark.parametrize(
    ("declared", "found"),
    [
        ({"main_halls": 18, "branches": 4, "points": 9}, {"main_halls": (18, 2), "points": (9, 10)}),
        ({"main_halls": 2, "branches": 4, "points": 10}, {}),
        ({}, {}),
    ],
)
def test_declared_totals_stand_beside_ours(declared, found):
    rows = [target("甲区", 1, 2, 5), target("乙区", 1, 2, 5), {"county": "丙区"}]
    assert differences(declared, rows) == found


# ---------------------------------------------------------------- months


@pytest.mark.parametrize(
    ("last", "length", "months"),
    [
        ("2026-03", 2, ("2026-02", "2026-03")),
        ("2026-01", 3, ("2025-11", "2025-12", "2026-01")),
        ("2026-12", 1, ("2026-12",)),
    ],
)
def test_months(last, length, months):
    assert months_to(last, length) == months


@pytest.mark.parametrize(
    ("done", "every", "share", "shade"),
    [(0, 7, 0, 1), (3, 7, 42, 1), (1, 2, 50, 2), (3, 4, 75, 3), (9, 10, 90, 4), (199, 200, 99, 4), (7, 7, 100, 5)],
)
def test_shares_and_shades(done, every, share, shade):
    assert (percent(done, every), step(percent(done, every))) == (share, shade)


COUNTS = {
    ("B1", "2026-10", "confirmed"): 1,
    ("P1", "2026-10", "empty"): 1,
    ("P1", "2026-11", None): 1,
    ("P2", "2026-11", "submitted"): 1,
    ("X", "2026-11", "filled"): 5,
    ("P1", "2026-12", "filled"): 1,
}
LINES = {"B1": "B1", "P1": "B1", "P2": "B2"}


@pytest.mark.parametrize(
    ("today", "months", "first"),
    [
        ("2026-11-24", ("2026-10", "2026-11"), ((1, 2), (0, 1))),
        ("2026-12-01", ("2026-11", "2026-12"), ((0, 1), (1, 1))),
        ("2027-05-01", ("2026-11", "2026-12"), ((0, 1), (1, 1))),  # the last that has checks
        ("2020-05-01", ("2026-09", "2026-10"), (None, (1, 2))),  # all of them are to come
    ],
)
def test_the_strip_ends_with_this_month_or_the_last_with_checks(today, months, first):
    shown = strip(COUNTS, LINES, today, 2)
    assert (shown.months, shown.lines["B1"]) == (months, first)


def test_the_strip_s_last_month_and_its_lines():
    shown = strip(COUNTS, LINES, "2026-11-24", 2)
    assert (list(shown.lines), shown.lines["B2"], shown.last) == (["B1", "B2"], (None, (1, 1)), (1, 2))
    assert strip({}, LINES, "2026-11-24").months == ()


@pytest.mark.parametrize(("code", "branch"), [("P", "B"), ("B", "B"), ("M", "M"), ("R", "R"), ("O", "O")])
def test_the_branch_of_a_site(code, branch):
    tree = Tree.of(
        {"code": one, "parent": parent, "level": level, "network": "culture", "county": None, "status": "open"}
        for one, parent, level in (
            ("M", None, "main"),
            ("B", "M", "branch"),
            ("P", "B", "point"),
            ("R", "S", "point"),
            ("S", "R", "point"),
            ("O", "gone", "point"),
        )
    )
    assert branch_of(tree.nodes, code) == branch
