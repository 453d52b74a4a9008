"""Which workbooks there should be, and which records each of them shows."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from integrations.books import Base
from integrations.workbook import Lists
from models.kinds import Value
from models.query import View
from models.registry import NETWORKS, OPEN
from models.schema import Row, Table


@dataclass(frozen=True)
class Expected:
    """A workbook that there should be: whose it is, and the sites it shows."""

    code: str
    name: str
    sites: frozenset[str]


def expected_books(view: View) -> dict[str, Expected]:
    """A workbook for every open branch (itself and its points) and every open main hall (itself), in tree order."""
    found = {}
    names = {str(row["code"]): row for row in view.page(view.query.catalog.tree).rows}
    for code in view.tree.order:
        node = view.tree.nodes[code]
        if node.status in OPEN and node.level in ("main", "branch"):
            sites = frozenset(view.tree.subtree(code)) if node.level == "branch" else frozenset({code})
            found[code] = Expected(code, book_name(names[code]), sites)
    return found


def book_name(site: Row) -> str:
    """{county}{network}{township}分馆 for a branch, its own name for a main hall (CONTRACT §5)."""
    if site["level"] == "branch" and site.get("township"):
        network = next(one.label for one in NETWORKS if one.code == site["network"])
        return f"{site.get('county') or ''}{network}{site['township']}分馆"
    return str(site["name"])


def shared(table: Table, row: Row) -> dict[str, Value]:
    """The row's values that its tab shows: what the base remembers."""
    return {one.name: row.get(one.name) for one in table.sheet_fields}


def filled(table: Table, row: Row) -> int:
    return sum(row.get(one.name) is not None for one in table.sheet_fields)


class Shows:
    """The records by workbook, as one snapshot has them."""

    def __init__(self, view: View, expected: Iterable[Expected], today: str) -> None:
        self.catalog, self.view, self.today = view.query.catalog, view, today
        self.book_of = {site: one.code for one in expected for site in one.sites}
        self.by_table: dict[str, dict[str, dict[str, Row]]] = {}
        for table in self.catalog.tabs:
            split = self.by_table.setdefault(table.name, {})
            for row in view.page(table).rows:
                book = self.book_of.get(str(row[table.owner or ""]))
                if book and in_window(table, row, today):
                    split.setdefault(book, {})[str(row["id"])] = row
        tree = self.catalog.tree
        self.sites = {str(row["code"]): row for row in view.page(tree).rows}

    def rows(self, table: Table, one: Expected) -> Mapping[str, Row]:
        """Id -> row of a workbook's tab, in order."""
        return self.by_table[table.name].get(one.code, {})

    def lists(self, one: Expected) -> Lists:
        """What a workbook's references may mean: its own sites."""
        return lists_of(self.catalog.tree, [row for code, row in self.sites.items() if code in one.sites])

    def lacks(self, one: Expected, base: Mapping[str, Base]) -> bool:
        """Whether some record differs from what both sides last agreed on."""
        for table in self.catalog.tabs:
            known = base[table.name].rows if table.name in base else {}
            rows = self.rows(table, one)
            if rows.keys() != known.keys():
                return True
            if any(
                row.get(f.name) != known[row_id].get(f.name) for row_id, row in rows.items() for f in table.sheet_fields
            ):
                return True
        return False


def in_window(table: Table, row: Row, today: str) -> bool:
    return table.about.window is None or table.about.window(row, today)


def lists_of(tree: Table, sites: Sequence[Row]) -> Lists:
    names = {str(row["code"]): str(row[tree.title] or "") for row in sites}
    closed = frozenset(str(row["code"]) for row in sites if row["status"] == "closed")
    return Lists({tree.name: names}, closed)
