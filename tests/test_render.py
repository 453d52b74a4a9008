"""What a tab lacks of the records: written, and read again, it shows them; nothing typed is written over unseen."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.agreed import Step
from integrations.cells import Percent
from integrations.merge import merge
from integrations.render import render
from integrations.workbook import read_tab
from models import kinds
from models.schema import About, Field, Table
from tests.things import FIELDS, HEAD, KEYED, KEYLESS, line, record, records, sides

REMARKS = len(HEAD)


def applied(merged, app):
    """The records once they have taken what the merge decided."""
    after = {row_id: dict(row) for row_id, row in app.items()}
    for change in merged.changes:
        if change.field is None:
            after[change.row] = dict(change.after)
        else:
            after[change.row][change.field] = change.after
    return after


def rendered(one, here=None, elsewhere=None):
    merged = merge(one)
    after = applied(merged, {**one.app, **one.elsewhere})
    shown = {row_id: row for row_id, row in after.items() if row_id not in one.elsewhere} if here is None else here
    return render(
        one,
        merged,
        shown,
        {k: row for k, row in after.items() if k in one.elsewhere} if elsewhere is None else elsewhere,
    )


def written(lines, done):
    """The grid with the edits in it."""
    grid = [list(HEAD), *(list(cells) for cells in lines)]
    for (number, place), value in done.cells.items():
        grid += [[] for _row in range(number - len(grid))]
        grid[number - 1] += [None] * (place - len(grid[number - 1]))
        grid[number - 1][place - 1] = value
    return grid


def again(one, lines, done, **more):
    """The sides of the next cycle, once the edits are in the sheet."""
    later = {row_id: {"id": row_id, **step.later} for row_id, step in done.steps.items() if step.later is not None}
    gone = [row_id for row_id, step in done.steps.items() if step.later is None]
    base = {row_id: row for row_id, row in {**one.base, **later}.items() if row_id not in gone}
    told = {"said": done.remarks, **more}
    return sides(
        written(lines, done)[1:], more.pop("app", one.app), base, **{name: told[name] for name in told if name != "app"}
    )


def test_a_cell_goes_to_the_sheet():
    done = rendered(sides([line("r")], records(record("r", count=5)), records(record("r"))))
    assert (done.cells, done.out, done.grow) == ({(2, 4): 5}, 1, [])
    step = done.steps["r"]
    assert (step.now["count"], step.later["count"], step.nameless) == (1, 5, False)


def test_a_cell_comes_from_the_sheet():
    done = rendered(sides([line("r", count=5)], records(record("r"))))
    assert (done.cells, done.out) == ({}, 0)
    assert done.steps["r"] == Step({**record("r"), "count": 5}, {**record("r"), "count": 5})


def test_a_new_row_gets_its_id_and_what_it_lacks():
    done = rendered(sides([[None, "C1", "新"]], {}, head=HEAD[:3]))
    assert done.cells == {(2, 1): "new1"}
    assert done.steps["new1"] == Step({"site": "C1", "name": "新"}, {"site": "C1", "name": "新"}, nameless=True)


def test_records_that_the_sheet_does_not_show_come_below():
    done = rendered(
        sides(
            [line("r"), [], ["", "", "", "", "", "", "", "", "自己的"]],
            records(record("r"), record("s"), record("t")),
            ["r"],
        )
    )
    assert done.grow == [5, 6]
    assert [done.cells[5, place] for place in range(1, 8)] == ["s", "C1 甲馆", "s", 1, "a", "f", "填报"]
    assert (5, REMARKS) not in done.cells
    assert done.out == 12
    assert done.steps["s"].now is None


def test_a_row_that_goes_is_blanked_where_it_says_something():
    lines = [line("r", words=None)]
    done = rendered(sides(lines, {}, records(record("r", words=None))))
    assert done.cells == dict.fromkeys([(2, 1), (2, 2), (2, 3), (2, 4), (2, 6), (2, 7)])
    assert done.steps["r"].later is None
    assert (done.out, done.problems) == (0, [])


def test_a_row_that_goes_with_something_typed_in_the_app_s_cells():
    done = rendered(sides([line("r", fixed="我的")], {}, records(record("r"))))
    (problem,) = done.problems
    assert (problem.text, problem.cell, problem.put_back) == ("我的", "F2", True)


@pytest.mark.parametrize(
    ("typed", "row", "why"),
    [
        ({"fixed": "x"}, {}, "固定由台账填写，已改回"),
        ({"fixed": None}, {}, "固定由台账填写，已改回"),
        ({"count": 9}, {"state": "shut"}, "这一行已锁定，已改回"),
        ({"count": "十二"}, {"state": "shut"}, "这一行已锁定，已改回"),
    ],
)
def test_put_back(typed, row, why):
    shut = records(record("r", **row))
    one = sides([line("r", **{**row, **typed})], shut, locked=lambda row: row["state"] == "shut")
    done = rendered(one)
    ((name, text),) = typed.items()
    (problem,) = done.problems
    assert (problem.field, problem.text, problem.message, problem.put_back) == (
        name,
        (text and str(text)) or "",
        why,
        True,
    )
    place = HEAD.index(one.table.by_name[name].label) + 1
    assert done.cells == {(2, place): record("r")[name], (2, REMARKS): why}
    assert done.remarks == {why}


def test_what_the_app_changed_itself_is_not_put_back():
    done = rendered(sides([line("r")], records(record("r", fixed="g")), records(record("r"))))
    assert (done.cells, done.problems) == ({(2, 6): "g"}, [])


def test_held_cells_stay():
    lines = [line("r", count=5, words="十" * 30)]
    one = sides(lines, records(record("r", count=6, words="c")), records(record("r")))
    done = rendered(one)
    assert set(done.cells) == {(2, REMARKS)}
    assert done.cells[2, REMARKS] == "文字：文字，不超过 20 字，台账仍为 c；人数两边都改了，台账为 6"
    assert done.steps["r"].later == record("r")


def test_words_in_brackets_leave_their_cell():
    table = Table("t", About("表", "t"), (*FIELDS, Field("note", "备注", kinds.Text(max=200))))
    lines = [[*line("r", count="5（估计）"), "原有"]]
    app = records({**record("r"), "note": "原有"})
    one = sides(lines, app, table=table, head=[*HEAD[:-1], "备注"])
    done = rendered(one)
    assert done.cells == {(2, 4): 5, (2, 8): "原有；估计"}
    assert done.problems == []


def test_words_in_brackets_stay_while_the_note_is_in_conflict():
    table = Table("t", About("表", "t"), (*FIELDS, Field("note", "备注", kinds.Text(max=200))))
    head = [*HEAD[:-1], "备注"]
    one = sides(
        [[*line("r", count="5（估计）"), "甲"]],
        records({**record("r"), "note": "乙"}),
        records({**record("r"), "note": "丙"}),
        table=table,
        head=head,
    )
    assert rendered(one).cells == {}


def test_a_cell_under_a_percent_format():
    table = Table("t", About("表", "t"), (*FIELDS[:2], Field("share", "占比", kinds.Percent())))
    app = records({"id": "r", "site": "C1", "name": "r", "share": 92.5})
    base = records({"id": "r", "site": "C1", "name": "r", "share": 50.0})
    one = sides([["r", "C1", "r", Percent(0.5)]], app, base, table=table, head=["编号", "馆点", "名称", "占比"])
    assert rendered(one).cells == {(2, 4): 0.925}


# ---------------------------------------------------------------- remarks


def test_a_remark_that_is_done_with_goes():
    done = rendered(sides([[*line("r"), "旧话"]], records(record("r")), said=frozenset({"旧话"})))
    assert (done.cells, done.problems) == ({(2, REMARKS): None}, [])
    assert done.remarks == {"旧话"}  # until it is known to be gone


def test_a_remark_left_on_a_blank_row_goes():
    done = rendered(sides([[*[None] * 7, "旧话"], line("r")], records(record("r")), said=frozenset({"旧话"})))
    assert done.cells == {(2, REMARKS): None}


def test_what_a_person_typed_among_the_remarks_is_listed():
    done = rendered(sides([[*line("r"), "请核实"]], records(record("r"))))
    (problem,) = done.problems
    assert (problem.text, problem.cell, problem.row, problem.put_back) == ("请核实", "H2", "r", True)
    assert done.cells == {(2, REMARKS): problem.message}


def test_a_remark_that_stays_is_not_written_again():
    lines = [line("r", count="十二")]
    one = sides(lines, records(record("r")))
    first = rendered(one)
    second = rendered(again(one, lines, first))
    assert (second.cells, len(second.problems)) == ({}, 1)


# ---------------------------------------------------------------- whatever comes

cell = st.sampled_from([None, 1, 2, "十二"])
word = st.sampled_from([None, "a", "b"])
row_values = st.fixed_dictionaries({"count": cell, "words": word, "fixed": word})
app_values = row_values.map(lambda row: {**row, "count": 3 if row["count"] == "十二" else row["count"]})


@given(
    st.lists(
        st.tuples(
            st.none() | app_values,
            st.none() | app_values,
            st.none() | row_values,
            st.booleans(),
            st.sampled_from(["open", "shut"]),
        ),
        max_size=5,
    ),
    st.lists(st.tuples(row_values, st.sampled_from(["C1", "C9", None])), max_size=2),
    st.sampled_from([KEYED, KEYLESS]),
)
def test_written_and_read_again_it_shows_the_records(rows, added, table):
    base, app, lines = {}, {}, []
    for place, (was, here, there, named, state) in enumerate(rows):
        row_id = f"r{place}"
        if was is not None:
            base[row_id] = record(row_id, **was, state=state)
        if here is not None:
            app[row_id] = record(row_id, **here, state=state)
        if there is not None:
            lines.append([row_id if named else None, *line(row_id, **there, state=state)[1:]])
    lines += [[None, site, "新", *line("x", **values)[3:]] for values, site in added]
    one = sides(lines, app, base, table=table, release="propose", locked=lambda row: row["state"] == "shut")
    merged = merge(one)
    after = applied(merged, app)
    done = render(one, merged, after, {})
    grid = written(lines, done)
    shown = read_tab(table, "t", grid)
    by_id = {row.id: row for row in shown.rows if row.id}
    # Each record that is not kept out of the sheet stands there once, and shows what it holds where nothing holds it up.
    next_one = again(one, lines, done, app=after, table=table, release="propose", locked=one.locked)
    for row_id, row in after.items():
        assert (row_id in by_id) == (row_id not in merged.absent)
        for name in row if row_id in by_id else ():
            if name != "id" and (row_id, name) not in merged.held:
                assert next_one.told[by_id[row_id].number].values[name] == row[name]
    # Nothing that stood in the sheet and was neither agreed nor taken is written over in silence.
    listed = {(problem.number, problem.field) for problem in done.problems}
    for sheet_row in one.sheet.rows:
        row_id = merged.rows.get(sheet_row.number)
        for field in one.fields:
            place = one.sheet.columns[field.name]
            said = one.told[sheet_row.number].values[field.name]
            if (sheet_row.number, place) in done.cells and said is not None:
                agreed = one.base.get(row_id, {}).get(field.name)
                taken = after.get(row_id, {}).get(field.name)
                assert said in (agreed, taken) or (sheet_row.number, field.name) in listed
    # The next cycle has nothing to do, but to take remarks away that were seen.
    second = merge(next_one)
    assert second.changes == []
    assert {place for _number, place in render(next_one, second, after, {}).cells} <= {REMARKS}
