"""What people type into cells, on its way to a plan: read by kind, references found, compared with what stands there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from models.access import is_masked
from models.changes import Change, Plan, Problem, birth
from models.intake import find_reference
from models.kinds import Bad, Noted, Raw, Ref, Value, shown
from models.query import View
from models.rows import new_id
from models.schema import Field, Row, Table
from models.words import _


@dataclass(frozen=True)
class Edit:
    """One cell as a person left it: what they saw there before, and what they typed."""

    row: str
    field: str
    before: Value
    after: Raw


@dataclass(frozen=True)
class Typed:
    """Reads what was typed into a table, by what the actor may refer to."""

    view: View
    table: Table

    def read(self, one: Field, raw: Raw) -> Value | Bad:
        """The normal form of a typed value."""
        value = one.kind.parse(raw)
        if isinstance(value, Noted):
            return Bad(shown(raw), one.kind.wanted())
        if value is None and one.required:
            return Bad("", _("必填"))
        if one.sensitive and is_masked(value if not isinstance(value, Bad) else value.text):
            return Bad(shown(raw), _("完整的号码"))
        return self.reference(one, value)

    def reference(self, one: Field, value: Value | Bad) -> Value | Bad:
        if one.ref not in self.view.query.catalog.by_name or value is None or isinstance(value, Bad):
            return value
        names = self.view.names(self.view.query.catalog[str(one.ref)])
        if isinstance(one.kind, Ref):
            return find_reference(str(value), names, frozenset())
        found = [find_reference(str(part), names, frozenset()) for part in value]  # type: ignore[union-attr]
        bad = next((part for part in found if isinstance(part, Bad)), None)
        return bad or list(dict.fromkeys(str(part) for part in found))

    def plan(self, edits: Sequence[Edit]) -> Plan:
        """The plan of these edits. What does not fit, and what someone else changed meanwhile, is among its problems."""
        rows = {
            str(row["id"]): row for row in self.view.rows(self.table, list(dict.fromkeys(edit.row for edit in edits)))
        }
        changes: list[Change] = []
        problems: list[Problem] = []
        for edit in edits:
            made = self.change(rows.get(edit.row), edit)
            if isinstance(made, Change):
                changes.append(made)
            elif made is not None:
                problems.append(made)
        return Plan(tuple(changes), tuple(problems))

    def change(self, row: Row | None, edit: Edit) -> Change | Problem | None:
        one = self.table.by_name.get(edit.field)
        if row is None or one is None:
            return self.problem(edit, _("这一行已不在台账里"), "missing")
        if not one.stored:
            return self.problem(edit, _("{label}自动算，不能填").format(label=_(one.label)), "scope")
        value = self.read(one, edit.after)
        if isinstance(value, Bad):
            return self.problem(edit, _("{label}填{wanted}").format(label=_(one.label), wanted=value.wanted), "value")
        now = row.get(one.name)
        if value == now:
            return None
        if edit.before != now:
            return self.problem(edit, _("别人刚改了这一格"), "stale", now)
        return Change(self.table.name, edit.row, one.name, now, value)

    def problem(self, edit: Edit, message: str, cause: Any, current: Value = None) -> Problem:
        return Problem(self.table.name, edit.row, edit.field, shown(edit.after), message, cause, current=current)

    def new_row(self, typed: Mapping[str, Raw]) -> Plan:
        """The plan of one new row; fields that were not typed take their defaults."""
        row: dict[str, Value] = {"id": new_id(), **{one.name: one.default for one in self.table.stored}}
        problems = []
        for one in self.table.stored:
            raw = typed.get(one.name, one.default)
            value = self.read(one, raw)
            if isinstance(value, Bad):
                message = _("{label}填{wanted}").format(label=_(one.label), wanted=value.wanted)
                problems.append(Problem(self.table.name, str(row["id"]), one.name, value.text, message))
            else:
                row[one.name] = value
        return Plan(() if problems else (birth(self.table.name, row),), tuple(problems))
