"""Rows in and out of the record tables, as plain dictionaries of normal values."""

import secrets
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from models.kinds import Value
from models.schema import Record, Row, Table, columns

CHUNK = 500  # parameters in one IN (…): below SQLite's limit of old builds
_LETTERS = "bcdfghjkmnpqrstvwxz"
_SIGNS = "23456789" + _LETTERS


def new_id() -> str:
    """A fresh id: text that no spreadsheet takes for a number or a date, never reused (about 2^47 of them)."""
    return secrets.choice(_LETTERS) + "".join(secrets.choice(_SIGNS) for _place in range(9))


def chunks(values: Iterable[Any]) -> Iterator[list[Any]]:
    """The values in lists that fit one statement."""
    every = list(values)
    return (every[start : start + CHUNK] for start in range(0, len(every), CHUNK))


def among(column: sa.ColumnElement[str], ids: Iterable[str] | None) -> Iterator[sa.ColumnElement[bool]]:
    """Conditions of a bearable size that hold for these ids, one after another; for None one that holds for any."""
    if ids is None:
        yield sa.true()
        return
    for some in chunks(ids):
        yield column.in_(some)


def sql(table: Table) -> sa.Table:
    """The SQLAlchemy table of a record type."""
    return table.model.__table__  # type: ignore[union-attr,no-any-return]


def select(table: Table, names: Sequence[str] | None = None) -> sa.Select[Any]:
    """SELECT of the stored fields (or of these), the id first."""
    return _select(table.model, _stored(table) if names is None else tuple(names))  # type: ignore[arg-type]


def _stored(table: Table) -> tuple[str, ...]:
    """The columns that hold a row's stored fields."""
    names = tuple(one.name for one in table.stored if not one.in_json)
    return (*names, "extra") if len(names) < len(table.stored) else names


# Put together once: to do it takes as long as to ask it.
@cache
def _select(model: type[Record], names: tuple[str, ...]) -> sa.Select[Any]:
    cols = columns(model)
    return sa.select(cols["id"], *(cols[name] for name in names if name != "id"))


@cache
def _select_among(model: type[Record], names: tuple[str, ...], column: str) -> sa.Select[Any]:
    """The same of the rows in which a column has one of `wanted`."""
    return _select(model, names).where(columns(model)[column].in_(sa.bindparam("wanted", expanding=True)))


def read(
    connection: Connection, table: Table, statement: sa.Select[Any], told: Mapping[str, Any] | None = None
) -> list[dict[str, Value]]:
    """The rows of a SELECT made by `select`; `told` are its parameters."""
    result = connection.execute(statement, told)
    names = list(result.keys())
    rows = [dict(zip(names, row, strict=True)) for row in result.all()]
    if "extra" in names and "extra" not in table.by_name:
        in_json = [one.name for one in table.stored if one.in_json]
        for row in rows:
            kept = row.pop("extra") or {}
            row.update({name: kept.get(name) for name in in_json})
    return rows


def by_ids(connection: Connection, table: Table, ids: Iterable[str]) -> dict[str, dict[str, Value]]:
    """Id -> row, for those that are there."""
    return by_values(connection, table, "id", ids)


def by_values(connection: Connection, table: Table, name: str, values: Iterable[Value]) -> dict[str, dict[str, Value]]:
    """Id -> row, for the rows whose field has one of these values."""
    wanted = {value for value in values if value is not None}
    if name in table.by_name and table.by_name[name].in_json:
        return {one: row for one, row in filled(connection, table, name).items() if row[name] in wanted}
    statement = _select_among(table.model, _stored(table), name)  # type: ignore[arg-type]
    found: dict[str, dict[str, Value]] = {}
    for some in chunks(wanted):
        for row in read(connection, table, statement, {"wanted": some}):
            found[str(row["id"])] = row
    return found


def filled(connection: Connection, table: Table, name: str) -> dict[str, dict[str, Value]]:
    """Id -> row, for the rows where the field is not blank."""
    column = columns(table.model)["extra" if table.by_name[name].in_json else name]  # type: ignore[arg-type]
    rows = read(connection, table, select(table).where(column.is_not(None)))
    return {str(row["id"]): row for row in rows if row[name] is not None}


def _packed(table: Table, row: Row) -> dict[str, Any]:
    in_json = {one.name for one in table.stored if one.in_json}
    kept = {name: row[name] for name in in_json if row.get(name) is not None}
    plain = {one.name: row.get(one.name) for one in table.stored if one.name not in in_json}
    return {"id": row["id"], "extra": kept or None, **plain}


def insert(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Write new rows."""
    if rows:
        connection.execute(sa.insert(sql(table)), [_packed(table, row) for row in rows])


def update(connection: Connection, table: Table, rows: Sequence[tuple[Row, Mapping[str, Value]]]) -> None:
    """Write the changed fields of rows: (the whole row as it will be, its changed fields)."""
    target = sql(table)
    in_json = {one.name for one in table.stored if one.in_json}
    left = _left(connection, table, (row["id"] for row, changed in rows if in_json & changed.keys()), in_json)
    groups: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for row, changed in rows:
        packed = _packed(table, row)
        packed["extra"] = {**left.get(row["id"], {}), **(packed["extra"] or {})} or None
        names = tuple(sorted({"extra" if name in in_json else name for name in changed}))
        groups.setdefault(names, []).append({"_id": row["id"], **{f"_{name}": packed[name] for name in names}})
    for names, values in groups.items():
        cells = {name: sa.bindparam(f"_{name}", type_=target.c[name].type) for name in names}
        connection.execute(sa.update(target).where(target.c.id == sa.bindparam("_id")).values(cells), values)


def _left(
    connection: Connection, table: Table, ids: Iterable[Value], in_json: Collection[str]
) -> dict[Value, dict[str, Any]]:
    """Id -> values in the JSON column that belong to no field now: a custom field taken back finds its values again."""
    target, found = sql(table), {}
    for some in chunks(ids):
        for row_id, kept in connection.execute(sa.select(target.c.id, target.c.extra).where(target.c.id.in_(some))):
            found[row_id] = {name: value for name, value in (kept or {}).items() if name not in in_json}
    return found


def delete(connection: Connection, table: Table, ids: Iterable[str]) -> None:
    """Take rows out; their snapshots stand in the history."""
    for some in chunks(ids):
        connection.execute(sa.delete(sql(table)).where(sql(table).c.id.in_(some)))
