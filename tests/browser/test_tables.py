"""A table's page against the real server: edits that are kept, seen elsewhere, told in the history and taken back."""

import time

from playwright.sync_api import expect


def cell(page, row, name):
    return page.locator(f'.ag-row[row-id="{row}"] .ag-cell[col-id="{name}"]')


def test_first(site, page_as):
    t = time.time()
    page = page_as("李春梅", "/tables/sites")
    expect(page.locator(".ag-row").first).to_be_visible()
    print("first", time.time() - t)
    page.screenshot(path="/tmp/p1.png")
    page.locator('.ag-row .ag-cell[col-id="code"]').first.dblclick()
    time.sleep(1)
    page.goto("/tables/sites?row=C530111001")
    expect(page.locator(".drawer.open")).to_be_visible()
    time.sleep(1)
    page.screenshot(path="/tmp/p2.png")
    t = time.time()
    site.reset()
    print("reset", time.time() - t)
