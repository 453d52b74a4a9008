"""The one place where a table may have a view of its own: a panel above its form, which may take the place of some of

its fields. The generic pages ask by name here.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from models.query import View
from models.schema import Row


@dataclass(frozen=True)
class Panel:
    """Above a row's form: `load` asks the database (in a thread), `build` lays out what it found (in the page).

    Where `build` answers a function, that one shows what is found later of the same row; else it is built anew.
    `covers` names the fields that the panel has itself, so that the form leaves them out; `head` is the row's title
    and the line under it.
    """

    load: Callable[[View, Row], Any]
    build: Callable[[Any], Callable[[Any], None] | None]
    covers: Callable[[Any], frozenset[str]] = lambda _found: frozenset()
    head: Callable[[Any], tuple[str, str]] | None = None


_panels: dict[str, Panel] = {}


def register(table: str, panel: Panel) -> None:
    """Give a table its panel."""
    _panels[table] = panel


def panel_of(table: str) -> Panel | None:
    """A table's panel, if it has one."""
    return _panels.get(table)
