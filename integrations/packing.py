"""A sheet's cells as a text that a database keeps, and back: JSON, what JSON has no form for under a letter. Pure."""

import datetime
import json
from typing import Any

from integrations.cells import Cell, Grid, Oddity, Percent


def packed(grid: Grid) -> str:
    """The cells as a text."""
    return json.dumps([[_pack(cell) for cell in row] for row in grid], ensure_ascii=False, separators=(",", ":"))


def unpacked(text: str) -> Grid:
    """The cells of such a text."""
    return [[_unpack(cell) if isinstance(cell, dict) else cell for cell in row] for row in json.loads(text)]


def _pack(cell: Cell) -> Any:
    if isinstance(cell, Oddity):
        return {"odd": cell.value}
    if isinstance(cell, Percent):
        return {"percent": float(cell)}
    if isinstance(cell, datetime.datetime):
        return {"moment": cell.isoformat()}
    if isinstance(cell, datetime.date):
        return {"day": cell.isoformat()}
    if isinstance(cell, datetime.time):
        return {"time": cell.isoformat()}
    return cell


def _unpack(told: dict[str, Any]) -> Cell:
    ((kind, value),) = told.items()
    if kind == "odd":
        return Oddity(value)
    if kind == "percent":
        return Percent(value)
    forms = {"moment": datetime.datetime, "day": datetime.date, "time": datetime.time}
    return forms[kind].fromisoformat(value)  # type: ignore[attr-defined,no-any-return]
