"""What stands in a cell, in the one form that every reader of files here gives. Pure, and quick to import."""

import datetime
import math
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from integrations.references import Area
from models.blanks import trim


class Oddity(Enum):
    """What a cell holds where it has no value: never to be taken for a blank, which would clear a field."""

    ERROR = "error"  # #REF!, #DIV/0!, #SPILL! …
    NO_VALUE = "no value"  # a formula whose result was not saved with it


class Percent(float):
    """A number under a percent format: 0.925 is shown as 92.5%."""


Cell = str | int | float | bool | datetime.date | datetime.datetime | datetime.time | Oddity | None
_FINAL = frozenset([bool, Percent])
# A row ends with its last filled cell, a grid with its last filled row: rows differ in length.
Grid = list[list[Cell]]

EPOCH = datetime.datetime(1899, 12, 30)  # the day of the number 0
LAST_DAY = 2_958_465  # the number of 9999-12-31

# 15 digits is what a spreadsheet keeps: a longer "whole" number has lost its end, and must not look like a code.
WHOLE = 10**15


@dataclass(frozen=True)
class Tab:
    """A tab's cells, and the blocks of them that are merged: only a block's first cell is filled."""

    name: str
    grid: Grid
    merged: tuple[Area, ...] = ()

    def spread(self) -> Grid:
        """The cells, where a block merged downwards says in every row of its first column what it says in the first.

        Not sideways: a note across the tab is one cell. Changes the grid.
        """
        for area in self.merged:
            column, rows = area.left - 1, self.grid[area.top - 1 : area.bottom]
            value = rows[0][column] if rows and column < len(rows[0]) else None
            for row in rows if value is not None else ():
                row.extend([None] * (column + 1 - len(row)))
                row[column] = value
        return self.grid


class Tidy(dict[object, Cell]):
    """Turns a parser's value into a Cell: text trimmed, blanks None, whole numbers int.

    It remembers: labels and dates recur, and one object for each makes the answer of a child process small. What equals
    a number and is more than that (True, a Percent) must not come here: see `tidied`.
    """

    def __missing__(self, value: object) -> Cell:
        cell = self[value] = tidy(value)
        return cell


def tidy(value: object) -> Cell:
    if isinstance(value, str):
        return trim(value) or None
    if isinstance(value, float):
        return number(value)
    if isinstance(value, datetime.timedelta):
        return duration(value)
    return value  # type: ignore[return-value]


def number(value: float) -> int | float | str:
    """A whole number of at most 15 digits as int; what is no number at all (an overflow) as its text."""
    if not math.isfinite(value):
        return str(value)
    return int(value) if value.is_integer() and abs(value) < WHOLE else value


def duration(value: datetime.timedelta) -> str | datetime.time:
    """Under a day a time; else hours, minutes and seconds as [h]:mm:ss shows them."""
    seconds = round(value.total_seconds())
    if 0 <= seconds < 86_400:
        return datetime.time(seconds // 3600, seconds // 60 % 60, seconds % 60)
    sign, seconds = "-" if seconds < 0 else "", abs(seconds)
    return f"{sign}{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def tidied(rows: Iterable[Iterable[object]], tidy: Tidy) -> Grid:
    """What a parser gave as a grid: every value tidy, rows without their blank ends, no blank rows at the end."""
    grid = [[value if value.__class__ in _FINAL else tidy[value] for value in row] for row in rows]
    for row in grid:
        while row and row[-1] is None:
            row.pop()
    while grid and not grid[-1]:
        grid.pop()
    return grid


def moment_of(number: float) -> datetime.datetime:
    """The day and time that a number stands for, to the second. 0 < number <= LAST_DAY."""
    return EPOCH + datetime.timedelta(days=round(number * 86_400) / 86_400)
