"""Reading records: list, filter, sort, search, page; only what the actor may read, masked where it must be.

A page is a slice of an ordered list of ids. The list is kept while neither its table nor what it reads through has
changed, so that scrolling asks the database for nothing but the rows on view.
"""

import itertools
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from models import rows as sqlrows
from models.access import Actor, Scope, edits_row, mask, scope
from models.catalog import Catalog
from models.changes import Problem
from models.conditions import (
    Condition,
    Sort,
    in_sql,
    matches,
    path_of,
    sort_key,
    sql_condition,
    sql_order,
    sql_scope,
)
from models.database import Database, read_pulses
from models.derive import Paths, reads_through
from models.faults import Fault
from models.history import Entry, buried, of_row, with_buried
from models.kinds import Multi, Ref, Value, told_kind
from models.schema import Row, Table, columns
from models.tree import Tree
from models.unit import TREE_FIELDS, follow_catalog, read_settings
from models.words import _

KEPT_LISTS = 64


class NoRow(Fault):
    """A row that is not there, or not in the actor's scope: no one learns which."""

    def __init__(self, table: Table, row: str) -> None:
        super().__init__(_("{label}里没有 {row}").format(label=_(table.label), row=row))


@dataclass(frozen=True)
class Question:
    """What is asked of a table. Without `sort`, tree order for what hangs on a site, else by key."""

    where: tuple[Condition, ...] = ()
    sort: tuple[Sort, ...] = ()
    search: str = ""


EVERYTHING = Question()


@dataclass(frozen=True)
class Page:
    """Some rows of a list, and how long the list is."""

    rows: list[dict[str, Value]]
    total: int
    version: int


@dataclass
class View:
    """What one actor sees in one snapshot of the database."""

    query: "Query"
    connection: Connection
    actor: Actor
    pulses: Mapping[str, int]
    tree: Tree
    reach: Scope

    @property
    def version(self) -> int:
        """The counter of applied change sets."""
        return self.pulses.get("records", 0)

    @cached_property
    def settings(self) -> Mapping[str, Value]:
        """The settings that computed values read."""
        return read_settings(self.connection)

    # ---- lists

    def ids(self, table: Table, question: Question = EVERYTHING) -> list[str]:
        """The ids of the rows in scope that answer the question, in its order."""
        through = (
            table.name,
            self.query.catalog.tree.name,
            *sorted(reads_through(table)),
            *question_tables(table, question),
        )
        stamp = tuple(self.pulses.get(f"table:{name}", 0) for name in through)
        mark = (
            self.query.database.url,
            table.name,
            question,
            self.reach,
            (self.actor.role, self.actor.site),  # two who reach the same need not see the same numbers
            stamp,
            tuple(self.settings.items()),
        )
        return self.query.kept.get(mark, lambda: self._ids(table, question))

    def _ids(self, table: Table, question: Question) -> list[str]:
        python = frozenset(one.name for one in table.fields if not in_sql(one))
        slow = [one for one in question.where if one.field in python]
        computed = [one for one in question.sort if one.field in python]
        placing = filter(None, (table.owner, table.about.county, *table.about.order))
        names = list(dict.fromkeys(["id", *table.key, *placing, *(one.field for one in question.sort)]))
        whole = bool(slow or computed or question.search)
        statement = sqlrows.select(table) if whole else sqlrows.select(table, names)
        for one in question.where:
            if one not in slow:
                statement = statement.where(sql_condition(self.query.catalog, table, one, self.reach))
        if question.sort and not computed:
            statement = statement.order_by(*(sql_order(table, one) for one in question.sort))
        found = [row for row in sqlrows.read(self.connection, table, statement) if self.holds(table, row)]
        if whole:
            found = self._sieve(table, found, question, slow)
        default = self.default_order(table)
        if not question.sort:
            found.sort(key=default)
        elif not computed:
            runs = itertools.groupby(found, key=lambda row: [row[one.field] for one in question.sort])
            found = [row for _values, alike in runs for row in sorted(alike, key=default)]
        else:
            found.sort(key=default)
            for one in reversed(question.sort):
                known = [row for row in found if row.get(one.field) is not None]
                blank = [row for row in found if row.get(one.field) is None]
                known.sort(key=lambda row, one=one: sort_key(table, one, row), reverse=one.down)  # type: ignore[misc]
                found = known + blank
        return [str(row["id"]) for row in found]

    def _sieve(
        self, table: Table, found: list[dict[str, Value]], question: Question, slow: Sequence[Condition]
    ) -> list[dict[str, Value]]:
        wanted = {one.field for one in (*slow, *question.sort)}
        if question.search:  # a number that is computed is nobody's text
            wanted |= {one.name for one in table.derived if not told_kind(one.kind).numeric}
        self.paths().fill(table, found, wanted)
        if any(one.sensitive for one in table.fields):
            self.mask(table, found)
        kept = [row for row in found if all(matches(one, row.get(one.field)) for one in slow)]
        return self.searched(table, kept, question.search) if question.search else kept

    def searched(self, table: Table, rows: list[dict[str, Value]], text: str) -> list[dict[str, Value]]:
        """The rows where some text that the reader sees holds all the words."""
        words = text.casefold().split()
        labels = self.labels(table, rows)
        found = []
        for row in rows:
            seen = [one.kind.write(row[one.name], True) for one in table.fields if isinstance(row.get(one.name), str)]
            told = " ".join([*seen, *labels[str(row["id"])].values()]).casefold()
            if all(word in told for word in words):
                found.append(row)
        return found

    def holds(self, table: Table, row: Row) -> bool:
        """Whether the row is in scope; `table.about.county` must be among the row's fields where it decides."""
        return self.reach.sites is None or self.reach.holds(table, row)

    def default_order(self, table: Table) -> "OrderKey":
        order = self.tree.order if table.owner else {}
        rest = tuple(name for name in table.key if name != table.owner)
        return OrderKey(table.owner, order, rest + table.about.order)

    def tally(
        self, table: Table, names: Sequence[str], where: Sequence[Condition] = ()
    ) -> dict[tuple[Value, ...], int]:
        """How many rows in scope there are of each combination of these fields; the database counts.

        The fields and those of `where` are ones that the database can filter by (`in_sql`).
        """
        assert all(in_sql(table.by_name[name]) for name in names)
        # Thousands of sites are no list to send to the database with every question: their rows are sifted here.
        sifted = table.owner if table.owner and len(self.reach.sites or ()) > sqlrows.CHUNK else None
        cols = [columns(table.model)[name] for name in (*names, *filter(None, (sifted,)))]  # type: ignore[arg-type]
        statement = sa.select(*cols, sa.func.count()).group_by(*cols)
        if sifted is None:
            statement = statement.where(sql_scope(table, self.reach))
        for one in where:
            statement = statement.where(sql_condition(self.query.catalog, table, one, self.reach))
        found: dict[tuple[Value, ...], int] = {}
        for *values, count in self.connection.execute(statement):
            if sifted is None or values.pop() in (self.reach.sites or ()):
                mark = tuple(values)
                found[mark] = found.get(mark, 0) + int(count)
        return found

    # ---- rows

    def page(self, table: Table, question: Question = EVERYTHING, *, offset: int = 0, limit: int | None = None) -> Page:
        """A slice of the answer, with computed fields and masks."""
        ids = self.ids(table, question)
        wanted = ids[offset:] if limit is None else ids[offset : offset + limit]
        return Page(self.rows(table, wanted), len(ids), self.version)

    def rows(self, table: Table, ids: Sequence[str]) -> list[dict[str, Value]]:
        """The rows with these ids that the actor may read, in this order, with computed fields and masks."""
        there = sqlrows.by_ids(self.connection, table, ids)
        return self.shown(table, [there[one] for one in ids if one in there])

    def owned(self, table: Table, sites: Iterable[str]) -> list[dict[str, Value]]:
        """The rows of these sites that the actor may read, in no order, with computed fields and masks."""
        there = sqlrows.by_values(self.connection, table, table.owner or "id", sites)
        return self.shown(table, there.values())

    def shown(self, table: Table, rows: Iterable[dict[str, Value]]) -> list[dict[str, Value]]:
        """Those that the actor may read, with computed fields and masks."""
        found = [row for row in rows if self.holds(table, row)]
        if found:
            self.paths().fill(table, found)
            self.mask(table, found)
        return found

    def mask(self, table: Table, rows: Iterable[dict[str, Value]]) -> None:
        """Hide phone numbers from those who may not edit the row."""
        sensitive = [one.name for one in table.fields if one.sensitive]
        for row in rows if sensitive else ():
            if not edits_row(self.actor, table, row, self.reach):
                row.update({name: mask(row.get(name)) for name in sensitive})

    def find(self, table: Table, told: str) -> dict[str, Value]:
        """The row that an id or a key (its parts joined by /) means. Raises NoRow."""
        found = self.rows(table, [told])
        if not found and table.key:
            parts = told.rsplit("/", len(table.key) - 1)
            texts = [*parts, *[""] * (len(table.key) - len(parts))]
            wanted = [table.by_name[name].kind.parse(text) for name, text in zip(table.key, texts, strict=True)]
            first = wanted[0] if isinstance(wanted[0], str | int) else None
            there = sqlrows.by_values(self.connection, table, table.key[0], [first])
            same = [one for one, row in there.items() if [row.get(name) for name in table.key] == wanted]
            found = self.rows(table, same)
        if not found:
            raise NoRow(table, told)
        return found[0]

    def history(self, table: Table, told: str) -> list[Entry]:
        """Who changed the row of an id or a key, newest first, for those who may read it now, or could when it was there.

        Raises NoRow.
        """
        try:
            row_id = str(self.find(table, told)["id"])
        except NoRow:
            row_id = buried(self.connection, table, told) or told
        entries = of_row(self.connection, table.name, row_id)
        last, reach = sqlrows.by_ids(self.connection, table, [row_id]).get(row_id), self.reach
        if last is None:
            last = next((entry.before for entry in entries if entry.field is None and entry.after is None), None)
            reach = scope(self.actor, with_buried(self.connection, self.query.catalog, self.tree))
        if last is None or not reach.holds(table, last):
            raise NoRow(table, told)
        hidden = (
            {one.name for one in table.fields if one.sensitive}
            if not edits_row(self.actor, table, last, reach)
            else set()
        )
        return [masked_entry(entry, hidden) for entry in entries] if hidden else entries

    # ---- names

    def look(self, name: str, keys: frozenset[str]) -> dict[str, Row]:
        """Key -> row, whoever asks: for computed values, which show what the row itself is about."""
        table = self.query.catalog[name]
        if len(table.key) != 1:
            return {}
        found = sqlrows.by_values(self.connection, table, table.key[0], keys)
        return {str(row[table.key[0]]): row for row in found.values()}

    def paths(self) -> Paths:
        return Paths(self.query.catalog, self.look, self.settings)

    def names(self, table: Table) -> dict[str, str]:
        """Key -> name of every row in scope, in order: what a reference may mean to this actor."""
        if len(table.key) != 1:
            return {}
        fields = dict.fromkeys([table.key[0], table.title, *filter(None, (table.owner, table.about.county))])
        rows = sqlrows.read(
            self.connection, table, sqlrows.select(table, [name for name in fields if in_sql(table.by_name[name])])
        )
        kept = sorted((row for row in rows if self.holds(table, row)), key=self.default_order(table))
        return {str(row[table.key[0]]): str(row.get(table.title) or "") for row in kept}

    def labels(self, table: Table, rows: Sequence[Row]) -> dict[str, dict[str, str]]:
        """Row id -> field -> the name of the record referred to, where that is in scope."""
        found: dict[str, dict[str, str]] = {str(row["id"]): {} for row in rows}
        for one in (one for one in table.fields if one.ref in self.query.catalog.by_name):
            target = self.query.catalog[str(one.ref)]
            keys = frozenset(str(key) for row in rows for key in several(row.get(one.name)))
            there = {key: row for key, row in self.look(target.name, keys).items() if self.holds(target, row)}
            for row in rows:
                named = [
                    str(there[str(key)].get(target.title) or "")
                    for key in several(row.get(one.name))
                    if str(key) in there
                ]
                if named:
                    found[str(row["id"])][one.name] = "；".join(named)
        return found

    def problems(self, table: Table, rows: Sequence[Row]) -> list[Problem]:
        """What the table's rules have to say of rows as they stand."""
        return self.paths().problems(table, rows)


@dataclass(frozen=True)
class OrderKey:
    """Tree order for what a site owns, then the rest of the key; blanks first."""

    owner: str | None
    order: Mapping[str, int]
    rest: tuple[str, ...]

    def __call__(self, row: Row) -> tuple[object, ...]:
        place = self.order.get(str(row.get(self.owner)), len(self.order)) if self.owner else 0
        parts = ((value is not None, value if value is not None else 0) for value in map(row.get, self.rest))
        return (place, *parts, row["id"])


def several(value: Value) -> Sequence[Value]:
    """The values of a reference that may be one or many."""
    return value if isinstance(value, list) else () if value is None else (value,)


def question_tables(table: Table, question: Question) -> list[str]:
    """The tables that the question's paths and names lead to."""
    heads = {path_of(one.field)[0] for one in question.where if "." in one.field or one.op == "has"}
    refs = {one.ref or "" for one in table.fields if isinstance(one.kind, Ref | Multi)} if question.search else set()
    return sorted({table.by_name[head].ref or "" for head in heads if head in table.by_name} | refs)


def masked_entry(entry: Entry, hidden: set[str]) -> Entry:
    """A history entry without the phone numbers in it."""

    def hide(value: Value | dict[str, Value]) -> Value | dict[str, Value]:
        if isinstance(value, dict):
            return {name: mask(one) if name in hidden else one for name, one in value.items()}
        return mask(value) if entry.field in hidden else value

    return replace(entry, before=hide(entry.before), after=hide(entry.after))


@dataclass
class Kept:
    """The lists last asked for. Keyed by everything that they depend on, so an old one is never wrong, only unused."""

    lists: "OrderedDict[object, list[str]]" = field(default_factory=OrderedDict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def get(self, mark: object, make: Callable[[], list[str]]) -> list[str]:
        with self.lock:
            if mark in self.lists:
                self.lists.move_to_end(mark)
                return self.lists[mark]
        made = make()
        with self.lock:
            self.lists[mark] = made
            while len(self.lists) > KEPT_LISTS:
                self.lists.popitem(last=False)
        return made


@dataclass
class Query:
    """Reads one database. Views are short-lived: one snapshot, one actor."""

    database: Database
    catalog: Catalog
    kept: Kept = field(default_factory=Kept)
    _tree: tuple[int, Tree] = (-1, Tree())

    def view(self, connection: Connection, actor: Actor) -> View:
        """What the actor sees in this connection's snapshot."""
        pulses = read_pulses(connection)
        follow_catalog(connection, self.catalog, pulses)
        tree = self.tree(connection, pulses.get(f"table:{self.catalog.tree.name}", 0))
        return View(self, connection, actor, pulses, tree, scope(actor, tree))

    def tree(self, connection: Connection, version: int) -> Tree:
        known, tree = self._tree
        if known != version:
            rows = sqlrows.read(connection, self.catalog.tree, sqlrows.select(self.catalog.tree, TREE_FIELDS))
            found = Tree.of(rows)
            # Most changes of a site move none: what was worked out of the tree stands then.
            tree = tree if found.nodes == tree.nodes else found
            self._tree = (version, tree)
        return tree
