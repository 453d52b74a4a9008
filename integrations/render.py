"""What a tab lacks of the records, once the merge has been applied: the cells to write, and what is agreed then. Pure.

Nothing that a person typed is written over unseen: a cell that says neither what was agreed nor what it is to say is
listed as put back, whatever made it so.
"""

import re
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from functools import cached_property

from integrations.agreed import Step
from integrations.cells import Cell, Percent
from integrations.merge import in_words, told
from integrations.normal import Read
from integrations.references import cell_name
from integrations.sides import ASIDE, Merged, SheetProblem, Sides
from integrations.workbook import SheetRow, Shown, shown_cell
from models.kinds import Value
from models.schema import Field, Row
from models.words import _


@dataclass
class Rendered:
    """The edits of one tab: (row, column) from 1 -> cell; `grow` are the new rows below it.

    `steps` are what both sides agree on with and without these edits; `problems` those of the merge and what is put back;
    `remarks` the texts that the tab may hold from now on; `out` counts cells without ids and remarks.
    """

    cells: dict[tuple[int, int], Shown] = field(default_factory=dict)
    grow: list[int] = field(default_factory=list)
    steps: dict[str, Step] = field(default_factory=dict)
    problems: list[SheetProblem] = field(default_factory=list)
    remarks: frozenset[str] = frozenset()
    out: int = 0


def render(sides: Sides, merged: Merged, here: Mapping[str, Row], elsewhere: Mapping[str, Row]) -> Rendered:
    """What has to be written so that the sheet shows the records.

    here, elsewhere: the records that the workbook shows, and the others that it knows, as they stand after the merge was
    applied.
    """
    page = _Page(sides, merged, Rendered(problems=list(merged.problems)))
    rows = {row.number: row for row in sides.sheet.rows}
    for number, row_id in merged.rows.items():
        living = here.get(row_id) or elsewhere.get(row_id)
        if living and (row_id in here or row_id in page.held):
            page.bring_up(rows[number], row_id, living)
        elif living or row_id in merged.cleared:
            page.clear(rows[number], row_id, living or {})
        elif rows[number].id != row_id:
            page.name(rows[number], row_id)
    taken = set(merged.rows.values())
    for row in sides.sheet.rows:
        if row.number not in merged.rows and row.id in taken:
            page.unname(row)
    shown = taken | merged.absent
    for row_id, row in here.items():
        if row_id not in shown:
            page.append(row_id, row)
    page.done.steps |= dict.fromkeys(merged.forgotten, Step(None, None))
    page.remark()
    return page.done


@dataclass
class _Page:
    """One tab on its way."""

    sides: Sides
    merged: Merged
    done: Rendered
    cleared: set[int] = field(default_factory=set)

    @cached_property
    def held(self) -> Mapping[str, AbstractSet[str]]:
        """Record -> its cells that stay as they are on both sides."""
        found: dict[str, set[str]] = {}
        for row_id, name in self.merged.held:
            found.setdefault(row_id, set()).add(name)
        return found

    def put(self, number: int, name: str, cell: Shown) -> None:
        self.done.cells[number, self.sides.sheet.columns[name]] = cell

    def agreed(self, row_id: str) -> Row:
        return self.sides.base.get(row_id, {})

    def clear(self, row: SheetRow, row_id: str, living: Row) -> None:
        """Take a row out: blank where it says something, so that nothing else in the sheet moves."""
        values = self.sides.told[row.number].values
        self.cleared.add(row.number)
        if row.id is not None:
            self.put(row.number, "id", None)
        for one in self.sides.fields:
            if row.cells[one.name] is None:
                continue
            self.put(row.number, one.name, None)
            if in_words(values[one.name]) not in (self.agreed(row_id).get(one.name), living.get(one.name)):
                self.put_back(row, row_id, one, values[one.name], _("这一行已移出，这一格没有收"))
        now = self.agreed(row_id) or {name: living.get(name) for name in values}
        self.done.steps[row_id] = Step(now, None, row.id != row_id)

    def bring_up(self, row: SheetRow, row_id: str, living: Row) -> None:
        """Write the cells that do not say what the record says."""
        said = self.sides.told[row.number]
        held = self.staying(row_id, said.noted)
        same: dict[str, Value] = {}
        sent: dict[str, Value] = {}
        for one in self.sides.fields:
            name, value, wanted = one.name, said.values[one.name], living.get(one.name)
            if name in held:
                continue
            if value == wanted and name not in said.noted:
                same[name] = wanted
                continue
            sent[name] = wanted
            self.put(row.number, name, cell_of(self.sides, one, wanted, row.cells[name]))
            if value not in (self.sides.agreed_of(row_id, name, value), wanted):
                self.put_back(row, row_id, one, value, self.why_put_back(one, living))
        if row.id != row_id:
            self.put(row.number, "id", row_id)
        now = {**self.carried(row_id, said.values), **same}
        self.done.steps[row_id] = Step(now, {**now, **sent} if sent else now, row.id != row_id)
        self.done.out += len(sent)

    def carried(self, row_id: str, said: Mapping[str, Read]) -> dict[str, Value]:
        """What was agreed of a row, put aside for columns that have gone; should one come back blank, that is nobody's
        clearing of it."""
        found: dict[str, Value] = {}
        for key, value in self.agreed(row_id).items():
            name = key.removeprefix(ASIDE)
            if name not in self.sides.sheet.columns:
                found[ASIDE + name] = value
            elif key == name or said[name] is not None:
                found[name] = value
        return found

    def name(self, row: SheetRow, row_id: str) -> None:
        """A row that waits for a person, its record being deleted: it gets its id, or it would be a new one next time."""
        self.put(row.number, "id", row_id)
        self.done.steps[row_id] = Step(self.agreed(row_id), self.agreed(row_id), nameless=True)

    def unname(self, row: SheetRow) -> None:
        """A copy that is no record yet: with the first one's id it would be that one, or nobody's, once that is gone."""
        self.put(row.number, "id", None)

    def staying(self, row_id: str, noted: frozenset[str]) -> AbstractSet[str]:
        """A row's cells that stay as they are. Words in brackets leave their cell only when the note can take them."""
        held: AbstractSet[str] = self.held.get(row_id, frozenset())
        return held | noted if "note" in held else held

    def append(self, row_id: str, row: Row) -> None:
        """A record that the sheet does not show yet, below its last row."""
        number = self.sides.sheet.last_row + len(self.done.grow) + 1
        self.done.grow.append(number)
        self.put(number, "id", row_id)
        for one in self.sides.fields:
            if row.get(one.name) is not None:
                self.put(number, one.name, shown_cell(one, row[one.name], self.sides.lists))
                self.done.out += 1
        self.done.steps[row_id] = Step(None, {one.name: row.get(one.name) for one in self.sides.fields})

    # ---- what a person reads

    def why_put_back(self, one: Field, living: Row) -> str:
        if one.editable == "both" and self.sides.locked(living):
            return _("这一行已锁定，已改回")
        return _("{label}由台账填写，已改回").format(label=_(one.label))

    def put_back(self, row: SheetRow, row_id: str, one: Field, value: Read, why: str) -> None:
        text = told(one, value, self.sides.lists)
        self.done.problems.append(self.sides.problem(row, row_id, one.name, text, why, put_back=True))

    def remark(self) -> None:
        """Say in the last column what is wrong with each row; what a person typed there is listed as put back."""
        column = self.sides.sheet.remarks_column
        if column is None:
            return
        wanted = self.remarks()
        for row in self.sides.sheet.rows:
            if row.remark not in (None, wanted.get(row.number)) and row.remark not in self.sides.said:
                self.done.problems.append(self.typed_over(row, column))
        wanted = self.remarks()
        seen = {row.number: row.remark for row in self.sides.sheet.rows} | dict.fromkeys(self.sides.sheet.leftovers, "")
        for number, remark in seen.items():
            if remark != wanted.get(number):
                self.done.cells[number, column] = wanted.get(number)
        self.done.remarks = frozenset(wanted.values()) | (self.sides.said & set(seen.values()))  # type: ignore[arg-type]

    def typed_over(self, row: SheetRow, column: int) -> SheetProblem:
        place, why = cell_name(row.number, column), _("“系统备注”由台账填写，已改回")
        return SheetProblem(row.number, self.merged.rows.get(row.number), None, row.remark or "", why, place, True)

    def remarks(self) -> dict[int, str]:
        """Row number -> what is wrong with it, in the order found."""
        said: dict[int, list[str]] = {}
        for found in self.done.problems:
            if found.number != self.sides.sheet.header_row:
                said.setdefault(found.number, []).append(found.message)
        for number, text in [*self.closed_references(), *self.conflicts()]:
            said.setdefault(number, []).append(text)
        return {number: re.sub(r"\s+", " ", "；".join(dict.fromkeys(texts))) for number, texts in said.items()}

    def closed_references(self) -> list[tuple[int, str]]:
        refs = [one for one in self.sides.fields if one.editable == "both" and one.ref in self.sides.lists.names]
        return [
            (number, _("{label}已停用").format(label=_(one.label)))
            for number, said in self.sides.told.items()
            for one in refs
            if number not in self.cleared and self.sides.lists.closed.intersection(keys_in(said.values[one.name]))
        ]

    def conflicts(self) -> list[tuple[int, str]]:
        numbers = self.merged.numbers
        found = []
        for conflict in self.merged.conflicts:
            if conflict.row not in numbers:
                continue
            text = _("台账里已删，表里又改过，等人决定")
            if conflict.field:
                one = self.sides.table.by_name[conflict.field]
                kept = told(one, conflict.app, self.sides.lists) or _("空白")
                text = _("{label}两边都改了，台账为 {app}").format(label=_(one.label), app=kept)
            found.append((numbers[conflict.row], text))
        return found


def keys_in(value: Read) -> Sequence[str]:
    """The keys that a reference holds."""
    return value if isinstance(value, list) else [value] if isinstance(value, str) else []


def cell_of(sides: Sides, one: Field, value: Value, old: Cell) -> Shown:
    """What a cell gets for a value; one under a percent format shows a hundred times what it holds."""
    if isinstance(old, Percent) and one.kind.in_percent and isinstance(value, int | float):
        return value / 100
    return shown_cell(one, value, sides.lists)
