"""Conditions and sort orders: read from text; the database's answer against Python's, on both databases."""

import itertools

import pytest

from models.access import CLI
from models.catalog import catalog
from models.conditions import OPS, BadQuestion, Condition, Sort, matches, parse_condition, parse_sort
from models.query import Question
from tests.world import add, new_row, site_row

CATALOG = catalog()
SITES, PLAQUES, ACTIVITIES = CATALOG["sites"], CATALOG["plaques"], CATALOG["activities"]

TOLD = [
    (SITES, "county=官渡区", Condition("county", "eq", ("官渡区",))),
    (SITES, "county= 官渡区 ", Condition("county", "eq", ("官渡区",))),
    (SITES, "county=", Condition("county", "blank")),
    (SITES, "county:eq:", Condition("county", "blank")),
    (SITES, "county:ne:", Condition("county", "filled")),
    (SITES, "county:ne:官渡区", Condition("county", "ne", ("官渡区",))),
    (SITES, "county:blank", Condition("county", "blank")),
    (SITES, "county:filled:", Condition("county", "filled")),
    (SITES, "level=分馆", Condition("level", "eq", ("branch",))),
    (SITES, "level:in:main,分馆", Condition("level", "in", ("main", "branch"))),
    (SITES, "parent=C5301 昆明市文化馆", Condition("parent", "eq", ("C5301",))),
    (SITES, "area_m2:ge:1,234㎡", Condition("area_m2", "ge", (1234.0,))),
    (SITES, "opened_on:lt:2020.3.5", Condition("opened_on", "lt", ("2020-03-05",))),
    (SITES, "barrier_free=是", Condition("barrier_free", "eq", (True,))),
    (SITES, "name:has:a:b=c", Condition("name", "has", ("a:b=c",))),
    (SITES, "name=a:b=c", Condition("name", "eq", ("a:b=c",))),
    (SITES, "id=x1", Condition("id", "eq", ("x1",))),
    (SITES, "id:in:x1,x2", Condition("id", "in", ("x1", "x2"))),
    (PLAQUES, "site.county=官渡区", Condition("site.county", "eq", ("官渡区",))),
    (PLAQUES, "site.level=分馆", Condition("site.level", "eq", ("branch",))),
    (PLAQUES, "site.county=", Condition("site.county", "blank")),
    (ACTIVITIES, "co_hosts=C1", Condition("co_hosts", "eq", ("C1",))),
    (ACTIVITIES, "co_hosts=C1；C2", Condition("co_hosts", "eq", ("C1", "C2"))),
]

NOT_UNDERSTOOD = [
    (SITES, "colour=red"),
    (SITES, "county"),
    (SITES, "=官渡区"),
    (SITES, ""),
    (SITES, "county:like:x"),
    (SITES, "level=宫殿"),
    (SITES, "area_m2:gt:大"),
    (SITES, "opened_on=昨天"),
    (SITES, "county.name=x"),
    (SITES, "parent.colour=x"),
    (SITES, "parent.parent.name=x"),
    (SITES, "parent.staffing=达标"),
    (PLAQUES, "site.phone=13812345678"),  # a number that the reader may not see would answer by yes and no
    (PLAQUES, "site.phone:has:138"),
    (ACTIVITIES, "co_hosts.county=官渡区"),
]


@pytest.mark.parametrize(("table", "told", "condition"), TOLD, ids=[told for _table, told, _condition in TOLD])
def test_a_condition_is_read(table, told, condition):
    assert parse_condition(CATALOG, table, told) == condition


@pytest.mark.parametrize(("table", "told"), NOT_UNDERSTOOD, ids=[told for _table, told in NOT_UNDERSTOOD])
def test_what_cannot_be_understood_is_told(table, told):
    with pytest.raises(BadQuestion) as caught:
        parse_condition(CATALOG, table, told)
    assert f"“{told}”" in str(caught.value)


def test_sorts_are_read():
    assert parse_sort(CATALOG, SITES, "-area_m2, code") == (Sort("area_m2", down=True), Sort("code"))
    assert parse_sort(CATALOG, SITES, "") == ()
    for told in ("colour", "-", "site.county"):
        with pytest.raises(BadQuestion):
            parse_sort(CATALOG, SITES, told)


# ---------------------------------------------------------------- meaning

BY_HAND = [
    (Condition("f", "eq", ("a",)), {"a": True, "b": False, None: False}),
    (Condition("f", "ne", ("a",)), {"a": False, "b": True, None: True}),
    (Condition("f", "lt", ("b",)), {"a": True, "b": False, None: False}),
    (Condition("f", "le", ("b",)), {"a": True, "b": True, "c": False, None: False}),
    (Condition("f", "gt", ("b",)), {"a": False, "b": False, "c": True, None: False}),
    (Condition("f", "ge", ("b",)), {"a": False, "b": True, "c": True, None: False}),
    (Condition("f", "in", ("a", "b")), {"a": True, "c": False, None: False}),
    (Condition("f", "has", ("Ab",)), {"xaBy": True, "a": False, None: False}),
    (Condition("f", "blank"), {"a": False, None: True}),
    (Condition("f", "filled"), {"a": True, None: False}),
]


@pytest.mark.parametrize(("condition", "answers"), BY_HAND, ids=[one.op for one, _answers in BY_HAND])
def test_what_a_condition_means(condition, answers):
    assert {value: matches(condition, value) for value in answers} == answers


SEVERAL = [
    (Condition("f", "eq", ("a",)), ["b", "a"], True),
    (Condition("f", "eq", ("a", "b")), ["b", "c", "a"], True),
    (Condition("f", "eq", ("a", "b")), ["a"], False),
    (Condition("f", "ne", ("a", "b")), ["a"], True),
    (Condition("f", "ne", ("a",)), ["a"], False),
    (Condition("f", "in", ("a", "c")), ["b", "c"], True),
    (Condition("f", "has", ("b",)), ["abc", "x"], True),
    (Condition("f", "filled"), ["a"], True),
]


@pytest.mark.parametrize(("condition", "value", "answer"), SEVERAL)
def test_what_a_condition_means_of_several_values(condition, value, answer):
    assert matches(condition, value) is answer


VALUES = {
    "name": ("甲乙", "乙丙", "a%b_c", "A%B_C", "5301"),
    "area_m2": (0.0, 260.5, 300.0, None),
    "population": (0, 12, 300, None),
    "opened_on": ("1999-12-31", "2020-03-05", None),
    "status": ("planned", "open", "closed"),
    "barrier_free": (True, False, None),
    "township": ("关上", "关", None),
}


@pytest.fixture
def sites(parts):
    """Sites with every value of every field above."""
    longest = max(map(len, VALUES.values()))
    rows = [
        site_row(parts, f"C{place}", level="center", **{name: some[place % len(some)] for name, some in VALUES.items()})
        for place in range(longest * 3)
    ]
    add(parts, "sites", *rows)
    return rows


def conditions():
    """Every comparison of every field with each of its values."""
    for (name, some), op in itertools.product(VALUES.items(), OPS):
        if op in ("blank", "filled"):
            yield Condition(name, op)
        elif op == "in":
            yield Condition(name, op, tuple(value for value in some[:2] if value is not None))
        elif op != "has" or name in ("name", "township", "opened_on", "status"):
            for value in some:
                if value is not None and not (isinstance(value, bool) and op in ("lt", "le", "gt", "ge")):
                    yield Condition(name, op, (value,))


def test_the_database_means_the_same(parts, sites):
    with parts.database.read() as connection:
        view = parts.query.view(connection, CLI)
        for condition in conditions():
            there = set(view.ids(SITES, Question(where=(condition,))))
            here = {str(row["id"]) for row in sites if matches(condition, row[condition.field])}
            assert there == here, condition


def test_sorting_puts_blanks_last_and_choices_in_their_order(parts, sites):
    with parts.database.read() as connection:
        view = parts.query.view(connection, CLI)
        for name, down in itertools.product(VALUES, (False, True)):
            judge_sorting(view.ids(SITES, Question(sort=(Sort(name, down),))), sites, name, down)


def judge_sorting(ids, sites, name, down):
    by_id = {row["id"]: row for row in sites}
    found = [by_id[one][name] for one in ids]
    kind = SITES.by_name[name].kind
    order = [one.code for one in kind.choices].index if name == "status" else lambda value: value
    wanted = sorted((row[name] for row in sites if row[name] is not None), key=order, reverse=down)
    assert found == wanted + [None] * (len(sites) - len(wanted))
    # Of those that are alike the first in the table's own order comes first.
    for _value, alike in itertools.groupby(ids, key=lambda one: by_id[one][name]):
        alike = list(alike)
        assert alike == sorted(alike)


PATHS = [
    ("site.county=官渡区", {"p1", "p2"}),
    ("site.county:ne:官渡区", {"p3", "p4"}),
    ("site.county=", {"p4"}),
    ("site.county:filled", {"p1", "p2", "p3"}),
    ("site.level:in:分馆", {"p2", "p3"}),
    ("site.name:has:乙", {"p2"}),
    ("plaque_order.supplier=牌厂", {"p1"}),
    ("plaque_order.supplier=", {"p2", "p3", "p4"}),
    ("plaque_order.supplier:ne:牌厂", {"p2", "p3", "p4"}),
]


@pytest.fixture
def plaques(parts):
    """Four plaques at four sites, one of them on an order."""
    places = {
        "C1": {"level": "center", "name": "甲", "county": "官渡区"},
        "C2": {"parent": "C1", "name": "乙", "county": "官渡区"},
        "C3": {"parent": "C1", "name": "丙", "county": "西山区"},
        "C4": {"level": "center", "name": "丁"},
    }
    add(parts, "sites", *(site_row(parts, code, **values) for code, values in places.items()))
    add(parts, "plaque_orders", new_row(parts.catalog["plaque_orders"], "o1", {"number": "N1", "supplier": "牌厂"}))
    orders = {"C1": "N1"}
    rows = [{"site": code, "plaque_order": orders.get(code)} for code in places]
    add(parts, "plaques", *(new_row(PLAQUES, f"p{values['site'][1:]}", values) for values in rows))


def test_a_step_over_a_reference(parts, plaques):
    with parts.database.read() as connection:
        view = parts.query.view(connection, CLI)
        for told, ids in PATHS:
            assert set(view.ids(PLAQUES, Question(where=(parse_condition(CATALOG, PLAQUES, told),)))) == ids, told


def test_several_values_on_both_databases(parts, plaques):
    rows = [("a1", ["C1", "C2"]), ("a2", ["C2"]), ("a3", None)]
    values = {"site": "C1", "held_on": "2026-03-05", "title": "展"}
    add(parts, "activities", *(new_row(ACTIVITIES, one, {**values, "co_hosts": hosts}) for one, hosts in rows))
    with parts.database.read() as connection:
        view = parts.query.view(connection, CLI)
        for told in (
            "co_hosts=C1",
            "co_hosts=C1；C2",
            "co_hosts:ne:C1",
            "co_hosts:has:c2",
            "co_hosts=",
            "co_hosts:in:C1",
        ):
            condition = parse_condition(CATALOG, ACTIVITIES, told)
            found = view.ids(ACTIVITIES, Question(where=(condition,)))
            assert found == [one for one, hosts in rows if matches(condition, hosts)], told
