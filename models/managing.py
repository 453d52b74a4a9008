"""What is done to accounts, by administrators and by their owners: each deed in one transaction, guarded, recorded.

No secret is ever in the record. Each deed raises the pulse `accounts`, on which open pages ask anew who they belong to.
"""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from models.access import CLI, Actor
from models.account_notes import note
from models.accounts import (
    Account,
    AccountFault,
    Unfit,
    accounts,
    draft,
    get_account,
    get_hash,
    insert_account,
    place_fault,
    set_disabled,
    set_place,
)
from models.database import Database
from models.invitations import invite, invited, withdraw
from models.passwords import PASSWORDS, Passwords, weakness
from models.sessions import (
    Arrival,
    add_token,
    close_account,
    count_try,
    end_sessions,
    forget_tries,
    keep_hash,
    open_session,
    secret,
)
from models.signins import end_one, revoke_one
from models.tree import Tree
from models.words import _

LABEL_LENGTH = 40  # characters of a token's name


class LastAdmin(AccountFault):
    """The last one who can manage accounts."""

    def __init__(self) -> None:
        super().__init__(_("只剩这一位管理员，先另设一位"))


class OwnAccount(AccountFault):
    """Something that an administrator could lock themselves out with."""

    def __init__(self) -> None:
        super().__init__(_("自己的账号由另一位管理员改"))


class NotManager(AccountFault):
    """Somebody who may not manage accounts."""

    def __init__(self) -> None:
        super().__init__(_("管理账号要用管理员身份"))


class OldPasswordWrong(Unfit):
    """An old password that is not the account's."""

    def __init__(self, left: int) -> None:
        super().__init__("old", _("旧密码不对，还可试 {left} 次").format(left=left))


# ---- who may


def managing(by: Actor) -> None:
    """Raises NotManager."""
    if by.role != "admin":
        raise NotManager


def guard(connection: Connection, by: Actor, found: Account) -> None:
    """Nobody takes their own account away, nor the last administrator's. Whoever sits at the machine itself may: they can
    fetch a link for a first administrator there. Raises OwnAccount, LastAdmin."""
    if by.name == found.name:
        raise OwnAccount
    others = sa.and_(accounts.c.role == "admin", accounts.c.disabled.is_(False), accounts.c.name != found.name)
    is_admin = found.role == "admin" and not found.disabled
    if is_admin and by != CLI and not connection.execute(sa.select(sa.exists().where(others))).scalar_one():
        raise LastAdmin


# ---- an administrator's deeds


def add(
    database: Database,
    by: Actor,
    name: str,
    role: str,
    password: str | None,
    tree: Tree,
    now: datetime,
    *,
    site: str | None = None,
    county: str | None = None,
    passwords: Passwords = PASSWORDS,
) -> Account:
    """Make an account; without a password one that nobody knows, for somebody who comes by a link. Raises Unfit, NameTaken."""
    managing(by)
    chosen = secret() if password is None else password
    row = draft(name, role, chosen, tree, now, site=site, county=county, passwords=passwords)
    with database.write() as connection:
        made = insert_account(connection, row)
        note(connection, by.name, made.name, "added", now, role=role, site=site, county=county)
        return made


def move(
    database: Database,
    by: Actor,
    name: str,
    role: str,
    tree: Tree,
    now: datetime,
    *,
    site: str | None = None,
    county: str | None = None,
) -> Account:
    """Give an account another role or place; it holds at the next request. Raises Unfit, OwnAccount, LastAdmin, NoAccount."""
    managing(by)
    if why := place_fault(role, site, county, tree):
        raise Unfit("place", why)
    with database.write() as connection:
        found = get_account(connection, name)
        if (found.role, found.site, found.county) == (role, site, county):
            return found
        guard(connection, by, found)
        made = set_place(connection, found.name, role, site, county)
        before = {"role": found.role, "site": found.site, "county": found.county}
        after = {"role": role, "site": site, "county": county}
        note(connection, by.name, made.name, "placed", now, before=before, after=after)
        return made


def disable(database: Database, by: Actor, name: str, now: datetime) -> Account:
    """Close an account: its sessions end, its tokens and links are void. Raises OwnAccount, LastAdmin, NoAccount."""
    managing(by)
    with database.write() as connection:
        found = get_account(connection, name)
        guard(connection, by, found)
        closed = close_account(connection, found.name)
        withdraw(connection, found.name)
        note(connection, by.name, found.name, "disabled", now)
        return closed


def enable(database: Database, by: Actor, name: str, now: datetime) -> Account:
    """Open an account again. Raises NoAccount."""
    managing(by)
    with database.write() as connection:
        opened = set_disabled(connection, name, False)
        note(connection, by.name, opened.name, "enabled", now)
        return opened


def set_password(
    database: Database, by: Actor, name: str, password: str, now: datetime, *, passwords: Passwords = PASSWORDS
) -> Account:
    """Another password: every session of the account ends. Raises NoAccount, Unfit."""
    managing(by)
    with database.read() as connection:
        found = get_account(connection, name)
    kept = hashed(found.name, password, passwords)
    with database.write() as connection:
        keep_hash(connection, found.name, kept)
        withdraw(connection, found.name)
        note(connection, by.name, found.name, "password", now)
    return found


def hashed(name: str, password: str, passwords: Passwords) -> str:
    """The hash of a password that will do. Raises Unfit."""
    if why := weakness(name, password):
        raise Unfit("password", why)
    return passwords.hash(password)


def hand_link(database: Database, by: Actor, name: str, now: datetime) -> str:
    """A one-time link's token, to be shown once. Raises NoAccount, AccountDisabled."""
    managing(by)
    with database.write() as connection:
        token = invite(connection, name, now)
        note(connection, by.name, get_account(connection, name).name, "link", now)
        return token


# ---- one's own, or an administrator's


def allowed(by: Actor, name: str) -> None:
    """Raises NotManager unless the account is one's own."""
    if by.name != name:
        managing(by)


def make_token(database: Database, by: Actor, name: str, label: str, now: datetime) -> str:
    """A token for programs, to be shown once. Raises Unfit, NoAccount, AccountDisabled."""
    allowed(by, name)
    label = " ".join(label.split())
    if len(label) > LABEL_LENGTH or not label:
        raise Unfit("label", _("写明令牌给谁用，1 至 {most} 个字").format(most=LABEL_LENGTH))
    with database.write() as connection:
        token = add_token(connection, name, now, label)
        note(connection, by.name, get_account(connection, name).name, "token", now, label=label)
        return token


def revoke_token(database: Database, by: Actor, name: str, number: str, now: datetime) -> None:
    """Void a token. Raises AlreadyGone."""
    allowed(by, name)
    with database.write() as connection:
        note(connection, by.name, name, "revoked", now, label=revoke_one(connection, name, number))


def end_session(database: Database, by: Actor, name: str, number: str | None, now: datetime) -> None:
    """End one session of an account, or all of them. Raises AlreadyGone."""
    allowed(by, name)
    with database.write() as connection:
        if number is None:
            end_sessions(connection, name)
        else:
            end_one(connection, name, number)
        note(connection, by.name, name, "ended", now, all=number is None)


def change_password(
    database: Database,
    by: Actor,
    old: str,
    password: str,
    came: Arrival,
    keep: str | None,
    *,
    passwords: Passwords = PASSWORDS,
) -> None:
    """Choose another password oneself: every session ends but the one whose token is `keep`.

    Guessing the old one has the brake of a sign-in. Raises OldPasswordWrong, TooManyTries, Unfit.
    """
    with database.write() as connection:
        left = count_try(connection, by.name, came)
        kept = get_hash(connection, by.name)
    if not passwords.verify(kept, old):
        raise OldPasswordWrong(left)
    renewed = hashed(by.name, password, passwords)
    with database.write() as connection:
        forget_tries(connection, by.name, came.address)
        keep_hash(connection, by.name, renewed, keep)
        note(connection, by.name, by.name, "password", came.at)


def use_link(database: Database, token: str, password: str, came: Arrival, *, passwords: Passwords = PASSWORDS) -> str:
    """Come in by a link: choose a password, and get a session's token. Raises InvitationSpent, Unfit.

    A password that does not fit does not use the link up.
    """
    with database.read() as connection:
        found = invited(connection, token, came.at)
    kept = hashed(found.name, password, passwords)
    with database.write() as connection:
        found = invited(connection, token, came.at)
        withdraw(connection, found.name)
        keep_hash(connection, found.name, kept)
        note(connection, found.name, found.name, "entered", came.at)
        return open_session(connection, found, came)
