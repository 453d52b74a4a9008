"""On a phone: a list instead of the grid, and a check filled in by taps, with a network or without."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import PHONE, Site

SITE, NAME, MONTH = "C530111001", "关上街道综合文化服务中心", "2026-11"
KEY = f"{SITE}/{MONTH}/monthly"


@dataclass
class Phone:
    """A hall's phone with a fresh check open on it."""

    site: Site
    page: Page
    row: str

    def item(self, code: str) -> Locator:
        return self.page.locator(f'.it[data-code="{code}"]')

    def tap(self, code: str, answer: str) -> None:
        self.item(code).get_by_role("button", name=re.compile(f"^([✓✗] )?{answer}$")).tap()

    def foot(self, name: str) -> Locator:
        return self.page.locator(".foot").get_by_role("button", name=name)

    def saved(self) -> None:
        expect(self.page.locator(".check .saved")).to_contain_text("✓ 已存")

    def check(self) -> dict:
        return self.site.row("checklists", self.row)


@pytest.fixture
def phone(site: Site, page_as) -> Iterator[Phone]:
    with site.client("王敏") as client:
        values = {"site": SITE, "month": MONTH, "inspector": "马骏"}
        row = client.post("/tables/checklists/rows", json={"values": values}).raise_for_status().json()["row"]["id"]
    page = page_as("王敏", f"/tables/checklists?row={row}", viewport=PHONE, has_touch=True, is_mobile=True)
    expect(page.locator(".check .it").first).to_be_visible()
    yield Phone(site, page, row)
    page.context.set_offline(False)


def fits(page: Page) -> None:
    """Nothing is wider than the phone."""
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]


def test_a_list_is_searched_and_a_tap_opens_the_form(site: Site, page_as) -> None:
    where = "/tables/checklists?where=month:eq:2025-12&where=site.level:eq:branch"
    page = page_as("王敏", where, viewport=PHONE, has_touch=True, is_mobile=True)
    cards = page.locator(".zf-cards .card")
    expect(cards.first).to_contain_text("已确认")
    expect(page.locator(".ag-root-wrapper")).to_have_count(0)
    expect(page.locator(".fchip")).to_contain_text(["2025-12"])
    page.locator(".zf-cards input").fill(NAME)
    expect(cards).to_have_count(1)
    fits(page)
    cards.first.tap()
    expect(page.locator(".drawer h2")).to_have_text(NAME)
    expect(page.locator(".check .op").first).to_be_disabled()  # confirmed: nobody fills it in any more
    page.get_by_role("button", name="‹ 返回").tap()
    expect(page.locator(".drawer.open")).to_have_count(0)


def test_what_fails_is_put_right_and_the_rest_of_its_group_passes(phone: Phone) -> None:
    page = phone.page
    expect(page.locator(".check .sum")).to_have_text("0/38")
    phone.tap("D02", "不合格")
    expect(phone.item("D02").get_by_role("button", name="✗ 不合格")).to_have_attribute("aria-pressed", "true")
    phone.item("D02").get_by_label("问题").fill("门口没有公示")
    phone.item("D02").get_by_label("责任人").fill("孙红")
    expect(phone.item("D02").locator(".state")).to_have_text("✓ 整改已登记：待整改")
    page.get_by_role("button", name="其余全部合格").tap()
    expect(page.locator(".check .nums")).to_contain_text("✗ 1 项不合格")
    expect(page.locator(".grp")).to_contain_text("5/5")
    phone.saved()
    check = phone.check()
    found = {code: check[code] for code in ("D01", "D02", "D03", "D04", "D05")}
    assert found == {"D01": True, "D02": False, "D03": True, "D04": True, "D05": "未停止开放"}
    mend = phone.site.row("rectifications", f"{SITE}-{MONTH}-D02")
    assert (mend["site"], mend["checklist"], mend["item"]) == (SITE, MONTH, "D02")
    assert (mend["problem"], mend["responsible"], mend["status"]) == ("门口没有公示", "孙红", "open")
    boxes = [one.bounding_box() for one in page.locator(".check button:visible").all()]
    assert min(box["height"] for box in boxes if box) >= 44
    widths = {round(one.bounding_box()["width"]) for one in phone.item("D01").locator(".op").all()}
    assert len(widths) == 1
    fits(page)
    phone.tap("D02", "合格")  # a mistake: the row that puts it right does not go unseen
    phone.item("D02").get_by_role("button", name="撤销这条整改").tap()
    expect(phone.item("D02").locator(".mend")).to_be_hidden()
    phone.saved()
    assert phone.site.row("rectifications", f"{SITE}-{MONTH}-D02")["status"] == "void"


def test_news_that_come_before_an_answer_cost_nothing(phone: Phone) -> None:
    page, held = phone.page, []
    page.route("**/rectifications/rows", lambda route: held.append(route))
    phone.tap("D02", "不合格")
    phone.item("D02").get_by_label("问题").fill("门口没有公示")
    with page.expect_request("**/rectifications/rows"):
        phone.item("D02").get_by_label("责任人").fill("孙红")
    phone.site.edit("checklists", KEY, "D04", True)
    expect(phone.item("D04").get_by_role("button", name="✓ 合格")).to_have_attribute("aria-pressed", "true")
    held[0].continue_()
    expect(phone.item("D02").locator(".state")).to_have_text("✓ 整改已登记：待整改")


def test_without_a_network_what_is_tapped_is_kept_and_sent_once_back(phone: Phone) -> None:
    page = phone.page
    page.context.set_offline(True)
    phone.tap("D01", "合格")
    phone.tap("D02", "不适用")
    expect(page.locator(".band")).to_contain_text("草稿已存本机")
    phone.foot("下一组：免费开放").tap()
    phone.item("F01").get_by_role("textbox").fill("36.5")
    phone.site.edit("checklists", KEY, "D02", False)  # another fills it in meanwhile
    assert phone.check()["D01"] is None
    page.context.set_offline(False)
    expect(page.locator(".band")).to_be_hidden()
    phone.saved()
    phone.foot("上一组").tap()
    expect(phone.item("D02").locator(".say")).to_contain_text("改为 不合格，你的是 不适用")
    check = phone.check()
    assert (check["D01"], check["D02"], check["F01"]) == (True, False, 36.5)
    phone.item("D02").get_by_role("button", name="用我的").tap()
    expect(phone.item("D02").locator(".say")).to_be_empty()
    phone.saved()
    assert phone.check()["D02"] == "na"
    assert page.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('zongfen:'))") == []


def test_a_draft_outlives_its_page(phone: Phone) -> None:
    page = phone.page
    page.route("**/api/v1/**", lambda route: route.abort())
    phone.tap("D03", "不合格")
    phone.item("D03").get_by_label("问题").fill("没有贴出")
    expect(page.locator(".band")).to_contain_text("草稿已存本机")
    page.reload()
    expect(phone.item("D03").get_by_label("问题")).to_have_value("没有贴出")
    page.unroute("**/api/v1/**")
    with page.expect_response("**/cells"):
        page.evaluate("dispatchEvent(new Event('online'))")  # else it tries again by itself, some seconds later
    expect(page.locator(".band")).to_be_hidden()
    expect(phone.item("D03").locator(".state")).to_have_text("还差责任人，填了就登记")
    assert phone.check()["D03"] is False


def test_a_full_check_is_submitted_at_its_end(phone: Phone) -> None:
    page, answers = phone.page, {}
    with phone.site.client("王敏") as client:
        for one in client.get("/tables/checklists/about").json()["fields"]:
            if re.fullmatch(r"[A-Z]\d\d", one["name"]):
                answers[one["name"]] = {"before": None, "after": "na" if one["choices"] else "好"}
        blank = next(name for name in answers if name.startswith("F"))
        del answers[blank]
        client.patch(f"/tables/checklists/rows/{phone.row}", json=answers).raise_for_status()
    expect(page.locator(".check .sum")).to_have_text("37/38")
    while (next_ := page.locator(".foot .pri")).inner_text().startswith("下一组"):
        next_.tap()
    phone.foot("还剩 1 项，去填").tap()
    phone.item(blank).get_by_role("button", name="不适用").tap()
    while next_.inner_text().startswith("下一组"):
        next_.tap()
    phone.foot("报送检查").tap()
    expect(page.locator(".drawer .dh")).to_contain_text("已提交")
    expect(page.locator(".check .op").first).to_be_disabled()
    assert phone.check()["status"] == "submitted"


def test_what_is_typed_into_a_form_in_a_dead_spot_is_there_again(site: Site, page_as) -> None:
    page = page_as("王敏", f"/tables/sites?row={SITE}", viewport=PHONE, has_touch=True, is_mobile=True)
    head = page.locator('.drawer [name="head"]')
    expect(head).to_be_visible()
    page.evaluate("window.socket.disconnect()")  # the live connection is gone; the server hears of nothing
    head.fill("赵梅")
    assert site.ask("SELECT * FROM form_drafts") == []
    page.reload()
    expect(head).to_have_value("赵梅")
    site.wait_for("form_drafts", "赵梅")
    page.get_by_role("button", name="保存").tap()
    expect(page.locator(".drawer .df [role=status]")).to_have_text("")
    assert site.row("sites", SITE)["head"] == "赵梅"
    page.wait_for_function("!Object.keys(sessionStorage).some((key) => key.startsWith('zongfen:typed:'))")
