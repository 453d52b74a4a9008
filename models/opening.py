"""Opening a period: the empty rows of a month or a year, one for every open site that has one."""

from collections.abc import Sequence
from dataclasses import dataclass

from models.changes import Plan, birth
from models.conditions import Condition
from models.faults import Fault
from models.kinds import Bad, Value
from models.query import View
from models.registry import OPEN
from models.rows import new_id
from models.schema import Table
from models.words import _


class BadPeriod(Fault):
    """A text that is no month or no year."""

    def __init__(self, text: str, wanted: str) -> None:
        super().__init__(_("“{text}”不对，填{wanted}").format(text=text, wanted=wanted))


@dataclass(frozen=True)
class Opening:
    """What opening a period would do. `skipped` are sites of the table's levels that are not open."""

    period: Value
    plan: Plan
    created: int
    existing: int
    skipped: int


def period_of(table: Table, text: str) -> Value:
    """The period that a text names. Raises BadPeriod."""
    assert table.about.period is not None
    kind = table.by_name[table.about.period.field].kind
    value = kind.parse(text)
    if value is None or isinstance(value, Bad):
        raise BadPeriod(text, kind.wanted())
    return value  # type: ignore[return-value]


def opening(view: View, table: Table, text: str) -> Opening:
    """The plan that opens a period of a table; rows that are there already are left alone. Raises BadPeriod."""
    period = table.about.period
    assert period is not None
    value = period_of(table, text)
    blank = {one.name: one.default for one in table.stored}
    there = opened_sites(view, table, period.field, value)
    sites = [
        node
        for code, node in view.tree.nodes.items()
        if node.level in period.levels and (view.reach.sites is None or code in view.reach.sites)
    ]
    open_sites = sorted(
        (node.code for node in sites if node.status in OPEN), key=lambda code: view.tree.order.get(code, 0)
    )
    fresh = [code for code in open_sites if code not in there]
    births = tuple(
        birth(table.name, {**blank, "id": new_id(), table.owner or "": code, period.field: value}) for code in fresh
    )
    return Opening(value, Plan(births), len(fresh), len(open_sites) - len(fresh), len(sites) - len(open_sites))


def openings(view: View, tables: Sequence[Table], text: str) -> Opening:
    """The plan that opens a period of these tables as one change set, with the counts of all of them together.

    Raises BadPeriod.
    """
    each = [opening(view, table, text) for table in tables]
    return Opening(
        each[0].period,
        Plan(tuple(change for one in each for change in one.plan.changes)),
        sum(one.created for one in each),
        sum(one.existing for one in each),
        sum(one.skipped for one in each),
    )


def opened_sites(view: View, table: Table, period: str, value: Value) -> set[Value]:
    """The sites that have their row of a period: one that opening makes, every other part of its key at its default."""
    rest = [name for name in table.key if name not in (table.owner, period)]
    counted = view.tally(table, [table.owner or "", *rest], (Condition(period, "eq", (value,)),))
    usual = tuple(table.by_name[name].default for name in rest)
    return {site for site, *parts in counted if tuple(parts) == usual}
