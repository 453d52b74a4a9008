"""What the exports page offers to make, and what a filled-in form asks for."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from nicegui.element import Element
from nicegui.events import GenericEventArguments

from models.access import Actor
from models.accounts import Unfit
from models.kinds import Year
from models.query import View
from models.words import _
from pages.account_parts import Form, Typed
from pages.frame import label_of, reads_table

KINDS = {"score_sheets": "打分表", "plaque_order": "牌匾制作单", "plaque_texts": "牌匾文字", "table": "一张表的行"}
# kind -> (ending, what is said of it)
ENDINGS: Mapping[str, Sequence[tuple[str, str]]] = {
    "score_sheets": ((".pdf", "合成一份 .pdf"), (".zip", "一馆一份 .zip")),
    "plaque_order": ((".pdf", "打印用 .pdf"), (".xlsx", "发给制作单位 .xlsx")),
    "plaque_texts": ((".txt", "一块一行 .txt"), (".csv", "清单 .csv"), (".xlsx", "清单 .xlsx")),
    "table": ((".xlsx", "表格 .xlsx"), (".csv", "文本 .csv"), (".json", "程序用 .json")),
}
FIELDS: Mapping[str, Sequence[str]] = {
    "score_sheets": ("year", "where", "county", "sites", "blank"),
    "plaque_order": ("number",),
    "plaque_texts": (),
    "table": ("table",),
}
WHERE = {"all": "范围内全部", "county": "一个县区", "sites": "选馆点"}
FILLED = {"": "填好分数", "1": "空白表"}
MOST_SITES = 500
_SPLIT = re.compile(r"[\s、，,；;]+")
_VALUE = "(event) => emit(event.target.value)"


@dataclass(frozen=True)
class Offered:
    """What one person may ask for."""

    tables: Mapping[str, str]
    counties: Sequence[str]
    orders: Sequence[str]
    names: Mapping[str, str]
    year: int


def offered(view: View, actor: Actor, year: int) -> Offered:
    """Asks the database."""
    catalog = view.query.catalog
    names = view.names(catalog.tree)
    counties = sorted({node.county for code in names if (node := view.tree.nodes.get(code)) and node.county})
    orders = [str(row["number"]) for row in view.page(catalog["plaque_orders"]).rows]
    tables = {table.name: label_of(table) for table in catalog if reads_table(actor, table)}
    return Offered(tables, counties, orders, names, year)


@dataclass(frozen=True)
class Asked:
    """A file to make."""

    kind: str
    asked: Mapping[str, Any]
    title: str
    suffix: str


def asked_of(typed: Typed, told: Offered) -> Asked:
    """What a form asks for; fields that the kind has no use for count for nothing. Raises Unfit."""
    kind = typed.get("kind", "")
    if kind not in KINDS:
        raise Unfit("kind", _("选一样要做的"))
    suffix = typed.get(f"suffix-{kind}", "")
    if suffix not in dict(ENDINGS[kind]):
        raise Unfit("kind", _("选一种文件"))
    asked, about = {"score_sheets": of_sheets, "plaque_order": of_order, "table": of_table}.get(kind, of_texts)(
        typed, told
    )
    title = about if kind == "table" else [_(KINDS[kind]), *about]
    return Asked(kind, asked, " ".join(title), suffix)


def of_sheets(typed: Typed, told: Offered) -> tuple[dict[str, Any], list[str]]:
    """Year, sites, blank or filled."""
    year = Year().parse(typed.get("year", ""))
    if not isinstance(year, int):
        raise Unfit("year", _("年份填{wanted}").format(wanted=Year().wanted()))
    asked: dict[str, Any] = {"year": year, "blank": typed.get("blank") == "1"}
    about = [str(year)]
    if typed.get("where") == "county":
        if typed.get("county") not in told.counties:
            raise Unfit("county", _("选一个县区"))
        asked["county"] = typed["county"]
        about.append(typed["county"])
    elif typed.get("where") == "sites":
        asked["sites"] = codes_of(typed.get("sites", ""), told.names)
        about.append(_("{count} 个馆点").format(count=len(asked["sites"])))
    return asked, about + ([_("空白")] if asked["blank"] else [])


def codes_of(text: str, names: Mapping[str, str]) -> list[str]:
    """The sites that a text names by code or by a name that only one has, each once. Raises Unfit."""
    found: dict[str, None] = {}
    for word in filter(None, _SPLIT.split(text)):
        named = [word] if word in names else [code for code, name in names.items() if name == word]
        if len(named) != 1:
            raise Unfit("sites", _("没有找到“{text}”，用馆点编码").format(text=word[:20]))
        found[named[0]] = None
    if not found:
        raise Unfit("sites", _("写上馆点编码，用、隔开"))
    if len(found) > MOST_SITES:
        raise Unfit("sites", _("最多 {most} 个馆点，再多就选县区").format(most=MOST_SITES))
    return list(found)


def of_order(typed: Typed, told: Offered) -> tuple[dict[str, Any], list[str]]:
    """An order by its number, or all plaques that are to be made."""
    number = typed.get("number", "")
    if number and number not in told.orders:
        raise Unfit("number", _("没有这张制作单"))
    return {"number": number}, [number or _("全部待制作")]


def of_texts(_typed: Typed, _told: Offered) -> tuple[dict[str, Any], list[str]]:
    """Nothing to choose."""
    return {}, []


def of_table(typed: Typed, told: Offered) -> tuple[dict[str, Any], list[str]]:
    """A table."""
    name = typed.get("table", "")
    if name not in told.tables:
        raise Unfit("table", _("选一张表"))
    return {"table": name}, [told.tables[name]]


@dataclass
class Fields:
    """The form's fields; those of the chosen kind are shown."""

    form: Form
    told: Offered
    kind: str = "score_sheets"
    where: str = "all"
    rows: dict[str, Element] = field(default_factory=dict)

    def build(self) -> None:
        """Build all of them."""
        form, told = self.form, self.told
        form.field("kind", _("做什么"), element="select")
        form.options("kind", [(code, _(label)) for code, label in KINDS.items()], self.kind)
        self.rows["year"] = form.field("year", _("年份"), defaultValue=str(told.year), inputmode="numeric")
        self.choice("where", _("馆点"), [(code, _(label)) for code, label in WHERE.items()])
        self.choice("county", _("县区"), [(one, one) for one in told.counties])
        hint = _("编码，用、隔开")
        self.rows["sites"] = form.field("sites", _("哪些"), element="textarea", rows="3", placeholder=hint)
        self.choice("blank", _("分数"), [(code, _(label)) for code, label in FILLED.items()])
        self.choice("number", _("单号"), [("", _("全部待制作")), *((one, one) for one in told.orders)])
        self.choice("table", _("表"), list(told.tables.items()))
        for kind, endings in ENDINGS.items():
            self.choice(f"suffix-{kind}", _("文件"), [(code, _(label)) for code, label in endings])
        form.controls["kind"].on("change", self.chosen, js_handler=_VALUE)
        form.controls["where"].on("change", self.placed, js_handler=_VALUE)
        self.show()

    def choice(self, name: str, label: str, options: Sequence[tuple[str, str]]) -> None:
        self.rows[name] = self.form.field(name, label, element="select")
        self.form.options(name, options)

    def chosen(self, event: GenericEventArguments) -> None:
        self.kind = str(event.args)
        self.show()

    def placed(self, event: GenericEventArguments) -> None:
        self.where = str(event.args)
        self.show()

    def show(self) -> None:
        """Show the fields of the chosen kind."""
        wanted = {*FIELDS.get(self.kind, ()), f"suffix-{self.kind}"} - ({"county", "sites"} - {self.where})
        for name, row in self.rows.items():
            row.classes(remove="hidden-row") if name in wanted else row.classes(add="hidden-row")
