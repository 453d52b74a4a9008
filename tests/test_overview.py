"""The overview: what each person reads there; in words; opening a period from it."""

import re
from html import unescape
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest

from integrations.defaults import SHIPPED
from integrations.intake import plan_file
from models.access import CLI, Actor
from models.changes import Plan
from models.conditions import parse_condition
from models.declared import read_declared
from models.duties import Duty
from models.opening import BadPeriod
from models.query import Question
from pages import overview_parts as layout
from pages import overview_words as words
from pages.markup import rendered
from pages.overview_read import MOST_LINES, condition, lines_of, read, short_name
from pages.periods import NotYours, may_open, open_now
from tests.web import postgres_template, sqlite_template  # noqa: F401
from tests.world import ACTORS, CODES, add, edit, new_row, token
from tests.world import read as rows_of

DATABASES = ("sqlite",)


def check(parts, site, month, status="empty", **values):
    return new_row(
        parts.catalog["checklists"], f"k{site}{month}", {"site": site, "month": month, "status": status, **values}
    )


@pytest.fixture
def city(parts):
    """The small city with some work in it. Today is 2026-11-24."""
    months = [check(parts, code, f"2026-{month}") for code in CODES if len(code) > 7 for month in (10, 11)]
    add(parts, "checklists", *months, check(parts, "C530111001", "2026-11", kind="supervision", id="k2"))
    edit(parts, "checklists", "kC5301110012026-10", "status", "empty", "filled")
    edit(parts, "plaques", "pC530111001", "status", "to_make", "hung")
    return parts


# ---------------------------------------------------------------- what is read


@pytest.mark.parametrize(
    ("name", "sites", "networks", "lines"),
    [
        ("admin", 12, ["culture", "library"], ["C530111001", "C530111002", "C530112001", "L530111001"]),
        ("county bureau", 7, ["culture", "library"], ["C530111001", "C530111002", "L530111001"]),
        ("center", 9, ["culture"], ["C530111001", "C530111002", "C530112001"]),
        ("main", 5, ["culture"], ["C530111001", "C530111002"]),
        ("branch", 3, ["culture"], ["C530111001"]),
        ("point", 1, ["culture"], ["C530111001001"]),
        ("assessor", 0, [], []),
        ("nobody's branch", 0, [], []),
    ],
)
def test_each_reads_what_is_theirs(city, name, sites, networks, lines):
    found = read(city, ACTORS[name])
    assert found.sites == sites
    assert [one.network for one in found.standings] == networks
    assert list(found.strip.lines) == lines


def test_the_numbers_of_a_county(city):
    found = read(city, ACTORS["main"])
    (one,) = found.standings
    (place,) = one.places
    assert [(level, tally.built, tally.wanted) for level, tally in place.levels.items()] == [
        ("main", 1, 1),
        ("branch", 2, 2),
        ("point", 2, 2),
    ]
    assert (place.hung, place.plaques, one.missing) == (1, 5, [])
    assert found.strip.lines["C530111001"][-2:] == ((1, 3), (0, 3))  # the 督查 is no monthly check
    counted = [(one.kind, one.count) for one in found.duties]
    assert counted == [("check", 3), ("check", 1), ("check", 4), ("to_make", 4)]  # October's first: they are overdue


def test_a_library_hall_lacks_nothing_that_is_asked_of_culture_halls(city):
    hall = Actor("馆", "main", site="L530111")
    found = read(city, hall)
    assert [(one.network, one.has_targets, one.missing) for one in found.standings] == [("library", False, [])]


def test_every_line_leads_to_as_many_rows_as_it_counts(city):
    for name in ("admin", "main", "branch"):
        actor = ACTORS[name]
        for duty in read(city, actor).duties:
            address = urlsplit(words.path(duty))
            if not address.path.startswith("/tables/"):
                continue
            table = city.catalog[address.path.removeprefix("/tables/")]
            where = [
                parse_condition(city.catalog, table, told) for key, told in parse_qsl(address.query) if key == "where"
            ]
            with city.database.read() as connection:
                ids = city.query.view(connection, actor).ids(table, Question(tuple(where)))
            assert len(ids) == duty.count, duty


def test_declared_totals_are_the_whole_city_s(city):
    add_targets = plan_file(city, CLI, city.catalog["targets"], SHIPPED / "targets.csv")
    plan, _number = add_targets.apply(city.store, CLI)
    assert plan.errors == ()
    with city.database.read() as connection:
        told = read_declared(connection, city.catalog["targets"])
    assert told == {"main_halls": 18, "branches": 139, "points": 1679}
    found = read(city, ACTORS["admin"])
    assert found.differing == {"main_halls": (18, 15), "points": (1679, 1680)}
    assert words.differing_words(found.differing) == "总馆多 3，服务点少 1"
    assert read(city, ACTORS["county bureau"]).declared == {}


@pytest.mark.parametrize(
    ("line", "nodes", "told"),
    [
        ("B1", {"B1": "B1", "B1-1": "B1"}, "has:B1"),
        ("B1", {"B1": "B1", "B12": "B12"}, "in:B1"),  # another's code begins alike
        ("B1", {"B1": "B1", "X9": "B1"}, "in:B1,X9"),
    ],
)
def test_what_means_a_branch_and_its_points(line, nodes, told):
    assert condition(line, nodes, dict.fromkeys(nodes)) == told


def test_many_branches_go_by_county(city):
    with city.database.read() as connection:
        nodes = dict(city.query.view(connection, CLI).tree.nodes)
    one = nodes["C530111002"]
    nodes |= {
        f"B{n}": type(one)(f"B{n}", "C530111", "branch", "culture", "官渡区", "open") for n in range(MOST_LINES + 1)
    }
    lines, by = lines_of(nodes, {(code, "2026-11", "empty"): 1 for code in nodes if nodes[code].level == "branch"})
    assert (by, set(lines.values())) == ("county", {"官渡区", "西山区"})


# ---------------------------------------------------------------- in words


@pytest.mark.parametrize(
    ("duty", "title", "due", "tone", "path"),
    [
        (
            Duty("check", 7, "2026-11-30", {"month": "2026-11", "status": "empty", "next": "filled"}),
            "11 月检查未填",
            "还有 6 天",
            "warn",
            "/tables/checklists?where=month:eq:2026-11&where=kind:eq:monthly&where=status:eq:empty",
        ),
        (
            Duty(
                "book", 2, "2026-01-31", {"table": "asset_yearbooks", "year": 2025, "status": "signed", "next": "sent"}
            ),
            "2025 年资产统计年报待报送",
            "已过 297 天",
            "err",
            "/tables/asset_yearbooks?where=year:eq:2025&where=status:eq:signed",
        ),
        (Duty("unopened", 9, None, {"month": "2026-11"}), "11 月检查还没开", "", "", "#periods"),
        (Duty("stopped", 1), "共享表已停", "", "", "/sync"),
        (Duty("mending", 1, "2026-11-24", {"until": "2026-12-08"}), "整改到期", "今天到期", "warn", None),
        (
            Duty("to_make", 12_345, None, {"status": "to_make"}),
            "牌匾待制作",
            "",
            "",
            "/tables/plaques?where=status:eq:to_make",
        ),
    ],
)
def test_a_line(duty, title, due, tone, path):
    told = words.line(duty, {}, "2026-11-24")
    assert (told.title, told.due, told.tone) == (title, due, tone)
    assert path is None or unquote(told.path) == path
    assert told.count == ("12,345" if duty.count > 9999 else str(duty.count))


@pytest.mark.parametrize(
    ("places", "told"),
    [((), ""), (("A",), "甲"), (("A", "B"), "甲、乙"), (("A", "B", "C", "D"), "甲、乙、丙 等 4 处"), (("X",), "")],
)
def test_where_it_is(places, told):
    names = {"A": "甲", "B": "乙", "C": "丙", "D": "丁"}
    assert words.whereabouts(Duty("to_make", 1, places=places), names) == told


@pytest.mark.parametrize(("number", "told"), [(None, ""), (0, "·"), (2, "+2"), (-6, "−6")])
def test_gaps(number, told):
    assert words.gap(number) == told


def test_what_is_missing_is_written_out():
    told = words.missing_words([("晋宁区", "branch", 1), ("阳宗海", "point", 6)])
    assert told == "晋宁区分馆 1，阳宗海服务点 6"


def test_short_names():
    assert short_name({"code": "B", "level": "branch", "township": "关上街道", "name": "站"}) == "关上街道分馆"
    assert short_name({"code": "P", "level": "point", "township": "关上街道", "name": "中心"}) == "中心"


# ---------------------------------------------------------------- the page


def page(parts, name):
    """The page's HTML, as somebody gets it."""
    found = read(parts, ACTORS[name])
    standing = [layout.standing_values(one, found) for one in found.standings]
    work = rendered("overview.html", **layout.work_values(found, "官渡区"))
    return work + rendered("standing.html", words=layout.words(), standings=standing)


def test_the_page_shows_it(city):
    main = page(city, "main")
    for text in ("等我办", "11 月检查未填", "建成与任务", "月度检查填报率", token("C530111001")):
        assert text in main, text
    assert token("C530112001") not in main
    # A cell says in words what it paints, and leads to the month's checks of the branch and its points.
    cell = re.search(r'<td class="h1 low cur">\s*<a href="([^"]+)" aria-label="([^"]+)"[^>]*>(\d+)</a>', main)
    assert unescape(cell[1]) == "/tables/checklists?where=site:has:C530111001&where=month:eq:2026-11"
    assert (cell[2].endswith("2026-11 已填 0/3"), cell[3]) == (True, "0")
    assert "✓ 没有待办" in page(city, "city reader")


def test_the_gap_is_red_where_something_is_lacking_alone(city):
    edit(city, "targets", "t官渡区", "points", 2, 9)
    edit(city, "targets", "t官渡区", "branches", 2, 1)
    main = page(city, "main")
    assert re.findall(r'<td class="num gap( err)?">([^<]+)<', main) == [("", "+1"), (" err", "−7")]
    assert "官渡区服务点 7" in main


# ---------------------------------------------------------------- opening a period


@pytest.mark.parametrize(
    ("name", "groups"),
    [
        ("admin", ["checks", "yearbooks", "assessment"]),
        ("county bureau", ["checks", "yearbooks", "assessment"]),
        ("main", ["checks", "yearbooks", "assessment"]),
        ("center", []),
        ("branch", []),
        ("point", []),
        ("assessor", []),
        ("city reader", []),
    ],
)
def test_who_may_open_what(city, name, groups):
    assert [kind.group for kind in may_open(city.catalog, ACTORS[name])] == groups
    if not groups:
        with pytest.raises(NotYours):
            open_now(city, ACTORS[name], "checks", "2026-12")


def test_a_month_is_opened_once_and_taken_back(city):
    main = ACTORS["main"]
    edit(city, "sites", "sC530111002", "status", "open", "planned")
    done = open_now(city, main, "checks", "2026.12")
    assert (done.opening.period, done.opening.created, done.opening.existing, done.opening.skipped) == (
        "2026-12",
        3,
        0,
        1,
    )
    opened = {one["site"] for one in rows_of(city, "checklists") if one["month"] == "2026-12"}
    assert opened == {"C530111001", "C530111001001", "C530111001002"}
    again = open_now(city, main, "checks", "2026-12")
    assert (again.opening.created, again.opening.existing, again.changeset) == (0, 3, None)
    city.store.undo(done.changeset, main)
    assert not [one for one in rows_of(city, "checklists") if one["month"] == "2026-12"]


def test_both_books_of_a_year_are_one_change_set(city):
    done = open_now(city, ACTORS["main"], "yearbooks", "2026")
    assert done.opening.created == 10  # two books of five sites
    city.store.undo(done.changeset, ACTORS["main"])
    assert rows_of(city, "service_yearbooks") == rows_of(city, "asset_yearbooks") == []


def test_a_supervision_is_not_the_month_s_check(city):
    """What opening makes is the monthly check: another kind of check in that month does not stand in its place."""
    add(city, "checklists", check(city, "C530111001", "2026-12", kind="supervision"))
    assert open_now(city, ACTORS["main"], "checks", "2026-12").opening.created == 4


def test_a_period_that_is_none(city):
    with pytest.raises(BadPeriod, match="月份"):
        open_now(city, ACTORS["main"], "checks", "十二月")
    assert city.store.apply(Plan(()), CLI, "ui") is None


def test_the_usual_period_is_this_month_or_this_year(city):
    kinds = {kind.group: kind.usual("2026-11-24") for kind in may_open(city.catalog, ACTORS["main"])}
    assert kinds == {"checks": "2026-11", "yearbooks": "2026", "assessment": "2026"}
