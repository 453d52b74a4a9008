"""What happens at an office so that something waits for a person; and who comes to decide it."""

from collections.abc import Mapping

from models.access import CLI, Actor
from models.changes import Plan, death, stored_values
from tests.sheets import BRANCH, HALL, OTHER, PERSONS, POINT, Office

ACTORS = {
    "its hall": Actor("hall", "main", site=HALL),
    "itself": Actor("branch", "branch", site=BRANCH),
    "its point": Actor("point", "point", site=POINT),
    "another branch": Actor("other", "branch", site=OTHER),
    "the county": Actor("county", "bureau", county="官渡区"),
    "another county": Actor("far", "bureau", county="西山区"),
    "a reader": Actor("reader", "reader", site=BRANCH),
    "the center": Actor("center", "center", site="C1"),
}


def both_edit(office: Office, app: int = 60, sheet: int = 50) -> int:
    """The same cell in the app and in the sheet, and a cycle: the number of the conflict."""
    office.change("activities", "a1", persons=app)
    with office.paper() as paper:
        paper.set(paper.of("a1"), PERSONS, sheet)
    office.cycle()
    return office.conflicts[-1]["id"]


def delete(office: Office, row_id: str) -> None:
    """Someone deletes an activity in the app."""
    row = office.record("activities", row_id)
    table = office.parts.catalog["activities"]
    office.parts.store.apply(Plan((death(table.name, stored_values(table, row)),)), CLI, "ui")


def remove(office: Office, *row_ids: str) -> Mapping[str, int]:
    """Someone takes rows out of the sheet; what the cycle after it says."""
    with office.paper() as paper:
        for row_id in row_ids:
            paper.remove(paper.of(row_id))
    return office.cycle()
