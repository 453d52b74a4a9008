"""The grid in a browser: two people at it, and a network that goes away."""

from playwright.sync_api import Page, expect

from pages.session import COOKIE
from tests.browser.county import ME, OTHER, WIDE, County, active, cell, has_no_state, has_state, saved, visit

# ---- two people


def test_a_push_reaches_the_other_page(page: Page, county: County, opened) -> None:
    other = opened(OTHER, viewport=WIDE)
    visit(other)
    cell(other, 3, "area_m2").click()
    other.keyboard.type("333")
    other.keyboard.press("Enter")
    expect(cell(page, 3, "area_m2")).to_have_text("333")


def test_where_others_are_is_shown_and_told(page: Page, county: County, opened) -> None:
    other = opened(OTHER, viewport=WIDE)
    visit(other)
    cell(other, 3, "status").click()
    has_state(cell(page, 3, "status"), "pr")
    expect(cell(page, 3, "status")).to_have_attribute("data-who", "王")
    expect(page.locator(".zf-who")).to_have_text("王敏 也在")
    cell(page, 5, "head").click()
    has_state(cell(other, 5, "head"), "pr")
    expect(other.locator(".zf-who")).to_have_text("李春梅 也在")
    has_no_state(cell(page, 5, "head"), "pr")  # nobody meets themselves
    other.close()
    expect(page.locator(".zf-who")).to_have_text("")
    has_no_state(cell(page, 3, "status"), "pr")


def test_presence_is_told_inside_one_s_scope(page: Page, county: County, opened) -> None:
    branch = opened("杨帆", viewport=WIDE)
    branch.goto("/tables/sites")
    expect(cell(branch, 0, "code")).to_have_text("C530111001")
    cell(page, 0, "head").click()  # the hall's row is not the branch's to read
    cell(branch, 1, "head").click()
    expect(page.locator(".zf-who")).to_have_text("杨帆 也在")
    expect(branch.locator(".zf-who")).to_have_text("")
    cell(page, 1, "head").click()
    expect(branch.locator(".zf-who")).to_have_text("李春梅 也在")


def test_a_stale_cell_is_not_overwritten_and_the_person_chooses(page: Page, county: County) -> None:
    cell(page, 3, "area_m2").click()
    page.keyboard.type("42")
    county.set("s4", "area_m2", 40)
    page.keyboard.press("Enter")
    panel = page.locator(".zf-panel")
    expect(panel).to_contain_text("王敏刚改了这一格：他改为 40，你填的是 42")
    has_state(cell(page, 3, "area_m2"), "cnf")
    assert county.value("s4", "area_m2") == 40
    page.keyboard.press("F6")
    expect(panel.get_by_role("button", name="用 42")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(panel).to_be_hidden()
    expect(cell(page, 3, "area_m2")).to_have_text("40")
    assert county.value("s4", "area_m2") == 40


def test_mine_over_theirs(page: Page, county: County) -> None:
    cell(page, 3, "area_m2").click()
    page.keyboard.type("42")
    county.set("s4", "area_m2", 40)
    page.keyboard.press("Enter")
    page.get_by_role("button", name="用 42").click()
    expect(cell(page, 3, "area_m2")).to_have_text("42")
    assert county.value("s4", "area_m2") == 42


def test_what_was_seen_when_the_editor_opened_is_what_counts(page: Page, county: County) -> None:
    cell(page, 3, "area_m2").click()
    page.keyboard.press("F2")
    page.keyboard.press("ArrowLeft")
    county.set("s4", "area_m2", 40.0)
    county.set("s5", "area_m2", 41.0)
    expect(cell(page, 4, "area_m2")).to_have_text("41")
    editor = page.locator(".zf-editor")
    expect(editor).to_be_focused()
    assert editor.evaluate("field => [field.value, field.selectionStart]") == ["243", 2]
    page.keyboard.type("9")
    page.keyboard.press("Enter")
    expect(page.locator(".zf-panel")).to_contain_text("他改为 40，你填的是 2493")


def test_an_open_editor_outlives_scrolling_away(page: Page, county: County) -> None:
    cell(page, 3, "area_m2").click()
    page.keyboard.type("77")
    cell(page, 9, "head").hover()
    page.mouse.wheel(0, 3000)
    expect(cell(page, 100, "code")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.locator(".zf-status .unsaved")).to_have_text("")
    assert county.value("s4", "area_m2") == 77


def comes_in_above(county: County) -> None:
    facts = {"code": "C530111001000", "name": "新的", "level": "point", "network": "culture", "parent": "C530111001"}
    with county.site.client(OTHER) as client:
        client.post("/tables/sites/rows", json={"values": facts}).raise_for_status()


def test_the_active_cell_follows_its_row_when_rows_come_in_above(page: Page, county: County) -> None:
    cell(page, 5, "head").click()
    code = cell(page, 5, "code").inner_text()
    comes_in_above(county)
    expect(cell(page, 6, "code")).to_have_text(code)
    active(page, 6, "head")


def test_a_cell_chosen_while_rows_are_asked_for_is_the_one_that_is_followed(page: Page, county: County) -> None:
    cell(page, 0, "head").click()
    held: list = []
    page.route("**/tables/sites?*cursor=0&*", lambda route: held.append(route))
    with page.expect_request("**/tables/sites?*cursor=0&*"):
        comes_in_above(county)
    code = cell(page, 5, "code").inner_text()
    cell(page, 5, "head").click()
    held[0].continue_()
    expect(cell(page, 6, "code")).to_have_text(code)
    active(page, 6, "head")


# ---- a lost network


def test_unsaved_cells_outlive_a_lost_server_and_a_reload(page: Page, county: County) -> None:
    county.down()
    cell(page, 3, "area_m2").click()
    page.keyboard.type("555")
    page.keyboard.press("Enter")
    has_state(cell(page, 3, "area_m2"), "uns")
    expect(page.locator(".zf-status .unsaved")).to_contain_text("没有网络，1 格存在本机，10 秒后再试")
    page.on("dialog", lambda dialog: dialog.accept())
    county.up()
    page.reload()
    expect(cell(page, 3, "area_m2")).to_have_text("555")
    has_no_state(cell(page, 3, "area_m2"), "uns")
    assert county.value("s4", "area_m2") == 555


def test_rows_that_cannot_be_had_are_tried_again(page: Page, county: County) -> None:
    county.down()
    page.reload()
    expect(page.get_by_text("! 连不上服务器")).to_be_visible()
    county.up()
    page.get_by_role("button", name="现在重试").click()
    expect(cell(page, 0, "code")).to_have_text("C530111")
    expect(page.get_by_text("! 连不上服务器")).to_be_hidden()


def test_a_cell_typed_twice_without_network_arrives_as_typed_last(page: Page, county: County) -> None:
    county.down()
    for text in ("5", "6"):
        cell(page, 3, "area_m2").click()
        page.keyboard.type(text)
        page.keyboard.press("Enter")
    expect(page.locator(".zf-status .unsaved")).to_contain_text("1 格存在本机")
    county.up()
    page.get_by_role("button", name="现在重试").click()
    has_no_state(cell(page, 3, "area_m2"), "uns")
    expect(page.locator(".zf-panel")).to_be_hidden()
    assert county.value("s4", "area_m2") == 6


def test_undo_takes_back_what_was_never_sent(page: Page, county: County) -> None:
    county.down()
    cell(page, 3, "area_m2").click()
    page.keyboard.type("555")
    page.keyboard.press("Enter")
    expect(page.locator(".zf-status .unsaved")).to_contain_text("存在本机")
    page.keyboard.press("Control+z")
    expect(cell(page, 3, "area_m2")).to_have_text("243")
    expect(page.locator(".zf-status .unsaved")).to_have_text("")
    assert county.value("s4", "area_m2") == 243


def test_a_text_in_an_open_editor_outlives_a_page_that_must_load_again(page: Page, county: County) -> None:
    cell(page, 3, "address").click()
    page.keyboard.type("half a sen")
    page.reload()  # as after a restart of the server
    expect(page.locator(".zf-editor")).to_be_focused()
    page.keyboard.type("tence")
    page.keyboard.press("Enter")
    expect(cell(page, 3, "address")).to_have_text("half a sentence")
    page.reload()
    expect(cell(page, 3, "address")).to_have_text("half a sentence")
    expect(page.locator(".zf-editor")).to_have_count(0)


def test_what_one_typed_is_not_sent_as_another_who_signs_in(page: Page, county: County) -> None:
    county.down()
    cell(page, 3, "area_m2").click()
    page.keyboard.type("555")
    page.keyboard.press("Enter")
    expect(page.locator(".zf-status .unsaved")).to_contain_text("存在本机")
    page.on("dialog", lambda dialog: dialog.accept())
    county.up()
    ours, theirs = county.site.cookies[ME], county.site.cookies[OTHER]
    for cookie, text, value in ((theirs, "243", 243), (ours, "555", 555)):
        page.context.add_cookies([{"name": COOKIE, "value": cookie, "url": county.site.url}])
        page.reload()
        expect(cell(page, 3, "area_m2")).to_have_text(text)
        expect(page.locator(".zf-status .unsaved")).to_have_text("")
        assert county.value("s4", "area_m2") == value
    page.reload()
    page.locator('[col-id="area_m2"].ag-cell').nth(3).click()
    page.keyboard.press("Control+z")  # a reload forgets no step
    expect(cell(page, 3, "area_m2")).to_have_text("243")


def test_an_older_answer_does_not_bring_back_what_a_newer_one_changed(page: Page, county: County) -> None:
    held: list = []
    page.route("**/cells", lambda route: held.append(route.fetch()) or later.append(route))
    later: list = []
    cell(page, 3, "area_m2").click()
    page.keyboard.type("555")
    page.keyboard.press("Enter")
    expect(page.locator(".zf-status .unsaved")).to_contain_text("1 格")
    while not later:
        page.wait_for_timeout(20)
    county.set("s4", "head", "newer")  # after that answer was made, seen before it arrives
    expect(cell(page, 3, "head")).to_have_text("newer")
    later[0].fulfill(response=held[0])
    saved(page)
    expect(cell(page, 3, "head")).to_have_text("newer")
    page.unroute("**/cells")
