"""A stand-in for the REST API, in memory, and a page with the grid: what the grid's browser tests run against."""

import datetime
import itertools
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from fastapi import Request
from fastapi.responses import JSONResponse
from nicegui import app, ui

from models.catalog import Catalog, catalog
from models.conditions import matches, parse_condition, parse_sort
from models.kinds import Bad, Chosen, Multi, Noted, Number, Ref, Text, choices
from models.schema import Field, Table
from pages import theme
from pages.grid import Grid, build

TAGS = Field("tags", "标签", Multi(choices=choices(("a", "甲", "A"), ("b", "乙", "B"), ("c", "丙", "C"))))
TABLES = Catalog(tuple(replace(one, fields=(*one.fields, TAGS)) if one.is_tree else one for one in catalog()))
ME, OTHER = "李春梅", "王敏"
HOSTS = ("government", "school", "enterprise", "society")


class World:
    """Everything the stub knows. `reset` begins anew."""

    def __init__(self) -> None:
        self.grids: list[Grid] = []
        self.reset(132)

    def reset(self, count: int) -> None:
        self.rows: dict[str, dict[str, dict[str, Any]]] = {table.name: {} for table in TABLES}
        self.rows["sites"] = {row["id"]: row for row in sites(count)}
        self.marks: dict[tuple[str, str], dict[str, Any]] = {}
        self.history: list[dict[str, Any]] = []
        self.numbers = itertools.count(1)
        self.changesets: dict[str, list[tuple[str, str, str | None, Any, Any]]] = {}
        self.posts: list[dict[str, Any]] = []
        self.asked: list[str] = []
        self.down = False


def sites(count: int) -> list[dict[str, Any]]:
    """A county's tree: a hall, and branches of nine points each."""
    hall = {
        "code": "C530111",
        "name": "官渡区文化馆",
        "level": "main",
        "parent": None,
        "area_m2": 4260.0,
        "staff_established": 18,
    }
    made = [hall]
    branch = 0
    while len(made) < count:
        branch += 1
        code = f"C530111{branch:03d}"
        made.append(
            {
                "code": code,
                "name": f"{branch}号街道综合文化服务中心",
                "level": "branch",
                "parent": "C530111",
                "area_m2": 920.0,
                "staff_established": 3,
            }
        )
        for point in range(1, 10):
            made.append(
                {
                    "code": f"{code}{point:03d}",
                    "name": f"{branch}-{point}社区综合文化服务中心",
                    "level": "point",
                    "parent": code,
                    "area_m2": float(100 + (branch * 37 + point * 53) % 400),
                    "staff_public_welfare": point % 3,
                }
            )
    blank = {one.name: None for one in TABLES["sites"].fields}
    common = {"network": "culture", "county": "官渡区", "operation": "own", "status": "open", "phone": "13800001207"}
    return [
        {
            **blank,
            **common,
            **row,
            "id": f"s{number}",
            "host": HOSTS[number % 4],
            "weekly_hours": 35.0 + number % 3 * 7,
            "population": 1200 * number,
            "head": "张丽华",
            "opened_on": "2026-03-05" if number % 2 else "2019-11-02",
            "hours_public": number % 2 == 0,
            "staffing": "达标" if number % 3 else "公益岗差 1",
        }
        for number, row in enumerate(made[:count], 1)
    ]


world = World()


def about_field(one: Field) -> dict[str, Any]:
    kind = one.kind
    return {
        "name": one.name,
        "label": one.label,
        "kind": kind.name,
        "required": one.required,
        "choices": [{"code": item.code, "label": item.label} for item in kind.choices]
        if isinstance(kind, Chosen)
        else [],
        "editable": one.editable,
        "unit": one.unit,
        "ref": one.ref,
        "key": one.key,
        "wanted": kind.wanted(),
        "help": one.help,
        "derived": one.derive is not None,
        "may_edit": one.editable != "none",
        "numeric": isinstance(kind, Number),
        "lines": isinstance(kind, Text) and kind.lines,
        "default": one.default,
    }


def about_table(table: Table) -> dict[str, Any]:
    return {
        "name": table.name,
        "label": table.label,
        "group": "登记",
        "title": table.title,
        "owner": table.owner,
        "tree": table.is_tree,
        "key": list(table.key),
        "may": {"add": True, "edit": True, "delete": True},
        "fields": [about_field(one) for one in table.fields],
    }


def about_row(table: Table, row: dict[str, Any], *, tree: bool) -> dict[str, Any]:
    known = {one["code"]: one["name"] for one in world.rows["sites"].values()}
    refs = [one.name for one in table.fields if isinstance(one.kind, Ref)]
    return {
        "labels": {name: known.get(row[name], "") for name in refs},
        "depth": {"main": 0, "branch": 0, "point": 1}.get(row.get("level"), 0) if tree else 0,
        "locked": row.get("status") == "closed",
        "fixed": [one.name for one in table.fields if one.name != "status"] if row.get("status") == "closed" else [],
        "marks": {field: mark for (id_, field), mark in world.marks.items() if id_ == row["id"]},
    }


def refused(status: int, why: str) -> JSONResponse:
    return JSONResponse({"error": why}, status)


@app.get("/api/v1/tables/{name}/about")
def about(name: str) -> Any:
    return about_table(TABLES[name])


@app.get("/api/v1/tables/{name}/names")
def get_names(name: str, q: str = "", limit: int = 30) -> Any:
    table = TABLES[name]
    found = [{"key": row[table.key[0]], "name": row[table.title]} for row in world.rows[name].values()]
    return {"names": [one for one in found if q in one["key"] or q in one["name"]][:limit]}


@app.get("/api/v1/tables/{name}")
def get_rows(
    name: str, request: Request, limit: int = 200, cursor: int = 0, sort: str = "", q: str = "", ids: str = ""
) -> Any:
    table = TABLES[name]
    world.asked.append(str(request.url.query))
    if world.down:
        return refused(503, "down")
    if ids:
        found = [world.rows[name][one] for one in ids.split(",") if one in world.rows[name]]
    else:
        conditions = [parse_condition(TABLES, table, told) for told in request.query_params.getlist("where")]
        found = [row for row in world.rows[name].values() if all(matches(one, row[one.field]) for one in conditions)]
        found = [
            row for row in found if all(word in " ".join(str(value) for value in row.values()) for word in q.split())
        ]
        for one in reversed(parse_sort(TABLES, table, sort)):
            found.sort(key=lambda row, one=one: (row[one.field] is None, row[one.field] or 0), reverse=one.down)
    some = found[cursor : cursor + limit]
    tree = not sort and not ids
    return {
        "rows": some,
        "next": str(cursor + limit) if cursor + limit < len(found) else None,
        "total": len(found),
        "version": len(world.changesets),
        "about": [about_row(table, row, tree=tree) for row in some],
    }


def record(actor: str, changes: list[tuple[str, str, str | None, Any, Any]]) -> str:
    changeset = str(next(world.numbers))
    world.changesets[changeset] = changes
    at = datetime.datetime.now(datetime.UTC).isoformat()
    for _table, row, field, before, after in changes:
        world.history.insert(
            0,
            {
                "changeset": changeset,
                "at": at,
                "actor": actor,
                "origin": "ui",
                "row": row,
                "field": field,
                "before": before,
                "after": after,
            },
        )
    return changeset


def answer_cell(table: Table, change: dict[str, Any], done: list[Any]) -> dict[str, Any]:
    row, one = world.rows[table.name][change["row"]], table.by_name[change["field"]]
    place = {"row": row["id"], "field": one.name}
    now = row[one.name]
    if now != change["before"]:
        last = next((entry for entry in world.history if entry["row"] == row["id"] and entry["field"] == one.name), {})
        return {
            **place,
            "current": now,
            "by": last.get("actor", OTHER),
            "at": last.get("at", ""),
            "yours": change["after"],
        }
    value = one.kind.parse(change["after"])
    if isinstance(value, Noted):
        value = value.value
    if isinstance(value, Bad):
        world.marks[row["id"], one.name] = {
            "state": "inv",
            "text": value.text,
            "message": f"{one.label}填{value.wanted}",
        }
        return {**place, "problem": f"{one.label}填{value.wanted}", "text": value.text}
    world.marks.pop((row["id"], one.name), None)
    if isinstance(one.kind, Ref) and value:
        value = str(value).split()[0]
    row[one.name] = value
    done.append((table.name, row["id"], one.name, now, value))
    return {**place, "value": value}


@app.post("/api/v1/tables/{name}/cells")
async def post_cells(name: str, request: Request) -> Any:
    if world.down:
        return refused(503, "down")
    asked = await request.json()
    world.posts.append(asked)
    table, done = TABLES[name], []
    cells = [answer_cell(table, change, done) for change in asked["changes"]]
    changeset = record(ME, done) if done else None
    touched = [world.rows[name][one] for one in dict.fromkeys(change["row"] for change in asked["changes"])]
    push([row["id"] for row in touched])
    return {
        "changeset": changeset,
        "cells": cells,
        "rows": [{**row, "about": about_row(table, row, tree=True)} for row in touched],
    }


@app.post("/api/v1/tables/{name}/rows")
async def post_row(name: str, request: Request) -> Any:
    table, values = TABLES[name], (await request.json())["values"]
    row = {one.name: None for one in table.fields}
    problems = []
    for field, told in values.items():
        value = table.by_name[field].kind.parse(told)
        if isinstance(value, Bad):
            problems.append({"row": "", "field": field, "value": value.text, "message": value.wanted})
        row[field] = value
    if problems:
        return JSONResponse({"problems": problems}, 422)
    row["id"] = f"n{next(world.numbers)}"
    world.rows[name] = {row["id"]: row, **world.rows[name]}
    push(None)
    return {"row": row, "changeset": record(ME, [(name, row["id"], None, None, row)])}


@app.delete("/api/v1/tables/{name}/rows/{id_}")
def delete_row(name: str, id_: str) -> Any:
    row = world.rows[name].pop(id_)
    push(None)
    return {"changeset": record(ME, [(name, id_, None, row, None)])}


@app.delete("/api/v1/tables/{name}/marks")
async def delete_mark(name: str, request: Request) -> Any:
    asked = await request.json()
    world.marks.pop((asked["row"], asked["field"]), None)
    return {}


@app.get("/api/v1/tables/{name}/rows/{id_}/history")
def history(name: str, id_: str) -> Any:
    return {"changes": [entry for entry in world.history if entry["row"] == id_]}


@app.post("/api/v1/undo/{changeset}")
async def undo(changeset: str, request: Request) -> Any:
    force, kept, taken = (await request.json()).get("force"), [], []
    for table, row, field, before, after in reversed(world.changesets[changeset]):
        rows = world.rows[table]
        if field is None:
            if before is None:
                rows.pop(row)
            else:
                world.rows[table] = {row: before, **rows}
            taken.append((table, row, None, after, before))
        elif rows[row][field] == after:
            taken.append((table, row, field, after, before))
        else:
            kept.append({"table": table, "row": row, "field": field, "by": OTHER, "at": ""})
    if kept and not force:
        return JSONResponse({"changeset": None, "undone": 0, "kept": kept}, 409)
    for table, row, field, _now, before in taken:
        if field:
            world.rows[table][row][field] = before
    return {"changeset": record(ME, taken), "undone": len(taken), "kept": kept}


# ---- what tests do behind the page's back


@app.post("/stub/reset")
async def stub_reset(request: Request) -> Any:
    world.reset((await request.json())["rows"])
    return {}


@app.post("/stub/set")
async def stub_set(request: Request) -> Any:
    """Another person's edit: {row, field, value, push} or {row, field, mark}."""
    asked = await request.json()
    if "mark" in asked:
        world.marks[asked["row"], asked["field"]] = asked["mark"]
    else:
        row = world.rows["sites"][asked["row"]]
        record(OTHER, [("sites", row["id"], asked["field"], row[asked["field"]], asked["value"])])
        row[asked["field"]] = asked["value"]
    if asked.get("push", True):
        push([asked["row"]])
    return {}


@app.post("/stub/down")
async def stub_down(request: Request) -> Any:
    world.down = (await request.json())["down"]
    return {}


@app.post("/stub/others")
async def stub_others(request: Request) -> Any:
    people = (await request.json())["people"]
    for grid in open_grids():
        grid.others(people)
    return {}


@app.post("/stub/remove")
def stub_remove() -> Any:
    for grid in open_grids():
        grid.delete()
    return {}


@app.get("/stub/world")
def stub_world() -> Any:
    return {"posts": world.posts, "asked": world.asked, "rows": world.rows["sites"]}


def open_grids() -> list[Grid]:
    return [one for one in world.grids if not one.is_deleted]


def push(rows: list[str] | None) -> None:
    for grid in open_grids():
        grid.changed("sites", rows, len(world.changesets))


@ui.page("/tables/{name}")
def page(name: str, dark: bool = False) -> None:
    ui.dark_mode(dark)
    ui.query(".nicegui-content").classes("p-0 gap-0").style("height: 100vh; width: 100%")
    ui.element("div").style(
        "height: 40px; width: 100%; border-bottom: 1px solid var(--line); background: var(--surface)"
    )
    with ui.row().classes("items-center w-full no-wrap").style("height: 44px; padding: 0 12px; gap: 8px"):
        title = ui.label("馆点登记").style("font: 700 18px/24px var(--f-sans)")
        said = ui.label().mark("said")
        add = ui.button("新增馆点")
    grid = build(
        name,
        on_row=lambda id_: said.set_text(f"row {id_}"),
        on_filters=lambda told: title.set_text(f"馆点登记 {told['total']} {len(told['chips'])}"),
        on_saved=lambda at, count: said.set_text(f"saved {count}"),
        language="zh",
    )
    grid.style("height: calc(100vh - 84px)")
    add.on_click(grid.add_row)
    grid.on("active", lambda event: said.set_text(f"at {event.args['row']} {event.args['field']}"))
    world.grids.append(grid)


if __name__ == "__main__":
    theme.apply()
    ui.run(host="127.0.0.1", port=int(sys.argv[1]), reload=False, show=False)
