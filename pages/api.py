"""REST: the same rows and fields over HTTP as in the grid, which itself lives on this. Knows no table by name.

Handlers are plain functions: FastAPI runs them in threads, so that no database call holds up the event loop.
"""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, FastAPI, Header, Query, Response

from models import words
from models.access import Actor, adds_rows, edits_field, edits_table
from models.conditions import parse_condition, parse_sort
from models.kinds import Chosen, Kind, OrNa, Text, Value, told_kind
from models.marks import topic_of
from models.presence import TOPIC as PRESENCE
from models.query import Question, View
from models.schema import Table
from models.services import Services
from models.unit import read_settings
from models.words import _
from pages import changing
from pages.answers import Answer, Parts, Plain, Who, answer_faults, is_known, tag_of
from pages.decorations import decorate, marked

MOST_ROWS = 1000
MOST_SEARCH = 100  # signs of a search text that are heeded


router = APIRouter(prefix="/api/v1", default_response_class=Answer)


# ---------------------------------------------------------------- what the tables are


def told_table(table: Table, actor: Actor) -> dict[str, Any]:
    """A table as surfaces need it, with what this person may do."""
    return {
        "name": table.name,
        "label": _(table.label),
        "group": table.about.group,
        "help": _(table.about.help) if table.about.help else "",
        "title": table.title,
        "owner": table.owner,
        "tree": table.is_tree,
        "key": list(table.key),
        "may": {
            "add": adds_rows(actor, table),
            "edit": edits_table(actor, table),
            "delete": adds_rows(actor, table),
        },
        "fields": [told_field(table, name, actor) for name in table.by_name],
    }


def told_field(table: Table, name: str, actor: Actor) -> dict[str, Any]:
    """A field as surfaces need it."""
    one = table.by_name[name]
    kind = told_kind(one.kind)
    return {
        "name": one.name,
        "label": _(one.label),
        "kind": kind.name,
        "required": one.required,
        "choices": [{"code": code, "label": _(label)} for code, label in listed(one.kind)],
        "editable": one.editable,
        "unit": one.unit or None,
        "ref": one.ref,
        "key": one.key,
        "wanted": one.kind.wanted(),
        "help": _(one.help) if one.help else "",
        "derived": one.derive is not None,
        "may_edit": edits_table(actor, table) and edits_field(actor, one),
        "numeric": kind.numeric,
        "lines": isinstance(kind, Text) and kind.lines,
        "default": one.default,
    }


def listed(kind: Kind) -> list[tuple[Value, str]]:
    """(value, label) of what a field's list offers."""
    if isinstance(kind, OrNa):
        return list(kind.listed)
    return [(choice.code, choice.label) for choice in kind.choices] if isinstance(kind, Chosen) else []


@router.get("/tables", summary=_("全部表：栏目、规则、能改什么"))
def list_tables(parts: Parts, actor: Who) -> dict[str, Any]:
    """Every table, as this person may use it."""
    return {"tables": [told_table(table, actor) for table in parts.catalog]}


@router.get("/tables/{name}/about", summary=_("一张表的栏目、规则、能改什么"))
def about_table(name: str, parts: Parts, actor: Who) -> dict[str, Any]:
    """One table, as this person may use it."""
    return told_table(parts.catalog[name], actor)


# ---------------------------------------------------------------- rows


@router.get("/tables/{name}", summary=_("一页行，可筛选、排序、查找"))
def list_rows(
    name: str,
    parts: Parts,
    actor: Who,
    limit: Annotated[int, Query(ge=1, le=MOST_ROWS)] = 200,
    cursor: Annotated[int, Query(ge=0)] = 0,
    sort: Plain = "",
    where: Annotated[Sequence[Plain], Query()] = (),
    q: Plain = "",
    ids: Plain = "",
    about: bool = False,
    if_none_match: Annotated[str, Header()] = "",
) -> Response:
    """A page of rows. `about` adds, a row each, what a grid needs to show it.

    where: FIELD:OP:VALUE, several are and; OP is one of eq ne lt le gt ge in has blank filled. sort: -FIELD,FIELD.
    ids: these rows alone. next: the cursor of the next page, null on the last.
    """
    table = parts.catalog[name]
    with parts.database.read() as connection:
        view = parts.query.view(connection, actor)
        tag = stamp_of(view, table)
        if is_known(tag, if_none_match):
            return Response(status_code=304, headers={"ETag": tag})
        if ids:
            rows = view.rows(table, ids.split(",")[:MOST_ROWS])
            told: dict[str, Any] = {"rows": rows, "next": None, "total": len(rows)}
        else:
            page = view.page(table, question_of(parts, table, where, sort, q), offset=cursor, limit=limit)
            after, rows = cursor + limit, page.rows
            told = {"rows": rows, "next": str(after) if after < page.total else None, "total": page.total}
        told["version"] = view.version
        if about:
            told["about"] = decorate(view, actor, table, rows, parts.store.clock(), in_order=not sort and not q)
    return Answer(told, headers={"ETag": tag})


@router.get("/tables/{name}/marked", summary=_("做了记号的格：格式不对、冲突、共享表改的"))
def list_marked(
    name: str,
    parts: Parts,
    actor: Who,
    sort: Plain = "",
    where: Annotated[Sequence[Plain], Query()] = (),
    q: Plain = "",
) -> dict[str, Any]:
    """The cells that are marked for whoever asks: [place in that answer, field, state], state being inv, cnf or sh."""
    table = parts.catalog[name]
    with parts.database.read() as connection:
        view = parts.query.view(connection, actor)
        ids = view.ids(table, question_of(parts, table, where, sort, q))
        return {"marked": marked(view, actor, table, ids, parts.store.clock())}


def question_of(parts: Services, table: Table, where: Sequence[str], sort: str, q: str) -> Question:
    """What is asked for. Raises BadQuestion."""
    conditions = tuple(parse_condition(parts.catalog, table, one) for one in where)
    return Question(conditions, parse_sort(parts.catalog, table, sort), q.strip()[:MOST_SEARCH])


def stamp_of(view: View, table: Table) -> str:
    """An ETag for lists: everything that this person could see has stayed the same while this has."""
    mine = topic_of(view.actor)
    pulses = {topic: count for topic, count in view.pulses.items() if topic == mine or concerns_all(topic)}
    actor = (view.actor.name, view.actor.role, view.actor.site, view.actor.county)
    known = (read_settings(view.connection), words.language.get(), list(table.by_name))
    return tag_of([sorted(pulses.items()), actor, known])


def concerns_all(topic: str) -> bool:
    """Whether lists may look different when this topic was raised: not by other people's marks, nor by where they are."""
    return topic != PRESENCE and not topic.startswith("drafts:")


@router.get("/tables/{name}/names", summary=_("可引用的主键和名称"))
def list_names(
    name: str, parts: Parts, actor: Who, q: Plain = "", limit: Annotated[int, Query(ge=1, le=200)] = 30
) -> dict[str, Any]:
    """Keys and names for a reference picker, those that hold all the words."""
    table, words = parts.catalog[name], q.casefold().split()
    with parts.database.read() as connection:
        names = parts.query.view(connection, actor).names(table)
    found = (
        {"key": key, "name": told}
        for key, told in names.items()
        if all(word in f"{key} {told}".casefold() for word in words)
    )
    return {"names": [one for one, _place in zip(found, range(limit), strict=False)]}


@router.get("/tables/{name}/rows/{row:path}/history", summary=_("一行的变更记录，新的在前"))
def get_history(name: str, row: Plain, parts: Parts, actor: Who) -> dict[str, Any]:
    """Who changed the row, newest first."""
    table = parts.catalog[name]
    with parts.database.read() as connection:
        entries = parts.query.view(connection, actor).history(table, row)
    return {"changes": [entry.told() for entry in entries]}


@router.get("/tables/{name}/rows/{row:path}", summary=_("一行，按编号或主键"))
def get_row(name: str, row: Plain, parts: Parts, actor: Who) -> Response:
    """One row by id or key."""
    table = parts.catalog[name]
    with parts.database.read() as connection:
        view = parts.query.view(connection, actor)
        found = view.find(table, row)
        about = decorate(view, actor, table, [found], parts.store.clock())[0]
        return Answer({"row": found, "about": about, "version": view.version}, headers={"ETag": tag_of(found)})


@router.get("/search", summary=_("各表里含有这些词的行"))
def search(parts: Parts, actor: Who, q: Plain = "") -> dict[str, Any]:
    """Rows of any table that hold all the words, a few of each."""
    found: list[dict[str, Any]] = []
    text = q.strip()[:MOST_SEARCH]
    with parts.database.read() as connection:
        view = parts.query.view(connection, actor)
        for table in parts.catalog if text else ():
            ids = view.ids(table, Question(search=text))[:8]
            found += [
                {
                    "table": table.name,
                    "label": _(table.label),
                    "id": row["id"],
                    "key": table.key_text(row),
                    "name": str(row.get(table.title) or ""),
                }
                for row in view.rows(table, ids)
            ]
    return {"found": found[:30]}


def add_api(app: FastAPI) -> None:
    """Serve the API under /api/v1."""
    app.include_router(router)
    app.include_router(changing.router)
    answer_faults(app)
