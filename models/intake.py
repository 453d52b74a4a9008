"""From the rows of a file to a plan: which record a row means, what would change, what does not fit. Pure over look-ups.

The plan is the preview: what it shows is what the store writes. Works column by column, so that a value that stands in a
thousand rows is read once.
"""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from models.access import is_masked
from models.blanks import trim
from models.changes import Change, Counts, Plan, Problem, birth, two_way
from models.derive import Paths
from models.kinds import Bad, Noted, Number, Raw, Ref, Value, narrow, shown
from models.rows import new_id
from models.schema import Field, Row, Table
from models.words import _

Parsed = Value | Bad | Noted


@dataclass(frozen=True)
class Incoming:
    """Rows as they came: (number in the file, field -> raw cell). `percents` are cells that show 0.925 as 92.5%."""

    rows: Sequence[tuple[int, Mapping[str, Raw]]]
    columns: tuple[str, ...]
    totals: Sequence[tuple[int, str, Mapping[str, Raw]]] = ()
    percents: frozenset[tuple[int, str]] = frozenset()


@dataclass(frozen=True)
class Known:
    """What is there already: rows of the table by id, and names of the records that references may mean."""

    rows: Mapping[str, Row]
    names: Mapping[str, Mapping[str, str]]  # table -> key -> name, of the visible ones
    masked: frozenset[str] = frozenset()  # ids of rows whose numbers the reader does not see


@dataclass
class Draft:
    """A row on its way: what was read, and what is wrong with it."""

    number: int
    raw: Mapping[str, Raw]
    values: dict[str, Value] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    existing: Row | None = None
    row_id: str = ""
    spelled: set[str] = field(default_factory=set)  # fields whose text was read by a known spelling


Spellings = Mapping[str, Mapping[str, str]]  # field -> `spelling` of a text that does not fit -> what is meant by it


@dataclass
class Intake:
    """Plans one file into one table. `drafts` are its rows as they were read, once they are planned."""

    table: Table
    known: Known
    paths: Paths
    warnings: list[Problem] = field(default_factory=list)
    numbers: dict[str, int] = field(default_factory=dict)  # row id -> the row's number in the file
    spellings: Spellings = field(default_factory=dict)
    drafts: list[Draft] = field(default_factory=list)

    def plan(self, incoming: Incoming) -> Plan:
        """The plan of these rows. Rows with errors are in no change and are counted as rejected."""
        drafts = self.drafts = [Draft(number, raw) for number, raw in self.own_rows(incoming)]
        for name in incoming.columns:
            if name in self.table.by_name:
                self.read_column(self.table.by_name[name], drafts, incoming.percents)
        self.identify(drafts)
        for draft in drafts:
            self.leave_unseen(draft)
        rows = [self.settle(draft, incoming.columns) for draft in drafts]
        self.judge(drafts, rows)
        self.compare_totals(incoming, drafts)
        self.numbers = {draft.row_id: draft.number for draft in drafts}
        return self.collect(drafts, rows)

    def own_rows(self, incoming: Incoming) -> list[tuple[int, Mapping[str, Raw]]]:
        """The rows that are this table's: one file may hold the lines of two, told apart by a column."""
        if self.table.about.only is None:
            return list(incoming.rows)
        name, code = self.table.about.only
        kind = self.table.by_name[name].kind
        own = [(number, raw) for number, raw in incoming.rows if kind.parse(raw.get(name)) in (code, None)]
        if passed := len(incoming.rows) - len(own):
            text = _("{count} 行不是{label}的，没有收").format(count=passed, label=_(self.table.label))
            self.warnings.append(Problem(self.table.name, "", name, "", text, "rule", "warning"))
        return own

    # ---- reading

    def read_column(self, one: Field, drafts: Sequence[Draft], percents: frozenset[tuple[int, str]]) -> None:
        if one.editable == "none":
            return
        seen: dict[tuple[type, Any], Parsed] = {}
        spelled: set[tuple[type, Any]] = set()
        parse, own = one.kind.parse, self.own_keys(one, drafts)
        for draft in drafts:
            if one.name not in draft.raw:
                continue  # a cell that somebody left out
            raw = draft.raw[one.name]
            if raw is None:
                value: Parsed = parse(None)  # a choice may have one that a blank means
            else:
                if one.kind.in_percent and (draft.number, one.name) in percents and isinstance(raw, int | float):
                    raw = round(raw * 100, 10)
                memo = (type(raw), tuple(raw) if isinstance(raw, list) else raw)
                if memo in seen:
                    value = seen[memo]
                else:
                    value = self.resolve(one, parse(raw), own)
                    meant = self.meant(one, value, own)
                    spelled |= {memo} if meant is not value else set()
                    value = seen[memo] = meant
                if memo in spelled:
                    draft.spelled.add(one.name)
            self.take(one, draft, value)

    def meant(self, one: Field, value: Parsed, own: frozenset[str]) -> Parsed:
        """What a text that does not fit is known to mean; the value itself where that is not known, or fits no more."""
        if not isinstance(value, Bad) or one.name not in self.spellings:
            return value
        known = self.spellings[one.name].get(spelling(value.text))
        meant = value if known is None else self.resolve(one, one.kind.parse(known), own)
        return value if isinstance(meant, Bad | Noted) else meant

    def take(self, one: Field, draft: Draft, value: Parsed) -> None:
        if isinstance(value, Bad):
            message = _("{label}填{wanted}").format(label=_(one.label), wanted=value.wanted)
            cause = "reference" if one.ref in self.known.names else "value"
            draft.problems.append(self.problem(draft, one.name, value.text, message, cause=cause))
        elif isinstance(value, Noted):
            self.take_noted(one, draft, value)
        elif one.sensitive and is_masked(value):
            text = _("遮住的号码没有收，仍为原来的")
            self.warnings.append(self.problem(draft, one.name, shown(value), text, level="warning"))
        elif value is None and one.required:
            text = _("{label}必填").format(label=_(one.label))
            draft.problems.append(self.problem(draft, one.name, "", text, cause="required"))
        else:
            draft.values[one.name] = value

    def take_noted(self, one: Field, draft: Draft, value: Noted) -> None:
        if "note" not in self.table.by_name:
            text = _("{label}填{wanted}").format(label=_(one.label), wanted=one.kind.wanted())
            draft.problems.append(self.problem(draft, one.name, shown(draft.raw.get(one.name)), text))
            return
        draft.values[one.name] = value.value
        draft.values.setdefault("\0note", "")
        kept = str(draft.values["\0note"])
        draft.values["\0note"] = f"{kept}；{value.note}" if kept else value.note

    # ---- references

    def own_keys(self, one: Field, drafts: Sequence[Draft]) -> frozenset[str]:
        """The keys that the file itself brings to the table that a field refers to: its own."""
        if one.ref != self.table.name or len(self.table.key) != 1:
            return frozenset()
        key = self.table.by_name[self.table.key[0]]
        parsed = (key.kind.parse(draft.raw.get(key.name)) for draft in drafts)
        return frozenset(value for value in parsed if isinstance(value, str))

    def resolve(self, one: Field, value: Parsed, own: frozenset[str]) -> Parsed:
        """The key that a reference means: a key, `key name`, or a name that only one visible record has."""
        if one.ref is None or one.ref not in self.known.names or value is None or isinstance(value, Bad | Noted):
            return value
        if isinstance(one.kind, Ref):
            return find_reference(str(value), self.known.names[one.ref], own)
        found = [find_reference(str(part), self.known.names[one.ref], own) for part in value]  # type: ignore[union-attr]
        bad = next((part for part in found if isinstance(part, Bad)), None)
        return bad or list(dict.fromkeys(str(part) for part in found))

    # ---- which record

    def identify(self, drafts: Sequence[Draft]) -> None:
        """By id, else by the key, else new. An id and a key of two rows, or one record twice in a file: rejected."""
        by_key = {self.table.key_of(row): row for row in self.known.rows.values()}
        claimed: dict[object, list[Draft]] = {}
        for draft in drafts:
            told = trim(shown(draft.raw.get("id")))
            if isinstance(draft.raw.get("id"), Bad):
                text = _("编号没有读出来，留空或改成原来的")
                draft.problems.append(self.problem(draft, "id", told, text))
            by_id = self.known.rows.get(told) if told else None
            key = self.key_of(draft, by_id)
            match = by_key.get(key) if key else None
            if by_id is not None and match is not None and match["id"] != by_id["id"]:
                text = _("编号和{key}是两行").format(key=self.key_label())
                draft.problems.append(self.problem(draft, "id", told, text, cause="key"))
            draft.existing = by_id or match
            draft.row_id = str(draft.existing["id"]) if draft.existing else new_id()
            if told and by_id is None:
                text = _("没有编号为 {id} 的行，当作没有编号").format(id=told)
                self.warnings.append(self.problem(draft, "id", told, text, cause="missing", level="warning"))
            if draft.existing or key:
                claimed.setdefault(draft.row_id if draft.existing else key, []).append(draft)
        for same in claimed.values():
            for draft in same if len(same) > 1 else ():
                others = "、".join(str(other.number) for other in same if other is not draft)
                text = _("和第 {rows} 行是同一条").format(rows=others)
                draft.problems.append(self.problem(draft, self.first_key(), self.key_shown(draft), text, cause="key"))

    def key_of(self, draft: Draft, existing: Row | None) -> tuple[Value, ...] | None:
        """The key that a row of the file states; None where it has none, or a part of it could not be read."""
        if not self.table.key or any(problem.field in self.table.key for problem in draft.problems):
            return None
        row = {name: self.stated(draft, name, existing) for name in self.table.key}
        return self.table.key_of(row)

    def stated(self, draft: Draft, name: str, existing: Row | None) -> Value:
        if name in draft.values:
            return draft.values[name]
        return existing.get(name) if existing else self.table.by_name[name].default

    def first_key(self) -> str:
        return self.table.key[0] if self.table.key else "id"

    def key_label(self) -> str:
        return "、".join(_(self.table.by_name[name].label) for name in self.table.key)

    def key_shown(self, draft: Draft) -> str:
        return shown(draft.raw.get(self.first_key()))

    def leave_unseen(self, draft: Draft) -> None:
        """What the reader does not see stays: a hidden number, and an unchanged reference to a record out of sight."""
        if draft.existing is None:
            return
        if draft.row_id in self.known.masked:
            for one in (one for one in self.table.stored if one.sensitive):
                draft.values.pop(one.name, None)
        draft.problems = [
            told for told in draft.problems if told.cause != "reference" or not self.unchanged(draft, told)
        ]

    def unchanged(self, draft: Draft, told: Problem) -> bool:
        """Whether a reference in the file is the one that is there."""
        raw, there = draft.raw.get(str(told.field)), (draft.existing or {}).get(str(told.field))
        read = self.table.by_name[str(told.field)].kind.parse(raw)
        if isinstance(there, list):
            return isinstance(read, list) and [part.split(maxsplit=1)[0] for part in read] == there
        return isinstance(read, str) and read.split(maxsplit=1)[0] == there

    # ---- the row as it would be

    def settle(self, draft: Draft, columns: Iterable[str]) -> dict[str, Value]:
        """The row as it would stand: a column that is absent leaves its field alone, or gives a new row its default."""
        told = draft.values.pop("\0note", None)
        if told:
            draft.values["note"] = joined_note(draft.values.get("note", (draft.existing or {}).get("note")), str(told))
        if draft.existing is not None:
            return {**draft.existing, **draft.values}
        absent = {one.name: one.default for one in self.table.stored if one.name not in draft.values}
        for name, value in absent.items():
            one = self.table.by_name[name]
            if one.required and value is None and (name not in columns or name not in draft.raw):
                text = _("{label}必填").format(label=_(one.label))
                draft.problems.append(self.problem(draft, name, "", text, cause="required"))
        return {
            "id": draft.row_id,
            **{name: None if name in columns and name in draft.raw else value for name, value in absent.items()},
            **draft.values,
        }

    def judge(self, drafts: Sequence[Draft], rows: Sequence[dict[str, Value]]) -> None:
        """The record type's own rules over the rows as they would be, and the columns that people may not write."""
        fine = [(draft, row) for draft, row in zip(drafts, rows, strict=True) if not draft.problems]
        by_id = {str(row["id"]): draft for draft, row in fine}
        were = [draft.existing for draft, _row in fine if draft.existing is not None]
        already = {(one.row, one.field, one.message) for one in self.paths.problems(self.table, were)}
        self.paths = self.over([row for _draft, row in fine])
        for found in self.paths.problems(self.table, [row for _draft, row in fine]):
            draft = by_id[found.row]
            if found.level == "error" and (found.row, found.field, found.message) in already:
                continue  # no fault of the file's
            told = self.problem(draft, found.field, found.value, found.message, cause="rule", level=found.level)
            (draft.problems if found.level == "error" else self.warnings).append(told)
        for one in (
            one for one in self.table.fields if one.editable == "none" and any(one.name in d.raw for d in drafts)
        ):
            self.warn_of_read_only(one, fine)

    def over(self, rows: Sequence[dict[str, Value]]) -> Paths:
        """Paths that see the file's own rows before what is there: a point may come with its branch in one file."""
        if len(self.table.key) != 1:
            return self.paths
        own, below = {str(row[self.table.key[0]]): row for row in rows}, self.paths.look

        def look(name: str, keys: frozenset[str]) -> Mapping[str, Row]:
            if name != self.table.name:
                return below(name, keys)
            mine = {key: own[key] for key in keys if key in own}
            rest = keys - mine.keys()
            return {**(below(name, rest) if rest else {}), **mine}

        return replace(self.paths, look=look)

    def warn_of_read_only(self, one: Field, fine: Sequence[tuple[Draft, dict[str, Value]]]) -> None:
        shadow = [dict(row) for _draft, row in fine]
        self.paths.fill(self.table, shadow, [one.name])
        for (draft, _row), now in zip(fine, shadow, strict=True):
            told = one.kind.parse(draft.raw.get(one.name))
            if told is not None and told != now.get(one.name):
                text = _("{label}自动算，这一格没有收").format(label=_(one.label))
                self.warnings.append(
                    self.problem(draft, one.name, shown(draft.raw.get(one.name)), text, level="warning")
                )

    # ---- totals

    def compare_totals(self, incoming: Incoming, drafts: Sequence[Draft]) -> None:
        """A total row is no record, but it is compared: the file's own total stands beside ours.

        A 小计 sums the rows since the one before it, any other total all rows.
        """
        since = 0
        for number, label, cells in incoming.totals:
            name = re.sub(r"\s+", "", narrow(label)).rstrip(":")
            summed = [draft for draft in drafts if name != "小计" or since < draft.number < number]
            since = number
            for one in (one for one in self.table.stored if adds_up(self.table, one) and one.name in cells):
                told = one.kind.parse(cells[one.name])
                told = told.value if isinstance(told, Noted) else told
                ours = math.fsum(v for draft in summed if isinstance(v := draft.values.get(one.name), int | float))
                if isinstance(told, int | float) and not math.isclose(told, ours, rel_tol=1e-12, abs_tol=1e-9):
                    text = _("{total}的{label}写 {told}，各行相加是 {ours}").format(
                        total=name, label=_(one.label), told=shown(told), ours=shown(ours)
                    )
                    self.warnings.append(
                        Problem(self.table.name, "", one.name, shown(told), text, "rule", "warning", number)
                    )

    # ---- together

    def collect(self, drafts: Sequence[Draft], rows: Sequence[dict[str, Value]]) -> Plan:
        changes: list[Change] = []
        problems: list[Problem] = []
        added = updated = unchanged = rejected = 0
        for draft, row in zip(drafts, rows, strict=True):
            if draft.problems:
                rejected += 1
                problems += draft.problems
            elif draft.existing is None:
                added += 1
                changes.append(birth(self.table.name, row))
            elif cells := two_way(self.table.name, draft.existing, draft.values):
                updated += 1
                changes += cells
            else:
                unchanged += 1
        return Plan(tuple(changes), (*problems, *self.warnings), Counts(added, updated, unchanged, rejected))

    def problem(self, draft: Draft, name: str | None, value: str, message: str, **more: Any) -> Problem:
        return Problem(self.table.name, draft.row_id, name, value, message, number=draft.number, **more)


def spelling(text: str) -> str:
    """A text without regard to width, case and the blanks at its ends: what a known spelling is found by."""
    return narrow(text).casefold()


def adds_up(table: Table, one: Field) -> bool:
    """Whether the sum of a field over rows means something: not of years and percentages."""
    if table.about.totals:
        return one.name in table.about.totals
    return isinstance(one.kind, Number) and not one.kind.in_percent


def joined_note(note: Value, more: str) -> str:
    """A note with words added, once."""
    kept = str(note) if note else ""
    return kept if more in kept else f"{kept}；{more}" if kept else more


def find_reference(text: str, names: Mapping[str, str], own: frozenset[str]) -> str | Bad:
    """The key that a text means; Bad lists the candidates where several records have the name."""
    for form in (text, narrow(text)):
        for key in (form, *form.split(maxsplit=1)[:1]):
            if key in names or key in own:
                return key
    named = [key for key, name in names.items() if name == text]
    if len(named) == 1:
        return named[0]
    if named:
        return Bad(text, _("其中一个：{candidates}").format(candidates="、".join(sorted(named)[:10])))
    return Bad(text, _("已有的编码，或只有一处的名称"))
