"""The API's reading half, its manual, and the file that a grid gives. On SQLite and on PostgreSQL."""

import json
import re

from models.database import set_meta
from tests.web import postgres_template, session_of, sqlite_template, told, visit  # noqa: F401
from tests.world import CODES, add, edit, new_row, phone, site_row, token

GUANDU = ["C530111", "C530111001", "C530111001001", "C530111001002", "C530111002"]


def codes(answer):
    return [row["code"] for row in answer["rows"]]


# ---- what the tables are


async def test_tables_with_what_one_may_do(world, app, admin):
    tables = {table["name"]: table for table in (await told(admin, "tables"))["tables"]}
    assert set(tables) == set(world.catalog.by_name)
    sites = tables["sites"]
    assert (sites["label"], sites["title"], sites["owner"], sites["tree"], sites["key"]) == (
        "馆点",
        "name",
        "code",
        True,
        ["code"],
    )
    assert sites["may"] == {"add": True, "edit": True, "delete": True}
    assert await told(admin, "tables/sites/about") == sites
    async with visit(app, session_of(world, "branch")) as branch:
        mine = await told(branch, "tables/sites/about")
    assert mine["may"] == {"add": False, "edit": True, "delete": False}
    assert {one["name"] for one in mine["fields"] if one["may_edit"]}.isdisjoint({"code", "level", "status", "county"})


async def test_a_field_says_all_that_a_surface_needs(admin):
    fields = {one["name"]: one for one in (await told(admin, "tables/sites/about"))["fields"]}
    assert set(fields["area_m2"]) == {
        *("name", "label", "kind", "required", "choices", "editable", "unit", "ref", "key", "wanted", "help"),
        *("derived", "may_edit", "numeric", "lines", "default"),
    }
    assert (fields["area_m2"]["unit"], fields["area_m2"]["numeric"]) == ("㎡", True)
    assert fields["area_m2"]["wanted"] == "数字，0 至 100,000"
    assert fields["network"]["choices"][0] == {"code": "culture", "label": "文化馆"}
    assert (fields["parent"]["kind"], fields["parent"]["ref"]) == ("ref", "sites")
    assert (fields["staffing"]["derived"], fields["staffing"]["may_edit"]) == (True, False)
    assert fields["note"]["lines"]
    assert not fields["name"]["lines"]
    assert fields["host"]["default"] == "government"


# ---- pages of rows


async def test_pages_follow_one_another_by_cursor(admin):
    found, cursor = [], "0"
    while cursor:
        answer = await told(admin, "tables/sites", limit=5, cursor=cursor)
        assert answer["total"] == len(CODES)
        assert len(answer["rows"]) <= 5
        found += codes(answer)
        cursor = answer["next"]
    assert found == list(CODES)
    past = await told(admin, "tables/sites", cursor=99)
    assert (past["rows"], past["next"], past["total"]) == ([], None, len(CODES))


async def test_rows_by_id_come_as_asked_and_only_those_one_sees(world, app, admin):
    wanted = ["sC530112", "sC530111", "nothing", "sC530111001"]
    answer = await told(admin, "tables/sites", ids=",".join(wanted), limit=1)
    assert ([row["id"] for row in answer["rows"]], answer["next"]) == (["sC530112", "sC530111", "sC530111001"], None)
    async with visit(app, session_of(world, "branch")) as branch:
        answer = await told(branch, "tables/sites", ids=",".join(wanted))
    assert (codes(answer), answer["total"]) == (["C530111001"], 1)


async def test_sorting_blanks_last_either_way(world, admin):
    for code, area in (("C530111", 300), ("C530112", 1200.5), ("L530111", 300)):
        edit(world, "sites", f"s{code}", "area_m2", None, area)
    down = codes(await told(admin, "tables/sites", sort="-area_m2,code"))
    assert down[:3] == ["C530112", "C530111", "L530111"]
    assert sorted(down[3:]) == down[3:]
    assert codes(await told(admin, "tables/sites", sort="area_m2"))[:3] == ["C530111", "L530111", "C530112"]


CONDITIONS = (
    (["code:eq:C530111"], {"C530111"}),
    (["area_m2:ne:40", "county:eq:西山区"], {"C530112", "C530112001"}),
    (["area_m2:lt:300"], {"C530112001001"}),
    (["area_m2:le:300"], {"C530111", "C530112001001"}),
    (["area_m2:gt:40"], {"C530111"}),
    (["area_m2:ge:40"], {"C530111", "C530112001001"}),
    (["code:in:C5301,L5301,X"], {"C5301", "L5301"}),
    (["code:has:001001"], {"C530111001001", "C530112001001"}),
    (["county:blank"], {"C5301", "L5301"}),
    (["area_m2:filled"], {"C530111", "C530112001001"}),
    (["level:eq:总馆", "network:eq:culture"], {"C530111", "C530112"}),
    (["parent.county:eq:西山区"], {"C530112001", "C530112001001"}),
    (["staffing:eq:达标"], {"C530111001"}),
)


async def test_conditions(world, admin):
    edit(world, "sites", "sC530111", "area_m2", None, 300)
    edit(world, "sites", "sC530112001001", "area_m2", None, 40)
    edit(world, "sites", "sC530111001", "staff_established", None, 3)
    for where, found in CONDITIONS:
        answer = await told(admin, "tables/sites", where=where)
        assert (where, set(codes(answer)), answer["total"]) == (where, found, len(found))


NOT_UNDERSTOOD = (
    ({"where": "nothing:eq:1"}, "没有这一栏"),
    ({"where": "area_m2:about:1"}, "比较用"),
    ({"where": "area_m2:gt:大"}, "数字"),
    ({"sort": "nothing"}, "没有这一栏"),
    ({"limit": 0}, "limit"),
    ({"limit": 1001}, "limit"),
    ({"limit": "many"}, "limit"),
    ({"cursor": -1}, "cursor"),
    ({"q": "a\0b"}, "q"),
    ({"where": "name:has:a\0b"}, "where"),
    ({"ids": "a\0b"}, "ids"),
)


async def test_a_question_that_cannot_be_understood(admin):
    for params, words in NOT_UNDERSTOOD:
        answer = await admin.get("/api/v1/tables/sites", params=params)
        assert (params, answer.status_code, list(answer.json())) == (params, 400, ["error"])
        assert words in answer.json()["error"]


async def test_words_are_looked_for_in_texts_and_names_of_references(admin):
    assert codes(await told(admin, "tables/sites", q=token("C530111001"))) == [
        "C530111001",
        "C530111001001",
        "C530111001002",
    ]  # its own texts, and the parent's name of those below it
    assert (await told(admin, "tables/sites", q=f"{token('C530111')} nothing"))["total"] == 0


async def test_what_a_grid_is_told_of_each_row(world, app, admin):
    answer = await told(admin, "tables/sites", about=1)
    told_of = dict(zip(codes(answer), answer["about"], strict=True))
    assert set(told_of["C5301"]) == {"labels", "depth", "locked", "fixed", "marks"}
    assert [told_of[code]["depth"] for code in ("C5301", "C530111", "C530111001", "C530111001001")] == [0, 1, 2, 3]
    assert told_of["C530111"]["labels"]["parent"] == token("C5301")
    assert {one["depth"] for one in (await told(admin, "tables/sites", about=1, sort="name"))["about"]} == {0}
    async with visit(app, session_of(world, "center")) as center:
        answer = await told(center, "tables/sites", about=1)
    told_of = dict(zip(codes(answer), answer["about"], strict=True))
    assert told_of["C5301"]["fixed"] == []
    assert "name" in told_of["C530111"]["fixed"]  # a center reads its network and edits its own


async def test_an_unchanged_list_is_not_sent_again(world, app, admin):
    first = await admin.get("/api/v1/tables/sites")
    tag = first.headers["ETag"]
    for header in (tag, f'"other", W/{tag}'):
        again = await admin.get("/api/v1/tables/sites", headers={"If-None-Match": header})
        assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", tag)
    async with visit(app, session_of(world, "main")) as other:
        assert (await other.get("/api/v1/tables/sites", headers={"If-None-Match": tag})).status_code == 200
    english = await admin.get("/api/v1/tables/sites", headers={"If-None-Match": tag, "Cookie": "zf_lang=en"})
    assert english.status_code in (200, 401)  # never the answer in another language
    edit(world, "targets", "t官渡区", "points", 2, 3)  # anything that may show in a list
    assert (await admin.get("/api/v1/tables/sites", headers={"If-None-Match": tag})).status_code == 200


async def test_a_setting_that_shows_in_lists_makes_them_new(world, admin):
    tag = (await admin.get("/api/v1/tables/plaques")).headers["ETag"]
    with world.database.write() as connection:
        set_meta(connection, "setting.plaque_county", "formal")
    answer = await admin.get("/api/v1/tables/plaques", headers={"If-None-Match": tag})
    assert answer.status_code == 200


async def test_the_version_counts_changes(world, admin):
    before = (await told(admin, "tables/sites"))["version"]
    edit(world, "sites", "sC530111", "area_m2", None, 300)
    assert (await told(admin, "tables/sites"))["version"] == before + 1


# ---- one row


async def test_one_row_by_id_or_key(admin):
    by_key = await admin.get("/api/v1/tables/sites/rows/C530111")
    by_id = await told(admin, "tables/sites/rows/sC530111")
    assert by_key.json() == by_id
    assert set(by_id) == {"row", "about", "version"}
    assert by_id["row"]["name"] == token("C530111")
    assert re.fullmatch(r'"[0-9a-f]{20}"', by_key.headers["ETag"])
    assert (await told(admin, "tables/plaques/rows/C530111%2F1"))["row"]["id"] == "pC530111"


async def test_what_is_not_there(admin):
    for path in ("tables/nothing", "tables/nothing/about", "tables/sites/rows/nothing", "nothing", ""):
        answer = await admin.get(f"/api/v1/{path}")
        assert (path, answer.status_code, list(answer.json())) == (path, 404, ["error"])


async def test_history_newest_first(world, admin):
    edit(world, "sites", "sC530111", "area_m2", None, 300)
    edit(world, "sites", "sC530111", "area_m2", 300, 320)
    changes = (await told(admin, "tables/sites/rows/C530111/history"))["changes"]
    assert set(changes[0]) == {"changeset", "at", "actor", "origin", "field", "before", "after"}
    assert [(one["field"], one["before"], one["after"]) for one in changes[:2]] == [
        ("area_m2", 300, 320),
        ("area_m2", None, 300),
    ]
    assert (changes[0]["actor"], changes[0]["origin"], changes[0]["at"]) == ("cli", "ui", "2026-11-24T06:31:05Z")
    assert (changes[-1]["field"], changes[-1]["before"]) == (None, None)


# ---- names and search


async def test_names_for_a_reference(world, app, admin):
    names = (await told(admin, "tables/sites/names", q="530111 c"))["names"]
    assert [one["key"] for one in names] == GUANDU
    assert names[0] == {"key": "C530111", "name": token("C530111")}
    assert len((await told(admin, "tables/sites/names", limit=3))["names"]) == 3
    async with visit(app, session_of(world, "point")) as point:
        assert [one["key"] for one in (await told(point, "tables/sites/names"))["names"]] == ["C530111001001"]


async def test_search_over_all_tables(admin):
    found = (await told(admin, "search", q=token("L530111")))["found"]
    assert {one["table"] for one in found} == {"sites", "site_parents", "plaques", "activities"}
    site = next(one for one in found if one["table"] == "sites" and one["key"] == "L530111")
    assert site == {
        "table": "sites",
        "label": "馆点",
        "id": "sL530111",
        "key": "L530111",
        "name": token("L530111"),
    }
    assert (await told(admin, "search", q="  "))["found"] == []
    assert (await told(admin, "search", q="nowhere"))["found"] == []


async def test_numbers_are_masked_for_those_who_may_not_edit(world, app):
    number = phone("C530111001")
    async with visit(app, session_of(world, "guandu")) as bureau, visit(app, session_of(world, "reader2")) as reader:
        assert (await told(bureau, "tables/sites/rows/C530111001"))["row"]["phone"] == number
        assert (await told(reader, "tables/sites/rows/C530111001"))["row"]["phone"] == f"{number[:3]}****{number[-4:]}"
        assert (await told(reader, "tables/sites", q=number))["total"] == 0
        assert (await told(reader, "search", q=number))["found"] == []
        assert number not in json.dumps(await told(reader, "tables/sites/rows/C530111001/history"))


# ---- the manual


async def test_the_manual_lists_every_call_and_needs_nothing_from_outside(admin):
    answer = await admin.get("/api/docs")
    assert answer.status_code == 200
    schema = (await admin.get("/api/openapi.json")).json()
    for path, methods in schema["paths"].items():
        for method in methods if path.startswith("/api/") else ():
            assert f"{method.upper()} {path}" in answer.text
    assert not re.search(r"(https?:)?//[a-z0-9.-]+\.[a-z]{2,}", answer.text)
    assert "<script" not in answer.text


# ---- the file that a grid gives


async def test_the_export_of_what_a_grid_shows(world, app, admin, tmp_path):
    import openpyxl

    add(world, "sites", site_row(world, "C530111009", parent="C530111", county="官渡区", name="=1+1", phone=None))
    answer = await admin.get(
        "/export/sites", params={"where": ["county:eq:官渡区", "network:eq:culture"], "sort": "-code"}
    )
    assert answer.headers["content-type"].endswith("spreadsheetml.sheet")
    (tmp_path / "got.xlsx").write_bytes(answer.content)
    sheet = openpyxl.load_workbook(tmp_path / "got.xlsx").active
    rows = list(sheet.iter_rows(values_only=True))
    assert rows[0][:3] == ("编号", "编码", "名称")
    assert [row[1] for row in rows[1:]] == ["C530111009", *reversed(GUANDU)]
    assert rows[1][2] == "=1+1"
    assert sheet["C2"].data_type == "s"
    async with visit(app, session_of(world, "point")) as point:
        (tmp_path / "own.xlsx").write_bytes((await point.get("/export/sites")).content)
    own = list(openpyxl.load_workbook(tmp_path / "own.xlsx").active.iter_rows(values_only=True))
    assert [row[1] for row in own[1:]] == ["C530111001001"]
    assert (await admin.get("/export/nothing")).status_code == 404
    for params in ({"where": "nothing:eq:1"}, {"where": "name:has:a\0b"}, {"q": "a\0b"}):
        assert (await admin.get("/export/sites", params=params)).status_code == 400


async def test_words_in_a_row_stay_words(world, admin):
    name = "<img src=x onerror=alert(1)>&\"'"
    add(
        world, "sites", new_row(world.catalog["sites"], "sX", {**site_row(world, "X1", parent="C530111"), "name": name})
    )
    answer = await admin.get("/api/v1/tables/sites/rows/X1")
    assert answer.json()["row"]["name"] == name
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-content-type-options"] == "nosniff"
