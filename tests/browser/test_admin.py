"""Accounts and exports in a browser: by the keyboard alone, and what a person sees as things happen elsewhere."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE

ADMIN, BRANCH = "李春梅", "杨帆"
PASSWORD = "Correct-Horse-7"


@pytest.fixture
def keys(page_as):
    """The accounts page, and the keyboard."""
    page = page_as(ADMIN, "/admin")
    expect(page.locator(".people")).to_contain_text(BRANCH)
    return page


def walk_to(page: Page, name: str) -> None:
    """Press Tab until something of this name has the focus."""
    wanted = page.get_by_role("button", name=name, exact=True)
    for _step in range(80):
        if wanted.evaluate_all("them => them.includes(document.activeElement)"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not lead to {name}")


def test_an_account_is_added_comes_in_by_its_link_and_is_signed_out(keys, page_as):
    """By the keyboard alone."""
    walk_to(keys, "添加账号")
    keys.keyboard.press("Enter")
    expect(keys.get_by_label("姓名", exact=True)).to_be_focused()
    keys.keyboard.type("高明")
    keys.keyboard.press("Tab")
    expect(keys.get_by_label("角色", exact=True)).to_be_focused()
    keys.keyboard.press("Tab")
    keys.keyboard.type("C530111001")
    expect(keys.locator("datalist option").first).to_have_attribute("value", "C530111001 关上街道综合文化服务中心")
    keys.keyboard.press("Enter")
    link = keys.locator(".once input")
    expect(keys.locator(".drawer h2")).to_have_text("高明")
    expect(link).to_be_visible()

    theirs = page_as(None, link.input_value())
    expect(theirs.get_by_label("姓名")).to_have_value("高明")
    theirs.keyboard.type(PASSWORD)
    theirs.keyboard.press("Enter")
    expect(theirs.locator(".menu summary")).to_contain_text("高明")

    keys.reload()
    walk_to(keys, "高明")
    keys.keyboard.press("Enter")
    expect(keys.locator(".drawer .lines").first).to_contain_text("Chrome")
    name = keys.locator(".drawer .lines button").first.get_attribute("aria-label")
    walk_to(keys, name)
    keys.keyboard.press("Enter")
    theirs.wait_for_url("**/login**")  # at once, with nothing pressed there
    expect(keys.locator(".drawer")).to_contain_text("结束登录")


def test_a_disabled_account_leaves_its_open_page_and_others_have_no_such_page(keys, page_as):
    theirs = page_as(BRANCH, "/me")
    expect(theirs.locator("h1")).to_have_text("我的账号")
    keys.get_by_role("button", name=BRANCH).click()
    keys.get_by_role("button", name="停用账号").click()
    theirs.wait_for_url("**/login**")
    expect(keys.locator(".people tr.on")).to_contain_text("停用")
    other = page_as("王敏")
    assert other.request.get("/admin").status == 404


def test_what_is_wrong_is_said_under_its_field_and_what_was_typed_stays(keys):
    keys.get_by_role("button", name="添加账号").first.click()
    keys.get_by_label("姓名", exact=True).fill(BRANCH)
    keys.get_by_label("馆点", exact=True).fill("没有的馆")
    keys.keyboard.press("Enter")
    expect(keys.get_by_text("没有找到“没有的馆”，从列表里选")).to_be_visible()
    keys.get_by_label("馆点", exact=True).fill("C530111001")
    keys.get_by_label("密码", exact=True).fill("short")
    keys.keyboard.press("Enter")
    expect(keys.get_by_text("密码要 10 至 128 个字符")).to_be_visible()
    expect(keys.get_by_label("姓名", exact=True)).to_have_value(BRANCH)
    keys.get_by_label("密码", exact=True).fill(PASSWORD)
    keys.keyboard.press("Enter")
    expect(keys.get_by_role("alert")).to_contain_text(f"已有账号 {BRANCH}")


def test_a_file_is_made_beside_the_page_and_downloaded(site, page_as, tmp_path):
    page = page_as(BRANCH, "/exports", viewport=PHONE)
    page.get_by_label("做什么").select_option(label="牌匾文字")
    page.get_by_role("button", name="做这份文件").click()
    made = page.get_by_role("link", name="牌匾文字.txt")
    expect(made).to_be_visible()
    with page.expect_download() as caught:
        made.click()
    caught.value.save_as(tmp_path / "texts.txt")
    lines = (tmp_path / "texts.txt").read_text("utf-8").splitlines()
    assert lines[0] == "官渡区文化馆关上街道分馆"
    assert len(lines) == site.ask("SELECT count(*) FROM plaques WHERE site LIKE 'C530111001%'")[0][0]
    address = made.get_attribute("href")
    assert page_as(ADMIN).request.get(address).status == 404
    page.get_by_role("button", name="删除").click()
    expect(page.get_by_text("还没有做过文件")).to_be_visible()
