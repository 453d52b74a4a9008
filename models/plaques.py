"""Plaques: what hangs at a site's door, and what must stand on it."""

import re
from collections.abc import Iterator
from typing import ClassVar

from models.kinds import Bool, Choice, Date, Int, Ref, Text, Value, choices
from models.registry import NETWORKS
from models.schema import About, Field, Finding, Inputs, Record, Rule, declare, derived
from models.words import _

STATUSES = choices(
    ("to_make", "待制作", "To make"),
    ("ordered", "已下单", "Ordered"),
    ("arrived", "已到货", "Arrived"),
    ("hung", "已挂牌", "Hung"),
    ("replace", "需更换", "To replace"),
)
SHAPES = choices(("square", "方牌", "Square"), ("bar", "条牌", "Bar"), ("door", "门牌", "Door"))
ORIENTATIONS = choices(("horizontal", "横式", "Horizontal"), ("vertical", "竖式", "Vertical"))
ORDER_STATUSES = choices(
    ("draft", "草稿", "Draft"),
    ("placed", "已下单", "Placed"),
    ("received", "已到货", "Received"),
    ("closed", "已完成", "Closed"),
)
NETWORK_WORDS = {one.code: one.label for one in NETWORKS}

# Lines break only between the three parts of the name: …馆 / …分馆 / …基层服务点.
_PARTS = re.compile(r"^(.*?(?:文化馆|图书馆))(.*分馆)?(.*基层服务点)?$")

WORDING_INPUTS = (
    "wording_fixed",
    "site.name",
    "site.network",
    "site.level",
    "site.county",
    "site.county_formal",
    "site.township",
    "site.village",
    "site.host",
    "site.parent.name",
    "site.parent.host",
    "site.parent.township",
    "site.parent.county",
    "site.parent.county_formal",
    "site.parent.parent.level",
    "site.parent.parent.name",
    "site.parent.level",
    "setting.plaque_county",
)


def county_of(values: Inputs, place: str) -> str | None:
    """The county's name as the office wants it on plaques: Annex 2's short one, or the formal one."""
    if values["setting.plaque_county"] == "formal" and values[f"{place}.county_formal"]:
        return values[f"{place}.county_formal"]
    return values[f"{place}.county"]


def branch_wording(values: Inputs, place: str, township: str | None) -> str | None:
    """{county}{network}{township}分馆; a center's own branch: {center}{name}分馆; another host's name for the township."""
    if values[f"{place}.parent.level"] == "center":
        parts = (values[f"{place}.parent.name"], values[f"{place}.name"])
    else:
        spot = township if values[f"{place}.host"] in (None, "government") else values[f"{place}.name"]
        parts = (county_of(values, "site") or county_of(values, place), NETWORK_WORDS.get(values["site.network"]), spot)
    return "".join((*parts, "分馆")) if all(parts) else None


def wording(values: Inputs) -> Value:
    """统一标志标识: the words on a plaque (CONTRACT §3). None where a part of the name is still blank."""
    if values["wording_fixed"]:
        return values["wording_fixed"]
    if values["site.level"] == "branch":
        return branch_wording(values, "site", values["site.township"])
    if values["site.level"] == "point":
        branch = branch_wording(values, "site.parent", values["site.township"] or values["site.parent.township"])
        spot = values["site.village"] if values["site.host"] in (None, "government") else values["site.name"]
        return f"{branch}{spot}基层服务点" if branch and spot else None
    return values["site.name"]


def lines_of(wording: str) -> list[str]:
    """The lines of a plaque: main hall, branch, point."""
    found = _PARTS.match(wording)
    parts = [part for part in found.groups() if part] if found else []
    return parts if "".join(parts) == wording else [wording]


def hall_exists(values: Inputs) -> Iterator[Finding]:
    """A branch under a hall that is only planned bears a hall's name that does not exist yet: it cannot be ordered."""
    if values["site.level"] == "branch" and values["site.parent.status"] == "planned":
        ordered = values["status"] == "ordered" or values["plaque_order"] is not None
        yield Finding(
            "status", _("总馆待建，不能下单") if ordered else _("总馆待建"), "error" if ordered else "warning"
        )


class Plaque(Record, table=True):
    """牌匾: a sign hung at a site, beside what hangs there already: a site may have many."""

    __tablename__ = "plaques"
    about: ClassVar[About] = About(
        "牌匾",
        "Plaques",
        group="plaques",
        tab=2,
        opened_by_app=True,
        title="wording",
        rules=(Rule(("status", "plaque_order", "site.level", "site.parent.status"), hall_exists),),
        help="每块牌匾一行，文字随馆点自动生成。",
    )

    site: str | None = declare("馆点", Ref(table="sites"), en="Site", edit="app", key=True, owner=True, required=True)
    seq: int | None = declare("序号", Int(min=1, max=99), en="No.", edit="app", key=True, required=True, default=1)
    wording: ClassVar[Field] = derived("牌匾文字", Text(max=100), WORDING_INPUTS, wording, en="Wording")
    wording_fixed: str | None = declare(
        "固定文字", Text(max=100), en="Fixed wording", edit="app", help="填了就不再自动生成。"
    )
    shape: str | None = declare("形状", Choice(choices=SHAPES), en="Shape", edit="app", default="square")
    orientation: str | None = declare(
        "版式", Choice(choices=ORIENTATIONS), en="Orientation", edit="app", default="horizontal"
    )
    width_mm: int | None = declare("宽", Int(min=1, max=10_000, unit="mm"), en="Width", edit="app", default=600)
    height_mm: int | None = declare("高", Int(min=1, max=10_000, unit="mm"), en="Height", edit="app", default=400)
    material: str | None = declare("材质", Text(max=60), en="Material", edit="app")
    quantity: int | None = declare("块数", Int(min=1, max=99, unit="块"), en="Quantity", edit="app", default=1)
    logo: bool | None = declare("标识", Bool(), en="Logo", edit="app")
    status: str | None = declare("状态", Choice(choices=STATUSES, blank="to_make"), en="Status", default="to_make")
    plaque_order: str | None = declare("制作单", Ref(table="plaque_orders"), en="Order", edit="app")
    hung_on: str | None = declare("挂牌日期", Date(), en="Hung on")
    photo: str | None = declare("照片", Text(max=300), en="Photo")
    note: str | None = declare("备注", Text(max=2000, lines=True), en="Note")


class PlaqueOrder(Record, table=True):
    """制作单: what one supplier makes in one go."""

    __tablename__ = "plaque_orders"
    about: ClassVar[About] = About(
        "制作单", "Plaque orders", group="plaques", county="county", help="一家制作单位一次做的牌匾。"
    )

    number: str | None = declare("单号", Text(max=40, code=True), en="Number", edit="app", key=True, required=True)
    supplier: str | None = declare("制作单位", Text(max=100), en="Supplier", edit="app", required=True)
    county: str | None = declare("县区", Text(max=40), en="County", edit="app", help="哪个县区的制作单，空白为全市。")
    ordered_on: str | None = declare("下单日期", Date(), en="Ordered on", edit="app")
    due_on: str | None = declare("交货日期", Date(), en="Due on", edit="app")
    contact: str | None = declare("联系人", Text(max=60), en="Contact", edit="app")
    phone: str | None = declare("电话", Text(max=40), en="Phone", edit="app", sensitive=True)
    status: str | None = declare(
        "状态", Choice(choices=ORDER_STATUSES, blank="draft"), en="Status", edit="app", default="draft"
    )
    note: str | None = declare("备注", Text(max=2000, lines=True), en="Note", edit="app")
