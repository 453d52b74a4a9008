"""The layout of a tab, and what it says when people have been at it."""

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations import hidden
from integrations.cells import Oddity, Percent, Tidy, tidied
from integrations.normal import Forms, Told, Unknown, read_cell
from integrations.workbook import (
    ID_HEADER,
    REMARKS,
    REMARKS_HEADER,
    Layout,
    Lists,
    file_name,
    offered,
    read_tab,
    shown_cell,
)
from models import kinds
from models.kinds import Bad, Bool, Choice, Date, Decimal, Int, Money, Month, Multi, Ref, Text, Time, Year, choices
from models.schema import About, Field, Table

COLOURS = choices(("red", "红", "Red"), ("blue", "蓝", "Blue"))
FIELDS = (
    Field("site", "馆点", Ref(table="sites"), key=True, owner=True, required=True),
    Field("title", "名称", Text(max=20), required=True, aliases=("活动名称",)),
    Field("day", "日期", Date()),
    Field("count", "参加人次", Int(min=0, unit="人"), aliases=("数量", "人次")),
    Field("share", "占比", kinds.Percent()),
    Field("colour", "颜色", Choice(choices=COLOURS)),
    Field("others", "协办", Multi(table="sites")),
    Field("parent", "上级", Ref(table="sites"), edit="app"),
    Field("note", "备注", Text(max=200, lines=True)),
    Field("secret", "内部", Text(), sheets=False),
)
TABLE = Table("things", About("东西", "Things", tab=1), FIELDS)
LISTS = Lists({"sites": {"C1": "甲馆", "C2": "乙馆", "C3": "乙馆", "C4": "停馆"}}, frozenset({"C4"}))
HEAD = list(Layout(TABLE).headers)


def field(name):
    return TABLE.by_name[name]


def test_headers_are_the_labels_between_id_and_remarks():
    assert HEAD == [
        ID_HEADER,
        "馆点",
        "名称",
        "日期",
        "参加人次",
        "占比",
        "颜色",
        "协办",
        "上级",
        "备注",
        REMARKS_HEADER,
    ]


@pytest.mark.parametrize(
    ("code", "name", "wanted"),
    [
        ("C1", "官渡区文化馆", "C1 官渡区文化馆.xlsx"),
        ("C1", 'a\\b/c:d*e?f"g<h>i|j', "C1 abcdefghij.xlsx"),
        ("C1", "换\n行\t\x7f.", "C1 换行.xlsx"),
        ("C1", "  空格 ", "C1   空格.xlsx"),
    ],
)
def test_file_names_are_clean(code, name, wanted):
    assert file_name(code, name) == wanted


@pytest.mark.parametrize(
    ("name", "value", "wanted"),
    [
        ("site", "C1", "C1 甲馆"),
        ("site", "X9", "X9"),
        ("title", "=1+1", "=1+1"),
        ("day", "2026-03-05", datetime.date(2026, 3, 5)),
        ("day", "1899-12-31", "1899-12-31"),
        ("count", 12, 12),
        ("share", 92.5, 92.5),
        ("colour", "red", "红"),
        ("others", ["C1", "C2"], "C1；C2"),
        ("note", "a\nb", "a\nb"),
        ("note", None, None),
    ],
)
def test_what_a_cell_shows(name, value, wanted):
    assert shown_cell(field(name), value, LISTS) == wanted


@pytest.mark.parametrize(
    ("kind", "value", "wanted"),
    [
        (Bool(), True, "是"),
        (Bool(), False, "否"),
        (Month(), "2026-03", "2026-03"),
        (Time(), "09:30", "09:30"),
        (Year(), 2026, 2026),
        (Money(), 0.5, 0.5),
    ],
)
def test_what_a_cell_of_another_kind_shows(kind, value, wanted):
    shown = shown_cell(Field("x", "甲", kind), value, LISTS)
    assert (shown, type(shown)) == (wanted, type(wanted))


@pytest.mark.parametrize(
    ("name", "cell", "wanted"),
    [
        ("site", "C1", "C1"),
        ("site", "C1 甲馆", "C1"),
        ("site", "C1 别的名字", "C1"),
        ("site", "甲馆", "C1"),
        ("site", "停馆", "C4"),
        ("site", None, None),
        ("title", 120, "120"),
        ("title", "  两头 ", "两头"),
        ("day", datetime.datetime(2026, 3, 5), "2026-03-05"),
        ("day", "2026.3.5", "2026-03-05"),
        ("day", 46086, "2026-03-05"),
        ("count", "１２０", 120),
        ("count", "1,234", 1234),
        ("count", "35人", 35),
        ("count", 35.0, 35),
        ("count", Oddity.NO_VALUE, Unknown()),
        ("share", Percent(0.925), 92.5),
        ("share", "92.5%", 92.5),
        ("share", 92.5, 92.5),
        ("count", Percent(0.5), Bad("0.5", "整数，如 12")),
        ("count", "十二", Bad("十二", "数字，不小于 0，如 12")),
        ("count", Oddity.ERROR, Bad("#", "公式出错，改成数值")),
        ("colour", "红", "red"),
        ("colour", "red", "red"),
        ("colour", "绿", Bad("绿", "选项：红、蓝")),
        ("others", "C1 甲馆；C2", ["C1", "C2"]),
        ("others", "C1、C1", ["C1"]),
        ("parent", "C9 上面的馆", "C9"),
    ],
)
def test_what_a_cell_says(name, cell, wanted):
    assert read_cell(field(name), cell, LISTS) == wanted


def test_a_name_that_two_have_lists_them():
    assert read_cell(field("site"), "乙馆", LISTS) == Bad("乙馆", "其中一个：C2、C3")
    assert isinstance(read_cell(field("site"), "C9", LISTS), Bad)


def values_of(one):
    """Values that a field may hold."""
    if isinstance(one.kind, Ref):
        return st.sampled_from(["C1", "C2"])
    if isinstance(one.kind, Multi):
        return st.lists(st.sampled_from(["C1", "C2"]), min_size=1, unique=True)
    if isinstance(one.kind, Choice):
        return st.sampled_from(["red", "blue"])
    if isinstance(one.kind, Date):
        return st.dates(datetime.date(1899, 1, 1)).map(str)
    if isinstance(one.kind, Int):
        return st.integers(0, 10**15 - 1)
    if isinstance(one.kind, kinds.Percent):
        return st.integers(-(10**6), 10**6).map(lambda number: number / 100)
    return st.text(max_size=20).map(one.kind.parse).filter(lambda text: not isinstance(text, Bad))


@given(st.data())
def test_what_is_shown_is_read_again(data):
    for one in TABLE.sheet_fields:
        value = data.draw(st.none() | values_of(one))
        (cells,) = tidied([[shown_cell(one, value, LISTS)]], Tidy()) or [[]]
        assert read_cell(one, cells[0] if cells else None, LISTS) == value


# ---------------------------------------------------------------- tabs


def tab(*rows, title="东西"):
    return read_tab(TABLE, title, [list(row) for row in rows])


def row(row_id=None, **cells):
    """A row under HEAD."""
    told = {ID_HEADER: row_id, **{TABLE.by_name[name].label: cell for name, cell in cells.items()}}
    return [told.get(header) for header in HEAD]


def test_a_tab_as_the_app_makes_it():
    found = tab(HEAD, row("a", site="C1", title="x"), row(None, title="y"))
    assert (found.header_row, found.last_row, found.doubled, found.leftovers) == (1, 3, (), ())
    assert found.columns == {
        "id": 1,
        "site": 2,
        "title": 3,
        "day": 4,
        "count": 5,
        "share": 6,
        "colour": 7,
        "others": 8,
        "parent": 9,
        "note": 10,
        REMARKS: 11,
    }
    assert [(one.number, one.id, one.cells["title"]) for one in found.rows] == [(2, "a", "x"), (3, None, "y")]


def test_columns_moved_and_a_title_above():
    found = tab(["二〇二六年"], [], ["名称", None, "馆点", "编号"], ["x", "own", "C1", "a"])
    assert (found.header_row, found.columns) == (3, {"title": 1, "site": 3, "id": 4})
    assert (found.rows[0].number, found.rows[0].id, dict(found.rows[0].cells)) == (4, "a", {"title": "x", "site": "C1"})


@pytest.mark.parametrize(
    ("headers", "columns", "doubled"),
    [
        (["编号", "名称", "名称"], {"id": 1, "title": 2}, ("title",)),
        (["编号", "编号", "名称"], {"id": 1, "title": 3}, ("id",)),
        (["编号", "数量", "参加人次"], {"id": 1, "count": 3}, ()),  # a person's own 数量 is no double of 参加人次
        (["编号", "数量", "名称"], {"id": 1, "count": 2, "title": 3}, ()),  # but where that is gone, it means it
        (["编号", "数量", "人次"], {"id": 1, "count": 2}, ("count",)),
        (["编 号", "名\n称", "参加人次（人）"], {"id": 1, "title": 2, "count": 3}, ()),
        (["编号", "名称", "系统备注", "内部"], {"id": 1, "title": 2, REMARKS: 3, "secret": 4}, ()),
    ],
)
def test_which_column_is_which(headers, columns, doubled):
    found = tab(headers)
    assert (found.columns, found.doubled) == (columns, doubled)


@pytest.mark.parametrize("rows", [[], [[]], [["a"]], [["编号", "x", "y", "z"]], [[None]] * 20 + [HEAD], [[1, 2, 3]]])
def test_no_header(rows):
    assert tab(*rows) is None


def test_rows_that_are_none():
    found = tab(
        HEAD,
        row(),
        ["", *row()[1:]],
        row(site="合计", count=3),
        row(site="注：以上为上半年", count=3),
        row("a", site="合计"),
        [*row()[:-1], "上次的备注"],
        [None] * 11 + ["自己的"],
    )
    assert [one.number for one in found.rows] == [6]
    assert found.leftovers == (7,)
    assert found.last_row == 8


def test_an_error_in_the_id_column_is_no_id():
    assert tab(HEAD, [Oddity.ERROR, "C1", "x"]).rows[0].id is None


# ---------------------------------------------------------------- words in brackets


def told(**cells):
    found = tab(HEAD, row("a", **cells))
    return Forms().told(TABLE, found, LISTS)[2]


def test_words_in_brackets_go_to_the_note():
    said = told(count="0（馆舍待建）", share="5（估计）", note="原有")
    assert (said.values["count"], said.values["share"]) == (0, 5)
    assert said.values["note"] == "原有；馆舍待建；估计"
    assert said.noted == {"count", "share", "note"}


def test_words_in_brackets_that_the_note_has_already():
    assert told(count="0（待建）", note="待建").values["note"] == "待建"


def test_words_in_brackets_without_a_note_do_not_fit():
    found = read_tab(TABLE, "东西", [["编号", "名称", "参加人次"], ["a", "x", "0（待建）"]])
    said = Forms().told(TABLE, found, LISTS)[2]
    assert said == Told({"title": "x", "count": Bad("0（待建）", "数字，不小于 0，如 12")})


# ---------------------------------------------------------------- many cells of a cycle


def test_cells_that_are_equal_and_not_the_same():
    cells = (
        1,
        True,
        1.0,
        Percent(1.0),
        "1",
        0.5,
        Percent(0.5),
        datetime.datetime(2026, 3, 5),
        datetime.date(2026, 3, 5),
    )
    tabs = [
        tab(HEAD, *(row(f"a{number}", share=cell, day=cell) for number, cell in enumerate(order)))
        for order in (cells, cells[::-1])
    ]
    forms = Forms()
    for order, one in zip((cells, cells[::-1]), tabs, strict=True):
        for cell, said in zip(order, forms.told(TABLE, one, LISTS).values(), strict=True):
            assert repr(said.values["share"]) == repr(read_cell(field("share"), cell, LISTS))
            assert repr(said.values["day"]) == repr(read_cell(field("day"), cell, LISTS))


def test_a_reference_means_what_it_means_in_its_own_workbook():
    forms, found = Forms(), tab(HEAD, row("a", site="甲馆", others="C1；C2"))
    assert forms.told(TABLE, found, LISTS)[2].values["site"] == "C1"
    assert forms.told(TABLE, found, Lists({"sites": {"C9": "甲馆"}}))[2].values["site"] == "C9"


def test_a_list_is_each_row_s_own():
    first, second = Forms().told(TABLE, tab(HEAD, row("a", others="C1；C2"), row("b", others="C1；C2")), LISTS).values()
    assert first.values["others"] == second.values["others"] == ["C1", "C2"]
    assert first.values["others"] is not second.values["others"]


# ---------------------------------------------------------------- dropdowns and the hidden tab


def test_dropdowns():
    assert offered(Bool()) == ("是", "否")
    assert offered(Choice(choices=COLOURS)) == ("红", "蓝")
    assert offered(Multi(choices=COLOURS)) == offered(Text()) == offered(Decimal()) == ()
    assert LISTS.offered("sites") == ["C1 甲馆", "C2 乙馆", "C3 乙馆"]


def test_the_hidden_tab_says_whose_it_is():
    identity = hidden.Identity("inst", "C1", 7)
    grid = hidden.first_rows(identity, LISTS)
    assert hidden.identity_of(grid) == identity
    assert [line[0] for line in grid[hidden.LISTS_FROM - 1 :]] == LISTS.offered("sites")
    assert hidden.list_range() == "=_zongfen!$A$3:$A$402"


@pytest.mark.parametrize(
    ("grid", "wanted"),
    [
        ([], None),
        ([[]], None),
        ([["别的"]], None),
        ([["zongfen", "inst"]], None),
        ([["zongfen", "inst", "C1"]], hidden.Identity("inst", "C1", None)),
        ([["zongfen", "inst", "C1", "改过"]], hidden.Identity("inst", "C1", None)),
    ],
)
def test_a_hidden_tab_that_was_changed(grid, wanted):
    assert hidden.identity_of(grid) == wanted


def test_lines_of_the_dropdowns_that_have_to_change():
    grid = hidden.first_rows(hidden.Identity("inst", "C1", 1), LISTS)
    assert hidden.stale_lines(grid, LISTS) == {}
    fewer = Lists({"sites": {"C1": "甲馆", "C2": "新名"}})
    assert hidden.stale_lines(grid, fewer) == {(4, 1): "C2 新名", (5, 1): None}
    assert hidden.stale_lines(grid[:3], LISTS) == {(4, 1): "C2 乙馆", (5, 1): "C3 乙馆"}
