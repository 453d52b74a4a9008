"""Who changed what, and taking it back. On SQLite and on PostgreSQL."""

import random

import pytest

from models.access import CLI, Actor
from models.changes import Change, Plan, birth, death, stored_values
from models.history import Kept, NoChangeset, NotYours
from models.query import NoRow
from models.store import Refused
from tests.world import ACTORS, add, build, edit, new_row, phone, read, row, site_row

AT = "2026-11-24T06:31:05Z"
LI = Actor("李春梅", "main", site="C11")
WANG = Actor("王敏", "branch", site="C111")


@pytest.fixture
def hall(parts):
    """A hall of the county with two branches, the first with a point and a plaque."""
    add(
        parts,
        "sites",
        site_row(parts, "C1", level="center"),
        site_row(parts, "C11", level="main", parent="C1", county="官渡区"),
        site_row(parts, "C111", parent="C11", county="官渡区", area_m2=300.0, phone="13812345678"),
        site_row(parts, "C112", parent="C11", county="官渡区"),
        site_row(parts, "C1111", level="point", parent="C111", county="官渡区"),
    )
    add(parts, "plaques", new_row(parts.catalog["plaques"], "p1", {"site": "C111"}))
    return parts


def everything(parts):
    return {table.name: {one["id"]: one for one in read(parts, table.name)} for table in parts.catalog}


def told(parts, name, key, actor=CLI):
    """A row's history, newest first."""
    with parts.database.read() as connection:
        return [one.told() for one in parts.query.view(connection, actor).history(parts.catalog[name], key)]


def bury(parts, name, row_id, actor=CLI):
    """Delete a row."""
    seen = stored_values(parts.catalog[name], row(parts, name, row_id))
    return parts.store.apply(Plan((death(name, seen),)), actor, "cli")


def undo(parts, applied, actor=CLI, **more):
    return parts.store.undo(applied.changeset, actor, **more)


# ---------------------------------------------------------------- what is told


def test_a_history_says_who_when_from_where_newest_first(hall):
    first = edit(hall, "sites", "sC111", "area_m2", 300.0, 260.5, actor=LI)
    second = hall.store.apply(Plan((Change("sites", "sC111", "area_m2", 260.5, None),)), WANG, "sync")
    newest, older, born = told(hall, "sites", "C111")
    assert newest == {
        "changeset": second.changeset,
        "at": AT,
        "actor": "王敏",
        "origin": "sync",
        "field": "area_m2",
        "before": 260.5,
        "after": None,
    }
    assert (older["changeset"], older["actor"], older["origin"]) == (first.changeset, "李春梅", "ui")
    assert (older["before"], older["after"]) == (300, 260.5)
    assert (born["field"], born["before"]) == (None, None)
    assert born["after"]["area_m2"] == 300


def test_a_birth_and_a_death_are_one_entry_each(hall):
    bury(hall, "plaques", "p1")
    dead, born = told(hall, "plaques", "C111/1")
    assert (born["field"], born["before"], born["after"]["id"]) == (None, None, "p1")
    assert (dead["field"], dead["after"]) == (None, None)
    assert dead["before"] == born["after"]
    assert told(hall, "plaques", "p1") == [dead, born]


def test_a_living_row_is_meant_before_a_dead_one_of_its_key(hall):
    bury(hall, "plaques", "p1")
    add(hall, "plaques", new_row(hall.catalog["plaques"], "p2", {"site": "C111"}))
    assert [one["after"]["id"] for one in told(hall, "plaques", "C111/1")] == ["p2"]


def test_the_history_of_a_row_that_is_gone_is_told_to_those_who_could_read_it(hall):
    bury(hall, "plaques", "p1")
    bury(hall, "sites", "sC1111")
    for actor in (CLI, LI, WANG):
        assert len(told(hall, "plaques", "C111/1", actor)) == 2
        assert len(told(hall, "sites", "C1111", actor)) == 2
    for actor in (Actor("别人", "branch", site="C112"), Actor("无", "assessor")):
        with pytest.raises(NoRow):
            told(hall, "plaques", "C111/1", actor)
        with pytest.raises(NoRow):
            told(hall, "sites", "C1111", actor)


def test_numbers_are_masked_in_the_history_too(parts):
    build(parts)
    number = phone("C530111001")
    edit(parts, "sites", "sC530111001", "phone", number, "13900001111")
    for who, full in (("branch", True), ("main", True), ("site reader", False), ("center", False)):
        text = str(told(parts, "sites", "C530111001", ACTORS[who]))
        assert ((number in text), ("13900001111" in text)) == (full, full), who


# ---------------------------------------------------------------- taking back


def test_an_undo_puts_everything_back_and_is_a_change_set_itself(hall):
    before = everything(hall)
    plan = Plan(
        (
            Change("sites", "sC111", "area_m2", 300.0, 260.5),
            Change("sites", "sC111", "note", None, "改"),
            birth("plaques", new_row(hall.catalog["plaques"], "p2", {"site": "C111", "seq": 2})),
            death("plaques", stored_values(hall.catalog["plaques"], row(hall, "plaques", "p1"))),
        )
    )
    applied = hall.store.apply(plan, CLI, "paste")
    changed = everything(hall)
    undone, told_undo = undo(hall, applied)
    assert everything(hall) == before
    assert (told_undo.changeset, told_undo.kept, len(undone.changes)) == (applied.changeset, (), 4)
    assert undone.changeset > applied.changeset
    assert told(hall, "sites", "C111")[0]["origin"] == "undo"
    # An undo of the undo makes the changes again.
    again, _told = undo(hall, undone)
    assert everything(hall) == changed
    assert undo(hall, again)[1].kept == ()
    assert everything(hall) == before


def test_the_undo_of_a_number_that_is_whole_again(hall):
    """History is JSON, where 300.0 is 300."""
    undo(hall, edit(hall, "sites", "sC111", "area_m2", 300.0, 260.5))
    assert row(hall, "sites", "sC111")["area_m2"] == 300.0
    edit(hall, "sites", "sC111", "area_m2", 300.0, 1.0)


def test_what_was_changed_since_is_told_and_nothing_is_undone(hall):
    applied = hall.store.apply(
        Plan((Change("sites", "sC111", "area_m2", 300.0, 260.5), Change("sites", "sC111", "note", None, "改"))),
        CLI,
        "ui",
    )
    edit(hall, "sites", "sC111", "note", "改", "又改", actor=WANG)
    before = everything(hall)
    undone, told_undo = undo(hall, applied)
    assert undone is None
    assert told_undo.kept == (Kept("sites", "sC111", "note", "王敏", AT),)
    assert everything(hall) == before


def test_by_force_the_rest_is_undone(hall):
    applied = hall.store.apply(
        Plan((Change("sites", "sC111", "area_m2", 300.0, 260.5), Change("sites", "sC111", "note", None, "改"))),
        CLI,
        "ui",
    )
    edit(hall, "sites", "sC111", "note", "改", "又改", actor=WANG)
    undone, told_undo = undo(hall, applied, force=True)
    assert [change.field for change in undone.changes] == ["area_m2"]
    assert [one.field for one in told_undo.kept] == ["note"]
    assert (row(hall, "sites", "sC111")["area_m2"], row(hall, "sites", "sC111")["note"]) == (300.0, "又改")


def test_what_was_changed_and_changed_back_since_is_undone(hall):
    applied = edit(hall, "sites", "sC111", "note", None, "改")
    edit(hall, "sites", "sC111", "note", "改", "又改", actor=WANG)
    edit(hall, "sites", "sC111", "note", "又改", "改", actor=WANG)
    assert undo(hall, applied)[1].kept == ()
    assert row(hall, "sites", "sC111")["note"] is None


def test_a_change_set_is_undone_once(hall):
    applied = edit(hall, "sites", "sC111", "note", None, "改")
    undo(hall, applied)
    undone, again = undo(hall, applied)
    assert undone is None
    assert [one.field for one in again.kept] == ["note"]


def test_a_new_row_that_someone_has_filled_in_since_is_kept(hall):
    applied = add(hall, "plaques", new_row(hall.catalog["plaques"], "p2", {"site": "C111", "seq": 2}))
    edit(hall, "plaques", "p2", "note", None, "挂在门右", actor=WANG)
    undone, told_undo = undo(hall, applied, force=True)
    assert undone is None
    assert told_undo.kept == (Kept("plaques", "p2", None, "王敏", AT),)
    assert row(hall, "plaques", "p2")


def test_a_new_site_on_which_something_hangs_is_kept_with_what_belongs_to_it(hall):
    """Undoing the two new sites by force takes back the one that is still bare, and all of it."""
    table = hall.catalog["sites"]
    rows = [site_row(hall, code, parent="C11", county="官渡区") for code in ("C113", "C114")]
    before = everything(hall)
    applied = hall.store.apply(Plan(tuple(birth(table.name, one) for one in rows)), CLI, "import")
    with_both = everything(hall)
    add(hall, "plaques", new_row(hall.catalog["plaques"], "p9", {"site": "C113"}))
    assert undo(hall, applied)[0] is None
    undone, told_undo = undo(hall, applied, force=True)
    assert {(one.table, one.field) for one in told_undo.kept} == {("sites", None), ("site_parents", None)}
    assert "sC113" in {one.row for one in told_undo.kept}
    periods = {one["site"] for one in read(hall, "site_parents")}
    assert ("C113" in periods, "C114" in periods) == (True, False)
    assert row(hall, "sites", "sC114") is None
    assert row(hall, "sites", "sC113") == with_both["sites"]["sC113"]
    assert {change.row for change in undone.changes} & set(before["sites"]) == set()


def test_a_new_hall_stays_with_its_new_branch_if_something_hangs_on_that(hall):
    rows = [
        site_row(hall, "C12", level="main", parent="C1", county="西山区"),
        site_row(hall, "C121", parent="C12", county="西山区"),
        site_row(hall, "C122", parent="C12", county="西山区"),
    ]
    applied = add(hall, "sites", *rows)
    add(hall, "plaques", new_row(hall.catalog["plaques"], "p9", {"site": "C121"}))
    undo(hall, applied, force=True)
    assert {one["code"] for one in read(hall, "sites")} == {"C1", "C11", "C111", "C112", "C1111", "C12", "C121"}
    assert {one["site"] for one in read(hall, "site_parents")} == {"C11", "C111", "C112", "C1111", "C12", "C121"}


CANNOT = {
    "its key is taken since": lambda parts: add(
        parts, "plaques", new_row(parts.catalog["plaques"], "p2", {"site": "C1111"})
    ),
    "its site is gone since": lambda parts: bury(parts, "sites", "sC1111"),
}


@pytest.mark.parametrize("since", CANNOT.values(), ids=CANNOT)
def test_what_cannot_be_taken_back_is_listed(hall, since):
    """DESIGN §2: what an undo cannot take back is listed, never an exception."""
    add(hall, "plaques", new_row(hall.catalog["plaques"], "p5", {"site": "C1111"}))
    seen = stored_values(hall.catalog["plaques"], row(hall, "plaques", "p5"))
    plan = Plan((death("plaques", seen), Change("sites", "sC112", "note", None, "改")))
    applied = hall.store.apply(plan, CLI, "ui")
    since(hall)
    undone, told_undo = undo(hall, applied)
    assert undone is None
    assert [(one.table, one.row, one.field) for one in told_undo.kept] == [("plaques", "p5", None)]
    assert row(hall, "sites", "sC112")["note"] == "改"
    undone, told_undo = undo(hall, applied, force=True)
    assert [change.field for change in undone.changes] == ["note"]
    assert [(one.table, one.row, one.field) for one in told_undo.kept] == [("plaques", "p5", None)]


def test_a_site_that_would_come_back_under_a_parent_that_is_gone_is_listed(hall):
    applied = bury(hall, "sites", "sC1111")
    bury(hall, "plaques", "p1")
    bury(hall, "sites", "sC111")
    undone, told_undo = undo(hall, applied, force=True)
    assert undone is None
    assert ("sites", "sC1111", None) in {(one.table, one.row, one.field) for one in told_undo.kept}


def test_a_cascade_comes_back_as_it_went(hall):
    edit(hall, "plaques", "p1", "site", "C111", "C1111")
    before = everything(hall)
    applied = bury(hall, "sites", "sC1111")
    assert read(hall, "plaques") == []
    undo(hall, applied)
    assert everything(hall) == before


def test_a_branch_that_had_points_once_cannot_go(hall):
    """Old years must still add up: it is closed, not deleted."""
    edit(hall, "sites", "sC1111", "parent", "C111", "C112")
    with pytest.raises(Refused) as caught:
        bury(hall, "sites", "sC111")
    assert str(caught.value) == "还有 1 行上级沿革用到它"


# ---------------------------------------------------------------- whose


def test_people_undo_their_own(hall):
    applied = edit(hall, "sites", "sC111", "note", None, "改", actor=WANG)
    with pytest.raises(NotYours):
        undo(hall, applied, LI)
    undo(hall, applied, WANG)
    assert row(hall, "sites", "sC111")["note"] is None
    undo(hall, edit(hall, "sites", "sC111", "note", None, "改", actor=WANG), CLI)
    assert row(hall, "sites", "sC111")["note"] is None


def test_a_hall_takes_its_own_deletions_back(hall):
    edit(hall, "plaques", "p1", "site", "C111", "C1111", actor=LI)
    before = everything(hall)
    applied = bury(hall, "sites", "sC1111", LI)
    assert read(hall, "plaques") == []
    undo(hall, applied, LI)
    assert everything(hall) == before


def test_a_change_set_out_of_reach_sounds_like_none(parts):
    build(parts)
    applied = edit(parts, "sites", "sC530112", "note", "«C530112»", "改")
    for number in (applied.changeset, 999):
        for who in ("main", "branch", "assessor", "county reader"):
            with pytest.raises(NoChangeset) as caught:
                parts.store.undo(number, ACTORS[who])
            assert str(caught.value) == f"没有编号为 {number} 的改动"


# ---------------------------------------------------------------- many in a row


def test_undoing_all_newest_first_leads_back_to_the_beginning(hall):
    """Random plans, each undone in turn: every state is met again on the way back."""
    chance = random.Random(11)
    states, applied = [everything(hall)], []
    for number in range(12):
        applied.append(hall.store.apply(random_plan(hall, chance, number), CLI, "ui"))
        states.append(everything(hall))
    for one in reversed(applied):
        assert everything(hall) == states.pop()
        _undone, told_undo = undo(hall, one)
        assert told_undo.kept == ()
    assert everything(hall) == states.pop()


def random_plan(parts, chance, number):
    """A few changes that fit: notes, parents, codes, a new plaque, a dead one."""
    sites = {one["id"]: one for one in read(parts, "sites")}
    leaf = sites["sC1111"]
    changes = [Change("sites", "sC112", "note", sites["sC112"]["note"], f"第{number}次")]
    match chance.choice(["move", "rename", "plaque", "bury"]):
        case "move":
            other = sites["sC112"] if leaf["parent"] == sites["sC111"]["code"] else sites["sC111"]
            changes.append(Change("sites", "sC1111", "parent", leaf["parent"], other["code"]))
        case "rename":
            changes.append(Change("sites", "sC111", "code", sites["sC111"]["code"], f"R{number}"))
        case "plaque":
            values = {"site": leaf["code"], "seq": number + 1}
            changes.append(birth("plaques", new_row(parts.catalog["plaques"], f"n{number}", values)))
        case _:
            plaques = read(parts, "plaques")
            if plaques:
                changes.append(death("plaques", stored_values(parts.catalog["plaques"], chance.choice(plaques))))
    return Plan(tuple(changes))
