from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.formula.translate import Translator
from openpyxl.utils import get_column_letter

from integrations.formulas import Columns, Name, NotUnderstood, Reference, moved, uses
from integrations.references import MAX_COLUMN, MAX_ROW


def seen(formula: str) -> list[tuple]:
    """(sheet, area) of the references, text of the names, (table, own row, names) of the table columns."""
    found = []
    for use in uses(formula):
        match use:
            case Reference():
                found.append((use.sheet, tuple(use.area)))
            case Name(text=text, called=False):
                found.append((text,))
            case Columns():
                found.append((use.table, use.own_row, *use.names))
    return found


A1 = ("", (1, 1, 1, 1))
USES = [
    ("A1*2", [A1]),
    ("2+3", []),
    ("a1+$b$2", [A1, ("", (2, 2, 2, 2))]),
    ("SUM(B2:A1)", [("", (1, 1, 2, 2))]),
    ("Sheet2!A1", [("Sheet2", (1, 1, 1, 1))]),
    ("附件!A1&馆名", [("附件", (1, 1, 1, 1)), ("馆名",)]),
    ("'it''s a'!A1", [("it's a", (1, 1, 1, 1))]),
    ("SUM(C:C,$1:3)", [("", (1, 3, MAX_ROW, 3)), ("", (1, 1, 3, MAX_COLUMN))]),
    ("[1]Sheet1!A1+'[2]My x'!B2+A1", [A1]),
    ('IF(A1>1.5E+3,"a""b!C1",#N/A)', [A1]),
    ("LOG10(A1)", [A1]),
    ("_xlfn.LET(_xlpm.a,A1,_xlpm.a+1)", [A1]),
    ("Records[[#This Row],[数量]]*Records[单价]", [("Records", True, "数量"), ("Records", False, "单价")]),
    ("SUM(Records[[#All],[a'[b]:[c d]])", [("Records", False, "a[b", "c d")]),
    ("ROWS(Records[])+ROWS(Records[#Data])", [("Records", False), ("Records", False)]),
    ("Records[@数量]+Records[@[a b]:[c]]", [("Records", True, "数量"), ("Records", True, "a b", "c")]),
    ("Records[it''s '#1]", [("Records", False, "it's #1")]),
    ('Rate*{1,2;"}",3}', [("Rate",)]),
    ("TRUE+FALSE", []),
    ("#REF!+S!#REF!", []),
    ("ZZZZ1+A1B", [("ZZZZ1",), ("A1B",)]),
    ("SUM(A1:A3 B1:B3)", [("", (1, 1, 3, 1)), ("", (1, 2, 3, 2))]),
    ("-A1%", [A1]),
    ("[0]!Rate", [("Rate",)]),
    ("SUM(一月:三月!A1)", [("一月:三月", (1, 1, 1, 1))]),
    ('_xlfn.DISPIMG("ID_1",1)', []),
]


@pytest.mark.parametrize(("formula", "expected"), USES)
def test_what_a_formula_reads(formula, expected):
    assert seen(formula) == expected


@pytest.mark.parametrize(
    "formula",
    [
        "INDIRECT(A1)",
        "SUM(OFFSET (A1,1,1))",
        "A1:INDEX(B:B,3)",
        "附件（一）!A1",
        "A1#",
        "XFE1+1",
        'A1&"open',
        "Records[[#All]",
    ],
)
def test_what_cannot_be_read_is_said(formula):
    with pytest.raises(NotUnderstood):
        uses(formula)


MOVES = [
    ("A1*2+$B$1", "B3*2+$B$1"),
    ("SUM($A1:B$2,'a b'!C:$C,1:$1)", "SUM($A3:C$2,'a b'!D:$C,3:$1)"),
    ("A1:INDEX(B:B,3)", "B3:INDEX(C:C,3)"),
    ('"A1"&LOG10(A1)&Records[[#This Row],[A1]]', '"A1"&LOG10(B3)&Records[[#This Row],[A1]]'),
    ("[1]Sheet1!A1+Rate+{1,2}", "[1]Sheet1!B3+Rate+{1,2}"),
]


@pytest.mark.parametrize(("formula", "expected"), MOVES)
def test_text_moves_with_its_cell(formula, expected):
    assert moved(formula, 2, 1) == expected


@pytest.mark.parametrize(("rows", "columns"), [(-1, 0), (0, -1), (MAX_ROW, 0), (0, MAX_COLUMN)])
def test_no_reference_leaves_the_sheet(rows, columns):
    with pytest.raises(NotUnderstood):
        moved("A1", rows, columns)


@st.composite
def references(draw) -> str:
    row = st.tuples(st.sampled_from(["", "$"]), st.integers(50, 500)).map("{0[0]}{0[1]}".format)
    column = st.tuples(st.sampled_from(["", "$"]), st.integers(50, 500).map(get_column_letter)).map("".join)
    cell = st.tuples(column, row).map("".join)
    shapes = [cell] + [st.tuples(side, side).map(":".join) for side in (cell, row, column)]
    return draw(st.sampled_from(["", "", "Sheet2!", "'a ''b'!", "附件!"])) + draw(st.one_of(shapes))


FUNCTIONS = st.sampled_from(["SUM({})", "IF({}>1,1,0)", '{}&"A1"', "-{}", "LOG10({})", "({})"])


@given(st.lists(st.tuples(FUNCTIONS, references()), min_size=1, max_size=4), st.integers(-40, 40), st.integers(-40, 40))
def test_moves_as_openpyxl_does(terms, rows, columns):
    formula = "+".join(function.format(reference) for function, reference in terms)
    judge = Translator("=" + formula, "AA100").translate_formula(row_delta=rows, col_delta=columns)[1:]
    assert moved(formula, rows, columns) == judge


@given(references(), st.integers(-40, 40), st.integers(-40, 40))
def test_a_moved_reference_reads_what_its_moved_text_reads(text, rows, columns):
    (reference,) = uses(text)
    (again,) = uses(moved(text, rows, columns))
    assert reference.moved(rows, columns) == again


@given(st.text("A1$:!'\"#[](){}+, SUMB", max_size=12))
def test_any_text_is_read_or_refused(text):
    with suppress(NotUnderstood):
        assert all(use.area.top >= 1 for use in uses(text) if isinstance(use, Reference))
