"""A small office with shared workbooks, for the tests of a cycle: on a folder of real files, and on grids in memory."""

import datetime
import pickle
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import openpyxl

from integrations import books, hidden
from integrations.backend import Backend, Content, Lease, NotNow, Seen, Survey, Unwritten
from integrations.cycle import Cycle
from integrations.folder import Folder
from integrations.google_cells import raw
from integrations.google_wire import Patience
from integrations.guard import Unusable
from integrations.package import TabEdit
from integrations.reading import Grids, grids
from integrations.shows import lists_of
from integrations.workbook import Layout, file_name
from models.access import SYNC
from models.services import Services
from models.settings import Settings
from tests.google.server import Sheets as GoogleState
from tests.google.values import EPOCH
from tests.once import once
from tests.world import add, edit, new_row, read, row, site_row

HALL, BRANCH, POINT, OTHER_POINT, OTHER = "C11", "C111", "C1111", "C1112", "C112"
SITES, PLAQUES, ACTIVITIES = "馆点", "牌匾", "活动台账"
ID, SITE, DATE, TITLE, FORM, PERSONS, NOTE, REMARKS = (
    "编号",
    "馆点",
    "日期",
    "名称",
    "形式",
    "参加人次",
    "备注",
    "系统备注",
)
NAME = f"{BRANCH} 官渡区文化馆关上街道分馆.xlsx"  # the branch's file
NEW = {SITE: BRANCH, DATE: "2026-05-06", TITLE: "新", PERSONS: 9}  # a row that a person adds to its activities
Grid = list[list[Any]]
PATIENT = Patience(steps=(0.0, 0.0, 0.0), sleep=lambda _seconds: None)


def build(parts: Services, events: int = 3) -> None:
    """A center, a hall with two branches, one of which has two points; plaques; some events at the first branch."""
    once(parts, ("office", events), lambda empty: make(empty, events))


def make(parts: Services, events: int) -> None:
    add(
        parts,
        "sites",
        site_row(parts, "C1", level="center", name="市馆"),
        site_row(parts, HALL, level="main", parent="C1", county="官渡区", name="官渡馆"),
        site_row(parts, BRANCH, parent=HALL, county="官渡区", township="关上街道", name="关上馆", area_m2=300.0),
        site_row(parts, POINT, level="point", parent=BRANCH, county="官渡区", village="关上", name="关上点"),
        site_row(parts, OTHER_POINT, level="point", parent=BRANCH, county="官渡区", village="关下", name="关下点"),
        site_row(parts, OTHER, parent=HALL, county="官渡区", township="吴井街道", name="吴井馆"),
    )
    plaques = parts.catalog["plaques"]
    add(parts, "plaques", *(new_row(plaques, f"p{code}", {"site": code}) for code in (BRANCH, POINT, OTHER)))
    if events:
        add(parts, "activities", *(event(parts, f"a{number}", number) for number in range(1, events + 1)))


def event(parts: Services, row_id: str, number: int, **values: Any) -> dict[str, Any]:
    """An event of this year, told apart by its number."""
    told = {"site": BRANCH, "held_on": f"2026-03-{1 + number % 28:02d}", "title": f"展 {number}", "persons": number}
    return new_row(parts.catalog["activities"], row_id, {**told, **values})


# ---------------------------------------------------------------- the sheets, as a person edits them


@dataclass
class Paper:
    """One tab open before a person: rows of cells, edited by header and row number (from 1)."""

    grid: Grid

    @property
    def header_row(self) -> int:
        return next(number for number, cells in enumerate(self.grid, 1) if ID in cells or SITE in cells)

    def column(self, header: str) -> int:
        """A header's place, from 0."""
        return self.grid[self.header_row - 1].index(header)

    def number(self, header: str, value: Any) -> int:
        """The first row that has this value."""
        place = self.column(header)
        return next(
            number for number, cells in enumerate(self.grid, 1) if number > self.header_row and cells[place] == value
        )

    def of(self, row_id: str) -> int:
        return self.number(ID, row_id)

    def get(self, number: int, header: str) -> Any:
        return self.grid[number - 1][self.column(header)]

    def set(self, number: int, header: str, value: Any) -> None:
        while len(self.grid) < number:
            self.grid.append([None] * len(self.grid[0]))
        self.grid[number - 1][self.column(header)] = value

    def fill(self, number: int, values: Mapping[str, Any]) -> None:
        for header, value in values.items():
            self.set(number, header, value)

    def add(self, values: Mapping[str, Any]) -> int:
        """A row below the last one that says something; its number."""
        last = max(number for number, cells in enumerate(self.grid, 1) if any(cell is not None for cell in cells))
        self.fill(last + 1, values)
        return last + 1

    def insert(self, number: int, values: Mapping[str, Any]) -> None:
        self.grid.insert(number - 1, [None] * len(self.grid[0]))
        self.fill(number, values)

    def copy(self, number: int, to: int) -> None:
        self.grid.insert(to - 1, list(self.grid[number - 1]))

    def sort(self) -> None:
        """Rows upside down."""
        self.grid[self.header_row :] = self.grid[: self.header_row - 1 : -1]

    def remove(self, number: int) -> None:
        del self.grid[number - 1]

    def rows(self) -> list[dict[str, Any]]:
        """The rows below the header that say something, header -> cell, blanks left out."""
        headers = self.grid[self.header_row - 1]
        found = []
        for cells in self.grid[self.header_row :]:
            told = {header: cell for header, cell in zip(headers, cells, strict=True) if header and cell is not None}
            if told:
                found.append(told)
        return found

    def by_id(self) -> dict[str, dict[str, Any]]:
        return {told[ID]: told for told in self.rows() if ID in told}


def even(grid: Grid) -> Grid:
    """Rows of one length, with room for another column."""
    width = max((len(cells) for cells in grid), default=1)
    return [[*cells, *[None] * (width - len(cells))] for cells in grid]


def copied(grid: Grid) -> Grid:
    return [list(cells) for cells in grid]


def load(path: Path) -> openpyxl.Workbook:
    """openpyxl says what it will lose when saving; here it only stands for a person's office program."""
    with warnings.catch_warnings(action="ignore"):
        return openpyxl.load_workbook(path)


class Sheets:
    """Where an office's workbooks are, as a person finds them."""

    backend: Backend

    def codes(self) -> list[str]:
        raise NotImplementedError

    def content(self) -> Any:
        """All that is in the place, to compare."""
        raise NotImplementedError

    def copy(self, code: str) -> Any:
        """A workbook as a person has it open."""
        raise NotImplementedError

    def paste(self, code: str, copy: Any) -> None:
        """It is saved over whatever is there by now."""
        raise NotImplementedError

    def take(self, code: str, title: str) -> Grid:
        """A tab's cells, to be edited."""
        raise NotImplementedError

    def give(self, code: str, title: str, grid: Grid) -> None:
        """A tab's cells, edited and saved."""
        raise NotImplementedError


@dataclass
class InFolder(Sheets):
    """Real files, edited by openpyxl."""

    root: Path
    backend: Folder = field(init=False)

    def __post_init__(self) -> None:
        self.backend = Folder(self.root)

    def path(self, code: str) -> Path:
        return next(path for path in sorted(self.root.rglob("*.xlsx")) if path.name.startswith(f"{code} "))

    def codes(self) -> list[str]:
        return sorted(path.name.split()[0] for path in self.root.rglob("*.xlsx"))

    def content(self) -> Any:
        return {path: path.read_bytes() for path in sorted(self.root.rglob("*")) if path.is_file()}

    def copy(self, code: str) -> Any:
        return self.path(code).read_bytes()

    def paste(self, code: str, copy: Any) -> None:
        self.path(code).write_bytes(copy)

    def load(self, code: str) -> openpyxl.Workbook:
        """A person opens the workbook."""
        return load(self.path(code))

    def save(self, code: str, book: openpyxl.Workbook) -> None:
        """And saves it."""
        book.save(self.path(code))

    def take(self, code: str, title: str) -> Grid:
        book = self.load(code)
        cells = [[tidy(cell) for cell in cells] for cells in book[title].iter_rows(values_only=True)]
        while len(cells) > 1 and not any(cell is not None for cell in cells[-1]):
            cells.pop()
        return even(cells)

    def give(self, code: str, title: str, grid: Grid) -> None:
        with self.open(code) as book:
            sheet = book[title]
            rows = max(sheet.max_row, len(grid))
            for number in range(1, rows + 1):
                for place in range(1, max(sheet.max_column, len(grid[0])) + 1):
                    inside = number <= len(grid) and place <= len(grid[0])
                    put(sheet, number, place, grid[number - 1][place - 1] if inside else None)

    @contextmanager
    def open(self, code: str) -> Iterator[openpyxl.Workbook]:
        """The workbook itself, saved when done."""
        book = self.load(code)
        yield book
        self.save(code, book)


def put(sheet: Any, row: int, column: int, value: Any) -> None:
    """Type into a cell. openpyxl takes text that begins with = for a formula, as people's programs do not when pasting."""
    cell = sheet.cell(row, column)
    cell.value = value
    if isinstance(value, str) and value.startswith("="):
        cell.data_type = "s"


def tidy(cell: Any) -> Any:
    return cell.date() if isinstance(cell, datetime.datetime) else cell


@dataclass
class InGoogle(Sheets):
    """Spreadsheets on the Sheets server for tests, edited as a person does in the browser: cell by cell, with formats.

    Each cycle has a client of its own, as each process has.
    """

    state: GoogleState
    settings: Settings
    layouts: Sequence[Layout]
    patience: Patience = PATIENT

    @property
    def backend(self) -> Any:
        from integrations.google_sheets import Google

        return Google(self.settings, self.layouts, self.patience)

    def number(self, code: str) -> str:
        return next(one["id"] for one in self.state.files.values() if one["name"].startswith(f"{code} "))

    def tab(self, code: str, title: str) -> Any:
        return self.state.books[self.number(code)].titled(title)

    def codes(self) -> list[str]:
        names = [file["name"] for file in self.state.files.values()]
        return sorted(name.split()[0] for name in names if not name.startswith("_"))

    def content(self) -> Any:
        """All that is in the place, to compare."""
        tabs = {number: (self.state.files[number], self.state.books[number].tabs) for number in self.state.files}
        return pickle.loads(pickle.dumps(tabs))  # several times as quick as deepcopy

    def copy(self, code: str) -> Any:
        return deepcopy(self.state.books[self.number(code)].tabs)

    def paste(self, code: str, copy: Any) -> None:
        """An older version restored."""
        with self.state.typing(self.number(code)) as book:
            book.tabs = copy

    def take(self, code: str, title: str) -> Grid:
        tab = self.tab(code, title)
        rows = tab.rows(tab.block(None), "UNFORMATTED_VALUE")
        return even([[self.shown(tab, (n, c), value) for c, value in enumerate(row)] for n, row in enumerate(rows)])

    def shown(self, tab: Any, spot: tuple[int, int], value: Any) -> Any:
        """A cell as a person takes it: dates as dates."""
        if tab.number_format(spot).get("type") == "DATE" and isinstance(value, int):
            return (EPOCH + datetime.timedelta(days=value)).date()
        return None if value == "" else value

    def give(self, code: str, title: str, grid: Grid) -> None:
        if trimmed(grid) == trimmed(self.take(code, title)):
            return
        with self.state.typing(self.number(code)) as book:
            tab = book.titled(title)
            tab.grid["rowCount"] = max(tab.grid["rowCount"], len(grid))
            tab.grid["columnCount"] = max(tab.grid["columnCount"], *map(len, grid))
            last = max((row for row, _column in tab.cells), default=0) + 1
            for row in range(max(last, len(grid))):
                for column in range(tab.grid["columnCount"]):
                    inside = row < len(grid) and column < len(grid[row])
                    tab.put((row, column), raw(grid[row][column]) if inside else "", typed=False)


@dataclass
class Memory(Sheets):
    """Workbooks as grids in memory: a place with everything that a cycle asks of one. It is its own backend."""

    books: dict[str, dict[str, Grid]] = field(default_factory=dict)  # code -> title -> cells
    versions: dict[str, int] = field(default_factory=dict)
    held: set[str] = field(default_factory=set)  # workbooks that someone has open
    token: Lease | None = None

    @property
    def backend(self) -> "Memory":
        return self

    def twin(self) -> "Memory":
        """Another one that is the same by now."""
        books = {code: {title: copied(grid) for title, grid in tabs.items()} for code, tabs in self.books.items()}
        return Memory(books, dict(self.versions), set(self.held), self.token)

    # ---- a person's side

    def codes(self) -> list[str]:
        return sorted(self.books)

    def content(self) -> Any:
        return deepcopy((self.books, self.token))

    def copy(self, code: str) -> Any:
        return deepcopy(self.books[code])

    def paste(self, code: str, copy: Any) -> None:
        self.books[code] = copy
        self.versions[code] += 1

    def take(self, code: str, title: str) -> Grid:
        return even(self.books[code][title])

    def give(self, code: str, title: str, grid: Grid) -> None:
        if trimmed(grid) != trimmed(self.books[code][title]):
            self.books[code][title] = grid
            self.versions[code] += 1

    # ---- a backend's side

    def mark(self, code: str) -> str:
        return str(self.versions[code])

    def survey(self, known: Mapping[str, Seen], installation: str) -> Survey:
        return Survey({code: Seen(code, self.mark(code)) for code in self.books}, [])

    def same(self, one: str, other: str) -> bool:
        return bool(one) and one == other

    def read(self, seen: Sequence[Seen]) -> Mapping[str, Grids | Exception]:
        return {one.place: {t: trimmed(grid) for t, grid in self.books[one.place].items()} for one in seen}

    def unread(self, seen: Seen) -> Seen:
        return seen

    def holder(self, place: str) -> str | None:
        return f"~${place}" if place in self.held else None

    def vacancy(self, code: str, name: str) -> str:
        if code in self.books:
            raise Unwritten(file_name(code, name))
        return code

    def create(self, content: Content) -> Seen:
        tabs: dict[str, Grid] = {}
        for layout, rows in content.tabs:
            lines = [[one["id"], *layout.cells(one, content.lists), None] for one in rows]
            tabs[layout.title] = even([list(layout.headers), *lines])
        identity = hidden.Identity(content.installation, content.code, content.serial)
        tabs[hidden.TITLE] = hidden.first_rows(identity, content.lists)
        self.books[content.code] = tabs
        self.versions[content.code] = 1
        return Seen(content.code, self.mark(content.code))

    def write(self, seen: Seen, edits: Sequence[TabEdit]) -> Seen:
        if seen.place in self.held or self.mark(seen.place) != seen.mark:
            raise NotNow(seen.place)
        for one in edits:
            grid = self.books[seen.place].setdefault(one.title, []) if one.layout else self.books[seen.place][one.title]
            for (number, place), value in [*one.headings.items(), *one.cells.items()]:
                while len(grid) < number:
                    grid.append([])
                grid[number - 1] += [None] * (place - len(grid[number - 1]))
                grid[number - 1][place - 1] = value
        self.versions[seen.place] += 1
        return Seen(seen.place, self.mark(seen.place))

    def lease(self) -> Lease | None:
        return self.token

    def take_lease(self, lease: Lease) -> None:
        self.token = lease


def trimmed(grid: Grid) -> Grid:
    """As a reader gives it: no blanks at the ends of rows, no blank rows at the end, texts trimmed."""
    cells = [[cell.strip() or None if isinstance(cell, str) else cell for cell in line] for line in grid]
    for line in cells:
        while line and line[-1] is None:
            line.pop()
    while cells and not cells[-1]:
        cells.pop()
    return cells


# ---------------------------------------------------------------- the office


@dataclass
class Office:
    """An installation and its workbooks."""

    parts: Services
    sheets: Sheets
    backend: Any = None  # what the cycle is given, where a test puts something between

    def cycle(self, **options: Any) -> dict[str, int]:
        """One cycle; what `sync --json` would say."""
        take_over = options.pop("take_over", False)
        report = Cycle(self.parts, self.backend or self.sheets.backend, **options).run(take_over)
        with self.parts.database.read() as connection:
            return report.told(books.counts(connection))

    @contextmanager
    def paper(self, code: str = BRANCH, title: str = ACTIVITIES) -> Iterator[Paper]:
        """A tab to edit; saved when done."""
        paper = Paper(self.sheets.take(code, title))
        yield paper
        self.sheets.give(code, title, paper.grid)

    def look(self, code: str = BRANCH, title: str = ACTIVITIES) -> Paper:
        return Paper(self.sheets.take(code, title))

    def change(self, table: str, row_id: str, **values: Any) -> None:
        """Edit a record in the app."""
        for name, value in values.items():
            before = row(self.parts, table, row_id)[name]
            edit(self.parts, table, row_id, name, before, value)

    def record(self, table: str, row_id: str) -> dict[str, Any] | None:
        return row(self.parts, table, row_id)

    def records(self, table: str) -> list[dict[str, Any]]:
        return read(self.parts, table)

    def matters(self, table: Any) -> list[dict[str, Any]]:
        """The open conflicts, problems or proposals."""
        with self.parts.database.read() as connection:
            reach = self.parts.query.view(connection, SYNC).reach
            return books.listed(connection, table, reach)

    @property
    def conflicts(self) -> list[dict[str, Any]]:
        return self.matters(books.conflicts)

    @property
    def problems(self) -> list[dict[str, Any]]:
        return self.matters(books.problems)

    @property
    def proposals(self) -> list[dict[str, Any]]:
        return self.matters(books.proposals)

    def book(self, code: str = BRANCH) -> books.Book:
        with self.parts.database.read() as connection:
            return books.all_books(connection)[code]


def in_this_process(paths: Sequence[Path]) -> dict[Path, Any]:
    """Reading without a child process for each cycle: the child has tests of its own."""

    def read_one(path: Path) -> Any:
        try:
            return grids(path)
        except Unusable as fault:
            return fault

    return {path: read_one(path) for path in paths}


QUIET = {"read": 0, "written": 0, "cells_in": 0, "cells_out": 0}


def counted(told: Mapping[str, int], **wanted: int) -> bool:
    """Whether a cycle says this and nothing else of what it did."""
    return {name: told[name] for name in QUIET} == {**QUIET, **wanted}


def quiet(office: Office) -> None:
    """The next cycle finds nothing to do."""
    told = office.cycle()
    assert counted(told), told


def notes(office: Office) -> list[tuple[str, str]]:
    """What a cycle passes over: (place, why)."""
    return [(note.place, note.message) for note in Cycle(office.parts, office.sheets.backend).run().notes]


def lists(parts: Services, codes: Sequence[str]) -> Any:
    """What a workbook's references may mean."""
    return lists_of(parts.catalog.tree, [one for one in read(parts, "sites") if one["code"] in codes])


Edit = Callable[[Paper], None]
