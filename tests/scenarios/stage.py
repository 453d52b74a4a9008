"""What scenarios share. Each is a generator: up to the `yield` the sheet and the records are edited; it is then given what
the cycle told, and sees what came of it.
"""

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from models.access import CLI
from models.changes import Plan, death, stored_values
from models.services import Services
from tests.offices import PLACES
from tests.sheets import BRANCH, DATE, PERSONS, SITE, TITLE, Office
from tests.world import add, new_row, read

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


# ---------------------------------------------------------------- a check, by items that staff edit

CHECKS, OPENS = "月度检查", "I1 按时开放"


def item(parts: Services, code: str, label: str) -> dict[str, Any]:
    """An item that is asked of branches and points each month."""
    told = {"code": code, "label_zh": label, "kind": "yesno", "threshold": "=yes", "since": "2026-01", "weight": 1.0}
    return new_row(parts.catalog["checklist_items"], f"i{code}", {**told, "applies_to": ["branch", "point"]})


def with_a_check(office: Office) -> None:
    """This month's check of the branch, with one answer, in both the records and the sheet."""
    add(office.parts, "checklist_items", item(office.parts, "I1", "按时开放"))
    read(office.parts, "checklists")  # the item is a field from now on
    values = {"site": BRANCH, "month": "2026-11", "kind": "monthly", "status": "filled", "I1": True}
    add(office.parts, "checklists", new_row(office.parts.catalog["checklists"], "k1", values))
    office.cycle()
