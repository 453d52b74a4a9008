"""Who changed what, when, from where; and taking a change set back."""

import datetime
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from models.access import Actor, Scope
from models.catalog import Catalog
from models.changes import Change, Plan
from models.database import dumps, system
from models.faults import Fault
from models.schema import Row, Table
from models.tree import Tree
from models.words import _

changesets = sa.Table(
    "changesets",
    system,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("at", sa.String(20), nullable=False),
    sa.Column("actor", sa.String, nullable=False),
    sa.Column("origin", sa.String(20), nullable=False),
    sa.Column("note", sa.String),
    sa.Column("undoes", sa.Integer),
    sqlite_autoincrement=True,
)
entries = sa.Table(
    "history",
    system,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("changeset", sa.Integer, nullable=False, index=True),
    sa.Column("table_name", sa.String, nullable=False),
    sa.Column("row_id", sa.String, nullable=False),
    sa.Column("field", sa.String),
    sa.Column("before", sa.Text),
    sa.Column("after", sa.Text),
    sa.Column("site", sa.String),
    sa.Column("county", sa.String),
    sa.Index("ix_history_row", "table_name", "row_id"),
)

ORIGINS = ("ui", "paste", "import", "sync", "api", "cli", "undo", "form", "example")


class NoChangeset(Fault):
    """A number that is no change set's, or not one this actor may see."""

    def __init__(self, number: int | str) -> None:
        super().__init__(_("没有编号为 {number} 的改动").format(number=number))


class NotYours(Fault):
    """A change set that someone else made."""

    def __init__(self, number: int, by: str) -> None:
        super().__init__(_("改动 {number} 是 {by} 做的，由本人撤销").format(number=number, by=by))


@dataclass(frozen=True)
class Entry:
    """One change as the history tells it."""

    changeset: int
    at: str
    actor: str
    origin: str
    table: str
    row: str
    field: str | None
    before: Any
    after: Any

    def told(self) -> dict[str, Any]:
        """The entry as commands and the API answer it (CONTRACT §4)."""
        names = ("changeset", "at", "actor", "origin", "field", "before", "after")
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True)
class Kept:
    """What an undo leaves as it is, and who changed it since."""

    table: str
    row: str
    field: str | None
    by: str
    at: str


@dataclass(frozen=True)
class Undo:
    """The plan that takes a change set back, and what it would leave."""

    changeset: int
    plan: Plan
    kept: tuple[Kept, ...]


def stamp(now: datetime.datetime) -> str:
    """A moment as it is stored: UTC, to the second."""
    return now.astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def record(
    connection: Connection,
    catalog: Catalog,
    changes: Sequence[Change],
    rows: Mapping[tuple[str, str], Row],
    actor: Actor,
    origin: str,
    now: datetime.datetime,
    undoes: int | None = None,
    note: str | None = None,
) -> int:
    """Write a change set; `rows` tells where each row belongs. Returns the change set's number."""
    number = connection.execute(
        sa.insert(changesets)
        .values(at=stamp(now), actor=actor.name, origin=origin, undoes=undoes, note=note)
        .returning(changesets.c.id)
    ).scalar_one()
    values = []
    for change in changes:
        table, row = catalog[change.table], rows.get((change.table, change.row), {})
        values.append(
            {
                "changeset": number,
                "table_name": change.table,
                "row_id": change.row,
                "field": change.field,
                "before": None if change.before is None else dumps(change.before),
                "after": None if change.after is None else dumps(change.after),
                "site": row.get(table.owner) if table.owner else None,
                "county": row.get(table.about.county) if table.about.county else None,
            }
        )
    if values:
        connection.execute(sa.insert(entries), values)
    return int(number)


def _joined() -> sa.Select[Any]:
    return sa.select(
        entries.c.changeset,
        changesets.c.at,
        changesets.c.actor,
        changesets.c.origin,
        entries.c.table_name,
        entries.c.row_id,
        entries.c.field,
        entries.c.before,
        entries.c.after,
    ).join(changesets, changesets.c.id == entries.c.changeset)


def _entry(row: Sequence[Any]) -> Entry:
    *head, before, after = row
    return Entry(*head, _value(before), _value(after))


def _value(text: str | None) -> Any:
    return None if text is None else json.loads(text)


def of_row(connection: Connection, table: str, row: str, limit: int = 500) -> list[Entry]:
    """A row's changes, newest first. Whether the reader may see the row is the caller's to ask."""
    statement = _joined().where(entries.c.table_name == table, entries.c.row_id == row)
    return [_entry(one) for one in connection.execute(statement.order_by(entries.c.id.desc()).limit(limit))]


def buried(connection: Connection, table: Table, told: str) -> str | None:
    """The id of the row that was last deleted under this key."""
    statement = sa.select(entries.c.row_id, entries.c.before).where(
        entries.c.table_name == table.name, entries.c.field.is_(None), entries.c.after.is_(None)
    )
    for row_id, before in connection.execute(statement.order_by(entries.c.id.desc())):
        if table.key_text(json.loads(before)) == told:
            return str(row_id)
    return None


def last_death(connection: Connection, table: str, row: str) -> dict[str, Any] | None:
    """The snapshot of a deleted row."""
    found = connection.execute(
        sa.select(entries.c.before)
        .where(
            entries.c.table_name == table, entries.c.row_id == row, entries.c.field.is_(None), entries.c.after.is_(None)
        )
        .order_by(entries.c.id.desc())
        .limit(1)
    ).scalar()
    return None if found is None else json.loads(found)


def with_buried(connection: Connection, catalog: Catalog, tree: Tree) -> Tree:
    """The tree with the sites that are gone where they last stood: for those who could read what was there."""
    statement = sa.select(entries.c.before).where(
        entries.c.table_name == catalog.tree.name, entries.c.field.is_(None), entries.c.after.is_(None)
    )
    found = [json.loads(before) for (before,) in connection.execute(statement.order_by(entries.c.id))]
    return Tree({**Tree.of(found).nodes, **tree.nodes}) if found else tree


def in_scope(reach: Scope) -> sa.ColumnElement[bool]:
    """The entries of rows that a scope holds, by where the row belonged when it was changed."""
    if reach.sites is None:
        return sa.true()
    return sa.or_(entries.c.site.in_(reach.sites or {""}), entries.c.county.in_(reach.counties or {""}))


def of_changeset(connection: Connection, number: int, reach: Scope) -> list[Entry]:
    """What one change set did, in order. Raises NoChangeset, also where a part of it is out of the reader's scope."""
    statement = _joined().where(entries.c.changeset == number).order_by(entries.c.id)
    found = [_entry(one) for one in connection.execute(statement)]
    visible = connection.execute(
        sa.select(sa.func.count()).select_from(entries).where(entries.c.changeset == number, in_scope(reach))
    ).scalar_one()
    if not found or visible != len(found):
        raise NoChangeset(number)
    return found


def last_change(connection: Connection, table: str, row: str, field: str | None) -> Entry | None:
    """The newest change of a cell (or of a row as a whole, a birth or death being one)."""
    statement = _joined().where(entries.c.table_name == table, entries.c.row_id == row)
    if field is not None:
        statement = statement.where(sa.or_(entries.c.field == field, entries.c.field.is_(None)))
    found = connection.execute(statement.order_by(entries.c.id.desc()).limit(1)).first()
    return None if found is None else _entry(found)


def since(connection: Connection, table: str, number: int) -> list[Entry]:
    """What was changed in a table after a change set, in order. Whether the reader may see the rows is the caller's to ask."""
    statement = _joined().where(entries.c.table_name == table, entries.c.changeset > number).order_by(entries.c.id)
    return [_entry(one) for one in connection.execute(statement)]


def of_changesets(connection: Connection, table: str, numbers: Iterable[int]) -> list[Entry]:
    """What these change sets did in a table, in order. Whether the reader may see the rows is the caller's to ask."""
    wanted = list(numbers)
    if not wanted:
        return []
    statement = _joined().where(entries.c.table_name == table, entries.c.changeset.in_(wanted)).order_by(entries.c.id)
    return [_entry(one) for one in connection.execute(statement)]


def undo_plan(
    connection: Connection, catalog: Catalog, number: int, rows: Mapping[tuple[str, str], Row], reach: Scope
) -> Undo:
    """How to take a change set back, given the rows as they stand: cells that someone changed since are kept.

    A field that is gone, a row that is gone, and a row that was born there and has changed since are kept too.
    """
    changes: list[Change] = []
    kept: list[Kept] = []
    now = {spot: dict(row) for spot, row in rows.items()}
    for entry in reversed(of_changeset(connection, number, reach)):
        change = Change(entry.table, entry.row, entry.field, entry.before, entry.after).inverted()
        spot = (entry.table, entry.row)
        if entry.table not in catalog.by_name or not _stands(catalog, change, now.get(spot)):
            kept.append(kept_because(connection, change))
            continue
        changes.append(change)
        if change.field is not None:
            now[spot][change.field] = change.after
        elif change.after is None:
            del now[spot]
        else:
            now[spot] = dict(change.after)
    return Undo(number, Plan(tuple(changes)), tuple(kept))


def _stands(catalog: Catalog, change: Change, row: Row | None) -> bool:
    table = catalog[change.table]
    if change.field is None:
        if change.after is not None:  # a death taken back: the place must be free
            return row is None
        known = {name: value for name, value in change.before.items() if name in table.by_name}
        return row is not None and all(row.get(name) == value for name, value in known.items())
    return row is not None and change.field in table.by_name and row.get(change.field) == change.before


def kept_because(connection: Connection, change: Change) -> Kept:
    """What an undo leaves, with the last person who changed it."""
    last = last_change(connection, change.table, change.row, change.field)
    return Kept(change.table, change.row, change.field, last.actor if last else "", last.at if last else "")
