"""From the rows of a file to a plan: which record a row means, what it would change, what does not fit."""

import csv
import datetime
from pathlib import Path

import pytest
import xlsxwriter

from exports.tables import write_table
from integrations.cells import Oddity, Percent
from integrations.guard import Absent, Unusable
from integrations.intake import plan_file, plan_reading
from integrations.reading import NoHeader, NoSheet, shape
from models.access import CLI, Actor
from models.changes import Counts
from models.conditions import BadQuestion
from models.intake import Incoming, Intake, Known, find_reference
from models.kinds import Bad, Decimal, Int, OrNa, Text, Year
from models.kinds import Percent as PercentKind
from models.listing import list_rows
from models.schema import About, Field, Table
from tests.world import ACTORS, add, build, edit, new_row, phone, read, row, site_row, token

DATABASES = ("sqlite",)
SHIPPED = Path(__file__).resolve().parents[1] / "models" / "shipped"


@pytest.fixture
def hall(parts):
    """A hall with a branch and two points; two sites of one name; a plaque order."""
    add(
        parts,
        "sites",
        site_row(parts, "C1", level="center", name="市馆"),
        site_row(parts, "C11", level="main", parent="C1", county="官渡区", name="官渡馆"),
        site_row(parts, "C111", parent="C11", county="官渡区", name="关上馆", area_m2=300.0, phone="13812345678"),
        site_row(parts, "C1111", level="point", parent="C111", county="官渡区", name="中心点"),
        site_row(parts, "C1112", level="point", parent="C111", county="官渡区", name="中心点"),
    )
    add(parts, "plaque_orders", new_row(parts.catalog["plaque_orders"], "o1", {"number": "N1", "supplier": "牌厂"}))
    add(parts, "plaques", new_row(parts.catalog["plaques"], "p1", {"site": "C111"}))
    return parts


def planned(parts, name, *rows, actor=CLI):
    """The plan of a sheet with these rows, the first of them its header."""
    table = parts.catalog[name]
    reading = shape([list(one) for one in rows], table.find)
    assert reading is not None
    return plan_reading(parts, actor, table, reading)


def taken(parts, name, *rows, actor=CLI):
    """The same, applied."""
    plan = planned(parts, name, *rows, actor=actor)
    return plan.apply(parts.store, actor)[0]


def bare_plan(parts, table, incoming):
    """The plan of rows for a table that is in no database."""
    with parts.database.read() as connection:
        paths = parts.query.view(connection, CLI).paths()
    return Intake(table, Known({}, {}), paths).plan(incoming)


def told(problems):
    return [(one.number, one.field, one.value) for one in problems]


def counts(plan):
    return (plan.counts.added, plan.counts.updated, plan.counts.unchanged, plan.counts.rejected)


# ---------------------------------------------------------------- the official table


def test_the_official_table_goes_in_as_it_is(parts):
    """Annex 2 says 18 main halls and 1679 points where its rows give 15 and 1680: said, and the rows are kept."""
    table = parts.catalog["targets"]
    plan, number = plan_file(parts, CLI, table, SHIPPED / "targets.csv").apply(parts.store, CLI)
    assert (counts(plan), plan.errors, number) == ((18, 0, 0, 0), (), 1)
    assert [(one.number, one.field, one.value, one.message) for one in plan.warnings] == [
        (20, "main_halls", "18", "建设合计的总馆数写 18，各行相加是 15"),
        (20, "points", "1679", "建设合计的服务点数写 1679，各行相加是 1680"),
    ]
    rows = read(parts, "targets")
    assert sum(one["main_halls"] for one in rows) == 15
    assert {one["county"] for one in rows if one["note"] == "文化馆待建"} == {
        one["county"] for one in rows if one["main_halls"] == 0
    }
    again = plan_file(parts, CLI, table, SHIPPED / "targets.csv")
    assert (counts(again), len(again.warnings)) == ((0, 0, 18, 0), 2)


# ---------------------------------------------------------------- which record


def test_a_row_is_found_by_id_else_by_key_else_it_is_new(hall):
    plan = taken(
        hall,
        "sites",
        ("编号", "编码", "名称", "体系", "级别", "上级"),
        ("sC111", "C111", "甲", "文化馆", "分馆", "C11"),
        (None, "C1111", "乙", "文化馆", "基层服务点", "C111"),
        (None, "C112", "丙", "文化馆", "分馆", "C11"),
        (None, "C1112", "中心点", "文化馆", "基层服务点", "C111"),
    )
    assert counts(plan) == (1, 2, 1, 0)
    assert {one["code"]: one["name"] for one in read(hall, "sites")} == {
        "C1": "市馆",
        "C11": "官渡馆",
        "C111": "甲",
        "C1111": "乙",
        "C112": "丙",
        "C1112": "中心点",
    }


def test_a_key_changes_by_id_and_what_refers_to_it_follows(hall):
    assert counts(taken(hall, "sites", ("id", "code", "name"), ("sC111", "G111", "关上馆"))) == (0, 1, 0, 0)
    assert row(hall, "sites", "sC1111")["parent"] == "G111"
    assert row(hall, "plaques", "p1")["site"] == "G111"


IDENTITY = {
    "an id and a key of two rows": [("sC111", "C1111", "甲")],
    "one record by id and by key": [("sC111", None, "甲"), (None, "C111", "乙")],
    "one record twice by id": [("sC111", "C111", "甲"), ("sC111", "C111", "甲")],
    "one record twice by key": [(None, "C111", "甲"), (None, "Ｃ111", "甲")],
    "one new key twice": [(None, "C112", "甲"), (None, "C112", "乙")],
    "a required blank in the key": [("sC111", None, "甲")],
}


@pytest.mark.parametrize("rows", IDENTITY.values(), ids=IDENTITY)
def test_a_row_that_means_two_records_or_a_record_twice_is_rejected(hall, rows):
    plan = planned(hall, "sites", ("id", "code", "name"), *rows)
    assert plan.counts == Counts(rejected=len(rows))
    assert {one.number for one in plan.errors} == set(range(2, len(rows) + 2))
    assert plan.changes == ()


def test_an_id_that_is_not_there_is_passed_over_with_a_warning(hall):
    """People number their rows, and bring files from another installation: then the key tells, else the row is new."""
    rows = [("7", "C111", "甲"), ("8", "C112", "乙")]
    head = ("编号", "编码", "名称", "体系", "级别", "上级")
    plan = planned(hall, "sites", head, *((*one, "文化馆", "分馆", "C11") for one in rows))
    assert counts(plan) == (1, 1, 0, 0)
    assert told(plan.warnings) == [(2, "id", "7"), (3, "id", "8")]


def test_a_table_without_a_key_adds_what_has_no_id(hall):
    head = ("馆点", "日期", "名称")
    event = ("C111", "2026-03-05", "展")
    assert counts(taken(hall, "activities", head, event, event)) == (2, 0, 0, 0)
    assert counts(taken(hall, "activities", head, event)) == (1, 0, 0, 0)
    ids = [one["id"] for one in read(hall, "activities")]
    plan = taken(hall, "activities", ("编号", *head), (ids[0], *event), (ids[1], "C11", "2026-03-06", "讲座"))
    assert counts(plan) == (0, 1, 1, 0)


def test_a_key_of_several_parts_is_found_with_its_default(hall):
    assert counts(planned(hall, "plaques", ("馆点", "材质"), ("C111", "铜"))) == (0, 1, 0, 0)
    assert counts(planned(hall, "plaques", ("馆点", "序号", "材质"), ("C111", 2, "铜"), ("C11", 1, "铜"))) == (
        2,
        0,
        0,
        0,
    )
    (first,) = (one for one in read(hall, "site_parents") if one["site"] == "C111")
    head = ("馆点", "起始日期", "上级", "县区")
    plan = planned(hall, "site_parents", head, ("C111", None, "C11", "官渡区"), ("C111", "2026-01-01", "C11", "官渡区"))
    assert counts(plan) == (1, 0, 1, 0)
    assert plan.changes[0].row != first["id"]


def test_a_blank_key_is_what_a_blank_means(hall):
    """A check without a kind is the month's: the one that is there, and no second one beside it."""
    head = ("馆点", "月份", "检查方式")
    assert counts(taken(hall, "checklists", head, ("C111", "2026-03", None))) == (1, 0, 0, 0)
    (made,) = read(hall, "checklists")
    assert made["kind"] == "monthly"
    assert counts(taken(hall, "checklists", head, ("C111", "2026-03", "月度检查"))) == (0, 0, 1, 0)
    with hall.database.read() as connection:
        view = hall.query.view(connection, CLI)
        for key in ("C111/2026-03", "C111/2026-03/", "C111/2026-03/monthly", "C111/2026年3月/月度检查"):
            assert view.find(hall.catalog["checklists"], key)["id"] == made["id"]


def test_a_key_with_a_blank_in_it_is_found(parts):
    head = ("县区", "总馆数", "分馆数", "服务点数")
    assert counts(taken(parts, "targets", head, ("官渡 区", 1, 2, 3))) == (1, 0, 0, 0)
    assert counts(taken(parts, "targets", head, ("官渡 区", 1, 2, 4))) == (0, 1, 0, 0)


# ---------------------------------------------------------------- columns


def test_an_absent_column_leaves_its_field_and_a_blank_cell_clears_it(hall):
    edit(hall, "sites", "sC111", "address", None, "某路 1 号")
    taken(hall, "sites", ("编码", "名称", "面积"), ("C111", "关上馆", None), ("C11", "官渡馆", 1200))
    there = row(hall, "sites", "sC111")
    assert (there["area_m2"], there["address"], there["host"]) == (None, "某路 1 号", "government")
    assert row(hall, "sites", "sC11")["area_m2"] == 1200.0


def test_a_new_row_takes_defaults_where_a_column_is_absent_and_blanks_where_it_is_there(hall):
    head = ("编码", "名称", "体系", "级别", "上级", "主办")
    taken(hall, "sites", head, ("C112", "丙", "文化馆", "分馆", "C11", None))
    there = next(one for one in read(hall, "sites") if one["code"] == "C112")
    assert (there["host"], there["operation"], there["status"]) == (None, "own", "planned")


def test_a_new_row_lacks_what_no_column_gives(hall):
    plan = planned(hall, "sites", ("编码", "名称"), ("C112", "丙"))
    assert {one.field for one in plan.errors} >= {"network", "level"}
    assert plan.counts == Counts(rejected=1)


def test_a_required_blank_is_rejected(hall):
    plan = planned(hall, "sites", ("编码", "名称", "县区"), ("C111", None, "官渡区"), ("C11", "官渡馆", "官渡区"))
    assert told(plan.errors) == [(2, "name", "")]
    assert counts(plan) == (0, 0, 1, 1)


def test_unknown_and_doubled_columns_are_passed_over_with_a_warning(hall):
    plan = planned(hall, "sites", ("编码", "名称", "颜色", "馆名"), ("C111", "甲", "红", "乙"))
    assert counts(plan) == (0, 1, 0, 0)
    assert [one.value for one in plan.warnings] == ["颜色", "馆名"]
    assert {one.number for one in plan.warnings} == {1}
    assert plan.changes[0].after == "甲"


def test_a_computed_column_is_passed_over_with_a_warning_where_it_differs(hall):
    head = ("馆点", "序号", "牌匾文字")
    edit(hall, "plaques", "p1", "wording_fixed", None, "甲馆")
    assert planned(hall, "plaques", head, ("C111", 1, "甲馆")).warnings == ()
    plan = planned(hall, "plaques", head, ("C111", 1, "乙馆"))
    assert counts(plan) == (0, 0, 1, 0)
    assert told(plan.warnings) == [(2, "wording", "乙馆")]


# ---------------------------------------------------------------- values

HEAD = ("编码", "面积", "编制", "开馆日期", "无障碍", "运行", "备注")
GOOD = ("C111", "1,200㎡", "３人", "2020年3月5日", "√", "委托管理", " 一\r\n二 ")


def test_values_are_read_by_their_kind(hall):
    assert counts(taken(hall, "sites", HEAD, GOOD)) == (0, 1, 0, 0)
    there = row(hall, "sites", "sC111")
    assert [
        there[name] for name in ("area_m2", "staff_established", "opened_on", "barrier_free", "operation", "note")
    ] == [
        1200.0,
        3,
        "2020-03-05",
        True,
        "entrusted",
        "一\n二",
    ]
    assert counts(taken(hall, "sites", HEAD, GOOD)) == (0, 0, 1, 0)


def test_what_does_not_fit_is_listed_cell_by_cell_and_nothing_is_written(hall):
    bad = ("C111", "大", "十二", "2020-02-30", "半", "自己管", "好")
    before = read(hall, "sites")
    plan = taken(hall, "sites", HEAD, bad, ("C11", 5, None, None, None, None, None))
    assert told(plan.errors) == [
        (2, "area_m2", "大"),
        (2, "staff_established", "十二"),
        (2, "opened_on", "2020-02-30"),
        (2, "barrier_free", "半"),
        (2, "operation", "自己管"),
    ]
    assert counts(plan) == (0, 1, 0, 1)
    assert plan.errors[0].message == "面积填数字，0 至 100,000"
    assert read(hall, "sites") == before


def test_cells_that_a_spreadsheet_gives_natively(hall):
    native = ("C111", 1200, 3.0, datetime.datetime(2020, 3, 5), True, "委托管理", 7)
    taken(hall, "sites", HEAD, native)
    there = row(hall, "sites", "sC111")
    assert (there["area_m2"], there["staff_established"], there["opened_on"]) == (1200.0, 3, "2020-03-05")
    assert (there["barrier_free"], there["note"]) == (True, "7")


@pytest.mark.parametrize("oddity", list(Oddity))
@pytest.mark.parametrize("field", ["备注", "面积", "编号"])
def test_a_cell_without_a_value_is_neither_a_blank_nor_a_text(hall, oddity, field):
    """#REF! and a formula whose result was not saved: the row waits until someone mends it."""
    plan = planned(hall, "sites", ("编码", "名称", field), ("C111", "甲", oddity))
    assert plan.counts == Counts(rejected=1)
    assert [one.number for one in plan.errors] == [2]
    assert "Oddity" not in str(plan.errors)


@pytest.mark.parametrize("kind", [PercentKind(), Decimal(min=0, max=100, unit="%"), OrNa(Decimal(unit="%"))], ids=repr)
def test_a_percent_cell_holds_a_fraction(hall, kind):
    rates = Table("rates", About("比率", "Rates"), (Field("name", "名称", Text(), key=True), Field("rate", "率", kind)))
    reading = shape(
        [["名称", "率"], ["甲", Percent(0.925)], ["乙", 92.5], ["丙", "92.5%"], ["丁", Percent(0.07)]], rates.find
    )
    incoming = Incoming(tuple((one.number, one.values) for one in reading.rows), ("name", "rate"), (), reading.percent)
    plan = bare_plan(hall, rates, incoming)
    assert [change.after["rate"] for change in plan.changes] == [92.5, 92.5, 92.5, 7.0]


def test_words_in_brackets_go_to_the_note_once(hall):
    rows = (("编码", "编制", "公益岗", "备注"), ("C111", "3（含借调）", "1（待定）", "原有"))
    taken(hall, "sites", *rows)
    there = row(hall, "sites", "sC111")
    assert (there["staff_established"], there["staff_public_welfare"]) == (3, 1)
    assert there["note"] == "原有；含借调；待定"
    assert counts(taken(hall, "sites", *rows)) == (0, 0, 1, 0)
    # Without a column for it the words are added to the note that is there, once.
    short = (("编码", "编制"), ("C111", "3（含借调）"))
    assert counts(taken(hall, "sites", *short)) == (0, 0, 1, 0)
    edit(hall, "sites", "sC111", "note", "原有；含借调；待定", "另写")
    taken(hall, "sites", *short)
    assert row(hall, "sites", "sC111")["note"] == "另写；含借调"


def test_words_in_brackets_have_nowhere_to_go_without_a_note(hall):
    bare = Table("bare", About("表", "Bare"), (Field("name", "名称", Text(), key=True), Field("count", "数", Int())))
    plan = bare_plan(hall, bare, Incoming(((2, {"name": "甲", "count": "0（待建）"}),), ("name", "count")))
    assert told(plan.errors) == [(2, "count", "0（待建）")]


def test_a_masked_number_is_never_taken_in(hall):
    plan = taken(hall, "sites", ("编码", "电话", "备注"), ("C111", "138****5678", "甲"))
    there = row(hall, "sites", "sC111")
    assert (there["phone"], there["note"]) == ("13812345678", "甲")
    assert told(plan.warnings) == [(2, "phone", "138****5678")]
    head = ("编码", "名称", "体系", "级别", "上级", "电话")
    taken(hall, "sites", head, ("C112", "丙", "文化馆", "分馆", "C11", "139****0000"))
    assert next(one for one in read(hall, "sites") if one["code"] == "C112")["phone"] is None


# ---------------------------------------------------------------- references

NAMES = {"C1": "市馆", "C111": "关上馆", "C2": "中心点", "C3": "中心点", "C 4": "有空格", "N": "C1"}

REFERENCES = [
    ("C111", "C111"),
    ("C111 关上馆", "C111"),
    ("C111　关上馆", "C111"),
    ("C111 旧的名字", "C111"),
    ("Ｃ１１１", "C111"),
    ("Ｃ１１１ 关上馆", "C111"),
    ("关上馆", "C111"),
    ("C1", "C1"),  # a key before a name
    ("C 4", "C 4"),
    ("NEW", "NEW"),
    ("NEW 新馆", "NEW"),
]


@pytest.mark.parametrize(("text", "key"), REFERENCES)
def test_a_reference_is_a_key_a_key_with_a_name_or_a_name_that_one_record_has(text, key):
    assert find_reference(text, NAMES, frozenset({"NEW"})) == key


def test_a_name_that_several_have_lists_them():
    found = find_reference("中心点", NAMES, frozenset())
    assert isinstance(found, Bad)
    assert "C2、C3" in found.wanted


@pytest.mark.parametrize("text", ["没有的馆", "C9", "C9 关上馆", "c111"])
def test_a_reference_to_nothing_is_told(text):
    assert isinstance(find_reference(text, NAMES, frozenset()), Bad)


def test_references_in_a_condition(hall):
    """By key, by key and name, by a name that one record has; one that means nothing is a mistake."""
    with hall.database.read() as connection:
        view = hall.query.view(connection, CLI)

        def found(where):
            return {row["code"] for row in list_rows(view, hall.catalog["sites"], [where]).rows}

        for where in ("parent=C111", "parent=C111 关上馆", "parent=关上馆", "parent:in:关上馆,C111"):
            assert found(where) == {"C1111", "C1112"}, where
        assert found("parent=") == {"C1"}
        for where in ("parent=C9", "parent=中心点", "parent.parent=没有的"):
            with pytest.raises(BadQuestion):
                found(where)


def test_references_in_a_file(hall):
    head = ("馆点", "序号", "制作单")
    plan = planned(hall, "plaques", head, ("关上馆", 2, "N1"), ("C11 官渡馆", 1, "N1"), ("C1", 1, None))
    assert [change.after["site"] for change in plan.changes] == ["C111", "C11", "C1"]
    plan = planned(hall, "plaques", head, ("中心点", 1, None), ("C111", 2, "N2"))
    assert told(plan.errors) == [(2, "site", "中心点"), (3, "plaque_order", "N2")]
    assert "C1111、C1112" in plan.errors[0].message


def test_several_references_in_a_cell(hall):
    head = ("馆点", "日期", "名称", "协办")
    plan = planned(hall, "activities", head, ("C111", "2026-03-05", "展", "C11、关上馆；C11"))
    assert plan.changes[0].after["co_hosts"] == ["C11", "C111"]
    plan = planned(hall, "activities", head, ("C111", "2026-03-05", "展", "C11、没有"))
    assert told(plan.errors) == [(2, "co_hosts", "没有")]


def test_a_branch_may_come_with_its_points_in_one_file(hall):
    head = ("编码", "名称", "体系", "级别", "上级")
    plan = taken(
        hall,
        "sites",
        head,
        ("C1131", "点", "文化馆", "基层服务点", "C113"),
        ("C113", "丙", "文化馆", "分馆", "官渡馆"),
        ("C1132", "点", "文化馆", "基层服务点", "C113 丙"),
    )
    assert counts(plan) == (3, 0, 0, 0)
    assert {one["parent"] for one in read(hall, "sites") if one["code"].startswith("C113")} == {"C113", "C11"}


# ---------------------------------------------------------------- rules


def test_a_rule_of_the_record_type_rejects_a_row(hall):
    plan = planned(hall, "sites", ("编码", "上级"), ("C111", "C1111"), ("C1111", "C111"))
    assert told(plan.errors) == [(2, "parent", "C1111")]
    assert counts(plan) == (0, 0, 1, 1)


def test_a_warning_is_told_and_the_row_is_taken(hall):
    edit(hall, "sites", "sC11", "status", "open", "planned")
    plan = taken(hall, "plaques", ("馆点", "序号", "材质"), ("C111", 1, "铜"))
    assert counts(plan) == (0, 1, 0, 0)
    assert [(one.number, one.message) for one in plan.warnings] == [(2, "总馆待建")]


def test_what_was_broken_before_is_no_fault_of_the_file(hall):
    """The hall became planned after the plaque was ordered. The file may say so again, and change another cell."""
    edit(hall, "plaques", "p1", "status", "to_make", "ordered")
    edit(hall, "sites", "sC11", "status", "open", "planned")
    head = ("馆点", "序号", "状态", "材质")
    assert counts(taken(hall, "plaques", head, ("C111", 1, "已下单", None))) == (0, 0, 1, 0)
    assert counts(taken(hall, "plaques", head, ("C111", 1, "已下单", "铜"))) == (0, 1, 0, 0)
    assert counts(taken(hall, "plaques", head, ("C11", 1, "已下单", "铜"))) == (1, 0, 0, 0)
    taken(hall, "plaques", head, ("C111", 1, "待制作", "铜"))
    assert counts(taken(hall, "plaques", head, ("C111", 1, "已下单", "铜"))) == (0, 0, 0, 1)


# ---------------------------------------------------------------- total rows

TARGETS = ("序号", "县区", "总馆数", "分馆数", "服务点数")
A, B = (1, "官渡区", 1, 9, 116), (2, "西山区", 1, 10, 108)

TOTALS = {
    "right": ([A, B, ("合计", None, 2, 19, 224)], []),
    "wrong": ([A, B, ("总计：", None, 3, 19, 225)], [(4, "main_halls", "3"), (4, "points", "225")]),
    "above the rows": ([("合计", None, 2, 20, 224), A, B], [(2, "branches", "20")]),
    "with words in brackets": ([A, B, ("合计", None, "2（含待建）", "19", None)], []),
    "part of the columns": ([A, B, (None, "合计", None, None, 225)], [(4, "points", "225")]),
    "subtotals": (
        [A, ("小计", None, 1, 9, 116), B, ("小计", None, 1, 11, 108), ("合计", None, 2, 19, 224)],
        [(5, "branches", "11")],
    ),
    "not a number": ([A, B, ("合计", None, "若干", None, 224)], []),
}


@pytest.mark.parametrize(("rows", "warnings"), TOTALS.values(), ids=TOTALS)
def test_totals_are_compared_and_never_taken_in(parts, rows, warnings):
    plan = planned(parts, "targets", TARGETS, *rows)
    assert counts(plan) == (2, 0, 0, 0)
    assert told(plan.warnings) == warnings


def test_a_total_counts_what_adds_up_alone(hall):
    """Years and percentages stand in a total row too; their sum means nothing. Fractions add up to what people write."""
    kinds = {"name": Text(), "area": Decimal(), "year": Year(), "rate": PercentKind()}
    table = Table("some", About("表", "Some"), tuple(Field(name, name, kind) for name, kind in kinds.items()))
    rows = (
        {"name": "甲", "area": 0.1, "year": 2026, "rate": 50},
        {"name": "乙", "area": 0.2, "year": 2026, "rate": 60},
    )
    for area, fields in ((0.3, []), (0.4, ["area"])):
        total = (4, "合计", {"area": area, "year": 2026, "rate": 55})
        plan = bare_plan(hall, table, Incoming(tuple(enumerate(rows, 2)), tuple(kinds), (total,)))
        assert [one.field for one in plan.warnings] == fields


# ---------------------------------------------------------------- who


def test_what_the_store_refuses_is_told_by_the_row_of_the_file(parts):
    build(parts)
    branch = ACTORS["branch"]
    before = read(parts, "activities")
    head = ("馆点", "日期", "名称")
    plan = taken(
        parts,
        "activities",
        head,
        ("C530111001", "2026-03-05", "展"),
        ("C530111001001", "2026-03-05", "展"),
        actor=branch,
    )
    assert counts(plan) == (2, 0, 0, 0)
    plan = taken(parts, "sites", ("编码", "状态"), ("C530111001", "已建成"), ("C530111001001", "已挂牌"), actor=branch)
    assert told(plan.errors) == [(2, "status", "built")]
    assert counts(plan) == (0, 0, 1, 1)
    assert len(read(parts, "activities")) == len(before) + 2


def test_a_file_meets_no_row_from_outside_the_scope(parts):
    """Neither by id nor by key, and no name from outside is a candidate."""
    build(parts)
    branch = ACTORS["branch"]
    plan = planned(parts, "sites", ("id", "编码", "备注"), ("sC530112", "C530112", "甲"), actor=branch)
    assert plan.counts == Counts(rejected=1)
    plan = taken(
        parts, "activities", ("id", "馆点", "日期", "名称"), ("aC530112", "C530112", "2026-03-05", "展"), actor=branch
    )
    assert plan.counts.rejected == 1
    assert token("C530112") not in str(plan)
    assert phone("C530112") not in str(plan)
    plan = planned(parts, "activities", ("馆点", "日期", "名称"), (token("C530112"), "2026-03-05", "展"), actor=branch)
    assert told(plan.errors) == [(2, "site", token("C530112"))]


@pytest.mark.parametrize("who", ["center", "main", "branch", "point"])
@pytest.mark.parametrize("labels", [True, False])
def test_everyone_takes_back_what_they_exported(parts, tmp_path, who, labels):
    """A branch's hall is out of its sight, a hall's number hidden from its center: neither stands in the way."""
    build(parts)
    for name in ("sites", "plaques", "activities"):
        table, path = parts.catalog[name], tmp_path / f"{name}.csv"
        with parts.database.read() as connection:
            listing = list_rows(parts.query.view(connection, ACTORS[who]), table)
        write_table(path, listing, labels=labels)
        plan = plan_file(parts, ACTORS[who], table, path)
        assert (plan.changes, plan.plan.problems, plan.counts.unchanged) == ((), (), len(listing.rows))


def test_a_reference_out_of_sight_is_not_to_be_guessed(parts):
    build(parts)
    rows = (("编码", "上级"), ("C530111001", "C530112"), ("C530111001001", "C530111001"))
    plan = planned(parts, "sites", *rows, actor=ACTORS["branch"])
    assert told(plan.errors) == [(2, "parent", "C530112")]


def test_a_reader_imports_nothing(hall):
    before = read(hall, "sites")
    plan = taken(hall, "sites", ("编码", "备注"), ("C111", "甲"), actor=Actor("读者", "reader"))
    assert told(plan.errors) == [(2, "note", "甲")]
    assert read(hall, "sites") == before


# ---------------------------------------------------------------- files


def test_a_csv_and_an_xlsx_say_the_same(hall, tmp_path):
    rows = [("编码", "名称", "面积", "开馆日期"), ("C111", "甲", 260.5, "2020-03-05"), ("C11", "乙", None, None)]
    with (tmp_path / "a.csv").open("w", encoding="gb18030", newline="") as handle:
        csv.writer(handle).writerows(rows)
    with xlsxwriter.Workbook(tmp_path / "a.xlsx") as book:
        book.add_worksheet("说明").write(0, 0, "怎么填")
        sheet = book.add_worksheet("馆点")
        sheet.merge_range(0, 0, 0, 3, "官渡区馆点一览")
        for number, cells in enumerate(rows, 2):
            sheet.write_row(number, 0, cells)
    table = hall.catalog["sites"]
    plans = [plan_file(hall, CLI, table, tmp_path / name) for name in ("a.csv", "a.xlsx")]
    assert plans[0].changes == plans[1].changes
    assert counts(plans[0]) == (0, 2, 0, 0)
    named = plan_file(hall, CLI, table, tmp_path / "a.xlsx", "馆点")
    assert named.changes == plans[0].changes
    with pytest.raises(NoSheet):
        plan_file(hall, CLI, table, tmp_path / "a.xlsx", "别的")


def test_a_file_that_cannot_be_used_is_told(hall, tmp_path):
    table = hall.catalog["sites"]
    (tmp_path / "no.csv").write_text("foo,bar\n1,2\n", encoding="utf-8")
    (tmp_path / "broken.xlsx").write_bytes(b"PK\x03\x04 and no more")
    with pytest.raises(Absent):
        plan_file(hall, CLI, table, tmp_path / "absent.csv")
    with pytest.raises(NoHeader):
        plan_file(hall, CLI, table, tmp_path / "no.csv")
    for name in ("broken.xlsx", ""):
        with pytest.raises(Unusable):
            plan_file(hall, CLI, table, tmp_path / name)
