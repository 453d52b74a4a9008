"""月度检查: what was found at a site in a month, by items that staff edit; and what has to be put right."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP
from decimal import Decimal as Exact
from functools import cache
from typing import ClassVar

from models.kinds import (
    NA,
    Bool,
    Choice,
    Date,
    Decimal,
    Int,
    Kind,
    Month,
    Option,
    OrNa,
    Percent,
    Ref,
    Text,
    Value,
    choices,
)
from models.periods import applies_to, text_of, version_at, versions_of
from models.schema import (
    About,
    Derivation,
    Field,
    Finding,
    Flow,
    Inputs,
    Period,
    Record,
    Row,
    Rule,
    Template,
    declare,
)
from models.templates import (
    PLACE,
    chinese_label,
    code_field,
    english_label,
    item_fields,
    levels_field,
    network_field,
    unit_of,
)
from models.words import _

ITEM_KINDS = choices(
    ("yesno", "是否", "Yes or no"), ("number", "数字", "Number"), ("choice", "选项", "Choice"), ("text", "文字", "Text")
)
STATUSES = choices(
    ("empty", "未填", "Empty"),
    ("filled", "已填", "Filled in"),
    ("submitted", "已提交", "Submitted"),
    ("confirmed", "已确认", "Confirmed"),
)
KINDS = choices(
    ("monthly", "月度检查", "Monthly check"),
    ("supervision", "督查", "Supervision"),
    ("unannounced", "暗访", "Unannounced visit"),
)
MENDING = choices(
    ("open", "待整改", "Open"),
    ("mending", "整改中", "Being mended"),
    ("proved", "待确认", "Proved"),
    ("closed", "已完成", "Closed"),
    ("void", "撤销", "Void"),
)
SITES_OWN = frozenset({"branch", "point", "main"})

_SHARE = re.compile(r"0|1|0?\.\d+|1\.0+")
_LEVEL = re.compile(r"(?:(\w+):)?>=([\d.]+)")


def readable(values: Inputs) -> Iterator[Finding]:
    """A threshold says what is good in the way of its item's kind."""
    text = str(values["threshold"] or "")
    if values["kind"] == "choice" and not shares_of(text):
        yield Finding("threshold", _("选项和得分一一对应，如 好|差 => 1|0"))
    if values["kind"] == "number" and text and not all(_LEVEL.fullmatch(part.strip()) for part in text.split(";")):
        yield Finding("threshold", _("如 >=90，或 branch:>=4;point:>=1"))


class ChecklistItem(Record, table=True):
    """检查项: one thing to look at each month, what counts as good, and how much it weighs."""

    __tablename__ = "checklist_items"
    about: ClassVar[About] = About(
        "检查项",
        "Checklist items",
        group="settings",
        title="label_zh",
        rules=(Rule(("kind", "threshold"), readable),),
        help="月度检查查什么，怎样算合格。",
    )

    code: str | None = code_field()
    since: str | None = declare("起用月份", Month(), en="Since", edit="app", key=True, required=True, default="2020-01")
    until: str | None = declare("停用月份", Month(), en="Until", edit="app", help="用到这个月为止，空白为一直用。")
    position: int | None = declare("顺序", Int(min=0), en="Position", edit="app")
    group_zh: str | None = declare("组", Text(max=60), en="Group", edit="app")
    group_en: str | None = declare("英文组名", Text(max=60), en="Group, English", edit="app")
    label_zh: str | None = chinese_label()
    label_en: str | None = english_label()
    kind: str | None = declare("填法", Choice(choices=ITEM_KINDS), en="Kind", edit="app", required=True, once=True)
    unit: str | None = declare("单位", Text(max=20), en="Unit", edit="app")
    threshold: str | None = declare(
        "合格线",
        Text(max=300),
        en="Threshold",
        edit="app",
        help="=yes；>=90；branch:>=4;point:>=1；选项|选项 => 1|0.5。",
    )
    applies_to: list[str] | None = levels_field()
    network: str | None = network_field()
    weight: float | None = declare("权重", Decimal(min=0, max=100), en="Weight", edit="app", default=0.0)
    basis: str | None = declare("依据", Text(max=300), en="Basis", edit="app")


@cache
def shares_of(threshold: str) -> dict[str, float]:
    """The choices of an item and the share of its weight that each earns: 无问题|整改中 => 1|0.5. None where it is no such list."""
    left, _arrow, right = threshold.partition("=>")
    labels, shares = [part.strip() for part in left.split("|")], [part.strip() for part in right.split("|")]
    if len(labels) != len(shares) or not all(map(_SHARE.fullmatch, shares)):
        return {}
    return {label: float(share) for label, share in zip(labels, shares, strict=True)}


@cache
def least_of(threshold: str, level: Value) -> float | None:
    """The number that is good enough at a level: branch:>=4;point:>=1, or >=90 for all."""
    found: dict[str | None, float] = {}
    for part in threshold.split(";"):
        if match := _LEVEL.fullmatch(part.strip()):
            found[match[1]] = float(match[2])
    return found.get(str(level), found.get(None))


def item_kind(row: Row) -> Kind:
    """How an item is filled in."""
    match row["kind"]:
        case "yesno":
            return OrNa(Bool())
        case "number":
            return OrNa(Decimal(min=0, max=100 if row.get("unit") == "%" else None, unit=unit_of(row)))
        case "choice":
            return OrNa(Choice(choices=tuple(Option(label, label) for label in shares_of(str(row["threshold"] or "")))))
        case _:
            return Text(max=2000, lines=True)


def share(item: Row, value: Value, level: Value) -> float | None:
    """What an answer earns of its item's weight, 0 to 1. None where it does not count: blank, 不适用, a text."""
    threshold = str(item.get("threshold") or "")
    if value is None or value == NA or item["kind"] == "text":
        return None
    if item["kind"] == "yesno":
        return 1.0 if value is True else 0.0
    if item["kind"] == "choice":
        return shares_of(threshold).get(str(value), 0.0)
    least = least_of(threshold, level)
    return None if least is None else float(value >= least)  # type: ignore[operator]


def half_up(value: Exact, places: int = 2) -> float:
    """Rounded half up, as people round."""
    return float(value.quantize(Exact(1).scaleb(-places), ROUND_HALF_UP))


@dataclass(frozen=True)
class Answers:
    """What counts in checklists, by the versions of their items. Which items are asked of a kind of site in a month is found once."""

    versions: Mapping[str, Sequence[Row]]
    asked: dict[tuple[Value, ...], list[tuple[str, Row]]] = field(default_factory=dict)

    def items(self, month: Value, level: Value, network: Value) -> list[tuple[str, Row]]:
        """(code, item) of what is asked of sites of this level and network in a month."""
        spot = (month, level, network)
        if spot not in self.asked:
            there = ((code, version_at(rows, text_of(month))) for code, rows in self.versions.items())
            self.asked[spot] = [(code, item) for code, item in there if item and applies_to(item, level, network)]
        return self.asked[spot]

    def of(self, values: Inputs) -> list[tuple[Row, float]]:
        """The items that count in a checklist, with the share each earned."""
        level = values["site.level"]
        items = self.items(values["month"], level, values["site.network"])
        earned = ((item, share(item, values.get(code), level)) for code, item in items)
        return [(item, part) for item, part in earned if part is not None]


def pass_rate(counted: Sequence[tuple[Row, float]]) -> float | None:
    """Σ weight x share over the items that count / Σ their weights x 100, 2 decimals (CONTRACT §3)."""
    weights = [(Exact(repr(float(item.get("weight") or 0))), Exact(repr(earned))) for item, earned in counted]
    total = sum((weight for weight, _earned in weights), Exact(0))
    return half_up(sum((weight * earned for weight, earned in weights), Exact(0)) / total * 100) if total else None


def checklist_fields(rows: Sequence[Row]) -> list[Field]:
    """The items, then the pass rate and the number of problems."""
    versions = versions_of(rows)
    inputs = (*versions, "month", *PLACE)
    answers = Answers(versions)
    rate = Derivation(inputs, lambda values: pass_rate(answers.of(values)))
    count = Derivation(inputs, lambda values: sum(earned < 1 for _item, earned in answers.of(values)))
    return [
        *item_fields(rows, "month", item_kind),
        Field("pass_rate", "合格率", Percent(), en="Pass rate", derive=rate, edit="none"),
        Field("problems", "问题数", Int(unit="项"), en="Problems", derive=count, edit="none"),
    ]


def months_between(earlier: str, later: str) -> int:
    """How many months lie between 2026-01 and 2026-03: 2."""
    return (int(later[:4]) - int(earlier[:4])) * 12 + int(later[5:7]) - int(earlier[5:7])


def shown_in_sheets(row: Row, today: str) -> bool:
    """Workbooks show the monthly checks alone: months not yet confirmed, and the last three."""
    month = text_of(row.get("month"))
    return row.get("kind") == "monthly" and (row.get("status") != "confirmed" or months_between(month, today) < 3)


class Checklist(Record, table=True):
    """月度检查: one site, one month. The center's 督查 and 暗访 are kinds of their own."""

    __tablename__ = "checklists"
    about: ClassVar[About] = About(
        "月度检查",
        "Checklists",
        group="checks",
        tab=4,
        opened_by_app=True,
        title="month",
        flow=Flow(
            "status",
            {"empty": SITES_OWN, "filled": SITES_OWN, "submitted": SITES_OWN, "confirmed": frozenset({"main"})},
        ),
        template=Template("checklist_items", checklist_fields),
        period=Period("month", ("branch", "point")),
        window=shown_in_sheets,
        help="每个分馆和服务点每月一张，一月一检查。",
    )

    site: str | None = declare("馆点", Ref(table="sites"), en="Site", edit="app", key=True, owner=True, required=True)
    month: str | None = declare("月份", Month(), en="Month", edit="app", key=True, required=True)
    kind: str | None = declare(
        "检查方式", Choice(choices=KINDS, blank="monthly"), en="Kind of check", edit="app", key=True, default="monthly"
    )
    status: str | None = declare(
        "状态", Choice(choices=STATUSES), en="Status", default="empty", locks=frozenset({"submitted", "confirmed"})
    )
    status_reason: str | None = declare("退回原因", Text(max=300), en="Reason to go back")
    inspector: str | None = declare("检查人", Text(max=60), en="Inspector", edit="app")
    checked_on: str | None = declare("检查日期", Date(), en="Checked on", edit="app")


class Rectification(Record, table=True):
    """整改: a problem found, who mends it by when, and the proof."""

    __tablename__ = "rectifications"
    about: ClassVar[About] = About(
        "整改", "Rectifications", group="checks", title="problem", help="检查发现的问题，谁在什么时候前改好。"
    )

    number: str | None = declare("整改编号", Text(max=40, code=True), en="Number", edit="app", key=True, required=True)
    site: str | None = declare("馆点", Ref(table="sites"), en="Site", edit="app", owner=True, required=True)
    checklist: str | None = declare("检查月份", Month(), en="Checklist", edit="app")
    item: str | None = declare("检查项", Text(max=20, code=True), en="Item", edit="app")
    problem: str | None = declare("问题", Text(max=500, lines=True), en="Problem", edit="app", required=True)
    due_on: str | None = declare("整改期限", Date(), en="Due on", edit="app", required=True)
    responsible: str | None = declare("责任人", Text(max=60), en="Responsible", edit="app", required=True)
    done_on: str | None = declare("完成日期", Date(), en="Done on", edit="app")
    proof: str | None = declare("整改情况", Text(max=500, lines=True), en="Proof", edit="app")
    status: str | None = declare("状态", Choice(choices=MENDING, blank="open"), en="Status", edit="app", default="open")
    note: str | None = declare("备注", Text(max=2000, lines=True), en="Note", edit="app")
