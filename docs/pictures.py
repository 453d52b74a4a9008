"""`python docs/pictures.py`: takes the pictures of README and docs from a fresh Kunming example, with a browser.

It needs what the tests need (`make setup`, and Chromium). A few figures and edits are put in first, so that there is
something to see; they are invented, and gone with the folder they were made in.
"""

import csv
import io
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import openpyxl
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, ViewportSize, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
PICTURES = ROOT / "docs" / "pictures"
NAME, COLLEAGUE, PASSWORD = "李敏", "王敏", "pictures-of-the-app-2026"
BRANCHES = [f"C5301110{number:02d}" for number in range(1, 9)]
BRANCH, OTHER = BRANCHES[0], BRANCHES[1]
WIDE, HALF = ViewportSize(width=1366, height=768), ViewportSize(width=680, height=620)
GAP = 6  # between two windows on one screen
COLORS = 256
CALM = 500  # milliseconds

Figures = Mapping[str, Mapping[str, object]]

HERE: Figures = {
    BRANCH: {"area_m2": 860, "weekly_hours": 56, "staff_established": 3, "head": "王敏", "deputy": "杨丽华"},
    OTHER: {"area_m2": 540, "weekly_hours": 42, "staff_established": 2, "head": "张建国"},
    BRANCHES[2]: {"area_m2": 1200, "weekly_hours": 60, "staff_established": 4, "head": "赵云芳"},
    BRANCHES[3]: {"area_m2": 730, "weekly_hours": 56, "staff_established": 3, "head": "普文"},
}
LATER: Figures = {BRANCH: {"area_m2": 880}, OTHER: {"weekly_hours": 48}}
THERE: Figures = {BRANCH: {"面积": 900, "编制": 5}, OTHER: {"每周开放": 56, "面积": "约 600"}}


# ---- an installation to look at


def app(data: Path, *arguments: str, stdin: str = "") -> None:
    """Run a command on it."""
    command = [sys.executable, str(ROOT / "app.py"), *arguments]
    subprocess.run(command, input=stdin, text=True, env=environment(data), check=True, capture_output=True, cwd=data)


def environment(data: Path) -> dict[str, str]:
    others = {name: value for name, value in os.environ.items() if not name.startswith("ZONGFEN_")}
    return {**others, "ZONGFEN_DATA": str(data)}


def prepare(data: Path) -> None:
    """The example with figures, synced; then edits on both sides, and synced again."""
    app(data, "init", "--example", "kunming", "--admin", NAME, "--password-stdin", stdin=PASSWORD)
    app(data, "user", "add", COLLEAGUE, "--role", "admin", "--password-stdin", stdin=PASSWORD)
    fill_in(data, HERE)
    app(data, "sync")
    fill_in(data, LATER)
    for code, cells in THERE.items():
        type_in(workbook(data, code), code, cells)
    drop_rows(workbook(data, OTHER), "活动台账", 1)
    drop_rows(workbook(data, BRANCHES[2]), "活动台账", 20)
    app(data, "sync")


def fill_in(data: Path, figures: Figures) -> None:
    """Import figures of sites."""
    columns = list(dict.fromkeys(name for cells in figures.values() for name in cells))
    for name in columns:
        path = data / "figures.csv"
        rows = [(code, cells[name]) for code, cells in figures.items() if name in cells]
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([("code", name), *rows])
        app(data, "import", "sites", str(path))
        path.unlink()


def workbook(data: Path, code: str) -> Path:
    return next((data / "sheets").glob(f"{code} *.xlsx"))


def type_in(path: Path, code: str, cells: Mapping[str, object]) -> None:
    """What a branch types into its workbook: label -> value, in the row of a site."""
    book = openpyxl.load_workbook(path)
    sheet = book["馆点"]
    headers = {cell.value: cell.column for cell in sheet[1]}
    row = next(cell.row for cell in sheet["B"] if cell.value == code)
    for label, value in cells.items():
        sheet.cell(row, headers[label]).value = value
    book.save(path)


def drop_rows(path: Path, tab: str, count: int) -> None:
    """Delete rows of a tab, as a person does."""
    book = openpyxl.load_workbook(path)
    book[tab].delete_rows(3, count)
    book.save(path)


@contextmanager
def served(data: Path) -> Iterator[str]:
    """The address of its server, while it runs."""
    command = [sys.executable, str(ROOT / "app.py"), "run", "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment(data), cwd=data) as process:
        assert process.stderr is not None
        try:
            yield next(found[0] for line in process.stderr if (found := re.search(r"http://localhost:\d+", line)))
        finally:
            process.terminate()


# ---- the pictures


def sign_in(page: Page, address: str, name: str = NAME) -> None:
    page.goto(f"{address}/login")
    page.fill("[name=name]", name)
    page.fill("[name=password]", PASSWORD)
    page.click("[type=submit]")
    page.wait_for_url(f"{address}/")


def take(page: Page, name: str) -> None:
    """Write a picture, in few colours: they are enough for an app, and make small files."""
    keep(picture_of(page), name)


def picture_of(page: Page) -> Image.Image:
    return Image.open(io.BytesIO(page.screenshot(animations="disabled"))).convert("RGB")


def keep(picture: Image.Image, name: str) -> None:
    path = PICTURES / f"{name}.png"
    picture.quantize(COLORS, dither=Image.Dither.NONE).save(path, optimize=True)
    sys.stdout.write(f"{path.relative_to(ROOT)}  {path.stat().st_size // 1024} KB\n")


def sign_in_page(page: Page, address: str) -> None:
    page.goto(f"{address}/login")
    take(page, "sign-in")


def grid(page: Page, address: str) -> None:
    """The sites of one county with a wrong figure in one of them; then a branch's form beside."""
    page.goto(f"{address}/tables/sites?where=county:eq:官渡区&where=network:in:culture")
    cell_of(page, OTHER, "area_m2").click()
    for key in ("F2", "Control+A"):
        page.keyboard.press(key)
    page.keyboard.insert_text("约 540")
    page.keyboard.press("Enter")
    page.get_by_text("1 处格式不对").wait_for()
    page.keyboard.press("ArrowUp")
    settle(page)
    take(page, "grid")
    cell_of(page, BRANCH, "#").click()
    page.locator("aside.drawer.open h2").wait_for()
    settle(page)
    take(page, "form")


def cell_of(page: Page, code: str, column: str) -> Locator:
    """A cell of a site. Frozen columns are rows of their own to the browser; those of one line share their number."""
    line = page.locator(f'.ag-row:has-text("{code}")').first  # the site's own: those of its points come below
    return page.locator(f'.ag-row[row-index="{line.get_attribute("row-index")}"] [col-id="{column}"]')


def settle(page: Page) -> None:
    """Wait until nothing is on its way any more."""
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(CALM)


def sync(page: Page, address: str) -> None:
    page.goto(f"{address}/sync")
    page.get_by_text("把 20 行写回表里").wait_for()
    settle(page)
    take(page, "sync")


def decided(page: Page, other: Page, address: str) -> None:
    """Two people before the same conflict: one decides it, the other sees it go."""
    both = (page, other)
    for one in both:
        one.goto(f"{address}/sync")
        settle(one)
    before = [picture_of(one) for one in both]
    page.get_by_role("button", name="用共享表的", exact=True).first.click()
    for one in both:
        one.get_by_text("≠ 1 处，").wait_for()
        settle(one)
    keep(side_by_side([*before, *map(picture_of, both)]), "sync-two")


def side_by_side(pictures: Sequence[Image.Image]) -> Image.Image:
    """Four windows, two to a line."""
    wide, high = pictures[0].size
    sheet = Image.new("RGB", (2 * wide + GAP, 2 * high + GAP), "#5f6b7a")
    for place, picture in enumerate(pictures):
        sheet.paste(picture, (place % 2 * (wide + GAP), place // 2 * (high + GAP)))
    return sheet


def released(page: Page, address: str) -> None:
    """A stopped workbook gets its rows back."""
    page.goto(f"{address}/sync")
    page.get_by_text("把 20 行写回表里").click()
    page.get_by_text("182 份：180 份一致").wait_for()
    settle(page)
    take(page, "sync-released")


def shoot(browser: Browser, address: str) -> None:
    page = window(browser, WIDE)
    sign_in_page(page, address)
    sign_in(page, address)
    for picture in (grid, sync, released):
        picture(page, address)
    halves = window(browser, HALF), window(browser, HALF)
    for half, name in zip(halves, (NAME, COLLEAGUE), strict=True):
        sign_in(half, address, name)
    decided(*halves, address)


def window(browser: Browser, size: ViewportSize) -> Page:
    """A browser of its own, of this size."""
    return browser.new_context(viewport=size, locale="zh-CN", timezone_id="Asia/Shanghai").new_page()


def chromium() -> str | None:
    """The system's Chromium, if it has one; else Playwright's own is taken."""
    places: Iterable[Path] = (
        Path("/usr/bin") / name for name in ("chromium-headless-shell", "chromium", "google-chrome")
    )
    return next((str(path) for path in places if path.exists()), None)


def main() -> None:
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="zongfen-") as folder, sync_playwright() as playwright:
        data = Path(folder)
        prepare(data)
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        with served(data) as address:
            shoot(browser, address)
        browser.close()


if __name__ == "__main__":
    main()
