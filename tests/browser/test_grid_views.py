"""The grid in a browser: columns chosen, ordered, frozen and sized, and views with a name and an address."""

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser.county import OTHER, WIDE, County, cell, press, visit


def heads(page: Page) -> list[str]:
    """The columns as they stand, from the left, without the row number."""
    names = ".ag-header-row-column .ag-header-cell"
    script = """cells => cells.sort((one, other) => one.getBoundingClientRect().x - other.getBoundingClientRect().x)
      .map(cell => cell.getAttribute("col-id")).filter(name => name !== "#")"""
    return page.locator(names).evaluate_all(script)


def are_frozen(page: Page, names: list[str]) -> None:
    """These columns stay at the left, after the row number. A row's cells come one after the other."""
    cells = page.locator(".ag-pinned-left-cols-container .ag-row").first.locator(".ag-cell")
    expect(cells).to_have_count(len(names) + 1)
    assert cells.evaluate_all("cells => cells.map(cell => cell.getAttribute('col-id'))")[1:] == names


def columns(page: Page) -> Locator:
    """The panel of the columns, opened by its button."""
    page.get_by_role("button", name=re.compile(r"^列 ")).click()
    return page.get_by_role("dialog", name=re.compile("^列"))


def views(page: Page) -> Locator:
    page.get_by_role("button", name=re.compile("^视图")).click()
    return page.get_by_role("dialog", name=re.compile("^视图"))


def test_columns_by_keys_alone_stay_for_this_person_everywhere(page: Page, county: County, opened) -> None:
    every = heads(page)
    button = page.get_by_role("button", name=re.compile(r"^列 "))
    expect(button).to_have_text(f"列 {len(every)}/{len(every)}")
    button.focus()
    press(page, "Enter", "ArrowDown", "ArrowDown", "Space")  # code, name, the third goes
    expect(button).to_have_text(f"列 {len(every) - 1}/{len(every)}")
    third, fourth, fifth = every[2:5]
    press(page, "ArrowDown", "Alt+ArrowDown")  # the fourth behind the fifth
    press(page, "Tab", "Enter")  # and frozen
    press(page, "Tab")
    page.keyboard.type("150")
    with page.expect_response(lambda answer: "150" in (answer.request.post_data or "")):
        press(page, "Escape")
    expect(button).to_be_focused()
    told = [*every[:2], fourth, fifth, *every[5:]]
    assert heads(page) == told
    are_frozen(page, [*every[:2], fourth])
    elsewhere = opened(viewport=WIDE, locale="zh-CN")  # another browser of the same person
    for look in (page, elsewhere):
        visit(look)
        assert heads(look) == told
        are_frozen(look, [*every[:2], fourth])
        assert round(look.locator(f'.ag-header-row-column [col-id="{fourth}"]').bounding_box()["width"]) == 150
    other = opened(OTHER, viewport=WIDE)
    visit(other)
    assert heads(other) == every
    columns(page).get_by_role("button", name="恢复原样").click()
    expect(button).to_have_text(f"列 {len(every)}/{len(every)}")
    assert heads(page) == every
    assert third in heads(page)


def test_columns_by_mouse(page: Page) -> None:
    every = heads(page)
    head = page.locator('.ag-header-row-column [col-id="weekly_hours"]')
    with page.expect_response(lambda answer: answer.url.endswith("/layout")):
        head.locator(".zf-head").hover()
        page.mouse.down()
        target = page.locator('.ag-header-row-column [col-id="level"]').bounding_box()
        page.mouse.move(target["x"] + 60, target["y"] + 10, steps=5)
        page.mouse.move(target["x"] + 5, target["y"] + 10, steps=5)
        page.mouse.up()
    assert heads(page).index("weekly_hours") < heads(page).index("area_m2") < every.index("weekly_hours") + 1
    panel = columns(page)
    lines = panel.locator("li")
    with page.expect_response(lambda answer: answer.url.endswith("/layout")):
        lines.nth(1).drag_to(lines.nth(0), source_position={"x": 6, "y": 6}, target_position={"x": 6, "y": 4})
    assert heads(page)[:2] == ["name", "code"]
    visit(page)
    assert heads(page)[:2] == ["name", "code"]


def test_a_view_has_a_name_and_an_address_and_opens_the_same_for_another(page: Page, county: County, opened) -> None:
    page.get_by_label("筛选面积").fill(">400")
    expect(page.locator(".zf-status .left")).to_have_text("共 44 行")
    page.locator('.ag-header-cell[col-id="area_m2"] .zf-head').click()
    columns(page).get_by_role("checkbox", name="主办").uncheck()
    press(page, "Escape")
    panel = views(page)
    panel.get_by_label("视图名称").fill("大馆")
    panel.get_by_role("checkbox").check()
    with page.expect_navigation():
        panel.get_by_role("button", name="保存视图").click()
    expect(page.get_by_role("button", name="视图：大馆")).to_be_visible()
    expect(page).to_have_url(re.compile(r"/tables/sites\?view=[\w-]+$"))
    address = page.url
    for name in (OTHER, "杨帆"):
        other = opened(name, viewport=WIDE)
        other.goto(address)
        expect(other.get_by_role("button", name="视图：大馆")).to_be_visible()
        assert "host" not in heads(other)
        if name == OTHER:
            expect(cell(other, 0, "area_m2")).to_have_text("402")
            expect(other.locator(".zf-status .left")).to_have_text("共 44 行")
        else:  # a view widens nobody's scope: one branch and its points
            expect(other.locator(".zf-status .left")).to_have_text("共 3 行")
        expect(views(other).get_by_role("button", name="删除“大馆”")).to_have_count(0)
    page.get_by_label("筛选面积").fill("")
    expect(page.locator(".zf-status .left")).to_have_text("共 132 行")
    expect(page.get_by_role("button", name="视图：大馆（已改）")).to_be_visible()
    page.reload()  # what differs from the view is in the address
    expect(page.locator(".zf-status .left")).to_have_text("共 132 行")
    with page.expect_navigation():
        views(page).get_by_role("button", name="恢复“大馆”").click()
    expect(page.locator(".zf-status .left")).to_have_text("共 44 行")
    views(page).get_by_role("button", name="删除“大馆”").click()
    with page.expect_navigation():
        page.get_by_role("dialog", name="删除视图").get_by_role("button", name="删除“大馆”").click()
    page.goto(address)
    expect(page.locator(".zf-toast")).to_contain_text("没有这个视图")
    expect(page.locator(".zf-status .left")).to_have_text("共 132 行")


def test_the_first_rows_of_a_view_need_one_question(page: Page, county: County) -> None:
    body = {"name": "点", "where": ["level:eq:point", "gone:eq:1"], "sort": "-code"}
    with county.site.client("李春梅") as client:
        assert client.post("/tables/sites/views", json=body).status_code == 400
        made = client.post("/tables/sites/views", json={**body, "where": body["where"][:1]}).json()
    county.site.ask(
        "UPDATE views SET question = replace(question, 'level:eq:point\"', 'level:eq:point\",\"gone:eq:1\"')"
    )
    county.requests.clear()
    page.goto(f"/tables/sites?view={made['id']}")  # a field that it names is gone: the rest of it holds
    expect(cell(page, 0, "level")).to_have_text("基层服务点")
    assert county.asked() == ["limit=200&cursor=0&about=1&where=level%3Aeq%3Apoint&sort=-code"]
