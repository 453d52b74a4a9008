import re
import tempfile
from itertools import product
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.package import TabEdit, identify, write
from tests.workbooks import FIRST, OWN, OWN_PART, RECORDS, RECORDS_PART, change, featured, replaced, stored, text_of

WORKBOOK, CHAIN = "xl/workbook.xml", "xl/calcChain.xml"


@pytest.fixture
def rich(tmp_path) -> Path:
    return featured(tmp_path / "a.xlsx")


def without_result(xml: str) -> set[str]:
    return set(re.findall(r'<c r="([A-Z]+\d+)"[^>]*><f(?:[^>]*/>|[^>]*>[^<]*</f>)</c>', xml))


def put(path: Path, title: str, *places: tuple[int, int]) -> None:
    write(path, [TabEdit(title, dict.fromkeys(places, 5))], identify(path))


STALE = {
    # I2 looks something up in the whole table, I1 and I4 add up column F, I3 reads F10, I6 reads I3.
    "a price": (RECORDS, (10, 5), {"F10"}, {"I1", "I2", "I3", "I4", "I6"}),
    "another price": (RECORDS, (11, 5), {"F11"}, {"I1", "I2", "I4"}),
    "a remark in the table": (RECORDS, (10, 7), set(), {"I2"}),
    "a remark beside the table": (RECORDS, (10, 13), set(), set()),
    "a cell that arrays and shared formulas read": (OWN, (1, 1), set(), {"H1"}),
    "a cell that shared formulas hold fixed": (OWN, (1, 2), set(), {"N12", "N13", "N14"}),
    "a cell that one of a shared formula reads": (OWN, (13, 1), set(), {"N13"}),
    "a cell that nothing reads": (OWN, (25, 5), set(), set()),
}


@pytest.mark.parametrize(("title", "place", "records", "own"), STALE.values(), ids=STALE)
def test_stale_results_go_and_no_others(rich, title, place, records, own):
    put(rich, title, place)
    assert without_result(text_of(rich, RECORDS_PART)) == records
    assert without_result(text_of(rich, OWN_PART)) == own
    assert ('fullCalcOnLoad="1"' in text_of(rich, WORKBOOK)) == bool(records or own)


def test_what_an_array_fills_goes_with_its_formula(rich):
    """The cells below it hold results and no formula: nothing else in them says that they are old."""
    assert '<c r="H2"><v>0</v></c>' in text_of(rich, OWN_PART)
    put(rich, OWN, (1, 1))
    own = text_of(rich, OWN_PART)
    assert '<c r="H2"/>' in own
    assert '<c r="H3"/>' in own
    assert text_of(rich, OWN_PART).count("<v>") > 100  # no other cell lost anything


UNKNOWN = [
    "INDIRECT(&quot;A1&quot;)",
    "A3:INDEX(B:B,2)",
    "SUM(一月:三月!A1)",
    "Nobody+1",
    "附件（一）!A1",
    "Loop",
    "Relative",
]


@pytest.mark.parametrize("formula", UNKNOWN)
def test_what_cannot_be_understood_depends_on_everything(rich, formula):
    names = '<definedName name="Loop">Loop+1</definedName><definedName name="Relative">我的!A1</definedName>'
    change(rich, {WORKBOOK: replaced("<definedNames>", "<definedNames>" + names)})
    change(rich, {OWN_PART: replaced("<f>A2+1</f>", f"<f>{formula}</f>")})
    put(rich, RECORDS, (2, 13))
    assert without_result(text_of(rich, OWN_PART)) == {"I5"}


KNOWN = ["Rate*2", "TODAY()", "[1]Sheet1!A1", "隐藏!A1", "Fixed+1", "图表!$A:$B", "SUM(图表!1:9)"]


@pytest.mark.parametrize("formula", KNOWN)
def test_what_reads_elsewhere_keeps_its_result(rich, formula):
    change(
        rich, {WORKBOOK: replaced("<definedNames>", '<definedNames><definedName name="Fixed">隐藏!$A$1</definedName>')}
    )
    change(rich, {OWN_PART: replaced("<f>A2+1</f>", f"<f>{formula}</f>")})
    before = stored(rich)
    put(rich, RECORDS, (2, 13))
    after = stored(rich)
    assert [part for part in before if before[part] != after[part]] == [RECORDS_PART]


def test_a_workbook_without_calculation_settings_gets_them_in_place(rich):
    change(rich, {WORKBOOK: lambda text: re.sub("<calcPr[^>]*/>", "", text)})
    put(rich, RECORDS, (10, 5))
    assert '</definedNames><calcPr fullCalcOnLoad="1"/>' in text_of(rich, WORKBOOK)


def test_an_overwritten_formula_leaves_the_chain_and_the_next_keeps_its_tab(rich):
    put(rich, OWN, (1, 9))
    assert re.findall("<c [^>]*>", text_of(rich, CHAIN)) == [
        '<c r="I2" i="3"/>',
        '<c r="N12" i="3"/>',
        '<c r="F4" i="1"/>',
    ]


def test_a_chain_with_nothing_left_is_taken_out_whole(rich):
    change(rich, {CHAIN: lambda text: re.sub('<c r="(?!F4).*?/>', "", text)})
    put(rich, RECORDS, (FIRST, 6))
    assert CHAIN not in stored(rich)
    assert "calcChain" not in text_of(rich, "[Content_Types].xml")
    assert "calcChain" not in text_of(rich, "xl/_rels/workbook.xml.rels")


# Random formulas: which of them a change reaches is worked out here by walking, cell by cell

PLACES = list(product(range(1, 5), range(1, 5)))
AREAS = st.tuples(st.sampled_from("VF"), st.sampled_from(PLACES), st.sampled_from(PLACES))


def name(place: tuple[int, int]) -> str:
    return "ABCD"[place[1] - 1] + str(place[0])


def inside(place: tuple[int, int], one: tuple[int, int], other: tuple[int, int]) -> bool:
    return all(min(pair) <= side <= max(pair) for side, *pair in zip(place, one, other, strict=True))


def reached(formulas: dict, start: tuple[int, int]) -> set[tuple[int, int]]:
    """Places of the formulas that a change on tab V reaches; all formulas stand on tab F."""
    found, frontier = set(), [("V", start)]
    while frontier:
        tab, place = frontier.pop()
        for cell, (source, one, other) in formulas.items():
            if source == tab and cell not in found and inside(place, one, other):
                found.add(cell)
                frontier.append(("F", cell))
    return found


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.sampled_from(PLACES), AREAS, max_size=14), st.sampled_from(PLACES))
def test_dependence_is_followed_to_its_end(formulas, changed):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.xlsx"
        with xlsxwriter.Workbook(path) as book:
            values, sheet = book.add_worksheet("V"), book.add_worksheet("F")
            for place in PLACES:
                values.write(name(place), 1)
            for cell, (source, one, other) in formulas.items():
                prefix = "V!" if source == "V" else ""
                sheet.write_formula(name(cell), f"=SUM({prefix}{name(one)}:{name(other)})", None, 7)
        put(path, "V", changed)
        expected = {name(cell) for cell in reached(formulas, changed)}
        assert without_result(text_of(path, "xl/worksheets/sheet2.xml")) == expected
