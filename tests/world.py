"""A small city for tests: two counties, both networks, and in each row's texts a token that no other row's texts have.

What a reader's answers may hold can so be told from outside: «C530111» stands in that site's rows and nowhere else.
"""

import csv
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path

from models.access import CLI, Actor
from models.changes import Change, Plan, birth
from models.kinds import Text, Value
from models.schema import Table
from models.services import Services
from models.store import Applied
from tests.once import once

# code, parent, level, county
SITES = (
    ("C5301", None, "center", None),
    ("C530111", "C5301", "main", "官渡区"),
    ("C530111001", "C530111", "branch", "官渡区"),
    ("C530111001001", "C530111001", "point", "官渡区"),
    ("C530111001002", "C530111001", "point", "官渡区"),
    ("C530111002", "C530111", "branch", "官渡区"),
    ("C530112", "C5301", "main", "西山区"),
    ("C530112001", "C530112", "branch", "西山区"),
    ("C530112001001", "C530112001", "point", "西山区"),
    ("L5301", None, "center", None),
    ("L530111", "L5301", "main", "官渡区"),
    ("L530111001", "L530111", "branch", "官渡区"),
)
CODES = tuple(code for code, *_rest in SITES)
COUNTIES = ("官渡区", "西山区")
CITY = "全市"  # the place of rows that belong to no county

ACTORS = {
    "admin": Actor("admin", "admin"),
    "city bureau": Actor("bureau", "bureau"),
    "county bureau": Actor("guandu", "bureau", county="官渡区"),
    "center": Actor("center", "center", site="C5301"),
    "main": Actor("main", "main", site="C530111"),
    "branch": Actor("branch", "branch", site="C530111001"),
    "point": Actor("point", "point", site="C530111001001"),
    "assessor": Actor("assessor", "assessor"),
    "city reader": Actor("reader", "reader"),
    "county reader": Actor("reader2", "reader", county="官渡区"),
    "site reader": Actor("reader3", "reader", site="C530111001"),
    "nobody's branch": Actor("lost", "branch", site="C999"),
}


def token(place: str) -> str:
    """What stands in every text of a place's rows."""
    return f"«{place}»"


def phone(place: str) -> str:
    """A place's phone number: eleven digits, no two alike."""
    return f"13{zlib.crc32(place.encode()) % 10**9:09d}"


def new_row(table: Table, row_id: str, values: Mapping[str, Value]) -> dict[str, Value]:
    """A row as the app makes one: defaults where nothing is told."""
    return {"id": row_id, **{one.name: one.default for one in table.stored}, **values}


def filled(table: Table, row_id: str, place: str, values: Mapping[str, Value]) -> dict[str, Value]:
    """A new row with the place's token in every text and its number in every phone."""
    texts = {
        one.name: phone(place) if one.sensitive else token(place)
        for one in table.stored
        if isinstance(one.kind, Text) and not one.key
    }
    return new_row(table, row_id, {**texts, **values})


def site_row(parts: Services, code: str, **values: Value) -> dict[str, Value]:
    """A new open branch, unless the values say else, with an id of its code's."""
    table = parts.catalog["sites"]
    told = {"code": code, "name": code, "network": "culture", "level": "branch", "status": "open", **values}
    return new_row(table, f"s{code}", told)


def add(parts: Services, name: str, *rows: Mapping[str, Value], actor: Actor = CLI, origin: str = "ui") -> Applied:
    """Put rows in."""
    return parts.store.apply(Plan(tuple(birth(name, row) for row in rows)), actor, origin)


def edit(
    parts: Services, name: str, row_id: str, field: str, before: Value, after: Value, actor: Actor = CLI
) -> Applied | None:
    """Change one cell."""
    return parts.store.apply(Plan((Change(name, row_id, field, before, after),)), actor, "ui")


def read(parts: Services, name: str, actor: Actor = CLI) -> list[dict[str, Value]]:
    """A table's rows as an actor reads them."""
    with parts.database.read() as connection:
        return parts.query.view(connection, actor).page(parts.catalog[name]).rows


def row(parts: Services, name: str, row_id: str) -> dict[str, Value] | None:
    """One row, or None."""
    return next((one for one in read(parts, name) if one["id"] == row_id), None)


def tree_of(
    parts: Services, pairs: Iterable[tuple[str, str | None, str, str | None]] = SITES
) -> list[dict[str, Value]]:
    """The rows of sites, with tokens."""
    table = parts.catalog["sites"]
    return [
        filled(
            table,
            f"s{code}",
            code,
            {
                "code": code,
                "parent": parent,
                "level": level,
                "county": county,
                "network": "culture" if code.startswith("C") else "library",
                "status": "open",
            },
        )
        for code, parent, level, county in pairs
    ]


def build(parts: Services) -> None:
    """The whole small city: sites, and on each a plaque and an activity; targets and orders of each county and the city."""
    once(parts, "city", make)


def make(parts: Services) -> None:
    catalog = parts.catalog
    add(parts, "sites", *tree_of(parts))
    add(parts, "plaques", *(filled(catalog["plaques"], f"p{code}", code, {"site": code, "seq": 1}) for code in CODES))
    add(
        parts,
        "activities",
        *(filled(catalog["activities"], f"a{code}", code, {"site": code, "held_on": "2026-03-05"}) for code in CODES),
    )
    counts = {"main_halls": 1, "branches": 2, "points": 2}
    add(parts, "targets", *(filled(catalog["targets"], f"t{one}", one, {"county": one, **counts}) for one in COUNTIES))
    orders = [(one, {"number": f"N{place}", "county": one}) for place, one in enumerate(COUNTIES)]
    orders.append((CITY, {"number": "N9", "county": None}))
    add(
        parts,
        "plaque_orders",
        *(filled(catalog["plaque_orders"], f"o{place}", place, values) for place, values in orders),
    )


# ---------------------------------------------------------------- files

FEW = [
    ("code", "name", "network", "level", "parent", "county", "township", "village", "status"),
    ("C1", "市馆", "culture", "center", "", "", "", "", "open"),
    ("C11", "官渡馆", "culture", "main", "C1", "官渡区", "", "", "open"),
    ("C111", "关上馆", "culture", "branch", "C11", "官渡区", "关上街道", "", "open"),
    ("C1111", "关上点", "culture", "point", "C111", "官渡区", "关上街道", "关上社区", "open"),
    ("C12", "西山馆", "culture", "main", "C1", "西山区", "", "", "open"),
]


def csv_file(path: Path, rows: Iterable[Iterable[object]]) -> Path:
    """A .csv of these rows, as the app writes it."""
    with path.open("w", encoding="utf-8-sig", newline="") as handle:
        csv.writer(handle).writerows(rows)
    return path
