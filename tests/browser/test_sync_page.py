"""The sync centre in a browser: decisions that other browsers see at once, cycles that run beside the page, phones."""

import json

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESK, PHONE, Site
from tests.sheets import Grid, InFolder, Paper

BRANCH, POINT, OTHER = "C530111001", "C530111001001", "C530111001002"
SITES = "馆点"
ADMIN, HALL, OWN = "李春梅", "王敏", "杨帆"
GONE = "DELETE FROM plaques", "DELETE FROM activities"


@pytest.fixture
def office(site: Site) -> Site:
    """The server with one workbook, of a branch and its points, which has just been made."""
    for statement in (
        "UPDATE sites SET status = 'planned' WHERE code NOT LIKE 'C530111001%'",
        *GONE,
        "UPDATE pulses SET count = count + 1",
    ):
        site.ask(statement)
    synced(site)
    return site


def synced(site: Site) -> dict:
    """What a cycle from the command line says."""
    ran = site.run("sync", "--json")
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


def edit_sheet(site: Site, edit) -> Paper:
    """Edit the branch's sheet of sites as a person does."""
    folder = InFolder(site.data / "sheets")
    grid: Grid = folder.take(BRANCH, SITES)
    paper = Paper(grid)
    edit(paper)
    folder.give(BRANCH, SITES, paper.grid)
    return paper


def in_sheet(site: Site, code: str, header: str) -> object:
    """What the sheet says of a site."""
    paper = Paper(InFolder(site.data / "sheets").take(BRANCH, SITES))
    return paper.get(paper.number("编码", code), header)


def quarrel(site: Site, *codes: str) -> None:
    """A conflict at each of these sites: 42 hours here, 40 there."""
    edit_sheet(site, lambda paper: [paper.set(paper.number("编码", code), "每周开放", 40) for code in codes])
    for code in codes:
        site.edit("sites", code, "weekly_hours", 42, HALL)
    assert synced(site)["conflicts"] >= len(codes)


def conflict(page: Page, code: str):
    """A conflict on the page."""
    return page.locator("article.matter").filter(has_text=code)


def ask(page: Page, part: str, **asked: object) -> None:
    """Send what a page would send whose buttons are out of date."""
    number = page.locator(part).evaluate("element => Number(element.id.slice(1))")
    page.evaluate("([number, asked]) => getElement(number).$emit('act', asked)", [number, asked])


# ---- decisions


def test_a_conflict_is_decided_once_in_two_browsers(office, page_as):
    quarrel(office, POINT, OTHER)
    hall, own = page_as(HALL, "/sync"), page_as(OWN, "/sync")
    for page in (hall, own):
        expect(page.locator("article.matter")).to_have_count(2)
    expect(conflict(own, POINT)).to_contain_text("42 小时")
    expect(conflict(own, POINT).locator(".ours small").last).to_contain_text(HALL)
    own.locator(".content").evaluate("element => (element.kept = true)")
    conflict(hall, POINT).get_by_role("button", name="用台账的").click()
    expect(hall.locator(".toast")).to_contain_text("已用台账的")
    for page in (hall, own):
        expect(conflict(page, POINT)).to_have_count(0)
        expect(conflict(page, OTHER)).to_be_visible()
    number = office.ask("SELECT max(id) FROM sync_conflicts")[0][0] - 1
    ask(own, ".matters", do="decide", number=number, keep="sheet")
    expect(own.locator(".toast")).to_have_text("这一处已有人决定，不用再选✕")
    assert office.row("sites", POINT)["weekly_hours"] == 42
    assert own.locator(".content").evaluate("element => element.kept")  # the page was never loaded anew


def test_the_sheet_s_value_is_taken_and_given_back(office, page_as):
    quarrel(office, POINT)
    page = page_as(OWN, "/sync")
    page.get_by_role("button", name="用共享表的").click()
    expect(page.locator(".toast")).to_contain_text("已用共享表的")
    assert office.row("sites", POINT)["weekly_hours"] == 40
    page.locator(".toast").get_by_role("button", name="撤销").click()
    expect(page.locator(".toast")).to_contain_text("已撤销")
    assert office.row("sites", POINT)["weekly_hours"] == 42
    expect(page.locator(".wb .chip")).to_have_text("待写")
    page.get_by_role("button", name="立即同步").click()
    expect(page.locator(".wb .chip")).to_have_text("✓ 一致")
    assert in_sheet(office, POINT, "每周开放") == 42


def test_a_page_keeps_its_place_while_things_change(office, page_as):
    codes = [code for (code,) in office.ask("SELECT code FROM sites WHERE code LIKE 'C530111001%' ORDER BY code")][:6]
    quarrel(office, *codes[:-1])
    page = page_as(HALL, "/sync", viewport={"width": 1366, "height": 420})
    button = conflict(page, codes[3]).get_by_role("button", name="用共享表的")
    button.focus()
    matters = page.locator(".matters")
    before = matters.evaluate("element => (element.scrollTop = 300)")
    quarrel(office, codes[-1])
    expect(page.locator("article.matter")).to_have_count(6)
    assert matters.evaluate("element => element.scrollTop") == before
    expect(button).to_be_focused()


def test_many_are_decided_after_a_question(office, page_as):
    put_conflicts(office, 51)
    page = page_as(HALL, "/sync")
    expect(page.locator("article.matter")).to_have_count(30)
    page.get_by_role("button", name="还有 21 处").click()
    expect(page.locator("article.matter")).to_have_count(51)
    page.get_by_role("button", name="全用台账的").click()
    dialog = page.locator("dialog")
    expect(dialog).to_contain_text("51 处冲突全用台账的？")
    expect(dialog.get_by_role("button", name="先不动")).to_be_focused()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    assert office.ask("SELECT count(*) FROM sync_conflicts") == [(51,)]
    page.get_by_role("button", name="全用台账的").click()
    dialog.get_by_role("button", name="全用台账的").click()
    expect(page.locator(".toast")).to_have_text("已用台账的 51 处✕")
    expect(page.get_by_text("✓ 没有等人决定的")).to_be_visible()


def put_conflicts(site: Site, count: int) -> None:
    """Conflicts about rows that are gone: quick to make."""
    for number in range(count):
        site.ask(
            "INSERT INTO sync_conflicts (book, kind, table_name, row_id, field, base, app, sheet, site, seen_at)"
            " VALUES (?, 'cell', 'sites', ?, 'head', 'null', '\"a\"', '\"b\"', ?, '2026-01-01T00:00:00Z')",
            BRANCH,
            f"row{number}",
            BRANCH,
        )


# ---- stopped workbooks


def test_a_stopped_workbook_gets_its_rows_back(office, page_as):
    page, own = page_as(HALL, "/sync"), page_as(OWN, "/sync")
    expect(page.get_by_text("✓ 没有等人决定的")).to_be_visible()

    def empty(paper):
        for code in list(paper.by_id()):
            if paper.by_id()[code]["编码"] != BRANCH:
                paper.remove(paper.of(code))

    rows = len(edit_sheet(office, empty).rows())
    synced(office)
    stop = page.locator(".stop")
    expect(stop).to_contain_text("已停")
    expect(stop).to_contain_text("关上")
    expect(own.locator(".stop")).to_contain_text("由总馆或文旅局决定")
    expect(own.locator(".stop .btn")).to_have_text(["重新读一次"])
    stop.get_by_role("button", name="写回表里").click()
    expect(page.locator(".toast")).to_have_text("已同步✕")
    for one in (page, own):
        expect(one.locator(".stop")).to_have_count(0)
        expect(one.locator(".wb .chip")).to_have_text("✓ 一致")
    assert len(Paper(InFolder(office.data / "sheets").take(BRANCH, SITES)).rows()) > rows


def test_a_file_that_is_gone_is_made_anew(office, page_as):
    page = page_as(HALL, "/sync")
    path = InFolder(office.data / "sheets").path(BRANCH)
    path.unlink()
    synced(office)
    page.get_by_role("button", name="重做一份").click()
    expect(page.locator(".wb .chip")).to_have_text("✓ 一致")
    assert path.exists()
    with page.expect_download() as download:
        page.get_by_role("link", name="下载").click()
    assert download.value.suggested_filename == path.name


# ---- cycles


def test_a_trial_writes_nothing_and_says_what_it_found(office, page_as):
    edit_sheet(office, lambda paper: paper.set(paper.number("编码", POINT), "每周开放", 40))
    office.edit("sites", OTHER, "weekly_hours", 42)
    before = InFolder(office.data / "sheets").content()
    page = page_as(ADMIN, "/sync")
    page.get_by_role("button", name="试跑").click()
    strip = page.locator(".jobs .note")
    expect(strip).to_contain_text("试跑，没有写")
    expect(strip).to_contain_text("要读 1 份，收 1 格；要写 1 份，1 格")
    expect(strip).to_contain_text("官渡区文化馆关上街道分馆")
    assert office.row("sites", POINT)["weekly_hours"] is None
    assert InFolder(office.data / "sheets").content() == before
    strip.get_by_role("button", name="✕").click()
    expect(strip).to_have_count(0)


def test_a_cycle_that_runs_is_watched_and_stopped(office, page_as):
    page, own = page_as(HALL, "/sync"), page_as(OWN, "/sync")
    put_job(office, HALL, done=2, of=5)
    for one in (page, own):
        expect(one.locator(".jobs .note")).to_contain_text("正在同步2/5")
    expect(own.locator(".jobs .btn")).to_have_count(0)
    expect(page.get_by_role("progressbar")).to_have_attribute("aria-valuenow", "2")
    news(office, "UPDATE jobs SET done = 4, what = ?", "官渡区文化馆关上街道分馆")
    for one in (page, own):
        expect(one.locator(".jobs .note")).to_contain_text("4/5 官渡区文化馆关上街道分馆")
    page.get_by_role("button", name="立即同步").click()
    page.get_by_role("button", name="停下").click()
    expect(page.get_by_role("button", name="停下")).to_be_disabled()
    wait(page, lambda: office.ask("SELECT stop FROM jobs") == [(1,)])
    news(office, "UPDATE jobs SET state = 'cancelled', ended_at = seen_at")
    for one in (page, own):
        expect(one.locator(".jobs .note")).to_have_count(0)


def put_job(site: Site, account: str, done: int, of: int) -> None:
    """A cycle that another machine runs."""
    news(
        site,
        'INSERT INTO jobs (kind, account, state, done, "of", what, started_at, seen_at, result, stop, machine, pid)'
        " VALUES ('sync', ?, 'running', ?, ?, '', '2026-01-01T00:00:00Z', '9999-01-01T00:00:00Z', '{}', 0, 'x', 1)",
        account,
        done,
        of,
    )


def news(site: Site, statement: str, *values: object) -> None:
    """Change something behind everyone's back, and say so."""
    site.ask(statement, *values)
    site.ask("INSERT OR IGNORE INTO pulses (topic, count) VALUES ('jobs', 0)")
    site.ask("UPDATE pulses SET count = count + 1 WHERE topic = 'jobs'")


def wait(page: Page, holds) -> None:
    """Wait until something holds that no page shows."""
    for _time in range(100):
        if holds():
            return
        page.wait_for_timeout(50)
    raise AssertionError


def test_when_cycles_start_is_chosen_and_shown_to_all(office, page_as):
    page, own = page_as(ADMIN, "/sync"), page_as(OWN, "/sync")
    expect(own.locator(".tool .chip")).to_have_text("手动同步")
    page.get_by_label("自动同步").select_option("✓ 自动同步，每 5 分钟")
    expect(own.locator(".tool .chip")).to_have_text("✓ 自动同步，每 5 分钟")
    expect(page.get_by_label("自动同步")).to_have_value("5")
    assert office.ask("SELECT value FROM meta WHERE name = 'sync_every'") == [("5",)]


# ---- who sees it, and on what


def test_those_without_workbooks_are_told_so(site, page_as):
    page = page_as("和丽", "/sync")
    expect(page.locator(".content")).to_contain_text("不在你的范围")
    expect(page.locator(".matters")).to_have_count(0)


def test_an_ended_session_learns_nothing_more(office, page_as):
    page = page_as(OWN, "/sync")
    expect(page.get_by_text("✓ 没有等人决定的")).to_be_visible()
    office.end_session(OWN)
    quarrel(office, POINT)
    hall = page_as(HALL, "/sync")
    expect(conflict(hall, POINT)).to_be_visible()
    expect(conflict(page, POINT)).to_have_count(0)
    page.get_by_role("button", name="立即同步").click()
    page.wait_for_url("**/login?next=/sync")


def test_182_workbooks_are_one_light_page_and_are_searched_at_once(site, page_as):
    synced(site)
    page = page_as(ADMIN)
    answer = page.goto("/sync")
    assert len(answer.body()) < 150_000
    rows = page.locator(".wb tbody tr")
    expect(rows).to_have_count(182)
    page.get_by_label("找一份表").fill("官渡 六甲")
    expect(rows).to_have_count(2)
    page.get_by_label("找一份表").fill("没有这样的")
    expect(page.get_by_text("没有符合的表")).to_be_visible()
    page.get_by_role("button", name="清除筛选").click()
    expect(rows).to_have_count(182)


@pytest.mark.parametrize("size", [DESK, PHONE, {"width": 800, "height": 600}])
def test_nothing_is_wider_than_the_window(office, page_as, size):
    quarrel(office, POINT)
    path = InFolder(office.data / "sheets").path(BRANCH)
    put_job(office, HALL, 2, 5)
    page = page_as(HALL, "/sync", viewport=size)
    expect(conflict(page, POINT)).to_be_visible()
    path.unlink()
    synced(office)
    expect(page.locator(".stop")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == size["width"]
    content = page.locator("#content")
    assert content.evaluate("element => element.scrollWidth - element.clientWidth") == 0


def test_on_a_phone_what_waits_comes_first_and_buttons_are_large(office, page_as):
    quarrel(office, POINT, OTHER)
    page = page_as(HALL, "/sync", viewport=PHONE)
    expect(page.locator("article.matter")).to_have_count(2)
    places = [page.locator(name).bounding_box()["y"] for name in (".matters", ".books")]
    assert places == sorted(places)
    expect(page.locator(".wb thead")).to_be_hidden()
    heights = [button.bounding_box()["height"] for button in page.locator(".content .btn, .tool .btn").all()]
    assert min(heights) >= 44
    ours, theirs = (page.locator(f".{name}").first.bounding_box() for name in ("ours", "theirs"))
    assert (ours["width"], ours["height"]) == (theirs["width"], theirs["height"])
