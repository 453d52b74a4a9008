"""The monthly check: what an answer earns, the pass rate, where an item has a meaning."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.checklists import (
    Answers,
    item_kind,
    least_of,
    months_between,
    pass_rate,
    share,
    shares_of,
    shown_in_sheets,
)
from models.kinds import NA, Bad
from models.periods import versions_of

STATE = "无问题|已整改|整改中|未整改 => 1|1|0.5|0"


def item(code="I1", kind="yesno", threshold="=yes", weight=1.0, levels=("branch", "point"), network="both", **more):
    return {
        "code": code,
        "kind": kind,
        "threshold": threshold,
        "weight": weight,
        "applies_to": list(levels),
        "network": network,
        "since": "2020-01",
        "until": None,
        "unit": None,
        **more,
    }


@pytest.mark.parametrize(
    ("kind", "threshold", "value", "level", "earned"),
    [
        ("yesno", "=yes", True, "branch", 1),
        ("yesno", "=yes", False, "branch", 0),
        ("yesno", "=yes", None, "branch", None),
        ("yesno", "=yes", NA, "branch", None),
        ("number", ">=90", 90.0, "point", 1),
        ("number", ">=90", 89.9, "point", 0),
        ("number", "branch:>=42;point:>=35", 40.0, "branch", 0),
        ("number", "branch:>=42;point:>=35", 40.0, "point", 1),
        ("number", "branch:>=42", 40.0, "point", None),
        ("number", ">=1", NA, "point", None),
        ("choice", STATE, "整改中", "point", 0.5),
        ("choice", STATE, "未整改", "point", 0),
        ("text", "", "很好", "point", None),
    ],
)
def test_what_an_answer_earns(kind, threshold, value, level, earned):
    assert share(item(kind=kind, threshold=threshold), value, level) == earned


@pytest.mark.parametrize(
    ("kind", "typed", "value"),
    [
        ("yesno", "不适用", NA),
        ("yesno", "—", NA),
        ("yesno", "-", NA),
        ("yesno", "na", NA),
        ("yesno", "√", True),
        ("number", "40", 40.0),
        ("number", "不适用", NA),
        ("choice", "整改中", "整改中"),
        ("text", "不适用", "不适用"),
    ],
)
def test_an_item_takes_its_own_kind_or_not_applicable(kind, typed, value):
    assert item_kind(item(kind=kind, threshold=STATE if kind == "choice" else "")).parse(typed) == value


def test_what_does_not_fit_an_item_says_so():
    bad = item_kind(item(kind="number", unit="%")).parse("120")
    assert isinstance(bad, Bad)
    assert "不适用" in bad.wanted


@pytest.mark.parametrize("threshold", ["", "=yes", ">=3"])
def test_a_threshold_without_choices_has_none(threshold):
    assert shares_of(threshold) == {}


def test_the_least_of_all_levels_and_of_one():
    assert least_of("branch:>=4;point:>=1", "branch") == 4
    assert least_of(">=2.5", "branch") == 2.5
    assert least_of("=yes", "branch") is None


@given(st.lists(st.tuples(st.integers(0, 10), st.sampled_from([0.0, 0.5, 1.0])), max_size=40))
def test_the_pass_rate_is_the_exact_quotient_rounded_half_up(told):
    rate = pass_rate([(item(weight=float(weight)), earned) for weight, earned in told])
    total = sum(weight for weight, _earned in told)
    if not total:
        assert rate is None
        return
    exact = sum(Fraction(weight) * Fraction(earned) for weight, earned in told) / total * 100
    assert rate == float(Fraction((exact * 100 + Fraction(1, 2)).__floor__(), 100))


def test_items_of_another_level_network_or_period_do_not_count():
    rows = [
        item("A"),
        item("B", levels=("point",)),
        item("C", network="library"),
        item("D", since="2026-06"),
        item("E", until="2025-12"),
    ]
    values = {"month": "2026-03", "site.level": "branch", "site.network": "culture", **dict.fromkeys("ABCDE", True)}
    assert [one["code"] for one, _earned in Answers(versions_of(rows)).of(values)] == ["A"]


@pytest.mark.parametrize(
    ("row", "shown"),
    [
        ({"month": "2026-11", "kind": "monthly", "status": "confirmed"}, True),
        ({"month": "2026-09", "kind": "monthly", "status": "confirmed"}, True),
        ({"month": "2026-08", "kind": "monthly", "status": "confirmed"}, False),
        ({"month": "2025-08", "kind": "monthly", "status": "submitted"}, True),
        ({"month": "2026-11", "kind": "unannounced", "status": "empty"}, False),
    ],
)
def test_what_workbooks_show(row, shown):
    assert shown_in_sheets(row, "2026-11-24") is shown


def test_months_between_years():
    assert months_between("2025-11", "2026-02") == 3
