"""Google Sheets over real HTTP: what a spreadsheet looks like, what it keeps, how it is found, and its command line."""

import shutil

import pytest

from integrations import hidden
from integrations.pen import Held
from integrations.workbook import GUIDE_TITLE
from tests.google.changes import change
from tests.google.office import costs, typed
from tests.google.server import Fault
from tests.offices import DRIVE
from tests.sheets import (
    ACTIVITIES,
    BRANCH,
    DATE,
    HALL,
    ID,
    NOTE,
    OTHER,
    PERSONS,
    PLAQUES,
    POINT,
    REMARKS,
    TITLE,
    counted,
    quiet,
)
from tests.test_columns import LEVEL, declare

PLACES = ("google",)


def test_a_workbook_is_made_for_people(office, state):
    number = office.sheets.number(BRANCH)
    book, file = state.books[number], state.files[number]
    assert (file["name"], file["parents"]) == (f"{BRANCH} 官渡区文化馆关上街道分馆", [DRIVE])
    labels = [table.label for table in office.parts.catalog.tabs]
    assert [tab.title for tab in book.tabs] == [GUIDE_TITLE, *labels, hidden.TITLE]
    assert [tab.properties.get("hidden", False) for tab in book.tabs] == [False] * (len(labels) + 1) + [True]
    tab = book.titled(ACTIVITIES)
    headers = [cell for cell in office.look().grid[0] if cell]
    assert headers == [ID, *(one.label for one in office.parts.catalog["activities"].sheet_fields), REMARKS]
    assert (tab.grid["frozenRowCount"], tab.grid["frozenColumnCount"]) == (1, 4)
    assert tab.read((1, 1), "FORMATTED_VALUE", "") == f"{BRANCH} 关上馆"
    assert tab.read((1, 2), "FORMATTED_VALUE", "") == "2026-03-02"
    kinds = {tab.part((5, column), "dataValidation").get("condition", {}).get("type") for column in range(6)}
    assert kinds == {"ONE_OF_RANGE", "ONE_OF_LIST", None}
    assert not any(rule["strict"] for _block, part in tab.layers if (rule := part.get("dataValidation")))
    warned = [one["range"].get("startColumnIndex") for one in tab.more["protectedRanges"]]
    assert {0, len(headers) - 1} <= set(warned)
    assert all(one["warningOnly"] for one in tab.more["protectedRanges"])
    grey = tab.part((5, 0), "userEnteredFormat")["backgroundColor"]
    assert "backgroundColor" not in tab.part((5, 1), "userEnteredFormat")
    assert grey["red"] < 1


def test_what_a_person_put_in_stays(office, state):
    """Tabs, columns, notes, looks, a sum over the rows: none of it is read or written."""
    with state.typing(office.sheets.number(BRANCH)) as book:
        tab = book.titled(ACTIVITIES)
        last = len(office.look().grid[0])
        tab.grid["columnCount"] = last + 3
        tab.put((0, last), "我的", typed=True)
        tab.put((1, last), "=F2*2", typed=True)
        tab.cells[1, 3]["note"] = "人数待核"
        tab.cells[1, 3]["userEnteredFormat"] = {"backgroundColor": {"red": 1.0}}
        book.add({"title": "我的页"}).put((0, 0), "自己的", typed=True)
    quiet_after_reading = office.cycle()
    assert counted(quiet_after_reading, read=1)
    office.change("activities", "a1", persons=30, title="改")
    office.cycle()
    tab = office.sheets.tab(BRANCH, ACTIVITIES)
    assert tab.read((1, last), "UNFORMATTED_VALUE", "") == 60
    assert (tab.cells[1, 3]["note"], tab.read((1, 3), "FORMATTED_VALUE", "")) == ("人数待核", "改")
    assert tab.cells[1, 3]["userEnteredFormat"] == {"backgroundColor": {"red": 1.0}}
    assert office.sheets.tab(BRANCH, "我的页").read((0, 0), "FORMATTED_VALUE", "") == "自己的"
    quiet(office)


def test_what_google_makes_of_what_is_typed(office, state):
    """Dates become numbers under a date format, also in a text that a paste has made unformatted; a formula is its result."""
    with state.typing(office.sheets.number(BRANCH)) as book:
        book.titled(ACTIVITIES).layers.clear()
    typed(
        office,
        {
            ("a1", DATE): "2026-04-05",
            ("a1", PERSONS): "1,234",
            ("a2", PERSONS): "=40+2",
            ("a2", NOTE): "2026/3/5",
            ("a3", PERSONS): "=1/0",
            ("a3", NOTE): "'0871",
        },
    )
    state.calls.clear()
    told = office.cycle()
    assert (told["cells_in"], told["problems"]) == (5, 1)
    rows = [office.record("activities", row_id) for row_id in ("a1", "a2", "a3")]
    assert (rows[0]["held_on"], rows[0]["persons"]) == ("2026-04-05", 1234)
    assert (rows[1]["persons"], rows[1]["note"]) == (42, "2026-03-05")
    assert (rows[2]["persons"], rows[2]["note"]) == (3, "0871")
    assert costs(state)[1:] == (2, 1)  # a read, and one of the formats in doubt
    assert office.cycle()["written"] == 0
    quiet(office)


def test_merged_cells(office, state):
    """A merged block swallows what is written into it: that stops the workbook, and is nobody's clearing of the cell."""
    paper = office.look()
    column = paper.column(PERSONS)
    with state.typing(office.sheets.number(BRANCH)) as book:
        area = {"sheetId": book.titled(ACTIVITIES).id, "startRowIndex": 1, "endRowIndex": 3}
        change(book, [{"mergeCells": {"range": {**area, "startColumnIndex": column, "endColumnIndex": column + 1}}}])
    assert counted(office.cycle(), read=1, cells_in=1)
    assert [office.record("activities", one)["persons"] for one in ("a1", "a2")] == [1, None]
    office.change("activities", "a2", persons=60)
    assert office.cycle()["stopped"] == 1
    assert "在合并单元格里" in office.book().reason
    state.calls.clear()
    quiet(office)
    assert costs(state) == (1, 0, 0)
    assert office.record("activities", "a2")["persons"] == 60
    with state.typing(office.sheets.number(BRANCH)) as book:
        book.titled(ACTIVITIES).more["merges"] = []
    assert counted(office.cycle(), read=1, written=1, cells_out=1)
    assert (office.record("activities", "a2")["persons"], office.look().by_id()["a2"][PERSONS]) == (60, 60)


def test_merged_cells_where_the_formats_are_in_doubt(office, state):
    """The second read is spent on the formats: it tells of merged blocks too, in every tab."""
    paper = office.look(BRANCH, PLAQUES)
    column, last = paper.column(NOTE), len(paper.rows())
    with state.typing(office.sheets.number(BRANCH)) as book:
        area = {"sheetId": book.titled(PLAQUES).id, "startRowIndex": 1, "endRowIndex": 1 + last}
        change(book, [{"mergeCells": {"range": {**area, "startColumnIndex": column, "endColumnIndex": column + 1}}}])
        book.titled(ACTIVITIES).layers.clear()
    typed(office, {("a2", NOTE): "2026/3/5"})
    office.change("plaques", f"p{POINT}", note="角")
    assert office.cycle()["stopped"] == 1
    assert "在合并单元格里" in office.book().reason
    quiet(office)
    assert (office.record("plaques", f"p{POINT}")["note"], office.record("activities", "a2")["note"]) == (
        "角",
        "2026-03-05",
    )


def test_a_field_declared_later_gets_its_column(office):
    """Even where the tab is too narrow for it: a tab is made as wide as its table."""
    declare(office)
    office.change("activities", "a2", grade="乙")
    assert office.cycle()["problems"] == 0
    assert office.look().by_id()["a2"][LEVEL] == "乙"
    with office.paper() as paper:
        paper.set(paper.of("a1"), LEVEL, "甲")
    assert office.cycle()["cells_in"] == 1
    assert office.record("activities", "a1")["grade"] == "甲"
    assert counted(office.cycle())


# ---------------------------------------------------------------- found again


def test_renamed_moved_and_in_the_bin(office, state):
    number = office.sheets.number(BRANCH)
    with state.typing(number) as book:
        book.properties["title"] = "我们的表"
    assert counted(office.cycle(), read=1)
    state.files[number]["parents"] = ["elsewhere"]
    quiet(office)
    assert costs(state) == (4, 1, 0)  # the lease; and a second listing for a file that is not in the folder
    state.files[number]["trashed"] = True
    told = office.cycle()
    assert (told["stopped"], told["proposals"]) == (1, 0)
    state.calls.clear()
    quiet(office)
    assert costs(state) == (2, 0, 0)
    state.files[number]["trashed"] = False
    assert counted(office.cycle(), read=1)
    assert office.book().state == "fine"


def test_copies_and_strangers_are_not_read(office, state):
    """A copy may bear the properties of what it was copied from, or not; people keep files of their own beside."""
    from integrations.cycle import Cycle

    name, number = f"{BRANCH} 官渡区文化馆关上街道分馆", office.sheets.number(BRANCH)
    own = dict(state.files[number]["appProperties"])
    state.create({"name": f"{name} 的副本", "parents": [DRIVE], "appProperties": own})
    state.create({"name": f"Copy of {name}", "parents": [DRIVE]})
    state.create({"name": "2026 计划", "parents": [DRIVE]})
    state.create({"name": "别人的", "parents": [DRIVE], "appProperties": own | {"zongfen": "other"}})
    state.calls.clear()
    notes = {note.place: note.message for note in Cycle(office.parts, office.sheets.backend).run().notes}
    assert notes == {
        f"{name} 的副本": f"{BRANCH} 的副本，没有读",
        f"Copy of {name}": "像是副本，没有读",
        "别人的": "另一套台账的表，没有读",
    }
    assert costs(state) == (1, 0, 0)


def test_an_older_version_restored(office):
    """The number of the last write comes back with it: what was written is written again."""
    old = office.sheets.copy(BRANCH)
    office.change("activities", "a1", title="改")
    office.cycle()
    office.sheets.paste(BRANCH, old)
    assert counted(office.cycle(), read=1, written=1, cells_out=1)
    assert office.look().by_id()["a1"][TITLE] == "改"
    quiet(office)


def test_another_installation_s_folder_is_held(office, state):
    lease = next(file for file in state.files.values() if file["name"].startswith("_zongfen "))
    lease["name"] = lease["name"].replace('"installation":"', '"installation":"x')
    with pytest.raises(Held, match="另一套台账"):
        office.cycle()
    lease["name"] = "_zongfen 改了名"
    with pytest.raises(Held):
        office.cycle()
    office.cycle(take_over=True)
    quiet(office)


# ---------------------------------------------------------------- the command line


@pytest.fixture
def told(office, monkeypatch, run):
    """The office's command line: its settings come from the environment."""
    data = office.parts.settings.data.parent / "cli"
    shutil.rmtree(data, ignore_errors=True)
    data.mkdir()
    shutil.copy(office.parts.database.file, data / "zongfen.db")
    monkeypatch.setenv("ZONGFEN_DATA", str(data))
    monkeypatch.setenv("ZONGFEN_GOOGLE_URL", f"{office.parts.settings.google_url}/")
    monkeypatch.setenv("ZONGFEN_GOOGLE_FOLDER", DRIVE)
    monkeypatch.setattr("integrations.google_wire.STEPS", ())
    return run


def test_the_command_line(told, office, state, monkeypatch):
    """Sync serves Google by its settings alone; what it cannot reach, or be told, is status 2."""
    ran = told("sync", "--take-over", "--json")  # the data were copied: another home
    assert (ran.status, ran.json["workbooks"], ran.json["stopped"]) == (0, 3, 0)
    state.calls.clear()
    assert told("sync", "--json").json["read"] == 0
    assert costs(state) == (1, 0, 0)
    assert [one["place"] for one in told("workbooks", "--json").json["workbooks"]] == [
        office.sheets.number(code) for code in (HALL, BRANCH, OTHER)
    ]
    state.faults.append(Fault(times=99, status=503))
    ran = told("sync", "--json")
    assert (ran.status, ran.json["error"]) == (2, "Google 表格连不上：503 The service is currently unavailable.")
    monkeypatch.setenv("ZONGFEN_GOOGLE_URL", "http://127.0.0.1:9")
    assert told("sync").status == 2
    monkeypatch.setenv("ZONGFEN_GOOGLE_URL", "nowhere")
    assert told("sync").status == 2
    monkeypatch.setenv("ZONGFEN_GOOGLE_URL", "")
    assert told("sync", "--json").json["error"] == "Google 表格连不上：没有设 ZONGFEN_GOOGLE_CREDENTIALS"
    monkeypatch.setenv("ZONGFEN_GOOGLE_CREDENTIALS", "no such.json")
    assert "服务账号文件读不了" in told("sync", "--json").json["error"]
    monkeypatch.setenv("ZONGFEN_GOOGLE_PER_MINUTE", "viele")
    assert told("sync", "--json").json["error"] == "ZONGFEN_GOOGLE_PER_MINUTE 要写整数"
