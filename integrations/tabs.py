"""The tabs of an .xlsx file as grids of cells: by calamine where it can be trusted, from the XML where it cannot."""

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from zipfile import ZipFile

from lxml import etree
from python_calamine import CalamineError, CalamineWorkbook

from integrations import sheetxml
from integrations.cells import Grid, Tab, Tidy, tidied
from integrations.guard import Damaged, Unusual
from integrations.ooxml import Parts, Refused, is_true
from integrations.references import Area, column_number, parse_area
from integrations.sheetxml import BLOCK, Format, Misplaced

# calamine gives error cells and CDATA as blanks, and some errors not at all; the searches below know double quotes
# alone. Before each what must be there too: one byte is found many times faster than several.
ODD = {b"#": b't="e"', b"]": b"<![", b"'": b"='"}
# No saved result behind the formula; an unusual way of writing one matches too, and costs only time.
_NO_RESULT = re.compile(rb"(?:</f>|<f(?:\s[^>]*)?/>)(?!<v>[^<])")
_FAR = re.compile(rb' r="(?:[A-Z]{3}|[A-Z]{1,2}[0-9]{5})')
_PLACE = re.compile(rb' r="([A-Z]{1,3})([0-9]{1,7})"')
_MERGED = re.compile(rb'mergeCell\s[^>]*?\bref="([A-Z0-9:]+)"')
_MAY_BE_PERCENT = re.compile(rb"""%|numFmtId=["'](?:9|10)["']""")


@dataclass(frozen=True)
class _Source:
    name: str
    part: str
    hidden: bool


class Workbook:
    """An .xlsx file that `guard.inspect` has passed. `tidy` may know the cells of other files already."""

    def __init__(self, data: bytes, path: Path, tidy: Tidy) -> None:
        self.data = data
        self.path = path
        self.tidy = tidy

    def tabs(self) -> list[Tab]:
        """The tabs that hold cells, those that people see first. Raises Damaged, Unusual."""
        try:
            return [self._tab(source) for source in self._sources()]
        except (etree.XMLSyntaxError, Misplaced) as fault:
            raise Damaged(self.path) from fault
        except (Refused, ValueError) as fault:
            raise Unusual(self.path) from fault

    @cached_property
    def parts(self) -> Parts:
        return Parts(ZipFile(io.BytesIO(self.data)))

    @cached_property
    def book(self) -> str:
        (book,) = self.parts.related("", "officeDocument")
        return book

    def _sources(self) -> list[_Source]:
        relations = {relation.identity: relation for relation in self.parts.relations(self.book)}
        sources = [
            _Source(entry.get("name", ""), relation.target, entry.get("state", "visible") != "visible")
            for entry in self.parts.tree(self.book).iterfind("{*}sheets/{*}sheet")
            if (relation := relations.get(_relation_id(entry))) and relation.kind.endswith("/worksheet")
        ]
        return sorted(sources, key=lambda source: source.hidden)

    def _tab(self, source: _Source) -> Tab:
        xml = self.parts.raw(source.part)
        grid = self._by_calamine(source.name) if self._is_plain(xml) else None
        if grid is None:
            grid = sheetxml.grid(xml, self.strings, self.formats, self.from_1904)
        return Tab(source.name, grid, tuple(_merged(xml)))

    def _by_calamine(self, name: str) -> Grid | None:
        """None when calamine does not understand the tab."""
        try:
            rows = self.calamine.get_sheet_by_name(name).to_python(skip_empty_area=False) if self.calamine else None
        except CalamineError:
            return None
        return None if rows is None else tidied(rows, self.tidy)

    @cached_property
    def calamine(self) -> CalamineWorkbook | None:
        try:
            return CalamineWorkbook.from_filelike(io.BytesIO(self.data))
        except CalamineError:
            return None

    def _is_plain(self, xml: bytes) -> bool:
        """Whether calamine gives all that the tab holds. Searches bytes: much quicker than to parse them."""
        start, end = xml.find(b"<sheetData"), xml.rfind(b"</sheetData>")
        return (
            start >= 0
            and not any(byte in xml and xml.find(mark, start, end) >= 0 for byte, mark in ODD.items())
            and not (xml.find(b"<f", start, end) >= 0 and _NO_RESULT.search(xml, start, end))
            and not (_FAR.search(xml) and _block(xml) > BLOCK)
            and not (self.percents and self.percents.search(xml))
        )

    @cached_property
    def percents(self) -> re.Pattern[bytes] | None:
        """Finds a cell under a percent format; None in a workbook without one."""
        styles = self._related("styles")
        if not styles or not _MAY_BE_PERCENT.search(styles):
            return None
        numbers = [str(number) for number, shown_as in enumerate(self.formats) if shown_as is Format.PERCENT]
        return re.compile(rb' s="(?:%s)"' % "|".join(numbers).encode()) if numbers else None

    @cached_property
    def formats(self) -> list[Format]:
        styles = self.parts.related(self.book, "styles")
        return sheetxml.formats(self.parts.tree(styles[0])) if styles else []

    @cached_property
    def strings(self) -> list[str]:
        strings = self._related("sharedStrings")
        return sheetxml.shared_strings(strings) if strings else []

    @cached_property
    def from_1904(self) -> bool:
        properties = self.parts.tree(self.book).find("{*}workbookPr")
        return properties is not None and is_true(properties.get("date1904"))

    def _related(self, kind: str) -> bytes:
        found = self.parts.related(self.book, kind)
        return self.parts.raw(found[0]) if found else b""


def _relation_id(sheet: etree._Element) -> str:
    return next((value for name, value in sheet.items() if name.endswith("}id")), "")


def _block(xml: bytes) -> int:
    """How many cells calamine would lay out, 32 bytes each, however few of them are filled."""
    places = set(_PLACE.findall(xml))
    rows = max((int(row) for _column, row in places), default=0)
    return rows * max((column_number(column.decode()) for column, _row in places), default=0)


def _merged(xml: bytes) -> Iterator[Area]:
    for found in _MERGED.finditer(xml, max(xml.rfind(b"</sheetData>"), 0)):
        area = parse_area(found[1].decode())
        if area and area.bottom > area.top:
            yield area
