"""What scenarios share. Each is a generator: up to the `yield` the sheet and the records are edited; it is then given what
the cycle told, and sees what came of it.
"""

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from models.access import CLI
from models.changes import Plan, death, stored_values
from tests.offices import PLACES
from tests.sheets import BRANCH, DATE, PERSONS, SITE, TITLE, Office

Story = Callable[[Office], Iterator[None]]
NEW = {SITE: BRANCH, DATE: "2026-05-06", TITLE: "新", PERSONS: 9}
Told = TypeVar("Told", bound=Callable[..., Any])


def on(*places: str) -> Callable[[Told], Told]:
    """What can be done in these places alone."""

    def mark(scenario: Told) -> Told:
        scenario.places = places
        return scenario

    return mark


def places_of(scenario: Story) -> tuple[str, ...]:
    return getattr(scenario, "places", PLACES)


def delete(office: Office, table: str, row_id: str) -> None:
    """Delete a record in the app."""
    found = office.record(table, row_id)
    office.parts.store.apply(Plan((death(table, stored_values(office.parts.catalog[table], found)),)), CLI, "ui")
