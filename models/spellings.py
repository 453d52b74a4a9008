"""Spellings that somebody has said the meaning of once: 托管 is 委托管理 here, in every file that comes later.

What those who see the whole city remember counts for everyone; what anybody else remembers counts for themselves alone, so
that no one's file changes how a stranger's is read. Nothing is remembered unless a person asks for it.
"""

import datetime
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from models.access import Actor, edits_table
from models.database import system
from models.faults import Fault
from models.history import stamp
from models.intake import spelling
from models.schema import Table
from models.words import _

spellings = sa.Table(
    "spellings",
    system,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("table_name", sa.String, nullable=False),
    sa.Column("field", sa.String, nullable=False),
    sa.Column("text", sa.String, nullable=False),
    sa.Column("written", sa.String, nullable=False),
    sa.Column("means", sa.String, nullable=False),
    sa.Column("account", sa.String, nullable=False),
    sa.Column("everyone", sa.Boolean, nullable=False),
    sa.Column("at", sa.String(20), nullable=False),
    sa.Index("ix_spellings_table", "table_name", "written"),
    sqlite_autoincrement=True,
)


class NotYoursToRemember(Fault):
    """A spelling for a table that the actor does not edit, or one that somebody else remembered."""

    def __init__(self) -> None:
        super().__init__(_("这张表不归你改，没有记住"))


@dataclass(frozen=True)
class Remembered:
    """A text and what it means (a choice's code, a record's key) in one field."""

    id: int
    table: str
    field: str
    text: str
    written: str
    means: str
    account: str
    everyone: bool
    at: str

    @property
    def spot(self) -> tuple[str, str, str]:
        return self.table, self.field, self.written


def counting(connection: Connection, actor: Actor, table: str | None = None) -> list[Remembered]:
    """The spellings that count for an actor, of one table or of all: one a text, their own before everyone's."""
    theirs = spellings.c.account == actor.name
    statement = sa.select(
        spellings.c.id,
        spellings.c.table_name,
        spellings.c.field,
        spellings.c.text,
        spellings.c.written,
        spellings.c.means,
        spellings.c.account,
        spellings.c.everyone,
        spellings.c.at,
    ).where(sa.or_(theirs, spellings.c.everyone))
    if table is not None:
        statement = statement.where(spellings.c.table_name == table)
    found = {
        (one := Remembered(*row)).spot: one for row in connection.execute(statement.order_by(theirs, spellings.c.id))
    }
    return sorted(found.values(), key=lambda one: one.id)


def remembered(connection: Connection, actor: Actor, table: str) -> dict[str, dict[str, str]]:
    """Field -> spelling -> what is meant, as it counts for an actor."""
    found: dict[str, dict[str, str]] = {}
    for one in counting(connection, actor, table):
        found.setdefault(one.field, {})[one.written] = one.means
    return found


def remember(
    connection: Connection, actor: Actor, table: Table, field: str, text: str, means: str, now: datetime.datetime
) -> None:
    """Remember what a text means in a field. Raises NotYoursToRemember."""
    if not edits_table(actor, table) or field not in table.by_name:
        raise NotYoursToRemember
    text = text.replace("\x00", "")
    drop(connection, actor, table.name, field, text)
    connection.execute(
        sa.insert(spellings).values(
            table_name=table.name,
            field=field,
            text=text,
            written=spelling(text),
            means=means,
            account=actor.name,
            everyone=actor.all_seeing,
            at=stamp(now),
        )
    )


def drop(connection: Connection, actor: Actor, table: str, field: str, text: str) -> None:
    """Forget what the actor has remembered of a text."""
    connection.execute(
        sa.delete(spellings).where(
            spellings.c.table_name == table,
            spellings.c.field == field,
            spellings.c.written == spelling(text),
            spellings.c.account == actor.name,
        )
    )


def forget(connection: Connection, actor: Actor, number: int) -> None:
    """Forget a spelling: one's own, or as an admin anyone's. Raises NotYoursToRemember."""
    statement = sa.delete(spellings).where(spellings.c.id == number)
    if actor.role != "admin":
        statement = statement.where(spellings.c.account == actor.name)
    if not connection.execute(statement.returning(spellings.c.id)).first():
        raise NotYoursToRemember
