import datetime
import io
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.cells import Percent, Tidy
from integrations.guard import Damaged, Unusual
from integrations.reading import Oddity
from integrations.sheetxml import Format, by_code
from integrations.tabs import Workbook
from tests import messy
from tests.messy import row

DAY = datetime.date(2020, 3, 5)


def tabs(data):
    return Workbook(data, Path("a.xlsx"), Tidy()).tabs()


def cells(sheet, **parts):
    (tab,) = tabs(messy.package(sheet, **parts))
    return tab.grid


ODD = {
    "errors": (
        row(
            *[f'<c t="e"><v>{e}</v></c>' for e in ("#REF!", "#DIV/0!", "#SPILL!", "#CALC!", "#N/A")], "<c><v>1</v></c>"
        ),
        [[Oddity.ERROR] * 5 + [1]],
    ),
    "an error in single quotes": (row("<c r='A1' t='e'><v>#N/A</v></c>"), [[Oddity.ERROR]]),
    "formulas": (
        row(
            "<c><f>A2</f></c>",
            "<c><f>A2</f><v></v></c>",
            "<c><f>A2</f><v/></c>",
            '<c><f t="shared" si="0"/></c>',
            '<c t="str"><f>A2</f></c>',
            '<c t="str"><f>A2</f><v></v></c>',
            "<c><f>A2</f><v>7</v></c>",
            '<c t="str"><f>A2</f><v> 甲 </v></c>',
        ),
        [[*[Oddity.NO_VALUE] * 5, None, 7, "甲"]],
    ),
    "saved formulas alone": (row("<c><f>A2</f><v>7</v></c>", '<c t="str"><f>A2</f><v>甲</v></c>'), [[7, "甲"]]),
    "text in CDATA": (row('<c t="str"><v><![CDATA[a<b]]></v></c>'), [["a<b"]]),
    "a shared text that is not there": (row('<c t="s"><v>99</v></c>', "<c><v>1</v></c>"), [[Oddity.ERROR, 1]]),
    "blanks of every width": (row('<c t="str"><v>\x85甲\u200b\u3000</v></c>', '<c t="str"><v>\x85</v></c>'), [["甲"]]),
    "far from all else": (
        row('<c r="A1"><v>1</v></c>') + row('<c r="XFD1048576" t="str"><v> </v></c>', number=1048576),
        [[1]],
    ),
    "places from the row before": (
        "<row><c><v>1</v></c><c><v>2</v></c></row><row><c/><c r='D2'><v>3</v></c><c><v>4</v></c></row>",
        [[1, 2], [None, None, None, 3, 4]],
    ),
    "out of order": (row('<c r="B3"><v>1</v></c>', number=3) + row('<c r="A1"><v>2</v></c>'), [[2], [], [None, 1]]),
    "not from A1": (row('<c r="C2"><v>1</v></c>', number=2), [[], [None, None, 1]]),
    "text where a number should be": (row("<c><v>abc</v></c>"), [["abc"]]),
    "an overflow": (row("<c><v>1e999</v></c>"), [["inf"]]),
    "truth": (row('<c t="b"><v>1</v></c>', '<c t="b"><v>0</v></c>', "<c><v>1</v></c>"), [[True, False, 1]]),
    "days as text": (
        row('<c t="d"><v>2020-03-05</v></c>', '<c t="d"><v>2020-03-05T08:30:00</v></c>'),
        [[DAY, datetime.datetime(2020, 3, 5, 8, 30)]],
    ),
    "texts in cells": (
        row('<c t="inlineStr"><is><r><t>a_x000D_</t></r><r><t>b</t></r><rPh sb="0" eb="1"><t>c</t></rPh></is></c>'),
        [["a\nb"]],
    ),
    "long codes typed as numbers": (
        row("<c><v>530111001000</v></c>", "<c><v>1.2E+17</v></c>"),
        [[530111001000, 1.2e17]],
    ),
    "nothing": ("", []),
}


def same(left, right):
    """Equal, and of equal types: 1, 1.0 and True are three things."""
    return repr(left) == repr(right)


@pytest.mark.parametrize(("sheet", "expected"), ODD.values(), ids=ODD)
def test_odd_cells(sheet, expected):
    assert same(cells(sheet), expected)


def test_an_error_in_one_tab_leaves_the_others_alone():
    found = tabs(messy.package(row('<c t="e"><v>#SPILL!</v></c>'), row("<c><v>1</v></c>"), states=["hidden"]))
    assert [(tab.name, tab.grid) for tab in found] == [("表2", [[1]]), ("表1", [[Oddity.ERROR]])]


def test_strict_workbooks_are_read():
    assert cells(row("<c><v>1</v></c>"), main=messy.STRICT_MAIN, office=messy.STRICT_OFFICE) == [[1]]
    assert cells(row("<c t='e'><v>#N/A</v></c>"), main=messy.STRICT_MAIN, office=messy.STRICT_OFFICE) == [
        [Oddity.ERROR]
    ]


BROKEN_PACKAGES = {
    "a tab cut short": (messy.package("<row><c><v>1</v>"), Damaged),
    "a cell that no spreadsheet has": (messy.package(row('<c r="ZZZ1" t="e"><v>#N/A</v></c>')), Damaged),
    "a number that is none": (messy.package('<row r="x"><c t="e"><v>#N/A</v></c></row>'), Unusual),
    "no relations": (messy.zipped({"xl/workbook.xml": "<workbook/>"}), Unusual),
}


@pytest.mark.parametrize(("data", "fault"), BROKEN_PACKAGES.values(), ids=BROKEN_PACKAGES)
def test_broken_packages(data, fault):
    with pytest.raises(fault):
        tabs(data)


FORMATS = {
    "General": Format.NUMBER,
    "G/通用格式": Format.NUMBER,
    "0.00E+00": Format.NUMBER,
    "#,##0.00_ ": Format.NUMBER,
    "[Red]0.0": Format.NUMBER,
    '0"年"': Format.NUMBER,
    '0.0"%"': Format.NUMBER,
    "0\\%": Format.NUMBER,
    "@": Format.NUMBER,
    "0%": Format.PERCENT,
    "0.00%;[Red]-0.00%": Format.PERCENT,
    "yyyy-mm-dd": Format.DATE,
    'yyyy"年"m"月"d"日"': Format.DATE,
    "[$-804]yyyy/m/d": Format.DATE,
    '上午/下午h"时"mm"分"': Format.DATE,
    "h:mm:ss": Format.DATE,
    "[h]:mm": Format.DURATION,
    "[mm]:ss": Format.DURATION,
}


@pytest.mark.parametrize(("code", "expected"), FORMATS.items())
def test_number_formats(code, expected):
    assert by_code(code) is expected


def test_built_in_percents_and_chinese_dates():
    styles = '<cellXfs><xf/><xf numFmtId="9"/><xf numFmtId="10"/><xf numFmtId="31"/><xf numFmtId="46"/></cellXfs>'
    found = cells(row(*[f'<c s="{style}"><v>0.5</v></c>' for style in range(5)]), styles=styles)
    noon = datetime.time(12)
    assert found == [[0.5, 0.5, 0.5, noon, noon]]
    assert [type(cell) for cell in found[0][:3]] == [float, Percent, Percent]


SERIALS = [0, 0.25, 0.354166666666667, 0.99999, 1, 1.5, 59, 60, 61, 43895, 43895.25, 45000.999, 73050, 2958465, 2958466]
DATED = '<cellXfs><xf numFmtId="14"/><xf numFmtId="46"/></cellXfs>'


@pytest.mark.parametrize("settings", ["", '<workbookPr date1904="1"/>'])
def test_a_tab_reads_the_same_by_calamine_and_from_its_xml(settings):
    inside = "".join(f'<c s="0"><v>{serial}</v></c>' for serial in SERIALS)
    inside += "".join(f'<c s="1"><v>{serial}</v></c>' for serial in SERIALS[:-2])
    plain = cells(row(inside), styles=DATED, settings=settings)
    odd = cells(row(inside, '<c t="e"><v>#N/A</v></c>'), styles=DATED, settings=settings)
    assert same([[*plain[0], Oddity.ERROR]], odd)


TYPED = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**14), 10**14),
    st.floats(allow_nan=False, allow_infinity=False, width=32),
    st.dates(datetime.date(1900, 3, 1)),
    st.datetimes(datetime.datetime(1900, 3, 1), datetime.datetime(9999, 12, 30)).map(
        lambda t: t.replace(microsecond=0, fold=0)
    ),
    st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\ufffe\uffff"), max_size=10),
    st.sampled_from(["　甲 ", "a\nb", "=1+1", "_x000D_", "\r", "&<>\"'", "]]>", "#N/A", "\u200b", "麦竜", "𠮷"]),
)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.lists(TYPED, max_size=5), max_size=5), st.booleans())
def test_cells_come_back_from_a_workbook(rows, with_an_error):
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        day, moment = (
            book.add_format({"num_format": "yyyy-mm-dd"}),
            book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"}),
        )
        sheet = book.add_worksheet()
        for number, values in enumerate(rows):
            for column, value in enumerate(values):
                if isinstance(value, str):
                    sheet.write_string(number, column, value)
                elif isinstance(value, datetime.date):
                    sheet.write_datetime(number, column, value, moment if isinstance(value, datetime.datetime) else day)
                elif value is not None:
                    sheet.write(number, column, value)
        if with_an_error:
            sheet.write_formula(9, 9, "=1/0", None, "#DIV/0!")
    expected = [[normal(value) for value in values] for values in rows]
    if with_an_error:
        expected += [[]] * (9 - len(expected)) + [[None] * 9 + [Oddity.ERROR]]
    (tab,) = tabs(out.getvalue())
    assert same(tab.grid, without_blank_ends(expected))


def without_blank_ends(rows):
    rows = [row[: max((n for n, value in enumerate(row, 1) if value is not None), default=0)] for row in rows]
    return rows[: max((n for n, row in enumerate(rows, 1) if row), default=0)]


def normal(value):
    """What a cell should say, by other means than the reader's."""
    if isinstance(value, str):
        return messy.trimmed(value) or None
    if isinstance(value, float):
        value = float(f"{value:.16G}")
        return int(value) if value == int(value) and abs(value) < 1e15 else value
    if isinstance(value, datetime.datetime) and value.time() == datetime.time():
        return value.date()
    return value
