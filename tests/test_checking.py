"""What a check's form shows to whom: its items, its next step, what is put right. Against the Kunming example."""

import shutil

import pytest

from models.access import Actor
from models.checking import check_of, number_of, told_check
from models.edits import Edit, Typed
from models.services import open_installation
from models.settings import settings
from tests.conftest import environment

MAIN = Actor("王敏", "main", site="C530111")
BRANCH = Actor("杨帆", "branch", site="C530111001")
READER = Actor("和丽", "reader")
CONFIRMED = "C530111001/2025-12/monthly"


@pytest.fixture(scope="module")
def parts(kunming, tmp_path_factory):
    data = shutil.copytree(kunming, tmp_path_factory.mktemp("checks") / "data")
    parts = open_installation(settings(environment(data)))
    add(parts, "checklists", site="C530111001", month="2026-11", kind="monthly")
    add(parts, "checklists", site="C530111001", month="2026-11", kind="unannounced")
    yield parts
    parts.database.close()


def add(parts, table, **values):
    with parts.database.read() as connection:
        plan = Typed(parts.query.view(connection, MAIN), parts.catalog[table]).new_row(values)
    assert not plan.problems
    parts.store.apply(plan, MAIN, "ui")


def edit(parts, table, key, actor=MAIN, **values):
    with parts.database.read() as connection:
        view = parts.query.view(connection, actor)
        row = view.find(parts.catalog[table], key)
        plan = Typed(view, parts.catalog[table]).plan(
            [Edit(row["id"], name, row[name], after) for name, after in values.items()]
        )
    parts.store.apply(plan, actor, "ui")


def asked(parts, actor, key="C530111001/2026-11/monthly"):
    with parts.database.read() as connection:
        view = parts.query.view(connection, actor)
        return check_of(view, view.find(parts.catalog["checklists"], key))


@pytest.mark.parametrize(
    ("actor", "key", "opens", "step", "mending"),
    [
        (MAIN, "C530111001/2026-11/monthly", True, "submitted", True),
        (BRANCH, "C530111001/2026-11/monthly", True, "submitted", False),
        (READER, "C530111001/2026-11/monthly", False, None, False),
        (MAIN, CONFIRMED, False, None, True),
        (BRANCH, CONFIRMED, False, None, False),
    ],
)
def test_who_may_do_what(parts, actor, key, opens, step, mending):
    check = asked(parts, actor, key)
    assert len(check.items) >= 38
    assert (check.open == check.codes, bool(check.open)) == (opens, opens)
    assert (check.step, check.mending) == (step, mending)


def test_a_submitted_check_is_the_hall_s_to_confirm(parts):
    key = "C530111001001/2026-11/monthly"
    add(parts, "checklists", site="C530111001001", month="2026-11", kind="monthly")
    edit(parts, "checklists", key, BRANCH, status="submitted")
    assert asked(parts, MAIN, key).step == "confirmed"
    assert asked(parts, BRANCH, key).step is None


def test_items_as_they_are_answered(parts):
    told = told_check(asked(parts, MAIN))
    items = {item["code"]: item for group in told["groups"] for item in group["items"]}
    assert [group["name"] for group in told["groups"]][:2] == ["服务公示", "免费开放"]
    assert [(one["value"], one["tone"]) for one in items["D01"]["choices"]] == [
        (True, "good"),
        (False, "bad"),
        ("na", "na"),
    ]
    tones = {one["label"]: one["tone"] for one in items["D05"]["choices"]}
    assert tones == {"未停止开放": "good", "已提前公告": "good", "公告不及时": "bad", "未公告": "bad", "不适用": "na"}
    assert (items["F01"]["kind"], items["F01"]["least"], items["F01"]["choices"]) == ("number", 42, [])
    point = {item.code: item for item in asked(parts, MAIN, "C530111001001/2025-12/monthly").items}
    assert point["F01"].least == 35


def test_what_is_put_right_stands_with_its_own_check(parts):
    monthly, unannounced = asked(parts, MAIN), asked(parts, MAIN, "C530111001/2026-11/unannounced")
    assert number_of(monthly.row, "D01") == "C530111001-2026-11-D01"
    assert number_of(unannounced.row, "D01") == "C530111001-2026-11-D01-U"
    common = {"site": "C530111001", "checklist": "2026-11", "due_on": "2026-12-04", "responsible": "孙红"}
    add(parts, "rectifications", number="C530111001-2026-11-D01-U", item="D01", problem="暗访发现", **common)
    add(parts, "rectifications", number="补记1", item="D02", problem="另记的", **common)
    add(parts, "rectifications", number="补记2", problem="不属于哪一项", **common)
    monthly, unannounced = asked(parts, MAIN), asked(parts, MAIN, "C530111001/2026-11/unannounced")
    assert {code: row["problem"] for code, row in unannounced.mends.items()} == {"D01": "暗访发现"}
    assert monthly.mends["D02"]["problem"] == "另记的"
    add(parts, "rectifications", number="C530111001-2026-11-D01", item="D01", problem="月度发现", **common)
    assert asked(parts, MAIN).mends["D01"]["problem"] == "月度发现"
