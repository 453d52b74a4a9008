"""Cells: what is typed into them on either side, and what does not fit."""

import datetime

from integrations import hidden
from tests.hands import hand
from tests.scenarios.stage import CHECKS, NEW, OPENS, with_a_check
from tests.sheets import (
    BRANCH,
    DATE,
    FORM,
    NOTE,
    OTHER_POINT,
    PERSONS,
    PLAQUES,
    POINT,
    REMARKS,
    SITE,
    SITES,
    TITLE,
    Memory,
    counted,
)


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


def different_cells_of_one_row(office):
    with office.paper() as paper:
        paper.set(paper.of("a1"), PERSONS, 50)
    office.change("activities", "a1", title="改")
    yield
    assert office.record("activities", "a1")["persons"] == 50
    assert office.look().by_id()["a1"] | {TITLE: "改", PERSONS: 50} == office.look().by_id()["a1"]


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


def cell_of_blanks(office):
    """Spaces of any width are no value."""
    with office.paper() as paper:
        paper.set(paper.of("a1"), FORM, "   ")
        paper.set(paper.of("a2"), PERSONS, " \u3000 ")
        paper.set(paper.of("a3"), NOTE, "\u00a0")
    told = yield
    assert (told["cells_in"], told["problems"]) == (1, 0)
    assert [office.record("activities", one)["persons"] for one in ("a1", "a2", "a3")] == [1, None, 3]


def number_in_a_text(office):
    """A phone number typed as a text keeps its 0; one that is a number is its digits, with no point and no exponent."""
    with office.paper(BRANCH, SITES) as paper:
        paper.set(paper.of(f"s{BRANCH}"), "电话", "087163311234")
        paper.set(paper.of(f"s{POINT}"), "电话", 13812345678)
        paper.set(paper.of(f"s{OTHER_POINT}"), "电话", 8713311234)  # its 0 was gone as soon as it was typed
    told = yield
    assert (told["cells_in"], told["problems"]) == (3, 0)
    phones = [office.record("sites", f"s{code}")["phone"] for code in (BRANCH, POINT, OTHER_POINT)]
    assert phones == ["087163311234", "13812345678", "8713311234"]


def formula_and_its_result(office):
    """The value is the result; the formula stays as long as the app has nothing else to say there."""
    hand(office).formula("a1", PERSONS, "=40+2", 42)
    told = yield
    assert counted(told, read=1, cells_in=1)
    assert office.record("activities", "a1")["persons"] == 42
    office.change("activities", "a1", title="改")
    office.cycle()
    if not isinstance(office.sheets, Memory):
        assert hand(office).formula_in("a1", PERSONS) == "=40+2"


def formula_without_a_result(office):
    """Nothing is known of its value: both sides stay."""
    hand(office).formula("a1", PERSONS, "=40+2", None)
    office.change("activities", "a1", persons=60)
    told = yield
    assert (told["cells_in"], told["cells_out"], told["problems"], told["conflicts"]) == (0, 0, 0, 0)
    assert office.record("activities", "a1")["persons"] == 60


def error_in_a_cell(office):
    hand(office).error("a1", PERSONS)
    told = yield
    assert (told["cells_in"], told["problems"]) == (0, 1)
    assert office.record("activities", "a1")["persons"] == 1
    assert (office.problems[0]["text"], office.problems[0]["field"]) == ("#", "persons")
    assert office.look().by_id()["a1"][REMARKS] == "参加人次：公式出错，改成数值，台账仍为 1"


def record_locked_meanwhile(office):
    """A check that was handed in: what is typed into it is put back, and what the app changes still comes to the sheet."""
    with_a_check(office)
    office.change("checklists", "k1", status="submitted")
    with office.paper(BRANCH, CHECKS) as paper:
        paper.set(paper.of("k1"), OPENS, "否")
    told = yield
    assert (told["cells_in"], told["cells_out"], told["problems"]) == (0, 2, 1)
    assert office.record("checklists", "k1")["I1"] is True
    row = office.look(BRANCH, CHECKS).by_id()["k1"]
    assert (row[OPENS], row["状态"], row[REMARKS]) == ("是", "已提交", "这一行已锁定，已改回")
    assert [(one["text"], one["put_back"]) for one in office.problems] == [("否", True)]


def record_sent_back_with_a_reason(office):
    """A check that was handed in goes back by the sheet alone, as by any other way: its status, and why."""
    with_a_check(office)
    office.change("checklists", "k1", status="submitted")
    office.cycle()
    with office.paper(BRANCH, CHECKS) as paper:
        paper.set(paper.of("k1"), "状态", "已填")
        paper.set(paper.of("k1"), "退回原因", "数字要改")
    told = yield
    assert (told["cells_in"], told["problems"]) == (2, 0)
    found = office.record("checklists", "k1")
    assert (found["status"], found["status_reason"]) == ("filled", "数字要改")


def date_with_a_time(office):
    """The day counts. A year of two digits does not fit."""
    with office.paper() as paper:
        paper.set(paper.of("a1"), DATE, datetime.datetime(2026, 4, 5, 14, 30))
        paper.set(paper.of("a2"), DATE, "2026-4-6 09:00")
        paper.set(paper.of("a3"), DATE, "26.4.7")
    told = yield
    assert (told["cells_in"], told["cells_out"]) == (2, 0)
    days = [office.record("activities", one)["held_on"] for one in ("a1", "a2", "a3")]
    assert days == ["2026-04-05", "2026-04-06", "2026-03-04"]
    assert [one["text"] for one in office.problems] == ["26.4.7"]
