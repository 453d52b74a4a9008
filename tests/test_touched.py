"""Which sites' rows have changed since the workbooks were last compared; what is not accounted for may be any."""

from dataclasses import replace

import pytest

from integrations.shows import Shows
from integrations.touched import above, touched_sites, version_in, version_of
from models.access import CLI, SYNC
from models.changes import Plan, death, stored_values
from models.database import raise_pulse, set_meta
from models.tree import Node, Tree
from tests.sheets import BRANCH, HALL, OTHER, OTHER_POINT, POINT, build, event
from tests.world import add, edit, new_row, row

TODAY = "2026-06-15"


@pytest.fixture
def office(parts):
    build(parts)
    return parts


def version(parts, today=TODAY):
    with parts.database.read() as connection:
        return version_of(connection, parts.catalog, today)


def touched(parts, was, today=TODAY):
    with parts.database.read() as connection:
        return touched_sites(connection, parts.catalog, was, version_of(connection, parts.catalog, today))


def digests(parts):
    with parts.database.read() as connection:
        shows = Shows(parts.query, connection, TODAY)
        return {code: shows.digest(one) for code, one in shows.expected.items()}


def change(parts, table, row_id, field, after):
    edit(parts, table, row_id, field, row(parts, table, row_id)[field], after)


def delete(parts, table, row_id):
    whole = stored_values(parts.catalog[table], row(parts, table, row_id))
    parts.store.apply(Plan((death(table, whole),)), CLI, "ui")


DEEDS = {
    "a cell of a ledger": (lambda parts: change(parts, "activities", "a1", "persons", 77), {BRANCH}),
    "a row of a ledger": (lambda parts: add(parts, "activities", event(parts, "n1", 9, site=OTHER)), {OTHER}),
    "a row gone": (lambda parts: delete(parts, "plaques", f"p{POINT}"), {POINT}),
    "a row moved": (lambda parts: change(parts, "activities", "a1", "site", OTHER), None),
    "a site's own affair": (lambda parts: change(parts, "sites", f"s{POINT}", "note", "改"), {POINT}),
    "a site's name": (lambda parts: change(parts, "sites", f"s{HALL}", "name", "新馆"), None),
    "a site's standing": (lambda parts: change(parts, "sites", f"s{OTHER}", "status", "closed"), None),
    "a site gone": (lambda parts: delete(parts, "sites", f"s{OTHER_POINT}"), None),
    "nothing": (lambda parts: None, set()),
    "what no workbook shows": (
        lambda parts: add(
            parts,
            "targets",
            new_row(parts.catalog["targets"], "t1", {"county": "官渡区", "main_halls": 1, "branches": 1, "points": 1}),
        ),
        set(),
    ),
}


@pytest.mark.parametrize("deed", DEEDS)
def test_whose_rows_have_changed(office, deed):
    act, wanted = DEEDS[deed]
    was, before = version(office), digests(office)
    act(office)
    found = touched(office, was)
    assert found == wanted
    if found is not None:  # no other workbook shows anything new
        with office.database.read() as connection:
            tree = office.query.view(connection, SYNC).tree
        books = {code for site in found for code in above(tree, site)}
        assert {code for code, one in digests(office).items() if one != before[code]} <= books


def test_several_changes_at_once(office):
    was = version(office)
    change(office, "activities", "a1", "persons", 7)
    change(office, "activities", "a2", "persons", 8)
    change(office, "sites", f"s{OTHER}", "note", "改")
    assert touched(office, was) == {BRANCH, OTHER}


def test_a_version_that_the_history_does_not_account_for(office):
    was = version(office)
    with office.database.write() as connection:
        raise_pulse(connection, "table:activities")
    assert touched(office, was) is None


def test_another_month_another_setting_or_nothing_known(office):
    was = version(office)
    assert touched(office, was, "2026-07-01") is None
    assert touched(office, None) is None
    with office.database.write() as connection:
        set_meta(connection, "setting.plaque_county", "full")
    assert touched(office, was) is None


def test_a_version_is_kept_as_it_is(office):
    now = version(office)
    assert version_in(now.text()) == now
    assert now.same(replace(now, newest=now.newest + 1))
    assert version_in("") is version_in('[{"sites":1},{},"2026-06","x"]') is None  # the second as it was kept before


def test_a_ring_of_parents_ends():
    nodes = {code: Node(code, parent, "point", "culture", None, "open") for code, parent in (("A", "B"), ("B", "A"))}
    assert list(above(Tree(nodes), "A")) == ["A", "B"]
    assert list(above(Tree(nodes), "Z")) == []
