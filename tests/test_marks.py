"""What hangs on a cell for one person: texts that did not fit, what a sheet changed unseen, forms not saved yet."""

from datetime import timedelta

from models.access import SYNC
from models.changes import Change, Plan, Problem
from models.database import read_pulses
from models.marks import drafts_of, drop_drafts, form_of, from_sheets, keep_drafts, keep_form, see, topic_of
from tests.conftest import NOW
from tests.web import change, post, postgres_template, session_of, site_app, sqlite_template, told, visit  # noqa: F401
from tests.world import ACTORS, edit, token

ADMIN, MAIN = ACTORS["admin"], ACTORS["main"]
ROW = "sC530111"


def misfit(field, text, row=ROW):
    return Problem("sites", row, field, text, "不合")


def kept(parts, actor, row=ROW):
    with parts.database.read() as connection:
        return drafts_of(connection, actor, "sites", [row])


def pulses(parts):
    with parts.database.read() as connection:
        return read_pulses(connection)


def by_sheet(parts, field, before, after):
    parts.store.apply(Plan((Change("sites", ROW, field, before, after),)), SYNC, "sync")


def unseen(parts, actor, now=NOW):
    with parts.database.read() as connection:
        return {field for _row, field in from_sheets(connection, actor, "sites", [ROW, "sC530112"], now)}


# ---- texts that did not fit


def test_the_last_text_of_a_cell_is_kept_for_its_person_alone(world):
    with world.database.write() as connection:
        keep_drafts(connection, ADMIN, [misfit("area_m2", "大"), misfit("area_m2", "很大"), misfit("lat", "北")], NOW)
    assert kept(world, ADMIN) == {(ROW, "area_m2"): ("很大", "不合"), (ROW, "lat"): ("北", "不合")}
    assert kept(world, MAIN) == {}
    with world.database.write() as connection:
        keep_drafts(connection, ADMIN, [misfit("area_m2", "极大")], NOW)
        drop_drafts(connection, MAIN, "sites", [(ROW, "lat")])
    assert kept(world, ADMIN)[ROW, "area_m2"] == ("极大", "不合")
    with world.database.write() as connection:
        drop_drafts(connection, ADMIN, "sites", [(ROW, "lat"), (ROW, "head"), ("sX", "lat")])
    assert set(kept(world, ADMIN)) == {(ROW, "area_m2")}


def test_only_lists_of_the_person_concerned_go_out_of_date(world):
    before = pulses(world)
    with world.database.write() as connection:
        keep_drafts(connection, ADMIN, [], NOW)
        drop_drafts(connection, ADMIN, "sites", [(ROW, "lat")])
    assert pulses(world) == before
    with world.database.write() as connection:
        keep_drafts(connection, ADMIN, [misfit("lat", "北")], NOW)
    now = pulses(world)
    assert {topic for topic in now if now[topic] != before.get(topic)} == {topic_of(ADMIN)}


async def test_a_mark_stays_until_the_cell_is_mended_or_put_back(world):
    app = site_app(world)
    async with visit(app, session_of(world, "admin")) as client, visit(app, session_of(world, "main")) as other:

        async def marks(who=client):
            answer = await told(who, "tables/sites", ids=ROW, about=1)
            return {name: mark["text"] for name, mark in answer["about"][0]["marks"].items()}

        async def enter(field, after, before=None):
            await post(client, "tables/sites/cells", changes=[change(ROW, field, before, after)])

        first = (await client.get("/api/v1/tables/sites")).headers["ETag"]
        theirs = (await other.get("/api/v1/tables/sites")).headers["ETag"]
        await enter("area_m2", "大")
        await enter("lat", "北")
        assert await marks() == {"area_m2": "大", "lat": "北"}
        assert await marks(other) == {}
        assert (await client.get("/api/v1/tables/sites", headers={"If-None-Match": first})).status_code == 200
        assert (await other.get("/api/v1/tables/sites", headers={"If-None-Match": theirs})).status_code == 304
        await enter("area_m2", "300")
        assert await marks() == {"lat": "北"}
        answer = await client.request("DELETE", "/api/v1/tables/sites/marks", json={"row": ROW, "field": "lat"})
        assert (answer.status_code, answer.json()) == (200, {})
        assert await marks() == {}
        await enter("lat", "a\0\0b")  # no database keeps it as it is
        assert await marks() == {"lat": "a��b"}


async def test_a_stale_or_foreign_cell_leaves_no_mark(world):
    edit(world, "sites", ROW, "area_m2", None, 40)
    async with visit(site_app(world), session_of(world, "admin")) as client:
        changes = [change(ROW, "area_m2", None, 42), change("nothing", "lat", None, "北")]
        await post(client, "tables/sites/cells", changes=changes)
    assert kept(world, ADMIN) == kept(world, ADMIN, "nothing") == {}


# ---- what a sheet changed


def test_what_a_sheet_changed_is_news_until_one_has_looked(world):
    by_sheet(world, "area_m2", None, 40)
    by_sheet(world, "head", token("C530111"), "王")
    assert unseen(world, ADMIN) == unseen(world, MAIN) == {"area_m2", "head"}
    edit(world, "sites", ROW, "head", "王", "李")  # a person's own change lies over it
    assert unseen(world, ADMIN) == {"area_m2"}
    with world.database.write() as connection:
        see(connection, ADMIN, "sites", ROW)
    assert (unseen(world, ADMIN), unseen(world, MAIN)) == (set(), {"area_m2"})
    by_sheet(world, "area_m2", 40, 41)
    assert unseen(world, ADMIN) == {"area_m2"}
    assert unseen(world, ADMIN, NOW + timedelta(days=15)) == set()


def test_to_look_twice_changes_nothing(world):
    with world.database.write() as connection:
        see(connection, ADMIN, "sites", ROW)
    before = pulses(world)
    with world.database.write() as connection:
        see(connection, ADMIN, "sites", ROW)
        see(connection, ADMIN, "sites", "nothing")
    assert pulses(world) == before


async def test_marks_of_a_whole_answer_by_their_places(world, app):
    """Of one's own texts, of conflicts and of sheets alike; of other people's and of rows that are not shown, nothing."""
    by_sheet(world, "area_m2", None, 300)
    with world.database.write() as connection:
        keep_drafts(connection, ADMIN, [misfit("lat", "北"), misfit("lat", "南", "sC530112")], NOW)
        keep_drafts(connection, MAIN, [misfit("lng", "东")], NOW)
    async with visit(app, session_of(world, "admin")) as client:
        rows = [row["id"] for row in (await told(client, "tables/sites", limit=1000))["rows"]]
        found = (await told(client, "tables/sites/marked"))["marked"]
        places = {row: rows.index(row) for row in (ROW, "sC530112")}
        assert sorted(found) == sorted(
            [[places[ROW], "area_m2", "sh"], [places[ROW], "lat", "inv"], [places["sC530112"], "lat", "inv"]]
        )
        assert (await told(client, "tables/sites/marked", where="code:eq:C530112"))["marked"] == [[0, "lat", "inv"]]
    async with visit(app, session_of(world, "main")) as client:
        assert [one[1:] for one in (await told(client, "tables/sites/marked"))["marked"]] == [
            ["area_m2", "sh"],
            ["lng", "inv"],
        ]


async def test_a_look_takes_the_mark_off(world):
    by_sheet(world, "area_m2", None, 40)
    async with visit(site_app(world), session_of(world, "admin")) as client:
        about = (await told(client, "tables/sites/rows/C530111"))["about"]
        assert about["marks"]["area_m2"]["state"] == "sh"
        assert (await client.post("/api/v1/tables/sites/rows/C530111/seen")).status_code == 200
        assert (await told(client, "tables/sites/rows/C530111"))["about"]["marks"] == {}
        assert (await client.post("/api/v1/tables/sites/rows/nothing/seen")).status_code == 404


# ---- forms


def test_a_form_keeps_what_was_typed_with_what_was_seen(world):
    typed = {"head": {"text": "王", "before": None}, "area_m2": {"text": "大", "before": 300}}
    with world.database.write() as connection:
        keep_form(connection, ADMIN, "sites", ROW, {"head": typed["head"]})
        keep_form(connection, ADMIN, "sites", ROW, typed)
    with world.database.write() as connection:
        assert form_of(connection, ADMIN, "sites", ROW) == typed
        assert form_of(connection, MAIN, "sites", ROW) == {}
        keep_form(connection, ADMIN, "sites", ROW, {})
        assert form_of(connection, ADMIN, "sites", ROW) == {}
