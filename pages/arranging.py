"""How a person looks at a table: its columns as they arranged them, and views with a name and an address.

Everything here is about columns and questions, never rows: what a view shows is each reader's own scope.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter
from pydantic import BaseModel, Field
from starlette.datastructures import QueryParams

from models.access import Actor
from models.schema import Table
from models.services import Services
from models.views import (
    Asked,
    Columns,
    NoView,
    SavedView,
    add_view,
    change_view,
    drop_view,
    keep_layout,
    layout_of,
    standing,
    view_of,
    views_of,
)
from models.words import _
from pages.answers import Answer, Parts, Plain, Who
from pages.api import question_of
from pages.frame import reads_table

NAME_LENGTH = 40
MOST_COLUMNS = 500
NOTHING = Asked()
QUESTION = ("where", "sort", "q")  # what an address may ask for by itself

router = APIRouter(prefix="/api/v1", default_response_class=Answer)


class Column(BaseModel):
    """One column in its place."""

    name: Annotated[Plain, Field(max_length=100)]
    width: Annotated[int, Field(ge=20, le=2000)] | None = None
    hidden: bool = False
    frozen: bool = False


class Layout(BaseModel):
    """The columns in their order; null goes back to how they were. `view`: over which view, "" for none."""

    view: Annotated[Plain, Field(max_length=24)] = ""
    columns: list[Column] | None = Field(max_length=MOST_COLUMNS)


class NamedView(BaseModel):
    """A view as it is to be kept."""

    name: Annotated[Plain, Field(max_length=NAME_LENGTH, pattern=r"\S")]
    shared: bool = False
    columns: list[Column] = Field(default=[], max_length=MOST_COLUMNS)
    where: list[Plain] = Field(default=[], max_length=100)
    sort: Annotated[Plain, Field(max_length=1000)] = ""
    q: Annotated[Plain, Field(max_length=100)] = ""


# ---------------------------------------------------------------- the API


def readable(parts: Services, actor: Actor, name: str) -> Table:
    """The table, for those who read it. Raises NoTable, NoView."""
    table = parts.catalog[name]
    if not reads_table(actor, table):
        raise NoView
    return table


def told_view(view: SavedView, actor: Actor) -> dict[str, Any]:
    """A view as lists of them tell it."""
    return {"id": view.id, "name": view.name, "shared": view.shared, "by": view.account, "mine": view.theirs(actor)}


def as_saved(parts: Services, table: Table, wanted: NamedView, actor: Actor) -> SavedView:
    """The view that is wanted, not kept yet. Raises BadQuestion where it asks for what cannot be understood."""
    question_of(parts, table, wanted.where, wanted.sort, wanted.q)
    asked = Asked(tuple(wanted.where), wanted.sort, wanted.q.strip())
    columns = [one.model_dump() for one in wanted.columns]
    return SavedView("", table.name, actor.name, wanted.name.strip(), wanted.shared, columns, asked)


@router.get("/tables/{name}/views", summary=_("这张表的视图：自己的和共用的"))
def list_views(name: str, parts: Parts, actor: Who) -> dict[str, Any]:
    """The views of a table that this person may open."""
    table = readable(parts, actor, name)
    with parts.database.read() as connection:
        return {"views": [told_view(one, actor) for one in views_of(connection, actor, table.name)]}


@router.post("/tables/{name}/views", summary=_("另存一个视图"))
def make_view(name: str, wanted: NamedView, parts: Parts, actor: Who) -> dict[str, Any]:
    """Keep a question and an arrangement of columns under a name. Its address is /tables/{name}?view={id}."""
    view = as_saved(parts, readable(parts, actor, name), wanted, actor)
    with parts.database.write() as connection:
        return told_view(add_view(connection, view, parts.store.clock()), actor)


@router.put("/tables/{name}/views/{view}", summary=_("把视图改成现在的样子"))
def keep_view(name: str, view: Plain, wanted: NamedView, parts: Parts, actor: Who) -> dict[str, Any]:
    """Change a view of one's own; an administrator changes shared ones too."""
    changed = as_saved(parts, readable(parts, actor, name), wanted, actor)
    with parts.database.write() as connection:
        maker = view_of(connection, actor, name, view).account
        changed = replace(changed, id=view, account=maker)
        change_view(connection, actor, changed, parts.store.clock())
    return told_view(changed, actor)


@router.delete("/tables/{name}/views/{view}", summary=_("删一个视图"))
def delete_view(name: str, view: Plain, parts: Parts, actor: Who) -> dict[str, Any]:
    """Take a view away, for everyone who used it."""
    table = readable(parts, actor, name)
    with parts.database.write() as connection:
        drop_view(connection, actor, table.name, view)
    return {}


@router.put("/tables/{name}/layout", summary=_("记住自己的列：显示、顺序、冻结、宽度"))
def keep_columns(name: str, wanted: Layout, parts: Parts, actor: Who) -> dict[str, Any]:
    """Keep the columns as this person has arranged them, over a view or without one."""
    table = readable(parts, actor, name)
    columns = None if wanted.columns is None else [one.model_dump() for one in wanted.columns]
    with parts.database.write() as connection:
        if wanted.view:
            view_of(connection, actor, table.name, wanted.view)
        keep_layout(connection, actor, table.name, wanted.view, columns)
    return {}


# ---------------------------------------------------------------- the page


@dataclass(frozen=True)
class Arrangement:
    """What a grid's page begins with: what it asks, how its columns stand, which views there are."""

    asked: Asked
    columns: Columns | None = None
    views: Sequence[dict[str, Any]] = ()
    view: SavedView | None = None
    of_view: Asked = NOTHING
    own: bool = False  # the columns are this person's own, over the view's
    missing: bool = False  # a view was asked for that is not there, or not theirs to see

    def told(self) -> dict[str, Any]:
        """The same for the grid's scripts; questions as query strings."""
        return {
            "asked": urlencode(self.asked.pairs()),
            "ofView": urlencode(self.of_view.pairs()),
            "columns": None if self.columns is None else list(self.columns),
            "views": list(self.views),
            "view": self.view.id if self.view else "",
            "own": self.own,
            "missing": self.missing,
        }


def arrangement(services: Services, actor: Actor, table: Table, told: QueryParams) -> Arrangement:
    """How the page of a table begins. What the address asks for itself goes before what its view asks for."""
    number = told.get("view", "")
    with services.database.read() as connection:
        views = views_of(connection, actor, table.name) if reads_table(actor, table) else []
        view = next((one for one in views if one.id == number), None)
        own = layout_of(connection, actor, table.name, view.id if view else "")
    of_view = standing(services.catalog, table, view.asked) if view else NOTHING
    asked = asked_by(told) if any(name in told for name in QUESTION) else of_view
    columns = own if own is not None else view.columns or None if view else None
    listed = [told_view(one, actor) for one in views]
    return Arrangement(asked, columns, listed, view, of_view, own is not None, bool(number) and view is None)


def asked_by(told: QueryParams) -> Asked:
    """What an address asks for by itself."""
    return Asked(tuple(told.getlist("where")), told.get("sort", ""), told.get("q", ""))
