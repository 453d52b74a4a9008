"""The drawer: one row as a form, in a real browser against the real server."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PHONE
from tests.browser.lines import line_held
from tests.browser.places import at, cell, drawer, field, flat, history, said, settled, state

BRANCH, PAGE = "C530111001", "/tables/sites?row=C530111001"
LAMP = {"number": "D1", "name": "门灯", "site": "C530111001", "watts": 60, "state": "lit"}


@pytest.fixture
def lamp(site):
    """A row with a field of every kind."""
    with site.client("李春梅") as client:
        return client.post("/tables/lamps/rows", json={"values": LAMP}).raise_for_status().json()["row"]["id"]


# ---- filling in


def test_every_kind_of_field_has_its_widget(site, page_as, lamp):
    page = page_as("李春梅", f"/tables/lamps?row={lamp}")
    for name in ("state", "own"):
        assert field(page, name).evaluate("one => one.tagName") == "SELECT"
    assert field(page, "note").evaluate("one => one.tagName") == "TEXTAREA"
    assert field(page, "watts").get_attribute("inputmode") == "decimal"
    expect(field(page, "site")).to_have_value("C530111001 关上街道综合文化服务中心")
    expect(flat(page, "亮度")).to_have_text("亮")
    typed = {
        "name": "  大门灯 ",
        "watts": "４０Ｗ",
        "height": "2.50",
        "hung_on": "2026年3月5日",
        "month": "2026.3",
        "year": "2026年",
        "lit_at": "7:05",
        "seen_from": "C530111；C530111002",
        "phone": "13812345678",
        "note": "一\n二",
    }
    for name, text in typed.items():
        field(page, name).fill(text)
    field(page, "own").select_option("是")
    field(page, "state").select_option("灭了")
    settled(page, len(typed) + 2)
    page.get_by_role("button", name="保存").click()
    settled(page, 0)
    wanted = {
        "name": "大门灯",
        "watts": 40,
        "height": 2.5,
        "bright": "暗",
        "hung_on": "2026-03-05",
        "month": "2026-03",
        "year": 2026,
        "lit_at": "07:05",
        "seen_from": ["C530111", "C530111002"],
        "phone": "13812345678",
        "note": "一\n二",
        "own": True,
        "state": "out",
    }
    row = site.row("lamps", lamp)
    assert {name: row[name] for name in wanted} == wanted
    expect(field(page, "watts")).to_have_value("40")  # as it is kept, not as it was typed
    expect(field(page, "hung_on")).to_have_value("2026-03-05")
    expect(flat(page, "亮度")).to_have_text("暗")
    expect(page.locator(".tool .ok")).to_contain_text("✓ 已存")
    with site.client("李春梅") as client:
        changes = client.get(f"/tables/lamps/rows/{lamp}/history").json()["changes"]
    assert {(one["changeset"], one["origin"], one["actor"]) for one in changes[:12]} == {
        (changes[0]["changeset"], "form", "李春梅")
    }


def test_a_reference_is_offered_by_the_words_typed(page_as):
    page = page_as("李春梅", "/tables/plaques?row=C530111001/1")
    field(page, "site").fill("关上 c530111")
    options = page.locator("#of-site option")
    expect(options.first).to_have_attribute("value", re.compile(r"^C530111001"))
    assert options.count() <= 30


def test_what_does_not_fit_stays_where_it_was_typed_and_is_told_there(site, page_as):
    page = page_as("李春梅", PAGE)
    field(page, "area_m2").fill("三百")
    field(page, "name").fill("")
    field(page, "address").fill("环城路 1 号")
    page.keyboard.press("Control+s")
    expect(said(page, "area_m2")).to_have_text("面积填数字，0 至 100,000")
    expect(said(page, "name")).to_have_text("名称必填")
    expect(field(page, "name")).to_be_focused()
    expect(field(page, "area_m2")).to_have_value("三百")
    expect(field(page, "area_m2")).to_have_attribute("aria-invalid", "true")
    settled(page, 3)
    assert site.row("sites", BRANCH)["address"] is None  # all or nothing
    field(page, "area_m2").fill("300")
    expect(said(page, "area_m2")).to_have_text("")
    field(page, "name").fill("关上分馆")
    settled(page, 3)
    page.keyboard.press("Control+s")
    settled(page, 0)
    row = site.row("sites", BRANCH)
    assert (row["area_m2"], row["name"], row["address"]) == (300, "关上分馆", "环城路 1 号")
    expect(drawer(page).locator("h2")).to_have_text("关上分馆")


def test_a_rule_over_several_fields_is_told(page_as, lamp):
    page = page_as("李春梅", f"/tables/lamps?row={lamp}")
    field(page, "watts").fill("")
    settled(page, 1)
    page.keyboard.press("Control+s")
    expect(said(page, "watts")).to_have_text("点着的灯要有瓦数")


def test_what_is_typed_and_not_saved_outlives_a_reload_and_another_row(site, page_as):
    page = page_as("李春梅", "/tables/sites")
    at(page, 1, "#").dblclick()
    expect(drawer(page)).to_be_visible()
    page.goto(PAGE)
    field(page, "address").fill("环城路 1 号")
    settled(page, 1)
    drawer(page).get_by_role("button", name="下一行").click()
    expect(drawer(page).locator("h2")).not_to_have_text("关上街道综合文化服务中心")
    settled(page, 0)
    page.goto(PAGE)
    expect(field(page, "address")).to_have_value("环城路 1 号")
    settled(page, 1)
    page.get_by_role("button", name="放弃").click()
    expect(field(page, "address")).to_have_value("")
    settled(page, 0)
    page.reload()
    expect(field(page, "address")).to_have_value("")
    assert site.row("sites", BRANCH)["address"] is None


def test_a_text_typed_before_the_line_is_there_is_not_lost(page_as):
    page = page_as("李春梅")
    with line_held(page):
        page.goto(PAGE)
        field(page, "address").click()
        page.keyboard.type("环城路")
    settled(page, 1)


def test_a_text_is_kept_while_one_is_still_in_its_field(site, page_as):
    page = page_as("李春梅", PAGE)
    field(page, "address").click()
    page.keyboard.type("环城路")
    site.wait_for("form_drafts", "环城路")
    page.reload()
    expect(field(page, "address")).to_have_value("环城路")


# ---- moving about


def test_the_keyboard_alone(site, page_as):
    page = page_as("李春梅", "/tables/sites")
    at(page, 2, "name").click()
    expect(at(page, 2, "name")).to_have_class(re.compile("ag-cell-focus"))
    at(page, 2, "#").dblclick()
    expect(drawer(page)).to_be_visible()
    title = drawer(page).locator("h2")
    third = title.text_content()
    drawer(page).get_by_role("button", name="下一行").press("Enter")
    expect(title).not_to_have_text(third)
    drawer(page).get_by_role("button", name="上一行").press("Enter")
    expect(title).to_have_text(third)
    field(page, "address").fill("x")
    page.keyboard.press("Escape")
    expect(drawer(page)).to_have_count(0)
    expect(page).to_have_url(re.compile(r"/tables/sites$"))


def test_next_and_previous_follow_the_grid_s_filter(page_as):
    page = page_as(
        "李春梅", "/tables/sites?where=county:eq:官渡区&where=level:eq:branch&where=network:eq:culture&sort=-code"
    )
    at(page, 0, "#").dblclick()
    title = drawer(page).locator("h2")
    first = at(page, 0, "name").text_content()
    second = at(page, 1, "name").text_content()
    expect(title).to_have_text(first)
    drawer(page).get_by_role("button", name="下一行").click()
    expect(title).to_have_text(second)
    drawer(page).get_by_role("button", name="上一行").click()
    expect(title).to_have_text(first)
    drawer(page).get_by_role("button", name="上一行").click()
    expect(title).to_have_text(first)


def test_the_open_row_stands_in_the_address(page_as):
    page = page_as("李春梅", "/tables/sites?sort=code")
    at(page, 0, "#").dblclick()
    expect(drawer(page)).to_be_visible()
    expect(page).to_have_url(re.compile(r"\?sort=code&row=\w+$"))
    title = drawer(page).locator("h2").text_content()
    page.reload()
    expect(drawer(page).locator("h2")).to_have_text(title)
    drawer(page).get_by_role("button", name="关闭").click()
    expect(page).to_have_url(re.compile(r"\?sort=code$"))


def test_a_row_that_is_not_there(page_as):
    page = page_as("李春梅", "/tables/sites?row=nothing")
    expect(page.locator(".q-notification")).to_contain_text("馆点里没有 nothing")
    expect(at(page, 0, "code")).to_be_visible()
    expect(drawer(page)).to_have_count(0)


def test_on_a_phone_the_form_takes_the_page(page_as):
    page = page_as("李春梅", PAGE, viewport=PHONE)
    box = drawer(page).bounding_box()
    assert (box["x"], box["width"]) == (0, PHONE["width"])
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    field(page, "address").fill("环城路")
    settled(page, 1)
    drawer(page).get_by_role("button", name="‹ 返回").click()
    expect(drawer(page)).to_have_count(0)


# ---- others


def test_news_of_the_row_leave_what_one_types_alone(site, page_as):
    page = page_as("李春梅", PAGE)
    field(page, "head").click()
    page.keyboard.type("张")
    site.edit("sites", BRANCH, "area_m2", 301, name="王敏")
    expect(field(page, "area_m2")).to_have_value("301")
    page.keyboard.type("三丰")
    expect(field(page, "head")).to_have_value("张三丰")
    expect(field(page, "head")).to_be_focused()
    expect(history(page).first).to_contain_text("面积空白→301王敏，接口")
    settled(page, 1)


def test_two_on_one_field_and_nobody_is_overwritten_unseen(site, page_as):
    mine, theirs = page_as("李春梅", PAGE), page_as("王敏", PAGE)
    for page, text in ((mine, "42"), (theirs, "40")):
        field(page, "area_m2").fill(text)
        settled(page, 1)
    theirs.keyboard.press("Control+s")
    settled(theirs, 0)
    expect(said(mine, "area_m2")).to_have_text("王敏刚改为 40；再存一次用你的")
    expect(field(mine, "area_m2")).to_have_value("42")
    assert site.row("sites", BRANCH)["area_m2"] == 40
    mine.keyboard.press("Control+s")
    settled(mine, 0)
    assert site.row("sites", BRANCH)["area_m2"] == 42
    expect(field(theirs, "area_m2")).to_have_value("42")


def test_what_another_changed_between_two_visits_is_told(site, page_as):
    page = page_as("李春梅", PAGE)
    field(page, "area_m2").fill("42")
    settled(page, 1)
    drawer(page).get_by_role("button", name="关闭").click()
    expect(drawer(page)).to_have_count(0)
    site.edit("sites", BRANCH, "area_m2", 40, name="王敏")
    page.goto(PAGE)
    expect(field(page, "area_m2")).to_have_value("42")
    expect(said(page, "area_m2")).to_have_text("王敏刚改为 40；再存一次用你的")


def test_a_row_that_another_deletes_closes(site, page_as, lamp):
    page = page_as("李春梅", f"/tables/lamps?row={lamp}")
    expect(drawer(page)).to_be_visible()
    with site.client("王敏") as client:
        client.delete(f"/tables/lamps/rows/{lamp}").raise_for_status()
    expect(drawer(page)).to_have_count(0)
    expect(page.locator(".q-notification")).to_contain_text("灯具里没有")


def test_a_row_that_is_locked_while_one_types_shows_what_was_typed(site, page_as, lamp):
    page = page_as("李春梅", f"/tables/lamps?row={lamp}")
    field(page, "name").fill("新名")
    settled(page, 1)
    site.edit("lamps", lamp, "state", "sold")
    expect(drawer(page).locator(".chip.lck")).to_have_text("锁定")
    expect(drawer(page).get_by_text("没有存上：新名")).to_be_visible()
    expect(field(page, "name")).to_have_count(0)
    expect(field(page, "state")).to_have_value("卖了")


def test_the_plaque_follows_its_site_before_one_s_eyes(site, page_as):
    page = page_as("李春梅", PAGE)
    expect(drawer(page).locator(".plq")).to_have_text("官渡区文化馆关上街道分馆")
    field(page, "township").fill("新关街道")
    settled(page, 1)
    page.keyboard.press("Control+s")
    expect(drawer(page).locator(".plq")).to_have_text("官渡区文化馆新关街道分馆")


def test_a_reader_reads(site, page_as):
    site.edit("sites", BRANCH, "phone", "13812345678")
    page = page_as("和丽", PAGE)
    expect(flat(page, "电话")).to_have_text("138****5678")
    assert page.locator(".drawer .inp").count() == 0
    assert "13812345678" not in page.content()


def test_a_branch_fills_in_its_own_fields_alone(page_as):
    page = page_as("杨帆", PAGE)
    expect(field(page, "address")).to_be_visible()
    expect(field(page, "township")).to_have_count(0)
    expect(flat(page, "乡镇街道")).to_have_text("关上街道")


def test_a_session_that_ends_while_one_types_loses_nothing(site, page_as):
    page = page_as("李春梅", PAGE)
    field(page, "address").fill("环城路")
    settled(page, 1)
    site.wait_for("form_drafts", "环城路")
    site.end_session("李春梅")
    page.keyboard.press("Control+s")
    expect(page).to_have_url(re.compile(r"/login\?next="))
    site.reset()
    page.goto(PAGE)
    assert site.row("sites", BRANCH)["address"] is None


def test_names_in_a_form_are_words(site, page_as):
    name = "<img src=x onerror=\"document.title='broken'\"></script><script>document.title='broken'</script>"
    site.edit("sites", BRANCH, "name", name)
    site.edit("sites", BRANCH, "note", "{{1+1}}</textarea><b>x</b>")
    page = page_as("李春梅", PAGE)
    expect(drawer(page).locator("h2")).to_have_text(name)
    expect(field(page, "name")).to_have_value(name)
    expect(field(page, "note")).to_have_value("{{1+1}}</textarea><b>x</b>")
    expect(history(page).nth(1)).to_contain_text(name)
    expect(cell(page, site.row("sites", "C530111")["id"], "name")).to_have_count(0)
    assert "broken" not in page.title()
    expect(state(page)).to_have_text("")
