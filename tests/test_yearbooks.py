"""The yearbooks: which indicators are totals, what they add up to."""

import csv

import pytest

from integrations.defaults import SHIPPED
from models.yearbooks import indicator_kind, terms_of, total, totals_of, yearbook_fields


def shipped(form):
    with (SHIPPED / "yearbook_indicators.csv").open(encoding="utf-8-sig", newline="") as handle:
        rows = [row for row in csv.DictReader(handle) if row["form"] == form]
    return [{**row, "since": 2020, "until": None, "applies_to": row["applies_to"].split("|")} for row in rows]


@pytest.mark.parametrize(
    ("rule", "terms"),
    [
        ("=S101+S102+S103", [(1, "S101"), (1, "S102"), (1, "S103")]),
        ("=A210-A211", [(1, "A210"), (-1, "A211")]),
        ("<=S100;auto:sites.staff_public_welfare", []),
        ("=prev.A210", []),
        ("=A212+A213;=A220+A221-A222", [(1, "A212"), (1, "A213")]),
        ("S360=0->0", []),
        ("", []),
    ],
)
def test_the_first_equality_is_the_total(rule, terms):
    assert terms_of(rule) == terms


def test_the_totals_of_both_shipped_books():
    assert sorted(totals_of(shipped("service"))) == ["S100", "S204", "S300", "S301", "S604", "S605"]
    assert sorted(totals_of(shipped("asset"))) == ["A100", "A200", "A202", "A210", "A221", "A400", "A500", "A510"]


def test_a_total_of_totals_stands_on_what_was_typed():
    totals = totals_of(shipped("service"))
    assert totals["S204"] == [(1, "S205"), (1, "S311"), (1, "S321"), (1, "S331"), (1, "S341"), (1, "S701")]
    assert (-1, "A211") in totals_of(shipped("asset"))["A200"]


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ({"A": None, "B": None}, None),
        ({"A": 3, "B": None}, 3),
        ({"A": 3, "B": 0.5}, 2.5),
        ({"A": None, "B": 1}, -1),
    ],
)
def test_a_blank_part_counts_nothing_once_another_is_filled(values, found):
    assert total(values, [(1, "A"), (-1, "B")]) == found


def test_a_total_whose_parts_are_not_in_the_book_is_typed():
    rows = [row for row in shipped("service") if row["code"] != "S103"]
    field = next(one for one in yearbook_fields(rows) if one.name == "S100")
    assert field.derive is None
    assert field.editable == "both"


def test_groups_are_no_fields_and_headings_carry_code_and_unit():
    fields = {one.name: one for one in yearbook_fields(shipped("service"))}
    assert "S1" not in fields
    assert fields["S310"].label == "S310 组织文艺活动次数（次）"
    assert fields["S310"].kind.parse("12次") == 12
    assert indicator_kind({"kind": "decimal", "unit": "元"}).parse("0.5") == 0.5
