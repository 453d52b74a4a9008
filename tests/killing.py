"""Twenty workbooks, edited on both sides while one cycle after another is ended by SIGKILL at a random moment.

The same edits are made in an office of the same kind whose cycles are left alone. What should be there in the end is also
known without any cycle: between two undisturbed ones no row is touched twice, so each edit has one outcome, which `Lines`
writes down as it is made.
"""

import json
import os
import random
import signal
import time
from collections import Counter
from dataclasses import dataclass, field

from integrations import decisions
from models.access import CLI
from models.changes import Plan, death, stored_values
from tests.mortal import KILLED, mortals
from tests.sheets import DATE, ID, NOTE, PERSONS, SITE, TITLE, counted, event
from tests.world import add, edit, site_row

KILLS = int(os.environ.get("ZONGFEN_KILLS", "200"))
HALL = "C11"
CODES = [HALL, *(f"C11{number:02d}" for number in range(1, 20))]  # of the sites that have a workbook
TABS = ("馆点", "牌匾", "活动台账")
HEADERS = {"persons": PERSONS, "note": NOTE}
BATCHES = 4  # cycles that are killed, at most, before one is left alone
DAY = "2026-05-06"


def build_city(parts):
    """A center, a hall and nineteen branches, with six events each."""
    branches = [
        site_row(parts, code, parent=HALL, county="官渡区", township=f"街道{code[-2:]}", name=f"馆 {code}")
        for code in CODES[1:]
    ]
    center, hall = (
        site_row(parts, "C1", level="center", name="市馆"),
        site_row(parts, HALL, level="main", parent="C1", county="官渡区", name="官渡馆"),
    )
    add(parts, "sites", center, hall, *branches)
    events = [
        event(parts, f"{code.lower()}{number}", number, site=code, title=f"展 {code} {number}", note=None)
        for code in CODES
        for number in range(1, 7)
    ]
    add(parts, "activities", *events)


# ---------------------------------------------------------------- what should be there


@dataclass
class Line:
    """A row of one workbook. `app`, `sheet`: what each side says of it in the end; None: not there."""

    code: str
    app: dict | None
    sheet: dict | None
    conflict: str | None = None  # the field where both sides were changed
    problem: bool = False  # it cannot be taken as it stands


@dataclass
class Lines:
    """What both sides should say, and a source of edits, each of a row that this round has not touched."""

    random: random.Random
    lines: dict[str, Line] = field(default_factory=dict)  # title ->
    touched: set[str] = field(default_factory=set)  # titles
    marked: Counter = field(default_factory=Counter)  # (what, code) -> times in this round
    numbers: int = 0

    def __post_init__(self):
        for code in CODES:
            for number in range(1, 7):
                cells = {"persons": number, "note": None}
                self.lines[f"展 {code} {number}"] = Line(code, dict(cells), dict(cells))

    def batch(self):
        """Edits of some workbooks, in order."""
        edits = [self.mend(title, line) for title, line in self.lines.items() if line.problem and self.free(title)]
        for code in self.random.sample(CODES, 6):
            for _edit in range(self.random.randint(1, 4)):
                edits += filter(None, [self.one(code)])
        return edits

    def free(self, title):
        return title not in self.touched

    def one(self, code):
        """An edit in this workbook, or None where it has no row left for one."""
        what = self.random.choice(WHAT)
        if what.startswith("add"):
            return self.born(what, code)
        if what == "sort":  # which of two rows with one id is the upper one is how the copy is told
            return None if self.marked["copy", code] else ("sort", code)
        there = [
            title
            for title, line in self.lines.items()
            if line.code == code and self.free(title) and line.app is not None is not line.sheet and not line.conflict
        ]
        if not there or (what == "drop in sheet" and self.marked[what, code]):
            return None
        self.marked[what, code] += 1
        title = self.random.choice(there)
        self.touched.add(title)
        return getattr(self, what.replace(" ", "_"))(title, self.lines[title])

    def value(self, name):
        self.numbers += 1
        return self.numbers + 100 if name == "persons" else f"记 {self.numbers}"

    def fresh(self):
        self.numbers += 1
        title = f"新 {self.numbers}"
        self.touched.add(title)
        return title

    # ---- edits: told as tuples, their outcome written down

    def born(self, what, code):
        title = self.fresh()
        cells = {"persons": self.value("persons"), "note": self.value("note")}
        whole = what != "add half in sheet"  # a row without its date is no record yet
        self.lines[title] = Line(code, dict(cells) if whole else None, dict(cells), problem=not whole)
        return (what, code, title, cells)

    def mend(self, title, line):
        self.touched.add(title)
        line.problem = False
        if line.app is None:
            line.app = dict(line.sheet)
            return ("complete", line.code, title)
        line.sheet["persons"] = line.app["persons"] = value = self.value("persons")
        return ("edit sheet", line.code, title, "persons", value)

    def edit_sheet(self, title, line):
        name = self.random.choice(sorted(HEADERS))
        line.app[name] = line.sheet[name] = value = self.value(name)
        return ("edit sheet", line.code, title, name, value)

    def edit_app(self, title, line):
        return ("edit app", *self.edit_sheet(title, line)[1:])

    def edit_both(self, title, line):
        name = self.random.choice(sorted(HEADERS))
        line.app[name], line.sheet[name], line.conflict = self.value(name), self.value(name), name
        return ("edit both", line.code, title, name, line.app[name], line.sheet[name])

    def spoil(self, title, line):
        line.sheet["persons"], line.problem = "十二", True
        return ("edit sheet", line.code, title, "persons", "十二")

    def drop_in_sheet(self, title, line):
        line.sheet = None
        return ("drop in sheet", line.code, title)

    def drop_in_app(self, title, line):
        line.sheet = line.app = None
        return ("drop in app", line.code, title)

    def copy(self, title, line):
        fresh = self.fresh()
        self.lines[fresh] = Line(line.code, dict(line.app), dict(line.sheet))
        return ("copy", line.code, title, fresh)

    def decide(self, office):
        """A person decides all that waits; what comes of it is not touched in the coming round."""
        titles = {row["id"]: row["title"] for row in office.records("activities")}
        for one in office.conflicts:
            decisions.resolve_conflict(office.parts, CLI, one["id"], keeps(titles[one["row_id"]]))
        for one in office.proposals:
            decisions.accept_proposal(office.parts, CLI, one["id"])

    def decided(self):
        self.touched.clear()
        self.marked.clear()
        for title, line in list(self.lines.items()):
            if line.conflict:
                kept = line.app if keeps(title) == "app" else line.sheet
                line.app, line.sheet, line.conflict = dict(kept), dict(kept), None
                self.touched.add(title)
            elif line.sheet is None:
                del self.lines[title]

    # ---- judged

    def judge(self, office):
        """One record and one row of each line, with what they should say, and what waits for a person."""
        records = office.records("activities")
        ids = {row["title"]: row["id"] for row in records}
        assert Counter(row["title"] for row in records) == Counter(
            title for title, line in self.lines.items() if line.app is not None
        )
        for row in records:
            assert {name: row[name] for name in HEADERS} == self.lines[row["title"]].app, row
        for code in CODES:
            rows = office.look(code).rows()
            mine = {title: line for title, line in self.lines.items() if line.code == code}
            assert Counter(row.get(TITLE) for row in rows) == Counter(
                title for title, line in mine.items() if line.sheet is not None
            )
            for row in rows:
                assert {name: row.get(header) for name, header in HEADERS.items()} == mine[row[TITLE]].sheet, row
                assert row.get(ID) == ids.get(row[TITLE]), row
        titles = {row_id: title for title, row_id in ids.items()}
        told = {(titles[one["row_id"]], one["field"]): json.loads(one["sheet"]) for one in office.conflicts}
        wanted = {(title, line.conflict): line for title, line in self.lines.items() if line.conflict}
        assert told == {spot: line.sheet[line.conflict] for spot, line in wanted.items()}
        assert {titles[one["row_id"]] for one in office.proposals} == {
            title for title, line in self.lines.items() if line.app is not None and line.sheet is None
        }
        assert len(office.problems) == sum(line.problem for line in self.lines.values())


WHAT = [
    *["edit sheet", "edit app"] * 3,
    *["edit both", "add in sheet", "add in app", "add half in sheet", "drop in sheet", "drop in app", "copy", "sort"],
    "spoil",
]


def keeps(title):
    """How a conflict is decided: always the same way for a title."""
    return "app" if len(title.encode()) % 2 or title[-1] in "02468" else "sheet"


# ---------------------------------------------------------------- made in an office


def make(office, edits):
    """Make the edits of a batch: in the app one by one, in each workbook all at once, which is saved then."""
    for kind, code, *told in edits:
        MADE_IN_APP.get(kind, lambda *_told: None)(office, code, *told)
    for code in dict.fromkeys(one[1] for one in edits if one[0] in MADE_IN_SHEET):
        with office.paper(code) as paper:
            for kind, where, *told in edits:
                if where == code and kind in MADE_IN_SHEET:
                    MADE_IN_SHEET[kind](paper, code, *told)


def change(office, _code, title, name, value, _sheet=None):
    row = next(row for row in office.records("activities") if row["title"] == title)
    edit(office.parts, "activities", row["id"], name, row[name], value)


def birth(office, code, title, cells):
    add(office.parts, "activities", event(office.parts, f"n{title[2:]}", 1, site=code, title=title, **cells))


def bury(office, _code, title):
    row = next(row for row in office.records("activities") if row["title"] == title)
    table = office.parts.catalog["activities"]
    office.parts.store.apply(Plan((death("activities", stored_values(table, row)),)), CLI, "ui")


MADE_IN_APP = {"edit app": change, "edit both": change, "add in app": birth, "drop in app": bury}


def type_in(paper, _code, title, name, *values):
    paper.set(paper.number(TITLE, title), HEADERS[name], values[-1])


def type_row(paper, code, title, cells, day=DAY):
    paper.add({SITE: code, DATE: day, TITLE: title, **{HEADERS[name]: value for name, value in cells.items()}})


def copy_row(paper, _code, title, fresh):
    number = paper.number(TITLE, title)
    paper.copy(number, number + 1)
    paper.set(number + 1, TITLE, fresh)


MADE_IN_SHEET = {
    "edit sheet": type_in,
    "edit both": type_in,
    "add in sheet": type_row,
    "add half in sheet": lambda paper, code, title, cells: type_row(paper, code, title, cells, None),
    "complete": lambda paper, code, title: paper.set(paper.number(TITLE, title), DATE, DAY),
    "drop in sheet": lambda paper, code, title: paper.remove(paper.number(TITLE, title)),
    "copy": copy_row,
    "sort": lambda paper, code: paper.sort(),
}


# ---------------------------------------------------------------- the run


def content(office):
    """All that both sides say, ids and the order of rows aside."""
    found = {
        table.name: sorted(str({**row, "id": None}) for row in office.records(table.name))
        for table in office.parts.catalog.tabs
    }
    for code in CODES:
        for title in TABS:
            found[code, title] = sorted(str({**row, ID: ID in row}) for row in office.look(code, title).rows())
    titles = {row["id"]: row.get("title") for name in ("activities", "sites") for row in office.records(name)}
    aside = {"id", "row_id", "title", "number", "cell", "seen_at", "at"}  # of a proposal, the title has the id in it
    for name in ("conflicts", "problems", "proposals"):
        found[name] = sorted(
            str([titles.get(one["row_id"]), {field: value for field, value in one.items() if field not in aside}])
            for one in getattr(office, name)
        )
    return found


def run_kills(office, twin, kills=KILLS):
    """Kill so many cycles of the office; after each undisturbed one it must be what its twin is, and what was meant."""
    seed = int(os.environ.get("ZONGFEN_KILLS_SEED") or random.SystemRandom().randrange(10**6))
    print(f"ZONGFEN_KILLS_SEED={seed}")  # noqa: T201
    lines = Lines(random.Random(seed))
    moments = random.Random(seed)
    killed, moved = 0, 0
    with mortals(office) as cycles:
        edit_both(lines, office, twin)
        length = timed(cycles)
        while killed < kills:
            for _batch in range(BATCHES):
                edit_both(lines, office, twin)
                before = changes(office)
                child = cycles.begin()
                time.sleep(moments.random() * length)
                os.kill(child, signal.SIGKILL)
                ended = cycles.ended()
                assert ended in (0, KILLED)
                length *= 0.93 if ended == 0 else 1.01
                killed += ended == KILLED
                moved += ended == KILLED and changes(office) != before
            for one in (office, twin):
                one.cycle()
                lines.judge(one)
            content_of_twin = content(twin)
            for what, told in content(office).items():
                assert told == content_of_twin[what], what
            again = office.cycle()
            assert counted(again), again
            for one in (office, twin):
                lines.decide(one)
            lines.decided()
    print(f"{killed} killed, {moved} of them after something had been written; a cycle takes {length:.2f} s")  # noqa: T201


def edit_both(lines, office, twin):
    edits = lines.batch()
    make(office, edits)
    make(twin, edits)


def timed(cycles):
    """How long a cycle takes that is left alone."""
    cycles.begin()
    began = time.monotonic()
    assert cycles.ended() == 0
    return time.monotonic() - began


def changes(office):
    """How often anything was changed here."""
    with office.parts.database.read() as connection:
        return connection.exec_driver_sql("SELECT sum(count) FROM pulses").scalar()
