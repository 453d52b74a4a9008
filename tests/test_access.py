"""Who may read and edit what: a table of roles, denied by default."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models import access
from models.access import ROLES, Actor, Scope, adds_rows, edits_field, edits_row, edits_table, is_masked, mask, scope
from models.catalog import catalog
from models.kinds import Choice, Text, choices
from models.schema import About, Field, Table
from models.tree import Node, Tree
from tests.world import ACTORS, CODES, COUNTIES, SITES

CATALOG = catalog()
TREE = Tree(
    {
        code: Node(code, parent, level, "culture" if code.startswith("C") else "library", county, "open")
        for code, parent, level, county in SITES
    }
)
HALL = {"C530111", "C530111001", "C530111001001", "C530111001002", "C530111002"}
BRANCH = {"C530111001", "C530111001001", "C530111001002"}
COUNTY = HALL | {"L530111", "L530111001"}
ALL = set(CODES)

# role: sites read, sites edited, counties read
REACH = {
    "admin": (ALL, ALL, {*COUNTIES, None}),
    "city bureau": (ALL, ALL, {*COUNTIES, None}),
    "county bureau": (COUNTY, COUNTY, {"官渡区"}),
    "center": ({code for code in CODES if code.startswith("C")}, {"C5301"}, set()),
    "main": (HALL, HALL, {"官渡区"}),
    "branch": (BRANCH, BRANCH, set()),
    "point": ({"C530111001001"}, {"C530111001001"}, set()),
    "assessor": (set(), set(), set()),
    "city reader": (ALL, set(), {*COUNTIES, None}),
    "county reader": (COUNTY, set(), {"官渡区"}),
    "site reader": (BRANCH, set(), set()),
    "nobody's branch": (set(), set(), set()),
}


def test_every_role_is_in_the_table():
    assert {actor.role for actor in ACTORS.values()} == set(ROLES)
    assert set(REACH) == set(ACTORS)


@pytest.mark.parametrize("who", ACTORS)
@pytest.mark.parametrize("name", ["sites", "plaques", "activities", "site_parents"])
def test_what_hangs_on_a_site_is_read_by_those_who_reach_the_site(who, name):
    table, reach = CATALOG[name], scope(ACTORS[who], TREE)
    assert {code for code in CODES if reach.holds(table, {table.owner: code})} == REACH[who][0]


@pytest.mark.parametrize("who", ACTORS)
@pytest.mark.parametrize("name", ["targets", "plaque_orders"])
def test_what_belongs_to_a_county_is_read_by_those_who_reach_the_county(who, name):
    table, reach = CATALOG[name], scope(ACTORS[who], TREE)
    assert {county for county in (*COUNTIES, None) if reach.holds(table, {"county": county})} == REACH[who][2]


@pytest.mark.parametrize("who", ACTORS)
@pytest.mark.parametrize("name", ["sites", "plaques", "activities"])
def test_sites_are_edited_by_those_whose_they_are(who, name):
    table, reach = CATALOG[name], scope(ACTORS[who], TREE)
    edited = {code for code in CODES if edits_row(ACTORS[who], table, {table.owner: code}, reach)}
    assert edited == REACH[who][1]


@pytest.mark.parametrize("who", ACTORS)
def test_who_edits_nothing_edits_no_table(who):
    if not REACH[who][1]:
        assert not any(
            edits_row(ACTORS[who], table, {table.owner or "county": place}, scope(ACTORS[who], TREE))
            for table in CATALOG
            for place in (*CODES, *COUNTIES)
        )


# name: (edits tables of the app alone, edits fields of the app alone, adds sites and plaques, adds activities)
RIGHTS = {
    "admin": (True, True, True, True),
    "bureau": (True, True, True, True),
    "main": (False, True, True, True),
    "center": (False, False, False, True),
    "branch": (False, False, False, True),
    "point": (False, False, False, True),
    "assessor": (False, False, False, False),
    "reader": (False, False, False, False),
}


@pytest.mark.parametrize("role", ROLES)
def test_what_a_role_may_do(role):
    actor = Actor("someone", role, site="C530111")
    site = CATALOG["sites"]
    told = (
        edits_table(actor, CATALOG["plaque_orders"]),
        edits_field(actor, site.by_name["status"]),
        adds_rows(actor, site) or adds_rows(actor, CATALOG["plaques"]),
        adds_rows(actor, CATALOG["activities"]),
    )
    assert told == RIGHTS[role]


# CONTRACT §3: what a branch does not edit of a site, and what it edits of a plaque.
NOT_A_BRANCHS = {"code", "network", "level", "parent", "county", "county_formal", "township", "village", "status"}
A_BRANCHS = {"status", "hung_on", "photo", "note"}


@pytest.mark.parametrize("role", ["branch", "point", "center"])
def test_a_branch_edits_what_the_contract_says(role):
    actor, site, plaque = Actor("someone", role, site="C530111001"), CATALOG["sites"], CATALOG["plaques"]
    assert {one.name for one in site.stored if not edits_field(actor, one)} == NOT_A_BRANCHS
    assert {one.name for one in plaque.stored if edits_field(actor, one)} == A_BRANCHS
    assert all(edits_field(actor, one) for one in CATALOG["activities"].stored)


@pytest.mark.parametrize("role", ROLES)
def test_nobody_edits_what_is_computed(role):
    assert not any(edits_field(Actor("someone", role), one) for table in CATALOG for one in table.derived)


# ---------------------------------------------------------------- masks

MASKS = [
    ("13812345678", "138****5678"),
    ("0871-63123456", "087****3456"),
    ("63123456", "****"),
    ("1", "****"),
    ("", None),
    (None, None),
]


@pytest.mark.parametrize(("number", "shown"), MASKS)
def test_a_number_is_masked(number, shown):
    assert mask(number) == shown


@given(st.text(min_size=1, max_size=40))
@settings(max_examples=50, deadline=None)
def test_what_was_masked_is_known_for_it_and_tells_little(number):
    assert is_masked(mask(number))
    assert len(mask(number).replace("*", "")) <= 7


@pytest.mark.parametrize("number", ["13812345678", "0871-63123456", "138 1234 5678 转 2", "*", "", None, 13812345678])
def test_a_whole_number_is_no_mask(number):
    assert not is_masked(number)


@pytest.mark.parametrize("number", ["138****5678", "138***5678", "138＊＊＊＊5678", "****"])
def test_a_mask_is_known_however_it_was_typed(number):
    assert is_masked(number)


# ---------------------------------------------------------------- locks

STATES = Choice(choices=choices(("open", "开", ""), ("signed", "签署", "")))
LOCKING = Table(
    "books",
    About("簿", "Books"),
    (Field("site", "馆点", Text(), owner=True), Field("state", "状态", STATES, locks=frozenset({"signed"}))),
)


def test_a_rows_state_locks_it():
    assert access.locked(LOCKING, {"site": "C1", "state": "signed"})
    assert not access.locked(LOCKING, {"site": "C1", "state": "open"})
    assert not access.locked(LOCKING, {"site": "C1", "state": None})
    assert not access.locked(CATALOG["activities"], {"site": "C1"})


def test_a_row_of_no_place_is_the_whole_citys_alone():
    nowhere = Table("notes", About("便条", "Notes"), (Field("text", "文字", Text()),))
    assert access.EVERYTHING.holds(nowhere, {"text": "甲"})
    assert not Scope(frozenset(CODES), frozenset(COUNTIES)).holds(nowhere, {"text": "甲"})
