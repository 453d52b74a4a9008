"""One real server and one browser for all tests of this folder.

`site` is the server, its records fresh for every test: the Kunming example, and PEOPLE to come as. `page_as(name)` is a
page of somebody's own; a test whose page breaks, or asks another site for anything, fails.

The fixtures live as long as this folder's tests: a browser held on to would keep an event loop running under others.
"""

import os
import re
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from models.access import Actor
from models.services import Services, open_installation
from models.settings import settings
from pages.session import COOKIE
from tests.browser.county import FIRST, ME, MOST, PATIENCE, WIDE, County, settled, visit
from tests.conftest import environment
from tests.needs import browser_program
from tests.web import MARKED, admit, session_of

ROOT = Path(__file__).resolve().parents[2]
DESK, PHONE = {"width": 1366, "height": 768}, {"width": 390, "height": 844}
ARGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]

PEOPLE = {
    one.name: one
    for one in (
        Actor("李春梅", "admin"),
        Actor("段鹏", "bureau", county="官渡区"),
        Actor("王敏", "main", site="C530111"),
        Actor("杨帆", "branch", site="C530111001"),
        Actor("和丽", "reader"),
    )
}


@dataclass
class Site:
    """A running server and its data folder."""

    data: Path
    pristine: Path
    cookies: dict[str, str]
    url: str = ""
    said: list[str] = field(default_factory=list)
    process: subprocess.Popen[str] | None = None
    is_quiet: threading.Event = field(default_factory=threading.Event)

    @property
    def env(self) -> dict[str, str]:
        """The environment of a command beside the server. NiceGUI serves differently where it sees pytest."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "ZONGFEN"))}
        return {**kept, **environment(self.data), "PYTHONPATH": str(ROOT)}

    def run(self, *args: object) -> subprocess.CompletedProcess[str]:
        """Run `app.py` in a process of its own, as somebody at the command line."""
        command = [sys.executable, "app.py", *map(str, args)]
        return subprocess.run(command, cwd=ROOT, env=self.env, capture_output=True, text=True, check=False)

    def client(self, name: str) -> httpx.Client:
        """The API as somebody."""
        return httpx.Client(base_url=f"{self.url}/api/v1", cookies={COOKIE: self.cookies[name]}, headers=MARKED)

    def row(self, table: str, key: str, name: str = "李春梅") -> dict:
        """A row as it stands, for whoever looks."""
        with self.client(name) as client:
            return client.get(f"/tables/{table}/rows/{key}").raise_for_status().json()["row"]

    def edit(self, table: str, key: str, field: str, after: object, name: str = "李春梅") -> None:
        """Change a cell from elsewhere."""
        with self.client(name) as client:
            row = client.get(f"/tables/{table}/rows/{key}").raise_for_status().json()["row"]
            cell = {field: {"before": row[field], "after": after}}
            client.patch(f"/tables/{table}/rows/{key}", json=cell).raise_for_status()

    def ask(self, statement: str, *values: object) -> list[tuple]:
        """Ask the database itself, or change it behind everyone's back."""
        with closing(sqlite3.connect(self.data / "zongfen.db")) as connection, connection:
            return connection.execute(statement, values).fetchall()

    def wait_for(self, table: str, text: str) -> None:
        """Wait until some row of a table of the app's own holds a text: what one types is kept a moment later."""
        until = time.monotonic() + PATIENCE
        while not any(text in str(row) for row in self.ask(f'SELECT * FROM "{table}"')):
            assert time.monotonic() < until, f"{text} is not in {table}"

    def end_session(self, name: str) -> None:
        """Sign somebody out everywhere."""
        self.ask("DELETE FROM sessions WHERE account = ?", name)

    def reset(self, to: Path | None = None) -> None:
        """Put the records back to what they were at the start, or in another database, under the running server."""
        shutil.rmtree(self.data / "sheets", ignore_errors=True)
        with closing(sqlite3.connect(self.data / "zongfen.db", isolation_level=None)) as connection:
            connection.execute("ATTACH ? AS pristine", (str(to or self.pristine),))
            connection.execute("BEGIN IMMEDIATE")
            tables = "SELECT name FROM {}.sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
            there, then = (
                {name for (name,) in connection.execute(tables.format(place))} for place in ("main", "pristine")
            )
            for name in there - {"pulses", "meta"}:
                connection.execute(f'DELETE FROM main."{name}"')
                if name in then:
                    connection.execute(f'INSERT INTO main."{name}" SELECT * FROM pristine."{name}"')
            connection.execute("DELETE FROM meta WHERE name NOT IN (SELECT name FROM pristine.meta)")
            connection.execute("UPDATE pulses SET count = count + 1")  # nothing that was kept of it holds any more
            connection.execute("COMMIT")

    def listen(self, process: subprocess.Popen[str]) -> None:
        """Keep what the server says; comes back when it has said where it is."""
        told, self.process = threading.Event(), process

        def read() -> None:
            for line in process.stderr or ():
                self.said.append(line)
                if line == "quiet\n":
                    self.is_quiet.set()
                if found := re.search(r"http://localhost:\d+", line):
                    self.url = found[0]
                    told.set()
            told.set()

        threading.Thread(target=read, daemon=True).start()
        assert told.wait(60), "the server said nothing"
        assert self.url, "".join(self.said)

    def settle(self) -> None:
        """Wait until what closed pages asked for is done: what comes late would be the next test's (serve.py)."""
        self.is_quiet.clear()
        assert self.process
        assert self.process.stdin
        self.process.stdin.write("?\n")
        self.process.stdin.flush()
        assert self.is_quiet.wait(PATIENCE), "".join(self.said)


def prepared(data: Path) -> dict[str, str]:
    """Give PEOPLE accounts there; returns a session's cookie for each."""
    parts: Services = open_installation(settings(environment(data)))
    admit(parts, PEOPLE.values())
    cookies = {name: session_of(parts, name) for name in PEOPLE}
    with parts.database.engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    parts.database.close()
    return cookies


@pytest.fixture(scope="package")
def served(kunming: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The server of this folder's tests, as `app.py run` starts it (serve.py). It ends as it should, and nothing broke in it."""
    folder = tmp_path_factory.mktemp("served")
    data = shutil.copytree(kunming, folder / "data")
    cookies = prepared(data)
    site = Site(data, Path(shutil.copy(data / "zongfen.db", folder / "pristine.db")), cookies)
    command = [sys.executable, str(Path(__file__).with_name("serve.py")), "run", "--port", "0"]
    pipes = {"stdin": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, cwd=ROOT, env=site.env, text=True, **pipes) as process:
        try:
            site.listen(process)
            yield site
        finally:
            process.terminate()
    assert process.returncode == 0
    assert "Traceback" not in "".join(site.said), "".join(site.said)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """One browser for all."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_program(), args=ARGS)
        yield browser
        browser.close()


@pytest.fixture
def site(served: Site) -> Site:
    """The server, its records as they were at the start."""
    served.reset()
    return served


@pytest.fixture(scope="package")
def profiles() -> dict[str, BrowserContext]:
    """The browser profiles that were opened: kept, so that scripts are fetched and compiled once for each person."""
    return {}


@pytest.fixture
def page_as(site: Site, opened: Callable[..., Page]) -> Callable[..., Page]:
    """`page_as(name, path, viewport=…)`: a page in that person's own browser profile; without a name nobody's."""
    return opened


@pytest.fixture
def opened(browser: Browser, profiles: dict[str, BrowserContext], served: Site) -> Iterator[Callable[..., Page]]:
    """`page_as`, whatever the records are."""
    site = served
    expect.set_options(timeout=PATIENCE * 1000)
    faults: list[str] = []
    pages: list[Page] = []

    def open_page(name: str | None = "李春梅", path: str = "", **options: object) -> Page:
        told = {"viewport": DESK, "base_url": site.url, **options}
        context = profiles.get(f"{name} {told}") or browser.new_context(**told)
        profiles[f"{name} {told}"] = context
        context.set_default_timeout(PATIENCE * 1000)
        context.clear_cookies()
        if name:
            context.add_cookies([{"name": COOKIE, "value": site.cookies[name], "url": site.url}])
        page = context.new_page()
        pages.append(page)
        page.on("pageerror", lambda fault: faults.append(str(fault)))
        page.on("request", lambda asked: faults.append(asked.url) if is_foreign(asked.url, site.url) else None)
        if path:
            page.goto(path)
        return page

    yield open_page
    for page in pages:
        if not page.is_closed() and page.url.startswith(site.url):
            page.evaluate("localStorage.clear(); sessionStorage.clear()")
        page.close()
    site.settle()
    assert faults == []


@pytest.fixture(scope="package")
def databases(served: Site, tmp_path_factory: pytest.TempPathFactory) -> dict[int, Path]:
    """The databases of county.py by the number of their sites, made once."""
    folder = tmp_path_factory.mktemp("county")
    return {count: settled(served.pristine, folder / f"{count}.db", count) for count in (FIRST, MOST)}


@pytest.fixture
def county(served: Site, databases: dict[int, Path]) -> County:
    """A county's sites alone (county.py), as they were at the start."""
    county = County(served, databases)
    county.begin(FIRST)
    return county


@pytest.fixture
def page(opened: Callable[..., Page], county: County) -> Iterator[Page]:
    """A wide page of 李春梅's at those sites."""
    page = opened(ME, viewport=WIDE)
    page.on("request", lambda asked: county.requests.append(asked))
    county.context = page.context
    visit(page)
    yield page
    page.context.unroute_all()


def is_foreign(asked: str, home: str) -> bool:
    """Whether a request leaves for another site."""
    return not asked.startswith((home, home.replace("http", "ws", 1), "data:", "blob:"))
