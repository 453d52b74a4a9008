"""The one writer: all or nothing, what follows from a change, who may make it. On SQLite and on PostgreSQL."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from models.access import CLI
from models.changes import Change, Plan, birth, death, stored_values
from models.database import Database, read_pulses
from models.history import changesets, entries
from models.store import Refused, Store
from tests.world import add, edit, new_row, read, row, site_row

TODAY = "2026-11-24"


@pytest.fixture
def hall(parts):
    """A center, a hall, a branch with a point; a plaque and an event at the branch."""
    add(
        parts,
        "sites",
        site_row(parts, "C1", level="center", name="市馆"),
        site_row(parts, "C11", level="main", parent="C1", county="官渡区", name="官渡馆"),
        site_row(parts, "C111", parent="C11", county="官渡区", name="关上馆", area_m2=300.0, phone="13812345678"),
        site_row(parts, "C1111", level="point", parent="C111", county="官渡区", name="关上点"),
    )
    add(parts, "plaques", new_row(parts.catalog["plaques"], "p1", {"site": "C111"}))
    event = {"site": "C111", "held_on": "2026-03-05", "title": "展", "co_hosts": ["C11", "C1111"]}
    add(parts, "activities", new_row(parts.catalog["activities"], "a1", event))
    return parts


def everything(parts):
    """Every row of every record table, to compare."""
    return {table.name: {one["id"]: one for one in read(parts, table.name)} for table in parts.catalog}


def counts(parts):
    """How many change sets and entries there are, and the change counters."""
    with parts.database.read() as connection:
        return (
            connection.execute(sa.select(sa.func.count()).select_from(changesets)).scalar(),
            connection.execute(sa.select(sa.func.count()).select_from(entries)).scalar(),
            read_pulses(connection),
        )


def refused(parts, plan, actor=CLI):
    """The problems of a plan that must be refused and leave no trace."""
    before, numbers = everything(parts), counts(parts)
    with pytest.raises(Refused) as caught:
        parts.store.apply(plan, actor, "ui")
    assert everything(parts) == before
    assert counts(parts) == numbers
    assert parts.store.rehearse(plan, actor, "ui") == caught.value.problems
    return caught.value.problems


def cell(row_id, name, before, after, table="sites"):
    return Change(table, row_id, name, before, after)


def causes(problems):
    return {(problem.cause, problem.field) for problem in problems}


# ---------------------------------------------------------------- all or nothing


def test_a_plan_is_written_whole(hall):
    plan = Plan(
        (
            cell("sC111", "name", "关上馆", "关上文化馆"),
            cell("sC111", "area_m2", 300.0, None),
            birth("plaques", new_row(hall.catalog["plaques"], "p2", {"site": "C111", "seq": 2})),
            death("activities", stored_values(hall.catalog["activities"], row(hall, "activities", "a1"))),
        )
    )
    before = counts(hall)
    applied = hall.store.apply(plan, CLI, "paste")
    assert (row(hall, "sites", "sC111")["name"], row(hall, "sites", "sC111")["area_m2"]) == ("关上文化馆", None)
    assert {one["id"] for one in read(hall, "plaques")} == {"p1", "p2"}
    assert read(hall, "activities") == []
    assert applied.changes == plan.changes
    after = counts(hall)
    assert (after[0], after[1]) == (before[0] + 1, before[1] + 4)
    risen = {topic for topic, count in after[2].items() if count != before[2].get(topic)}
    assert risen == {"records", "table:sites", "table:plaques", "table:activities"}


def test_a_new_row_is_kept_as_it_was_given(parts):
    told = site_row(parts, "C1", level="center", barrier_free=False, area_m2=0.0, population=0, note="一\n二")
    add(parts, "sites", told)
    there = row(parts, "sites", "sC1")
    assert {name: there[name] for name in told} == told


def test_one_change_that_does_not_fit_stops_all(hall):
    plan = Plan((cell("sC111", "name", "关上馆", "新名"), cell("sC1111", "area_m2", None, -1.0)))
    assert causes(refused(hall, plan)) == {("value", "area_m2")}


def test_a_change_to_what_stands_there_is_none(hall):
    before = counts(hall)
    assert hall.store.apply(Plan((cell("sC111", "name", "关上馆", "关上馆"),)), CLI, "ui") is None
    assert hall.store.apply(Plan(), CLI, "ui") is None
    assert counts(hall) == before


def test_changes_of_one_cell_follow_each_other(hall):
    plan = Plan((cell("sC111", "name", "关上馆", "一"), cell("sC111", "name", "一", "二")))
    hall.store.apply(plan, CLI, "ui")
    assert row(hall, "sites", "sC111")["name"] == "二"


def test_a_rehearsal_writes_nothing(hall):
    before, numbers = everything(hall), counts(hall)
    assert hall.store.rehearse(Plan((cell("sC111", "name", "关上馆", "一"),)), CLI, "ui") == ()
    assert everything(hall) == before
    assert counts(hall) == numbers


def test_what_fits_can_be_applied_without_the_rest(hall):
    """One change set of what may stand; what may not comes back, each change with why."""
    good, stale = cell("sC111", "note", None, "好"), cell("sC111", "name", "旧名", "新名")
    bad, row_less = cell("sC1111", "area_m2", None, -1.0), cell("gone", "note", None, "好")
    before = counts(hall)
    applied, left = hall.store.apply_fitting(Plan((good, stale, bad, row_less)), CLI, "sync")
    assert applied.changes == (good,)
    assert {change: problem.cause for change, problem in left} == {stale: "stale", bad: "value", row_less: "missing"}
    assert counts(hall)[:2] == (before[0] + 1, before[1] + 1)
    assert hall.store.apply_fitting(Plan((bad,)), CLI, "sync")[0] is None
    assert hall.store.apply_fitting(Plan(), CLI, "sync") == (None, [])


# ---------------------------------------------------------------- stale


def test_a_cell_that_someone_changed_since_is_not_overwritten(hall):
    edit(hall, "sites", "sC111", "name", "关上馆", "他的")
    (problem,) = refused(hall, Plan((cell("sC111", "name", "关上馆", "我的"),)))
    assert (problem.cause, problem.row, problem.field) == ("stale", "sC111", "name")
    assert (problem.value, problem.current) == ("我的", "他的")


def test_another_cell_of_the_row_may_have_changed(hall):
    edit(hall, "sites", "sC111", "name", "关上馆", "他的")
    edit(hall, "sites", "sC111", "area_m2", 300.0, 260.5)
    assert row(hall, "sites", "sC111")["name"] == "他的"


def test_a_row_that_changed_since_is_not_deleted(hall):
    seen = stored_values(hall.catalog["plaques"], row(hall, "plaques", "p1"))
    edit(hall, "plaques", "p1", "note", None, "他的")
    assert causes(refused(hall, Plan((death("plaques", seen),)))) == {("stale", None)}


def test_what_is_gone_is_told(hall):
    seen = stored_values(hall.catalog["plaques"], row(hall, "plaques", "p1"))
    hall.store.apply(Plan((death("plaques", seen),)), CLI, "ui")
    for change in (cell("p1", "note", None, "我的", "plaques"), death("plaques", seen)):
        assert {problem.cause for problem in refused(hall, Plan((change,)))} == {"missing"}
    assert causes(refused(hall, Plan((cell("sC111", "colour", None, "红"),)))) == {("missing", "colour")}


def test_a_row_is_born_once(hall):
    again = new_row(hall.catalog["plaques"], "p1", {"site": "C111", "seq": 5})
    assert causes(refused(hall, Plan((birth("plaques", again),)))) == {("stale", None)}


def test_of_two_who_change_a_cell_at_once_one_wins(hall):
    stores = [hall.store, Store(Database(hall.database.url), hall.catalog, hall.store.clock)]
    start = threading.Barrier(2)

    def change(place):
        start.wait()
        try:
            stores[place].apply(Plan((cell("sC111", "name", "关上馆", f"第{place}个"),)), CLI, "ui")
        except Refused as fault:
            return fault.problems[0]
        return place

    with ThreadPoolExecutor(2) as pool:
        told = list(pool.map(change, (0, 1)))
    (winner,) = (one for one in told if isinstance(one, int))
    (loser,) = (one for one in told if not isinstance(one, int))
    assert row(hall, "sites", "sC111")["name"] == f"第{winner}个"
    assert (loser.cause, loser.current) == ("stale", f"第{winner}个")
    stores[1].database.close()


# ---------------------------------------------------------------- what may stand

WRONG = {
    "a required blank": (cell("sC111", "name", "关上馆", None), ("required", "name")),
    "out of limits": (cell("sC111", "area_m2", 300.0, -1.0), ("value", "area_m2")),
    "another kind": (cell("sC111", "area_m2", 300.0, "大"), ("value", "area_m2")),
    "not in its normal form": (cell("sC111", "note", None, " 空 "), ("value", "note")),
    "no choice": (cell("sC111", "host", "government", "circus"), ("value", "host")),
    "a masked number": (cell("sC111", "phone", "13812345678", "138****5678"), ("value", "phone")),
    "a reference to nothing": (cell("p1", "plaque_order", None, "N9", "plaques"), ("reference", "plaque_order")),
    "a reference that is none": (cell("p1", "plaque_order", None, 9, "plaques"), ("reference", "plaque_order")),
    "several references, one to nothing": (
        cell("a1", "co_hosts", ["C11", "C1111"], ["C11", "C9"], "activities"),
        ("reference", "co_hosts"),
    ),
    "a key that is taken": (cell("sC1111", "code", "C1111", "C111"), ("key", "code")),
    "a parent of the wrong level": (cell("sC1111", "parent", "C111", "C11"), ("rule", "parent")),
    "no parent": (cell("sC111", "parent", "C11", None), ("rule", "parent")),
    "a center with a parent": (cell("sC1", "parent", None, "C11"), ("rule", "parent")),
    "a level that the sites below do not fit": (cell("sC11", "level", "main", "branch"), ("rule", "level")),
    "a network that the sites below do not fit": (cell("sC11", "network", "culture", "library"), ("rule", "parent")),
}


@pytest.mark.parametrize(("change", "cause"), WRONG.values(), ids=WRONG)
def test_what_does_not_fit_is_refused(hall, change, cause):
    problems = refused(hall, Plan((change,)))
    assert cause in causes(problems)
    assert all(problem.message and "{" not in problem.message for problem in problems)


def test_what_is_computed_is_no_ones_to_write(hall):
    (problem,) = refused(hall, Plan((cell("p1", "wording", None, "官渡区文化馆", "plaques"),)))
    assert problem.cause == "scope"


def test_two_new_rows_of_one_key_are_refused(hall):
    table = hall.catalog["plaques"]
    plan = Plan(tuple(birth("plaques", new_row(table, one, {"site": "C11", "seq": 1})) for one in ("p8", "p9")))
    assert causes(refused(hall, plan)) == {("key", "site")}


def test_a_key_may_pass_from_one_row_to_another(hall):
    add(hall, "plaques", new_row(hall.catalog["plaques"], "p2", {"site": "C111", "seq": 2}))
    hall.store.apply(Plan((cell("p1", "seq", 1, 2, "plaques"), cell("p2", "seq", 2, 1, "plaques"))), CLI, "ui")
    assert {one["id"]: one["seq"] for one in read(hall, "plaques")} == {"p1": 2, "p2": 1}


def test_a_plan_may_bring_a_record_and_what_refers_to_it(hall):
    order = new_row(hall.catalog["plaque_orders"], "o1", {"number": "N1", "supplier": "牌厂"})
    plan = Plan((cell("p1", "plaque_order", None, "N1", "plaques"), birth("plaque_orders", order)))
    hall.store.apply(plan, CLI, "ui")
    assert row(hall, "plaques", "p1")["plaque_order"] == "N1"


def test_what_was_broken_before_does_not_stop_another_change(hall):
    """The hall became planned after the plaque was ordered: the plaque's note may still be changed, its state not."""
    edit(hall, "plaques", "p1", "status", "to_make", "ordered")
    edit(hall, "sites", "sC11", "status", "open", "planned")
    edit(hall, "plaques", "p1", "note", None, "催一催")
    assert row(hall, "plaques", "p1")["note"] == "催一催"
    edit(hall, "plaques", "p1", "status", "ordered", "to_make")
    again = Plan((cell("p1", "status", "to_make", "ordered", "plaques"),))
    assert causes(refused(hall, again)) == {("rule", "status")}


# ---------------------------------------------------------------- what follows


def parents(parts):
    """The periods of parents: (site, since, parent, county)."""
    return {(one["site"], one["since"], one["parent"], one["county"]) for one in read(parts, "site_parents")}


FIRST = {("C11", None, "C1", "官渡区"), ("C111", None, "C11", "官渡区"), ("C1111", None, "C111", "官渡区")}


def test_a_site_stands_under_its_first_parent_from_the_beginning(hall):
    assert parents(hall) == FIRST


def test_a_change_of_parent_holds_from_today(hall):
    add(hall, "sites", site_row(hall, "C12", level="main", parent="C1", county="西山区"))
    first = parents(hall)
    edit(hall, "sites", "sC111", "parent", "C11", "C12")
    assert parents(hall) == first | {("C111", TODAY, "C12", "官渡区")}
    edit(hall, "sites", "sC111", "county", "官渡区", "西山区")  # the same day: the same period
    assert parents(hall) == first | {("C111", TODAY, "C12", "西山区")}
    edit(hall, "sites", "sC111", "name", "关上馆", "新名")
    assert parents(hall) == first | {("C111", TODAY, "C12", "西山区")}


def test_a_move_that_is_taken_back_was_none(hall):
    add(hall, "sites", site_row(hall, "C12", level="main", parent="C1", county="西山区"))
    first = parents(hall)
    applied = edit(hall, "sites", "sC111", "parent", "C11", "C12")
    hall.store.undo(applied.changeset, CLI)
    assert parents(hall) == first
    assert row(hall, "sites", "sC111")["parent"] == "C11"


def test_a_site_of_no_county_has_a_parent_too(hall):
    """A center's own branch (特色分馆) lies in no county of Annex 2."""
    add(hall, "sites", site_row(hall, "C19", parent="C1", name="少儿"))
    assert parents(hall) == FIRST | {("C19", None, "C1", None)}


def test_a_site_takes_what_hangs_on_it_along(hall):
    seen = stored_values(hall.catalog["sites"], row(hall, "sites", "sC1111"))
    edit(hall, "activities", "a1", "co_hosts", ["C11", "C1111"], None)
    edit(hall, "activities", "a1", "site", "C111", "C1111")
    add(hall, "plaques", new_row(hall.catalog["plaques"], "p2", {"site": "C1111"}))
    before = everything(hall)
    applied = hall.store.apply(Plan((death("sites", seen),)), CLI, "ui")
    assert {(change.table, change.row) for change in applied.changes} >= {("plaques", "p2"), ("activities", "a1")}
    assert {name: set(rows) for name, rows in everything(hall).items() if rows} == {
        "sites": {"sC1", "sC11", "sC111"},
        "site_parents": {one for one, values in before["site_parents"].items() if values["site"] != "C1111"},
        "plaques": {"p1"},
    }
    hall.store.undo(applied.changeset, CLI)
    assert everything(hall) == before


@pytest.mark.parametrize(
    ("row_id", "why"), [("sC111", "a site below it"), ("sC1", "a hall below it"), ("sC1111", "a co-host of an event")]
)
def test_what_others_refer_to_cannot_go(hall, row_id, why):
    seen = stored_values(hall.catalog["sites"], row(hall, "sites", row_id))
    assert ("in_use", None) in causes(refused(hall, Plan((death("sites", seen),)))), why


def test_a_site_may_go_where_no_event_has_co_hosts(hall):
    edit(hall, "activities", "a1", "co_hosts", ["C11", "C1111"], None)
    seen = stored_values(hall.catalog["sites"], row(hall, "sites", "sC1111"))
    hall.store.apply(Plan((death("sites", seen),)), CLI, "ui")
    assert row(hall, "sites", "sC1111") is None


def test_a_branch_goes_with_its_points_in_one_plan(hall):
    edit(hall, "activities", "a1", "co_hosts", ["C11", "C1111"], ["C11"])
    table = hall.catalog["sites"]
    before = everything(hall)
    plan = Plan(tuple(death("sites", stored_values(table, row(hall, "sites", one))) for one in ("sC111", "sC1111")))
    applied = hall.store.apply(plan, CLI, "ui")
    assert set(everything(hall)["sites"]) == {"sC1", "sC11"}
    assert read(hall, "plaques") == []
    hall.store.undo(applied.changeset, CLI)
    assert everything(hall) == before


def test_references_follow_a_key_that_changes(hall):
    before = everything(hall)
    applied = edit(hall, "sites", "sC11", "code", "C11", "G11")
    assert row(hall, "sites", "sC111")["parent"] == "G11"
    assert row(hall, "activities", "a1")["co_hosts"] == ["G11", "C1111"]
    moved = {("G11", None, "C1", "官渡区"), ("C111", None, "G11", "官渡区"), ("C1111", None, "C111", "官渡区")}
    assert parents(hall) == moved, "a new code is no new parent"
    hall.store.undo(applied.changeset, CLI)
    assert everything(hall) == before


def test_what_a_site_owns_follows_its_key(hall):
    edit(hall, "sites", "sC111", "code", "C111", "G111")
    assert row(hall, "plaques", "p1")["site"] == "G111"
    assert row(hall, "activities", "a1")["site"] == "G111"
    assert row(hall, "sites", "sC1111")["parent"] == "G111"


def test_two_sites_may_swap_their_codes(hall):
    add(hall, "sites", site_row(hall, "C112", parent="C11", county="官渡区"))
    edit(hall, "activities", "a1", "co_hosts", ["C11", "C1111"], ["C111", "C112"])
    hall.store.apply(Plan((cell("sC111", "code", "C111", "C112"), cell("sC112", "code", "C112", "C111"))), CLI, "ui")
    assert row(hall, "plaques", "p1")["site"] == "C112"
    assert row(hall, "sites", "sC1111")["parent"] == "C112"
    assert row(hall, "activities", "a1")["co_hosts"] == ["C112", "C111"]
    assert {one for one in parents(hall) if one[0] in ("C111", "C112")} == {
        ("C111", None, "C11", "官渡区"),
        ("C112", None, "C11", "官渡区"),
    }


def test_a_renamed_site_may_move_in_the_same_plan(hall):
    add(hall, "sites", site_row(hall, "C12", level="main", parent="C1", county="西山区"))
    plan = Plan((cell("sC11", "code", "C11", "G11"), cell("sC111", "parent", "C11", "C12")))
    hall.store.apply(plan, CLI, "ui")
    assert {one for one in parents(hall) if one[0] == "C111"} == {
        ("C111", None, "G11", "官渡区"),
        ("C111", TODAY, "C12", "官渡区"),
    }
