"""/review: what is coming in, before it is written: brought files and blocks, held plans; one of them, or all."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nicegui import Client, ui
from nicegui.events import GenericEventArguments

from integrations import reviewing
from models.access import Actor
from models.faults import Fault
from models.reviews import NoReview, sheet_names
from models.services import Services
from models.words import _
from pages.following import CALM, follow
from pages.frame import Page, frame, tag
from pages.review_deeds import Deeds
from pages.review_list import ROLES, read_list
from pages.review_parts import Entrance, Sheet
from pages.review_told import Teller, Wanted
from pages.session import SignedOut, signed_in
from pages.theme import add_sheet
from pages.toasts import Toast
from pages.waiting import waiting

PATIENCE = 60  # seconds that a long file may take to be planned before its page is there
NEWS = frozenset({"reviews", "records"})

Told = dict[str, Any]


def read_review(services: Services, actor: Actor, number: str, wanted: Wanted, force: int | None) -> Told:
    """One review as its page shows it. Raises NoReview."""
    found = reviewing.settled(services, actor, number)
    with services.database.read() as connection:
        names = sheet_names(connection, number)
    teller = Teller(found, actor, services.catalog, names, services.store.clock(), wanted)
    kept = _("后来又有人改过几处，改过的留着，其余撤销？") if force is not None else ""
    return {**teller.told(), "source": found.review.source, "aside": teller.source(), "force": kept}


@dataclass
class Desk:
    """The page of one person: one review (`number`), or the list of them."""

    services: Services
    actor: Actor
    number: str
    table: str
    told: Told | None = None
    took: float = 0  # seconds that reading took: a long file waits for three times as much

    def build(self, page: Page, told: Told) -> None:
        """Lay out the page bar and what is below it."""
        self.client: Client = ui.context.client
        if self.number:
            with page.left:
                self.source = tag("span", "", "mid ell")
                self.aside = tag("span", "", "mut s13 ell")
            with page.right:
                tag("a", _("全部核对"), "btn", href="/review")
        self.part = Sheet() if self.number else Entrance()
        self.toast = Toast()
        self.deeds = Deeds(self.services, self.number, self.toast, self.refresh)
        self.part.on("act", self.asked)
        self.show(told)

    def show(self, told: Told) -> None:
        self.told = told
        if self.number:
            self.source.text, self.aside.text = told["source"], told["aside"]
        self.part.props["told"] = told
        self.part.update()

    def follow(self) -> None:
        """Show what changes, for as long as the page is open."""
        follow(NEWS, self.catch_up, ROLES, lambda: max(CALM, 3 * self.took))

    async def catch_up(self, actor: Actor) -> None:
        """Show how things stand by now."""
        self.actor = actor
        await self.refresh()

    async def refresh(self) -> None:
        """Read and show everything; where the review is gone, the list."""
        try:
            told = await asyncio.to_thread(self.read)
        except NoReview:
            told = None
        if self.client.is_deleted:
            return
        if told is None:
            with self.client:
                ui.navigate.to("/review")
        else:
            self.show(told)

    def read(self) -> Told:
        began = time.monotonic()
        if self.number:
            told = read_review(self.services, self.actor, self.number, self.deeds.wanted, self.deeds.force)
        else:
            told = read_list(self.services, self.actor, self.table)
        self.took = time.monotonic() - began
        return told

    async def asked(self, event: GenericEventArguments) -> None:
        """Do what was pressed, then show how things stand."""
        asked: Mapping[str, Any] = event.args
        try:
            self.actor = await self.deeds.do(asked)
        except SignedOut as fault:
            self.toast.fault(str(fault))  # the page is on its way to /login
        else:
            await self.refresh()


@signed_in("/review", response_timeout=PATIENCE)
async def review_page(actor: Actor, services: Services, id: str = "", table: str = "") -> None:
    """The list of what comes in, or the review `id`; `table`: what rows are brought for."""
    add_sheet("review.css")
    if actor.role not in ROLES:
        with frame(_("导入核对"), services=services, actor=actor, active="review"):
            nothing(_("不在你的范围"), _("你的账号只看不改，不能导入"))
        return
    counts = await asyncio.to_thread(waiting, services, actor)
    try:
        told = await asyncio.to_thread(read_first, services, actor, id, table)
    except Fault as fault:
        with frame(_("导入核对"), services=services, actor=actor, active="review", counts=counts):
            nothing(str(fault), _("核对只有导入的人和管理员看得到"))
        return
    desk = Desk(services, actor, id, table)
    with frame(_("导入核对"), services=services, actor=actor, active="review", counts=counts) as page:
        desk.build(page, told)
    desk.follow()


def read_first(services: Services, actor: Actor, number: str, table: str) -> Told:
    """What the page shows at first. Raises NoReview."""
    return read_review(services, actor, number, Wanted(), None) if number else read_list(services, actor, table)


def nothing(what: str, why: str) -> None:
    """What those see who find nothing here."""
    with tag("section", classes="sec rv-none"), tag("div", classes="empty"):
        tag("b", what)
        tag("p", why)
        tag("a", _("全部核对"), "btn", href="/review")
