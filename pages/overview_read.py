"""What the overview shows one person, asked of the database in one go: counts by few columns, in the reader's scope."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from integrations import books
from models import duties
from models.access import Actor
from models.conditions import Condition
from models.declared import Totals, read_declared
from models.duties import Counts, Duty
from models.query import View
from models.schema import Row, Table
from models.services import Services
from models.standing import Standing, Strip, branch_of, differences, months_to, standings, strip
from models.tree import Node

MONTHS = 12  # of the strip
MOST_LINES = 30  # of the strip: where there are more branches, it goes by county


@dataclass(frozen=True)
class Overview:
    """Values alone: everything that the page lays out."""

    today: str
    sites: int
    duties: list[Duty]
    names: Mapping[str, str]  # code -> the short name of a site that is in scope
    standings: list[Standing]
    declared: Totals  # what the official table's own total row says; nothing where it is not compared
    differing: Mapping[str, tuple[int | float, int]]
    strip: Strip
    strip_by: str  # branch or county
    network_of: Mapping[str, str]  # branch -> its network
    where: Mapping[str, str]  # branch -> the condition on a check's site that means it and its points
    waiting: Mapping[str, int]  # page -> how much waits there, for the navigation


def read(services: Services, actor: Actor) -> Overview:
    """Ask the database."""
    with services.database.read() as connection:
        view = services.query.view(connection, actor)
        return overview(view, services.store.today())


def overview(view: View, today: str) -> Overview:
    """Everything of one person's overview."""
    nodes = {
        code: view.tree.nodes[code] for code in view.tree.order if view.reach.sites is None or code in view.reach.sites
    }
    catalog = view.query.catalog
    plaques = view.tally(catalog["plaques"], ("site", "status"))
    checks = checks_of(view, today)
    targets = view.page(catalog["targets"]).rows
    declared = read_declared(view.connection, catalog["targets"]) if view.reach.sites is None else {}
    matters = in_workbooks(view)
    found = duties.in_order([*told_duties(view, nodes, plaques, checks, today), *duties.sync(view.actor.role, matters)])
    lines, by = lines_of(nodes, checks)
    shown = strip(checks, lines, today, MONTHS)
    codes = {code for duty in found for code in duty.places[:3]} | (set(shown.lines) if by == "branch" else set())
    return Overview(
        today,
        len(nodes),
        found,
        names(view, codes),
        standings(nodes.values(), targets, hung(plaques)),
        declared if targets else {},
        differences(declared, targets) if targets else {},
        shown,
        by,
        {line: nodes[line].network for line in shown.lines} if by == "branch" else {},
        {line: condition(line, lines, nodes) for line in shown.lines} if by == "branch" else {},
        {"sync": sum(count for kind, count in matters.items() if kind != "problems")},
    )


def checks_of(view: View, today: str) -> Counts:
    """(site, month, status) -> how many monthly checks, of the months that the page may show."""
    table, monthly = view.query.catalog["checklists"], Condition("kind", "eq", ("monthly",))
    known = [str(month) for (month,) in view.tally(table, ("month",), (monthly,)) if month]
    last = max((month for month in known if month <= today[:7]), default=min(known, default=today[:7]))
    first = min(months_to(last, MONTHS)[0], months_to(today[:7], 2)[0])
    return view.tally(table, ("site", "month", "status"), (monthly, Condition("month", "ge", (first,))))


def told_duties(view: View, nodes: Mapping[str, Node], plaques: Counts, checks: Counts, today: str) -> Iterable[Duty]:
    """What waits in the records."""
    catalog, role, every = view.query.catalog, view.actor.role, view.tree.nodes
    table = catalog["checklists"]
    if table.about.flow and table.about.period:
        yield from duties.unopened(role, table.about.period.levels, checks, nodes, today)
        yield from duties.checks(table.about.flow, role, checks, every, today)
    for name in ("service_yearbooks", "asset_yearbooks"):
        if flow := catalog[name].about.flow:
            yield from duties.books(name, flow, role, view.tally(catalog[name], ("year", "status", "due_on")))
    yield from duties.mending(role, view.tally(catalog["rectifications"], ("site", "status", "due_on")), today)
    yield from duties.plaques(role, plaques, every)
    yield from duties.late_orders(role, view.tally(catalog["plaque_orders"], ("status", "due_on")), today)
    posts = ("level", "status", "staff_established", "staff_public_welfare")
    yield from duties.staff(role, view.tally(catalog.tree, posts))


def in_workbooks(view: View) -> dict[str, int]:
    """What waits in the workbooks in scope, kind by kind."""
    known = books.all_books(view.connection).values()
    stopped = sum(
        one.state == books.STOPPED for one in known if view.reach.sites is None or one.code in view.reach.sites
    )
    tables = {"conflicts": books.conflicts, "proposals": books.proposals, "problems": books.problems}
    return {"stopped": stopped} | {kind: counted(view, table) for kind, table in tables.items()}


def counted(view: View, table: sa.Table) -> int:
    statement = sa.select(sa.func.count()).select_from(table).where(books.in_scope(table, view.reach))
    return int(view.connection.execute(statement).scalar_one())


def condition(line: str, lines: Mapping[str, str], nodes: Mapping[str, Node]) -> str:
    """What to ask of a check's site to get one line: by the codes' common beginning where that means the same."""
    mine = [code for code, of in lines.items() if of == line]
    alike = [code for code in nodes if line in code]
    same = len(alike) >= len(mine) and all(lines.get(code, line) == line for code in alike) and set(mine) <= set(alike)
    return f"has:{line}" if same else f"in:{','.join(mine)}"


def hung(plaques: Counts) -> dict[str, tuple[int, int]]:
    """Site -> (plaques that hang, all of its plaques)."""
    found: dict[str, tuple[int, int]] = {}
    for (site, status), count in plaques.items():
        up, every = found.get(site, (0, 0))
        found[site] = (up + (count if status == "hung" else 0), every + count)
    return found


def lines_of(nodes: Mapping[str, Node], checks: Counts) -> tuple[dict[str, str], str]:
    """Site -> its line in the strip: its branch, or its county where there would be too many; and which of the two."""
    checked = {site for site, _month, _status in checks}
    by_branch = {code: branch_of(nodes, code) for code in nodes if code in checked}
    if len(set(by_branch.values())) <= MOST_LINES:
        return by_branch, "branch"
    return {code: nodes[code].county or "" for code in by_branch}, "county"


def names(view: View, codes: Iterable[str]) -> dict[str, str]:
    """Code -> what a site in scope is called in a line: 关上街道分馆, or its own name."""
    table: Table = view.query.catalog.tree
    there = view.look(table.name, frozenset(codes))
    return {code: short_name(row) for code, row in there.items() if view.holds(table, row)}


def short_name(row: Row) -> str:
    if row.get("level") == "branch" and row.get("township"):
        return f"{row['township']}分馆"
    return str(row.get("name") or row["code"])
