"""Whether what a plan makes of the records may stand: values, keys, references, rules, scope, locks."""

from collections import Counter
from collections.abc import Iterable, Iterator

from models import rows as sqlrows
from models.access import Actor, Scope, adds_rows, edits_field, edits_row, is_masked, locked, scope
from models.changes import Change, Problem
from models.kinds import Value, shown
from models.schema import Field, Row, Table, check
from models.tree import Tree
from models.unit import Spot, Unit, listed, problem
from models.words import _


def judge(unit: Unit, asked: Iterable[Change], actor: Actor, tree: Tree, *, taking_back: bool = False) -> list[Problem]:
    """Everything that is wrong with the unit's changes. `asked` are the changes a person wants, without what follows.

    A required blank is wrong where someone left it: not in what follows by itself, nor where it stood before.
    """
    asked = tuple(asked)
    told = frozenset() if taking_back else frozenset((change.table, change.row) for change in asked)
    before = scope(actor, tree)
    reach = with_own(unit, before)
    found = list(may(unit, asked, actor, before, reach))
    for name in dict.fromkeys(table for table, _row in unit.after):
        table = unit.catalog[name]
        rows = unit.living(name)
        found += values(unit, table, rows, told)
        found += keys(unit, table, rows)
        found += references(unit, table, rows, reach)
        found += rules(unit, table, rows)
    found += in_use(unit)
    return found


def may(unit: Unit, asked: Iterable[Change], actor: Actor, before: Scope, reach: Scope) -> Iterator[Problem]:
    """Scope, role and locks: who may do this to that row, as it was (`before`) and as it would be (`reach`)."""
    for change in asked:
        table = unit.catalog[change.table]
        was, now = unit.before.get((change.table, change.row)), unit.after.get((change.table, change.row))
        seen = [(row, scope) for row, scope in ((was, before), (now, reach)) if row is not None]
        if not seen or not all(edits_row(actor, table, row, scope) for row, scope in seen):
            yield outside(change)
        elif change.field is None and not adds_rows(actor, table):
            yield problem(change, _("这张表的行由上级馆增减"), "scope")
        elif change.field is not None and not edits_field(actor, table.by_name[change.field]):
            yield problem(change, _("这一栏不归你填"), "scope")
        elif was is not None and locked(table, was) and (change.field is None or not table.by_name[change.field].locks):
            yield problem(change, _("这一行已锁定"), "locked")


def outside(change: Change) -> Problem:
    """What someone hears of a row that is not theirs to change, whatever stands in it."""
    return problem(change, _("不在你的范围，没有改"), "scope")


def unheard(unit: Unit, asked: Iterable[Change], actor: Actor, tree: Tree) -> list[Problem]:
    """The unit's own problems, without what stands in rows that are not the actor's to change."""
    reach = scope(actor, tree)
    wanted = {(change.table, change.row, change.field): change for change in asked}
    found = []
    for told in unit.problems:
        row = unit.before.get((told.table, told.row))
        theirs = row is None or edits_row(actor, unit.catalog[told.table], row, reach)
        change = wanted.get((told.table, told.row, told.field))
        found.append(told if theirs or change is None else outside(change))
    return found


def with_own(unit: Unit, reach: Scope) -> Scope:
    """The scope, wide enough for new sites below the actor's own, and for new codes of these: they are in no tree yet."""
    if reach.sites is None:
        return reach
    table = unit.catalog.tree
    moved = [(unit.before[table.name, row_id], row) for row_id, row in unit.living(table.name)]
    code = str(table.owner)
    sites = {*reach.sites, *(str(row[code]) for was, row in moved if was is not None and was[code] in reach.sites)}
    born = [row for was, row in moved if was is None]
    while more := {str(row[code]) for row in born if row.get("parent") in sites} - sites:
        sites |= more
    return Scope(frozenset(sites), reach.counties)


def values(unit: Unit, table: Table, rows: Iterable[tuple[str, Row]], told: frozenset[Spot]) -> Iterator[Problem]:
    """Each changed value against its field; of the rows that someone has `told`, a required blank too."""
    for row_id, row in rows:
        was = unit.before[table.name, row_id]
        for one in table.stored:
            value = row.get(one.name)
            if (was is not None and was.get(one.name) == value) or (value is None and (table.name, row_id) not in told):
                continue
            message = masked(one, value) or check(one, value)
            if message:
                cause = "required" if value is None else "value"
                yield Problem(table.name, row_id, one.name, shown(value), message, cause)  # type: ignore[arg-type]


def masked(one: Field, value: Value) -> str | None:
    return _("遮住的号码不能填回") if one.sensitive and is_masked(value) else None


def keys(unit: Unit, table: Table, rows: Iterable[tuple[str, Row]]) -> Iterator[Problem]:
    """A key stands once, and so does the value of a unique field."""
    rows = list(rows)
    for names in (table.key, *((one.name,) for one in table.stored if one.unique)):
        if names:
            yield from taken(unit, table, rows, names)


def taken(unit: Unit, table: Table, rows: Iterable[tuple[str, Row]], names: tuple[str, ...]) -> Iterator[Problem]:
    """Rows whose values of these fields another row has: looked for in the database and among the plan's own rows."""

    def key_of(row: Row) -> tuple[Value, ...]:
        return tuple(row.get(name) for name in names)

    changed = [
        (row_id, row)
        for row_id, row in rows
        if row.get(names[0]) is not None
        and ((was := unit.before[table.name, row_id]) is None or key_of(was) != key_of(row))
    ]
    told = [row[names[0]] for _id, row in changed]
    for other, row in sqlrows.by_values(unit.connection, table, names[0], told).items():
        unit.see(table, other, row)
    holders = Counter(key_of(row) for (name, _id), row in unit.after.items() if name == table.name and row is not None)
    for row_id, row in changed:
        if holders[key_of(row)] > 1:
            text = "/".join(map(shown, key_of(row)))
            yield Problem(table.name, row_id, names[0], text, _("{key} 已有一行").format(key=text), "key")


def references(unit: Unit, table: Table, rows: Iterable[tuple[str, Row]], reach: Scope) -> Iterator[Problem]:
    """Each changed reference leads to a record that is there and that the actor may read."""
    for one in (one for one in table.stored if one.ref and one.ref in unit.catalog.by_name):
        wanted = [
            (row_id, str(key))
            for row_id, row in rows
            if (was := unit.before[table.name, row_id]) is None or was.get(one.name) != row.get(one.name)
            for key in listed(row.get(one.name))
            if key is not None
        ]
        target = unit.catalog[one.ref]  # type: ignore[index]
        there = unit.look(target.name, frozenset(key for _row, key in wanted))
        for row_id, key in wanted:
            born = key in there and unit.before.get((target.name, str(there[key]["id"]))) is None
            if key not in there or not (born or reach.holds(target, there[key])):
                message = _("没有编码为 {key} 的{label}").format(key=key, label=_(target.label))
                yield Problem(table.name, row_id, one.name, key, message, "reference")


def rules(unit: Unit, table: Table, rows: list[tuple[str, Row]]) -> Iterator[Problem]:
    """The record type's own rules, also for rows that refer to a changed one; only what is newly broken is a problem."""
    broken = list(errors(unit, table, [row for _id, row in rows]))
    were = [row for problem in broken if (row := unit.before[table.name, problem.row]) is not None]
    already = {(problem.row, problem.field, problem.message) for problem in errors(unit, table, were)}
    yield from (problem for problem in broken if (problem.row, problem.field, problem.message) not in already)
    for referring, one in unit.catalog.referring[table.name]:
        watched = watched_through(referring, one)
        changed = [row[table.key[0]] for row_id, row in rows if differs(unit.before[table.name, row_id], row, watched)]
        for users in unit.referring(referring, one.name, changed).values():
            yield from errors(unit, referring, users)


def errors(unit: Unit, table: Table, rows: list[Row]) -> Iterator[Problem]:
    if table.about.rules and rows:
        yield from (problem for problem in unit.paths().problems(table, rows) if problem.level == "error")


def watched_through(referring: Table, one: Field) -> frozenset[str]:
    """The fields of the record referred to that the referring table's rules read directly."""
    paths = (path.split(".") for rule in referring.about.rules for path in rule.inputs)
    return frozenset(path[1] for path in paths if len(path) == 2 and path[0] == one.name)


def differs(was: Row | None, row: Row, names: Iterable[str]) -> bool:
    return was is not None and any(was.get(name) != row.get(name) for name in names)


def in_use(unit: Unit) -> Iterator[Problem]:
    """A record that others refer to cannot go."""
    dead: dict[str, dict[Value, str]] = {}
    for (name, row_id), row in list(unit.after.items()):
        was, table = unit.before[name, row_id], unit.catalog[name]
        if row is None and was is not None and len(table.key) == 1:
            dead.setdefault(name, {})[was[table.key[0]]] = row_id
    for name, gone in dead.items():
        for referring, one in unit.catalog.referring[name]:
            for key, users in unit.referring(referring, one.name, gone).items():
                message = _("还有 {count} 行{label}用到它").format(count=len(users), label=_(referring.label))
                yield Problem(name, gone[key], None, str(key), message, "in_use")
