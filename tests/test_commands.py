"""The command line as scripts meet it: statuses, one JSON object, who acts, never a traceback."""

import csv
import io
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from commands.main import MODULES, main
from models.catalog import catalog
from models.database import Database
from models.history import ORIGINS
from tests.world import FEW, csv_file

ROOT = Path(__file__).resolve().parents[1]
SHIPPED = ROOT / "models" / "shipped"
PASSWORD = "Correct-Horse-7"


@pytest.fixture(scope="session")
def registered(tmp_path_factory):
    """The folder of an installation with a few sites and three accounts; tests copy it."""
    data = tmp_path_factory.mktemp("registered") / "data"
    sites = csv_file(data.parent / "sites.csv", FEW)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ZONGFEN_DATA", str(data))
        for arguments in (
            ["init", "--admin", "boss", "--password-stdin"],
            ["import", "sites", str(sites)],
            ["user", "add", "clerk", "--role", "branch", "--site", "C111", "--password-stdin"],
            ["user", "add", "reader", "--role", "reader", "--county", "官渡区", "--password-stdin"],
        ):
            patch.setattr("sys.stdin", io.StringIO(f"{PASSWORD}\n"))
            assert main(arguments) == 0
    return data


@pytest.fixture
def made(run, registered, tmp_path):
    """A copy of it; returns `run`."""
    shutil.copytree(registered, tmp_path / "data")
    return run


def rows_of(run, tmp_path, table, *where, account=()):
    """A table's rows as an export gives them."""
    out = tmp_path / "out.csv"
    ran = run(
        "export", table, out, "--headers", "name", *(part for one in where for part in ("--where", one)), *account
    )
    assert ran.status == 0, ran.err
    with out.open(encoding="utf-8-sig", newline="") as handle:
        return list(csv.DictReader(handle))


# ---------------------------------------------------------------- statuses and JSON

UNUSABLE = {
    "no command": ["colour"],
    "no such option": ["tables", "--colour"],
    "no table": ["export"],
    "an unknown table": ["tables", "colours"],
    "an unknown table to import": ["import", "colours", "{data}/x.csv"],
    "an unknown table to export": ["export", "colours", "{data}/x.csv"],
    "an absent file": ["import", "sites", "{data}/absent.csv"],
    "a folder as a file": ["import", "sites", "{data}"],
    "a file without a header": ["import", "sites", "{data}/no.csv"],
    "a file of another kind": ["import", "sites", "{data}/picture.xlsx"],
    "an unknown sheet": ["import", "sites", "{data}/no.csv", "--sheet", "馆点"],
    "an unknown ending": ["export", "sites", "{data}/x.pdf"],
    "a place where nothing can be written": ["export", "sites", "{data}/nowhere/x.csv"],
    "a folder to write over": ["export", "sites", "{data}/folder.csv"],
    "unknown headers": ["export", "sites", "{data}/x.csv", "--headers", "both"],
    "an unknown field": ["export", "sites", "{data}/x.csv", "--where", "colour=red"],
    "a value that is none": ["export", "sites", "{data}/x.csv", "--where", "level=castle"],
    "a number that may not be asked for": ["export", "plaques", "{data}/x.csv", "--where", "site.phone=13812345678"],
    "no such row": ["delete", "sites", "C999"],
    "no such row's history": ["history", "sites", "C999"],
    "no such change set": ["undo", "999"],
    "a change set that is no number": ["undo", "first"],
    "an unknown account": ["export", "sites", "{data}/x.csv", "--as", "nobody"],
    "an account without a name": ["export", "sites", "{data}/x.csv", "--as"],
    "a database that is there": ["init"],
    "an unknown example": ["init", "--example", "paris"],
}


@pytest.mark.parametrize("arguments", UNUSABLE.values(), ids=UNUSABLE)
def test_what_cannot_be_used_ends_with_2_and_says_why(made, tmp_path, arguments):
    data = tmp_path / "data"
    csv_file(data / "no.csv", [("foo", "bar"), (1, 2)])
    (data / "picture.xlsx").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
    (data / "folder.csv").mkdir()
    ran = made(*(one.format(data=data) for one in arguments))
    assert (ran.status, ran.out) == (2, "")
    assert ran.err.strip()
    assert "Traceback" not in ran.err
    told = made(*(one.format(data=data) for one in arguments), "--json")
    if arguments[-1] != "--as":  # there --json is the name
        assert told.status == 2
        assert set(told.json) == {"error"}
        assert told.json["error"] in told.err


def test_without_a_database_every_command_says_init(run, tmp_path):
    for arguments in (
        ["export", "sites", tmp_path / "x.csv"],
        ["import", "sites", SHIPPED / "kunming_sites.csv"],
        ["history", "sites", "C1"],
        ["undo", "1"],
        ["delete", "sites", "C1"],
        ["export", "sites", tmp_path / "x.csv", "--as", "nobody"],
    ):
        ran = run(*arguments, "--json")
        assert ran.status == 2
        assert "init" in ran.json["error"]
    assert not (tmp_path / "data").exists()


def test_problems_in_the_data_end_with_1_and_nothing_is_written(made, tmp_path):
    bad = csv_file(tmp_path / "bad.csv", [("code", "name", "area_m2"), ("C11", "新名", ""), ("C111", "关上馆", "十二")])
    before = rows_of(made, tmp_path, "sites")
    for more in ([], ["--dry-run"]):
        ran = made("import", "sites", bad, "--json", *more)
        assert ran.status == 1
        assert ran.json == {
            "added": 0,
            "updated": 1,
            "unchanged": 0,
            "rejected": 1,
            "problems": [{"row": 3, "field": "area_m2", "value": "十二", "message": "面积填数字，0 至 100,000"}],
            "warnings": [],
            "changeset": None,
        }
        assert "第 3 行" in ran.err
    assert rows_of(made, tmp_path, "sites") == before


def test_what_the_store_refuses_ends_with_1_as_one_object_too(made):
    ran = made("delete", "sites", "C111", "--json")
    assert ran.status == 1
    messages = [one["message"] for one in ran.json["problems"]]
    assert sorted(messages) == ["还有 1 行上级沿革用到它", "还有 1 行馆点用到它"]
    assert made("delete", "sites", "C111").out == ""


def test_a_dry_run_gives_the_numbers_and_writes_nothing(made, tmp_path):
    new = csv_file(tmp_path / "new.csv", [("code", "name", "note"), ("C11", "官渡馆", "好"), ("C12", "西山馆", "")])
    dry = made("import", "sites", new, "--dry-run", "--json")
    assert (dry.status, dry.json["updated"], dry.json["unchanged"], dry.json["changeset"]) == (0, 1, 1, None)
    assert rows_of(made, tmp_path, "sites", "note=好") == []
    wet = made("import", "sites", new, "--json")
    assert wet.json["changeset"] > 1
    assert {**wet.json, "changeset": None} == dry.json
    again = made("import", "sites", new, "--json")
    assert (again.status, again.json["updated"], again.json["changeset"]) == (0, 0, None)


def test_a_dry_run_tells_what_the_store_would_refuse(made, tmp_path):
    taken = csv_file(tmp_path / "new.csv", [("code", "status"), ("C111", "已建成")])
    for more in (["--dry-run"], []):
        ran = made("import", "sites", taken, "--json", "--as", "clerk", *more)
        assert (ran.status, ran.json["rejected"], ran.json["updated"]) == (1, 1, 0)
        assert [one["row"] for one in ran.json["problems"]] == [2]


def test_warnings_end_with_0(run):
    assert run("init").status == 0
    ran = run("import", "targets", SHIPPED / "targets.csv", "--json")
    assert (ran.status, ran.json["added"], len(ran.json["warnings"])) == (0, 18, 2)


def test_json_is_one_object_in_plain_characters(made, tmp_path):
    for arguments in (
        ["tables"],
        ["tables", "sites"],
        ["export", "sites", tmp_path / "x.csv"],
        ["history", "sites", "C111"],
        ["import", "sites", csv_file(tmp_path / "sites.csv", FEW)],
    ):
        ran = made(*arguments, "--json")
        assert ran.status == 0
        assert ran.out.count("\n") == 1
        assert isinstance(ran.json, dict)
        assert "\\u" not in ran.out


# ---------------------------------------------------------------- the data dictionary


def test_the_data_dictionary_tells_every_field(run):
    tables = {one["name"]: one for one in run("tables", "--json").json["tables"]}
    assert set(tables) == {table.name for table in catalog()}
    keys = ("name", "label", "kind", "required", "choices", "editable", "unit", "ref", "key")
    for table in catalog():
        fields = tables[table.name]["fields"]
        assert [one["name"] for one in fields] == [one.name for one in table.fields]
        assert all(tuple(one) == keys for one in fields)
        assert {one["editable"] for one in fields} <= {"both", "app", "none"}
    level = next(one for one in tables["sites"]["fields"] if one["name"] == "level")
    assert level["choices"][0] == {"code": "center", "label": "中心馆"}
    assert run("tables", "sites", "--json").json["tables"] == [tables["sites"]]
    text = run("tables").out
    assert all(f"{table.name}  {table.label}" in text for table in catalog())


def test_the_data_dictionary_needs_no_installation(run, tmp_path):
    assert run("tables").status == 0
    assert not (tmp_path / "data").exists()


# ---------------------------------------------------------------- a row's life


def test_a_row_is_changed_deleted_and_brought_back(made, tmp_path):
    new = csv_file(tmp_path / "new.csv", [("code", "name", "area_m2"), ("C1111", "关上点", "260.5")])
    change = made("import", "sites", new, "--json").json["changeset"]
    (entry, born) = made("history", "sites", "C1111", "--json").json["changes"]
    assert entry == {
        "changeset": change,
        "at": entry["at"],
        "actor": "cli",
        "origin": "import",
        "field": "area_m2",
        "before": None,
        "after": 260.5,
    }
    assert (born["field"], born["before"], born["after"]["code"]) == (None, None, "C1111")
    deleted = made("delete", "sites", "C1111", "--json")
    assert (deleted.status, deleted.json["deleted"]) == (0, 2)  # with its period under C111
    assert rows_of(made, tmp_path, "sites", "code=C1111") == []
    undone = made("undo", deleted.json["changeset"], "--json")
    assert (undone.status, undone.json["undone"], undone.json["kept"]) == (0, 2, [])
    assert [one["area_m2"] for one in rows_of(made, tmp_path, "sites", "code=C1111")] == ["260.5"]
    newest = made("history", "sites", "C1111", "--json").json["changes"][0]
    assert newest["origin"] == "undo"
    assert {one["origin"] for one in made("history", "sites", "C1111", "--json").json["changes"]} <= set(ORIGINS)


def test_an_undo_that_meets_newer_edits_ends_with_1(made, tmp_path):
    rows = [("code", "name", "note", "address"), ("C111", "关上馆", "甲", "路")]
    first = made("import", "sites", csv_file(tmp_path / "a.csv", rows), "--json").json["changeset"]
    made("import", "sites", csv_file(tmp_path / "b.csv", [("code", "note"), ("C111", "乙")]), "--as", "clerk")
    ran = made("undo", first, "--json")
    assert (ran.status, ran.json["changeset"], ran.json["undone"]) == (1, None, 0)
    (kept,) = ran.json["kept"]
    assert tuple(kept) == ("table", "row", "field", "by", "at")
    assert (kept["table"], kept["field"], kept["by"]) == ("sites", "note", "clerk")
    forced = made("undo", first, "--force", "--json")
    assert (forced.json["undone"], len(forced.json["kept"])) == (1, 1)
    (site,) = rows_of(made, tmp_path, "sites", "code=C111")
    assert (site["note"], site["address"]) == ("乙", "")


# ---------------------------------------------------------------- who acts


@pytest.mark.parametrize("place", ["before", "after", "joined", "environment"])
def test_who_acts_is_told_before_or_after_the_command_or_by_the_environment(made, tmp_path, monkeypatch, place):
    rows = csv_file(tmp_path / "a.csv", [("code", "note"), ("C111", "甲")])
    command = ["import", "sites", rows, "--json"]
    if place == "environment":
        monkeypatch.setenv("ZONGFEN_USER", "clerk")
    arguments = {
        "before": ["--as", "clerk", *command],
        "after": [*command, "--as", "clerk"],
        "joined": [*command, "--as=clerk"],
        "environment": command,
    }[place]
    assert made(*arguments).status == 0
    monkeypatch.delenv("ZONGFEN_USER", raising=False)
    assert made("history", "sites", "C111", "--json").json["changes"][0]["actor"] == "clerk"


def test_the_option_wins_over_the_environment(made, tmp_path, monkeypatch):
    monkeypatch.setenv("ZONGFEN_USER", "reader")
    rows = csv_file(tmp_path / "a.csv", [("code", "note"), ("C111", "甲")])
    assert made("import", "sites", rows).status == 1
    assert made("import", "sites", rows, "--as", "clerk").status == 0


def test_an_account_sees_its_own_alone(made, tmp_path):
    assert [one["code"] for one in rows_of(made, tmp_path, "sites", account=("--as", "clerk"))] == ["C111", "C1111"]
    for arguments in (["history", "sites", "C12"], ["delete", "sites", "C12"]):
        ran = made(*arguments, "--as", "clerk")
        assert ran.status == 2
        assert ran.err.strip() == "馆点里没有 C12"


def test_an_account_that_may_not_see_numbers_gets_blanks_and_is_told(made, tmp_path):
    made("import", "sites", csv_file(tmp_path / "a.csv", [("code", "phone"), ("C111", "13812345678")]))
    ran = made("export", "sites", tmp_path / "x.csv", "--as", "reader")
    assert "电话" in ran.err
    assert "138" not in (tmp_path / "x.csv").read_text(encoding="utf-8-sig")
    back = made("import", "sites", tmp_path / "x.csv", "--dry-run", "--as", "reader", "--json")
    assert (back.status, back.json["unchanged"]) == (0, 3)  # a blank where a number was hidden clears nothing


def test_a_disabled_account_acts_no_more(made, tmp_path):
    assert made("user", "disable", "clerk").status == 0
    assert made("export", "sites", tmp_path / "x.csv", "--as", "clerk").status == 2


def test_a_command_waits_for_no_longer_than_it_must(made, tmp_path, monkeypatch):
    monkeypatch.setattr("models.database.BUSY_MS", 50)
    rows = csv_file(tmp_path / "a.csv", [("code", "note"), ("C111", "甲")])
    other = Database(f"sqlite:///{tmp_path / 'data' / 'zongfen.db'}")
    with other.write():
        ran = made("import", "sites", rows, "--json")
    other.close()
    assert (ran.status, set(ran.json)) == (2, {"error"})
    assert made("import", "sites", rows).status == 0


# ---------------------------------------------------------------- the process itself

HEAVY = ("nicegui", "pandas", "reportlab", "gspread", "alembic", "fastapi", "xlsxwriter", "lxml", "argon2")
PROBE = """
import json, sys
from commands.main import main
status = main(sys.argv[1:])
print(json.dumps([status, [name for name in {heavy!r} if name in sys.modules]]), file=sys.stderr)
"""


def loaded(arguments, tmp_path):
    """The heavy modules that a command loads, in a process of its own."""
    env = {**os.environ, "ZONGFEN_DATA": str(tmp_path / "data")}
    ran = subprocess.run(
        [sys.executable, "-c", PROBE.format(heavy=HEAVY), *map(str, arguments)],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        check=True,
    )
    status, names = json.loads(ran.stderr.splitlines()[-1])
    assert status == 0
    return names


def test_a_command_loads_only_what_it_needs(tmp_path):
    assert loaded(["tables", "--json"], tmp_path) == []
    assert set(loaded(["init"], tmp_path)) <= {"argon2"}
    assert set(loaded(["import", "sites", csv_file(tmp_path / "sites.csv", FEW)], tmp_path)) <= {"argon2"}
    assert set(loaded(["export", "sites", tmp_path / "x.xlsx"], tmp_path)) <= {"argon2", "xlsxwriter"}


def test_app_py_is_the_command_line(tmp_path):
    env = {**os.environ, "ZONGFEN_DATA": str(tmp_path / "data"), "PYTHONIOENCODING": "ascii"}
    ran = subprocess.run(
        [sys.executable, ROOT / "app.py", "tables", "colours", "--json"], cwd=tmp_path, env=env, capture_output=True
    )
    assert ran.returncode == 2
    assert json.loads(ran.stdout) == {"error": "没有这张表：colours"}
    assert ran.stderr.decode("utf-8").strip() == "没有这张表：colours"


@pytest.mark.parametrize("tables", [["targets"], []], ids=["little", "much"])
def test_a_reader_of_the_output_may_go_away(tmp_path, tables):
    reading, writing = os.pipe()
    os.close(reading)
    ran = subprocess.run(
        [sys.executable, ROOT / "app.py", "tables", *tables], cwd=tmp_path, stdout=writing, stderr=subprocess.PIPE
    )
    os.close(writing)
    assert (ran.returncode, ran.stderr) == (0, b"")


def test_every_command_explains_itself(run):
    for name in MODULES:
        ran = run(name, "--help")
        assert ran.status == 0, name
        assert "Usage" in ran.out
    listed = run("--help")
    assert listed.status == 0
    assert all(name in listed.out for name in MODULES)
