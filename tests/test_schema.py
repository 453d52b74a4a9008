"""What a record type is: read from its class, found by its headers, checked value by value."""

from typing import ClassVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.catalog import catalog
from models.kinds import Bool, Date, Decimal, Int, Multi, Ref, Text
from models.schema import About, Derivation, Field, Record, Table, check, declare, derived, heading, table_of

CATALOG = catalog()
ALL_FIELDS = [pytest.param(table, one, id=f"{table.name}.{one.name}") for table in CATALOG for one in table.fields]


class Instrument(Record):
    """Not a database table: what `table_of` reads is the class alone."""

    __tablename__ = "instruments"
    about: ClassVar[About] = About("乐器", "Instruments")

    site: str | None = declare("馆点", Ref(table="sites"), key=True, owner=True)
    number: int | None = declare("号", Int(min=1), key=True, aliases=("琴号",))
    doubled: ClassVar[Field] = derived("两倍", Int(), ("number",), lambda values: 2 * values["number"])
    weight: float | None = declare("重量", Decimal(min=0, unit="kg"), en="Weight", default=1.5)


def test_fields_come_in_the_order_of_the_class_body_with_their_names():
    table = table_of(Instrument)
    assert [one.name for one in table.fields] == ["site", "number", "doubled", "weight"]
    assert table.name == "instruments"
    assert table.key == ("site", "number")
    assert table.owner == "site"
    assert not table.is_tree
    assert table.title == "site"
    assert [one.name for one in table.stored] == ["site", "number", "weight"]
    assert [one.name for one in table.derived] == ["doubled"]
    assert table.by_name["doubled"].editable == "none"
    assert table.by_name["weight"].unit == "kg"
    assert table.by_name["site"].ref == "sites"
    assert isinstance(table.by_name["doubled"].derive, Derivation)


def test_further_fields_are_kept_in_json():
    table = table_of(Instrument).with_fields([Field("colour", "颜色", Text())])
    assert table.by_name["colour"].in_json
    assert table.fields[-1].name == "colour"


# ---------------------------------------------------------------- headers

HEADERS = {
    "name": ("area_m2", "area_m2"),
    "label": ("面积", "area_m2"),
    "alias": ("建筑面积", "area_m2"),
    "English": ("Area", "area_m2"),
    "unit behind it": ("面积（㎡）", "area_m2"),
    "half-width brackets": ("面积(㎡)", "area_m2"),
    "blanks": (" 面 积 ", "area_m2"),
    "a line break": ("面\n积", "area_m2"),
    "full width": ("ａｒｅａ＿ｍ２", "area_m2"),
    "a required mark": ("名称*", "name"),
    "leading code": ("code 馆点的编码", "code"),
    "id": ("id", "id"),
    "id, labelled": ("编号", "id"),
    "unknown": ("颜色", None),
    "a word too many": ("面积大", None),
    "blank": ("", None),
    "brackets alone": ("（㎡）", None),
}


@pytest.mark.parametrize(("header", "name"), HEADERS.values(), ids=HEADERS)
def test_a_header_is_found(header, name):
    assert CATALOG["sites"].find(header) == name


@pytest.mark.parametrize(("table", "one"), ALL_FIELDS)
def test_the_header_that_an_export_writes_is_the_field_again(table, one):
    assert table.find(one.name) == one.name
    assert table.find(one.label) == one.name
    assert table.find(f"{one.label}（{one.unit}）") == one.name
    assert heading(one.label) not in ("id", heading("编号"))


@given(st.text(max_size=30))
@settings(max_examples=100, deadline=None)
def test_any_header_is_answered(header):
    assert CATALOG["sites"].find(header) in {None, "id", *CATALOG["sites"].by_name}


# ---------------------------------------------------------------- keys

KEYS = [
    ({"id": "x", "site": "C1", "seq": 2}, ("C1", 2), "C1/2"),
    ({"id": "x", "site": "C1", "seq": None}, ("C1", None), "C1/"),
    ({"id": "x", "site": None, "seq": 2}, None, "x"),
]


@pytest.mark.parametrize(("row", "key", "text"), KEYS)
def test_a_rows_key(row, key, text):
    assert CATALOG["plaques"].key_of(row) == key
    assert CATALOG["plaques"].key_text(row) == text


def test_a_table_without_a_key_goes_by_id():
    assert CATALOG["activities"].key_of({"id": "x", "site": "C1"}) is None
    assert CATALOG["activities"].key_text({"id": "x", "site": "C1"}) == "x"


# ---------------------------------------------------------------- values

FITS = [
    (Field("a", "甲", Int(min=0)), 3),
    (Field("a", "甲", Int(min=0)), None),
    (Field("a", "甲", Decimal()), 3.5),
    (Field("a", "甲", Decimal()), 3),  # a number that went through JSON has lost its ".0"
    (Field("a", "甲", Date()), "2020-03-05"),
    (Field("a", "甲", Bool()), True),
    (Field("a", "甲", Ref(table="sites")), "C1"),
    (Field("a", "甲", Multi(table="sites")), ["C1", "C2"]),
]
DOES_NOT = [
    (Field("a", "甲", Int(min=0)), -1),
    (Field("a", "甲", Int(min=0)), "3"),
    (Field("a", "甲", Int(min=0)), True),
    (Field("a", "甲", Int(min=0)), 3.5),
    (Field("a", "甲", Bool()), 1),
    (Field("a", "甲", Bool()), "是"),
    (Field("a", "甲", Date()), "2020.3.5"),
    (Field("a", "甲", Text()), " a"),
    (Field("a", "甲", Text()), ""),
    (Field("a", "甲", Text()), {"a": 1}),
    (Field("a", "甲", Text(max=3)), "四个字呀"),
    (Field("a", "甲", Ref(table="sites")), 5301),
    (Field("a", "甲", Ref(table="sites")), ""),
    (Field("a", "甲", Ref(table="sites")), ["C1"]),
    (Field("a", "甲", Multi(table="sites")), "C1"),
    (Field("a", "甲", Multi(table="sites")), [1]),
    (Field("a", "甲", Multi(table="sites")), []),
    (Field("a", "甲", Text(), required=True), None),
    (Field("a", "甲", Text(), derive=Derivation((), lambda _values: None)), "a"),
]


@pytest.mark.parametrize(("one", "value"), FITS)
def test_a_value_in_its_normal_form_fits(one, value):
    assert check(one, value) is None


@pytest.mark.parametrize(("one", "value"), DOES_NOT)
def test_a_value_that_does_not_fit_is_told_with_the_label(one, value):
    message = check(one, value)
    assert message
    assert message.startswith("甲")


@pytest.mark.parametrize(("table", "one"), ALL_FIELDS)
def test_a_default_fits_its_field(table, one):
    if one.default is not None:
        assert check(one, one.default) is None


@pytest.mark.parametrize("table", list(CATALOG), ids=lambda table: table.name)
def test_a_record_type_is_declared_without_slips(table: Table):
    assert len({one.label for one in table.fields}) == len(table.fields)
    assert all(one.ref is None or one.ref in CATALOG.by_name for one in table.fields)
    assert all(one.en for one in table.fields), "every label has its English beside it"
    assert {table.title, *table.about.order, *table.about.totals, *filter(None, [table.about.county])} <= set(
        table.by_name
    )
    told = {path.split(".")[0] for one in table.derived for path in one.derive.inputs}
    judged = {path.split(".")[0] for rule in table.about.rules for path in rule.inputs}
    assert told | judged <= {*table.by_name, "setting"}
