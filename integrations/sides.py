"""What the merge of one tab compares, and what comes of it. Values only; merge.py and render.py work on them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from integrations.normal import Forms, Read, Told
from integrations.references import cell_name
from integrations.workbook import Lists, SheetRow, SheetTab
from models.changes import Change
from models.kinds import Value
from models.schema import Field, Row, Table

Spot = tuple[str, str]  # (row id, field)
ConflictKind = Literal["cell", "deleted_here", "deleted_there"]
Release = Literal["", "restore", "propose"]  # how a person let a stopped workbook go on: rows gone come back, or wait


@dataclass(frozen=True)
class Conflict:
    """Both sides changed, differently. Both values are kept; a person decides."""

    kind: ConflictKind
    row: str
    field: str | None
    base: Value
    app: Value
    sheet: Value | dict[str, Value]  # of a row deleted here: the cells typed in since


@dataclass(frozen=True)
class SheetProblem:
    """Something in a sheet that was not taken: where, what was typed, what was expected. `put_back` cells are the app's.

    `cell` is its place in the sheet, as G12; "" where the whole row is meant.
    """

    number: int
    row: str | None
    field: str | None
    text: str
    message: str
    cell: str = ""
    put_back: bool = False


# Stands before a field's name in what was agreed of a row, while the tab has no column for it: renamed, or taken out.
ASIDE = "-"


@dataclass(frozen=True)
class Sides:
    """What the merge compares.

    base: row id -> what both last agreed on. app: row id -> the record, of those that this workbook shows. elsewhere: row
    id -> the record, of base rows that live on but no longer belong here. pending: base rows that stand in the sheet
    without the id that they were given. proposed: rows whose going from the sheet is a proposal already; parted: those
    where it is a conflict. said: remarks that the app may have left in the tab. release: whether a person has seen that
    many rows are gone; restored: those of them that the person wants back. forms: what cells are known to say.
    """

    table: Table
    base: Mapping[str, Row]
    app: Mapping[str, Row]
    sheet: SheetTab
    lists: Lists = field(default_factory=Lists)
    elsewhere: Mapping[str, Row] = field(default_factory=dict)
    pending: frozenset[str] = frozenset()
    proposed: frozenset[str] = frozenset()
    parted: frozenset[str] = frozenset()
    said: frozenset[str] = frozenset()
    locked: Callable[[Row], bool] = lambda row: False
    release: Release = ""
    restored: frozenset[str] = frozenset()
    new_id: Callable[[], str] = lambda: ""
    forms: Forms = field(default_factory=Forms)

    @cached_property
    def fields(self) -> tuple[Field, ...]:
        """The fields that the tab still has a column for."""
        return tuple(one for one in self.table.sheet_fields if one.name in self.sheet.columns)

    @cached_property
    def told(self) -> Mapping[int, Told]:
        """What each row of the sheet says, by its number."""
        return self.forms.told(self.table, self.sheet, self.lists)

    @cached_property
    def writable(self) -> frozenset[str]:
        """The fields that people fill in on the sheet's side."""
        return frozenset(one.name for one in self.fields if one.editable == "both")

    def open(self, one: Field, row: Row) -> bool:
        """Whether a person may change this cell in the sheet. What locks a row is the store's to judge, and a step back with
        its reason too."""
        flow = self.table.about.flow
        steps = one is self.table.lock or (flow is not None and one.name == flow.reason)
        return one.name in self.writable and (steps or not self.locked(row))

    def agreed(self, row_id: str, name: str) -> Value:
        """What both sides last agreed on for a field, its column being there or not; None where it was nothing."""
        base = self.base.get(row_id, {})
        return base.get(name, base.get(ASIDE + name))

    def agreed_of(self, row_id: str, name: str, said: Read) -> Value:
        """The same for a cell that says this: a blank one in a column that was away is nobody's clearing of it."""
        base = self.base.get(row_id, {})
        return base.get(name) if name in base or said is None else base.get(ASIDE + name)

    def place(self, number: int, name: str) -> str:
        """A cell's place in the sheet, as G12."""
        return cell_name(number, self.sheet.columns[name]) if name in self.sheet.columns else ""

    def problem(
        self, row: SheetRow, row_id: str | None, name: str | None, text: str, message: str, *, put_back: bool = False
    ) -> SheetProblem:
        """Something that was not taken, with its place."""
        place = self.place(row.number, name) if name else ""
        return SheetProblem(row.number, row_id, name, text, message, place, put_back)


@dataclass
class Merged:
    """What comes of one tab. `rows` maps a sheet row's number to the record's id, where it has one."""

    stop: str = ""
    changes: list[Change] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)
    problems: list[SheetProblem] = field(default_factory=list)
    rows: dict[int, str] = field(default_factory=dict)
    born: dict[str, int] = field(default_factory=dict)  # new records, with how many cells were filled in
    held: set[Spot] = field(default_factory=set)  # cells that stay as they are on both sides
    absent: set[str] = field(default_factory=set)  # records that stay out of the sheet
    gone: list[str] = field(default_factory=list)  # of these, those proposed for deletion
    cleared: list[str] = field(default_factory=list)  # records deleted here: their rows go out of the sheet
    forgotten: list[str] = field(default_factory=list)  # base rows that are on neither side

    @property
    def numbers(self) -> dict[str, int]:
        """Record -> its row in the sheet."""
        return {row_id: number for number, row_id in self.rows.items()}
