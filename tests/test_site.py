"""One site's page: what each reader finds there, what is hidden, and the same on paper."""

import json
from urllib.parse import quote

import pytest

from exports.dossier import dossier
from models.access import CLI
from models.query import NoRow
from pages import site_parts as parts
from pages.markup import grid_path, rendered, site_path
from tests import papers
from tests.web import postgres_template, session_of, site_app, sqlite_template, visit  # noqa: F401
from tests.world import ACTORS, add, edit, filled, new_row, phone, site_row, token

DATABASES = ("sqlite",)
TODAY = "2026-11-24"
BRANCH = "C530111001"
ODD = "C/5#3?%&中 ".strip()  # signs that an address has a use for


@pytest.fixture
def city(parts):
    """The small city; its first branch with a year's work."""
    tables = parts.catalog
    months = ((9, "2026-09", "confirmed"), (10, "2026-10", "empty"))
    checks = (
        new_row(tables["checklists"], f"k{n}", {"site": BRANCH, "month": month, "status": status})
        for n, month, status in months
    )
    add(parts, "checklists", *checks)
    books = (new_row(tables["service_yearbooks"], f"y{year}", {"site": BRANCH, "year": year}) for year in (2024, 2025))
    add(parts, "service_yearbooks", *books)
    facts = {"site": BRANCH, "number": "Z1", "due_on": "2026-11-26", "problem": "灭火器过期", "responsible": "孙红"}
    closed = {**facts, "number": "Z2", "due_on": "2026-01-01", "status": "closed", "problem": "旧问题"}
    add(parts, "rectifications", *(new_row(tables["rectifications"], one["number"], one) for one in (facts, closed)))
    edit(parts, "sites", f"s{BRANCH}", "staff_established", None, 2)
    return parts


def known(parts, code=BRANCH, name="admin", year=None):
    with parts.database.read() as connection:
        return dossier(parts.query.view(connection, ACTORS[name]), code, TODAY, year)


# ---------------------------------------------------------------- what is known


def test_what_is_told_of_a_branch(city):
    found = known(city)
    assert (found.level, found.status, found.network, found.year, found.years) == (
        "分馆",
        "已挂牌",
        "文化馆",
        2026,
        (2026, 2025, 2024),
    )
    assert [one.code for one in found.children] == [f"{BRANCH}001", f"{BRANCH}002"]
    assert [(one.month, one.status) for one in found.checks if one.id] == [("2026-09", "已确认"), ("2026-10", "未填")]
    assert len(found.checks) == 12
    assert [one["number"] for one in found.rectifications] == ["Z1", "Z2"]
    assert [one["number"] for one in found.open_rectifications] == ["Z1"]
    assert (found.ledger.count, found.last_month) == (1, "2026-09")
    assert [one.year for one in [known(city, year=2025)]] == [2025]
    assert known(city, "L530111001").year == 2026  # of its activity


def test_every_field_is_told_or_named_as_blank(city):
    """Whatever is declared: filled in or blank, but for what stands in the head."""
    table, found = city.catalog["sites"], known(city)
    told = {fact.label for section in found.sections for fact in section.facts}
    blank = {label for section in found.sections for label in section.blank}
    head = {"编码", "名称", "体系", "级别", "上级", "状态"}
    assert told | blank == {one.label for one in table.fields} - head
    assert told & blank == set()
    assert next(fact for section in found.sections for fact in section.facts if fact.short).value == "编制差 1"


@pytest.mark.parametrize(
    ("name", "parent", "children", "number"),
    [
        ("admin", token("C530111"), 2, phone(BRANCH)),
        ("main", token("C530111"), 2, phone(BRANCH)),
        ("branch", "", 2, phone(BRANCH)),
        ("city reader", token("C530111"), 2, f"{phone(BRANCH)[:3]}****{phone(BRANCH)[-4:]}"),
        ("center", token("C530111"), 2, f"{phone(BRANCH)[:3]}****{phone(BRANCH)[-4:]}"),
    ],
)
def test_what_each_may_know(city, name, parent, children, number):
    found = known(city, name=name)
    assert (found.parent.code, found.parent.name, len(found.children)) == ("C530111", parent, children)
    assert number in [fact.value for section in found.sections for fact in section.facts]
    assert found.may_edit is (name in ("admin", "main", "branch"))


@pytest.mark.parametrize(
    ("name", "code"), [("branch", "C530111002"), ("main", "C530112"), ("assessor", BRANCH), ("admin", "no")]
)
def test_who_does_not_find_it(city, name, code):
    with pytest.raises(NoRow):
        known(city, code, name)


# ---------------------------------------------------------------- in words


def test_months_and_mending_in_words(city):
    found = known(city)
    cells = [cell for half in parts.checks(found)["halves"] for cell in half]
    assert [cell["text"] for cell in cells if cell["path"]] == ["已确认", "未填"]  # no item counts: no rate
    (first, second) = parts.mending(found, TODAY)["rows"]
    assert (first["due"], first["tone"], second["tone"]) == ("还有 2 天", "warn", "mut")
    assert parts.mending(found, "2026-12-01")["rows"][0]["due"] == "已过 5 天"


@pytest.mark.parametrize("code", [BRANCH, ODD, "../..", "a b"])
def test_a_path_holds_any_code(code):
    path = site_path(code)
    assert path == f"/sites/{quote(code, safe='')}"
    assert path.count("/") == 2
    assert not set(path) & set(' #?"<>')


def test_a_grid_s_address():
    assert grid_path("sites", "code:eq:a&b", "note:has:c d") == "/tables/sites?where=code:eq:a%26b&where=note:has:c+d"


def page(city, code=BRANCH, name="admin"):
    """The page's HTML below its bar, as somebody gets it."""
    found = known(city, code, name)
    return rendered("site.html", words=parts.words(), one=parts.values(found, city.catalog["sites"], TODAY))


def test_the_page_tells_it(city):
    html = page(city)
    for text in (token(BRANCH), "灭火器过期", "编制差 1", "2026 年检查", "未销号 1 条", f"/tables/sites?row=s{BRANCH}"):
        assert text in html, text
    assert html.count("aria-label=") >= 9


def test_a_reader_finds_no_way_to_edit(city):
    assert "修改" in page(city)
    assert "修改" not in page(city, name="city reader")


def test_what_a_record_holds_is_text_and_no_markup(city):
    add(city, "sites", site_row(city, "C530111009", name="<b>x</b>", parent="C530111", county="官渡区"))
    html = page(city, "C530111")
    assert "&lt;b&gt;x" in html
    assert "<b>x" not in html


# ---------------------------------------------------------------- on paper, over HTTP


@pytest.fixture
def site(city):
    """Ask as somebody: (status, content)."""

    async def ask(path, name="admin"):
        async with visit(site_app(city), session_of(city, ACTORS[name].name)) as client:
            answer = await client.get(path)
        return answer.status_code, answer.content

    return ask


@pytest.mark.parametrize(
    ("path", "name"),
    [(f"/sites/{BRANCH}", "assessor"), ("/sites/C530112", "main"), ("/sites/no", "admin"), ("/sites/a/b", "admin")],
)
async def test_what_is_not_there_and_what_is_not_one_s_own_look_alike(site, path, name):
    status, answer = await site(f"{path}/print.pdf", name)
    assert status == 404
    assert "«" not in json.loads(answer)["error"]


async def test_a_year_that_is_none_is_refused(site):
    for year in ("x", "26", "99999"):
        assert (await site(f"/sites/{BRANCH}/print.pdf?year={year}"))[0] == 400


async def test_a_code_with_odd_signs(city, site):
    add(city, "sites", site_row(city, ODD, name="怪码馆", parent="C530111", county="官渡区"))
    status, data = await site(f"{site_path(ODD)}/print.pdf")
    assert (status, data[:5]) == (200, b"%PDF-")
    assert site_path(ODD) in page(city, "C530111")


async def test_the_sheet_masks_as_the_page_does(site, tmp_path):
    for name, shown in (("branch", True), ("city reader", False)):
        _status, data = await site(f"/sites/{BRANCH}/print.pdf", name)
        path = tmp_path / f"{name}.pdf"
        path.write_bytes(data)
        text = papers.squeezed(path)
        assert papers.pages(path) == 1
        assert (phone(BRANCH) in text) is shown
        assert "数据截至2026-11-2414:31" in text


def test_a_long_record_is_still_one_page(city, tmp_path):
    from exports.site_sheet import printed
    from exports.typefaces import typefaces

    longest = {
        one.name: "字" * one.kind.max for one in city.catalog["sites"].stored if one.kind.name == "text" and not one.key
    }
    longest |= {"phone": "1" * 40, "county": "官渡区", "parent": "C530111", "level": "branch", "network": "culture"}
    row = filled(city.catalog["sites"], "slong", "x", {**longest, "code": "C530111888", "status": "open"})
    add(city, "sites", row, actor=CLI)
    path = tmp_path / "long.pdf"
    path.write_bytes(printed(known(city, "C530111888"), typefaces(), "2026-11-24 14:31"))
    assert papers.pages(path) == 1
    assert "见台账" in papers.squeezed(path)
