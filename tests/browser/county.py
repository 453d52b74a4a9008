"""A county of 132 sites on the real server, for the grid's tests: a hall, its branches, nine points to each branch.

The fixtures (conftest.py): `county` is the server with these records, as they were at the start; `page` a wide page of
李春梅's, open at the sites, with every call that it makes noted. Ids are s1, s2, … in the order of the tree.
"""

import itertools
import json
import re
import shutil
import sqlite3
import time
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import BrowserContext, Locator, Page, Request, expect

if TYPE_CHECKING:
    from tests.browser.conftest import Site

PATIENCE = 15  # seconds until a test gives up
WIDE = {"width": 3600, "height": 768}  # every column is on screen
ME, OTHER = "李春梅", "王敏"
HOSTS = ("government", "school", "enterprise", "society")
FIRST = 132  # sites
MOST = 1000


def sites(count: int) -> list[dict[str, object]]:
    """The sites, as rows of the database."""
    made: list[dict[str, object]] = [
        {"code": "C530111", "name": "官渡区文化馆", "level": "main", "area_m2": 4260.0, "staff_established": 18}
    ]
    for branch in itertools.count(1):
        if len(made) >= count:
            break
        code, name = f"C530111{branch:03d}", f"{branch}号街道综合文化服务中心"
        facts = {"parent": "C530111", "area_m2": 920.0, "staff_established": 3}
        made.append({"code": code, "name": name, "level": "branch", **facts})
        for point in range(1, 10):
            facts = {"area_m2": float(100 + (branch * 37 + point * 53) % 400), "staff_public_welfare": point % 3}
            name = f"{branch}-{point}社区综合文化服务中心"
            made.append({"code": f"{code}{point:03d}", "name": name, "level": "point", "parent": code, **facts})
    common = {"network": "culture", "county": "官渡区", "operation": "own", "status": "open", "phone": "13800001207"}
    return [
        {
            **common,
            **row,
            "id": f"s{number}",
            "host": HOSTS[number % 4],
            "weekly_hours": 35.0 + number % 3 * 7,
            "population": 1200 * number,
            "head": "张丽华",
            "opened_on": "2026-03-05" if number % 2 else "2019-11-02",
            "hours_public": number % 2 == 0,
        }
        for number, row in enumerate(made[:count], 1)
    ]


def settled(example: Path, place: Path, count: int) -> Path:
    """A copy of the example's database with these sites alone."""
    shutil.copy(example, place)
    with closing(sqlite3.connect(place)) as connection, connection:
        for table in ("activities", "plaques", "site_parents", "checklists", "rectifications", "changesets", "history"):
            connection.execute(f'DELETE FROM "{table}"')
        for table in ("service_yearbooks", "asset_yearbooks", "assessments", "assessment_scores", "sites"):
            connection.execute(f'DELETE FROM "{table}"')
        for row in sites(count):
            names = ", ".join(row)
            connection.execute(f"INSERT INTO sites ({names}) VALUES ({', '.join('?' * len(row))})", tuple(row.values()))
    return place


@dataclass
class County:
    """The server, what a page asked of it, and what happens behind that page's back."""

    site: "Site"
    databases: dict[int, Path]
    requests: list[Request] = field(default_factory=list)
    context: BrowserContext | None = None

    def begin(self, count: int) -> None:
        """So many sites, as at the start."""
        self.site.reset(self.databases[count])
        self.requests.clear()

    # ---- what the page asked

    def posts(self) -> list[dict]:
        """What was sent to be changed, cell by cell."""
        return [one.post_data_json for one in self.requests if one.method == "POST" and one.url.endswith("/cells")]

    def asked(self) -> list[str]:
        """The questions for rows."""
        urls = (one.url.partition("/api/v1/tables/sites?") for one in self.requests)
        return [query for _path, found, query in urls if found]

    # ---- what stands in the register

    def row(self, row: str) -> dict:
        return self.site.row("sites", row)

    def value(self, row: str, field: str) -> object:
        return self.row(row)[field]

    def comes_to_say(self, row: str, field: str, value: object) -> None:
        """Wait until a cell holds this: a page shows what was typed before it has been sent."""
        page, until = self.context.pages[-1], time.monotonic() + PATIENCE
        while (found := self.value(row, field)) != value:
            assert time.monotonic() < until, f"{found!r} is not {value!r}"
            page.wait_for_timeout(50)

    # ---- what others do

    def set(self, row: str, field: str, value: object) -> None:
        """王敏 changes a cell."""
        self.site.edit("sites", row, field, value, name=OTHER)

    def by_sheet(self, row: str, field: str, value: object) -> None:
        """A shared workbook changed a cell."""
        self.set(row, field, value)
        self.site.ask(
            "UPDATE changesets SET origin = 'sync', actor = 'sync' WHERE id = (SELECT max(id) FROM changesets)"
        )

    def conflict(self, row: str, field: str, base: object, app: object, sheet: object) -> None:
        """Two sides changed a cell."""
        told = ("b", "cell", "sites", row, field, *map(json.dumps, (base, app, sheet)), "2026-11-20T00:00:00Z")
        names = "book, kind, table_name, row_id, field, base, app, sheet, seen_at"
        self.site.ask(f"INSERT INTO sync_conflicts ({names}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", *told)

    def lamp(self, **values: object) -> None:
        """A lamp, of the one record type that has a field of every kind and a state that locks."""
        facts = {"number": "D1", "name": "门灯", "site": "C530111001", "watts": 60, **values}
        with self.site.client(ME) as client:
            client.post("/tables/lamps/rows", json={"values": facts}).raise_for_status()

    def down(self) -> None:
        """The network goes."""
        assert self.context
        self.context.route("**/api/**", lambda route: route.abort())

    def up(self) -> None:
        assert self.context
        self.context.unroute("**/api/**")


def visit(page: Page, query: str = "") -> None:
    page.goto(f"/tables/sites{query}")
    expect(cell(page, 0, "code")).to_have_text("C530111")


# ---- where things are, and what people do


def cell(page: Page, row: int, field: str) -> Locator:
    return page.locator(f'.ag-body-viewport .ag-row[row-index="{row}"] > .ag-cell[col-id="{field}"]')


def draft(page: Page, field: str, row: int = 0) -> Locator:
    return page.locator(f'.ag-floating-top .ag-row[row-index="t-{row}"] .ag-cell[col-id="{field}"]')


def number(page: Page, row: int) -> Locator:
    return cell(page, row, "#")


def block(page: Page, top: int, left: str, bottom: int, right: str) -> None:
    cell(page, top, left).click()
    cell(page, bottom, right).click(modifiers=["Shift"])


def paste(page: Page, text: str, html: str = "") -> None:
    """What a paste from a spreadsheet program is: the text, and the same as a table in HTML."""
    page.evaluate(
        """([text, html]) => {
          const data = new DataTransfer();
          data.setData("text/plain", text);
          if (html) data.setData("text/html", html);
          const event = new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true});
          document.activeElement.dispatchEvent(event);
        }""",
        [text, html],
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


def saved(page: Page) -> None:
    """Nothing waits to be sent."""
    expect(page.locator(".zf-status .unsaved")).to_have_text("")


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)
