"""The list of every record type, one line each, and what can be asked of them together."""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from models.activities import Activity
from models.assessment import (
    Assessment,
    AssessmentGrade,
    AssessmentIndicator,
    AssessmentScheme,
    AssessmentScore,
    AssessmentVeto,
)
from models.checklists import Checklist, ChecklistItem, Rectification
from models.customs import CustomField, custom_fields, knowing
from models.faults import Fault
from models.plaques import Plaque, PlaqueOrder
from models.registry import Site, SiteParent, Target
from models.schema import Field, Record, Row, Table, table_of
from models.words import _
from models.yearbooks import AssetIndicator, AssetYearbook, ServiceIndicator, ServiceYearbook

MODELS: list[type[Record]] = [
    Target,
    Site,
    SiteParent,
    Plaque,
    PlaqueOrder,
    Activity,
    Checklist,
    Rectification,
    ServiceYearbook,
    AssetYearbook,
    Assessment,
    AssessmentScore,
    AssessmentScheme,
    ChecklistItem,
    ServiceIndicator,
    AssetIndicator,
    AssessmentIndicator,
    AssessmentVeto,
    AssessmentGrade,
    CustomField,
]


class NoTable(Fault):
    """A name that is no table's."""

    def __init__(self, name: str) -> None:
        super().__init__(_("没有这张表：{name}").format(name=name))


@dataclass(frozen=True)
class Tables:
    """The record types as they stand at one moment, in the order of their declaration."""

    every: tuple[Table, ...]

    @cached_property
    def by_name(self) -> Mapping[str, Table]:
        return {table.name: table for table in self.every}

    @cached_property
    def referring(self) -> Mapping[str, tuple[tuple[Table, Field], ...]]:
        found: dict[str, list[tuple[Table, Field]]] = {table.name: [] for table in self.every}
        for table in self.every:
            for one in table.stored:
                if one.ref in found:
                    found[one.ref].append((table, one))
        return {name: tuple(pairs) for name, pairs in found.items()}


@dataclass
class Catalog:
    """The record types of this installation. Those made from templates and custom fields follow their rows: see `follow`."""

    declared: tuple[Table, ...]
    now: Tables = field(init=False)
    stamp: tuple[object, ...] = ()
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def __post_init__(self) -> None:
        self.now = Tables(self.declared)

    @property
    def tables(self) -> tuple[Table, ...]:
        return self.now.every

    @property
    def by_name(self) -> Mapping[str, Table]:
        return self.now.by_name

    def __getitem__(self, name: str) -> Table:
        if table := self.now.by_name.get(name):
            return table
        raise NoTable(name)

    def __iter__(self) -> Iterator[Table]:
        return iter(self.now.every)

    @property
    def referring(self) -> Mapping[str, tuple[tuple[Table, Field], ...]]:
        """Table name -> the (table, field) pairs that refer to its key."""
        return self.now.referring

    @cached_property
    def tree(self) -> Table:
        """The table of the sites themselves, which owns rows of the others."""
        return next(table for table in self.declared if table.is_tree)

    @property
    def tabs(self) -> tuple[Table, ...]:
        """The tables that are shared in workbooks, in the order of their tabs."""
        return tuple(sorted((table for table in self if table.about.tab), key=lambda table: table.about.tab or 0))

    @cached_property
    def sources(self) -> tuple[str, ...]:
        """The tables whose rows make fields of others."""
        templates = {table.about.template.source for table in self.declared if table.about.template}
        customs = {table.name for table in self.declared if table.model is CustomField}
        return tuple(sorted(templates | customs))

    def follow(self, pulses: Mapping[str, int], rows_of: Callable[[Table], Sequence[Row]]) -> None:
        """Build the fields that are rows anew, if those rows have changed since. Cheap where they have not."""
        stamp = tuple(pulses.get(f"table:{name}", 0) for name in self.sources)
        if stamp == self.stamp or not self.sources:
            return
        with self.lock:
            sources = {name: rows_of(self.now.by_name[name]) for name in self.sources}
            self.now = Tables(tuple(with_rows(table, sources) for table in self.declared))
            self.stamp = stamp


def with_rows(table: Table, sources: Mapping[str, Sequence[Row]]) -> Table:
    """A declared table with the fields that its template and the custom fields give it."""
    more: list[Field] = []
    if table.about.template:
        more += table.about.template.fields(sources[table.about.template.source])
    customs = next((rows for name, rows in sources.items() if name == "custom_fields"), [])
    more += custom_fields(table, [row for row in customs if row["table_name"] == table.name])
    return table.with_fields(more) if more else table


def catalog(models: Iterable[type[Record]] = MODELS) -> Catalog:
    """The catalog of these record classes."""
    tables = [table_of(model) for model in models]
    return Catalog(tuple(knowing(table, tables) if table.model is CustomField else table for table in tables))
