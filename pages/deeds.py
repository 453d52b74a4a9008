"""What a person does in the sync centre: decide, let go on, run a cycle. Each deed asks anew what its doer may do."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from integrations import books as kept
from integrations import decisions
from integrations.books import NoSuchMatter
from models import jobs
from models.access import Actor
from models.faults import Fault
from models.services import Services
from models.words import _
from pages.automatic import CHOICES, set_sync_every
from pages.booklist import may_schedule
from pages.launching import start_cycle
from pages.matters import PAGE, Wanted
from pages.session import acting
from pages.sitting import ROLES, Sitting
from pages.toasts import Act, Toast

Told = Mapping[str, Any]
Deed = Callable[[Actor, Told], Awaitable[None]]


class NotYourPage(Fault):
    """A role that has no use for shared workbooks."""

    def __init__(self) -> None:
        super().__init__(_("不在你的范围"))


@dataclass
class Deeds:
    """What can be done on one open page. A deed's name and arguments come from the browser: they are asked, not believed."""

    services: Services
    sitting: Sitting
    toast: Toast

    @cached_property
    def by_name(self) -> Mapping[str, Deed]:
        """The deeds that a page may ask for."""
        own = (
            "only",
            "more",
            "close",
            "start",
            "take_over",
            "stop",
            "again",
            "decide",
            "decide_all",
            "accept",
            "refuse",
        )
        found: dict[str, Deed] = {name: getattr(self, name) for name in (*own, "seen", "every", "pause", "brought")}
        return found | dict.fromkeys(decisions.WAYS, self.release)

    async def do(self, asked: Told) -> Actor:
        """Do what was pressed, as whoever is signed in now; a fault is told. Returns the doer. Raises SignedOut."""
        actor = await acting()
        try:
            if actor.role not in ROLES:
                raise NotYourPage
            await self.by_name[str(asked["do"])](actor, asked)
        except NoSuchMatter:
            self.toast.say(_("这一处已有人决定，不用再选"))
        except Fault as fault:
            self.toast.fault(str(fault))
        return actor

    # ---- what is shown

    async def only(self, _actor: Actor, asked: Told) -> None:
        """Show the matters of one workbook, or of all."""
        self.sitting.wanted = Wanted(only=asked["code"])

    async def more(self, _actor: Actor, asked: Told) -> None:
        """Show more of a sort."""
        wanted, sort = self.sitting.wanted, str(asked["sort"])
        self.sitting.wanted = replace(wanted, most={**wanted.most, sort: wanted.limit(sort) + PAGE})

    async def close(self, _actor: Actor, asked: Told) -> None:
        """Put away a line of the strip."""
        self.sitting.closed.add(int(asked["number"]))

    async def start(self, actor: Actor, asked: Told) -> None:
        """Run a cycle, or a trial of one."""
        await self.run(actor, dry=bool(asked.get("dry")))

    async def take_over(self, actor: Actor, _asked: Told) -> None:
        """Write into a folder that another installation has written into."""
        if actor.role != "admin":
            raise decisions.NotYoursToDecide
        await self.run(actor, take_over=True)

    async def run(self, actor: Actor, *, dry: bool = False, take_over: bool = False) -> bool:
        """Start a cycle or join the one that runs; returns whether it is a new one."""
        job = await asyncio.to_thread(start_cycle, self.services, actor, dry=dry, take_over=take_over)
        fresh = job.account == actor.name and job.state == "waiting"
        if fresh and not dry:
            self.sitting.mine.add(job.id)
        return fresh

    async def stop(self, actor: Actor, asked: Told) -> None:
        """Stop a cycle between two workbooks."""
        await asyncio.to_thread(self.stop_now, actor, int(asked["number"]))

    def stop_now(self, actor: Actor, number: int) -> None:
        with self.services.database.write() as connection:
            jobs.cancel(connection, number, actor, self.services.store.clock())

    async def again(self, actor: Actor, asked: Told) -> None:
        """Read a stopped workbook once more."""
        await asyncio.to_thread(self.read_anew, actor, str(asked["code"]))
        await self.go_on(actor)

    def read_anew(self, actor: Actor, code: str) -> None:
        with self.services.database.write() as connection:
            sites = self.services.query.view(connection, actor).reach.sites
            if sites is not None and code not in sites:
                raise decisions.NotStopped(code)
            kept.read_anew(connection, code)

    async def release(self, actor: Actor, asked: Told) -> None:
        """Let a stopped workbook go on, and do it."""
        await asyncio.to_thread(decisions.release_book, self.services, actor, str(asked["code"]), str(asked["do"]))
        await self.go_on(actor)

    async def pause(self, actor: Actor, asked: Told) -> None:
        """Leave a workbook alone, or go on with it."""
        code, paused = str(asked["code"]), bool(asked["paused"])
        await asyncio.to_thread(decisions.pause_book, self.services, actor, code, paused)
        if paused:
            self.toast.say(_("已暂停，两边的改动等继续后再收"))
        else:
            await self.go_on(actor)

    async def brought(self, actor: Actor, asked: Told) -> None:
        """Say what came of a workbook that was brought back, and take it in."""
        if "fault" in asked:
            self.toast.fault(str(asked["fault"]))
            return
        told = {name: int(asked[name]) for name in ("cells", "rows", "gone", "clashes")}
        if not any(told.values()):
            self.toast.say(_("这份表里没有新填的"))
            return
        done = {"cells": _("收回 {cells} 格"), "rows": _("新增 {rows} 行"), "gone": _("删 {gone} 行")}
        taken = "、".join(said.format(**told) for name, said in done.items() if told[name])
        left = _("{clashes} 处没有收，列在下面").format(**told) if told["clashes"] else ""
        self.toast.say("；".join(filter(None, (taken, left))))
        await self.run(actor)

    async def go_on(self, actor: Actor) -> None:
        if not await self.run(actor):
            self.toast.say(_("正在同步，这一份等下一次"))

    async def decide(self, actor: Actor, asked: Told) -> None:
        """Keep one side of a conflict."""
        keep, number = "sheet" if asked["keep"] == "sheet" else "app", int(asked["number"])
        changeset = await asyncio.to_thread(decisions.resolve_conflict, self.services, actor, number, keep)
        text = _("已用台账的，下次同步写进表里") if keep == "app" else _("已用共享表的")
        self.toast.say(text, self.undoing(changeset) if changeset else None)

    async def decide_all(self, actor: Actor, asked: Told) -> None:
        """Keep one side of all conflicts that were shown or counted on the page."""
        keep = "sheet" if asked["keep"] == "sheet" else "app"
        done, others, why = await asyncio.to_thread(self.decide_each, actor, self.sitting.decidable, keep)
        side = _("台账的") if keep == "app" else _("共享表的")
        told = _("已用{side} {done} 处").format(side=side, done=done)
        if others:
            told += _("，{others} 处别人刚决定了").format(others=others)
        if why:
            self.toast.fault(told + _("，{left} 处没有决定：{why}").format(left=len(why), why=why[0]))
        else:
            self.toast.say(told)

    def decide_each(self, actor: Actor, numbers: tuple[int, ...], keep: str) -> tuple[int, int, list[str]]:
        """One after another; returns how many were decided, how many another had decided meanwhile, and why the rest
        were not."""
        done, others, why = 0, 0, []
        for number in numbers:
            try:
                decisions.resolve_conflict(self.services, actor, number, keep)
                done += 1
            except NoSuchMatter:
                others += 1
            except Fault as fault:
                why.append(str(fault))
        return done, others, why

    async def accept(self, actor: Actor, asked: Told) -> None:
        """Delete a record whose row is gone from its sheet."""
        changeset = await asyncio.to_thread(decisions.accept_proposal, self.services, actor, int(asked["number"]))
        self.toast.say(_("已删 1 行"), self.undoing(changeset) if changeset else None)

    async def refuse(self, actor: Actor, asked: Told) -> None:
        """Keep such a record."""
        await asyncio.to_thread(decisions.refuse_proposal, self.services, actor, int(asked["number"]))
        self.toast.say(_("留着，下次同步写回表里"))

    async def seen(self, actor: Actor, asked: Told) -> None:
        """Take a value that was put back off the list."""
        await asyncio.to_thread(decisions.seen_problem, self.services, actor, int(asked["number"]))

    def undoing(self, changeset: int) -> Act:
        """What takes a decision back. The toast calls it in the page."""

        async def undo() -> None:
            try:
                _applied, found = await asyncio.to_thread(self.services.store.undo, changeset, await acting())
                self.toast.say(_("后来又有人改过，没有撤销") if found.kept else _("已撤销，下次同步写进表里"))
            except Fault as fault:
                self.toast.fault(str(fault))

        return undo

    async def every(self, actor: Actor, asked: Told) -> None:
        """Say when cycles start by themselves."""
        minutes = int(asked["minutes"])
        if not may_schedule(actor) or minutes not in CHOICES:
            raise decisions.NotYoursToDecide
        await asyncio.to_thread(self.keep_every, minutes)
        self.toast.say(_("每 {minutes} 分钟同步一次").format(minutes=minutes) if minutes else _("改为手动同步"))

    def keep_every(self, minutes: int) -> None:
        with self.services.database.write() as connection:
            set_sync_every(connection, minutes)
