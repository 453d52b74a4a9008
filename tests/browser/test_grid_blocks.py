"""The grid in a browser: blocks of cells, copied, pasted, cleared, filled, and taken back."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.county import (
    MOST,
    County,
    active,
    block,
    cell,
    compose,
    copied,
    draft,
    has_no_state,
    has_state,
    number,
    paste,
    press,
    visit,
)

BRANCH = "C530111001"

# ---- paste, copy, fill


def test_paste_of_a_block_with_two_misfits_is_one_step(page: Page, county: County) -> None:
    fields = ["area_m2", "weekly_hours", "staff_established", "staff_public_welfare"]
    lines = [[str(row * 10 + column) for column in range(4)] for row in range(1, 6)]
    lines[1][0], lines[3][2] = "约 150", "三人"
    cell(page, 2, "area_m2").click()
    paste(page, "\r\n".join("\t".join(line) for line in lines) + "\r\n")
    expect(page.locator(".zf-toast")).to_contain_text("2 格格式不对，原样留着")
    assert len(county.posts()) == 1
    assert len(county.posts()[0]["changes"]) == 20
    for row, line in enumerate(lines, 2):
        for field, text in zip(fields, line, strict=True):
            expect(cell(page, row, field)).to_have_text(text)
    has_state(cell(page, 3, "area_m2"), "inv")
    has_state(cell(page, 5, "staff_established"), "inv")
    assert county.value("s4", "area_m2") == 243
    page.keyboard.press("Control+z")
    expect(page.locator(".zf-toast")).to_contain_text("已撤销 18 格")
    expect(cell(page, 2, "area_m2")).to_have_text("190")
    expect(cell(page, 6, "staff_public_welfare")).to_have_text("2")


def test_paste_of_20_by_5(page: Page, county: County) -> None:
    fields = ["area_m2", "weekly_hours", "staff_established", "staff_public_welfare"]
    lines = [[str(row % 7) for _field in fields] for row in range(20)]
    lines[3][1] = lines[17][2] = "两个"
    cell(page, 2, "area_m2").click()
    paste(page, "\n".join("\t".join([*line, "自动算"]) for line in lines) + "\n")
    expect(page.locator(".zf-status .inv")).to_have_text("! 2 处格式不对")
    assert [len(post["changes"]) for post in county.posts()] == [sum(len(line) for line in lines)]
    expect(page.locator(".zf-status .left")).to_contain_text("选中 20×5")
    has_state(cell(page, 5, "weekly_hours"), "inv")


def test_a_trailing_line_end_erases_nothing(page: Page, county: County) -> None:
    cell(page, 3, "head").click()
    paste(page, "李明\r\n")
    expect(cell(page, 3, "head")).to_have_text("李明")
    expect(cell(page, 4, "head")).to_have_text("张丽华")
    assert len(county.posts()[0]["changes"]) == 1


def test_a_quoted_cell_with_line_breaks_stays_one_cell(page: Page, county: County) -> None:
    cell(page, 3, "note").click()
    paste(page, '"第一行\n第""二""行"\r\n下一格\r\n')
    expect(cell(page, 4, "note")).to_have_text("下一格")
    county.comes_to_say("s4", "note", '第一行\n第"二"行')


def test_one_value_into_a_block_and_a_block_repeated(page: Page, county: County) -> None:
    block(page, 3, "area_m2", 5, "weekly_hours")
    paste(page, "7")
    expect(cell(page, 5, "weekly_hours")).to_have_text("7")
    assert len(county.posts()[0]["changes"]) == 6
    block(page, 3, "area_m2", 6, "area_m2")
    paste(page, "1\n2\n")
    expect(cell(page, 6, "area_m2")).to_have_text("2")
    expect(cell(page, 5, "area_m2")).to_have_text("1")


def test_lines_below_the_last_row_are_new_rows(page: Page, county: County) -> None:
    page.goto("/tables/lamps")
    expect(page.locator(".zf-empty")).to_contain_text("还没有灯具")
    county.lamp()
    expect(cell(page, 0, "number")).to_have_text("D1")
    cell(page, 0, "number").click()
    lines = [
        ("D1", "正门灯", BRANCH, "40"),
        ("D2", "侧门灯", BRANCH, "60"),
        ("D3", "", BRANCH, "80"),
        ("D4", "楼梯灯", BRANCH, "九"),
    ]
    paste(page, "".join("\t".join(line) + "\r\n" for line in lines))
    expect(page.locator(".zf-toast")).to_contain_text("2 行新行没收")
    expect(page.locator(".zf-status .left")).to_contain_text("共 2 行")
    expect(draft(page, "number")).to_have_text("D3")
    has_state(draft(page, "name"), "inv")
    expect(draft(page, "watts", 1)).to_have_text("九")
    has_state(draft(page, "watts", 1), "inv")
    page.reload()  # what was not taken is still there
    draft(page, "name").click()
    page.keyboard.type("back")
    press(page, "Enter")
    cell(page, 0, "name").click()
    expect(page.locator(".zf-status .left")).to_contain_text("共 3 行")
    expect(draft(page, "number")).to_have_text("D4")
    assert [county.site.row("lamps", one)["watts"] for one in ("D1", "D2", "D3")] == [40, 60, 80]
    press(page, "Control+z", "Control+z")
    expect(page.locator(".zf-status .left")).to_contain_text("共 1 行")
    expect(cell(page, 0, "watts")).to_have_text("60")


def test_copy_gives_what_paste_takes(page: Page) -> None:
    block(page, 1, "name", 2, "parent")
    assert copied(page) == (
        "1号街道综合文化服务中心\t文化馆\t分馆\tC530111 官渡区文化馆\r\n"
        "1-1社区综合文化服务中心\t文化馆\t基层服务点\tC530111001 1号街道综合文化服务中心"
    )


def test_copy_of_rows_that_are_not_held(page: Page, county: County) -> None:
    county.begin(MOST)
    visit(page)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    cell(page, 0, "code").click()
    page.keyboard.press("Control+Shift+ArrowDown")
    page.keyboard.press("Control+c")
    expect(page.locator(".zf-toast")).to_contain_text("已复制 1000 行")
    assert page.evaluate("navigator.clipboard.readText()").count("C530111") >= 1000


def test_delete_clears_a_block_in_one_step(page: Page, county: County) -> None:
    block(page, 3, "head", 5, "head")
    page.keyboard.press("Delete")
    expect(page.locator(".zf-toast")).to_contain_text("已改 3 格：负责人")
    expect(cell(page, 4, "head")).to_have_text("")
    page.locator(".zf-toast .act").click()
    expect(cell(page, 4, "head")).to_have_text("张丽华")
    assert len(county.posts()) == 1


@pytest.mark.parametrize(
    ("key", "told"),
    [("Control+r", [["7", "7", "7"], ["9", "9", "9"]]), ("Control+Shift+R", [["7", "8", "9"], ["9", "10", "11"]])],
)
def test_fill_right_by_keys(page: Page, county: County, key: str, told: list[list[str]]) -> None:
    fields = ["weekly_hours", "staff_established", "staff_public_welfare"]
    block(page, 2, fields[0], 3, fields[2])
    paste(page, "7\t\t\n9\t\t\n")
    press(page, key)
    for row, line in enumerate(told, 2):
        for name, text in zip(fields, line, strict=True):
            expect(cell(page, row, name)).to_have_text(text)


def test_one_value_for_many_by_keys_is_one_step(page: Page, county: County) -> None:
    block(page, 2, "head", 4, "deputy")
    page.keyboard.type("zhao")
    press(page, "Control+Enter")
    for row in (2, 3, 4):
        for name in ("head", "head_post", "deputy"):
            expect(cell(page, row, name)).to_have_text("zhao")
    assert [len(one["changes"]) for one in county.posts()] == [9]
    active(page, 2, "head")
    block(page, 2, "status", 4, "status")
    compose(page, "guihua", "规划")
    press(page, "Control+Enter")
    expect(cell(page, 4, "status")).to_have_text("规划")
    county.comes_to_say("s5", "status", "planned")
    press(page, "Control+z", "Control+z")
    expect(cell(page, 4, "status")).to_have_text("已挂牌")
    expect(cell(page, 4, "head")).to_have_text("张丽华")
    press(page, "Control+Shift+Z")
    expect(cell(page, 4, "head")).to_have_text("zhao")


def test_a_series_by_keys_and_by_the_handle(page: Page, county: County) -> None:
    block(page, 2, "opened_on", 6, "opened_on")
    paste(page, "2026-01-31\n2026-03-31\n\n\n\n")
    press(page, "Control+Shift+D")
    for row, day in enumerate(("2026-01-31", "2026-03-31", "2026-05-31", "2026-07-31", "2026-09-30"), 3):
        expect(cell(page, row - 1, "opened_on")).to_have_text(re.compile(day[5:]))
        county.comes_to_say(f"s{row}", "opened_on", day)
    cell(page, 2, "population").click()
    page.locator(".zf-handle").hover()
    page.mouse.down()
    cell(page, 4, "population").hover()
    page.keyboard.down("Control")
    page.mouse.up()
    page.keyboard.up("Control")
    expect(cell(page, 4, "population")).to_have_text("3602")
    page.locator(".zf-handle").hover()  # the block, now from 3600 to 3602, drawn upwards and repeated
    page.mouse.down()
    cell(page, 1, "population").hover()
    page.mouse.up()
    expect(cell(page, 1, "population")).to_have_text("3602")


def test_rows_and_columns_whole_by_keys(page: Page) -> None:
    cell(page, 2, "head").click()
    press(page, "Shift+ArrowDown", "Shift+Space")
    expect(cell(page, 3, "note")).to_have_attribute("aria-selected", "true")
    press(page, "Control+-")
    expect(page.locator(".zf-toast")).to_contain_text("已删 2 行")
    expect(page.locator(".zf-status .left")).to_contain_text("共 130 行")
    cell(page, 2, "head").click()
    press(page, "Control+Space")
    expect(page.locator(".zf-status .left")).to_contain_text("选中 130×1")
    press(page, "Control+z")  # two rows come back while the column is chosen: it stays whole
    expect(page.locator(".zf-status .left")).to_contain_text("选中 132×1")


def test_fill_down_by_key_and_by_handle(page: Page, county: County) -> None:
    block(page, 2, "area_m2", 4, "area_m2")
    page.keyboard.press("Control+d")
    expect(cell(page, 4, "area_m2")).to_have_text("190")
    assert county.posts()[0]["origin"] == "fill"
    cell(page, 2, "head").click()
    page.keyboard.type("赵玉梅")
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowUp")
    page.locator(".zf-handle").hover()
    page.mouse.down()
    cell(page, 5, "head").hover()
    has_state(cell(page, 4, "head"), "fillto")
    page.mouse.up()
    expect(cell(page, 5, "head")).to_have_text(cell(page, 2, "head").inner_text())


# ---- the block


def test_block_by_mouse_crosses_the_frozen_columns(page: Page) -> None:
    cell(page, 2, "name").hover()
    page.mouse.down()
    cell(page, 4, "level").hover()
    page.mouse.up()
    for row in (2, 3, 4):
        for field in ("name", "network", "level"):
            expect(cell(page, row, field)).to_have_attribute("aria-selected", "true")
    expect(page.locator('.ag-cell[aria-selected="true"]')).to_have_count(9)
    has_state(number(page, 3), "on")
    expect(page.locator(".zf-status .left")).to_contain_text("选中 3×3")


def test_shift_and_click_leave_the_active_cell_where_the_block_began(page: Page) -> None:
    block(page, 2, "area_m2", 5, "weekly_hours")
    active(page, 2, "area_m2")
    expect(page.locator(".zf-status .left")).to_contain_text("选中 4×2")
    expect(page.locator(".zf-bar .nm")).to_have_text("C530111001001 · 面积")
    page.keyboard.press("Shift+ArrowDown")
    expect(page.locator(".zf-status .left")).to_contain_text("选中 5×2")


def test_block_by_keys_and_its_sums(page: Page) -> None:
    cell(page, 2, "area_m2").click()
    for _press in range(3):
        page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("Shift+ArrowRight")
    for told in ("选中 4×2", "计数 8", "合计 1239", "平均 154.88"):
        expect(page.locator(".zf-status .left")).to_contain_text(told)
    active(page, 2, "area_m2")
    page.keyboard.press("Control+a")
    expect(page.locator(".zf-status .left")).to_contain_text("选中 132×")


def test_a_long_block_keeps_the_keys(page: Page) -> None:
    cell(page, 2, "area_m2").click()
    for _press in range(60):
        page.keyboard.press("Shift+ArrowDown")
    expect(page.locator(".zf-status .left")).to_contain_text("选中 61×1")
    page.keyboard.press("Shift+ArrowUp")
    expect(page.locator(".zf-status .left")).to_contain_text("选中 60×1")


def test_row_number_selects_the_row_and_opens_it(page: Page) -> None:
    number(page, 3).click()
    expect(page.locator(".drawer h2")).to_have_text(cell(page, 3, "name").inner_text())
    expect(cell(page, 3, "name")).to_have_attribute("aria-selected", "true")
    cell(page, 5, "head").click()
    page.keyboard.press("Control+Enter")
    expect(page.locator(".drawer h2")).to_have_text(cell(page, 5, "name").inner_text())


def test_home_end_and_pages(page: Page) -> None:
    cell(page, 2, "area_m2").click()
    page.keyboard.press("End")
    active(page, 2, "note")
    page.keyboard.press("Home")
    active(page, 2, "code")
    page.keyboard.press("PageDown")
    expect(page.locator(".ag-cell-focus")).to_have_count(1)
    has_no_state(cell(page, 2, "code"), "ag-cell-focus")


# ---- undo


def test_undo_and_redo_of_one_cell(page: Page, county: County) -> None:
    cell(page, 3, "area_m2").click()
    page.keyboard.type("1")
    page.keyboard.press("Enter")
    page.keyboard.press("Control+z")
    expect(cell(page, 3, "area_m2")).to_have_text("243")
    page.keyboard.press("Control+y")
    expect(cell(page, 3, "area_m2")).to_have_text("1")
    county.comes_to_say("s4", "area_m2", 1)


def test_undo_asks_where_another_has_changed_the_cell_since(page: Page, county: County) -> None:
    block(page, 3, "head", 4, "head")
    page.keyboard.press("Delete")
    expect(page.locator(".zf-toast")).to_be_visible()
    county.set("s4", "head", "李明")
    expect(cell(page, 3, "head")).to_have_text("李明")
    page.keyboard.press("Control+z")
    expect(page.get_by_role("dialog")).to_contain_text("王敏后来改过其中 1 格")
    expect(page.get_by_role("button", name="先不动")).to_be_focused()
    page.get_by_role("button", name="撤销其余").click()
    expect(cell(page, 4, "head")).to_have_text("张丽华")
    assert county.value("s4", "head") == "李明"
