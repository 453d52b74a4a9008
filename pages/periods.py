"""Opening a month's checks or a year's books and assessments from the overview: one press, one change set, one undo."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

from nicegui import ui
from nicegui.elements.mixins.text_element import TextElement
from nicegui.events import GenericEventArguments

from models.access import Actor, adds_rows
from models.faults import Fault
from models.kinds import Month, Value, told_kind
from models.opening import Opening, openings
from models.query import View
from models.schema import Table
from models.services import Services
from models.words import _
from pages.editors import button
from pages.frame import HEADINGS, tag
from pages.session import SignedOut, acting
from pages.toasts import Toast

MANY = 50  # rows that are made without asking first
_VALUE = "(event) => emit(event.target.value)"


@dataclass(frozen=True)
class Kind:
    """What is opened together: the tables of one group that have a row a site and period."""

    group: str
    tables: tuple[Table, ...]

    @property
    def label(self) -> str:
        return _(HEADINGS[self.group][0])

    def usual(self, today: str) -> str:
        """The period that is most likely wanted: this month, this year."""
        period = self.tables[0].about.period
        assert period is not None
        monthly = isinstance(told_kind(self.tables[0].by_name[period.field].kind), Month)
        return today[:7] if monthly else today[:4]


def may_open(tables: Iterable[Table], actor: Actor) -> list[Kind]:
    """What the actor may open: where the rows are theirs to add. The store judges every row once more."""
    found: dict[str, list[Table]] = {}
    for table in tables:
        if table.about.period and adds_rows(actor, table):
            found.setdefault(table.about.group, []).append(table)
    return [Kind(group, tuple(some)) for group, some in found.items()]


def kind_of(services: Services, actor: Actor, group: str) -> Kind:
    """What a group opens, as its tables stand now. Raises NotYours."""
    for kind in may_open(services.catalog, actor):
        if kind.group == group:
            return kind
    raise NotYours


class NotYours(Fault):
    """A role that opens no periods."""

    def __init__(self) -> None:
        super().__init__(_("开期由总馆和文旅局办"))


@dataclass(frozen=True)
class Done:
    """What was opened: the counts, and the change set that an undo takes back."""

    opening: Opening
    changeset: int | None


def look(services: Services, actor: Actor, group: str, text: str) -> Opening:
    """What opening a period would do. Raises NotYours, BadPeriod."""
    with services.database.read() as connection:
        return planned(services.query.view(connection, actor), kind_of(services, actor, group), text)


def planned(view: View, kind: Kind, text: str) -> Opening:
    return openings(view, [view.query.catalog[table.name] for table in kind.tables], text)


def open_now(services: Services, actor: Actor, group: str, text: str) -> Done:
    """Open it, all or nothing. Raises NotYours, BadPeriod, Refused."""
    found = look(services, actor, group, text)
    applied = services.store.apply(found.plan, actor, "form")
    return Done(found, applied.changeset if applied else None)


def counts(found: Opening) -> str:
    """{created, existing, skipped} in words."""
    told = {"created": found.created, "existing": found.existing, "skipped": found.skipped}
    return _("新开 {created} 份，原有 {existing} 份，未建成的 {skipped} 个不开").format(**told)


class Periods:
    """The panel. `renew` lays out anew what an opened period changes on the page."""

    def __init__(self, services: Services, kinds: list[Kind], today: str, renew: Callable[[], Awaitable[None]]) -> None:
        self.services, self.renew = services, renew
        self.texts = {kind.group: kind.usual(today) for kind in kinds}
        self.labels = {kind.group: kind.label for kind in kinds}
        self.said: dict[str, TextElement] = {}
        with tag("section", classes="sec periods", id="periods", aria_labelledby="periods-h", tabindex="-1"):
            with tag("div", classes="h"):
                tag("h2", _("开一期"), id="periods-h")
                tag("span", _("每个已建成的馆点一份"), "mut s13 ell")
            for kind in kinds:
                self.line(kind)
        self.toast = Toast()

    def line(self, kind: Kind) -> None:
        """One kind of period: which one, and the button."""
        with tag("div", classes="period"):
            tag("label", kind.label, for_=f"period-{kind.group}")
            field = tag(
                "input",
                classes="inp",
                id=f"period-{kind.group}",
                defaultValue=self.texts[kind.group],
                inputmode="numeric",
                autocomplete="off",
                aria_label=_("{what}的哪一期").format(what=kind.label),
            )
            field.on("input", lambda event, group=kind.group: self.typed(group, event), js_handler=_VALUE)
            name = _("开{what}").format(what=kind.label)
            button(_("开"), lambda group=kind.group: self.asked(group), "btn", label=name)
            self.said[kind.group] = tag("span", "", "s13 mid", role="status")

    def typed(self, group: str, event: GenericEventArguments) -> None:
        self.texts[group] = str(event.args)

    async def asked(self, group: str) -> None:
        """Open it; ask first where it makes many rows."""
        text = self.texts[group]
        try:
            found = await asyncio.to_thread(look, self.services, await acting(), group, text)
            if not found.created:
                self.say(group, found.period, counts(found))
            elif found.created <= MANY or await self.sure(group, found):
                await self.open(group, text)
        except SignedOut:
            return
        except Fault as fault:
            self.toast.fault(str(fault))

    async def sure(self, group: str, found: Opening) -> bool:
        """Whether the person wants so many rows made. The safe button has the focus."""
        told = {"period": found.period, "what": self.labels[group], "count": found.created}
        question = _("开 {period} {what}，新增 {count} 份？").format(**told)
        with ui.dialog() as dialog, tag("div", classes="askbox"):
            dialog.props["aria-label"] = question
            tag("h2", question)
            tag("p", _("原有的 {count} 份不动；开错了可撤销。").format(count=found.existing), "mid")
            with tag("div", classes="line"):
                button(_("先不开"), lambda: dialog.submit(False), "btn").props("autofocus data-autofocus")
                button(_("开 {count} 份").format(count=found.created), lambda: dialog.submit(True), "btn pri")
        answer = await dialog
        if not dialog.is_deleted:  # as it is where the page was closed over the question
            dialog.delete()
        return bool(answer)

    async def open(self, group: str, text: str) -> None:
        """Open it as whoever is signed in now. Raises SignedOut and what `open_now` raises."""
        done = await asyncio.to_thread(open_now, self.services, await acting(), group, text)
        self.say(group, done.opening.period, counts(done.opening))
        if done.changeset is not None:
            told = {"period": done.opening.period, "what": self.labels[group], "count": done.opening.created}
            number = done.changeset
            self.toast.say(_("已开 {period} {what} {count} 份").format(**told), lambda: self.take_back(group, number))
            await self.renew()

    def say(self, group: str, period: Value, text: str) -> None:
        self.said[group].text = f"{period}{_('：')}{text}"

    async def take_back(self, group: str, changeset: int) -> None:
        """Undo it. Rows that somebody has filled in since stay, and so does the rest."""
        try:
            applied, undone = await asyncio.to_thread(self.services.store.undo, changeset, await acting())
        except SignedOut:
            return
        except Fault as fault:
            self.toast.fault(str(fault))
            return
        if undone.kept:
            self.toast.fault(_("有 {count} 份已有人填，没有撤销").format(count=len(undone.kept)))
            return
        count = len(applied.changes) if applied else 0
        self.said[group].text = _("已撤销，收回 {count} 份").format(count=count)
        await self.renew()
