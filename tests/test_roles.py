"""Role by role: what each sees, what each may change, and that nothing passes the border of a scope.

Scopes are judged in Python whatever the database is: SQLite alone. What the database itself judges is in test_query.
"""

import pytest

from models.access import Actor
from models.changes import Change, Plan, birth, death, stored_values
from models.conditions import Sort, parse_condition
from models.database import dumps
from models.history import NoChangeset, NotYours
from models.query import NoRow, Question
from tests.world import (
    ACTORS,
    CITY,
    CODES,
    COUNTIES,
    SITES,
    build,
    edit,
    new_row,
    phone,
    read,
    row,
    site_row,
    token,
)

DATABASES = ("sqlite",)

HALL = {"C530111", "C530111001", "C530111001001", "C530111001002", "C530111002"}
BRANCH = {"C530111001", "C530111001001", "C530111001002"}
COUNTY = HALL | {"L530111", "L530111001"}

# role: the sites it reads, those whose numbers it reads in full, the counties (or the city) whose rows it reads
SEES = {
    "admin": (set(CODES), set(CODES), {*COUNTIES, CITY}),
    "city bureau": (set(CODES), set(CODES), {*COUNTIES, CITY}),
    "county bureau": (COUNTY, COUNTY, {"官渡区"}),
    "center": ({code for code in CODES if code[0] == "C"}, {"C5301"}, set()),
    "main": (HALL, HALL, {"官渡区"}),
    "branch": (BRANCH, BRANCH, set()),
    "point": ({"C530111001001"}, {"C530111001001"}, set()),
    "assessor": (set(), set(), set()),
    "city reader": (set(CODES), set(), {*COUNTIES, CITY}),
    "county reader": (COUNTY, set(), {"官渡区"}),
    "site reader": (BRANCH, set(), set()),
    "nobody's branch": (set(), set(), set()),
}
PLACES = (*CODES, *COUNTIES, CITY)
ID = {"sites": "s", "site_parents": "", "plaques": "p", "activities": "a", "targets": "t", "plaque_orders": "o"}
KEY = {name: "{}/1" if name == "plaques" else "{}" for name in ID}
TABLES = tuple(ID)

# role: whose rows it edits, and whether it also edits what is the app's alone and adds what the app opens
MAY = {
    "admin": (set(CODES), True),
    "city bureau": (set(CODES), True),
    "county bureau": (COUNTY, True),
    "center": ({"C5301"}, False),
    "main": (HALL, True),
    "branch": (BRANCH, False),
    "point": ({"C530111001001"}, False),
    "assessor": (set(), False),
    "city reader": (set(), False),
    "county reader": (set(), False),
    "site reader": (set(), False),
    "nobody's branch": (set(), False),
}


@pytest.fixture
def city(parts):
    build(parts)
    return parts


def ids(parts, question, actor):
    """The ids of the sites that answer a question."""
    with parts.database.read() as connection:
        return parts.query.view(connection, actor).ids(parts.catalog["sites"], question)


def cell(row_id, name, before, after, table="sites"):
    return Change(table, row_id, name, before, after)


def walk(parent=None):
    """The codes of the small city depth first, siblings by code: by plain recursion."""
    for code, above, *_rest in sorted(SITES):
        if above == parent:
            yield code
            yield from walk(code)


# ---------------------------------------------------------------- who sees what


def answers(parts, actor):
    """All that an actor can be told, as one text: every table, list, name, label, history and search."""
    told = []
    with parts.database.read() as connection:
        view = parts.query.view(connection, actor)
        for name in TABLES:
            table = parts.catalog[name]
            rows = view.page(table).rows
            told += [rows, view.names(table), view.labels(table, rows)]
            for place in CODES if table.owner else (*COUNTIES, CITY):
                told.append(view.page(table, Question(search=token(place))).rows)
                told += [history_of(view, table, key) for key in (f"{ID[name]}{place}", KEY[name].format(place))]
    return dumps(told)


def history_of(view, table, key):
    try:
        return [entry.told() for entry in view.history(table, key)]
    except NoRow:
        return None


@pytest.mark.parametrize("who", SEES)
def test_no_answer_holds_anything_from_outside_the_scope(city, who):
    sites, full, counties = SEES[who]
    text = answers(city, ACTORS[who])
    for place in PLACES:
        assert (token(place) in text) == (place in sites | counties), place
        in_full = place in full or (place in counties and ACTORS[who].role not in ("reader", "main"))
        assert (phone(place) in text) == in_full, f"{place}'s number"


@pytest.mark.parametrize("who", SEES)
def test_a_masked_number_cannot_be_found_out(city, who):
    """Neither by a condition nor by a search nor by the order of the rows."""
    _sites, full, _counties = SEES[who]
    actor, table = ACTORS[who], city.catalog["sites"]
    for code in CODES:
        for told in (f"phone={phone(code)}", f"phone:has:{phone(code)[3:8]}", f"phone:in:{phone(code)},1"):
            found = ids(city, Question(where=(parse_condition(city.catalog, table, told),)), actor)
            assert found == ([f"s{code}"] if code in full else []), told
        found = ids(city, Question(search=phone(code)), actor)
        assert found == ([f"s{code}"] if code in full else [])
    for down in (False, True):
        rows = [row(city, "sites", one) for one in ids(city, Question(sort=(Sort("phone", down),)), actor)]
        shown = [one["phone"] if one["code"] in full else f"{one['phone'][:3]}****{one['phone'][-4:]}" for one in rows]
        assert shown == sorted(shown, reverse=down)


def test_two_who_reach_the_same_sites_keep_their_own_lists(city):
    """A branch may search for its number; a reader of the same branch then asks the very same."""
    question = Question(search=phone("C530111001"))
    assert ids(city, question, ACTORS["branch"]) == ["sC530111001"]
    assert ids(city, question, ACTORS["site reader"]) == []
    backwards = Question(search=phone("C530111001001"))
    assert ids(city, backwards, ACTORS["site reader"]) == []
    assert ids(city, backwards, ACTORS["branch"]) == ["sC530111001001"]


@pytest.mark.parametrize("who", SEES)
def test_names_are_those_of_rows_in_scope_in_order(city, who):
    with city.database.read() as connection:
        names = city.query.view(connection, ACTORS[who]).names(city.catalog["sites"])
    assert list(names.items()) == [(code, token(code)) for code in walk() if code in SEES[who][0]]


def test_a_stranger_sees_nothing(city):
    assert all(read(city, name, Actor("lost", "assessor")) == [] for name in TABLES)


# ---------------------------------------------------------------- who may


def allowed(city, who, *changes):
    """Whether an actor may make these changes; nothing is written."""
    problems = city.store.rehearse(Plan(changes), ACTORS[who], "ui")
    assert {problem.cause for problem in problems} <= {"scope", "reference"}
    return not problems


@pytest.mark.parametrize("who", MAY)
def test_who_may_change_what(city, who):
    rows, whole = MAY[who]
    plaques, ledger = city.catalog["plaques"], city.catalog["activities"]
    for code in CODES:
        mine, all_mine = code in rows, code in rows and whole
        note = f"«{code}»"
        event = row(city, "activities", f"a{code}")
        hung = row(city, "plaques", f"p{code}")
        assert allowed(city, who, cell(f"s{code}", "address", note, "新")) == mine, f"{code} address"
        assert allowed(city, who, cell(f"p{code}", "note", note, "新", "plaques")) == mine, f"{code} plaque's note"
        assert allowed(city, who, cell(f"a{code}", "note", note, "新", "activities")) == mine, f"{code} event"
        new = birth("activities", {**new_row(ledger, "new", {"site": code, "held_on": "2026-03-05", "title": "展"})})
        assert allowed(city, who, new) == mine, f"{code} new event"
        assert allowed(city, who, death("activities", stored_values(ledger, event))) == mine, f"{code} old event"
        assert allowed(city, who, cell(f"s{code}", "status", "open", "built")) == all_mine, f"{code} status"
        assert allowed(city, who, cell(f"p{code}", "material", note, "铜", "plaques")) == all_mine, f"{code} material"
        assert allowed(city, who, birth("plaques", new_row(plaques, "new", {"site": code, "seq": 7}))) == all_mine
        assert allowed(city, who, death("plaques", stored_values(plaques, hung))) == all_mine, f"{code} plaque"


@pytest.mark.parametrize("who", MAY)
def test_who_may_change_what_belongs_to_a_county(city, who):
    editors = {"admin", "city bureau"}
    for place, mine in (("官渡区", {"county bureau"}), ("西山区", set()), ("全市", set())):
        change = cell(f"o{place}", "note", f"«{place}»", "新", "plaque_orders")
        assert allowed(city, who, change) == (who in editors | mine), place


STEALING = {
    "an event given away": cell("aC530111001", "site", "C530111001", "C530112001", "activities"),
    "an event taken": cell("aC530112001", "site", "C530112001", "C530111001", "activities"),
    "a co-host from elsewhere": cell("aC530111001", "co_hosts", None, ["C530112001"], "activities"),
    "a site moved away": cell("sC530111001", "parent", "C530111", "C530112"),
    "a site taken": cell("sC530112001", "parent", "C530112", "C530111"),
    "a site of another hall's code": cell("sC530111001", "code", "C530111001", "C530112009"),
}


@pytest.mark.parametrize("change", STEALING.values(), ids=STEALING)
@pytest.mark.parametrize("who", ["branch", "main"])
def test_nothing_passes_the_border_of_a_scope(city, who, change):
    renaming = change.field == "code" and who == "main"  # a code says nothing of whose a site is
    assert allowed(city, who, change) == renaming


def test_a_hall_adds_a_branch_and_what_hangs_on_it_below_itself_alone(city):
    for parent, fits in (("C530111", True), ("C530112", False)):
        branch = birth("sites", site_row(city, "NEW", parent=parent, county="官渡区"))
        point = birth("sites", site_row(city, "NEW1", level="point", parent="NEW", county="官渡区"))
        plaque = birth("plaques", new_row(city.catalog["plaques"], "new", {"site": "NEW1"}))
        assert allowed(city, "main", branch, point, plaque) == fits
        assert not allowed(city, "branch", branch, point, plaque)


def test_a_hall_renames_a_site_of_its_own(city):
    plan = Plan((cell("sC530111001", "code", "C530111001", "G1"),))
    city.store.apply(plan, ACTORS["main"], "ui")
    assert row(city, "plaques", "pC530111001")["site"] == "G1"


def test_a_name_that_no_account_has_a_role_for_changes_nothing(city):
    stranger = Actor("stranger", "reader", site="C530111001")
    assert city.store.rehearse(Plan((cell("sC530111001", "address", "«C530111001»", "新"),)), stranger, "ui")


@pytest.mark.parametrize("who", MAY)
def test_a_refusal_tells_nothing_of_what_is_not_yours(city, who):
    """Whoever guesses wrong what stands in a cell hears what stands there only where the row is theirs to change."""
    for code in CODES:
        changes = (
            cell(f"s{code}", "phone", "1", "2"),
            cell(f"s{code}", "address", "1", "2"),
            cell(f"p{code}", "note", "1", "2", "plaques"),
            death("activities", {**row(city, "activities", f"a{code}"), "title": "1"}),
        )
        problems = city.store.rehearse(Plan(changes), ACTORS[who], "ui")
        told = str([(one.message, one.current) for one in problems])
        theirs = code in MAY[who][0]
        assert (token(code) in told, phone(code) in told) == (theirs, theirs)
        assert {one.cause for one in problems} == ({"stale"} if theirs else {"scope"})


@pytest.mark.parametrize("who", MAY)
def test_who_changes_a_cell_takes_it_back_and_nobody_else_does(city, who):
    actor = ACTORS[who]
    for code in sorted(MAY[who][0]):
        applied = edit(city, "sites", f"s{code}", "address", token(code), "新", actor=actor)
        for other in (one for one in ACTORS.values() if one.role != "admin" and one != actor):
            with pytest.raises((NoChangeset, NotYours)):
                city.store.undo(applied.changeset, other)
        city.store.undo(applied.changeset, actor)
        assert row(city, "sites", f"s{code}")["address"] == token(code)


def test_what_a_change_set_holds_from_outside_hides_all_of_it(city):
    """An administrator's change of two halls is no main hall's to see, not even its own half."""
    plan = Plan((cell("sC530111", "note", token("C530111"), "新"), cell("sC530112", "note", token("C530112"), "新")))
    applied = city.store.apply(plan, ACTORS["admin"], "ui")
    with pytest.raises(NoChangeset):
        city.store.undo(applied.changeset, ACTORS["main"])
    with pytest.raises(NotYours):
        city.store.undo(applied.changeset, ACTORS["city bureau"])
