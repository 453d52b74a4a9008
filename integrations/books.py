"""What the app knows of each shared workbook: its state, the base, conflicts, problems, proposals. Rows of the database."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from integrations.merge import Conflict, SheetProblem
from models.access import Scope
from models.database import dumps, system
from models.faults import Fault
from models.kinds import Value
from models.rows import chunks
from models.schema import Row
from models.words import _

books = sa.Table(
    "sync_books",
    system,
    sa.Column("code", sa.String, primary_key=True),  # the site whose workbook it is
    sa.Column("name", sa.String, nullable=False),
    sa.Column("place", sa.String, nullable=False),  # the backend's own name for where it is
    sa.Column(
        "mark", sa.Text, nullable=False
    ),  # what it was when last agreed: the backend compares, nobody else reads it
    sa.Column("state", sa.String, nullable=False),
    sa.Column("reason", sa.String, nullable=False),
    sa.Column("stamp", sa.String, nullable=False),  # the records' version when last agreed
    sa.Column("cycled_at", sa.String, nullable=False),
    sa.Column("cells_in", sa.Integer, nullable=False),
    sa.Column("cells_out", sa.Integer, nullable=False),
)
base = sa.Table(
    "sync_base",
    system,
    sa.Column("book", sa.String, primary_key=True),
    sa.Column("table_name", sa.String, primary_key=True),
    sa.Column("row_id", sa.String, primary_key=True),
    sa.Column("values", sa.Text, nullable=False),
    sa.Column("pending", sa.Boolean, nullable=False),
)
conflicts = sa.Table(
    "sync_conflicts",
    system,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("book", sa.String, nullable=False, index=True),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("table_name", sa.String, nullable=False),
    sa.Column("row_id", sa.String, nullable=False),
    sa.Column("field", sa.String),
    sa.Column("base", sa.Text),
    sa.Column("app", sa.Text),
    sa.Column("sheet", sa.Text),
    sa.Column("site", sa.String),
    sa.Column("seen_at", sa.String, nullable=False),
    sqlite_autoincrement=True,
)
problems = sa.Table(
    "sync_problems",
    system,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("book", sa.String, nullable=False, index=True),
    sa.Column("table_name", sa.String, nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("row_id", sa.String),
    sa.Column("field", sa.String),
    sa.Column("text", sa.String, nullable=False),
    sa.Column("message", sa.String, nullable=False),
    sa.Column("put_back", sa.Boolean, nullable=False),
    sa.Column("at", sa.String, nullable=False),
    sqlite_autoincrement=True,
)
proposals = sa.Table(
    "sync_proposals",
    system,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("book", sa.String, nullable=False, index=True),
    sa.Column("table_name", sa.String, nullable=False),
    sa.Column("row_id", sa.String, nullable=False),
    sa.Column("title", sa.String, nullable=False),
    sa.Column("at", sa.String, nullable=False),
    sqlite_autoincrement=True,
)

STOPPED, BUSY, FINE = "stopped", "busy", "fine"
RELEASED = ("restore", "propose")  # stopped, and a person has said how it goes on


class NoSuchMatter(Fault):
    """A number that is no open conflict's or proposal's, or not one this actor may decide."""

    def __init__(self, number: int) -> None:
        super().__init__(_("没有编号为 {number} 的待决项").format(number=number))


@dataclass(frozen=True)
class Book:
    """One workbook as the app knows it."""

    code: str
    name: str
    place: str
    mark: str
    state: str
    reason: str
    stamp: str
    cycled_at: str
    cells_in: int
    cells_out: int


def all_books(connection: Connection) -> dict[str, Book]:
    """Site code -> workbook."""
    rows = connection.execute(sa.select(books)).mappings()
    return {row["code"]: Book(**row) for row in rows}


def keep_book(connection: Connection, book: Book) -> None:
    """Write what is known of a workbook."""
    connection.execute(sa.delete(books).where(books.c.code == book.code))
    connection.execute(sa.insert(books).values(**vars(book)))


# ---------------------------------------------------------------- the base


@dataclass(frozen=True)
class Base:
    """What both sides of one tab last agreed on."""

    rows: Mapping[str, Row]
    pending: frozenset[str]


def read_base(connection: Connection, book: str) -> dict[str, Base]:
    """Table -> base of a workbook's tabs."""
    found: dict[str, dict[str, Row]] = {}
    pending: dict[str, set[str]] = {}
    statement = sa.select(base.c.table_name, base.c.row_id, base.c["values"], base.c.pending).where(base.c.book == book)
    for table, row_id, values, waits in connection.execute(statement):
        found.setdefault(table, {})[row_id] = {"id": row_id, **json.loads(values)}
        if waits:
            pending.setdefault(table, set()).add(row_id)
    return {table: Base(rows, frozenset(pending.get(table, ()))) for table, rows in found.items()}


def write_base(
    connection: Connection, book: str, table: str, rows: Mapping[str, Mapping[str, Value]], pending: Iterable[str] = ()
) -> None:
    """Set the base of these rows, whole."""
    drop_base(connection, book, table, rows)
    waits = set(pending)
    values = [
        {
            "book": book,
            "table_name": table,
            "row_id": row_id,
            "values": dumps({name: value for name, value in row.items() if name != "id" and value is not None}),
            "pending": row_id in waits,
        }
        for row_id, row in rows.items()
    ]
    if values:
        connection.execute(sa.insert(base), values)


def drop_base(connection: Connection, book: str, table: str, row_ids: Iterable[str]) -> None:
    """Forget rows that are on neither side any more."""
    for some in chunks(row_ids):
        connection.execute(
            sa.delete(base).where(base.c.book == book, base.c.table_name == table, base.c.row_id.in_(some))
        )


# ---------------------------------------------------------------- what waits for a person


def in_scope(column: sa.Column[Any], reach: Scope) -> sa.ColumnElement[bool]:
    """Whether a matter belongs to a site in scope; those that belong to none follow their workbook."""
    return sa.true() if reach.sites is None else column.in_(reach.sites or {""})


def set_conflicts(
    connection: Connection, book: str, table: str, found: Iterable[tuple[Conflict, str | None]], now: str
) -> None:
    """Make the open conflicts of a tab these: known ones keep their number and get today's values, others close."""
    mine = (conflicts.c.book == book) & (conflicts.c.table_name == table)
    known = {(row.row_id, row.field): row.id for row in connection.execute(sa.select(conflicts).where(mine))}
    kept = set()
    for conflict, site in found:
        told = {
            "kind": conflict.kind,
            "base": dumps(conflict.base),
            "app": dumps(conflict.app),
            "sheet": dumps(conflict.sheet),
            "site": site,
            "seen_at": now,
        }
        number = known.get((conflict.row, conflict.field))
        if number is None:
            told |= {"book": book, "table_name": table, "row_id": conflict.row, "field": conflict.field}
            connection.execute(sa.insert(conflicts).values(**told))
        else:
            kept.add(number)
            connection.execute(sa.update(conflicts).where(conflicts.c.id == number).values(**told))
    gone = [number for number in known.values() if number not in kept]
    connection.execute(sa.delete(conflicts).where(conflicts.c.id.in_(gone)))


def set_problems(connection: Connection, book: str, table: str, found: Iterable[SheetProblem], now: str) -> None:
    """Make the open problems of a tab these. What was put back stays listed until a person has seen it."""
    mine = (problems.c.book == book) & (problems.c.table_name == table)
    connection.execute(sa.delete(problems).where(mine, problems.c.put_back.is_(False)))
    values = [
        {
            "book": book,
            "table_name": table,
            "number": one.number,
            "row_id": one.row,
            "field": one.field,
            "text": one.text,
            "message": one.message,
            "put_back": one.put_back,
            "at": now,
        }
        for one in found
    ]
    if values:
        connection.execute(sa.insert(problems), values)


def set_proposals(
    connection: Connection, book: str, table: str, fresh: Mapping[str, str], still_gone: Iterable[str], now: str
) -> None:
    """Add proposals for newly gone rows (id -> title) and withdraw those whose row is back."""
    mine = (proposals.c.book == book) & (proposals.c.table_name == table)
    connection.execute(sa.delete(proposals).where(mine, proposals.c.row_id.not_in([*still_gone, ""])))
    values = [
        {"book": book, "table_name": table, "row_id": row_id, "title": title, "at": now}
        for row_id, title in fresh.items()
    ]
    if values:
        connection.execute(sa.insert(proposals), values)


def waiting(connection: Connection, book: str) -> dict[str, frozenset[str]]:
    """Table -> ids of rows that are gone from the sheet and wait for a person."""
    found: dict[str, set[str]] = {}
    for table, row_id in connection.execute(
        sa.select(proposals.c.table_name, proposals.c.row_id).where(proposals.c.book == book)
    ):
        found.setdefault(table, set()).add(row_id)
    return {table: frozenset(ids) for table, ids in found.items()}


def listed(connection: Connection, table: sa.Table, reach: Scope) -> list[dict[str, Any]]:
    """The open rows of conflicts, problems or proposals that a scope holds, in order."""
    column = table.c.get("site", table.c.book) if table is conflicts else table.c.book
    statement = sa.select(table).where(in_scope(column, reach)).order_by(table.c.id)
    return [dict(row) for row in connection.execute(statement).mappings()]


def counts(connection: Connection) -> dict[str, int]:
    """How much waits for a person."""
    every = {"conflicts": conflicts, "problems": problems, "proposals": proposals}
    found = {
        name: connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
        for name, table in every.items()
    }
    stopped = sa.select(sa.func.count()).select_from(books).where(books.c.state == STOPPED)
    return {**found, "stopped": connection.execute(stopped).scalar_one()}


def conflicts_of(connection: Connection, table: str, rows: Iterable[str]) -> list[dict[str, Any]]:
    """The open conflicts of these rows."""
    found: list[dict[str, Any]] = []
    for some in chunks(rows):
        statement = sa.select(conflicts).where(conflicts.c.table_name == table, conflicts.c.row_id.in_(some))
        found += [dict(row) for row in connection.execute(statement).mappings()]
    return found


# ---------------------------------------------------------------- what the sync centre shows besides


def row_base(connection: Connection, book: str, table: str, row_id: str) -> Row:
    """What both sides last agreed on of one row; empty for a row that neither knew."""
    statement = sa.select(base.c["values"]).where(
        base.c.book == book, base.c.table_name == table, base.c.row_id == row_id
    )
    return json.loads(connection.execute(statement).scalar() or "{}")  # type: ignore[no-any-return]


def read_anew(connection: Connection, code: str) -> None:
    """Forget what a workbook's file was: the next cycle reads it, changed or not."""
    connection.execute(sa.update(books).where(books.c.code == code).values(mark="", stamp=""))
    raise_pulse(connection, "sync")


LAST_CYCLE = "sync_last"


@dataclass(frozen=True)
class LastCycle:
    """The newest whole cycle: from when to when, its sums, and what it passed over: (place, why) each."""

    began: str
    ended: str
    told: Mapping[str, int]
    notes: tuple[tuple[str, str], ...]


def keep_cycle(connection: Connection, cycle: LastCycle) -> None:
    """Keep what a cycle has to tell until the next one."""
    set_meta(connection, LAST_CYCLE, dumps(vars(cycle)))
    raise_pulse(connection, "jobs")


def last_cycle(connection: Connection) -> LastCycle | None:
    """What the newest cycle had to tell."""
    kept = get_meta(connection, LAST_CYCLE)
    if not kept:
        return None
    told = json.loads(kept)
    return LastCycle(told["began"], told["ended"], told["told"], tuple((place, why) for place, why in told["notes"]))
