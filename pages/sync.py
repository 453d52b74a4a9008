"""/sync: the shared workbooks, what waits for a person in them, and the cycles that run."""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from nicegui import Client, background_tasks, ui
from nicegui.elements.mixins.text_element import TextElement
from nicegui.events import GenericEventArguments

from integrations.stopped import Look, look_into
from models import words
from models.access import Actor
from models.jobs import Job
from models.services import Services
from models.words import _
from pages import automatic, sheetfiles  # noqa: F401  (the files' address registers itself)
from pages.automatic import CHOICES
from pages.booklist import may_schedule
from pages.deeds import Deeds
from pages.following import follow
from pages.frame import Page, frame, tag
from pages.session import SignedOut, signed_in
from pages.sitting import ROLES, Shown, Sitting, read
from pages.sync_parts import Books, Jobs, Matters
from pages.theme import add_sheet
from pages.toasts import Toast
from pages.waiting import waiting

log = logging.getLogger(__name__)

LOOKED_INTO = 8  # stopped workbooks whose files are read to say what is gone
NEWS = frozenset({"sync", "jobs", "records"})


class Bar:
    """The page bar: where the workbooks are, when they are synced, what the last cycle did."""

    def __init__(self, page: Page, place: str, may_choose: bool) -> None:
        self.may_choose = may_choose
        labels = {minutes: _("✓ 自动同步，每 {minutes} 分钟").format(minutes=minutes) for minutes in CHOICES if minutes}
        self.labels = {0: _("手动同步"), **labels}
        with page.left:
            tag("span", place, "mid s13 ell path", title=place)
            self.chip = self.schedule()
        with page.right:
            self.sums = tag("span", "", "mid s13 ell", role="status")
            self.trial = tag("button", _("试跑（不写）"), "btn", type="button")
            self.start = tag("button", _("立即同步"), "btn pri", type="button")

    def schedule(self) -> TextElement:
        """When cycles start by themselves: a choice for those who may say so, else a chip."""
        if not self.may_choose:
            return tag("span", classes="chip")
        with tag("select", classes="chip", aria_label=_("自动同步")) as chip:
            for minutes, label in self.labels.items():
                tag("option", label, value=str(minutes))
        return chip

    def show(self, sums: str, every: int) -> None:
        """What the last cycle did, and how often cycles start."""
        self.sums.text = sums
        self.chip.classes(add="ok" if every else "", remove="" if every else "ok")
        if self.may_choose:
            self.chip.props["value"] = str(every)
            self.chip.update()
        else:
            self.chip.text = self.labels[every]


@dataclass
class Centre:
    """The page of one person."""

    services: Services
    actor: Actor
    sitting: Sitting = field(default_factory=Sitting)
    shown: Shown | None = None
    language: str = field(default_factory=words.language.get)

    # ---- building

    def build(self, page: Page, shown: Shown) -> None:
        """Lay out the page bar and what is below it."""
        self.client: Client = ui.context.client
        self.bar = Bar(page, self.place(), may_schedule(self.actor))
        self.strip = Jobs()
        with tag("div", classes="sy"):
            self.books, self.matters = Books(), Matters()
        self.toast = Toast()
        self.deeds = Deeds(self.services, self.sitting, self.toast)
        self.bar.start.on("click", lambda: self.act({"do": "start"}))
        self.bar.trial.on("click", lambda: self.act({"do": "start", "dry": True}))
        choice = "(event) => emit({ do: 'every', minutes: Number(event.target.value) })"
        self.bar.chip.on("change", self.asked, js_handler=choice)
        for part in (self.strip, self.books, self.matters):
            part.on("act", self.asked)
        self.show(shown)

    def place(self) -> str:
        """Where the workbooks are."""
        if self.services.settings.google:
            return _("Google 表格")
        return _("共享文件夹 {path}").format(path=self.services.settings.sheets)

    def show(self, shown: Shown, *, anew: bool = True) -> None:
        """Show what was read. `anew`: also where nothing has changed, so that pressed buttons come back."""
        before, self.shown = self.shown, shown
        self.sitting.decidable = shown.decidable
        for part, name in ((self.strip, "strip"), (self.books, "books"), (self.matters, "matters")):
            told = getattr(shown, name)
            if anew or before is None or told != getattr(before, name):
                part.props["told"] = told
                part.update()
        self.bar.show(shown.sums, shown.every)
        if shown.ended and shown.ended.id in self.sitting.mine:
            self.greet(shown.ended)

    def greet(self, job: Job) -> None:
        """Tell what came of a cycle that this person has started here; a failed one stands in the strip."""
        self.sitting.mine.discard(job.id)
        if job.state == "done" and self.actor.all_seeing:
            self.toast.say(_("已同步：收 {cells_in} 格，写 {cells_out} 格").format(**job.result["told"]))
        elif job.state == "done":
            self.toast.say(_("已同步"))
        elif job.state == "cancelled":
            self.toast.say(_("已停下，做完的都算数"))

    # ---- keeping up

    def follow(self) -> None:
        """Show what changes, for as long as the page is open."""
        follow(NEWS, self.catch_up, ROLES)
        background_tasks.create(self.look())

    async def catch_up(self, actor: Actor) -> None:
        """Show how things stand by now."""
        self.actor = actor
        await self.refresh(anew=False)
        await self.look()

    async def refresh(self, *, anew: bool) -> None:
        """Read and show everything."""
        shown = await asyncio.to_thread(read, self.services, self.actor, self.sitting)
        if not self.client.is_deleted:
            self.show(shown, anew=anew)

    async def look(self) -> None:
        """Read the files of stopped workbooks, to say which rows are gone."""
        words.language.set(self.language)
        fresh = self.shown.stopped[:LOOKED_INTO] if self.shown else ()
        for book in fresh:
            try:
                found = await asyncio.to_thread(look_into, self.services, book)
            except Exception:
                log.warning("no look into %s", book.place, exc_info=True)
                found = Look(readable=False)
            self.sitting.looks[book.code] = (book.cycled_at, found)
        if fresh:
            await self.refresh(anew=False)

    # ---- acting

    async def asked(self, event: GenericEventArguments) -> None:
        await self.act(event.args)

    async def act(self, asked: Mapping[str, Any]) -> None:
        """Do what was pressed, then show how things stand."""
        try:
            self.actor = await self.deeds.do(asked)
        except SignedOut as fault:
            self.toast.fault(str(fault))  # the page is on its way to /login
        else:
            await self.refresh(anew=True)


@signed_in("/sync")
async def sync_page(actor: Actor, services: Services) -> None:
    """The sync centre."""
    add_sheet("sync.css")
    if actor.role not in ROLES:
        with frame(_("同步中心"), services=services, actor=actor, active="sync"), tag("div", classes="sy"):
            no_use()
        return
    centre = Centre(services, actor)
    counts = await asyncio.to_thread(waiting, services, actor)
    shown = await asyncio.to_thread(read, services, actor, centre.sitting)
    with frame(_("同步中心"), services=services, actor=actor, active="sync", counts=counts) as page:
        centre.build(page, shown)
    centre.follow()


def no_use() -> None:
    """What those see who have no workbooks."""
    with tag("section", classes="sec"), tag("div", classes="empty"):
        tag("b", _("不在你的范围"))
        tag("p", _("共享表由分馆和总馆管。需要看时找上级馆开权限。"))


automatic.run_with_server()
