"""Workbooks that are left alone with a reason, and odd ones that are not."""

import datetime
import zipfile
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from integrations.package import TabEdit, Unwritable, identify, write
from tests.workbooks import (
    LAST,
    RECORDS,
    add_to_row,
    chained,
    change,
    featured,
    plain,
    replaced,
    rezip,
    stored,
    text_of,
)

WORKBOOK, TABLE = "xl/workbook.xml", "xl/tables/table1.xml"
GRID_PART = "xl/worksheets/sheet1.xml"
TODAY = datetime.date(2026, 3, 4)


@pytest.fixture
def rich(tmp_path) -> Path:
    return featured(tmp_path / "a.xlsx")


@pytest.fixture
def small(tmp_path) -> Path:
    return plain(tmp_path / "a.xlsx", [["编号", "名称"], [1, "甲"], [2, "乙"]])


def put(path: Path, title: str, cells, grow=()) -> None:
    write(path, [TabEdit(title, cells, grow)], identify(path))


STRICT = "http://purl.oclc.org/ooxml/spreadsheetml/main"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
HUGE = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">]>'


def swapped_rows(text: str) -> str:
    return text.replace('<row r="2"', '<row r="9"')


def bomb(text: str) -> str:
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 20}">' for n in range(1, 12))
    return text.replace("<worksheet", f'<!DOCTYPE w [<!ENTITY e0 "ha">{entities}]><worksheet x="&e11;"', 1)


REFUSED = {
    "strict": ({WORKBOOK: replaced(MAIN, STRICT)}, {(2, 1): 1}, "严格 OOXML"),
    "rows out of order": ({GRID_PART: swapped_rows}, {(2, 1): 1}, "第 3 行次序错乱"),
    "cells out of order": ({GRID_PART: replaced('r="A2"', 'r="C2"')}, {(2, 1): 1}, "第 2 行的单元格次序错乱"),
    "a doctype": ({GRID_PART: replaced("<worksheet", HUGE + "<worksheet")}, {(2, 1): 1}, "文档类型"),
    "an entity bomb": ({GRID_PART: bomb}, {(2, 1): 1}, "已损坏"),
    "a broken part": ({GRID_PART: b"<worksheet"}, {(2, 1): 1}, "已损坏"),
    "a text too long": ({}, {(2, 1): "长" * 32_768}, "A2 的文字超过 32767 字"),
    "a text too long in UTF-16": ({}, {(2, 1): "😀" * 16_384}, "A2 的文字超过"),
    "not a number": ({}, {(2, 1): float("nan")}, "不是能写入的数"),
    "no such row": ({}, {(1_048_577, 1): 1}, "超出工作表"),
    "no such column": ({}, {(1, 16_385): 1}, "超出工作表"),
    "a style that is not there": ({GRID_PART: replaced('<c r="A2"', '<c r="A2" s="99"')}, {(2, 1): TODAY}, "样式"),
    "a merged interior": (
        {GRID_PART: replaced("<pageMargins", '<mergeCells><mergeCell ref="A2:B3"/></mergeCells><pageMargins')},
        {(3, 2): 1},
        "B3 在合并单元格里",
    ),
    "an array's interior": (
        {GRID_PART: add_to_row(2, '<c r="F2"><f t="array" ref="F2:F3">A2:A3</f><v>1</v></c>')},
        {(3, 6): 1},
        "F3 在数组公式里",
    ),
    "an array's first cell": (
        {GRID_PART: add_to_row(2, '<c r="F2"><f t="array" ref="F2:F3">A2:A3</f><v>1</v></c>')},
        {(2, 6): 1},
        "F2 在数组公式里",
    ),
    "no workbook": ({"_rels/.rels": replaced('/officeDocument"', '/somethingElse"')}, {(2, 1): 1}, "不是 .xlsx 工作簿"),
    "another root": ({WORKBOOK: b"<html/>"}, {(2, 1): 1}, "不是 .xlsx 工作簿"),
    "a part that is missing": (
        {"xl/_rels/workbook.xml.rels": replaced("worksheets/sheet1", "worksheets/sheet9")},
        {(2, 1): 1},
        "文件里缺 xl/worksheets/sheet9.xml",
    ),
    "a shared formula that cannot be taken apart": (
        {
            GRID_PART: chained(
                add_to_row(2, '<c r="F2"><f t="shared" ref="F2:F3" si="0">附件（一）!A2</f><v>1</v></c>'),
                add_to_row(3, '<c r="F3"><f t="shared" si="0"/><v>1</v></c>'),
            )
        },
        {(2, 6): 1},
        "F3 的共享公式拆不开",
    ),
}


@pytest.mark.parametrize(("changes", "cells", "reason"), REFUSED.values(), ids=REFUSED)
def test_unwritable(small, changes, cells, reason):
    before = change(small, changes).read_bytes()
    with pytest.raises(Unwritable, match=reason) as refusal:
        put(small, "表", cells)
    assert str(refusal.value).startswith(f"{small.name} 没有写入：")
    assert small.read_bytes() == before
    assert list(small.parent.iterdir()) == [small]


def test_a_tab_that_is_not_there(small):
    with pytest.raises(Unwritable, match="没有工作表“别的”"):
        put(small, "别的", {(1, 1): 1})


@pytest.mark.parametrize("row", [3, 43 + 1])
def test_labels_of_a_table(rich, row):
    change(rich, {TABLE: replaced('ref="A3:I43"', 'ref="A3:I44" totalsRowCount="1"')})
    with pytest.raises(Unwritable, match="表头或汇总"):
        put(rich, RECORDS, {(row, 2): "改名"})


def test_a_table_with_totals_takes_no_rows(rich):
    change(rich, {TABLE: replaced("totalsRowShown", 'totalsRowCount="1" totalsRowShown')})
    with pytest.raises(Unwritable, match="汇总行"):
        put(rich, RECORDS, {(LAST + 1, 2): "新"}, (LAST + 1,))


def test_backslash_names(small):
    rezip(small, lambda name: name.replace("/", "\\"))
    with pytest.raises(Unwritable, match="反斜杠"):
        put(small, "表", {(1, 1): 1})


def test_names_that_differ_by_case_only(small):
    change(small, {"XL/Workbook.xml": b"<other/>"})
    with pytest.raises(Unwritable, match="重名"):
        put(small, "表", {(1, 1): 1})


@pytest.mark.parametrize(
    "oddity",
    [{"streamed": True}, {"comment": b"a comment"}, {"rename": lambda name: name.replace("theme1", "主题")}],
    ids=["streamed", "comment", "Chinese part name"],
)
def test_unusual_zips(small, oddity):
    rezip(small, **oddity)
    before = stored(small)
    put(small, "表", {(2, 2): "改"})
    after = stored(small)
    assert {part for part in before if before[part] != after[part]} == {GRID_PART}
    with zipfile.ZipFile(small) as archive:
        assert archive.testzip() is None
        assert archive.comment == oddity.get("comment", b"")
    rows = CalamineWorkbook.from_path(small).get_sheet_by_index(0).to_python()
    assert rows[1] == [1, "改"]


def test_targets_may_be_absolute_and_of_other_case(small):
    change(small, {"xl/_rels/workbook.xml.rels": replaced("worksheets/sheet1.xml", "/XL/worksheets/Sheet1.xml")})
    put(small, "表", {(2, 2): "改"})
    assert "改" in text_of(small, GRID_PART)
