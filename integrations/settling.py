"""One workbook inside its writing transaction: merge, take what its sheets changed, say what they lack, note it all."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy.engine import Connection

from integrations import books as kept
from integrations import hidden
from integrations.agreed import Agreed, note_steps, read_agreed
from integrations.cells import Grid
from integrations.looks import new_columns
from integrations.merge import merge, newly_gone, row_title, told
from integrations.normal import Forms
from integrations.package import TabEdit
from integrations.render import Rendered, render
from integrations.shows import Expected, digest_of, headers_of, in_window, lists_of
from integrations.sides import Merged, Release, Sides
from integrations.workbook import Laid, Layout, SheetTab, laid_there, laid_with
from models import rows as sqlrows
from models.access import SYNC, locked
from models.changes import Change, Plan, Problem
from models.query import View
from models.rows import new_id
from models.schema import Row, Table
from models.services import Services
from models.store import Refused
from models.words import _

Remarks = Mapping[str, Sequence[str]]  # table -> what the app may have left in its remarks


@dataclass
class Settling:
    """One workbook inside its writing transaction. `serial` is the number of the last write in its file, if that is known.

    `digest` is that of its records as the cycle found them, if it asked: while nothing is taken it still holds, and where
    somebody has changed them since, an older one has the next cycle look again.
    """

    parts: Services
    connection: Connection
    one: Expected
    tabs: Mapping[str, SheetTab]
    today: str
    now: str
    release: Release = ""
    lost: Mapping[str, Sequence[str]] = field(default_factory=dict)  # table -> the rows that it was stopped for
    serial: int | None = None
    confirmed: bool = True  # whether the last write is known to have been made
    remarks: Remarks = field(default_factory=dict)
    forms: Forms = field(default_factory=Forms)
    sides: dict[str, Sides] = field(default_factory=dict)
    merged: dict[str, Merged] = field(default_factory=dict)
    rendered: dict[str, Rendered] = field(default_factory=dict)
    applied: bool = False  # whether records may have changed since they were merged
    cells_in: int = 0
    digest: str = ""
    agreed: Agreed = field(init=False)
    view: View = field(init=False)

    def __post_init__(self) -> None:
        # Asked before anything is written here: a view remembers the tree by its version.
        self.view = self.parts.query.view(self.connection, SYNC)
        self.agreed = read_agreed(self.connection, self.one.code, self.serial, self.confirmed)
        tree = self.parts.catalog.tree
        sites = sqlrows.by_values(self.connection, tree, tree.key[0], self.one.sites)
        self.lists = lists_of(tree, sorted(sites.values(), key=self.view.default_order(tree)))

    def records(self, table: Table) -> tuple[dict[str, Row], dict[str, Row]]:
        """(shown here, known but not shown here), as they stand in this transaction."""
        rows = sorted(self.view.owned(table, self.one.sites), key=self.view.default_order(table))
        here = {str(row["id"]): row for row in rows if in_window(table, row, self.today)}
        matched = self.merged[table.name].rows.values() if self.merged else ()
        known = {*self.agreed.tab(table.name).rows, *matched}
        elsewhere = self.view.rows(table, sorted(known - here.keys()))
        return here, {str(row["id"]): row for row in elsewhere}

    def merge(self) -> str:
        """Merge every tab; returns why the workbook stops, if it does."""
        for name, tab in self.tabs.items():
            if tab.new and self.agreed.tab(name).rows:  # written by a cycle that died before it could note that
                return missing(tab.title)
        waiting = kept.gone_rows(self.connection, self.one.code)
        for table in self.parts.catalog.tabs:
            here, elsewhere = self.records(table)
            sides = self.compared(table, here, elsewhere, *waiting.get(table.name, (frozenset(), frozenset())))
            self.sides[table.name] = sides
        found = {name: merge(sides) for name, sides in self.sides.items()}
        self.merged = found
        return next((merged.stop for merged in found.values() if merged.stop), "")

    def gone(self) -> dict[str, list[str]]:
        """Table -> the rows that its tab has lost, but for those that wait for a person already."""
        return {
            name: gone
            for name, merged in self.merged.items()
            if (gone := newly_gone(self.sides[name], set(merged.rows.values())))
        }

    def still_lost(self) -> dict[str, list[str]]:
        """Table -> those that it was stopped for and has not got back."""
        here = {name: set(merged.rows.values()) for name, merged in self.merged.items()}
        return {name: [one for one in rows if one not in here[name]] for name, rows in self.lost.items()}

    def compared(
        self,
        table: Table,
        here: Mapping[str, Row],
        elsewhere: Mapping[str, Row],
        proposed: frozenset[str],
        parted: frozenset[str],
    ) -> Sides:
        """What the merge of one tab compares."""
        base = self.agreed.tab(table.name)
        return Sides(
            table=table,
            base=base.rows,
            app=here,
            elsewhere=elsewhere,
            sheet=self.tabs[table.name],
            lists=self.lists,
            pending=base.pending,
            proposed=proposed,
            parted=parted,
            said=frozenset(self.remarks.get(table.name, ())),
            locked=lambda row: locked(table, row),
            release=self.release,
            restored=frozenset(self.lost.get(table.name, ()) if self.release == "restore" else ()),
            new_id=new_id,
            forms=self.forms,
        )

    # ---- here

    def apply(self) -> None:
        """Write what the records take, as one change set. What the store refuses becomes a problem of its cell or row."""
        changes = [change for merged in self.merged.values() for change in merged.changes]
        self.applied = bool(changes)
        while changes:
            try:
                self.parts.store.apply_in(
                    self.connection, Plan(tuple(changes)), self.one.actor, "sync", note=self.one.code
                )
                break
            except Refused as refused:
                changes = self.give_up(changes, refused.problems)
        self.cells_in = sum(self.merged[change.table].born.get(change.row, 1) for change in changes)

    def give_up(self, changes: Sequence[Change], problems: Sequence[Problem]) -> list[Change]:
        """The changes without those refused; their cells stay as typed, with a remark."""
        spots = {(change.table, change.row, change.field) for change in changes}
        why = [reason(change, problems, spots) for change in changes]
        if not any(why):  # a reason that names none of these rows stands against them all, and must not end the cycle
            why = [problems[0] for _change in changes]
        for change, found in zip(changes, why, strict=True):
            if found:
                self.refuse(change, found)
        return [change for change, found in zip(changes, why, strict=True) if not found]

    def refuse(self, change: Change, why: Problem) -> None:
        sides, merged = self.sides[change.table], self.merged[change.table]
        number = merged.numbers[change.row]
        row = next(row for row in sides.sheet.rows if row.number == number)
        if change.field is None:
            del merged.born[change.row], merged.rows[number]
            merged.problems.append(sides.problem(row, None, why.field, why.value, why.message))
        else:
            merged.held.add((change.row, change.field))
            text = told(sides.table.by_name[change.field], change.after, sides.lists)
            merged.problems.append(sides.problem(row, change.row, change.field, text, why.message))

    def render(self) -> dict[str, Rendered]:
        """What the sheets lack of the records as they stand now."""
        shown_rows = {}
        for name, sides in self.sides.items():
            # What nothing was applied to stands as it was merged.
            here, elsewhere = self.records(sides.table) if self.applied else (sides.app, sides.elsewhere)
            shown_rows[name] = here.values()
            self.rendered[name] = render(sides, self.merged[name], here, elsewhere)
        if self.applied or not self.digest:
            self.digest = digest_of(shown_rows, self.parts.catalog, headers_of(self.parts.catalog))
        return self.rendered

    # ---- there

    def edits(self, hidden_grid: Grid | None) -> list[TabEdit]:
        """What is to be written, with the number of this write; nothing where the sheets lack nothing."""
        edits = [
            TabEdit(
                tab.title,
                done.cells,
                tuple(done.grow),
                tab.headings,
                new_columns(self.sides[name].table, tab),
                Layout(self.sides[name].table) if tab.new else None,
            )
            for name, done in self.rendered.items()
            if (tab := self.tabs[name]).headings or done.cells
        ]
        if hidden_grid is None:
            return edits
        lines = hidden.stale_lines(hidden_grid, self.lists)
        if edits or lines:
            edits.append(TabEdit(hidden.TITLE, {**lines, hidden.SERIAL: self.agreed.following}))
        return edits

    def laid(self, before: Mapping[str, Laid], written: bool = True) -> dict[str, Laid]:
        """Table -> the columns that its tab has, once this is written or while it is not."""
        given = laid_with if written else laid_there
        there = {name: tab for name, tab in self.tabs.items() if written or not tab.new}
        now = {name: given(self.sides[name].table, tab, before.get(name, {})) for name, tab in there.items()}
        return {**before, **now}

    @property
    def cells_out(self) -> int:
        return sum(rendered.out for rendered in self.rendered.values())

    # ---- noted

    def note(self) -> None:
        """Note what both sides agree on, with and without the write to come, and what waits for a person."""
        for name, sides in self.sides.items():
            done, merged, code = self.rendered[name], self.merged[name], self.one.code
            note_steps(self.connection, code, name, self.agreed, done.steps)
            conflicts = [(conflict, self.site_of(sides, conflict.row)) for conflict in merged.conflicts]
            kept.set_conflicts(self.connection, code, name, conflicts, self.now)
            problems = [(problem, self.site_of(sides, problem.row)) for problem in done.problems]
            kept.set_problems(self.connection, code, name, problems, self.now)
            gone = {one: (row_title(sides.table, sides.app[one]), self.site_of(sides, one)) for one in merged.gone}
            kept.set_proposals(self.connection, code, name, gone, self.now)

    def said(self) -> Remarks:
        """What the app may have left in the remarks of each tab once this is written."""
        return {name: sorted(done.remarks) for name, done in self.rendered.items() if done.remarks}

    def site_of(self, sides: Sides, row_id: str | None) -> str:
        """The site that a matter belongs to: its row's, or the workbook's own."""
        known: Iterable[Mapping[str, Row]] = (sides.app, sides.elsewhere, sides.base)
        row = next((rows[row_id] for rows in known if row_id in rows), {})
        return str(row.get(sides.table.owner or "") or self.one.code)


def missing(title: str) -> str:
    """Why a workbook stops that has lost a tab."""
    return _("少了“{title}”页").format(title=title)


def reason(
    change: Change, problems: Sequence[Problem], spots: Collection[tuple[str, str, str | None]]
) -> Problem | None:
    """What a refusal has against a change: a problem of its cell, or one of its row that names no other change's cell."""
    for found in problems:
        mine = (found.table, found.row) == (change.table, change.row)
        if mine and (change.field in (None, found.field) or (found.table, found.row, found.field) not in spots):
            return found
    return None
