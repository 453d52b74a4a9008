"""The grid in a browser: filters, sort and search, and the address that keeps them."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.county import FIRST, County, cell, sites

# ---- filter, sort, search


def test_filter_and_sort_live_in_the_address(page: Page, county: County) -> None:
    page.get_by_label("筛选面积").fill(">400")
    expect(page.locator(".zf-status")).to_contain_text("共 44 行")
    page.locator('.ag-header-cell[col-id="area_m2"] .zf-head').click()
    expect(cell(page, 0, "area_m2")).to_have_text("402")
    page.locator('.ag-header-cell[col-id="name"] .zf-head').click(modifiers=["Shift"])
    page.get_by_role("button", name="筛选主办").or_(page.get_by_role("combobox", name="筛选主办")).click()
    page.locator(".zf-list .opt", has_text="政府").click()
    page.locator(".zf-list .opt", has_text="学校").click()
    expect(page).to_have_url(
        f"{county.site.url}/tables/sites?where=area_m2%3Agt%3A400&where=host%3Ain%3Agovernment%2Cschool&sort=area_m2%2Cname"
    )
    rows = sites(FIRST)
    count = sum(row["area_m2"] > 400 and row["host"] in ("government", "school") for row in rows)
    told = f"共 {count} 行"
    expect(page.locator(".zf-status")).to_have_text(told)
    page.reload()
    expect(page.locator(".zf-status")).to_have_text(told)
    expect(page.get_by_label("筛选面积")).to_have_value(">400")
    expect(page.get_by_text("2 项 ▾")).to_be_visible()
    expect(page.locator(".tool .count")).to_have_text(f"{count} 行")
    expect(page.locator(".tool .fchip")).to_have_count(2)


@pytest.mark.parametrize(
    ("label", "text", "rows"),
    [
        ("名称", "12号", 1),
        ("编码", "=C530111", 1),
        ("面积", "=", 0),
        ("编制", "<>", 15),
        ("面积", "900-1000", 14),
        ("开馆日期", "2019-11", 66),
        ("开馆日期", ">2019-11-02", 66),
        ("上级", "C530111001", 9),
    ],
)
def test_filters_by_kind(page: Page, label: str, text: str, rows: int) -> None:
    page.get_by_label(f"筛选{label}", exact=True).fill(text)
    expect(page.locator(".zf-status .left")).to_have_text(f"共 {rows} 行")


def test_a_filter_that_makes_no_sense_says_so(page: Page) -> None:
    page.get_by_label("筛选面积").fill("大")
    expect(page.get_by_label("筛选面积")).to_have_attribute("aria-invalid", "true")
    expect(page.locator(".zf-bar .why")).to_contain_text("数字，0 至 100,000")
    expect(page.locator(".zf-status .left")).to_have_text("共 132 行")
    page.get_by_label("筛选面积").fill("243")
    expect(page.locator(".zf-bar .why")).to_have_text("")


def test_no_rows_offers_the_way_out(page: Page) -> None:
    page.get_by_label("筛选名称").fill("没有的")
    expect(page.get_by_text("没有符合的行")).to_be_visible()
    page.get_by_role("button", name="清除筛选").click()
    expect(page.locator(".zf-status .left")).to_have_text("共 132 行")
    expect(page.get_by_label("筛选名称")).to_have_value("")


def test_list_filter_by_keys(page: Page) -> None:
    page.get_by_label("筛选级别").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    expect(page.locator(".zf-status .left")).to_have_text("共 14 行")
    page.keyboard.press("Escape")
    expect(page.locator(".zf-list")).to_have_count(0)
