"""/admin: who may come in, as what; administrators alone."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from fastapi import Request
from nicegui import ui
from nicegui.element import Element
from nicegui.events import GenericEventArguments
from starlette.responses import PlainTextResponse, Response

from models import words
from models.access import Actor
from models.account_notes import TOPIC, Noted, read_notes
from models.accounts import ROLE_LABELS
from models.services import Services
from models.signins import Listed, overview
from models.unit import read_tree
from models.words import _
from pages.account_deeds import Deeds
from pages.account_drawer import Drawer
from pages.account_form import Places
from pages.account_parts import note_lines
from pages.account_words import place_words
from pages.editors import button
from pages.following import follow
from pages.frame import Page, frame, tag
from pages.session import signed_in
from pages.theme import add_sheet
from pages.toasts import Toast
from pages.told import count, moment
from pages.waiting import waiting

SHOWN = 300  # accounts that are listed at once
_VALUE = "(event) => emit(event.target.value)"
_COLUMNS = ("姓名", "角色", "范围", "状态", "上次登录", "登录", "令牌")


@dataclass(frozen=True)
class Found:
    """What the page shows."""

    accounts: Sequence[Listed]
    notes: Sequence[Noted]
    places: Places
    now: datetime


def look(services: Services, actor: Actor) -> Found:
    """Ask the database for all accounts, what was done to them last, and the sites that they may belong to."""
    now = services.store.clock()
    with services.database.read() as connection:
        view = services.query.view(connection, actor)
        places = Places(read_tree(connection, services.catalog), view.names(services.catalog.tree))
        return Found(overview(connection, now), read_notes(connection), places, now)


@dataclass
class Office:
    """The page of one administrator."""

    services: Services
    request: Request
    me: str
    found: Found
    sought: str = ""
    lines: dict[str, Element] = field(default_factory=dict)
    language: str = field(default_factory=words.language.get)

    def build(self, page: Page) -> None:
        """Lay out the bar, the list, the record of changes and the drawer."""
        self.client, self.page = ui.context.client, page
        with page.left:
            seek = tag("input", classes="seek", type="search", placeholder=_("找姓名或范围"), aria_label=_("找账号"))
            seek.on("input", self.seek, js_handler=_VALUE, throttle=0.2)
        with page.right:
            button(_("添加账号"), self.add, "btn pri")
        with tag("div", classes="gridw"):
            with tag("div", classes="ac"):
                self.list = tag("section", classes="sec")
                with tag("section", classes="sec"):
                    with tag("div", classes="h"):
                        tag("h2", _("最近的变更"))
                    self.notes = tag("div", classes="bd")
            place = tag("aside", classes="drawer", aria_label=_("账号"))
        self.drawer = Drawer(Deeds(self.services, self.request, Toast(), self.refresh), place, self.me, self.closed)
        self.show()
        follow(frozenset({TOPIC}), self.refresh, {"admin"})

    # ---- showing

    def show(self) -> None:
        """Draw the list and the record anew."""
        words.language.set(self.language)
        self.page.count.text = _("{count} 个").format(count=len(self.found.accounts))
        fitting = [one for one in self.found.accounts if self.fits(one)]
        self.list.clear()
        self.lines.clear()
        with self.list, tag("table", classes="list people"):
            with tag("thead"), tag("tr"):
                for label in _COLUMNS:
                    tag("th", _(label), scope="col")
            with tag("tbody"):
                for one in fitting[:SHOWN]:
                    self.line(one)
        with self.list:
            if len(fitting) > SHOWN:
                tag("p", _("还有 {count} 个，输姓名再找").format(count=len(fitting) - SHOWN), "pad mut")
            if not fitting:
                tag("p", _("没有这样的账号，换个写法再找"), "pad mut")
        self.notes.clear()
        with self.notes:
            note_lines(self.found.notes, self.found.now, self.found.places.names, whose=True)

    def fits(self, one: Listed) -> bool:
        """Whether an account holds what is sought."""
        return self.sought in f"{one.account.name} {self.place(one)} {_(ROLE_LABELS[one.account.role])}".casefold()

    def place(self, one: Listed) -> str:
        return place_words(one.account.role, one.account.site, one.account.county, self.found.places.names)

    def line(self, one: Listed) -> None:
        """One account."""
        name = one.account.name
        with tag("tr", classes="on" if name == self.drawer.name else ""):
            with tag("th", scope="row"):
                self.lines[name] = button(name, lambda: self.open(name), "btn txt")
            tag("td", _(ROLE_LABELS[one.account.role]))
            tag("td", self.place(one), "wide")
            with tag("td"):
                tag("span", *((_("停用"), "chip err") if one.account.disabled else (_("可用"), "chip ok")))
            tag("td", moment(one.signed_in_at or "", self.found.now) or _("没有来过"), "some")
            tag("td", count(one.sessions), "num some")
            tag("td", count(one.tokens), "num some")

    def seek(self, event: GenericEventArguments) -> None:
        self.sought = str(event.args).strip().casefold()
        self.show()

    # ---- the drawer

    async def open(self, name: str) -> None:
        """Open an account's drawer."""
        await self.drawer.open(name, self.found.places)
        self.show()

    def add(self) -> None:
        """Open the drawer for a new account."""
        self.drawer.add(self.found.places)
        self.show()

    def closed(self, name: str) -> None:
        """The drawer has been closed: one is back where one was in the list."""
        self.show()
        if back := self.lines.get(name):
            self.client.run_javascript(f"getHtmlElement({back.id})?.focus()")

    async def refresh(self, actor: Actor) -> None:
        """Read and show everything; what is being typed in the drawer stays."""
        self.found = await asyncio.to_thread(look, self.services, actor)
        if not self.client.is_deleted:
            self.show()
            await self.drawer.refresh(self.found.places)


@signed_in("/admin")
async def accounts_page(actor: Actor, services: Services, request: Request, who: str = "") -> Response | None:
    """The accounts; `who` opens one of them. For others than administrators there is no such page."""
    if actor.role != "admin":
        return PlainTextResponse(_("没有这个页面"), 404)
    add_sheet("accounts.css")
    found: Any = await asyncio.to_thread(look, services, actor)
    counts = await asyncio.to_thread(waiting, services, actor)
    office = Office(services, request, actor.name, found)
    with frame(_("账号"), services=services, actor=actor, active="admin", counts=counts) as page:
        office.build(page)
        if who:
            await office.open(who)
    return None
