"""Whether what a plan makes of the records may stand: values, keys, references, rules, scope, locks."""

from collections import Counter
from collections.abc import Iterable, Iterator

from models import rows as sqlrows
from models.access import Actor, Scope, adds_rows, edits_field, edits_row, is_masked, locked, scope, takes_steps
from models.changes import Change, Problem
from models.kinds import Value, shown
from models.schema import Field, Flow, Row, Table, check
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
        found += out_of_place(unit, table, rows)
        found += keys(unit, table, rows)
        found += references(unit, table, rows, reach)
        found += rules(unit, table, rows)
    found += in_use(unit)
    return found


def may(unit: Unit, asked: Iterable[Change], actor: Actor, before: Scope, reach: Scope) -> Iterator[Problem]:
    """Scope, role, flow and locks: who may do this to that row, as it was (`before`) and as it would be (`reach`)."""
    for change in asked:
        table = unit.catalog[change.table]
        was, now = unit.before.get((change.table, change.row)), unit.after.get((change.table, change.row))
        seen = [(row, scope) for row, scope in ((was, before), (now, reach)) if row is not None]
        if moves(actor, table, change) and all(scope.holds(table, row) for row, scope in seen):
            found = flow_problem(actor, table, change, was, now)
        elif not seen or not all(edits_row(actor, table, row, scope) for row, scope in seen):
            found = outside(change)
        elif change.field is None:
            found = whole_problem(actor, table, change, was, now)
        else:
            found = cell_problem(actor, table, change, was, now)
        if found:
            yield found


def whole_problem(actor: Actor, table: Table, change: Change, was: Row | None, now: Row | None) -> Problem | None:
    """Why the actor may not add or delete this row."""
    if not adds_rows(actor, table):
        return problem(change, _("这张表的行由上级馆增减"), "scope")
    if was is not None and locked(table, was):
        return problem(change, _("这一行已锁定"), "locked")
    return flow_problem(actor, table, change, None, now) if was is None else None


def cell_problem(actor: Actor, table: Table, change: Change, was: Row | None, now: Row | None) -> Problem | None:
    """Why the actor may not change this cell of a row that is theirs."""
    one = table.by_name[str(change.field)]
    flow = table.about.flow
    if not edits_field(actor, one):
        return problem(change, _("这一栏不归你填"), "scope")
    if one.once and was is not None and was.get(one.name) is not None:
        return problem(change, _("这一栏定了就不再改"), "rule")
    if flow and one.name == flow.field:
        return flow_problem(actor, table, change, was, now)
    if was is not None and locked(table, was) and not one.locks and not (flow and one.name == flow.reason):
        return problem(change, _("这一行已锁定"), "locked")
    return None


def flow_problem(actor: Actor, table: Table, change: Change, was: Row | None, now: Row | None) -> Problem | None:
    """Why a row may not take the step that a change of its status asks for."""
    flow = table.about.flow
    if flow is None or change.field == flow.reason:
        return None
    why = flow_fault(actor, flow, was, now)
    return problem(change, why, "rule") if why else None


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


def moves(actor: Actor, table: Table, change: Change) -> bool:
    """Whether a change is a step of the row's flow that the actor has a part in, whoever fills in the rest."""
    flow = table.about.flow
    return flow is not None and change.field in (flow.field, flow.reason) and takes_steps(actor, table)


def flow_fault(actor: Actor, flow: Flow, was: Row | None, now: Row | None) -> str | None:
    """Why a row may not take this step: forward within the role's part, back one step and with a reason (CONTRACT §3)."""
    steps = list(flow.steps)
    before, after = (row.get(flow.field) if row else steps[0] for row in (was, now))
    start, end = (steps.index(str(step)) if step in steps else 0 for step in (before, after))
    if now is None or start == end:
        return None
    if end < start - 1:
        return _("状态一次退一步")
    if end < start and not now.get(flow.reason):
        return _("退回要写原因")
    if actor.role in ("admin", "bureau"):
        return None
    if end < start:
        entitled = flow.steps[steps[start]] | (flow.steps[steps[start + 1]] if start + 1 < len(steps) else frozenset())
        return None if actor.role in entitled else _("这一步由上级馆退回")
    passed = steps[start + 1 : end + 1]
    return None if all(actor.role in flow.steps[step] for step in passed) else _("这一步由上级馆确认")


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


def out_of_place(unit: Unit, table: Table, rows: list[tuple[str, Row]]) -> Iterator[Problem]:
    """A value in a field that has no meaning for its row: an item of another level, network or period."""
    if not any(one.applies for one in table.stored):
        return
    nowhere = unit.paths().out_of_place(table, [row for _id, row in rows])
    for (row_id, row), names in zip(rows, nowhere, strict=True):
        was = unit.before[table.name, row_id] or {}
        for name in names:
            if row.get(name) is not None and row.get(name) != was.get(name):
                text = _("这一项不适用于这个馆点")
                yield Problem(table.name, row_id, name, shown(row[name]), text, "rule")


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
        yield from broken_below(unit, table, rows, referring, one)


def broken_below(
    unit: Unit, table: Table, rows: list[tuple[str, Row]], referring: Table, one: Field
) -> Iterator[Problem]:
    """Rules that rows of another table would break by a change here: a problem of the cell that was changed."""
    watched = watched_through(referring, one)
    changed: dict[Value, tuple[str, str]] = {}
    for row_id, row in rows:
        if names := differing(unit.before[table.name, row_id], row, watched):
            changed[row[table.key[0]]] = (row_id, names[0])
    for key, users in unit.referring(referring, one.name, changed).items():
        row_id, name = changed[key]
        for found in errors(unit, referring, users):
            key_text = next((referring.key_text(user) for user in users if user["id"] == found.row), "")
            text = _("{label} {row}：{why}").format(label=_(referring.label), row=key_text, why=found.message)
            yield Problem(table.name, row_id, name, shown(unit.after[table.name, row_id][name]), text, "rule")  # type: ignore[index]
            break


def errors(unit: Unit, table: Table, rows: list[Row]) -> Iterator[Problem]:
    if table.about.rules and rows:
        yield from (problem for problem in unit.paths().problems(table, rows) if problem.level == "error")


def watched_through(referring: Table, one: Field) -> frozenset[str]:
    """The fields of the record referred to that the referring table's rules read directly."""
    paths = (path.split(".") for rule in referring.about.rules for path in rule.inputs)
    return frozenset(path[1] for path in paths if len(path) == 2 and path[0] == one.name)


def differing(was: Row | None, row: Row, names: Iterable[str]) -> list[str]:
    """The names whose values a change made others."""
    return [] if was is None else [name for name in sorted(names) if was.get(name) != row.get(name)]


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
