"""The sync centre without a browser: what it shows whom, in which words and order, and what can be done there."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations import books, cycles, decisions
from integrations.books import Book
from integrations.cycles import PastCycle
from integrations.sides import Conflict, SheetProblem
from integrations.stopped import Look
from models import jobs
from models.access import Actor
from models.database import dumps
from models.history import stamp
from models.kinds import Bool, Choice, Decimal, Multi, Percent, Ref, Text, choices
from models.schema import Field
from pages import sheetfiles
from pages.booklist import naming, state_of, ways
from pages.matters import PAGE, Wanted
from pages.sitting import ROLES, Sitting, read
from pages.told import in_words, moment
from tests import sheets, world
from tests.conftest import NOW
from tests.sheets import BRANCH, HALL
from tests.web import admit, session_of, site_app, visit
from tests.world import ACTORS, CODES, phone, token

DATABASES = ("sqlite",)
WITH_BOOK = ("C530111", "C530111001", "C530111002", "C530112", "C530112001", "L530111", "L530111001")
GUANDU = [code for code in CODES if code[1:].startswith("530111")]
# Whose sites each may read, told by hand.
READS = {
    "admin": CODES,
    "city bureau": CODES,
    "county bureau": GUANDU,
    "center": [code for code in CODES if code.startswith("C")],
    "main": [code for code in CODES if code.startswith("C530111")],
    "branch": [code for code in CODES if code.startswith("C530111001")],
    "point": ["C530111001001"],
    "assessor": [],
    "city reader": CODES,
    "county reader": GUANDU,
    "site reader": [code for code in CODES if code.startswith("C530111001")],
    "nobody's branch": [],
}
EDITS = {name: READS[name] for name in ("admin", "city bureau", "county bureau", "main", "branch", "point")}
STILL = stamp(NOW)


def book_of(code):
    """The workbook that a site's rows are in."""
    return max((one for one in WITH_BOOK if code.startswith(one)), key=len)


@pytest.fixture
def matters(parts):
    """The small city, with a workbook wherever there should be one, and a matter of each sort at every site."""
    world.build(parts)
    with parts.database.write() as connection:
        for place, code in enumerate(WITH_BOOK):
            told = {"cycled_at": STILL, "cells_in": 1 << place, "digest": "x", "place": f"{code} {token(code)}.xlsx"}
            state = books.STOPPED if code.endswith("2") else books.FINE
            books.keep_book(connection, Book(code, token(code), mark="", state=state, reason=token(code), **told))
            put_matters(
                connection,
                code,
                [one for one in CODES if one[:2] == code[:2] and len(one) > 5 and book_of(one) == code],
            )
        notes = tuple((f"{code} {token(code)} (2).xlsx", f"{code} 的副本，没有读") for code in WITH_BOOK)
        cycles.keep_cycle(connection, PastCycle(STILL, STILL, "cli", {"cells_in": 99, "cells_out": 0}, notes))
    return parts


def put_matters(connection, book, sites):
    """A conflict in a text and one in a phone number, a proposal, a problem: of each site."""
    found = [
        (Conflict("cell", f"s{code}", name, None, value, value), code)
        for code in sites
        for name, value in (("head", token(code)), ("phone", phone(code)))
    ]
    books.set_conflicts(connection, book, "sites", found, STILL)
    gone = {f"a{code}": (token(code), code) for code in sites}
    books.set_proposals(connection, book, "activities", gone, STILL)
    wrong = [(SheetProblem(2, f"s{code}", "phone", phone(code), token(code), "B2", True), code) for code in sites]
    books.set_problems(connection, book, "sites", wrong, STILL)


def shown(parts, actor, **wanted):
    most = dict.fromkeys(("conflicts", "proposals", "problems"), 999)
    return read(parts, actor, Sitting(Wanted(most=most, **wanted)))


def link_of(parts, actor):
    """Where the reader is led to open the branch's spreadsheet; None where the workbook is not listed at all."""
    rows = shown(parts, actor).books["rows"]
    return next((row["link"] for row in rows if row["code"] == "C530111001"), None)


def text_of(told):
    return dumps([told.books, told.matters, told.strip, told.sums])


# ---- scope


@pytest.mark.parametrize("name", ACTORS)
def test_no_text_of_a_foreign_site_is_shown(matters, name):
    text = text_of(shown(matters, ACTORS[name]))
    assert {code for code in CODES if token(code) in text} == set(READS[name]) - {"C5301", "L5301"}


@pytest.mark.parametrize("name", ACTORS)
def test_phone_numbers_are_shown_in_full_to_those_who_edit_the_row(matters, name):
    text = text_of(shown(matters, ACTORS[name]))
    assert {code for code in CODES if phone(code) in text} == set(EDITS.get(name, [])) - {"C5301", "L5301"}


@pytest.mark.parametrize("name", ACTORS)
def test_decisions_are_offered_to_those_who_edit_the_row(matters, name):
    told = shown(matters, ACTORS[name])
    sites = [code for code in READS[name] if len(code) > 5]
    mine = len(EDITS.get(name, ())) and len([code for code in EDITS[name] if len(code) > 5])
    conflicts = told.matters["conflicts"]
    assert (conflicts["count"], conflicts["mine"], len(told.decidable)) == (2 * len(sites), 2 * mine, 2 * mine)
    assert sum(one["may"] for one in conflicts["items"]) == 2 * mine
    assert sum(one["keep"] for one in told.matters["proposals"]["items"]) == mine
    assert sum(one["seen"] for one in told.matters["problems"]["items"]) == mine


@pytest.mark.parametrize("name", ACTORS)
def test_what_one_may_not_decide_is_refused_when_asked_all_the_same(matters, name):
    actor, mine = ACTORS[name], set(EDITS.get(name, ()))
    with matters.database.read() as connection:
        every = connection.execute(books.conflicts.select()).mappings().all()
    for one in every:
        if one["site"] not in mine:
            with pytest.raises((books.NoSuchMatter, decisions.NotYoursToDecide)):
                decisions.resolve_conflict(matters, actor, one["id"], "sheet")


@pytest.mark.parametrize("name", ACTORS)
def test_sums_are_those_of_the_workbooks_in_scope(matters, name):
    actor = ACTORS[name]
    number = int(re.search(r"收 (\d+) 格", shown(matters, actor).sums)[1])
    mine = [code for code in READS[name] if code in WITH_BOOK and not code.endswith("2")]
    assert number == (99 if actor.all_seeing else sum(1 << WITH_BOOK.index(code) for code in mine))


@pytest.mark.parametrize("name", ACTORS)
def test_the_workbook_that_a_cycle_looks_into_is_named_to_those_who_may_see_it(matters, name):
    with matters.database.write() as connection:
        number = jobs.make(connection, "sync", Actor("somebody", "admin"), NOW)
        connection.execute(jobs.jobs.update().values(done=3, of=7, what=token("C530112001")))
    line = shown(matters, ACTORS[name]).strip[0]
    assert line["text"] == ("3/7 " + token("C530112001") if "C530112001" in READS[name] else "3/7")
    assert (line["done"], line["of"], line["id"]) == (3, 7, number)
    assert [act["do"] for act in line["acts"]] == (["stop"] if name == "admin" else [])


def test_what_a_trial_found_is_told_to_the_one_who_asked_and_in_their_scope(matters):
    result = {
        "told": {"read": 2, "cells_in": 5, "written": 1, "cells_out": 6},
        "names": [token("C530111001"), token("C530112")],
    }
    for name in ("admin", "main"):
        finished(matters, ACTORS[name], "trial", "done", result)
        line = shown(matters, ACTORS[name]).strip[0]
        assert (token("C530111001") in line["more"], token("C530112") in line["more"]) == (True, name == "admin")
        assert ("收 5 格" in line["text"]) == (name == "admin")
        assert shown(matters, ACTORS["branch"]).strip == []
        assert shown(matters, ACTORS[name]).strip
    with matters.database.write() as connection:
        connection.execute(jobs.jobs.update().values(ended_at=stamp(NOW - timedelta(hours=2))))
    assert shown(matters, ACTORS["main"]).strip == []  # an hour later it is no news any more


def test_one_workbook_alone(matters):
    told = shown(matters, ACTORS["admin"], only="C530111001")
    assert told.matters["only"] == token("C530111001")
    assert told.matters["conflicts"]["count"] == 2 * 3
    assert len(told.decidable) == 6
    assert told.matters["stops"] == []
    assert len(told.books["rows"]) == len(WITH_BOOK)
    assert {one["book"] for one in told.matters["proposals"]["items"]} == {token("C530111001")}


def test_a_long_list_is_shown_by_and_by(matters):
    with matters.database.write() as connection:
        many = [(Conflict("cell", f"r{number}", "head", None, "1", "2"), "C530111001") for number in range(100)]
        books.set_conflicts(connection, "C530111001", "sites", many, STILL)
    sitting = Sitting()
    section = read(matters, ACTORS["branch"], sitting).matters["conflicts"]
    assert (section["count"], len(section["items"]), section["more"], section["mine"]) == (100, PAGE, 100 - PAGE, 100)
    assert len(read(matters, ACTORS["branch"], sitting).decidable) == 100


def test_many_stopped_workbooks_are_shown_by_and_by(parts):
    world.build(parts)
    with parts.database.write() as connection:
        for number in range(PAGE + 5):
            books.keep_book(connection, Book(f"X{number}", "x", "x.xlsx", "", books.STOPPED))
    sitting = Sitting()
    told = read(parts, ACTORS["admin"], sitting).matters
    assert (len(told["stops"]), told["stops_more"]) == (PAGE, {"more": 5})
    sitting.wanted = Wanted(most={"stops": 2 * PAGE})
    told = read(parts, ACTORS["admin"], sitting).matters
    assert (len(told["stops"]), told["stops_more"]) == (PAGE + 5, {"more": 0})


def finished(parts, actor, kind, state, result, ended=NOW):
    with parts.database.write() as connection:
        number = jobs.make(connection, kind, actor, NOW)
        jobs.finish(connection, number, state, result, ended)
        return number


# ---- the table of workbooks


def book(state=books.FINE, digest="x", **more):
    return Book("C1", "一馆", "C1 一馆.xlsx", "m", state, digest=digest, **more)


@pytest.mark.parametrize(
    ("one", "has", "rank", "text"),
    [
        (book(books.STOPPED), (2, 1, 1), 0, "! 已停"),
        (book("restore"), (0, 0, 0), 1, "等同步"),
        (book("propose"), (0, 0, 0), 1, "等同步"),
        (book(), (2, 1, 1), 2, "≠ 2 处冲突"),
        (book(), (0, 3, 1), 3, "删 3 行待定"),
        (book(), (0, 0, 4), 4, "! 4 处没收"),
        (book(books.BUSY), (0, 0, 0), 5, "… 有人开着"),
        (book(books.BUSY), (1, 0, 0), 2, "≠ 1 处冲突"),
        (book(digest=""), (0, 0, 0), 6, "待写"),
        (book(), (0, 0, 0), 7, "✓ 一致"),
        (book(books.CLOSED), (0, 0, 0), 8, "不再同步"),
    ],
)
def test_a_workbook_s_state_in_a_chip(one, has, rank, text):
    found = state_of(one, dict(zip(("conflicts", "proposals", "problems"), has, strict=True)))
    assert (found[0], found[1][1]) == (rank, text)


def test_what_needs_a_person_comes_first_then_the_order_of_the_tree(matters):
    rows = shown(matters, ACTORS["admin"]).books["rows"]
    assert [row["code"] for row in rows[:2]] == ["C530111002", "C530112"]
    assert [row["code"] for row in rows[2:]] == ["C530111", "C530111001", "C530112001", "L530111", "L530111001"]
    assert rows[0]["chip"] == ("err", "! 已停")
    assert (rows[0]["in"], rows[2]["in"]) == ("·", "1")


def test_a_branch_s_hall_is_said_apart_from_its_name(parts):
    sheets.build(parts)
    with parts.database.write() as connection:
        books.keep_book(connection, Book(BRANCH, "官渡区文化馆关上街道分馆", "别处/改名.xlsx", "m", books.FINE))
        books.keep_book(connection, Book(HALL, "官渡馆", f"{HALL} 官渡馆.xlsx", "m", books.FINE))
    rows = {row["code"]: row for row in shown(parts, ACTORS["admin"]).books["rows"]}
    assert (rows[BRANCH]["lead"], rows[BRANCH]["name"], rows[BRANCH]["moved"]) == ("官渡区文化馆", "关上街道分馆", True)
    assert (rows[HALL]["lead"], rows[HALL]["name"], rows[HALL]["moved"]) == ("", "官渡馆", False)


# ---- stopped workbooks


@pytest.mark.parametrize(
    ("look", "may", "wanted"),
    [
        (None, True, ["again"]),
        (Look(gone={"馆点": ("一", "二")}), True, ["restore", "again", "propose"]),
        (Look(gone={"馆点": ("一", "二")}), False, ["again"]),
        (Look(there=False, readable=False), True, ["again", "recreate"]),
        (Look(there=False, readable=False), False, ["again"]),
        (Look(readable=False), True, ["again"]),
        (Look(), True, ["again"]),
    ],
)
def test_how_a_stopped_workbook_can_go_on(look, may, wanted):
    found = ways(look, may)
    assert [one["do"] for one in found] == wanted
    assert sum(one["tone"] == "pri" for one in found) == (look is not None and may)


def test_the_way_says_how_many_rows():
    found = ways(Look(gone={"馆点": ("一", "二"), "牌匾": ("三",)}), True)
    assert [one["label"] for one in found] == ["把 3 行写回表里", "重新读一次", "逐行确认删除"]


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        (("新一社区综合文化服务中心", "福保社区综合文化服务中心"), "新一、福保"),
        (("新一社区服务点", "六甲街道服务点"), "新一社区服务点、六甲街道服务点"),
        (("只有一行的名称",), "只有一行的名称"),
        (("同名的一行名称", "同名的一行名称"), "同名、同名"),
        (tuple(f"{number}号" for number in range(13)), "、".join(f"{number}号" for number in range(12)) + " 等 13 行"),
    ],
)
def test_rows_are_named_without_the_end_they_share(rows, told):
    assert naming(rows) == told


@given(st.lists(st.text(min_size=1, max_size=12), min_size=1, max_size=8))
def test_a_shortened_name_is_the_beginning_of_the_whole(rows):
    told = naming(rows).split("、")
    if not any("、" in row for row in rows):
        assert len(told) == len(rows)
        assert all(short and whole.startswith(short) for short, whole in zip(told, rows, strict=True))


# ---- words


TITLED = (("own", "自管", ""), ("chain", "连锁", ""))


@pytest.mark.parametrize(
    ("kind", "value", "name", "told"),
    [
        (Decimal(unit="小时"), 35.0, "", "35 小时"),
        (Decimal(unit="㎡"), 12345.5, "", "12,345.5 ㎡"),
        (Decimal(), 9815.0, "", "9815"),
        (Percent(), 92.5, "", "92.5%"),
        (Choice(choices=choices(*TITLED)), "chain", "", "连锁"),
        (Choice(choices=choices(*TITLED)), "unknown", "", "unknown"),
        (Multi(choices=choices(*TITLED)), ["own", "chain"], "", "自管、连锁"),
        (Bool(), True, "", "是"),
        (Bool(), False, "", "否"),
        (Ref(table="sites"), "C1", "一馆", "C1 一馆"),
        (Ref(table="sites"), "C1", "", "C1"),
        (Text(), "周群", "", "周群"),
        (Text(), None, "", ""),
    ],
)
def test_values_are_said_in_the_words_of_the_sheet(kind, value, name, told):
    assert in_words(Field("f", "F", kind), value, name) == told


@pytest.mark.parametrize(
    ("at", "told"),
    [
        ("2026-11-24T06:31:05Z", "14:31"),
        ("2026-11-23T16:00:00Z", "00:00"),
        ("2026-11-23T15:59:59Z", "11-23 23:59"),
        ("2025-12-31T15:59:59Z", "2025-12-31"),
        ("", ""),
    ],
)
def test_moments_in_the_office_s_time(at, told):
    assert moment(at, NOW) == told


# ---- files


@pytest.mark.parametrize("name", ACTORS)
async def test_a_workbook_goes_to_those_who_may_edit_it(matters, name):
    folder = matters.settings.sheets
    folder.mkdir()
    for code in WITH_BOOK:
        (folder / f"{code} {token(code)}.xlsx").write_text(token(code))
    admit(matters)
    app = site_app(matters)
    app.get("/sync/books/{code}")(sheetfiles.download)
    actor = ACTORS[name]
    mine = set(EDITS.get(name, ())) & set(WITH_BOOK) if actor.role in ROLES else set()
    offered = {row["code"] for row in shown(matters, actor).books["rows"] if row["open"]}
    assert offered == mine or actor.role not in ROLES
    async with visit(app, session_of(matters, actor.name)) as client:
        for code in (*WITH_BOOK, "C999", "C530111001001"):
            answer = await client.get(f"/sync/books/{code}")
            assert (answer.status_code == 200) == (code in mine)
            assert (token(code) in answer.text) == (code in mine)
            if code in mine:
                assert f"{code}%20" in answer.headers["content-disposition"]
    async with visit(app) as client:
        answer = await client.get("/sync/books/C530111001")
        assert (answer.status_code, answer.headers["location"]) == (303, "/login?next=/sync/books/C530111001")


@pytest.mark.parametrize("place", ["../secret.xlsx", "/etc/passwd", "no such file.xlsx", "."])
async def test_nothing_outside_the_folder_is_sent(matters, place):
    folder = matters.settings.sheets
    folder.mkdir()
    (folder.parent / "secret.xlsx").write_text("secret")
    with matters.database.write() as connection:
        books.keep_book(connection, Book("C530111001", "x", place, "m", books.FINE))
    admit(matters)
    app = site_app(matters)
    app.get("/sync/books/{code}")(sheetfiles.download)
    async with visit(app, session_of(matters, "admin")) as client:
        answer = await client.get("/sync/books/C530111001")
    assert answer.status_code == 404
    assert "secret" not in answer.text.replace(place, "")


async def test_a_workbook_in_google_sheets_is_opened_there_or_taken_away(matters):
    """Only those who may edit its rows learn where it is, and have it as a file."""
    there = replace(matters, settings=replace(matters.settings, google_folder="f"))
    with there.database.write() as connection:
        books.keep_book(connection, Book("C530111001", "x", "1abc", "m", books.BUSY))
    admit(there)
    app = site_app(there)
    app.get("/sync/books/{code}")(sheetfiles.download)
    async with visit(app, session_of(there, "admin")) as client:
        answer = await client.get("/sync/books/C530111001")
    assert (answer.status_code, answer.content[:2]) == (200, b"PK")
    assert "C530111001%20x.xlsx" in answer.headers["content-disposition"]
    async with visit(app, session_of(there, "reader2")) as client:
        assert (await client.get("/sync/books/C530111001")).status_code == 404
    assert link_of(there, ACTORS["admin"]) == "https://docs.google.com/spreadsheets/d/1abc/edit"
    assert not link_of(there, ACTORS["county reader"])
    row = next(row for row in shown(there, ACTORS["admin"]).books["rows"] if row["code"] == "C530111001")
    assert (row["moved"], row["place"]) == (False, "C530111001 x")
    assert state_of(
        Book("C1", "x", "1abc", "m", books.BUSY), {"conflicts": 0, "proposals": 0, "problems": 0}, google=True
    ) == (
        5,
        ("", "… 下次再写"),
    )
