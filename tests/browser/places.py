"""Where things are on a table's page, and what people do there."""

from playwright.sync_api import Locator, Page, expect


def cell(page: Page, row: str, field: str) -> Locator:
    """A cell of the grid, by the row's id."""
    return page.locator(f'.ag-body-viewport .ag-row[row-id="{row}"] > .ag-cell[col-id="{field}"]')


def at(page: Page, index: int, field: str) -> Locator:
    """A cell of the grid, by its place."""
    return page.locator(f'.ag-body-viewport .ag-row[row-index="{index}"] > .ag-cell[col-id="{field}"]')


def enter(page: Page, place: Locator, text: str) -> None:
    """Type over a cell."""
    place.dblclick()
    page.keyboard.press("Control+a")
    page.keyboard.type(text)
    page.keyboard.press("Enter")


def drawer(page: Page) -> Locator:
    return page.locator(".drawer.open")


def field(page: Page, name: str) -> Locator:
    """A field's widget in the drawer."""
    return page.locator(f'.drawer [name="{name}"]')


def said(page: Page, name: str) -> Locator:
    """What stands under a field of the drawer."""
    return page.locator(f'.drawer .ctl:has([name="{name}"]) .msg')


def flat(page: Page, label: str) -> Locator:
    """The value of a field that is not to be filled in."""
    return page.locator(".drawer .fd").filter(has=page.get_by_text(label, exact=True)).locator(".ro .ell")


def state(page: Page) -> Locator:
    """What the drawer's save bar says."""
    return page.locator(".drawer .df [role=status]")


def history(page: Page) -> Locator:
    """The lines of the drawer's history, newest first."""
    return page.locator(".drawer .hist li")


def settled(page: Page, count: int) -> None:
    """Wait until so many fields are typed and not saved, as the server has heard."""
    expect(state(page)).to_have_text(f"● {count} 处未存" if count else "")
