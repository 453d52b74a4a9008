"""Values at the end of a path, and what is computed from them. Pure, given a way to look rows up.

A path is a field ("level"), leads over references ("site.parent.status"), or names a setting ("setting.plaque_county").
All rows of a list are resolved together: one look-up a step, however many rows there are.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from models.catalog import Catalog
from models.changes import Problem
from models.kinds import Value
from models.schema import Finding, Row, Rule, Table

Look = Callable[[str, frozenset[str]], Mapping[str, Row]]  # (table, keys) -> key: row


@dataclass(frozen=True)
class Paths:
    """Resolves paths over one catalog."""

    catalog: Catalog
    look: Look
    settings: Mapping[str, Value]

    def at(self, table: Table, rows: Sequence[Row], inputs: Iterable[str]) -> list[dict[str, Value]]:
        """For each row, the values at these paths; None where a step leads nowhere."""
        found: list[dict[str, Value]] = [{} for _row in rows]
        steps: dict[str, list[str]] = {}
        for path in inputs:
            head, _dot, rest = path.partition(".")
            if head == "setting":
                for values in found:
                    values[path] = self.settings.get(rest)
            elif rest:
                steps.setdefault(head, []).append(rest)
            else:
                for values, row in zip(found, rows, strict=True):
                    values[path] = row.get(path)
        for head, rests in steps.items():
            self._step(table, rows, head, rests, found)
        return found

    def _step(
        self, table: Table, rows: Sequence[Row], head: str, rests: list[str], found: list[dict[str, Value]]
    ) -> None:
        target = self.catalog.by_name.get(table.by_name[head].ref or "") if head in table.by_name else None
        keys = {row[head] for row in rows if isinstance(row.get(head), str)} if target else set()
        reached = self.look(target.name, frozenset(keys)) if target and keys else {}  # type: ignore[arg-type]
        values = dict(zip(reached, self.at(target, list(reached.values()), rests), strict=True)) if target else {}
        for mine, row in zip(found, rows, strict=True):
            key = row.get(head)
            there = values.get(key, {}) if isinstance(key, str) else {}
            for rest in rests:
                mine[f"{head}.{rest}"] = there.get(rest)

    def fill(self, table: Table, rows: Sequence[dict[str, Value]], names: Iterable[str] | None = None) -> None:
        """Put the computed fields (or these of them) into the rows."""
        wanted = None if names is None else frozenset(names)
        found: dict[tuple[str, ...], list[dict[str, Value]]] = {}  # several are often computed from the same
        for one in table.derived:
            if one.derive and (wanted is None or one.name in wanted):
                if one.derive.inputs not in found:
                    found[one.derive.inputs] = self.at(table, rows, one.derive.inputs)
                for row, values in zip(rows, found[one.derive.inputs], strict=True):
                    row[one.name] = one.derive.of(values)

    def out_of_place(self, table: Table, rows: Sequence[Row]) -> list[frozenset[str]]:
        """For each row, the fields that have no meaning for it."""
        conditional = [one for one in table.fields if one.applies]
        found: list[set[str]] = [set() for _row in rows]
        known: dict[tuple[str, tuple[Value, ...]], bool] = {}
        for inputs in {one.applies.inputs for one in conditional if one.applies}:
            told = self.at(table, rows, inputs)
            for one in (one for one in conditional if one.applies and one.applies.inputs == inputs):
                for place, values in enumerate(told):
                    mark = (one.name, tuple(values.values()))  # type: ignore[arg-type]
                    if mark not in known:
                        known[mark] = one.applies.to(values)  # type: ignore[union-attr]
                    if not known[mark]:
                        found[place].add(one.name)
        return [frozenset(names) for names in found]

    def judge(
        self, table: Table, rows: Sequence[Row], rules: Iterable[Rule] | None = None
    ) -> Iterator[tuple[Row, Finding]]:
        """What the table's rules (or these) have to say of the rows."""
        for rule in table.about.rules if rules is None else rules:
            for row, values in zip(rows, self.at(table, rows, rule.inputs), strict=True):
                for finding in rule.judge(values):
                    yield row, finding

    def problems(self, table: Table, rows: Sequence[Row]) -> list[Problem]:
        """The findings as problems of the rows."""
        return [
            Problem(
                table.name,
                str(row.get("id", "")),
                finding.field,
                "" if row.get(finding.field) is None else str(row.get(finding.field)),
                finding.message,
                "rule",
                finding.level,
            )
            for row, finding in self.judge(table, rows)
        ]


def reads_through(table: Table) -> frozenset[str]:
    """The tables, other than its own, whose rows the computed fields of a table depend on: by the paths' first step."""
    heads = {path.split(".")[0] for one in table.derived if one.derive for path in one.derive.inputs if "." in path}
    return frozenset(table.by_name[head].ref or "" for head in heads if head in table.by_name)
