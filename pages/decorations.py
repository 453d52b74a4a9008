"""What a grid needs beside a row's values: names of references, depth, locks, what this person may not edit, marks."""

import datetime
import json
from collections.abc import Sequence
from typing import Any

from integrations.books import conflicts_of
from models.access import Actor, edits_field, edits_row, locked, takes_steps
from models.marks import drafts_of, from_sheets
from models.query import View
from models.schema import Row, Table
from models.words import _


def decorate(
    view: View, actor: Actor, table: Table, rows: Sequence[Row], now: datetime.datetime, *, in_order: bool = True
) -> list[dict[str, Any]]:
    """One dictionary a row: labels, depth, locked, fixed, marks. `in_order`: rows come in tree order, so depth means something."""
    labels, marks = view.labels(table, rows), marks_of(view, actor, table, [str(row["id"]) for row in rows], now)
    mine = [one.name for one in table.fields if edits_field(actor, one)]
    told = []
    for row, nowhere in zip(rows, view.paths().out_of_place(table, rows), strict=True):
        is_locked = locked(table, row)
        allowed = edits_row(actor, table, row, view.reach)
        open_fields = [] if not allowed else steps_of(table) if is_locked else mine
        if takes_steps(actor, table):
            open_fields = [*open_fields, *steps_of(table)]
        told.append(
            {
                "labels": labels[str(row["id"])],
                "depth": view.tree.depths.get(str(row.get(table.owner or "")), 0) if in_order and table.is_tree else 0,
                "locked": is_locked,
                "fixed": [name for name in mine if name not in open_fields or name in nowhere],
                "marks": marks.get(str(row["id"]), {}),
            }
        )
    return told


def steps_of(table: Table) -> list[str]:
    """What can still be changed of a locked row: its status, and why it goes back."""
    flow = table.about.flow
    return [*([table.lock.name] if table.lock else []), *([flow.reason] if flow else [])]


def marks_of(
    view: View, actor: Actor, table: Table, ids: Sequence[str] | None, now: datetime.datetime
) -> dict[str, dict[str, dict[str, Any]]]:
    """Row id -> field -> mark, of these rows, or of any (None). One state a cell: does not fit, over conflict, over changed
    by a sheet."""
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for (row, field), at in from_sheets(view.connection, actor, table.name, ids, now).items():
        found.setdefault(row, {})[field] = {"state": "sh", "at": at, "message": _("共享表里改的")}
    for one in conflicts_of(view.connection, table.name, ids):
        if one["field"]:
            told = {"state": "cnf", "message": _("台账和共享表都改了，到同步中心选")}
            told |= {name: json.loads(one[name]) for name in ("base", "app", "sheet")}
            found.setdefault(one["row_id"], {})[one["field"]] = told
    for (row, field), (text, message) in drafts_of(view.connection, actor, table.name, ids).items():
        found.setdefault(row, {})[field] = {"state": "inv", "text": text, "message": message}
    return found


def marked(
    view: View, actor: Actor, table: Table, ids: Sequence[str], now: datetime.datetime
) -> list[tuple[int, str, str]]:
    """(place, field, state) of every mark in an answer of these rows, top to bottom: a grid holds only some of them."""
    marks = marks_of(view, actor, table, None, now)
    return [
        (place, field, mark["state"])
        for place, row in enumerate(ids if marks else ())
        for field, mark in marks.get(row, {}).items()
    ]
