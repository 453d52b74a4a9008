"""A review as its page shows it: the words for what came, what it would change, and what is to be decided. No database here."""

import datetime
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from integrations.incoming import editable
from integrations.lines import Cell, Line, Preview, Spelt
from models.access import Actor, edits_field
from models.catalog import Catalog
from models.history import Entry
from models.kinds import Multi, Ref, Value, narrow, shown
from models.schema import Field
from models.words import _
from pages.editors import options_of
from pages.frame import label_of
from pages.told import in_words, moment

PAGE = 100  # lines shown at once
MOST_SPELT = 4  # texts to map shown at once
MOST_NOTES = 30

Told = dict[str, Any]

# Tab -> mark, its tone, label; in the order of the page.
TABS = {
    "new": ("新", "o", "新增"),
    "changed": ("改", "g", "修改"),
    "deleted": ("删", "w", "删除"),
    "rejected": ("!", "e", "退回"),
    "conflict": ("≠", "c", "冲突"),
    "aside": ("搁", "l", "搁置"),
    "dropped": ("弃", "g", "不要"),
    "written": ("✓", "o", "已写"),
}
ORIGINS = {"import": "文件", "paste": "粘贴", "api": "程序"}


@dataclass(frozen=True)
class Wanted:
    """What somebody has asked the page to show: one tab or all, from which line on."""

    only: str = ""
    start: int = 0


@dataclass(frozen=True)
class Teller:
    """Says one preview to one person."""

    preview: Preview
    actor: Actor
    catalog: Catalog
    sheets: Sequence[str]
    now: datetime.datetime
    wanted: Wanted

    def told(self) -> Told:
        """All that the page needs."""
        preview = self.preview
        shown_lines = [line for line in preview.lines if not is_quiet(line)]
        counts = Counter(tab_of(line) for line in shown_lines)
        only = self.wanted.only if counts[self.wanted.only] else ""
        listed = [line for line in shown_lines if only in ("", tab_of(line))]
        start = min(self.wanted.start, max(0, len(listed) - 1) // PAGE * PAGE)
        lines = listed[start : start + PAGE]
        return {
            "seen": preview.newest,
            "headless": preview.headless,
            "tabs": self.tabs(counts, len(shown_lines)),
            "only": only,
            "quiet": self.quiet(),
            "spelt": [self.spelling(one) for one in self.open_spelt()],
            "more_spelt": max(0, len(preview.spelt) - MOST_SPELT),
            "columns": self.columns(),
            "lines": [self.line(line) for line in lines],
            "fields": {name: self.field(name) for name in self.fields(lines)},
            "pages": {"start": start, "to": start + len(lines), "of": len(listed), "size": PAGE},
            "foot": self.foot(counts),
            "notes": self.notes(),
            "table": preview.table.name,
            "tables": [{"name": one.name, "label": label_of(one)} for one in editable(self.catalog, self.actor)],
            "sheet": preview.review.sheet,
            "sheets": [name or _("第 {number} 页").format(number=at) for at, name in enumerate(self.sheets, 1)],
            "fixed": preview.review.origin == "api",
        }

    # ---- head and foot

    def tabs(self, counts: Counter[str], total: int) -> list[Told]:
        told = [{"code": "", "mark": "", "tone": "", "label": _("全部"), "count": total}]
        return told + [
            {"code": code, "mark": _(mark), "tone": tone, "label": _(label), "count": counts[code]}
            for code, (mark, tone, label) in TABS.items()
            if counts[code]
        ]

    def quiet(self) -> str:
        """How many rows say what the records say already."""
        same = sum(is_quiet(line) for line in self.preview.lines)
        return _("另 {count} 行没有变").format(count=same) if same else ""

    def source(self) -> str:
        """Whence it came."""
        review = self.preview.review
        at = moment(review.at, self.now)
        rows, origin = len(self.preview.lines), _(ORIGINS[review.origin])
        sheet = self.sheets[review.sheet] if review.sheet < len(self.sheets) else ""
        page = _("“{sheet}”页 ").format(sheet=sheet) if sheet else ""
        told = _("{page}{rows} 行，{account} {at} {origin}")
        return told.format(page=page, rows=rows, account=review.account, at=at, origin=origin)

    def foot(self, counts: Counter[str]) -> Told:
        """What is written when it is applied, what is not, and the words of the button."""
        going = Counter(line.sort for line in self.preview.going)
        rows = sum(going.values())
        held = counts["rejected"] + counts["conflict"] + counts["aside"]
        parts = [
            _("新增 {count}").format(count=going["new"]) if going["new"] else "",
            _("修改 {count}").format(count=going["changed"]) if going["changed"] else "",
            _("删除 {count}").format(count=going["deleted"]) if going["deleted"] else "",
        ]
        button = _("写入 {rows} 行，搁置 {held} 行") if held else _("写入 {rows} 行")
        return {
            "rows": rows,
            "what": "，".join(filter(None, parts)),
            "rejected": counts["rejected"],
            "conflict": counts["conflict"],
            "button": button.format(rows=rows, held=held),
            "waits": any(line.waits for line in self.preview.lines),
            "why": "" if rows else _("没有要写入的行"),
            "written": self.written(),
        }

    def written(self) -> list[Told]:
        """What was written from it and still stands: change sets, the last first."""
        rows = Counter(line.changeset for line in self.preview.lines if line.changeset)
        return [
            {"changeset": number, "text": _("已写 {rows} 行（改动 {number}）").format(rows=rows[number], number=number)}
            for number in sorted(filter(None, rows), reverse=True)
        ]

    def notes(self) -> Told:
        """What to look at: wrong totals, columns that nobody knows."""
        found = [
            f"{self.place(one.number)}{self.label(one.field)}{quoted(one.value)}{one.message}"
            for one in self.preview.warnings
        ]
        more = len(found) - MOST_NOTES
        rest = [_("另有 {count} 处").format(count=more)] if more > 0 else []
        return {"count": len(found), "items": [*found[:MOST_NOTES], *rest]}

    def place(self, number: int | None) -> str:
        return "" if number is None else _("第 {row} 行 ").format(row=number)

    def label(self, name: str | None) -> str:
        one = self.preview.table.by_name.get(name or "")
        return f"{_(one.label)} " if one else ""

    # ---- lines

    def line(self, line: Line) -> Told:
        mark, tone, label = TABS[tab_of(line)]
        return {
            "number": line.number,
            "tab": tab_of(line),
            "sort": line.sort,
            "mark": _("锁") if line.locked else _(mark),
            "tone": "l" if line.locked else tone,
            "label": _(label),
            "key": line.key,
            "title": line.title,
            "cells": [self.cell(line, cell) for cell in line.cells],
            "why": self.why(line),
        }

    def why(self, line: Line) -> str:
        if line.state == "written":
            return _("改动 {number}").format(number=line.changeset)
        if line.sort == "conflict":
            return self.by_whom(line)
        return "；".join(dict.fromkeys([*line.why, *(cell.why for cell in line.cells if cell.why)]))

    def by_whom(self, line: Line) -> str:
        """Who has changed since what this row would change."""
        entry = line.other
        if entry is None:
            return "；".join(dict.fromkeys(cell.why for cell in line.cells if cell.why))
        at = moment(entry.at, self.now)
        if entry.field is None:
            told = _("台账 {at} 已由{by}新增") if entry.after is not None else _("台账 {at} 已由{by}删除")
            return told.format(at=at, by=entry.actor)
        told = _("台账 {at} 已由{by}改为“{value}”")
        return told.format(at=at, by=entry.actor, value=self.words(self.preview.table.by_name.get(entry.field), entry))

    def words(self, one: Field | None, entry: Entry) -> str:
        return self.value(one, entry.after) if one else shown(entry.after)

    def cell(self, line: Line, cell: Cell) -> Told:
        one = self.preview.table.by_name.get(cell.field)
        before = self.value(one, cell.before)
        mends = self.preview.review.said.mends.get(line.number, {})
        return {
            "field": cell.field,
            "label": _(one.label) if one else cell.field,
            "old": before,
            "new": self.value(one, cell.after),
            "found": cell.found,
            "why": bool(cell.why),
            "mapped": cell.mapped,
            "conflict": cell.other is not None,
            "mended": cell.field in mends,
            "there": line.sort in ("changed", "conflict") or bool(before),
        }

    def value(self, one: Field | None, value: Value) -> str:
        if one is None:
            return shown(value)
        names = self.preview.names.get(str(one.ref), {})
        if isinstance(one.kind, Multi) and one.ref and isinstance(value, list):
            return "、".join(f"{key} {names.get(key, '')}".strip() for key in value)
        return in_words(one, value, names.get(str(value), ""))

    # ---- fields and their lists

    def fields(self, lines: Sequence[Line]) -> list[str]:
        """The fields that somebody may want to type into."""
        cells = (cell.field for line in lines for cell in line.cells)
        spelt = (one.field for one in self.preview.spelt)
        return [name for name in dict.fromkeys([*cells, *spelt]) if name in self.preview.table.by_name]

    def field(self, name: str) -> Told:
        one = self.preview.table.by_name[name]
        return {
            "label": _(one.label),
            "wanted": one.kind.wanted(),
            "options": list(options_of(one.kind)),
            "ref": one.ref if isinstance(one.kind, Ref) and one.ref in self.catalog.by_name else None,
        }

    # ---- spellings and columns

    def open_spelt(self) -> Sequence[Spelt]:
        return self.preview.spelt[:MOST_SPELT]

    def spelling(self, one: Spelt) -> Told:
        field = self.preview.table.by_name[one.field]
        means = self.means(field, one.means)
        return {
            "field": one.field,
            "text": one.text,
            "count": one.count,
            "told": _("“{label}”一列有 {count} 行写作").format(label=_(field.label), count=one.count),
            "means": means,
            "done": _("✓ {count} 行已改").format(count=one.count) if means else "",
            "nearest": "" if means else nearest(field, one.text),
            "remember": _("记住：以后“{text}”都当“{means}”").format(text=one.text, means=means) if means else "",
            "remembered": one.remembered,
            "own": one.by == self.actor.name or self.actor.role == "admin",
            "by": self.by(one),
        }

    def means(self, field: Field, means: str | None) -> str:
        if means is None:
            return ""
        read = field.kind.parse(means)
        return self.value(field, read) if isinstance(read, str | int | float | bool | list) else means

    def by(self, one: Spelt) -> str:
        """Since when a text is read so, if it is not this person who has just said it."""
        if one.remembered is None or one.by == self.actor.name:
            return ""
        return _("{account} 记住的，大家都用").format(account=one.by)

    def columns(self) -> list[Told]:
        """Columns that this person does not fill in, where they would change something; and those that are left."""
        table, found = self.preview.table, []
        for name in self.preview.columns:
            one = table.by_name.get(name)
            if one is None:
                continue
            left = name in self.preview.review.said.left
            count = sum(
                cell.field == name and bool(cell.why)
                for line in self.preview.lines
                if line.locked
                for cell in line.cells
            )
            if left or (count and not edits_field(self.actor, one)):
                told = _("“{label}”一列没有收") if left else _("“{label}”一列有 {count} 行不归你填")
                found.append({"field": name, "left": left, "text": told.format(label=_(one.label), count=count)})
        return found


def is_quiet(line: Line) -> bool:
    """Whether a row has nothing to show: it says what the record says."""
    return line.sort == "unchanged" and line.state == ""


def tab_of(line: Line) -> str:
    return line.state or line.sort


def quoted(text: str) -> str:
    return f"“{text}” " if text else ""


def nearest(one: Field, text: str) -> str:
    """The choice that holds the text, or is held by it, where there is one such alone: offered first, never taken."""
    told = narrow(text)
    found = [label for label in options_of(one.kind) if told and (told in label or label in told)]
    return found[0] if len(found) == 1 else ""
