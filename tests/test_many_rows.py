"""Many rows in one go over HTTP: added and deleted as one change set each; what cannot be stays out, and is told why."""

import pytest

from tests.web import change, post, postgres_template, session_of, site_app, sqlite_template, told, visit  # noqa: F401

DATABASES = ("sqlite",)


def site(code, **more):
    return {"code": code, "name": code, "network": "culture", "level": "point", "parent": "C530111001", **more}


@pytest.fixture
async def client(parts):
    async with visit(site_app(parts), session_of(parts, "main")) as client:
        yield client


async def codes(client):
    return {row["code"] for row in (await told(client, "tables/sites", where="level:eq:point"))["rows"]}


async def test_what_fits_is_added_in_one_change_set(client):
    before = await codes(client)
    rows = [
        site("C530111001101"),
        site("C530111001102", area_m2="大"),  # no number
        {"code": "C530111001103"},  # required cells are blank
        site("C530111001104", parent="C530112001"),  # not theirs
        site("C530111001101"),  # twice
        site("C530111001105", area_m2="30"),
    ]
    answer = await post(client, "tables/sites/additions", rows=rows, origin="paste")
    fields = [sorted(problem["field"] for problem in one.get("problems", ())) for one in answer["rows"]]
    assert fields[1:4] == [["area_m2"], ["level", "name", "network"], ["parent"]]
    assert answer["rows"][5].keys() == {"id"}
    assert "C530111001105" in await codes(client)
    assert len(await codes(client) - before) in (1, 2)  # of two with one key, at most one
    history = await told(client, "tables/sites/rows/C530111001105/history")
    assert [(one["changeset"], one["origin"]) for one in history["changes"]] == [(answer["changeset"], "paste")]
    await post(client, f"undo/{answer['changeset']}")
    assert await codes(client) == before


async def test_nothing_that_fits_is_no_change_set(client):
    answer = await post(client, "tables/sites/additions", rows=[{}])
    assert answer["changeset"] is None
    assert (await post(client, "tables/sites/additions", rows=[]))["rows"] == []


async def test_rows_are_deleted_in_one_change_set_and_come_back(client):
    before = await codes(client)
    doomed = ["sC530111001001", "sC530111001002", "sC530112001001", "nothing", "sC530111001001"]
    answer = await post(client, "tables/sites/deletions", rows=doomed)
    assert (answer["deleted"], answer["problems"]) == (2, [])
    assert await codes(client) == before - {"C530111001001", "C530111001002"}
    await post(client, f"undo/{answer['changeset']}")
    assert await codes(client) == before


async def test_cells_answer_the_version_of_their_rows(client):
    first = (await told(client, "tables/sites"))["version"]
    answer = await post(client, "tables/sites/cells", changes=[change("sC530111", "area_m2", None, 1)])
    assert answer["version"] == (await told(client, "tables/sites"))["version"] == first + 1
