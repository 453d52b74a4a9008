"""Files that are made to be taken away: what a form asks for, what is made in whose scope, who may have it, for how long."""

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from commands.main import main
from models import exported, jobs, managing
from models.access import Scope
from models.accounts import Unfit
from models.exported import Cleared, NoExport, ScopeChanged, StillMaking
from models.unit import read_tree
from pages import export_files, launching
from pages.export_form import Offered, asked_of
from pages.exports_page import look
from tests.conftest import NOW
from tests.web import postgres_template, sqlite_template  # noqa: F401  (the small city, with accounts)
from tests.world import ACTORS, CODES, edit, phone, token

DATABASES = ("sqlite",)
MAIN, BRANCH, ADMIN = ACTORS["main"], ACTORS["branch"], ACTORS["admin"]
MINE = [code for code in CODES if code.startswith("C530111")]
TABLE = ("table", {"table": "activities"}, "活动台账", ".csv")


@pytest.fixture
def here(parts, monkeypatch):
    """The installation, where jobs run in this process when a test says so, and the command line works on it."""
    monkeypatch.setattr(launching, "see_through", lambda services, number, command: None)
    monkeypatch.setenv("ZONGFEN_DATA", str(parts.settings.data))
    monkeypatch.setattr("models.services.utc_now", lambda: NOW)
    monkeypatch.setattr("models.services.open_installation.__defaults__", (lambda: NOW,))
    return parts


def ask(parts, actor=MAIN, kind="table", asked=None, title="活动台账", suffix=".csv"):
    return export_files.start(parts, actor, kind, {"table": "activities"} if asked is None else asked, title, suffix)


def run(parts, number):
    """Make a file as the job's process does; returns its exit status."""
    with parts.database.read() as connection:
        job = exported.get(connection, number).job
    return main(["make-export", str(number), "--job", str(job)])


def line(parts, number, actor=MAIN):
    """How the page tells a file."""
    return next(one for one in look(parts, actor).lines if one.export.id == number)


def fetch(parts, number, actor=MAIN):
    return export_files.file_for(parts, actor, str(number))


def content(parts, number):
    return (parts.settings.exports / fetch(parts, number).file).read_bytes()


# ---- what a form asks for

TOLD = Offered({"sites": "馆点"}, ["官渡区"], ["N0"], {"C1": "甲馆", "C2": "乙馆", "C3": "乙馆"}, 2026)
SHEETS = {"kind": "score_sheets", "suffix-score_sheets": ".pdf", "year": "2026年", "where": "all", "county": "官渡区"}


@pytest.mark.parametrize(
    ("typed", "asked", "title", "suffix"),
    [
        (SHEETS, {"year": 2026, "blank": False}, "打分表 2026", ".pdf"),
        (
            {**SHEETS, "where": "county", "blank": "1", "suffix-score_sheets": ".zip"},
            {"year": 2026, "blank": True, "county": "官渡区"},
            "打分表 2026 官渡区 空白",
            ".zip",
        ),
        (
            {**SHEETS, "where": "sites", "sites": "C2、甲馆,\nC2"},
            {"year": 2026, "blank": False, "sites": ["C2", "C1"]},
            "打分表 2026 2 个馆点",
            ".pdf",
        ),
        (
            {"kind": "plaque_order", "suffix-plaque_order": ".xlsx", "number": "N0"},
            {"number": "N0"},
            "牌匾制作单 N0",
            ".xlsx",
        ),
        ({"kind": "plaque_texts", "suffix-plaque_texts": ".txt", "year": "x"}, {}, "牌匾文字", ".txt"),
        ({"kind": "table", "suffix-table": ".json", "table": "sites"}, {"table": "sites"}, "馆点", ".json"),
    ],
)
def test_what_a_form_asks_for(typed, asked, title, suffix):
    made = asked_of(typed, TOLD)
    assert (made.kind, made.asked, made.title, made.suffix) == (typed["kind"], asked, title, suffix)


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"kind": "passwords"}, "kind"),
        ({**SHEETS, "suffix-score_sheets": ".exe"}, "kind"),
        ({**SHEETS, "year": "明年"}, "year"),
        ({**SHEETS, "where": "county", "county": "西山区"}, "county"),
        ({**SHEETS, "where": "sites", "sites": "乙馆"}, "sites"),
        ({**SHEETS, "where": "sites", "sites": "C9"}, "sites"),
        ({**SHEETS, "where": "sites", "sites": ""}, "sites"),
        ({"kind": "plaque_order", "suffix-plaque_order": ".pdf", "number": "N7"}, "number"),
        ({"kind": "table", "suffix-table": ".csv", "table": "accounts"}, "table"),
    ],
)
def test_what_is_not_offered_is_refused_under_its_field(typed, field):
    with pytest.raises(Unfit) as caught:
        asked_of(typed, TOLD)
    assert caught.value.field == field


# ---- what is made


def test_a_file_holds_what_its_maker_reads_and_no_more(here):
    number = ask(here)
    assert line(here, number).state == "正在做"
    assert run(here, number) == 0
    text = content(here, number).decode("utf-8-sig")
    assert {code for code in CODES if token(code) in text} == set(MINE)
    told = line(here, number)
    assert (told.state, told.link, told.export.items) == ("做好了", True, len(MINE))
    assert told.export.file == f"{number}.csv"


def test_numbers_that_one_may_not_see_stay_out(here):
    number = ask(here, ACTORS["center"], asked={"table": "sites"})
    assert run(here, number) == 0
    data = (here.settings.exports / f"{number}.csv").read_text("utf-8-sig")
    assert [code for code in CODES if phone(code) in data] == ["C5301"]
    assert line(here, number, ACTORS["center"]).text.startswith("看不到的号码留空")


@pytest.mark.parametrize(
    ("kind", "asked", "suffix", "begins"),
    [
        ("plaque_texts", {}, ".txt", token("C530111").encode()),
        ("plaque_order", {"number": ""}, ".xlsx", b"PK"),
        ("table", {"table": "sites"}, ".json", b'{"table":"sites"'),
    ],
)
def test_files_of_each_kind(here, kind, asked, suffix, begins):
    number = ask(here, MAIN, kind, asked, "x", suffix)
    assert run(here, number) == 0
    assert content(here, number).startswith(begins)


def test_what_cannot_be_made_says_why(here, capsys):
    number = ask(here, MAIN, "score_sheets", {"year": 1999, "blank": True}, "打分表", ".pdf")
    assert run(here, number) == 2
    told = line(here, number)
    assert (told.tone, told.state) == ("err", "! 没有做成")
    assert "1999" in told.text
    assert [deed for deed, _label, _danger in told.acts] == ["again", "delete"]
    assert list(here.settings.exports.iterdir()) == []


def test_an_order_with_a_sign_that_no_font_has_names_it(here):
    edit(here, "plaques", "pC530111", "material", token("C530111"), "铜\U0002b740")
    number = ask(here, MAIN, "plaque_order", {"number": ""}, "牌匾制作单", ".pdf")
    assert run(here, number) == 2
    told = line(here, number).text
    assert told.startswith("有字印不出：C530111")
    assert "\U0002b740" in told


# ---- whose it is


def test_a_file_is_its_maker_s_alone(here):
    number = ask(here)
    run(here, number)
    for name, actor in ACTORS.items():
        if actor != MAIN:
            with pytest.raises(NoExport):
                fetch(here, number, actor)
            assert bool(look(here, actor).lines) == (name == "admin")
            if name != "admin":
                for deed in (export_files.delete, export_files.stop, export_files.again):
                    with pytest.raises(NoExport):
                        deed(here, actor, number)
    assert not line(here, number, ADMIN).link
    assert [deed for deed, *_rest in line(here, number, ADMIN).acts] == ["delete"]


def test_another_role_or_place_does_not_take_what_an_earlier_one_made(here):
    number = ask(here)
    run(here, number)
    with here.database.read() as connection:
        tree = read_tree(connection, here.catalog)
    for role, place in (("branch", {"site": "C530111001"}), ("reader", {}), ("bureau", {"county": "官渡区"})):
        managing.move(here.database, ADMIN, "main", role, tree, NOW, **place)
        now = replace(MAIN, role=role, site=place.get("site"), county=place.get("county"))
        with pytest.raises(ScopeChanged):
            fetch(here, number, now)
        assert (line(here, number, now).link, line(here, number, now).state) == (False, "不能下载")


def test_a_site_that_has_left_one_s_tree_is_taken_no_more(here):
    number = ask(here)
    run(here, number)
    edit(here, "sites", "sC530111002", "parent", "C530111", "C530112")
    with pytest.raises(ScopeChanged):
        fetch(here, number)


def test_a_role_that_changed_before_the_job_began_makes_nothing(here):
    number = ask(here)
    with here.database.read() as connection:
        tree = read_tree(connection, here.catalog)
    managing.move(here.database, ADMIN, "main", "reader", tree, NOW, county="官渡区")
    assert run(here, number) == 2
    assert list(here.settings.exports.iterdir()) == []


def test_what_was_made_from_everything_is_not_within_a_part():
    one = exported.Export(*[None] * 18)
    assert one.within(Scope(None, None))
    assert not one.within(Scope(frozenset({"C1"}), frozenset()))
    some = replace(one, reach={"sites": ["C1"], "counties": []})
    assert some.within(Scope(frozenset({"C1", "C2"}), frozenset()))
    assert not some.within(Scope(frozenset({"C2"}), frozenset()))


# ---- one at a time, stopped, broken off, cleared


def test_one_at_a_time_for_each(here):
    number = ask(here)
    with pytest.raises(StillMaking):
        ask(here)
    ask(here, BRANCH)
    assert run(here, number) == 0
    assert ask(here) > number


def test_one_that_waits_is_stopped_and_asked_for_again(here):
    number = ask(here)
    export_files.stop(here, MAIN, number)
    assert (line(here, number).state, line(here, number).link) == ("已停下", False)
    assert run(here, number) == 2
    other = export_files.again(here, MAIN, number)
    assert run(here, other) == 0


def test_one_that_was_stopped_on_the_way_leaves_no_file(here, monkeypatch):
    number = ask(here)
    with here.database.write() as connection:
        connection.execute(sa.update(jobs.jobs).values(stop=True))
    assert run(here, number) == 2
    assert line(here, number).state == "已停下"
    assert list(here.settings.exports.iterdir()) == []


@pytest.mark.parametrize("job", ["dead", "forgotten"])
def test_one_that_broke_off_says_so(here, job):
    number = ask(here)
    with here.database.write() as connection:
        if job == "dead":
            connection.execute(sa.update(jobs.jobs).values(state="running", pid=2**22 + 1))
        else:
            connection.execute(sa.delete(jobs.jobs))
    told = line(here, number)
    assert (told.tone, told.text) == ("err", "做到一半断了，再来一次")


def test_a_file_is_cleared_after_its_time_and_says_so(here):
    number = ask(here)
    run(here, number)
    later = NOW + exported.KEPT
    with here.database.read() as connection:
        assert exported.overdue(connection, later - timedelta(seconds=1)) == []
        with pytest.raises(Cleared):
            exported.fetched(connection, number, MAIN, Scope(None, None), later)
    with here.database.write() as connection:
        connection.execute(sa.update(exported.exported).values(kept_until="2026-11-24T06:31:05Z"))
    assert (line(here, number).state, line(here, number).link) == ("已清除", False)
    assert list(here.settings.exports.iterdir()) == []
    with pytest.raises(Cleared):
        fetch(here, number)


def test_a_deleted_file_is_gone(here):
    number = ask(here)
    run(here, number)
    export_files.delete(here, ADMIN, number)
    assert look(here, MAIN).lines == []
    assert list(here.settings.exports.iterdir()) == []
    for told in (str(number), "x", "-1", "٣", "9" * 30):
        with pytest.raises(NoExport):
            export_files.file_for(here, MAIN, told)
