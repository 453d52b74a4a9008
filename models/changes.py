"""What would change, before it does; what did, as one step that can be taken back. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any, Literal

from models.kinds import Value
from models.schema import Level, Row, Table

Cause = Literal["value", "required", "key", "reference", "rule", "scope", "locked", "stale", "missing", "in_use"]


@dataclass(frozen=True, slots=True)
class Change:
    """One cell of one row. Without a field it is the whole row: a birth (before None) or a death (after None)."""

    table: str
    row: str
    field: str | None
    before: Any
    after: Any

    def inverted(self) -> "Change":
        return Change(self.table, self.row, self.field, self.after, self.before)


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in the data that does not fit: where, what was found, what was expected. A value, never an exception."""

    table: str
    row: str
    field: str | None
    value: str
    message: str
    cause: Cause = "value"
    level: Level = "error"
    number: int | None = None  # the row's number in the file it came from
    current: Value = None  # stale: what stands there now


@dataclass(frozen=True)
class Counts:
    """Rows of an incoming file."""

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0


@dataclass(frozen=True)
class Plan:
    """Changes to make together, and the problems found on the way to them."""

    changes: tuple[Change, ...] = ()
    problems: tuple[Problem, ...] = ()
    counts: Counts = field(default_factory=Counts)

    @property
    def errors(self) -> tuple[Problem, ...]:
        return tuple(problem for problem in self.problems if problem.level == "error")

    @property
    def warnings(self) -> tuple[Problem, ...]:
        return tuple(problem for problem in self.problems if problem.level == "warning")

    def without(self, rows: Iterable[str]) -> "Plan":
        """The plan with these rows set aside (搁置)."""
        aside = frozenset(rows)
        return replace(self, changes=tuple(change for change in self.changes if change.row not in aside))

    def touched(self) -> dict[str, set[str]]:
        """Table -> ids of the rows concerned."""
        found: dict[str, set[str]] = {}
        for change in self.changes:
            found.setdefault(change.table, set()).add(change.row)
        return found


def birth(table: str, row: Row) -> Change:
    """A new row; `row` holds its id."""
    return Change(table, str(row["id"]), None, None, dict(row))


def death(table: str, row: Row) -> Change:
    """A row that goes into the trash; its snapshot is what an undo brings back."""
    return Change(table, str(row["id"]), None, dict(row), None)


def two_way(table: str, before: Row, after: Mapping[str, Value]) -> list[Change]:
    """The cells of `after` that differ from the row; fields that `after` does not name are left alone."""
    return [
        Change(table, str(before["id"]), name, before.get(name), value)
        for name, value in after.items()
        if before.get(name) != value
    ]


class Merge(Enum):
    """What becomes of one cell that two sides hold, by what they last agreed on."""

    AGREED = "agreed"  # both hold the same, changed or not
    TAKE = "take"  # only the sheet changed: the record takes it
    GIVE = "give"  # only the record changed: the sheet takes it
    CONFLICT = "conflict"  # both changed, differently: a person decides


def three_way(base: Value, app: Value, sheet: Value) -> Merge:
    """DESIGN §5: compare each side with the value both last agreed on."""
    if app == sheet:
        return Merge.AGREED
    if app == base:
        return Merge.TAKE
    return Merge.GIVE if sheet == base else Merge.CONFLICT


def stored_values(table: Table, row: Row) -> dict[str, Value]:
    """The row's id and stored fields, without what is computed: the snapshot that history keeps."""
    return {"id": row["id"], **{one.name: row.get(one.name) for one in table.stored}}


def separate(
    changes: Sequence[Change], problems: Sequence[Problem]
) -> tuple[list[Change], list[tuple[Change, Problem]]]:
    """The changes that a refusal does not concern, and those that it does, each with why.

    A problem of a row as a whole, or of a cell that the plan does not name, concerns all changes of its row.
    """
    asked = {(change.row, change.field) for change in changes}
    by_cell: dict[tuple[str, str | None], Problem] = {}
    by_row: dict[str, Problem] = {}
    for problem in problems:
        if (problem.row, problem.field) in asked:
            by_cell.setdefault((problem.row, problem.field), problem)
        else:
            by_row.setdefault(problem.row, problem)
    left: list[Change] = []
    refused: list[tuple[Change, Problem]] = []
    for change in changes:
        why = by_cell.get((change.row, change.field)) or by_row.get(change.row)
        if why is None:
            left.append(change)
        else:
            refused.append((change, why))
    return left, refused
