"""What people put into their workbooks: read for what it says, and left as they made it."""

import datetime
import io
import shutil
import zipfile

import xlsxwriter

from integrations import hidden
from integrations.folder import LEASE
from integrations.newbook import write_hidden
from tests.office import converted
from tests.people import app_tabs
from tests.sheets import (
    ACTIVITIES,
    BRANCH,
    DATE,
    NAME,
    NEW,
    NOTE,
    OTHER,
    PERSONS,
    PLAQUES,
    SITES,
    InFolder,
    Office,
    build,
    counted,
    event,
    in_this_process,
    load,
    quiet,
)
from tests.workbooks import png, stored, text_of
from tests.world import add

DATABASES = ("sqlite",)
PLACES = ("folder",)


# ---------------------------------------------------------------- what people put into their sheets


def test_formulas(office, path):
    """Read by their saved result; one without a result says nothing, and an error does not fit."""
    with office.sheets.open(BRANCH) as book:
        sheet = book[ACTIVITIES]
        sheet["F2"] = "=10+5"  # openpyxl saves no results
        sheet["F3"] = "#DIV/0!"
        sheet["F3"].data_type = "e"
    told = office.cycle()
    assert (told["cells_in"], told["problems"]) == (0, 1)
    assert office.problems[0]["text"] == "#"
    office.change("activities", "a1", persons=99)
    office.cycle()
    assert load(path)[ACTIVITIES]["F2"].value == "=10+5"
    with_result = text_of(path, "xl/worksheets/sheet4.xml").replace("<f>10+5</f><v/>", "<f>10+5</f><v>15</v>")
    assert with_result != text_of(path, "xl/worksheets/sheet4.xml")
    rewrite(path, "xl/worksheets/sheet4.xml", with_result)
    office.cycle()
    assert [(one["base"], one["app"], one["sheet"]) for one in office.conflicts] == [("1", "99", "15")]


def rewrite(path, part, text):
    with zipfile.ZipFile(path) as book:
        content = {info.filename: book.read(info) for info in book.infolist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        for name, data in (content | {part: text.encode()}).items():
            book.writestr(name, data)


def test_a_true_date_and_a_true_yes(office):
    with office.sheets.open(BRANCH) as book:
        sheet = book[ACTIVITIES]
        sheet["C2"] = datetime.date(2026, 4, 5)
        sheet.cell(2, [cell.value for cell in sheet[1]].index("线上") + 1).value = True
        sheet["E2"] = "展览"
    assert office.cycle()["cells_in"] == 3
    kept = office.record("activities", "a1")
    assert (kept["held_on"], kept["online"], kept["form"]) == ("2026-04-05", True, "exhibition")


# ---------------------------------------------------------------- everything else stays


def by_a_person(path, content):
    """A workbook as the app makes it, and what a person has put into it since."""
    with xlsxwriter.Workbook(str(path)) as book:
        book.set_custom_property("zongfen", f"{content.installation} {content.code}", "text")
        tabs = app_tabs(book, content)
        own = book.add_worksheet("我的图")
        write_hidden(book.add_worksheet(hidden.TITLE), content)
        sheet, last = tabs[ACTIVITIES], len(content.tabs[2][0].headers)
        sheet.write_column(0, last, ["自己的", "甲", "乙", "丙"], book.add_format({"bg_color": "#FFEEAA"}))
        sheet.write_comment("F2", "人数待核", {"author": "王敏"})
        sheet.set_row(2, 30)
        sheet.conditional_format("F2:F99", {"type": "data_bar", "data_bar_2010": True})
        sheet.add_sparkline(1, last + 1, {"range": f"{ACTIVITIES}!F2:F4"})
        own.write_column(0, 0, [3, 1, 2])
        own.write_formula("B1", "=A1*2", None, 6)
        chart = book.add_chart({"type": "column"})
        chart.add_series({"values": "=我的图!$A$1:$A$3"})
        own.insert_chart("D2", chart)
        own.insert_image("D20", "x.png", {"image_data": io.BytesIO(png())})


def changed_parts(before, path):
    after = stored(path)
    assert list(before) == list(after)
    return {part for part in before if before[part] != after[part]}


def test_what_a_person_put_in_keeps_every_byte(parts, tmp_path, monkeypatch):
    monkeypatch.setattr("integrations.folder.grids_of_many", in_this_process)
    monkeypatch.setattr("integrations.folder.make_book", by_a_person)
    build(parts)
    office = Office(parts, InFolder(tmp_path / "sheets"))
    office.cycle()
    path = office.sheets.path(BRANCH)
    before = stored(path)
    assert {part for part in before if "chart" in part or "media" in part or "comment" in part}
    # A cell goes to the sheet: its tab, and the tab where the app keeps the number of its writes.
    own = {"xl/worksheets/sheet4.xml", "xl/worksheets/sheet9.xml"}
    office.change("activities", "a1", title="改")
    assert counted(office.cycle(), read=1, written=1, cells_out=1)
    assert changed_parts(before, path) == own
    for count in range(5):
        office.change("activities", "a2", persons=100 + count)
        add(office.parts, "activities", event(office.parts, f"c{count}", count))
        office.cycle()
    assert changed_parts(before, path) == own | {"xl/workbook.xml"}  # where the filter's area stands a second time
    sheet = load(path)[ACTIVITIES]
    place = [cell.value for cell in sheet[1]].index("自己的") + 1
    assert [sheet.cell(row, place).value for row in range(1, 6)] == ["自己的", "甲", "乙", "丙", None]
    assert sheet["F2"].comment.text == "人数待核"
    assert sheet.row_dimensions[3].height == 30
    quiet(office)


def test_the_file_keeps_its_mode(office, path):
    path.chmod(0o640)
    office.change("activities", "a1", title="改")
    office.cycle()
    assert path.stat().st_mode & 0o777 == 0o640
    assert office.sheets.path(OTHER).stat().st_mode & 0o777 == 0o664


def test_what_a_killed_cycle_left_is_cleared_away(office, path):
    (path.parent / "下").mkdir()
    path.rename(path.parent / "下" / NAME)
    for folder in (path.parent, path.parent / "下"):
        (folder / ".zongfen-abc.xlsx").write_bytes(b"x")
    office.change("activities", "a1", title="改")
    office.cycle()
    assert sorted(one.name for one in path.parent.rglob(".zongfen*")) == [LEASE]


# ---------------------------------------------------------------- with LibreOffice


def test_saved_by_libreoffice(office, path, tmp_path):
    with office.paper() as paper:
        paper.set(paper.of("a1"), PERSONS, 50)
        paper.add({**NEW, NOTE: "🎭\n=1+1"})
    shutil.copy(converted(path, tmp_path), path)
    office.change("activities", "a2", title="改", held_on="2026-07-08")
    told = office.cycle()
    assert counted(told, read=1, written=1, cells_in=6, cells_out=2)
    assert told["problems"] == told["conflicts"] == told["proposals"] == 0
    quiet(office)
    # LibreOffice opens what the app wrote into its file, and every cell says the same.
    before = {title: office.look(BRANCH, title).by_id() for title in (SITES, PLAQUES, ACTIVITIES)}
    shutil.copy(converted(path, tmp_path), path)
    assert {title: office.look(BRANCH, title).by_id() for title in before} == before
    assert before[ACTIVITIES]["a2"][DATE] == datetime.date(2026, 7, 8)
    assert counted(office.cycle(), read=1)
    assert load(path)[hidden.TITLE].sheet_state != "visible"
