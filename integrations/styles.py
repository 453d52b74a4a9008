"""Cell styles, as far as dates need them: does a style show a date, and one that does."""

import copy
import re
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Final

from lxml import etree

from integrations.ooxml import Parts, Refused, main
from models.words import _

_FIRST_OWN = 164  # number formats below are built in
SHORT_DATE: Final = 14
SHORT_DATE_AND_TIME: Final = 22

# Built-in formats that show a day or a month, those of Chinese editions (27-58) among them; the rest of them show times.
_BUILT_IN = {14, 15, 16, 17, 22, 27, 28, 29, 30, 31, 36, 50, 51, 52, 53, 54, 57, 58}
# Not letters of a date: quoted and escaped text, colours and conditions, "General", the E of 1E+03.
_LITERAL = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?![hms]+\])[^\]]*\]|general|e[+-]', re.IGNORECASE)
_EPOCH_1904 = datetime(1904, 1, 1)
# Excel counts a 29 February 1900 that never was: before it, days are one less far from the epoch.
_EPOCH_1900 = datetime(1899, 12, 30)
_EPOCH_1900_JANUARY = datetime(1899, 12, 31)


def serial(day: date, from_1904: bool) -> str | None:
    """The day (and time) as the number that a cell holds; None before the book's first day."""
    moment = day.replace(tzinfo=None) if isinstance(day, datetime) else datetime(day.year, day.month, day.day)
    if from_1904:
        epoch = _EPOCH_1904
    else:
        epoch = _EPOCH_1900 if moment >= datetime(1900, 3, 1) else _EPOCH_1900_JANUARY
    since = moment - epoch
    if since < timedelta(0) or (not from_1904 and since.days == 0):
        return None
    number = since.days + round((since - timedelta(since.days)) / timedelta(days=1), 11)
    return repr(int(number) if number == int(number) else number)


def shows_date(code: str) -> bool:
    """Whether a number format shows a day, month or year; `mm` alone is minutes beside hours, months otherwise."""
    letters = set(_LITERAL.sub("", code).lower())
    return bool(letters & set("yde年月日")) or ("m" in letters and not letters & set("hs"))


class Styles:
    """A workbook's styles, read when first asked for. A style is a number: a place in the list of cell formats."""

    def __init__(self, parts: Parts, workbook_part: str) -> None:
        self._parts = parts
        self._workbook_part = workbook_part

    def is_date(self, style: int) -> bool:
        number = self._format(style).get("numFmtId", "0")
        return shows_date(self._codes[number]) if number in self._codes else int(number) in _BUILT_IN

    def dated(self, style: int, number_format: int) -> int:
        """The style that is like this one and shows a date; added to the part if there is none."""
        wanted = copy.deepcopy(self._format(style))
        wanted.set("numFmtId", str(number_format))
        wanted.set("applyNumberFormat", "1")
        text = etree.tostring(wanted, with_tail=False)
        for place, entry in enumerate(self._formats):
            if etree.tostring(entry, with_tail=False) == text:
                return place
        self._formats.append(wanted)
        self._formats.set("count", str(len(self._formats)))
        self._parts.touch(self._part)
        return len(self._formats) - 1

    def adopt(self, other: etree._Element) -> list[int]:
        """Take in the cell formats of another workbook, with their fonts, fills, borders and number formats.

        Returns the style that each of them is here.
        """
        moved = {name: self._adopt_list(other, name) for name in ("fonts", "fills", "borders")}
        codes = {one.get("numFmtId"): one.get("formatCode") for one in other.iter(main("numFmt"))}
        found = []
        for entry in other.find(main("cellXfs")):
            mine = copy.deepcopy(entry)
            mine.set("xfId", "0")
            for name, kind in (("fontId", "fonts"), ("fillId", "fills"), ("borderId", "borders")):
                mine.set(name, str(moved[kind] + int(entry.get(name, "0"))))
            if entry.get("numFmtId") in codes:
                mine.set("numFmtId", self._number_format(codes[entry.get("numFmtId")]))
            self._formats.append(mine)
            found.append(len(self._formats) - 1)
        self._formats.set("count", str(len(self._formats)))
        self._parts.touch(self._part)
        return found

    def _adopt_list(self, other: etree._Element, name: str) -> int:
        """Append another workbook's fonts, fills or borders; returns where the first of them is."""
        mine, theirs = self._parts.tree(self._part).find(main(name)), other.find(main(name))
        if mine is None:
            raise Refused(_("文件没有单元格样式"))
        first = len(mine)
        mine.extend(copy.deepcopy(list(theirs)))
        mine.set("count", str(len(mine)))
        return first

    def _number_format(self, code: str) -> str:
        """The number of a number format of the book's own; added where there is none."""
        if code in self._codes.values():
            return next(number for number, text in self._codes.items() if text == code)
        root = self._parts.tree(self._part)
        entries = root.find(main("numFmts"))
        if entries is None:
            entries = root.makeelement(main("numFmts"))
            root.insert(0, entries)
        number = str(max([_FIRST_OWN - 1, *map(int, self._codes)]) + 1)
        entries.append(entries.makeelement(main("numFmt"), {"numFmtId": number, "formatCode": code}))
        entries.set("count", str(len(entries)))
        self._codes[number] = code
        return number

    @cached_property
    def _part(self) -> str:
        found = self._parts.related(self._workbook_part, "styles")
        if not found:
            raise Refused(_("文件没有单元格样式"))
        return found[0]

    @cached_property
    def _formats(self) -> etree._Element:
        formats = self._parts.tree(self._part).find(main("cellXfs"))
        if formats is None:
            raise Refused(_("文件没有单元格样式"))
        return formats

    @cached_property
    def _codes(self) -> dict[str, str]:
        """The book's own number formats."""
        entries = self._parts.tree(self._part).iterfind(f"{main('numFmts')}/{main('numFmt')}")
        return {entry.get("numFmtId", ""): entry.get("formatCode", "") for entry in entries}

    def _format(self, style: int) -> etree._Element:
        if style >= len(self._formats):
            raise Refused(_("单元格样式编号越界"))
        return self._formats[style]
