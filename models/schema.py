"""What a record type is: an ordered list of fields, read from a class, from rows, or from both. Pure.

A field says facts about its value and nothing about any surface: grid, form, sheet, file, request and dictionary each
keep their own small table from kind to widget. No surface can tell whether a `Table` came from a class or from rows.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from types import MappingProxyType
from typing import Any, ClassVar, Literal

import sqlmodel
from sqlalchemy import JSON, Column

from models.kinds import Kind, Multi, Number, Raw, Ref, Value, told_kind
from models.words import _

Edit = Literal["both", "app", "none"]
Row = Mapping[str, Value]
Inputs = Mapping[str, Any]  # a path such as "site.parent.name" -> the value found there
Level = Literal["error", "warning"]


@dataclass(frozen=True)
class Derivation:
    """A value that is never stored: a pure function of the values at these paths.

    A path is a field of the row, or leads over references ("site.parent.status"), or names a setting
    ("setting.plaque_county"). What cannot be reached is None.
    """

    inputs: tuple[str, ...]
    of: Callable[[Inputs], Value]


@dataclass(frozen=True)
class Applies:
    """For which rows a field has a meaning: a pure function of the values at these paths. Elsewhere it stays blank."""

    inputs: tuple[str, ...]
    to: Callable[[Inputs], bool]


@dataclass(frozen=True)
class Field:
    """One column of a record type: facts about the value alone.

    edit: both sides (browser and shared sheet), the app alone, or none. owner: this reference (or, in the table of
    sites, this key) says which site the row belongs to; scope, order and workbooks follow it.
    """

    name: str
    label: str
    kind: Kind
    en: str = ""
    required: bool = False
    key: bool = False
    unique: bool = False
    once: bool = False  # given when the row is made, and never changed
    owner: bool = False
    edit: Edit = "both"
    sheets: bool = True
    default: Value = None
    sensitive: bool = False
    locks: frozenset[str] = frozenset()
    aliases: tuple[str, ...] = ()
    derive: Derivation | None = None
    applies: Applies | None = None
    in_json: bool = False
    help: str = ""

    @property
    def ref(self) -> str | None:
        """The table a reference leads to."""
        return (self.kind.table or None) if isinstance(self.kind, Ref | Multi) else None

    @property
    def unit(self) -> str:
        kind = told_kind(self.kind)
        return kind.unit if isinstance(kind, Number) else ""

    @property
    def stored(self) -> bool:
        return self.derive is None

    @property
    def editable(self) -> Edit:
        return "none" if self.derive else self.edit


@dataclass(frozen=True)
class Finding:
    """What a rule has to say of a row: the field concerned, in words for the person who mends it."""

    field: str
    message: str
    level: Level = "error"


@dataclass(frozen=True)
class Rule:
    """A condition over several values of one row (and of rows it refers to)."""

    inputs: tuple[str, ...]
    judge: Callable[[Inputs], Iterable[Finding]]


# What follows from a change of a row, on other tables: (before, after, today as text) -> rows of (table, match, values);
# `values` are set on the row that matches all of `match`, or on a new one made of both.
Follow = Callable[[Row | None, Row | None, str], Iterable[tuple[str, dict[str, Value], dict[str, Value]]]]


@dataclass(frozen=True)
class Flow:
    """How a row's status moves: its steps in order, and who may take it to each. Back goes one step, with a reason.

    `steps` is code -> the roles that take a row there (admins and bureaus always may). The field named `reason` must be
    filled in to go back.
    """

    field: str
    steps: Mapping[str, frozenset[str]]
    reason: str = "status_reason"


@dataclass(frozen=True)
class Template:
    """A table whose further fields are rows that staff edit: `fields` makes them of the rows of the table `source`."""

    source: str
    fields: Callable[[Sequence[Row]], Sequence[Field]]


@dataclass(frozen=True)
class Period:
    """A table with one row a site and period: the field with the period, and which levels of open sites have one."""

    field: str
    levels: tuple[str, ...]


@dataclass(frozen=True)
class About:
    """The facts of a record type that belong to no single field."""

    label: str
    en: str
    group: str = ""
    tab: int | None = None  # its place among the tabs of a shared workbook
    opened_by_app: bool = False  # its rows are made by the app: one that a person adds in a sheet stays there
    title: str = ""  # the field that names a row for people
    county: str = ""  # where no site owns the row: the field with the county it belongs to
    window: Callable[[Row, str], bool] | None = None  # whether a shared workbook shows a row on a day (its text)
    order: tuple[str, ...] = ()  # after site and key, what rows are ordered by
    rules: tuple[Rule, ...] = ()
    follow: Follow | None = None
    flow: Flow | None = field(default=None, hash=False)
    template: Template | None = None
    period: Period | None = None
    only: tuple[str, str] | None = None  # (field, code): rows of a file with another code are not this table's
    totals: tuple[str, ...] = ()  # fields that a printed total row sums up
    help: str = ""


_BRACKETED = re.compile(r"[（(][^（()）]*[)）]$")


@lru_cache(maxsize=1024)  # a workbook's headers are those of the others
def heading(text: str) -> str:
    """A header without regard to blanks, line breaks, width and case."""
    return re.sub(r"[\s\u200b-\u200d\ufeff*]+", "", unicodedata.normalize("NFKC", text)).casefold()


@dataclass(frozen=True)
class Table:
    """A record type as every surface sees it. All derived facts are found once."""

    name: str
    about: About
    fields: tuple[Field, ...]
    model: type["Record"] | None = field(default=None, compare=False, repr=False)

    @property
    def label(self) -> str:
        return self.about.label

    @cached_property
    def by_name(self) -> Mapping[str, Field]:
        return MappingProxyType({one.name: one for one in self.fields})

    @cached_property
    def stored(self) -> tuple[Field, ...]:
        return tuple(one for one in self.fields if one.stored)

    @cached_property
    def derived(self) -> tuple[Field, ...]:
        return tuple(one for one in self.fields if one.derive)

    @cached_property
    def key(self) -> tuple[str, ...]:
        """The fields that together find a row; () where only the id does."""
        return tuple(one.name for one in self.fields if one.key)

    @cached_property
    def owner(self) -> str | None:
        """The field with the code of the site a row belongs to."""
        return next((one.name for one in self.fields if one.owner), None)

    @cached_property
    def is_tree(self) -> bool:
        """Whether this is the table of the sites themselves: its owner field is its own key."""
        return self.owner is not None and self.key == (self.owner,)

    @cached_property
    def title(self) -> str:
        return self.about.title or (self.key[0] if self.key else self.fields[0].name)

    @cached_property
    def lock(self) -> Field | None:
        """The field whose value locks a row."""
        return next((one for one in self.fields if one.locks), None)

    @cached_property
    def sheet_fields(self) -> tuple[Field, ...]:
        return tuple(one for one in self.fields if one.sheets)

    @cached_property
    def headings(self) -> Mapping[str, str]:
        """Normalised header -> field name: names, labels, aliases; a label also with its unit behind it."""
        found = {"id": "id", heading("编号"): "id"}
        for one in reversed(self.fields):
            for form in (*one.aliases, one.en, one.label, one.name):
                if form:
                    found[heading(form)] = one.name
        return MappingProxyType(found)

    def find(self, header: str) -> str | None:
        """The field (or "id") that a header means: name, label, alias, leading code; None for an unknown one."""
        whole = heading(header)
        if found := self.headings.get(whole) or self.headings.get(heading(_BRACKETED.sub("", header.strip()))):
            return found
        first = header.split(maxsplit=1)[0] if header.split() else ""
        return first if first in self.by_name else None

    def key_of(self, row: Row) -> tuple[Value, ...] | None:
        """The key of a row; None where the table has none or a part of it that matters is blank."""
        values = tuple(row.get(name) for name in self.key)
        return values if values and values[0] is not None else None

    def key_text(self, row: Row) -> str:
        """The key as commands take it, its parts joined by /; the id where there is no key."""
        values = self.key_of(row)
        return "/".join("" if part is None else str(part) for part in values) if values else str(row.get("id", ""))

    def with_fields(self, more: Sequence[Field]) -> "Table":
        """The table with further fields (from a template or made in the browser), their values kept in JSON."""
        return replace(self, fields=(*self.fields, *(replace(one, in_json=one.stored) for one in more)))


class Record(sqlmodel.SQLModel):
    """The common part of every record: an id that is never reused, and the values of fields that are rows."""

    about: ClassVar[About]

    id: str = sqlmodel.Field(primary_key=True)
    extra: dict[str, Any] | None = sqlmodel.Field(default=None, sa_type=JSON(none_as_null=True))


def declare(label: str, kind: Kind, **facts: Any) -> Any:
    """A stored field of a record class: `name: str | None = declare("名称", Text(), required=True)`."""
    told = Field("", label, kind, **facts)
    indexed = told.key or told.owner or (told.ref is not None and not isinstance(kind, Multi))
    return sqlmodel.Field(
        default=None,
        sa_type=kind.column,
        nullable=True,
        index=indexed,
        schema_extra={"json_schema_extra": {"told": told}},
    )


def derived(label: str, kind: Kind, inputs: tuple[str, ...], of: Callable[[Inputs], Value], **facts: Any) -> Field:
    """A computed field: `wording: ClassVar[Field] = derived("牌匾文字", Text(), ("site.name",), wording)`."""
    return Field("", label, kind, derive=Derivation(inputs, of), edit="none", **facts)


def table_of(model: type[Record]) -> Table:
    """The `Table` of a record class, fields in the order of its body; those of a shared base come first."""
    bases = [base for base in reversed(model.__mro__) if issubclass(base, Record) and base is not Record]
    fields = []
    for name in dict.fromkeys(name for base in bases for name in base.__annotations__):
        told = next(
            (base.__dict__[name] for base in reversed(bases) if isinstance(base.__dict__.get(name), Field)), None
        )
        info = model.model_fields.get(name)
        told = told or (info.json_schema_extra or {} if info else {}).get("told")  # type: ignore[union-attr]
        if isinstance(told, Field):
            fields.append(replace(told, name=name))
    return Table(str(model.__tablename__), model.about, tuple(fields), model)


def check(one: Field, value: Raw) -> str | None:
    """Why a value in its normal form does not fit its field; None if it does. Every writer asks this."""
    if not one.stored:
        return _("{label}自动算，不能填").format(label=_(one.label))
    if value is None:
        return _("{label}必填").format(label=_(one.label)) if one.required else None
    read = one.kind.parse(value)
    # 3 and 3.0 are one number, which JSON writes without the point; but 1 is not True.
    if read == value and isinstance(read, bool) == isinstance(value, bool):
        return None
    return _("{label}填{wanted}").format(label=_(one.label), wanted=getattr(read, "wanted", one.kind.wanted()))


def columns(model: type[Record]) -> Mapping[str, Column[Any]]:
    """Column name -> SQLAlchemy column of a record class."""
    return model.__table__.columns  # type: ignore[attr-defined,no-any-return]
