"""What waits for a person in their role: counts with a deadline, what is due first before the rest. Pure.

What is counted comes in as counts of rows by a few of their fields, of what the reader may see; `today` is a day's text.
"""

import calendar
import datetime
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from models.registry import OPEN, staffing
from models.schema import Flow
from models.standing import branch_of, months_to
from models.tree import Node

Counts = Mapping[tuple[Any, ...], int]

OFFICE = frozenset({"admin", "bureau"})  # they may do whatever a hall may
HALL = OFFICE | {"main"}
SITES = HALL | {"branch", "point"}
SOON = 14  # days before a deadline within which a rectification is told

# What comes first among what has no deadline.
RANKS = (
    "stopped",
    "conflicts",
    "proposals",
    "problems",
    "unopened",
    "check",
    "book",
    "mended",
    "mending",
    "arrived",
    "ordered",
    "to_make",
    "replace",
    "late_orders",
    "blocked",
    "staff",
)


@dataclass(frozen=True)
class Duty:
    """One line of what waits: what kind, how many, by when (None: no deadline), what else tells it apart.

    `places` are the sites that have most of it, those first.
    """

    kind: str
    count: int
    due: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    places: tuple[str, ...] = ()

    def days(self, today: str) -> int | None:
        """Days that are left; negative where it is overdue."""
        if self.due is None:
            return None
        return (datetime.date.fromisoformat(self.due) - datetime.date.fromisoformat(today)).days


def in_order(duties: Iterable[Duty]) -> list[Duty]:
    """By deadline; what has none by what needs a person more."""
    there = (one for one in duties if one.count)
    return sorted(there, key=lambda one: (one.due is None, one.due or "", RANKS.index(one.kind)))


def most(counts: Mapping[str, int]) -> tuple[str, ...]:
    """The sites with the most, those first."""
    return tuple(sorted(counts, key=lambda code: (-counts[code], code)))


def next_steps(flow: Flow, role: str) -> dict[str, str]:
    """Status -> the one that this role takes a row to from there."""
    steps = list(flow.steps)
    return {here: there for here, there in pairwise(steps) if role in OFFICE or role in flow.steps[there]}


def month_end(month: str) -> str:
    """The last day of 2026-02: 2026-02-28."""
    year, number = int(month[:4]), int(month[5:7])
    return f"{month}-{calendar.monthrange(year, number)[1]:02d}"


# ---------------------------------------------------------------- checks and books


def checks(flow: Flow, role: str, counts: Counts, nodes: Mapping[str, Node], today: str) -> Iterator[Duty]:
    """This month's and last month's checks that this role takes on. counts: (site, month, status) -> how many.

    What sites fill in is due at the month's end.
    """
    steps = next_steps(flow, role)
    for month in months_to(today[:7], 2):
        for status, there in steps.items():
            found: dict[str, int] = {}
            for (site, of, now), count in counts.items():
                if of == month and (now or "empty") == status and site in nodes:
                    branch = branch_of(nodes, site)
                    found[branch] = found.get(branch, 0) + count
            due = None if there == "confirmed" else month_end(month)
            facts = {"month": month, "status": status, "next": there}
            yield Duty("check", sum(found.values()), due, facts, most(found))


def unopened(role: str, levels: Sequence[str], counts: Counts, nodes: Mapping[str, Node], today: str) -> Iterator[Duty]:
    """The open sites that have no check of this month yet: for those who open months."""
    if role in HALL:
        there = {site for site, month, _status in counts if month == today[:7]}
        lacking = [node for node in nodes.values() if node.level in levels and node.status in OPEN]
        count = sum(node.code not in there for node in lacking)
        yield Duty("unopened", count, None, {"month": today[:7]})


def books(table: str, flow: Flow, role: str, counts: Counts) -> Iterator[Duty]:
    """The books that this role takes on, year by year. counts: (year, status, due_on) -> how many."""
    steps = next_steps(flow, role)
    found: dict[tuple[int, str], int] = {}
    dues: dict[tuple[int, str], list[str]] = {}
    for (year, status, due), count in counts.items():
        if year is not None and status in steps:
            found[year, status] = found.get((year, status), 0) + count
            dues.setdefault((year, status), []).extend([due] if due else [])
    for (year, status), count in sorted(found.items()):
        facts = {"table": table, "year": year, "status": status, "next": steps[status]}
        due = min(dues[year, status], default=None) if steps[status] != "archived" else None
        yield Duty("book", count, due, facts)


# ---------------------------------------------------------------- rectifications, plaques, staff


def mending(role: str, counts: Counts, today: str) -> Iterator[Duty]:
    """Rectifications that are due, or will be within a fortnight; and those that say they are done.

    counts: (site, status, due_on) -> how many.
    """
    until = (datetime.date.fromisoformat(today) + datetime.timedelta(SOON)).isoformat()
    soon: dict[str, int] = {}
    done: dict[str, int] = {}
    days: list[str] = []
    for (site, status, due), count in counts.items():
        if status in ("open", "mending") and due and due <= until:
            soon[site] = soon.get(site, 0) + count
            days.append(due)
        elif status == "proved":
            done[site] = done.get(site, 0) + count
    if role in SITES:
        yield Duty("mending", sum(soon.values()), min(days, default=None), {"until": until}, most(soon))
    if role in HALL:
        yield Duty("mended", sum(done.values()), None, {}, most(done))


def plaques(role: str, counts: Counts, nodes: Mapping[str, Node]) -> Iterator[Duty]:
    """Plaques to make, ordered, arrived, to replace; and those that wait for a hall. counts: (site, status) -> how many.

    A branch under a hall that is only planned cannot have its plaque ordered: it is in no other line.
    """
    who = {"to_make": HALL, "ordered": HALL, "arrived": SITES, "replace": HALL}
    blocked = {code for code, node in nodes.items() if node.level == "branch" and waits_for_hall(node, nodes)}
    for status, roles in who.items():
        found = {
            site: count
            for (site, now), count in counts.items()
            if now == status and site not in blocked and site in nodes
        }
        if role in roles:
            by_branch: dict[str, int] = {}
            for site, count in found.items():
                branch = branch_of(nodes, site)
                by_branch[branch] = by_branch.get(branch, 0) + count
            yield Duty(status, sum(found.values()), None, {"status": status}, most(by_branch))
    held = {site: count for (site, now), count in counts.items() if site in blocked and now != "hung"}
    if role in HALL:
        halls = tuple(dict.fromkeys(str(nodes[site].parent) for site in sorted(held)))
        yield Duty("blocked", sum(held.values()), None, {"halls": halls}, tuple(sorted(held)))


def waits_for_hall(node: Node, nodes: Mapping[str, Node]) -> bool:
    """Whether a site's parent is a hall that is not built yet."""
    above = nodes.get(node.parent or "")
    return above is not None and above.status == "planned"


def late_orders(role: str, counts: Counts, today: str) -> Iterator[Duty]:
    """Orders that have been placed and are due. counts: (status, due_on) -> how many."""
    due = {day: count for (status, day), count in counts.items() if status == "placed" and day and day <= today}
    if role in HALL and due:
        yield Duty("late_orders", sum(due.values()), min(due))


def staff(role: str, counts: Counts) -> Iterator[Duty]:
    """Open sites with fewer staff than the rule asks. counts: (level, status, established, public welfare) -> how many."""
    if role in HALL:
        short = 0
        for (level, status, established, welfare), count in counts.items():
            told = staffing({"level": level, "staff_established": established, "staff_public_welfare": welfare})
            short += count if status in OPEN and told not in (None, "达标") else 0
        yield Duty("staff", short)


def sync(role: str, counts: Mapping[str, int]) -> Iterator[Duty]:
    """What waits in the workbooks: stopped, conflicts, proposals, problems -> how many."""
    if role in SITES | {"center"}:
        yield from (Duty(kind, count) for kind, count in counts.items())
