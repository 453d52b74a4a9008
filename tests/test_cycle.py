"""A cycle from end to end: every anomaly has the outcome of the contract, on real files and in memory alike."""

import pytest

from integrations import hidden
from models.access import CLI
from models.changes import Plan, Problem, death, stored_values
from models.store import Refused, Store
from tests.sheets import (
    BRANCH,
    DATE,
    FORM,
    HALL,
    ID,
    NOTE,
    OTHER,
    OTHER_POINT,
    PERSONS,
    PLAQUES,
    POINT,
    REMARKS,
    SITE,
    SITES,
    TITLE,
    InFolder,
    Memory,
    Office,
    build,
    counted,
    event,
    in_this_process,
)
from tests.world import add

DATABASES = ("sqlite",)
NEW = {SITE: BRANCH, DATE: "2026-05-06", TITLE: "新", PERSONS: 9}


@pytest.fixture(params=["folder", "memory"])
def office(request, parts, tmp_path, monkeypatch):
    """An office whose workbooks have just been made."""
    monkeypatch.setattr("integrations.folder.grids_of_many", in_this_process)
    build(parts)
    made = Office(parts, InFolder(tmp_path / "sheets") if request.param == "folder" else Memory())
    made.cycle()
    return made


def delete(office, table, row_id):
    """Delete a record in the app."""
    found = office.record(table, row_id)
    office.parts.store.apply(Plan((death(table, stored_values(office.parts.catalog[table], found)),)), CLI, "ui")


def state(office):
    """Everything that a dry run must leave alone."""
    tables = {table.name: office.records(table.name) for table in office.parts.catalog}
    return tables, office.sheets.content(), office.conflicts, office.problems, office.proposals, office.book()


# ---------------------------------------------------------------- scenarios: what happens, and what comes of it
# Each is a generator: up to the `yield` the sheet and the records are edited; it is then given what the cycle told.


def one_side_each(office):
    with office.paper() as paper:
        paper.set(paper.of("a1"), PERSONS, 50)
    office.change("activities", "a2", title="改")
    told = yield
    assert counted(told, read=1, written=1, cells_in=1, cells_out=1)
    assert office.record("activities", "a1")["persons"] == 50
    assert office.look().by_id()["a2"][TITLE] == "改"


def both_to_the_same(office):
    with office.paper() as paper:
        paper.set(paper.of("a1"), PERSONS, 50)
    office.change("activities", "a1", persons=50)
    told = yield
    assert counted(told, read=1)
    assert told["conflicts"] == 0


def different_cells_of_one_row(office):
    with office.paper() as paper:
        paper.set(paper.of("a1"), PERSONS, 50)
    office.change("activities", "a1", title="改")
    yield
    assert office.record("activities", "a1")["persons"] == 50
    assert office.look().by_id()["a1"] | {TITLE: "改", PERSONS: 50} == office.look().by_id()["a1"]


def both_differently(office):
    with office.paper() as paper:
        paper.set(paper.of("a1"), PERSONS, 50)
    office.change("activities", "a1", persons=60)
    told = yield
    assert counted(told, read=1, written=1)  # the remark
    (conflict,) = office.conflicts
    assert (conflict["kind"], conflict["row_id"], conflict["field"]) == ("cell", "a1", "persons")
    assert [conflict[name] for name in ("base", "app", "sheet")] == ["1", "60", "50"]
    assert office.record("activities", "a1")["persons"] == 60
    assert office.look().by_id()["a1"][PERSONS] == 50
    assert "参加人次两边都改了，台账为 60" in office.look().by_id()["a1"][REMARKS]


def cell_cleared(office):
    with office.paper() as paper:
        paper.set(paper.of("a1"), PERSONS, None)
        paper.set(paper.of("a2"), PERSONS, " \u3000 ")
    yield
    assert office.record("activities", "a1")["persons"] is None
    assert office.record("activities", "a2")["persons"] is None


def required_cell_cleared(office):
    with office.paper() as paper:
        paper.set(paper.of("a1"), TITLE, None)
    told = yield
    assert (told["cells_in"], told["problems"]) == (0, 1)
    assert office.record("activities", "a1")["title"] == "展 1"
    assert office.look().by_id()["a1"][REMARKS] == "名称：必填，台账仍为 展 1"


def what_people_type(office):
    """Each value as people type it is the value."""
    with office.paper() as paper:
        for row_id, name, value in (
            ("a1", PERSONS, "１２０"),
            ("a2", PERSONS, "1,234"),
            ("a3", PERSONS, "35人次"),
            ("a1", DATE, "2026年4月5日"),
            ("a2", DATE, "2026.4.6"),
            ("a3", DATE, 46119),
            ("a1", FORM, "训练班"),
            ("a2", FORM, "class"),
        ):
            paper.set(paper.of(row_id), name, value)
    told = yield
    assert told["cells_in"] == 8
    rows = [office.record("activities", row_id) for row_id in ("a1", "a2", "a3")]
    assert [row["persons"] for row in rows] == [120, 1234, 35]
    assert [row["held_on"] for row in rows] == ["2026-04-05", "2026-04-06", "2026-04-07"]
    assert [row["form"] for row in rows[:2]] == ["class", "class"]


def text_that_does_not_fit(office):
    with office.paper() as paper:
        paper.set(paper.of("a1"), PERSONS, "十二")
        paper.set(paper.of("a1"), FORM, "文艺话动")
        paper.set(paper.of("a2"), DATE, "2026-02-30")
        paper.set(paper.of("a3"), SITE, "C999")
    told = yield
    assert (told["cells_in"], told["problems"]) == (0, 4)
    assert office.record("activities", "a1")["persons"] == 1
    assert office.look().by_id()["a1"][PERSONS] == "十二"
    assert "台账仍为 1" in office.look().by_id()["a1"][REMARKS]
    found = {one["text"]: one for one in office.problems}
    assert found.keys() == {"十二", "文艺话动", "2026-02-30", "C999"}
    assert (found["十二"]["row_id"], found["十二"]["field"], found["十二"]["put_back"]) == ("a1", "persons", False)
    paper = office.look()
    assert found["十二"]["cell"] == f"{chr(65 + paper.column(PERSONS))}{paper.of('a1')}"


def texts_of_all_sorts(office):
    words = ["🎭 花灯🏮", "第一行\n第二行", '=cmd|"/c calc"!A1', "+86", "@SUM(A1)", "-1+1", "  两头空白 "]
    with office.paper() as paper:
        for place, word in enumerate(words):
            paper.add({**NEW, TITLE: f"题{place}", NOTE: word})
    office.change("activities", "a1", note="=1+1\n🎉")
    yield
    kept = {row["title"]: row["note"] for row in office.records("activities")}
    assert [kept[f"题{place}"] for place in range(len(words))] == [word.strip() for word in words]
    assert office.look().by_id()["a1"][NOTE] == "=1+1\n🎉"


def field_of_the_app(office):
    with office.paper(BRANCH, SITES) as paper:
        paper.set(paper.number("编码", POINT), "级别", "分馆")
    told = yield
    assert counted(told, read=1, written=1, cells_out=1)
    assert office.look(BRANCH, SITES).by_id()[f"s{POINT}"]["级别"] == "基层服务点"
    (problem,) = office.problems
    assert (problem["text"], problem["field"], problem["put_back"]) == ("分馆", "level", True)
    assert problem["cell"] == "E3"
    assert problem["at"] == "2026-11-24T06:31:05Z"
    assert office.look(BRANCH, SITES).by_id()[f"s{POINT}"][REMARKS] == "级别由台账填写，已改回"


def computed_field(office):
    with office.paper(BRANCH, PLAQUES) as paper:
        paper.set(paper.of(f"p{BRANCH}"), "牌匾文字", "我的馆")
    yield
    assert office.look(BRANCH, PLAQUES).by_id()[f"p{BRANCH}"]["牌匾文字"] == "官渡区文化馆关上街道分馆"
    assert [one["text"] for one in office.problems] == ["我的馆"]


def remarks_typed_over(office):
    with office.paper() as paper:
        paper.set(paper.of("a1"), REMARKS, "已电话核实")
    yield
    (problem,) = office.problems
    assert (problem["text"], problem["put_back"]) == ("已电话核实", True)
    assert "系统备注" in office.look().by_id()["a1"][REMARKS]


def words_in_brackets(office):
    """A number with words behind it is the number; the words go to the note, on both sides."""
    office.change("activities", "a1", note="原有")
    office.cycle()
    with office.paper() as paper:
        paper.set(paper.of("a1"), PERSONS, "0（馆舍维修）")
    yield
    kept = office.record("activities", "a1")
    assert (kept["persons"], kept["note"]) == (0, "原有；馆舍维修")
    told = office.look().by_id()["a1"]
    assert (told[PERSONS], told[NOTE]) == (0, "原有；馆舍维修")


def rows_added(office):
    """At the end, in the middle, with gaps: new records, their ids written back."""
    with office.paper() as paper:
        paper.insert(3, {**NEW, TITLE: "中"})
        number = paper.add({**NEW, TITLE: "末", SITE: f"{POINT} 关上点"})
        paper.fill(number + 4, {**NEW, TITLE: "远"})
    told = yield
    assert told["cells_in"] == 12
    found = {row["title"]: row for row in office.records("activities")}
    assert found.keys() == {"展 1", "展 2", "展 3", "中", "末", "远"}
    assert found["末"]["site"] == POINT
    assert office.look().by_id().keys() == {row["id"] for row in found.values()}


def row_added_incomplete(office):
    with office.paper() as paper:
        number = paper.add({SITE: BRANCH, PERSONS: 3})
    told = yield
    assert (told["cells_in"], told["problems"]) == (0, 1)
    assert len(office.records("activities")) == 3
    assert office.look().get(number, REMARKS) == "日期、名称必填"
    assert office.look().get(number, ID) is None


def row_added_for_another_site(office):
    with office.paper() as paper:
        paper.add({**NEW, SITE: OTHER})
        paper.add({**NEW, SITE: "吴井馆"})
    told = yield
    assert (told["cells_in"], told["problems"]) == (0, 2)


def row_added_that_the_store_refuses(office):
    """It refers to a site that there is none of: the row stays, and nothing else is held up."""
    with office.paper() as paper:
        number = paper.add({**NEW, "协办": "C999"})
        paper.set(paper.of("a1"), PERSONS, 50)
        paper.set(paper.of("a2"), "协办", "C998")
        paper.set(paper.of("a2"), PERSONS, 51)
    told = yield
    assert (told["cells_in"], told["problems"]) == (2, 2)
    assert len(office.records("activities")) == 3
    assert [office.record("activities", one)["persons"] for one in ("a1", "a2")] == [50, 51]
    assert (office.look().get(number, ID), office.look().get(number, REMARKS)) == (None, "没有编码为 C999 的馆点")
    assert {one["text"] for one in office.problems} == {"C999", "C998"}


def row_added_in_a_tab_of_the_app(office):
    with office.paper(BRANCH, PLAQUES) as paper:
        number = paper.add({SITE: POINT, "序号": 2, "状态": "待制作"})
    told = yield
    assert (told["cells_in"], told["problems"]) == (0, 1)
    assert office.look(BRANCH, PLAQUES).get(number, ID) is None
    assert len(office.records("plaques")) == 3


def total_row_and_note(office):
    """A person's sum below and a note are no records, and nobody's business."""
    with office.paper() as paper:
        paper.add({SITE: "合计", PERSONS: 6})
        paper.add({SITE: "注：以上为上半年"})
    told = yield
    assert counted(told, read=1)
    assert told["problems"] == 0


def row_copied_with_its_id(office):
    with office.paper() as paper:
        paper.copy(paper.of("a1"), len(paper.grid) + 1)
        paper.set(len(paper.grid), PERSONS, 77)
    yield
    paper = office.look()
    same = [told for told in paper.rows() if told[TITLE] == "展 1"]
    assert [told[PERSONS] for told in same] == [1, 77]
    assert same[0][ID] == "a1" != same[1][ID]
    assert {row["id"] for row in office.records("activities")} == paper.by_id().keys()


def id_typed_by_hand(office):
    with office.paper() as paper:
        paper.add({**NEW, ID: "zzz"})
        paper.add({**NEW, ID: f"p{POINT}"})
    told = yield
    assert (told["cells_in"], told["problems"]) == (0, 2)
    assert len(office.records("activities")) == 3


def id_erased(office):
    """The only missing row that equals it; by key where there is one."""
    with office.paper() as paper:
        paper.set(paper.of("a2"), ID, None)
    with office.paper(BRANCH, SITES) as paper:
        paper.set(paper.of(f"s{POINT}"), "电话", "13812345678")
        paper.set(paper.of(f"s{POINT}"), ID, None)
    told = yield
    assert counted(told, read=1, written=1, cells_in=1)
    assert office.look().by_id().keys() == {"a1", "a2", "a3"}
    assert office.look(BRANCH, SITES).by_id().keys() == {f"s{code}" for code in (BRANCH, POINT, OTHER_POINT)}
    assert office.record("sites", f"s{POINT}")["phone"] == "13812345678"


def id_erased_and_row_edited(office):
    """Nothing says which row it was: a new one, and the old one is proposed for deletion."""
    with office.paper() as paper:
        number = paper.of("a2")
        paper.set(number, ID, None)
        paper.set(number, TITLE, "别的")
    told = yield
    assert told["proposals"] == 1
    assert {row["title"] for row in office.records("activities")} == {"展 1", "展 2", "展 3", "别的"}


def ids_swapped(office):
    with office.paper() as paper:
        one, two = paper.of("a1"), paper.of("a2")
        paper.set(one, ID, "a2")
        paper.set(two, ID, "a1")
    yield
    assert office.record("activities", "a1")["title"] == "展 2"
    assert office.record("activities", "a2")["title"] == "展 1"


def rows_sorted(office):
    with office.paper() as paper:
        paper.sort()
    told = yield
    assert counted(told, read=1)


def column_moved_and_own_ones(office):
    with office.paper() as paper:
        place = paper.column(PERSONS)
        for cells in paper.grid:
            cells.insert(1, cells.pop(place))
            cells.insert(3, "我的")  # a column of one's own
            cells.append(None)
        paper.grid[0][3], paper.grid[0][-1] = "数量", "我的合计"  # 数量 means 参加人次, where that is not there itself
        paper.set(paper.of("a1"), PERSONS, 50)
    office.change("activities", "a2", persons=60)
    told = yield
    assert (told["cells_in"], told["cells_out"], told["problems"]) == (1, 1, 0)
    paper = office.look()
    assert paper.column(PERSONS) == 1
    assert [cells[3] for cells in paper.grid[1:]] == ["我的"] * 3
    assert (office.record("activities", "a1")["persons"], paper.by_id()["a2"][PERSONS]) == (50, 60)


def column_deleted_or_renamed(office):
    with office.paper() as paper:
        place = paper.column(PERSONS)
        for cells in paper.grid:
            del cells[place]
        paper.grid[0][paper.column(NOTE)] = "我的话"
    office.change("activities", "a1", persons=60, note="记")
    told = yield
    assert (told["cells_in"], told["cells_out"], told["problems"]) == (0, 0, 2)
    assert {one["field"] for one in office.problems} == {"persons", "note"}
    assert office.record("activities", "a1")["persons"] == 60


def column_deleted_and_made_anew(office):
    """Blank as it is, it clears nothing: it is filled in again."""
    with office.paper() as paper:
        place = paper.column(PERSONS)
        for cells in paper.grid:
            del cells[place]
    office.cycle()
    with office.paper() as paper:
        for cells in paper.grid:
            cells.append(None)
        paper.grid[0][-1] = PERSONS
    told = yield
    assert (told["cells_in"], told["cells_out"], told["problems"]) == (0, 3, 0)
    assert [office.look().by_id()[one][PERSONS] for one in ("a1", "a2", "a3")] == [1, 2, 3]


def column_deleted_and_a_row_too(office):
    with office.paper() as paper:
        place = paper.column(PERSONS)
        for cells in paper.grid:
            del cells[place]
    office.cycle()
    with office.paper() as paper:
        paper.remove(paper.of("a2"))
    told = yield
    assert (told["proposals"], told["conflicts"]) == (1, 0)


def column_doubled(office):
    with office.paper() as paper:
        place = paper.column(PERSONS)
        for cells in paper.grid:
            cells.insert(place + 1, cells[place])
        paper.set(paper.of("a1"), PERSONS, 50)
    told = yield
    assert (told["cells_in"], told["problems"]) == (1, 1)
    assert office.record("activities", "a1")["persons"] == 50


def title_above_the_header(office):
    with office.paper() as paper:
        blank = [None] * len(paper.grid[0])
        paper.grid[:0] = [["关上街道分馆 2026 年活动", *blank[1:]], list(blank)]
        paper.set(paper.of("a1"), PERSONS, 50)
    office.change("activities", "a2", persons=60)
    yield
    assert office.record("activities", "a1")["persons"] == 50
    assert office.look().by_id()["a2"][PERSONS] == 60


def row_cut_to_another_tab(office):
    with office.paper() as paper:
        paper.remove(paper.of("a2"))
    with office.paper(BRANCH, PLAQUES) as paper:
        paper.add({ID: "a2", SITE: BRANCH, "备注": "展 2"})
    told = yield
    assert (told["proposals"], told["problems"]) == (1, 1)
    assert office.record("activities", "a2") is not None


def row_deleted_there(office):
    with office.paper() as paper:
        paper.remove(paper.of("a2"))
    told = yield
    assert counted(told, read=1)
    (proposal,) = office.proposals
    assert (proposal["row_id"], proposal["title"]) == ("a2", "a2 展 2")
    assert office.record("activities", "a2") is not None
    assert "a2" not in office.look().by_id()


def row_deleted_here(office):
    delete(office, "activities", "a2")
    told = yield
    assert counted(told, read=1, written=1)
    assert office.look().by_id().keys() == {"a1", "a3"}
    assert office.look().of("a3") == 4  # cleared, not shifted out


def row_deleted_on_both_sides(office):
    with office.paper() as paper:
        paper.remove(paper.of("a2"))
    delete(office, "activities", "a2")
    told = yield
    assert (told["proposals"], told["conflicts"]) == (0, 0)
    assert office.look().by_id().keys() == {"a1", "a3"}


def deleted_here_edited_there(office):
    with office.paper() as paper:
        paper.set(paper.of("a2"), PERSONS, 50)
    delete(office, "activities", "a2")
    yield
    (conflict,) = office.conflicts
    assert (conflict["kind"], conflict["row_id"], conflict["sheet"]) == ("deleted_here", "a2", '{"persons":50}')
    assert office.look().by_id()["a2"][PERSONS] == 50
    assert office.record("activities", "a2") is None


def deleted_there_edited_here(office):
    with office.paper() as paper:
        paper.remove(paper.of("a2"))
    office.change("activities", "a2", persons=50)
    told = yield
    (conflict,) = office.conflicts
    assert (conflict["kind"], conflict["row_id"], conflict["field"]) == ("deleted_there", "a2", None)
    assert told["proposals"] == 0
    assert "a2" not in office.look().by_id()


def reference_to_a_closed_site(office):
    office.change("sites", f"s{POINT}", status="closed")
    office.cycle()
    with office.paper() as paper:
        paper.set(paper.of("a1"), SITE, f"{POINT} 关上点")
    yield
    assert office.record("activities", "a1")["site"] == POINT
    assert office.look().by_id()["a1"][REMARKS] == "馆点已停用"
    offered = [cells[0] for cells in office.sheets.take(BRANCH, hidden.TITLE)[hidden.LISTS_FROM - 1 :] if cells[0]]
    assert offered == [f"{BRANCH} 关上馆", f"{OTHER_POINT} 关下点"]


def row_leaves_the_window(office):
    office.change("activities", "a1", held_on="2024-12-31")
    told = yield
    assert told["proposals"] == 0
    assert office.look().by_id().keys() == {"a2", "a3"}
    assert office.record("activities", "a1")["title"] == "展 1"


def row_typed_outside_the_window(office):
    with office.paper() as paper:
        paper.add({**NEW, DATE: "2019-05-01", TITLE: "旧"})
        paper.set(paper.of("a1"), DATE, "2019-05-02")
    told = yield
    assert (told["proposals"], told["problems"]) == (0, 0)
    assert {row["title"]: row["held_on"] for row in office.records("activities")} == {
        "旧": "2019-05-01",
        "展 1": "2019-05-02",
        "展 2": "2026-03-03",
        "展 3": "2026-03-04",
    }
    assert office.look().by_id().keys() == {"a2", "a3"}


def record_moves_to_another_branch(office):
    office.change("activities", "a1", site=OTHER)
    told = yield
    assert counted(told, read=2, written=2, cells_out=4)
    assert office.look(OTHER).by_id().keys() == {"a1"}
    assert office.look().by_id().keys() == {"a2", "a3"}
    assert told["proposals"] == 0


def record_added_here(office):
    add(office.parts, "activities", event(office.parts, "a9", 9))
    told = yield
    assert counted(told, read=1, written=1, cells_out=4)
    assert office.look().by_id()["a9"][TITLE] == "展 9"


def the_same_added_on_both_sides(office):
    """Equal in every field: one record."""
    add(office.parts, "activities", event(office.parts, "a9", 9))
    with office.paper() as paper:
        paper.add({SITE: BRANCH, DATE: "2026-03-10", TITLE: "展 9", PERSONS: 9})
    yield
    assert len(office.records("activities")) == 4
    assert office.look().by_id().keys() == {"a1", "a2", "a3", "a9"}


def five_of_twenty_gone(office):
    """Not more than five, however large the share: proposals."""
    add(office.parts, "activities", *(event(office.parts, f"b{place}", place) for place in range(5)))
    office.cycle()
    with office.paper() as paper:
        for row_id in ("b0", "b1", "b2", "b3", "b4"):
            paper.remove(paper.of(row_id))
    told = yield
    assert (told["proposals"], told["stopped"]) == (5, 0)


def a_fifth_of_thirty_gone(office):
    """More than five but not more than a fifth: proposals."""
    add(office.parts, "activities", *(event(office.parts, f"b{place}", place) for place in range(27)))
    office.cycle()
    with office.paper() as paper:
        for place in range(6):
            paper.remove(paper.of(f"b{place}"))
    told = yield
    assert (told["proposals"], told["stopped"]) == (6, 0)


def more_than_a_fifth_gone(office):
    add(office.parts, "activities", *(event(office.parts, f"b{place}", place) for place in range(26)))
    office.cycle()
    with office.paper() as paper:
        for place in range(6):
            paper.remove(paper.of(f"b{place}"))
        paper.set(paper.of("a1"), PERSONS, 50)
    told = yield
    assert (told["proposals"], told["stopped"], told["cells_in"]) == (0, 1, 0)
    assert office.book().reason == "“活动台账”页少了 6 行：上次 29 行，现在 23 行"
    assert office.record("activities", "a1")["persons"] == 1


def brake_counts_what_is_new(office):
    """Rows that wait already and rows that the app took out are in neither number."""
    add(office.parts, "activities", *(event(office.parts, f"b{place}", place) for place in range(27)))
    office.cycle()
    with office.paper() as paper:
        for place in range(5):
            paper.remove(paper.of(f"b{place}"))
    office.cycle()
    for place in range(20, 25):
        delete(office, "activities", f"b{place}")
    office.cycle()
    with office.paper() as paper:
        for place in range(5, 9):  # four more, of twenty that count
            paper.remove(paper.of(f"b{place}"))
    told = yield
    assert (told["proposals"], told["stopped"]) == (9, 0)


def tab_emptied(office):
    with office.paper() as paper:
        paper.grid[1:] = []
    told = yield
    assert (told["proposals"], told["stopped"]) == (0, 1)
    assert office.book().reason == "“活动台账”页少了 3 行：上次 3 行，现在 0 行"


def header_gone(office):
    with office.paper() as paper:
        paper.grid[0] = [None] * len(paper.grid[0])
    told = yield
    assert told["stopped"] == 1
    assert "没有表头" in office.book().reason


def id_column_gone(office):
    with office.paper() as paper:
        for cells in paper.grid:
            del cells[0]
    told = yield
    assert told["stopped"] == 1
    assert office.book().reason == "“活动台账”页没有“编号”一栏"


def branch_closed(office):
    """A branch that closes has no workbook any more: its file is left alone, and not read."""
    office.change("sites", f"s{OTHER}", status="closed")
    with office.paper(OTHER) as paper:
        paper.add(NEW | {SITE: OTHER})
    told = yield
    assert told["workbooks"] == 2
    assert office.book(OTHER).state == "closed"
    assert len(office.records("activities")) == 3


def branch_opened(office):
    parts = office.parts
    office.change("sites", f"s{OTHER}", status="planned")
    office.cycle()
    office.change("sites", f"s{OTHER}", status="open")
    told = yield
    assert (told["workbooks"], office.book(OTHER).state) == (3, "fine")
    assert parts.catalog.tabs


SCENARIOS = [
    one_side_each,
    both_to_the_same,
    different_cells_of_one_row,
    both_differently,
    cell_cleared,
    required_cell_cleared,
    what_people_type,
    text_that_does_not_fit,
    texts_of_all_sorts,
    field_of_the_app,
    computed_field,
    remarks_typed_over,
    words_in_brackets,
    rows_added,
    row_added_incomplete,
    row_added_for_another_site,
    row_added_that_the_store_refuses,
    row_added_in_a_tab_of_the_app,
    total_row_and_note,
    row_copied_with_its_id,
    id_typed_by_hand,
    id_erased,
    id_erased_and_row_edited,
    ids_swapped,
    rows_sorted,
    column_moved_and_own_ones,
    column_deleted_or_renamed,
    column_deleted_and_made_anew,
    column_deleted_and_a_row_too,
    column_doubled,
    title_above_the_header,
    row_cut_to_another_tab,
    row_deleted_there,
    row_deleted_here,
    row_deleted_on_both_sides,
    deleted_here_edited_there,
    deleted_there_edited_here,
    reference_to_a_closed_site,
    row_leaves_the_window,
    row_typed_outside_the_window,
    record_moves_to_another_branch,
    record_added_here,
    the_same_added_on_both_sides,
    five_of_twenty_gone,
    a_fifth_of_thirty_gone,
    more_than_a_fifth_gone,
    brake_counts_what_is_new,
    tab_emptied,
    header_gone,
    id_column_gone,
    branch_closed,
    branch_opened,
]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda one: one.__name__)
def test_scenario(office, scenario):
    """A dry run tells what a cycle does and changes nothing; the cycle does it; the next one has nothing to do."""
    story = scenario(office)
    next(story)
    before = state(office)
    rehearsed = office.cycle(dry=True)
    assert state(office) == before
    told = office.cycle()
    assert rehearsed == told
    with pytest.raises(StopIteration):
        story.send(told)
    matters = (office.conflicts, office.problems, office.proposals)
    again = office.cycle()
    assert counted(again), again
    assert (office.conflicts, office.problems, office.proposals) == matters


def test_first_cycle_makes_a_workbook_for_every_open_branch_and_hall(office):
    assert office.sheets.codes() == [HALL, BRANCH, OTHER]
    assert list(office.look(BRANCH, SITES).by_id()) == [f"s{code}" for code in (BRANCH, POINT, OTHER_POINT)]
    assert list(office.look(HALL, SITES).by_id()) == [f"s{HALL}"]
    told = office.cycle()
    assert counted(told), told


def test_a_refusal_that_names_no_row_of_the_sheet_does_not_end_the_cycle(office, monkeypatch):
    """A rule elsewhere breaks: everything stays as typed, with its reason, and other workbooks go on."""
    why = Problem("plaques", "p9", "status", "", "别处的规则不许")

    def refuse(self, connection, plan, actor, origin, **more):
        if any(change.row == "a1" for change in plan.changes):
            raise Refused([why])
        return apply_in(self, connection, plan, actor, origin, **more)

    apply_in = Store.apply_in
    monkeypatch.setattr(Store, "apply_in", refuse)
    with office.paper() as paper:
        paper.set(paper.of("a1"), PERSONS, 50)
        paper.add(NEW)
    with office.paper(OTHER) as paper:
        paper.add({**NEW, SITE: OTHER})
    told = office.cycle()
    assert (told["cells_in"], told["problems"]) == (4, 2)
    assert {one["message"] for one in office.problems} == {"别处的规则不许"}
    assert office.look().by_id()["a1"][PERSONS] == 50


def test_a_record_locked_meanwhile(office, monkeypatch):
    """What is typed into its row is put back; what the app itself changes still comes to the sheet."""
    office.change("activities", "a1", note="已报送")
    office.cycle()
    monkeypatch.setattr("integrations.settling.locked", lambda table, row: row.get("note") == "已报送")
    with office.paper() as paper:
        paper.set(paper.of("a1"), PERSONS, 50)
        paper.set(paper.of("a2"), PERSONS, 51)
    office.change("activities", "a1", title="改")
    told = office.cycle()
    assert (told["cells_in"], told["cells_out"], told["problems"]) == (1, 2, 1)
    assert office.record("activities", "a1")["persons"] == 1
    row = office.look().by_id()["a1"]
    assert (row[PERSONS], row[TITLE], row[REMARKS]) == (1, "改", "这一行已锁定，已改回")
    (problem,) = office.problems
    assert (problem["text"], problem["cell"], problem["put_back"]) == ("50", "F2", True)
    again = office.cycle()
    assert counted(again), again
