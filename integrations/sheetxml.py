"""A tab read from its XML, cell by cell: slower than calamine, and sees what calamine does not.

That is error cells, formulas without a saved result, percent formats, and a few cells far apart. Dates come out as
calamine gives them, so that a tab reads the same either way.
"""

import datetime
import io
import re
from collections.abc import Iterator
from enum import Enum

from lxml import etree

from integrations.cells import Cell, Grid, Oddity, Percent, Tidy, duration, number
from integrations.references import MAX_COLUMN, MAX_ROW, column_number

MILLISECONDS = 86_400_000
BLOCK = 20_000_000  # cells of a grid, blank ones before filled ones included
_REFERENCE = re.compile(r"([A-Za-z]{1,3})([0-9]{1,7})")
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_LITERAL = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?![hms]+\])[^\]]*\]', re.IGNORECASE)
_DATES = {*range(14, 23), *range(27, 37), 45, 47, *range(50, 59)}


class Format(Enum):
    """What a number format makes of a number."""

    NUMBER = "number"
    PERCENT = "percent"
    DATE = "date"
    DURATION = "duration"


class Misplaced(Exception):
    """A cell outside of what a spreadsheet has."""

    def __init__(self, reference: str) -> None:
        super().__init__(f"no such cell: {reference}")


def formats(styles: etree._Element) -> list[Format]:
    """The format of every cell style, by its number in `s`."""
    codes = {entry.get("numFmtId"): entry.get("formatCode", "") for entry in styles.iter("{*}numFmt")}
    numbers = [entry.get("numFmtId", "0") for entry in styles.iterfind("{*}cellXfs/{*}xf")]
    return [by_code(codes[number]) if number in codes else _built_in(int(number)) for number in numbers]


def by_code(code: str) -> Format:
    code = _LITERAL.sub("", code).lower()
    if "%" in code:
        return Format.PERCENT
    if re.search(r"\[[hms]+\]", code):
        return Format.DURATION
    return Format.DATE if re.search("[ymdhs]", code.replace("general", "")) else Format.NUMBER


def _built_in(number: int) -> Format:
    if number in (9, 10):
        return Format.PERCENT
    if number == 46:
        return Format.DURATION
    return Format.DATE if number in _DATES else Format.NUMBER


def shared_strings(xml: bytes) -> list[str]:
    return [_rich_text(item) for item in _elements(xml, "si")]


def grid(xml: bytes, strings: list[str], formats: list[Format], from_1904: bool) -> Grid:
    """The tab's cells, each at its place. Raises etree.XMLSyntaxError, Misplaced, MemoryError."""
    reader = Reader(strings, formats, from_1904)
    rows: dict[int, dict[int, Cell]] = {}
    for row, column, element in _cells(xml):
        cell = reader.value(element)
        if cell is not None:
            rows.setdefault(row, {})[column] = cell
    if sum(map(max, rows.values())) > BLOCK:
        raise MemoryError
    return [_row(rows.get(row, {})) for row in range(1, max(rows, default=0) + 1)]


def _row(cells: dict[int, Cell]) -> list[Cell]:
    return [cells.get(column) for column in range(1, max(cells, default=0) + 1)]


def _cells(xml: bytes) -> Iterator[tuple[int, int, etree._Element]]:
    """(row, column, element) of every cell; one without a reference stands behind the one before it."""
    row = 0
    for line in _elements(xml, "row"):
        row, column = int(line.get("r") or row + 1), 0
        for element in line.iterchildren("{*}c"):
            reference = element.get("r")
            place = _place(reference) if reference else (row, column + 1)
            column = place[1]
            yield *place, element


def _place(reference: str) -> tuple[int, int]:
    found = _REFERENCE.fullmatch(reference)
    row, column = (int(found[2]), column_number(found[1])) if found else (0, 0)
    if not (1 <= row <= MAX_ROW and 1 <= column <= MAX_COLUMN):
        raise Misplaced(reference)
    return row, column


def _elements(xml: bytes, name: str) -> Iterator[etree._Element]:
    """One element after the other; each is emptied when the next is asked for, so that memory stays small."""
    options = {"resolve_entities": False, "no_network": True, "remove_comments": True, "remove_pis": True}
    for _event, element in etree.iterparse(io.BytesIO(xml), tag="{*}" + name, **options):
        yield element
        element.clear()
        while element.getprevious() is not None:
            del element.getparent()[0]


class Reader:
    """Values of cells of one workbook."""

    def __init__(self, strings: list[str], formats: list[Format], from_1904: bool) -> None:
        self.strings = strings
        self.formats = formats
        self.epoch = datetime.datetime(1904, 1, 1) if from_1904 else datetime.datetime(1899, 12, 30)
        self.days = (datetime.datetime.max - self.epoch).days + 1
        self.from_1904 = from_1904
        self.tidy = Tidy()

    def value(self, cell: etree._Element) -> Cell:
        kind = cell.get("t", "n")
        if kind == "e":
            return Oddity.ERROR
        inside = {child.tag.rpartition("}")[2]: child for child in cell}
        if kind == "inlineStr":
            return self.tidy[_rich_text(inside["is"])] if "is" in inside else None
        if "v" in inside and inside["v"].text:
            return self.saved(kind, inside["v"].text, int(cell.get("s", "0")))
        # A formula may well give an empty text; its element is there then, and it says that it is text.
        is_empty_text = kind == "str" and "v" in inside
        return Oddity.NO_VALUE if "f" in inside and not is_empty_text else None

    def saved(self, kind: str, text: str, style: int) -> Cell:
        """The value that was saved as `text` in a cell of this kind."""
        if kind == "s":
            return self.tidy[self.strings[int(text)]] if int(text) < len(self.strings) else Oddity.ERROR
        if kind == "b":
            return text.strip() in ("1", "true")
        if kind == "str":
            return self.tidy[_unescaped(text)]
        try:
            return _from_iso(text) if kind == "d" else self.numeric(float(text), style)
        except ValueError:
            return self.tidy[text]

    def numeric(self, value: float, style: int) -> Cell:
        shown_as = self.formats[style] if style < len(self.formats) else Format.NUMBER
        if shown_as is Format.PERCENT:
            return Percent(value)
        if shown_as is Format.NUMBER or not 0 <= value < self.days:
            return number(value)
        return duration(datetime.timedelta(days=value)) if shown_as is Format.DURATION else self.moment(value)

    def moment(self, serial: float) -> datetime.date | datetime.time:
        """Days since the epoch, to the millisecond; the first sixty count a 29 February 1900 that never was."""
        early = serial < 60 and not self.from_1904
        moment = self.epoch + datetime.timedelta(days=early, milliseconds=round(serial * MILLISECONDS))
        if serial < 1:
            return moment.time()
        return moment.date() if moment.time() == datetime.time() else moment


def _from_iso(text: str) -> datetime.date:
    moment = datetime.datetime.fromisoformat(text).replace(tzinfo=None)
    return moment if "T" in text else moment.date()


def _rich_text(item: etree._Element) -> str:
    """The text of all runs, without the reading aids beside them (rPh)."""
    runs = item.iterfind("{*}r/{*}t")
    return _unescaped("".join(text.text or "" for text in [*item.iterfind("{*}t"), *runs]))


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text
