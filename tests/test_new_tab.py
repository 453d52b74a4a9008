"""A table that is declared after a workbook was made gets its tab there, once; a tab that people took out does not come back."""

import io
import shutil
import zipfile
from typing import ClassVar

import openpyxl
import pytest
from sqlmodel import SQLModel

from integrations import hidden
from models.catalog import MODELS
from models.database import grow, system
from models.kinds import Choice, Date, Int, Ref, Text, choices
from models.schema import About, Record, declare
from tests.dying import Dying, Killed
from tests.google.office import WRITE, to
from tests.google.server import Fault
from tests.hands import Hasty, hand
from tests.office import converted
from tests.sheets import BRANCH, HALL, ID, OTHER, POINT, REMARKS, SITE, InFolder, InGoogle, counted, in_this_process
from tests.workbooks import stored, text_of
from tests.world import add, new_row

PLACES = ("memory", "folder", "google")
RIDDLES, ANSWER, ASKED, SORT, COUNT = "灯谜", "谜底", "出题日期", "种类", "猜中"
HEADERS = [ID, SITE, "谜面", ANSWER, SORT, COUNT, ASKED, "谁定", REMARKS]
SORTS = choices(("word", "字谜", "A word"), ("thing", "物谜", "A thing"))


@pytest.fixture(scope="module")
def riddles():
    """The class."""

    class Riddle(Record, table=True):
        """灯谜."""

        __tablename__ = "riddles"
        about: ClassVar[About] = About("灯谜", "Riddles", group="supply", tab=9, title="text", help="一条一行。")

        site: str | None = declare("馆点", Ref(table="sites"), owner=True, required=True)
        text: str | None = declare("谜面", Text(max=60), required=True)
        answer: str | None = declare("谜底", Text(max=60))
        sort: str | None = declare("种类", Choice(choices=SORTS))
        count: int | None = declare("猜中", Int(min=0, unit="人"))
        asked_on: str | None = declare("出题日期", Date())
        by: str | None = declare("谁定", Text(max=60), edit="app")

    yield Riddle
    SQLModel.metadata.remove(Riddle.__table__)


@pytest.fixture
def office(request, riddles, offices, monkeypatch):
    """An office whose workbooks were made before there were riddles; two of them are in the records by now."""
    monkeypatch.setattr("integrations.folder.grids_of_many", in_this_process)
    with offices.just_made(request.param) as before:
        name = before.parts.database.file.name
        made = offices.office(request.param, name, [*MODELS, riddles])
        grow(made.parts.database, system, SQLModel.metadata)
        if not isinstance(made.sheets, InGoogle):
            made.sheets = before.sheets
        rows = [("r1", {"site": BRANCH, "text": "一", "asked_on": "2026-02-12", "sort": "word", "count": 3})]
        rows.append(("r2", {"site": POINT, "text": "二", "by": "馆里"}))
        add(made.parts, "riddles", *(new_row(made.parts.catalog["riddles"], *row) for row in rows))
        yield made
        made.parts.database.close()


@pytest.fixture
def state(office):
    return office.sheets.state


in_folder = pytest.mark.parametrize("office", ["folder"], indirect=True)
in_google = pytest.mark.parametrize("office", ["google"], indirect=True)


def looks_right(office):
    """The tab is there, once, with its header and the two riddles."""
    paper = office.look(BRANCH, RIDDLES)
    assert [header for header in paper.grid[0] if header] == HEADERS
    assert {row_id: row["谜面"] for row_id, row in paper.by_id().items()} == {"r1": "一", "r2": "二"}
    assert len(office.records("riddles")) == 2
    told = office.cycle()
    assert counted(told), told


def test_it_is_given_with_its_rows_and_read_from_then_on(office):
    rehearsed = office.cycle(dry=True)
    told = office.cycle()
    assert rehearsed == told
    assert counted(told, read=3, written=3, cells_out=8)
    assert (told["stopped"], told["problems"], told["conflicts"]) == (0, 0, 0)
    looks_right(office)
    row = office.look(BRANCH, RIDDLES).by_id()["r1"]
    assert (row[SITE], row[SORT], row[COUNT], row[ASKED].isoformat()) == (f"{BRANCH} 关上馆", "字谜", 3, "2026-02-12")
    for code in (HALL, OTHER):
        assert [header for header in office.look(code, RIDDLES).grid[0] if header] == HEADERS
    with office.paper(BRANCH, RIDDLES) as paper:
        paper.set(paper.of("r1"), ANSWER, "旦")
        paper.add({SITE: POINT, "谜面": "三"})
    assert office.cycle()["cells_in"] == 3
    assert sorted(one["text"] for one in office.records("riddles")) == ["一", "三", "二"]
    assert counted(office.cycle())


def test_edits_of_both_sides_in_the_same_cycle_are_taken(office):
    office.change("activities", "a1", title="改")
    with office.paper() as paper:
        paper.set(paper.of("a2"), "参加人次", 50)
    told = office.cycle()
    assert (told["cells_in"], told["cells_out"]) == (1, 9)
    assert office.record("activities", "a2")["persons"] == 50
    looks_right(office)


def test_taken_out_by_a_person_it_stops_the_workbook(office):
    office.cycle()
    hand(office).delete_tab(RIDDLES)
    assert office.cycle()["stopped"] == 1
    assert office.book().reason == "少了“灯谜”页"
    assert len(office.records("riddles")) == 2
    assert counted(office.cycle())


def test_a_workbook_of_which_nobody_noted_the_tabs_stops(office):
    """Nobody can tell then whether it ever had the tab."""
    with office.parts.database.write() as connection:
        connection.exec_driver_sql(f"UPDATE sync_books SET layout = NULL WHERE code = '{BRANCH}'")
    assert office.cycle()["stopped"] == 1
    assert office.book().reason == "少了“灯谜”页"


def test_a_tab_of_a_person_s_own_that_is_called_so(office):
    """It is not the app's, and stays as it is."""
    hand(office).add_tab(RIDDLES)
    assert office.cycle()["stopped"] == 1
    assert "没有表头" in office.book().reason
    assert office.look(BRANCH, RIDDLES).grid[0][0] == "自己的"


@pytest.mark.parametrize("done", [False, True], ids=["before", "after"])
def test_killed_at_the_write_it_is_given_once(office, done):
    for code in (HALL, OTHER):
        with office.parts.database.write() as connection:
            connection.exec_driver_sql(f"UPDATE sync_books SET paused = 1 WHERE code = '{code}'")
    office.backend = Dying(office.sheets.backend, "write", done)
    with pytest.raises(Killed):
        office.cycle()
    office.backend = None
    assert (RIDDLES in titles(office)) == done
    office.cycle()
    looks_right(office)


def test_killed_after_the_write_and_taken_out_it_does_not_come_back(office):
    """The number of the write says that it was there."""
    for code in (HALL, OTHER):
        with office.parts.database.write() as connection:
            connection.exec_driver_sql(f"UPDATE sync_books SET paused = 1 WHERE code = '{code}'")
    office.backend = Dying(office.sheets.backend, "write", done=True)
    with pytest.raises(Killed):
        office.cycle()
    office.backend = None
    hand(office).delete_tab(RIDDLES)
    assert office.cycle()["stopped"] == 1
    assert office.book().reason == "少了“灯谜”页"


def titles(office):
    if isinstance(office.sheets, InFolder):
        return openpyxl.load_workbook(office.sheets.path(BRANCH)).sheetnames
    if isinstance(office.sheets, InGoogle):
        return [tab.title for tab in office.sheets.state.books[office.sheets.number(BRANCH)].tabs]
    return list(office.sheets.books[BRANCH])


def test_somebody_saves_in_between(office):
    def save():
        with office.paper() as paper:
            paper.set(paper.of("a2"), "参加人次", 70)

    office.backend = Hasty(office.sheets.backend, save)
    office.cycle()
    office.backend = None
    assert office.book().state == "busy"
    office.cycle()
    assert office.record("activities", "a2")["persons"] == 70
    looks_right(office)


# ---------------------------------------------------------------- a file


def facts_of(sheet):
    """What a person sees of a tab, apart from its cells' values."""
    head, first = sheet[1], sheet[2]
    return {
        "widths": [sheet.column_dimensions[cell.column_letter].width for cell in head],
        "heads": [(cell.fill.fgColor.rgb, cell.font.b, cell.border.left.style, cell.value) for cell in head],
        "cells": [(cell.fill.fgColor.rgb, cell.number_format, cell.border.left.style) for cell in first],
        "frozen": sheet.freeze_panes,
        "filter": sheet.auto_filter.ref,
        "lists": sorted(
            (str(one.sqref), one.formula1, one.prompt, one.errorStyle) for one in sheet.data_validations.dataValidation
        ),
    }


@in_folder
def test_it_looks_like_one_that_a_new_workbook_has(office):
    path = office.sheets.path(BRANCH)
    before = stored(path)
    office.cycle()
    given = facts_of(openpyxl.load_workbook(path)[RIDDLES])
    after = stored(path)
    own = {"xl/workbook.xml", "xl/styles.xml", "[Content_Types].xml", "xl/_rels/workbook.xml.rels"}
    own |= {f"xl/worksheets/sheet{number}.xml" for number in (8, 9)}  # where the app counts its writes, and the new one
    assert {part for part in after if after[part] != before.get(part)} == own
    book = openpyxl.load_workbook(path)
    assert [sheet.title for sheet in book if sheet.sheet_view.tabSelected] == ["填写说明"]
    assert "'灯谜'!$A$1:$I$3</definedName>" in text_of(path, "xl/workbook.xml")
    path.unlink()
    with office.parts.database.write() as connection:
        connection.exec_driver_sql(f"DELETE FROM sync_books WHERE code = '{BRANCH}'")
        connection.exec_driver_sql("DELETE FROM meta WHERE name = 'sync_version'")
    office.cycle()
    made = facts_of(openpyxl.load_workbook(office.sheets.path(BRANCH))[RIDDLES])
    assert given == made


@in_folder
def test_a_workbook_saved_by_another_program_takes_it_too(office):
    """Its styles are its own, and those of its cells stay as they are."""
    with office.sheets.open(BRANCH) as book:
        book["活动台账"]["D2"].number_format = "0.000"
        book["活动台账"]["D2"].fill = openpyxl.styles.PatternFill("solid", fgColor="FFAA00")
    office.cycle()
    looks_right(office)
    book = openpyxl.load_workbook(office.sheets.path(BRANCH))
    cell = book["活动台账"]["D2"]
    assert (cell.number_format, cell.fill.fgColor.rgb) == ("0.000", "00FFAA00")
    assert book[RIDDLES]["G2"].number_format == "yyyy-mm-dd"
    with zipfile.ZipFile(io.BytesIO(office.sheets.path(BRANCH).read_bytes())) as package:
        assert package.testzip() is None


@in_folder
def test_libreoffice_opens_it(office, tmp_path):
    """A workbook that it has saved gets the tab; it opens that and saves it, and nothing has changed."""
    path = office.sheets.path(BRANCH)
    shutil.copy(converted(path, tmp_path), path)
    office.cycle()
    looks_right(office)
    before = office.look(BRANCH, RIDDLES).by_id()
    shutil.copy(converted(path, tmp_path), path)
    assert office.look(BRANCH, RIDDLES).by_id() == before
    assert counted(office.cycle(), read=1)
    sheet = openpyxl.load_workbook(path)[RIDDLES]
    assert (sheet["G2"].is_date, sheet.sheet_state) == (True, "visible")


# ---------------------------------------------------------------- Google


@in_google
def test_it_looks_like_one_that_a_new_spreadsheet_has(office, state):
    office.cycle()
    given = office.sheets.tab(BRANCH, RIDDLES)
    assert titles(office)[-2:] == [hidden.TITLE, RIDDLES]
    state.files[office.sheets.number(BRANCH)]["trashed"] = True
    state.files[office.sheets.number(BRANCH)]["name"] = "旧"
    with office.parts.database.write() as connection:
        connection.exec_driver_sql(f"DELETE FROM sync_books WHERE code = '{BRANCH}'")
        connection.exec_driver_sql("DELETE FROM meta WHERE name = 'sync_version'")
    office.cycle()
    made = office.sheets.tab(BRANCH, RIDDLES)
    assert given is not made
    assert (given.grid, given.widths, given.layers) == (made.grid, made.widths, made.layers)
    assert [one["range"] for one in given.more["protectedRanges"]] == [
        one["range"] for one in made.more["protectedRanges"]
    ]
    assert given.more["basicFilter"] == made.more["basicFilter"]


MAKING = to("POST", ":batchUpdate")


@in_google
@pytest.mark.parametrize("after", [False, True], ids=["undone", "done"])
def test_the_call_that_makes_it_fails(office, state, after):
    state.faults.append(
        Fault(lambda method, path: MAKING(method, path) and "values" not in path, status=503, after=after)
    )
    assert office.cycle()["written"] == 3
    assert titles(office).count(RIDDLES) == 1
    looks_right(office)


@in_google
def test_made_and_still_empty_it_is_filled(office, state):
    """The call that writes its cells was refused: the tab is there with its looks, and nothing in it."""
    state.faults.append(Fault(WRITE, status=403, times=3))
    office.cycle()
    assert office.look(BRANCH, RIDDLES).grid == []
    with state.typing(office.sheets.number(BRANCH)):
        pass
    office.cycle()
    looks_right(office)
