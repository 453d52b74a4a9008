"""One-time links by which a person comes in and chooses a password: 30 minutes, one use, one a person."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from models.accounts import Account, AccountFault, find_account, find_actor
from models.database import system
from models.history import stamp
from models.sessions import LINK_LIFE, digest, secret
from models.words import _

invitations = sa.Table(
    "invitations",
    system,
    sa.Column("hash", sa.String(64), primary_key=True),
    sa.Column("account", sa.String, nullable=False, index=True),
    sa.Column("expires_at", sa.String, nullable=False),
)


class InvitationSpent(AccountFault):
    """A link that is used, too old, unknown, or whose account is closed."""

    def __init__(self) -> None:
        super().__init__(_("链接已失效，找管理员另发一个"))


def invite(connection: Connection, name: str, now: datetime) -> str:
    """A new link's token; an older one of the account is void. Raises NoAccount, AccountDisabled."""
    account = find_actor(connection, name).name
    withdraw(connection, account)
    token = secret()
    row = {"hash": digest(token), "account": account, "expires_at": stamp(now + LINK_LIFE)}
    connection.execute(sa.insert(invitations).values(**row))
    return token


def withdraw(connection: Connection, name: str) -> None:
    """Void the links of an account."""
    connection.execute(sa.delete(invitations).where(invitations.c.account == name))


def invited(connection: Connection, token: str, now: datetime) -> Account:
    """Whom a link lets in. Raises InvitationSpent."""
    works = sa.and_(invitations.c.hash == digest(token), invitations.c.expires_at > stamp(now))
    name = connection.execute(sa.select(invitations.c.account).where(works)).scalar_one_or_none()
    found = find_account(connection, name) if name else None
    if found is None or found.disabled:
        raise InvitationSpent
    return found
