"""A small table of no trade in particular, and what the two sides of a tab of it may say: for tests of the merge."""

import itertools

from integrations.sides import Sides
from integrations.workbook import REMARKS_HEADER, Lists, read_tab
from models.kinds import Choice, Int, Ref, Text, choices
from models.schema import About, Field, Table

STATES = choices(("open", "填报", "Open"), ("shut", "报送", "Shut"))
FIELDS = (
    Field("site", "馆点", Ref(table="sites"), key=True, owner=True, required=True),
    Field("name", "名称", Text(max=20), key=True, required=True),
    Field("count", "人数", Int(min=0)),
    Field("words", "文字", Text(max=20)),
    Field("fixed", "固定", Text(max=20), edit="app"),
    Field("state", "状态", Choice(choices=STATES), default="open", locks=frozenset({"shut"})),
)
KEYED = Table("things", About("东西", "Things", tab=1), FIELDS)
KEYLESS = Table(
    "events",
    About("活动", "Events", tab=2, title="name"),
    tuple(Field(**{**vars(one), "key": False}) for one in FIELDS),
)
OPENED = Table("plates", About("牌", "Plates", tab=3, opened_by_app=True), FIELDS)
LISTS = Lists({"sites": {"C1": "甲馆", "C2": "乙馆"}})
HEAD = ["编号", "馆点", "名称", "人数", "文字", "固定", "状态", REMARKS_HEADER]
NAMES = [one.name for one in FIELDS]


def record(row_id, **values):
    return {
        "id": row_id,
        "site": "C1",
        "name": row_id,
        "count": 1,
        "words": "a",
        "fixed": "f",
        "state": "open",
        **values,
    }


def line(row_id, **values):
    """A row of the sheet: a record's values as they are shown, under its id."""
    told = record(row_id or "x", **values)
    return [row_id, *(told[name] for name in NAMES)]


def sides(lines, app, base=None, *, table=KEYED, head=HEAD, **more):
    """base: row ids that are in the base as the record stands in `app`, unless rows are given."""
    rows = base if isinstance(base, dict) else {one: app[one] for one in (app if base is None else base)}
    numbers = itertools.count(1)
    told = {"lists": LISTS, "new_id": lambda: f"new{next(numbers)}", **more}
    return Sides(table=table, base=rows, app=app, sheet=read_tab(table, table.label, [list(head), *lines]), **told)


def records(*rows):
    return {row["id"]: row for row in rows}
