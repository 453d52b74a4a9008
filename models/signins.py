"""An account's sessions and tokens as people see and end them: never the secret, a short part of its digest as the name."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from models.accounts import Account, AccountFault, accounts, list_accounts, sessions, tokens
from models.sessions import digest, is_alive
from models.words import _

SHORT = 16  # characters of a digest that name a session or a token


class AlreadyGone(AccountFault):
    """A session or a token that has ended meanwhile, or is another's."""

    def __init__(self) -> None:
        super().__init__(_("这一项已经没有了"))


@dataclass(frozen=True)
class SignIn:
    """A session that is open. `here`: the one that asks."""

    number: str
    created_at: str
    seen_at: str
    address: str
    agent: str
    here: bool


@dataclass(frozen=True)
class Token:
    """A token that works; `name` is what it is for."""

    number: str
    name: str
    created_at: str


@dataclass(frozen=True)
class Listed:
    """An account with what it has open. `signed_in_at` is None for one who never came."""

    account: Account
    signed_in_at: str | None
    sessions: int
    tokens: int


def overview(connection: Connection, now: datetime) -> list[Listed]:
    """Every account, by role and then by name."""
    last = dict(connection.execute(sa.select(accounts.c.name, accounts.c.signed_in_at)).all())
    live = counted(connection, sessions, is_alive(now))
    held = counted(connection, tokens, tokens.c.revoked.is_(False))
    return [
        Listed(one, last[one.name], live.get(one.name, 0), held.get(one.name, 0)) for one in list_accounts(connection)
    ]


def counted(connection: Connection, table: sa.Table, which: sa.ColumnElement[bool]) -> dict[str, int]:
    """Account -> how many rows of a table are its own."""
    statement = sa.select(table.c.account, sa.func.count()).where(which).group_by(table.c.account)
    return dict(connection.execute(statement).all())


def list_sessions(connection: Connection, name: str, now: datetime, token: str | None = None) -> Sequence[SignIn]:
    """The open sessions of an account, the last seen first; `token` is the session that asks."""
    here = digest(token) if token else ""
    statement = sa.select(sessions).where(sessions.c.account == name, is_alive(now))
    return [
        SignIn(row.hash[:SHORT], row.created_at, row.seen_at, row.address, row.agent, row.hash == here)
        for row in connection.execute(statement.order_by(sessions.c.seen_at.desc(), sessions.c.hash))
    ]


def list_tokens(connection: Connection, name: str) -> Sequence[Token]:
    """The tokens of an account that work, the newest first."""
    statement = sa.select(tokens).where(tokens.c.account == name, tokens.c.revoked.is_(False))
    return [
        Token(row.hash[:SHORT], row.name or "", row.created_at)
        for row in connection.execute(statement.order_by(tokens.c.created_at.desc(), tokens.c.hash))
    ]


def end_one(connection: Connection, name: str, number: str) -> None:
    """End one session of an account. Raises AlreadyGone."""
    one = sa.and_(sessions.c.account == name, sa.func.substr(sessions.c.hash, 1, SHORT) == number)
    if not connection.execute(sa.delete(sessions).where(one)).rowcount:
        raise AlreadyGone


def revoke_one(connection: Connection, name: str, number: str) -> str:
    """Void one token of an account; returns what it was for. Raises AlreadyGone."""
    one = sa.and_(
        tokens.c.account == name, tokens.c.revoked.is_(False), sa.func.substr(tokens.c.hash, 1, SHORT) == number
    )
    label = connection.execute(sa.select(tokens.c.name).where(one)).first()
    if label is None:
        raise AlreadyGone
    connection.execute(sa.update(tokens).where(one).values(revoked=True))
    return str(label[0] or "")
