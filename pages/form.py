"""The drawer beside a grid: one row as a form, with its history. Built from the `Table`, whatever it holds.

What was typed and not saved is kept in the database at each field left, so that a reload or a broken line loses nothing.
"""

import asyncio
import datetime
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from nicegui import ui
from nicegui.element import Element

from models.access import Actor
from models.changes import Problem
from models.edits import Edit, Typed
from models.history import Entry
from models.kinds import Bool, Choice, Kind, Ref, Text, Value
from models.marks import form_of, keep_form, see
from models.query import NoRow
from models.schema import Field, Row, Table
from models.services import Services
from models.store import CHINA, Refused
from models.words import _
from pages.decorations import decorate
from pages.frame import tag
from pages.session import acting
from pages.views import Panel, panel_of

OFFERED = 300  # names that a reference's field offers while one types; more would weigh on the page
ORIGINS = {
    "ui": "网格",
    "paste": "粘贴",
    "form": "表单",
    "import": "导入",
    "sync": "共享表",
    "api": "接口",
    "cli": "命令",
    "undo": "撤销",
    "example": "示例",
}


@dataclass(frozen=True)
class Loaded:
    """A row with all that the drawer shows of it."""

    row: Row
    about: Mapping[str, Any]
    entries: Sequence[Entry]
    names: Mapping[str, Mapping[str, str]]
    texts: Mapping[str, Any]
    panel: Any


def load(services: Services, actor: Actor, table: Table, row_id: str, panel: Panel | None) -> Loaded:
    """Ask the database for a row's drawer. Raises NoRow."""
    with services.database.write() as connection:
        view = services.query.view(connection, actor)
        row = view.find(table, row_id)
        row_id = str(row["id"])
        see(connection, actor, table.name, row_id)
        refs = {one.ref for one in table.stored if isinstance(one.kind, Ref) and one.ref in services.catalog.by_name}
        return Loaded(
            row,
            decorate(view, actor, table, [row], services.store.clock())[0],
            view.history(table, row_id),
            {str(ref): view.names(services.catalog[str(ref)]) for ref in refs},
            form_of(connection, actor, table.name, row_id),
            panel.load(view, row) if panel else None,
        )


def short_time(at: str) -> str:
    """A moment in the office's time, without the year inside this one: 11-24 14:31."""
    moment = datetime.datetime.fromisoformat(at).astimezone(CHINA)
    year = datetime.datetime.now(CHINA).year
    return moment.strftime("%m-%d %H:%M" if moment.year == year else "%Y-%m-%d")


def shown_value(one: Field | None, value: Value, names: Mapping[str, str] | None = None) -> str:
    """A value in the form and its history: a reference as code and name, a choice by its label."""
    if value is None:
        return ""
    if one is None:
        return str(value)
    if isinstance(one.kind, Ref) and names and (name := names.get(str(value))):
        return f"{value} {name}"
    return one.kind.write(value, labels=True)


@dataclass
class Drawer:
    """The drawer of one page. `step(±1)` asks the grid for the next row; `told` says that something was saved."""

    services: Services
    table: Table
    place: Element
    step: Callable[[int], Any]
    told: Callable[[int], Any]
    loaded: Loaded | None = None
    texts: dict[str, str] = field(default_factory=dict)
    messages: dict[str, Element] = field(default_factory=dict)

    @property
    def panel(self) -> Panel | None:
        return panel_of(self.table.name)

    async def open(self, row_id: str) -> None:
        """Show a row; what was typed into another and not saved is kept there."""
        actor = await acting()
        try:
            self.loaded = await asyncio.to_thread(load, self.services, actor, self.table, row_id, self.panel)
        except NoRow as fault:
            self.close()
            ui.notify(str(fault))
            return
        self.texts = dict(self.loaded.texts)
        self.build()

    def close(self) -> None:
        self.loaded = None
        self.place.clear()
        self.place.classes(remove="open")

    async def news(self, rows: frozenset[str] | None) -> None:
        """Rows changed elsewhere: show the row anew, with what was typed here kept on top."""
        if self.loaded and (rows is None or self.loaded.row["id"] in rows):
            await self.open(str(self.loaded.row["id"]))

    # ---- building

    def build(self) -> None:
        """Lay out the row: head, the table's own panel, form, history, save bar."""
        if self.loaded is None:
            return
        self.messages = {}
        self.place.clear()
        self.place.classes(add="open")
        with self.place:
            self.head(self.loaded)
            with tag("div", classes="db"):
                if self.panel and self.loaded.panel is not None:
                    self.panel.build(self.loaded.panel)
                with tag("div", classes="form"):
                    for one in self.table.fields:
                        self.cell(one, self.loaded)
                self.history(self.loaded)
            with tag("div", classes="df"):
                self.unsaved = tag("span", "", "s13 warn grow")
                button(_("放弃"), self.discard, "btn")
                button(_("保存 Ctrl+S"), self.save, "btn pri save")
        self.count()

    def head(self, loaded: Loaded) -> None:
        row = loaded.row
        with tag("div", classes="dh"):
            with tag("div", classes="line"):
                tag("h2", str(row.get(self.table.title) or self.table.key_text(row)), "grow ell")
                button("‹", lambda: self.step(-1), "btn small", label=_("上一行"))
                button("›", lambda: self.step(1), "btn small", label=_("下一行"))
                button("✕", self.close, "btn small", label=_("关闭"))
            with tag("div", classes="line s13 mid"):
                tag("span", self.table.key_text(row))
                if status := self.table.by_name.get("status"):
                    tag("span", shown_value(status, row.get("status")), "chip")
                if loaded.about["locked"]:
                    tag("span", _("锁定"), "chip lck")

    def cell(self, one: Field, loaded: Loaded) -> None:
        """One field: label, editor or flat value, message."""
        wide = isinstance(one.kind, Ref) or (one.stored and isinstance(one.kind, Text) and (one.key or one.kind.max >= 100))
        closed = one.editable == "none" or one.name in loaded.about["fixed"]
        with tag("div", classes="fd w2" if wide else "fd"):
            tag("label", _(one.label), "req" if one.required else "", title=_(one.help) if one.help else None)
            with tag("div", classes="ctl"):
                value = loaded.row.get(one.name)
                names = loaded.names.get(one.ref or "", {})
                if closed:
                    with tag("div", classes="ro"):
                        tag("span", shown_value(one, value, names), "ell")
                        tag("span", "ƒ" if one.derive else one.unit, "u")
                else:
                    self.editor(one, self.texts.get(one.name, shown_value(one, value, names)), names)
                self.messages[one.name] = tag("div", "", "msg")

    def editor(self, one: Field, text: str, names: Mapping[str, str]) -> None:
        """The widget of a kind: the browser's own. It gets its text once, by `defaultValue`: a `value` would be set anew,
        over what is being typed, whenever the page is drawn again."""
        told = {"name": one.name, "aria_label": _(one.label)}
        offered = list(names.items()) if len(names) <= OFFERED else []
        if options := options_of(one.kind):
            made = tag("select", classes="inp", **told)
            with made:
                for label in ("", *options) if not one.required or not text else options:
                    tag("option", label, value=label, selected=label == text or None)
        elif isinstance(one.kind, Text) and one.kind.lines:
            made = tag("textarea", classes="inp", defaultValue=text, rows=str(min(6, text.count("\n") + 2)), **told)
        else:
            kind = "decimal" if one.kind.numeric else None
            listed = f"of-{one.name}" if offered else None
            made = tag("input", classes="inp", defaultValue=text, inputmode=kind, list=listed, autocomplete="off", **told)
            if one.unit:
                tag("span", one.unit, "u")
            if offered:
                with tag("datalist", id=listed):
                    for key, name in offered:
                        tag("option", value=f"{key} {name}")
        made.on("input", lambda event: self.typed(one, event.args), js_handler="(event) => emit(event.target.value)")
        made.on("change", self.keep)

    def history(self, loaded: Loaded) -> None:
        """The row's changes, newest first, the last twenty."""
        with tag("div", classes="line hh"):
            tag("h3", _("变更记录"))
            tag("span", _("{count} 次").format(count=len({one.changeset for one in loaded.entries})), "s13 mut")
        with tag("ul", classes="hist"):
            for entry in loaded.entries[:20]:
                with tag("li"):
                    tag("time", short_time(entry.at))
                    with tag("div"):
                        self.change(entry, loaded)
                        tag("span", f"{entry.actor}，{_(ORIGINS.get(entry.origin, entry.origin))}", "mut")

    def change(self, entry: Entry, loaded: Loaded) -> None:
        if entry.field is None:
            tag("b", _("新增") if entry.before is None else _("删除"))
            return
        one = self.table.by_name.get(entry.field)
        names = loaded.names.get(one.ref or "", {}) if one else {}
        tag("span", _(one.label) if one else entry.field)
        tag("del", shown_value(one, entry.before, names) or _("空白"))
        tag("span", "→", "arr")
        tag("ins", shown_value(one, entry.after, names) or _("空白"))

    # ---- typing and saving

    def typed(self, one: Field, value: str) -> None:
        """A field was changed: remember it, unless it is what stands there anyway."""
        if self.loaded is None:
            return
        names = self.loaded.names.get(one.ref or "", {})
        if value == shown_value(one, self.loaded.row.get(one.name), names):
            self.texts.pop(one.name, None)
        else:
            self.texts[one.name] = value
        self.say(one.name, "")
        self.count()

    def count(self) -> None:
        self.unsaved.text = _("● {count} 处未存").format(count=len(self.texts)) if self.texts else ""

    def say(self, name: str, message: str) -> None:
        if name in self.messages:
            self.messages[name].text = message  # type: ignore[attr-defined]
            cell = self.messages[name].parent_slot.parent  # type: ignore[union-attr]
            cell.classes(add="bad") if message else cell.classes(remove="bad")

    async def keep(self) -> None:
        """Keep what was typed in the database: a reload brings it back."""
        if self.loaded is not None:
            actor, row_id, texts = await acting(), str(self.loaded.row["id"]), dict(self.texts)
            await asyncio.to_thread(self.keep_now, actor, row_id, texts)

    def keep_now(self, actor: Actor, row_id: str, texts: Mapping[str, Any]) -> None:
        with self.services.database.write() as connection:
            keep_form(connection, actor, self.table.name, row_id, texts)

    async def discard(self) -> None:
        """Put back what stands there."""
        self.texts.clear()
        await self.keep()
        self.build()

    async def save(self) -> None:
        """Save all that was typed as one change set, or say at each field why not."""
        if self.loaded is None or not self.texts:
            return
        actor, row = await acting(), self.loaded.row
        edits = [Edit(str(row["id"]), name, row.get(name), text) for name, text in self.texts.items()]
        problems = await asyncio.to_thread(self.save_now, actor, edits)
        if problems:
            for problem in problems:
                self.say(problem.field or "", self.words(problem))
            return
        count = len(edits)
        self.texts.clear()
        await self.keep()
        await self.open(str(row["id"]))
        self.told(count)

    def save_now(self, actor: Actor, edits: Sequence[Edit]) -> Sequence[Problem]:
        with self.services.database.read() as connection:
            plan = Typed(self.services.query.view(connection, actor), self.table).plan(edits)
        if plan.problems:
            return plan.problems
        try:
            self.services.store.apply(plan, actor, "form")
        except Refused as refused:
            return refused.problems
        return ()

    def words(self, problem: Problem) -> str:
        if problem.cause != "stale":
            return problem.message
        one = self.table.by_name.get(problem.field or "")
        return _("别人刚改为 {value}；再存一次用你的").format(value=shown_value(one, problem.current) or _("空白"))


def options_of(kind: Kind) -> tuple[str, ...]:
    """What a list offers, in the words that a file would have: they are read back the same way."""
    if isinstance(kind, Bool):
        return (_("是"), _("否"))
    return tuple(choice.label for choice in kind.choices) if isinstance(kind, Choice) else ()


def button(text: str, act: Callable[[], Any | Awaitable[Any]], classes: str, label: str | None = None) -> Element:
    """A plain button of the house."""
    made = tag("button", text, classes, type="button", aria_label=label)
    made.on("click", lambda: act())
    return made
