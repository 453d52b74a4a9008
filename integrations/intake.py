"""A file on its way into a table: read it, plan it, apply it."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from integrations.cells import Cell, Oddity
from models import rows as sqlrows
from models.access import Actor, edits_row
from models.changes import Change, Counts, Plan, Problem
from models.declared import Totals, declared_in, keep_declared
from models.intake import Incoming, Intake, Known, Spellings, spelling
from models.kinds import Bad, Raw, narrow, shown
from models.query import View
from models.schema import Table
from models.services import Services
from models.spellings import remembered
from models.store import Refused, Store
from models.words import _

if TYPE_CHECKING:
    from integrations.reading import Reading

ODD = {
    Oddity.ERROR: Bad("#", _("数值，这一格的公式出错")),
    Oddity.NO_VALUE: Bad("=", _("数值，这一格的公式没有结果")),
}


@dataclass(frozen=True)
class FilePlan:
    """The plan of one file, with the row number that each record has in it, and what its total row declares."""

    plan: Plan
    numbers: dict[str, int]
    table: Table
    declared: Totals = field(default_factory=dict)

    @property
    def changes(self) -> tuple[Change, ...]:
        return self.plan.changes

    @property
    def counts(self) -> Counts:
        return self.plan.counts

    @property
    def errors(self) -> tuple[Problem, ...]:
        return self.plan.errors

    @property
    def warnings(self) -> tuple[Problem, ...]:
        return self.plan.warnings

    def refuse(self, problems: Sequence[Problem]) -> "FilePlan":
        """The plan with what the store has against it; the rows concerned count as rejected."""
        if not problems:
            return self
        told = tuple(replace(problem, number=self.numbers.get(problem.row)) for problem in problems)
        rows = {problem.row for problem in problems}
        born = {change.row for change in self.changes if change.field is None}
        added = len(rows & born)
        updated = len({change.row for change in self.changes} & rows) - added
        counts = self.counts
        counts = Counts(
            counts.added - added, counts.updated - updated, counts.unchanged, counts.rejected + added + updated
        )
        return replace(self, plan=Plan((), (*told, *self.plan.problems), counts))

    def apply(self, store: Store, actor: Actor) -> tuple["FilePlan", int | None]:
        """Write it. Where a row was rejected, or the store refuses one, nothing is written; the problems say why."""
        if self.errors:
            return self, None
        try:
            applied = store.apply(self.plan, actor, "import")
        except Refused as refused:
            return self.refuse(refused.problems), None
        if self.declared and actor.all_seeing:  # a county's file declares nothing of the whole
            with store.database.write() as connection:
                keep_declared(connection, self.table, self.declared)
        return self, applied.changeset if applied else None


def plan_file(parts: Services, actor: Actor, table: Table, path: Path, sheet: str | None = None) -> FilePlan:
    """The plan of a file. Raises reading's and guard's faults for a file that cannot be used."""
    from integrations.reading import read

    return plan_reading(parts, actor, table, read(path, table.find, sheet=sheet))


def plan_reading(parts: Services, actor: Actor, table: Table, reading: "Reading") -> FilePlan:
    """The plan of a sheet that was read."""
    columns = tuple(column.field for column in reading.columns if column.field)
    incoming = Incoming(
        tuple((row.number, raw(row.values)) for row in reading.rows),
        columns,
        tuple((total.number, total.label, raw(total.values)) for total in reading.totals),
        reading.percent,
    )
    ignored = [
        Problem(table.name, "", None, column.header, _("没有这一栏，没有收"), "missing", "warning", reading.header_row)
        for column in reading.columns
        if column.field is None and column.header
    ]
    with parts.database.read() as connection:
        view = parts.query.view(connection, actor)
        return plan_rows(view, table, incoming, ignored, remembered(connection, actor, table.name))


def raw(cells: Mapping[str, Cell]) -> dict[str, Raw]:
    """A row's cells, those without a value as what is wrong with them: they are neither blanks nor texts."""
    return {name: ODD[cell] if isinstance(cell, Oddity) else cell for name, cell in cells.items()}


def plan_rows(
    view: View,
    table: Table,
    incoming: Incoming,
    ignored: Sequence[Problem] = (),
    spellings: Spellings = MappingProxyType({}),
) -> FilePlan:
    """The plan of rows that were read, against what the actor may see. What was read by a known spelling is told."""
    intake = intake_of(view, table, incoming, ignored, spellings)
    plan = intake.plan(incoming)
    plan = replace(plan, problems=(*plan.problems, *told_spellings(intake)))
    return FilePlan(plan, intake.numbers, table, declared_in(table, incoming.totals))


def intake_of(view: View, table: Table, incoming: Incoming, ignored: Sequence[Problem], spellings: Spellings) -> Intake:
    """What plans these rows, against what the actor may see."""
    return Intake(table, known(view, table, incoming, spellings), view.paths(), list(ignored), spellings=spellings)


def told_spellings(intake: Intake) -> Iterator[Problem]:
    """A warning for each text that was read by a known spelling, with how many rows have it."""
    found = Counter((name, shown(draft.raw[name])) for draft in intake.drafts for name in sorted(draft.spelled))
    for (name, text), count in found.items():
        one = intake.table.by_name[name]
        means = one.kind.write(one.kind.parse(intake.spellings[name][spelling(text)]), labels=True)  # type: ignore[arg-type]
        told = _("按记住的写法当作{means}，{count} 行").format(means=means, count=count)
        yield Problem(intake.table.name, "", name, text, told, "value", "warning")


def known(view: View, table: Table, incoming: Incoming, spellings: Spellings = MappingProxyType({})) -> Known:
    """The rows that the file may mean, found by id and by the first part of the key; and the names it may refer to."""
    ids = {str(row["id"]).strip() for _number, row in incoming.rows if row.get("id") is not None}
    found = sqlrows.by_ids(view.connection, table, ids)
    if table.key:
        first = table.by_name[table.key[0]]
        names = view.names(view.query.catalog[first.ref]) if first.ref in view.query.catalog.by_name else {}
        told = {first.kind.parse(row.get(first.name)) for _number, row in incoming.rows}
        texts = {form for one in told if isinstance(one, str) for form in (one, narrow(one))}
        keys = texts | {one.split(maxsplit=1)[0] for one in texts} | {one for one in told if isinstance(one, int)}
        keys |= {key for key, name in names.items() if name in texts}
        keys |= set(spellings.get(first.name, {}).values())
        found |= sqlrows.by_values(view.connection, table, first.name, keys)
    refs = {one.ref for one in table.stored if one.ref in view.query.catalog.by_name}
    visible = {row_id: row for row_id, row in found.items() if view.holds(table, row)}
    masked = {row_id for row_id, row in visible.items() if not edits_row(view.actor, table, row, view.reach)}
    return Known(visible, {str(ref): view.names(view.query.catalog[str(ref)]) for ref in refs}, frozenset(masked))
