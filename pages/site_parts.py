"""One site's page in words: what the dossier knows, with the addresses that each part leads to."""

from typing import Any

from exports.dossier import Book, Check, Dossier, Kin
from integrations import books
from models.duties import Duty
from models.history import Entry
from models.plaques import lines_of
from models.schema import Row, Table
from models.standing import step
from models.words import _
from pages.form import ORIGINS
from pages.loaded import short_time, shown_value
from pages.markup import grid_path, row_path, site_path
from pages.overview_words import due, grouped

PASS = 60  # percent below which a month is told in red
FIRST = 12  # figures of a book that are shown before one asks for more
CHANGES = 8
WORDS = {
    "facts": "基本情况",
    "edit": "修改",
    "parent": "上级",
    "parents": "上级沿革",
    "blank": "未填：",
    "mending": "整改",
    "no_mending": "没有整改",
    "all": "全部",
    "below": "下设馆点",
    "plaques": "牌匾",
    "no_plaques": "没有牌匾",
    "logo": "标识",
    "rate": "合格率，%",
    "ledger": "活动",
    "no_ledger": "这一年没有活动",
    "changes": "变更",
    "indicator": "指标",
}
STATES = {books.FINE: "一致", books.BUSY: "没写完，下次再写", books.STOPPED: "已停", books.CLOSED: "不再同步"}


def values(found: Dossier, table: Table, today: str) -> dict[str, Any]:
    """The page's template takes this."""
    row = row_path(table.name, found.row["id"])
    return {
        "year": found.year,
        "row": row,
        "edit": row if found.may_edit else "",
        "parent": above(found.parent, found.since) if found.parent else None,
        "parents": [parent(one) for one in found.parents],
        "sections": [
            {"label": one.label, "facts": one.facts, "blank": _("、").join(one.blank)} for one in found.sections
        ],
        "mending": mending(found, today),
        "children": children(found),
        "plaques": plaques(found),
        "checks": checks(found),
        "ledger": ledger(found, today),
        "changes": changes(found, table),
        "score": score(found),
        "books": [book(one, found) for one in found.books],
    }


def above(one: Kin, since: str) -> dict[str, str]:
    """The parent; by its code alone where the reader may not know more."""
    return {
        "told": f"{one.name or ''} {one.code}".strip(),
        "path": site_path(one.code) if one.name else "",
        "since": _("自 {day}").format(day=since) if since else "",
    }


def parent(one: Kin) -> dict[str, str]:
    return {"since": one.since or _("起初"), "told": f"{one.name} {one.code}".strip(), "county": one.county}


def mending(found: Dossier, today: str) -> dict[str, Any]:
    """What has to be put right, the open first."""
    waiting = found.open_rectifications
    rows = [rectification(one, today, one in waiting) for one in found.rectifications[:8]]
    return {
        "told": _("未销号 {count} 条").format(count=len(waiting)) if waiting else "",
        "path": grid_path("rectifications", f"site:eq:{found.code}"),
        "rows": rows,
    }


def rectification(one: Row, today: str, waiting: bool) -> dict[str, str]:
    day = str(one.get("due_on") or "")
    days = Duty("mending", 1, day).days(today) if waiting and day else None
    return {
        "path": row_path("rectifications", one["id"]),
        "due": due(days) if days is not None else str(one.get("done_on") or day),
        "tone": "mut" if days is None else "err" if days < 0 else "warn" if days <= 7 else "mid",
        "problem": str(one.get("problem") or ""),
        "who": str(one.get("responsible") or ""),
    }


def children(found: Dossier) -> dict[str, Any]:
    """The sites right below, with what they lack and how their last check went."""
    month = _("{month} 月合格率").format(month=int(found.last_month[5:]))
    rows = [
        {
            "path": site_path(one.code),
            "short": one.code.removeprefix(found.code),
            "name": one.name,
            "status": one.status,
            "staffing": "" if one.staffing in ("", "达标") else one.staffing,
            "rate": f"{one.rate:g}%" if one.rate is not None else "—",
        }
        for one in found.children
    ]
    told = _("{count} 个，{month}").format(count=len(rows), month=month)
    return {"rows": rows, "told": told, "path": grid_path("sites", f"parent:eq:{found.code}")}


def plaques(found: Dossier) -> dict[str, Any]:
    """What hangs at the door."""
    rows = [plaque(one) for one in found.plaques]
    hung = sum(one["hung"] for one in rows)
    return {
        "rows": rows,
        "told": _("已挂 {hung}，共 {count} 块").format(hung=hung, count=len(rows)) if rows else "",
        "path": grid_path("plaques", f"site:eq:{found.code}"),
    }


def plaque(one: Row) -> dict[str, Any]:
    facts = [one.get("material"), _("{count} 块").format(count=one.get("quantity") or 1), one.get("plaque_order")]
    day = _("{day} 挂牌").format(day=one["hung_on"]) if one.get("hung_on") else ""
    return {
        "lines": lines_of(str(one.get("wording") or _("名称还不全"))),
        "logo": bool(one.get("logo")),
        "size": f"{one.get('width_mm') or '?'}×{one.get('height_mm') or '?'} mm",
        "facts": [_("，").join(str(fact) for fact in facts if fact), *filter(None, (day,))],
        "status": str(one.get("status_label") or ""),
        "hung": one.get("status") == "hung",
    }


def checks(found: Dossier) -> dict[str, Any]:
    """The months of the year, in two lines of six."""
    cells = [check(one) for one in found.checks]
    span = (f"month:ge:{found.year}-01", f"month:le:{found.year}-12")
    return {
        "title": _("{year} 年检查").format(year=found.year),
        "path": grid_path("checklists", f"site:eq:{found.code}", *span),
        "halves": [cells[:6], cells[6:]],
    }


def check(one: Check) -> dict[str, Any]:
    """One month: its pass rate, or its status where nothing counts yet."""
    head = _("{month}月").format(month=int(one.month[5:]))
    if not one.id:
        return {"head": head, "path": "", "step": 0, "low": False}
    share = int(one.rate) if one.rate is not None else 0
    told = f"{one.month} {one.status}"
    if one.rate is not None:
        more = {"rate": f"{one.rate:g}", "count": one.problems or 0}
        told += _("，合格率 {rate}%，{count} 项问题").format(**more)
    return {
        "head": head,
        "path": row_path("checklists", one.id),
        "step": step(share) if one.rate is not None else 0,
        "low": one.rate is not None and share < PASS,
        "text": str(share) if one.rate is not None else one.status,
        "told": told,
    }


def ledger(found: Dossier, today: str) -> dict[str, Any]:
    """The year's activities: how many, for whom, the latest."""
    one = found.ledger
    told = _("{year} 年 {count} 场，{persons} 人次").format(
        year=found.year, count=grouped(one.count), persons=grouped(one.persons)
    )
    rows = [
        {
            "path": row_path("activities", row["id"]),
            "day": str(row["held_on"]).removeprefix(f"{today[:4]}-"),
            "title": str(row["title"]),
            "persons": _("{count} 人次").format(count=grouped(row["persons"]))
            if row.get("persons") is not None
            else "",
        }
        for row in one.latest
    ]
    forms = _("、").join(f"{label} {count}" for label, count in one.forms)
    span = (f"held_on:ge:{found.year}-01-01", f"held_on:le:{found.year}-12-31")
    path = grid_path("activities", f"site:eq:{found.code}", *span)
    return {"told": f"{told}{_('：')}{forms}" if forms else told, "rows": rows, "path": path}


def changes(found: Dossier, table: Table) -> dict[str, Any]:
    """The latest changes of the site's own record."""
    return {
        "told": _("共 {count} 次").format(count=len(found.history)),
        "rows": [change(one, table) for one in found.history[:CHANGES]],
    }


def change(one: Entry, table: Table) -> dict[str, str]:
    """One change in words."""
    by = f"{one.actor}{_('，')}{_(ORIGINS.get(one.origin, one.origin))}"
    told = {"at": one.at, "time": short_time(one.at), "by": by}
    if one.field is None:
        return {**told, "label": "", "before": "", "after": _("登记") if one.after is not None else _("删除")}
    known = table.by_name.get(one.field)
    before, after = shown_value(known, one.before), shown_value(known, one.after)
    label = _(known.label) if known else one.field
    return {**told, "label": label, "before": before, "after": after or _("空")}


def score(found: Dossier) -> dict[str, Any]:
    """The year's score."""
    path = grid_path("assessment_scores", f"site:eq:{found.code}", f"year:eq:{found.year}")
    made = {"title": _("{year} 年绩效评估").format(year=found.year), "path": path, "total": "", "grade": ""}
    one = found.score
    if one is None:
        return {**made, "told": _("不评分")}
    if one.total is None:
        return {**made, "told": _("还没有得分")}
    told = _("满分 {full}").format(full=f"{one.possible:g}")
    if one.unscored:
        told += _("，另有 {count} 项没有得分").format(count=one.unscored)
    return {**made, "total": f"{one.total:.2f}", "grade": one.grade or _("未定"), "told": told}


def book(one: Book, found: Dossier) -> dict[str, Any]:
    """A yearbook's figures, beside those of the year before."""
    years = one.years(found.year)
    rows = [
        {"code": figure.code, "label": figure.label, "cells": [values[place] for _year, values in years]}
        for place, figure in enumerate(one.figures)
    ]
    return {
        "table": one.table,
        "label": one.label,
        "status": one.status,
        "path": row_path(one.table, one.id) if one.id else grid_path(one.table, f"site:eq:{found.code}"),
        "years": [year for year, _values in years],
        "first": rows[:FIRST],
        "rest": rows[FIRST:],
        "more": _("其余 {count} 项").format(count=len(rows) - FIRST),
        "none": _("{year} 年没有填数").format(year=found.year),
    }


def workbook(state: str, reason: str, at: str) -> str:
    """What the page bar says of the site's workbook."""
    told = _("共享表：{state}").format(state=_(STATES.get(state, state)))
    if reason:
        told += f"（{reason}）"
    return f"{told}{_('，')}{short_time(at)}" if at else told


def words() -> dict[str, str]:
    return {name: _(text) for name, text in WORDS.items()}
