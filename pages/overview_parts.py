"""The parts of the overview, laid out: what waits, the strip of checks, built against target."""

from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Any

from models.standing import COUNTED, Place, Standing, Tally, percent, step
from models.words import _
from pages import overview_words as told
from pages.frame import tag
from pages.markup import grid_path
from pages.markup import place as put
from pages.overview_read import Overview

LOW = 50  # percent below which a cell is told in red
WORDS = {
    "todo": "等我办",
    "by_due": "，按时限排",
    "nothing": "✓ 没有待办",
    "strip": "月度检查填报率",
    "share": "已填的占该填的，%",
    "last": "末月",
    "missing": "还缺：",
    "county": "县（市）区",
    "main": "总馆",
    "branch": "分馆",
    "point": "服务点",
    "wanted": "任务",
    "gap": "差",
    "hung": "已挂",
    "plaques": "牌匾",
    "declared": "文件所列",
}


def words() -> dict[str, str]:
    return {name: _(text) for name, text in WORDS.items()}


# ---------------------------------------------------------------- the page bar


def figures(found: Overview) -> None:
    """The page bar's figures: built of wanted, level by level, and plaques hung of all; of the first network."""
    for one in found.standings[:1]:
        for level in COUNTED:
            total = one.total(level)
            if not total.built and total.wanted is None:
                continue  # a branch has no main halls
            figure(total.built, total.wanted, _(told.LEVELS[level]))
            if level == "main" and one.planned:
                tag("span", _("另 {count} 待建").format(count=one.planned), "warn s13 nw")
        if one.plaques:
            figure(one.hung, one.plaques, _("牌匾已挂"))


def figure(number: int, of: int | None, label: str) -> None:
    """One figure: 142/139 分馆."""
    with tag("span", classes="kpi"):
        tag("b", told.grouped(number))
        if of is not None:
            tag("span", f"/{told.grouped(of)}", "mut")
        tag("span", label, "s13 mid")


# ---------------------------------------------------------------- what waits, and the strip


def work(found: Overview, place: str) -> None:
    """What waits, and the months of checks."""
    put("overview.html", "ovl", **work_values(found, place))


def work_values(found: Overview, place: str) -> dict[str, Any]:
    """What waits and the strip, as their template takes them."""
    lines = [told.line(one, found.names, found.today) for one in found.duties]
    return {"words": words(), "place": place, "lines": lines, "strip": strip_values(found)}


def strip_values(found: Overview) -> dict[str, Any]:
    """The strip as its template takes it."""
    shown = found.strip
    if not shown.months:
        return {"months": ()}
    done, every = shown.last
    month = _("{month} 月").format(month=int(shown.months[-1][5:]))
    rows = [strip_row(found, name, cells) for name, cells in shown.lines.items()]
    several = len(set(found.network_of.values())) > 1
    groups = groupby(zip(shown.lines, rows, strict=True), key=lambda pair: found.network_of.get(pair[0], ""))
    return {
        "months": [month_head(one) for one in shown.months],
        "by": _("分馆") if found.strip_by == "branch" else _("县（市）区"),
        "month": month if shown.months[-1][:4] == found.today[:4] else f"{shown.months[-1][:4]} {month}",
        "done": told.grouped(done),
        "all": told.grouped(every),
        "groups": [
            {"head": told.network_label(code) if several else "", "rows": [row for _name, row in some]}
            for code, some in groups
        ],
    }


def month_head(month: str) -> str:
    """A column's heading: 3 月, with the year where it begins."""
    return _("{month}月").format(month=int(month[5:]))


def strip_row(found: Overview, name: str, cells: Iterable[tuple[int, int] | None]) -> dict[str, Any]:
    """One branch (or county): a cell for each month."""
    label = found.names.get(name, name) if found.strip_by == "branch" else name or _("未定县区")
    where = f"site:{found.where[name]}" if found.strip_by == "branch" else f"site.county:eq:{name}"
    made = [strip_cell(label, where, month, cell) for month, cell in zip(found.strip.months, cells, strict=True)]
    last = found.strip.lines[name][-1]
    return {
        "name": label,
        "path": grid_path("checklists", where),
        "cells": made,
        "last": f"{last[0]}/{last[1]}" if last else "",
    }


def strip_cell(label: str, where: str, month: str, cell: tuple[int, int] | None) -> dict[str, Any]:
    """One month: its share, how it is painted, where it leads, and the same in words."""
    if cell is None:
        return {"path": "", "step": 0, "low": False}
    share = percent(*cell)
    words_ = _("{name} {month} 已填 {done}/{all}").format(name=label, month=month, done=cell[0], all=cell[1])
    path = grid_path("checklists", where, f"month:eq:{month}")
    return {"path": path, "step": step(share), "low": share < LOW, "text": str(share), "told": words_}


# ---------------------------------------------------------------- built against target


def standing(found: Overview) -> None:
    """Every network's table; where there is no site yet, what to do next."""
    if not found.sites:
        with tag("section", classes="sec pad empty"):
            tag("b", _("范围里还没有馆点"))
            tag("p", _("导入馆点表，或在网格里新增。"))
            tag("a", _("看馆点"), "btn", href=grid_path("sites"))
        return
    values = [standing_values(one, found) for one in found.standings]
    put("standing.html", "ovr", words=words(), standings=values)


def standing_values(one: Standing, found: Overview) -> dict[str, Any]:
    """One network as its template takes it."""
    rows = [place_row(one.network, place) for place in one.places]
    differing = told.differing_words(found.differing)
    return {
        "code": one.network,
        "title": _("建成与任务") if one.has_targets else _("建成"),
        "network": told.network_label(one.network),
        "wanted": one.has_targets,
        "missing": told.missing_words(one.missing),
        "rows": [*rows, total_row(one)] if len(rows) > 1 else rows,
        "declared": declared_row(found) if one.has_targets and found.declared else None,
        "differing": _("文件合计与各行不符：{what}，按各行算").format(what=differing)
        if one.has_targets and differing
        else "",
    }


def place_row(network: str, place: Place) -> dict[str, Any]:
    """One county."""
    return {
        "name": place.county or _("未定县区"),
        "path": grid_path("sites", f"county:eq:{place.county}", f"network:eq:{network}"),
        "planned": _("待建") if place.awaits_hall else "",
        "main": place.levels["main"].built,
        **counts(place.levels, place.hung, place.plaques),
        "total": False,
    }


def total_row(one: Standing) -> dict[str, Any]:
    """All counties together."""
    levels = {level: one.total(level) for level in COUNTED}
    named = {"name": _("各行合计"), "path": "", "planned": "", "main": levels["main"].built, "total": True}
    return {**named, **counts(levels, one.hung, one.plaques)}


def counts(levels: Mapping[str, Tally], hung: int, plaques: int) -> dict[str, Any]:
    """What a row shows of branches, points and plaques. A gap is red where something is lacking."""
    shown = [
        {
            "built": told.grouped(levels[level].built),
            "wanted": "" if levels[level].wanted is None else told.grouped(levels[level].wanted),
            "gap": told.gap(levels[level].gap),
            "short": levels[level].short,
        }
        for level in ("branch", "point")
    ]
    return {"levels": shown, "hung": told.grouped(hung), "plaques": told.grouped(plaques)}


def declared_row(found: Overview) -> dict[str, Any]:
    """What the official table's own total row says."""
    return {
        level: {
            "told": f"{found.declared[name]:g}" if name in found.declared else "",
            "differs": name in found.differing,
        }
        for level, name in COUNTED.items()
    }
