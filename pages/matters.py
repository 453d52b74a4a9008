"""What waits for a person in the shared workbooks, as the sync centre shows it: plain data, in the reader's scope."""

import datetime
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from integrations import books as kept
from models.access import Actor, adds_rows, edits_row, mask
from models.history import Entry, last_death, of_row
from models.kinds import Value, shown
from models.query import View
from models.schema import Field, Row, Table
from models.services import Services
from models.words import _
from pages.told import in_words, moment

Matter = dict[str, Any]

PAGE = 30  # matters of a sort that are shown at once
WHO = {"sync": "共享表", "cli": "命令行"}  # the app's own actors, for people


@dataclass(frozen=True)
class Wanted:
    """What of all that waits is shown: of one workbook alone, and how many of each sort."""

    only: str | None = None
    most: Mapping[str, int] = field(default_factory=dict)

    def limit(self, sort: str) -> int:
        return self.most.get(sort, PAGE)


@dataclass
class Reader:
    """What one person sees of the matters, in one snapshot of the database."""

    services: Services
    view: View
    actor: Actor
    now: datetime.datetime
    wanted: Wanted

    @cached_property
    def books(self) -> dict[str, kept.Book]:
        """The workbooks in scope by their sites' codes."""
        sites, every = self.view.reach.sites, kept.all_books(self.view.connection)
        return {code: book for code, book in every.items() if sites is None or code in sites}

    @cached_property
    def every(self) -> dict[str, list[Matter]]:
        """All conflicts, proposals and problems in scope, as the database has them."""
        sorts = {"conflicts": kept.conflicts, "proposals": kept.proposals, "problems": kept.problems}
        return {name: kept.listed(self.view.connection, table, self.view.reach) for name, table in sorts.items()}

    def chosen(self, sort: str) -> list[Matter]:
        """Those of a sort that are asked for."""
        only = self.wanted.only
        return [one for one in self.every[sort] if only is None or one["book"] == only]

    def may_edit(self, table: Table, site: str) -> bool:
        """Whether a row of this site is the reader's to decide."""
        return edits_row(self.actor, table, {table.owner or "": site}, self.view.reach)

    def may_open(self, code: str) -> bool:
        """Whether the workbook is the reader's own to open: it holds phone numbers."""
        return self.may_edit(self.services.catalog.tree, code)

    # ---- lists

    def told(self) -> dict[str, Any]:
        """Everything that waits, by sort."""
        return {
            "conflicts": self.section("conflicts", self.conflict),
            "proposals": self.section("proposals", self.proposal),
            "problems": self.section("problems", self.problem),
        }

    def section(self, sort: str, tell: Callable[[Matter], Matter]) -> dict[str, Any]:
        """The first matters of a sort, how many there are, and how many of them are the reader's to decide."""
        every = self.chosen(sort)
        items = [tell(one) for one in every[: self.wanted.limit(sort)]]
        mine = len(self.decidable()) if sort == "conflicts" else 0
        return {"count": len(every), "mine": mine, "items": items, "more": len(every) - len(items)}

    def decidable(self) -> list[int]:
        """The numbers of the conflicts asked for that the reader may decide."""
        catalog = self.services.catalog
        return [
            one["id"] for one in self.chosen("conflicts") if self.may_edit(catalog[one["table_name"]], str(one["site"]))
        ]

    # ---- rows

    @cached_property
    def rows(self) -> dict[tuple[str, str], dict[str, Value]]:
        """(table, id) -> the records that the shown matters are about, masked for this reader."""
        wanted: dict[str, set[str]] = {}
        for sort in self.every:
            for one in self.chosen(sort)[: self.wanted.limit(sort)]:
                if one["row_id"]:
                    wanted.setdefault(one["table_name"], set()).add(one["row_id"])
        return {
            (name, str(row["id"])): row
            for name, ids in wanted.items()
            for row in self.view.rows(self.services.catalog[name], sorted(ids))
        }

    @cached_property
    def names(self) -> dict[str, str]:
        """Site code -> name, of those in scope."""
        return self.view.names(self.services.catalog.tree)

    def subject(self, table: Table, row: Row) -> Matter:
        """What a matter is about: its row's name, and what tells it from others of that name."""
        title = str(row.get(table.title) or table.key_text(row))
        site = str(row.get(table.owner or "") or "")
        aside = site if table.is_tree else f"{_(table.label)} {self.names.get(site, site)}"
        return {"title": title, "aside": aside, "path": f"/tables/{table.name}?row={row.get('id')}"}

    def words(self, table: Table, name: str, value: Value, open_: bool) -> str:
        """A cell's value in words; phone numbers in full only for those who may edit the row."""
        one = table.by_name[name]
        if one.sensitive and not open_:
            value = mask(value)
        known = self.names.get(str(value), "") if one.ref == self.services.catalog.tree.name else ""
        return fitted_words(one, value, known)

    # ---- conflicts

    def conflict(self, one: Matter) -> Matter:
        """A conflict: three sides, who wrote ours and when, and whether it is the reader's to decide."""
        table, row_id = self.services.catalog[one["table_name"]], one["row_id"]
        may = self.may_edit(table, str(one["site"]))
        entries = of_row(self.view.connection, table.name, row_id, limit=200)
        row = self.rows.get((table.name, row_id)) or last_death(self.view.connection, table.name, row_id) or {}
        sides = {"cell": self.cell, "deleted_here": self.deleted_here, "deleted_there": self.deleted_there}
        return {
            "id": one["id"],
            **self.subject(table, {"id": row_id, **row}),
            **({"path": None} if one["kind"] == "deleted_here" else {}),
            "field": _(table.by_name[one["field"]].label) if one["field"] else _(table.label),
            "book": self.book_name(one["book"]),
            "may": may,
            "seen": _("{at} 收到").format(at=moment(one["seen_at"], self.now)),
            **sides[one["kind"]](table, one, row, entries, may),
        }

    def cell(self, table: Table, one: Matter, row: Row, entries: Sequence[Entry], may: bool) -> Matter:
        """Both sides changed one cell."""
        name, base = one["field"], json.loads(one["base"])
        mine = [entry for entry in entries if entry.field in (name, None)]
        agreed = next((entry for entry in mine if entry.field == name and entry.after == base), None)
        return {
            "base": self.words(table, name, base, may),
            "base_by": moment(agreed.at, self.now) if agreed else "",
            "app": self.words(table, name, row.get(name), may),
            "app_by": self.by(mine[0] if mine else None),
            "sheet": self.words(table, name, json.loads(one["sheet"]), may),
            "keep": [_("用台账的"), _("用共享表的")],
        }

    def deleted_here(self, table: Table, one: Matter, row: Row, entries: Sequence[Entry], may: bool) -> Matter:
        """Deleted in the records, edited in the sheet since."""
        edits = json.loads(one["sheet"])
        changed = [(name, edits[name]) for name in edits if name in table.by_name]
        return {
            "base": _("有这一行"),
            "base_by": "",
            "app": _("已删"),
            "app_by": self.by(next((entry for entry in entries if entry.field is None), None)),
            "sheet": _("改了 {cells}").format(cells=self.listing(table, changed, may)),
            "keep": [_("表里也删"), _("台账恢复")],
        }

    def deleted_there(self, table: Table, one: Matter, row: Row, entries: Sequence[Entry], may: bool) -> Matter:
        """Gone from the sheet, edited in the records since."""
        base = kept.row_base(self.view.connection, one["book"], table.name, one["row_id"])
        names = [field.name for field in table.sheet_fields if field.stored]
        changed = [(name, row.get(name)) for name in names if row.get(name) != base.get(name)]
        return {
            "base": _("有这一行"),
            "base_by": "",
            "app": _("改了 {cells}").format(cells=self.listing(table, changed, may)),
            "app_by": self.by(entries[0] if entries else None),
            "sheet": _("整行删了"),
            "keep": [_("写回表里"), _("台账也删")],
        }

    def listing(self, table: Table, cells: Iterable[tuple[str, Value]], may: bool) -> str:
        """A few cells in a line: 面积 320 ㎡、负责人 周群."""
        told = [
            f"{_(table.by_name[name].label)} {self.words(table, name, value, may) or _('空白')}"
            for name, value in cells
        ]
        rest = _(" 等 {count} 项").format(count=len(told)) if len(told) > 3 else ""
        return "、".join(told[:3]) + rest

    def by(self, entry: Entry | None) -> str:
        """Who wrote something, and when."""
        if entry is None:
            return ""
        return _("{who}，{at}").format(who=_(WHO.get(entry.actor, entry.actor)), at=moment(entry.at, self.now))

    # ---- the others

    def book_name(self, code: str) -> str:
        return self.books[code].name if code in self.books else code

    def proposal(self, one: Matter) -> Matter:
        """A row that is gone from its sheet."""
        table = self.services.catalog[one["table_name"]]
        row = self.rows.get((table.name, one["row_id"]))
        told = self.subject(table, row) if row else {"title": one["title"], "aside": _(table.label), "path": None}
        may = row is not None and edits_row(self.actor, table, row, self.view.reach)
        return {
            "id": one["id"],
            **told,
            "book": self.book_name(one["book"]),
            "at": moment(one["at"], self.now),
            "keep": may,
            "delete": may and adds_rows(self.actor, table),
        }

    def problem(self, one: Matter) -> Matter:
        """Something in a sheet that was not taken."""
        table = self.services.catalog[one["table_name"]]
        known: Field | None = table.by_name.get(one["field"] or "")
        may, text, message = self.may_edit(table, str(one["site"])), one["text"], one["message"]
        if known is not None and known.sensitive and not may:
            text, message = mask(text) or "", _("没有收")  # the message names what the record keeps
        return {
            "id": one["id"],
            "book": self.book_name(one["book"]),
            "place": place_of(table, one),
            "text": text,
            "message": message,
            "put_back": one["put_back"],
            "seen": one["put_back"] and may,
            "at": moment(one["at"], self.now),
            "path": f"/tables/{table.name}?row={one['row_id']}" if (table.name, one["row_id"]) in self.rows else None,
        }


def place_of(table: Table, one: Matter) -> str:
    """Where in a workbook: 馆点 G12, or the whole row."""
    if one["cell"]:
        return f"{_(table.label)} {one['cell']}"
    return _("{tab} 第 {number} 行").format(tab=_(table.label), number=one["number"])


def fitted_words(one: Field, value: Value, name: str) -> str:
    """`in_words`, also of a text that did not fit its field."""
    return in_words(one, value, name) if isinstance(value, list) or one.kind.parse(value) == value else shown(value)
