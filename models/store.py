"""The only writer of records: one transaction that applies a plan, all of it or nothing."""

import datetime
from collections.abc import Callable, Set
from dataclasses import dataclass, replace

from sqlalchemy.engine import Connection

from models import history
from models import rows as sqlrows
from models.access import Actor, scope
from models.catalog import Catalog
from models.changes import Change, Plan, Problem, separate
from models.database import Database, raise_pulse, read_pulses
from models.faults import Fault
from models.judge import judge, unheard
from models.kinds import Value
from models.unit import Spot, Unit, follow_catalog, read_tree
from models.words import _

CHINA = datetime.timezone(datetime.timedelta(hours=8))  # the office's day, wherever the server runs
Clock = Callable[[], datetime.datetime]


class Refused(Fault):
    """A plan that may not stand: nothing of it was written. `problems` say why, a cell each."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = tuple(problems)
        first = problems[0]
        more = _("，另有 {count} 处").format(count=len(problems) - 1) if len(problems) > 1 else ""
        super().__init__(f"{first.message}{more}")


@dataclass(frozen=True)
class Applied:
    """What was written: the change set, and every change in it, what follows included."""

    changeset: int
    changes: tuple[Change, ...]


def utc_now() -> datetime.datetime:
    """The outermost edge's clock."""
    return datetime.datetime.now(datetime.UTC)


@dataclass(frozen=True)
class Store:
    """Applies plans to one database."""

    database: Database
    catalog: Catalog
    clock: Clock = utc_now

    def today(self) -> str:
        return self.clock().astimezone(CHINA).date().isoformat()

    def apply(
        self, plan: Plan, actor: Actor, origin: str, *, undoes: int | None = None, note: str | None = None
    ) -> Applied | None:
        """Apply a plan in a transaction of its own. None where there was nothing to change. Raises Refused."""
        if not plan.changes:
            return None
        with self.database.write() as connection:
            return self.apply_in(connection, plan, actor, origin, undoes=undoes, note=note)

    def apply_in(
        self,
        connection: Connection,
        plan: Plan,
        actor: Actor,
        origin: str,
        *,
        undoes: int | None = None,
        note: str | None = None,
    ) -> Applied | None:
        """Apply a plan inside a writing transaction that is already there. Raises Refused."""
        follow_catalog(connection, self.catalog, read_pulses(connection))
        unit = self.played(connection, plan, actor, taking_back=undoes is not None)
        if not unit.changes:
            return None
        self.write(unit)
        where = {spot: unit.after[spot] or unit.before[spot] or {} for spot in unit.after}
        number = history.record(
            connection, self.catalog, unit.changes, where, actor, origin, self.clock(), undoes=undoes, note=note
        )
        for name in dict.fromkeys(change.table for change in unit.changes):
            raise_pulse(connection, f"table:{name}")
        raise_pulse(connection, "records")
        return Applied(number, tuple(unit.changes))

    def played(self, connection: Connection, plan: Plan, actor: Actor, *, taking_back: bool = False) -> Unit:
        """The records as a plan would make them, what follows included; nothing is written. Raises Refused."""
        unit = Unit(connection, self.catalog, self.today())
        unit.play(plan)
        tree = read_tree(connection, self.catalog)
        if unit.problems:
            raise Refused(unheard(unit, plan.changes, actor, tree))
        asked = tuple(unit.changes)
        unit.follow(taking_back=taking_back)
        if found := unit.problems or judge(unit, asked, actor, tree, taking_back=taking_back):
            raise Refused(found)
        return unit

    def fitting(self, connection: Connection, plan: Plan, actor: Actor) -> tuple[Plan, tuple[Problem, ...]]:
        """What of a plan may stand, a row as a whole or not at all, and why the rest may not; nothing is written.

        A reading connection will do. Where no row is to blame for a refusal, nothing stands.
        """
        refused: list[Problem] = []
        while plan.changes:
            try:
                self.played(connection, plan, actor)
                break
            except Refused as fault:
                refused += fault.problems
                blamed = {problem.row for problem in fault.problems}
                left = plan.without(blamed)
                plan = left if len(left.changes) < len(plan.changes) else replace(plan, changes=())
        return plan, tuple(refused)

    def apply_fitting(
        self, plan: Plan, actor: Actor, origin: str, *, note: str | None = None
    ) -> tuple[Applied | None, list[tuple[Change, Problem]]]:
        """Apply what may stand of a plan, as one change set; the rest comes back, each change with why not."""
        if not plan.changes:
            return None, []
        with self.database.write() as connection:
            return self.apply_fitting_in(connection, plan, actor, origin, note=note)

    def apply_fitting_in(
        self, connection: Connection, plan: Plan, actor: Actor, origin: str, *, note: str | None = None
    ) -> tuple[Applied | None, list[tuple[Change, Problem]]]:
        """`apply_fitting` inside a writing transaction. Raises Refused for what no single change is to blame for."""
        left, refused = list(plan.changes), list[tuple[Change, Problem]]()
        while left:
            try:
                return self.apply_in(connection, Plan(tuple(left)), actor, origin, note=note), refused
            except Refused as fault:
                left, more = separate(left, fault.problems)
                if not more:
                    raise
                refused += more
        return None, refused

    def write(self, unit: Unit) -> None:
        """Put the unit's rows into the database."""
        for table in self.catalog:
            spots = [spot for spot in unit.after if spot[0] == table.name and unit.is_touched(*spot)]
            born = [row for spot in spots if (row := unit.after[spot]) and unit.before[spot] is None]
            dead = [row_id for _name, row_id in spots if unit.after[table.name, row_id] is None]
            changed = []
            for spot in spots:
                was, now = unit.before[spot], unit.after[spot]
                if was is not None and now is not None:
                    changed.append((now, {name: value for name, value in now.items() if was.get(name) != value}))
            sqlrows.delete(unit.connection, table, dead)
            sqlrows.insert(unit.connection, table, born)
            sqlrows.update(unit.connection, table, changed)

    def rehearse(self, plan: Plan, actor: Actor, origin: str) -> tuple[Problem, ...]:
        """What `apply` would say of the plan; nothing is written."""
        try:
            with self.database.write() as connection:
                self.apply_in(connection, plan, actor, origin)
                connection.get_transaction().rollback()  # type: ignore[union-attr]
        except Refused as refused:
            return refused.problems
        return ()

    def undo(self, changeset: int, actor: Actor, *, force: bool = False) -> tuple[Applied | None, history.Undo]:
        """Take a change set back. Where something changed since and `force` is off, nothing is written.

        What can no longer be taken back (a locked row, a key that is taken since, a parent that is gone) is kept too.
        Raises NoChangeset (also for one outside the actor's scope) and NotYours.
        """
        with self.database.write() as connection:
            undo = self.undoing(connection, changeset, actor)
            while undo.plan.changes and (force or not undo.kept):
                try:
                    return self.apply_in(connection, undo.plan, actor, "undo", undoes=changeset), undo
                except Refused as refused:
                    undo = self.keeping(connection, undo, {(told.table, told.row) for told in refused.problems})
            return None, undo

    def keeping(self, connection: Connection, undo: history.Undo, spots: Set[Spot]) -> history.Undo:
        """The undo without the changes of these rows; without any where it names none of them."""
        left = [change for change in undo.plan.changes if (change.table, change.row) not in spots]
        if len(left) == len(undo.plan.changes):
            left = []
        gone = [change for change in undo.plan.changes if change not in left]
        kept = (history.kept_because(connection, change) for change in gone)
        return replace(undo, plan=replace(undo.plan, changes=tuple(left)), kept=(*undo.kept, *kept))

    def undoing(self, connection: Connection, changeset: int, actor: Actor) -> history.Undo:
        """What taking a change set back would do and would leave. A row that others have hung something on is left."""
        tree = read_tree(connection, self.catalog)
        reach = scope(actor, history.with_buried(connection, self.catalog, tree))
        unit = Unit(connection, self.catalog, self.today())
        found = history.of_changeset(connection, changeset, reach)
        if actor.role != "admin" and found[0].actor != actor.name:
            raise history.NotYours(changeset, found[0].actor)
        for name in dict.fromkeys(entry.table for entry in found if entry.table in self.catalog.by_name):
            unit.load(self.catalog[name], [entry.row for entry in found if entry.table == name])
        rows = {spot: row for spot, row in unit.before.items() if row is not None}
        undo = history.undo_plan(connection, self.catalog, changeset, rows, reach)
        held = self.held(unit, undo.plan)
        return self.keeping(connection, undo, held) if held else undo

    def held(self, unit: Unit, plan: Plan) -> set[Spot]:
        """The rows that the plan would delete and that stay, since rows that live on refer to them.

        What belongs to a row that stays, stays with it.
        """
        dying: dict[str, dict[Value, Spot]] = {}
        for change in plan.changes:
            if change.field is None and change.after is None:
                key = self.catalog[change.table].key
                told = change.before[key[0]] if len(key) == 1 else change.row
                dying.setdefault(change.table, {})[told] = (change.table, change.row)
        spots = {spot for rows in dying.values() for spot in rows.values()}
        users: dict[Spot, set[Spot]] = {}
        owned: dict[Spot, set[Spot]] = {}
        for name, rows in dying.items():
            for referring, one in self.catalog.referring[name]:
                for key, found in unit.referring(referring, one.name, rows).items():
                    told = {(referring.name, str(row["id"])) for row in found}
                    users.setdefault(rows[key], set()).update(told)
                    if one.owner:
                        owned.setdefault(rows[key], set()).update(told)
        held: set[Spot] = set()
        while more := {spot for spot in spots - held if users.get(spot, set()) - (spots - held)}:
            held |= more
            held |= {spot for owner in more for spot in owned.get(owner, ())} & spots
        return held
