"""Who has a table open, and in which cell they are: for each other's eyes, gone after half a minute of silence."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from models.access import Actor
from models.database import raise_pulse, system
from models.history import stamp
from models.query import View
from models.rows import by_ids
from models.schema import Table

TOPIC = "presence"  # raised when someone comes, moves or goes; nothing that lists show depends on it
SILENT = datetime.timedelta(seconds=30)  # without a sign: gone

present = sa.Table(
    "presence",
    system,
    sa.Column("page", sa.String(64), primary_key=True),  # one open page of a person
    sa.Column("account", sa.String, nullable=False),
    sa.Column("table_name", sa.String, nullable=False, index=True),
    sa.Column("row_id", sa.String, nullable=False),
    sa.Column("field", sa.String, nullable=False),
    sa.Column("at", sa.String(20), nullable=False),
)


@dataclass(frozen=True)
class Other:
    """Someone else in a cell; `left`: seconds until they count as gone, if nothing more is heard."""

    name: str
    row: str
    field: str
    left: float


def enter(
    connection: Connection, actor: Actor, page: str, table: str, row: str, field: str, now: datetime.datetime
) -> None:
    """This page's person is in that cell now. Pages that fell silent are forgotten on the way."""
    _forget(connection, (present.c.page == page) | (present.c.at < stamp(now - SILENT)))
    told = {"page": page, "account": actor.name, "table_name": table, "row_id": row, "field": field}
    connection.execute(sa.insert(present).values(at=stamp(now), **told))
    raise_pulse(connection, TOPIC)


def leave(connection: Connection, page: str) -> None:
    """The page was closed."""
    if _forget(connection, present.c.page == page):
        raise_pulse(connection, TOPIC)


def _forget(connection: Connection, which: sa.ColumnElement[bool]) -> int:
    return connection.execute(sa.delete(present).where(which)).rowcount


def others(view: View, table: Table, now: datetime.datetime) -> Sequence[Other]:
    """Who else is in rows of this table that the reader may read; of each the place heard of last."""
    statement = sa.select(present.c.account, present.c.row_id, present.c.field, present.c.at).where(
        present.c.table_name == table.name, present.c.account != view.actor.name, present.c.at >= stamp(now - SILENT)
    )
    found = {row[0]: row for row in view.connection.execute(statement.order_by(present.c.at, present.c.page))}
    there = by_ids(view.connection, table, {row for _account, row, _field, _at in found.values()}) if found else {}
    return [
        Other(account, row, field, (datetime.datetime.fromisoformat(at) + SILENT - now).total_seconds())
        for account, row, field, at in found.values()
        if row in there and view.holds(table, there[row])
    ]
