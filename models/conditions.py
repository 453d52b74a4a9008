"""Conditions and sort orders of a question: read from text, judged in Python, or handed to the database."""

from dataclasses import dataclass
from typing import Literal, get_args

import sqlalchemy as sa

from models.access import EVERYTHING, Scope
from models.catalog import Catalog
from models.faults import Fault
from models.kinds import Bad, Chosen, Kind, Multi, Noted, Ref, Value
from models.schema import Field, Table, columns
from models.words import _

Op = Literal["eq", "ne", "lt", "le", "gt", "ge", "in", "has", "blank", "filled"]
OPS: tuple[Op, ...] = get_args(Op)


class BadQuestion(Fault):
    """A filter or a sort that cannot be understood."""

    def __init__(self, text: str, why: str) -> None:
        super().__init__(_("条件“{text}”：{why}").format(text=text, why=why))


@dataclass(frozen=True)
class Condition:
    """One condition; `field` may take one step over a reference (site.county). `values` are in their normal form.

    A field that holds several values is "eq" where it holds all of these.
    """

    field: str
    op: Op
    values: tuple[Value, ...] = ()


@dataclass(frozen=True)
class Sort:
    """One column to sort by; blanks come last either way."""

    field: str
    down: bool = False


def path_of(name: str) -> tuple[str, str]:
    """The two parts of a path; the second is empty for a plain field."""
    head, _dot, rest = name.partition(".")
    return head, rest


def kind_of(catalog: Catalog, table: Table, name: str, told: str) -> Kind:
    """The kind of the value that a field or a path leads to. Raises BadQuestion for an unknown one."""
    head, rest = path_of(name)
    one = table.by_name.get(head)
    if one is not None and rest:
        target = catalog.by_name.get(one.ref or "") if isinstance(one.kind, Ref) else None
        one = target.by_name.get(rest) if target else None
        if one is not None and not in_sql(one):
            one = None
    if one is None:
        raise BadQuestion(told, _("没有这一栏"))
    return one.kind


def in_sql(one: Field) -> bool:
    """Whether the database itself can filter and sort by a field: not by what is computed, several, or may be masked."""
    return one.stored and not one.in_json and not one.sensitive and not isinstance(one.kind, Multi)


def parse_condition(catalog: Catalog, table: Table, told: str) -> Condition:
    """A condition from `field:op:value` (the API) or `field=value` (the command line)."""
    if "=" in told and (":" not in told or told.index("=") < told.index(":")):
        name, _sign, text = told.partition("=")
        op = "eq"
    else:
        name, op, text = (*told.split(":", 2), "", "")[:3]
    name = name.strip()
    if op not in OPS:
        raise BadQuestion(told, _("比较用 {ops}").format(ops=" ".join(OPS)))
    if name == "id":
        return Condition("id", op, tuple(text.split(",")) if op == "in" else (text,))  # type: ignore[arg-type]
    kind = kind_of(catalog, table, name, told)
    if op in ("eq", "ne") and not text.strip():
        op = "blank" if op == "eq" else "filled"
    if op in ("blank", "filled"):
        return Condition(name, op)  # type: ignore[arg-type]
    if op == "has":
        return Condition(name, "has", (text.strip(),))
    parts = text.split(",") if op == "in" else [text]
    return Condition(name, op, tuple(value for part in parts for value in read_values(kind, part, told)))  # type: ignore[arg-type]


def read_values(kind: Kind, text: str, told: str) -> list[Value]:
    """The normal form of a value in a condition, of each where there are several. Raises BadQuestion."""
    value = kind.parse(text)
    if isinstance(value, Bad):
        raise BadQuestion(told, value.wanted)
    value = value.value if isinstance(value, Noted) else value
    if isinstance(kind, Ref) and isinstance(value, str):
        return [value.split(maxsplit=1)[0]]
    return list(value) if isinstance(value, list) else [value]


def parse_sort(catalog: Catalog, table: Table, told: str) -> tuple[Sort, ...]:
    """Columns from `-area_m2,code`: a minus sorts downwards. Raises BadQuestion."""
    parts = [part.strip() for part in told.split(",") if part.strip()]
    for part in parts:
        if part.lstrip("-") not in table.by_name:
            raise BadQuestion(told, _("没有这一栏"))
    return tuple(Sort(part.lstrip("-"), part.startswith("-")) for part in parts)


def matches(condition: Condition, value: Value) -> bool:
    """Whether a value answers a condition; the meaning that `sql_condition` has in the database."""
    several = value if isinstance(value, list) else [value]
    op, wanted = condition.op, condition.values
    if op in ("blank", "filled"):
        return (value is None) == (op == "blank")
    if op == "has":
        return any(str(wanted[0]).casefold() in str(one).casefold() for one in several if one is not None)
    if op == "in":
        return any(one in wanted for one in several)
    if op == "ne":
        return not all(one in several for one in wanted)
    if op == "eq":
        return all(one in several for one in wanted)
    return value is not None and compared(op, value, wanted[0])


def compared(op: Op, value: Value, wanted: Value) -> bool:
    """<, <=, >, >= of two values of one kind."""
    if wanted is None or isinstance(value, str) != isinstance(wanted, str):
        return False
    less, equal = value < wanted, value == wanted  # type: ignore[operator]
    return {"lt": less, "le": less or equal, "gt": not less and not equal, "ge": not less}[op]


def sql_condition(
    catalog: Catalog, table: Table, condition: Condition, reach: Scope = EVERYTHING
) -> sa.ColumnElement[bool]:
    """The condition for the database. A step over a reference becomes a sub-select of the rows in reach."""
    head, rest = path_of(condition.field)
    cols = columns(table.model)  # type: ignore[arg-type]
    target = catalog.by_name.get((table.by_name[head].ref or "") if head in table.by_name else "")
    if target is None or len(target.key) != 1 or not (rest or condition.op == "has"):
        return sql_compare(cols[head], condition)
    there = columns(target.model)  # type: ignore[arg-type]
    readable = sa.select(there[target.key[0]]).where(sql_scope(target, reach))
    if not rest:  # a reference shows its record's name: what a person looks for may stand in either
        named = readable.where(sql_compare(there[target.title], condition)) if target.title in there else None
        own = sql_compare(cols[head], condition)
        return own if named is None else sa.or_(own, cols[head].in_(named))
    if condition.op in ("blank", "ne"):
        full = Condition(rest, "filled" if condition.op == "blank" else "eq", condition.values)
        return sa.or_(cols[head].is_(None), cols[head].not_in(readable.where(sql_compare(there[rest], full))))
    return cols[head].in_(readable.where(sql_compare(there[rest], condition)))


def sql_scope(table: Table, reach: Scope) -> sa.ColumnElement[bool]:
    """The rows of a table that a scope holds: `Scope.holds` for the database."""
    cols = columns(table.model)  # type: ignore[arg-type]
    if reach.sites is None:
        return sa.true()
    if table.owner:
        return cols[table.owner].in_(reach.sites)
    return cols[table.about.county].in_(reach.counties or ()) if table.about.county else sa.false()


def sql_compare(column: sa.ColumnElement, condition: Condition) -> sa.ColumnElement[bool]:  # type: ignore[type-arg]
    """One column against a condition."""
    wanted = condition.values[0] if condition.values else None
    match condition.op:
        case "blank":
            return column.is_(None)
        case "filled":
            return column.is_not(None)
        case "has":
            return sa.cast(column, sa.String).icontains(str(wanted), autoescape=True)
        case "in":
            return column.in_(condition.values)
        case "eq":
            return column == wanted
        case "ne":
            return sa.or_(column.is_(None), column != wanted)
        case "lt":
            return column < wanted
        case "le":
            return column <= wanted
        case "gt":
            return column > wanted
        case _:
            return column >= wanted


def sql_order(table: Table, sort: Sort) -> sa.ColumnElement:  # type: ignore[type-arg]
    """The column to sort by; a choice sorts in the order of its list."""
    column = columns(table.model)[sort.field]  # type: ignore[arg-type]
    kind = table.by_name[sort.field].kind
    if isinstance(kind, Chosen) and kind.choices:
        column = sa.case({one.code: place for place, one in enumerate(kind.choices)}, value=column, else_=None)  # type: ignore[assignment]
    return (column.desc() if sort.down else column.asc()).nulls_last()


def sort_key(table: Table, sort: Sort, row: dict[str, Value]) -> object:
    """What `sql_order` sorts by, for a value that is not blank."""
    value, kind = row[sort.field], table.by_name[sort.field].kind
    if isinstance(kind, Chosen) and kind.choices:
        codes = [one.code for one in kind.choices]
        return codes.index(str(value)) if value in codes else len(codes)
    return tuple(value) if isinstance(value, list) else value
