"""What a review shows, as values: a line for each row that came, its cells, and the texts that are spelled otherwise. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from models.changes import Change, Plan, Problem
from models.history import Entry
from models.intake import spelling
from models.kinds import Bool, Chosen, Value, told_kind
from models.reviews import Review
from models.schema import Field, Table

Sort = Literal["new", "changed", "deleted", "rejected", "conflict", "unchanged"]
State = Literal["", "aside", "dropped", "written"]


@dataclass(frozen=True)
class Cell:
    """A cell of a row that came. `found` is the text as it stands there, `why` the reason that it was not taken.

    mapped: the text was read by a known spelling. mended: somebody has typed it here. other: who has changed the
    record's own value since the review was made.
    """

    field: str
    before: Value = None
    after: Value = None
    found: str = ""
    why: str = ""
    mapped: bool = False
    mended: bool = False
    other: Entry | None = None


@dataclass(frozen=True)
class Line:
    """A row that came: what it would do, and what was said of it. `number` is the row's in the file."""

    number: int
    row: str
    sort: Sort
    state: State = ""
    key: str = ""
    title: str = ""
    cells: tuple[Cell, ...] = ()
    why: tuple[str, ...] = ()
    locked: bool = False
    changes: tuple[Change, ...] = ()
    other: Entry | None = None
    changeset: int | None = None  # the one that wrote it

    @property
    def waits(self) -> bool:
        """Whether somebody has still to say what becomes of it."""
        return self.state in ("", "aside") and self.sort != "unchanged"

    @property
    def goes(self) -> bool:
        """Whether it is written when the review is applied."""
        return self.state == "" and self.sort in ("new", "changed", "deleted")


@dataclass(frozen=True)
class Spelt:
    """A text that is no choice of its field, how many rows have it, and what it is taken for.

    means: a code or a key; None where nobody has said. remembered: it is kept for other files; by whom.
    """

    field: str
    text: str
    count: int
    means: str | None = None
    remembered: int | None = None
    by: str = ""
    everyone: bool = False

    @property
    def written(self) -> str:
        return spelling(self.text)


@dataclass(frozen=True)
class Preview:
    """All that a review comes to at one moment. `names` are those of the records that its values refer to."""

    review: Review
    table: Table
    lines: tuple[Line, ...] = ()
    spelt: tuple[Spelt, ...] = ()
    warnings: tuple[Problem, ...] = ()
    columns: tuple[str, ...] = ()
    names: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    newest: int = 0  # the last change set that was seen
    headless: bool = False  # the sheet has no header of this table

    @property
    def plan(self) -> Plan:
        """What is written when it is applied."""
        return Plan(tuple(change for line in self.lines if line.goes for change in line.changes))

    @property
    def going(self) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if line.goes)

    @property
    def waits(self) -> bool:
        return any(line.waits for line in self.lines)

    def line(self, number: int) -> Line | None:
        return next((line for line in self.lines if line.number == number), None)


def maps(one: Field) -> bool:
    """Whether a text in this field is one of a list, or the name of a record: what a spelling can be known for."""
    return one.stored and (isinstance(told_kind(one.kind), Chosen | Bool) or one.ref is not None)


def refuse(lines: Iterable[Line], left: Plan, problems: Sequence[Problem]) -> list[Line]:
    """The lines with what the store has against them; `left` is what it lets stand.

    Where a problem is of no row that came, none stands, and every line says it.
    """
    by_row: dict[str, list[Problem]] = {}
    for problem in problems:
        by_row.setdefault(problem.row, []).append(problem)
    standing = {change.row for change in left.changes}
    told = []
    for line in lines:
        if line.goes and line.row not in standing:
            whole = [replace(problem, field=None) for problem in problems]
            line = refused(line, by_row.get(line.row) or whole)
        told.append(line)
    return told


def refused(line: Line, problems: Sequence[Problem]) -> Line:
    """A line that may not stand, with the cells that are to blame."""
    cells = {cell.field: cell for cell in line.cells}
    for problem in problems:
        if problem.field is not None:
            there = cells.get(problem.field, Cell(problem.field))
            cells[problem.field] = replace(there, found=there.found or problem.value, why=problem.message)
    whole = tuple(problem.message for problem in problems if problem.field is None)
    locked = all(problem.cause in ("locked", "scope") for problem in problems)
    return replace(line, sort="rejected", cells=tuple(cells.values()), why=whole, locked=locked)
