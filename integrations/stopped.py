"""What can be said of a workbook that stopped, from its file as it is now: is it there, can it be read, what is gone."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from integrations.backend import Seen
from integrations.books import Book
from integrations.cycle import Cycle
from integrations.guard import Absent
from integrations.running import backend_of
from integrations.settling import Settling
from integrations.shows import expected_book
from models import rows as sqlrows
from models.access import SYNC
from models.database import get_meta
from models.schema import Row, Table
from models.services import Services


@dataclass(frozen=True)
class Look:
    """`gone`: tab title -> the rows, in a few words each, that both sides knew and the sheet has no more."""

    there: bool = True
    readable: bool = True
    gone: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def count(self) -> int:
        return sum(len(rows) for rows in self.gone.values())


def look_into(parts: Services, book: Book) -> Look:
    """Read a stopped workbook's file, in a child process; nothing is written anywhere."""
    backend = backend_of(parts)
    grids = backend.read([Seen(book.place, book.mark)])[book.place] if book.place else Absent(None)
    if isinstance(grids, Exception):
        return Look(there=not isinstance(grids, Absent), readable=False)
    with parts.database.read() as connection:
        view = parts.query.view(connection, SYNC)
        if book.code not in view.tree.nodes:
            return Look(readable=False)
        one = expected_book(view, book.code, book.name)
        cycle = Cycle(parts, backend, dry=True, installation=get_meta(connection, "installation"))
        tabs, why = cycle.tabs(book, grids)
        if why:
            return Look(readable=False)
        # Merged as if a person had let it go on: what would be proposed for deletion is what is gone.
        work = cycle.work(connection, book._replace(state="propose", released_by=None), one, tabs, grids)
        return Look(readable=False) if work.merge() else Look(gone=gone_rows(work))


def gone_rows(work: Settling) -> dict[str, tuple[str, ...]]:
    """Tab title -> the rows that its sheet has no more."""
    found = {}
    for name, ids in work.gone().items():
        table = work.sides[name].table
        rows = sqlrows.by_ids(work.connection, table, ids).values()
        in_order = sorted(rows, key=work.view.default_order(table))
        found[work.tabs[name].title] = tuple(name_of(table, row) for row in in_order)
    return found


def name_of(table: Table, row: Row) -> str:
    """A row by its name, by its key where it has none."""
    return str(row.get(table.about.title) or table.key_text(row))
