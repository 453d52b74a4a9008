"""服务统计年报 and 资产统计年报: one site, one year; indicators that staff edit; totals computed from their parts."""

import re
from collections.abc import Mapping, Sequence
from typing import ClassVar

from models.checklists import SITES_OWN
from models.kinds import Bool, Choice, Date, Decimal, Int, Kind, Ref, Text, Value, Year, choices
from models.periods import latest, text_of
from models.schema import About, Derivation, Field, Flow, Inputs, Period, Record, Row, Template, declare
from models.templates import (
    HALLS,
    chinese_label,
    code_field,
    english_label,
    item_fields,
    levels_field,
    network_field,
    unit_of,
)

FORMS = choices(("service", "服务统计年报", "Service yearbook"), ("asset", "资产统计年报", "Asset yearbook"))
INDICATOR_KINDS = choices(("group", "分组", "Group"), ("int", "整数", "Whole number"), ("decimal", "小数", "Decimal"))
STATUSES = choices(
    ("filling", "填报", "Being filled in"),
    ("reviewing", "审核", "Under review"),
    ("signed", "签署", "Signed"),
    ("sent", "报送", "Sent"),
    ("archived", "归档", "Archived"),
)
LOCKED = frozenset({"signed", "sent", "archived"})
FLOW = Flow(
    "status",
    {
        "filling": SITES_OWN,
        "reviewing": SITES_OWN,
        "signed": frozenset({"main"}),
        "sent": frozenset({"main"}),
        "archived": frozenset({"center"}),
    },
)

_TOTAL = re.compile(r"=([A-Z]\d+(?:[+-][A-Z]\d+)*)")
_TERM = re.compile(r"([+-]?)([A-Z]\d+)")


class Indicator(Record):
    """What the lines of both yearbooks have in common."""

    code: str | None = code_field()
    since: int | None = declare("起用年份", Year(), en="Since", edit="app", key=True, required=True, default=2020)
    until: int | None = declare("停用年份", Year(), en="Until", edit="app")
    position: int | None = declare("顺序", Int(min=0), en="Position", edit="app")
    parent: str | None = declare("上一级", Text(max=20, code=True), en="Parent", edit="app")
    label_zh: str | None = chinese_label()
    label_en: str | None = english_label()
    unit: str | None = declare("单位", Text(max=20), en="Unit", edit="app")
    kind: str | None = declare("填法", Choice(choices=INDICATOR_KINDS), en="Kind", edit="app", required=True, once=True)
    applies_to: list[str] | None = levels_field()
    form: str | None = declare("年报", Choice(choices=FORMS), en="Form", edit="app", required=True)
    rule: str | None = declare(
        "关系", Text(max=300), en="Rule", edit="app", help="=S101+S102 合计；<=S100 不超过；auto:… 自动取数。"
    )
    network: str | None = network_field()
    source: str | None = declare("来源", Text(max=60), en="Source", edit="app")
    core: bool | None = declare("核心指标", Bool(), en="Core", edit="app")
    rollup: str | None = declare("汇总方式", Text(max=40), en="Roll-up", edit="app")


class ServiceIndicator(Indicator, table=True):
    """服务年报指标: one line of the service yearbook."""

    __tablename__ = "service_indicators"
    about: ClassVar[About] = About(
        "服务年报指标",
        "Service indicators",
        group="settings",
        title="label_zh",
        only=("form", "service"),
        help="服务统计年报填什么。",
    )


class AssetIndicator(Indicator, table=True):
    """资产年报指标: one line of the asset yearbook."""

    __tablename__ = "asset_indicators"
    about: ClassVar[About] = About(
        "资产年报指标",
        "Asset indicators",
        group="settings",
        title="label_zh",
        only=("form", "asset"),
        help="资产统计年报填什么。",
    )


def indicator_kind(row: Row) -> Kind:
    """How an indicator is filled in. A rule that is broken is listed, and never rejects a cell: no limits but 0."""
    return Int(min=0, unit=unit_of(row)) if row["kind"] == "int" else Decimal(min=0, unit=unit_of(row))


def terms_of(rule: str) -> list[tuple[int, str]]:
    """The parts of a total, each with its sign: =A210-A211 is [(1, A210), (-1, A211)]. Its first equality counts."""
    for part in rule.split(";"):
        if match := _TOTAL.fullmatch(part.strip()):
            return [(-1 if sign == "-" else 1, code) for sign, code in _TERM.findall(match[1])]
    return []


def totals_of(rows: Sequence[Row]) -> dict[str, list[tuple[int, str]]]:
    """Code -> its parts, for the indicators that are computed: all parts stand in the same book. Totals of totals are
    taken apart, so that each stands on what was typed."""
    codes = {str(row["code"]) for row in rows if row["kind"] != "group"}
    direct = {str(row["code"]): terms_of(str(row.get("rule") or "")) for row in rows}
    totals = {code: terms for code, terms in direct.items() if terms and all(part in codes for _sign, part in terms)}

    def leaves(code: str, sign: int, above: frozenset[str]) -> list[tuple[int, str]]:
        if code not in totals or code in above:
            return [(sign, code)]
        return [leaf for own, part in totals[code] for leaf in leaves(part, sign * own, above | {code})]

    return {code: leaves(code, 1, frozenset()) for code in totals}


def total(values: Inputs, terms: Sequence[tuple[int, str]]) -> Value:
    """The sum of the filled parts; None where none is filled."""
    filled = [(sign, values[code]) for sign, code in terms if isinstance(values[code], int | float)]
    return round(sum(sign * value for sign, value in filled), 6) if filled else None


def yearbook_fields(rows: Sequence[Row]) -> list[Field]:
    """The indicators; those that are totals of others are computed."""
    lines = [row for row in rows if row["kind"] != "group"]
    totals = totals_of(latest(lines))
    return [with_total(one, totals) for one in item_fields(lines, "year", indicator_kind)]


def with_total(one: Field, totals: Mapping[str, Sequence[tuple[int, str]]]) -> Field:
    terms = totals.get(one.name)
    if not terms:
        return one
    derive = Derivation(tuple(code for _sign, code in terms), lambda values: total(values, terms))
    return Field(one.name, one.label, one.kind, en=one.en, edit="none", derive=derive, applies=one.applies)


def year_open(row: Row, today: str) -> bool:
    """Workbooks show the books that are not yet archived."""
    return row.get("status") != "archived" and bool(text_of(row.get("year")))


def book_about(label: str, en: str, tab: int, source: str, help_: str) -> About:
    """What both yearbooks share."""
    return About(
        label,
        en,
        group="yearbooks",
        tab=tab,
        opened_by_app=True,
        title="year",
        flow=FLOW,
        template=Template(source, yearbook_fields),
        period=Period("year", tuple(one.code for one in HALLS)),
        window=year_open,
        help=help_,
    )


class Yearbook(Record):
    """What both books have in common."""

    site: str | None = declare("馆点", Ref(table="sites"), en="Site", edit="app", key=True, owner=True, required=True)
    year: int | None = declare("年份", Year(), en="Year", edit="app", key=True, required=True)
    status: str | None = declare("状态", Choice(choices=STATUSES), en="Status", default="filling", locks=LOCKED)
    status_reason: str | None = declare("退回原因", Text(max=300), en="Reason to go back")
    due_on: str | None = declare("报送期限", Date(), en="Due on", edit="app")
    sent_on: str | None = declare("报送日期", Date(), en="Sent on", edit="app")
    returns: int | None = declare("退回次数", Int(min=0, unit="次"), en="Returns", edit="app")


class ServiceYearbook(Yearbook, table=True):
    """服务统计年报: what a site did in a year. 公共文化服务保障法 Art. 21 makes it a duty; steps as in 统计法 Art. 24."""

    __tablename__ = "service_yearbooks"
    about: ClassVar[About] = book_about(
        "服务统计年报", "Service yearbooks", 5, "service_indicators", "每个馆点每年一本：做了什么，服务了多少人。"
    )


class AssetYearbook(Yearbook, table=True):
    """资产统计年报: what a site has at the year's end, and its money."""

    __tablename__ = "asset_yearbooks"
    about: ClassVar[About] = book_about(
        "资产统计年报", "Asset yearbooks", 6, "asset_indicators", "每个馆点每年一本：房屋、资产、设备、经费。"
    )
