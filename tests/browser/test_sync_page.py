"""The sync centre in a browser: decisions that other browsers see at once, cycles that run beside the page, phones."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from playwright.sync_api import Locator, Page, expect

from integrations import books
from integrations.shows import expected_books
from integrations.syncing import run_kept
from models.access import SYNC
from models.services import Services, open_installation
from models.settings import settings
from tests.browser.conftest import DESK, PHONE, Site
from tests.conftest import environment
from tests.sheets import InFolder, Paper, in_this_process, load

BRANCH, POINT, OTHER = "C530111001", "C530111001001", "C530111001002"
SITES, CODE, HOURS = "馆点", "编码", "每周开放"
ADMIN, HALL, OWN = "李春梅", "王敏", "杨帆"


@dataclass
class Office:
    """The server with one workbook, of a branch and its points, and the means to work beside it."""

    site: Site
    parts: Services

    @property
    def sheets(self) -> InFolder:
        return InFolder(self.site.data / "sheets")

    def cycle(self) -> Mapping[str, int]:
        """What a cycle beside the server says."""
        report, waiting = run_kept(self.parts, lambda done, of, what: None, dry=False, take_over=False)
        return report.told(waiting)

    @contextmanager
    def paper(self) -> Iterator[Paper]:
        """The branch's sheet of sites, to edit as a person does."""
        paper = Paper(self.sheets.take(BRANCH, SITES))
        yield paper
        self.sheets.give(BRANCH, SITES, paper.grid)

    def quarrel(self, *codes: str) -> None:
        """A conflict at each of these sites: 42 hours here, 40 there."""
        with self.paper() as paper:
            for code in codes:
                paper.set(paper.number(CODE, code), HOURS, 40)
        for code in codes:
            self.site.edit("sites", code, "weekly_hours", 42, HALL)
        assert self.cycle()["conflicts"] >= len(codes)

    def news(self, statement: str, *values: object) -> None:
        """Change something behind everyone's back, and say so."""
        self.site.ask(statement, *values)
        self.site.ask("INSERT OR IGNORE INTO pulses (topic, count) VALUES ('jobs', 0)")
        self.site.ask("UPDATE pulses SET count = count + 1 WHERE topic = 'jobs'")

    def put_job(self, account: str, done: int, of: int) -> None:
        """A cycle that another machine runs."""
        self.news(
            'INSERT INTO jobs (kind, account, state, done, "of", what, started_at, seen_at, result, stop, machine, pid)'
            " VALUES ('sync', ?, 'running', ?, ?, '', '2026-01-01T00:00:00Z', '9999-01-01T00:00:00Z', '{}', 0, 'x', 1)",
            account,
            done,
            of,
        )


@pytest.fixture(autouse=True, scope="module")
def patience() -> Iterator[None]:
    """A cycle's process starts slowly where everything else runs too."""
    expect.set_options(timeout=20_000)
    yield
    expect.set_options(timeout=5_000)


@pytest.fixture(scope="module")
def beside(served: Site) -> Iterator[Services]:
    """The server's installation, opened beside it."""
    parts = open_installation(settings(environment(served.data)))
    yield parts
    parts.database.close()


@pytest.fixture
def office(site: Site, beside: Services, monkeypatch: pytest.MonkeyPatch) -> Office:
    """The one workbook has just been made."""
    monkeypatch.setattr("integrations.folder.grids_of_many", in_this_process)
    site.ask("UPDATE sites SET status = 'planned' WHERE code NOT LIKE 'C530111001%'")
    site.ask("DELETE FROM plaques")
    site.ask("DELETE FROM activities")
    site.ask("UPDATE pulses SET count = count + 1")
    made = Office(site, beside)
    assert made.cycle()["workbooks"] == 1
    return made


def conflict(page: Page, code: str) -> Locator:
    """A conflict on the page."""
    return page.locator("article.matter").filter(has_text=code)


def send(page: Page, part: str, **asked: object) -> None:
    """What a page would send whose buttons are out of date."""
    number = page.locator(part).evaluate("element => Number(element.id.slice(1))")
    page.evaluate("([number, asked]) => getElement(number).$emit('act', asked)", [number, asked])


# ---- decisions


def test_a_conflict_is_decided_once_in_two_browsers(office, page_as):
    office.quarrel(POINT, OTHER)
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
        expect(page.locator(".nav .full a.on .n")).to_have_text("1")  # how much waits, beside the page's name
    number = office.site.ask("SELECT max(id) FROM sync_conflicts")[0][0] - 1
    send(own, ".matters", do="decide", number=number, keep="sheet")
    expect(own.locator(".toast")).to_have_text("这一处已有人决定，不用再选✕")
    assert office.site.row("sites", POINT)["weekly_hours"] == 42
    assert own.locator(".content").evaluate("element => element.kept")  # the page was never loaded anew


def test_the_sheet_s_value_is_taken_and_given_back(office, page_as):
    office.quarrel(POINT)
    page = page_as(OWN, "/sync")
    page.get_by_role("button", name="用共享表的").click()
    expect(page.locator(".toast")).to_contain_text("已用共享表的")
    assert office.site.row("sites", POINT)["weekly_hours"] == 40
    page.locator(".toast").get_by_role("button", name="撤销").click()
    expect(page.locator(".toast")).to_contain_text("已撤销")
    assert office.site.row("sites", POINT)["weekly_hours"] == 42
    expect(page.locator(".wb .chip")).to_have_text("待写")
    page.get_by_role("button", name="立即同步").click()
    expect(page.locator(".wb .chip")).to_have_text("✓ 一致")
    with office.paper() as paper:
        assert paper.get(paper.number(CODE, POINT), HOURS) == 42


def test_a_page_keeps_its_place_while_things_change(office, page_as):
    codes = [code for (code,) in office.site.ask("SELECT code FROM sites WHERE code LIKE 'C530111001%' ORDER BY code")][
        :6
    ]
    office.quarrel(*codes[:-1])
    page = page_as(HALL, "/sync", viewport={"width": 1366, "height": 420})
    button = conflict(page, codes[3]).get_by_role("button", name="用共享表的")
    button.focus()
    matters = page.locator(".matters")
    before = matters.evaluate("element => { element.scrollTop = 200; return element.scrollTop; }")
    assert before > 0
    office.quarrel(codes[-1])
    expect(page.locator("article.matter")).to_have_count(6)
    assert matters.evaluate("element => element.scrollTop") == before
    expect(button).to_be_focused()


def test_by_keyboard_one_goes_on_with_the_next(office, page_as):
    office.quarrel(POINT, OTHER)
    page = page_as(HALL, "/sync")
    conflict(page, POINT).get_by_role("button", name="用共享表的").press("Enter")
    expect(conflict(page, POINT)).to_have_count(0)
    expect(conflict(page, OTHER).get_by_role("button", name="用共享表的")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("article.matter")).to_have_count(0)
    assert [office.site.row("sites", code)["weekly_hours"] for code in (POINT, OTHER)] == [40, 40]


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
    assert office.site.ask("SELECT count(*) FROM sync_conflicts") == [(51,)]
    page.get_by_role("button", name="全用台账的").click()
    dialog.get_by_role("button", name="全用台账的").click()
    expect(page.locator(".toast")).to_have_text("已用台账的 51 处✕")
    expect(page.get_by_text("✓ 没有等人决定的")).to_be_visible()


def put_conflicts(office: Office, count: int) -> None:
    """Conflicts about rows that are gone: quick to make."""
    for number in range(count):
        office.site.ask(
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

    with office.paper() as paper:
        before = len(paper.rows())
        for code in [row[CODE] for row in paper.rows() if row[CODE] != BRANCH]:
            paper.remove(paper.number(CODE, code))
    office.cycle()
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
    with office.paper() as paper:
        assert len(paper.rows()) == before


def test_a_file_that_is_gone_is_made_anew(office, page_as):
    page = page_as(HALL, "/sync")
    path = office.sheets.path(BRANCH)
    path.unlink()
    office.cycle()
    page.get_by_role("button", name="重做一份").click()
    expect(page.locator(".wb .chip")).to_have_text("✓ 一致")
    assert path.exists()
    with page.expect_download() as download:
        page.get_by_role("link", name="下载").click()
    assert download.value.suggested_filename == path.name


# ---- cycles


def test_a_trial_writes_nothing_and_says_what_it_found(office, page_as):
    with office.paper() as paper:
        paper.set(paper.number(CODE, POINT), HOURS, 40)
    office.site.edit("sites", OTHER, "weekly_hours", 42)
    before = office.sheets.content()
    page = page_as(ADMIN, "/sync")
    page.get_by_role("button", name="试跑").click()
    strip = page.locator(".jobs .note")
    expect(strip).to_contain_text("试跑，没有写")
    expect(strip).to_contain_text("要读 1 份，收 1 格；要写 1 份，1 格")
    expect(strip).to_contain_text("官渡区文化馆关上街道分馆")
    assert office.site.row("sites", POINT)["weekly_hours"] is None
    assert office.sheets.content() == before
    strip.get_by_role("button", name="✕").click()
    expect(strip).to_have_count(0)


def test_a_cycle_that_runs_is_watched_and_stopped(office, page_as):
    page, own = page_as(HALL, "/sync"), page_as(OWN, "/sync")
    office.put_job(HALL, done=2, of=5)
    for one in (page, own):
        expect(one.locator(".jobs .note")).to_contain_text("正在同步2/5")
    expect(own.locator(".jobs .note .btn")).to_have_count(0)
    expect(page.get_by_role("progressbar")).to_have_attribute("aria-valuenow", "2")
    office.news("UPDATE jobs SET done = 4, what = ?", "官渡区文化馆关上街道分馆")
    for one in (page, own):
        expect(one.locator(".jobs .note")).to_contain_text("4/5 官渡区文化馆关上街道分馆")
    page.get_by_role("button", name="立即同步").click()
    page.get_by_role("button", name="停下").click()
    for one in (page, own):
        expect(one.locator(".jobs .note")).to_contain_text("做完手上这份就停")
    expect(page.get_by_role("button", name="停下")).to_have_count(0)
    assert office.site.ask("SELECT stop FROM jobs") == [(1,)]
    office.news("UPDATE jobs SET state = 'cancelled', ended_at = seen_at")
    for one in (page, own):
        expect(one.locator(".jobs .note")).to_have_count(0)


def test_a_folder_is_taken_over_after_a_question(office, page_as):
    lease = office.sheets.root / ".zongfen.json"
    lease.write_text('{"installation": "another", "home": "elsewhere", "counter": 1}', "utf-8")
    page, hall = page_as(ADMIN, "/sync"), page_as(HALL, "/sync")
    page.get_by_role("button", name="立即同步").click()
    for one in (page, hall):
        expect(one.locator(".jobs .note")).to_contain_text("共享文件夹归另一套台账")
    expect(hall.get_by_role("button", name="由这套台账写入")).to_have_count(0)
    page.get_by_role("button", name="由这套台账写入").click()
    expect(page.locator("dialog[open]").get_by_role("button", name="先不动")).to_be_focused()
    page.keyboard.press("Escape")
    assert "another" in lease.read_text("utf-8")
    page.get_by_role("button", name="由这套台账写入").click()
    page.locator("dialog[open]").get_by_role("button", name="由这套台账写入").click()
    expect(page.locator(".toast")).to_contain_text("已同步")
    expect(hall.locator(".jobs .note")).to_have_count(0)
    assert "another" not in lease.read_text("utf-8")


def test_when_cycles_start_is_chosen_and_shown_to_all(office, page_as):
    page, own = page_as(ADMIN, "/sync"), page_as(OWN, "/sync")
    expect(own.locator(".tool .chip")).to_have_text("手动同步")
    page.get_by_label("自动同步").select_option("✓ 自动同步，每 5 分钟")
    expect(own.locator(".tool .chip")).to_have_text("✓ 自动同步，每 5 分钟")
    expect(page.get_by_label("自动同步")).to_have_value("5")
    assert office.site.ask("SELECT value FROM meta WHERE name = 'sync_every'") == [("5",)]


# ---- who sees it, and on what


def test_those_without_workbooks_are_told_so(site, page_as):
    page = page_as("和丽", "/sync")
    expect(page.locator(".content")).to_contain_text("不在你的范围")
    expect(page.locator(".matters")).to_have_count(0)


def test_a_copy_that_was_filled_in_elsewhere_is_brought_back(office, page_as, tmp_path):
    page = page_as(HALL, "/sync")
    page.locator(".wb .chip").click()
    with page.expect_download() as taken:
        page.get_by_role("link", name="下载", exact=True).click()
    path = tmp_path / "微信.xlsx"
    taken.value.save_as(path)
    book = load(path)
    paper = Paper([list(row) for row in book[SITES].iter_rows(values_only=True)])
    column = paper.grid[0].index(HOURS) + 1
    book[SITES].cell(paper.number(CODE, POINT), column).value = 44
    book.save(path)
    page.get_by_label("传回填好的表").set_input_files(path)
    expect(page.locator(".toast")).to_contain_text("收回 1 格")
    expect(page.locator(".wb td.num").first).to_have_text("1")
    assert office.site.row("sites", POINT)["weekly_hours"] == 44
    page.get_by_label("传回填好的表").set_input_files(office.sheets.path(BRANCH))
    expect(page.locator(".toast")).to_contain_text("不是从这里下载的那份")


def test_an_ended_session_learns_nothing_more(office, page_as):
    page = page_as(OWN, "/sync")
    expect(page.get_by_text("✓ 没有等人决定的")).to_be_visible()
    office.site.end_session(OWN)
    office.quarrel(POINT)
    hall = page_as(HALL, "/sync")
    expect(conflict(hall, POINT)).to_be_visible()
    expect(conflict(page, POINT)).to_have_count(0)
    page.get_by_role("button", name="立即同步").click()
    page.wait_for_url("**/login?next=/sync")


def test_182_workbooks_are_one_light_page_and_are_searched_at_once(site, beside, page_as):
    with beside.database.write() as connection:  # as the first cycle leaves them; no file has to be there for the page
        for one in expected_books(beside.query.view(connection, SYNC)).values():
            books.keep_book(connection, books.Book(one.code, one.name, f"{one.code}.xlsx", "seen", books.FINE))
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
    office.quarrel(POINT)
    path = office.sheets.path(BRANCH)
    office.put_job(HALL, 2, 5)
    page = page_as(HALL, "/sync", viewport=size)
    expect(conflict(page, POINT)).to_be_visible()
    path.unlink()
    office.cycle()
    expect(page.locator(".stop")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == size["width"]
    content = page.locator("#content")
    assert content.evaluate("element => element.scrollWidth - element.clientWidth") == 0


def test_on_a_phone_what_waits_comes_first_and_buttons_are_large(office, page_as):
    office.quarrel(POINT, OTHER)
    page = page_as(HALL, "/sync", viewport=PHONE)
    expect(page.locator("article.matter")).to_have_count(2)
    places = [page.locator(name).bounding_box()["y"] for name in (".matters", ".books")]
    assert places == sorted(places)
    expect(page.locator(".wb thead")).to_be_hidden()
    heights = [button.bounding_box()["height"] for button in page.locator(":is(.content, .tool) .btn:visible").all()]
    assert min(heights) >= 44
    ours, theirs = (page.locator(f".{name}").first.bounding_box() for name in ("ours", "theirs"))
    assert (ours["width"], ours["height"]) == (theirs["width"], theirs["height"])
