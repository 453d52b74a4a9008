"""What is done in the sync centre, with real workbooks: decisions, cycles in processes of their own and by themselves."""

import asyncio
import itertools
import os
import sys
from datetime import UTC, datetime, timedelta

import pytest

from integrations import books, cycles, decisions
from integrations.cycles import PastCycle
from integrations.stopped import Look, look_into
from models import jobs
from models.access import Actor
from models.changes import Plan, death, stored_values
from models.database import get_meta, set_meta
from models.history import stamp
from models.services import make_installation
from models.settings import settings
from pages import automatic, launching
from pages.automatic import Automatic, set_sync_every, sync_every
from pages.booklist import ways
from pages.deeds import Deeds
from pages.matters import Wanted
from pages.sitting import Sitting, read
from tests import sheets, world
from tests.conftest import NOW
from tests.sheets import ACTIVITIES, BRANCH, HALL, ID, OTHER, PERSONS, SITES, TITLE, InFolder, Office, in_this_process
from tests.world import ACTORS, edit, site_row

DATABASES = ("sqlite",)


def shown(parts, actor):
    return read(parts, actor, Sitting(Wanted()))


def finished(parts, actor, kind, state, result, ended=NOW):
    """A job that is over."""
    with parts.database.write() as connection:
        number = jobs.make(connection, kind, actor, NOW)
        jobs.finish(connection, number, state, result, ended)
        return number


# ---- with real workbooks


@pytest.fixture
def office(parts, monkeypatch):
    """A branch with two points, its hall and another branch; their workbooks have just been made in the folder."""
    monkeypatch.setattr("integrations.folder.grids_of_many", in_this_process)
    sheets.build(parts)
    made = Office(parts, InFolder(parts.settings.sheets))
    made.cycle()
    return made


MAIN = Actor("王敏", "main", HALL)


def test_a_conflict_says_who_wrote_what_and_when(office):
    edit(office.parts, "sites", f"s{BRANCH}", "area_m2", 300.0, 320.0, MAIN)
    with office.paper(BRANCH, SITES) as paper:
        paper.set(paper.of(f"s{BRANCH}"), "面积", 40_000)
    office.cycle()
    one = shown(office.parts, MAIN).matters["conflicts"]["items"][0]
    told = {
        name: one[name] for name in ("title", "field", "aside", "base", "app", "app_by", "sheet", "seen", "may", "path")
    }
    assert told == {
        "title": "关上馆",
        "field": "面积",
        "aside": BRANCH,
        "base": "300 ㎡",
        "app": "320 ㎡",
        "app_by": "王敏，14:31",
        "sheet": "40,000 ㎡",
        "seen": "14:31 收到",
        "may": True,
        "path": f"/tables/sites?row=s{BRANCH}",
    }


def test_a_conflict_about_a_whole_row(office):
    with office.paper() as paper:
        paper.set(paper.of("a1"), PERSONS, 50)
        paper.remove(paper.of("a2"))
    office.change("activities", "a2", title="改名", persons=7)
    parts = office.parts
    world_row = next(one for one in office.records("activities") if one["id"] == "a1")
    parts.store.apply(Plan((death("activities", stored_values(parts.catalog["activities"], world_row)),)), MAIN, "ui")
    office.cycle()
    told = {one["title"]: one for one in shown(parts, MAIN).matters["conflicts"]["items"]}
    here, there = told["展 1"], told["改名"]
    assert (here["app"], here["app_by"], here["sheet"], here["path"]) == (
        "已删",
        "王敏，14:31",
        "改了 参加人次 50 人次",
        None,
    )
    assert (there["app"], there["sheet"]) == ("改了 名称 改名、参加人次 7 人次", "整行删了")
    assert (here["keep"], there["keep"]) == (["表里也删", "台账恢复"], ["写回表里", "台账也删"])


def test_what_is_gone_from_a_stopped_workbook_is_read_from_its_file(office):
    for number in range(4, 12):
        world.add(office.parts, "activities", sheets.event(office.parts, f"a{number}", number))
    office.cycle()
    with office.paper() as paper:
        for number in range(3, 12):
            paper.remove(paper.of(f"a{number}"))
    assert office.cycle()["stopped"] == 1
    before = office.sheets.content()
    look = look_into(office.parts, office.book())
    assert office.sheets.content() == before
    assert look.gone == {ACTIVITIES: tuple(f"展 {number}" for number in range(3, 12))}
    with office.paper() as paper:
        paper.add({ID: "a3", TITLE: "展 3"})
    assert look_into(office.parts, office.book()).count == 8


def test_a_stopped_workbook_whose_file_is_gone_or_broken(office):
    path = office.sheets.path(BRANCH)
    kept = path.read_bytes()
    path.unlink()
    office.cycle()
    assert look_into(office.parts, office.book()) == Look(there=False, readable=False)
    path.write_bytes(kept[:1000])
    assert look_into(office.parts, office.book()) == Look(there=True, readable=False)
    path.write_bytes(kept)
    assert look_into(office.parts, office.book()) == Look()


# ---- deeds


class Said:
    """A toast that remembers."""

    def __init__(self):
        self.told = []

    def say(self, text, undo=None):
        self.told.append(text)
        self.undo = undo

    def fault(self, text):
        self.told.append(f"! {text}")


@pytest.fixture
def deeds(office, monkeypatch):
    """What the hall's person can do; cycles are asked for, and not run."""
    made = Deeds(office.parts, Sitting(), Said())
    asked = []

    def start(services, actor, **options):
        asked.append(options)
        with services.database.write() as connection:
            return jobs.get(connection, jobs.make(connection, "sync", actor, NOW), NOW)

    monkeypatch.setattr("pages.deeds.start_cycle", start)
    made.asked = asked
    return made


def quarrel(office, *values):
    """Conflicts in the events' titles."""
    with office.paper() as paper:
        for number, value in enumerate(values, 1):
            paper.set(paper.of(f"a{number}"), TITLE, value)
    for number, _value in enumerate(values, 1):
        office.change("activities", f"a{number}", title=f"台账 {number}")
    office.cycle()
    return [one["id"] for one in office.conflicts]


@pytest.mark.parametrize(("keep", "kept"), [("app", "台账 1"), ("sheet", "表 1")])
async def test_one_side_is_kept_and_the_next_cycle_makes_both_equal(office, deeds, keep, kept):
    (number,) = quarrel(office, "表 1")
    await deeds.decide(MAIN, {"number": number, "keep": keep})
    office.cycle()
    assert office.record("activities", "a1")["title"] == kept
    assert office.look().by_id()["a1"][TITLE] == kept
    assert office.conflicts == []


async def test_all_of_one_side(office, deeds):
    deeds.sitting.decidable = tuple(quarrel(office, "表 1", "表 2"))
    decisions.resolve_conflict(office.parts, MAIN, deeds.sitting.decidable[0], "app")
    await deeds.decide_all(MAIN, {"keep": "sheet"})
    assert deeds.toast.told == ["已用共享表的 1 处，1 处别人刚决定了"]
    assert [office.record("activities", f"a{number}")["title"] for number in (1, 2)] == ["台账 1", "表 2"]


async def test_what_cannot_be_decided_is_said(office, deeds):
    deeds.sitting.decidable = tuple(quarrel(office, "表 1"))
    await deeds.decide_all(Actor("x", "branch", OTHER), {"keep": "sheet"})
    assert office.conflicts
    await deeds.decide_all(Actor("x", "center", "C1"), {"keep": "sheet"})
    assert deeds.toast.told[-1] == "! 已用共享表的 0 处，1 处没有决定：这一行不归你改，由上级馆决定"


@pytest.mark.parametrize(
    ("came", "said"),
    [
        ({"cells": 3, "rows": 0, "gone": 0, "clashes": 0}, "收回 3 格"),
        ({"cells": 3, "rows": 1, "gone": 2, "clashes": 0}, "收回 3 格、新增 1 行、删 2 行"),
        ({"cells": 0, "rows": 1, "gone": 0, "clashes": 2}, "新增 1 行；2 处没有收，列在下面"),
        ({"cells": 0, "rows": 0, "gone": 0, "clashes": 2}, "2 处没有收，列在下面"),
        ({"cells": 0, "rows": 0, "gone": 0, "clashes": 0}, "这份表里没有新填的"),
        ({"fault": "没有传上"}, "! 没有传上"),
    ],
)
async def test_what_came_back_is_told(deeds, monkeypatch, came, said):
    ran = []
    monkeypatch.setattr(deeds, "run", lambda actor: asyncio.sleep(0, ran.append(actor)))
    await deeds.brought(MAIN, came)
    assert deeds.toast.told == [said]
    assert ran == ([MAIN] if any(came.get(name) for name in ("cells", "rows", "gone", "clashes")) else [])


async def test_rows_gone_from_a_sheet(office, deeds):
    with office.paper() as paper:
        paper.remove(paper.of("a1"))
        paper.remove(paper.of("a2"))
    office.cycle()
    first, second = office.proposals
    await deeds.accept(MAIN, {"number": first["id"]})
    await deeds.refuse(MAIN, {"number": second["id"]})
    assert [one["id"] for one in office.records("activities")] == ["a2", "a3"]
    assert deeds.toast.told == ["已删 1 行", "留着，下次同步写回表里"]
    office.cycle()
    assert "a2" in office.look().by_id()


async def test_what_was_put_back_is_seen_once(office, deeds):
    with office.paper(BRANCH, SITES) as paper:
        paper.set(paper.of(f"s{BRANCH}"), "状态", "停用")
    office.cycle()
    (one,) = shown(office.parts, MAIN).matters["problems"]["items"]
    assert (one["text"], one["seen"], one["place"].split()[0]) == ("停用", True, "馆点")
    await deeds.seen(MAIN, {"number": one["id"]})
    assert office.problems == []


async def test_a_stopped_workbook_goes_on(office, deeds):
    office.sheets.path(BRANCH).unlink()
    office.cycle()
    with pytest.raises(decisions.NotYoursToDecide):
        await deeds.release(Actor("x", "branch", BRANCH), {"do": "recreate", "code": BRANCH})
    with pytest.raises(decisions.NotStopped):
        await deeds.release(Actor("x", "main", "C12"), {"do": "recreate", "code": BRANCH})
    assert deeds.asked == []
    await deeds.release(MAIN, {"do": "recreate", "code": BRANCH})
    assert deeds.asked == [{"dry": False, "take_over": False}]
    office.cycle()
    assert office.book().state == books.FINE


async def test_reading_anew_is_for_those_in_whose_scope_it_is(office, deeds):
    with pytest.raises(decisions.NotStopped):
        await deeds.again(Actor("x", "branch", OTHER), {"code": BRANCH})
    await deeds.again(Actor("x", "branch", BRANCH), {"code": BRANCH})
    assert office.cycle()["read"] == 1


async def test_a_folder_is_taken_over_by_an_admin_alone(deeds):
    with pytest.raises(decisions.NotYoursToDecide):
        await deeds.take_over(MAIN, {})
    await deeds.take_over(Actor("root", "admin"), {})
    assert deeds.asked == [{"dry": False, "take_over": True}]


async def test_who_says_when_cycles_start(office, deeds):
    for actor, minutes in ((MAIN, 5), (Actor("root", "admin"), 7)):
        with pytest.raises(decisions.NotYoursToDecide):
            await deeds.every(actor, {"minutes": minutes})
    await deeds.every(Actor("b", "bureau", county="官渡区"), {"minutes": 30})
    assert shown(office.parts, MAIN).every == 30


async def test_a_second_press_joins_the_cycle_that_runs(office, deeds):
    await deeds.start(MAIN, {"do": "start"})
    assert len(deeds.sitting.mine) == 1
    await deeds.start(MAIN, {"do": "start", "dry": True})
    assert len(deeds.sitting.mine) == 1


def test_every_way_that_is_offered_can_be_gone(office):
    named = Deeds(office.parts, Sitting(), Said()).by_name
    looks = (None, Look(gone={"馆点": ("一",)}), Look(there=False), Look(readable=False))
    assert {one["do"] for look in looks for one in ways(look, True)} <= named.keys()
    for kind, state, fault in itertools.product(("sync", "trial"), ("failed", "done", "cancelled"), ("Held", "")):
        told = {"error": "x", "fault": fault, "names": [], "told": {"cells_in": 0, "cells_out": 0}}
        finished(office.parts, ACTORS["admin"], kind, state, told)
        lines = shown(office.parts, ACTORS["admin"]).strip
        assert {act["do"] for line in lines for act in line["acts"]} <= named.keys()


def test_a_failed_cycle_stands_until_one_goes_well(office):
    finished(office.parts, MAIN, "sync", "failed", {"error": "文件夹没连上", "fault": "Held"})
    for actor, wanted in ((ACTORS["admin"], ["take_over", "start", "close"]), (MAIN, ["start", "close"])):
        (line,) = shown(office.parts, actor).strip
        assert (line["text"], [act["do"] for act in line["acts"]]) == ("文件夹没连上", wanted)
    assert read(office.parts, MAIN, Sitting(closed={line["id"]})).strip == []
    later = stamp(NOW + timedelta(seconds=1))
    with office.parts.database.write() as connection:
        cycles.keep_cycle(connection, PastCycle(later, later, "cli", {"cells_in": 0, "cells_out": 0}, ()))
    assert shown(office.parts, MAIN).strip == []


# ---- starting by itself


class Ticking:
    """A clock that is set by hand."""

    def __init__(self):
        self.now = NOW

    def __call__(self):
        return self.now


@pytest.fixture
def automatic_one(office, monkeypatch):
    """Cycles that start by themselves; each runs at once, in this process."""
    clock = Ticking()
    object.__setattr__(office.parts.store, "clock", clock)
    started = []

    def start(services, actor):
        started.append(actor.name)
        finished(services, actor, "sync", "done", {}, clock.now)
        connection_time = {"started_at": stamp(clock.now)}
        with services.database.write() as connection:
            connection.execute(jobs.jobs.update().values(**connection_time))
        office.cycle()

    monkeypatch.setattr(automatic, "start_cycle", start)
    made = Automatic(office.parts)
    made.clock, made.started = clock, started
    return made


def looks(one, minutes):
    """Look once a minute; returns at which minutes a cycle started."""
    found = []
    for minute in range(minutes):
        one.clock.now += timedelta(minutes=1)
        if one.look():
            found.append(minute)
    return found


def set_every(parts, minutes):
    with parts.database.write() as connection:
        set_sync_every(connection, minutes)


def test_by_hand_nothing_starts(automatic_one):
    assert looks(automatic_one, 100) == []


def test_a_cycle_starts_when_it_is_time_and_something_has_changed(office, automatic_one):
    set_every(office.parts, 5)
    assert looks(automatic_one, 1) == [0]
    assert looks(automatic_one, 60) == []  # that cycle changed nothing
    office.change("activities", "a1", persons=77)
    assert looks(automatic_one, 3) == [0]
    assert looks(automatic_one, 20) == [2]  # it has written a file: looked at once more, then no more
    with office.paper() as paper:
        paper.set(paper.of("a2"), PERSONS, 78)
    assert looks(automatic_one, 1) == [0]
    assert office.record("activities", "a2")["persons"] == 78


def test_a_workbook_that_was_closed_is_looked_at_again(office, automatic_one):
    set_every(office.parts, 5)
    path = office.sheets.path(BRANCH)
    lock = path.with_name(f"~${path.name}")
    lock.write_bytes(b"x")
    looks(automatic_one, 60)
    before = len(automatic_one.started)
    lock.unlink()
    looks(automatic_one, 10)
    assert len(automatic_one.started) == before + 1


def test_replaced_within_a_second_where_times_are_whole_seconds(office, automatic_one):
    """The same size, the same time: it is looked at whenever it is time, which costs next to nothing."""
    set_every(office.parts, 5)
    path = office.sheets.path(BRANCH)
    looks(automatic_one, 60)
    before = len(automatic_one.started)
    os.utime(path, ns=(1_700_000_000 * 10**9, 1_700_000_000 * 10**9))
    looks(automatic_one, 15)
    assert len(automatic_one.started) == before + 3


def test_a_new_day_is_a_change(office, automatic_one):
    set_every(office.parts, 30)
    looks(automatic_one, 60)
    before = len(automatic_one.started)
    looks(automatic_one, 24 * 60)
    assert len(automatic_one.started) == before + 1


def test_a_cycle_that_another_started_counts(office, automatic_one):
    set_every(office.parts, 5)
    with office.parts.database.write() as connection:
        jobs.make(connection, "sync", MAIN, automatic_one.clock.now)
    assert not automatic_one.look()
    finish_all(office.parts, automatic_one.clock.now)
    assert looks(automatic_one, 6) == [4]


def finish_all(parts, now):
    with parts.database.write() as connection:
        for job in jobs.listed(connection, ACTORS["admin"], now):
            jobs.finish(connection, job.id, "done", {}, now)


@pytest.mark.parametrize("kept", ["", "0", "7", "x", "-5"])
def test_an_unknown_setting_is_by_hand(parts, kept):
    with parts.database.write() as connection:
        set_meta(connection, automatic.SYNC_EVERY, kept)
        assert sync_every(connection) == 0


# ---- a process of its own


@pytest.fixture
def installation(tmp_path, monkeypatch):
    """An installation with a clock that goes, as a process of its own needs it."""
    monkeypatch.chdir(tmp_path)
    made = make_installation(settings({"ZONGFEN_DATA": str(tmp_path / "data")}))
    world.add(
        made,
        "sites",
        site_row(made, "C1", level="center"),
        site_row(made, HALL, level="main", parent="C1"),
        site_row(made, BRANCH, parent=HALL),
    )
    yield made
    made.database.close()


def ran(parts, *arguments):
    """A job done by a process of its own, to its end."""
    number = started(parts)
    command = [sys.executable, str(launching.ROOT / "app.py"), *arguments, "--job", str(number)]
    launching.see_through(parts, number, command)
    with parts.database.read() as connection:
        return jobs.get(connection, number, datetime.now(UTC))


def started(parts):
    with parts.database.write() as connection:
        return jobs.make(connection, "sync", MAIN, datetime.now(UTC))


def test_a_cycle_in_a_process_of_its_own(installation):
    trial = ran(installation, "sync", "--json", "--dry-run")
    assert (trial.state, trial.result["told"]["written"]) == ("done", 2)
    assert list(installation.settings.sheets.glob("*.xlsx")) == []
    done = ran(installation, "sync", "--json")
    assert (done.state, done.done, done.of) == ("done", 2, 2)
    assert len(list(installation.settings.sheets.glob("*.xlsx"))) == 2
    with installation.database.read() as connection:
        assert cycles.past_cycles(connection, 1)[0].told == done.result["told"]


def test_a_cycle_that_is_held_says_why(installation):
    ran(installation, "sync", "--json")
    lease = installation.settings.sheets / ".zongfen.json"
    lease.write_text(lease.read_text("utf-8").replace(installation_of(installation), "another"), "utf-8")
    job = ran(installation, "sync", "--json")
    assert (job.state, job.result["fault"]) == ("failed", "Held")
    assert "另一套台账" in job.result["error"]
    assert ran(installation, "sync", "--json", "--take-over").state == "done"


def installation_of(parts):
    with parts.database.read() as connection:
        return get_meta(connection, "installation")


def test_a_process_that_dies_or_never_starts_leaves_a_failed_job(installation, caplog):
    number = started(installation)
    launching.see_through(installation, number, [sys.executable, "-c", "raise SystemExit('gone')"])
    with installation.database.read() as connection:
        job = jobs.get(connection, number, datetime.now(UTC))
    assert (job.state, job.result["error"]) == ("failed", "做到一半断了，再来一次")
    assert "gone" in caplog.text
    number = started(installation)
    launching.see_through(installation, number, [str(installation.settings.data / "no such program")])
    with installation.database.read() as connection:
        assert jobs.get(connection, number, datetime.now(UTC)).state == "failed"


def test_pressing_twice_starts_one_process(installation, monkeypatch):
    begun = []
    monkeypatch.setattr(launching, "see_through", lambda services, number, command: begun.append(command[2:]))
    first = launching.start_cycle(installation, MAIN)
    assert launching.start_cycle(installation, ACTORS["admin"]) == first
    trial = launching.start_cycle(installation, MAIN, dry=True)
    assert sorted(begun) == [
        ["sync", "--json", "--dry-run", "--job", str(trial.id)],
        ["sync", "--json", "--job", str(first.id)],
    ]
