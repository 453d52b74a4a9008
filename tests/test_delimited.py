import csv
import io
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from integrations import delimited
from integrations.guard import Damaged, NotASpreadsheet
from integrations.reading import NoHeader, read, shape
from tests.messy import HEAD, headings, records, trimmed

ENCODINGS = ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be"]
MARKS = {"utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}


def text_file(path, rows, encoding="utf-8", delimiter=",", newline="\r\n"):
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator=newline).writerows(rows)
    path.write_bytes(MARKS.get(encoding, b"") + out.getvalue().encode(encoding))
    return path


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("delimiter", list(",\t;"))
def test_text_in_every_form(encoding, delimiter, tmp_path):
    rows = [["布点任务，2020年；昆明"], HEAD, ["官渡区", "木鲊，禄脿；麦竜", "9"], ["安宁市", "a;b,c\td\ne", "8"]]
    reading = read(text_file(tmp_path / "a.csv", rows, encoding, delimiter), headings)
    assert (reading.sheet, reading.header_row) == ("", 2)
    assert records(reading) == [(3, "官渡区", "木鲊，禄脿；麦竜", "9"), (4, "安宁市", "a;b,c\td\ne", "8")]


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_numbers_count_records_not_lines(newline, tmp_path):
    rows = [HEAD, ["官渡区", f"一{newline}二", "9"], [], ["安宁市", "乙", "8"]]
    reading = read(text_file(tmp_path / "a.csv", rows, newline=newline), headings)
    assert records(reading) == [(2, "官渡区", "一\n二", "9"), (4, "安宁市", "乙", "8")]


DELIMITED = {
    "decimal commas": ("县区;名称;合格率\n官渡区;1,5;2,5\n安宁市;3,5;4,5\n" * 3, ["官渡区", "1,5", "2,5"]),
    "parts in cells of ragged rows": (
        "县区,名称,备注\n官渡区,甲,a;b\n安宁市,x;y\n嵩明县,p;q\n",
        ["官渡区", "甲", "a;b"],
    ),
    "every cell but one has semicolons": ("县区,名称\na;b;c,d;e\na;b;c,d;e\na;b;c,d;e\n", ["a;b;c", "d;e"]),
    "a note with many commas": ("说明,一,二,三,四,五\n县区\t名称\n官渡区\t甲\n", ["官渡区", "甲"]),
    "a quote inside": ('县区,名称\n官渡区,5"管道\n', ["官渡区", '5"管道']),
    "a quote doubled": ('县区,名称\n官渡区,"甲""乙"""\n', ["官渡区", '甲"乙"']),
    "no last line break": ("县区,名称\n官渡区,甲", ["官渡区", "甲"]),
}


@pytest.mark.parametrize(("text", "first"), DELIMITED.values(), ids=DELIMITED)
def test_delimiters(text, first, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(text, encoding="utf-8")
    assert list(read(path, headings).rows[0].values.values()) == first


@pytest.mark.parametrize("value", ["=1+1", "+86", "-", "@某人"])
def test_the_mark_before_a_formula_is_taken_away(value):
    (grid,) = delimited.grids(f"县区,名称\n官渡区,'{value}\n甲,'{value}'\n".encode(), Path("a.csv"))
    assert [row[1] for row in grid[1:]] == [value, value + "'"]


def test_a_mark_before_anything_else_stays():
    grid, *_others = delimited.grids("县区,名称\n'甲,'\n'1,'\tx\n".encode(), Path("a.csv"))
    assert grid == [["县区", "名称"], ["'甲", "'"], ["'1", "x"]]


BROKEN = {
    "a quote never closed": ('县区,名称\n官渡区,"甲\n安宁市,乙\n'.encode(), Damaged),
    "zero bytes": ("县区,名称\n官渡区,\0\n".encode(), NotASpreadsheet),
    "zero bytes in UTF-16": ("县区,名称\n官渡区,\0\n".encode("utf-16"), NotASpreadsheet),
    "no encoding": (b"\xff\xff\xff,\xff\n", NotASpreadsheet),
    "half a character of UTF-16": ("县区,名称".encode("utf-16")[:-1], NotASpreadsheet),
    "only blanks": (b" \n\n", NoHeader),
    "other columns": (b"foo,bar\n1,2\n", NoHeader),
}


@pytest.mark.parametrize(("data", "fault"), BROKEN.values(), ids=BROKEN)
def test_text_that_cannot_be_used(data, fault, tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(data)
    with pytest.raises(fault) as caught:
        read(path, headings)
    assert caught.value.path == path


TEXT = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0\ufdd0"), max_size=8)
LIKELY = st.sampled_from([",", ";", "\t", '"', "\n", "\r\n", "'", "=1", "官渡区", "，；", "　", "-", "9", "麦竜", "𠮷"])


def escaped(text):
    """As an export writes it."""
    return "'" + text if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.lists(st.one_of(TEXT, st.lists(LIKELY, max_size=4).map("".join)), min_size=3, max_size=3), max_size=6),
    st.sampled_from(ENCODINGS),
    st.sampled_from(",\t;"),
)
def test_text_comes_back_from_every_encoding_and_delimiter(rows, encoding, delimiter):
    assume(not any(trimmed(cell)[:1] == "'" for row in rows for cell in row))
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows([HEAD, *[[escaped(trimmed(cell)) for cell in row] for row in rows]])
    data = MARKS.get(encoding, b"") + out.getvalue().encode(encoding)
    found = delimited.grids(data, Path("a.csv"))
    (grid,) = [grid for grid in found if shape(grid, headings)]
    expected = [[trimmed(cell) or None for cell in row] for row in [HEAD, *rows]]
    assert [row + [None] * (3 - len(row)) for row in grid] == expected[: len(grid)]
    assert not any(any(row) for row in expected[len(grid) :])
