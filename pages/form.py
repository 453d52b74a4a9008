"""The drawer beside a grid: one row as a form, with its history. Built from the `Table`, whatever it holds.

What was typed and not saved is kept in the database as one types, with what was seen there: a reload or a broken line
loses nothing, and nobody's change is overwritten unseen. News of the row changes what stands there in place, so that
whoever is typing goes on typing.
"""

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from nicegui import ui
from nicegui.element import Element
from nicegui.elements.mixins.text_element import TextElement

from models.access import Actor
from models.changes import Problem
from models.edits import Edit, Typed
from models.faults import Fault
from models.history import Entry
from models.marks import keep_form, mended
from models.query import NoRow
from models.schema import Field, Table
from models.services import Services
from models.store import Refused
from models.words import _
from pages.editors import Editor, button, editor, is_long, is_wide
from pages.frame import tag
from pages.loaded import Loaded, Unsaved, load, short_time, shown_value, worded
from pages.session import SignedOut, acting
from pages.views import Panel, panel_of

_BACK_TO_GRID = 'document.querySelector(".zf-grid .ag-cell-focus")?.focus();'
# What the browser itself keeps of a form (static/typed.js): to be typed anew; to be forgotten, since it is kept here.
_TYPED, _KEPT = "requestAnimationFrame(() => zfTyped())", "zfKept(%s)"
TOLD = 20  # changes of a row's history that the drawer tells
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


async def who() -> Actor | None:
    """Who acts; None where the session has ended, and the page is on its way to sign-in."""
    try:
        return await acting()
    except SignedOut:
        return None


@dataclass(frozen=True)
class Frame:
    """The parts of the drawer that stay while its rows change."""

    title: TextElement
    facts: Element
    panel: Element
    form: Element
    history: Element
    state: TextElement
    rest: Element  # round form and history


@dataclass
class Drawer:
    """The drawer of one page. `step(±1)` asks the grid for the next row, `told` hears that something was saved,

    `moved` which row is open: its id, or None.
    """

    services: Services
    table: Table
    place: Element
    step: Callable[[int], Any]
    told: Callable[[], Any]
    moved: Callable[[str | None], Any]
    loaded: Loaded | None = None
    frame: Frame | None = None
    unsaved: dict[str, Unsaved] = field(default_factory=dict)
    kept: dict[str, Unsaved] = field(default_factory=dict)
    editors: dict[str, Editor] = field(default_factory=dict)
    flats: dict[str, TextElement] = field(default_factory=dict)
    renew: Callable[[Any], None] | None = None  # shows the panel's news, where it can do that itself

    @property
    def panel(self) -> Panel | None:
        return panel_of(self.table.name)

    # ---- opening and closing

    async def open(self, row_id: str) -> None:
        """Show a row. What was typed into another and not saved is kept there."""
        await self.keep()
        found = await self.ask(row_id)
        if found is None:
            return
        self.loaded, self.unsaved, self.kept = found, dict(found.unsaved), dict(found.unsaved)
        self.frame = self.frame or self.build()
        self.place.classes(add="open")
        self.place.props["data-kept"] = f"{found.account}:{self.table.name}:{found.id}"
        self.fill(found)
        self.place.client.run_javascript(_TYPED)
        self.moved(found.id)

    async def ask(self, row_id: str) -> Loaded | None:
        """What the database holds of a row; closes the drawer where it holds none."""
        if (actor := await who()) is None:
            return None
        try:
            return await asyncio.to_thread(load, self.services, actor, self.table, row_id, self.panel)
        except NoRow as fault:
            await self.close()
            ui.notify(str(fault))
            return None

    async def close(self) -> None:
        await self.keep()
        self.loaded, self.frame = None, None
        self.place.clear()
        self.place.classes(remove="open")
        self.moved(None)

    async def leave(self) -> None:
        """Close by the keyboard: back to the cell that one came from."""
        await self.close()
        self.place.client.run_javascript(_BACK_TO_GRID)

    async def news(self, rows: frozenset[str] | None) -> None:
        """Rows changed elsewhere: show what became of this one."""
        if self.loaded and (rows is None or self.loaded.id in rows):
            await self.refresh(self.loaded.id)

    async def refresh(self, row_id: str) -> None:
        """Show the row as it stands now; what is being typed stays, and where another changed that, it is said."""
        before = self.loaded
        found = await self.ask(row_id)
        if found is None or before is None or self.loaded is not before or self.place.is_deleted:
            return  # gone, or the page is; or meanwhile another row was opened, or an answer that is newer
        self.loaded = found
        if found.open != before.open:
            self.fill(found)
        else:
            self.update(found)

    # ---- building

    def build(self) -> Frame:
        """Lay out what stays: head, places for panel, form and history, save bar."""
        with self.place:
            with tag("div", classes="dh"):
                with tag("div", classes="line"):
                    button(_("‹ 返回"), self.close, "btn txt back")
                    title = tag("h2", "", "grow ell")
                    button("‹", lambda: self.step(-1), "btn small", label=_("上一行"))
                    button("›", lambda: self.step(1), "btn small", label=_("下一行"))
                    button("✕", self.close, "btn small", label=_("关闭"))
                facts = tag("div", classes="line s13 mid")
            with tag("div", classes="db"):
                panel = tag("div")
                with tag("details", classes="rest") as rest:
                    tag("summary", _("其余栏目和变更记录"))
                    form, history = tag("div", classes="form"), tag("div")
            with tag("div", classes="df"):
                state = tag("span", "", "s13 warn grow", role="status")
                button(_("放弃"), self.discard, "btn")
                button(_("保存 Ctrl+S"), self.save, "btn pri save")
        return Frame(title, facts, panel, form, history, state, rest)

    def fill(self, row: Loaded) -> None:
        """Build the form anew, and show everything."""
        if self.frame is None:
            return
        self.editors, self.flats, self.renew = {}, {}, None
        covered = self.panel.covers(row.panel) if self.panel and row.panel is not None else frozenset()
        folded = bool(covered) and not self.unsaved
        self.frame.rest.props["open"] = not folded
        self.frame.rest.classes(add="has") if covered else self.frame.rest.classes(remove="has")
        self.frame.form.clear()
        with self.frame.form:
            for one in self.table.fields:
                if one.name not in covered:
                    self.cell(one, row)
        self.update(row)

    def update(self, row: Loaded) -> None:
        """Show the row's values, and round the form what is said of it."""
        if self.frame is None:
            return
        self.head(self.frame, row)
        for name, flat in self.flats.items():
            one = self.table.by_name[name]
            flat.text = worded(one, row.shown(one))
        for name, each in self.editors.items():
            if name not in self.unsaved:
                each.show(row.shown(each.one))
        self.dispute(row)
        self.show_panel(self.frame, row)
        self.frame.history.clear()
        with self.frame.history:
            self.history(row)
        self.count()

    def show_panel(self, frame: Frame, row: Loaded) -> None:
        if self.renew:
            self.renew(row.panel)
            return
        frame.panel.clear()
        with frame.panel:
            if self.panel and row.panel is not None:
                self.renew = self.panel.build(row.panel)

    def head(self, frame: Frame, row: Loaded) -> None:
        title, line = str(row.row.get(self.table.title) or ""), self.table.key_text(row.row)
        if self.panel and self.panel.head and row.panel is not None:
            title, line = self.panel.head(row.panel)
        frame.title.text = title or line
        frame.facts.clear()
        with frame.facts:
            tag("span", line)
            if status := self.table.by_name.get("status"):
                tag("span", worded(status, row.shown(status)), "chip")
            if row.about["locked"]:
                tag("span", _("锁定"), "chip lck")

    def cell(self, one: Field, row: Loaded) -> None:
        """One field: label, then its widget or a flat value, and what is wrong with it."""
        typed = self.unsaved.get(one.name)
        with tag("div", classes="fd w2 long" if is_long(one) else "fd w2" if is_wide(one) else "fd"):
            tag("label", _(one.label), "req" if one.required else "", title=_(one.help) if one.help else None)
            with tag("div", classes="ctl"):
                if one.name in row.open:
                    text = typed.text if typed else row.shown(one)
                    self.editors[one.name] = editor(
                        one, text, row.names_of(one), lambda told: self.typed(one, told), self.keep
                    )
                    return
                with tag("div", classes="ro"):
                    self.flats[one.name] = tag("span", "", "ell")
                    tag("span", "ƒ" if one.derive else one.unit, "u")
                if typed:
                    tag("div", _("没有存上：{text}").format(text=typed.text), "msg")

    def history(self, row: Loaded) -> None:
        """The row's changes, newest first."""
        with tag("div", classes="line hh"):
            tag("h3", _("变更记录"))
            tag("span", _("{count} 次").format(count=len({one.changeset for one in row.entries})), "s13 mut")
        with tag("ul", classes="hist"):
            for entry in row.entries[:TOLD]:
                with tag("li"):
                    tag("time", short_time(entry.at))
                    with tag("div"):
                        self.change(entry, row)
                        tag("span", f"{entry.actor}，{_(ORIGINS.get(entry.origin, entry.origin))}", "mut")

    def change(self, entry: Entry, row: Loaded) -> None:
        if entry.field is None:
            tag("b", _("新增") if entry.before is None else _("删除"))
            return
        one = self.table.by_name.get(entry.field)
        tag("span", _(one.label) if one else entry.field)
        tag("del", worded(one, shown_value(one, entry.before, row.names_of(one))) or _("空白"))
        tag("span", "→", "arr")
        tag("ins", worded(one, shown_value(one, entry.after, row.names_of(one))) or _("空白"))

    # ---- typing

    def typed(self, one: Field, text: str) -> None:
        """A field was changed: remember it, unless it is what stands there anyway."""
        if self.loaded is None or one.name not in self.editors:
            return
        each = self.editors[one.name]
        each.text = text
        each.say("")
        each.offer(text)
        if text == self.loaded.shown(one):
            self.unsaved.pop(one.name, None)
        else:
            seen = self.unsaved.get(one.name)
            self.unsaved[one.name] = Unsaved(text, seen.before if seen else self.loaded.row.get(one.name))
        self.count()

    def count(self) -> None:
        if self.frame:
            count = len(self.unsaved)
            self.frame.state.text = _("● {count} 处未存").format(count=count) if count else ""

    def dispute(self, row: Loaded) -> None:
        """Say where another has changed what one is typing over; to save again is then to know."""
        for name, mine in list(self.unsaved.items()):
            one, now = self.table.by_name[name], row.row.get(name)
            if mine.before == now or name not in self.editors:
                continue
            if mine.text == row.shown(one):
                del self.unsaved[name]
                continue
            self.unsaved[name] = Unsaved(mine.text, now)
            told = _("{who}刚改为 {value}；再存一次用你的")
            self.editors[name].say(told.format(who=row.last_by(name), value=row.shown(one) or _("空白")))

    async def keep(self) -> None:
        """Keep what was typed in the database: a reload brings it back."""
        if self.loaded is None or self.unsaved == self.kept:
            return
        row_id, unsaved = self.loaded.id, dict(self.unsaved)  # taken now: while we wait, the drawer may close
        if (actor := await who()) is None:
            return
        await asyncio.to_thread(self.keep_now, actor, row_id, unsaved)
        if self.loaded and self.loaded.id == row_id:  # else the browser's own copy is of another row
            self.kept = unsaved
            self.place.client.run_javascript(_KEPT % json.dumps({name: one.text for name, one in unsaved.items()}))

    def keep_now(self, actor: Actor, row_id: str, unsaved: Mapping[str, Unsaved]) -> None:
        with self.services.database.write() as connection:
            texts = {name: asdict(one) for name, one in unsaved.items()}
            keep_form(connection, actor, self.table.name, row_id, texts)

    async def discard(self) -> None:
        """Put back what stands there."""
        if self.loaded is None:
            return
        self.unsaved.clear()
        for each in self.editors.values():
            each.say("")
        self.update(self.loaded)
        await self.keep()

    # ---- saving

    async def save(self) -> None:
        """Save all that was typed as one change set, or say at each field why not."""
        actor = await who() if self.unsaved else None
        if self.loaded is None or self.frame is None or actor is None:
            return
        row_id, sent = self.loaded.id, dict(self.unsaved)
        edits = [Edit(row_id, name, one.before, one.text) for name, one in sent.items()]
        try:
            problems = await asyncio.to_thread(self.save_now, actor, edits)
        except Fault as fault:
            self.frame.state.text = _("! 没有存上：{why}").format(why=fault)
            return
        if problems:
            await self.refuse(row_id, problems)
            return
        for name, one in sent.items():
            if self.unsaved.get(name) == one:  # nothing more was typed there meanwhile
                del self.unsaved[name]
        await self.keep()
        await self.refresh(row_id)
        self.told()

    def save_now(self, actor: Actor, edits: Sequence[Edit]) -> Sequence[Problem]:
        with self.services.database.read() as connection:
            plan = Typed(self.services.query.view(connection, actor), self.table).plan(edits)
        if plan.problems:
            return plan.problems
        try:
            self.services.store.apply(plan, actor, "form")
        except Refused as refused:
            return refused.problems
        mended(self.services.database, actor, self.table.name, [(edit.row, edit.field) for edit in edits])
        return ()

    async def refuse(self, row_id: str, problems: Sequence[Problem]) -> None:
        """Say at each field why it was not saved; what has no field here, in the save bar."""
        wrong = {one.field: one.message for one in reversed(problems) if one.cause != "stale"}
        marked = [each for name, each in self.editors.items() if name in wrong]
        for each in marked:
            each.say(wrong[each.one.name])
        if marked:
            marked[0].focus()
        if any(problem.cause == "stale" for problem in problems):
            await self.refresh(row_id)
        elif self.frame and (other := next((one for one in problems if one.field not in self.editors), None)):
            self.frame.state.text = _("! 没有存上：{why}").format(why=other.message)
