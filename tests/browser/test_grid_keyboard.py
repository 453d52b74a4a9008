"""The grid by keyboard alone, from the top of the page: an input method, a large block from WPS, a step back."""

from html import escape

from playwright.sync_api import Page, expect

from tests.browser.county import MOST, OTHER, WIDE, County, active, cell, compose, has_state, press, saved, visit

FIELDS = ("address", "lat", "lon", "population", "opened_on", "open_hours", "hours_public", "items_public")
ROWS = 500
# Half the sites had that day and that 是 already; of the days one is a misfit.
CHANGED = ROWS * len(FIELDS) - 2 * (ROWS // 2) + 1
MISFITS = {(7, "lat"): "北纬25", (40, "population"): "一万", (444, "opened_on"): "去年"}  # line and field -> text


def line(number: int) -> list[str]:
    """A line as a branch would have it in its own workbook."""
    told = [f"{number}号", "25.04", "102.71", str(1000 + number), "2026-03-05", "9:00-17:00", "是", "否"]
    return [MISFITS.get((number, name), text) for name, text in zip(FIELDS, told, strict=True)]


def from_wps(page: Page, table: list[list[str]]) -> None:
    """Put a block on the clipboard as WPS does: lines with \\r\\n, and the same as HTML."""
    text = "".join("\t".join(cells) + "\r\n" for cells in table)
    rows = "".join("<tr>" + "".join(f"<td>{escape(one)}</td>" for one in cells) + "</tr>" for cells in table)
    html = f'<html xmlns:x="urn:schemas-microsoft-com:office:excel"><body><table>{rows}</table></body></html>'
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.evaluate(
        """([text, html]) => navigator.clipboard.write([new ClipboardItem({
          "text/plain": new Blob([text], {type: "text/plain"}),
          "text/html": new Blob([html], {type: "text/html"}),
        })])""",
        [text, html],
    )


def into_the_grid(page: Page) -> None:
    """From the top of the page to the first cell."""
    press(page, "Tab", "Enter")  # straight to the content
    for _stop in range(30):
        press(page, "Tab")
        if page.evaluate("Boolean(document.activeElement.closest('.ag-header'))"):
            break
    while not page.evaluate("Boolean(document.activeElement.closest('.ag-cell'))"):
        press(page, "ArrowDown")
    press(page, "Control+Home")


def go_right_to(page: Page, row: int, field: str) -> None:
    while page.evaluate("document.activeElement.getAttribute('col-id')") != field:
        press(page, "ArrowRight")
    active(page, row, field)


def test_a_block_from_wps_while_another_edits_one_of_its_cells(page: Page, county: County, opened) -> None:
    county.begin(MOST)
    visit(page)
    other = opened(OTHER, viewport=WIDE)
    visit(other)
    from_wps(page, [line(number) for number in range(1, ROWS + 1)])
    into_the_grid(page)
    go_right_to(page, 0, "head")
    compose(page, "liming", "李明")
    press(page, "Enter")
    active(page, 1, "head")
    saved(page)
    assert county.value("s1", "head") == "李明"

    # The block goes in at row 2; before it arrives, 王敏 edits the third line's number of people.
    go_right_to(page, 1, FIELDS[0])
    held: list = []
    page.route("**/cells", lambda route: held.append(route))
    press(page, "Control+v")
    expect(page.locator(".zf-status .unsaved")).to_contain_text(f"正在存 {CHANGED} 格")
    cell(other, 3, "population").click()
    other.keyboard.type("77")
    press(other, "Enter")
    saved(other)
    assert county.value("s4", "population") == 77
    held[0].continue_()
    page.unroute("**/cells")

    # All the rest is in, in one request; three stay where they were typed; of the one that both changed both are told.
    saved(page)
    assert [len(one["changes"]) for one in county.posts()][1:] == [CHANGED]
    expect(page.locator(".zf-toast")).to_contain_text("3 格格式不对，原样留着")
    expect(page.locator(".zf-panel")).to_contain_text("王敏刚改了这一格：他改为 77，你填的是 1003")
    for (number, name), text in MISFITS.items():
        assert county.value(f"s{number + 1}", name) != text
    for number in (1, 2, 4, ROWS):
        row = county.row(f"s{number + 1}")
        assert [row["address"], row["population"], row["items_public"]] == [f"{number}号", 1000 + number, False]
    assert county.row(f"s{ROWS + 2}")["address"] is None  # the line end at the very end is no further line
    row = county.row("s4")
    assert (row["population"], row["address"]) == (77, "3号")
    has_state(cell(page, 7, "lat"), "inv")
    expect(cell(page, 7, "lat")).to_have_text("北纬25")

    press(page, "F6")
    expect(page.get_by_role("button", name="用 1003")).to_be_focused()
    press(page, "Tab", "Enter")  # theirs
    expect(page.locator(".zf-panel")).to_be_hidden()
    press(page, "Control+z")  # one step back; what 王敏 wrote stays
    expect(page.locator(".zf-toast")).to_contain_text("已撤销")
    assert county.row("s2")["address"] is county.row(f"s{ROWS + 1}")["address"] is None
    assert county.row("s2")["population"] == 2400
    assert county.value("s4", "population") == 77
    assert county.value("s1", "head") == "李明"
