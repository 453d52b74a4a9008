"""The grid in a browser: what a person types, pastes, filters and sees, against the stub of the API."""

import csv
import io
import json
import os
import re
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

WIDE = {"width": 3400, "height": 768}  # every column is on screen


class Stub:
    """The server under test, and what its tests may do behind a page's back."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"

    def post(self, path: str, **body: object) -> None:
        request = urllib.request.Request(
            f"{self.url}/stub/{path}", json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        urllib.request.urlopen(request).close()

    def world(self) -> dict:
        with urllib.request.urlopen(f"{self.url}/stub/world") as answer:
            return json.load(answer)

    def value(self, row: str, field: str) -> object:
        return self.world()["rows"][row][field]

    def posts(self) -> list[dict]:
        return self.world()["posts"]


@pytest.fixture(scope="module")
def server() -> Iterator[Stub]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, str(Path(__file__).with_name("grid_stub.py")), str(port)]
    # NiceGUI serves differently where it sees pytest.
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environ) as process:
        assert process.stdout is not None
        assert any("ready" in line for line in process.stdout)
        with socket.socket() as probe:
            while probe.connect_ex(("127.0.0.1", port)):  # it says so just before it listens
                pass
        yield Stub(port)
        process.terminate()


@pytest.fixture
def stub(server: Stub) -> Stub:
    server.post("down", down=False)
    server.post("reset", rows=132)
    return server


@pytest.fixture(scope="module")
def context(browser: Browser) -> Iterator[BrowserContext]:
    """One for all tests: the scripts are fetched and compiled once."""
    with browser.new_context(viewport=WIDE) as context:
        yield context


@pytest.fixture
def page(context: BrowserContext, stub: Stub) -> Iterator[Page]:
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda fault: faults.append(str(fault)))
    visit(page, stub)
    yield page
    page.close()
    assert faults == []


def visit(page: Page, stub: Stub, query: str = "") -> None:
    page.goto(f"{stub.url}/tables/sites{query}")
    expect(cell(page, 0, "code")).to_have_text("C530111")


def cell(page: Page, row: int, field: str) -> Locator:
    return page.locator(f'.ag-body-viewport .ag-row[row-index="{row}"] > .ag-cell[col-id="{field}"]')


def draft(page: Page, field: str) -> Locator:
    return page.locator(f'.ag-floating-top .ag-cell[col-id="{field}"]')


def number(page: Page, row: int) -> Locator:
    return cell(page, row, "#")


def block(page: Page, top: int, left: str, bottom: int, right: str) -> None:
    cell(page, top, left).click()
    cell(page, bottom, right).click(modifiers=["Shift"])


def paste(page: Page, text: str) -> None:
    page.evaluate(
        """text => {
          const data = new DataTransfer();
          data.setData("text/plain", text);
          const event = new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true});
          document.activeElement.dispatchEvent(event);
        }""",
        text,
    )


def copied(page: Page) -> str:
    return page.evaluate(
        """() => {
          const data = new DataTransfer();
          document.activeElement.dispatchEvent(
            new ClipboardEvent("copy", {clipboardData: data, bubbles: true, cancelable: true}));
          return data.getData("text/plain");
        }"""
    )


def compose(page: Page, spelling: str, text: str) -> None:
    """What a Chinese input method does on the focused element: the first key is 229, then a composition, then text."""
    session = page.context.new_cdp_session(page)
    session.send("Input.dispatchKeyEvent", {"type": "rawKeyDown", "windowsVirtualKeyCode": 229, "key": "Process"})
    for end in range(1, len(spelling) + 1):
        session.send("Input.imeSetComposition", {"text": spelling[:end], "selectionStart": end, "selectionEnd": end})
    session.send("Input.insertText", {"text": text})
    session.detach()


def has_state(place: Locator, state: str) -> None:
    expect(place).to_have_class(re.compile(rf"(^|\s){state}(\s|$)"))


def has_no_state(place: Locator, state: str) -> None:
    expect(place).not_to_have_class(re.compile(rf"(^|\s){state}(\s|$)"))


def active(page: Page, row: int, field: str) -> None:
    has_state(cell(page, row, field), "ag-cell-focus")


# ---- rows and columns


def test_the_first_rows_need_one_question(page: Page, stub: Stub) -> None:
    assert stub.world()["asked"] == ["limit=200&cursor=0&about=1"]
    expect(page.locator(".zf-status")).to_contain_text("共 132 行")


def test_numbers_dates_names_and_blanks_as_people_write_them(page: Page) -> None:
    expect(cell(page, 11, "population")).to_have_text("14,400")
    expect(cell(page, 0, "area_m2")).to_have_text("4260")
    expect(cell(page, 1, "opened_on")).to_have_text("2019-11-02")
    expect(cell(page, 2, "parent")).to_have_text("1号街道综合文化服务中心")
    expect(cell(page, 0, "hours_public")).to_have_text("否")
    expect(cell(page, 0, "address")).to_have_text("")


def test_dates_inside_the_year_are_short(page: Page, stub: Stub) -> None:
    year = page.evaluate("new Date().getFullYear()")
    stub.post("set", row="s1", field="opened_on", value=f"{year}-11-24")
    expect(cell(page, 0, "opened_on")).to_have_text("11-24")


def test_head_shows_unit_and_computed_columns(page: Page) -> None:
    heads = page.locator(".ag-header-row-column .ag-header-cell")
    expect(heads.filter(has_text="面积").locator("u")).to_have_text("㎡")
    expect(heads.filter(has_text="人员配备").locator("i")).to_have_text("ƒ")
    has_state(cell(page, 0, "staffing"), "cal")


def test_the_shared_part_of_codes_is_grey(page: Page) -> None:
    expect(cell(page, 2, "code").locator(".mut")).to_have_text("C530111001")
    expect(cell(page, 11, "code").locator(".mut")).to_have_text("C530111")


def test_code_and_name_are_frozen(page: Page) -> None:
    frozen = page.locator(".ag-pinned-left-cols-container .ag-row").first.locator(".ag-cell")
    assert frozen.evaluate_all("cells => cells.map(cell => cell.getAttribute('col-id'))") == ["#", "code", "name"]


def test_level_is_an_indent_in_tree_order_alone(page: Page, stub: Stub) -> None:
    assert cell(page, 2, "name").evaluate("cell => cell.style.paddingLeft") == "22px"
    visit(page, stub, "?sort=code")
    assert cell(page, 2, "name").evaluate("cell => cell.style.paddingLeft") == "8px"


def test_blocks_come_as_they_are_scrolled_to(page: Page, stub: Stub) -> None:
    stub.post("reset", rows=1000)
    visit(page, stub)
    cell(page, 0, "area_m2").click()
    page.keyboard.press("Control+End")
    expect(cell(page, 999, "code")).to_contain_text("C530111")
    active(page, 999, "tags")
    page.keyboard.press("Control+Home")
    active(page, 0, "code")


# ---- typing


def test_first_key_replaces_and_enter_goes_down(page: Page, stub: Stub) -> None:
    cell(page, 3, "area_m2").click()
    page.keyboard.type("186")
    page.keyboard.press("Enter")
    active(page, 4, "area_m2")
    expect(cell(page, 3, "area_m2")).to_have_text("186")
    has_no_state(cell(page, 3, "area_m2"), "uns")
    assert stub.posts() == [
        {"changes": [{"row": "s4", "field": "area_m2", "before": 243, "after": "186"}], "origin": "ui"}
    ]


def test_f2_edits_what_stands_there_and_tab_goes_right(page: Page, stub: Stub) -> None:
    cell(page, 3, "area_m2").click()
    page.keyboard.press("F2")
    page.keyboard.type("0")
    page.keyboard.press("Tab")
    active(page, 3, "weekly_hours")
    expect(cell(page, 3, "area_m2")).to_have_text("2430")


def test_double_click_edits_and_esc_leaves_it(page: Page, stub: Stub) -> None:
    cell(page, 3, "head").dblclick()
    page.keyboard.type("某")
    page.keyboard.press("Escape")
    active(page, 3, "head")
    expect(cell(page, 3, "head")).to_have_text("张丽华")
    assert stub.posts() == []


def test_arrows_leave_an_edit_begun_by_typing_but_not_one_begun_by_f2(page: Page) -> None:
    cell(page, 3, "area_m2").click()
    page.keyboard.type("5")
    page.keyboard.press("ArrowDown")
    active(page, 4, "area_m2")
    expect(cell(page, 3, "area_m2")).to_have_text("5")
    page.keyboard.press("F2")
    page.keyboard.press("ArrowLeft")
    expect(cell(page, 4, "area_m2").locator("input")).to_be_focused()


@pytest.mark.parametrize("field", ["head", "note"])
def test_input_method_keeps_its_first_key(page: Page, stub: Stub, field: str) -> None:
    cell(page, 3, field).click()
    compose(page, "liming", "李明")
    page.keyboard.press("Enter")
    expect(cell(page, 3, field)).to_have_text("李明")
    assert stub.value("s4", field) == "李明"


def test_enter_inside_a_composition_belongs_to_the_input_method(page: Page, stub: Stub) -> None:
    cell(page, 3, "head").dblclick()
    page.locator(".zf-editor").evaluate(
        "field => field.dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter', isComposing: true, bubbles: true}))"
    )
    expect(page.locator(".zf-editor")).to_be_focused()


def test_several_lines(page: Page, stub: Stub) -> None:
    cell(page, 3, "note").click()
    page.keyboard.type("a")
    page.keyboard.press("Alt+Enter")
    page.keyboard.type("b")
    page.keyboard.press("Enter")
    active(page, 4, "note")
    expect(cell(page, 3, "note")).to_have_text("a b")
    assert stub.value("s4", "note") == "a\nb"


def test_choice_is_found_as_one_types(page: Page, stub: Stub) -> None:
    cell(page, 3, "status").click()
    compose(page, "guihua", "规")
    expect(page.locator(".zf-list .opt")).to_have_text(["规划"])
    page.keyboard.press("Enter")
    expect(cell(page, 3, "status")).to_have_text("规划")
    assert stub.value("s4", "status") == "planned"


def test_choice_by_arrows_and_space_changes_nothing_by_itself(page: Page, stub: Stub) -> None:
    cell(page, 3, "status").click()
    page.keyboard.press(" ")
    page.keyboard.press("Enter")
    assert stub.posts() == []
    cell(page, 3, "status").click()
    page.keyboard.press("F2")
    expect(page.locator(".zf-list .opt.on")).to_have_text("已挂牌")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(cell(page, 3, "status")).to_have_text("已建成")


def test_choice_by_mouse(page: Page) -> None:
    cell(page, 3, "hours_public").dblclick()
    page.locator(".zf-list .opt", has_text="是").click()
    expect(cell(page, 3, "hours_public")).to_have_text("是")


def test_text_that_is_no_choice_stays_and_is_marked(page: Page) -> None:
    cell(page, 3, "status").click()
    page.keyboard.type("xyz")
    page.keyboard.press("Enter")
    expect(cell(page, 3, "status")).to_have_text("xyz")
    has_state(cell(page, 3, "status"), "inv")


def test_several_choices_are_ticked(page: Page, stub: Stub) -> None:
    cell(page, 3, "tags").click()
    page.keyboard.press("F2")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    expect(cell(page, 3, "tags")).to_have_text("甲；乙")
    assert stub.value("s4", "tags") == ["a", "b"]
    page.get_by_label("筛选标签").click()
    page.locator(".zf-list .opt", has_text="乙").click()
    expect(page.locator(".zf-status .left")).to_have_text("共 1 行")


def test_reference_is_picked_by_name(page: Page, stub: Stub) -> None:
    cell(page, 3, "parent").click()
    compose(page, "2haojie", "12号街")
    expect(page.locator(".zf-list .opt")).to_have_text(["12号街道综合文化服务中心C530111012"])
    page.keyboard.press("Enter")
    expect(cell(page, 3, "parent")).to_have_text("12号街道综合文化服务中心")
    assert stub.value("s4", "parent") == "C530111012"


def test_a_computed_cell_takes_nothing_and_says_why(page: Page, stub: Stub) -> None:
    cell(page, 3, "staffing").click()
    page.keyboard.type("x")
    expect(page.locator(".zf-bar .why")).to_have_text("自动算，不能填")
    assert stub.posts() == []


def test_a_locked_row_takes_nothing(page: Page, stub: Stub) -> None:
    stub.post("set", row="s4", field="status", value="closed")
    has_state(number(page, 3), "lk1")
    cell(page, 3, "area_m2").click()
    page.keyboard.type("5")
    expect(page.locator(".zf-bar .why")).to_have_text("这一行已锁定")
    assert stub.posts() == []


def test_edit_bar_gives_address_value_rule_and_last_change(page: Page) -> None:
    cell(page, 3, "area_m2").click()
    expect(page.locator(".zf-bar .nm")).to_have_text("C530111001002 · 面积")
    expect(page.locator(".zf-bar .why")).to_have_text("数字，0 至 100,000。")
    page.keyboard.type("186")
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowUp")
    expect(page.locator(".zf-bar .v")).to_have_text("186")
    expect(page.locator(".zf-bar .why")).to_contain_text("由 243 改为 186。")


# ---- what does not fit


def test_wrong_text_stays_where_it_was_typed_until_esc(page: Page, stub: Stub) -> None:
    cell(page, 3, "area_m2").click()
    compose(page, "yue", "约")
    page.keyboard.type(" 150")
    page.keyboard.press("Enter")
    expect(cell(page, 3, "area_m2")).to_have_text("约 150")
    has_state(cell(page, 3, "area_m2"), "inv")
    expect(page.locator(".zf-status .inv")).to_have_text("! 1 处格式不对")
    page.reload()
    expect(cell(page, 3, "area_m2")).to_have_text("约 150")
    page.locator(".zf-status .inv").click()
    active(page, 3, "area_m2")
    expect(page.locator(".zf-bar .why")).to_contain_text("面积填数字，0 至 100,000")
    page.keyboard.press("Escape")
    expect(cell(page, 3, "area_m2")).to_have_text("243")
    assert stub.value("s4", "area_m2") == 243


def test_marks_from_elsewhere_and_the_way_to_them(page: Page, stub: Stub) -> None:
    stub.post("set", row="s3", field="area_m2", mark={"state": "sh", "text": "", "message": "共享表 11-20 改"})
    conflict = {"state": "cnf", "text": "", "message": "", "app": 30, "sheet": 42}
    stub.post("set", row="s9", field="weekly_hours", mark=conflict)
    expect(page.locator(".zf-status .sh")).to_have_text("表 1 处来自共享表")
    page.locator(".zf-status .cnf").click()
    active(page, 8, "weekly_hours")
    expect(page.locator(".zf-bar .why")).to_have_text("两边不同：台账 30，共享表 42。")


# ---- paste, copy, fill


def test_paste_of_a_block_with_two_misfits_is_one_step(page: Page, stub: Stub) -> None:
    fields = ["area_m2", "weekly_hours", "staff_established", "staff_public_welfare"]
    lines = [[str(row * 10 + column) for column in range(4)] for row in range(1, 6)]
    lines[1][0], lines[3][2] = "约 150", "三人"
    cell(page, 2, "area_m2").click()
    paste(page, "\r\n".join("\t".join(line) for line in lines) + "\r\n")
    expect(page.locator(".zf-toast")).to_contain_text("2 格格式不对，原样留着")
    assert len(stub.posts()) == 1
    assert len(stub.posts()[0]["changes"]) == 20
    for row, line in enumerate(lines, 2):
        for field, text in zip(fields, line, strict=True):
            expect(cell(page, row, field)).to_have_text(text)
    has_state(cell(page, 3, "area_m2"), "inv")
    has_state(cell(page, 5, "staff_established"), "inv")
    assert stub.value("s4", "area_m2") == 243
    page.keyboard.press("Control+z")
    expect(page.locator(".zf-toast")).to_contain_text("已撤销 18 格")
    expect(cell(page, 2, "area_m2")).to_have_text("190")
    expect(cell(page, 6, "staff_public_welfare")).to_have_text("2")


def test_paste_of_20_by_5(page: Page, stub: Stub) -> None:
    fields = ["area_m2", "weekly_hours", "staff_established", "staff_public_welfare"]
    lines = [[str(row % 7) for _field in fields] for row in range(20)]
    lines[3][1] = lines[17][2] = "两个"
    cell(page, 2, "area_m2").click()
    paste(page, "\n".join("\t".join([*line, "自动算"]) for line in lines) + "\n")
    expect(page.locator(".zf-status .inv")).to_have_text("! 2 处格式不对")
    assert [len(post["changes"]) for post in stub.posts()] == [sum(len(line) for line in lines)]
    expect(page.locator(".zf-status .left")).to_contain_text("选中 20×5")
    has_state(cell(page, 5, "weekly_hours"), "inv")


def test_a_trailing_line_end_erases_nothing(page: Page, stub: Stub) -> None:
    cell(page, 3, "head").click()
    paste(page, "李明\r\n")
    expect(cell(page, 3, "head")).to_have_text("李明")
    expect(cell(page, 4, "head")).to_have_text("张丽华")
    assert len(stub.posts()[0]["changes"]) == 1


def test_a_quoted_cell_with_line_breaks_stays_one_cell(page: Page, stub: Stub) -> None:
    cell(page, 3, "note").click()
    paste(page, '"第一行\n第""二""行"\r\n下一格\r\n')
    expect(cell(page, 4, "note")).to_have_text("下一格")
    assert stub.value("s4", "note") == '第一行\n第"二"行'


def test_one_value_into_a_block_and_a_block_repeated(page: Page, stub: Stub) -> None:
    block(page, 3, "area_m2", 5, "weekly_hours")
    paste(page, "7")
    expect(cell(page, 5, "weekly_hours")).to_have_text("7")
    assert len(stub.posts()[0]["changes"]) == 6
    block(page, 3, "area_m2", 6, "area_m2")
    paste(page, "1\n2\n")
    expect(cell(page, 6, "area_m2")).to_have_text("2")
    expect(cell(page, 5, "area_m2")).to_have_text("1")


def test_paste_past_the_last_row_says_what_was_left_out(page: Page, stub: Stub) -> None:
    cell(page, 3, "head").click()
    page.keyboard.press("Control+ArrowDown")
    active(page, 131, "head")
    paste(page, "甲\n乙\n丙\n")
    expect(page.locator(".zf-toast")).to_contain_text("2 行没贴")
    expect(cell(page, 131, "head")).to_have_text("甲")


def test_copy_gives_what_paste_takes(page: Page) -> None:
    block(page, 1, "name", 2, "parent")
    assert copied(page) == (
        "1号街道综合文化服务中心\t文化馆\t分馆\tC530111 官渡区文化馆\r\n"
        "1-1社区综合文化服务中心\t文化馆\t基层服务点\tC530111001 1号街道综合文化服务中心"
    )


def test_copy_of_rows_that_are_not_held(page: Page, stub: Stub) -> None:
    stub.post("reset", rows=700)
    visit(page, stub)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    cell(page, 0, "code").click()
    page.keyboard.press("Control+Shift+ArrowDown")
    page.keyboard.press("Control+c")
    expect(page.locator(".zf-toast")).to_contain_text("已复制 700 行")
    assert page.evaluate("navigator.clipboard.readText()").count("C530111") == 700


def test_delete_clears_a_block_in_one_step(page: Page, stub: Stub) -> None:
    block(page, 3, "head", 5, "head")
    page.keyboard.press("Delete")
    expect(page.locator(".zf-toast")).to_contain_text("已改 3 格：负责人")
    expect(cell(page, 4, "head")).to_have_text("")
    page.locator(".zf-toast .act").click()
    expect(cell(page, 4, "head")).to_have_text("张丽华")
    assert len(stub.posts()) == 1


def test_fill_down_by_key_and_by_handle(page: Page, stub: Stub) -> None:
    block(page, 2, "area_m2", 4, "area_m2")
    page.keyboard.press("Control+d")
    expect(cell(page, 4, "area_m2")).to_have_text("190")
    assert stub.posts()[0]["origin"] == "fill"
    cell(page, 2, "head").click()
    page.keyboard.type("赵玉梅")
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowUp")
    page.locator(".zf-handle").hover()
    page.mouse.down()
    cell(page, 5, "head").hover()
    has_state(cell(page, 4, "head"), "fillto")
    page.mouse.up()
    expect(cell(page, 5, "head")).to_have_text(cell(page, 2, "head").inner_text())


# ---- the block


def test_block_by_mouse_crosses_the_frozen_columns(page: Page) -> None:
    cell(page, 2, "name").hover()
    page.mouse.down()
    cell(page, 4, "level").hover()
    page.mouse.up()
    for row in (2, 3, 4):
        for field in ("name", "network", "level"):
            expect(cell(page, row, field)).to_have_attribute("aria-selected", "true")
    expect(page.locator('.ag-cell[aria-selected="true"]')).to_have_count(9)
    has_state(number(page, 3), "on")
    expect(page.locator(".zf-status .left")).to_contain_text("选中 3×3")


def test_shift_and_click_leave_the_active_cell_where_the_block_began(page: Page) -> None:
    block(page, 2, "area_m2", 5, "weekly_hours")
    active(page, 2, "area_m2")
    expect(page.locator(".zf-status .left")).to_contain_text("选中 4×2")
    expect(page.locator(".zf-bar .nm")).to_have_text("C530111001001 · 面积")
    page.keyboard.press("Shift+ArrowDown")
    expect(page.locator(".zf-status .left")).to_contain_text("选中 5×2")


def test_block_by_keys_and_its_sums(page: Page) -> None:
    cell(page, 2, "area_m2").click()
    for _press in range(3):
        page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("Shift+ArrowRight")
    for told in ("选中 4×2", "计数 8", "合计 1239", "平均 154.88"):
        expect(page.locator(".zf-status .left")).to_contain_text(told)
    active(page, 2, "area_m2")
    page.keyboard.press("Control+a")
    expect(page.locator(".zf-status .left")).to_contain_text("选中 132×")


def test_a_long_block_keeps_the_keys(page: Page) -> None:
    cell(page, 2, "area_m2").click()
    for _press in range(60):
        page.keyboard.press("Shift+ArrowDown")
    expect(page.locator(".zf-status .left")).to_contain_text("选中 61×1")
    page.keyboard.press("Shift+ArrowUp")
    expect(page.locator(".zf-status .left")).to_contain_text("选中 60×1")


def test_row_number_selects_the_row_and_opens_it(page: Page) -> None:
    number(page, 3).click()
    expect(page.get_by_text("row s4")).to_be_visible()
    expect(cell(page, 3, "note")).to_have_attribute("aria-selected", "true")
    cell(page, 5, "head").click()
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("row s6")).to_be_visible()


def test_home_end_and_pages(page: Page) -> None:
    cell(page, 2, "area_m2").click()
    page.keyboard.press("End")
    active(page, 2, "tags")
    page.keyboard.press("Home")
    active(page, 2, "code")
    page.keyboard.press("PageDown")
    expect(page.locator(".ag-cell-focus")).to_have_count(1)
    has_no_state(cell(page, 2, "code"), "ag-cell-focus")


# ---- undo


def test_undo_and_redo_of_one_cell(page: Page, stub: Stub) -> None:
    cell(page, 3, "area_m2").click()
    page.keyboard.type("1")
    page.keyboard.press("Enter")
    page.keyboard.press("Control+z")
    expect(cell(page, 3, "area_m2")).to_have_text("243")
    page.keyboard.press("Control+y")
    expect(cell(page, 3, "area_m2")).to_have_text("1")
    assert stub.value("s4", "area_m2") == 1


def test_undo_asks_where_another_has_changed_the_cell_since(page: Page, stub: Stub) -> None:
    block(page, 3, "head", 4, "head")
    page.keyboard.press("Delete")
    expect(page.locator(".zf-toast")).to_be_visible()
    stub.post("set", row="s4", field="head", value="李明")
    expect(cell(page, 3, "head")).to_have_text("李明")
    page.keyboard.press("Control+z")
    expect(page.get_by_role("dialog")).to_contain_text("王敏后来改过其中 1 格")
    expect(page.get_by_role("button", name="先不动")).to_be_focused()
    page.get_by_role("button", name="撤销其余").click()
    expect(cell(page, 4, "head")).to_have_text("张丽华")
    assert stub.value("s4", "head") == "李明"


# ---- two people


def test_a_push_reaches_the_other_page(page: Page, stub: Stub, browser: Browser) -> None:
    with browser.new_context(viewport=WIDE) as elsewhere:
        other = elsewhere.new_page()
        visit(other, stub)
        cell(other, 3, "area_m2").click()
        other.keyboard.type("333")
        other.keyboard.press("Enter")
        expect(cell(page, 3, "area_m2")).to_have_text("333")


def test_where_others_are_is_shown_and_told(page: Page, stub: Stub) -> None:
    stub.post("others", people=[{"row": "s4", "field": "status", "name": "王敏"}])
    has_state(cell(page, 3, "status"), "pr")
    expect(cell(page, 3, "status")).to_have_attribute("data-who", "王")
    cell(page, 5, "head").click()
    expect(page.get_by_text("at s6 head")).to_be_visible()


def test_a_stale_cell_is_not_overwritten_and_the_person_chooses(page: Page, stub: Stub) -> None:
    cell(page, 3, "area_m2").click()
    stub.post("set", row="s4", field="area_m2", value=40.0, push=False)
    page.keyboard.type("42")
    page.keyboard.press("Enter")
    panel = page.locator(".zf-panel")
    expect(panel).to_contain_text("王敏刚改了这一格：他改为 40，你填的是 42")
    has_state(cell(page, 3, "area_m2"), "cnf")
    assert stub.value("s4", "area_m2") == 40
    page.keyboard.press("F6")
    expect(panel.get_by_role("button", name="用 42")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(panel).to_be_hidden()
    expect(cell(page, 3, "area_m2")).to_have_text("40")
    assert stub.value("s4", "area_m2") == 40


def test_mine_over_theirs(page: Page, stub: Stub) -> None:
    cell(page, 3, "area_m2").click()
    stub.post("set", row="s4", field="area_m2", value=40.0, push=False)
    page.keyboard.type("42")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="用 42").click()
    expect(cell(page, 3, "area_m2")).to_have_text("42")
    assert stub.value("s4", "area_m2") == 42


def test_what_was_seen_when_the_editor_opened_is_what_counts(page: Page, stub: Stub) -> None:
    cell(page, 3, "area_m2").click()
    page.keyboard.press("F2")
    page.keyboard.press("ArrowLeft")
    stub.post("set", row="s4", field="area_m2", value=40.0)
    stub.post("set", row="s5", field="area_m2", value=41.0)
    expect(cell(page, 4, "area_m2")).to_have_text("41")
    editor = page.locator(".zf-editor")
    expect(editor).to_be_focused()
    assert editor.evaluate("field => [field.value, field.selectionStart]") == ["243", 2]
    page.keyboard.type("9")
    page.keyboard.press("Enter")
    expect(page.locator(".zf-panel")).to_contain_text("他改为 40，你填的是 2493")


def test_an_open_editor_outlives_scrolling_away(page: Page, stub: Stub) -> None:
    cell(page, 3, "area_m2").click()
    page.keyboard.type("77")
    cell(page, 9, "head").hover()
    page.mouse.wheel(0, 3000)
    expect(cell(page, 100, "code")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.locator(".zf-status .unsaved")).to_have_text("")
    assert stub.value("s4", "area_m2") == 77


def test_the_active_cell_follows_its_row_when_rows_come_in_above(page: Page, stub: Stub) -> None:
    cell(page, 5, "head").click()
    code = cell(page, 5, "code").inner_text()
    page.request.post(
        f"{stub.url}/api/v1/tables/sites/rows", data={"values": {"code": "C1", "name": "新的", "level": "point"}}
    )
    expect(cell(page, 6, "code")).to_have_text(code)
    active(page, 6, "head")


# ---- a lost network


def test_unsaved_cells_outlive_a_lost_server_and_a_reload(page: Page, stub: Stub) -> None:
    stub.post("down", down=True)
    cell(page, 3, "area_m2").click()
    page.keyboard.type("555")
    page.keyboard.press("Enter")
    has_state(cell(page, 3, "area_m2"), "uns")
    expect(page.locator(".zf-status .unsaved")).to_contain_text("没有网络，1 格存在本机，10 秒后再试")
    page.on("dialog", lambda dialog: dialog.accept())
    stub.post("down", down=False)
    page.reload()
    expect(cell(page, 3, "area_m2")).to_have_text("555")
    has_no_state(cell(page, 3, "area_m2"), "uns")
    assert stub.value("s4", "area_m2") == 555


def test_rows_that_cannot_be_had_are_tried_again(page: Page, stub: Stub) -> None:
    stub.post("down", down=True)
    page.reload()
    expect(page.get_by_text("! 连不上服务器")).to_be_visible()
    stub.post("down", down=False)
    page.get_by_role("button", name="现在重试").click()
    expect(cell(page, 0, "code")).to_have_text("C530111")
    expect(page.get_by_text("! 连不上服务器")).to_be_hidden()


def test_a_cell_typed_twice_without_network_arrives_as_typed_last(page: Page, stub: Stub) -> None:
    stub.post("down", down=True)
    for text in ("5", "6"):
        cell(page, 3, "area_m2").click()
        page.keyboard.type(text)
        page.keyboard.press("Enter")
    expect(page.locator(".zf-status .unsaved")).to_contain_text("1 格存在本机")
    stub.post("down", down=False)
    page.get_by_role("button", name="现在重试").click()
    has_no_state(cell(page, 3, "area_m2"), "uns")
    expect(page.locator(".zf-panel")).to_be_hidden()
    assert stub.value("s4", "area_m2") == 6


def test_undo_takes_back_what_was_never_sent(page: Page, stub: Stub) -> None:
    stub.post("down", down=True)
    cell(page, 3, "area_m2").click()
    page.keyboard.type("555")
    page.keyboard.press("Enter")
    expect(page.locator(".zf-status .unsaved")).to_contain_text("存在本机")
    page.keyboard.press("Control+z")
    expect(cell(page, 3, "area_m2")).to_have_text("243")
    expect(page.locator(".zf-status .unsaved")).to_have_text("")
    assert stub.posts() == []


# ---- filter, sort, search


def test_filter_and_sort_live_in_the_address(page: Page, stub: Stub) -> None:
    page.get_by_label("筛选面积").fill(">400")
    expect(page.locator(".zf-status")).to_contain_text("共 44 行")
    page.locator('.ag-header-cell[col-id="area_m2"] .zf-head').click()
    expect(cell(page, 0, "area_m2")).to_have_text("402")
    page.locator('.ag-header-cell[col-id="name"] .zf-head').click(modifiers=["Shift"])
    page.get_by_role("button", name="筛选主办").or_(page.get_by_role("combobox", name="筛选主办")).click()
    page.locator(".zf-list .opt", has_text="政府").click()
    page.locator(".zf-list .opt", has_text="学校").click()
    expect(page).to_have_url(
        f"{stub.url}/tables/sites?where=area_m2%3Agt%3A400&where=host%3Ain%3Agovernment%2Cschool&sort=area_m2%2Cname"
    )
    rows = stub.world()["rows"].values()
    count = sum(row["area_m2"] > 400 and row["host"] in ("government", "school") for row in rows)
    told = f"共 {count} 行"
    expect(page.locator(".zf-status")).to_have_text(told)
    page.reload()
    expect(page.locator(".zf-status")).to_have_text(told)
    expect(page.get_by_label("筛选面积")).to_have_value(">400")
    expect(page.get_by_text("2 项 ▾")).to_be_visible()
    expect(page.get_by_text(f"馆点登记 {count} 2")).to_be_visible()


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


# ---- rows


def test_a_new_row_is_sent_when_it_is_filled_and_left(page: Page, stub: Stub) -> None:
    page.get_by_role("button", name="新增馆点").click()
    page.keyboard.type("C530111999")
    page.keyboard.press("Tab")
    page.keyboard.type("new")
    page.keyboard.press("Tab")
    cell(page, 3, "head").click()
    expect(page.locator(".zf-toast")).to_contain_text("要填：体系、级别")
    for field, label in (("network", "文化馆"), ("level", "总馆")):
        draft(page, field).dblclick()
        page.locator(".zf-list .opt", has_text=label).click()
    cell(page, 3, "head").click()
    expect(page.locator(".zf-toast")).to_contain_text("已新增 1 行")
    expect(draft(page, "code")).to_have_count(0)
    expect(cell(page, 0, "code")).to_have_text("C530111999")
    expect(page.locator(".zf-status .left")).to_contain_text("共 133 行")
    page.keyboard.press("Control+z")
    expect(cell(page, 0, "code")).to_have_text("C530111")


def test_rows_are_deleted_by_key_and_come_back(page: Page, stub: Stub) -> None:
    number(page, 3).click()
    number(page, 5).click(modifiers=["Shift"])
    page.keyboard.press("Control+-")
    expect(page.locator(".zf-toast")).to_contain_text("已删 3 行")
    expect(page.locator(".zf-status .left")).to_contain_text("共 129 行")
    page.keyboard.press("Control+z")
    expect(page.locator(".zf-status .left")).to_contain_text("共 132 行")


def test_many_rows_are_asked_about(page: Page) -> None:
    number(page, 3).click()
    page.keyboard.press("Control+Shift+End")
    page.keyboard.press("Control+-")
    expect(page.get_by_role("dialog")).to_contain_text("删除 129 行？")
    page.get_by_role("button", name="先不动").click()
    expect(page.locator(".zf-status .left")).to_contain_text("共 132 行")


def test_a_new_row_that_does_not_fit_keeps_its_text(page: Page) -> None:
    page.get_by_role("button", name="新增馆点").click()
    for text in ("C530111999", "new"):
        page.keyboard.type(text)
        page.keyboard.press("Tab")
    for field, label in (("network", "文化馆"), ("level", "总馆")):
        draft(page, field).dblclick()
        page.locator(".zf-list .opt", has_text=label).click()
    draft(page, "area_m2").click()
    page.keyboard.type("abc")
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowDown")
    has_state(draft(page, "area_m2"), "inv")
    expect(draft(page, "area_m2")).to_have_text("abc")
    page.reload()
    expect(draft(page, "area_m2")).to_have_text("abc")
    draft(page, "area_m2").click()
    page.keyboard.press("Control+-")
    expect(draft(page, "code")).to_have_count(0)


def test_what_leaves_the_page_leaves_nothing_behind(page: Page, stub: Stub) -> None:
    cell(page, 3, "status").dblclick()
    expect(page.locator(".zf-list")).to_have_count(1)
    stub.post("remove")
    expect(page.locator(".zf-grid")).to_have_count(0)
    expect(page.locator(".zf-list")).to_have_count(0)


# ---- dark, phone, height


def test_dark_takes_the_theme_s_colours(page: Page, stub: Stub) -> None:
    visit(page, stub, "?dark=true")
    assert (
        page.locator(".ag-root-wrapper").evaluate("root => getComputedStyle(root).backgroundColor") == "rgb(26, 31, 39)"
    )
    assert cell(page, 3, "area_m2").evaluate("cell => getComputedStyle(cell).color") == "rgb(230, 234, 240)"


def test_nineteen_rows_at_1366_by_768(page: Page) -> None:
    page.set_viewport_size({"width": 1366, "height": 768})
    status = page.locator(".ag-body-horizontal-scroll").bounding_box()
    last = cell(page, 18, "code").bounding_box()
    assert status is not None
    assert last is not None
    assert last["y"] + last["height"] <= status["y"] + 1


def test_phone(browser: Browser, stub: Stub) -> None:
    phone = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    with phone:
        page = phone.new_page()
        visit(page, stub)
        frozen = page.locator(".ag-pinned-left-cols-container .ag-row").first.locator(".ag-cell")
        expect(frozen).to_have_count(1)
        place = cell(page, 2, "name")
        box = place.bounding_box()
        assert box is not None
        assert box["height"] == 40
        place.tap()
        active(page, 2, "name")
        place.tap()
        expect(page.locator(".zf-editor")).to_be_focused()
        assert page.evaluate("document.documentElement.scrollWidth") == 390


# ---- the pure scripts, each by itself


@pytest.fixture(scope="module")
def scripts(context: BrowserContext, server: Stub) -> Iterator[Page]:
    """A page that has the scripts at hand, for questions that need no grid."""
    page = context.new_page()
    page.goto(f"{server.url}/tables/sites")
    yield page
    page.close()


def ask(scripts: Page, script: str, call: str, *given: object) -> object:
    """What a function of a script answers: its name and arguments as JavaScript, `given` being what is passed in."""
    return scripts.evaluate(f"async (given) => (await import('zongfen/{script}.js')).{call}", list(given))


# What a cell of a clipboard may hold; a lone carriage return is a line end to those who write tables.
TEXTS = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\r\0"), max_size=6)
MARKED = st.text('"\t\n a', max_size=6)
TABLES = st.integers(1, 4).flatmap(
    lambda width: st.lists(st.lists(TEXTS | MARKED, min_size=width, max_size=width), min_size=1, max_size=4)
)


@settings(deadline=None, max_examples=60)
@given(table=TABLES)
def test_clipboard_text_is_read_as_python_writes_it(scripts: Page, table: list[list[str]]) -> None:
    written = io.StringIO()
    csv.writer(written, "excel-tab").writerows(table)
    assert ask(scripts, "cells", "parseTable(given[0])", written.getvalue()) == table


@settings(deadline=None, max_examples=60)
@given(table=TABLES)
def test_clipboard_text_is_written_as_python_reads_it(scripts: Page, table: list[list[str]]) -> None:
    written = ask(scripts, "cells", "tableText(given[0])", table)
    # Where a row holds nothing but one blank cell, Python reads no cell at all.
    assert [line or [""] for line in csv.reader(io.StringIO(f"{written}\r\n", newline=""), "excel-tab")] == table


@pytest.mark.parametrize(
    ("text", "table"),
    [
        ("a\tb\r\nc\td\r\n", [["a", "b"], ["c", "d"]]),
        ("a\rb", [["a"], ["b"]]),
        ("a\r\n\r\n", [["a"], [""]]),
        ('"he" said\tx', [['"he" said', "x"]]),
        ('"1\r\n2"', [["1\n2"]]),
        ("", [[""]]),
    ],
)
def test_clipboard_text_of_other_programs(scripts: Page, text: str, table: list[list[str]]) -> None:
    assert ask(scripts, "cells", "parseTable(given[0])", text) == table


@pytest.mark.parametrize(
    ("number", "text"),
    [(9815, "9815"), (10000, "10,000"), (-1234567.5, "-1,234,567.5"), (0.0000001, "0.0000001"), (0, "0")],
)
def test_digits_are_grouped_from_five_up(scripts: Page, number: float, text: str) -> None:
    assert ask(scripts, "cells", "grouped(given[0])", number) == text


@pytest.mark.parametrize(
    ("code", "above", "shared"),
    [
        ("C530111", [], ""),
        ("C530111001", ["C530111"], "C530111"),
        ("C530111001002", ["C530111", "C530111001", "C530111001001"], "C530111001"),
        ("C530111002", ["C530111", "C530111001", "C530111001009"], "C530111"),
        ("C530112403002", ["C5301", "C530112403001"], "C530112403"),
        ("2026-002", ["2026-001"], "2026-"),
        ("官渡区", ["官渡"], ""),
    ],
)
def test_what_codes_share(scripts: Page, code: str, above: list[str], shared: str) -> None:
    found = ask(scripts, "cells", "sharedPart(given[0], given[1]).shared", code, above)
    assert code[:found] == shared


@pytest.mark.parametrize(
    ("kind", "text", "told"),
    [
        ("text", "官渡", "f:has:官渡"),
        ("text", "=官渡", "f:eq:官渡"),
        ("text", "=", "f:blank"),
        ("text", "<>", "f:filled"),
        ("int", "100", "f:eq:100"),
        ("int", ">100", "f:gt:100"),
        ("int", "＞= 1,000", None),
        ("int", ">= 1,000", "f:ge:1000"),
        ("int", "10-20", "f:ge:10 f:le:20"),
        ("int", "-5..5", "f:ge:-5 f:le:5"),
        ("int", ">5 <9", "f:gt:5 f:lt:9"),
        ("decimal", "大", None),
        ("date", "2026-03", "f:ge:2026-03-01 f:le:2026-03-31"),
        ("date", "2024年2月", "f:ge:2024-02-01 f:le:2024-02-29"),
        ("date", ">2026-03-01", "f:gt:2026-03-01"),
        ("date", ">2026-03", "f:gt:2026-03-31"),
        ("date", "2026", "f:ge:2026-01-01 f:le:2026-12-31"),
        ("date", "11-24", "f:eq:2026-11-24"),
        ("date", "2026-03-01~2026-04", "f:ge:2026-03-01 f:le:2026-04-30"),
        ("month", "2026", "f:ge:2026-01 f:le:2026-12"),
        ("month", "2026.3", "f:eq:2026-03"),
        ("year", "2026", "f:eq:2026"),
    ],
)
def test_filters_as_people_type_them(scripts: Page, kind: str, text: str, told: str | None) -> None:
    field = {"kind": kind}
    found = ask(scripts, "query", "readFilter(given[0], given[1], 2026)", field, text)
    if told is None:
        assert found is None
        return
    where = ask(scripts, "query", "whereList({where: new Map([['f', given[0]]])})", found)
    assert where == told.split(" ")
    read_again = "then((query) => query.readFilter(given[0], query.writeFilter(given[0], given[1]), 2026))"
    assert scripts.evaluate(f"(given) => import('zongfen/query.js').{read_again}", [field, found]) == found
