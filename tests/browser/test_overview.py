"""The overview and one site's page in a browser: what fits the window, what the keyboard reaches, a month opened and taken back."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import DESK, PHONE
from tests.browser.lines import line_held

BRANCH = "C530111001"


def fits(page):
    """Whether nothing is wider than the window: neither the page nor what scrolls in it."""
    parts = "[document.documentElement, ...document.querySelectorAll('.ov, .st, .tool')]"
    return page.evaluate(f"{parts}.every((part) => part.scrollWidth <= part.clientWidth)")


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_it_fits_the_window(site, page_as, size):
    page = page_as("王敏", "/", viewport=size)
    expect(page.locator(".duty", has_text="2025 年服务统计年报待报送")).to_contain_text("132")
    expect(page.locator(".heat th a")).to_have_count(11)
    months = [one.bounding_box() for one in page.locator(".heat tr:nth-child(2) td:visible").all()]
    assert min(box["width"] for box in months[:-1] if box) > 26  # a share of 100 is read in it
    assert fits(page)
    page.goto(f"/sites/{BRANCH}?year=2025")
    expect(page.locator("h1")).to_have_text("官渡区文化馆关上街道分馆")
    expect(page.locator(".lines.kin li")).to_have_count(12)
    assert fits(page)


def test_what_is_missing_and_what_the_file_says(site, page_as):
    page = page_as("李春梅", "/")
    expect(page.locator(".lack.err")).to_have_text("还缺：晋宁区分馆 1，五华区服务点 1，阳宗海风景名胜区服务点 6")
    expect(page.locator(".tgt .dec")).to_have_text(re.compile(r"文件所列\s*18\s*139\s*1679"))
    expect(page.locator(".tgt .tot").first).to_have_text(
        re.compile(r"各行合计\s*15\s*142\s*139\s*\+3\s*1732\s*1680\s*\+52")
    )
    expect(page.locator(".lack.warn")).to_contain_text("总馆多 3，服务点少 1")
    expect(page.locator(".tgt .gap.err")).to_have_text(["−1", "−1", "−6"])


def test_a_line_and_a_cell_lead_to_their_rows(site, page_as):
    page = page_as("王敏", "/")
    cell = page.locator(".heat td a").first
    expect(cell).to_have_attribute("aria-label", re.compile(r"^关上街道分馆 2025-01 已填 13/13$"))
    cell.focus()
    assert page.evaluate("getComputedStyle(document.activeElement).outlineWidth") == "2px"
    page.keyboard.press("Enter")
    expect(page.locator(".tool .count")).to_have_text("13 行")
    page.goto("/")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # past the navigation
    page.keyboard.press("Tab")
    expect(page.locator(".duty").first).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".tool .count")).to_have_text("132 行")


def test_what_others_do_is_seen(site, page_as):
    page = page_as("李春梅", "/")
    made = page.locator(".duty", has_text="牌匾待制作").locator(".n")
    before = int(made.inner_text())
    (plaque,) = site.ask("SELECT id FROM plaques WHERE site = ? AND status = 'to_make'", BRANCH)[0]
    site.edit("plaques", plaque, "status", "ordered", name="王敏")
    expect(made).to_have_text(str(before - 1))


def opened(site, month):
    return site.ask("SELECT count(*) FROM checklists WHERE month = ?", month)[0][0]


def test_a_month_is_opened_by_keyboard_and_taken_back(site, page_as):
    page = page_as("王敏", "/")
    field, said = page.get_by_label("检查的哪一期"), page.locator(".period [role=status]").first
    field.fill("2027.1")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="开 2027-01 检查，新增 131 份？")).to_be_visible()
    expect(page.get_by_role("button", name="先不开")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".askbox")).to_have_count(0)
    assert opened(site, "2027-01") == 0
    page.get_by_role("button", name="开检查").click()
    page.get_by_role("button", name="开 131 份").click()
    expect(said).to_have_text("2027-01：新开 131 份，原有 0 份，未建成的 0 个不开")
    assert opened(site, "2027-01") == 131
    page.get_by_role("button", name="撤销").click()
    expect(said).to_have_text("已撤销，收回 131 份")
    assert opened(site, "2027-01") == 0
    field.fill("十三月")
    page.get_by_role("button", name="开检查").click()
    expect(page.locator(".toast.err")).to_contain_text("十三月")


def test_what_is_done_before_the_line_is_there_arrives_in_order(page_as):
    page = page_as("王敏")
    with line_held(page):
        page.goto("/")
        page.get_by_label("检查的哪一期").clear()
        page.keyboard.type("2027.1", delay=7)
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="开 2027-01 检查，新增 131 份？")).to_be_visible()


def test_a_branch_opens_nothing_and_finds_its_own(site, page_as):
    page = page_as("杨帆", "/")
    expect(page.locator(".heat th a")).to_have_count(1)
    expect(page.locator(".periods")).to_have_count(0)
    page.goto(f"/tables/sites?row={BRANCH}")
    page.get_by_role("link", name="看一馆一档").click()
    expect(page.locator("h1")).to_have_text("官渡区文化馆关上街道分馆")
    page.locator(".lines.kin a").first.click()
    expect(page.locator("h1")).to_have_text("官渡区文化馆关上街道分馆关上社区基层服务点")
    sheet = page.request.get(page.get_by_role("link", name="打印").get_attribute("href"))
    assert (sheet.status, sheet.headers["content-type"], sheet.body()[:5]) == (200, "application/pdf", b"%PDF-")
    page.get_by_role("link", name="修改").first.click()
    expect(page.locator(".drawer.open h2, .drawer.open .dh")).to_contain_text(["关上社区"])
    assert page.goto("/sites/C530112").status == 404
    expect(page.locator("h1")).to_have_text("没有这个馆点")
