"""The overview in words: a line for each duty, with the page that it leads to; months, counties, gaps."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from models.duties import Duty
from models.kinds import Value
from models.registry import NETWORKS
from models.words import _, language
from pages.markup import grid_path

NEAR = 7  # days before a deadline from which it is told in colour
LEVELS = {"main": "总馆", "branch": "分馆", "point": "服务点"}
BOOKS = {"service_yearbooks": "服务统计年报", "asset_yearbooks": "资产统计年报"}
CHECK_STEPS = {"filled": "检查未填", "submitted": "检查待提交", "confirmed": "检查待确认"}
BOOK_STEPS = {"reviewing": "填报中", "signed": "待签署", "sent": "待报送", "archived": "待归档"}
# Kind -> (what it is, what more there is to say), for those whose words never vary.
PLAIN = {
    "stopped": ("共享表已停", "看原因，再放行"),
    "conflicts": ("同步冲突", "台账和共享表填得不一样，选一边"),
    "proposals": ("待确认的删除", "共享表里少了这些行"),
    "problems": ("共享表没有收的", "格式不对或不归填表的人改"),
    "mended": ("整改待确认", ""),
    "mending": ("整改到期", ""),
    "arrived": ("牌匾到货未挂", ""),
    "ordered": ("牌匾在制作", ""),
    "to_make": ("牌匾待制作", ""),
    "replace": ("牌匾需更换", ""),
    "late_orders": ("制作单到期未交", ""),
    "blocked": ("总馆待建，牌匾不能下单", ""),
    "staff": ("馆点人员不够", "分馆编制不到 3 人，或服务点没有公益岗"),
}
# Chinese counts with a word for each kind of thing; English has none.
MEASURES = {
    **dict.fromkeys(("stopped", "check"), "份"),
    **dict.fromkeys(("conflicts", "problems"), "处"),
    **dict.fromkeys(("arrived", "ordered", "to_make", "replace", "blocked"), "块"),
    **dict.fromkeys(("mended", "mending"), "条"),
    **dict.fromkeys(("staff", "unopened"), "个"),
    "proposals": "行",
    "book": "本",
    "late_orders": "张",
}


@dataclass(frozen=True)
class Line:
    """One line of what waits. `tone` is err or warn where the deadline is past or near."""

    path: str
    count: str
    unit: str
    title: str
    detail: str
    due: str
    tone: str


def line(duty: Duty, names: Mapping[str, str], today: str) -> Line:
    """A duty in words."""
    title, detail = words(duty)
    days = duty.days(today)
    tone = "" if days is None or days > NEAR else "err" if days < 0 else "warn"
    told = detail or whereabouts(duty, names)
    return Line(path(duty), grouped(duty.count), measure(duty), title, told, due(days), tone)


def measure(duty: Duty) -> str:
    """The word that Chinese counts with."""
    return MEASURES[duty.kind] if language.get() == "zh" else ""


def words(duty: Duty) -> tuple[str, str]:
    """(title, detail) of a duty; the detail is "" where its places say more."""
    facts = duty.facts
    if duty.kind == "unopened":
        title = _("{month} 月检查还没开").format(month=int(facts["month"][5:]))
        return title, _("到“开一期”里给这些馆点各开一张")
    if duty.kind == "check":
        month = _("{month} 月").format(month=int(facts["month"][5:]))
        return f"{month}{_(CHECK_STEPS[facts['next']])}", ""
    if duty.kind == "book":
        book = _("{year} 年{book}").format(year=facts["year"], book=_(BOOKS[facts["table"]]))
        return f"{book}{_(BOOK_STEPS[facts['next']])}", ""
    title, detail = PLAIN[duty.kind]
    return _(title), _(detail) if detail else ""


def due(days: int | None) -> str:
    """The deadline, by how far off it is."""
    if days is None:
        return ""
    if days < 0:
        return _("已过 {days} 天").format(days=-days)
    return _("还有 {days} 天").format(days=days) if days else _("今天到期")


def whereabouts(duty: Duty, names: Mapping[str, str]) -> str:
    """The sites with most of it, and how many more there are."""
    first = [names[code] for code in duty.places[:3] if code in names]
    more = len(duty.places) - len(first)
    told = _("、").join(first)
    return _("{names} 等 {count} 处").format(names=told, count=len(duty.places)) if told and more > 0 else told


def path(duty: Duty) -> str:
    """The page that a line leads to, filtered."""
    facts = duty.facts
    match duty.kind:
        case "stopped" | "conflicts" | "proposals" | "problems":
            return "/sync"
        case "unopened":
            return "#periods"
        case "check":
            month, status = f"month:eq:{facts['month']}", f"status:eq:{facts['status']}"
            return grid_path("checklists", month, "kind:eq:monthly", status)
        case "book":
            return grid_path(facts["table"], f"year:eq:{facts['year']}", f"status:eq:{facts['status']}")
        case "mending":
            return grid_path("rectifications", "status:in:open,mending", f"due_on:le:{facts['until']}")
        case "mended":
            return grid_path("rectifications", "status:eq:proved")
        case "late_orders":
            return grid_path("plaque_orders", "status:eq:placed")
        case "blocked":
            return grid_path("plaques", f"site.parent:in:{','.join(facts['halls'])}", "status:ne:hung")
        case "staff":
            return grid_path("sites", "staffing:has:差", "status:in:built,open")
        case _:
            return grid_path("plaques", f"status:eq:{facts['status']}")


def grouped(number: Value) -> str:
    """A number, its digits grouped from five up."""
    return f"{number:,}" if isinstance(number, int | float) and abs(number) >= 10_000 else str(number)


def gap(number: int | None) -> str:
    """Built less wanted: +2, −1, a point for none, nothing where none is asked for."""
    if number is None:
        return ""
    return "·" if not number else f"+{number}" if number > 0 else f"−{-number}"


def missing_words(missing: Sequence[tuple[str, str, int]]) -> str:
    """晋宁区分馆 1，五华区服务点 1, or that nothing is missing."""
    told = (f"{county or _('未定县区')}{_(LEVELS[level])} {count}" for county, level, count in missing)
    return _("，").join(told)


def differing_words(differing: Mapping[str, tuple[int | float, int]]) -> str:
    """总馆多 3，服务点少 1: how the file's own totals differ from its rows."""
    labels = {"main_halls": LEVELS["main"], "branches": LEVELS["branch"], "points": LEVELS["point"]}
    told = []
    for name, (theirs, ours) in differing.items():
        more = _("{what}多 {count}") if theirs > ours else _("{what}少 {count}")
        told.append(more.format(what=_(labels[name]), count=f"{abs(theirs - ours):g}"))
    return _("，").join(told)


def network_label(code: str) -> str:
    return next((_(one.label) for one in NETWORKS if one.code == code), code)
