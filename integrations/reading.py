"""What people's files look like: finds the header among the rows, and tells records from all else. Knows no table."""

import os
import re
import unicodedata
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from integrations import delimited
from integrations.cells import Cell, Grid, Oddity, Percent, Tab, Tidy, tidied
from integrations.guard import Kind, ReaderDied, TooMuchMemory, TooSlow, Unusable, content, in_child, inspect
from models.blanks import trim
from models.words import _

__all__ = [
    "Cell",
    "Column",
    "Grid",
    "Guess",
    "NoHeader",
    "NoSheet",
    "Oddity",
    "Percent",
    "Reading",
    "Row",
    "Total",
    "best_guess",
    "grids",
    "grids_of_many",
    "read",
    "shape",
    "spread",
]

Headings = Callable[[str], str | None]
Grids = dict[str, Grid]

# A second child costs 0.05 s to start; more than four want more memory than they save time.
FILES_PER_CHILD = 20
MOST_CHILDREN = 4
HEADER_WITHIN = 20
TOTAL_WITHIN = 3
TOTALS = frozenset(["合计", "总计", "小计", "建设合计"])
_NOTE = re.compile(r"备\s*注|注\s*[：:]")


@dataclass(frozen=True)
class Column:
    """A column with a heading. `index` counts from 0; `field` is None if unknown, or taken by a column before it."""

    index: int
    header: str
    field: str | None


@dataclass(frozen=True)
class Row:
    """A record. `number` is the row's in the file, from 1 (in a .csv the record's); a value for every known column."""

    number: int
    values: dict[str, Cell]


@dataclass(frozen=True)
class Total:
    """A total row: its label as it stands, and what it says in the known columns that it fills."""

    number: int
    label: str
    values: dict[str, Cell]


@dataclass(frozen=True)
class Reading:
    """A sheet that has a header. `header_row` counts from 1; a .csv has "" for `sheet`.

    `ignored` are the numbers of rows below the header with something in them that are neither record nor total.
    `percent` are the (row number, field) whose number stands under a percent format: 0.925 means 92.5 there.
    """

    sheet: str
    header_row: int
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    totals: tuple[Total, ...]
    ignored: tuple[int, ...]
    percent: frozenset[tuple[int, str]]


@dataclass(frozen=True)
class Guess:
    """The row that comes nearest to a header: its number from 1, its known headings and the others."""

    sheet: str
    row: int
    known: tuple[str, ...]
    unknown: tuple[str, ...]


class NoHeader(Unusable):
    def __init__(self, path: Path, best_guess: Guess | None) -> None:
        super().__init__(path, best_guess)
        self.best_guess = best_guess

    def reason(self) -> str:
        if self.best_guess is None:
            return _("没有表头，首行应写列名")
        found = _("没有表头，最像的第 {row} 行只认得 {known}")
        return found.format(row=self.best_guess.row, known="、".join(self.best_guess.known))


class NoSheet(Unusable):
    def __init__(self, path: Path, name: str, names: tuple[str, ...]) -> None:
        super().__init__(path, name, names)
        self.name = name
        self.names = names

    def reason(self) -> str:
        return _("没有工作表“{name}”，有 {names}").format(name=self.name, names="、".join(self.names))


# ---------------------------------------------------------------- a file


def read(path: Path, headings: Headings, *, sheet: str | None = None) -> Reading:
    """The first sheet with a header, or the one named; parsed in a child process.

    `headings` gives the field that a heading stands for, or None. Raises Unusable: NoSheet, NoHeader, those of guard.
    """
    tabs = spread(path)
    if sheet is not None:
        names = tuple(name for name, _grid in tabs if name)
        tabs = [(name, grid) for name, grid in tabs if trim(name) == trim(sheet)]
        if not tabs:
            raise NoSheet(path, sheet, names)
    for name, grid in tabs:
        if reading := shape(grid, headings, name):
            return reading
    raise NoHeader(path, _guess(tabs, headings))


def spread(path: Path) -> list[tuple[str, Grid]]:
    """Every tab with its cells, what is merged downwards told in every row; parsed in a child process.

    Of a .csv one "" for each way to read it, the likeliest first. Raises Unusable.
    """
    return in_child(_spread, path)


def best_guess(tabs: Sequence[tuple[str, Grid]], headings: Headings) -> Guess | None:
    """The row that comes nearest to a header."""
    return _guess(list(tabs), headings)


def grids(path: Path, tidy: Tidy | None = None) -> Grids:
    """Every tab's cells by its name, hidden tabs last, A1 at [0][0]; a .csv is one tab "". Call it in a child.

    Rows end with their last filled cell. Merged cells are filled in the block's first cell alone. A number under a
    percent format is a Percent, what has no value an Oddity. Raises Unusable.
    """
    found: Grids = {}
    for tab in _tabs(path, Tidy() if tidy is None else tidy):
        found.setdefault(tab.name, tab.grid)
    return found


def grids_of_many(paths: Sequence[Path]) -> dict[Path, Grids | Unusable]:
    """`grids` of each path, or why not; shared out to as many child processes as pay."""
    workers = min(os.cpu_count() or 1, MOST_CHILDREN, 1 + len(paths) // FILES_PER_CHILD)
    shares = [share for worker in range(workers) if (share := paths[worker::workers])]
    with ThreadPoolExecutor(workers) as pool:
        answers = pool.map(_share, shares)
    found = dict(chain.from_iterable(answer.items() for answer in answers))
    return {path: found[path] for path in paths}


def _share(paths: Sequence[Path]) -> dict[Path, Grids | Unusable]:
    """By one child; should a file kill it, by one for each."""
    try:
        return in_child(_each, paths)
    except (ReaderDied, TooMuchMemory, TooSlow):
        return {path: _or_fault(in_child, grids, path) for path in paths}


def _each(paths: Sequence[Path]) -> dict[Path, Grids | Unusable]:
    tidy = Tidy()
    return {path: _or_fault(grids, path, tidy) for path in paths}


def _or_fault(work: Callable[..., Grids], *args: Any) -> Grids | Unusable:
    try:
        return work(*args)
    except Unusable as fault:
        return fault


def _spread(path: Path) -> list[tuple[str, Grid]]:
    return [(tab.name, tab.spread()) for tab in _tabs(path, Tidy())]


def _tabs(path: Path, tidy: Tidy) -> list[Tab]:
    """Every tab; of a .csv one for each way to read it, the likeliest first: only the right one shows a header."""
    data = content(path)
    if inspect(data, path) is Kind.WORKBOOK:
        from integrations.tabs import Workbook  # brings lxml and calamine: for a child that meets a workbook

        return Workbook(data, path, tidy).tabs()
    return [Tab("", grid) for grid in delimited.grids(data, path)]


# ---------------------------------------------------------------- a sheet


def shape(cells: Sequence[Sequence[Cell]], headings: Headings, sheet: str = "") -> Reading | None:
    """What the rows are; None when none of the first twenty is a header."""
    grid = tidied(cells, Tidy())
    top = next((index for index, row in enumerate(grid[:HEADER_WITHIN]) if _is_header(row, headings)), None)
    if top is None:
        return None
    below = top + 1 + _goes_on(grid[top : top + 2], headings)
    columns = _columns(grid[top:below], headings)
    rows, totals, ignored = _sorted(grid, below, columns)
    percent = {(row.number, field) for row in rows for field, value in row.values.items() if isinstance(value, Percent)}
    return Reading(sheet, top + 1, columns, tuple(rows), tuple(totals), tuple(ignored), frozenset(percent))


def _is_header(row: Sequence[Cell], headings: Headings) -> bool:
    texts = _texts(row)
    known = sum(headings(text) is not None for text in texts)
    return known >= 2 and 2 * known >= len(texts)


def _goes_on(lines: Grid, headings: Headings) -> bool:
    """Whether a header takes two rows: groups in the first, and below a known heading nothing, or the same again."""
    return (
        len(lines) == 2
        and _is_header(lines[1], headings)
        and all(below in (None, above) for above, below in zip(*lines, strict=False) if headings(_text(above)))
    )


def _texts(row: Sequence[Cell]) -> list[str]:
    return [text for text in map(_text, row) if text]


def _text(cell: Cell) -> str:
    return "" if cell is None else "#" if isinstance(cell, Oddity) else str(cell)


def _columns(lines: Grid, headings: Headings) -> tuple[Column, ...]:
    columns: list[Column] = []
    taken: set[str | None] = set()
    for index in range(max(map(len, lines))):
        texts = _texts([line[index] for line in lines if index < len(line)])
        if texts:
            header, field = _heading(texts, headings)
            columns.append(Column(index, header, None if field in taken else field))
            taken.add(field)
    return tuple(columns)


def _heading(texts: list[str], headings: Headings) -> tuple[str, str | None]:
    """Of the texts over a column the lowest that is known, else the lowest."""
    known = ((text, field) for text in reversed(texts) if (field := headings(text)))
    return next(known, (texts[-1], None))


def _sorted(grid: Grid, start: int, columns: tuple[Column, ...]) -> tuple[list[Row], list[Total], list[int]]:
    rows: list[Row] = []
    totals: list[Total] = []
    ignored: list[int] = []
    for number, row in enumerate(grid[start:], start + 1):
        if not row:
            continue
        values, label = _values(row, columns), _total_label(row)
        if _is_aside(row, columns) or all(value is None for value in values.values()):
            ignored.append(number)
        elif label:
            totals.append(Total(number, label, {name: v for name, v in values.items() if v is not None and v != label}))
        else:
            rows.append(Row(number, values))
    return rows, totals, ignored


def _values(row: Sequence[Cell], columns: tuple[Column, ...]) -> dict[str, Cell]:
    width = len(row)
    return {column.field: row[column.index] if column.index < width else None for column in columns if column.field}


def _is_aside(row: Sequence[Cell], columns: tuple[Column, ...]) -> bool:
    """A note, a row of one cell, or the header once more."""
    filled = [cell for cell in row if cell is not None]
    if len(filled) == 1 or (isinstance(filled[0], str) and _NOTE.match(filled[0])):
        return True
    repeated = sum(column.index < len(row) and row[column.index] == column.header for column in columns)
    return repeated >= 2 and 2 * repeated >= len(filled)


def _total_label(row: Sequence[Cell]) -> str | None:
    """The label of a total row: in one of its first columns, or before all else, whatever its blanks and colon."""
    first = next((cell for cell in row if cell is not None), None)
    return next((cell for cell in [first, *row[:TOTAL_WITHIN]] if isinstance(cell, str) and _is_total(cell)), None)


def _is_total(text: str) -> bool:
    return "计" in text and re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)).rstrip(":") in TOTALS


def _guess(tabs: list[tuple[str, Grid]], headings: Headings) -> Guess | None:
    guesses = (
        Guess(name, number, *_by_knowledge(row, headings))
        for name, grid in tabs
        for number, row in enumerate(grid[:HEADER_WITHIN], 1)
    )
    return max((guess for guess in guesses if guess.known), key=lambda guess: len(guess.known), default=None)


def _by_knowledge(row: Sequence[Cell], headings: Headings) -> tuple[tuple[str, ...], tuple[str, ...]]:
    texts = _texts(row)
    known = tuple(text for text in texts if headings(text))
    return known, tuple(text for text in texts if not headings(text))
