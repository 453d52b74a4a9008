"""Who may come in: accounts, the role and the place of each. What their sign-ins leave is kept in the tables beside."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import get_args

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from models.access import CLI, ROLES, SYNC, Actor, Role
from models.database import system
from models.faults import Fault
from models.history import stamp
from models.passwords import PASSWORDS, Passwords, weakness
from models.tree import Tree
from models.words import _

NAME_LENGTH = 40
RESERVED = frozenset({CLI.name, SYNC.name})  # the app's own actors: nobody may pass for them in the history
SITE_ROLES = frozenset({"center", "main", "branch", "point"})

ROLE_LABELS: Mapping[Role, str] = dict(
    zip(get_args(Role), ("管理员", "文旅局", "中心馆", "总馆", "分馆", "基层服务点", "评估员", "只读"), strict=True)
)

accounts = sa.Table(
    "accounts",
    system,
    sa.Column("name", sa.String, primary_key=True),
    sa.Column("role", sa.String, nullable=False),
    sa.Column("site", sa.String),
    sa.Column("county", sa.String),
    sa.Column("password", sa.String, nullable=False),
    sa.Column("disabled", sa.Boolean, nullable=False),
    sa.Column("created_at", sa.String, nullable=False),
    sa.Column("signed_in_at", sa.String),  # the last time; its session may be gone
)


sessions = sa.Table(
    "sessions",
    system,
    sa.Column("hash", sa.String(64), primary_key=True),
    sa.Column("account", sa.String, nullable=False, index=True),
    sa.Column("created_at", sa.String, nullable=False),
    sa.Column("seen_at", sa.String, nullable=False),
    sa.Column("expires_at", sa.String, nullable=False),
    sa.Column("address", sa.String, nullable=False),
    sa.Column("agent", sa.String, nullable=False),
)
tokens = sa.Table(
    "tokens",
    system,
    sa.Column("hash", sa.String(64), primary_key=True),
    sa.Column("account", sa.String, nullable=False, index=True),
    sa.Column("created_at", sa.String, nullable=False),
    sa.Column("revoked", sa.Boolean, nullable=False),
    sa.Column("name", sa.String),  # what it is for, in its owner's words
)
links = sa.Table(
    "links",
    system,
    sa.Column("hash", sa.String(64), primary_key=True),
    sa.Column("expires_at", sa.String, nullable=False),
    sa.Column("used_at", sa.String),
)
attempts = sa.Table(
    "attempts",
    system,
    sa.Column("id", sa.Integer, primary_key=True),
    # A digest: people type a password into the name field now and then, and it must not stand here in clear.
    sa.Column("name", sa.String(64), nullable=False, index=True),
    sa.Column("address", sa.String, nullable=False, index=True),
    sa.Column("at", sa.String, nullable=False),
)


class AccountFault(Fault):
    """Something about an account, a password or a sign-in that does not go; its text is for the person."""


class NameTaken(AccountFault):
    """Two accounts of one name."""

    def __init__(self, name: str) -> None:
        super().__init__(_("已有账号 {name}，换一个名字").format(name=name))


class NoAccount(AccountFault):
    """A name that no account has."""

    def __init__(self, name: str) -> None:
        super().__init__(_("没有账号 {name}").format(name=name))


class AccountDisabled(AccountFault):
    """An account that may no longer be used."""

    def __init__(self, name: str) -> None:
        super().__init__(_("账号 {name} 已停用，找本单位管理员").format(name=name))


class Unfit(AccountFault):
    """A name, password, role or place that an account cannot have; `field` says which, for the form."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(why)
        self.field = field


@dataclass(frozen=True)
class Account:
    """One account, without its password."""

    name: str
    role: Role
    site: str | None
    county: str | None
    disabled: bool
    created_at: str

    @property
    def actor(self) -> Actor:
        return Actor(self.name, self.role, self.site, self.county)


_COLUMNS = [accounts.c[name] for name in Account.__dataclass_fields__]


def tidy(name: str) -> str:
    """A name as it is kept and looked up: full-width letters in their plain form, ends trimmed."""
    return unicodedata.normalize("NFKC", name).strip()


def name_fault(name: str) -> str | None:
    """Why an account cannot have this (tidy) name."""
    if not 1 <= len(name) <= NAME_LENGTH or not name.isprintable():
        return _("姓名填 1 至 {most} 个字").format(most=NAME_LENGTH)
    return _("{name} 是台账自用的名字，换一个").format(name=name) if name.casefold() in RESERVED else None


def place_fault(role: str, site: str | None, county: str | None, tree: Tree) -> str | None:
    """Why an account of this role cannot belong to this place. A role at a site needs a site of its own level."""
    if role not in ROLES:
        return _("没有这个角色：{role}，可用 {roles}").format(role=role, roles=" ".join(ROLES))
    if site is not None and site not in tree.nodes:
        return _("没有这个馆点：{site}").format(site=site)
    if county is not None and tree.nodes and not any(tree.in_county(county)):
        return _("没有这个县区的馆点：{county}").format(county=county)
    label = _(ROLE_LABELS[role])
    if role in SITE_ROLES:
        if site is None or county is not None:
            return _("{role}账号要有馆点编码，不填县区").format(role=label)
        return None if tree.nodes[site].level == role else _("{site} 不是{role}").format(site=site, role=label)
    if role == "reader":
        return _("馆点和县区只填一个") if site is not None and county is not None else None
    if site is not None or (county is not None and role != "bureau"):
        return _("{role}账号不填馆点{county}").format(role=label, county="" if role == "bureau" else _("和县区"))
    return None


def find_account(connection: Connection, name: str) -> Account | None:
    """The account of this name, without regard to case; disabled ones too."""
    row = connection.execute(sa.select(*_COLUMNS).where(_is(name))).one_or_none()
    return Account(**row._mapping) if row else None


def _is(name: str) -> sa.ColumnElement[bool]:
    return sa.func.lower(accounts.c.name) == sa.func.lower(tidy(name))


def get_account(connection: Connection, name: str) -> Account:
    """The account of this name. Raises NoAccount."""
    if found := find_account(connection, name):
        return found
    raise NoAccount(tidy(name))


def find_actor(connection: Connection, name: str) -> Actor:
    """Who acts under this name (`--as`). Raises NoAccount, AccountDisabled."""
    found = get_account(connection, name)
    if found.disabled:
        raise AccountDisabled(found.name)
    return found.actor


def list_accounts(connection: Connection) -> list[Account]:
    """Every account, by role and then by name."""
    found = [Account(**row._mapping) for row in connection.execute(sa.select(*_COLUMNS))]
    return sorted(found, key=lambda each: (ROLES.index(each.role), each.name))


def has_admin(connection: Connection) -> bool:
    """Whether anybody could sign in as administrator."""
    wanted = sa.and_(accounts.c.role == "admin", accounts.c.disabled.is_(False))
    return connection.execute(sa.select(sa.exists().where(wanted))).scalar_one()


def draft(
    name: str,
    role: str,
    password: str,
    tree: Tree,
    now: datetime,
    *,
    site: str | None = None,
    county: str | None = None,
    passwords: Passwords = PASSWORDS,
) -> dict[str, str | bool | None]:
    """The row of a new account, checked and its password hashed; not yet written. Raises Unfit."""
    name = tidy(name)
    faults = {
        "name": name_fault(name),
        "password": weakness(name, password),
        "place": place_fault(role, site, county, tree),
    }
    for field, why in faults.items():
        if why:
            raise Unfit(field, why)
    place = {"role": role, "site": site, "county": county}
    return {"name": name, **place, "password": passwords.hash(password), "disabled": False, "created_at": stamp(now)}


def insert_account(connection: Connection, row: Mapping[str, str | bool | None]) -> Account:
    """Write what `draft` made. Raises NameTaken."""
    name = str(row["name"])
    if find_account(connection, name):
        raise NameTaken(name)
    connection.execute(sa.insert(accounts).values(**row))
    return get_account(connection, name)


def set_disabled(connection: Connection, name: str, disabled: bool) -> Account:
    """Close an account or open it again. Ending its sessions is models.sessions.disable's part."""
    found = get_account(connection, name)
    connection.execute(sa.update(accounts).where(accounts.c.name == found.name).values(disabled=disabled))
    return get_account(connection, name)


def set_place(connection: Connection, name: str, role: str, site: str | None, county: str | None) -> Account:
    """Give an account another role or place, which `place_fault` has found right."""
    found = get_account(connection, name)
    there = sa.update(accounts).where(accounts.c.name == found.name)
    connection.execute(there.values(role=role, site=site, county=county))
    return get_account(connection, name)


def set_hash(connection: Connection, name: str, kept: str) -> None:
    """Keep another hash of the account's password."""
    connection.execute(sa.update(accounts).where(accounts.c.name == name).values(password=kept))


def get_hash(connection: Connection, name: str) -> str | None:
    """The kept hash of a password; None for a name that no account has."""
    return connection.execute(sa.select(accounts.c.password).where(_is(name))).scalar_one_or_none()
