"""The list of every record type, one line each, and what can be asked of them together."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from models.activities import Activity
from models.faults import Fault
from models.plaques import Plaque, PlaqueOrder
from models.registry import Site, SiteParent, Target
from models.schema import Field, Record, Table, table_of
from models.words import _

MODELS: list[type[Record]] = [
    Target,
    Site,
    SiteParent,
    Plaque,
    PlaqueOrder,
    Activity,
]


class NoTable(Fault):
    """A name that is no table's."""

    def __init__(self, name: str) -> None:
        super().__init__(_("没有这张表：{name}").format(name=name))


@dataclass(frozen=True)
class Catalog:
    """The record types of this installation, in the order of their declaration."""

    tables: tuple[Table, ...]

    @cached_property
    def by_name(self) -> Mapping[str, Table]:
        return {table.name: table for table in self.tables}

    def __getitem__(self, name: str) -> Table:
        if table := self.by_name.get(name):
            return table
        raise NoTable(name)

    def __iter__(self) -> Iterator[Table]:
        return iter(self.tables)

    @cached_property
    def tree(self) -> Table:
        """The table of the sites themselves, which owns rows of the others."""
        return next(table for table in self.tables if table.is_tree)

    @cached_property
    def referring(self) -> Mapping[str, tuple[tuple[Table, Field], ...]]:
        """Table name -> the (table, field) pairs that refer to its key."""
        found: dict[str, list[tuple[Table, Field]]] = {table.name: [] for table in self.tables}
        for table in self.tables:
            for one in table.stored:
                if one.ref in found:
                    found[one.ref].append((table, one))
        return {name: tuple(pairs) for name, pairs in found.items()}

    @cached_property
    def tabs(self) -> tuple[Table, ...]:
        """The tables that are shared in workbooks, in the order of their tabs."""
        return tuple(
            sorted((table for table in self.tables if table.about.tab), key=lambda table: table.about.tab or 0)
        )


def catalog(models: Iterable[type[Record]] = MODELS) -> Catalog:
    """The catalog of these record classes."""
    return Catalog(tuple(table_of(model) for model in models))
