"""What histories are judged by: an idea of the outcome that knows nothing of ids, grids, bases in two versions or merges.

A row is known by its title, a cell by what each side holds and what both last held together. Written from the contract's
table.
"""

from dataclasses import dataclass, field, replace

from tests.sheets import NOTE, PERSONS

HEADERS = {"persons": PERSONS, "note": NOTE, "place": "地点"}
VALUES = {"persons": [None, 1, 2, 3, "十二"], "note": [None, "甲", "乙"], "place": [None, "厅", "=1+1"]}


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
    copied: str = ""  # it came as a copy of the row with this title, with that one's id
    proposed: bool = False
    parted: bool = False  # its going from the sheet is a conflict

    def twin(self):
        app, sheet, both = (None if one is None else dict(one) for one in (self.app, self.sheet, self.both))
        return replace(self, app=app, sheet=sheet, both=both)

    @property
    def strange(self):
        """Its row bears an id that nobody knows any more."""
        return self.sheet is not None and self.named and not self.known

    @property
    def counted(self):
        """The sheet should have it."""
        return bool(self.both and self.app and not self.proposed and not self.parted)

    @property
    def pending(self):
        """Its row has been taken for a record, and has not got the id yet."""
        return self.taken and not self.named

    @property
    def unsettled_copy(self):
        return bool(self.copied) and self.sheet is not None and not self.named

    @property
    def known(self):
        """Somebody knows its id."""
        return self.app is not None or self.both is not None


@dataclass
class Model:
    """The office, as the contract tells it."""

    lines: dict[str, Line] = field(default_factory=dict)
    conflicts: dict = field(default_factory=dict)  # (kind, title, field) -> the sheet's value when last looked at
    problems: set = field(default_factory=set)  # (title, field)
    release: str = ""
    stopped: bool = False
    gone: set = field(default_factory=set)  # the titles that it was stopped for

    def twin(self):
        """Another one that is the same by now."""
        lines = {title: line.twin() for title, line in self.lines.items()}
        return replace(
            self, lines=lines, conflicts=dict(self.conflicts), problems=set(self.problems), gone=set(self.gone)
        )

    def cycle(self, *, taken=True, written=True):
        """`taken`: it lives until the records have it; `written`: until the sheet has it too."""
        self.stopped = self.braked() and not self.release
        if self.stopped:
            self.gone = {title for title, line in self.lines.items() if line.counted and line.sheet is None}
        if self.stopped or not taken:
            return
        self.gone = {title for title in self.gone if self.lines[title].sheet is None}
        self.conflicts, self.problems, held = {}, set(), set()
        for title, line in self.lines.items():
            self.take(title, line, held)
        if written:
            for title, line in self.lines.items():
                self.give(title, line, held)
            self.release, self.gone = "", set()

    def braked(self):
        every = [one for one in self.lines.values() if one.counted]
        gone = sum(one.sheet is None for one in every)
        return gone == len(every) > 1 or (gone > 5 and gone / len(every) > 0.2)

    def comes_back(self, title):
        """A person has said so of the rows that were gone when it stopped, and of no other."""
        return self.release == "restore" and title in self.gone

    # ---- what the records take

    def take(self, title, line, held):
        if line.sheet is None:
            self.take_missing(title, line)
        elif line.strange or (line.unsettled_copy and not self.lines[line.copied].known):
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
        if line.app is None or self.comes_back(title):
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
                line.named, line.copied = True, ""  # or it would be another row next time
            elif line.both is not None:
                line.sheet, line.both, line.named, line.taken = None, None, False, False
            elif (title, "id") not in self.problems:
                line.copied = ""  # no record yet: the id is the first one's alone
        else:
            line.named, line.copied = True, ""
            for name in HEADERS:
                if (title, name) not in held:
                    line.sheet[name] = line.both[name] = line.app[name]
