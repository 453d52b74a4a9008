"""A table's rows as files want them: chosen, in order, with names for references and without what may not be seen."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from models.access import is_masked
from models.conditions import BadQuestion, Condition, kind_of, parse_condition, parse_sort
from models.intake import find_reference
from models.kinds import Bad, Multi, Ref, Value
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
    """The rows that answer all the conditions (`field=value` or `field:op:value`). Raises BadQuestion.

    A reference in a condition may be a name, as in a file; one that means no record is a mistake, and not an empty list.
    """
    conditions = tuple(meant(view, table, told) for told in where)
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


def meant(view: View, table: Table, told: str) -> Condition:
    """A condition, its references found. Raises BadQuestion."""
    catalog = view.query.catalog
    condition = parse_condition(catalog, table, told)
    kind = kind_of(catalog, table, condition.field, told) if condition.field != "id" else None
    target = kind.table if isinstance(kind, Ref | Multi) else ""
    if not target or condition.op not in ("eq", "ne", "in"):
        return condition
    names = view.names(catalog[target])
    found = [find_reference(str(value), names, frozenset()) for value in condition.values]
    if wrong := next((one for one in found if isinstance(one, Bad)), None):
        raise BadQuestion(told, wrong.wanted)
    return replace(condition, values=tuple(found))
