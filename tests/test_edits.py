"""What is typed, on its way into the records: by the API's changing half, on SQLite and on PostgreSQL."""

from models.edits import Edit, Typed
from tests.web import MARKED, change, post, postgres_template, session_of, sqlite_template, told, visit  # noqa: F401
from tests.world import ACTORS, add, edit, phone, read, row, site_row, token


async def patch(client, row, status=200, headers=None, **cells):
    answer = await client.patch(f"/api/v1/tables/sites/rows/{row}", json=cells, headers=headers or {})
    assert answer.status_code == status, answer.text
    return answer.json()


def changesets(parts):
    with parts.database.read() as connection:
        return connection.exec_driver_sql("SELECT count(*) FROM changesets").scalar()


def plan(parts, table, *edits, actor=ACTORS["admin"]):
    with parts.database.read() as connection:
        return Typed(parts.query.view(connection, actor), parts.catalog[table]).plan([Edit(*one) for one in edits])


# ---- one row


async def test_cells_of_a_row_change_together_or_not_at_all(world, admin):
    good = await patch(
        admin,
        "C530111",
        area_m2={"before": None, "after": "１，２００㎡"},
        head={"before": token("C530111"), "after": "王"},
    )
    assert (good["row"]["area_m2"], good["row"]["head"]) == (1200, "王")
    assert set(good) == {"row", "about", "changeset"}
    before = changesets(world)
    bad = await patch(
        admin, "C530111", 422, area_m2={"before": 1200, "after": "大"}, head={"before": "王", "after": "李"}
    )
    assert bad["problems"] == [
        {"row": "sC530111", "field": "area_m2", "value": "大", "message": "面积填数字，0 至 100,000"}
    ]
    assert (changesets(world), row(world, "sites", "sC530111")["head"]) == (before, "王")


async def test_what_another_has_changed_is_told_and_not_overwritten(world, admin):
    edit(world, "sites", "sC530111", "area_m2", None, 40)
    answer = await patch(admin, "C530111", 409, area_m2={"before": None, "after": 42})
    assert answer["current"] == {"area_m2": 40}
    assert row(world, "sites", "sC530111")["area_m2"] == 40
    same = await patch(admin, "C530111", area_m2={"before": None, "after": 40})  # both meant the same
    assert same["changeset"] is None


async def test_if_match(world, admin):
    tag = (await admin.get("/api/v1/tables/sites/rows/C530111")).headers["ETag"]
    edit(world, "sites", "sC530111", "head", token("C530111"), "王")
    stale = await patch(admin, "C530111", 412, {"If-Match": tag}, area_m2={"before": None, "after": 1})
    assert stale["current"]["head"] == "王"
    tag = (await admin.get("/api/v1/tables/sites/rows/C530111")).headers["ETag"]
    await patch(admin, "C530111", 200, {"If-Match": tag}, area_m2={"before": None, "after": 1})
    await patch(admin, "C530111", 200, {"If-Match": "*"}, area_m2={"before": 1, "after": 2})


UNFIT = (
    ({"name": {"before": token("C530111"), "after": ""}}, "名称必填"),
    ({"nothing": {"before": None, "after": 1}}, "没有这一栏"),
    ({"staffing": {"before": None, "after": "达标"}}, "人员配备自动算，不能填"),
    ({"parent": {"before": "C5301", "after": "C9"}}, "上级填"),
    ({"parent": {"before": "C5301", "after": "L5301"}}, "上级应在同一体系"),
    ({"code": {"before": "C530111", "after": "C530112"}}, "C530112 已有一行"),
    ({"opened_on": {"before": None, "after": "去年"}}, "开馆日期填"),
    ({"level": {"before": "main", "after": "palace"}}, "级别填"),
    ({"phone": {"before": phone("C530111"), "after": "138****1234"}}, "电话填完整的号码"),
    ({"head": {"before": token("C530111"), "after": "a\0b"}}, "不含控制字符"),
    ({"note": {"before": token("C530111"), "after": "字" * 2001}}, "不超过 2000 字"),
    ({"hours_public": {"before": None, "after": 3}}, "时间公示填"),
    ({"area_m2": {"before": None, "after": 10**400}}, "面积填"),
    ({"area_m2": {"before": None, "after": True}}, "面积填"),
)


async def test_what_does_not_fit_is_told_in_words(world, admin):
    for cells, words in UNFIT:
        problems = (await patch(admin, "C530111", 422, **cells))["problems"]
        assert words in problems[0]["message"]
        assert (problems[0]["row"], problems[0]["field"]) == ("sC530111", next(iter(cells)))
    assert changesets(world) == 5  # those that built the world


async def test_scope_and_role_hold_for_every_change(world, app):
    async with visit(app, session_of(world, "branch")) as branch:
        await patch(branch, "C530112", 404, area_m2={"before": None, "after": 1})
        await patch(branch, "C530111001", 422, township={"before": token("C530111001"), "after": "x"})
        own = await patch(branch, "C530111001001", area_m2={"before": None, "after": 1})
        assert own["row"]["area_m2"] == 1
        assert (await branch.delete("/api/v1/tables/sites/rows/C530111001001")).status_code == 422
        assert (await branch.delete("/api/v1/tables/sites/rows/C530112")).status_code == 404
        row_of_another = {"site": "C530112", "held_on": "2026-03-05", "title": "x"}
        await post(branch, "tables/activities/rows", 422, values=row_of_another)
    async with visit(app, session_of(world, "reader")) as reader:
        answer = await patch(reader, "C530111", 422, area_m2={"before": None, "after": 1})
        assert "范围" in answer["problems"][0]["message"]


# ---- many cells


async def test_good_bad_and_stale_cells_in_one_post(world, admin):
    edit(world, "sites", "sC530112", "area_m2", None, 40, actor=ACTORS["admin"])
    before = changesets(world)
    answer = await post(
        admin,
        "tables/sites/cells",
        origin="paste",
        changes=[
            change("sC530111", "area_m2", None, "300"),
            change("sC530111", "parent", "C5301", "C5301 «C5301»"),
            change("sC530111001", "area_m2", None, "大"),
            change("sC530112", "area_m2", None, 42),
            change("sC530112", "head", token("C530112"), None),
            change("sC530112", "township", token("C530112"), token("C530112")),
            change("nothing", "head", None, "x"),
            change("sC530112", "nothing", None, "x"),
        ],
    )
    assert set(answer) == {"changeset", "cells", "rows", "version"}
    assert answer["cells"] == [
        {"row": "sC530111", "field": "area_m2", "value": 300, "label": None},
        {"row": "sC530111", "field": "parent", "value": "C5301", "label": token("C5301")},
        {"row": "sC530111001", "field": "area_m2", "problem": "面积填数字，0 至 100,000", "text": "大"},
        {
            "row": "sC530112",
            "field": "area_m2",
            "current": 40,
            "by": "admin",
            "at": "2026-11-24T06:31:05Z",
            "yours": 42,
        },
        {"row": "sC530112", "field": "head", "value": None, "label": None},
        {"row": "sC530112", "field": "township", "value": token("C530112"), "label": None},
        {"row": "nothing", "field": "head", "problem": "这一行已不在台账里", "text": "x"},
        {"row": "sC530112", "field": "nothing", "problem": "没有这一栏", "text": "x"},
    ]
    rows = {one["id"]: one for one in answer["rows"]}
    assert set(rows) == {"sC530111", "sC530111001", "sC530112"}
    assert rows["sC530111"]["area_m2"] == 300
    assert rows["sC530111001"]["about"]["marks"] == {
        "area_m2": {"state": "inv", "text": "大", "message": "面积填数字，0 至 100,000"}
    }
    assert changesets(world) == before + 1
    history = (await told(admin, "tables/sites/rows/C530111/history"))["changes"]
    assert (history[0]["changeset"], history[0]["origin"]) == (answer["changeset"], "paste")


async def test_a_cell_that_a_rule_refuses_does_not_hold_the_others_up(world, admin):
    answer = await post(
        admin,
        "tables/sites/cells",
        changes=[
            change("sC530111001", "head", token("C530111001"), "王"),
            change("sC530111", "network", "culture", "library"),
            change("sC530112", "code", "C530112", "C530111"),
        ],
    )
    by_cell = {(one["row"], one["field"]): one for one in answer["cells"]}
    assert by_cell["sC530111001", "head"]["value"] == "王"
    assert "problem" in by_cell["sC530111", "network"]
    assert by_cell["sC530112", "code"]["problem"] == "C530111 已有一行"
    assert row(world, "sites", "sC530111")["network"] == "culture"


async def test_a_cell_that_comes_twice_goes_from_the_first_to_the_last(world, admin):
    changes = [change("sC530111", "area_m2", None, 1), change("sC530111", "area_m2", 1, 2)]
    answer = await post(admin, "tables/sites/cells", changes=changes)
    assert answer["cells"] == [{"row": "sC530111", "field": "area_m2", "value": 2, "label": None}]
    assert (await post(admin, "tables/sites/cells", changes=[]))["changeset"] is None


async def test_a_step_into_another_s_row_is_refused_and_says_nothing_of_it(world, app):
    async with visit(app, session_of(world, "branch")) as branch:
        answer = await post(branch, "tables/sites/cells", changes=[change("sC530112", "head", "x", "y")])
    assert answer["cells"] == [{"row": "sC530112", "field": "head", "problem": "这一行已不在台账里", "text": "y"}]
    assert answer["rows"] == []


# ---- what is typed


async def test_words_in_brackets_behind_a_number_go_to_the_note(world, admin):
    add(world, "sites", site_row(world, "C530111009", parent="C530111", county="官渡区", note="旧"))
    answer = await patch(admin, "C530111009", area_m2={"before": None, "after": "0（待建）"})
    assert (answer["row"]["area_m2"], answer["row"]["note"]) == (0, "旧；待建")
    bad = await patch(admin, "C530111009", 422, area_m2={"before": 0, "after": "大（待建）"})
    assert bad["problems"][0]["value"] == "大（待建）"


def test_words_in_brackets_of_several_cells_and_a_typed_note(world):
    made = plan(
        world,
        "targets",
        ("t官渡区", "points", 2, "3（核实）"),
        ("t官渡区", "branches", 2, "2（一处停用）"),
        ("t官渡区", "note", token("官渡区"), "新"),
    )
    assert {one.field: one.after for one in made.changes} == {"points": 3, "note": "新；核实；一处停用"}


def test_a_reference_by_key_by_key_and_name_or_by_a_name_that_only_one_has(world):
    for text in ("C530112", f"C530112 {token('C530112')}", token("C530112"), "Ｃ５３０１１２"):
        made = plan(world, "sites", ("sC530111001", "parent", "C530111", text))
        assert [one.after for one in made.changes] == ["C530112"]
    assert plan(world, "sites", ("sC530111001", "parent", "C530111", "C530111")).changes == ()


def test_several_references(world):
    made = plan(world, "activities", ("aC530111", "co_hosts", None, "C530111001；C530111002；C530111001"))
    assert [one.after for one in made.changes] == [["C530111001", "C530111002"]]
    bad = plan(world, "activities", ("aC530111", "co_hosts", None, ["C530111001", "C9"]))
    assert (bad.changes, bad.problems[0].cause) == ((), "value")
    mine = plan(world, "activities", ("aC530111001", "co_hosts", None, "C530112"), actor=ACTORS["branch"])
    assert mine.changes == ()  # to refer to what one may not see is to name it


# ---- rows


async def test_a_row_is_added_with_its_defaults(world, admin):
    answer = await post(
        admin,
        "tables/sites/rows",
        values={"code": "C530111009", "name": "新", "network": "文化馆", "level": "branch", "parent": "C530111"},
    )
    assert (answer["row"]["status"], answer["row"]["network"]) == ("planned", "culture")
    assert (await told(admin, "tables/sites/rows/C530111009"))["row"] == answer["row"]
    assert any(one["site"] == "C530111009" for one in read(world, "site_parents"))


async def test_a_row_that_does_not_fit_is_told_field_by_field(world, admin):
    values = {"code": "C530111", "name": "", "network": "culture", "area_m2": "大", "colour": "red", "staffing": "x"}
    problems = (await post(admin, "tables/sites/rows", 422, values=values))["problems"]
    assert {one["field"]: one["message"] for one in problems} == {
        "name": "名称必填",
        "level": "级别必填",
        "area_m2": "面积填数字，0 至 100,000",
        "colour": "没有这一栏",
        "staffing": "人员配备自动算，不能填",
    }
    taken = {"code": "C530111", "name": "a", "network": "culture", "level": "branch", "parent": "C530111"}
    problems = (await post(admin, "tables/sites/rows", 422, values=taken))["problems"]
    assert [one["message"] for one in problems] == ["C530111 已有一行"]


async def test_a_row_goes_and_comes_back(world, admin):
    gone = (await admin.delete("/api/v1/tables/activities/rows/aC530111")).json()
    assert (await admin.get("/api/v1/tables/activities/rows/aC530111")).status_code == 404
    back = await post(admin, f"undo/{gone['changeset']}", force=False)
    assert (back["undone"], back["kept"]) == (1, [])
    assert (await told(admin, "tables/activities/rows/aC530111"))["row"]["title"] == token("C530111")
    kept = await admin.delete("/api/v1/tables/sites/rows/C530111")
    assert kept.status_code == 422
    assert "用到它" in kept.json()["problems"][0]["message"]


# ---- undo


async def test_undo_leaves_what_others_changed_since_and_asks(world, app, admin):
    changes = [change("sC530111", "area_m2", None, 1), change("sC530111", "head", token("C530111"), "王")]
    made = (await post(admin, "tables/sites/cells", changes=changes))["changeset"]
    async with visit(app, session_of(world, "main")) as other:
        await patch(other, "C530111", head={"before": "王", "after": "李"})
        assert (await post(other, f"undo/{made}", 403))["error"] == f"改动 {made} 是 admin 做的，由本人撤销"
    asked = await post(admin, f"undo/{made}", 409, force=False)
    assert (asked["changeset"], asked["undone"]) == (None, 0)
    kept = {"table": "sites", "row": "sC530111", "field": "head", "by": "main", "at": "2026-11-24T06:31:05Z"}
    assert asked["kept"] == [kept]
    forced = await post(admin, f"undo/{made}", force=True)
    assert (forced["undone"], forced["kept"]) == (1, [kept])
    now = row(world, "sites", "sC530111")
    assert (now["area_m2"], now["head"]) == (None, "李")
    redone = await admin.post(f"/api/v1/undo/{forced['changeset']}", headers=MARKED)  # an undo is undone like any other
    assert (redone.status_code, redone.json()["undone"]) == (200, 1)
    assert row(world, "sites", "sC530111")["area_m2"] == 1
