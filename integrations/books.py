"""What the app knows of each shared workbook: its state, and what waits for a person. Rows of the database."""

import json
from collections.abc import Iterable, Mapping
from functools import cache
from types import MappingProxyType
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from integrations import agreed
from integrations.sides import Conflict, Release, SheetProblem
from integrations.workbook import Laid
from models.access import Scope
from models.database import dumps, raise_pulse, set_meta, short, system
from models.faults import Fault
from models.rows import among, chunks
from models.schema import Row
from models.words import _

books = sa.Table(
    "sync_books",
    system,
    sa.Column("code", sa.String, primary_key=True),  # the site whose workbook it is
    sa.Column("name", sa.String, nullable=False),
    sa.Column("place", sa.String, nullable=False),  # the backend's own name for where it is; "": not made yet
    # What it was when last looked into: the backend compares, nobody else reads it. "": look again.
    sa.Column("mark", sa.Text, nullable=False),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("reason", sa.String, nullable=False),
    sa.Column("digest", sa.String, nullable=False),  # of the records that it shows, as they were last compared
    sa.Column("remarks", sa.Text, nullable=False),  # table -> the remarks that the app may have left in its tab
    sa.Column("cycled_at", sa.String, nullable=False),
    sa.Column("cells_in", sa.Integer, nullable=False),
    sa.Column("cells_out", sa.Integer, nullable=False),
    sa.Column("paused", sa.Boolean),  # a person wants it left alone for a while
    sa.Column("laid", sa.Text),  # its layout itself, where it was last kept by a version that wrote it here
    sa.Column("released_by", sa.Integer),  # the write that does what a person decided about it when it was stopped
    sa.Column("gone", sa.Text),  # table -> the rows that its tab had lost when it was stopped
    sa.Column("layout", sa.String),  # the mark of what it has been given columns for
)
# Table -> field -> the header under which a tab was given a column for it. Nearly all workbooks have the same: written in
# each, it would be most of what a quiet cycle has to read.
layouts = sa.Table(
    "sync_layouts",
    system,
    sa.Column("mark", sa.String, primary_key=True),
    sa.Column("told", sa.Text, nullable=False),
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
    sa.Column("number", sa.Integer, nullable=False),  # the row's, from 1
    sa.Column("cell", sa.String, nullable=False),  # as G12; "" where it is the whole row
    sa.Column("row_id", sa.String),
    sa.Column("field", sa.String),
    sa.Column("text", sa.String, nullable=False),
    sa.Column("message", sa.String, nullable=False),
    sa.Column("put_back", sa.Boolean, nullable=False),
    sa.Column("site", sa.String),
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
    sa.Column("site", sa.String),
    sa.Column("at", sa.String, nullable=False),
    sqlite_autoincrement=True,
)

VERSION = "sync_version"  # the fact of the installation that says with which records the workbooks were last compared

FINE = "fine"
BUSY = "busy"  # not all of it could be written; tried again
STOPPED = "stopped"  # nothing of it is applied until it is mended or a person says so
CLOSED = "closed"  # its site has none any more
RELEASED = ("restore", "propose")  # stopped, and a person has said how it goes on

NOTHING: Mapping[str, Any] = MappingProxyType({})


class NoSuchMatter(Fault):
    """A number that is no open conflict's or proposal's, or not one this actor may decide."""

    def __init__(self, number: int) -> None:
        super().__init__(_("没有编号为 {number} 的待决项").format(number=number))


class NoBook(Fault):
    """A workbook that is not there, or not the reader's: no one learns which."""

    def __init__(self, code: str) -> None:
        super().__init__(_("没有 {code} 的共享表").format(code=code))


class Book(NamedTuple):
    """One workbook as the app knows it."""

    code: str
    name: str
    place: str
    mark: str
    state: str
    reason: str = ""
    digest: str = ""
    cycled_at: str = ""
    cells_in: int = 0
    cells_out: int = 0
    paused: bool = False
    released_by: int | None = None
    remarks: Mapping[str, tuple[str, ...]] = NOTHING
    gone: Mapping[str, tuple[str, ...]] = NOTHING
    laid: Mapping[str, Laid] = NOTHING

    def released(self, serial: int | None) -> Release:
        """How it goes on after a stop, as a person has said; nothing more where a file with this number has it all."""
        done = None not in (serial, self.released_by) and serial >= self.released_by  # type: ignore[operator]
        return self.state if self.state in RELEASED and not done else ""  # type: ignore[return-value]


WHOLE = Book._fields[:-3]  # kept as they are; the others as JSON
# Asked in every cycle: put together once.
EVERY_BOOK = sa.select(
    *(sa.func.coalesce(books.c.paused, sa.false()) if name == "paused" else books.c[name] for name in WHOLE),
    *(books.c[name] for name in ("remarks", "gone", "layout")),
    sa.case((books.c.layout.is_(None), books.c.laid)),  # of what an older version wrote
)
EVERY_LAYOUT = sa.select(layouts.c.mark, layouts.c.told)


def all_books(connection: Connection) -> dict[str, Book]:
    """Site code -> workbook. What many of them say alike is read once."""
    texts_in, laid_in = cache(texts_from), cache(json.loads)
    laid = dict(connection.execute(EVERY_LAYOUT).all())
    found = {}
    for *whole, remarks, gone, layout, own in connection.execute(EVERY_BOOK).all():
        told = laid.get(layout) or own or "{}"
        book = Book(*whole, texts_in(remarks or "{}"), texts_in(gone or "{}"), laid_in(told))
        found[book.code] = book
    return found


def texts_from(text: str) -> dict[str, tuple[str, ...]]:
    """Table -> what is kept of its tab: remarks, or the ids of rows."""
    return {table: tuple(texts) for table, texts in json.loads(text).items()}


def keep_book(connection: Connection, book: Book) -> None:
    """Write what is known of a workbook."""
    connection.execute(sa.delete(books).where(books.c.code == book.code))
    texts = {"remarks": dumps(dict(book.remarks)), "gone": dumps(dict(book.gone))}
    told = {**book._asdict(), **texts, "laid": None, "layout": keep_layout(connection, book.laid)}
    connection.execute(sa.insert(books).values(**told))
    raise_pulse(connection, "sync")


def keep_layout(connection: Connection, laid: Mapping[str, Laid]) -> str:
    """The mark of a layout, which is written if no workbook has had it; then those that none has any more go."""
    text = dumps(dict(laid))
    mark = short(text)
    if not connection.execute(sa.select(layouts.c.mark).where(layouts.c.mark == mark)).first():
        used = sa.select(books.c.layout).where(books.c.layout.is_not(None))
        connection.execute(sa.delete(layouts).where(layouts.c.mark.not_in(used)))
        connection.execute(sa.insert(layouts).values(mark=mark, told=text))
    return mark


def drop_book(connection: Connection, code: str) -> None:
    """Forget a workbook and what waited in it: the next cycle makes it, or finds it, as if it had never been known."""
    connection.execute(sa.delete(books).where(books.c.code == code))
    for table in (conflicts, proposals):
        connection.execute(sa.delete(table).where(table.c.book == code))
    connection.execute(sa.delete(problems).where(problems.c.book == code, problems.c.put_back.is_(False)))
    agreed.drop_book(connection, code)
    set_meta(connection, VERSION, "")
    raise_pulse(connection, "sync")


# ---------------------------------------------------------------- what waits for a person


def in_scope(table: sa.Table, reach: Scope) -> sa.ColumnElement[bool]:
    """Whether a matter belongs to a site in scope: its row's, or its workbook's where it is no record's."""
    return sa.true() if reach.sites is None else table.c.site.in_(reach.sites or {""})


def of_tab(table: sa.Table, book: str, name: str) -> sa.ColumnElement[bool]:
    return (table.c.book == book) & (table.c.table_name == name)


def set_conflicts(
    connection: Connection, book: str, table: str, found: Iterable[tuple[Conflict, str]], now: str
) -> None:
    """Make the open conflicts of a tab these: known ones keep their number and get today's values, others close.

    With each comes the site of its row.
    """
    rows = connection.execute(sa.select(conflicts).where(of_tab(conflicts, book, table))).all()
    known = {(row.kind, row.row_id, row.field): row.id for row in rows}
    for conflict, site in found:
        told = {name: dumps(getattr(conflict, name)) for name in ("base", "app", "sheet")} | {"site": site}
        number = known.pop((conflict.kind, conflict.row, conflict.field), None)
        if number is None:
            spot = {"book": book, "table_name": table, "row_id": conflict.row, "field": conflict.field}
            told |= {**spot, "kind": conflict.kind, "seen_at": now}
            connection.execute(sa.insert(conflicts).values(**told))
        else:
            connection.execute(sa.update(conflicts).where(conflicts.c.id == number).values(**told))
    if known:
        connection.execute(sa.delete(conflicts).where(conflicts.c.id.in_(known.values())))


def set_problems(
    connection: Connection, book: str, table: str, found: Iterable[tuple[SheetProblem, str]], now: str
) -> None:
    """Make the open problems of a tab these; one that stays keeps its number and its time.

    What was put back stays listed until a person has seen it, once.
    """
    others = add_problems(connection, book, table, found, now)
    if gone := [row.id for row in others if not row.put_back]:
        connection.execute(sa.delete(problems).where(problems.c.id.in_(gone)))


def add_problems(
    connection: Connection, book: str, table: str, found: Iterable[tuple[SheetProblem, str]], now: str
) -> list[Any]:
    """List these problems besides those of a tab that are listed already, which are returned as far as they are others."""
    rows = connection.execute(sa.select(problems).where(of_tab(problems, book, table))).all()
    known = {identity(row, row.row_id): row for row in rows}
    for one, site in found:
        if known.pop(identity(one, one.row), None) is None:
            told = {**vars(one), "row_id": one.row, "book": book, "table_name": table, "site": site, "at": now}
            connection.execute(sa.insert(problems).values({name: told[name] for name in told if name != "row"}))
    return list(known.values())


def identity(one: Any, row: str | None) -> tuple[object, ...]:
    """What makes a problem the same one in the next cycle. A put-back one is the same wherever its row has moved."""
    return (None if one.put_back else one.number, row, one.field, one.text, one.message)


def set_proposals(connection: Connection, book: str, table: str, gone: Mapping[str, tuple[str, str]], now: str) -> None:
    """Make the proposals of a tab these, row id -> (title, site): known ones keep their number, others are withdrawn."""
    mine = of_tab(proposals, book, table)
    known = set(connection.execute(sa.select(proposals.c.row_id).where(mine)).scalars())
    for some in chunks(known - gone.keys()):
        connection.execute(sa.delete(proposals).where(mine, proposals.c.row_id.in_(some)))
    values = [
        {"book": book, "table_name": table, "row_id": row_id, "title": title, "site": site, "at": now}
        for row_id, (title, site) in gone.items()
        if row_id not in known
    ]
    if values:
        connection.execute(sa.insert(proposals), values)


def gone_rows(connection: Connection, book: str) -> dict[str, tuple[frozenset[str], frozenset[str]]]:
    """Table -> the rows whose going from the sheet waits for a person already: those proposed, and those in conflict."""
    gone = (
        sa.select(proposals.c.table_name, proposals.c.row_id).where(proposals.c.book == book),
        sa.select(conflicts.c.table_name, conflicts.c.row_id).where(
            conflicts.c.book == book, conflicts.c.kind == "deleted_there"
        ),
    )
    found: dict[str, tuple[set[str], set[str]]] = {}
    for place, statement in enumerate(gone):
        for table, row_id in connection.execute(statement):
            found.setdefault(table, (set(), set()))[place].add(row_id)
    return {table: (frozenset(proposed), frozenset(parted)) for table, (proposed, parted) in found.items()}


def listed(connection: Connection, table: sa.Table, reach: Scope) -> list[dict[str, Any]]:
    """The open rows of conflicts, problems or proposals that a scope holds, in order."""
    statement = sa.select(table).where(in_scope(table, reach)).order_by(table.c.id)
    return [dict(row) for row in connection.execute(statement).mappings()]


def counting() -> sa.Select[Any]:
    """Asks how much waits for a person; put together once, for every cycle asks it."""
    every = {"conflicts": conflicts, "problems": problems, "proposals": proposals}
    counted = {name: sa.select(sa.func.count()).select_from(table) for name, table in every.items()}
    counted["stopped"] = sa.select(sa.func.count()).select_from(books).where(books.c.state == STOPPED)
    return sa.select(*(statement.scalar_subquery().label(name) for name, statement in counted.items()))


COUNTING = counting()


def counts(connection: Connection) -> dict[str, int]:
    """How much waits for a person."""
    return dict(connection.execute(COUNTING).mappings().one())


def conflicts_of(connection: Connection, table: str, rows: Iterable[str] | None) -> list[dict[str, Any]]:
    """The open conflicts of these rows; None: of any."""
    found: list[dict[str, Any]] = []
    for condition in among(conflicts.c.row_id, rows):
        statement = sa.select(conflicts).where(conflicts.c.table_name == table, condition)
        found += [dict(row) for row in connection.execute(statement).mappings()]
    return found


# ---------------------------------------------------------------- what the sync centre shows besides


def row_base(connection: Connection, book: str, table: str, row_id: str) -> Row:
    """What both sides last agreed on of one row; empty for a row that neither knew."""
    return agreed.row_base(connection, book, table, row_id)


def read_anew(connection: Connection, code: str) -> None:
    """Forget what a workbook's file was: the next cycle reads it, changed or not."""
    connection.execute(sa.update(books).where(books.c.code == code).values(mark=""))
    raise_pulse(connection, "sync")


def set_paused(connection: Connection, code: str, paused: bool) -> None:
    """Leave a workbook alone, or go on with it: then the next cycle looks into it."""
    connection.execute(sa.update(books).where(books.c.code == code).values(paused=paused))
    raise_pulse(connection, "sync")
