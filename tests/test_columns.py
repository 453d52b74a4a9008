"""A field that is declared after a workbook was made gets its column there; one that people took out does not come back."""

import openpyxl
import pytest

from models.schema import Table
from tests.hands import Hasty
from tests.sheets import (
    ACTIVITIES,
    BRANCH,
    DATE,
    ID,
    PERSONS,
    REMARKS,
    SITE,
    TITLE,
    counted,
)
from tests.world import add, edit, new_row

PLACES = ("folder", "memory")
LEVEL = "节目等级"


def declare(office, code="grade", label=LEVEL, kind="choice", **more):
    """An administrator adds a field to the activities."""
    customs: Table = office.parts.catalog["custom_fields"]
    told = {"table_name": "activities", "code": code, "label": label, "kind": kind, "choices": "甲；乙", **more}
    add(office.parts, "custom_fields", new_row(customs, f"f-{code}", told))


def headers(office):
    paper = office.look()
    return [header for header in paper.grid[paper.header_row - 1] if header]


def test_a_new_field_reaches_the_sheet_and_comes_back(office):
    before = headers(office)
    declare(office)
    office.change("activities", "a2", grade="乙")
    told = office.cycle()
    assert (told["problems"], told["conflicts"]) == (0, 0)
    assert headers(office) == [*before, LEVEL]
    assert office.look().by_id()["a2"][LEVEL] == "乙"
    assert counted(office.cycle())
    with office.paper() as paper:
        paper.set(paper.of("a1"), LEVEL, "甲")
        paper.add({SITE: BRANCH, DATE: "2026-05-06", TITLE: "新", LEVEL: "乙"})
    told = office.cycle()
    assert (told["cells_in"], told["problems"]) == (5, 0)
    assert {one["title"]: one["grade"] for one in office.records("activities")} == {
        "展 1": "甲",
        "展 2": "乙",
        "展 3": None,
        "新": "乙",
    }
    assert counted(office.cycle())


def test_what_stood_in_the_record_is_not_taken_for_cleared(office):
    """Rows, one of them edited in the sheet in the same cycle, one deleted here, one added there."""
    declare(office, code="seats", label="座位", kind="int", choices=None)
    for row in ("a1", "a2", "a3"):
        office.change("activities", row, seats=7)
    with office.paper() as paper:
        paper.set(paper.of("a1"), PERSONS, 50)
        paper.add({SITE: BRANCH, DATE: "2026-05-06", TITLE: "新"})
    assert office.cycle()["conflicts"] == 0
    assert [one["seats"] for one in office.records("activities")] == [7, 7, 7, None]
    assert [told.get("座位") for told in office.look().rows()] == [7, 7, 7, None]


def test_a_field_of_the_app_alone_is_put_back(office):
    declare(office, edit="app")
    office.change("activities", "a1", grade="乙")
    office.cycle()
    with office.paper() as paper:
        paper.set(paper.of("a1"), LEVEL, "甲")
    assert office.cycle()["problems"] == 1
    assert office.look().by_id()["a1"][LEVEL] == "乙"


@pytest.mark.parametrize("header", [LEVEL, "形式"])
def test_a_column_that_people_took_out_does_not_come_back(office, header):
    declare(office)
    office.cycle()
    with office.paper() as paper:
        place = paper.column(header)
        for cells in paper.grid:
            cells[place] = None
    assert office.cycle()["problems"] == 1
    assert header not in headers(office)
    declare(office, code="other", label="别的", kind="text", choices=None)
    office.cycle()
    assert header not in headers(office)
    assert "别的" in headers(office)


def test_a_new_name_reaches_the_header(office):
    """A person's own name for a column stays theirs, as does a header that a custom field has left."""
    declare(office)
    office.cycle()
    edit(office.parts, "custom_fields", "f-grade", "label", LEVEL, "等级")
    office.cycle()
    assert "等级" in headers(office)
    assert LEVEL not in headers(office)
    with office.paper() as paper:
        paper.set(paper.header_row, "等级", "我的等级")
    assert office.cycle()["problems"] == 1
    assert "我的等级" in headers(office)
    assert counted(office.cycle())


def test_a_name_changed_while_the_sheet_was_edited(office):
    declare(office)
    office.cycle()
    edit(office.parts, "custom_fields", "f-grade", "label", LEVEL, "等级")
    with office.paper() as paper:
        paper.set(paper.of("a1"), LEVEL, "甲")
    assert office.cycle()["problems"] == 0
    assert office.record("activities", "a1")["grade"] == "甲"
    assert office.look().by_id()["a1"]["等级"] == "甲"


@pytest.mark.parametrize("office", ["folder"], indirect=True)
def test_the_column_looks_like_its_neighbours(office):
    """Beside a person's own column and below a title; with a dropdown; in a book that any program opens."""
    with office.sheets.open(BRANCH) as book:
        sheet = book[ACTIVITIES]
        width = sheet.max_column
        sheet.cell(1, width + 1).value = "我的"
        sheet.cell(2, width + 1).value = 5
    declare(office)
    declare(office, code="day", label="验收日", kind="date", choices=None)
    office.change("activities", "a1", grade="甲", day="2026-05-06")
    office.cycle()
    sheet = openpyxl.load_workbook(office.sheets.path(BRANCH))[ACTIVITIES]
    shown = {cell.value: cell for cell in sheet[1]}
    assert (shown["我的"].column, sheet.cell(2, shown["我的"].column).value) == (width + 1, 5)
    assert {shown[LEVEL].column, shown["验收日"].column} == {width + 2, width + 3}
    assert shown[LEVEL].fill.fgColor.rgb == shown[TITLE].fill.fgColor.rgb
    assert sheet.cell(2, shown["验收日"].column).is_date
    letter = shown[LEVEL].column_letter
    lists = [one for one in sheet.data_validations.dataValidation if letter in str(one.sqref)]
    assert [one.formula1 for one in lists] == ['"甲,乙"']
    assert sheet.column_dimensions[letter].width >= 10


def test_ids_and_remarks_stay_where_they_are(office):
    before = office.look()
    places = (before.column(ID), before.column(REMARKS))
    declare(office)
    office.cycle()
    after = office.look()
    assert (after.column(ID), after.column(REMARKS)) == places


def test_a_column_that_could_not_be_written_comes_with_the_next_cycle(office):
    """Somebody saved in between: what was never written is not what people took out."""

    def save():
        with office.paper() as paper:
            paper.set(paper.of("a2"), PERSONS, 70)

    declare(office)
    office.change("activities", "a1", grade="甲")
    office.backend = Hasty(office.sheets.backend, save)
    office.cycle()
    office.backend = None
    assert LEVEL not in headers(office)
    assert office.cycle()["problems"] == 0
    assert office.look().by_id()["a1"][LEVEL] == "甲"
    assert office.record("activities", "a2")["persons"] == 70
    assert counted(office.cycle())
