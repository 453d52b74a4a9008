"""The merge of one tab, as tables of cases and against a judge of its own."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from integrations.merge import merge
from models.changes import Change
from tests.things import HEAD, KEYLESS, OPENED, line, record, records, sides

# ---------------------------------------------------------------- one cell

A, B, C = 1, 2, 3
CASES = [
    # base, app, sheet -> what becomes of it
    (A, A, A, "nothing"),
    (A, A, B, "take"),
    (A, B, A, "nothing"),
    (A, B, B, "nothing"),
    (A, B, C, "conflict"),
    (A, A, None, "take"),
    (A, None, A, "nothing"),
    (A, None, None, "nothing"),
    (A, None, B, "conflict"),
    (A, B, None, "conflict"),
    (None, A, A, "nothing"),
    (None, None, B, "take"),
    (None, A, None, "nothing"),
    (None, A, B, "conflict"),
    (A, A, "十二", "problem"),
    (A, B, "十二", "problem"),
    (A, B, "-5", "problem"),
    (A, A, "１", "nothing"),
    (A, A, "2 ", "take"),
]


@pytest.mark.parametrize(("base", "app", "sheet", "outcome"), CASES)
def test_one_cell(base, app, sheet, outcome):
    one = sides([line("r", count=sheet)], records(record("r", count=app)), records(record("r", count=base)))
    merged = merge(one)
    found = {"take": merged.changes, "conflict": merged.conflicts, "problem": merged.problems}
    assert [name for name, things in found.items() if things] == ([outcome] if outcome in found else [])
    assert merged.held == ({("r", "count")} if outcome in ("conflict", "problem") else set())
    if outcome == "take":
        (change,) = merged.changes
        assert change == Change("things", "r", "count", app, None if sheet is None else int(sheet))
    if outcome == "conflict":
        (conflict,) = merged.conflicts
        assert (conflict.base, conflict.app, conflict.sheet) == (base, app, sheet)
    if outcome == "problem":
        (problem,) = merged.problems
        assert (problem.row, problem.field, problem.text, problem.cell) == ("r", "count", str(sheet), "D2")


def test_the_app_s_own_field_is_never_taken():
    one = sides([line("r", fixed="x")], records(record("r")))
    merged = merge(one)
    assert (merged.changes, merged.conflicts, merged.held) == ([], [], set())


def test_a_locked_row_takes_nothing_but_what_moves_its_lock():
    row = records(record("r", state="shut"))
    one = sides([line("r", state="open", count=9, words="十")], row, locked=lambda row: row["state"] == "shut")
    assert merge(one).changes == [Change("things", "r", "state", "shut", "open")]


def test_a_required_cell_cleared():
    one = sides([line("r", name=None)], records(record("r")))
    merged = merge(one)
    assert (merged.changes, merged.held) == ([], {("r", "name")})
    assert merged.problems[0].message == "名称：必填，台账仍为 r"


def test_required_and_blank_on_both_sides_is_no_problem():
    """A field that became required after the record was made."""
    assert merge(sides([line("r", name=None)], records(record("r", name=None)))).problems == []


def test_ids_swapped():
    merged = merge(
        sides([line("b", name="a"), line("a", name="b", count=2)], records(record("a"), record("b", count=2)))
    )
    assert {(one.row, one.field, one.after) for one in merged.changes} == {
        ("b", "name", "a"),
        ("b", "count", 1),
        ("a", "name", "b"),
        ("a", "count", 2),
    }


# ---------------------------------------------------------------- a judge with Hypothesis

values = st.sampled_from([None, 1, 2, 3])
cells = st.fixed_dictionaries({"count": values, "words": st.sampled_from([None, "a", "b"])})


@given(st.dictionaries(st.sampled_from("pqrst"), st.tuples(cells, cells, cells), min_size=1))
@example({"p": ({"count": 1, "words": "a"}, {"count": 2, "words": "a"}, {"count": 3, "words": "b"})})
def test_a_judge_of_its_own(rows):
    """Every cell by itself: what is taken, what is in conflict, and nothing else."""
    base, app, lines = {}, {}, []
    for row_id, (was, here, there) in rows.items():
        base[row_id], app[row_id] = record(row_id, **was), record(row_id, **here)
        lines.append(line(row_id, **there))
    merged = merge(sides(lines, app, base))
    taken, conflicts = set(), set()
    for row_id, (was, here, there) in rows.items():
        for name in was:
            moved_here, moved_there = here[name] != was[name], there[name] != was[name]
            if moved_there and here[name] != there[name]:
                (conflicts if moved_here else taken).add((row_id, name, there[name]))
    assert {(one.row, one.field, one.after) for one in merged.changes} == taken
    assert {(one.row, one.field, one.sheet) for one in merged.conflicts} == conflicts
    assert merged.held == {(row_id, name) for row_id, name, _value in conflicts}
    assert (merged.problems, merged.gone, merged.forgotten, merged.stop) == ([], [], [], "")


@given(st.permutations(["a", "b", "c", "d"]), st.data())
def test_the_order_of_rows_and_columns_means_nothing(order, data):
    app = records(*(record(one, count=5) for one in "abcd"))
    base = records(*(record(one) for one in "abcd"))
    columns = data.draw(st.permutations(range(len(HEAD) - 1)))
    lines = [[line(one, words="b")[place] for place in columns] for one in order]
    merged = merge(sides(lines, app, base, head=[HEAD[place] for place in columns]))
    assert {(one.row, one.field, one.after) for one in merged.changes} == {(one, "words", "b") for one in "abcd"}
    assert (merged.conflicts, merged.problems) == ([], [])


# ---------------------------------------------------------------- rows that come and go


def test_a_row_added():
    merged = merge(sides([line("r"), [None, "甲馆", "新", "３"]], records(record("r"))))
    (change,) = merged.changes
    assert change == Change(
        "things",
        "new1",
        None,
        None,
        {"id": "new1", "site": "C1", "name": "新", "count": 3, "words": None, "fixed": None, "state": None},
    )
    assert (merged.rows[3], merged.born) == ("new1", {"new1": 3})


def test_added_on_both_sides_with_one_key():
    """The record is not in the base: it was added in the app. One record, and what differs is a conflict."""
    one = sides([line(None, name="a", count=77)], records(record("a")), {})
    merged = merge(one)
    assert merged.rows == {2: "a"}
    assert [(found.field, found.base, found.app, found.sheet) for found in merged.conflicts] == [("count", None, 1, 77)]


def test_a_column_that_is_not_there_gives_a_new_row_its_default():
    merged = merge(sides([[None, "C1", "新"]], {}, head=HEAD[:3]))
    assert merged.changes[0].after["state"] == "open"


@pytest.mark.parametrize(
    ("cells", "message", "place"),
    [
        ([None, "C1"], "名称必填", ""),
        ([None, None, None, 3], "馆点、名称必填", ""),
        ([None, "C9", "新", 3], "馆点：已有的编码，或只有一处的名称", "B2"),
        ([None, "C1", None, "十二"], "人数：数字，不小于 0，如 12", "D2"),
        ([None, "C9", "新", "十二"], "馆点：已有的编码，或只有一处的名称；人数：数字，不小于 0，如 12", "B2"),
    ],
)
def test_a_row_added_incomplete_is_one_problem(cells, message, place):
    merged = merge(sides([cells], {}))
    (problem,) = merged.problems
    assert (problem.message, problem.cell, problem.row) == (message, place, None)
    assert (merged.changes, merged.rows, merged.born) == ([], {}, {})


def test_a_row_added_where_the_app_opens_them():
    merged = merge(sides([[None, "C1", "新"]], {}, table=OPENED))
    assert [problem.message for problem in merged.problems] == ["这张表的行由台账增加，这一行没有收"]


@pytest.mark.parametrize(
    ("app", "changed", "proposed", "outcome"),
    [
        (True, False, False, "gone"),
        (True, True, False, "conflict"),
        (True, True, True, "gone"),
        (False, False, False, "forgotten"),
        (False, False, True, "forgotten"),
    ],
)
def test_a_row_gone_from_the_sheet(app, changed, proposed, outcome):
    here = records(record("r", count=5 if changed else 1)) if app else {}
    merged = merge(sides([], here, records(record("r")), proposed=frozenset({"r"} if proposed else ())))
    found = {"gone": merged.gone, "conflict": [one.row for one in merged.conflicts], "forgotten": merged.forgotten}
    assert found == {name: ["r"] if name == outcome else [] for name in found}
    assert merged.absent == ({"r"} if app else set())
    assert merged.changes == []


@pytest.mark.parametrize(
    ("typed", "outcome"),
    [
        ({}, None),
        ({"count": 5}, {"count": 5}),
        ({"count": "十二"}, {"count": "十二"}),
        ({"words": None}, {"words": None}),
        ({"fixed": "x"}, None),
    ],
)
def test_a_row_deleted_here(typed, outcome):
    merged = merge(sides([line("r", **typed)], {}, records(record("r"))))
    assert merged.cleared == ([] if outcome else ["r"])
    assert [(one.kind, one.sheet) for one in merged.conflicts] == ([("deleted_here", outcome)] if outcome else [])


def test_a_row_that_lives_elsewhere_now_is_merged_once_more():
    merged = merge(sides([line("r", count=5)], {}, records(record("r")), elsewhere=records(record("r"))))
    assert merged.changes == [Change("things", "r", "count", 1, 5)]
    assert (merged.gone, merged.cleared, merged.forgotten) == ([], [], [])


def test_a_row_that_lives_elsewhere_and_is_gone_from_the_sheet_is_forgotten():
    merged = merge(sides([], {}, records(record("r")), elsewhere=records(record("r"))))
    assert (merged.gone, merged.forgotten) == ([], ["r"])


# ---------------------------------------------------------------- the brake, and what stops


def many(count):
    return records(*(record(f"r{place}") for place in range(count)))


@pytest.mark.parametrize(
    ("before", "gone", "stops"),
    [
        (1, 1, False),
        (2, 1, False),
        (2, 2, True),  # emptied
        (5, 5, True),
        (6, 5, False),
        (10, 5, False),
        (10, 6, True),
        (29, 6, True),
        (30, 6, False),  # exactly a fifth
        (35, 7, False),
        (34, 7, True),
        (100, 20, False),
        (100, 21, True),
    ],
)
def test_the_brake(before, gone, stops):
    rows = many(before)
    merged = merge(sides([line(one) for one in list(rows)[gone:]], rows))
    assert bool(merged.stop) == stops
    assert len(merged.gone) == (0 if stops else gone)
    if stops:
        assert merged.stop == f"“东西”页少了 {gone} 行：上次 {before} 行，现在 {before - gone} 行"


@pytest.mark.parametrize("how", ["proposed", "parted"])
def test_rows_that_wait_already_are_in_neither_number(how):
    rows = many(40)
    lines = [line(one) for one in list(rows)[16:]]
    waiting = frozenset(list(rows)[:10])
    assert merge(sides(lines, rows, **{how: waiting})).stop == ""  # 6 of 30
    assert merge(sides(lines[1:], rows, **{how: waiting})).stop  # 7 of 30
    assert merge(sides(lines, rows, **{how: frozenset(list(waiting)[1:])})).stop  # 7 of 31


def test_rows_that_the_app_took_out_are_in_neither_number():
    rows = many(40)
    app = dict(list(rows.items())[10:])
    lines = [line(one) for one in list(rows)[16:]]
    assert merge(sides(lines, app, rows)).stop == ""
    assert merge(sides(lines[1:], app, rows)).stop


def test_a_person_lets_it_go_on():
    rows = many(10)
    assert len(merge(sides([line("r0")], rows, release="propose")).gone) == 9


def test_a_person_wants_them_back():
    """Those are not absent: they will be written. An erased id is still found again, and one that waits still waits."""
    rows = many(10)
    app = {**rows, "r0": record("r0", words="new")}
    decided = {"release": "restore", "restored": frozenset(rows) - {"r9"}, "proposed": frozenset({"r9"})}
    merged = merge(sides([[None, *line("r0")[1:]]], app, rows, table=KEYLESS, **decided))
    assert (merged.gone, merged.absent, merged.stop, merged.rows) == (["r9"], {"r9"}, "", {2: "r0"})


def test_without_ids_nothing_can_be_told():
    stopped = merge(sides([line("r")[1:]], many(1), head=HEAD[1:]))
    assert stopped.stop == "“东西”页没有“编号”一栏"


# ---------------------------------------------------------------- columns


def test_columns_lost_and_doubled_are_listed():
    head = ["编号", "馆点", "名称", "名称", "人数"]
    merged = merge(sides([["r", "C1", "r", "q", 5]], records(record("r")), head=head))
    assert [(one.field, one.number, one.row) for one in merged.problems] == [
        ("words", 1, None),
        ("fixed", 1, None),
        ("state", 1, None),
        ("name", 1, None),
    ]
    assert [(one.field, one.after) for one in merged.changes] == [("count", 5)]
