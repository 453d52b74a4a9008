"""Who gets into the API, and what nonsense is answered with. On SQLite and on PostgreSQL."""

from models.kinds import Bad
from tests.web import MARKED, change, post, postgres_template, session_of, sqlite_template, token_of, told, visit  # noqa: F401
from tests.world import CODES

# ---- who gets in


async def test_nobody_reads_without_signing_in(app):
    async with visit(app) as stranger:
        for path in ("tables", "tables/sites", "tables/sites/rows/C530111", "search?q=a"):
            answer = await stranger.get(f"/api/v1/{path}")
            assert (answer.status_code, answer.json()) == (401, {"error": "先登录"})
        for path in ("/api/docs", "/api/openapi.json", "/export/sites"):
            assert (await stranger.get(path)).status_code == 401


async def test_the_cookie_alone_changes_nothing(world, app):
    async with visit(app, session_of(world, "admin"), headers={}) as foreign:
        answer = await foreign.patch("/api/v1/tables/sites/rows/C530111", json={"area_m2": {"after": 1}})
        assert answer.status_code == 403
        assert "X-Zongfen" in answer.json()["error"]
        answer = await foreign.patch(
            "/api/v1/tables/sites/rows/C530111", json={"area_m2": {"after": 1}}, headers=MARKED
        )
        assert answer.status_code == 200


async def test_a_token_needs_no_header_and_is_told_in_the_history(world, app):
    bearer = {"Authorization": f"Bearer {token_of(world, 'guandu')}"}
    async with visit(app, headers=bearer) as program:
        assert (await told(program, "tables/sites"))["total"] == 7
        answer = await program.patch(
            "/api/v1/tables/sites/rows/C530111", json={"area_m2": {"before": None, "after": 1}}
        )
        assert answer.status_code == 200
        await post(program, "tables/sites/cells", changes=[change("sC530111", "area_m2", 1, 2)])
        changes = (await told(program, "tables/sites/rows/C530111/history"))["changes"]
    assert [(one["actor"], one["origin"]) for one in changes[:2]] == [("guandu", "api")] * 2


async def test_a_wrong_token_is_nobody_s_even_beside_a_cookie(world, app):
    async with visit(app, session_of(world, "admin")) as program:
        for header in ("Bearer nothing", "Bearer ", "Basic YWRtaW46", "nonsense"):
            answer = await program.get("/api/v1/tables", headers={"Authorization": header})
            assert (header, answer.status_code) == (header, 401)


# ---- nonsense: a clear answer, and the server lives on


NESTED = "[" * 100_000


NONSENSE = (
    ("POST", "tables/sites/cells", "", 400),
    ("POST", "tables/sites/cells", "{", 400),
    ("POST", "tables/sites/cells", "[]", 400),
    ("POST", "tables/sites/cells", "null", 400),
    ("POST", "tables/sites/cells", NESTED, 400),
    ("POST", "tables/sites/cells", '{"changes": 5}', 400),
    ("POST", "tables/sites/cells", '{"changes": [{"row": 5, "field": "name"}]}', 400),
    ("POST", "tables/sites/cells", '{"changes": [{"field": "name"}]}', 400),
    ("POST", "tables/sites/cells", '{"changes": [], "origin": "sync"}', 400),
    ("POST", "tables/sites/cells", '{"changes": [{"row": "a\\u0000", "field": "name"}]}', 400),
    ("POST", "tables/sites/cells", '{"changes": [{"row": "a", "field": "name", "after": {"a": 1}}]}', 400),
    ("POST", "tables/sites/cells", '{"changes": [{"row": "a", "field": "name", "after": "\\ud800"}]}', 400),
    ("POST", "tables/sites/cells", '{"changes": [{"row": "a", "field": "name", "after": NaN}]}', 400),
    ("POST", "tables/sites/cells", '{"changes": [' + '{"row":"a","field":"b"},' * 20_000 + "{}]}", 400),
    ("POST", "tables/sites/rows", '{"values": []}', 400),
    ("POST", "tables/sites/rows", '{"values": {"name": [[1]]}}', 400),
    ("PATCH", "tables/sites/rows/C530111", '{"name": 5}', 400),
    ("PATCH", "tables/sites/rows/C530111", '{"name": {"before": 5, "after": [1, 2]}}', 400),
    ("PATCH", "tables/sites/rows/nothing", '{"name": {"after": "a"}}', 404),
    ("PATCH", "tables/nothing/rows/C530111", '{"name": {"after": "a"}}', 404),
    ("DELETE", "tables/sites/rows/nothing", "", 404),
    ("DELETE", "tables/sites/marks", '{"row": 1}', 400),
    ("POST", "undo/0", '{"force": false}', 400),
    ("POST", f"undo/{10**30}", '{"force": false}', 400),
    ("POST", "undo/99999", '{"force": "perhaps"}', 400),
    ("POST", "undo/99999", "", 404),
    ("POST", "undo/first", "", 400),
    ("POST", "plans", '{"table": "nothing"}', 404),
    ("POST", "plans", '{"table": "sites", "deletes": ["nothing"]}', 404),
    ("POST", "plans/nothing/apply", "", 404),
    ("PUT", "tables/sites/rows/C530111", "{}", 404),
)


async def test_nonsense_is_answered(admin):
    for method, path, body, status in NONSENSE:
        told_as_json = {"Content-Type": "application/json"}
        answer = await admin.request(method, f"/api/v1/{path}", content=body, headers=told_as_json)
        assert (path, body[:80], answer.status_code) == (path, body[:80], status)
        assert list(answer.json()) == ["error"]
        assert 0 < len(answer.json()["error"]) < 300
    assert (await told(admin, "tables/sites", limit=1))["total"] == len(CODES)


async def test_a_million_changes_are_too_many(admin):
    async def flood():
        yield b'{"changes": ['
        for _piece in range(1000):
            yield b'{"row":"sC530111","field":"area_m2","before":null,"after":1},' * 1000
        yield b"{}]}"

    answer = await admin.post(
        "/api/v1/tables/sites/cells", content=flood(), headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 413
    assert list(answer.json()) == ["error"]
    assert (await told(admin, "tables/sites", limit=1))["rows"][0]["area_m2"] is None


async def test_a_fault_of_the_program_s_own_is_told_and_the_server_lives_on(world, app, monkeypatch):
    monkeypatch.setattr("models.kinds.Decimal.parse", lambda self, raw: 1 / 0 if raw == "boom" else Bad("", ""))
    async with visit(app, session_of(world, "admin"), loud=False) as client:
        answer = await client.patch("/api/v1/tables/sites/rows/C530111", json={"area_m2": {"after": "boom"}})
        assert answer.status_code == 500
        assert "日志" in answer.json()["error"]
        assert "Error" not in answer.text
        assert (await client.get("/api/v1/tables/sites")).status_code == 200
