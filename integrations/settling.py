"""One workbook inside its writing transaction: merge, take what its sheets changed, say what they lack."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy.engine import Connection

from integrations import books as kept
from integrations.books import Base
from integrations.merge import Conflict, Merged, SheetProblem, Sides, merge, row_title, taken
from integrations.render import Rendered, render
from integrations.shows import Expected, in_window, lists_of
from integrations.workbook import SheetTab
from models import rows as sqlrows
from models.access import SYNC, locked
from models.changes import Change, Plan, Problem
from models.kinds import shown
from models.query import Query, View
from models.rows import new_id
from models.schema import Row, Table
from models.services import Services
from models.store import Refused


@dataclass
class Settling:
    """One workbook inside its writing transaction."""

    parts: Services
    connection: Connection
    one: Expected
    tabs: Mapping[str, SheetTab]
    today: str
    now: str
    release: str = ""  # how a person let a stopped workbook go on: restore or propose
    sides: dict[str, Sides] = field(default_factory=dict)
    merged: dict[str, Merged] = field(default_factory=dict)
    base: dict[str, Base] = field(default_factory=dict)
    cells_in: int = 0

    def __post_init__(self) -> None:
        view = self.view()
        sites = sqlrows.by_values(self.connection, self.tree, self.tree.key[0], self.one.sites)
        order = view.default_order(self.tree)
        self.lists = lists_of(self.tree, sorted(sites.values(), key=order))

    @property
    def tree(self) -> Table:
        return self.parts.catalog.tree

    def view(self) -> View:
        """A view of this transaction. Its lists and tree are its own: what is not committed must not be remembered."""
        return Query(self.parts.database, self.parts.catalog).view(self.connection, SYNC)

    def records(self, table: Table) -> tuple[dict[str, Row], dict[str, Row]]:
        """(shown here, known but not shown here), as they stand in this transaction."""
        view = self.view()
        there = sqlrows.by_values(self.connection, table, table.owner or "id", self.one.sites)
        order = view.default_order(table)
        ids = [str(row["id"]) for row in sorted(there.values(), key=order)]
        rows = view.rows(table, ids)
        known = self.base[table.name].rows if table.name in self.base else {}
        shown_here = {str(row["id"]): row for row in rows if in_window(table, row, self.today)}
        others = [row_id for row_id in known if row_id not in shown_here]
        elsewhere = {str(row["id"]): row for row in view.rows(table, others)}
        return shown_here, elsewhere

    def merge(self) -> str:
        """Merge every tab; returns why the workbook stops, if it does."""
        self.base = kept.read_base(self.connection, self.one.code)
        waiting = kept.waiting(self.connection, self.one.code)
        for table in self.parts.catalog.tabs:
            base = self.base.get(table.name, Base({}, frozenset()))
            app, elsewhere = self.records(table)
            tab = self.tabs[table.name]
            told = {row.id for row in tab.rows} | base.pending
            rows = {row_id: row for row_id, row in base.rows.items() if row_id in told or self.release != "restore"}
            sides = Sides(
                table=table,
                base=rows,
                app=app,
                elsewhere=elsewhere,
                sheet=tab,
                lists=self.lists,
                waiting=waiting.get(table.name, frozenset()),
                pending=base.pending,
                locked=lambda row, table=table: locked(table, row),  # type: ignore[misc]
                may_add=not table.about.opened_by_app,
                braked=not self.release,
                new_id=new_id,
            )
            self.sides[table.name], self.merged[table.name] = sides, merge(sides)
            if self.merged[table.name].stop:
                return self.merged[table.name].stop
        return ""

    # ---- here

    def apply(self) -> None:
        """Write what the records take, as one change set. What the store refuses becomes a problem of its cell or row."""
        changes = [change for merged in self.merged.values() for change in merged.changes]
        while changes:
            try:
                self.parts.store.apply_in(self.connection, Plan(tuple(changes)), SYNC, "sync", note=self.one.code)
                break
            except Refused as refused:
                changes = self.give_up(changes, refused.problems)
        self.cells_in = taken(changes)

    def give_up(self, changes: Sequence[Change], problems: Sequence[Problem]) -> list[Change]:
        """The changes without those refused; their cells stay as typed, with a remark."""
        whole = {change.row for change in changes if change.field is None}
        refused = {(one.row, None if one.row in whole else one.field): one for one in problems}
        rows = {one.row for one in problems if one.row not in whole and not touches(changes, one)}
        left = []
        for change in changes:
            why = refused.get((change.row, change.field))
            if why is None and change.row in rows:
                why = next(one for one in problems if one.row == change.row)
            if why is None:
                left.append(change)
            else:
                self.refuse(change, why)
        if len(left) == len(changes):
            raise Refused(list(problems))
        return left

    def refuse(self, change: Change, why: Problem) -> None:
        merged = self.merged[change.table]
        number = next((number for number, row_id in merged.rows.items() if row_id == change.row), 0)
        text = "" if change.field is None else shown(change.after)
        merged.problems.append(
            SheetProblem(number, None if change.field is None else change.row, why.field, text, why.message)
        )
        if change.field is None:
            merged.born.pop(change.row, None)
            merged.rows.pop(number, None)
            merged.strays.add(number)
        else:
            merged.held.add((change.row, change.field))

    def render(self) -> dict[str, Rendered]:
        """What the sheets lack of the records as they stand now."""
        rendered = {}
        for name, sides in self.sides.items():
            app, _elsewhere = self.records(sides.table)
            rendered[name] = render(sides, self.merged[name], app)
        return rendered

    def note_matters(self, rendered: Mapping[str, Rendered]) -> None:
        """Keep what both sides hold as the base, new rows as pending, and what waits for a person."""
        for name, sides in self.sides.items():
            merged, done, code = self.merged[name], rendered[name], self.one.code
            same = {row_id: {**sides.base.get(row_id, {}), **cells} for row_id, cells in done.same.items()}
            pending = set(merged.born) & same.keys()
            kept.write_base(self.connection, code, name, same, pending)
            kept.drop_base(self.connection, code, name, merged.forgotten)
            conflicts = [(conflict, self.site_of(sides, conflict)) for conflict in merged.conflicts]
            kept.set_conflicts(self.connection, code, name, conflicts, self.now)
            kept.set_problems(self.connection, code, name, merged.problems, self.now)
            fresh = {row_id: row_title(sides.table, sides.app[row_id]) for row_id in merged.gone}
            still = [row_id for row_id in sides.waiting if row_id not in merged.rows.values() and row_id in sides.app]
            kept.set_proposals(self.connection, code, name, fresh, [*still, *fresh], self.now)

    def site_of(self, sides: Sides, conflict: Conflict) -> str:
        row = sides.app.get(conflict.row) or sides.base.get(conflict.row) or {}
        return str(row.get(sides.table.owner or "") or self.one.code)

    def mark_agreed(self, connection: Connection, rendered: Mapping[str, Rendered]) -> None:
        """The file holds what was sent: it is the base now, and no new row waits for its id any more."""
        base = kept.read_base(connection, self.one.code)
        for name, done in rendered.items():
            known = base[name].rows if name in base else {}
            pending = base[name].pending if name in base else frozenset()
            gone = [row_id for row_id, cells in done.sent.items() if not cells]
            sent = {row_id: {**known.get(row_id, {}), **cells} for row_id, cells in done.sent.items() if cells}
            settled = {row_id: known[row_id] for row_id in pending if row_id in known and row_id not in gone}
            kept.write_base(connection, self.one.code, name, {**settled, **sent})
            kept.drop_base(connection, self.one.code, name, gone)


def touches(changes: Sequence[Change], problem: Problem) -> bool:
    return any((change.row, change.field) == (problem.row, problem.field) for change in changes)
