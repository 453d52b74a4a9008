"""What comes in and is looked at first: files, pasted blocks, held plans; mended, mapped, set aside, applied, taken back."""

import csv
import datetime
import io
import json
from collections import Counter

import pytest

from integrations import reading, reviewing
from integrations.cells import Oddity, Percent
from integrations.incoming import NotTaken, chosen, take_in
from integrations.packing import packed, unpacked
from integrations.reviewing import NothingToWrite, NotToBeMapped, apply, map_text, preview, settled
from models.access import Actor
from models.database import dumps
from models.plans import keep_plan, take_plan
from models.reviews import KEPT, NoReview, Said, keep_review, list_reviews, waiting_reviews
from models.spellings import NotYoursToRemember, counting, forget
from tests.conftest import NOW
from tests.web import post, session_of, site_app, sqlite_template, visit  # noqa: F401  (the small city)
from tests.workbooks import plain
from tests.world import ACTORS, CODES, add, edit, new_row, read, row

DATABASES = ("sqlite",)

ADMIN, HALL, BRANCH, POINT = (ACTORS[name] for name in ("admin", "main", "branch", "point"))
BRANCHES = ["C530111001", "C530111002", "C530112001", "C530111001001", "C530111001002", "C530112001001"]


@pytest.fixture(autouse=True)
def in_this_process(monkeypatch):
    """Files are read in this process, which is quick; `monkeypatch.undo()` has them read in a child as they are."""
    monkeypatch.setattr("integrations.incoming.spread", reading._spread)


def text_of(*rows):
    """Rows as a .csv file's bytes."""
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue().encode()


def bring(parts, *rows, actor=ADMIN, name="馆点.csv", origin="import", wanted=""):
    """Bring rows for a review."""
    return take_in(parts, actor, text_of(*rows), name, origin, wanted)


def entrusted(written="托管"):
    """Six rows whose 运行 is spelled as no choice is."""
    return [("编码", "运行"), *((code, written) for code in BRANCHES)]


def sorts(found):
    return dict(Counter(line.state or line.sort for line in found.lines))


# ---------------------------------------------------------------- what is kept


@pytest.mark.parametrize(
    "cell",
    [
        *(None, "", "字", 3, 2.5, True, Oddity.ERROR, Oddity.NO_VALUE, Percent(0.925)),
        *(datetime.date(2020, 3, 5), datetime.datetime(2020, 3, 5, 9, 30), datetime.time(9, 30)),
    ],
    ids=repr,
)
def test_a_cell_comes_back_as_it_was_kept(cell):
    ((back,),) = unpacked(packed([[cell]]))
    assert (back, type(back)) == (cell, type(cell))


def test_what_is_said_comes_back_as_it_was_kept():
    said = (
        Said()
        .mend(3, "area_m2", "300")
        .mend(3, "note", None)
        .map("operation", "托管", "entrusted")
        .leave("code", False)
    )
    said = said.set_aside([4, 5]).drop([5]).look(6, 12).write(9, [2, 3])
    assert Said.of(json.loads(dumps(said.told()))) == said
    assert (said.aside, said.dropped) == ({4}, {5})
    assert said.bring_back([4, 5]).unmend(3, "area_m2").unmend(3, "note").mends == {}


# ---------------------------------------------------------------- the story


def test_a_spelling_is_mapped_once_applied_undone_and_remembered(parts):
    number = bring(parts, *entrusted())
    found = settled(parts, ADMIN, number)
    assert sorts(found) == {"rejected": 6}
    assert [(one.field, one.text, one.count, one.means) for one in found.spelt] == [("operation", "托管", 6, None)]
    with pytest.raises(NothingToWrite):
        apply(parts, ADMIN, number)

    map_text(parts, ADMIN, number, "operation", "托管", "委托管理", keep=True)
    found = settled(parts, ADMIN, number)
    assert sorts(found) == {"changed": 6}
    cell = found.lines[0].cells[0]
    assert (cell.before, cell.found, cell.after, cell.mapped) == ("own", "托管", "entrusted", True)
    done = apply(parts, ADMIN, number)
    assert done.rows == 6
    assert {row(parts, "sites", f"s{code}")["operation"] for code in BRANCHES} == {"entrusted"}
    assert sorts(settled(parts, ADMIN, number)) == {"written": 6}

    reviewing.take_back(parts, ADMIN, done.changeset)
    assert {row(parts, "sites", f"s{code}")["operation"] for code in BRANCHES} == {"own"}
    found = settled(parts, ADMIN, number)
    assert (sorts(found), found.review.open) == ({"changed": 6}, True)

    again = settled(parts, ADMIN, bring(parts, *entrusted("托　管 ".replace("　", ""))))
    assert sorts(again) == {"changed": 6}
    assert (again.spelt[0].means, again.spelt[0].by, again.spelt[0].everyone) == ("entrusted", "admin", True)


def test_a_remembered_spelling_counts_for_the_command_line_too_and_is_told(parts, tmp_path):
    from integrations.intake import plan_file

    map_text(parts, ADMIN, bring(parts, *entrusted()), "operation", "托管", "委托管理", keep=True)
    path = tmp_path / "a.csv"
    path.write_bytes(text_of(*entrusted()))
    plan = plan_file(parts, ADMIN, parts.catalog["sites"], path)
    assert (plan.counts.updated, plan.errors) == (6, ())
    assert [(one.value, one.message) for one in plan.warnings] == [("托管", "按记住的写法当作委托管理，6 行")]


def test_a_spelling_that_fits_is_never_read_otherwise(parts):
    map_text(parts, ADMIN, bring(parts, *entrusted()), "operation", "自管", "委托管理", keep=True)
    assert sorts(preview(parts, ADMIN, bring(parts, *entrusted("自管")))) == {"unchanged": 6}


def test_what_one_remembers_counts_for_the_city_only_from_those_who_see_it(parts):
    mine = [("编码", "运行"), ("C530111001001", "托管")]
    number = bring(parts, *mine, actor=BRANCH)
    map_text(parts, BRANCH, number, "operation", "托管", "连锁运营", keep=True)
    assert sorts(preview(parts, BRANCH, bring(parts, *mine, actor=BRANCH))) == {"changed": 1}
    assert sorts(preview(parts, ADMIN, bring(parts, *mine))) == {"rejected": 1}
    map_text(parts, ADMIN, bring(parts, *mine), "operation", "托管", "委托管理", keep=True)
    for actor, means in ((BRANCH, "chain"), (HALL, "entrusted")):  # one's own goes before everyone's
        found = preview(parts, actor, bring(parts, *mine, actor=actor))
        assert [cell.after for line in found.lines for cell in line.cells] == [means]
    with parts.database.write() as connection:
        (own,) = [one for one in counting(connection, BRANCH) if one.account == BRANCH.name]
        with pytest.raises(NotYoursToRemember):
            forget(connection, HALL, own.id)
        forget(connection, BRANCH, own.id)
        assert [one.account for one in counting(connection, BRANCH)] == [ADMIN.name]


def test_a_meaning_that_is_no_choice_is_refused_and_one_is_taken_back(parts):
    number = bring(parts, *entrusted())
    for means in ("代管", "", "托管"):
        with pytest.raises(NotToBeMapped):
            map_text(parts, ADMIN, number, "operation", "托管", means)
    map_text(parts, ADMIN, number, "operation", "托管", "自管", keep=True)
    map_text(parts, ADMIN, number, "operation", "托管", None)
    assert sorts(preview(parts, ADMIN, number)) == {"rejected": 6}


def test_a_name_that_nobody_has_is_mapped_to_a_record(parts):
    rows = [("馆点", "序号", "备注"), *((name, 1, "新") for name in ("关上街道馆", "关上街道馆", "C530111002"))]
    rows[2] = ("关上街道馆", 2, "新")
    number = bring(parts, *rows, wanted="plaques")
    assert [(one.text, one.count) for one in preview(parts, ADMIN, number).spelt] == [("关上街道馆", 2)]
    map_text(parts, ADMIN, number, "site", "关上街道馆", "C530111001")
    lines = preview(parts, ADMIN, number).lines
    assert [(line.sort, line.row == "pC530111001") for line in lines] == [
        ("changed", True),
        ("new", False),
        ("changed", False),
    ]


# ---------------------------------------------------------------- mending, setting aside


def test_cells_are_mended_left_and_brought_back(parts):
    number = bring(parts, ("编码", "面积", "备注"), ("C530111001", "约300", "甲"), ("C530111002", "260", "乙"))
    found = preview(parts, ADMIN, number)
    bad = found.line(2)
    assert (bad.sort, [(cell.field, cell.found, bool(cell.why)) for cell in bad.cells]) == (
        "rejected",
        [("area_m2", "约300", True), ("note", "甲", False)],
    )

    def say(what):
        reviewing.mend(parts, ADMIN, number, what)
        return preview(parts, ADMIN, number).line(2)

    assert {cell.field: cell.after for cell in say(lambda said: said.mend(2, "area_m2", "300")).cells}["area_m2"] == 300
    assert [cell.field for cell in say(lambda said: said.mend(2, "area_m2", None)).cells] == ["note"]
    assert say(lambda said: said.unmend(2, "area_m2")).sort == "rejected"
    assert say(lambda said: said.mend(2, "name", "关上馆")).sort == "rejected"  # a column that the file has not
    assert [cell.field for cell in say(lambda said: said.leave("area_m2", False)).cells] == ["name", "note"]
    apply(parts, ADMIN, number)
    there = row(parts, "sites", "sC530111001")
    assert (there["name"], there["area_m2"], there["note"]) == ("关上馆", None, "甲")
    assert row(parts, "sites", "sC530111002")["note"] == "乙"


def test_rows_set_aside_stay_listed_and_are_written_later_or_dropped(parts):
    number = bring(parts, ("编码", "面积"), *((code, 100) for code in BRANCHES[:3]))
    reviewing.mend(parts, ADMIN, number, lambda said: said.set_aside([3, 4]))
    assert apply(parts, ADMIN, number).rows == 1
    found = settled(parts, ADMIN, number)
    assert (sorts(found), found.review.open) == ({"written": 1, "aside": 2}, True)
    reviewing.mend(parts, ADMIN, number, lambda said: said.bring_back([3]).drop([4]))
    assert apply(parts, ADMIN, number).rows == 1
    found = settled(parts, ADMIN, number)
    assert (sorts(found), found.review.open) == ({"written": 2, "dropped": 1}, False)
    assert [row(parts, "sites", f"s{code}")["area_m2"] for code in BRANCHES[:3]] == [100, 100, None]


def test_of_a_row_that_comes_twice_one_is_set_aside(parts):
    number = bring(parts, ("编码", "面积"), ("C530111001", 100), ("C530111001", 200))
    assert sorts(preview(parts, ADMIN, number)) == {"rejected": 2}
    reviewing.mend(parts, ADMIN, number, lambda said: said.set_aside([2]))
    assert sorts(preview(parts, ADMIN, number)) == {"aside": 1, "changed": 1}
    apply(parts, ADMIN, number)
    assert row(parts, "sites", "sC530111001")["area_m2"] == 200


def test_a_new_row_waits_for_the_new_row_that_it_hangs_on(parts):
    head = ("编码", "名称", "体系", "级别", "上级", "县区", "状态")
    branch = ("C530111003", "新馆", "文化馆", "分馆", "C530111", "官渡区", "已建成")
    point = ("C530111003001", "新点", "文化馆", "基层服务点", "C530111003", "官渡区", "已建成")
    number = bring(parts, head, branch, point)
    assert sorts(preview(parts, ADMIN, number)) == {"new": 2}
    reviewing.mend(parts, ADMIN, number, lambda said: said.set_aside([2]))
    assert sorts(preview(parts, ADMIN, number)) == {"aside": 1, "rejected": 1}
    reviewing.mend(parts, ADMIN, number, lambda said: said.bring_back([2]))
    done = apply(parts, ADMIN, number)
    assert row(parts, "sites", f"s{branch[0]}") is None
    assert {one["code"] for one in read(parts, "sites")} == {*CODES, branch[0], point[0]}
    reviewing.take_back(parts, ADMIN, done.changeset)
    assert {one["code"] for one in read(parts, "sites")} == {*CODES}


def test_a_row_of_a_table_without_a_key_is_written_once(parts):
    number = bring(
        parts, ("馆点", "日期", "名称", "参加人次"), ("C530111001", "2026-05-01", "展", 30), wanted="activities"
    )
    apply(parts, ADMIN, number)
    assert sorts(settled(parts, ADMIN, number)) == {"written": 1}
    assert sum(one["title"] == "展" for one in read(parts, "activities")) == 1


def test_a_wrong_total_is_told_also_once_rows_were_written(parts):
    number = bring(
        parts, ("编码", "名称", "面积"), ("C530111001", "甲", 100), ("C530111002", "乙", 50), ("合计", None, 200)
    )
    told = [one.message for one in preview(parts, ADMIN, number).warnings]
    assert told == ["合计的面积写 200，各行相加是 150"]
    reviewing.mend(parts, ADMIN, number, lambda said: said.set_aside([2]))
    apply(parts, ADMIN, number)
    assert [one.message for one in preview(parts, ADMIN, number).warnings] == told


# ---------------------------------------------------------------- the records move meanwhile


def test_what_somebody_else_changed_meanwhile_is_shown_and_not_overwritten(parts):
    number = bring(parts, ("编码", "面积"), ("C530111001", 260), ("C530111002", 100))
    assert sorts(preview(parts, ADMIN, number)) == {"changed": 2}
    edit(parts, "sites", "sC530111001", "area_m2", None, 300.0, actor=HALL)
    edit(parts, "sites", "sC530111002", "weekly_hours", None, 40.0, actor=HALL)  # another cell: no matter
    found = preview(parts, ADMIN, number)
    assert sorts(found) == {"conflict": 1, "changed": 1}
    other = found.line(2).other
    assert (other.actor, other.after, found.line(2).cells[0].before) == ("main", 300, 300)
    assert apply(parts, ADMIN, number).rows == 1
    assert row(parts, "sites", "sC530111001")["area_m2"] == 300
    reviewing.mend(parts, ADMIN, number, lambda said: said.look(2, found.newest))
    edit(parts, "sites", "sC530111001", "area_m2", 300.0, 310.0, actor=HALL)  # once more, after the look
    assert preview(parts, ADMIN, number).line(2).sort == "conflict"
    seen = preview(parts, ADMIN, number).newest
    reviewing.mend(parts, ADMIN, number, lambda said: said.look(2, seen))
    apply(parts, ADMIN, number)
    assert row(parts, "sites", "sC530111001")["area_m2"] == 260


def test_a_change_between_the_look_and_the_writing_writes_nothing(parts, monkeypatch):
    number = bring(parts, ("编码", "面积"), ("C530111001", 260))
    stale = preview(parts, ADMIN, number)
    edit(parts, "sites", "sC530111001", "area_m2", None, 300.0, actor=HALL)
    monkeypatch.setattr(reviewing, "preview", lambda *_asked: stale)
    assert (apply(parts, ADMIN, number).changeset, apply(parts, ADMIN, number).held) == (None, 1)
    assert row(parts, "sites", "sC530111001")["area_m2"] == 300


def test_a_row_that_was_deleted_meanwhile_is_not_born_again_unseen(parts):
    from models.changes import Plan, death, stored_values

    number = bring(
        parts,
        ("编码", "名称", "体系", "级别", "上级", "状态"),
        ("C530111002", "x", "culture", "branch", "C530111", "open"),
    )
    assert sorts(preview(parts, ADMIN, number)) == {"changed": 1}
    there = stored_values(parts.catalog["sites"], row(parts, "sites", "sC530111002"))
    parts.store.apply(Plan((death("sites", there),)), HALL, "ui")
    found = preview(parts, ADMIN, number)
    assert (sorts(found), found.line(2).other.after) == ({"conflict": 1}, None)
    with pytest.raises(NothingToWrite):
        apply(parts, ADMIN, number)


def test_an_undo_that_would_lose_another_s_change_says_so(parts):
    number = bring(parts, ("编码", "面积"), ("C530111001", 260), ("C530111002", 100))
    done = apply(parts, ADMIN, number)
    edit(parts, "sites", "sC530111001", "area_m2", 260.0, 300.0, actor=HALL)
    applied, undone = reviewing.take_back(parts, ADMIN, done.changeset)
    assert (applied, [one.row for one in undone.kept]) == (None, ["sC530111001"])
    reviewing.take_back(parts, ADMIN, done.changeset, force=True)
    assert [row(parts, "sites", f"s{code}")["area_m2"] for code in BRANCHES[:2]] == [300, None]
    assert sorts(preview(parts, ADMIN, number)) == {"conflict": 1, "changed": 1}


# ---------------------------------------------------------------- scope


def test_a_branch_brings_in_its_own_rows_alone(parts):
    number = bring(
        parts, ("编码", "每周开放", "县区"), ("C530111001001", 42, "西山区"), ("C530112001", 42, "西山区"), actor=BRANCH
    )
    found = preview(parts, BRANCH, number)
    assert sorts(found) == {"rejected": 2}
    assert found.line(3).title == ""  # another's row is not told
    reviewing.mend(parts, BRANCH, number, lambda said: said.leave("county", False))
    found = preview(parts, BRANCH, number)
    assert [line.sort for line in found.lines] == ["changed", "rejected"]
    assert apply(parts, BRANCH, number).rows == 1
    assert row(parts, "sites", "sC530112001")["weekly_hours"] is None


def test_a_review_is_its_maker_s_and_the_admin_s(parts):
    number = bring(parts, ("编码", "每周开放"), ("C530111001001", 42), actor=BRANCH)
    for actor in (HALL, POINT, ACTORS["city bureau"]):
        for deed in (
            lambda actor=actor: preview(parts, actor, number),
            lambda actor=actor: apply(parts, actor, number),
            lambda actor=actor: reviewing.mend(parts, actor, number, lambda said: said.drop([2])),
            lambda actor=actor: reviewing.throw_away(parts, actor, number),
        ):
            with pytest.raises(NoReview):
                deed()
    with parts.database.read() as connection:
        assert [len(list_reviews(connection, actor)) for actor in (BRANCH, ADMIN, HALL)] == [1, 1, 0]
        assert [waiting_reviews(connection, actor) for actor in (BRANCH, ADMIN)] == [1, 0]
    assert preview(parts, ADMIN, number).line(2).sort == "changed"


@pytest.mark.parametrize("name", ["city reader", "assessor"])
def test_who_edits_nothing_brings_nothing(parts, name):
    with pytest.raises(NotTaken, match="只看不改"):
        bring(parts, *entrusted(), actor=ACTORS[name])


def test_a_hidden_number_is_not_told(parts):
    center = ACTORS["center"]
    number = bring(parts, ("编码", "电话", "面积"), ("C530111001", "13900000000", 100), actor=center)
    (line,) = preview(parts, center, number).lines
    assert (line.sort, line.title) == ("rejected", "«C530111001»")
    assert row(parts, "sites", "sC530111001")["phone"] not in repr(line)


# ---------------------------------------------------------------- what a file is for


@pytest.mark.parametrize(
    ("header", "wanted", "found"),
    [
        (("编码", "名称", "级别", "上级", "运行"), "", "sites"),
        (("馆点", "序号", "形状", "材质"), "", "plaques"),
        (("馆点", "日期", "名称", "参加人次"), "", "activities"),
        (("县区", "总馆数", "分馆数", "服务点数"), "", "targets"),
        (("编码", "名称"), "plaque_orders", "sites"),  # what is asked for has no such header
    ],
)
def test_the_table_is_found_by_the_header(parts, header, wanted, found):
    tables = list(parts.catalog)
    told = next((one for one in tables if one.name == wanted), None)
    table, tab = chosen([("说明", [["怎么填"]]), ("表", [["标题"], list(header), ["x"] * len(header)])], tables, told)
    assert (table.name, tab) == (found, 1)


def test_a_workbook_s_sheets_can_be_picked(parts, tmp_path):
    import xlsxwriter

    path = tmp_path / "两页.xlsx"
    with xlsxwriter.Workbook(path) as book:
        for name, area in (("说明", None), ("一月", 100), ("二月", 200)):
            sheet = book.add_worksheet(name)
            if area:
                sheet.write_row(0, 0, ["编码", "面积"])
                sheet.write_row(1, 0, ["C530111001", area])
            else:
                sheet.write(0, 0, "怎么填")
    number = take_in(parts, ADMIN, path.read_bytes(), path.name, "import")
    found = preview(parts, ADMIN, number)
    assert (found.review.sheet, found.lines[0].cells[0].after) == (1, 100)
    reviewing.mend(parts, ADMIN, number, lambda said: said.mend(2, "area_m2", "150"))
    apply(parts, ADMIN, number)
    reviewing.take_for(parts, ADMIN, number, "sites", 2)
    found = preview(parts, ADMIN, number)
    assert (sorts(found), found.lines[0].cells[0].before, found.lines[0].cells[0].after) == ({"changed": 1}, 150, 200)
    reviewing.take_for(parts, ADMIN, number, "sites", 1)  # what was said of it is still there
    assert sorts(preview(parts, ADMIN, number)) == {"written": 1}
    reviewing.take_for(parts, ADMIN, number, "sites", 0)
    assert settled(parts, ADMIN, number).headless
    reviewing.take_for(parts, ADMIN, number, "plaques", 1)
    assert settled(parts, ADMIN, number).headless
    assert list((parts.settings.data / "incoming").iterdir()) == []


@pytest.mark.parametrize(
    ("data", "why"),
    [
        ("姓名,年纪\n王,2\n".encode(), "没有认出表头"),
        (b"PK\x03\x04 broken", "不完整"),
        (b"\xd0\xcf\x11\xe0 old", "旧格式"),
        (b"<html><body>", "网页"),
        (b" ", "表头"),
    ],
)
def test_what_cannot_be_used_is_refused_in_words(parts, data, why, monkeypatch):
    monkeypatch.undo()
    with pytest.raises(NotTaken, match=why) as caught:
        take_in(parts, ADMIN, data, "a", "import")
    assert "incoming" not in str(caught.value)
    assert list((parts.settings.data / "incoming").iterdir()) == []


def test_a_pasted_block_is_a_file(parts):
    block = '编码\t面积\t备注\r\nC530111001\t1,300\t"两\n行"\r\n'.encode()
    number = take_in(parts, ADMIN, block, "", "paste")
    cells = {cell.field: cell.after for cell in preview(parts, ADMIN, number).lines[0].cells}
    assert cells == {"area_m2": 1300, "note": "两\n行"} or cells == {"area_m2": 1300, "note": "两 行"}


# ---------------------------------------------------------------- held plans, time


async def test_a_plan_that_a_program_sent_waits_to_be_looked_at(parts):
    cells = [
        {"row": "sC530111001", "field": "area_m2", "before": None, "after": 300},
        {"row": "sC530111001", "field": "operation", "before": "own", "after": "托管"},
        {"row": "sC530111002", "field": "area_m2", "before": 5, "after": 10},
    ]
    async with visit(site_app(parts), session_of(parts, ADMIN.name)) as client:
        made = await post(client, "plans", table="sites", changes=cells, deletes=["sC530112001001"])
        found = settled(parts, ADMIN, made["id"])
        assert [line.sort for line in found.lines] == ["rejected", "conflict", "deleted"]
        map_text(parts, ADMIN, made["id"], "operation", "托管", "委托管理")
        reviewing.mend(parts, ADMIN, made["id"], lambda said: said.mend(1, "area_m2", "310").look(2, found.newest))
        assert sorts(preview(parts, ADMIN, made["id"])) == {"changed": 2, "deleted": 1}
        assert apply(parts, ADMIN, made["id"]).rows == 3
        assert (await client.post(f"/api/v1/plans/{made['id']}/apply", json={})).status_code == 404
    there = row(parts, "sites", "sC530111001")
    assert (there["area_m2"], there["operation"], row(parts, "sites", "sC530112001001")) == (310, "entrusted", None)
    assert row(parts, "sites", "sC530111002")["area_m2"] == 10


def test_a_plan_that_its_program_applies_waits_no_more(parts):
    from models.changes import Plan

    wanted = {"table": "sites", "changes": [], "rows": [{"code": "x"}], "deletes": []}
    with parts.database.write() as connection:
        number = keep_plan(connection, Plan(), ADMIN, "api", NOW, wanted)
        assert len(list_reviews(connection, ADMIN)) == 1
        take_plan(connection, number, ADMIN)
        assert list_reviews(connection, ADMIN) == []


def test_a_review_is_cleared_after_its_time(parts):
    from dataclasses import replace

    number = bring(parts, *entrusted())
    later = replace(parts, store=replace(parts.store, clock=lambda: NOW + KEPT + datetime.timedelta(minutes=1)))
    kept = bring(later, *entrusted())
    with parts.database.read() as connection:
        assert [one.id for one in list_reviews(connection, ADMIN)] == [kept]
    with pytest.raises(NoReview):
        preview(parts, ADMIN, number)


# ---------------------------------------------------------------- the address that takes files


async def test_files_come_in_by_one_address(parts, tmp_path, monkeypatch):
    monkeypatch.undo()
    path = plain(tmp_path / "馆点.xlsx", [["编码", "面积"], ["C530111001", 300]])
    async with visit(site_app(parts), session_of(parts, BRANCH.name)) as client:
        answer = await client.post("/review/files", params={"name": "馆点.xlsx"}, content=path.read_bytes())
        assert answer.status_code == 200
        assert answer.json()["path"].startswith("/review?id=")
        assert (await client.post("/review/files", content=b"")).status_code == 422
        foreign = {"Sec-Fetch-Site": "cross-site"}
        assert (await client.post("/review/files", content=b"x", headers=foreign)).status_code == 403
        monkeypatch.setattr("pages.review_files.MOST_FILE", 10)
        assert (await client.post("/review/files", content=b"x" * 11)).status_code == 413
    async with visit(site_app(parts), session_of(parts, "reader")) as client:
        assert (await client.post("/review/files", content=b"x")).status_code == 403
    async with visit(site_app(parts)) as client:
        assert (await client.post("/review/files", content=b"x")).status_code == 401
    with parts.database.read() as connection:
        assert [(one.source, one.account) for one in list_reviews(connection, ADMIN)] == [("馆点.xlsx", BRANCH.name)]


def test_an_actor_who_is_nobody_s_sees_nothing(parts):
    with parts.database.read() as connection:
        assert list_reviews(connection, Actor("nobody", "main")) == []


def test_a_percentage_is_mended_as_it_is_typed(parts):
    """In a field that an admin has added, too."""
    field = {"table_name": "sites", "code": "rate", "label": "出勤率", "kind": "percent", "max": 90.0}
    add(parts, "custom_fields", new_row(parts.catalog["custom_fields"], "f1", field))
    cells = [["编码", "出勤率"], ["C530111001", Percent(0.925)]]
    with parts.database.write() as connection:
        number = keep_review(connection, ADMIN, "sites", "import", "a.xlsx", [("", packed(cells))], NOW)
    (cell,) = preview(parts, ADMIN, number).lines[0].cells
    assert (cell.found, bool(cell.why)) == ("92.5", True)
    reviewing.mend(parts, ADMIN, number, lambda said: said.mend(2, "rate", "82.5"))
    assert preview(parts, ADMIN, number).lines[0].cells[0].after == 82.5
