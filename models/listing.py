"""A table's rows as files want them: chosen, in order, with names for references and without what may not be seen."""

from collections.abc import Sequence
from dataclasses import dataclass

from models.access import is_masked
from models.conditions import parse_condition, parse_sort
from models.kinds import Value
from models.query import Question, View
from models.schema import Table


@dataclass(frozen=True)
class Listing:
    """Rows to write. `names` is row id -> field -> the name of the record referred to; `masked` are labels left blank."""

    table: Table
    rows: Sequence[dict[str, Value]]
    names: dict[str, dict[str, str]]
    masked: tuple[str, ...]


def list_rows(view: View, table: Table, where: Sequence[str] = (), sort: str = "", search: str = "") -> Listing:
    """The rows that answer all the conditions (`field=value` or `field:op:value`). Raises BadQuestion."""
    conditions = tuple(parse_condition(view.query.catalog, table, told) for told in where)
    question = Question(conditions, parse_sort(view.query.catalog, table, sort), search)
    rows = view.page(table, question).rows
    hidden = []
    for one in (one for one in table.fields if one.sensitive):
        masked = [row for row in rows if is_masked(row.get(one.name))]
        for row in masked:
            row[one.name] = None
        if masked:
            hidden.append(one.label)
    return Listing(table, rows, view.labels(table, rows), tuple(hidden))
