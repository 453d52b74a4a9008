"""A workbook as the app makes it: for people who never read a manual, and with nothing in it that is not theirs."""

import datetime
import zipfile

from integrations import hidden
from tests.sheets import (
    ACTIVITIES,
    BRANCH,
    HALL,
    ID,
    NAME,
    NOTE,
    OTHER,
    REMARKS,
    InFolder,
    Office,
    build,
    counted,
    event,
    in_this_process,
    load,
)
from tests.workbooks import text_of
from tests.world import add, token
from tests.world import build as build_world

DATABASES = ("sqlite",)
PLACES = ("folder",)


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
