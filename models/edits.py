"""What people type into cells, on its way to a plan: read by kind, references found, compared with what stands there."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from models.access import is_masked
from models.changes import Change, Plan, Problem, birth
from models.intake import find_reference, joined_note
from models.kinds import Bad, Noted, Raw, Ref, Value, shown
from models.query import View
from models.rows import new_id
from models.schema import Field, Row, Table
from models.words import _

NOTE = "note"  # where the words go that stand in brackets behind a number (CONTRACT §2)
_ILLEGIBLE = re.compile(r"[\x00\ud800-\udfff]")  # what no database keeps


@dataclass(frozen=True)
class Edit:
    """One cell as a person left it: what they saw there before, and what they typed."""

    row: str
    field: str
    before: Value
    after: Raw


def legible(raw: Raw) -> str:
    """What was typed, as a text that can be kept."""
    return _ILLEGIBLE.sub("�", shown(raw))


def message_of(one: Field, bad: Bad) -> str:
    """Why a text does not fit, in words for the one who typed it."""
    if not bad.text and one.required:
        return _("{label}必填").format(label=_(one.label))
    return _("{label}填{wanted}").format(label=_(one.label), wanted=bad.wanted)


@dataclass(frozen=True)
class Typed:
    """Reads what was typed into a table, by what the actor may refer to."""

    view: View
    table: Table
    _names: dict[str, Mapping[str, str]] = field(default_factory=dict, compare=False)

    def read(self, one: Field, raw: Raw) -> Value | Bad | Noted:
        """The normal form of a typed value."""
        value = one.kind.parse(raw)
        if isinstance(value, Noted):
            return value if NOTE in self.table.by_name else Bad(legible(raw), one.kind.wanted())
        if value is None and one.required:
            return Bad("", one.kind.wanted())
        if one.sensitive and is_masked(value if not isinstance(value, Bad) else value.text):
            return Bad(legible(raw), _("完整的号码"))
        return self.reference(one, value)

    def names(self, table: str) -> Mapping[str, str]:
        """Key -> name of what a reference may mean; asked for once, however many cells refer to it."""
        if table not in self._names:
            self._names[table] = self.view.names(self.view.query.catalog[table])
        return self._names[table]

    def reference(self, one: Field, value: Value | Bad) -> Value | Bad:
        if one.ref not in self.view.query.catalog.by_name or value is None or isinstance(value, Bad):
            return value
        names = self.names(str(one.ref))
        if isinstance(one.kind, Ref):
            return find_reference(str(value), names, frozenset())
        found = [find_reference(str(part), names, frozenset()) for part in value]  # type: ignore[union-attr]
        bad = next((part for part in found if isinstance(part, Bad)), None)
        return bad or list(dict.fromkeys(str(part) for part in found))

    # ---- cells of rows that are there

    def plan(self, edits: Sequence[Edit]) -> Plan:
        """The plan of these edits. What does not fit, and what someone else changed meanwhile, is among its problems."""
        ids = list(dict.fromkeys(edit.row for edit in edits))
        rows = {str(row["id"]): row for row in self.view.rows(self.table, ids)}
        changes: dict[tuple[str, str], Change] = {}
        problems: list[Problem] = []
        notes: dict[str, str] = {}
        for edit in edits:
            made = self.judge(rows.get(edit.row), edit)
            if isinstance(made, Problem):
                problems.append(made)
                continue
            if isinstance(made, Noted):
                notes[edit.row] = joined_note(notes.get(edit.row), made.note)
                made = made.value
            if made != rows[edit.row].get(edit.field):
                changes[edit.row, edit.field] = self.change(rows[edit.row], edit.field, made)
        for row, words in notes.items():
            typed = changes[row, NOTE].after if (row, NOTE) in changes else rows[row].get(NOTE)
            changes[row, NOTE] = self.change(rows[row], NOTE, joined_note(typed, words))
        return Plan(tuple(changes.values()), tuple(problems))

    def change(self, row: Row, name: str, value: Value) -> Change:
        return Change(self.table.name, str(row["id"]), name, row.get(name), value)

    def judge(self, row: Row | None, edit: Edit) -> Value | Noted | Problem:
        """What one cell is to be, or why it cannot be that."""
        one = self.table.by_name.get(edit.field)
        if row is None:
            return self.problem(edit, _("这一行已不在台账里"), "missing")
        if one is None:
            return self.problem(edit, _("没有这一栏"), "missing")
        if not one.stored:
            return self.problem(edit, _("{label}自动算，不能填").format(label=_(one.label)), "scope")
        value = self.read(one, edit.after)
        if isinstance(value, Bad):
            return self.problem(edit, message_of(one, value), "required" if not value.text else "value")
        now, plain = row.get(one.name), value.value if isinstance(value, Noted) else value
        if plain != now and edit.before != now:
            return self.problem(edit, _("别人刚改了这一格"), "stale", now)
        return value

    def problem(self, edit: Edit, message: str, cause: Any, current: Value = None) -> Problem:
        return Problem(self.table.name, edit.row, edit.field, legible(edit.after), message, cause, current=current)

    # ---- a new row

    def new_row(self, typed: Mapping[str, Raw]) -> Plan:
        """The plan of one new row; fields that were not typed take their defaults."""
        row: dict[str, Value] = {"id": new_id(), **{one.name: one.default for one in self.table.stored}}
        unknown = [name for name in typed if name not in self.table.by_name or not self.table.by_name[name].stored]
        problems = [self.cannot(str(row["id"]), name, typed[name]) for name in unknown]
        words: list[str] = []
        for one in self.table.stored:
            value = self.read(one, typed.get(one.name, one.default))
            if isinstance(value, Bad):
                cause: Any = "required" if not value.text else "value"
                message = message_of(one, value)
                problems.append(Problem(self.table.name, str(row["id"]), one.name, value.text, message, cause))
            elif isinstance(value, Noted):
                row[one.name] = value.value
                words.append(value.note)
            else:
                row[one.name] = value
        for told in words:
            row[NOTE] = joined_note(row.get(NOTE), told)
        return Plan(() if problems else (birth(self.table.name, row),), tuple(problems))

    def cannot(self, row: str, name: str, raw: Raw) -> Problem:
        """A value for what is no field, or one that nobody fills in."""
        edit, one = Edit(row, name, None, raw), self.table.by_name.get(name)
        if one is None:
            return self.problem(edit, _("没有这一栏"), "missing")
        return self.problem(edit, _("{label}自动算，不能填").format(label=_(one.label)), "scope")
