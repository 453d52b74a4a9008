"""/tables/{table}: any table as a grid, with a drawer for one row."""

import asyncio
import datetime
import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlencode

import nicegui
from fastapi import APIRouter, Query
from fastapi.responses import FileResponse, Response
from nicegui import Client, background_tasks, ui
from starlette.background import BackgroundTask
from starlette.requests import Request

from exports.tables import write_table
from models.access import Actor, adds_rows, edits_table
from models.catalog import NoTable
from models.listing import list_rows
from models.schema import Table
from models.services import Services
from models.store import CHINA
from models.words import _
from pages import check_form, plaque_panel  # noqa: F401  (they register themselves)
from pages.answers import Parts, Plain, Who
from pages.api import MOST_SEARCH, question_of
from pages.arranging import arrangement
from pages.editors import button
from pages.form import Drawer
from pages.frame import frame, label_of, reads_table, tag
from pages.grid import Grid, build
from pages.live import News
from pages.present import share_presence
from pages.session import acting, signed_in
from pages.waiting import waiting

router = APIRouter()

Asked = Mapping[str, Any]  # what a grid asks for: {"where": [FIELD:OP:VALUE], "sort", "q", …}

_SAVE_KEY = """<script>addEventListener("keydown", (event) => {
  if (!(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey || event.key.toLowerCase() !== "s") return;
  event.preventDefault();
  emitEvent("save");
})</script>"""
_ESCAPE = '(event) => { if (event.key === "Escape" && !event.isComposing && !event.defaultPrevented) emit(); }'
_ADDRESS = """const address = new URL(location), row = %s;
if (row) address.searchParams.set("row", row); else address.searchParams.delete("row");
history.replaceState(history.state, "", address);"""


@signed_in("/tables/{name}")
async def table_page(name: str, actor: Actor, services: Services, request: Request, row: str = "") -> None:
    """The grid of a table; `row` opens one row's drawer, `view` a view (pages/arranging.py)."""
    try:
        table = services.catalog[name]
        if not reads_table(actor, table):
            raise NoTable(name)
    except NoTable as fault:
        ui.context.client.status_code = 404
        with frame(_("没有这张表"), services=services, actor=actor, active=""):
            tag("p", str(fault), "sec pad")
        return
    counts = await asyncio.to_thread(waiting, services, actor)
    arranged = await asyncio.to_thread(arrangement, services, actor, table, request.query_params)
    with frame(label_of(table), services=services, actor=actor, active=name, counts=counts) as page:
        with tag("div", classes="gridw"):
            grid = build(
                name,
                on_row=lambda row_id: drawer.open(row_id),
                on_filters=lambda told: bar.show(told),
                on_saved=lambda at, count: bar.saved(),
                account=actor.name,
                arranged=arranged,
            )
            place = tag("aside", classes="drawer", aria_label=_("一行"))
        bar = Bar(page, grid, name)
        bar.build(adds_rows(actor, table), edits_table(actor, table))
    address = Address(ui.context.client, row)
    drawer = Drawer(services, table, place, lambda by: step(services, grid, bar, drawer, by), bar.saved, address.show)
    listen_for_keys(drawer)
    follow(grid, table, drawer)
    share_presence(services, grid, table)
    if row:
        await drawer.open(row)


@dataclass
class Address:
    """The page's address, which names the row that is open: a reload, or a link that is passed on, opens it again."""

    client: Client
    row: str

    def show(self, row: str | None) -> None:
        if (row or "") != self.row:
            self.row = row or ""
            self.client.run_javascript(_ADDRESS % json.dumps(self.row))


async def step(services: Services, grid: Grid, bar: "Bar", drawer: Drawer, by: int) -> None:
    """Open the next row (or the one before) in the order that the grid shows, and go there in the grid too."""
    if drawer.loaded is None:
        return
    place, row = await asyncio.to_thread(neighbour, services, await acting(), drawer, bar.asked, by)
    if row is not None:
        await drawer.open(row)
        grid.show(place)


def neighbour(services: Services, actor: Actor, drawer: Drawer, asked: Asked, by: int) -> tuple[int, str | None]:
    """Place and id of the row that is so many further than the open one; no id where there is none."""
    with services.database.read() as connection:
        question = question_of(
            services, drawer.table, asked.get("where", ()), asked.get("sort", ""), asked.get("q", "")
        )
        ids = services.query.view(connection, actor).ids(drawer.table, question)
    if drawer.loaded is None or drawer.loaded.id not in ids:
        return (0, ids[0]) if ids else (0, None)
    place = ids.index(drawer.loaded.id) + by
    return (place, ids[place]) if 0 <= place < len(ids) else (0, None)


def listen_for_keys(drawer: Drawer) -> None:
    """Ctrl+S saves the form, wherever one is; Esc in the drawer closes it."""
    ui.add_body_html(_SAVE_KEY)
    ui.on("save", drawer.save)
    drawer.place.on("keydown", drawer.leave, js_handler=_ESCAPE)


def follow(grid: Grid, table: Table, drawer: Drawer) -> None:
    """Pass on news of this page's table, and of those whose names it shows, for as long as the page is open."""
    client = ui.context.client
    shown = {table.name, *(one.ref for one in table.fields if one.ref)}

    def heard(news: News) -> None:
        for name in shown & news.tables.keys():
            grid.changed(str(name), news.tables[name], news.version)
        if "sync" in news.topics and table.name not in news.tables:  # conflicts come and go with cycles
            grid.changed(table.name, None, news.version)
        if table.name in news.tables:
            background_tasks.create(tell(news.tables[table.name]))

    async def tell(rows: frozenset[str] | None) -> None:
        with client:
            await drawer.news(rows)

    client.on_delete(nicegui.app.state.follower.listen(heard))


class Bar:
    """The page bar: filters as chips, save state, export, add."""

    def __init__(self, page: Any, grid: Grid, table: str) -> None:
        self.page, self.grid, self.table = page, grid, table
        self.asked: Asked = {}

    def build(self, may_add: bool, may_import: bool) -> None:
        with self.page.left:
            self.chips = tag("span", classes="line chips")
            tag("span", classes="line zf-tools")  # the grid's own buttons: columns, views
        with self.page.right:
            tag("span", classes="s12 zf-who", role="status")  # who else is here
            self.state = tag("span", "", "s13 ok", role="status")
            self.export = tag("a", _("导出"), "btn", href=f"/export/{self.table}")
            if may_import:
                tag("a", _("导入"), "btn", href=f"/review?table={self.table}")
            if may_add:
                tag("button", _("新增"), "btn pri", type="button").on("click", js_handler=self.grid.adding)

    def show(self, told: dict[str, Any]) -> None:
        """What the grid asks for: its filters as chips, and the same for the file and for the drawer."""
        self.asked = told
        self.page.count.text = _("{count} 行").format(
            count=f"{told['total']:,}" if told["total"] >= 10_000 else told["total"]
        )
        self.chips.clear()
        with self.chips:
            for chip in told.get("chips", []):
                text = f"{chip['label']}：{chip['text']} ✕" if chip.get("label") else f"{chip['text']} ✕"
                button(
                    text, lambda name=chip["field"]: self.grid.clear_filter(name), "fchip", label=_("清除这一项筛选")
                )
        asked = [("where", one) for one in told.get("where", [])]
        asked += [(name, told[name]) for name in ("sort", "q") if told.get(name)]
        self.export.props["href"] = f"/export/{self.table}?{urlencode(asked)}"
        self.export.update()

    def saved(self) -> None:
        self.state.text = _("✓ 已存 {time}").format(time=datetime.datetime.now(CHINA).strftime("%H:%M"))


@router.get("/export/{name}", include_in_schema=False)
def export(
    name: str,
    parts: Parts,
    actor: Who,
    where: Annotated[Sequence[Plain], Query()] = (),
    sort: Plain = "",
    q: Plain = "",
) -> Response:
    """The rows that a grid shows, as .xlsx."""
    table = parts.catalog[name]
    with parts.database.read() as connection:
        listing = list_rows(parts.query.view(connection, actor), table, where, sort, q.strip()[:MOST_SEARCH])
    with tempfile.NamedTemporaryFile(prefix="zongfen-", suffix=".xlsx", delete=False) as handle:
        path = Path(handle.name)
    try:
        write_table(path, listing)
    except Exception:
        path.unlink(missing_ok=True)
        raise
    day = parts.store.today()
    return FileResponse(
        path, filename=f"{table.label} {day}.xlsx", background=BackgroundTask(path.unlink, missing_ok=True)
    )
