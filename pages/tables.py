"""/tables/{table}: any table as a grid, with a drawer for one row."""

import asyncio
import datetime
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlencode

import nicegui
from fastapi import APIRouter, Query
from fastapi.responses import FileResponse, Response
from nicegui import ui
from starlette.background import BackgroundTask

from exports.tables import write_table
from models import words
from models.access import Actor, adds_rows
from models.catalog import NoTable
from models.listing import list_rows
from models.services import Services
from models.store import CHINA
from models.words import _
from pages import plaque_panel  # noqa: F401  (registers itself)
from pages.answers import Parts, Who
from pages.form import Drawer, button
from pages.frame import frame, label_of, tag
from pages.grid import Grid, build
from pages.live import News
from pages.session import signed_in
from pages.waiting import waiting

router = APIRouter()


@signed_in("/tables/{name}")
async def table_page(name: str, actor: Actor, services: Services, row: str = "") -> None:
    """The grid of a table; `row` opens one row's drawer."""
    try:
        table = services.catalog[name]
    except NoTable as fault:
        with frame(_("没有这张表"), services=services, actor=actor, active=""):
            tag("p", str(fault), "sec pad")
        return
    counts = await asyncio.to_thread(waiting, services, actor)
    with frame(label_of(table), services=services, actor=actor, active=name, counts=counts) as page:
        with tag("div", classes="gridw"):
            grid = build(
                name,
                on_row=lambda row_id: drawer.open(row_id),
                on_filters=lambda told: bar.show(told),
                on_saved=lambda at, count: bar.saved(),
                language=words.language.get(),
            )
            place = tag("aside", classes="drawer", aria_label=_("一行"))
        drawer = Drawer(services, table, place, grid.step, lambda count: bar.saved())
        bar = Bar(page, grid, name)
        bar.build(adds_rows(actor, table))
    ui.keyboard(
        on_key=lambda event: (
            drawer.save() if event.modifiers.ctrl and event.key == "s" and event.action.keydown else None
        ),
        ignore=[],
    )
    follow(grid, drawer)
    if row:
        await drawer.open(row)


def follow(grid: Grid, drawer: Drawer) -> None:
    """Pass on news of this page's table for as long as the page is open."""
    client = ui.context.client

    def heard(news: News) -> None:
        if grid.table in news.tables or news.topics & {"sync", "drafts"}:
            rows = news.tables.get(grid.table, frozenset() if "drafts" in news.topics else None)
            grid.changed(grid.table, rows if grid.table in news.tables else None, news.version)
            if grid.table in news.tables:
                with client:
                    ui.timer(0, lambda: drawer.news(rows), once=True)

    end = nicegui.app.state.follower.listen(heard)
    client.on_delete(end)


class Bar:
    """The page bar: filters as chips, save state, export, add."""

    def __init__(self, page: Any, grid: Grid, table: str) -> None:
        self.page, self.grid, self.table = page, grid, table

    def build(self, may_add: bool) -> None:
        with self.page.left:
            self.chips = tag("span", classes="line chips")
        with self.page.right:
            self.state = tag("span", "", "s13 ok", role="status")
            self.export = tag("a", _("导出"), "btn", href=f"/export/{self.table}")
            if may_add:
                button(_("新增"), self.grid.add_row, "btn pri")

    def show(self, told: dict[str, Any]) -> None:
        """The filters as the grid has them."""
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
    where: Annotated[Sequence[str], Query()] = (),
    sort: str = "",
    q: str = "",
) -> Response:
    """The rows that a grid shows, as .xlsx."""
    table = parts.catalog[name]
    with parts.database.read() as connection:
        listing = list_rows(parts.query.view(connection, actor), table, where, sort, q)
    with tempfile.NamedTemporaryFile(prefix="zongfen-", suffix=".xlsx", delete=False) as handle:
        path = Path(handle.name)
    write_table(path, listing)
    day = parts.store.today()
    return FileResponse(
        path, filename=f"{table.label} {day}.xlsx", background=BackgroundTask(path.unlink, missing_ok=True)
    )
