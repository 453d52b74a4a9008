"""Which workbooks there should be, which records each of them shows, and whether those have changed."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlalchemy.engine import Connection

from integrations.workbook import Lists
from models.access import SYNC, Actor, Role
from models.catalog import Catalog
from models.database import short
from models.query import Query, View
from models.registry import NETWORKS, OPEN
from models.schema import Row, Table


@dataclass(frozen=True)
class Expected:
    """A workbook that there should be: whose it is, and the sites it shows."""

    code: str
    name: str
    sites: frozenset[str]
    level: Role = "branch"

    @property
    def actor(self) -> Actor:
        """Who a change in this workbook is made by: its people may do there what they may do here, and no more."""
        return Actor(SYNC.name, self.level, self.code)


def expected_books(view: View) -> dict[str, Expected]:
    """A workbook for every open branch (itself and its points) and every open main hall (itself), in tree order."""
    rows = {str(row["code"]): row for row in view.page(view.query.catalog.tree).rows}
    codes = [code for code in view.tree.order if view.tree.nodes[code].status in OPEN]
    return {
        code: expected_book(view, code, book_name(rows[code]))
        for code in codes
        if view.tree.nodes[code].level in ("main", "branch")
    }


def expected_book(view: View, code: str, name: str) -> Expected:
    """One of them."""
    if view.tree.nodes[code].level == "main":
        return Expected(code, name, frozenset({code}), "main")
    return Expected(code, name, frozenset(view.tree.subtree(code)))


def book_name(site: Row) -> str:
    """{county}{network}{township}分馆 for a branch, its own name for a main hall (CONTRACT §5)."""
    if site["level"] == "branch" and site.get("township"):
        network = next(one.label for one in NETWORKS if one.code == site["network"])
        return f"{site.get('county') or ''}{network}{site['township']}分馆"
    return str(site["name"])


def filled(table: Table, row: Row) -> int:
    return sum(row.get(one.name) is not None for one in table.sheet_fields)


def digest_of(tabs: Mapping[str, Iterable[Row]], catalog: Catalog, headers: str) -> str:
    """A short text that changes with what a workbook shows. table -> its rows, in any order; headers: see `headers_of`."""
    told = {
        name: sorted((str(row["id"]), [row.get(one.name) for one in catalog[name].sheet_fields]) for row in rows)
        for name, rows in tabs.items()
    }
    return short(compact([told, headers]))


def headers_of(catalog: Catalog) -> str:
    """A short text that changes with the columns of the tabs and what is written above them."""
    told = {table.name: [(one.name, one.label) for one in table.sheet_fields] for table in catalog.tabs}
    return short(compact(told))


def compact(told: Any) -> str:
    """Values as one line. Only ever compared with itself: 3.0 may stay 3.0, as every read of a record has it."""
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"))


@dataclass
class Shows:
    """The records by workbook, as one snapshot has them. Read when they are asked for."""

    query: Query
    connection: Connection
    today: str

    @cached_property
    def view(self) -> View:
        return self.query.view(self.connection, SYNC)

    @cached_property
    def expected(self) -> dict[str, Expected]:
        """Code -> the workbooks that there should be."""
        return expected_books(self.view)

    @cached_property
    def sites(self) -> Mapping[str, Row]:
        tree = self.query.catalog.tree
        return {str(row[tree.key[0]]): row for row in self.view.page(tree).rows}

    @cached_property
    def by_table(self) -> dict[str, dict[str, list[Row]]]:
        """Table -> workbook -> its rows, in order."""
        book_of = {site: one.code for one in self.expected.values() for site in one.sites}
        found: dict[str, dict[str, list[Row]]] = {}
        for table in self.query.catalog.tabs:
            split = found.setdefault(table.name, {})
            for row in self.view.page(table).rows:
                book = book_of.get(str(row[table.owner or ""]))
                if book and in_window(table, row, self.today):
                    split.setdefault(book, []).append(row)
        return found

    @cached_property
    def headers(self) -> str:
        """What the tabs' headers say, as `headers_of` tells it."""
        return headers_of(self.query.catalog)

    def rows(self, table: Table, one: Expected) -> list[Row]:
        """The rows of a workbook's tab, in order."""
        return self.by_table[table.name].get(one.code, [])

    def own_rows(self, table: Table, one: Expected) -> list[Row]:
        """The same rows, in any order; no other workbook's are read."""
        return [row for row in self.view.owned(table, one.sites) if in_window(table, row, self.today)]

    def digest(self, one: Expected, *, alone: bool = False) -> str:
        """What `digest_of` says of a workbook's records; alone: it is one of few."""
        rows, catalog = self.own_rows if alone else self.rows, self.query.catalog
        return digest_of({table.name: rows(table, one) for table in catalog.tabs}, catalog, self.headers)

    def lists(self, one: Expected) -> Lists:
        """What a workbook's references may mean: its own sites."""
        return lists_of(self.query.catalog.tree, [row for code, row in self.sites.items() if code in one.sites])


def in_window(table: Table, row: Row, today: str) -> bool:
    return table.about.window is None or table.about.window(row, today)


def lists_of(tree: Table, sites: Sequence[Row]) -> Lists:
    names = {str(row["code"]): str(row[tree.title] or "") for row in sites}
    closed = frozenset(str(row["code"]) for row in sites if row["status"] == "closed")
    return Lists({tree.name: names}, closed)
