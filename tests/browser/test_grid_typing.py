"""The grid in a browser: what a person types into a cell, and what does not fit."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.county import County, active, cell, compose, has_no_state, has_state, number, press, visit

# ---- typing


def test_first_key_replaces_and_enter_goes_down(page: Page, county: County) -> None:
    cell(page, 3, "area_m2").click()
    page.keyboard.type("186")
    page.keyboard.press("Enter")
    active(page, 4, "area_m2")
    expect(cell(page, 3, "area_m2")).to_have_text("186")
    has_no_state(cell(page, 3, "area_m2"), "uns")
    assert county.posts() == [
        {"changes": [{"row": "s4", "field": "area_m2", "before": 243, "after": "186"}], "origin": "ui"}
    ]


def test_f2_edits_what_stands_there_and_tab_goes_right(page: Page, county: County) -> None:
    cell(page, 3, "area_m2").click()
    page.keyboard.press("F2")
    page.keyboard.type("0")
    page.keyboard.press("Tab")
    active(page, 3, "weekly_hours")
    expect(cell(page, 3, "area_m2")).to_have_text("2430")


def test_double_click_edits_and_esc_leaves_it(page: Page, county: County) -> None:
    cell(page, 3, "head").dblclick()
    page.keyboard.type("某")
    page.keyboard.press("Escape")
    active(page, 3, "head")
    expect(cell(page, 3, "head")).to_have_text("张丽华")
    assert county.posts() == []


def test_arrows_leave_an_edit_begun_by_typing_but_not_one_begun_by_f2(page: Page) -> None:
    cell(page, 3, "area_m2").click()
    page.keyboard.type("5")
    page.keyboard.press("ArrowDown")
    active(page, 4, "area_m2")
    expect(cell(page, 3, "area_m2")).to_have_text("5")
    page.keyboard.press("F2")
    page.keyboard.press("ArrowLeft")
    expect(cell(page, 4, "area_m2").locator("input")).to_be_focused()


@pytest.mark.parametrize("field", ["head", "note"])
def test_input_method_keeps_its_first_key(page: Page, county: County, field: str) -> None:
    cell(page, 3, field).click()
    compose(page, "liming", "李明")
    page.keyboard.press("Enter")
    expect(cell(page, 3, field)).to_have_text("李明")
    county.comes_to_say("s4", field, "李明")


def test_enter_inside_a_composition_belongs_to_the_input_method(page: Page, county: County) -> None:
    cell(page, 3, "head").dblclick()
    page.locator(".zf-editor").evaluate(
        "field => field.dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter', isComposing: true, bubbles: true}))"
    )
    expect(page.locator(".zf-editor")).to_be_focused()


def test_several_lines(page: Page, county: County) -> None:
    cell(page, 3, "note").click()
    page.keyboard.type("a")
    page.keyboard.press("Alt+Enter")
    page.keyboard.type("b")
    page.keyboard.press("Enter")
    active(page, 4, "note")
    expect(cell(page, 3, "note")).to_have_text("a b")
    county.comes_to_say("s4", "note", "a\nb")


def test_choice_is_found_as_one_types(page: Page, county: County) -> None:
    cell(page, 3, "status").click()
    compose(page, "guihua", "规")
    expect(page.locator(".zf-list .opt")).to_have_text(["规划"])
    page.keyboard.press("Enter")
    expect(cell(page, 3, "status")).to_have_text("规划")
    county.comes_to_say("s4", "status", "planned")


def test_choice_by_arrows_and_space_changes_nothing_by_itself(page: Page, county: County) -> None:
    cell(page, 3, "status").click()
    page.keyboard.press(" ")
    page.keyboard.press("Enter")
    assert county.posts() == []
    cell(page, 3, "status").click()
    page.keyboard.press("F2")
    expect(page.locator(".zf-list .opt.on")).to_have_text("已挂牌")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(cell(page, 3, "status")).to_have_text("已建成")


def test_choice_by_mouse(page: Page) -> None:
    cell(page, 3, "hours_public").dblclick()
    page.locator(".zf-list .opt", has_text="是").click()
    expect(cell(page, 3, "hours_public")).to_have_text("是")


def test_text_that_is_no_choice_stays_and_is_marked(page: Page) -> None:
    cell(page, 3, "status").click()
    page.keyboard.type("xyz")
    page.keyboard.press("Enter")
    expect(cell(page, 3, "status")).to_have_text("xyz")
    has_state(cell(page, 3, "status"), "inv")


def test_several_choices_are_ticked(page: Page, county: County) -> None:
    county.lamp()
    page.goto("/tables/lamps")
    cell(page, 0, "colours").click()
    press(page, "F2", "ArrowDown", "Space", "ArrowUp", "Space", "Enter")
    expect(cell(page, 0, "colours")).to_have_text("甲；乙")
    assert county.site.row("lamps", "D1")["colours"] == ["a", "b"]
    page.get_by_label("筛选颜色").click()
    page.locator(".zf-list .opt", has_text="丙").click()
    expect(page.locator(".zf-status .left")).to_have_text("共 0 行")


def test_reference_is_picked_by_name(page: Page, county: County) -> None:
    cell(page, 3, "parent").click()
    compose(page, "2haojie", "12号街")
    expect(page.locator(".zf-list .opt")).to_have_text(["12号街道综合文化服务中心C530111012"])
    page.keyboard.press("Enter")
    expect(cell(page, 3, "parent")).to_have_text("12号街道综合文化服务中心")
    county.comes_to_say("s4", "parent", "C530111012")


def test_a_computed_cell_takes_nothing_and_says_why(page: Page, county: County) -> None:
    cell(page, 3, "staffing").click()
    page.keyboard.type("x")
    expect(page.locator(".zf-bar .why")).to_have_text("自动算，不能填")
    assert county.posts() == []


def test_the_reason_stays_while_others_work(page: Page, county: County) -> None:
    cell(page, 3, "staffing").click()
    page.keyboard.type("x")
    county.set("s5", "head", "苏晓")
    expect(cell(page, 4, "head")).to_have_text("苏晓")
    expect(page.locator(".zf-bar .why.warn")).to_have_text("自动算，不能填")
    page.keyboard.press("ArrowUp")
    expect(page.locator(".zf-bar .why.warn")).to_have_count(0)


def test_a_locked_row_takes_nothing(page: Page, county: County) -> None:
    county.lamp(state="sold")
    page.goto("/tables/lamps")
    has_state(number(page, 0), "lk1")
    cell(page, 0, "watts").click()
    page.keyboard.type("5")
    expect(page.locator(".zf-bar .why")).to_have_text("这一行已锁定")
    assert county.posts() == []


def test_edit_bar_gives_address_value_rule_and_last_change(page: Page) -> None:
    cell(page, 3, "area_m2").click()
    expect(page.locator(".zf-bar .nm")).to_have_text("C530111001002 · 面积")
    expect(page.locator(".zf-bar .why")).to_have_text("数字，0 至 100,000。")
    page.keyboard.type("186")
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowUp")
    expect(page.locator(".zf-bar .v")).to_have_text("186")
    expect(page.locator(".zf-bar .why")).to_contain_text("由 243 改为 186。")


# ---- what does not fit


def test_wrong_text_stays_where_it_was_typed_until_esc(page: Page, county: County) -> None:
    cell(page, 3, "area_m2").click()
    compose(page, "yue", "约")
    page.keyboard.type(" 150")
    page.keyboard.press("Enter")
    expect(cell(page, 3, "area_m2")).to_have_text("约 150")
    has_state(cell(page, 3, "area_m2"), "inv")
    expect(page.locator(".zf-status .inv")).to_have_text("! 1 处格式不对")
    page.reload()
    expect(cell(page, 3, "area_m2")).to_have_text("约 150")
    page.locator(".zf-status .inv").click()
    active(page, 3, "area_m2")
    expect(page.locator(".zf-bar .why")).to_contain_text("面积填数字，0 至 100,000")
    page.keyboard.press("Escape")
    expect(cell(page, 3, "area_m2")).to_have_text("243")
    assert county.value("s4", "area_m2") == 243


def test_marks_from_elsewhere_and_the_way_to_them(page: Page, county: County) -> None:
    county.by_sheet("s3", "area_m2", 150)
    county.conflict("s9", "weekly_hours", 28, 30, 42)
    visit(page)
    expect(page.locator(".zf-status .sh")).to_have_text("表 1 处来自共享表")
    page.locator(".zf-status .cnf").click()
    active(page, 8, "weekly_hours")
    expect(page.locator(".zf-bar .why")).to_contain_text("两边不同：台账 30，共享表 42。")
    has_state(cell(page, 2, "area_m2"), "sh")  # only looked past


def test_what_a_sheet_changed_is_seen_by_going_there(page: Page, county: County) -> None:
    county.by_sheet("s3", "area_m2", 150)
    visit(page)
    has_state(cell(page, 2, "area_m2"), "sh")
    cell(page, 2, "name").click()
    has_no_state(cell(page, 2, "area_m2"), "sh")
    expect(page.locator(".zf-status .sh")).to_be_hidden()
    visit(page)
    expect(cell(page, 2, "area_m2")).to_have_text("150")
    has_no_state(cell(page, 2, "area_m2"), "sh")
