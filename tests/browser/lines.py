"""The line between a page and its server."""

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Page, WebSocketRoute


@contextmanager
def line_held(page: Page) -> Iterator[None]:
    """What the page has to say meanwhile waits: its line to the server is there when this ends."""
    held: list[WebSocketRoute] = []
    page.route_web_socket("**/_nicegui_ws/**", lambda line: held.append(line))
    yield
    for line in held:
        line.connect_to_server()
