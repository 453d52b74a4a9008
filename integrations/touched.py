"""With which state of the records the workbooks were last compared, and which sites' rows have changed since.

The versions of the tables tell whether anything has changed, and the history what: without it, one cell typed here would
cost a look at every record. Where the history does not account for each new version, any site may have changed.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from integrations.shows import headers_of
from models.catalog import Catalog
from models.database import dumps, read_pulses
from models.derive import reads_through
from models.history import changesets, entries
from models.schema import Table
from models.tree import Tree
from models.unit import TREE_FIELDS, follow_catalog, read_settings

NAMING = frozenset({*TREE_FIELDS, "name", "township"})  # a site's fields that say which workbooks there are


@dataclass(frozen=True)
class Version:
    """What the workbooks' content depends on here.

    `tables` are the versions of those that they show; `rest` holds settings, the windows' month and the headers. `newest`
    is the last change set by then.
    """

    tables: Mapping[str, int]
    rest: str
    newest: int

    def same(self, other: "Version | None") -> bool:
        """Whether no record has to be looked at."""
        return other is not None and (self.tables, self.rest) == (other.tables, other.rest)

    def text(self) -> str:
        """As the database keeps it."""
        return dumps([self.tables, self.rest, self.newest])


def version_in(text: str) -> Version | None:
    """The version in such a text; None where there is none."""
    match json.loads(text or "[]"):
        case [dict(tables), str(rest), int(newest)]:
            return Version(tables, rest, newest)
    return None


def version_of(connection: Connection, catalog: Catalog, today: str) -> Version:
    """The version now. Cheap: while it stays the same, no record has to be looked at."""
    pulses = read_pulses(connection)
    follow_catalog(connection, catalog, pulses)
    names = {catalog.tree.name}.union(*({table.name, *reads_through(table)} for table in catalog.tabs))
    newest = connection.execute(sa.select(sa.func.max(changesets.c.id))).scalar() or 0
    rest = dumps([read_settings(connection), today[:7], headers_of(catalog)])
    return Version({name: pulses.get(f"table:{name}", 0) for name in sorted(names)}, rest, newest)


def touched_sites(connection: Connection, catalog: Catalog, was: Version | None, now: Version) -> frozenset[str] | None:
    """The sites whose rows have changed between two versions; None where it may be any."""
    if was is None or was.rest != now.rest or was.tables.keys() != now.tables.keys():
        return None
    rises = {name: count - was.tables[name] for name, count in now.tables.items() if count != was.tables[name]}
    alone = {table.name: far_fields(table, catalog) for table in catalog.tabs if stands_alone(table, catalog)}
    if rises.keys() - alone.keys():
        return None
    spot = (entries.c.changeset, entries.c.table_name, entries.c.field, entries.c.site)
    since = (entries.c.changeset > was.newest, entries.c.table_name.in_(rises))
    found = connection.execute(sa.select(*spot).where(*since).distinct()).all()
    # Every change set raises the version of each of its tables once.
    if Counter(table for _number, table in {(one.changeset, one.table_name) for one in found}) != Counter(rises):
        return None
    if any(one.site is None or one.field in alone[one.table_name] for one in found):
        return None
    return frozenset(one.site for one in found)


def stands_alone(table: Table, catalog: Catalog) -> bool:
    """Whether no other tab's computed values come from this table's rows, but for the sites', whose fields are known."""
    return table.is_tree or not any(table.name in reads_through(other) for other in catalog.tabs)


def far_fields(table: Table, catalog: Catalog) -> frozenset[str | None]:
    """The fields of a table whose change shows in other sites' rows, or in which workbooks there are; None is a row
    born or gone."""
    if not table.is_tree:
        return frozenset({table.owner})
    paths = (path for tab in catalog.tabs for one in tab.derived if one.derive for path in one.derive.inputs)
    return NAMING | {None} | {step for path in paths if "." in path for step in path.split(".")}


def above(tree: Tree, site: str) -> Iterator[str]:
    """A site and all those above it."""
    seen: set[str] = set()
    here: str | None = site
    while here is not None and here in tree.nodes and here not in seen:
        seen.add(here)
        yield here
        here = tree.nodes[here].parent
