"""The half of the API that changes something: cells, rows, marks, undo, plans."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Path, Response
from pydantic import BaseModel, Field

from models.access import Actor
from models.changes import Change, Plan, Problem, death, stored_values
from models.edits import Edit, Typed
from models.history import last_change
from models.marks import drop_drafts, keep_drafts, mended, see
from models.plans import keep_plan, take_plan
from models.query import View
from models.schema import Table
from models.services import Services
from models.words import _
from pages.answers import Answer, ByProgram, Cell, Parts, Plain, Who, is_known, refused, tag_of, told_problem
from pages.decorations import decorate

MOST_CELLS = 20_000
MOST_ROWS = 5_000  # new ones in one request
MOST_NUMBER = 2**31 - 1  # of a change set

router = APIRouter(prefix="/api/v1", default_response_class=Answer)


class Before(BaseModel):
    """What was seen in a cell, and what it should be."""

    before: Cell = None
    after: Cell = None


class Spot(BaseModel):
    """A cell: where a text waits to be mended."""

    row: Plain
    field: Plain


class Changed(Before, Spot):
    """One cell among many."""


class Cells(BaseModel):
    """Cells changed in one go."""

    changes: list[Changed] = Field(max_length=MOST_CELLS)
    origin: Literal["ui", "paste", "fill", "form", "api"] = "ui"


class NewRow(BaseModel):
    """A row to add."""

    values: dict[Plain, Cell]


class NewRows(BaseModel):
    """Rows to add in one go."""

    rows: list[dict[Plain, Cell]] = Field(max_length=MOST_ROWS)
    origin: Literal["ui", "paste", "api"] = "ui"


class Doomed(BaseModel):
    """Rows to delete in one go, by id."""

    rows: list[Plain] = Field(max_length=MOST_CELLS)


class Wanted(BaseModel):
    """What a plan should be made of: cells, new rows, rows to delete, all of one table."""

    table: str
    changes: list[Changed] = Field(default=[], max_length=MOST_CELLS)
    rows: list[dict[Plain, Cell]] = Field(default=[], max_length=MOST_CELLS)
    deletes: list[Plain] = Field(default=[], max_length=MOST_CELLS)


class Force(BaseModel):
    """Whether to take back the rest where someone changed a part since."""

    force: bool = False


def origin_of(by_program: bool, told: str = "ui") -> str:
    """Where the history says that a change came from."""
    return "api" if by_program else "paste" if told == "fill" else told


# ---------------------------------------------------------------- one row


@router.patch("/tables/{name}/rows/{row:path}", summary=_("改一行的几格，全成或全不成"))
def patch_row(
    name: str,
    row: Plain,
    cells: dict[Plain, Before],
    parts: Parts,
    actor: Who,
    if_match: Annotated[str, Header()] = "",
) -> Response:
    """Change cells of one row, all or none."""
    table = parts.catalog[name]
    with parts.database.read() as connection:
        view = parts.query.view(connection, actor)
        found = view.find(table, row)
        if if_match and not is_known(tag_of(found), if_match):
            return Answer({"error": _("这一行已不是那时的样子"), "current": found}, 412)
        edits = [Edit(str(found["id"]), field, cell.before, cell.after) for field, cell in cells.items()]
        plan = Typed(view, table).plan(edits)
    if plan.problems:
        return refused(plan.problems)
    answer = applied_row(parts, actor, table, plan, str(found["id"]), "api")
    mended(parts.database, actor, table.name, [(edit.row, edit.field) for edit in edits])
    return answer


def applied_row(parts: Services, actor: Actor, table: Table, plan: Plan, row: str, origin: str) -> Response:
    """Apply a plan of one row and answer the row as it stands."""
    applied = parts.store.apply(plan, actor, origin)
    with parts.database.read() as connection:
        view = parts.query.view(connection, actor)
        rows = view.rows(table, [row])
        about = decorate(view, actor, table, rows, parts.store.clock())
    told = {"row": rows[0] if rows else None, "about": about[0] if about else None}
    return Answer(
        {**told, "changeset": applied.changeset if applied else None}, headers={"ETag": tag_of(rows[0])} if rows else {}
    )


@router.post("/tables/{name}/rows", summary=_("新增一行"))
def add_row(name: str, wanted: NewRow, parts: Parts, actor: Who, by_program: ByProgram) -> Response:
    """Add a row; fields that are not told take their defaults."""
    table = parts.catalog[name]
    with parts.database.read() as connection:
        plan = Typed(parts.query.view(connection, actor), table).new_row(wanted.values)
    if plan.problems:
        return refused(plan.problems)
    return applied_row(parts, actor, table, plan, plan.changes[0].row, origin_of(by_program))


@router.delete("/tables/{name}/rows/{row:path}", summary=_("删一行，可撤销"))
def delete_row(name: str, row: Plain, parts: Parts, actor: Who, by_program: ByProgram) -> dict[str, Any]:
    """Put a row into the trash; an undo brings it back."""
    table = parts.catalog[name]
    with parts.database.read() as connection:
        found = parts.query.view(connection, actor).find(table, row)
    plan = Plan((death(table.name, stored_values(table, found)),))
    applied = parts.store.apply(plan, actor, origin_of(by_program))
    return {"changeset": applied.changeset if applied else None}


# ---------------------------------------------------------------- many cells


@router.post("/tables/{name}/cells", summary=_("改多格，一次改动；不合格的留作标记"))
def change_cells(name: str, wanted: Cells, parts: Parts, actor: Who, by_program: ByProgram) -> Response:
    """Change many cells in one change set. What does not fit is kept as this person's mark; nothing is overwritten unseen."""
    table, edits = parts.catalog[name], folded(wanted.changes)
    with parts.database.read() as connection:
        plan = Typed(parts.query.view(connection, actor), table).plan(edits)
    applied, more = parts.store.apply_fitting(plan, actor, origin_of(by_program, wanted.origin))
    problems = {(one.row, one.field): one for one in plan.problems}
    problems |= {(change.row, change.field): why for change, why in more}
    keep_marks(parts, actor, table, edits, problems)
    with parts.database.read() as connection:
        view = parts.query.view(connection, actor)
        rows = view.rows(table, list(dict.fromkeys(edit.row for edit in edits)))
        about = decorate(view, actor, table, rows, parts.store.clock())
        by_id = {str(row["id"]): (row, told) for row, told in zip(rows, about, strict=True)}
        cells = [told_cell(view, table, edit, problems.get((edit.row, edit.field)), by_id) for edit in edits]
    changeset = applied.changeset if applied else None
    told_rows = [{**row, "about": told} for row, told in by_id.values()]
    return Answer({"changeset": changeset, "cells": cells, "rows": told_rows, "version": view.version})


@router.post("/tables/{name}/additions", summary=_("新增多行，一次改动；不合格的行不收，逐行说明"))
def add_rows(name: str, wanted: NewRows, parts: Parts, actor: Who, by_program: ByProgram) -> Response:
    """Add many rows in one change set. `rows` answers each in its turn: its id, or the problems that keep it out."""
    table = parts.catalog[name]
    with parts.database.read() as connection:
        typed = Typed(parts.query.view(connection, actor), table)
        plans = [typed.new_row(values) for values in wanted.rows]
    births = Plan(tuple(change for plan in plans for change in plan.changes))
    applied, refused_rows = parts.store.apply_fitting(births, actor, origin_of(by_program, wanted.origin))
    told: dict[str, list[Problem]] = {}
    for change, why in refused_rows:
        told.setdefault(change.row, []).append(why)
    rows = [told_new(plan, told) for plan in plans]
    return Answer({"changeset": applied.changeset if applied else None, "rows": rows})


def told_new(plan: Plan, refused_rows: Mapping[str, Sequence[Problem]]) -> dict[str, Any]:
    """What became of one new row."""
    problems = [*plan.problems, *(why for change in plan.changes for why in refused_rows.get(change.row, ()))]
    if problems:
        return {"problems": [told_problem(one) for one in problems]}
    return {"id": plan.changes[0].row}


@router.post("/tables/{name}/deletions", summary=_("删多行，一次改动，可撤销"))
def delete_rows(name: str, wanted: Doomed, parts: Parts, actor: Who, by_program: ByProgram) -> dict[str, Any]:
    """Put rows into the trash in one change set. Those that cannot go stay, and `problems` say why."""
    table = parts.catalog[name]
    with parts.database.read() as connection:
        found = parts.query.view(connection, actor).rows(table, list(dict.fromkeys(wanted.rows)))
    deaths = Plan(tuple(death(table.name, stored_values(table, row)) for row in found))
    applied, kept = parts.store.apply_fitting(deaths, actor, origin_of(by_program))
    gone = len(found) - len({change.row for change, _why in kept}) if applied else 0
    problems = [told_problem(why) for _change, why in kept]
    return {"changeset": applied.changeset if applied else None, "deleted": gone, "problems": problems}


def folded(changes: Sequence[Changed]) -> list[Edit]:
    """One edit a cell: where a cell comes twice, from what was seen first to what was typed last."""
    found: dict[tuple[str, str], Edit] = {}
    for one in changes:
        first = found.get((one.row, one.field))
        found[one.row, one.field] = Edit(one.row, one.field, first.before if first else one.before, one.after)
    return list(found.values())


def keep_marks(
    parts: Services,
    actor: Actor,
    table: Table,
    edits: Sequence[Edit],
    problems: Mapping[tuple[str, str | None], Problem],
) -> None:
    """Keep the texts that did not fit; forget those of cells that are mended."""
    misfits = [
        Problem(table.name, row, field, problem.value, problem.message)
        for (row, field), problem in problems.items()
        if field in table.by_name and problem.cause in ("value", "required", "reference", "rule", "key")
    ]
    fine = [(edit.row, edit.field) for edit in edits if (edit.row, edit.field) not in problems]
    mended(parts.database, actor, table.name, fine)
    if misfits:
        with parts.database.write() as connection:
            keep_drafts(connection, actor, misfits, parts.store.clock())


def told_cell(
    view: View,
    table: Table,
    edit: Edit,
    problem: Problem | None,
    rows: Mapping[str, tuple[dict[str, Any], dict[str, Any]]],
) -> dict[str, Any]:
    """What became of one cell."""
    told: dict[str, Any] = {"row": edit.row, "field": edit.field}
    row, about = rows.get(edit.row, ({}, {}))
    if problem is None:
        return {**told, "value": row.get(edit.field), "label": about.get("labels", {}).get(edit.field)}
    if problem.cause == "stale":
        last = last_change(view.connection, table.name, edit.row, edit.field)
        by = {"by": last.actor, "at": last.at} if last else {"by": "", "at": ""}
        return {**told, "current": row.get(edit.field), **by, "yours": edit.after}
    return {**told, "problem": problem.message, "text": problem.value}


@router.delete("/tables/{name}/marks", summary=_("去掉一格里不合格的文字"))
def drop_mark(name: str, mark: Spot, parts: Parts, actor: Who) -> dict[str, Any]:
    """Put the old value back: the text that did not fit goes."""
    table = parts.catalog[name]
    with parts.database.write() as connection:
        drop_drafts(connection, actor, table.name, [(mark.row, mark.field)])
    return {}


@router.post("/tables/{name}/rows/{row:path}/seen", summary=_("共享表改过的这一行已看"))
def mark_seen(name: str, row: Plain, parts: Parts, actor: Who) -> dict[str, Any]:
    """This person has looked at what a sheet changed in a row."""
    table = parts.catalog[name]
    with parts.database.write() as connection:
        found = parts.query.view(connection, actor).find(table, row)
        see(connection, actor, table.name, str(found["id"]))
    return {}


@router.post("/undo/{changeset}", summary=_("撤销一次改动"))
def undo(
    changeset: Annotated[int, Path(ge=1, le=MOST_NUMBER)], parts: Parts, actor: Who, wanted: Force | None = None
) -> Response:
    """Take a change set back. Where someone changed a part of it since, 409 says what would be kept; `force` takes back the rest."""
    force = wanted is not None and wanted.force
    applied, undone = parts.store.undo(changeset, actor, force=force)
    told = {
        "changeset": applied.changeset if applied else None,
        "undone": len(applied.changes) if applied else 0,
        "kept": [vars(one) for one in undone.kept],
    }
    return Answer(told, 409 if undone.kept and not force else 200)


# ---------------------------------------------------------------- plans


@router.post("/plans", summary=_("先看会改什么，不写入"))
def make_plan(wanted: Wanted, parts: Parts, actor: Who) -> dict[str, Any]:
    """A plan to look at; nothing is written. What does not fit is among its problems, and not among its changes."""
    table = parts.catalog[wanted.table]
    with parts.database.read() as connection:
        plan = planned(parts.query.view(connection, actor), table, wanted)
    problems = (*plan.problems, *parts.store.rehearse(plan, actor, "api"))
    with parts.database.write() as connection:
        number = keep_plan(connection, plan, actor, "api", parts.store.clock(), wanted.model_dump())
    return {
        "id": number,
        "changes": [told_change(change) for change in plan.changes],
        "problems": [told_problem(problem) for problem in problems],
    }


def planned(view: View, table: Table, wanted: Wanted) -> Plan:
    """The plan of cells, new rows and deletions together. Raises NoRow for one to delete that is not there."""
    typed = Typed(view, table)
    made = [typed.plan(folded(wanted.changes)), *(typed.new_row(row) for row in wanted.rows)]
    gone = [stored_values(table, view.find(table, row)) for row in wanted.deletes]
    made.append(Plan(tuple(death(table.name, row) for row in gone)))
    return Plan(
        tuple(change for each in made for change in each.changes),
        tuple(problem for each in made for problem in each.problems),
    )


def told_change(change: Change) -> dict[str, Any]:
    return {name: getattr(change, name) for name in ("table", "row", "field", "before", "after")}


@router.post("/plans/{number}/apply", summary=_("写入看过的改动单，只能一次"))
def apply_plan(number: Plain, parts: Parts, actor: Who) -> dict[str, Any]:
    """Apply a plan that was made before, all of it or nothing, once."""
    with parts.database.write() as connection:
        plan, origin = take_plan(connection, number, actor)
        applied = parts.store.apply_in(connection, plan, actor, origin) if plan.changes else None
    return {"changeset": applied.changeset if applied else None}
