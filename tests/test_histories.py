"""Histories: random edits on both sides, cycles that end well, are refused or are killed, and decisions.

The model has its own idea of the outcome: a row is known by its title, a cell by what each side holds and what both last
held together. It is written from the contract's table and knows nothing of ids, grids, bases in two versions or merges.
"""

import itertools
import json
import os
import shutil
from copy import deepcopy
from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from integrations import decisions
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
from tests.sheets import BRANCH, DATE, ID, NOTE, PERSONS, REMARKS, SITE, TITLE, Memory, Office, build, counted, event
from tests.world import add

# Without shrinking: a failing history of thirty steps takes longer to shorten than to read.
PHASES = (Phase.explicit, Phase.reuse, Phase.generate)
EXAMPLES = int(os.environ.get("ZONGFEN_HISTORIES", "40"))
HEADERS = {"persons": PERSONS, "note": NOTE, "place": "地点"}
VALUES = {"persons": [None, 1, 2, 3, "十二"], "note": [None, "甲", "乙"], "place": [None, "厅", "=1+1"]}
names = st.sampled_from(sorted(HEADERS))


def is_bad(name, value):
    return name == "persons" and isinstance(value, str)


@dataclass
class Line:
    """A row as the model sees it: what each side holds, and what both held together last. None: not there."""

    app: dict | None = None
    sheet: dict | None = None
    both: dict | None = None
    named: bool = False  # its row in the sheet bears its id
    taken: bool = False  # its row has been taken for a record's, and is known again without the id
    complete: bool = True  # a row without a date is no record yet
    last: dict | None = None  # the record as it was when it was deleted
    copied: bool = False  # it came as a copy of another row, with that one's id
    proposed: bool = False
    parted: bool = False  # its going from the sheet is a conflict

    @property
    def strange(self):
        """Its row bears an id that nobody knows any more."""
        return self.sheet is not None and self.named and self.app is None and self.both is None

    @property
    def pending(self):
        """Its row has been taken for a record, and has not got the id yet."""
        return self.taken and not self.named

    @property
    def unsettled_copy(self):
        return self.copied and self.sheet is not None and not self.named


@dataclass
class Model:
    """The office, as the contract tells it."""

    lines: dict[str, Line] = field(default_factory=dict)
    conflicts: dict = field(default_factory=dict)  # (kind, title, field) -> the sheet's value when last looked at
    problems: set = field(default_factory=set)  # (title, field)
    release: str = ""
    stopped: bool = False

    def cycle(self, *, taken=True, written=True):
        """`taken`: it lives until the records have it; `written`: until the sheet has it too."""
        self.stopped = self.braked() and not self.release
        if self.stopped or not taken:
            return
        self.conflicts, self.problems, held = {}, set(), set()
        for title, line in self.lines.items():
            self.take(title, line, held)
        if written:
            for title, line in self.lines.items():
                self.give(title, line, held)
            self.release = ""

    def braked(self):
        every = [one for one in self.lines.values() if one.both and one.app and not one.proposed and not one.parted]
        gone = sum(one.sheet is None for one in every)
        return gone == len(every) > 1 or (gone > 5 and gone / len(every) > 0.2)

    # ---- what the records take

    def take(self, title, line, held):
        if line.sheet is None:
            self.take_missing(title, line)
        elif line.strange:
            self.problems.add((title, "id"))
        elif line.both is None and line.app is None:
            self.take_new(title, line)
        elif line.app is None:
            line.taken, line.proposed, line.parted = True, False, False
            typed = {name: value for name, value in line.sheet.items() if value != line.both.get(name)}
            if typed:
                self.conflicts["deleted_here", title, None] = typed
        else:
            line.taken, line.proposed, line.parted, line.both = True, False, False, line.both or {}
            for name in HEADERS:
                self.take_cell(title, line, name, held)

    def take_missing(self, title, line):
        if line.app is None or self.release == "restore":
            line.both, line.proposed, line.parted = None, False, False
        if line.both is None:
            return
        line.proposed = line.proposed or all(line.both.get(name) == line.app[name] for name in HEADERS)
        line.parted = not line.proposed
        if line.parted:
            self.conflicts["deleted_there", title, None] = None

    def take_new(self, title, line):
        bad = [name for name, value in line.sheet.items() if is_bad(name, value)]
        if bad or not line.complete:
            self.problems.add((title, bad[0] if bad else None))
        else:
            line.app, line.both, line.taken = dict(line.sheet), dict(line.sheet), True

    def take_cell(self, title, line, name, held):
        app, sheet, both = line.app[name], line.sheet[name], line.both.get(name)
        if is_bad(name, sheet):
            self.problems.add((title, name))
            held.add((title, name))
        elif app == sheet:
            line.both[name] = app
        elif app == both:
            line.app[name] = line.both[name] = sheet
        elif sheet != both:
            self.conflicts["cell", title, name] = sheet
            held.add((title, name))

    # ---- what the sheet gets

    def give(self, title, line, held):
        if line.sheet is None:
            if line.app and line.both is None:
                line.sheet, line.both, line.named, line.taken = dict(line.app), dict(line.app), True, True
        elif line.app is None:
            if ("deleted_here", title, None) in self.conflicts:
                line.named, line.copied = True, False  # or it would be another row next time
            elif line.both is not None:
                line.sheet, line.both, line.named, line.taken = None, None, False, False
        else:
            line.named, line.copied = True, False
            for name in HEADERS:
                if (title, name) not in held:
                    line.sheet[name] = line.both[name] = line.app[name]


class Killed(BaseException):
    """The process ends here."""


class Dying:
    """A place where the process is killed as it writes."""

    def __init__(self, backend, done):
        self.backend, self.done = backend, done

    def __getattr__(self, name):
        return getattr(self.backend, name)

    def write(self, *arguments):
        if self.done:
            self.backend.write(*arguments)
        raise Killed


def at(wanted):
    """Only where some line is so."""
    return precondition(lambda self: self.titles(wanted))


class Histories(RuleBasedStateMachine):
    """Both sides driven at random, the office and the model alike."""

    def __init__(self, make):
        super().__init__()
        self.office = make()
        self.model = Model()
        self.ids = {}  # id -> title, of all that ever lived
        for told in self.office.records("activities"):
            cells = {name: told[name] for name in HEADERS}
            line = Line(dict(cells), dict(cells), dict(cells), named=True, taken=True)
            self.model.lines[told["title"]] = line
        self.trash = {}  # title -> a row that a person deleted: its cells, and what the model knew of it
        self.number = 10
        self.typed = {}
        self.compare()

    def teardown(self):
        self.office.parts.database.close()

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
        self.model.lines[fresh] = Line(sheet=dict(self.model.lines[title].sheet), copied=True)

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

    @rule(turn=st.integers(1, 5))
    def turn_rows(self, turn):
        if self.has_copies:
            return
        with self.office.paper() as paper:
            body = paper.grid[1:]
            paper.grid[1:] = body[turn:] + body[:turn]

    @rule(held=st.booleans())
    def open_or_close(self, held):
        self.office.sheets.held = {BRANCH} if held else set()

    # ---- the team in the app

    @at(lambda line: line.app is not None)
    @rule(data=st.data(), name=names)
    def edit_app(self, data, name):
        title = self.pick(data, lambda line: line.app is not None)
        value = data.draw(st.sampled_from([one for one in VALUES[name] if not is_bad(name, one)]))
        self.office.change("activities", self.id_of(title), **{name: value})
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
        line = self.model.lines[self.ids[one["row_id"]]]
        if accept:
            decisions.accept_proposal(self.office.parts, CLI, one["id"])
            line.last, line.app = line.app, None
        else:
            decisions.refuse_proposal(self.office.parts, CLI, one["id"])
        line.both, line.proposed = None, False

    @precondition(lambda self: self.model.stopped)
    @rule(how=st.sampled_from(["restore", "propose"]))
    def let_go_on(self, how):
        decisions.release_book(self.office.parts, CLI, BRANCH, how)
        self.model.release, self.model.stopped = how, False

    # ---- cycles

    @rule()
    def cycle(self):
        before = deepcopy(self.model)
        told = self.office.cycle()
        self.follow(told)
        self.keeps_what_was_typed(before)
        self.compare()
        again = self.office.cycle()
        assert counted(again), again

    @rule(step=st.sampled_from(["before", "between", "after"]))
    def killed_cycle(self, step):
        with pytest.MonkeyPatch.context() as patch:
            if step == "before":
                patch.setattr(Settling, "apply", self.die)
            self.office.backend = Dying(self.office.sheets.backend, step == "after") if step != "before" else None
            try:
                told = self.office.cycle()
            except Killed:
                self.model.cycle(taken=step != "before", written=step == "after")
            else:
                self.follow(told)
        self.office.backend = None
        self.compare()

    def die(self, *_arguments):
        raise Killed

    def follow(self, told):
        """What a cycle that ended should have done. One that looked at nothing must have had nothing to do."""
        state = self.office.book().state
        if told["read"]:
            self.model.cycle(written=state == "fine")
        elif state == "fine":
            untouched = deepcopy(self.model)
            untouched.cycle()
            assert untouched == self.model

    def keeps_what_was_typed(self, before):
        """Whatever was typed since the last cycle is in the record, in the sheet, or listed."""
        rows = {row.get(TITLE): row for row in self.office.look().rows()}
        records = {row["title"]: row for row in self.office.records("activities")}
        listed = [one["sheet"] for one in self.office.conflicts] + [one["text"] for one in self.office.problems]
        for (title, name), value in self.typed.items():
            if value in (None, (before.lines[title].both or {}).get(name)):
                continue
            sides = (rows.get(title, {}).get(HEADERS[name]), records.get(title, {}).get(name))
            assert value in sides or any(str(value) in text for text in listed), (title, name, value)
        if self.office.book().state == "fine":
            self.typed = {}

    def compare(self):
        """Both sides, and what waits for a person, are what the model says."""
        records = self.office.records("activities")
        self.ids |= {row["id"]: row["title"] for row in records}
        rows = self.office.look().rows()
        lines = self.model.lines
        assert sorted(row["title"] for row in records) == self.titles(lambda line: line.app is not None)
        assert {row["title"]: {name: row[name] for name in HEADERS} for row in records} == {
            title: line.app for title, line in lines.items() if line.app is not None
        }
        said = [row[TITLE] for row in rows if row.keys() != {REMARKS}]
        assert sorted(said) == self.titles(lambda line: line.sheet is not None)
        assert {row[TITLE]: {name: row.get(HEADERS[name]) for name in HEADERS} for row in rows if TITLE in row} == {
            title: line.sheet for title, line in lines.items() if line.sheet is not None
        }
        assert {row[TITLE] for row in rows if ID in row and TITLE in row} == set(
            self.titles(lambda line: line.named or line.unsettled_copy)
        )
        self.compare_matters(rows)

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


def test_histories(sqlite_template, tmp_path):
    """Set ZONGFEN_HISTORIES to the number of histories."""
    data = tmp_path / "first" / "data"
    data.mkdir(parents=True)
    shutil.copy(sqlite_template, data / "zongfen.db")
    first = office_over(data, Memory())
    build(first.parts, events=8)
    first.cycle()
    first.parts.database.close()
    numbers = itertools.count()

    def make():
        copy = tmp_path / "first" / "data" / f"{next(numbers)}.db"
        shutil.copy(data / "zongfen.db", copy)
        return office_over(data, deepcopy(first.sheets), copy.name)

    run_histories(make, EXAMPLES, 30)


def run_histories(make, examples, steps):
    """So many histories of at most so many steps; `make` makes the office that each begins with."""
    run_state_machine_as_test(
        lambda: Histories(make),
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
