"""Who else is here: told inside one's scope, forgotten after half a minute or when the page is closed."""

from datetime import timedelta

from models.database import read_pulses
from models.presence import TOPIC, Other, enter, leave, others
from tests.conftest import NOW
from tests.web import postgres_template, session_of, site_app, sqlite_template, visit  # noqa: F401
from tests.world import ACTORS

ADMIN, MAIN, BRANCH = ACTORS["admin"], ACTORS["main"], ACTORS["branch"]


def come(parts, actor, page, row, field="head", table="sites", now=NOW):
    with parts.database.write() as connection:
        enter(connection, actor, page, table, row, field, now)


def seen(parts, actor, table="sites", now=NOW):
    with parts.database.read() as connection:
        return list(others(parts.query.view(connection, actor), parts.catalog[table], now))


def raised(parts):
    with parts.database.read() as connection:
        return read_pulses(connection).get(TOPIC, 0)


def test_the_others_are_told_and_nobody_meets_themselves(parts):
    come(parts, MAIN, "p1", "sC530111001")
    come(parts, ADMIN, "p2", "sC530111002", "")
    assert seen(parts, ADMIN) == [Other("main", "sC530111001", "head", 30.0)]
    assert seen(parts, MAIN) == [Other("admin", "sC530111002", "", 30.0)]
    assert seen(parts, MAIN, "plaques") == []
    come(parts, MAIN, "p1", "sC530111", now=NOW + timedelta(seconds=5))  # moved
    assert seen(parts, ADMIN, now=NOW + timedelta(seconds=6)) == [Other("main", "sC530111", "head", 29.0)]


def test_of_several_pages_the_place_heard_of_last(parts):
    come(parts, MAIN, "p1", "sC530111001")
    come(parts, MAIN, "p2", "sC530111002", now=NOW + timedelta(seconds=3))
    assert [one.row for one in seen(parts, ADMIN, now=NOW + timedelta(seconds=4))] == ["sC530111002"]


def test_nobody_is_told_of_a_row_that_they_may_not_read(parts):
    come(parts, ADMIN, "p1", "sC530112")
    come(parts, MAIN, "p2", "sC530111")
    assert seen(parts, MAIN) == []
    assert seen(parts, BRANCH) == []
    come(parts, ADMIN, "p1", "nothing")
    assert seen(parts, MAIN) == []
    come(parts, ADMIN, "p1", "sC530111001")
    assert [one.name for one in seen(parts, BRANCH)] == ["admin"]


def test_silence_and_a_closed_page_end_it(parts):
    come(parts, MAIN, "p1", "sC530111")
    come(parts, BRANCH, "p2", "sC530111001")
    assert seen(parts, ADMIN, now=NOW + timedelta(seconds=31)) == []
    count = raised(parts)
    with parts.database.write() as connection:
        leave(connection, "p1")
        leave(connection, "p1")
    assert raised(parts) == count + 1
    assert [one.name for one in seen(parts, ADMIN)] == ["branch"]
    come(parts, ADMIN, "p3", "sC530111", now=NOW + timedelta(seconds=60))
    with parts.database.read() as connection:
        assert connection.exec_driver_sql("SELECT page FROM presence").scalars().all() == ["p3"]


async def test_no_list_goes_out_of_date_by_it(parts):
    async with visit(site_app(parts), session_of(parts, "main")) as client:
        known = (await client.get("/api/v1/tables/sites")).headers["ETag"]
        come(parts, ADMIN, "p1", "sC530111")
        answer = await client.get("/api/v1/tables/sites", headers={"If-None-Match": known})
        assert answer.status_code == 304
