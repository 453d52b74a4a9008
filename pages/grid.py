"""The grid: any table in the browser, edited like a spreadsheet. Thin: the component in static/ does the work.

It knows no table: it asks `GET /api/v1/tables/{table}/about` and lays out what it is told.
"""

from collections.abc import Callable, Iterable, Mapping
from html import escape
from typing import Any
from urllib.parse import urlencode

import nicegui.elements.aggrid  # noqa: F401  puts AG Grid, as NiceGUI bundles it, into the import map
from nicegui import context, ui
from nicegui.dependencies import esm_modules
from nicegui.element import Element
from nicegui.events import GenericEventArguments
from nicegui.version import __version__

from pages.arranging import Arrangement
from pages.grid_words import words
from pages.own_files import STATIC, whole
from pages.theme import sheet_link

BLOCK = 200  # rows a request


class Grid(Element, component=STATIC / "grid.js", default_classes="zf-grid"):
    """One table. Events: `row` (id: open it), `active` ({row, field}), `filters` (what is asked for), `saved`."""

    def __init__(self, table: str, account: str, arranged: Arrangement) -> None:
        super().__init__()
        self.table = table
        told = {"table": table, "account": account, "words": words(), "block": BLOCK, "arranged": arranged.told()}
        self._props.update(told)

    def changed(self, table: str, rows: Iterable[str] | None, version: int) -> None:
        """Tell the grid that rows (by id; None: any) of a table changed; it asks for those it holds."""
        self.run_method("changed", {"table": table, "rows": None if rows is None else list(rows), "version": version})

    def clear_filter(self, field: str) -> None:
        """Drop the filter of one column."""
        self.run_method("clear_filter", field)

    @property
    def adding(self) -> str:
        """A click's handler that opens an empty row at the top, which is sent when its required cells are filled and it is left.

        It runs in the browser: what is typed right after the click goes into that row.
        """
        return f"() => getElement({self.id}).add_row()"

    def show(self, index: int) -> None:
        """Make the row at this place, in the order that the grid asks for, the active one."""
        self.run_method("show", index)

    def others(self, people: Iterable[Mapping[str, Any]]) -> None:
        """Show who else is editing where: {"row", "field", "name", "left"} each; `left`: seconds until they count as gone."""
        self.run_method("others", list(people))


def build(
    table_name: str,
    *,
    on_row: Callable[[str], Any],
    on_filters: Callable[[dict[str, Any]], Any],
    on_saved: Callable[[str, int], Any],
    account: str,
    arranged: Arrangement,
) -> Grid:
    """The grid of a table, filling the space it is given.

    on_row gets the id of a row that a person opens. on_filters gets {"where": [FIELD:OP:VALUE], "sort", "q", "total",
    "chips": [{"field", "label", "text"}]} at the start and whenever it changes. on_saved gets the time (ISO, UTC) and
    how many cells were saved. What was typed and is not saved is kept in the browser for this account alone.
    """
    prepare(table_name, arranged)
    grid = Grid(table_name, account, arranged)

    def row(event: GenericEventArguments) -> Any:
        return on_row(event.args)

    def filters(event: GenericEventArguments) -> Any:
        return on_filters(event.args)

    def saved(event: GenericEventArguments) -> Any:
        return on_saved(event.args["at"], event.args["count"])

    grid.on("row", row)
    grid.on("filters", filters)
    grid.on("saved", saved)
    return grid


def prepare(table: str, arranged: Arrangement) -> None:
    """Put into the page's head what lets rows come early: the first questions, style, scripts, all at once.

    The questions are asked as links to preload: a script in the head would wait for the style sheets before it.
    """
    root = context.client.request.headers.get("X-Forwarded-Prefix", "")
    asked = first_question(arranged)
    questions = (f"{root}/api/v1/tables/{table}/about", f"{root}/api/v1/tables/{table}?{asked}")
    links = [
        *(f'<link rel="preload" as="fetch" crossorigin="anonymous" href="{escape(url)}">' for url in questions),
        sheet_link("grid.css"),
        *(f'<link rel="modulepreload" href="{url}">' for url in scripts(root)),
    ]
    ui.add_head_html("\n".join(links))


def first_question(arranged: Arrangement) -> str:
    """The query of the first block, letter for letter as `rows.js` asks it, so that the preloaded answer is its."""
    return urlencode([("limit", BLOCK), ("cursor", 0), ("about", 1), *arranged.asked.pairs()], safe="*")


def scripts(root: str) -> list[str]:
    """Where the grid's scripts are; each one named, so that none waits for another to name it."""
    aggrid = next(key for key, module in esm_modules.items() if module.name == "nicegui-aggrid")
    return [f"{root}/_nicegui/{__version__}/esm/{aggrid}/index.js", whole("sheet")]
