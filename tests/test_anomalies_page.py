"""What the pages say of workbooks is what is tried: every outcome names its scenario, every crash point its test."""

import ast
import re
from pathlib import Path

import pytest

from integrations.workbook import GUIDE, GUIDE_TITLE
from models.words import _, speaking
from tests.scenarios.listed import SCENARIOS
from tests.scenarios.stage import places_of
from tests.sheets import BRANCH

ROOT = Path(__file__).resolve().parents[1]
WHERE = {"both": {"folder", "google"}, "files": {"folder"}, "Google": {"google"}}


def cells_of(page, header):
    """The rows of a page's tables that have this header, as lists of cells."""
    found, inside = [], False
    for line in (ROOT / "docs" / page).read_text("utf-8").splitlines():
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] if line.startswith("|") else []
        inside = bool(cells) and (inside or cells[0] == header)
        if inside and cells[0] != header and not cells[0].startswith("---"):
            found.append(cells)
    return found


ROWS = cells_of("anomalies.md", "what somebody does")


def named(cell):
    return re.findall(r"`(\w+)`", cell)


def test_every_scenario_stands_in_the_table_once_and_nothing_else_does():
    told = [name for row in ROWS for name in named(row[-1])]
    assert sorted(name for name in told if not name.startswith("test_")) == sorted(SCENARIOS)
    assert {name for name in told if name.startswith("test_")} <= every_test()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[-1])
def test_a_line_says_where_it_is_tried(row):
    _deed, outcome, where, scenarios = row
    assert outcome
    assert named(scenarios)
    for name in SCENARIOS.keys() & set(named(scenarios)):
        assert set(places_of(SCENARIOS[name])) - {"memory"} == WHERE[where], name


def every_test():
    """The names of all test functions."""
    found = set()
    for path in (ROOT / "tests").rglob("test_*.py"):
        found |= {one.name for one in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(one, ast.FunctionDef)}
    return found


def test_every_crash_point_names_its_test():
    points, known = cells_of("sync.md", "killed"), every_test()
    assert len(points) > 8
    for point in points:
        assert named(point[-1]), point[0]
        assert set(named(point[-1])) <= known, point[0]


# ---------------------------------------------------------------- five lines for branch staff


def numbered(page):
    """The numbered lines of a page, in two lists: Chinese, then English."""
    lines = re.findall(r"^\d\. (.+)$", (ROOT / "docs" / "tasks" / page).read_text("utf-8"), re.MULTILINE)
    return lines[:5], lines[5:]


def test_the_page_for_branch_staff_says_what_the_first_tab_says():
    chinese, english = numbered("branch-staff.md")
    assert chinese == list(GUIDE)
    with speaking("en"):
        assert english == [_(line) for line in GUIDE]


@pytest.mark.parametrize("place", ["folder", "google"])
def test_the_first_tab_of_each_workbook_says_it(offices, place):
    with offices.just_made(place) as office:
        grid = office.look(BRANCH, GUIDE_TITLE).grid
    assert [row[0] for row in grid if row[0] and row[0][0].isdigit()] == [
        f"{number}. {line}" for number, line in enumerate(GUIDE, 1)
    ]
