"""The frame round every page: top bar, navigation in the order of a year, page bar; on a phone a bottom bar."""

import asyncio
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from nicegui import ui
from nicegui.element import Element
from nicegui.elements.mixins.text_element import TextElement

from models import words
from models.access import ROLES, Actor
from models.accounts import ROLE_LABELS
from models.catalog import Catalog
from models.schema import Table
from models.services import Services
from models.words import _
from pages.following import follow
from pages.leaving import watch
from pages.markup import rendered
from pages.own_files import STATIC
from pages.session import RAIL, Visitor
from pages.waiting import WAITING, waiting

LONG = 6  # a group of more entries is folded until somebody is in it
ON_PHONE = ("checks", "register", "yearbooks", "plaques", "assessment", "supply")  # what is wanted on the way, first
ON_PHONE_MOST = 3  # besides the overview and “more”
# Other numbers beside the links (templates/links.html).
_RECOUNT = """const counts = %s;
for (const badge of document.querySelectorAll("[data-waits]")) {
  const number = badge.dataset.waits.split(" ").reduce((sum, key) => sum + (counts[key] ?? 0), 0);
  badge.textContent = number >= 10_000 ? number.toLocaleString("en") : number || "";
}"""


@dataclass(frozen=True)
class Entry:
    """A page that the navigation leads to. `key` is its table's name, or the page's own."""

    key: str
    label: str
    path: str


@dataclass(frozen=True)
class Group:
    """Entries under one heading; `short` is the two-character word of the folded rail."""

    code: str
    label: str
    short: str
    entries: tuple[Entry, ...]


# Group code (Table.about.group) -> heading and rail word, in the order of a year.
HEADINGS = {
    "register": ("登记", "登记"),
    "plaques": ("牌匾", "牌匾"),
    "checks": ("检查", "检查"),
    "yearbooks": ("年报", "年报"),
    "assessment": ("评估", "评估"),
    "supply": ("供给与人", "供给"),
    "sync": ("同步与导出", "同步"),
    "settings": ("设置", "设置"),
}
# Pages that are no table's: their group, key, label, path, and the roles that have use for them.
PAGES = (
    ("sync", "sync", "同步中心", "/sync", frozenset({"admin", "bureau", "center", "main", "branch"})),
    ("sync", "review", "导入核对", "/review", frozenset({"admin", "bureau", "center", "main", "branch", "point"})),
    ("sync", "exports", "导出", "/exports", frozenset(ROLES) - {"assessor"}),
    ("settings", "admin", "账号", "/admin", frozenset({"admin"})),
)


def roles_of(page: str) -> frozenset[str]:
    """The roles that have use for a page that is no table's."""
    return next(roles for _group, key, _label, _path, roles in PAGES if key == page)


def reads_table(actor: Actor, table: Table) -> bool:
    """Whether the actor may read rows of this table at all: what belongs to no place is the whole city's."""
    if actor.all_seeing or table.owner is not None:
        return True
    return bool(table.about.county) and (actor.county is not None or actor.role == "main")


def label_of(table: Table) -> str:
    """A table's name in the asker's language."""
    return table.about.en if words.language.get() == "en" and table.about.en else _(table.label)


def home() -> Entry:
    """The overview, in the asker's language."""
    return Entry("overview", _("总览"), "/")


def other_language() -> str:
    """The language that one may change to."""
    return "en" if words.language.get() == "zh" else "zh"


def groups(catalog: Catalog, actor: Actor) -> list[Group]:
    """What the navigation shows this actor: groups in the order of a year, none of them empty."""
    found: dict[str, list[Entry]] = {code: [] for code in HEADINGS}
    for table in sorted(catalog, key=lambda one: not one.is_tree):  # the sites before what is said of them
        if table.about.group in found and reads_table(actor, table):
            found[table.about.group].append(Entry(table.name, label_of(table), f"/tables/{table.name}"))
    for code, key, label, path, roles in PAGES:
        if actor.role in roles:
            found[code].append(Entry(key, _(label), path))
    return [
        Group(code, _(HEADINGS[code][0]), _(HEADINGS[code][1]), tuple(some)) for code, some in found.items() if some
    ]


def tag(name: str, /, text: str = "", classes: str = "", **props: Any) -> TextElement:
    """A plain HTML element; props with _ stand for -."""
    made = TextElement(tag=name, text=text).classes(classes)
    made.props.update({key.replace("_", "-").strip("-"): value for key, value in props.items() if value is not None})
    return made


class Search(Element, component=STATIC / "search.js"):
    """The search box, Ctrl K."""

    def __init__(self) -> None:
        super().__init__()
        self.props["words"] = {
            "hint": _("查找馆点、牌匾、单号、人员"),
            "nothing": _("没有找到，换个写法再找"),
            "failed": _("没有查到：连不上服务器，再试一次"),
        }


@dataclass(frozen=True)
class Page:
    """The slots of a page: the page bar's left and right side, and what is below it. `count` may be set anew."""

    left: Element
    right: Element
    body: Element
    count: TextElement


@dataclass(frozen=True)
class Frame:
    """What the parts of one page's frame need to know."""

    actor: Actor
    groups: list[Group]
    active: str
    counts: Mapping[str, int]

    def links(self, name: str, **told: Any) -> str:
        """A template of links, each with its count where something waits."""
        return rendered(name, groups=self.groups, active=self.active, counts=self.counts, number=self.number, **told)

    def number(self, pages: Iterable[str]) -> str:
        """How much waits on these pages."""
        number = sum(self.counts.get(key, 0) for key in pages)
        return (f"{number:,}" if number >= 10_000 else str(number)) if number else ""

    def top(self) -> None:
        """The bar with brand, search, scope, language, look and person."""
        with tag("header", classes="top"):
            tag("a", _("总分馆台账"), "brand", href="/")
            Search()
            tag("span", classes="grow")
            tag("span", self.place, "pill place ell", title=_("范围"))
            tag("button", "中文 / EN", "pill", type="button", data_do=f"speak {other_language()}")
            with tag("button", classes="pill", type="button", data_do="dark"):
                tag("span", _("深色"), "of-light")
                tag("span", _("浅色"), "of-dark")
            with tag("details", classes="menu"):
                tag("summary", self.person)
                with tag("div", classes="drop"):
                    tag("a", _("我的账号"), href="/me")
                    # Signing out changes something: it is a POST, and works without the live connection.
                    with tag("form", method="post", action="/logout"):
                        tag("button", _("退出"), type="submit")

    @property
    def place(self) -> str:
        return self.actor.place if isinstance(self.actor, Visitor) else _("全市")

    @property
    def person(self) -> str:
        return f"{self.actor.name} · {_(ROLE_LABELS[self.actor.role])}"

    def navigation(self) -> None:
        """The navigation at the left, in full and as the rail that it folds to.

        A group's heading with its entries; a long group is folded until one of them is open or waited for. One element
        for all of it: as one each they were most of what a page had to make, here and in the browser.
        """
        told = {"several": _("{count} 项"), "fold": _("« 收起"), "unfold": _("展开 »")}
        lively = [group.code for group in self.groups if any(self.is_lively(entry) for entry in group.entries)]
        text = self.links("nav.html", home=home(), words=told, long=LONG, lively=lively)
        ui.html(text, sanitize=False, tag="nav").classes("nav").props["aria-label"] = _("导航")

    def is_lively(self, entry: Entry) -> bool:
        return entry.key == self.active or bool(self.counts.get(entry.key))

    def bottom(self) -> None:
        """A phone's navigation: the pages wanted most, and a sheet with all of them."""
        by_code = {group.code: group for group in self.groups}
        wanted = [by_code[code].entries[0] for code in ON_PHONE if code in by_code][:ON_PHONE_MOST]
        told = {"more": _("更多"), "me": _("我的账号"), "dark": _("深色"), "light": _("浅色"), "leave": _("退出")}
        who = f"{self.person} · {self.place}"
        text = self.links("bottom.html", wanted=[home(), *wanted], words=told, who=who, other=other_language())
        ui.html(text, sanitize=False, tag="nav").classes("bottom").props["aria-label"] = _("导航")


@contextmanager
def frame(
    title: str,
    *,
    services: Services,
    actor: Actor,
    active: str,
    count: str | None = None,
    counts: Mapping[str, int] | None = None,
) -> Iterator[Page]:
    """Build a page inside the frame; what is built in the `with` goes below the page bar.

    active: the table's name, or overview, sync. count: the words behind the title (“132 个”).
    counts: page -> how much waits there (waiting.py); it follows the news.
    """
    ui.page_title(f"{title} · {_('总分馆台账')}")
    parts = Frame(actor, groups(services.catalog, actor), active, counts or {})
    folded = ui.context.client.request.cookies.get(RAIL) == "1"
    with tag("div", classes="app rail" if folded else "app"):
        tag("a", _("跳到正文"), "skip", href="#content")
        parts.top()
        parts.navigation()
        with tag("div", classes="page"):  # Quasar's own page is the <main>
            page = page_bar(title, count)
        parts.bottom()
    watch(actor)
    if counts is not None:
        client = ui.context.client

        async def recount(now: Actor) -> None:
            client.run_javascript(_RECOUNT % json.dumps(await asyncio.to_thread(waiting, services, now)))

        follow(WAITING, recount)
    with page.body:
        yield page


def page_bar(title: str, count: str | None) -> Page:
    """The bar with the page's title, and the empty page below it."""
    with tag("div", classes="tool"):
        with tag("div", classes="side left") as left:
            tag("h1", title)
            counted = tag("span", count or "", "mut count")
        right = tag("div", classes="side right")
    return Page(left, right, tag("div", classes="content", id="content", tabindex="-1"), counted)
