import datetime

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from integrations.cells import Percent
from integrations.guard import Damaged, TooMuchMemory, in_child
from integrations.reading import (
    Column,
    Guess,
    NoHeader,
    NoSheet,
    Oddity,
    Total,
    grids,
    grids_of_many,
    read,
    shape,
)
from tests import messy
from tests.messy import FIELDS, HEAD, TOO_FAR, headings, records, row

DAY = datetime.date(2020, 3, 5)

# ---------------------------------------------------------------- the shape of a sheet

SHAPES = {
    "the plain case": ([HEAD, ["官渡区", "甲", 9]], 1, [(2, "官渡区", "甲", 9)]),
    "titles above": (
        [["昆明市总分馆布点任务"], [], ["单位：个", None, "2020年1月"], HEAD, ["官渡区", "甲", 9]],
        4,
        [(5, "官渡区", "甲", 9)],
    ),
    "breaks and blanks in headings": (
        [["县\n区", "名　称", " 分 馆\u00a0"], ["官渡区", "甲", 9]],
        1,
        [(2, "官渡区", "甲", 9)],
    ),
    "full-width headings": ([["县（市）区名称", "２０２６"], ["官渡区", 9]], 1, [(2, "官渡区", 9)]),
    "a number for a heading": ([["县区", 2026], ["官渡区", 9]], 1, [(2, "官渡区", 9)]),
    "blank rows, of all blanks": (
        [HEAD, ["官渡区", "甲", 9], [], [" ", "\u3000", "\u00a0\t"], [None, "\u200b\ufeff"], ["安宁市", "乙", 8]],
        1,
        [(2, "官渡区", "甲", 9), (6, "安宁市", "乙", 8)],
    ),
    "trimmed at both ends, breaks inside kept": (
        [HEAD, ["　官渡区 ", "\u200b甲\r\n乙\r丙\u00a0", " 9\t"]],
        1,
        [(2, "官渡区", "甲\n乙\n丙", "9")],
    ),
    "short rows": ([HEAD, ["官渡区", "甲"]], 1, [(2, "官渡区", "甲", None)]),
    "a group row above": (
        [["单位", None, "人员", None], ["县区", "名称", "在编", "编外"], ["官渡区", "甲", 3, 1]],
        2,
        [(3, "官渡区", "甲", 3, 1)],
    ),
    "a header in two rows": (
        [["县区", "名称", "人员", None], [None, None, "在编", "编外"], ["官渡区", "甲", 3, 1]],
        1,
        [(3, "官渡区", "甲", 3, 1)],
    ),
    "a header in two rows, again on the next page": (
        [["县区", "名称", "人员"], [None, None, "在编", "编外"], ["官渡区", "甲", 3, 1]] * 2,
        1,
        [(3, "官渡区", "甲", 3, 1), (6, "官渡区", "甲", 3, 1)],
    ),
    "headings as values": (
        [["县区", "名称"], ["名称", "县区"], ["联系电话", "备注"]],
        1,
        [(2, "名称", "县区"), (3, "联系电话", "备注")],
    ),
    "the header again in the middle": (
        [HEAD, ["官渡区", "甲", 9], HEAD, ["安宁市", "乙", 8]],
        1,
        [(2, "官渡区", "甲", 9), (4, "安宁市", "乙", 8)],
    ),
    "values are passed raw": (
        [[*HEAD, "挂牌日期"], ["官渡区", True, "９", 43895], ["安宁市", "十二", "1,234", DAY]],
        1,
        [(2, "官渡区", True, "９", 43895), (3, "安宁市", "十二", "1,234", DAY)],
    ),
    "an error is no blank": (
        [HEAD, ["官渡区", Oddity.ERROR, Oddity.NO_VALUE]],
        1,
        [(2, "官渡区", Oddity.ERROR, Oddity.NO_VALUE)],
    ),
    "a zero and a no are no blanks": ([HEAD, ["官渡区", False, 0]], 1, [(2, "官渡区", False, 0)]),
    "header in row 20": ([[]] * 19 + [HEAD, ["官渡区", "甲", 9]], 20, [(21, "官渡区", "甲", 9)]),
    "unknown columns": ([["县区", "我的", "名称", None], ["官渡区", 1, "甲", 2]], 1, [(2, "官渡区", "甲")]),
    "a row with nothing but unknown columns": (
        [["县区", "名称", "我的", "你的"], ["官渡区", "甲", 1, 2], [None, None, 3, 4]],
        1,
        [(2, "官渡区", "甲")],
    ),
    "no rows": ([HEAD], 1, []),
}


@pytest.mark.parametrize(("cells", "header_row", "expected"), SHAPES.values(), ids=SHAPES)
def test_shape(cells, header_row, expected):
    reading = shape(cells, headings, "表")
    assert (reading.sheet, reading.header_row) == ("表", header_row)
    assert records(reading) == expected
    assert reading.totals == ()


NO_SHAPES = {
    "nothing": [],
    "blank": [[None, " "]],
    "one known heading": [["县区"], ["官渡区"]],
    "too few known": [["县区", "名称", "甲", "乙", "丙"]],
    "header in row 21": [[]] * 20 + [HEAD],
}


@pytest.mark.parametrize("cells", NO_SHAPES.values(), ids=NO_SHAPES)
def test_no_shape(cells):
    assert shape(cells, headings) is None


def test_half_of_the_headings_is_enough():
    assert shape([["县区", "名称", "甲", "乙"]], headings).header_row == 1


NOTES = {
    "a remark": ["备注：表中数据以实际建设情况为准", None, "二"],
    "a remark without colon": ["备注", "数据以实际为准", "二"],
    "a remark spaced out": ["备　注", "数据以实际为准", "二"],
    "a note": ["注：", "以实际为准", "二"],
    "a note with a narrow colon": ["注:以实际为准", "一", "二"],
    "a remark not in the first column": [None, "注：以实际为准", "二"],
    "one cell": [None, "以上数据截至三月", None],
    "one number": [None, None, 3],
}


@pytest.mark.parametrize("note", NOTES.values(), ids=NOTES)
def test_notes_are_no_records_and_are_named(note):
    reading = shape([HEAD, ["官渡区", "甲", 9], note], headings)
    assert records(reading) == [(2, "官渡区", "甲", 9)]
    assert reading.ignored == (3,)


RECORDS = {
    "a name that holds a note's words": ["官渡区", "注：册", 1],
    "a name like a note": ["注重实效馆", "甲", 1],
    "a total's word inside": ["官渡区", "总计划馆", 1],
    "a total's word far to the right": ["官渡区", "甲", 1, "合计"],
}


@pytest.mark.parametrize("row", RECORDS.values(), ids=RECORDS)
def test_these_are_records(row):
    reading = shape([[*HEAD, "备注"], row], headings)
    assert [found.number for found in reading.rows] == [2]
    assert (reading.totals, reading.ignored) == ((), ())


TOTALS = {
    "合计": [None, "合计", 9],
    "合计：": ["合计：", None, 9],
    "spaced out": ["合　计", None, 9],
    "总计:": ["总 计 :", None, 9],
    "小计": ["小计", None, 9],
    "建设合计：": ["建设合计：", None, 9],
    "behind a number": [19, "合计", 9],
}


@pytest.mark.parametrize("row", TOTALS.values(), ids=TOTALS)
def test_totals(row):
    reading = shape([["序号", "县区", "分馆"], [1, "官渡区", 9], row], headings)
    label = next(cell for cell in row if isinstance(cell, str))
    kept = {
        field: cell for field, cell in zip(("seq", "county", "branches"), row, strict=True) if cell and cell != label
    }
    assert reading.totals == (Total(3, label, kept),)
    assert [row.number for row in reading.rows] == [2]


def test_a_total_in_the_first_filled_column_however_far_right():
    reading = shape([[*HEAD, "备注", "联系电话"], ["官渡区", "甲", 9], [None, None, None, "合计", 9]], headings)
    assert reading.totals == (Total(3, "合计", {"phone": 9}),)


def test_a_total_whose_label_stands_in_an_unknown_column():
    reading = shape([["编号", "县区", "分馆"], [1, "官渡区", 9], ["建设合计：", None, 9]], headings)
    assert reading.totals == (Total(3, "建设合计：", {"branches": 9}),)


def test_of_doubled_headings_the_first_counts():
    reading = shape([["县区", "名称", "县 区", "其他"], ["官渡区", "甲", "安宁市", 1]], headings)
    assert reading.columns == (
        Column(0, "县区", "county"),
        Column(1, "名称", "name"),
        Column(2, "县 区", None),
        Column(3, "其他", None),
    )
    assert records(reading) == [(2, "官渡区", "甲")]


def test_percent_cells_are_told():
    reading = shape(
        [["县区", "合格率"], ["官渡区", Percent(0.925)], ["安宁市", 92.5], ["嵩明县", Percent(1)]], headings
    )
    assert reading.percent == {(2, "rate"), (4, "rate")}
    assert [row.values["rate"] for row in reading.rows] == [0.925, 92.5, 1]


def test_ten_thousand_rows_of_blanks_are_no_rows():
    reading = shape([HEAD, ["官渡区", "甲", 9], *[[" "] * 20] * 10_000], headings)
    assert (len(reading.rows), reading.ignored) == (1, ())


CELL = st.one_of(
    st.none(), st.sampled_from([*FIELDS, "合计", "备注：", "注:", " ", "甲", "乙"]), st.integers(), st.booleans()
)


@given(st.lists(st.lists(CELL, max_size=6), max_size=25))
def test_every_row_below_the_header_is_accounted_for(cells):
    reading = shape(cells, headings)
    assume(reading)
    named = [row.number for row in reading.rows] + [total.number for total in reading.totals] + list(reading.ignored)
    filled = [
        number
        for number, row in enumerate(cells, 1)
        if number > reading.header_row and any(cell is not None and str(cell).strip() for cell in row)
    ]
    assert len(named) == len(set(named))
    assert set(named) <= set(filled)
    # Only the second row of a header may be in none of them.
    assert set(filled) - set(named) <= {reading.header_row + 1}
    assert all(set(row.values) == {column.field for column in reading.columns if column.field} for row in reading.rows)


# ---------------------------------------------------------------- files


def test_a_workbook_as_people_send_it(tmp_path):
    def draw(book):
        day, percent, bold = (
            book.add_format(f) for f in ({"num_format": "yyyy/m/d"}, {"num_format": "0.0%"}, {"bold": 1})
        )
        book.add_worksheet("说明").write("A1", "先看这里")
        sheet = book.add_worksheet("任务")
        sheet.merge_range("A1:E1", "昆明市总分馆布点任务", bold)
        sheet.merge_range("A2:B2", "单位", bold)
        sheet.merge_range("C2:E2", "情况", bold)
        sheet.write_row("A3", ["县（市）\n区名称", "名　称", "分馆", "挂牌日期", "合格率"], bold)
        sheet.write_row("A4", ["官渡区", " 官渡区文化馆　", 9])
        sheet.write_datetime("D4", datetime.datetime(2020, 3, 5), day)
        sheet.write_number("E4", 0.925, percent)
        sheet.write_row("A5", ["安宁市", "安宁市文化馆", "９", "2020年3月5日", "92.5%"])
        sheet.write_row("A6", ["嵩明县", "嵩明县文化馆", "12", 43895, 92.5])
        sheet.write_row("A7", ["合计：", "", 28])
        sheet.merge_range("A8:E8", "备注：表中数据以实际建设情况为准", bold)
        for number in range(8, 600):
            sheet.write_row(number, 0, [""] * 5, bold)
        sheet.write_blank("C500", None, bold)

    reading = read(messy.drawn(tmp_path / "a.xlsx", draw), headings)
    assert (reading.sheet, reading.header_row) == ("任务", 3)
    assert reading.columns[0] == Column(0, "县（市）\n区名称", "county")
    assert records(reading) == [
        (4, "官渡区", "官渡区文化馆", 9, DAY, 0.925),
        (5, "安宁市", "安宁市文化馆", "９", "2020年3月5日", "92.5%"),
        (6, "嵩明县", "嵩明县文化馆", "12", 43895, 92.5),
    ]
    assert reading.totals == (Total(7, "合计：", {"branches": 28}),)
    assert reading.ignored == (8,)
    assert reading.percent == {(4, "rate")}


def test_cells_merged_downwards_speak_for_every_row_and_headers_too(tmp_path):
    def draw(book):
        bold = book.add_format({"bold": True})
        sheet = book.add_worksheet()
        sheet.merge_range("A1:A2", "县区", bold)
        sheet.merge_range("B1:B2", "名称", bold)
        sheet.merge_range("C1:D1", "人员", bold)
        sheet.write_row("C2", ["在编", "编外"])
        sheet.merge_range("A3:A5", "官渡区", bold)
        sheet.write_column("B3", ["甲", "乙", "丙"])
        sheet.write_column("C3", [1, 2, 3])
        sheet.merge_range("A6:D8", "以上为官渡区", bold)
        sheet.merge_range("A9:B9", "安宁市", bold)
        sheet.write_row("C9", [4, 5])

    path = messy.drawn(tmp_path / "a.xlsx", draw)
    reading = read(path, headings)
    assert records(reading) == [
        (3, "官渡区", "甲", 1, None),
        (4, "官渡区", "乙", 2, None),
        (5, "官渡区", "丙", 3, None),
        (9, "安宁市", None, 4, 5),
    ]
    assert reading.ignored == (6, 7, 8)
    assert grids(path)["Sheet1"][3] == [None, "乙", 2]


def test_sheets_are_found_by_header_or_by_name(tmp_path):
    def draw(book):
        for name, county in (("旧", "一"), ("封面", None), ("甲", "二"), ("乙", "三")):
            sheet = book.add_worksheet(name)
            sheet.write_row("A1", HEAD if county else ["说明"])
            sheet.write_row("A2", [county or "", "馆", 1])
        book.get_worksheet_by_name("旧").hide()
        book.get_worksheet_by_name("封面").activate()

    path = messy.drawn(tmp_path / "a.xlsx", draw)
    assert read(path, headings).sheet == "甲"
    assert records(read(path, headings, sheet=" 乙 ")) == [(2, "三", "馆", 1)]
    assert records(read(path, headings, sheet="旧")) == [(2, "一", "馆", 1)]
    with pytest.raises(NoSheet) as caught:
        read(path, headings, sheet="丙")
    assert caught.value.names == ("封面", "甲", "乙", "旧")
    assert str(caught.value) == "a.xlsx：没有工作表“丙”，有 封面、甲、乙、旧"
    with pytest.raises(NoHeader):
        read(path, headings, sheet="封面")


def test_ten_thousand_formatted_rows_are_no_rows(tmp_path):
    def draw(book):
        bold = book.add_format({"bold": True})
        sheet = book.add_worksheet()
        sheet.write_row("A1", HEAD)
        sheet.write_row("A2", ["官渡区", "甲", 9])
        for number in range(2, 10_002):
            sheet.write_row(number, 0, [""] * 5, bold)

    path = messy.drawn(tmp_path / "a.xlsx", draw)
    assert in_child(grids, path) == {"Sheet1": [HEAD, ["官渡区", "甲", 9]]}
    assert read(path, headings).ignored == ()


def test_many_files_in_few_children_and_a_fault_is_its_own_files_alone(tmp_path):
    paths = [messy.workbook(tmp_path / f"{number}.xlsx", [[number]]) for number in range(25)]
    expected = {path: {"Sheet1": [[number]]} for number, path in enumerate(paths)}
    assert grids_of_many(paths) == expected
    heavy, cut, text = tmp_path / "重.xlsx", tmp_path / "断.xlsx", tmp_path / "文.csv"
    heavy.write_bytes(messy.package(TOO_FAR))
    cut.write_bytes(paths[0].read_bytes()[:-30])
    text.write_text("县区\n", encoding="utf-8")
    found = grids_of_many([paths[3], heavy, cut, text, paths[4]])
    assert list(found) == [paths[3], heavy, cut, text, paths[4]]
    assert found.pop(text) == {"": [["县区"]]}
    assert [(type(found.pop(path)), path) for path in (heavy, cut)] == [(TooMuchMemory, heavy), (Damaged, cut)]
    assert found == {path: expected[path] for path in (paths[3], paths[4])}
    assert grids_of_many([]) == {}


def test_no_header_says_what_comes_nearest(tmp_path):
    path = messy.workbook(tmp_path / "a.xlsx", [["任务"], ["县区", "分馆数", "服务点数", "名　称", "其他"], [1, 2, 3]])
    with pytest.raises(NoHeader) as caught:
        read(path, headings)
    assert caught.value.best_guess == Guess("Sheet1", 2, ("县区", "名　称"), ("分馆数", "服务点数", "其他"))
    assert str(caught.value) == "a.xlsx：没有表头，最像的第 2 行只认得 县区、名　称"


def test_a_cell_at_the_far_end_is_read_in_a_child(tmp_path):
    path = tmp_path / "a.xlsx"
    head = "".join(f'<c t="str"><v>{text}</v></c>' for text in HEAD)
    data = "".join(f'<c t="str"><v>{text}</v></c>' for text in ("官渡区", "甲", "9"))
    far = row('<c r="XFD1048576"><v>1</v></c>', number=1048576)
    path.write_bytes(messy.package(row(head) + row(data, number=2) + far))
    reading = read(path, headings)
    assert records(reading) == [(2, "官渡区", "甲", "9")]
    assert reading.ignored == (1048576,)


def test_too_many_far_cells_are_refused(tmp_path):
    path = tmp_path / "a.xlsx"
    path.write_bytes(messy.package(TOO_FAR))
    with pytest.raises(TooMuchMemory):
        read(path, headings)
