"""Formulas as .xlsx files hold them: what they point at, and how their text moves with the cell. Pure.

Understands enough for these two questions and no more; whatever it does not know raises NotUnderstood,
so that a caller can take the careful way.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from integrations.references import MAX_COLUMN, MAX_ROW, Area, column_number, letters

_WORD = r"[^\W\d]|[\\_]"
_PREFIX = r"(?:'(?:[^']|'')+'|(?:\[\d+\])?[\w.]+(?::[\w.]+)?|\[\d+\])!"
_CELL = r"\$?[A-Za-z]{1,3}\$?[1-9]\d{0,6}"
_AREA = rf"{_CELL}(?::{_CELL})?|\$?[A-Za-z]{{1,3}}:\$?[A-Za-z]{{1,3}}|\$?\d+:\$?\d+"
_TOKEN = re.compile(
    rf"""
      (?P<text> "(?:[^"]|"")*" )
    | (?P<reference> (?:{_PREFIX})? (?:{_AREA}) (?![\w.(\[!\\]) )
    | (?P<name> (?:{_PREFIX})? (?:{_WORD}) [\w.\\?]* (?![\w.\\?\[!]) )
    | (?P<structured> (?:{_WORD}) [\w.\\]* \[ (?: [^\[\]'] | '. | \[ (?:[^\[\]'] | '.)* \] )* \] )
    | (?P<error> (?:{_PREFIX})? \#[A-Z][A-Z0-9_/]*[!?]? )
    | (?P<array> \{{ (?: "(?:[^"]|"")*" | [^"{{}}] )* \}} )
    | (?P<number> (?:\d+\.?\d*|\.\d+) (?:[Ee][+-]?\d+)? (?![\w.:]) )
    | (?P<joined> : )
    | (?P<other> [-+*/^&=<>%(),;\s@] )
    """,
    re.VERBOSE,
)
_CORNER = re.compile(r"(\$?)([A-Za-z]{1,3})?(\$?)(\d+)?")
_OTHER_BOOK = re.compile(r"'?\[[1-9]")
_SPECIFIER = re.compile(r"\[((?:[^\[\]']|'.)*)\]")
_QUOTED = re.compile(r"'(.)")
_CALL = re.compile(r"\s*\(")
# These make a reference out of text or numbers: where they point is known only when they run.
_BLIND = {"INDIRECT", "OFFSET", "EVALUATE", "CALL", "REGISTER.ID"}
_CONSTANT = {"TRUE", "FALSE"}


class NotUnderstood(Exception):
    """The formula holds something that this module does not know."""

    def __init__(self, formula: str) -> None:
        super().__init__(f"cannot read the formula {formula!r}")


@dataclass(frozen=True)
class Corner:
    """One side of a reference; no row in A:C, no column in 1:3."""

    row: int | None
    column: int | None
    row_fixed: bool
    column_fixed: bool

    def moved(self, rows: int, columns: int) -> "Corner":
        row = self.row if self.row is None or self.row_fixed else self.row + rows
        column = self.column if self.column is None or self.column_fixed else self.column + columns
        return replace(self, row=row, column=column)

    @property
    def inside(self) -> bool:
        return (self.row is None or 1 <= self.row <= MAX_ROW) and (
            self.column is None or 1 <= self.column <= MAX_COLUMN
        )

    def __str__(self) -> str:
        column = "" if self.column is None else "$" * self.column_fixed + letters(self.column)
        row = "" if self.row is None else "$" * self.row_fixed + str(self.row)
        return column + row


@dataclass(frozen=True)
class Reference:
    """Cells by address. `prefix` is what stands before the address, with its exclamation mark."""

    prefix: str
    corners: tuple[Corner, ...]

    def moved(self, rows: int, columns: int) -> "Reference":
        return Reference(self.prefix, tuple(corner.moved(rows, columns) for corner in self.corners))

    @property
    def inside(self) -> bool:
        return all(corner.inside for corner in self.corners)

    @property
    def is_absolute(self) -> bool:
        """Whether it names its tab, and points at the same cells from everywhere."""
        return bool(self.prefix) and self.moved(1, 1) == self

    @property
    def area(self) -> Area:
        rows = [corner.row for corner in self.corners if corner.row is not None] or [1, MAX_ROW]
        columns = [corner.column for corner in self.corners if corner.column is not None] or [1, MAX_COLUMN]
        return Area(min(rows), min(columns), max(rows), max(columns))

    @property
    def sheet(self) -> str:
        """The tab's title, "" for the formula's own; one with a colon stands for several tabs, and is no title."""
        title = self.prefix.removesuffix("!")
        return title[1:-1].replace("''", "'") if title.startswith("'") else title

    @property
    def elsewhere(self) -> bool:
        """In another workbook: [1]Sheet1!A1."""
        return _OTHER_BOOK.match(self.prefix) is not None

    def __str__(self) -> str:
        return self.prefix + ":".join(map(str, self.corners))


@dataclass(frozen=True)
class Name:
    """A defined name, or the word before a bracket: a function unless a name says otherwise."""

    text: str
    called: bool


@dataclass(frozen=True)
class Columns:
    """Part of a table: Table1[[#This Row],[Price]]. No columns named: all of them."""

    table: str
    own_row: bool
    names: tuple[str, ...]


Use = Reference | Name | Columns


def uses(formula: str) -> tuple[Use, ...]:
    """Everything that the formula may read. Raises NotUnderstood if it may read what its text does not say."""
    found: list[Use] = []
    for token in _tokens(formula):
        match token.lastgroup:
            case "reference":
                found.append(_reference(token))
            case "name":
                found.extend(_name(token))
            case "structured":
                found.append(_columns(token[0]))
            case "joined":  # A1:INDEX(…): the other end is known only when it runs
                raise NotUnderstood(formula)
    return tuple(use for use in found if not (isinstance(use, Reference) and use.elsewhere))


def moved(formula: str, rows: int, columns: int) -> str:
    """The text of the formula when its cell moves. Raises NotUnderstood, also if it would point off the sheet."""
    return "".join(_moved(token, rows, columns) for token in _tokens(formula))


def _moved(token: re.Match[str], rows: int, columns: int) -> str:
    if token.lastgroup != "reference":
        return token[0]
    there = _reference(token).moved(rows, columns)
    if not there.inside:
        raise NotUnderstood(token.string)
    return str(there)


def _tokens(formula: str) -> Iterator[re.Match[str]]:
    position = 0
    while position < len(formula):
        token = _TOKEN.match(formula, position)
        if token is None:
            raise NotUnderstood(formula)
        yield token
        position = token.end()


def _reference(token: re.Match[str]) -> Reference:
    prefix, mark, address = token[0].rpartition("!")
    reference = Reference(prefix + mark, tuple(map(_corner, address.split(":"))))
    if not reference.inside:  # XFE1 is a name that looks like a cell
        raise NotUnderstood(token.string)
    return reference


def _corner(text: str) -> Corner:
    found = _CORNER.fullmatch(text)
    if found is None:
        raise NotUnderstood(text)
    column = column_number(found[2]) if found[2] else None
    row = int(found[4]) if found[4] else None
    # In $5 the first group takes the dollar sign that belongs to the row.
    return Corner(row, column, bool(found[3] or (column is None and found[1])), bool(column and found[1]))


def _columns(text: str) -> Columns:
    """Table1[Price], Table1[[#This Row],[From]:[To]]; an apostrophe takes the next letter as it is."""
    table, _bracket, rest = text.partition("[")
    inner = rest.removesuffix("]")
    listed = _SPECIFIER.findall(inner) if inner.lstrip(" @").startswith("[") else [inner.removeprefix("@")]
    names = tuple(_QUOTED.sub(r"\1", name) for name in listed if name and not name.startswith("#"))
    return Columns(table, "#this row" in map(str.lower, listed) or inner.startswith("@"), names)


def _name(token: re.Match[str]) -> Iterator[Name]:
    text = token[0].rpartition("!")[2]
    called = _CALL.match(token.string, token.end()) is not None
    if called and text.upper().removeprefix("_XLFN.") in _BLIND:
        raise NotUnderstood(token.string)
    local = text.lower().startswith("_xlpm.")  # a variable of LET or LAMBDA
    if not local and (called or text.upper() not in _CONSTANT):
        yield Name(text, called)
