"""What both sides of a workbook last agreed on: the base of the merge. A row of it has two versions.

A cycle first notes, in the transaction that takes what the sheets changed, what it is about to write; then it writes, and
raises the number in the file's hidden tab. The number in the file at hand tells which version holds for it. So a cycle
that died in between, a write that was refused, and a person's late save of an older copy over the app's write are one
case, and nothing has to be marked afterwards.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from models.database import dumps, system
from models.kinds import Value
from models.rows import chunks
from models.schema import Row, Table

base = sa.Table(
    "sync_base",
    system,
    sa.Column("book", sa.String, primary_key=True),
    sa.Column("table_name", sa.String, primary_key=True),
    sa.Column("row_id", sa.String, primary_key=True),
    sa.Column("serial", sa.Integer, nullable=False),  # the write from which on `values` hold
    sa.Column("values", sa.Text),  # None: the row is not in the sheet
    sa.Column("before", sa.Text),  # what holds for a file without that write; None: the row is not in the sheet
    sa.Column("nameless", sa.Boolean, nullable=False),  # before that write the row stands in the sheet without its id
)

Spot = tuple[str, str]  # (table, row id)


@dataclass(frozen=True)
class Base:
    """What holds for one tab of the file at hand. `pending` rows stand there without the id that they were given."""

    rows: Mapping[str, Row] = field(default_factory=dict)
    pending: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Agreed:
    """What holds for the file at hand, by table; `serial` is the last write in it, `following` the next one's number.

    `stale` are notes that do not hold as they stand: of writes that are not in this file, and of rows that are gone.
    """

    tabs: Mapping[str, Base]
    serial: int
    following: int
    stale: frozenset[Spot]

    def tab(self, table: str) -> Base:
        return self.tabs.get(table, Base())


@dataclass(frozen=True)
class Step:
    """A row's agreed values: in the file as it was read, and in it once the next write is made. None: not in the sheet."""

    now: Row | None
    later: Row | None
    nameless: bool = False


def read_agreed(connection: Connection, book: str, serial: int | None, confirmed: bool = True) -> Agreed:
    """What both sides agreed on, for a file whose last write has this number.

    None: somebody took the hidden tab away; then the newest write counts as in the file if it was `confirmed`.
    """
    rows = connection.execute(sa.select(base).where(base.c.book == book)).all()
    newest = max((row.serial for row in rows), default=0)
    here = newest - (not confirmed) if serial is None else serial
    found: dict[str, dict[str, Row]] = {}
    pending: dict[str, set[str]] = {}
    stale = set()
    for row in rows:
        written = row.serial <= here
        values = row.values if written else row.before
        if values is not None:
            found.setdefault(row.table_name, {})[row.row_id] = {"id": row.row_id, **json.loads(values)}
        if not written or values is None:
            stale.add((row.table_name, row.row_id))
        if not written and row.nameless:
            pending.setdefault(row.table_name, set()).add(row.row_id)
    tabs = {table: Base(kept, frozenset(pending.get(table, ()))) for table, kept in found.items()}
    return Agreed(tabs, here, max(newest, here) + 1, frozenset(stale))


def filled(row: Row | None) -> dict[str, Value] | None:
    """A row's values as they are kept: without its id and without blanks."""
    return None if row is None else {name: value for name, value in row.items() if name != "id" and value is not None}


def note_steps(connection: Connection, book: str, table: str, agreed: Agreed, steps: Mapping[str, Step]) -> None:
    """Note what holds now and what will hold once the next write is made; rows without a step stay as they are."""
    tab = agreed.tab(table)
    stale = {row_id for name, row_id in agreed.stale if name == table}
    as_they_are = {row_id: Step(tab.rows.get(row_id), tab.rows.get(row_id), row_id in tab.pending) for row_id in stale}
    fresh: dict[str, dict[str, object]] = {}
    amended: dict[str, str] = {}
    for row_id, step in {**as_they_are, **steps}.items():
        now = filled(step.now)
        later = now if step.later is step.now else filled(step.later)
        as_known = now is not None and now == later and not step.nameless and row_id in tab.rows
        if row_id in stale or not as_known:
            fresh[row_id] = versions(agreed, now, later, step.nameless)
        elif now != filled(tab.rows[row_id]):
            amended[row_id] = dumps(now)
    drop_rows(connection, book, table, fresh)
    spot = {"book": book, "table_name": table}
    there = [{**spot, "row_id": row_id, **told} for row_id, told in fresh.items() if told["values"] or told["before"]]
    if there:
        connection.execute(sa.insert(base), there)
    for row_id, values in amended.items():
        connection.execute(sa.update(base).where(of_row(book, table, row_id)).values({"values": values}))


def versions(
    agreed: Agreed, now: dict[str, Value] | None, later: dict[str, Value] | None, nameless: bool
) -> dict[str, object]:
    """The columns of a row of the base. What needs no write holds for any copy of the file."""
    moves = nameless or now != later
    return {
        "serial": agreed.following if moves else 0,
        "values": None if later is None else dumps(later),
        "before": dumps(now) if moves and now is not None else None,
        "nameless": nameless,
    }


def of_row(book: str, table: str, row_id: str) -> sa.ColumnElement[bool]:
    return (base.c.book == book) & (base.c.table_name == table) & (base.c.row_id == row_id)


def note_new_book(connection: Connection, book: str, tabs: Mapping[Table, Iterable[Row]]) -> int:
    """Note what a new workbook will show, and forget any older one's. Returns the number of the write that makes it."""
    serial = read_agreed(connection, book, None).following
    drop_book(connection, book)
    agreed = Agreed({}, serial - 1, serial, frozenset())
    for table, rows in tabs.items():
        steps = {
            str(row["id"]): Step(None, {one.name: row.get(one.name) for one in table.sheet_fields}) for row in rows
        }
        note_steps(connection, book, table.name, agreed, steps)
    return serial


def amend(connection: Connection, book: str, table: str, row_id: str, cells: Mapping[str, Value]) -> None:
    """A person has decided: these values count as agreed, whichever version holds."""
    mine = of_row(book, table, row_id)
    row = connection.execute(sa.select(base).where(mine)).one_or_none()
    if row is None:
        told = {"book": book, "table_name": table, "row_id": row_id, "serial": 0, "values": dumps(filled(cells))}
        connection.execute(sa.insert(base).values(**told, nameless=False))
        return
    kept = {"values": row.values, "before": row.before}
    amended = {name: dumps(filled({**json.loads(text), **cells})) for name, text in kept.items() if text is not None}
    connection.execute(sa.update(base).where(mine).values(**amended))


def row_base(connection: Connection, book: str, table: str, row_id: str) -> Row:
    """What both sides last agreed on of one row; empty for a row that neither knew."""
    found = connection.execute(sa.select(base.c["values"]).where(of_row(book, table, row_id))).scalar()
    return json.loads(found or "{}")  # type: ignore[no-any-return]


def drop_rows(connection: Connection, book: str, table: str, row_ids: Iterable[str]) -> None:
    """Forget what was agreed of rows."""
    for some in chunks(row_ids):
        connection.execute(
            sa.delete(base).where(base.c.book == book, base.c.table_name == table, base.c.row_id.in_(some))
        )


def drop_book(connection: Connection, book: str) -> None:
    """Forget what was agreed of a workbook."""
    connection.execute(sa.delete(base).where(base.c.book == book))
