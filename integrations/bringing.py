"""A workbook that was filled in elsewhere and comes back: what of it goes into the shared one. Pure.

Three states of one tab are compared: as it was handed out, as it came back, as the shared workbook is now. What the
person changed is typed into the shared workbook as if they had had it open; a cycle then takes it from there. A cell that
another has changed there meanwhile stays as it is, and what came back is told.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from integrations.cells import LAST_DAY, Cell, Oddity, moment_of
from integrations.references import cell_name
from integrations.workbook import SheetRow, SheetTab
from models.kinds import Date, shown
from models.schema import Table
from models.words import _

Content = tuple[tuple[str, Cell], ...]


@dataclass(frozen=True)
class Clash:
    """Something that came back and was not taken: the record's id where it has one, field, place as G12, what was typed."""

    row: str | None
    field: str | None
    number: int
    cell: str
    text: str
    message: str


@dataclass
class Brought:
    """What goes into one tab of the shared workbook: (row, column) from 1 -> cell; `grow` are new rows below it."""

    cells: dict[tuple[int, int], Cell] = field(default_factory=dict)
    grow: list[int] = field(default_factory=list)
    clashes: list[Clash] = field(default_factory=list)
    gone: int = 0

    @property
    def edited(self) -> int:
        """How many cells were typed, new rows' included."""
        return len(self.cells)


def bring(table: Table, before: SheetTab, mine: SheetTab, there: SheetTab) -> Brought:
    """What a person did between `before` and `mine`, to be done to `there`."""
    return _Bringing(table, before, mine, there).run()


class _Bringing:
    """One tab on its way."""

    def __init__(self, table: Table, before: SheetTab, mine: SheetTab, there: SheetTab) -> None:
        shared = before.columns.keys() & mine.columns.keys() & there.columns.keys()
        self.fields = [one for one in table.sheet_fields if one.name in shared]
        days = {one.name for one in self.fields if isinstance(one.kind, Date)}
        self.before, self.mine, self.there = (with_days(with_own_ids(one), days) for one in (before, mine, there))
        self.was = {row.id: row for row in self.before.rows if row.id}
        self.now = {row.id: row for row in self.there.rows if row.id}
        self.done = Brought()

    def run(self) -> Brought:
        told = {row.id: row for row in self.mine.rows if row.id}
        for row_id, row in told.items():
            if row_id in self.was:
                self.edit(row, self.was[row_id], self.now.get(row_id))
            elif row_id not in self.now:
                self.clash(row, None, self.first(row), _("编号不是这张表的，留空才是新的一行"))
        for row_id in self.was.keys() - told.keys():
            self.drop(self.was[row_id], self.now.get(row_id))
        for row in self.fresh():
            self.add(row)
        return self.done

    # ---- rows that were there

    def edit(self, row: SheetRow, was: SheetRow, now: SheetRow | None) -> None:
        """Type what the person changed; where another changed the same cell, say so."""
        for one in self.fields:
            typed, old = row.cells[one.name], was.cells[one.name]
            if isinstance(typed, Oddity) or same(typed, old):
                continue
            if now is None:
                self.clash(row, one.name, typed, _("共享表里已没有这一行，没有收"))
            elif same(now.cells[one.name], old):
                self.done.cells[now.number, self.there.columns[one.name]] = typed
            elif not same(now.cells[one.name], typed):
                other = shown_cell(now.cells[one.name])
                self.clash(row, one.name, typed, _("共享表里已改为 {other}，没有收").format(other=other), now.number)

    def drop(self, was: SheetRow, now: SheetRow | None) -> None:
        """Blank a row that the person took out, unless another has worked on it since."""
        if now is None:
            return
        if any(not same(now.cells[one.name], was.cells[one.name]) for one in self.fields):
            self.clash(was, None, None, _("传回的表里删了这一行，共享表里后来改过，没有删"), now.number)
            return
        self.done.gone += 1
        self.done.cells[now.number, self.there.columns["id"]] = None
        for one in self.fields:
            if now.cells[one.name] is not None:
                self.done.cells[now.number, self.there.columns[one.name]] = None

    # ---- rows without an id

    def fresh(self) -> Iterator[SheetRow]:
        """Rows that the person wrote: those without an id that were not there as they are, or are there by now."""
        known = [self.content(row) for row in self.before.rows if row.id is None]
        arrived = [self.content(row) for row in self.there.rows if row.id not in self.was]
        for row in self.mine.rows:
            content = self.content(row)
            if row.id is not None or not content:
                continue
            if content in known:
                known.remove(content)
            elif content in arrived:
                arrived.remove(content)  # it came back before, or somebody has typed the same
            else:
                yield row

    def add(self, row: SheetRow) -> None:
        """Write a row below the others; one that completes a row still waiting for its id goes over that."""
        was = next((one for one in self.before.rows if one.id is None and one.number == row.number), None)
        if was is not None:
            found = [one for one in self.there.rows if one.id is None and self.content(one) == self.content(was)]
            self.edit(row, was, found[0] if found else None)
            return
        number = self.there.last_row + len(self.done.grow) + 1
        self.done.grow.append(number)
        self.done.cells |= {(number, self.there.columns[name]): cell for name, cell in self.content(row)}

    def content(self, row: SheetRow) -> Content:
        """What a row says, blanks left out."""
        cells = ((one.name, row.cells.get(one.name)) for one in self.fields)
        return tuple((name, plain(cell)) for name, cell in cells if cell is not None and not isinstance(cell, Oddity))

    # ---- what was not taken

    def first(self, row: SheetRow) -> Cell:
        return next((cell for _name, cell in self.content(row)), None)

    def clash(self, row: SheetRow, name: str | None, typed: Cell, why: str, number: int = 0) -> None:
        column = self.there.columns.get(name) if name else None
        place = cell_name(number, column) if column and number else ""
        self.done.clashes.append(Clash(row.id, name, number or row.number, place, shown_cell(typed), why))


def with_own_ids(tab: SheetTab) -> SheetTab:
    """A tab where an id is the first row's that has it: its copies are rows without one."""
    return replace(tab, rows=tuple(replace(row, id=None) if row.number in tab.copies else row for row in tab.rows))


def with_days(tab: SheetTab, names: Collection[str]) -> SheetTab:
    """A tab whose days are days: Google Sheets gives them as numbers, and so may a person."""

    def dated(cells: Mapping[str, Cell]) -> Mapping[str, Cell]:
        return {name: as_day(cell) if name in names else cell for name, cell in cells.items()}

    return replace(tab, rows=tuple(replace(row, cells=dated(row.cells)) for row in tab.rows))


def as_day(cell: Cell) -> Cell:
    is_day = isinstance(cell, int | float) and not isinstance(cell, bool) and 0 < cell <= LAST_DAY
    return moment_of(cell).date() if is_day else cell  # type: ignore[arg-type]


def plain(cell: Cell) -> Cell:
    """A cell to compare: whole numbers are whole."""
    return int(cell) if isinstance(cell, float) and cell.is_integer() else cell


def same(one: Cell, other: Cell) -> bool:
    """Whether two cells say the same. True is not 1, a percent is its number."""
    return plain(one) == plain(other) and isinstance(one, bool) == isinstance(other, bool)


def shown_cell(cell: Cell) -> str:
    """A cell in words."""
    return _("空白") if cell is None else _("公式出错") if isinstance(cell, Oddity) else shown(cell)


def total(brought: Iterable[Brought]) -> Mapping[str, int]:
    """{"cells", "rows", "gone", "clashes"}: what came of a workbook's tabs. `cells` are those of rows that were there."""
    tabs = list(brought)
    return {
        "cells": sum(
            sum(row not in tab.grow and cell is not None for (row, _c), cell in tab.cells.items()) for tab in tabs
        ),
        "rows": sum(len(tab.grow) for tab in tabs),
        "gone": sum(tab.gone for tab in tabs),
        "clashes": sum(len(tab.clashes) for tab in tabs),
    }
