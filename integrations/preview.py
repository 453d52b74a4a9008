"""What a file or a pasted block comes to: its rows as they came, with what was said of them, against the records."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from integrations.intake import intake_of, raw
from integrations.lines import Cell, Line, Preview, Sort, Spelt, State, maps, refuse
from integrations.packing import unpacked
from integrations.reading import Reading, shape
from models.access import mask
from models.changes import Change, Plan, Problem, two_way
from models.history import Entry
from models.intake import Draft, Incoming, Intake, Spellings, spelling
from models.kinds import Raw, Value, shown
from models.query import View, several
from models.reviews import Review, Said, Written
from models.schema import Field, Row, Table
from models.spellings import Remembered
from models.store import Store
from models.words import _


@dataclass(frozen=True)
class Ground:
    """What a preview is made against: the reader's view, and what else is known of the review at that moment.

    others: what was changed in the table since the review was made, but for what it wrote itself.
    """

    view: View
    store: Store
    review: Review
    table: Table
    written: tuple[Written, ...]
    others: tuple[Entry, ...]
    known: tuple[Remembered, ...]
    newest: int
    done: tuple[Entry, ...] = ()  # what it has written, and still stands

    @property
    def said(self) -> Said:
        return self.review.said

    @cached_property
    def spellings(self) -> Spellings:
        """What is remembered, and over it what was said of this review alone."""
        found: dict[str, dict[str, str]] = {}
        for one in self.known:
            found.setdefault(one.field, {})[one.written] = one.means
        for name, told in self.said.mapped.items():
            for written, means in told.items():
                if means is None:
                    found.get(name, {}).pop(written, None)
                else:
                    found.setdefault(name, {})[written] = means
        return found

    @cached_property
    def wrote(self) -> Mapping[int, int]:
        """Row number -> the change set that wrote it."""
        return {number: one.changeset for one in self.written for number in one.rows}

    def state(self, number: int) -> State:
        if number in self.wrote:
            return "written"
        return "dropped" if number in self.said.dropped else "aside" if number in self.said.aside else ""

    @cached_property
    def changed_since(self) -> Mapping[str, Sequence[Entry]]:
        """Row id -> what others have changed in it."""
        found: dict[str, list[Entry]] = {}
        for entry in self.others:
            found.setdefault(entry.row, []).append(entry)
        return found

    @cached_property
    def done_to(self) -> Mapping[str, Sequence[Entry]]:
        """Row id -> what was written there."""
        found: dict[str, list[Entry]] = {}
        for entry in self.done:
            found.setdefault(entry.row, []).append(entry)
        return found

    @cached_property
    def died_since(self) -> Sequence[Entry]:
        """The rows that others have deleted, the last first."""
        return [entry for entry in reversed(self.others) if entry.field is None and entry.after is None]

    def other(self, number: int, row: str, names: set[str]) -> Entry | None:
        """The last change that somebody else has made of these cells, if nobody has looked at it here."""
        since = self.said.looked.get(number, 0)
        found = [one for one in self.changed_since.get(row, ()) if one.changeset > since]
        return next((one for one in reversed(found) if one.field is None or one.field in names), None)


def of_sheet(ground: Ground, name: str, cells: str) -> Preview:
    """The preview of a sheet."""
    reading = shape(unpacked(cells), ground.table.find, name)
    if reading is None:
        return Preview(ground.review, ground.table, headless=True, newest=ground.newest)
    return Sheet(ground, reading).preview()


@dataclass(frozen=True)
class Sheet:
    """A sheet that was read, on its way to a preview.

    The rows that would be written are planned together; those set aside, dropped or written are read apart from them,
    so that they clash with none.
    """

    ground: Ground
    reading: Reading

    def preview(self) -> Preview:
        ground, table = self.ground, self.ground.table
        incoming = self.incoming()
        going = [row for row in incoming.rows if not ground.state(row[0])]
        rest = [row for row in incoming.rows if ground.state(row[0])]
        ahead = self.intake(replace(incoming, rows=going))
        plan = ahead.plan(replace(incoming, rows=going, totals=()))
        apart = self.intake(replace(incoming, rows=rest))
        apart_plan = apart.plan(replace(incoming, rows=rest, totals=()))
        drafts = sorted([*ahead.drafts, *apart.drafts], key=lambda draft: draft.number)
        ahead.compare_totals(incoming, drafts)
        lines = self.lines(ahead, plan) + self.lines(apart, apart_plan)
        fine = Plan(tuple(change for line in lines if line.goes for change in line.changes))
        left, refused = ground.store.fitting(ground.view.connection, fine, ground.view.actor)
        lines = sorted(refuse(lines, left, refused), key=lambda line: line.number)
        return Preview(
            ground.review,
            table,
            tuple(lines),
            tuple(self.spelt(drafts)),
            (*self.ignored(), *ahead.warnings),
            tuple(column.field for column in self.reading.columns if column.field),
            ahead.known.names,
            ground.newest,
        )

    # ---- the rows as they are said to be

    def incoming(self) -> Incoming:
        """The rows with what was mended in them, without the columns that are left."""
        said = self.ground.said
        rows = [
            (row.number, mended(raw(row.values), said.mends.get(row.number, {}), said.left))
            for row in self.reading.rows
        ]
        own = [column.field for column in self.reading.columns if column.field]
        more = [name for cells in said.mends.values() for name in cells if name in self.ground.table.by_name]
        columns = tuple(name for name in dict.fromkeys([*own, *more]) if name not in said.left)
        totals = tuple((total.number, total.label, raw(total.values)) for total in self.reading.totals)
        percent = frozenset(spot for spot in self.reading.percent if spot[1] not in said.mends.get(spot[0], {}))
        return Incoming(tuple(rows), columns, totals, percent)

    def intake(self, incoming: Incoming) -> Intake:
        return intake_of(self.ground.view, self.ground.table, incoming, (), self.ground.spellings)

    def ignored(self) -> list[Problem]:
        """The columns that are nobody's."""
        return [
            Problem(self.ground.table.name, "", None, column.header, _("没有这一栏，没有收"), "missing", "warning")
            for column in self.reading.columns
            if column.field is None and column.header
        ]

    # ---- lines

    def lines(self, intake: Intake, plan: Plan) -> list[Line]:
        changes: dict[str, list[Change]] = {}
        for change in plan.changes:
            changes.setdefault(change.row, []).append(change)
        return [self.line(intake, draft, tuple(changes.get(draft.row_id, ()))) for draft in intake.drafts]

    def line(self, intake: Intake, draft: Draft, changes: tuple[Change, ...]) -> Line:
        ground, table = self.ground, self.ground.table
        row: Row = draft.existing or {
            **{one.name: shown(draft.raw.get(one.name)) for one in table.stored},
            **draft.values,
        }
        written = ground.state(draft.number) == "written"
        cells = self.wrote(intake, draft) if written else self.cells(intake, draft)
        sort: Sort = "rejected" if draft.problems else "new" if draft.existing is None else "changed"
        if sort == "changed" and not changes:
            sort = "unchanged"
        other = self.other(draft, cells) if sort in ("new", "changed") else None
        if other:
            cells = tuple(replace(cell, other=other) if cell.field == other.field else cell for cell in cells)
        cells_named = {cell.field for cell in cells}
        return Line(
            draft.number,
            draft.row_id,
            "conflict" if other else sort,
            ground.state(draft.number),
            "" if draft.existing is None and not table.key else table.key_text(row),
            title_of(table, row, intake.known.names),
            cells,
            tuple(one.message for one in draft.problems if one.field not in cells_named),
            False,
            changes,
            other,
            ground.wrote.get(draft.number),
        )

    def other(self, draft: Draft, cells: Sequence[Cell]) -> Entry | None:
        """Who has changed, since the review was made, what this row would change."""
        ground = self.ground
        if draft.existing is not None:
            return ground.other(draft.number, draft.row_id, {cell.field for cell in cells})
        key, told = ground.table.key_of(draft.values), shown(draft.raw.get("id"))
        gone = next(
            (one for one in ground.died_since if one.row == told or (key and ground.table.key_of(one.before) == key)),
            None,
        )
        return gone if gone and gone.changeset > ground.said.looked.get(draft.number, 0) else None

    def cells(self, intake: Intake, draft: Draft) -> tuple[Cell, ...]:
        """The cells to show: what is wrong, what would change; of a new row what it says."""
        table, mends = self.ground.table, self.ground.said.mends.get(draft.number, {})
        wrong: dict[str, str] = {}
        for problem in draft.problems:
            if problem.field in table.by_name:
                wrong.setdefault(str(problem.field), problem.message)
        if draft.existing is not None:
            after = {change.field: change.after for change in two_way(table.name, draft.existing, draft.values)}
        else:
            known = (*table.key, table.title)
            after = {
                name: value
                for name, value in draft.values.items()
                if value is not None and (name not in known or name in mends)
            }
        cells = []
        for one in table.fields:
            if one.name in wrong or one.name in after:
                before = self.standing(intake, draft, one)
                found = self.found(draft, one.name)
                told = Cell(one.name, before, after.get(one.name), found, wrong.get(one.name, ""))
                cells.append(replace(told, mapped=one.name in draft.spelled, mended=one.name in mends))
        return tuple(cells)

    def found(self, draft: Draft, name: str) -> str:
        """The text of a cell, as whoever mends it would type it: a percentage is 92.5, whatever the file keeps."""
        raw = draft.raw.get(name)
        kept = self.ground.table.by_name[name].kind.in_percent and isinstance(raw, int | float)
        percent = kept and (draft.number, name) in self.reading.percent
        return shown(round(raw * 100, 10) if percent else raw)  # type: ignore[operator]

    def wrote(self, intake: Intake, draft: Draft) -> tuple[Cell, ...]:
        """What was written of a row: its cells before and after, or all that a new one says."""
        table, found = self.ground.table, []
        for entry in self.ground.done_to.get(draft.row_id, ()):
            whole = entry.after if entry.field is None and entry.after is not None else {}
            told = (
                {entry.field: (entry.before, entry.after)}
                if entry.field
                else {name: (None, whole[name]) for name in whole}
            )
            for name, (before, after) in told.items():
                one = table.by_name.get(str(name))
                hidden = one is not None and one.sensitive and draft.row_id in intake.known.masked
                shows = one is not None and (
                    entry.field or (after is not None and name not in (*table.key, table.title))
                )
                if shows and not hidden:
                    found.append(Cell(str(name), before, after))
        return tuple(found)

    def standing(self, intake: Intake, draft: Draft, one: Field) -> Value:
        """What the record holds, as the reader may see it."""
        value = (draft.existing or {}).get(one.name)
        return mask(value) if one.sensitive and draft.row_id in intake.known.masked else value

    # ---- spellings

    def spelt(self, drafts: Sequence[Draft]) -> list[Spelt]:
        """The texts that are in no list, each once for all rows that have it."""
        table, counts, texts = self.ground.table, Counter[tuple[str, str]](), dict[tuple[str, str], str]()
        for draft in (one for one in drafts if self.ground.state(one.number) not in ("written", "dropped")):
            for name in (*unfit(table, draft), *draft.spelled):
                text = shown(draft.raw.get(name))
                spot = (name, spelling(text))
                counts[spot] += 1
                texts.setdefault(spot, text)
        return spelt(self.ground, counts, texts)


def spelt(ground: Ground, counts: Mapping[tuple[str, str], int], texts: Mapping[tuple[str, str], str]) -> list[Spelt]:
    """These texts with what is known of them, those that nobody has spoken of first."""
    kept = {(one.field, one.written): one for one in ground.known}
    found = []
    for (name, written), count in counts.items():
        means, there = ground.spellings.get(name, {}).get(written), kept.get((name, written))
        same = there if there and there.means == means else None
        number, by, everyone = (same.id, same.account, same.everyone) if same else (None, "", False)
        found.append(Spelt(name, texts[name, written], count, means, number, by, everyone))
    return sorted(found, key=lambda one: (one.means is not None, -one.count))


def unfit(table: Table, draft: Draft) -> list[str]:
    """The fields of a row whose text is none of their list."""
    return [
        str(problem.field)
        for problem in draft.problems
        if problem.field in table.by_name
        and problem.value
        and problem.cause in ("value", "reference")
        and maps(table.by_name[problem.field])
    ]


def mended(cells: Mapping[str, Raw], mends: Mapping[str, str | None], left: Sequence[str]) -> dict[str, Raw]:
    """A row's cells with what was typed over them; what is left out is not there at all."""
    told: dict[str, Raw] = {name: value for name, value in cells.items() if name not in left}
    for name, text in mends.items():
        if text is None:
            told.pop(name, None)
        else:
            told[name] = text
    return told


def title_of(table: Table, row: Row, names: Mapping[str, Mapping[str, str]]) -> str:
    """What people call a row: its title, else the name of what its key refers to."""
    own = row.get(table.title)
    if own and table.title not in table.key:
        return shown(own)
    refs = (table.by_name[name] for name in table.key if table.by_name[name].ref)
    told = (names.get(str(one.ref), {}).get(str(key), "") for one in refs for key in several(row.get(one.name)))
    return next(filter(None, told), "")
