"""Plans that are looked at before they are applied: by the API, on SQLite and on PostgreSQL."""

from datetime import timedelta

import pytest

from models.changes import Change, Plan
from models.plans import KEPT, NoPlan, keep_plan, take_plan
from tests.conftest import NOW
from tests.web import change, post, postgres_template, session_of, site_app, sqlite_template, told, visit  # noqa: F401
from tests.world import ACTORS, edit, read, row, token

ADMIN, MAIN = ACTORS["admin"], ACTORS["main"]


async def test_a_plan_is_what_would_be_done(world, admin):
    version = (await told(admin, "tables/sites"))["version"]
    made = await post(
        admin,
        "plans",
        table="activities",
        changes=[
            change("aC530111", "persons", None, "３００人次"),
            change("aC530111", "held_on", "2026-03-05", "昨天"),
        ],
        rows=[{"site": "C530111", "held_on": "2026.4.1", "title": "新"}, {"site": "C530111", "title": "没有日期"}],
        deletes=["aC530112"],
    )
    assert set(made) == {"id", "changes", "problems"}
    assert next((one["row"], one["field"], one["after"]) for one in made["changes"]) == ("aC530111", "persons", 300)
    assert [one["after"]["title"] for one in made["changes"] if one["field"] is None and one["after"]] == ["新"]
    assert [one["before"]["id"] for one in made["changes"] if one["field"] is None and one["before"]] == ["aC530112"]
    assert [(one["field"], one["value"]) for one in made["problems"]] == [("held_on", "昨天"), ("held_on", "")]
    assert (await told(admin, "tables/sites"))["version"] == version  # nothing was written
    applied = await post(admin, f"plans/{made['id']}/apply")
    assert applied["changeset"]
    rows = {one["id"]: one for one in read(world, "activities")}
    assert "aC530112" not in rows
    assert rows["aC530111"]["persons"] == 300
    assert [one["held_on"] for one in rows.values() if one["title"] == "新"] == ["2026-04-01"]
    history = (await told(admin, "tables/activities/rows/aC530111/history"))["changes"]
    assert (history[0]["origin"], history[0]["changeset"]) == ("api", applied["changeset"])
    back = await post(admin, f"undo/{applied['changeset']}")
    assert back["undone"] == 3


async def test_a_plan_is_applied_once_and_by_its_maker(world, admin):
    made = await post(admin, "plans", table="sites", changes=[change("sC530111", "area_m2", None, 300)])
    async with visit(site_app(world), session_of(world, "main")) as other:
        assert "没有这份改动单" in (await post(other, f"plans/{made['id']}/apply", 404))["error"]
    await post(admin, f"plans/{made['id']}/apply")
    await post(admin, f"plans/{made['id']}/apply", 404)
    assert row(world, "sites", "sC530111")["area_m2"] == 300


async def test_what_changed_since_stops_the_whole_plan(world, admin):
    changes = [change("sC530111", "area_m2", None, 300), change("sC530112", "area_m2", None, 200)]
    made = await post(admin, "plans", table="sites", changes=changes)
    edit(world, "sites", "sC530111", "area_m2", None, 40)
    answer = await post(admin, f"plans/{made['id']}/apply", 409)
    assert answer["current"] == {"area_m2": 40}
    assert [(one["row"], one["message"]) for one in answer["problems"]] == [("sC530111", "别人刚改了这一格")]
    assert row(world, "sites", "sC530112")["area_m2"] is None


async def test_what_rules_and_scope_say_is_told_before_and_holds_after(world, admin):
    made = await post(admin, "plans", table="sites", changes=[change("sC530111", "parent", "C5301", "L5301")])
    assert [one["message"] for one in made["problems"]] == ["上级应在同一体系"]
    refused = await post(admin, f"plans/{made['id']}/apply", 422)
    assert refused["problems"] == made["problems"]
    async with visit(site_app(world), session_of(world, "branch")) as branch:
        changes = [change("sC530111001", "township", token("C530111001"), "x"), change("sC530112", "head", None, "x")]
        made = await post(branch, "plans", table="sites", changes=changes)
        assert {one["message"] for one in made["problems"]} == {"这一行已不在台账里", "这一栏不归你填"}
        await post(branch, f"plans/{made['id']}/apply", 422)
        await post(branch, "plans", 404, table="sites", deletes=["sC530112"])


async def test_an_empty_plan_changes_nothing(admin):
    made = await post(admin, "plans", table="sites")
    assert (made["changes"], made["problems"]) == ([], [])
    assert (await post(admin, f"plans/{made['id']}/apply"))["changeset"] is None


def test_a_plan_comes_back_as_it_was_kept(world):
    plan = Plan(
        (
            Change("sites", "sC530111", "area_m2", 1.5, None),
            Change("activities", "x", None, None, {"id": "x", "co_hosts": ["C530111"], "online": True, "title": "’\n"}),
        )
    )
    with world.database.write() as connection:
        number = keep_plan(connection, plan, ADMIN, "import", NOW)
    with world.database.write() as connection:
        with pytest.raises(NoPlan):
            take_plan(connection, number, MAIN)
        assert take_plan(connection, number, ADMIN) == (plan, "import")
        with pytest.raises(NoPlan):
            take_plan(connection, number, ADMIN)


def test_old_plans_are_forgotten(world):
    with world.database.write() as connection:
        old = keep_plan(connection, Plan(), ADMIN, "api", NOW)
        kept = keep_plan(connection, Plan(), ADMIN, "api", NOW + timedelta(days=1))
        keep_plan(connection, Plan(), ADMIN, "api", NOW + KEPT + timedelta(hours=1))
    with world.database.write() as connection:
        with pytest.raises(NoPlan):
            take_plan(connection, old, ADMIN)
        take_plan(connection, kept, ADMIN)
