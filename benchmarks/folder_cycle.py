"""A cycle over a folder of 182 workbooks of 6 tabs, 1.24 million cells: ours beside calamine alone, and beside openpyxl.

The first read is all that a cycle does with cells before it compares them: child processes, the look at each file
before a parser sees it, every cell in its normal form. calamine alone makes Python lists of all tabs, and no more.
"""

import datetime
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

import openpyxl
from python_calamine import CalamineWorkbook

from integrations import books
from integrations.backend import Seen
from integrations.cycle import Cycle
from integrations.defaults import add_defaults
from integrations.example import event
from integrations.example_figures import answer, figure, items_for
from integrations.folder import Folder
from integrations.package import TabEdit
from integrations.running import run_cycle
from integrations.workbook import Layout
from models import rows as sqlrows
from models.access import CLI
from models.changes import Change, Plan
from models.kinds import Value
from models.schema import Row, Table
from models.services import Services, make_installation, open_installation
from models.settings import settings

WORKBOOKS, POINTS, EVENTS = 182, 10, 280
NOW = datetime.datetime(2026, 6, 15, 4, tzinfo=datetime.UTC)
MONTHS = ("2026-04", "2026-05", "2026-06")
ROUNDS, QUIET_ROUNDS, SAMPLE = 3, 25, 4
MOST_READ, MOST_QUIET, MOST_CHANGED = 2.5, 10.0, 2.0  # times calamine; ms; times its own read and write

# ---------------------------------------------------------------- the workbooks


def sites(workbooks: int) -> Iterator[Row]:
    """A main hall and its branches, each with its points."""
    common: dict[str, Value] = {
        "network": "culture", "county": "官渡区", "host": "government", "operation": "own", "status": "open",
        "weekly_hours": 42.0, "hours_public": True, "items_public": True, "content_public": True,
        "staff_public_welfare": 1, "barrier_free": True, "open_hours": "周二至周日 9:00—17:00", "head_post": "站长",
    }  # fmt: skip
    for number in range(workbooks):
        branch = f"C530111{number:03d}"
        for point in range(POINTS + 1 if number else 1):
            code = branch + f"{point:03d}" if point else branch if number else "C530111"
            yield {
                **common,
                "id": f"s{code}",
                "code": code,
                "name": f"第{number}分馆第{point}服务点",
                "level": "point" if point else "branch" if number else "main",
                "parent": branch if point else "C530111" if number else None,
                "township": f"第{number}街道",
                "address": f"第{number}街道{point}号",
                "area_m2": 100.0 + 7 * number + point,
                "population": 1000 + 37 * number + point,
                "head": f"张{number}",
                "phone": f"1380000{number:04d}",
            }


def records(table: Table, site: Row, templates: Sequence[Row], chance: Random) -> Iterator[dict[str, Value]]:
    """A site's rows of one tab, without ids."""
    name, head = table.name, {"site": site["code"]}
    if name == "plaques":
        yield {**head, "shape": "square", "width_mm": 600, "height_mm": 400, "quantity": 1, "status": "hung"}
    elif name == "activities" and site["level"] == "branch":
        for _number in range(EVENTS):
            yield {**head, **event(chance, chance.choice((2025, 2026)), chance.randint(1, 12))}
    elif name == "checklists" and site["level"] != "main":
        for month in MONTHS:
            found = {str(item["code"]): answer(item, site, chance) for item in items_for(site, templates)}
            yield {**head, "month": month, "status": "filled", "inspector": "示例", "kind": "monthly", **found}
    elif name in ("service_yearbooks", "asset_yearbooks"):
        found = {str(item["code"]): figure(item, site, chance, None) for item in items_for(site, templates)}
        yield {**head, "year": 2025, "status": "filling", "due_on": "2026-01-31", **found}
