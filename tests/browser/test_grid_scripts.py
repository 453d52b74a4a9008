"""The grid's pure scripts, each by itself, in a browser."""

import csv
import io
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from playwright.sync_api import Browser, Page

from pages.session import COOKIE
from tests.browser.conftest import Site
from tests.browser.county import ME

# ---- the pure scripts, each by itself


@pytest.fixture(scope="module")
def scripts(browser: Browser, served: Site) -> Iterator[Page]:
    """A page that has the scripts at hand, for questions that need no grid."""
    with browser.new_context(base_url=served.url) as context:
        context.add_cookies([{"name": COOKIE, "value": served.cookies[ME], "url": served.url}])
        page = context.new_page()
        page.goto("/tables/lamps")
        yield page


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
