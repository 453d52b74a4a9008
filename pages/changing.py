"""The half of the API that changes something: cells, rows, marks, undo, plans."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Response
from pydantic import BaseModel, Field

from models.access import Actor
from models.changes import Change, Plan, Problem, death, stored_values
from models.database import raise_pulse
from models.edits import Edit, Typed
from models.history import last_change
from models.marks import drop_drafts, keep_drafts, see
from models.plans import keep_plan, take_plan
from models.query import View
from models.schema import Table
from models.services import Services
from pages.answers import Answer, Parts, Who, refused, tag_of, told_problem
from pages.decorations import decorate

MOST_CELLS = 20_000

router = APIRouter(prefix="/api/v1", default_response_class=Answer)


class Cell(BaseModel):
    """One cell: what was seen there, and what it should be."""

    row: str
    field: str
    before: Any = None
    after: Any = None


class Before(BaseModel):
    """What was seen in a cell, and what it should be."""

    before: Any = None
    after: Any = None


class Cells(BaseModel):
    """Cells changed in one go."""

    changes: list[Cell] = Field(max_length=MOST_CELLS)
    origin: Literal["ui", "paste", "fill", "form", "api"] = "ui"


class NewRow(BaseModel):
    """A row to add."""

    values: dict[str, Any]


class Mark(BaseModel):
    """Where a text waits to be mended."""

    row: str
    field: str


class Wanted(BaseModel):
    """What a plan should be made of: cells, new rows, rows to delete, all of one table."""

    table: str
    changes: list[Cell] = Field(default=[], max_length=MOST_CELLS)
    rows: list[dict[str, Any]] = Field(default=[], max_length=MOST_CELLS)
    deletes: list[str] = Field(default=[], max_length=MOST_CELLS)


class Force(BaseModel):
    """Whether to take back the rest where someone changed a part since."""

    force: bool = False


@router.patch("/tables/{name}/rows/{row}")
def patch_row(
    name: str,
    row: str,
    cells: dict[str, Before],
    parts: Parts,
    actor: Who,
    if_match: Annotated[str, Header()] = "",
) -> Response:
    """Change cells of one row, all or none."""
    table = parts.catalog[name]
    with parts.database.read() as connection:
        view = parts.query.view(connection, actor)
        found = view.find(table, row)
        if if_match and if_match not in ("*", tag_of(found)):
            return Answer({"current": found}, 412)
        edits = [Edit(str(found["id"]), field, cell.before, cell.after) for field, cell in cells.items()]
        plan = Typed(view, table).plan(edits)
    if plan.problems:
        return refused(plan.problems)
    return applied_row(parts, actor, table, plan, str(found["id"]), "api")


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


@router.post("/tables/{name}/rows")
def add_row(name: str, wanted: NewRow, parts: Parts, actor: Who) -> Response:
    """Add a row."""
    table = parts.catalog[name]
    with parts.database.read() as connection:
        plan = Typed(parts.query.view(connection, actor), table).new_row(wanted.values)
    return (
        refused(plan.problems) if plan.problems else applied_row(parts, actor, table, plan, plan.changes[0].row, "ui")
    )


@router.delete("/tables/{name}/rows/{row}")
def delete_row(name: str, row: str, parts: Parts, actor: Who) -> dict[str, Any]:
    """Put a row into the trash; an undo brings it back."""
    table = parts.catalog[name]
    with parts.database.read() as connection:
        found = parts.query.view(connection, actor).find(table, row)
    applied = parts.store.apply(Plan((death(table.name, stored_values(table, found)),)), actor, "ui")
    return {"changeset": applied.changeset if applied else None}


@router.post("/tables/{name}/cells")
def change_cells(name: str, wanted: Cells, parts: Parts, actor: Who) -> dict[str, Any]:
    """Change many cells in one change set. What does not fit is kept as this person's mark; nothing is overwritten unseen."""
    table = parts.catalog[name]
    edits = [Edit(one.row, one.field, one.before, one.after) for one in wanted.changes]
    with parts.database.read() as connection:
        plan = Typed(parts.query.view(connection, actor), table).plan(edits)
    origin = "paste" if wanted.origin == "fill" else wanted.origin
    applied, more = parts.store.apply_fitting(plan, actor, origin)
    problems = {(one.row, one.field): one for one in plan.problems}
    problems |= {(change.row, change.field): why for change, why in more}
    keep_marks(parts, actor, table, edits, problems)
    with parts.database.read() as connection:
        view = parts.query.view(connection, actor)
        rows = view.rows(table, list(dict.fromkeys(edit.row for edit in edits)))
        about = decorate(view, actor, table, rows, parts.store.clock())
        by_id = {str(row["id"]): (row, told) for row, told in zip(rows, about, strict=True)}
        cells = [told_cell(view, table, edit, problems.get((edit.row, edit.field)), by_id) for edit in edits]
    return {
        "changeset": applied.changeset if applied else None,
        "cells": cells,
        "rows": [{**row, "about": told} for row, told in zip(rows, about, strict=True)],
        "about": about,
    }


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
    with parts.database.write() as connection:
        drop_drafts(connection, actor, table.name, fine)
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


@router.delete("/tables/{name}/marks")
def drop_mark(name: str, mark: Mark, parts: Parts, actor: Who) -> dict[str, Any]:
    """Put the old value back: the text that did not fit goes."""
    table = parts.catalog[name]
    with parts.database.write() as connection:
        drop_drafts(connection, actor, table.name, [(mark.row, mark.field)])
    return {}


@router.post("/tables/{name}/rows/{row}/seen")
def mark_seen(name: str, row: str, parts: Parts, actor: Who) -> dict[str, Any]:
    """This person has looked at what a sheet changed in a row."""
    table = parts.catalog[name]
    with parts.database.write() as connection:
        found = parts.query.view(connection, actor).find(table, row)
        see(connection, actor, table.name, str(found["id"]))
        raise_pulse(connection, "drafts")
    return {}


@router.post("/undo/{changeset}")
def undo(changeset: int, wanted: Force, parts: Parts, actor: Who) -> Response:
    """Take a change set back."""
    applied, undone = parts.store.undo(changeset, actor, force=wanted.force)
    told = {
        "changeset": applied.changeset if applied else None,
        "undone": len(applied.changes) if applied else 0,
        "kept": [vars(one) for one in undone.kept],
    }
    return Answer(told, 409 if undone.kept and not wanted.force else 200)


# ---------------------------------------------------------------- plans


@router.post("/plans")
def make_plan(wanted: Wanted, parts: Parts, actor: Who) -> dict[str, Any]:
    """A plan to look at; nothing is written. What does not fit is among its problems, and not among its changes."""
    table = parts.catalog[wanted.table]
    with parts.database.read() as connection:
        view = parts.query.view(connection, actor)
        typed = Typed(view, table)
        made = [typed.plan([Edit(one.row, one.field, one.before, one.after) for one in wanted.changes])]
        made += [typed.new_row(row) for row in wanted.rows]
        rows = [view.find(table, row) for row in wanted.deletes]
        made.append(Plan(tuple(death(table.name, stored_values(table, row)) for row in rows)))
    plan = Plan(
        tuple(one for each in made for one in each.changes), tuple(one for each in made for one in each.problems)
    )
    problems = (*plan.problems, *parts.store.rehearse(plan, actor, "api"))
    with parts.database.write() as connection:
        number = keep_plan(connection, plan, actor, "api", parts.store.clock())
    return {
        "id": number,
        "changes": [told_change(change) for change in plan.changes],
        "problems": [told_problem(problem) for problem in problems],
    }


def told_change(change: Change) -> dict[str, Any]:
    return {name: getattr(change, name) for name in ("table", "row", "field", "before", "after")}


@router.post("/plans/{number}/apply")
def apply_plan(number: str, parts: Parts, actor: Who) -> dict[str, Any]:
    """Apply a plan that was made before, all of it or nothing."""
    with parts.database.write() as connection:
        plan, origin = take_plan(connection, number, actor)
        applied = parts.store.apply_in(connection, plan, actor, origin) if plan.changes else None
    return {"changeset": applied.changeset if applied else None}
