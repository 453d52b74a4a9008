"""Reading: order, pages, search, what each role sees and what it does not. On SQLite and on PostgreSQL."""

import itertools
import random
from collections import Counter
from dataclasses import replace

import pytest

from models.access import CLI
from models.catalog import Catalog
from models.changes import Change, Plan, death, stored_values
from models.conditions import BadQuestion, Sort, parse_condition
from models.database import Database, set_meta
from models.kinds import Int, Ref, Text
from models.query import EVERYTHING, NoRow, Query, Question
from models.schema import Field
from models.store import Store
from tests.world import (
    ACTORS,
    CODES,
    COUNTIES,
    SITES,
    add,
    build,
    edit,
    new_row,
    read,
    row,
    site_row,
    token,
    tree_of,
)


@pytest.fixture
def city(parts):
    build(parts)
    return parts


def ids(parts, name, question=EVERYTHING, actor=CLI):
    with parts.database.read() as connection:
        return parts.query.view(connection, actor).ids(parts.catalog[name], question)


# ---------------------------------------------------------------- order and pages


def walk(parent=None):
    """The codes of the small city depth first, siblings by code: by plain recursion."""
    for code, above, *_rest in sorted(SITES):
        if above == parent:
            yield code
            yield from walk(code)


def test_rows_come_in_tree_order_else_by_key(city):
    tree = list(walk())
    assert [one["code"] for one in read(city, "sites")] == tree
    assert [one["site"] for one in read(city, "plaques")] == tree
    assert [one["site"] for one in read(city, "site_parents")] == [code for code in tree if len(code) > 5]
    assert [one["county"] for one in read(city, "targets")] == sorted(COUNTIES)
    assert [one["number"] for one in read(city, "plaque_orders")] == ["N0", "N1", "N9"]


def test_what_hangs_on_one_site_is_ordered_by_key_and_date(parts):
    add(parts, "sites", site_row(parts, "C1", level="center"), site_row(parts, "C2", level="center"))
    days = [("C2", "2026-01-01"), ("C1", "2026-03-01"), ("C1", "2025-12-31"), ("C1", "2026-01-05")]
    ledger = parts.catalog["activities"]
    values = [{"site": site, "held_on": day, "title": "展"} for site, day in days]
    add(parts, "activities", *(new_row(ledger, f"a{place}", one) for place, one in enumerate(values)))
    assert [(one["site"], one["held_on"]) for one in read(parts, "activities")] == sorted(days)
    plaques = [new_row(parts.catalog["plaques"], f"p{seq}", {"site": "C1", "seq": seq}) for seq in (10, 2, 1)]
    add(parts, "plaques", *plaques)
    assert [one["seq"] for one in read(parts, "plaques")] == [1, 2, 10]


def test_pages_together_are_the_list(city):
    with city.database.read() as connection:
        view = city.query.view(connection, CLI)
        table = city.catalog["sites"]
        whole = view.page(table)
        pages = [view.page(table, offset=start, limit=5) for start in range(0, 20, 5)]
    assert [one for page in pages for one in page.rows] == whole.rows
    assert {page.total for page in [whole, *pages]} == {len(CODES)}
    assert len({page.version for page in [whole, *pages]}) == 1


def test_order_of_a_large_shuffled_tree(parts):
    chance = random.Random(7)
    codes = [f"C{place:03d}" for place in range(150)]
    parents = {code: chance.choice(codes[:place]) if place % 7 else None for place, code in enumerate(codes)}
    rows = [(code, None, "center", None) for code in codes]
    add(parts, "sites", *tree_of(parts, chance.sample(rows, len(rows))))
    moved = [Change("sites", f"s{code}", "parent", None, parent) for code, parent in parents.items() if parent]
    with parts.database.write() as connection:  # past the rules of levels, which are not this test's matter
        table = parts.catalog["sites"].model.__table__
        for change in moved:
            connection.execute(table.update().where(table.c.id == change.row).values(parent=change.after))

    def below(parent):
        for code in codes:
            if parents[code] == parent:
                yield code
                yield from below(code)

    assert [one["code"] for one in read(parts, "sites")] == list(below(None))


# ---------------------------------------------------------------- what is found


def test_search_finds_all_the_words_in_any_text(city):
    for told, codes in {
        "«C530112001001»": {"C530112001001"},
        "«C530112001» 县": set(),
        "«c530112» 官渡区": set(),
        "西山区 分馆": {"C530112001"},  # a choice by its label, as it is seen
        "«c530112» 西山区": {"C530112", "C530112001"},  # a site, and those whose parent has the name
        "": set(CODES),
        "nothing": set(),
    }.items():
        assert {one[1:] for one in ids(city, "sites", Question(search=told))} == codes, told


def test_search_sees_the_names_of_what_is_referred_to(city):
    edit(city, "sites", "sC530112", "name", token("C530112"), "西山总馆")
    assert set(ids(city, "sites", Question(search="西山总馆"))) == {"sC530112", "sC530112001"}
    assert ids(city, "sites", Question(search="西山总馆"), ACTORS["main"]) == []


def test_what_is_computed_can_be_asked_for(city):
    plaque = city.catalog["plaques"]
    condition = parse_condition(city.catalog, plaque, f"wording={token('C530111')}")
    assert ids(city, "plaques", Question(where=(condition,))) == ["pC530111"]
    backwards = ids(city, "plaques", Question(sort=(Sort("wording", down=True),)))
    assert [token(one[1:]) for one in backwards] == sorted(map(token, CODES), reverse=True)


def test_conditions_are_all_met_and_sorted(city):
    table = city.catalog["sites"]
    told = [parse_condition(city.catalog, table, one) for one in ("county=官渡区", "level:in:branch,point")]
    found = ids(city, "sites", Question(where=tuple(told), sort=(Sort("level"), Sort("code", down=True))))
    assert found == ["sL530111001", "sC530111002", "sC530111001", "sC530111001002", "sC530111001001"]


# ---------------------------------------------------------------- fields that are rows


def test_a_field_of_an_office_s_own_is_like_any_other(parts):
    """Custom fields live in one JSON column: kept, ordered, filtered, searched, followed, taken back."""
    own = [
        Field("colour", "颜色", Text()),
        Field("rooms", "房间", Int(min=0)),
        Field("hall", "对口馆", Ref(table="sites")),
        Field("number", "门牌", Text(), unique=True),
        Field("phone2", "电话二", Text(), sensitive=True),
    ]
    tables = [one.with_fields(own) if one.is_tree else one for one in parts.catalog]
    parts = with_tables(parts, tables)
    values = [("C1", "红", 10, None, "1"), ("C2", "绿", 9, "C1", "2"), ("C3", None, None, "C1", None)]
    names = ("colour", "rooms", "hall", "number")
    add(
        parts,
        "sites",
        *(
            site_row(parts, code, level="center", phone2="13812345678", **dict(zip(names, rest, strict=True)))
            for code, *rest in values
        ),
    )
    assert [[one[name] for name in names] for one in read(parts, "sites")] == [rest for _code, *rest in values]
    assert {one["phone2"] for one in read(parts, "sites", ACTORS["city reader"])} == {"138****5678"}
    assert ids(parts, "sites", Question(sort=(Sort("rooms"),))) == ["sC2", "sC1", "sC3"]
    for told, found in (
        ("colour=绿", ["sC2"]),
        ("rooms:ge:10", ["sC1"]),
        ("hall=C1", ["sC2", "sC3"]),
        ("colour=", ["sC3"]),
    ):
        condition = parse_condition(parts.catalog, parts.catalog["sites"], told)
        assert ids(parts, "sites", Question(where=(condition,))) == found, told
    assert ids(parts, "sites", Question(search="绿")) == ["sC2"]
    edit(parts, "sites", "sC1", "code", "C1", "G1")
    assert [one["hall"] for one in read(parts, "sites")] == ["G1", "G1", None]
    applied = edit(parts, "sites", "sC2", "rooms", 9, None)
    assert row(parts, "sites", "sC2")["colour"] == "绿"
    parts.store.undo(applied.changeset, CLI)
    assert row(parts, "sites", "sC2")["rooms"] == 9
    for change in (Change("sites", "sC3", "rooms", None, -1), Change("sites", "sC3", "number", None, "2")):
        assert parts.store.rehearse(Plan((change,)), CLI, "ui")
    seen = stored_values(parts.catalog["sites"], row(parts, "sites", "sC1"))
    (problem,) = parts.store.rehearse(Plan((death("sites", seen),)), CLI, "ui")
    assert problem.cause == "in_use"


def with_tables(parts, tables):
    """The same installation with other tables."""
    catalog = Catalog(tuple(tables))
    store, query = Store(parts.database, catalog, parts.store.clock), Query(parts.database, catalog)
    return replace(parts, catalog=catalog, store=store, query=query)


def test_an_undo_lists_a_field_that_is_gone(parts):
    own = Field("colour", "颜色", Text())
    wide = with_tables(parts, [one.with_fields([own]) if one.is_tree else one for one in parts.catalog])
    add(wide, "sites", site_row(wide, "C1", level="center"))
    changes = (Change("sites", "sC1", "colour", None, "红"), Change("sites", "sC1", "note", None, "甲"))
    applied = wide.store.apply(Plan(changes), CLI, "ui")
    undone, told = parts.store.undo(applied.changeset, CLI)
    assert (undone, [one.field for one in told.kept]) == (None, ["colour"])
    undone, told = parts.store.undo(applied.changeset, CLI, force=True)
    assert [change.field for change in undone.changes] == ["note"]


# ---------------------------------------------------------------- kept lists


def test_a_kept_list_is_never_stale(city):
    """Another connection's change is seen at once, whatever the list was made of."""
    other = Store(Database(city.database.url), city.catalog, city.store.clock)
    plaque = city.catalog["plaques"]

    def asks():
        return (
            [one[1:] for one in ids(city, "sites")],
            ids(city, "sites", Question(search="新名字")),
            ids(city, "plaques", Question(search="新名字")),  # a plaque's site's name
            ids(city, "plaques", Question(where=(parse_condition(city.catalog, plaque, "site.name=新名字"),))),
            ids(city, "plaques", Question(sort=(Sort("wording"),)))[0],
        )

    assert asks() == (list(walk()), [], [], [], "pC530111001001")
    cells = [("sC530112", "name", token("C530112"), "新名字"), ("sC530111002", "code", "C530111002", "C5301110009")]
    for row_id, name, before, after in cells:
        other.apply(Plan((Change("sites", row_id, name, before, after),)), CLI, "ui")
    wording = Change("plaques", "pL5301", "wording_fixed", token("L5301"), "!")
    other.apply(Plan((wording,)), CLI, "ui")
    order, *rest = asks()
    assert order == sorted_anew(city)
    assert rest == [["sC530112", "sC530112001"], ["pC530112"], ["pC530112"], "pL5301"]
    other.database.close()


def sorted_anew(city):
    """Tree order by the codes as they are now, as the rows' ids (which kept the old codes)."""
    rows = {one["code"]: one for one in read(city, "sites")}

    def below(parent):
        for code in sorted(rows):
            if rows[code]["parent"] == parent:
                yield rows[code]["id"][1:]
                yield from below(code)

    return list(below(None))


def test_a_kept_list_knows_the_settings(city):
    for code in ("C530111001", "C530111002"):
        edit(city, "plaques", f"p{code}", "wording_fixed", token(code), None)
    edit(city, "sites", "sC530111002", "county_formal", token("C530111002"), "昆明市官渡区")
    condition = parse_condition(city.catalog, city.catalog["plaques"], "wording:has:昆明市官渡区")
    assert ids(city, "plaques", Question(where=(condition,))) == []
    with city.database.write() as connection:
        set_meta(connection, "setting.plaque_county", "formal")
    assert ids(city, "plaques", Question(where=(condition,))) == ["pC530111002"]


def test_a_refused_plan_leaves_the_lists_as_they_were(city):
    before = ids(city, "sites")
    seen = stored_values(city.catalog["sites"], row(city, "sites", "sC5301"))
    assert city.store.rehearse(Plan((death("sites", seen),)), CLI, "ui")
    assert ids(city, "sites") == before


def test_a_condition_over_a_reference_reads_no_row_out_of_scope(city):
    """A hall's center is not the hall's to read: its texts must not answer by yes and no."""
    table, main = city.catalog["sites"], ACTORS["main"]
    for told in (f"parent.note={token('C5301')}", f"parent.head:has:{token('C5301')}", "parent.code=C5301"):
        question = Question(where=(parse_condition(city.catalog, table, told),))
        assert ids(city, "sites", question, main) == []
        assert ids(city, "sites", question) == ["sC530111", "sC530112"]
    question = Question(where=(parse_condition(city.catalog, table, f"parent.note={token('C530111')}"),))
    assert ids(city, "sites", question, main) == ["sC530111001", "sC530111002"]


# ---------------------------------------------------------------- one row


def test_a_row_is_found_by_id_and_by_key(city):
    add(city, "plaques", new_row(city.catalog["plaques"], "second", {"site": "C530111001", "seq": 2}))
    cases = [
        ("sites", "sC530111", "sC530111"),
        ("sites", "C530111", "sC530111"),
        ("plaques", "C530111001/1", "pC530111001"),
        ("plaques", "C530111001/2", "second"),
        ("plaque_orders", "N0", "o官渡区"),
        ("targets", "西山区", "t西山区"),
    ]
    with city.database.read() as connection:
        view = city.query.view(connection, CLI)
        for name, told, row_id in cases:
            assert view.find(city.catalog[name], told)["id"] == row_id
        (first,) = (one for one in read(city, "site_parents") if one["site"] == "C530111001")
        for told in ("C530111001", "C530111001/"):
            assert view.find(city.catalog["site_parents"], told)["id"] == first["id"]


def test_a_key_may_have_a_slash_in_it(parts):
    add(parts, "sites", site_row(parts, "C/1", level="center"))
    add(parts, "plaques", new_row(parts.catalog["plaques"], "p1", {"site": "C/1", "seq": 3}))
    with parts.database.read() as connection:
        view = parts.query.view(connection, CLI)
        assert view.find(parts.catalog["sites"], "C/1")["id"] == "sC/1"
        assert view.find(parts.catalog["plaques"], "C/1/3")["id"] == "p1"


@pytest.mark.parametrize("told", ["C999", "", "/", "C530111/1/1", "sC530112", "C530112"])
def test_what_is_not_there_and_what_is_not_yours_sound_the_same(city, told):
    with city.database.read() as connection:
        view = city.query.view(connection, ACTORS["main"])
        for ask in (view.find, view.history):
            with pytest.raises(NoRow) as caught:
                ask(city.catalog["sites"], told)
            assert str(caught.value) == f"馆点里没有 {told}"


def test_a_row_has_its_computed_values(parts):
    """CONTRACT §3: 官渡区文化馆关上街道分馆关上社区基层服务点 and its like."""
    add(
        parts,
        "sites",
        site_row(parts, "C1", level="center", name="昆明市文化馆"),
        site_row(parts, "C11", level="main", parent="C1", county="官渡区", name="官渡区文化馆", status="planned"),
        site_row(parts, "C111", parent="C11", county="官渡区", township="关上街道", name="甲"),
        site_row(parts, "C1111", level="point", parent="C111", county="官渡区", village="关上社区", name="乙"),
        site_row(parts, "C1112", level="point", parent="C111", county="官渡区", host="school", name="实验小学"),
        site_row(parts, "C12", parent="C1", name="少儿"),
    )
    codes = {"C111": "分馆", "C1111": "点", "C1112": "校", "C12": "市"}
    add(parts, "plaques", *(new_row(parts.catalog["plaques"], one, {"site": code}) for code, one in codes.items()))
    assert {one["id"]: one["wording"] for one in read(parts, "plaques")} == {
        "分馆": "官渡区文化馆关上街道分馆",
        "点": "官渡区文化馆关上街道分馆关上社区基层服务点",
        "校": "官渡区文化馆关上街道分馆实验小学基层服务点",
        "市": "昆明市文化馆少儿分馆",
    }


def test_a_view_is_one_moment(city):
    with city.database.read() as connection:
        view = city.query.view(connection, CLI)
        version = view.version
        edit(city, "sites", "sC530112", "name", token("C530112"), "新名字")
        assert "新名字" not in {one["name"] for one in view.page(city.catalog["sites"]).rows}
    with city.database.read() as connection:
        view = city.query.view(connection, CLI)
        assert view.version == version + 1
        assert "新名字" in {one["name"] for one in view.page(city.catalog["sites"]).rows}


def test_a_question_without_sense_is_told(city):
    with pytest.raises(BadQuestion):
        parse_condition(city.catalog, city.catalog["sites"], "colour=red")


def test_every_combination_of_sort_and_condition_agrees_with_the_whole(city):
    """A page's total is its list's length, and a list under a condition is part of the whole in the same order."""
    table = city.catalog["sites"]
    told = ["", "county=官渡区", "phone:filled", "parent.level=main", "staffing="]
    for where, sort in itertools.product(told, ((), (Sort("phone"),), (Sort("name", down=True),))):
        condition = (parse_condition(city.catalog, table, where),) if where else ()
        part, whole = (ids(city, "sites", Question(where=one, sort=sort)) for one in (condition, ()))
        assert part == [one for one in whole if one in part], (where, sort)


@pytest.mark.parametrize("most", [500, 2])  # the scope as a list in the question, and sifted from its answer
@pytest.mark.parametrize("name", ["admin", "county bureau", "center", "branch", "site reader", "assessor"])
def test_rows_are_counted_in_scope(city, monkeypatch, name, most):
    monkeypatch.setattr("models.rows.CHUNK", most)
    table = city.catalog["sites"]
    with city.database.read() as connection:
        view = city.query.view(connection, ACTORS[name])
        for where in ((), (parse_condition(city.catalog, table, "network=culture"),)):
            seen = Counter((one["level"], one["county"]) for one in view.page(table, Question(where)).rows)
            assert view.tally(table, ("level", "county"), where) == seen
        assert sum(view.tally(city.catalog["targets"], ("county",)).values()) == len(view.ids(city.catalog["targets"]))
