"""What a plan that a program has sent comes to: cells, new rows and deletions, read as what people type is read."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from integrations.lines import Cell, Line, Preview, Sort, maps, refuse
from integrations.preview import Ground, spelt, title_of
from models.blanks import trim
from models.changes import Change, Plan, Problem, death, stored_values
from models.edits import Edit, Typed
from models.intake import spelling
from models.kinds import Bad, Raw, Value, shown
from models.schema import Row

Told = Mapping[str, Any]


def of_wanted(ground: Ground, kept: str) -> Preview:
    """The preview of a plan; `kept` is what was asked for, as JSON: changes, rows, deletes."""
    return Wanted(ground, json.loads(kept)).preview()


@dataclass(frozen=True)
class Wanted:
    """A plan on its way to a preview. Its rows are numbered from 1: those to change, those to add, those to delete."""

    ground: Ground
    told: Told

    @cached_property
    def typed(self) -> Typed:
        return Typed(self.ground.view, self.ground.table)

    @cached_property
    def names(self) -> dict[str, Mapping[str, str]]:
        catalog = self.ground.view.query.catalog
        refs = {one.ref for one in self.ground.table.fields if one.ref in catalog.by_name}
        return {str(ref): self.typed.names(str(ref)) for ref in refs}

    def preview(self) -> Preview:
        ground = self.ground
        by_row: dict[str, list[Told]] = {}
        for change in self.told["changes"]:
            by_row.setdefault(change["row"], []).append(change)
        ids = [*by_row, *self.told["deletes"]]
        there = {str(row["id"]): row for row in ground.view.rows(ground.table, ids)}
        counts, texts = Counter[tuple[str, str]](), dict[tuple[str, str], str]()
        lines: list[Line] = []
        for row, changes in by_row.items():
            lines.append(self.changed(len(lines) + 1, row, changes, there.get(row, {}), counts, texts))
        for values in self.told["rows"]:
            lines.append(self.new(len(lines) + 1, values, counts, texts))
        for row in self.told["deletes"]:
            lines.append(self.deleted(len(lines) + 1, row, there.get(row)))
        fine = Plan(tuple(change for line in lines if line.goes for change in line.changes))
        left, refused = ground.store.fitting(ground.view.connection, fine, ground.view.actor)
        columns = dict.fromkeys(
            name
            for cells in (*self.told["changes"], *self.told["rows"])
            for name in ([cells["field"]] if "field" in cells else cells)
        )
        return Preview(
            ground.review,
            ground.table,
            tuple(refuse(lines, left, refused)),
            tuple(spelt(ground, counts, texts)),
            (),
            tuple(columns),
            self.names,
            ground.newest,
        )

    def said(self, number: int, name: str, raw: Raw) -> tuple[bool, Raw]:
        """Whether a cell counts, and what stands in it after what was said of it."""
        mends = self.ground.said.mends.get(number, {})
        if name in self.ground.said.left or mends.get(name, "") is None:
            return False, None
        return True, mends.get(name, raw)

    def meant(self, name: str, raw: Raw, counts: Counter[tuple[str, str]], texts: dict[tuple[str, str], str]) -> Raw:
        """What a text is known to mean; the text itself where that is not known. Counts it if it is in no list."""
        one = self.ground.table.by_name.get(name)
        if one is None or not maps(one) or not trim(shown(raw)) or not isinstance(self.typed.read(one, raw), Bad):
            return raw
        spot = (name, spelling(shown(raw)))
        counts[spot] += 1
        texts.setdefault(spot, shown(raw))
        return self.ground.spellings.get(name, {}).get(spot[1], raw)

    # ---- lines

    def changed(
        self,
        number: int,
        row_id: str,
        changes: Sequence[Told],
        row: Row,
        counts: Counter[tuple[str, str]],
        texts: dict[tuple[str, str], str],
    ) -> Line:
        """Cells of a row that is there."""
        names = {str(one["field"]) for one in changes}
        looked = number in self.ground.said.looked and self.ground.other(number, row_id, names) is None
        edits: list[Edit] = []
        raws: dict[str, tuple[Raw, bool]] = {}
        for one in changes:
            name = one["field"]
            counts_here, raw = self.said(number, name, one["after"])
            if counts_here:
                meant = self.meant(name, raw, counts, texts)
                raws[name] = (raw, meant is not raw)
                edits.append(Edit(row_id, name, row.get(name) if looked else one["before"], meant))
        plan = self.typed.plan(edits)
        stale = any(problem.cause == "stale" for problem in plan.problems)
        wrong = {problem.field: problem for problem in plan.problems}
        after = {change.field: change.after for change in plan.changes}
        cells = [
            self.cell(number, name, row.get(name), after.get(name), raws.get(name), wrong.get(name))
            for name in dict.fromkeys([*(edit.field for edit in edits), *map(str, after)])
            if name in wrong or name in after
        ]
        sort: Sort = (
            "conflict" if stale else "rejected" if plan.problems else "changed" if plan.changes else "unchanged"
        )
        return self.line(number, row_id, sort, row, cells, plan.changes if not plan.problems else ())

    def new(
        self, number: int, values: Told, counts: Counter[tuple[str, str]], texts: dict[tuple[str, str], str]
    ) -> Line:
        """A row to add."""
        raws: dict[str, tuple[Raw, bool]] = {}
        asked: dict[str, Raw] = {}
        mends = self.ground.said.mends.get(number, {})
        for name, raw in {**values, **{name: text for name, text in mends.items() if name not in values}}.items():
            counts_here, told = self.said(number, name, raw)
            if counts_here:
                asked[name] = self.meant(name, told, counts, texts)
                raws[name] = (told, asked[name] is not told)
        plan = self.typed.new_row(asked)
        row: Row = plan.changes[0].after if plan.changes else {name: shown(raw) for name, raw in asked.items()}
        wrong = {problem.field: problem for problem in plan.problems}
        cells = [
            self.cell(number, name, None, row.get(name) if plan.changes else None, raws.get(name), wrong.get(name))
            for name in dict.fromkeys([*asked, *(str(name) for name in wrong)])
            if name in wrong or name not in self.ground.table.key
        ]
        told_id = str(row.get("id", f"new {number}"))
        return self.line(number, told_id, "rejected" if wrong else "new", row, cells, plan.changes)

    def deleted(self, number: int, row_id: str, row: Row | None) -> Line:
        """A row to delete."""
        if row is None:
            return self.line(number, row_id, "unchanged", {}, [], ())
        whole = stored_values(self.ground.table, row)
        line = self.line(number, row_id, "deleted", row, [], (death(self.ground.table.name, whole),))
        other = self.ground.other(number, row_id, set(self.ground.table.by_name))
        return replace(line, sort="conflict", other=other) if other else line

    def cell(
        self, number: int, name: str, before: Value, after: Value, raw: tuple[Raw, bool] | None, problem: Problem | None
    ) -> Cell:
        found, mapped = raw or (None, False)
        why = problem.message if problem else ""
        mended = name in self.ground.said.mends.get(number, {})
        return Cell(name, before, after, shown(found), why, mapped and not why, mended)

    def line(
        self, number: int, row_id: str, sort: Sort, row: Row, cells: Sequence[Cell], changes: tuple[Change, ...]
    ) -> Line:
        table, ground = self.ground.table, self.ground
        key = table.key_text(row) if row and table.key else ""
        title = title_of(table, row, self.names)
        return Line(
            number,
            row_id,
            sort,
            ground.state(number),
            key,
            title,
            tuple(cells),
            changes=changes,
            changeset=ground.wrote.get(number),
        )
