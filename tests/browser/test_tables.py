"""A table's page against the real server: edits that are kept, seen elsewhere, told in the history and taken back."""

import csv
import re
import subprocess

import openpyxl
import pytest
from playwright.sync_api import expect

from tests.browser.places import at, cell, drawer, enter, field, flat, history, state

BRANCH, POINT, OTHER = "C530111001", "C530111001001", "C530112001"
GUANDU = "/tables/sites?where=code:has:C530111001"
WIDE = {"width": 4400, "height": 768}  # every column is on screen, the drawer beside them
ONE_SECOND = 1000  # ms: within which what changed elsewhere is seen


@pytest.fixture
def ids(site):
    """Code -> id of some sites."""
    return {code: site.row("sites", code)["id"] for code in ("C530111", BRANCH, POINT, OTHER)}


def marked(place, name):
    expect(place).to_have_class(re.compile(rf"(^|\s){name}(\s|$)"))


def written(path, rows):
    with path.open("w", encoding="utf-8", newline="") as handle:
        csv.writer(handle).writerows(rows)
    return path


# ---- edits


def test_an_edit_is_kept_told_in_the_history_and_taken_back(site, page_as, ids):
    page, row = page_as("李春梅", GUANDU, viewport=WIDE), ids[BRANCH]
    expect(page.locator(".tool .count")).to_have_text(re.compile(r"^\d+ 行$"))
    enter(page, cell(page, row, "township"), "新关街道")
    expect(page.locator(".tool .ok")).to_contain_text("✓ 已存")
    page.reload()
    expect(cell(page, row, "township")).to_have_text("新关街道")
    page.goto("/tables/plaques?where=site:eq:C530111001")
    expect(at(page, 0, "wording")).to_have_text("官渡区文化馆新关街道分馆")
    page.goto(f"{GUANDU}&row={BRANCH}")
    expect(history(page).first).to_contain_text("乡镇街道关上街道→新关街道李春梅，网格")
    assert re.match(r"\d\d-\d\d \d\d:\d\d", history(page).first.locator("time").text_content())


def test_undo_puts_back_and_redo_puts_there_again(site, page_as, ids):
    page = page_as("李春梅", GUANDU, viewport=WIDE)
    place = cell(page, ids[BRANCH], "area_m2")
    enter(page, place, "３００")
    expect(place).to_have_text("300")
    page.keyboard.press("Control+z")
    expect(place).to_have_text("")
    assert site.row("sites", BRANCH)["area_m2"] is None
    page.keyboard.press("Control+y")
    expect(place).to_have_text("300")
    with site.client("李春梅") as client:
        changes = client.get(f"/tables/sites/rows/{BRANCH}/history").json()["changes"]
    assert [(one["origin"], one["before"], one["after"]) for one in changes[:3]] == [
        ("undo", None, 300),
        ("undo", 300, None),
        ("ui", None, 300),
    ]


def test_the_wording_follows_while_one_looks(site, page_as):
    page = page_as("李春梅", "/tables/plaques?where=site:has:C530111001&row=C530111001/1")
    expect(at(page, 0, "wording")).to_have_text("官渡区文化馆关上街道分馆")
    site.edit("sites", BRANCH, "township", "新关街道", name="王敏")
    expect(at(page, 0, "wording")).to_have_text("官渡区文化馆新关街道分馆", timeout=ONE_SECOND)
    expect(flat(page, "牌匾文字")).to_have_text("官渡区文化馆新关街道分馆")
    site.edit("sites", BRANCH, "name", "关上分馆", name="王敏")
    expect(at(page, 0, "site")).to_have_text("关上分馆")  # the name of what a reference leads to


def test_a_text_that_does_not_fit_stays_marked_through_a_reload(site, page_as, ids):
    page, row = page_as("李春梅", GUANDU, viewport=WIDE), ids[BRANCH]
    enter(page, cell(page, row, "area_m2"), "三百")
    for _look in ("now", "after a reload"):
        marked(cell(page, row, "area_m2"), "inv")
        expect(cell(page, row, "area_m2")).to_have_text("三百")
        page.reload()
    assert site.row("sites", BRANCH)["area_m2"] is None
    others = page_as("王敏", GUANDU, viewport=WIDE)
    expect(cell(others, row, "area_m2")).to_have_text("")
    page.goto(f"{GUANDU}&row={BRANCH}")
    field(page, "area_m2").fill("300")
    expect(state(page)).to_contain_text("1 处未存")
    page.keyboard.press("Control+s")
    expect(cell(page, row, "area_m2")).to_have_text("300")  # mended in the form, the mark is gone


@pytest.mark.parametrize("way", ["mouse", "keys"])
def test_the_first_row_of_a_table(site, page_as, way):
    page = page_as("李春梅", "/tables/lamps", viewport=WIDE)
    expect(page.locator(".zf-empty")).to_contain_text("还没有灯具")
    page.get_by_role("button", name="新增").click()
    expect(page.locator(".ag-floating-top .ag-cell-focus")).to_be_visible()
    page.keyboard.type("D1")
    for text in ("door", BRANCH):
        page.keyboard.press("Tab")
        page.keyboard.type(text)
    if way == "mouse":
        page.locator(".tool h1").click()  # out of the last editor, and out of the row
    else:
        page.keyboard.press("Enter")  # on to the next cell
        page.keyboard.press("ArrowDown")
    expect(at(page, 0, "number")).to_have_text("D1")
    assert site.row("lamps", "D1")["site"] == BRANCH
    at(page, 0, "#").click()
    page.keyboard.press("Control+-")
    expect(page.locator(".zf-empty")).to_contain_text("还没有灯具")
    if way == "keys":
        expect(page.locator(".ag-header :focus, .ag-header:focus")).to_be_attached()  # no cell is left to have it
    else:
        page.locator(".tool h1").click()
    page.keyboard.press("Control+z")
    expect(at(page, 0, "number")).to_have_text("D1")
    page.keyboard.press("Control+y")
    expect(page.locator(".zf-empty")).to_contain_text("还没有灯具")


# ---- seen elsewhere


def test_an_edit_is_seen_in_another_browser(site, page_as, ids):
    mine, theirs = page_as("李春梅", GUANDU, viewport=WIDE), page_as("王敏", GUANDU, viewport=WIDE)
    expect(cell(theirs, ids[BRANCH], "area_m2")).to_have_text("")
    enter(mine, cell(mine, ids[BRANCH], "area_m2"), "300")
    expect(mine.locator(".tool .ok")).to_contain_text("✓ 已存")
    expect(cell(theirs, ids[BRANCH], "area_m2")).to_have_text("300", timeout=ONE_SECOND)


def test_an_import_is_seen(site, page_as, ids, tmp_path):
    page = page_as("王敏", f"{GUANDU}&row={BRANCH}", viewport=WIDE)
    expect(cell(page, ids[BRANCH], "area_m2")).to_have_text("")
    file = written(tmp_path / "one.csv", [["code", "area_m2"], [BRANCH, "300"], [POINT, "40"]])
    ran = site.run("import", "sites", file)
    assert ran.returncode == 0, ran.stderr
    expect(cell(page, ids[BRANCH], "area_m2")).to_have_text("300", timeout=ONE_SECOND)
    expect(cell(page, ids[POINT], "area_m2")).to_have_text("40")
    expect(field(page, "area_m2")).to_have_value("300")
    expect(history(page).first).to_contain_text("cli，导入")


def test_what_a_branch_types_into_its_workbook_is_seen_and_marked(site, page_as, ids):
    site.ask("UPDATE sites SET status = 'planned' WHERE code NOT LIKE 'C530111001%'")  # one workbook is enough
    page = page_as("王敏", GUANDU, viewport=WIDE)
    expect(cell(page, ids[BRANCH], "address")).to_have_text("")
    assert site.run("sync").returncode == 0
    (path,) = (site.data / "sheets").glob(f"{BRANCH} *.xlsx")
    book = openpyxl.load_workbook(path)
    sheet = book["馆点"]
    heads = {head.value: head.column for head in sheet[1]}
    (number,) = (row[0].row for row in sheet.iter_rows(min_row=2) if row[heads["编码"] - 1].value == BRANCH)
    sheet.cell(number, heads["地址"], "环城路 1 号")
    book.save(path)
    assert site.run("sync").returncode == 0
    expect(cell(page, ids[BRANCH], "address")).to_have_text("环城路 1 号", timeout=ONE_SECOND)
    marked(cell(page, ids[BRANCH], "address"), "sh")
    page.goto(f"{GUANDU}&row={BRANCH}")
    expect(history(page).first).to_contain_text("sync，共享表")
    page.goto(GUANDU)  # it has been looked at
    expect(cell(page, ids[BRANCH], "address")).not_to_have_class(re.compile(r"(^|\s)sh(\s|$)"))


def test_news_go_to_those_whom_they_concern_and_carry_no_value(site, page_as, ids):
    frames = []
    page = page_as("杨帆", viewport=WIDE)
    page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: frames.append(str(frame))))
    page.goto("/tables/sites")
    expect(cell(page, ids[BRANCH], "name")).to_be_visible()
    site.edit("sites", OTHER, "head", "外县的人")
    site.edit("sites", BRANCH, "area_m2", 301)
    site.edit("sites", BRANCH, "address", "本馆的地址")
    expect(cell(page, ids[BRANCH], "address")).to_have_text("本馆的地址")
    assert frames
    assert not [frame for frame in frames if "外县的人" in frame or "本馆的地址" in frame]
    assert "外县的人" not in page.content()


# ---- two on one cell


def test_two_on_one_cell_and_the_second_is_told_who_and_what(site, page_as, ids):
    mine, theirs, row = page_as("李春梅", GUANDU, viewport=WIDE), page_as("王敏", GUANDU, viewport=WIDE), ids[BRANCH]
    cell(mine, row, "area_m2").dblclick()
    mine.keyboard.type("42")
    enter(theirs, cell(theirs, row, "area_m2"), "40")
    expect(theirs.locator(".tool .ok")).to_contain_text("✓ 已存")
    mine.keyboard.press("Enter")
    panel = mine.locator(".zf-panel")
    expect(panel).to_contain_text("王敏刚改了这一格：他改为 40，你填的是 42")
    assert site.row("sites", BRANCH)["area_m2"] == 40
    panel.get_by_role("button", name="用 42").click()
    expect(panel).to_be_hidden()
    expect(cell(mine, row, "area_m2")).to_have_text("42")
    expect(cell(theirs, row, "area_m2")).to_have_text("42")
    assert site.row("sites", BRANCH)["area_m2"] == 42


# ---- the page itself


@pytest.mark.parametrize(("name", "table"), [("李春梅", "nothing"), ("王敏", "checklist_items")])
def test_a_table_that_is_not_there_or_not_one_s_own(page_as, name, table):
    page = page_as(name, "/")
    assert page.goto(f"/tables/{table}").status == 404
    expect(page.locator("h1")).to_have_text("没有这张表")
    expect(page.locator(".content")).to_contain_text(table)


def test_the_file_has_what_the_grid_shows(page_as, tmp_path):
    page = page_as("李春梅", "/tables/sites?where=code:has:C530111001&where=level:eq:point&sort=-code")
    expect(page.locator(".tool .count")).to_have_text(re.compile(r"^\d+ 行$"))
    count = int(re.match(r"\d+", page.locator(".tool .count").text_content())[0])
    with page.expect_download() as told:
        page.locator(".tool").get_by_role("link", name="导出").click()
    assert re.fullmatch(r"馆点 \d{4}-\d\d-\d\d\.xlsx", told.value.suggested_filename)
    told.value.save_as(tmp_path / "got.xlsx")
    rows = list(openpyxl.load_workbook(tmp_path / "got.xlsx").active.iter_rows(values_only=True))[1:]
    codes = [row[1] for row in rows]
    assert len(codes) == count
    assert codes == sorted(codes, reverse=True)
    assert all(code.startswith("C530111001") for code in codes)


def test_filters_stand_as_chips_and_go_one_by_one(page_as):
    page = page_as("李春梅", "/tables/sites?where=code:has:C530111001&where=level:eq:point")
    chips = page.locator(".tool .fchip")
    expect(chips).to_have_count(2)
    before = page.locator(".tool .count").text_content()
    chips.filter(has_text="级别").click()
    expect(chips).to_have_count(1)
    expect(page.locator(".tool .count")).not_to_have_text(before)


def test_names_in_a_grid_and_in_the_search_are_words(site, page_as, ids):
    name = "<img src=x onerror=\"document.title='broken'\">{{1+1}}"
    site.edit("sites", BRANCH, "name", name)
    page = page_as("李春梅", GUANDU, viewport=WIDE)
    expect(cell(page, ids[BRANCH], "name")).to_have_text(name)
    expect(cell(page, ids[POINT], "parent")).to_have_text(name)
    page.get_by_role("combobox", name="查找").fill("onerror")
    expect(page.locator("#found a").first).to_contain_text(name)
    page.keyboard.press("Enter")
    expect(drawer(page).locator("h2")).to_have_text(name)
    page.goto("/sync")
    expect(page.locator("h1")).to_have_text("同步中心")
    assert page.locator("img").count() == 0
    assert "broken" not in page.title()


def test_a_new_record_type_has_a_page_a_form_and_an_entry(site, page_as):
    """One class in serve.py, and no other line: navigation, grid, form, search, file, API and history."""
    values = {"number": "D1", "name": "门灯", "site": BRANCH, "watts": 60, "phone": "13812345678"}
    with site.client("李春梅") as client:
        row = client.post("/tables/lamps/rows", json={"values": values}).raise_for_status().json()["row"]
        assert client.get("/tables/lamps", params={"where": "bright:eq:亮"}).json()["rows"] == [row]
        assert [one["table"] for one in client.get("/search", params={"q": "门灯"}).json()["found"]] == ["lamps"]
    page = page_as("杨帆", "/")
    page.get_by_role("link", name="灯具").first.click()
    expect(page.locator("h1")).to_have_text("灯具")
    heads = page.locator(".ag-header-row-column .ag-header-cell")
    expect(heads.filter(has_text="亮度").locator("i")).to_have_text("ƒ")
    expect(at(page, 0, "site")).to_have_text("关上街道综合文化服务中心")
    at(page, 0, "#").dblclick()
    expect(drawer(page).locator("h2")).to_have_text("门灯")
    expect(flat(page, "亮度")).to_have_text("亮")
    expect(history(page).first).to_contain_text("新增李春梅，网格")
    answer = page.request.get("/export/lamps")
    assert answer.headers["content-type"].endswith("spreadsheetml.sheet")


def test_pages_and_scripts_name_no_other_site(site, page_as):
    """Beside this, every test of this folder fails where its page asks another site for anything."""
    page = page_as("李春梅")
    for path in ("/", "/tables/sites", "/sync", "/api/docs", "/login"):
        text = page.request.get(path).text()
        assert not re.search(r"""(src|href)=["'](https?:)?//""", text), path
        assert not re.search(r"jsdelivr|unpkg|cdnjs|googleapis|gstatic|cloudflare", text), path
    ours = subprocess.run(["grep", "-rlE", r"(https?:)?//[a-z0-9-]+\.[a-z]{2,}", "pages/static"], capture_output=True)
    assert ours.stdout == b""
