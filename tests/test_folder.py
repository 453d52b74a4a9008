"""A folder of real files: found wherever they are, left alone while somebody has them, and kept as people have made them."""

import datetime
import io
import os
import shutil
import zipfile
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter

from integrations import hidden
from integrations.folder import LEASE, Folder, identity_from, mark_of, owner_of
from integrations.newbook import Styles, write_guide, write_hidden, write_tab
from integrations.package import identify
from integrations.pen import Held
from integrations.workbook import GUIDE_TITLE
from models.services import Services
from models.settings import settings
from models.store import Store
from tests.conftest import NOW
from tests.office import converted
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
    REMARKS,
    SITE,
    SITES,
    TITLE,
    InFolder,
    Office,
    build,
    counted,
    event,
    in_this_process,
    load,
    notes,
    quiet,
)
from tests.workbooks import png, stored, text_of
from tests.world import add, token
from tests.world import build as build_world

DATABASES = ("sqlite",)
NAME = f"{BRANCH} 官渡区文化馆关上街道分馆.xlsx"
NEW = {SITE: BRANCH, DATE: "2026-05-06", TITLE: "新", PERSONS: 9}


@pytest.fixture
def office(parts, tmp_path, monkeypatch):
    """An office whose workbooks have just been made in a folder."""
    monkeypatch.setattr("integrations.folder.grids_of_many", in_this_process)
    build(parts)
    made = Office(parts, InFolder(tmp_path / "sheets"))
    made.cycle()
    return made


@pytest.fixture
def path(office):
    return office.sheets.path(BRANCH)


# ---------------------------------------------------------------- a new workbook


def test_names_and_tabs(office, path):
    assert path.name == NAME
    assert sorted(one.name for one in path.parent.glob("*.xlsx")) == [
        f"{HALL} 官渡馆.xlsx",
        NAME,
        f"{OTHER} 官渡区文化馆吴井街道分馆.xlsx",
    ]
    book = load(path)
    assert book.sheetnames == [
        "填写说明",
        "馆点",
        "牌匾",
        "活动台账",
        "月度检查",
        "服务统计年报",
        "资产统计年报",
        hidden.TITLE,
    ]
    assert book[hidden.TITLE].sheet_state == "veryHidden"
    guide = [cells[0] for cells in book["填写说明"].iter_rows(values_only=True) if cells[0]]
    assert (guide[0], len(guide)) == ("官渡区文化馆关上街道分馆", 6)


def test_a_tab_is_made_for_people(office, path):
    sheet = load(path)[ACTIVITIES]
    headers = [cell.value for cell in sheet[1]]
    assert headers == [ID, *(one.label for one in office.parts.catalog["activities"].sheet_fields), REMARKS]
    assert sheet.freeze_panes == "E2"
    lists = {
        next(iter(one.sqref.ranges)).coord.split(":")[0]: one.formula1
        for one in sheet.data_validations.dataValidation
        if one.type == "list"
    }
    assert lists["B2"] == f"{hidden.TITLE}!$A$3:$A$402"
    assert lists["E2"].startswith('"文艺活动,训练班')
    assert all(one.errorStyle == "warning" for one in sheet.data_validations.dataValidation if one.type == "list")
    assert sheet["B2"].value == f"{BRANCH} 关上馆"
    assert (sheet["C2"].value, sheet["C2"].is_date) == (datetime.datetime(2026, 3, 2), True)
    assert sheet["A2"].fill.fgColor.rgb != sheet["B2"].fill.fgColor.rgb  # what the app fills in is grey


def test_no_text_is_a_formula_or_a_link(parts, tmp_path, monkeypatch):
    monkeypatch.setattr("integrations.folder.grids_of_many", in_this_process)
    build(parts, events=0)
    words = ['=cmd|"/c calc"!A1', "{=1+1}", "+1", "@x", "-1", "http://x.cn/", "internal:A1", "0871", "1e5", "_x0041_"]
    add(
        parts,
        "activities",
        *(event(parts, f"a{place}", place, note=word, content="多行\n" + word) for place, word in enumerate(words)),
    )
    office = Office(parts, InFolder(tmp_path / "sheets"))
    office.cycle()
    assert sorted(told[NOTE] for told in office.look().rows()) == sorted(words)
    for part in zipfile.ZipFile(office.sheets.path(BRANCH)).namelist():
        assert "hyperlink" not in part
        if part.startswith("xl/worksheets/sheet"):
            assert "<f>" not in text_of(office.sheets.path(BRANCH), part)
    office.change("activities", "a0", title="改")
    assert counted(office.cycle(), read=1, written=1, cells_out=1)


def test_a_workbook_holds_no_name_from_outside_its_sites(parts, tmp_path):
    """Every text of a site's rows bears the site's token; those of other sites stand in no part of the file."""
    build_world(parts)
    office = Office(parts, InFolder(tmp_path / "sheets"))
    office.cycle()
    own = {BRANCH_ONE: {BRANCH_ONE, f"{BRANCH_ONE}001", f"{BRANCH_ONE}002"}, "C530111": {"C530111"}}
    for code, sites in own.items():
        with zipfile.ZipFile(office.sheets.path(code)) as book:
            text = "".join(book.read(part).decode("utf-8", "replace") for part in book.namelist())
        for site in ("C5301", "C530111", BRANCH_ONE, f"{BRANCH_ONE}001", "C530111002", "C530112", "C530112001"):
            assert (token(site) in text) == (site in sites), (code, site)


BRANCH_ONE = "C530111001"


# ---------------------------------------------------------------- found again


def test_renamed_and_moved(office, path):
    (path.parent / "归档").mkdir()
    moved = path.rename(path.parent / "归档" / "关上的表.xlsx")
    quiet(office)
    assert office.book().place == "归档/关上的表.xlsx"
    office.change("activities", "a1", title="改")
    assert counted(office.cycle(), read=1, written=1, cells_out=1)
    assert load(moved)[ACTIVITIES]["D2"].value == "改"
    assert not path.exists()


def test_moved_and_edited(office, path):
    with office.paper() as paper:
        paper.set(paper.of("a1"), PERSONS, 50)
    path.rename(path.with_name("别名.XLSX"))
    assert counted(office.cycle(), read=1, cells_in=1)
    assert office.book().place == "别名.XLSX"


@pytest.mark.parametrize(
    "name", ["{} - 副本.xlsx", "{} (1).xlsx", "{} (冲突的副本 2026-11-24).xlsx", "a/{}.xlsx", "0 {}.xlsx"]
)
def test_copies_are_listed_and_not_read(office, path, name):
    copy = path.parent / name.format(path.stem)
    copy.parent.mkdir(exist_ok=True)
    shutil.copy2(path, copy)
    told = notes(office)
    assert told == [(copy.relative_to(path.parent).as_posix(), f"{BRANCH} 的副本，没有读")]
    assert office.book().place == NAME
    quiet(office)


def test_moved_beside_a_copy_that_someone_went_on_with(office, path):
    copy = path.with_name("0 新的.xlsx")
    shutil.copy(path, copy)
    book = load(copy)
    book[ACTIVITIES]["D2"] = "副本里写的"
    book.save(copy)
    path.rename(path.with_name("9 原来的.xlsx"))
    assert [place for place, _why in notes(office)] == ["0 新的.xlsx"]
    assert office.book().place == "9 原来的.xlsx"


def test_another_installation_s_workbook(office, path):
    with office.sheets.open(BRANCH) as book:
        book.custom_doc_props["zongfen"].value = f"other {BRANCH}"
    told = notes(office)
    assert told == [(NAME, "另一套台账的表，没有读")]
    assert (office.book().state, office.book().reason) == ("stopped", "另一套台账的表，没有读")


def test_another_installation_s_cells_in_our_file(office):
    """Pasted over as a whole, with the hidden tab."""
    with office.sheets.open(BRANCH) as book:
        book[hidden.TITLE]["B1"] = "other"
        book[ACTIVITIES]["D2"] = "别的"
    assert office.cycle()["stopped"] == 1
    assert office.book().reason == "这是另一套台账的表"
    assert office.record("activities", "a1")["title"] == "展 1"
    quiet(office)


def test_another_branch_s_workbook_under_this_name(office, path):
    other = office.sheets.path(OTHER)
    kept = other.rename(other.with_suffix(".old"))
    path.rename(other)
    kept.rename(path)
    quiet(office)
    assert (office.book(BRANCH).place, office.book(OTHER).place) == (other.name, NAME)


def test_the_property_lost_and_the_file_renamed(office, path):
    with office.sheets.open(BRANCH) as book:
        del book.custom_doc_props["zongfen"]
        book[ACTIVITIES]["D2"] = "改"
    path.rename(path.with_name("改名.xlsx"))
    assert counted(office.cycle(), read=1, cells_in=1)
    assert office.book().place == "改名.xlsx"


def test_strangers_are_left_alone(office, path, tmp_path):
    plain = openpyxl.Workbook()
    plain.save(path.with_name("自己的.xlsx"))
    path.with_name("半份.xlsx").write_bytes(path.read_bytes()[:1000])
    path.with_name(f"~${NAME[:5]}.xlsx").write_bytes(b"x")
    (path.parent / ".cache").mkdir()
    shutil.copy(path, path.parent / ".cache" / "x.xlsx")
    shutil.copy(path, tmp_path / "outside.xlsx")
    path.with_name("link.xlsx").symlink_to(tmp_path / "outside.xlsx")
    assert notes(office) == []
    assert owner_of(path.with_name("自己的.xlsx")) is None
    quiet(office)


def test_a_place_never_leads_outside(office):
    from integrations.backend import Unwritten

    with pytest.raises(Unwritten):
        office.sheets.backend.path("../x.xlsx")


def test_a_name_that_is_taken(parts, tmp_path, monkeypatch):
    """Somebody's own file is never written over; once it is out of the way, the workbook is made."""
    monkeypatch.setattr("integrations.folder.grids_of_many", in_this_process)
    build(parts)
    office = Office(parts, InFolder(tmp_path / "sheets"))
    (tmp_path / "sheets").mkdir()
    own = tmp_path / "sheets" / NAME
    openpyxl.Workbook().save(own)
    before = own.read_bytes()
    assert office.cycle(dry=True) == office.cycle()
    assert office.book().reason == f"已有同名文件 {NAME}，移开后再同步"
    told = office.cycle()
    assert (counted(told), told["stopped"]) == (True, 1)
    assert own.read_bytes() == before
    own.rename(own.with_name("自己的.xlsx"))
    assert counted(office.cycle(), written=1, cells_out=office.book(HALL).cells_out * 0 + cells(office))
    assert office.book().state == "fine"
    quiet(office)


def cells(office):
    """The filled cells of a workbook, without ids and remarks."""
    found = 0
    for title in (SITES, PLAQUES, ACTIVITIES):
        found += sum(len(told.keys() - {ID, REMARKS}) for told in office.look(BRANCH, title).rows())
    return found


# ---------------------------------------------------------------- gone, broken, busy


def test_a_file_that_is_gone_comes_back(office, path):
    away = path.rename(path.with_suffix(".away"))
    told = office.cycle()
    assert (told["stopped"], told["proposals"]) == (1, 0)
    assert office.book().reason == f"文件不见了：{NAME}"
    quiet(office)
    away.rename(path)
    assert counted(office.cycle(), read=1)
    assert office.book().state == "fine"


def test_a_share_that_is_not_connected(office, path):
    """An empty folder where the share should be: nothing is taken for gone."""
    away = path.parent.rename(path.parent.with_name("away"))
    with pytest.raises(Held):
        office.cycle()
    path.parent.mkdir()
    with pytest.raises(Held):
        office.cycle()
    path.parent.rmdir()
    away.rename(path.parent)
    quiet(office)


BROKEN = {
    "truncated": (lambda data: data[:3000], "不完整或已损坏"),
    "empty": (lambda data: b"", "空文件"),
    "a web page": (lambda data: b"<html><body>login</body></html>", "网页"),
    "encrypted": (
        lambda data: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
        "加了密码",
    ),
    "text": (lambda data: b"a,b\n1,2\n", "少了“馆点”页"),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_file_stops_its_workbook_alone(office, path, kind):
    data = path.read_bytes()
    broken, why = BROKEN[kind]
    path.write_bytes(broken(data))
    with office.paper(OTHER) as paper:
        paper.add({**NEW, SITE: OTHER})
    told = office.cycle()
    assert (told["stopped"], told["cells_in"], told["proposals"]) == (1, 4, 0)
    assert why in office.book().reason
    quiet(office)
    path.write_bytes(data)
    office.cycle()
    assert (office.book().state, office.book().reason) == ("fine", "")


def test_a_file_that_may_not_be_opened_is_tried_again(office, path, monkeypatch):
    """Another program holds it for itself, as on Windows: it has not changed once it is free again."""
    with office.paper() as paper:
        paper.set(paper.of("a1"), PERSONS, 50)
    real, path_open = Path.open, path

    def refuse(self, *arguments, **options):
        if self == path_open:
            raise PermissionError(13, "Permission denied")
        return real(self, *arguments, **options)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", refuse)
        assert office.cycle()["stopped"] == 1
    assert office.cycle()["cells_in"] == 1
    assert office.book().state == "fine"


@pytest.mark.parametrize("lock", ["~${}", ".~{}", ".~lock.{}#"])
def test_open_in_an_office_program(office, path, lock):
    """Read but not written; written when it is closed."""
    holder = path.with_name(lock.format(NAME))
    holder.write_bytes(b"x")
    before = path.read_bytes()
    office.change("activities", "a1", title="改")
    told = office.cycle()
    assert counted(told, read=1)
    assert (office.book().state, path.read_bytes()) == ("busy", before)
    assert office.cycle(dry=True) == told | {"read": 0}
    quiet(office)
    with office.paper() as paper:  # saved, and still open
        paper.set(paper.of("a2"), PERSONS, 50)
    assert counted(office.cycle(), read=1, cells_in=1)
    holder.unlink()
    assert counted(office.cycle(), read=1, written=1, cells_out=1)
    assert office.look().by_id()["a1"][TITLE] == "改"
    quiet(office)


class Hasty:
    """A backend, and somebody who saves the file between its being read and its being written."""

    def __init__(self, backend, save):
        self.backend, self.save = backend, save

    def __getattr__(self, name):
        return getattr(self.backend, name)

    def write(self, *arguments):
        if self.save:
            save, self.save = self.save, None
            save()
        return self.backend.write(*arguments)


def test_saved_between_read_and_write(office):
    def save():
        with office.paper() as paper:
            paper.set(paper.of("a2"), PERSONS, 70)

    office.change("activities", "a1", title="改")
    with office.paper() as paper:
        paper.add(NEW)
    office.backend = Hasty(office.sheets.backend, save)
    told = office.cycle()
    assert counted(told, read=1, cells_in=4)
    assert office.book().state == "busy"
    assert counted(office.cycle(), read=1, written=1, cells_in=1, cells_out=1)
    assert office.record("activities", "a2")["persons"] == 70
    assert len(office.records("activities")) == len(office.look().by_id()) == 4
    quiet(office)


def test_a_disk_that_is_full_today(office, path, monkeypatch):
    office.change("activities", "a1", title="改")
    with monkeypatch.context() as patch:
        patch.setattr("tempfile.mkstemp", no_space)
        patch.setattr(Folder, "take_lease", lambda *_arguments: None)
        assert counted(office.cycle(), read=1)
    assert office.book().state == "busy"
    assert "No space" in office.book().reason
    assert counted(office.cycle(), read=1, written=1, cells_out=1)


def no_space(*_arguments, **_options):
    raise OSError(28, "No space left on device")


def test_replaced_within_a_second_by_one_of_the_same_size(office, path):
    """On a share whose times are whole seconds."""
    second = 1_700_000_000 * 10**9
    os.utime(path, ns=(second, second))
    office.cycle()
    data = path.read_bytes()
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        content = {info.filename: book.read(info) for info in book.infolist()}
    strings = content["xl/sharedStrings.xml"]
    assert "展 1".encode() in strings
    content["xl/sharedStrings.xml"] = strings.replace("展 1".encode(), "展 7".encode())
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as book:
        for part, text in content.items():
            book.writestr(part, text)
    plain = io.BytesIO()
    with zipfile.ZipFile(plain, "w", zipfile.ZIP_STORED) as book:
        for part, text in (content | {"xl/sharedStrings.xml": strings}).items():
            book.writestr(part, text)
    assert len(plain.getvalue()) == len(packed.getvalue())
    for content_now, told in ((plain, {}), (packed, {"read": 1, "cells_in": 1})):
        with path.open("r+b") as file:
            file.write(content_now.getvalue())
            file.truncate()
        os.utime(path, ns=(second, second))
        assert counted(office.cycle(), **told)
    assert office.record("activities", "a1")["title"] == "展 7"


def test_touched_but_not_changed(office, path):
    os.utime(path)
    quiet(office)
    data = path.read_bytes()
    path.unlink()
    path.write_bytes(data)
    quiet(office)


def test_a_mark_keeps_an_identity(path):
    identity = identify(path)
    assert identity_from(mark_of(identity)) == identity


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
        styles = Styles(book)
        write_guide(book.add_worksheet(GUIDE_TITLE), content, styles)
        tabs = {}
        for layout, rows in content.tabs:
            tabs[layout.title] = book.add_worksheet(layout.title)
            write_tab(tabs[layout.title], layout, content, rows, styles)
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


# ---------------------------------------------------------------- who may write


def elsewhere(office, tmp_path):
    """A copy of the installation in another folder."""
    data = tmp_path / "copy"
    shutil.copytree(office.parts.settings.data, data)
    parts = office.parts
    told = settings({"ZONGFEN_DATA": str(data), "ZONGFEN_SHEETS": str(office.sheets.root)})
    database = type(parts.database)(told.database_url)
    store = Store(database, parts.catalog, lambda: NOW)
    return Office(
        Services(told, database, parts.catalog, store, type(parts.query)(database, parts.catalog)), office.sheets
    )


def test_a_copy_elsewhere_is_held_until_told(office, tmp_path):
    copy = elsewhere(office, tmp_path)
    with pytest.raises(Held, match="副本"):
        copy.cycle()
    with pytest.raises(Held):
        copy.cycle(dry=True)
    quiet(office)
    copy.cycle(take_over=True)
    quiet(copy)
    with pytest.raises(Held, match=r"新|换了地方"):
        office.cycle()
    copy.parts.database.close()


def test_an_older_backup_is_held_until_told(office):
    data = office.parts.settings.data
    backup = {one: one.read_bytes() for one in data.iterdir()}
    with office.paper() as paper:
        paper.set(paper.of("a1"), PERSONS, 50)
    office.change("activities", "a2", title="改")
    office.cycle()
    office.parts.database.close()
    for one in data.iterdir():
        one.unlink()
    for one, content in backup.items():
        one.write_bytes(content)
    with pytest.raises(Held, match="旧的备份"):
        office.cycle()
    told = office.cycle(take_over=True)
    assert told["cells_in"] == 2  # what had been agreed since comes back from the sheets
    assert office.record("activities", "a1")["persons"] == 50
    quiet(office)


def test_another_installation_s_folder_is_held(office):
    lease = office.sheets.root / LEASE
    lease.write_text(lease.read_text().replace('"installation":"', '"installation":"x'))
    with pytest.raises(Held, match="另一套台账"):
        office.cycle()


@pytest.mark.parametrize("text", ["", "{}", "[1]", "\0", '{"installation": 1}'])
def test_a_sign_that_cannot_be_read_holds(office, text):
    (office.sheets.root / LEASE).write_text(text)
    with pytest.raises(Held):
        office.cycle()
    office.cycle(take_over=True)
    quiet(office)


def test_the_counter_goes_up_with_writing_cycles_alone(office):
    first = office.sheets.backend.lease().counter
    quiet(office)
    assert office.sheets.backend.lease().counter == first
    office.change("activities", "a1", title="改")
    office.cycle()
    assert office.sheets.backend.lease().counter == first + 1
