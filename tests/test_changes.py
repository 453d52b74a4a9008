"""Changes, plans, and the differences between two and three versions."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.changes import Change, Merge, Plan, Problem, birth, death, separate, three_way, two_way

VALUES = (None, "", "甲", "乙", 0, 1, 2.5, False, ["甲"], ["甲", "乙"])

# DESIGN §5, told by who changed what: (app differs from base, sheet differs from base, the two differ).
BY_WHO_CHANGED = {
    (False, False, False): Merge.AGREED,
    (True, False, True): Merge.GIVE,
    (False, True, True): Merge.TAKE,
    (True, True, False): Merge.AGREED,
    (True, True, True): Merge.CONFLICT,
}


@pytest.mark.parametrize(("base", "app", "sheet"), list(itertools.product(("甲", "乙", None), repeat=3)))
def test_three_way_follows_who_changed_what(base, app, sheet):
    assert three_way(base, app, sheet) is BY_WHO_CHANGED[app != base, sheet != base, app != sheet]


@given(*[st.sampled_from(VALUES)] * 3)
@settings(max_examples=100, deadline=None)
def test_three_way_is_fair_to_both_sides(base, app, sheet):
    mirrored = {Merge.TAKE: Merge.GIVE, Merge.GIVE: Merge.TAKE}
    found = three_way(base, app, sheet)
    assert three_way(base, sheet, app) is mirrored.get(found, found)


cells = st.dictionaries(st.sampled_from(["name", "area", "note", "hosts"]), st.sampled_from(VALUES))


@given(cells, cells)
@settings(max_examples=100, deadline=None)
def test_a_row_with_its_two_way_changes_made_is_the_other_row(before, after):
    before = {"id": "x", **before}
    row = dict(before)
    for change in two_way("sites", before, after):
        assert row.get(change.field) == change.before
        assert change.before != change.after
        row[change.field] = change.after
    assert row == {**before, **{name: value for name, value in after.items() if before.get(name) != value}}
    assert all(row.get(name) == value for name, value in after.items())


def plan():
    return Plan(
        (
            Change("sites", "a", "name", "甲", "乙"),
            birth("sites", {"id": "b", "code": "B"}),
            death("plaques", {"id": "c", "seq": 1}),
        )
    )


def test_an_inverted_change_takes_it_back():
    assert [change.inverted() for change in plan().changes] == [
        Change("sites", "a", "name", "乙", "甲"),
        Change("sites", "b", None, {"id": "b", "code": "B"}, None),
        Change("plaques", "c", None, None, {"id": "c", "seq": 1}),
    ]
    assert tuple(change.inverted().inverted() for change in plan().changes) == plan().changes


def test_rows_can_be_set_aside():
    assert [change.row for change in plan().without({"a", "c"}).changes] == ["b"]
    assert plan().changes == plan().without(()).changes


def test_changes_are_parted_from_those_that_a_problem_concerns():
    name, note = Change("sites", "a", "name", "甲", "乙"), Change("sites", "a", "note", None, "丙")
    other, dead = Change("sites", "b", "name", "甲", "乙"), death("sites", {"id": "c"})
    cell = Problem("sites", "a", "name", "乙", "不合")
    row = Problem("sites", "a", "county", "", "这一栏没有改，但整行不合")
    whole = Problem("sites", "c", None, "", "还有 1 行用到它")
    assert separate([name, note, other], []) == ([name, note, other], [])
    assert separate([name, note, other], [cell]) == ([note, other], [(name, cell)])
    assert separate([name, note, other], [row]) == ([other], [(name, row), (note, row)])
    assert separate([name, note, dead], [cell, whole]) == ([note], [(name, cell), (dead, whole)])


def test_a_plan_tells_what_it_touches_and_what_is_wrong():
    wrong = Problem("sites", "a", "name", "", "名称必填")
    odd = Problem("sites", "a", "name", "", "少见", level="warning")
    both = Plan(plan().changes, (odd, wrong))
    assert both.errors == (wrong,)
    assert both.warnings == (odd,)
    assert both.touched() == {"sites": {"a", "b"}, "plaques": {"c"}}
