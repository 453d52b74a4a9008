"""The hidden tab of a workbook: whose it is, which of the app's writes was the last in it, its dropdowns' lines. Pure.

The number of the last write is what makes a cycle safe to kill, and a late save safe to take: it tells which of two
agreed states the file at hand belongs to (see agreed.py).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from integrations.cells import Cell, Grid
from integrations.workbook import Lists
from models.words import _

TITLE = "_zongfen"
SIGN = "zongfen"
SERIAL = (1, 4)  # the cell, row and column from 1, with the number of the last write
COPY = (1, 5)  # the cell with the mark of a copy that was handed out
LISTS_FROM = 3  # the row, from 1, where the lines of the dropdowns begin
LISTED = 400  # lines that a dropdown reaches down: a branch has a few dozen points


@dataclass(frozen=True)
class Identity:
    """What a hidden tab states: the installation, the site's code, the number of the last write (None if it is lost)."""

    installation: str
    code: str
    serial: int | None


def identity_of(grid: Grid) -> Identity | None:
    """What a hidden tab states; None where it is not one."""
    row: list[Cell] = [*(grid[0] if grid else []), None, None, None, None]
    if row[0] != SIGN or row[1] is None or row[2] is None:
        return None
    serial = row[SERIAL[1] - 1]
    return Identity(str(row[1]), str(row[2]), serial if isinstance(serial, int) else None)


def copy_of(grid: Grid) -> str:
    """The mark of a copy that was handed out; "" for the shared workbook itself."""
    row = grid[0] if grid else []
    mark = row[COPY[1] - 1] if len(row) >= COPY[1] else None
    return mark if isinstance(mark, str) else ""


def list_range() -> str:
    """Where a dropdown of references finds its lines: all shared tables refer to the workbook's own sites."""
    return f"={TITLE}!$A${LISTS_FROM}:$A${LISTS_FROM + LISTED - 1}"


def lines(lists: Lists) -> list[str]:
    """The lines of the dropdowns."""
    return [line for table in sorted(lists.names) for line in lists.offered(table)][:LISTED]


def first_rows(identity: Identity, lists: Lists) -> list[list[str | int | None]]:
    """The hidden tab of a new workbook."""
    head = [[SIGN, identity.installation, identity.code, identity.serial], [_("台账用，勿改")]]
    return [*head, *([line] for line in lines(lists))]


def stale_lines(grid: Grid, lists: Lists) -> dict[tuple[int, int], str | None]:
    """The cells whose dropdown lines are not what they should be, with what they should be."""
    wanted: Mapping[int, str] = dict(enumerate(lines(lists), LISTS_FROM))
    there = {number: row[0] for number, row in enumerate(grid[LISTS_FROM - 1 :], LISTS_FROM) if row}
    numbers = sorted(wanted.keys() | there.keys())
    return {(number, 1): wanted.get(number) for number in numbers if wanted.get(number) != there.get(number)}
