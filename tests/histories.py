"""Histories: random edits on both sides, cycles that end well, meet faults or are killed, and decisions.

The same for every backend: a `Place` says where a history begins and what may go wrong there.
"""

import json
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from integrations import decisions
from integrations.backend import Unreachable
from integrations.cycle import WAITING, Cycle
from integrations.settling import Settling
from models.access import CLI
from models.catalog import catalog
from models.changes import Plan, death, stored_values
from models.database import Database
from models.query import Query
from models.services import Services
from models.settings import settings as configured
from models.store import Store
from tests.conftest import NOW
from tests.dying import Dying, Killed, die
from tests.history_model import HEADERS, VALUES, Line, Model, is_bad
from tests.sheets import BRANCH, DATE, ID, PERSONS, REMARKS, SITE, TITLE, Office, counted, event
from tests.world import add, edit

# Without shrinking: a failing history of thirty steps takes longer to shorten than to read.
PHASES = (Phase.explicit, Phase.reuse, Phase.generate)
names = st.sampled_from(sorted(HEADERS))


# ---------------------------------------------------------------- where a history begins


@dataclass
class Judged(Office):
    """An office whose records and matters are read past the app, by statements of the tests' own."""

    reader: sqlite3.Connection | None = None

    def records(self, table):
        return self.told(f"SELECT id, title, {', '.join(HEADERS)} FROM {table}")

    def matters(self, table):
        return self.told(f"SELECT * FROM {table.name} ORDER BY id")

    def cycle(self, **options):
        """What a cycle did; nobody asks it what waits."""
        report = Cycle(self.parts, self.backend or self.sheets.backend, **options).run()
        return report.told(dict.fromkeys(WAITING, 0))

    def state(self):
        """The state of the workbook that the histories are about."""
        return self.reader.execute("SELECT state FROM sync_books WHERE code = ?", [BRANCH]).fetchone()[0]

    def told(self, statement):
        return [dict(row) for row in self.reader.execute(statement)]

    def changes(self):
        """How often a record, a workbook's state or a matter has changed."""
        return self.reader.execute("SELECT sum(count) FROM pulses").fetchone()[0]


def anew(parts):
    """What reads and writes a database that has been put back: lists that a reader has kept are of another time."""
    database, tables = parts.database, parts.catalog
    return replace(parts, store=Store(database, tables, lambda: NOW), query=Query(database, tables))


class Beginning:
    """An installation as every history finds it: its database is put back each time, and never opened anew."""

    def __init__(self, parts):
        self.parts = parts
        self.reader = sqlite3.connect(parts.database.file, isolation_level=None)
        self.reader.row_factory = sqlite3.Row
        self.kept = sqlite3.connect(":memory:")
        self.reader.backup(self.kept)

    def again(self, sheets):
        """The office over these sheets."""
        self.kept.backup(self.reader)
        return Judged(anew(self.parts), sheets, reader=self.reader)

    def close(self):
        self.reader.close()
        self.kept.close()
        self.parts.database.close()


@dataclass
class Place:
    """A backend, as the histories need it.

    `faults`: what goes wrong for as long as it is entered, by name; those in `late` end the cycle where the records have
    taken what the sheet changed. `hold`: a person opens a workbook, or closes it.
    """

    begin: Callable[[], Judged]
    faults: Mapping[str, Callable[[Office], AbstractContextManager]]
    hold: Callable[[Office, bool], None] | None = None
    late: frozenset[str] = frozenset()


def run_histories(place, examples, steps):
    """So many histories of at most so many steps."""
    run_state_machine_as_test(
        lambda: Histories(place),
        settings=settings(
            max_examples=examples,
            phases=PHASES,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def office_over(data, sheets, name="zongfen.db"):
    database, tables = Database(f"sqlite:///{data / name}"), catalog()
    store, query = Store(database, tables, lambda: NOW), Query(database, tables)
    return Office(Services(configured({"ZONGFEN_DATA": str(data)}), database, tables, store, query), sheets)


# ---------------------------------------------------------------- faults


class Quiet:
    """A place where a cycle may look at what there is, and nothing else."""

    def __init__(self, backend):
        self.backend = backend

    def __getattr__(self, name):
        assert name not in ("write", "create", "take_lease"), name
        return getattr(self.backend, name)

    def read(self, seen):
        assert not seen
        return self.backend.read(seen)


# ---------------------------------------------------------------- the machine


KILLED_IN = {"before": (Settling, "apply"), "noting": (Settling, "edits"), "keeping": (Cycle, "keep")}


def at(wanted):
    """Only where some line is so."""
    return precondition(lambda self: self.titles(wanted))


class Histories(RuleBasedStateMachine):
    """Both sides driven at random, the office and the model alike."""

    def __init__(self, place):
        super().__init__()
        self.place = place
        self.office = place.begin()
        self.model = Model()
        self.ids = {}  # id -> title, of all that ever lived
        for told in self.office.records("activities"):
            cells = {name: told[name] for name in HEADERS}
            line = Line(dict(cells), dict(cells), dict(cells), named=True, taken=True)
            self.model.lines[told["title"]] = line
        self.trash = {}  # title -> a row that a person deleted: its cells, and what the model knew of it
        self.number = 10
        self.typed = {}
        self.held = False
        self.deleted = {
            "app": set(),
            "sheet": set(),
        }  # titles that a person deleted on that side, and nobody wanted back
        self.compare()

    def teardown(self):
        if self.held:
            self.place.hold(self.office, False)

    # ---- finding

    def titles(self, wanted):
        return sorted(title for title, line in self.model.lines.items() if wanted(line))

    def pick(self, data, wanted):
        return data.draw(st.sampled_from(self.titles(wanted)))

    def id_of(self, title):
        return next(row["id"] for row in self.office.records("activities") if row["title"] == title)

    def fresh_title(self):
        self.number += 1
        return f"题 {self.number}"

    @property
    def has_copies(self):
        return any(line.unsettled_copy for line in self.model.lines.values())

    # ---- a person at the sheet

    @at(lambda line: line.sheet is not None)
    @rule(data=st.data(), name=names)
    def edit_sheet(self, data, name):
        title = self.pick(data, lambda line: line.sheet is not None)
        line = self.model.lines[title]
        if line.both is not None and not line.named and (not line.taken or name != "persons"):
            return  # without its id it is known by what it says: too much typed over, and it is another row
        value = data.draw(st.sampled_from(VALUES[name]))
        with self.office.paper() as paper:
            paper.set(paper.number(TITLE, title), HEADERS[name], value)
        line.sheet[name] = value
        self.typed[title, name] = value
        if line.both and value == line.both.get(name):
            del self.typed[title, name]  # what both sides have anyway

    @rule(data=st.data(), complete=st.booleans())
    def add_in_sheet(self, data, complete):
        title = self.fresh_title()
        cells = {name: data.draw(st.sampled_from(VALUES[name])) for name in HEADERS}
        row = {SITE: BRANCH, TITLE: title, DATE: "2026-05-06" if complete else None}
        row |= {HEADERS[name]: value for name, value in cells.items()}
        with self.office.paper() as paper:
            place = data.draw(st.integers(2, len(paper.grid) + 3))
            if place <= len(paper.grid):
                paper.insert(place, row)
            else:
                paper.fill(place, row)
        self.model.lines[title] = Line(sheet=cells, complete=complete)

    @at(lambda line: line.sheet is not None and not line.complete)
    @rule(data=st.data())
    def complete_in_sheet(self, data):
        title = self.pick(data, lambda line: line.sheet is not None and not line.complete)
        with self.office.paper() as paper:
            paper.set(paper.number(TITLE, title), DATE, "2026-05-06")
        self.model.lines[title].complete = True

    @at(lambda line: line.sheet is not None and not line.pending)
    @rule(data=st.data(), many=st.sampled_from([1, 1, 1, 6, 8]))
    def delete_in_sheet(self, data, many):
        """Not a row whose id is still on its way: another one like it would be taken for it."""
        for _row in range(many):
            if not self.has_copies and self.titles(lambda line: line.sheet is not None and not line.pending):
                self.delete_row(self.pick(data, lambda line: line.sheet is not None and not line.pending))

    def delete_row(self, title):
        line = self.model.lines[title]
        with self.office.paper() as paper:
            number = paper.number(TITLE, title)
            paper.set(number, REMARKS, None)
            if line.named:
                self.trash[title] = (list(paper.grid[number - 1]), dict(line.sheet))
            paper.remove(number)
        line.sheet, line.named, line.taken = None, False, False
        # Not where a cycle has yet to bring it there, or back there: it saw nothing of this.
        if (line.both is not None or line.app is None) and not self.model.comes_back(title):
            self.deleted["sheet"].add(title)
        self.typed = {spot: value for spot, value in self.typed.items() if spot[0] != title}

    @precondition(lambda self: any(self.model.lines[title].sheet is None for title in self.trash))
    @rule(data=st.data())
    def bring_back_in_sheet(self, data):
        """A person takes a deletion back: the row as it was, with its id."""
        title = data.draw(st.sampled_from(sorted(one for one in self.trash if self.model.lines[one].sheet is None)))
        cells, sheet = self.trash.pop(title)
        with self.office.paper() as paper:
            paper.grid.append(cells)
        line = self.model.lines[title]
        line.sheet, line.named, line.taken = sheet, True, True
        self.deleted["sheet"].discard(title)

    @at(lambda line: line.sheet is not None and line.named and not line.strange)
    @rule(data=st.data())
    def copy_in_sheet(self, data):
        """A row copied with its id, under a new title; the upper one keeps the id, and with it the record."""
        title = self.pick(data, lambda line: line.sheet is not None and line.named and not line.strange)
        fresh = self.fresh_title()
        with self.office.paper() as paper:
            number = paper.number(TITLE, title)
            paper.copy(number, number + 1)
            paper.set(number + 1, TITLE, fresh)
        self.model.lines[fresh] = Line(sheet=dict(self.model.lines[title].sheet), copied=title)

    @at(lambda line: line.named and line.both is not None and line.sheet == line.both)
    @rule(data=st.data())
    def erase_id(self, data):
        if self.has_copies:
            return
        title = self.pick(data, lambda line: line.named and line.both is not None and line.sheet == line.both)
        with self.office.paper() as paper:
            paper.set(paper.number(TITLE, title), ID, None)
        line = self.model.lines[title]
        line.named = line.taken = False

    @rule(turn=st.integers(1, 5), header=st.sampled_from([None, TITLE, PERSONS]), down=st.booleans())
    def sort_rows(self, turn, header, down):
        """By a column, blanks last; or the upper rows put below the others."""
        if self.has_copies:
            return
        with self.office.paper() as paper:
            body = paper.grid[1:]
            if header is None:
                paper.grid[1:] = body[turn:] + body[:turn]
            else:
                place = paper.column(header)
                known = [cells for cells in body if cells[place] is not None]
                blank = [cells for cells in body if cells[place] is None]
                known.sort(key=lambda cells: (isinstance(cells[place], str), cells[place]), reverse=down)
                paper.grid[1:] = known + blank

    @precondition(lambda self: self.place.hold)
    @rule(held=st.booleans())
    def open_or_close(self, held):
        if held != self.held:
            self.place.hold(self.office, held)
            self.held = held

    # ---- the team in the app

    @at(lambda line: line.app is not None)
    @rule(data=st.data(), name=names)
    def edit_app(self, data, name):
        title = self.pick(data, lambda line: line.app is not None)
        value = data.draw(st.sampled_from([one for one in VALUES[name] if not is_bad(name, one)]))
        before = self.model.lines[title].app[name]
        edit(self.office.parts, "activities", self.id_of(title), name, before, value)
        self.model.lines[title].app[name] = value

    @rule(data=st.data())
    def add_in_app(self, data):
        title = self.fresh_title()
        cells = {name: data.draw(st.sampled_from([v for v in VALUES[name] if not is_bad(name, v)])) for name in HEADERS}
        add(self.office.parts, "activities", event(self.office.parts, f"n{self.number}", 1, title=title, **cells))
        self.model.lines[title] = Line(app=cells)

    @at(lambda line: line.app is not None)
    @rule(data=st.data())
    def delete_in_app(self, data):
        title = self.pick(data, lambda line: line.app is not None)
        table = self.office.parts.catalog["activities"]
        row = self.office.record("activities", self.id_of(title))
        self.office.parts.store.apply(Plan((death("activities", stored_values(table, row)),)), CLI, "ui")
        line = self.model.lines[title]
        line.last, line.app = line.app, None
        self.deleted["app"].add(title)
        for name in HEADERS:  # what the record had taken goes with it
            if line.both and self.typed.get((title, name)) == line.both.get(name):
                self.typed.pop((title, name), None)

    # ---- decisions

    @precondition(lambda self: self.office.conflicts)
    @rule(data=st.data(), keep=st.sampled_from(["app", "sheet"]))
    def resolve(self, data, keep):
        one = data.draw(st.sampled_from(self.office.conflicts))
        title = self.ids[one["row_id"]]
        line, value = self.model.lines[title], self.model.conflicts[one["kind"], title, one["field"]]
        if one["kind"] == "deleted_here" and keep == "sheet" and is_bad("persons", value.get("persons")):
            return
        decisions.resolve_conflict(self.office.parts, CLI, one["id"], keep)
        del self.model.conflicts[one["kind"], title, one["field"]]
        self.wanted_back(title)
        self.typed = {spot: value for spot, value in self.typed.items() if spot[0] != title}
        if one["kind"] == "cell":
            if line.app is not None:
                line.both = {**(line.both or {}), one["field"]: value}
                line.app |= {one["field"]: value} if keep == "sheet" else {}
        elif one["kind"] == "deleted_here":
            line.both = {**line.both, **value}
            line.app = {**line.last, **value} if keep == "sheet" else None
        else:
            line.both, line.parted = None, False
            if keep == "sheet":
                line.last, line.app = line.app, None

    @precondition(lambda self: self.office.proposals)
    @rule(data=st.data(), accept=st.booleans())
    def answer(self, data, accept):
        one = data.draw(st.sampled_from(self.office.proposals))
        title = self.ids[one["row_id"]]
        line = self.model.lines[title]
        self.wanted_back(title)
        if accept:
            decisions.accept_proposal(self.office.parts, CLI, one["id"])
            line.last, line.app = line.app, None
            if line.sheet is None:  # else somebody has brought it back meanwhile
                self.deleted["sheet"].add(title)
            if line.sheet is None or line.named:  # one without its id is a new row by now
                self.deleted["app"].add(title)
        else:
            decisions.refuse_proposal(self.office.parts, CLI, one["id"])
        line.both, line.proposed = None, False

    @precondition(lambda self: self.model.stopped)
    @rule(how=st.sampled_from(["restore", "propose"]))
    def let_go_on(self, how):
        decisions.release_book(self.office.parts, CLI, BRANCH, how)
        self.model.release, self.model.stopped = how, False
        if how == "restore":
            self.deleted["sheet"] -= self.model.gone

    def wanted_back(self, title):
        """A person has decided about a row that went: it may come back."""
        for side in self.deleted.values():
            side.discard(title)

    # ---- cycles

    @rule()
    def cycle(self):
        before = {title: dict(line.both or {}) for title, line in self.model.lines.items()}
        told = self.office.cycle()
        self.follow(told)
        self.keeps_what_was_typed(before)
        self.compare()
        self.is_quiet()

    def is_quiet(self):
        """Another cycle reads no workbook and writes nothing anywhere."""
        changes = self.office.changes()
        self.office.backend = Quiet(self.office.sheets.backend)
        again = self.office.cycle()
        self.office.backend = None
        assert counted(again), again
        assert self.office.changes() == changes

    @rule(step=st.sampled_from(["before", "noting", "between", "after", "keeping"]))
    def killed_cycle(self, step):
        with pytest.MonkeyPatch.context() as patch:
            if step in KILLED_IN:
                patch.setattr(*KILLED_IN[step], die)
            else:
                self.office.backend = Dying(self.office.sheets.backend, "write", step == "after")
            try:
                told = self.office.cycle()
            except Killed:
                # Where somebody has the workbook open, what is kept last is that it could not be written.
                written = step == "after" or (step == "keeping" and not self.held)
                self.model.cycle(taken=step not in ("before", "noting"), written=written)
            else:
                self.follow(told)
        self.office.backend = None
        self.compare()

    @precondition(lambda self: not self.model.release)
    @rule(data=st.data())
    def faulty_cycle(self, data):
        """What goes wrong holds it up, and undoes nothing."""
        fault = data.draw(st.sampled_from(sorted(self.place.faults)))
        with self.place.faults[fault](self.office):
            try:
                told = self.office.cycle()
            except Unreachable:
                if fault in self.place.late:
                    self.model.cycle(written=False)
            else:
                self.follow(told)
        self.compare()

    def follow(self, told):
        """What a cycle that ended should have done. One that looked at nothing must have had nothing to do."""
        state = self.office.state()
        if told["read"]:
            self.model.cycle(written=state == "fine")
        elif state == "fine":
            untouched = self.model.twin()
            untouched.cycle()
            assert untouched == self.model

    def keeps_what_was_typed(self, before):
        """Whatever was typed since the last cycle is in the record, in the sheet, or listed."""
        rows = {row.get(TITLE): row for row in self.office.look().rows()}
        records = {row["title"]: row for row in self.office.records("activities")}
        listed = [one["sheet"] for one in self.office.conflicts] + [one["text"] for one in self.office.problems]
        for (title, name), value in self.typed.items():
            if value in (None, before[title].get(name)):
                continue
            sides = (rows.get(title, {}).get(HEADERS[name]), records.get(title, {}).get(name))
            assert value in sides or any(str(value) in text for text in listed), (title, name, value)
        if self.office.state() == "fine":
            self.typed = {}
            self.are_equal(rows, records)

    def are_equal(self, rows, records):
        """Both sides say the same, but for the rows and cells that are listed for a person."""
        conflicts = {(self.ids[one["row_id"]], one["field"]) for one in self.office.conflicts}
        conflicts |= {(self.ids[one["row_id"]], None) for one in self.office.proposals}
        problems = {(self.ids.get(one["row_id"]), one["field"]) for one in self.office.problems}
        nameless = sum(one["row_id"] is None for one in self.office.problems)
        whole = {title for title, field in conflicts | problems if field in (None, "id")}
        alone = rows.keys() - records.keys() - whole
        assert len(alone) <= nameless, alone
        assert records.keys() - rows.keys() <= whole
        for title in rows.keys() & records.keys():
            for name in HEADERS:
                same = rows[title].get(HEADERS[name]) == records[title][name]
                assert same or (title, name) in conflicts | problems, (title, name)

    def compare(self):
        """Both sides, and what waits for a person, are what the model says."""
        records = self.office.records("activities")
        self.ids |= {row["id"]: row["title"] for row in records}
        rows = self.office.look().rows()
        lines = self.model.lines
        living = [row["title"] for row in records]
        said = [row[TITLE] for row in rows if row.keys() != {REMARKS}]
        assert len(set(living)) == len(living)  # nothing is doubled
        assert len(set(said)) == len(said)
        assert not self.deleted["app"] & set(living)  # nothing that was deleted comes back
        assert not self.deleted["sheet"] & set(said)
        assert sorted(living) == self.titles(lambda line: line.app is not None)
        assert {row["title"]: {name: row[name] for name in HEADERS} for row in records} == {
            title: line.app for title, line in lines.items() if line.app is not None
        }
        assert sorted(said) == self.titles(lambda line: line.sheet is not None)
        assert {row[TITLE]: {name: row.get(HEADERS[name]) for name in HEADERS} for row in rows if TITLE in row} == {
            title: line.sheet for title, line in lines.items() if line.sheet is not None
        }
        assert {row[TITLE] for row in rows if ID in row and TITLE in row} == set(
            self.titles(lambda line: line.named or line.unsettled_copy)
        )
        self.compare_matters(rows)
        # What a record has taken stands in its history, whatever anybody makes of it afterwards.
        self.typed = {spot: value for spot, value in self.typed.items() if not self.has_taken(*spot, value)}

    def has_taken(self, title, name, value):
        both = self.model.lines[title].both
        return both is not None and both.get(name) == value

    def compare_matters(self, rows):
        told = {
            (one["kind"], self.ids[one["row_id"]], one["field"]): json.loads(one["sheet"])
            for one in self.office.conflicts
        }
        assert told == self.model.conflicts
        proposed = {self.ids[one["row_id"]] for one in self.office.proposals}
        assert proposed == set(self.titles(lambda line: line.proposed))
        assert len(self.office.problems) == len(self.model.problems)
        fields = sorted(str(one["field"]) for one in self.office.problems)
        assert fields == sorted(str(name) for _title, name in self.model.problems)
