"""Opening a period: the empty rows of a month or a year, one for every open site that has one."""

from dataclasses import dataclass

from models.changes import Plan, birth
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
    there = {
        row[table.owner or ""] for row in view.page(table).rows if row[period.field] == value and is_plain(table, row)
    }
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


def is_plain(table: Table, row: dict[str, Value]) -> bool:
    """Whether a row is one that opening makes: every other part of its key has its default."""
    period = table.about.period
    rest = [name for name in table.key if name not in (table.owner, period.field if period else "")]
    return all(row.get(name) == table.by_name[name].default for name in rest)
