"""The grid in a browser: rows and columns as they are shown, the edit bar's marks, new and deleted rows, dark."""

from playwright.sync_api import Page, expect

from pages.session import DARK
from tests.browser.conftest import PHONE
from tests.browser.county import ME, MOST, County, active, cell, draft, has_state, number, visit

# ---- rows and columns


def test_the_first_rows_need_one_question(page: Page, county: County) -> None:
    assert county.asked() == ["limit=200&cursor=0&about=1"]
    expect(page.locator(".zf-status")).to_contain_text("共 132 行")


def test_numbers_dates_names_and_blanks_as_people_write_them(page: Page) -> None:
    expect(cell(page, 11, "population")).to_have_text("14,400")
    expect(cell(page, 0, "area_m2")).to_have_text("4260")
    expect(cell(page, 1, "opened_on")).to_have_text("2019-11-02")
    expect(cell(page, 2, "parent")).to_have_text("1号街道综合文化服务中心")
    expect(cell(page, 0, "hours_public")).to_have_text("否")
    expect(cell(page, 0, "address")).to_have_text("")


def test_dates_inside_the_year_are_short(page: Page, county: County) -> None:
    year = page.evaluate("new Date().getFullYear()")
    county.set("s1", "opened_on", f"{year}-11-24")
    expect(cell(page, 0, "opened_on")).to_have_text("11-24")


def test_head_shows_unit_and_computed_columns(page: Page) -> None:
    heads = page.locator(".ag-header-row-column .ag-header-cell")
    expect(heads.filter(has_text="面积").locator("u")).to_have_text("㎡")
    expect(heads.filter(has_text="人员配备").locator("i")).to_have_text("ƒ")
    has_state(cell(page, 0, "staffing"), "cal")


def test_the_shared_part_of_codes_is_grey(page: Page) -> None:
    expect(cell(page, 2, "code").locator(".mut")).to_have_text("C530111001")
    expect(cell(page, 11, "code").locator(".mut")).to_have_text("C530111")


def test_code_and_name_are_frozen(page: Page) -> None:
    frozen = page.locator(".ag-pinned-left-cols-container .ag-row").first.locator(".ag-cell")
    assert frozen.evaluate_all("cells => cells.map(cell => cell.getAttribute('col-id'))") == ["#", "code", "name"]


def test_level_is_an_indent_in_tree_order_alone(page: Page, county: County) -> None:
    assert cell(page, 2, "name").evaluate("cell => cell.style.paddingLeft") == "36px"
    visit(page, "?sort=code")
    assert cell(page, 2, "name").evaluate("cell => cell.style.paddingLeft") == "8px"


def test_blocks_come_as_they_are_scrolled_to(page: Page, county: County) -> None:
    county.begin(MOST)
    visit(page)
    cell(page, 0, "area_m2").click()
    page.keyboard.press("Control+End")
    expect(cell(page, 999, "code")).to_contain_text("C530111")
    active(page, 999, "note")
    page.keyboard.press("Control+Home")
    active(page, 0, "code")


def test_marks_far_below_are_counted_and_reached(page: Page, county: County) -> None:
    county.begin(MOST)
    told = (ME, "sites", "s900", "area_m2", "很大", "面积填数字", "2026-11-20T00:00:00Z")
    county.site.ask(f"INSERT INTO drafts VALUES ({', '.join('?' * len(told))})", *told)
    visit(page)
    expect(page.locator(".zf-status .inv")).to_have_text("! 1 处格式不对")
    page.locator(".zf-status .inv").click()
    expect(page.locator('.ag-cell-focus[col-id="area_m2"]')).to_have_text("很大")


# ---- rows


def test_a_new_row_is_sent_when_it_is_filled_and_left(page: Page, county: County) -> None:
    page.get_by_role("button", name="新增").click()
    page.keyboard.type("C530111999")
    page.keyboard.press("Tab")
    page.keyboard.type("new")
    page.keyboard.press("Tab")
    cell(page, 3, "head").click()
    expect(page.locator(".zf-toast")).to_contain_text("要填：体系、级别")
    for field, label in (("network", "文化馆"), ("level", "分馆")):
        draft(page, field).dblclick()
        page.locator(".zf-list .opt", has_text=label).click()
    draft(page, "parent").click()
    page.keyboard.type("C530111 ")
    page.keyboard.press("Enter")
    cell(page, 3, "head").click()
    expect(page.locator(".zf-toast")).to_contain_text("已新增 1 行")
    expect(draft(page, "code")).to_have_count(0)
    assert county.row("C530111999")["parent"] == "C530111"
    expect(page.locator(".zf-status .left")).to_contain_text("共 133 行")
    page.keyboard.press("Control+z")
    expect(page.locator(".zf-status .left")).to_contain_text("共 132 行")


def test_rows_are_deleted_by_key_and_come_back(page: Page, county: County) -> None:
    number(page, 3).click()
    number(page, 5).click(modifiers=["Shift"])
    page.keyboard.press("Control+-")
    expect(page.locator(".zf-toast")).to_contain_text("已删 3 行")
    expect(page.locator(".zf-status .left")).to_contain_text("共 129 行")
    page.keyboard.press("Control+z")
    expect(page.locator(".zf-status .left")).to_contain_text("共 132 行")


def test_many_rows_are_asked_about(page: Page) -> None:
    number(page, 3).click()
    page.keyboard.press("Control+Shift+End")
    page.keyboard.press("Control+-")
    expect(page.get_by_role("dialog")).to_contain_text("删除 129 行？")
    page.get_by_role("button", name="先不动").click()
    expect(page.locator(".zf-status .left")).to_contain_text("共 132 行")


def test_many_rows_are_not_emptied_unasked(page: Page) -> None:
    cell(page, 0, "name").click()
    page.keyboard.press("Control+Space")
    expect(page.locator(".zf-status .left")).to_contain_text("选中 132×1")
    page.keyboard.press("Delete")
    expect(page.get_by_role("dialog")).to_contain_text("清空 132 行里的 132 格？")
    expect(page.get_by_role("button", name="先不动")).to_be_focused()
    page.keyboard.press("Enter")
    expect(cell(page, 0, "name")).not_to_be_empty()


def test_a_new_row_that_does_not_fit_keeps_its_text(page: Page) -> None:
    page.get_by_role("button", name="新增").click()
    for text in ("C530111999", "new"):
        page.keyboard.type(text)
        page.keyboard.press("Tab")
    for field, label in (("network", "文化馆"), ("level", "分馆")):
        draft(page, field).dblclick()
        page.locator(".zf-list .opt", has_text=label).click()
    draft(page, "area_m2").click()
    page.keyboard.type("abc")
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowDown")
    has_state(draft(page, "area_m2"), "inv")
    expect(draft(page, "area_m2")).to_have_text("abc")
    page.reload()
    expect(draft(page, "area_m2")).to_have_text("abc")
    draft(page, "area_m2").click()
    page.keyboard.press("Control+-")
    expect(draft(page, "code")).to_have_count(0)


def test_what_leaves_the_page_leaves_nothing_behind(page: Page, county: County) -> None:
    cell(page, 3, "status").dblclick()
    expect(page.locator(".zf-list")).to_have_count(1)
    page.evaluate("getElement(Number(document.querySelector('.zf-grid').id.slice(1))).sheet.destroy()")
    expect(page.locator(".zf-list")).to_have_count(0)


# ---- dark, phone, height


def test_dark_takes_the_theme_s_colours(page: Page, county: County) -> None:
    page.context.add_cookies([{"name": DARK, "value": "1", "url": county.site.url}])
    visit(page)
    assert (
        page.locator(".ag-root-wrapper").evaluate("root => getComputedStyle(root).backgroundColor") == "rgb(26, 31, 39)"
    )
    assert cell(page, 3, "area_m2").evaluate("cell => getComputedStyle(cell).color") == "rgb(230, 234, 240)"


def test_nineteen_rows_at_1366_by_768(page: Page) -> None:
    page.set_viewport_size({"width": 1366, "height": 768})
    status = page.locator(".ag-body-horizontal-scroll").bounding_box()
    last = cell(page, 18, "code").bounding_box()
    assert status is not None
    assert last is not None
    assert last["y"] + last["height"] <= status["y"] + 1


def test_a_phone_has_a_list_and_forms_and_no_grid(opened, county: County) -> None:
    page = opened(ME, viewport=PHONE, has_touch=True, is_mobile=True)
    page.goto("/tables/sites?where=level:eq:branch")
    cards = page.locator(".zf-cards .card")
    expect(cards).to_have_count(14)
    expect(page.locator(".ag-root-wrapper")).to_have_count(0)
    expect(cards.first).to_contain_text("1号街道综合文化服务中心C530111001")
    page.get_by_label("查找这张表").fill("12号")
    expect(cards).to_have_count(1)
    assert "q=12" in page.url
    cards.first.tap()
    expect(page.locator(".drawer h2")).to_have_text("12号街道综合文化服务中心")
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_a_new_row_on_a_phone(opened, county: County) -> None:
    page = opened(ME, viewport=PHONE, has_touch=True, is_mobile=True)
    page.goto("/tables/lamps")
    page.get_by_role("button", name="新增").tap()
    page.get_by_label("灯号").fill("D1")
    page.get_by_label("瓦数").fill("九")
    page.reload()  # what was typed is still there
    page.get_by_role("button", name="新增").first.tap()
    expect(page.get_by_label("灯号")).to_have_value("D1")
    page.get_by_label("灯名").fill("门灯")
    page.locator("#new-site").fill("C530111001")
    page.get_by_role("button", name="新增这一行").tap()
    expect(page.get_by_label("瓦数")).to_be_focused()
    expect(page.locator("#new-watts-why")).to_contain_text("瓦数填")
    page.get_by_label("瓦数").fill("9")
    page.get_by_role("button", name="新增这一行").tap()
    expect(page.locator(".zf-cards .card")).to_contain_text("门灯")
    assert county.site.row("lamps", "D1")["watts"] == 9
