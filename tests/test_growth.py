import datetime
import re
from pathlib import Path

import pytest
import xlsxwriter

from integrations.package import TabEdit, identify, write
from tests.workbooks import FIRST, LAST, RECORDS, RECORDS_PART, change, featured, load, replaced, text_of

PART = "xl/worksheets/sheet1.xml"


def grow(path: Path, cells, rows, title: str = "表"):
    write(path, [TabEdit(title, cells, tuple(rows))], identify(path))
    return load(path)[title]


def make(path: Path, records: int, prepare=lambda book, sheet: None) -> Path:
    """Headings in a frozen, filtered row 1 and records below; a choice in B, a condition in C, both as far as they go."""
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("表")
        bold, day = (
            book.add_format({"bold": True}),
            book.add_format({"num_format": "yyyy-mm-dd", "bg_color": "#EEEEEE"}),
        )
        sheet.write_row(0, 0, ["编号", "状态", "数量", "日期"], bold)
        for row in range(1, records + 1):
            sheet.write_row(row, 0, [row, "草稿", row * 2])
            sheet.write_datetime(row, 3, datetime.date(2026, 1, row), day)
        last = records + 1
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, records, 3)
        sheet.data_validation(f"B2:B{last}", {"validate": "list", "source": ["草稿", "完成"]})
        sheet.conditional_format(f"C2:C{last}", {"type": "cell", "criteria": ">", "value": 3, "format": bold})
        prepare(book, sheet)
    return path


def covers(sheet) -> dict[str, str]:
    (validation,) = sheet.data_validations.dataValidation
    (condition,) = sheet.conditional_formatting
    return {"filter": sheet.auto_filter.ref, "choice": str(validation.sqref), "condition": str(condition.sqref)}


@pytest.mark.parametrize("records", [1, 3])
def test_new_rows_below_a_list(tmp_path, records):
    path = make(tmp_path / "a.xlsx", records)
    first, last = records + 2, records + 3
    sheet = grow(path, {(first, 1): 9, (last, 1): 10, (last, 4): datetime.date(2026, 5, 6)}, [first, last])
    assert covers(sheet) == {"filter": f"A1:D{last}", "choice": f"B2:B{last}", "condition": f"C2:C{last}"}
    assert sheet.dimensions == f"A1:D{last}"
    looks = {(cell.number_format, cell.fill.fgColor.rgb) for (cell,) in sheet[f"D2:D{last}"]}
    assert looks == {("yyyy-mm-dd", "FFEEEEEE")}
    assert f"$A$1:$D${last}</definedName>" in text_of(path, "xl/workbook.xml")


def test_a_list_without_records_takes_no_look_from_its_headings(tmp_path):
    path = make(tmp_path / "a.xlsx", 0)
    sheet = grow(path, {(2, 1): 1}, [2])
    assert not sheet["A2"].font.bold
    assert sheet.auto_filter.ref == "A1:D2"


def test_blank_rows_between_are_bridged(tmp_path):
    sheet = grow(make(tmp_path / "a.xlsx", 3), {(7, 1): 9}, [7])
    assert covers(sheet) == {"filter": "A1:D7", "choice": "B2:B7", "condition": "C2:C7"}


def test_what_ends_above_the_last_record_or_below_the_new_row_stays(tmp_path):
    path = make(tmp_path / "a.xlsx", 3)
    change(path, {PART: lambda text: text.replace('sqref="B2:B4"', 'sqref="B2:B3"').replace("C2:C4", "C2:C900 E4")})
    sheet = grow(path, {(5, 1): 9}, [5])
    assert covers(sheet) == {"filter": "A1:D5", "choice": "B2:B3", "condition": "C2:C900 E4"}


def test_notes_far_below_in_other_columns_are_no_records(tmp_path):
    path = make(tmp_path / "a.xlsx", 3, lambda book, sheet: sheet.write(40, 20, "记事"))
    sheet = grow(path, {(42, 1): 9}, [42])
    assert covers(sheet)["choice"] == "B2:B42"
    assert sheet["D42"].number_format == "yyyy-mm-dd"


def test_a_filter_that_already_ended_too_early_is_mended(tmp_path):
    path = make(tmp_path / "a.xlsx", 3)
    write(path, [TabEdit("表", {(5, 1): "别人加的"})], identify(path))
    assert grow(path, {(6, 1): 9}, [6]).auto_filter.ref == "A1:D6"


def test_cells_that_have_a_style_keep_it(tmp_path):
    path = make(
        tmp_path / "a.xlsx", 3, lambda book, sheet: sheet.write_blank(4, 3, None, book.add_format({"bold": True}))
    )
    sheet = grow(path, {(5, 1): 9}, [5])
    assert sheet["D5"].font.bold
    assert sheet["D5"].number_format == "General"


@pytest.mark.parametrize(("height", "expected"), [(30, 30), (None, None)])
def test_only_a_height_that_someone_set_is_repeated(tmp_path, height, expected):
    path = make(tmp_path / "a.xlsx", 3, lambda book, sheet: sheet.set_row(3, height))
    if height is None:
        change(path, {PART: replaced('<row r="4"', '<row r="4" ht="75"')})
    assert grow(path, {(5, 1): 9}, [5]).row_dimensions[5].height == expected


@pytest.fixture
def rich(tmp_path) -> Path:
    return featured(tmp_path / "a.xlsx")


def test_a_table_grows_with_all_that_belongs_to_it(rich):
    rows = [LAST + 1, LAST + 2]
    sheet = grow(rich, {(row, 2): "新" for row in rows}, rows, RECORDS)
    end = LAST + 2
    assert sheet.tables["Records"].ref == f"A3:I{end}"
    assert sheet.tables["Records"].autoFilter.ref == f"A3:I{end}"
    assert {str(entry.sqref) for entry in sheet.data_validations.dataValidation} == {f"D4:D{end}", f"I4:I{end}"}
    assert {str(entry.sqref) for entry in sheet.conditional_formatting} == {f"D4:D{end}", f"E4:E{end}"}
    added = set(re.findall("<xm:sqref>(.*?)</xm:sqref>", text_of(rich, RECORDS_PART)))
    assert added == {f"G4:G{end}", f"D4:D{end}", "K4"}  # a sparkline stands in one cell
    assert sheet[f"F{end}"].value == sheet[f"F{FIRST}"].value


def test_calculated_columns_move_with_their_row_and_give_way_to_a_value(rich):
    formula = "Records[[#This Row],[数量]]*Records[[#This Row],[单价]]"
    change(
        rich,
        {RECORDS_PART: lambda text: re.sub(rf'(<c r="F{LAST}"[^>]*><f>).*?</f>', rf"\1D{LAST}*$E{LAST}</f>", text)},
    )
    sheet = grow(rich, {(LAST + 1, 2): "新", (LAST + 2, 6): 5}, [LAST + 1, LAST + 2], RECORDS)
    assert [sheet.cell(row, 6).value for row in (FIRST, LAST + 1, LAST + 2)] == [
        "=" + formula,
        f"=D{LAST + 1}*$E{LAST + 1}",
        5,
    ]
    chain = text_of(rich, "xl/calcChain.xml")
    assert f'<c r="F{LAST + 1}" i="1"/>' in chain
    assert f'r="F{LAST + 2}"' not in chain


FORMULA = "Records[[#This Row],[数量]]*Records[[#This Row],[单价]]"
CONTINUED = {
    "overwritten in the last row": ("<v>7</v>", FORMULA, "=" + FORMULA),
    "overwritten, and declared for one row": ("<v>7</v>", "D4*E4", None),
    "nothing that can be moved": ("<f>附件（一）!A1</f>", "附件（一）!A1", None),
}


@pytest.mark.parametrize(("last", "declared", "expected"), CONTINUED.values(), ids=CONTINUED)
def test_a_calculated_column_is_continued_when_that_is_safe(rich, last, declared, expected):
    change(rich, {RECORDS_PART: lambda text: re.sub(rf'(<c r="F{LAST}"[^>]*>).*?(?=</c>)', rf"\1{last}", text)})
    change(rich, {"xl/tables/table1.xml": replaced(FORMULA, declared)})
    assert grow(rich, {(LAST + 1, 2): "新"}, [LAST + 1], RECORDS).cell(LAST + 1, 6).value == expected


def test_a_table_does_not_swallow_what_stands_below_it(rich):
    write(rich, [TabEdit(RECORDS, {(LAST + 1, 3): "记事"})], identify(rich))
    sheet = grow(rich, {(LAST + 2, 2): "新"}, [LAST + 2], RECORDS)
    assert sheet.tables["Records"].ref == f"A3:I{LAST}"


def test_a_row_beside_a_table_does_not_lengthen_it(rich):
    sheet = grow(rich, {(LAST + 1, 13): "自用列"}, [LAST + 1], RECORDS)
    assert sheet.tables["Records"].ref == f"A3:I{LAST}"


def test_rows_of_an_empty_tab(tmp_path):
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet("表").data_validation("B2:B9", {"validate": "length", "criteria": "<", "value": 9})
    sheet = grow(path, {(10, 1): 1}, [10])
    assert str(sheet.data_validations.dataValidation[0].sqref) == "B2:B9"
