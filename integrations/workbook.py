"""The layout of a shared workbook, and what a tab says when it comes back. Pure.

Row 1 holds the headers, column A the ids, then the fields in order, last the app's remarks. People may move columns, put
a title above, add columns of their own; they are found again by their headers.
"""

import datetime
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from operator import itemgetter

from integrations.cells import Cell, Grid, Oddity
from integrations.reading import TOTALS
from models import kinds
from models.blanks import trim
from models.kinds import Chosen, Kind, Multi, Ref, Value
from models.schema import Field, Row, Table, heading
from models.words import _

GUIDE_TITLE = "填写说明"
ID_HEADER = "编号"
REMARKS_HEADER = "系统备注"
HEADER_WITHIN = 20
REMARKS = "\0remarks"
_NOTE = re.compile(r"备注|注:")
_FORBIDDEN = re.compile(r'[\\/:*?"<>|\x00-\x1f\x7f]')

GUIDE = (
    "一行一条，白色的格子归你填，灰色的由台账填写，填了会改回。",
    "新增：在最下面空行里填，“编号”一栏留空，台账会补上。",
    "删除：删掉整行，由总馆确认后才会真正删除。",
    "可以排序、筛选、上色、调列宽，也可以在右边加自己的列，都会保留。",
    "最后一栏“系统备注”是台账写给你的话，改好后自动消失。",
)


def book_title(code: str, name: str) -> str:
    """`{code} {name}` without characters that some file system refuses."""
    return _FORBIDDEN.sub("", f"{code} {name}").strip(" .")


def file_name(code: str, name: str) -> str:
    """The file of a workbook."""
    return f"{book_title(code, name)}.xlsx"


# ---------------------------------------------------------------- what the app writes


@dataclass(frozen=True)
class Lists:
    """What a workbook's dropdowns and references are about: key -> name, of the records that it may mention.

    `closed` are the keys of sites that are out of use: still understood, no longer offered.
    """

    names: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    closed: frozenset[str] = frozenset()

    def shown(self, table: str, key: str) -> str:
        """`code name`, or the code alone where the name is not this workbook's to know."""
        name = self.names.get(table, {}).get(key)
        return f"{key} {name}" if name else key

    def offered(self, table: str) -> list[str]:
        """The dropdown's lines."""
        return [self.shown(table, key) for key in self.names.get(table, {}) if key not in self.closed]


@dataclass(frozen=True)
class Layout:
    """One tab as the app makes it: the table's shared fields between the id and the remarks."""

    table: Table

    @property
    def title(self) -> str:
        return self.table.label[:31]

    @cached_property
    def headers(self) -> tuple[str, ...]:
        return (ID_HEADER, *(one.label for one in self.table.sheet_fields), REMARKS_HEADER)

    @property
    def laid(self) -> dict[str, str]:
        """Field -> header, of all its columns."""
        return {one.name: one.label for one in self.table.sheet_fields}

    def cells(self, row: Row, lists: Lists) -> list["Shown"]:
        """A row's cells between id and remarks."""
        return [shown_cell(one, row.get(one.name), lists) for one in self.table.sheet_fields]


Shown = str | int | float | datetime.date | None


def shown_cell(one: Field, value: Value, lists: Lists) -> Shown:
    """What a sheet shows for a value: numbers and dates natively, a choice by its label, a reference as `code name`."""
    if value is None:
        return None
    if isinstance(one.kind, Ref):
        return lists.shown(one.kind.table, str(value))
    if isinstance(one.kind, kinds.Date) and isinstance(value, str) and value >= "1900-03-01":
        return datetime.date.fromisoformat(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    return one.kind.write(value, labels=True)


# ---------------------------------------------------------------- what a tab says


@dataclass(frozen=True)
class SheetRow:
    """One row of a tab: its number from 1, the id it states, the raw cell of every known column."""

    number: int
    id: str | None
    cells: Mapping[str, Cell]
    remark: str | None = None

    @property
    def blank(self) -> bool:
        """Whether nothing stands in it but, perhaps, a remark of the app's."""
        return self.id is None and not self.says

    @property
    def says(self) -> bool:
        """Whether anything stands in its fields: an id alone says nothing."""
        return any(cell is not None for cell in self.cells.values())


@dataclass(frozen=True)
class SheetTab:
    """A tab as it came back. `columns` are field -> number from 1, the first where a header stands twice.

    `rows` are those that say something; `leftovers` the numbers of those where nothing but a remark is left. `fresh` are
    fields that have a place, and no column there yet; `headings` what a header is to say from now on, by its place. A tab
    that is `new` is not there at all yet.
    """

    title: str
    header_row: int
    columns: Mapping[str, int]
    doubled: tuple[str, ...]
    rows: tuple[SheetRow, ...]
    leftovers: tuple[int, ...]
    last_row: int
    fresh: frozenset[str] = frozenset()
    headings: Mapping[tuple[int, int], str] = field(default_factory=dict)
    new: bool = False

    @property
    def id_column(self) -> int | None:
        return self.columns.get("id")

    @property
    def remarks_column(self) -> int | None:
        return self.columns.get(REMARKS)

    @cached_property
    def copies(self) -> frozenset[int]:
        """The numbers of the rows whose id an earlier row has: a row copied takes its id along."""
        first = {row.id: row.number for row in reversed(self.rows)}
        return frozenset(row.number for row in self.rows if row.id is not None and row.number != first[row.id])


def new_tab(layout: Layout) -> SheetTab:
    """A tab that a workbook has not got yet, as it is going to be: its header, and nothing below."""
    names = ("id", *(one.name for one in layout.table.sheet_fields), REMARKS)
    columns = {name: place for place, name in enumerate(names, 1)}
    headings = {(1, place): header for place, header in enumerate(layout.headers, 1)}
    return SheetTab(layout.title, 1, columns, (), (), (), 1, headings=headings, new=True)


def find_column(table: Table, header: str) -> str | None:
    """What a header stands for: a field, "id", or the remarks."""
    return REMARKS if heading(header) == heading(REMARKS_HEADER) else table.find(header)


Laid = Mapping[
    str, str
]  # field -> the header under which the app gave it a column; those it has given none are not there


def read_tab(table: Table, title: str, grid: Grid, laid: Laid | None = None) -> SheetTab | None:
    """What a tab says; None where none of its first twenty rows is the header.

    laid: a field that it lacks gets a column, at the right of all that stands there; without it nothing is added.
    """
    for number, row in enumerate(grid[:HEADER_WITHIN], 1):
        headers = [cell if isinstance(cell, str) else "" for cell in row]
        found = [find_column(table, header) if header else None for header in headers]
        filled, known = sum(cell is not None for cell in row), sum(name is not None for name in found)
        if known >= 2 and known * 2 >= filled:
            columns, doubled = columns_of(table, headers, found, laid or {})
            tab = body_of(title, number, columns, doubled, grid)
            return tab if laid is None else brought_up(table, tab, headers, laid, max(map(len, grid)))
    return None


def brought_up(table: Table, tab: SheetTab, headers: Sequence[str], laid: Laid, width: int) -> SheetTab:
    """The tab with a place for each field that it has never had, and the names that its columns bear by now.

    A column that people took out, or gave another name, stays as they left it. width: columns that say something.
    """
    fresh = [one for one in table.sheet_fields if one.name not in tab.columns and one.name not in laid]
    places = {one.name: place for place, one in enumerate(fresh, width + 1)}
    labels = {one.name: one.label for one in table.sheet_fields}
    stale = {
        tab.columns[name]: labels[name]
        for name, header in laid.items()
        if name in tab.columns and header != labels.get(name, header) and headers[tab.columns[name] - 1] == header
    }
    headings = {**stale, **{places[one.name]: one.label for one in fresh}}
    return replace(
        tab,
        columns={**tab.columns, **places},
        fresh=frozenset(places),
        headings={(tab.header_row, place): label for place, label in headings.items()},
        rows=tuple(replace(row, cells={**row.cells, **dict.fromkeys(places)}) for row in tab.rows)
        if places
        else tab.rows,
    )


def laid_with(table: Table, tab: SheetTab, laid: Laid) -> dict[str, str]:
    """What a tab has been given columns for, once its headings say what they are to say."""
    given = {place for _row, place in tab.headings}
    said = {one.name: one.label for one in table.sheet_fields if tab.columns.get(one.name) in given}
    return {**laid_there(table, tab, laid), **said}


def laid_there(table: Table, tab: SheetTab, laid: Laid) -> dict[str, str]:
    """What a tab has been given columns for as it stands, nothing written yet."""
    there = {one.name: one.label for one in table.sheet_fields if one.name in tab.columns.keys() - tab.fresh}
    return {**there, **laid}


def columns_of(
    table: Table, headers: Sequence[str], found: Sequence[str | None], laid: Laid
) -> tuple[dict[str, int], tuple[str, ...]]:
    """(name -> column number, names that stand twice).

    The app's own header wins over an alias: beside 参加人次 a person's own column 数量 is theirs, and not a double.
    """
    shared = {one.name for one in table.sheet_fields}
    exact = {heading(header): name for name, header in laid.items() if name in shared}
    exact |= {heading(one.label): one.name for one in table.sheet_fields}
    exact |= {heading(ID_HEADER): "id", heading(REMARKS_HEADER): REMARKS}
    columns: dict[str, int] = {}
    doubled: list[str] = []
    for place, header in enumerate(headers, 1):
        if name := exact.get(heading(header)):
            doubled += [name] if name in columns else []
            columns.setdefault(name, place)
    by_label = set(columns)
    for place, name in enumerate(found, 1):
        if name is not None and name not in by_label:
            doubled += [name] if name in columns else []
            columns.setdefault(name, place)
    return columns, tuple(dict.fromkeys(doubled))


def body_of(title: str, header_row: int, columns: dict[str, int], doubled: tuple[str, ...], grid: Grid) -> SheetTab:
    """The rows below a header. Total rows and people's notes among them are nobody's record."""
    rows, leftovers = [], []
    places = {name: place - 1 for name, place in columns.items() if name not in ("id", REMARKS)}
    names, cells_of = tuple(places), picker(tuple(places.values()))
    own, remarks, width = columns.get("id", 0) - 1, columns.get(REMARKS, 0) - 1, max(columns.values())
    for number, row in enumerate(grid[header_row:], header_row + 1):
        if not row:
            continue
        wide = row if len(row) >= width else [*row, *[None] * (width - len(row))]
        remark = text_or_none(wide[remarks]) if remarks >= 0 else None
        told = text_or_none(wide[own]) if own >= 0 else None
        one = SheetRow(number, told, dict(zip(names, cells_of(wide), strict=True)), remark)
        if told is not None or not (one.blank or is_aside(row)):
            rows.append(one)
        elif remark is not None:
            leftovers.append(number)
    return SheetTab(title, header_row, columns, doubled, tuple(rows), tuple(leftovers), len(grid))


def picker(places: Sequence[int]) -> Callable[[Sequence[Cell]], Sequence[Cell]]:
    """Takes the cells at these places out of a row."""
    return itemgetter(*places) if len(places) > 1 else lambda row: [row[place] for place in places]


def is_aside(row: Sequence[Cell]) -> bool:
    """Whether a row says of itself that it is a total or a note (CONTRACT §2)."""
    filled = [heading(cell) if isinstance(cell, str) else "" for cell in row if cell is not None]
    return bool(filled) and (filled[0].rstrip(":") in TOTALS or bool(_NOTE.match(filled[0])))


def text_or_none(cell: Cell) -> str | None:
    """A cell of the app's own columns as text."""
    if isinstance(cell, str):
        return trim(cell) or None
    return None if cell is None or isinstance(cell, Oddity) else trim(kinds.shown(cell)) or None


def offered(kind: Kind) -> tuple[str, ...]:
    """The lines of a fixed dropdown."""
    if isinstance(kind, kinds.OrNa):
        return (*inner, _("不适用")) if (inner := offered(kind.inner)) else ()
    if isinstance(kind, kinds.Bool):
        return (_("是"), _("否"))
    return (
        tuple(choice.label for choice in kind.choices)
        if isinstance(kind, Chosen) and not isinstance(kind, Multi)
        else ()
    )
