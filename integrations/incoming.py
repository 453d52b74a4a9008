"""What people bring to be looked at: a file or a pasted block is read, and the table found that it is for."""

import secrets
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from integrations.cells import Grid
from integrations.guard import Absent, Empty, Unusable
from integrations.packing import packed
from integrations.reading import best_guess, shape, spread
from models.access import Actor, edits_table
from models.catalog import Catalog
from models.faults import Fault
from models.reviews import clear_old, keep_review
from models.schema import Table
from models.services import Services
from models.words import _

MEGABYTE = 1024 * 1024
MOST_FILE = 20 * MEGABYTE
MOST_CELLS = 200_000
HEAD = 22  # rows that a header is looked for in
MOST_NAME = 120
LEFT_BEHIND = 3600  # seconds after which a file that nobody reads any more is removed

Tabs = Sequence[tuple[str, Grid]]


class NotTaken(Fault):
    """A file that cannot be looked at, and why."""


def editable(catalog: Catalog, actor: Actor) -> list[Table]:
    """The tables that an actor may bring rows for."""
    return [table for table in catalog if edits_table(actor, table)]


@dataclass(frozen=True)
class Fit:
    """How well a tab's header fits a table: known headings less unknown ones, less what the table wants and lacks."""

    table: Table
    tab: int
    score: int


def fits(tabs: Tabs, tables: Iterable[Table]) -> list[Fit]:
    """Each tab with each table whose header it has, the best first; then the first tab, in the tables' order."""
    found = []
    for table in tables:
        for tab, (name, grid) in enumerate(tabs):
            if reading := shape([list(row) for row in grid[:HEAD]], table.find, name):
                known = {column.field for column in reading.columns if column.field}
                unknown = sum(column.field is None for column in reading.columns)
                lacking = sum(name not in known for name in table.key)
                found.append(Fit(table, tab, 2 * len(known) - unknown - 2 * lacking))
    return sorted(found, key=lambda fit: (-fit.score, fit.tab))


def chosen(tabs: Tabs, tables: Sequence[Table], wanted: Table | None) -> tuple[Table, int]:
    """The table that a file is for, and the tab that an import would take: the first that has its header.

    A wanted table is taken wherever a tab has its header. Raises NotTaken.
    """
    found = (fits(tabs, [wanted]) if wanted else []) or fits(tabs, tables)
    if not found:
        guesses = (best_guess(tabs, table.find) for table in ([wanted] if wanted else tables))
        guess = max(filter(None, guesses), key=lambda one: len(one.known), default=None)
        if guess is None:
            raise NotTaken(_("没有认出表头，首行应写列名"))
        told = _("没有认出表头，最像的第 {row} 行只认得 {known}")
        raise NotTaken(told.format(row=guess.row, known="、".join(guess.known)))
    table = found[0].table
    return table, min(fit.tab for fit in found if fit.table is table)


def take_in(services: Services, actor: Actor, data: bytes, name: str, origin: str, wanted: str = "") -> str:
    """Read what was brought and keep it for a review; returns the review's id. `wanted` is a table's name, or nothing.

    The bytes lie in the data folder, under a name of our own, for as long as a child process reads them. Raises NotTaken.
    """
    tables = editable(services.catalog, actor)
    if not tables:
        raise NotTaken(_("你的账号只看不改，不能导入"))
    table = next((one for one in tables if one.name == wanted), None)
    tabs = [(tab, grid) for tab, grid in read_bytes(services.settings.data, data) if grid]
    if sum(len(row) for _tab, grid in tabs for row in grid) > MOST_CELLS:
        raise NotTaken(_("超过 {most} 格，拆成几份再导入").format(most=f"{MOST_CELLS:,}"))
    found, tab = chosen(tabs, tables, table)
    if all(not told for told, _grid in tabs):  # a .csv: the one way to read it that shows a header
        tabs, tab = [tabs[tab]], 0
    kept = [(told, packed(grid)) for told, grid in tabs]
    told = name.replace("\x00", "").strip()[:MOST_NAME]
    clear_old(services.database, services.store.clock())
    with services.database.write() as connection:
        return keep_review(connection, actor, found.name, origin, told, kept, services.store.clock(), sheet=tab)


def read_bytes(folder: Path, data: bytes) -> list[tuple[str, Grid]]:
    """The tabs of a file that is still in memory. Raises NotTaken."""
    place = folder / "incoming"
    place.mkdir(mode=0o700, exist_ok=True)
    sweep(place)
    path = place / secrets.token_hex(16)
    try:
        path.write_bytes(data)
        return spread(path)
    except (Absent, Empty) as fault:
        raise NotTaken(_("里面没有内容，没有收")) from fault
    except Unusable as fault:
        raise NotTaken(fault.reason()) from fault
    finally:
        path.unlink(missing_ok=True)


def sweep(place: Path) -> None:
    """Remove what a program that died has left."""
    for path in place.iterdir():
        if time.time() - path.stat().st_mtime > LEFT_BEHIND:
            path.unlink(missing_ok=True)
