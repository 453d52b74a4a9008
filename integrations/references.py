"""Cells and areas as spreadsheets write them: B7, A1:C20. Rows and columns count from 1."""

import re
from typing import NamedTuple

MAX_ROW = 1_048_576
MAX_COLUMN = 16_384

_CELL = re.compile(r"\$?([A-Za-z]{1,3})\$?([1-9][0-9]{0,6})")


class Area(NamedTuple):
    """A block of cells, all four sides included."""

    top: int
    left: int
    bottom: int
    right: int

    def holds(self, row: int, column: int) -> bool:
        return self.top <= row <= self.bottom and self.left <= column <= self.right

    def down_to(self, bottom: int) -> "Area":
        return self._replace(bottom=bottom)

    def __str__(self) -> str:
        first, last = cell_name(self.top, self.left), cell_name(self.bottom, self.right)
        return first if first == last else f"{first}:{last}"

    @property
    def fixed(self) -> str:
        """With dollar signs, as defined names hold it."""
        return f"${letters(self.left)}${self.top}:${letters(self.right)}${self.bottom}"


def letters(column: int) -> str:
    text = ""
    while column:
        column, digit = divmod(column - 1, 26)
        text = chr(ord("A") + digit) + text
    return text


def column_number(text: str) -> int:
    number = 0
    for letter in text.upper():
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def cell_name(row: int, column: int) -> str:
    return f"{letters(column)}{row}"


def parse_cell(text: str) -> tuple[int, int] | None:
    """(row, column), or None when the text names no cell."""
    found = _CELL.fullmatch(text)
    return (int(found[2]), column_number(found[1])) if found else None


def parse_area(text: str) -> Area | None:
    """A cell or a block; None for anything else (a whole column, a name)."""
    first, _, last = text.partition(":")
    start, end = parse_cell(first), parse_cell(last or first)
    return Area(*start, *end) if start and end else None
