"""How people look at a table: the columns as each person has arranged them, and views kept under a name and an address.

A view is a question and an arrangement, never rows: whoever opens it sees what is in their own scope.
"""

import datetime
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, RowMapping

from models.access import Actor
from models.catalog import Catalog
from models.conditions import BadQuestion, parse_condition, parse_sort
from models.database import dumps, system
from models.faults import Fault
from models.history import stamp
from models.schema import Table
from models.words import _

Columns = Sequence[dict[str, Any]]  # in their order: {"name", "width" in px, "hidden", "frozen"}

views = sa.Table(
    "views",
    system,
    sa.Column("id", sa.String(24), primary_key=True),
    sa.Column("table_name", sa.String, nullable=False, index=True),
    sa.Column("account", sa.String, nullable=False),
    sa.Column("name", sa.String, nullable=False),
    sa.Column("shared", sa.Boolean, nullable=False),
    sa.Column("columns", sa.Text, nullable=False),
    sa.Column("question", sa.Text, nullable=False),
    sa.Column("at", sa.String(20), nullable=False),
)
layouts = sa.Table(
    "layouts",
    system,
    sa.Column("account", sa.String, primary_key=True),
    sa.Column("table_name", sa.String, primary_key=True),
    sa.Column("view", sa.String(24), primary_key=True),  # "" where no view is open
    sa.Column("columns", sa.Text, nullable=False),
)


class NoView(Fault):
    """A view that is not there, or not this person's to see or to change: no one learns which."""

    def __init__(self) -> None:
        super().__init__(_("没有这个视图，或不归你改"))


@dataclass(frozen=True)
class Asked:
    """A question as the address has it: conditions `field:op:value`, a sort `-field,field`, words to look for."""

    where: tuple[str, ...] = ()
    sort: str = ""
    q: str = ""

    def pairs(self) -> list[tuple[str, str]]:
        """The question as the pairs of a query string, as the grid's scripts write them."""
        told = [("where", one) for one in self.where]
        return told + [(name, value) for name, value in (("sort", self.sort), ("q", self.q)) if value]


@dataclass(frozen=True)
class SavedView:
    """A view with its name. `account` made it."""

    id: str
    table: str
    account: str
    name: str
    shared: bool
    columns: Columns
    asked: Asked

    def theirs(self, actor: Actor) -> bool:
        """Whether the actor may change it or take it away: who made it, and an administrator what is shared."""
        return self.account == actor.name or (self.shared and actor.role == "admin")


def _saved(row: RowMapping) -> SavedView:
    told = json.loads(row["question"])
    asked = Asked(tuple(told.get("where", ())), told.get("sort", ""), told.get("q", ""))
    columns = json.loads(row["columns"])
    return SavedView(row["id"], row["table_name"], row["account"], row["name"], row["shared"], columns, asked)


def _values(view: SavedView) -> dict[str, Any]:
    question = {"where": list(view.asked.where), "sort": view.asked.sort, "q": view.asked.q}
    texts = {"columns": dumps(list(view.columns)), "question": dumps(question)}
    return {"name": view.name, "shared": view.shared, **texts}


def views_of(connection: Connection, actor: Actor, table: str) -> list[SavedView]:
    """The actor's own views of a table and those that are shared, by name. That they read the table is the caller's to ask."""
    mine = (views.c.account == actor.name) | views.c.shared
    found = connection.execute(sa.select(views).where(views.c.table_name == table, mine).order_by(views.c.name))
    return [_saved(row) for row in found.mappings()]


def view_of(connection: Connection, actor: Actor, table: str, number: str) -> SavedView:
    """One view that the actor may open. Raises NoView."""
    found = next((one for one in views_of(connection, actor, table) if one.id == number), None)
    if found is None:
        raise NoView
    return found


def add_view(connection: Connection, view: SavedView, now: datetime.datetime) -> SavedView:
    """Keep a new view; it gets its id here."""
    made = replace(view, id=secrets.token_urlsafe(9))
    told = {"id": made.id, "table_name": made.table, "account": made.account, "at": stamp(now)}
    connection.execute(sa.insert(views).values(**told, **_values(made)))
    return made


def change_view(connection: Connection, actor: Actor, view: SavedView, now: datetime.datetime) -> None:
    """Keep a view as it is told now; what people had arranged over it, its keeper did, goes. Raises NoView."""
    if not view_of(connection, actor, view.table, view.id).theirs(actor):
        raise NoView
    connection.execute(sa.update(views).where(views.c.id == view.id).values(at=stamp(now), **_values(view)))
    keep_layout(connection, actor, view.table, view.id, None)


def drop_view(connection: Connection, actor: Actor, table: str, number: str) -> None:
    """Take a view away, for everyone. Raises NoView."""
    if not view_of(connection, actor, table, number).theirs(actor):
        raise NoView
    connection.execute(sa.delete(views).where(views.c.id == number))
    connection.execute(sa.delete(layouts).where(layouts.c.view == number))


def layout_of(connection: Connection, actor: Actor, table: str, view: str = "") -> Columns | None:
    """The columns as this person has arranged them, over a view or without one; None where they have not."""
    found = connection.execute(sa.select(layouts.c.columns).where(_mine(actor, table, view))).scalar()
    return None if found is None else json.loads(found)


def keep_layout(connection: Connection, actor: Actor, table: str, view: str, columns: Columns | None) -> None:
    """Keep this person's arrangement; None goes back to the view's, or to the table's own."""
    connection.execute(sa.delete(layouts).where(_mine(actor, table, view)))
    if columns is not None:
        told = {"account": actor.name, "table_name": table, "view": view}
        connection.execute(sa.insert(layouts).values(columns=dumps(list(columns)), **told))


def _mine(actor: Actor, table: str, view: str) -> sa.ColumnElement[bool]:
    return (layouts.c.account == actor.name) & (layouts.c.table_name == table) & (layouts.c.view == view)


def standing(catalog: Catalog, table: Table, asked: Asked) -> Asked:
    """The question without what names a field that is gone, or a value that its field no longer takes."""

    def holds(told: str, read: Any) -> bool:
        try:
            read(catalog, table, told)
        except BadQuestion:
            return False
        return True

    where = tuple(one for one in asked.where if holds(one, parse_condition))
    sort = ",".join(one for one in asked.sort.split(",") if one and holds(one, parse_sort))
    return replace(asked, where=where, sort=sort)
