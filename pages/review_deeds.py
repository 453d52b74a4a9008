"""What a person does on the review page. Each deed asks anew who does it, and what that account may do."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from integrations import reviewing
from models import spellings
from models.access import Actor
from models.faults import Fault
from models.reviews import Said
from models.services import Services
from models.words import _
from pages.review_list import ROLES
from pages.review_told import TABS, Wanted
from pages.session import acting
from pages.toasts import Act, Toast

Told = Mapping[str, Any]
Deed = Callable[[Actor, Told], Awaitable[None]]


class NotYourPage(Fault):
    """A role that changes nothing."""

    def __init__(self) -> None:
        super().__init__(_("你的账号只看不改，不能导入"))


@dataclass
class Deeds:
    """What can be done on one open page. A deed's name and arguments come from the browser: they are asked, not believed.

    `force`: the change set whose undo would leave what others changed since.
    """

    services: Services
    review: str
    toast: Toast
    changed: Callable[[], Awaitable[None]]
    wanted: Wanted = field(default_factory=Wanted)
    force: int | None = None

    @cached_property
    def by_name(self) -> Mapping[str, Deed]:
        """The deeds that a page may ask for."""
        said = ("mend", "unmend", "aside", "drop", "back", "look", "leave")
        own = (
            "only",
            "page",
            "map",
            "remember",
            "forget",
            "take_for",
            "apply",
            "undo",
            "undo_rest",
            "turn_down",
            "throw",
            "close_force",
        )
        return {name: getattr(self, name) for name in own} | {name: self.saying(name) for name in said}

    async def do(self, asked: Told) -> Actor:
        """Do what was pressed, as whoever is signed in now; a fault is told. Returns the doer. Raises SignedOut."""
        actor = await acting()
        try:
            if actor.role not in ROLES:
                raise NotYourPage
            await self.by_name[str(asked["do"])](actor, asked)
        except Fault as fault:
            self.toast.fault(str(fault))
        return actor

    # ---- what is shown

    async def only(self, _actor: Actor, asked: Told) -> None:
        """Show the rows of one sort, or all."""
        self.wanted = Wanted(str(asked["code"]) if asked["code"] in TABS else "")

    async def page(self, _actor: Actor, asked: Told) -> None:
        """Show other rows."""
        self.wanted = replace(self.wanted, start=max(0, int(asked["start"])))

    async def take_for(self, actor: Actor, asked: Told) -> None:
        """Look at another sheet, or take the rows for another table."""
        self.wanted = Wanted()
        table, sheet = str(asked["table"]), int(asked["sheet"])
        await asyncio.to_thread(reviewing.take_for, self.services, actor, self.review, table, sheet)

    # ---- what is said

    def saying(self, name: str) -> Deed:
        """The deed that keeps what is said of rows."""

        async def deed(actor: Actor, asked: Told) -> None:
            await self.say_of(actor, SAYINGS[name](asked, await self.newest(actor)))

        return deed

    async def newest(self, actor: Actor) -> int:
        """The last change set that the page has seen."""
        return (await asyncio.to_thread(reviewing.preview, self.services, actor, self.review)).newest

    async def map(self, actor: Actor, asked: Told) -> None:
        """Say what a text means, once for every row that has it; None takes it back."""
        means = None if asked["means"] is None else str(asked["means"])
        told = (self.services, actor, self.review, str(asked["field"]), str(asked["text"]), means)
        await asyncio.to_thread(reviewing.map_text, *told)

    async def remember(self, actor: Actor, asked: Told) -> None:
        """Remember what a text means, for other files."""
        told = (self.services, actor, self.review, str(asked["field"]), str(asked["text"]), str(asked["means"]))
        await asyncio.to_thread(lambda: reviewing.map_text(*told, keep=True))

    async def forget(self, actor: Actor, asked: Told) -> None:
        """Forget it again; in this review it goes on to count."""
        await asyncio.to_thread(self.forget_now, actor, int(asked["number"]))

    def forget_now(self, actor: Actor, number: int) -> None:
        with self.services.database.write() as connection:
            spellings.forget(connection, actor, number)

    # ---- applying

    async def apply(self, actor: Actor, _asked: Told) -> None:
        """Write what would go."""
        done = await asyncio.to_thread(reviewing.apply, self.services, actor, self.review)
        if done.changeset is None:
            self.toast.fault(_("{count} 行刚有变动，没有写，看过再写").format(count=done.held))
            return
        self.wanted = Wanted()
        self.toast.say(_("已写入 {rows} 行").format(rows=done.rows), self.undoing(done.changeset))

    def undoing(self, changeset: int) -> Act:
        """What takes it back. The toast calls it in the page."""

        async def undo() -> None:
            try:
                await self.take_back(await acting(), changeset, force=False)
            except Fault as fault:
                self.toast.fault(str(fault))
            await self.changed()

        return undo

    async def undo(self, actor: Actor, asked: Told) -> None:
        """Take a change set back."""
        await self.take_back(actor, int(asked["changeset"]), force=False)

    async def undo_rest(self, actor: Actor, _asked: Told) -> None:
        """Take back what nobody else has changed since."""
        if self.force is not None:
            await self.take_back(actor, self.force, force=True)

    async def close_force(self, _actor: Actor, _asked: Told) -> None:
        """Take nothing back after all."""
        self.force = None

    async def take_back(self, actor: Actor, changeset: int, *, force: bool) -> None:
        applied, undone = await asyncio.to_thread(
            lambda: reviewing.take_back(self.services, actor, changeset, force=force)
        )
        self.force = changeset if undone.kept and not force else None
        if self.force is None:
            count = len(applied.changes) if applied else 0
            self.toast.say(_("已撤销 {count} 处").format(count=count))

    async def turn_down(self, actor: Actor, _asked: Told) -> None:
        """Take none of the rows that wait; they stay listed, and can be brought back."""
        found = await asyncio.to_thread(reviewing.preview, self.services, actor, self.review)
        numbers = [line.number for line in found.lines if line.waits]
        await self.say_of(actor, lambda said: said.drop(numbers))

        async def undo() -> None:
            try:
                await self.say_of(await acting(), lambda said: said.bring_back(numbers))
            except Fault as fault:
                self.toast.fault(str(fault))
            await self.changed()

        self.toast.say(_("已退回 {rows} 行，还列在这里").format(rows=len(numbers)), undo)

    async def say_of(self, actor: Actor, what: Callable[[Said], Said]) -> None:
        await asyncio.to_thread(reviewing.mend, self.services, actor, self.review, what)

    async def throw(self, actor: Actor, asked: Told) -> None:
        """Throw away a review that has been dealt with."""
        await asyncio.to_thread(reviewing.throw_away, self.services, actor, str(asked["id"]))


Saying = Callable[[Told, int], Callable[[Said], Said]]


def numbers_of(asked: Told) -> list[int]:
    return [int(number) for number in asked["numbers"]]


def mending(asked: Told, _newest: int) -> Callable[[Said], Said]:
    """Another text in a cell; a row set aside is wanted again."""
    number, name = int(asked["number"]), str(asked["field"])
    text = None if asked["text"] is None else str(asked["text"])
    return lambda said: said.mend(number, name, text).bring_back([number])


SAYINGS: Mapping[str, Saying] = {
    "mend": mending,
    "unmend": lambda asked, _newest: lambda said: said.unmend(int(asked["number"]), str(asked["field"])),
    "aside": lambda asked, _newest: lambda said: said.set_aside(numbers_of(asked)),
    "drop": lambda asked, _newest: lambda said: said.drop(numbers_of(asked)),
    "back": lambda asked, _newest: lambda said: said.bring_back(numbers_of(asked)),
    "look": lambda asked, newest: lambda said: said.look(int(asked["number"]), min(newest, int(asked["seen"]))),
    "leave": lambda asked, _newest: lambda said: said.leave(str(asked["field"]), bool(asked["take"])),
}
