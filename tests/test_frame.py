"""The page frame: what the navigation shows whom (pure), and how it behaves in a real browser."""

import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import expect, sync_playwright

from models.access import Actor
from models.catalog import Catalog, catalog
from models.kinds import Text
from models.schema import About, Field, Table
from models.words import speaking
from pages import frame as frames
from pages.frame import groups, reads_table
from tests.needs import browser_program

STUB = Path(__file__).parent / "browser" / "frame_stub.py"
PASSWORD = "Correct-Horse-7"
DESK, PHONE = {"width": 1366, "height": 768}, {"width": 390, "height": 844}


# ---- what is shown to whom


def table(name, group="supply", owner=False, county=""):
    return Table(name, About(name, name.title(), group=group, county=county), (Field("f", "F", Text(), owner=owner),))


OWNED, COUNTED, CITYS = table("owned", owner=True), table("counted", county="f"), table("citys")


@pytest.mark.parametrize(
    ("actor", "reads"),
    [
        (Actor("a", "admin"), "owned counted citys"),
        (Actor("a", "bureau"), "owned counted citys"),
        (Actor("a", "reader"), "owned counted citys"),
        (Actor("a", "bureau", county="官渡区"), "owned counted"),
        (Actor("a", "main", "C530111"), "owned counted"),
        (Actor("a", "center", "C5301"), "owned"),
        (Actor("a", "branch", "C530111001"), "owned"),
        (Actor("a", "assessor"), "owned"),
    ],
)
def test_tables_that_one_may_read(actor, reads):
    assert [one.name for one in (OWNED, COUNTED, CITYS) if reads_table(actor, one)] == reads.split()


@pytest.mark.parametrize(
    ("role", "pages"),
    [
        ("admin", {"sync": ["sync", "review", "exports"], "settings": ["admin"]}),
        ("branch", {"sync": ["sync", "review", "exports"]}),
        ("point", {"sync": ["review", "exports"]}),
        ("reader", {"sync": ["exports"]}),
        ("assessor", {}),
    ],
)
def test_pages_that_one_has_use_for(role, pages):
    shown = groups(Catalog(()), Actor("a", role))
    assert {group.code: [entry.key for entry in group.entries] for group in shown} == pages


def test_groups_come_in_the_order_of_a_year_and_none_is_empty():
    told = Catalog(tuple(table(f"t{place}", group) for place, group in enumerate(reversed(frames.HEADINGS))))
    shown = groups(told, Actor("a", "admin"))
    assert [group.code for group in shown] == list(frames.HEADINGS)
    assert all(group.entries and len(group.short) == 2 for group in shown)


def test_every_table_of_a_group_has_its_entry_and_no_other():
    shown = {entry.key for group in groups(catalog(), Actor("a", "admin")) for entry in group.entries}
    wanted = {one.name for one in catalog() if one.about.group in frames.HEADINGS}
    assert shown == wanted | {"sync", "review", "exports", "admin"}


def test_tables_are_called_in_the_askers_language():
    with speaking("en"):
        assert frames.label_of(OWNED) == "Owned"
    assert frames.label_of(OWNED) == "owned"


# ---- in a browser


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    command = [sys.executable, str(STUB), str(tmp_path_factory.mktemp("data"))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        yield f"http://127.0.0.1:{server.stdout.readline().strip()}"
        server.terminate()


@pytest.fixture(scope="module")
def chromium():
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=browser_program(), args=["--no-sandbox"])
        yield made
        made.close()


class Person:
    """Somebody at a browser window; what it asked for, and what it complained of, is remembered."""

    def __init__(self, chromium, address, size=DESK, **choices):
        self.context = chromium.new_context(viewport=size, base_url=address, locale="zh-CN")
        self.context.add_cookies([{"name": name, "value": value, "url": address} for name, value in choices.items()])
        self.asked, self.complaints = [], []
        self.page = self.context.new_page()
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def sign_in(self, name="李春梅", to="/tables/sites?row=b7"):
        self.page.goto(to)
        self.page.fill("[name=name]", name)
        self.page.fill("[name=password]", PASSWORD)
        self.page.press("[name=password]", "Enter")
        self.page.wait_for_selector(".app")
        return self.page


@pytest.fixture
def arrive(chromium, address):
    come = []

    def arriving(size=DESK, **choices):
        come.append(Person(chromium, address, size, **choices))
        return come[-1]

    yield arriving
    for person in come:
        person.context.close()


def test_one_signs_in_and_lands_where_one_was_going(arrive, address):
    person = arrive()
    page = person.sign_in()
    assert page.url == f"{address}/tables/sites?row=b7"
    expect(page.locator("#content")).to_contain_text("row b7")
    expect(page.locator("h1")).to_have_text("馆点")
    expect(page).to_have_title("馆点 · 总分馆台账")
    expect(page.locator("a[aria-current=page]").first).to_have_text("馆点")
    hosts = {url.split("/")[2] for url in person.asked if not url.startswith("data:")}
    assert hosts == {address.split("/")[2]}
    assert person.complaints == []


def test_the_bars_have_their_heights(arrive):
    page = arrive().sign_in()
    sizes = {
        name: page.locator(name).bounding_box() for name in (".top", ".nav", ".tool", ".tool .btn >> nth=0", "#content")
    }
    assert sizes[".top"]["height"] == 40
    assert sizes[".nav"]["width"] == 168
    assert sizes[".tool"]["height"] == 44
    assert sizes[".tool .btn >> nth=0"]["height"] == 28
    assert sizes["#content"]["y"] + sizes["#content"]["height"] == DESK["height"]


def test_what_waits_is_counted(arrive):
    page = arrive().sign_in()
    expect(page.locator(".nav .full a", has_text="月度检查").locator(".n")).to_have_text("7")
    expect(page.locator(".nav .full a", has_text="同步中心").locator(".n")).to_have_text("12,345")
    expect(page.locator(".nav .full a", has_text="布点任务").locator(".n")).to_have_count(0)


def test_a_long_group_is_folded_and_opens(arrive):
    page = arrive().sign_in()
    expect(page.get_by_text("9 项")).to_be_visible()
    expect(page.locator(".nav .full").get_by_text("供给3")).to_be_hidden()
    page.locator(".nav summary", has_text="9 项").click()
    page.locator(".nav .full").get_by_text("供给3").click()
    expect(page.locator(".nav .full .on")).to_have_text("供给3")


def test_the_navigation_folds_and_stays_folded(arrive):
    page = arrive().sign_in()
    page.click(".fold")
    assert page.locator(".nav").bounding_box()["width"] == 56
    page.reload()
    page.wait_for_selector(".app.rail")
    expect(page.locator(".short .on")).to_have_text("登记")
    page.click(".short >> text=检查")
    page.wait_for_url("**/tables/checklists")
    page.click(".fold")
    expect(page.locator(".nav .full")).to_be_visible()


def test_a_halls_person_sees_their_own_place(arrive):
    page = arrive().sign_in("王敏", "/")
    expect(page.locator(".menu summary")).to_have_text("王敏 · 总馆")
    page.click(".menu summary")
    expect(page.locator(".drop a")).to_have_text(["我的账号"])
    expect(page.locator(".nav .full").get_by_text("馆点", exact=True)).to_have_count(1)
    expect(page.locator(".nav .full").get_by_text("全市的表")).to_have_count(0)


# ---- search


def test_search_by_keyboard_alone(arrive, address):
    person = arrive()
    page = person.sign_in()
    page.keyboard.press("Control+k")
    page.keyboard.type("关上")
    options = page.locator(".find [role=option]")
    expect(options).to_have_count(2)
    expect(options.nth(0)).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowDown")
    expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{address}/tables/sites?row=b1")


def test_search_says_what_it_did_not_find(arrive):
    page = arrive().sign_in()
    page.fill(".find input", "nothing")
    expect(page.locator(".found p")).to_have_text("没有找到，换个写法再找")
    page.fill(".find input", "fault")
    expect(page.locator(".found p")).to_contain_text("再试一次")
    page.keyboard.press("Escape")
    expect(page.locator(".found")).to_have_count(0)


def test_search_opens_by_mouse_and_closes_when_left(arrive, address):
    page = arrive().sign_in()
    page.fill(".find input", "关上")
    page.locator(".found a").nth(1).click()
    page.wait_for_url(f"{address}/tables/plaque_orders?row=b2")
    page.wait_for_selector(".app")
    page.fill(".find input", "关上")
    expect(page.locator(".found")).to_be_visible()
    page.click("#content")
    expect(page.locator(".found")).to_have_count(0)


# ---- language, look, person


def test_the_dark_look_is_there_from_the_first_paint(arrive):
    person = arrive(zf_dark="1")
    person.page.add_init_script("""
        window.grounds = new Set();
        const look = () => {
            if (document.body) window.grounds.add(getComputedStyle(document.body).backgroundColor);
            requestAnimationFrame(look);
        };
        look();
    """)
    page = person.sign_in()
    expect(page.locator("h1")).to_have_css("color", "rgb(230, 234, 240)")
    assert set(page.evaluate("[...window.grounds]")) == {"rgb(20, 24, 30)"}
    assert page.evaluate("document.querySelector('meta[name=color-scheme]').content") == "dark"


def test_the_look_changes_at_once_and_stays(arrive):
    page = arrive().sign_in()
    page.get_by_role("button", name="深色").click()
    expect(page.locator("body")).to_have_css("background-color", "rgb(20, 24, 30)")
    page.reload()
    page.wait_for_selector(".app")
    expect(page.locator("body")).to_have_css("background-color", "rgb(20, 24, 30)")
    page.get_by_role("button", name="浅色").click()
    expect(page.locator("body")).to_have_css("background-color", "rgb(244, 245, 247)")


def test_the_language_changes_the_page(arrive):
    page = arrive().sign_in()
    assert page.evaluate("document.documentElement.lang") == "zh-CN"
    page.get_by_role("button", name="中文 / EN").click()
    expect(page.locator(".nav .full .on")).to_have_text("Sites")
    assert page.evaluate("document.documentElement.lang") == "en-US"
    page.locator(".top").get_by_role("button", name="中文 / EN").click()
    expect(page.locator(".nav .full .on")).to_have_text("馆点")


def test_leaving(arrive, address):
    page = arrive().sign_in()
    page.click(".menu summary")
    page.keyboard.press("Escape")
    expect(page.locator(".drop")).to_be_hidden()
    page.click(".menu summary")
    page.click("h1")
    expect(page.locator(".drop")).to_be_hidden()
    page.click(".menu summary")
    page.click("text=退出")
    page.wait_for_url(f"{address}/login")
    page.goto("/tables/sites")
    assert page.url == f"{address}/login?next=/tables/sites"


def test_an_open_page_acts_for_nobody_once_its_session_has_ended(arrive):
    person = arrive()
    page = person.sign_in()
    page.get_by_role("button", name="act").click()
    expect(page.locator("#content")).to_contain_text("acted as 李春梅")
    other = person.context.new_page()
    other.goto("/")
    other.click(".menu summary")
    other.click("text=退出")
    other.wait_for_url("**/login")
    page.get_by_role("button", name="act").click()
    page.wait_for_url("**/login?next=/tables/sites*")


def test_the_first_tab_leads_past_the_navigation(arrive):
    page = arrive().sign_in()
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    expect(page.locator(".skip")).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("#content")).to_be_focused()
    page.locator(".tool .btn").first.focus()
    assert page.evaluate("getComputedStyle(document.activeElement).outlineWidth") == "2px"


# ---- phone


def test_a_phone_has_a_bottom_bar_with_everything_behind_more(arrive):
    person = arrive(PHONE)
    page = person.sign_in()
    expect(page.locator(".nav")).to_be_hidden()
    bar = page.locator(".bottom").bounding_box()
    assert (bar["height"], bar["y"] + bar["height"]) == (48, PHONE["height"])
    expect(page.locator(".bottom > a")).to_have_text(["总览", "月度检查", "馆点", "活动台账"])
    page.click("text=更多")
    for label in ("布点任务", "供给3", "同步中心"):
        expect(page.locator(".sheet").get_by_text(label, exact=True)).to_be_visible()
    targets = page.locator(".sheet a, .sheet button")
    assert all(one.bounding_box()["height"] >= 44 for one in targets.all())
    page.locator(".sheet").get_by_text("供给3").click()
    page.wait_for_url("**/tables/ledger3")
    page.click("text=更多")
    page.locator(".sheet").get_by_text("退出").click()
    page.wait_for_url("**/login")


@pytest.mark.parametrize("size", [DESK, PHONE])
@pytest.mark.parametrize("path", ["/login", "/tables/sites"])
def test_nothing_is_wider_than_the_window(arrive, size, path):
    page = arrive(size).sign_in(to=path)
    assert page.evaluate("document.documentElement.scrollWidth") == size["width"]


@pytest.mark.parametrize("width", [600, 800, 1093])
def test_the_bars_fit_a_narrow_window(arrive, width):
    page = arrive({"width": width, "height": 614}).sign_in()
    for bar in (".top", ".nav", ".tool"):
        assert (
            page.evaluate("bar => { const e = document.querySelector(bar); return e.scrollWidth - e.clientWidth }", bar)
            <= 0
        )
    expect(page.locator(".fold")).to_be_in_viewport()
    expect(page.locator(".menu summary")).to_be_in_viewport(ratio=1)
