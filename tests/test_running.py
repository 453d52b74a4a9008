"""Cycles as they are run: one at a time, from the command line, watching; and what the commands answer."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from integrations import running, syncing
from integrations.running import AnotherCycle, run_cycle, turn
from integrations.syncing import watch_cycles
from tests.sheets import BRANCH, PERSONS, InFolder, Office, build, in_this_process

DATABASES = ("sqlite",)
COUNTS = ("workbooks", "read", "written", "cells_in", "cells_out", "conflicts", "problems", "proposals", "stopped")


@pytest.fixture
def office(parts, tmp_path, monkeypatch):
    """An office in the folder that the command line of `run` works on; its workbooks are still to be made."""
    monkeypatch.setattr("integrations.folder.grids_of_many", in_this_process)
    build(parts)
    return Office(parts, InFolder(tmp_path / "data" / "sheets"))


# ---------------------------------------------------------------- one at a time


def test_one_turn_at_a_time(tmp_path):
    lock = tmp_path / "a" / "sync.lock"
    with turn(lock), pytest.raises(AnotherCycle), turn(lock, wait=0):
        pass
    with turn(lock, wait=0):
        pass


def test_a_turn_ends_with_its_process(tmp_path):
    """Killed, it holds nothing."""
    lock = tmp_path / "sync.lock"
    root = Path(__file__).resolve().parents[1]
    script = f"import sys, os; sys.path.insert(0, {str(root)!r})\n"
    script += "from pathlib import Path\nfrom integrations.running import turn\n"
    script += f"with turn(Path({str(lock)!r}), wait=0):\n    print('held', flush=True)\n    sys.stdin.read()\n"
    with subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(AnotherCycle), turn(lock, wait=0):
            pass
        other.kill()
    with turn(lock, wait=0):
        pass


def test_another_cycle_is_waited_for(office, monkeypatch):
    """It ends while we wait."""
    with turn(office.parts.settings.data / "sync.lock"):
        pass
    held = threading.Event()
    go = threading.Event()

    def hold():
        with turn(office.parts.settings.data / "sync.lock"):
            held.set()
            go.wait()

    other = threading.Thread(target=hold)
    other.start()
    held.wait()
    monkeypatch.setattr(running.time, "sleep", lambda _seconds: (go.set(), other.join()))
    report, _waiting = run_cycle(office.parts)
    assert report.written == 3


# ---------------------------------------------------------------- the command line


def test_what_sync_answers(run, office):
    first = run("sync", "--json")
    assert (first.status, set(first.json)) == (0, set(COUNTS))
    assert (first.json["workbooks"], first.json["written"]) == (3, 3)
    quiet = run("sync", "--json")
    assert {name: quiet.json[name] for name in COUNTS} == {**dict.fromkeys(COUNTS, 0), "workbooks": 3}
    text = run("sync")
    assert text.out == "3 份，读 0，写 0；收 0 格，写 0 格；冲突 0，问题 0，待删 0，停 0\n"


def test_a_dry_run_makes_nothing(run, office):
    rehearsed = run("sync", "--dry-run", "--json")
    assert rehearsed.json["written"] == 3
    assert not office.sheets.root.exists()
    assert run("sync", "--json").json == rehearsed.json


def disagree(office):
    """A conflict, a proposal, a problem, a put-back, and a stopped workbook."""
    office.change("activities", "a1", persons=60)
    with office.paper() as paper:
        paper.set(paper.of("a1"), PERSONS, 50)
        paper.set(paper.of("a3"), PERSONS, "十二")
        paper.remove(paper.of("a2"))
    with office.paper(BRANCH, "馆点") as paper:
        paper.set(2, "级别", "总馆")
    office.sheets.path("C112").write_bytes(b"x")


def test_matters_are_no_fault(run, office):
    run("sync")
    disagree(office)
    told = run("sync", "--json")
    assert told.status == 0
    waiting = {name: told.json[name] for name in ("conflicts", "problems", "proposals", "stopped")}
    assert waiting == {"conflicts": 1, "problems": 2, "proposals": 1, "stopped": 1}


def test_conflicts_and_their_decision(run, office):
    run("sync")
    disagree(office)
    run("sync")
    (one,) = run("conflicts", "--json").json["conflicts"]
    number = one.pop("id")
    assert one == {
        "kind": "cell",
        "table": "activities",
        "row": "a1",
        "field": "persons",
        "base": 1,
        "app": 60,
        "sheet": 50,
        "workbook": BRANCH,
    }
    assert run("conflicts").out == f"{number}  {BRANCH} 活动台账 a1 参加人次：原来 1，台账 60，共享表 50\n"
    assert run("conflicts", "resolve", number, "--keep", "neither").status == 2
    assert run("conflicts", "resolve", 999, "--keep", "app", "--json").json.keys() == {"error"}
    told = run("conflicts", "resolve", number, "--keep", "sheet", "--json")
    assert (told.status, told.json["kept"], told.json["changeset"] > 0) == (0, "sheet", True)
    assert run("conflicts", "--json").json == {"conflicts": []}
    assert run("sync", "--json").json["conflicts"] == 0
    assert office.record("activities", "a1")["persons"] == 50


def test_conflicts_of_whole_rows_in_words(run, office):
    run("sync")
    with office.paper() as paper:
        paper.set(paper.of("a1"), PERSONS, 50)
        paper.remove(paper.of("a2"))
    office.change("activities", "a2", persons=60)
    assert run("delete", "activities", "a1").status == 0
    run("sync")
    lines = sorted(line.split("：", 1)[1] for line in run("conflicts").out.splitlines())
    assert lines == ["共享表里删了这一行，台账里改过", "台账里删了这一行，共享表里改过：参加人次 50"]


def test_proposals_and_their_answers(run, office):
    run("sync")
    with office.paper() as paper:
        paper.remove(paper.of("a2"))
        paper.remove(paper.of("a3"))
    run("sync")
    told = run("proposals", "--json").json["proposals"]
    assert [set(one) for one in told] == [{"id", "table", "row", "title", "workbook", "at"}] * 2
    assert run("proposals").out.splitlines() == [f"{one['id']}  {BRANCH} 活动台账 {one['title']}" for one in told]
    assert run("proposals", "accept", told[0]["id"]).status == 0
    assert run("proposals", "refuse", told[1]["id"]).status == 0
    assert run("proposals", "accept", told[1]["id"]).status == 2
    told_then = run("sync", "--json").json
    assert (told_then["written"], told_then["proposals"]) == (1, 0)
    assert [one["id"] for one in office.records("activities")] == ["a1", "a3"]


def test_workbooks_and_problems(run, office):
    run("sync")
    disagree(office)
    run("sync")
    told = run("workbooks", "--json").json
    assert {one["code"]: one["state"] for one in told["workbooks"]} == {
        "C11": "fine",
        BRANCH: "fine",
        "C112": "stopped",
    }
    bad, back = sorted(told["problems"], key=lambda one: one["put_back"])
    assert (bad["workbook"], bad["table"], bad["row"], bad["field"], bad["text"]) == (
        BRANCH,
        "activities",
        "a3",
        "persons",
        "十二",
    )
    assert (back["cell"], back["text"], back["at"][:4].isdigit()) == ("E2", "总馆", True)
    assert "“总馆” 级别由台账填写，已改回" in run("workbooks").out
    assert run("workbooks", "release", BRANCH, "--how", "restore").status == 2
    assert run("workbooks", "release", "C112", "--how", "restore", "--json").json == {"code": "C112", "how": "restore"}


def test_only_what_is_in_scope(run, office):
    run("sync")
    disagree(office)
    run("sync")
    made = run(
        "user", "add", "ann", "--role", "branch", "--site", "C112", "--password-stdin", stdin="Correct-Horse-7\n"
    )
    assert made.status == 0
    assert run("conflicts", "--json", "--as", "ann").json == {"conflicts": []}
    assert run("proposals", "--json", "--as", "ann").json == {"proposals": []}
    told = run("workbooks", "--json", "--as", "ann").json
    assert ([one["code"] for one in told["workbooks"]], told["problems"]) == (["C112"], [])
    assert run("conflicts", "resolve", 1, "--keep", "app", "--as", "ann").status == 2


def test_held_is_told(run, office):
    run("sync")
    lease = office.sheets.root / ".zongfen.json"
    lease.write_text(lease.read_text().replace('"installation":"', '"installation":"x'))
    held = run("sync", "--json")
    assert (held.status, "--take-over" in held.json["error"]) == (2, True)
    assert run("sync", "--take-over", "--json").status == 0
    assert run("sync").status == 0


def test_notes_are_told(run, office):
    run("sync")
    path = office.sheets.path(BRANCH)
    path.with_name("副本.xlsx").write_bytes(path.read_bytes())
    assert f"副本.xlsx：{BRANCH} 的副本，没有读" in run("sync").err


# ---------------------------------------------------------------- watching


def test_watching(office, monkeypatch):
    """A cycle at once, one whenever the folder changes, and an end when told."""
    stop, said = threading.Event(), []

    def changes(folder, **options):
        assert (folder, options["stop_event"], options["yield_on_timeout"]) == (office.sheets.root, stop, True)
        assert [len(said), len(office.sheets.codes())] == [1, 3]
        with office.paper() as paper:
            paper.set(paper.of("a1"), PERSONS, 50)
        yield {("modified", "x")}
        yield set()

    monkeypatch.setattr("watchfiles.watch", changes)
    watch_cycles(office.parts, said.append, stop)
    assert said[0].startswith("读 0，写 3；收 0 格，写 ")
    assert said[1:] == ["读 1，写 0；收 1 格，写 0 格；冲突 0，停 0"]
    assert office.record("activities", "a1")["persons"] == 50


def test_watching_goes_on_beside_another_cycle(office, monkeypatch):
    said = []
    monkeypatch.setattr("watchfiles.watch", lambda *_arguments, **_options: iter([set()]))
    with turn(office.parts.settings.data / "sync.lock"):
        monkeypatch.setattr(syncing, "run_cycle", lambda parts: run_cycle(parts, wait=0))
        watch_cycles(office.parts, said.append)
    assert said == ["另一次同步还没结束，过一会儿再试"]  # twice tried, once said


def test_watching_really_stops(office):
    """With the real watcher: it is told to stop by its first word."""
    stop = threading.Event()
    watch_cycles(office.parts, lambda _text: stop.set(), stop)
    assert len(office.sheets.codes()) == 3
