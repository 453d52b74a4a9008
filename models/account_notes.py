"""The record of what was done to accounts: who, when, what; no secret is ever in it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from models.database import dumps, raise_pulse, system
from models.history import stamp

TOPIC = "accounts"  # its pulse: open pages ask anew who they belong to
LISTED = 100

What = Literal["added", "placed", "disabled", "enabled", "password", "link", "entered", "token", "revoked", "ended"]

account_changes = sa.Table(
    "account_changes",
    system,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("at", sa.String, nullable=False),
    sa.Column("by", sa.String, nullable=False),
    sa.Column("account", sa.String, nullable=False, index=True),
    sa.Column("what", sa.String, nullable=False),
    sa.Column("told", sa.Text, nullable=False),
    sqlite_autoincrement=True,
)


@dataclass(frozen=True)
class Noted:
    """One deed as the record has it. `told`: what it was about."""

    at: str
    by: str
    account: str
    what: What
    told: dict[str, Any]


def note(connection: Connection, by: str, name: str, what: What, now: datetime, **told: Any) -> None:
    """Record a deed, and wake the open pages."""
    row = {"at": stamp(now), "by": by, "account": name, "what": what, "told": dumps(told)}
    connection.execute(sa.insert(account_changes).values(**row))
    raise_pulse(connection, TOPIC)


def read_notes(connection: Connection, name: str | None = None, limit: int = LISTED) -> Sequence[Noted]:
    """What was done to an account, or to any; the newest first."""
    c = account_changes.c
    statement = sa.select(c.at, c.by, c.account, c.what, c.told).order_by(c.id.desc()).limit(limit)
    if name is not None:
        statement = statement.where(c.account == name)
    return [Noted(*head, json.loads(told)) for *head, told in connection.execute(statement)]
