"""What every installation starts with: the templates that the app ships, by the app's own import."""

from dataclasses import replace

from integrations.intake import plan_file
from models.access import CLI
from models.changes import Change, Plan
from models.database import get_meta, set_meta
from models.schema import Table
from models.services import Services
from models.settings import ROOT
from models.store import Refused

SHIPPED = ROOT / "models" / "shipped"
TEMPLATES = {
    "checklist_items": "checklist_items.csv",
    "service_indicators": "yearbook_indicators.csv",
    "asset_indicators": "yearbook_indicators.csv",
    "assessment_indicators": "assessment_indicators.csv",
    "assessment_vetoes": "assessment_vetoes.csv",
    "assessment_grades": "assessment_grades.csv",
}


def add_defaults(parts: Services) -> None:
    """Fill the template tables of an installation that never had them. Raises Refused if what is shipped does not fit."""
    with parts.database.read() as connection:
        if get_meta(connection, "defaults"):
            return
    for name, file in TEMPLATES.items():
        table = parts.catalog[name]
        found = plan_file(parts, CLI, table, SHIPPED / file)
        if found.errors:
            raise Refused(list(found.errors))
        parts.store.apply(Plan(tuple(in_order(table, found.changes))), CLI, "example")
    with parts.database.write() as connection:
        set_meta(connection, "defaults", "1")
    parts.follow()


def in_order(table: Table, changes: tuple[Change, ...]) -> list[Change]:
    """The births with their place in the file, which is the order of the items ever after."""
    return [
        replace(change, after={**change.after, "position": place}) if "position" in table.by_name else change
        for place, change in enumerate(changes, 1)
    ]
