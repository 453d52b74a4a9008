"""A cycle over a folder of 182 workbooks of 6 tabs, 1.24 million cells: ours beside calamine alone, and beside openpyxl.

The first read is all that a cycle does with cells before it compares them: child processes, the look at each file before
a parser sees it, every cell in its normal form. calamine alone makes Python lists of all tabs in this one process, and no
more. An argument makes so many workbooks only, to try this out: then nothing is held against the figures.
"""

import datetime
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from statistics import median

import openpyxl
from python_calamine import CalamineWorkbook

from integrations import books
from integrations.backend import Seen
from integrations.books import Book
from integrations.cycle import Cycle
from integrations.defaults import add_defaults
from integrations.example import event
from integrations.example_figures import answer, figure, items_for
from integrations.folder import Folder
from integrations.package import TabEdit
from integrations.running import run_cycle
from integrations.shows import Shows
from integrations.workbook import Layout, Lists
from models import rows as sqlrows
from models.access import CLI
from models.changes import Change, Plan
from models.database import get_meta, raise_pulse
from models.kinds import Value
from models.schema import Row, Table
from models.services import Services, make_installation
from models.settings import settings

WORKBOOKS, POINTS, EVENTS = 182, 10, 240
NOW = datetime.datetime(2026, 6, 15, 4, tzinfo=datetime.UTC)
MONTHS = ("2026-04", "2026-05", "2026-06")
SEED = 20260615
READS, QUIET, CHANGES, SAMPLE = 3, 25, 7, 4  # how often each is measured; workbooks that openpyxl loads and saves
MOST_READ, MOST_QUIET, MOST_CHANGED = 2.5, 10.0, 2.0  # times calamine; ms of work; times its own read and its write
TYPED_IN = (2, 4)  # row and column of a ledger's title

# ---------------------------------------------------------------- the workbooks


def sites(workbooks: int) -> Iterator[Row]:
    """A main hall and its branches, each with its points."""
    common: dict[str, Value] = {
        "network": "culture", "county": "官渡区", "host": "government", "operation": "own", "status": "open",
        "weekly_hours": 42.0, "hours_public": True, "items_public": True, "content_public": True,
        "staff_public_welfare": 1, "barrier_free": True, "open_hours": "周二至周日 9:00—17:00", "head_post": "站长",
    }  # fmt: skip
    for number in range(workbooks):
        branch = f"C530111{number:03d}"
        for point in range(POINTS + 1 if number else 1):
            code = branch + f"{point:03d}" if point else branch if number else "C530111"
            yield {
                **common,
                "id": f"s{code}",
                "code": code,
                "name": f"第{number}分馆第{point}服务点",
                "level": "point" if point else "branch" if number else "main",
                "parent": branch if point else "C530111" if number else None,
                "township": f"第{number}街道",
                "address": f"第{number}街道{point}号",
                "area_m2": 100.0 + 7 * number + point,
                "population": 1000 + 37 * number + point,
                "head": f"张{number}",
                "phone": f"1380000{number:04d}",
            }


def records(table: Table, site: Row, templates: Sequence[Row], chance: Random) -> Iterator[dict[str, Value]]:
    """A site's rows of one tab, without ids."""
    name, head = table.name, {"site": site["code"]}
    if name == "plaques":
        yield {**head, "shape": "square", "width_mm": 600, "height_mm": 400, "quantity": 1, "status": "hung"}
    elif name == "activities" and site["level"] == "branch":
        for _number in range(EVENTS):
            yield {**head, **event(chance, chance.choice((2025, 2026)), chance.randint(1, 12))}
    elif name == "checklists" and site["level"] != "main":
        for month in MONTHS:
            found = {str(item["code"]): answer(item, site, chance) for item in items_for(site, templates)}
            yield {**head, "month": month, "status": "filled", "inspector": "示例", "kind": "monthly", **found}
    elif name in ("service_yearbooks", "asset_yearbooks"):
        found = {str(item["code"]): figure(item, site, chance, None) for item in items_for(site, templates)}
        yield {**head, "year": 2025, "status": "filling", "due_on": "2026-01-31", **found}


def fill(parts: Services, workbooks: int) -> None:
    """Put the records in."""
    with parts.database.read() as connection:
        view = parts.query.view(connection, CLI)
        sources = {table.name: table.about.template for table in parts.catalog.tabs}
        templates = {
            name: view.page(parts.catalog[source.source]).rows if source else [] for name, source in sources.items()
        }
    every, chance = list(sites(workbooks)), Random(SEED)
    with parts.database.write() as connection:
        for table in parts.catalog.tabs:
            blank = {one.name: one.default for one in table.stored}
            told = (row for site in every for row in records(table, site, templates[table.name], chance))
            rows = every if table.is_tree else [{"id": f"{table.name}{place}", **row} for place, row in enumerate(told)]
            sqlrows.insert(connection, table, [{**blank, **row} for row in rows])
            raise_pulse(connection, f"table:{table.name}")


def make(folder: Path, workbooks: int) -> Services:
    """An installation whose workbooks have just been made, by its own first cycle."""
    parts = make_installation(settings({"ZONGFEN_DATA": str(folder / "data")}), lambda: NOW)
    add_defaults(parts)
    fill(parts, workbooks)
    run_cycle(parts)
    return parts


# ---------------------------------------------------------------- what is measured


@dataclass(frozen=True)
class Taken:
    """Seconds on the clock, and of the processors, child processes included."""

    clock: float
    work: float


def taken(act: Callable[[], object]) -> Taken:
    clock, work = time.perf_counter(), processors()
    act()
    return Taken(time.perf_counter() - clock, processors() - work)


def processors() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def middle(some: Sequence[Taken]) -> Taken:
    return Taken(median(one.clock for one in some), median(one.work for one in some))


def known(parts: Services) -> dict[str, Book]:
    with parts.database.read() as connection:
        return books.all_books(connection)


def calamine_alone(paths: Sequence[Path]) -> int:
    """Every tab of every workbook as lists; how many of their cells say something."""
    cells = 0
    for path in paths:
        book = CalamineWorkbook.from_path(path)
        grids = [book.get_sheet_by_name(name).to_python() for name in book.sheet_names]
        cells += sum(len(row) - row.count("") for grid in grids for row in grid)
    return cells


@dataclass
class Reader:
    """What a cycle needs besides the files, to read all workbooks as if it had never seen them."""

    parts: Services

    def __post_init__(self) -> None:
        self.books = known(self.parts)
        with self.parts.database.read() as connection:
            self.installation = get_meta(connection, "installation")
            shows = Shows(self.parts.query, connection, NOW.date().isoformat())
            self.lists: dict[str, Lists] = {code: shows.lists(one) for code, one in shows.expected.items()}

    def read(self) -> None:
        """All of it. Raises ValueError where a workbook is not what it should be."""
        backend = Folder(self.parts.settings.sheets)
        cycle = Cycle(self.parts, backend, installation=self.installation)
        contents = backend.read([Seen(book.place, book.mark) for book in self.books.values()])
        for code, book in self.books.items():
            grids = contents[book.place]
            if isinstance(grids, Exception):
                raise ValueError(book.place) from grids
            tabs, why = cycle.tabs(book, grids)
            if why:
                raise ValueError(why)
            for table in self.parts.catalog.tabs:
                cycle.forms.told(table, tabs[table.name], self.lists[code])


def change_record(parts: Services, code: str, text: str) -> None:
    """Someone edits a record of this workbook in the app."""
    with parts.database.read() as connection:
        row = parts.query.view(connection, CLI).find(parts.catalog["sites"], code)
    parts.store.apply(Plan((Change("sites", str(row["id"]), "note", row["note"], text),)), CLI, "ui")


def change_sheet(parts: Services, book: Book, text: str) -> Seen:
    """Someone edits a cell of this workbook in its file."""
    title = Layout(parts.catalog["activities"]).title
    return Folder(parts.settings.sheets).write(Seen(book.place, book.mark), [TabEdit(title, {TYPED_IN: text})])


# ---------------------------------------------------------------- what is printed


def first_read(parts: Services) -> bool:
    """The first read of all, beside calamine alone."""
    paths = [parts.settings.sheets / book.place for book in known(parts).values()]
    reader = Reader(parts)
    cells = calamine_alone(paths)
    alone, ours = [], []
    for _round in range(READS):
        alone.append(taken(lambda: calamine_alone(paths)))
        ours.append(taken(reader.read))
    other, mine = middle(alone), middle(ours)
    times = median(one.clock / two.clock for one, two in zip(ours, alone, strict=True))
    print(f"folder: {len(paths)} workbooks of {len(parts.catalog.tabs)} tabs, {cells:,} cells")
    print(f"  calamine alone                 {other.clock:8.2f} s ({other.work:.2f} s of processor)")
    print(f"  our first read                 {mine.clock:8.2f} s ({mine.work:.2f} s of processor)", end="")
    print(f", {times:.2f} times; at most {MOST_READ}")
    return times <= MOST_READ


def quiet(parts: Services) -> bool:
    """Cycles in which nothing has changed; and one in which every workbook has to be read again."""
    run_cycle(parts)
    found = middle([taken(lambda: run_cycle(parts)) for _round in range(QUIET)])
    with parts.database.write() as connection:
        for code in books.all_books(connection):
            books.read_anew(connection, code)
    whole = taken(lambda: run_cycle(parts))
    print(f"  a quiet cycle                  {found.work * 1000:8.1f} ms of work ({found.clock * 1000:.1f} ms)", end="")
    print(f"; at most {MOST_QUIET:g} ms")
    print(f"  if all had to be read again    {whole.clock:8.2f} s ({whole.work:.2f} s of processor)")
    return found.work * 1000 <= MOST_QUIET


def one_changed(parts: Services) -> bool:
    """Cycles with one workbook changed, beside its own read and its write by themselves."""
    backend, code = Folder(parts.settings.sheets), max(known(parts))
    own: list[Taken] = []
    here: list[Taken] = []
    there: list[Taken] = []
    for number in range(CHANGES):
        change_record(parts, code, f"改 {number}")
        here.append(taken(lambda: run_cycle(parts)))
        book = known(parts)[code]
        read = taken(lambda book=book: backend.read([Seen(book.place, book.mark)]))  # type: ignore[misc]
        write = taken(lambda book=book, number=number: change_sheet(parts, book, f"展 {number}"))  # type: ignore[misc]
        own.append(Taken(read.clock + write.clock, read.work + write.work))
        there.append(taken(lambda: run_cycle(parts)))
        run_cycle(parts)
    alone = middle(own)
    print(f"  one workbook's read and write  {alone.clock:8.3f} s ({alone.work:.3f} s of processor)")
    fine = True
    for name, some in (("a record changed in the app", here), ("a cell typed in its sheet", there)):
        times, found = median(one.clock / two.clock for one, two in zip(some, own, strict=True)), middle(some)
        print(f"  {name:30} {found.clock:8.3f} s ({found.work:.3f} s of processor)", end="")
        print(f", {times:.2f} times; at most {MOST_CHANGED:g}")
        fine &= times <= MOST_CHANGED
    return fine


def naive(parts: Services) -> None:
    """What openpyxl takes to load and save all: some are measured."""
    paths = [parts.settings.sheets / book.place for book in known(parts).values()]
    some = paths[-SAMPLE:]
    found = taken(lambda: [openpyxl.load_workbook(path).save(path.with_suffix(".copy")) for path in some])
    scale = len(paths) / len(some)
    print(f"  openpyxl, load and save of all {found.clock * scale:8.1f} s ", end="")
    print(f"({found.work * scale:.1f} s of processor; {len(some)} measured, times {scale:g})")


def main() -> int:
    """1 where a promise is broken."""
    workbooks = int(sys.argv[1]) if len(sys.argv) > 1 else WORKBOOKS
    with tempfile.TemporaryDirectory() as folder:
        parts = make(Path(folder), workbooks)
        kept = [first_read(parts), quiet(parts), one_changed(parts)]
        naive(parts)
        parts.database.close()
    return int(workbooks == WORKBOOKS and not all(kept))


if __name__ == "__main__":
    sys.exit(main())
