"""One transaction's view of the records: what stands in the database, and over it what a plan makes of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy.engine import Connection

from models import rows as sqlrows
from models.catalog import Catalog
from models.changes import Change, Plan, Problem, birth, death, stored_values
from models.database import get_meta
from models.derive import Paths
from models.kinds import Multi, Value, shown
from models.schema import Row, Table
from models.tree import Tree
from models.words import _

TREE_FIELDS = ("code", "parent", "level", "network", "county", "status")
SETTINGS = {"plaque_county": "short"}  # settings that computed values read, with their defaults

Spot = tuple[str, str]  # (table, row id)
Moved = tuple[Row | None, Row | None]  # a row before and after


def read_settings(connection: Connection) -> dict[str, Value]:
    """The installation's settings that computed values depend on."""
    return {name: get_meta(connection, f"setting.{name}", default) for name, default in SETTINGS.items()}


def follow_catalog(connection: Connection, catalog: Catalog, pulses: Mapping[str, int]) -> None:
    """Bring the fields that are rows (templates, custom fields) up to what this connection sees."""

    def rows_of(table: Table) -> list[dict[str, Value]]:
        rows = sqlrows.read(connection, table, sqlrows.select(table))
        last = 1 << 40
        return sorted(rows, key=lambda row: (row.get("position") or last, *(str(row.get(name)) for name in table.key)))

    catalog.follow(pulses, rows_of)


def read_tree(connection: Connection, catalog: Catalog) -> Tree:
    """The trees of sites as they stand."""
    statement = sqlrows.select(catalog.tree, TREE_FIELDS)
    return Tree.of(sqlrows.read(connection, catalog.tree, statement))


@dataclass
class Unit:
    """Rows before and after, by (table, id). `after` is None for a death, `before` None for a birth."""

    connection: Connection
    catalog: Catalog
    today: str
    before: dict[Spot, dict[str, Value] | None] = field(default_factory=dict)
    after: dict[Spot, dict[str, Value] | None] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    renamed: dict[str, dict[Value, Value]] = field(default_factory=dict)  # table -> old key: new key

    def load(self, table: Table, ids: Iterable[str]) -> None:
        """Bring rows into view, those not there as None."""
        missing = [one for one in ids if (table.name, one) not in self.before]
        there = sqlrows.by_ids(self.connection, table, missing)
        for one in missing:
            self.see(table, one, there.get(one))

    def see(self, table: Table, row_id: str, row: Row | None) -> None:
        spot = (table.name, row_id)
        if spot not in self.before:
            self.before[spot] = None if row is None else dict(row)
            self.after[spot] = None if row is None else dict(row)

    def play(self, plan: Plan) -> None:
        """Make the plan's changes in view. A `before` that no longer holds is a stale problem, never overwritten."""
        for name, ids in plan.touched().items():
            self.load(self.catalog[name], ids)
        for change in plan.changes:
            problem = self.make(change)
            if problem:
                self.problems.append(problem)

    def make(self, change: Change) -> Problem | None:
        """Make one change in view."""
        spot = (change.table, change.row)
        table, row = self.catalog[change.table], self.after.get(spot)
        if change.field is None:
            return self.make_whole(table, change, row)
        if row is None:
            return problem(change, _("这一行已不在台账里"), "missing")
        if change.field not in table.by_name:
            return problem(change, _("没有这一栏"), "missing")
        if row.get(change.field) != change.before:
            return problem(change, _("别人刚改了这一格"), "stale", row.get(change.field))
        if change.after != change.before:
            row[change.field] = change.after
            self.changes.append(change)
        return None

    def make_whole(self, table: Table, change: Change, row: dict[str, Value] | None) -> Problem | None:
        spot = (change.table, change.row)
        if change.after is not None:
            if row is not None:
                return problem(change, _("这一行已在台账里"), "stale")
            self.after[spot] = stored_values(table, {**change.after, "id": change.row})
            self.changes.append(birth(table.name, self.after[spot] or {}))
            return None
        if row is None:
            return problem(change, _("这一行已不在台账里"), "missing")
        known = {name: value for name, value in (change.before or {}).items() if name in row}
        if any(row[name] != value for name, value in known.items()):
            return problem(change, _("别人刚改了这一行"), "stale")
        self.changes.append(death(table.name, stored_values(table, row)))
        self.after[spot] = None
        return None

    # ---- what else follows

    def follow(self, *, taking_back: bool = False) -> None:
        """Add what the declarations say follows: periods of parents, renamed keys in referring rows, a dead owner's rows.

        A plan that takes a change set back names what a record type had made to follow, so its type is not asked again.
        """
        done: dict[Spot, dict[str, Value] | None] = {}
        while fresh := [spot for spot, row in self.after.items() if row != done.get(spot, self.before[spot])]:
            moved: dict[str, list[Moved]] = {}
            for spot in fresh:
                now = self.after[spot]
                moved.setdefault(spot[0], []).append((done.get(spot, self.before[spot]), now))
                done[spot] = None if now is None else dict(now)
            for name, pairs in moved.items():
                self.follow_keys(self.catalog[name], pairs)
                if not taking_back:
                    self.follow_rows(self.catalog[name], pairs)

    def follow_keys(self, table: Table, pairs: Sequence[Moved]) -> None:
        if len(table.key) == 1:
            key = table.key[0]
            self.bury_owned(table, {was[key] for was, now in pairs if was and not now})
            self.rename(table, {was[key]: now[key] for was, now in pairs if was and now and was[key] != now[key]})

    def follow_rows(self, table: Table, pairs: Sequence[Moved]) -> None:
        if table.about.follow:
            wanted = [
                one for was, now in pairs for one in table.about.follow(self.as_renamed(table, was), now, self.today)
            ]
            for name in dict.fromkeys(name for name, _match, _values in wanted):
                self.upsert(self.catalog[name], [(match, values) for other, match, values in wanted if other == name])

    def upsert(self, table: Table, wanted: Sequence[tuple[dict[str, Value], dict[str, Value]]]) -> None:
        first = next(iter(wanted[0][0]))
        there = self.referring(table, first, {match[first] for match, _values in wanted})
        for match, values in wanted:
            same = [row for row in there.get(match[first], ()) if all(row.get(name) == match[name] for name in match)]
            if same:
                for name in (name for name, value in values.items() if same[0].get(name) != value):
                    self.make(Change(table.name, str(same[0]["id"]), name, same[0].get(name), values[name]))
            else:
                row_id = sqlrows.new_id()
                self.see(table, row_id, None)
                self.make(birth(table.name, {"id": row_id, **match, **values}))

    def referring(self, table: Table, name: str, values: Iterable[Value]) -> dict[Value, list[dict[str, Value]]]:
        """Value -> the living rows, as the plan leaves them, whose field has it."""
        wanted = {value for value in values if value is not None}
        if not wanted:
            return {}
        several = isinstance(table.by_name[name].kind, Multi)
        there = (
            sqlrows.filled(self.connection, table, name)
            if several
            else sqlrows.by_values(self.connection, table, name, wanted)
        )
        for row_id, row in there.items():
            self.see(table, row_id, row)
        found: dict[Value, list[dict[str, Value]]] = {}
        for (owner, _id), living in list(self.after.items()):
            if owner == table.name and living is not None:
                for value in wanted.intersection(listed(living.get(name))):
                    found.setdefault(value, []).append(living)
        return found

    def rename(self, table: Table, renamed: Mapping[Value, Value]) -> None:
        """References follow a record whose key has changed."""
        self.renamed.setdefault(table.name, {}).update(renamed)
        for referring, one in self.catalog.referring[table.name] if renamed else ():
            found = self.referring(referring, one.name, renamed)
            for row in {str(row["id"]): row for rows in found.values() for row in rows}.values():
                now = with_new_keys(row[one.name], renamed)
                self.make(Change(referring.name, str(row["id"]), one.name, row[one.name], now))

    def as_renamed(self, table: Table, row: Row | None) -> Row | None:
        """A row as it was, but for new keys in its references: a parent with a new code is still the same parent."""
        if row is None:
            return None
        refs = [one for one in table.stored if self.renamed.get(one.ref or "")]
        return {**row, **{one.name: with_new_keys(row.get(one.name), self.renamed[str(one.ref)]) for one in refs}}

    def bury_owned(self, table: Table, keys: Iterable[Value]) -> None:
        """What belongs to a record that goes, goes with it; an undo brings all of it back."""
        for referring, one in self.catalog.referring[table.name]:
            if one.owner:
                for rows in self.referring(referring, one.name, keys).values():
                    for row in rows:
                        self.make(death(referring.name, stored_values(referring, row)))

    # ---- looking up

    def look(self, name: str, keys: frozenset[str]) -> dict[str, Row]:
        """Key -> row as the plan leaves it, of a table with a single key field."""
        table = self.catalog[name]
        if len(table.key) != 1:
            return {}
        key = table.key[0]
        for row_id, row in sqlrows.by_values(self.connection, table, key, keys).items():
            self.see(table, row_id, row)
        return {
            str(row[key]): row for (owner, _id), row in self.after.items() if owner == name and row and row[key] in keys
        }

    def paths(self) -> Paths:
        return Paths(self.catalog, self.look, read_settings(self.connection))

    def living(self, name: str) -> list[tuple[str, dict[str, Value]]]:
        """(id, row) of the touched rows of a table that live on."""
        return [
            (one, row)
            for (owner, one), row in self.after.items()
            if owner == name and row and self.is_touched(owner, one)
        ]

    def is_touched(self, table: str, row_id: str) -> bool:
        return self.before[table, row_id] != self.after[table, row_id]


def with_new_keys(value: Value, renamed: Mapping[Value, Value]) -> Value:
    """A reference, or several, with the keys that have changed."""
    if isinstance(value, list):
        return [str(renamed.get(key, key)) for key in value]
    return renamed.get(value, value)


def listed(value: Value) -> list[Value]:
    """The values of a field that may hold several."""
    return list(value) if isinstance(value, list) else [value]


def problem(change: Change, message: str, cause: str, current: Value = None) -> Problem:
    """A problem about one change, with what someone wanted to write."""
    wanted = "" if change.field is None else shown(change.after)
    return Problem(change.table, change.row, change.field, wanted, message, cause, current=current)  # type: ignore[arg-type]
