"""Coming in: sign-in with its brake, sessions, tokens for programs, the one-time link. Only hashes of secrets are kept."""

import hashlib
import math
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from models.access import Actor
from models.account_notes import note
from models.accounts import (
    Account,
    AccountDisabled,
    AccountFault,
    accounts,
    attempts,
    draft,
    find_account,
    find_actor,
    get_account,
    get_hash,
    has_admin,
    insert_account,
    links,
    sessions,
    set_disabled,
    set_hash,
    tidy,
    tokens,
)
from models.database import Database
from models.history import stamp
from models.passwords import PASSWORDS, Passwords
from models.tree import Tree
from models.words import _

IDLE = timedelta(hours=12)
LONGEST = timedelta(days=7)
SEEN_EVERY = timedelta(minutes=5)  # how exactly `seen_at` is kept: a write a request would be one too many
WINDOW = timedelta(minutes=15)
TRIES_A_NAME, TRIES_AN_ADDRESS = 5, 20
LINK_LIFE = timedelta(minutes=30)


@dataclass(frozen=True)
class Arrival:
    """When, from which address and with what program somebody comes."""

    at: datetime
    address: str
    agent: str = ""


class WrongPassword(AccountFault):
    """A name and a password that do not belong together; which of the two is wrong stays unsaid."""

    def __init__(self, left: int) -> None:
        hint = _("还可试 {left} 次").format(left=left) if left else _("过一会再试")
        super().__init__(_("姓名或密码不对，{hint}").format(hint=hint))


class TooManyTries(AccountFault):
    """Too many wrong passwords for one name or from one address."""

    def __init__(self, minutes: int) -> None:
        super().__init__(_("错了太多次，过 {minutes} 分钟再试").format(minutes=minutes))
        self.minutes = minutes


class LinkSpent(AccountFault):
    """A one-time link that is used, too old, unknown, or no longer needed."""

    def __init__(self) -> None:
        super().__init__(_("链接已失效，运行 python app.py user link 另取"))


class AdminThere(AccountFault):
    """A one-time link asked for where an administrator can sign in."""

    def __init__(self) -> None:
        super().__init__(_("已有管理员，由管理员登录后添加账号"))


def secret() -> str:
    """256 random bits, as text that fits a cookie and an address."""
    return secrets.token_urlsafe(32)


def digest(text: str) -> str:
    """What is kept of a secret. One round is enough: 256 random bits cannot be guessed."""
    return hashlib.sha256(text.encode()).hexdigest()


# ---- sign-in


def sign_in(database: Database, name: str, password: str, came: Arrival, *, passwords: Passwords = PASSWORDS) -> str:
    """Open a session and give its token. Raises WrongPassword, TooManyTries, AccountDisabled.

    The try is counted before the password is looked at, so that a hundred at once get no more than one after another;
    an unknown name costs the same work as a known one.
    """
    with database.write() as connection:
        left = count_try(connection, name, came)
        kept, found = get_hash(connection, name), find_account(connection, name)
    if not passwords.verify(kept, password) or found is None or kept is None:
        raise WrongPassword(left)
    if found.disabled:
        raise AccountDisabled(found.name)
    renewed = passwords.hash(password) if passwords.outdated(kept) else None
    with database.write() as connection:
        forget_tries(connection, name, came.address)
        if renewed:
            set_hash(connection, found.name, renewed)
        return open_session(connection, found, came)


def count_try(connection: Connection, name: str, came: Arrival) -> int:
    """Count a try; how many are left after it. Raises TooManyTries: such a try is not counted, so waiting helps."""
    connection.execute(sa.delete(attempts).where(attempts.c.at <= stamp(came.at - WINDOW)))
    limits = ((attempts.c.name, _named(name), TRIES_A_NAME), (attempts.c.address, came.address, TRIES_AN_ADDRESS))
    lefts = []
    for column, value, most in limits:
        times = (
            connection.execute(sa.select(attempts.c.at).where(column == value).order_by(attempts.c.at)).scalars().all()
        )
        if len(times) >= most:
            until = datetime.fromisoformat(times[-most]) + WINDOW
            raise TooManyTries(max(1, math.ceil((until - came.at).total_seconds() / 60)))
        lefts.append(most - len(times) - 1)
    connection.execute(sa.insert(attempts).values(name=_named(name), address=came.address, at=stamp(came.at)))
    return min(lefts)


def forget_tries(connection: Connection, name: str, address: str) -> None:
    """After a sign-in the tries of this name from this address are forgotten; those from elsewhere are not."""
    mine = sa.and_(attempts.c.name == _named(name), attempts.c.address == address)
    connection.execute(sa.delete(attempts).where(mine))


def _named(name: str) -> str:
    return digest(tidy(name).casefold())


# ---- sessions


def open_session(connection: Connection, account: Account, came: Arrival) -> str:
    """A new session's token: always a new one, so that a token planted before the sign-in is worth nothing."""
    connection.execute(sa.delete(sessions).where(~is_alive(came.at)))
    token = secret()
    times = {"created_at": stamp(came.at), "seen_at": stamp(came.at), "expires_at": stamp(came.at + LONGEST)}
    place = {"address": came.address[:60], "agent": came.agent[:200]}
    connection.execute(sa.insert(sessions).values(hash=digest(token), account=account.name, **place, **times))
    mine = sa.update(accounts).where(accounts.c.name == account.name)
    connection.execute(mine.values(signed_in_at=stamp(came.at)))
    return token


def is_alive(now: datetime) -> sa.ColumnElement[bool]:
    return sa.and_(sessions.c.expires_at > stamp(now), sessions.c.seen_at > stamp(now - IDLE))


def session_actor(database: Database, token: str, now: datetime) -> Actor | None:
    """Whose session this is; None where it is unknown, ended or expired. Notes, now and then, that it was seen."""
    query = (
        sa.select(sessions.c.account, sessions.c.seen_at)
        .join(accounts, accounts.c.name == sessions.c.account)
        .where(sessions.c.hash == digest(token), is_alive(now), accounts.c.disabled.is_(False))
    )
    with database.read() as connection:
        row = connection.execute(query).one_or_none()
        actor = find_actor(connection, row.account) if row else None
    if row and datetime.fromisoformat(row.seen_at) <= now - SEEN_EVERY:
        with database.write() as connection:
            mine = sa.update(sessions).where(sessions.c.hash == digest(token))
            connection.execute(mine.values(seen_at=stamp(now)))
    return actor


def end_session(connection: Connection, token: str) -> None:
    """Sign out: the token is worth nothing from here on."""
    connection.execute(sa.delete(sessions).where(sessions.c.hash == digest(token)))


def end_sessions(connection: Connection, name: str) -> None:
    """Sign an account out everywhere."""
    connection.execute(sa.delete(sessions).where(sessions.c.account == name))


# ---- accounts that lose what they had


def close_account(connection: Connection, name: str) -> Account:
    """Close an account: its sessions end, its tokens are void. Raises NoAccount."""
    found = set_disabled(connection, name, True)
    end_sessions(connection, found.name)
    revoke_tokens(connection, found.name)
    return found


def keep_hash(connection: Connection, name: str, kept: str, keep: str | None = None) -> None:
    """Keep the hash of another password: every session ends but the one whose token is `keep`."""
    set_hash(connection, name, kept)
    others = sa.and_(sessions.c.account == name, sessions.c.hash != (digest(keep) if keep else ""))
    connection.execute(sa.delete(sessions).where(others))


# ---- tokens for programs


def add_token(connection: Connection, name: str, now: datetime, label: str = "") -> str:
    """A bearer token that acts for an account; it is shown this once. Raises NoAccount, AccountDisabled."""
    actor = find_actor(connection, name)
    token = secret()
    row = {"hash": digest(token), "account": actor.name, "created_at": stamp(now), "revoked": False, "name": label}
    connection.execute(sa.insert(tokens).values(**row))
    return token


def token_actor(connection: Connection, token: str) -> Actor | None:
    """Whom a bearer token acts for; None where it is unknown, revoked, or its account closed."""
    query = (
        sa.select(tokens.c.account)
        .join(accounts, accounts.c.name == tokens.c.account)
        .where(tokens.c.hash == digest(token), tokens.c.revoked.is_(False), accounts.c.disabled.is_(False))
    )
    name = connection.execute(query).scalar_one_or_none()
    return find_actor(connection, name) if name else None


def revoke_tokens(connection: Connection, name: str) -> int:
    """Void every token of an account; how many there were."""
    mine = sa.and_(tokens.c.account == get_account(connection, name).name, tokens.c.revoked.is_(False))
    return connection.execute(sa.update(tokens).where(mine).values(revoked=True)).rowcount


# ---- the one-time link for the first administrator


def add_link(connection: Connection, now: datetime) -> str:
    """A link's token, while no administrator can sign in; older links are void. Raises AdminThere."""
    if has_admin(connection):
        raise AdminThere
    connection.execute(sa.delete(links))
    token = secret()
    connection.execute(sa.insert(links).values(hash=digest(token), expires_at=stamp(now + LINK_LIFE)))
    return token


def check_link(connection: Connection, token: str, now: datetime) -> None:
    """Raises LinkSpent unless the link still opens."""
    works = sa.and_(links.c.hash == digest(token), links.c.used_at.is_(None), links.c.expires_at > stamp(now))
    if has_admin(connection) or not connection.execute(sa.select(sa.exists().where(works))).scalar_one():
        raise LinkSpent


def use_link(
    database: Database,
    token: str,
    name: str,
    password: str,
    came: Arrival,
    *,
    passwords: Passwords = PASSWORDS,
) -> str:
    """Make the first administrator and open a session: its token. Raises LinkSpent, Unfit, NameTaken.

    A name or a password that does not fit does not use the link up.
    """
    with database.read() as connection:
        check_link(connection, token, came.at)
    row = draft(name, "admin", password, Tree(), came.at, passwords=passwords)
    with database.write() as connection:
        check_link(connection, token, came.at)
        used = sa.update(links).where(links.c.hash == digest(token))
        connection.execute(used.values(used_at=stamp(came.at)))
        made = insert_account(connection, row)
        note(connection, made.name, made.name, "added", came.at, role=made.role)
        return open_session(connection, made, came)
