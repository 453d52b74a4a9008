"""What hangs on a cell for one person: text that did not fit and waits to be mended, and what a sheet changed unseen."""

import datetime
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from models.access import Actor
from models.changes import Problem
from models.database import Database, dumps, raise_pulse, system
from models.history import changesets, entries, stamp
from models.rows import among

drafts = sa.Table(
    "drafts",
    system,
    sa.Column("account", sa.String, primary_key=True),
    sa.Column("table_name", sa.String, primary_key=True),
    sa.Column("row_id", sa.String, primary_key=True),
    sa.Column("field", sa.String, primary_key=True),
    sa.Column("text", sa.String, nullable=False),
    sa.Column("message", sa.String, nullable=False),
    sa.Column("at", sa.String, nullable=False),
)
seen = sa.Table(
    "seen_rows",
    system,
    sa.Column("account", sa.String, primary_key=True),
    sa.Column("table_name", sa.String, primary_key=True),
    sa.Column("row_id", sa.String, primary_key=True),
    sa.Column("changeset", sa.Integer, nullable=False),
)

forms = sa.Table(
    "form_drafts",
    system,
    sa.Column("account", sa.String, primary_key=True),
    sa.Column("table_name", sa.String, primary_key=True),
    sa.Column("row_id", sa.String, primary_key=True),
    sa.Column("texts", sa.Text, nullable=False),
)

FRESH = datetime.timedelta(days=14)  # what a sheet changed longer ago is no news


def topic_of(actor: Actor) -> str:
    """What is counted up when this person's marks change: lists that they were sent are then out of date."""
    return f"drafts:{actor.name}"


def _mine(actor: Actor, table: str) -> sa.ColumnElement[bool]:
    return (drafts.c.account == actor.name) & (drafts.c.table_name == table)


def keep_drafts(connection: Connection, actor: Actor, problems: Sequence[Problem], now: datetime.datetime) -> None:
    """Keep the texts that did not fit, where they were typed. All are of one table."""
    if not problems:
        return
    table, latest = problems[0].table, {(one.row, str(one.field)): one for one in problems}
    drop_drafts(connection, actor, table, latest)
    told = {"account": actor.name, "table_name": table, "at": stamp(now)}
    rows = [
        {**told, "row_id": row, "field": name, "text": one.value, "message": one.message}
        for (row, name), one in latest.items()
    ]
    connection.execute(sa.insert(drafts), rows)
    raise_pulse(connection, topic_of(actor))


def drop_drafts(connection: Connection, actor: Actor, table: str, cells: Iterable[tuple[str, str]]) -> None:
    """These cells were mended, or their old values put back."""
    statement = sa.select(drafts.c.row_id, drafts.c.field).where(_mine(actor, table))
    there = {(row, name) for row, name in connection.execute(statement)}
    dropped = [{"_row": row, "_field": name} for row, name in there & set(cells)]
    if dropped:
        spot = (drafts.c.row_id == sa.bindparam("_row")) & (drafts.c.field == sa.bindparam("_field"))
        connection.execute(sa.delete(drafts).where(_mine(actor, table), spot), dropped)
        raise_pulse(connection, topic_of(actor))


def mended(database: Database, actor: Actor, table: str, cells: Sequence[tuple[str, str]]) -> None:
    """`drop_drafts` in a transaction of its own, where there are any: most of the time there are none."""
    with database.read() as connection:
        there = drafts_of(connection, actor, table, list({row for row, _name in cells}))
    if there.keys() & set(cells):
        with database.write() as connection:
            drop_drafts(connection, actor, table, cells)


def drafts_of(
    connection: Connection, actor: Actor, table: str, rows: Sequence[str] | None
) -> dict[tuple[str, str], tuple[str, str]]:
    """(row, field) -> (text, message) of this person's texts that wait to be mended; rows None: of any row."""
    found = {}
    statement = sa.select(drafts.c.row_id, drafts.c.field, drafts.c.text, drafts.c.message)
    for condition in among(drafts.c.row_id, rows):
        for row, field, text, message in connection.execute(statement.where(_mine(actor, table), condition)):
            found[row, field] = (text, message)
    return found


def from_sheets(
    connection: Connection, actor: Actor, table: str, rows: Sequence[str] | None, now: datetime.datetime
) -> dict[tuple[str, str], str]:
    """(row, field) -> when a shared sheet changed it, for cells that this person has not seen since; rows None: of any row."""
    found: dict[tuple[str, str], str] = {}
    since = stamp(now - FRESH)
    mine = sa.and_(
        seen.c.account == actor.name, seen.c.table_name == entries.c.table_name, seen.c.row_id == entries.c.row_id
    )
    fresh = sa.select(entries.c.row_id, entries.c.field, changesets.c.at, changesets.c.origin)
    fresh = fresh.join(changesets, changesets.c.id == entries.c.changeset).outerjoin(seen, mine)
    fresh = fresh.where(entries.c.table_name == table, entries.c.field.is_not(None), changesets.c.at >= since)
    fresh = fresh.where(sa.or_(seen.c.changeset.is_(None), seen.c.changeset < entries.c.changeset)).order_by(
        entries.c.id
    )
    for condition in among(entries.c.row_id, rows):
        for row, field, at, origin in connection.execute(fresh.where(condition)):
            if origin == "sync":
                found[row, field] = at
            else:
                found.pop((row, field), None)
    return found


def see(connection: Connection, actor: Actor, table: str, row: str) -> None:
    """This person has looked at a row."""
    newest = connection.execute(
        sa.select(sa.func.max(entries.c.changeset)).where(entries.c.table_name == table, entries.c.row_id == row)
    ).scalar()
    mine = (seen.c.account == actor.name) & (seen.c.table_name == table) & (seen.c.row_id == row)
    if newest is None or connection.execute(sa.select(seen.c.changeset).where(mine)).scalar() == newest:
        return
    connection.execute(sa.delete(seen).where(mine))
    connection.execute(sa.insert(seen).values(account=actor.name, table_name=table, row_id=row, changeset=newest))
    raise_pulse(connection, topic_of(actor))


def keep_form(connection: Connection, actor: Actor, table: str, row: str, texts: Mapping[str, Any]) -> None:
    """Keep what was typed into a form and not saved yet; nothing typed is nothing kept."""
    mine = (forms.c.account == actor.name) & (forms.c.table_name == table) & (forms.c.row_id == row)
    connection.execute(sa.delete(forms).where(mine))
    if texts:
        told = {"account": actor.name, "table_name": table, "row_id": row, "texts": dumps(texts)}
        connection.execute(sa.insert(forms).values(**told))


def form_of(connection: Connection, actor: Actor, table: str, row: str) -> dict[str, Any]:
    """Field -> what was typed into a row's form and not saved yet."""
    mine = (forms.c.account == actor.name) & (forms.c.table_name == table) & (forms.c.row_id == row)
    found = connection.execute(sa.select(forms.c.texts).where(mine)).scalar()
    return json.loads(found) if found else {}
