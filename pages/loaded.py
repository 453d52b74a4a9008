"""What a row's form shows, asked of the database in one go, and how its values are told."""

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.engine import Connection

from models.access import Actor, edits_field, edits_table
from models.history import Entry
from models.kinds import Choice, Multi, Ref, Value
from models.marks import form_of, see
from models.query import View
from models.schema import Field, Row, Table
from models.services import Services
from models.store import CHINA
from models.words import _
from pages.decorations import decorate
from pages.views import Panel

Names = Mapping[str, str]  # key -> name of the records that a reference may mean


@dataclass(frozen=True)
class Unsaved:
    """What was typed into a field and not saved, and the value that was seen there as it was typed."""

    text: str
    before: Value


@dataclass(frozen=True)
class Loaded:
    """A row with all that its form shows."""

    row: Row
    about: Mapping[str, Any]
    open: frozenset[str]  # the fields that whoever asks may fill in here
    entries: Sequence[Entry]
    names: Mapping[str, Names]
    unsaved: Mapping[str, Unsaved]
    panel: Any
    account: str  # who asked

    @property
    def id(self) -> str:
        return str(self.row["id"])

    def names_of(self, one: Field | None) -> Names:
        return self.names.get(one.ref or "", {}) if one else {}

    def shown(self, one: Field) -> str:
        """A field's value as the form shows it."""
        return shown_value(one, self.row.get(one.name), self.names_of(one))

    def last_by(self, name: str) -> str:
        """Who changed a field last."""
        return next((entry.actor for entry in self.entries if entry.field in (name, None)), "")


def load(services: Services, actor: Actor, table: Table, row_id: str, panel: Panel | None) -> Loaded:
    """Ask the database for a row's form. Whoever has it before them has seen what a sheet changed there. Raises NoRow."""
    with services.database.read() as connection:
        found = loaded(connection, services.query.view(connection, actor), services, table, row_id, panel)
    if any(mark["state"] == "sh" for mark in found.about["marks"].values()):
        with services.database.write() as connection:
            see(connection, actor, table.name, found.id)
    return found


def loaded(
    connection: Connection, view: View, services: Services, table: Table, row_id: str, panel: Panel | None
) -> Loaded:
    row = view.find(table, row_id)
    refs = {str(one.ref) for one in table.stored if one.ref in services.catalog.by_name}
    kept = form_of(connection, view.actor, table.name, str(row["id"]))
    about = decorate(view, view.actor, table, [row], services.store.clock())[0]
    return Loaded(
        row,
        about,
        frozenset(open_fields(view.actor, table)) - set(about["fixed"]),
        view.history(table, str(row["id"])),
        {ref: view.names(services.catalog[ref]) for ref in refs},
        {name: Unsaved(**told) for name, told in kept.items() if name in table.by_name},
        panel.load(view, row) if panel else None,
        view.actor.name,
    )


def open_fields(actor: Actor, table: Table) -> Iterable[str]:
    """The fields that the actor fills in where the row is theirs."""
    return (one.name for one in table.fields if edits_table(actor, table) and edits_field(actor, one))


def shown_value(one: Field | None, value: Value, names: Names | None = None) -> str:
    """A value in the form and its history: a reference as code and name, a choice by its label."""
    if value is None:
        return ""
    if one is None:
        return str(value)
    if isinstance(one.kind, Ref) and names and (name := names.get(str(value))):
        return f"{value} {name}"
    if isinstance(one.kind, Multi) and isinstance(value, str):
        return value  # in a history that is older than the field's kind
    return one.kind.write(value, labels=True)


def worded(one: Field | None, text: str) -> str:
    """A choice's label in the reader's language; any other text as it is."""
    return _(text) if one is not None and isinstance(one.kind, Choice) else text


def short_time(at: str) -> str:
    """A moment in the office's time, without the year inside this one: 11-24 14:31."""
    moment = datetime.datetime.fromisoformat(at).astimezone(CHINA)
    year = datetime.datetime.now(CHINA).year
    return moment.strftime("%m-%d %H:%M" if moment.year == year else "%Y-%m-%d")
