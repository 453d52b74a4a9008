"""/sites/{code}: one site, all that is known of it; and the same on one sheet of A4."""

import asyncio
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Query
from fastapi.responses import Response
from nicegui import ui

from exports.dossier import Dossier, dossier
from exports.site_sheet import printed
from exports.typefaces import typefaces
from integrations import books
from models.kinds import Year as Kind
from models.query import NoRow, View
from models.services import Services
from models.store import CHINA
from models.words import _
from pages import site_parts as parts
from pages.answers import Parts, Who
from pages.frame import Page, frame, tag
from pages.markup import place as put
from pages.markup import site_path
from pages.session import Visitor, signed_in
from pages.waiting import waiting

router = APIRouter()

Year = Annotated[int | None, Query(ge=1900, le=2200)]


@dataclass(frozen=True)
class Shown:
    """What the page lays out."""

    found: Dossier
    workbook: str


def read(services: Services, actor: Visitor, code: str, year: int | None) -> Shown | None:
    """Ask the database; None for a site that is not there, or not in the reader's scope: no one learns which."""
    with services.database.read() as connection:
        view = services.query.view(connection, actor)
        try:
            found = dossier(view, code, services.store.today(), year)
        except NoRow:
            return None
        return Shown(found, workbook_of(view, found))


def workbook_of(view: View, found: Dossier) -> str:
    """The state of the workbook that the site is filled in in: its own, or its branch's."""
    known = books.all_books(view.connection)
    own = found.code if found.row["level"] != "point" else str(found.row["parent"])
    if own not in known or not (view.reach.sites is None or own in view.reach.sites):
        return ""
    return parts.workbook(known[own].state, known[own].reason, known[own].cycled_at)


@signed_in("/sites/{code:path}")
async def site_page(code: str, actor: Visitor, services: Services, year: str = "") -> None:
    """One site."""
    wanted = Kind().parse(year)
    shown = await asyncio.to_thread(read, services, actor, code, wanted if isinstance(wanted, int) else None)
    counts = await asyncio.to_thread(waiting, services, actor)
    table = services.catalog.tree
    if shown is None:
        ui.context.client.status_code = 404
        with (
            frame(_("没有这个馆点"), services=services, actor=actor, active=table.name, counts=counts),
            tag("div", classes="site"),
        ):
            tag("p", _("编码不对，或不在你的范围里。"), "sec pad")
            tag("a", _("看全部馆点"), href=f"/tables/{table.name}")
        return
    found = shown.found
    with frame(found.title, services=services, actor=actor, active=table.name, counts=counts) as page:
        bar(page, shown, parts.row_path(table.name, found.row["id"]))
        with tag("div", classes="site"):
            values = parts.values(found, table, services.store.today())
            put("site.html", "stw", words=parts.words(), one=values)


def bar(page: Page, shown: Shown, row: str) -> None:
    """Who it is; the year that is looked at; print and edit."""
    found = shown.found
    with page.left:
        tag("span", found.status, "chip ok" if found.row["status"] == "open" else "chip")
        tag("span", found.level, "chip")
        name = found.name if found.name != found.title else ""
        tag("span", f"{found.code}　{name}".rstrip("　"), "mid s13 ell")
        if shown.workbook:
            tag("a", shown.workbook, "s13 ell", href="/sync")
    with page.right:
        with tag("nav", classes="tabs years", aria_label=_("年份")):
            for year in found.years[:4]:
                here = year == found.year
                made = tag("a", str(year), "tab on" if here else "tab", href=f"{site_path(found.code)}?year={year}")
                made.props.update({"aria-current": "page"} if here else {})
        tag("a", _("打印"), "btn", href=f"{site_path(found.code)}/print.pdf?year={found.year}")
        tag("a", _("修改") if found.may_edit else _("看这一行"), "btn pri" if found.may_edit else "btn", href=row)


@router.get("/sites/{code:path}/print.pdf", include_in_schema=False)
def print_site(code: str, services: Parts, actor: Who, year: Year = None) -> Response:
    """The site on one sheet. Raises NoRow."""
    with services.database.read() as connection:
        found = dossier(services.query.view(connection, actor), code, services.store.today(), year)
    now = services.store.clock().astimezone(CHINA)
    data = printed(found, typefaces(services.settings.fonts), f"{now:%Y-%m-%d %H:%M}")
    name = quote(f"{found.code} {found.title}.pdf", safe="")
    headers = {"Content-Disposition": f"inline; filename*=UTF-8''{name}", "Cache-Control": "no-store"}
    return Response(data, media_type="application/pdf", headers=headers)
