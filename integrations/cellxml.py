"""What one cell element holds: text, number, truth value or date, written so that nobody takes it for a formula."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from math import isfinite

from lxml import etree

from integrations.ooxml import Refused, main
from integrations.styles import SHORT_DATE, SHORT_DATE_AND_TIME, Styles, serial
from models.words import _

Value = str | int | float | bool | date | None

TEXT_LIMIT = 32_767  # UTF-16 units, as Excel counts

_SPACE = "{http://www.w3.org/XML/1998/namespace}space"
# What XML cannot hold, and a carriage return, which XML would make a line feed.
_ESCAPED = re.compile("[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")
_CONTENT = {main("f"), main("v"), main("is")}
# Attributes that say how the old content was to be read: type, formula and value metadata, phonetics.
_OF_CONTENT = ("t", "cm", "vm", "ph")


@dataclass(frozen=True)
class Dates:
    """How one book keeps dates."""

    from_1904: bool
    styles: Styles


def is_blank(value: Value) -> bool:
    return value is None or value == ""


def has_content(cell: etree._Element) -> bool:
    return any(child.tag in _CONTENT for child in cell)


def empty(cell: etree._Element) -> None:
    """Takes the content out; style and extensions stay."""
    for child in [child for child in cell if child.tag in _CONTENT]:
        cell.remove(child)
    for name in _OF_CONTENT:
        cell.attrib.pop(name, None)


def fill(cell: etree._Element, value: Value, dates: Dates) -> None:
    """Puts the value into an empty cell. Raises Refused for text that is too long and numbers that are none."""
    if isinstance(value, date):
        _fill_date(cell, value, dates)
    elif isinstance(value, str):
        _fill_text(cell, value)
    elif isinstance(value, bool):
        cell.set("t", "b")
        _insert(cell, "v").text = str(int(value))
    elif value is not None:
        _insert(cell, "v").text = _number(value)


def fill_formula(cell: etree._Element, formula: str) -> None:
    """Puts a formula without a result into an empty cell."""
    _insert(cell, "f").text = formula


def _insert(cell: etree._Element, name: str) -> etree._Element:
    """A new first child: content stands before a cell's extensions."""
    child = cell.makeelement(main(name))
    cell.insert(0, child)
    return child


def _fill_text(cell: etree._Element, text: str) -> None:
    if not text:
        return
    if len(text.encode("utf-16-le", "surrogatepass")) // 2 > TEXT_LIMIT:
        raise Refused(_("{cell} 的文字超过 {limit} 字").format(cell=cell.get("r"), limit=TEXT_LIMIT))
    cell.set("t", "inlineStr")
    child = etree.SubElement(_insert(cell, "is"), main("t"))
    child.text = _ESCAPED.sub(lambda found: f"_x{ord(found[0]):04X}_", text)
    if text != text.strip() or any(blank in text for blank in ("\n", "\t", "  ")):
        child.set(_SPACE, "preserve")


def _fill_date(cell: etree._Element, day: date, dates: Dates) -> None:
    number = serial(day, dates.from_1904)
    if number is None:  # before the book's calendar begins: readable text rather than a wrong day
        _fill_text(cell, day.isoformat())
        return
    _insert(cell, "v").text = number
    style = int(cell.get("s") or 0)
    if not dates.styles.is_date(style):
        kind = SHORT_DATE_AND_TIME if isinstance(day, datetime) else SHORT_DATE
        cell.set("s", str(dates.styles.dated(style, kind)))


def _number(value: int | float) -> str:
    if isinstance(value, int):
        return str(int(value))
    if not isfinite(value):
        raise Refused(_("{value} 不是能写入的数").format(value=value))
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(float(value))
