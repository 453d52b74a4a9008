"""The review page against the real server: a file brought, mended, mapped, set aside, written, taken back; in two browsers."""

import pytest
import xlsxwriter
from playwright.sync_api import expect

HALL, BRANCH_USER = "王敏", "杨帆"
SITES = [f"C5301110010{number:02d}" for number in range(1, 9)]
SPELLED = SITES[2:8]  # six rows with 托管


@pytest.fixture
def book(tmp_path):
    """馆点.xlsx: 托管 in six rows, an area that is no number, and a sheet before it that explains."""
    path = tmp_path / "馆点.xlsx"
    with xlsxwriter.Workbook(path) as made:
        made.add_worksheet("说明").write(0, 0, "怎么填")
        sheet = made.add_worksheet("馆点")
        sheet.write_row(0, 0, ["编码", "运行", "面积"])
        for number, code in enumerate(SITES, 1):
            area = "约300" if number == 2 else 100 + number
            sheet.write_row(number, 0, [code, "托管" if code in SPELLED else "自管", area])
    return path


def line(page, number):
    return page.locator(f"tr[data-row='{number}']")


def bring(page, path):
    """Choose a file, and see its review."""
    page.locator("input[type=file]").set_input_files(path)
    page.wait_for_url("**/review?id=*")
    expect(line(page, 2)).to_be_visible()


def values(site, field):
    return [site.row("sites", code)[field] for code in SITES]


def test_a_file_is_mapped_mended_set_aside_written_and_undone_in_two_browsers(site, page_as, book):
    page = page_as("李春梅", "/tables/sites")
    page.get_by_role("link", name="导入", exact=True).click()
    expect(page.get_by_role("heading", name="导入到馆点")).to_be_visible()
    bring(page, book)
    expect(page.locator(".rv-bar")).to_contain_text("“运行”一列有 6 行写作 托管，不在选项里。")
    expect(page.locator(".rv-foot .pri")).to_have_text("写入 1 行，搁置 7 行")

    page.locator(".rv-bar select").focus()
    for key in (
        "ArrowDown",
        "ArrowDown",
        "Enter",
    ):  # a closed list changes at each press: only Enter says which is meant
        page.keyboard.press(key)
    expect(line(page, 4).locator(".di")).to_contain_text("自管→托管⇒委托管理")
    page.get_by_label("记住：以后“托管”都当“委托管理”").check()
    site.wait_for("spellings", "托管")

    expect(line(page, 3)).to_contain_text("约300未收")
    line(page, 3).get_by_role("button", name="改", exact=True).click()
    page.keyboard.press("Control+a")
    page.keyboard.type("300")
    page.keyboard.press("Enter")
    expect(line(page, 3).locator("ins")).to_have_text("300 ㎡")
    line(page, 9).get_by_label("写入").uncheck()
    expect(line(page, 9)).to_contain_text("搁置")

    other = page_as("李春梅", page.url, viewport={"width": 390, "height": 844})  # the same review, elsewhere
    expect(line(other, 3).locator("ins")).to_have_text("300 ㎡")
    site.edit("sites", SITES[0], "area_m2", 205, HALL)
    for one in (page, other):
        expect(line(one, 2).locator(".wh")).to_contain_text("已由王敏改为“205 ㎡”")
    expect(page.locator(".rv-foot .pri")).to_have_text("写入 6 行，搁置 2 行")

    page.locator(".rv-foot .pri").click()
    expect(page.locator(".toast")).to_contain_text("已写入 6 行")
    assert values(site, "operation") == ["own", "own", *["entrusted"] * 5, "own"]
    assert values(site, "area_m2")[:3] == [205, 300, 103]
    page.reload()
    expect(line(page, 2)).to_contain_text("冲突")
    line(page, 2).get_by_role("button", name="照来的写").click()
    expect(page.locator(".rv-foot .pri")).to_have_text("写入 1 行，搁置 1 行")

    page.locator(".rv-foot .ok").get_by_role("button", name="撤销").click()
    expect(page.locator(".toast")).to_contain_text("已撤销")
    assert set(values(site, "operation")) == {"own"}
    expect(line(page, 4).locator(".di")).to_contain_text("托管⇒委托管理")  # it waits again

    page.goto("/review")
    expect(page.locator(".rv-items").first).to_contain_text("馆点.xlsx")
    bring(page, book)  # the same file again
    expect(page.locator(".rv-bar")).to_contain_text("⇒委托管理✓ 6 行已改")
    expect(line(page, 4).locator(".di")).to_contain_text("自管→托管⇒委托管理")


def test_a_pasted_block_of_a_branch_keeps_to_its_scope(site, page_as):
    page = page_as(BRANCH_USER, "/review")
    rows = ["编码\t面积\t县区", f"{SITES[0]}\t120\t西山区", "C530112001001\t120\t西山区"]
    page.get_by_label("或把单元格连表头粘贴在这里").fill("\n".join(rows))
    page.get_by_role("button", name="核对粘贴的").click()
    expect(page.locator(".rv-bar")).to_contain_text("“县区”一列有 1 行不归你填")
    page.get_by_role("button", name="这一列不收").click()
    expect(page.locator(".rv-foot .pri")).to_have_text("写入 1 行，搁置 1 行")
    page.locator(".rv-foot .pri").click()
    expect(page.locator(".toast")).to_contain_text("已写入 1 行")
    assert site.row("sites", SITES[0])["area_m2"] == 120
    assert site.row("sites", "C530112001001")["area_m2"] is None
    hall = page_as(HALL, page.url)
    expect(hall.locator(".empty")).to_contain_text("没有这一份")
    page.get_by_role("button", name="整份退回").click()
    expect(page.locator(".rv-tabs")).to_contain_text("不要 1")


def test_a_dropped_file_that_cannot_be_used_is_refused_in_words(page_as):
    page = page_as("李春梅", "/review")
    drop = """async () => {
      const told = new DataTransfer();
      told.items.add(new File([new Uint8Array([0xD0, 0xCF, 0x11, 0xE0])], "旧.xls"));
      document.querySelector(".rv-list").dispatchEvent(new DragEvent("drop", { dataTransfer: told, bubbles: true }));
    }"""
    expect(page.locator(".rv-bring")).to_be_visible()
    page.evaluate(drop)
    expect(page.get_by_role("alert")).to_contain_text("旧.xls：是旧格式 .xls，另存为 .xlsx 再试")
    reader = page_as("和丽", "/review")
    expect(reader.locator(".empty")).to_contain_text("只看不改")
