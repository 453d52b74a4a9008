"""/exports: what can be made to be taken away, and what was: by whom, when, how large, until when it is kept."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from nicegui import ui
from nicegui.element import Element

from models import exported, jobs
from models.access import Actor
from models.exported import Export
from models.faults import Fault
from models.jobs import Job
from models.services import Services
from models.words import _
from pages import export_files
from pages.account_parts import Form, Typed
from pages.editors import button
from pages.export_files import told_size
from pages.export_form import Fields, Offered, asked_of, offered
from pages.following import follow
from pages.frame import frame, roles_of, tag
from pages.session import acting, signed_in
from pages.theme import add_sheet
from pages.toasts import Toast
from pages.told import count, moment
from pages.waiting import waiting

ROLES = roles_of("exports")


@dataclass(frozen=True)
class Line:
    """One file as the list tells it. `acts`: (deed, label, danger)."""

    export: Export
    tone: str
    state: str
    text: str = ""
    done: int = 0
    of: int = 0
    link: bool = False
    acts: Sequence[tuple[str, str, bool]] = ()


@dataclass(frozen=True)
class Found:
    """What the page shows one person."""

    lines: Sequence[Line]
    offered: Offered
    now: datetime


def look(services: Services, actor: Actor) -> Found:
    """Ask the database; files whose time is over are cleared first."""
    export_files.clear(services)
    now = services.store.clock()
    with services.database.read() as connection:
        view = services.query.view(connection, actor)
        lines = [
            line_of(one, job, actor, fits=one.same_actor(actor) and one.within(view.reach))
            for one, job in exported.listed(connection, actor, now)
        ]
        return Found(lines, offered(view, actor, int(services.store.today()[:4])), now)


def line_of(one: Export, job: Job | None, actor: Actor, *, fits: bool) -> Line:
    """How a file stands, and what its reader may do with it. `fits`: whether it still fits the reader's scope."""
    own = one.account == actor.name
    delete, again = ("delete", _("删除"), True), ("again", _("再做一次"), False)
    ends = (*([again] if own else []), delete)
    if one.cleared:
        return Line(one, "", _("已清除"), _("过了 30 天，文件已清除"), acts=ends)
    if one.size is not None:
        if own and not fits:
            return Line(one, "warn", _("不能下载"), str(exported.ScopeChanged()), acts=ends)
        return Line(one, "ok", _("做好了"), one.note or "", link=own, acts=(delete,))
    if job is not None and job.open:
        text = f"{job.done}/{job.of} {job.what}".strip() if job.of else _("正在读数据")
        if job.stop:
            return Line(one, "acc", _("正在停下"), text, job.done, job.of)
        return Line(one, "acc", _("正在做"), text, job.done, job.of, acts=[("stop", _("停下"), False)])
    if job is not None and job.state == "cancelled":
        return Line(one, "", _("已停下"), _("没有做完，没有文件"), acts=ends)
    why = str(job.result.get("error", "")) if job and job.state == "failed" else ""
    return Line(one, "err", _("! 没有做成"), why or _("做到一半断了，再来一次"), acts=ends)


@dataclass
class Desk:
    """The page of one person."""

    services: Services
    actor: Actor
    found: Found

    def build(self) -> None:
        """Lay out the form and the list."""
        self.client, self.toast = ui.context.client, Toast()
        with tag("div", classes="ac exports"):
            with tag("section", classes="sec"):
                with tag("div", classes="h"):
                    tag("h2", _("做一份"))
                with tag("div", classes="bd"):
                    form = Form(self.make)
                    with form.element:
                        Fields(form, self.found.offered).build()
                        form.verb(_("做这份文件"), "btn pri")
                    tag("p", _("可离开此页，做完后在这里下载。只收你范围内的。"), "mut s13 after-form")
            with tag("section", classes="sec"):
                with tag("div", classes="h"):
                    tag("h2", _("做过的"))
                    tag("span", _("留 30 天，只有做的人能下载"), "mut s13")
                self.list: Element = tag("div", classes="bd", aria_live="polite")
        self.show()
        follow(frozenset({jobs.TOPIC}), self.refresh, ROLES)

    def show(self) -> None:
        """Draw the list."""
        self.list.clear()
        with self.list:
            if not self.found.lines:
                with tag("div", classes="empty"):
                    tag("b", _("还没有做过文件"))
                    tag("p", _("选好要做的，点“做这份文件”。"))
            with tag("ul", classes="lines"):
                for line in self.found.lines:
                    self.line(line)

    def line(self, line: Line) -> None:
        """One file."""
        one = line.export
        name = f"{one.title}{one.suffix}"
        with tag("li"):
            with tag("div", classes="grow"):
                with tag("div", classes="line"):
                    if line.link:
                        tag("a", name, href=f"/exports/files/{one.id}", download="")
                    else:
                        tag("b", name)
                    tag("span", line.state, f"chip {line.tone}")
                tag("small", self.facts(line))
                if line.text:
                    tag("small", line.text, "err" if line.tone == "err" else "")
                if line.of and line.tone == "acc":
                    with tag("div", classes="bar", role="progressbar", aria_label=name):
                        tag("i").style(f"width: {100 * line.done / line.of:.0f}%")
            for deed, label, danger in line.acts:
                classes = "btn small dan" if danger else "btn small"
                button(label, self.acting(deed, one.id), classes, label=f"{label}：{name}")

    def facts(self, line: Line) -> str:
        """Who, when, how large, until when."""
        one, now = line.export, self.found.now
        told = [moment(one.asked_at, now)]
        if one.account != self.actor.name or self.actor.role == "admin":
            told.insert(0, one.account)
        if one.size is not None:
            told.append(told_size(one.size))
            told += [_("{count} 页").format(count=count(one.pages))] if one.pages else []
            told += [_("{count} 项").format(count=count(one.items))] if one.items else []
            told += [] if one.cleared else [_("留到 {day}").format(day=moment(one.kept_until, now).split()[0])]
        return " · ".join(told)

    async def refresh(self, actor: Actor) -> None:
        self.actor = actor
        self.found = await asyncio.to_thread(look, self.services, actor)
        if not self.client.is_deleted:
            self.show()

    # ---- deeds

    async def make(self, typed: Typed) -> None:
        """Make what the form asks for. What does not fit is said under its field."""
        asked = asked_of(typed, self.found.offered)

        def begin(actor: Actor) -> Any:
            return export_files.start(self.services, actor, asked.kind, asked.asked, asked.title, asked.suffix)

        await self.do(begin)

    def acting(self, deed: str, number: int) -> Callable[[], Any]:
        """What a line's button does."""
        done = {"again": export_files.again, "stop": export_files.stop, "delete": export_files.delete}[deed]
        return lambda: self.do(lambda actor: done(self.services, actor, number))

    async def do(self, deed: Callable[[Actor], Any]) -> None:
        """Do something as whoever is signed in now; a fault is told."""
        try:
            actor = await acting()
            await asyncio.to_thread(deed, actor)
            await self.refresh(actor)
        except Fault as fault:
            self.toast.fault(str(fault))


@signed_in("/exports")
async def exports_page(actor: Actor, services: Services) -> None:
    """The exports."""
    add_sheet("accounts.css")
    counts = await asyncio.to_thread(waiting, services, actor)
    told = {"services": services, "actor": actor, "active": "exports", "counts": counts}
    if actor.role not in ROLES:
        with frame(_("导出"), **told), tag("div", classes="empty pad"):
            tag("b", _("不在你的范围"))
            tag("p", _("评估员还没有分派的馆点，没有可导出的。"))
        return
    desk = Desk(services, actor, await asyncio.to_thread(look, services, actor))
    with frame(_("导出"), **told):
        desk.build()
