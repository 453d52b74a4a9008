"""Views with a name, columns as each has arranged them: whose they are, what a view that names a gone field still asks."""

import pytest

from models.views import (
    Asked,
    NoView,
    SavedView,
    add_view,
    change_view,
    drop_view,
    keep_layout,
    layout_of,
    standing,
    view_of,
    views_of,
)
from tests.conftest import NOW
from tests.web import post, postgres_template, session_of, site_app, sqlite_template, told, visit  # noqa: F401
from tests.world import ACTORS

ADMIN, MAIN, BRANCH = ACTORS["admin"], ACTORS["main"], ACTORS["branch"]
COLUMNS = [{"name": "code", "width": 120, "hidden": False, "frozen": True}]
ASKED = Asked(("level:eq:point", "area_m2:gt:100"), "-code", "社区")


def add(connection, actor=MAIN, name="点", shared=False, asked=ASKED):
    return add_view(connection, SavedView("", "sites", actor.name, name, shared, COLUMNS, asked), NOW)


def names(connection, actor, table="sites"):
    return [one.name for one in views_of(connection, actor, table)]


def test_a_private_view_is_its_maker_s_and_a_shared_one_everybody_s(parts):
    with parts.database.write() as connection:
        own, shared = add(connection), add(connection, name="共用", shared=True)
        assert names(connection, MAIN) == ["共用", "点"]
        assert names(connection, ADMIN) == names(connection, BRANCH) == ["共用"]
        assert names(connection, MAIN, "plaques") == []
        assert view_of(connection, MAIN, "sites", own.id) == own
        assert view_of(connection, BRANCH, "sites", shared.id).asked == ASKED
        for actor, table, number in ((BRANCH, "sites", own.id), (MAIN, "plaques", own.id), (MAIN, "sites", "nothing")):
            with pytest.raises(NoView):
                view_of(connection, actor, table, number)


@pytest.mark.parametrize(
    ("actor", "shared", "may"), [(MAIN, False, True), (ADMIN, True, True), (ADMIN, False, False), (BRANCH, True, False)]
)
def test_the_maker_changes_a_view_and_an_administrator_a_shared_one(parts, actor, shared, may):
    with parts.database.write() as connection:
        view = add(connection, shared=shared)
        wanted = SavedView(view.id, "sites", MAIN.name, "另一个", shared, [], Asked())
        if not may:
            with pytest.raises(NoView):
                change_view(connection, actor, wanted, NOW)
            with pytest.raises(NoView):
                drop_view(connection, actor, "sites", view.id)
            return
        keep_layout(connection, actor, "sites", view.id, COLUMNS)
        change_view(connection, actor, wanted, NOW)
        assert view_of(connection, MAIN, "sites", view.id) == wanted
        assert layout_of(connection, actor, "sites", view.id) is None  # it is in the view now
        keep_layout(connection, MAIN, "sites", view.id, COLUMNS)
        drop_view(connection, actor, "sites", view.id)
        assert names(connection, MAIN) == []
        assert layout_of(connection, MAIN, "sites", view.id) is None


def test_columns_are_each_person_s_table_by_table_and_view_by_view(parts):
    with parts.database.write() as connection:
        keep_layout(connection, MAIN, "sites", "", COLUMNS)
        keep_layout(connection, MAIN, "sites", "v", [])
        keep_layout(connection, MAIN, "sites", "v", [{**COLUMNS[0], "width": 80}])
        assert layout_of(connection, MAIN, "sites") == COLUMNS
        assert layout_of(connection, MAIN, "sites", "v") == [{**COLUMNS[0], "width": 80}]
        assert layout_of(connection, ADMIN, "sites") is layout_of(connection, MAIN, "plaques") is None
        keep_layout(connection, MAIN, "sites", "", None)
        assert layout_of(connection, MAIN, "sites") is None


def test_what_names_a_gone_field_or_value_is_left_out(parts):
    asked = Asked(("gone:eq:1", "level:eq:nowhere", "level:eq:point", "area_m2:huh:1"), "-gone,-code", "社区")
    assert standing(parts.catalog, parts.catalog["sites"], asked) == Asked(("level:eq:point",), "-code", "社区")


async def test_views_over_http(parts):
    app = site_app(parts)
    async with visit(app, session_of(parts, "main")) as main, visit(app, session_of(parts, "branch")) as branch:
        body = {"name": " 点 ", "shared": True, "where": ["level:eq:point"], "columns": COLUMNS}
        made = await post(main, "tables/sites/views", **body)
        assert made == {"id": made["id"], "name": "点", "shared": True, "by": "main", "mine": True}
        assert await told(branch, "tables/sites/views") == {"views": [{**made, "mine": False}]}
        address = f"/api/v1/tables/sites/views/{made['id']}"
        assert (await branch.delete(address)).status_code == 404
        assert (await branch.put(address, json=body)).status_code == 404
        assert (await main.put(address, json={**body, "name": "站"})).json()["name"] == "站"
        assert (await main.delete(address)).status_code == 200
        assert await told(main, "tables/sites/views") == {"views": []}
        for wrong in ({"name": "  "}, {"name": "x" * 41}, {"name": "x", "where": ["gone:eq:1"]}):
            await post(main, "tables/sites/views", 400, **wrong)
        assert (await main.get("/api/v1/tables/custom_fields/views")).status_code == 404  # no table of theirs


async def test_a_layout_over_http(parts):
    async with visit(site_app(parts), session_of(parts, "main")) as client:
        for body, status in (
            ({"columns": COLUMNS}, 200),
            ({"columns": COLUMNS, "view": "nothing"}, 404),
            ({"columns": [{"name": "code", "width": 1}]}, 400),
            ({}, 400),
        ):
            assert (await client.put("/api/v1/tables/sites/layout", json=body)).status_code == status
    with parts.database.read() as connection:
        assert layout_of(connection, MAIN, "sites") == COLUMNS
