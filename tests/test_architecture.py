"""How the house is built: which way imports go, where no record type is named, and that a new one is one class."""

import ast
import csv
import functools
import os
import subprocess
import sys
from pathlib import Path
from typing import ClassVar

import pytest
from sqlmodel import SQLModel

from models.access import CLI, Actor
from models.catalog import MODELS, catalog
from models.changes import Change, Plan, birth, death, stored_values
from models.conditions import Sort, parse_condition
from models.database import Database, grow, system
from models.history import NoChangeset
from models.kinds import Choice, Date, Decimal, Int, Money, Multi, Ref, Text, choices
from models.query import NoRow, Query, Question
from models.schema import About, Field, Finding, Record, Rule, declare, derived
from models.services import Services
from models.settings import settings
from models.store import Refused, Store
from tests.conftest import NOW, environment
from tests.world import add, edit, new_row, read, row, site_row

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("models", "exports", "integrations", "pages", "commands")
SOURCES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))


def name_of(path):
    """models/kinds.py -> models.kinds"""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


@functools.cache
def imported(path):
    """The modules that a file imports, each as it stands there: `from models import rows` is models and models.rows."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {one.name for one in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name_of(path)}: a relative import"
            found |= {str(node.module), *(f"{node.module}.{one.name}" for one in node.names)}
    return found


# ---------------------------------------------------------------- arrows


def test_imports_go_one_way():
    """The contracts of .importlinter."""
    linter = Path(sys.executable).with_name("lint-imports")
    ran = subprocess.run(
        [linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, env={**os.environ, "COLUMNS": "200"}
    )
    assert ran.returncode == 0, ran.stdout


def test_the_program_imports_its_commands_alone():
    assert {one.split(".")[0] for one in imported(ROOT / "app.py")} == {"sys", "commands"}


# library -> where it may be imported
ALONE = {
    "nicegui": ("pages.",),
    "gspread": ("integrations.google",),
    "reportlab": ("exports.",),
    "pandas": ("exports.", "integrations.", "benchmarks."),
    "sqlmodel": ("models.",),
    "typer": ("commands.",),
    "python_calamine": ("integrations.",),
    "pytest": (),
    "hypothesis": (),
}


@pytest.mark.parametrize("library", ALONE)
def test_a_library_is_imported_where_it_belongs_alone(library):
    users = {name_of(path) for path in SOURCES if any(one.split(".")[0] == library for one in imported(path))}
    assert {name for name in users if not name.startswith(ALONE[library])} == set()


SUBJECTS = sorted({model.__module__ for model in MODELS})
OF_A_SUBJECT = {"models.kinds", "models.schema", "models.words", "models.periods", "models.templates"}


@pytest.mark.parametrize("subject", SUBJECTS)
def test_a_subject_is_pure(subject):
    """A record type's module knows kinds, schema, words and other subjects: no database, no surface, no clock."""
    path = ROOT / Path(*subject.split(".")).with_suffix(".py")
    ours = {one for one in imported(path) if one.split(".")[0] in PACKAGES}
    known = OF_A_SUBJECT | set(SUBJECTS)
    assert {one for one in ours if one not in known and one.rpartition(".")[0] not in known} == set()
    assert not imported(path) & {"datetime", "time", "sqlalchemy", "sqlmodel", "os", "pathlib", "random", "secrets"}


def test_pure_modules_ask_no_clock_and_touch_no_disk():
    for name in ("kinds", "schema", "changes", "access", "tree", "derive", "intake", "conditions"):
        source = (ROOT / "models" / f"{name}.py").read_text(encoding="utf-8")
        assert not [word for word in (".now(", ".today(", "open(", "Path(", "os.environ") if word in source], name


# ---------------------------------------------------------------- no surface asks which table it holds

GENERIC = ("pages/grid", "pages/form", "pages/review", "pages/api", "pages/tables", "pages/changing", "pages/answers")
GENERIC += ("integrations/reading", "integrations/workbook", "integrations/merge", "integrations/intake")
GENERIC += (
    "pages/review_told",
    "pages/review_list",
    "integrations/preview",
    "integrations/wanted",
    "integrations/incoming",
)
GENERIC += ("exports/tables", "models/query", "models/store", "models/judge", "models/unit", "models/intake")
NAMING = {
    "plaques",
    "checklists",
    "yearbooks",
    "assessments",
    "periods",
    "score_sheets",
}  # commands that are about one record type


def generic():
    """The modules that work for every record type."""
    files = [ROOT / f"{name}.py" for name in GENERIC] + sorted((ROOT / "commands").glob("*.py"))
    return [path for path in files if path.exists() and path.stem not in NAMING]


def constants(path):
    """The literals of a module, but for the list of the commands' own names."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "MODULES":
            continue
        yield from (one.value for one in ast.walk(node) if isinstance(one, ast.Constant))


@pytest.mark.parametrize("path", [pytest.param(path, id=name_of(path)) for path in generic()])
def test_generic_code_names_no_table(path):
    names = {table.name for table in catalog()}
    assert {one for one in constants(path) if isinstance(one, str) and one in names} == set()


# ---------------------------------------------------------------- a new record type is one class

STATES = choices(("lent", "借出", "Lent"), ("back", "归还", "Returned"), ("settled", "结清", "Settled"))


def lent_for_money(values):
    """A rule: what is lent for money says how much."""
    if values["paid"] is not None and values["site.level"] == "center":
        yield Finding("paid", "中心馆不收租金")


@pytest.fixture(scope="module")
def instruments():
    """A record type that the project does not have, declared as any other: one class in the list, and no other line."""

    class Instrument(Record, table=True):
        """乐器: what a site lends."""

        __tablename__ = "instruments"
        about: ClassVar[About] = About(
            "乐器",
            "Instruments",
            group="register",
            rules=(Rule(("paid", "site.level"), lent_for_money),),
            help="借出的乐器。",
        )

        site: str | None = declare("馆点", Ref(table="sites"), en="Site", key=True, owner=True, required=True)
        number: int | None = declare("号", Int(min=1), en="Number", key=True, required=True, aliases=("琴号",))
        name: str | None = declare("名称", Text(max=60), en="Name", required=True)
        length: float | None = declare("长", Decimal(min=0, unit="cm"), en="Length")
        paid: float | None = declare("租金", Money(min=0), en="Paid")
        rent: ClassVar[Field] = derived("每厘米", Decimal(), ("paid", "length"), per_length, en="Per cm")
        lent_on: str | None = declare("借出日期", Date(), en="Lent on")
        state: str | None = declare(
            "状态", Choice(choices=STATES), en="State", default="lent", locks=frozenset({"settled"})
        )
        players: list[str] | None = declare("去过", Multi(table="sites"), en="Where it was")
        plate: str | None = declare("铭牌号", Text(max=40, code=True), en="Plate", unique=True)
        phone: str | None = declare("电话", Text(max=40), en="Phone", sensitive=True)
        note: str | None = declare("备注", Text(max=200, lines=True), en="Note")

    MODELS.append(Instrument)
    yield Instrument
    MODELS.remove(Instrument)
    SQLModel.metadata.remove(Instrument.__table__)


def per_length(values):
    """A computed field: the rent by length."""
    return None if None in values.values() or not values["length"] else round(values["paid"] / values["length"], 2)


@pytest.fixture
def lending(instruments, tmp_path):
    """An installation with a hall, two branches and an instrument."""
    data = tmp_path / "data"
    data.mkdir()
    database, tables = Database(f"sqlite:///{data / 'zongfen.db'}"), catalog()
    grow(database, system, SQLModel.metadata)
    store, query = Store(database, tables, lambda: NOW), Query(database, tables)
    parts = Services(settings(environment(data)), database, tables, store, query)
    add(
        parts,
        "sites",
        site_row(parts, "C1", level="center"),
        site_row(parts, "C11", level="main", parent="C1", county="官渡区"),
        site_row(parts, "C111", parent="C11", county="官渡区", name="关上馆"),
        site_row(parts, "C112", parent="C11", county="官渡区"),
    )
    values = {"site": "C111", "number": 1, "name": "二胡", "length": 80.0, "paid": 40.0, "phone": "13812345678"}
    add(parts, "instruments", new_row(tables["instruments"], "i1", values))
    yield parts
    database.close()


HALL = Actor("馆长", "main", site="C11")
BRANCH = Actor("站长", "branch", site="C112")
READER = Actor("读者", "reader", site="C11")


def in_the_query(parts):
    """Listed, sorted, filtered, searched, computed, masked, in scope."""
    table = parts.catalog["instruments"]
    more = [("C112", 1, "古筝", 160.0, 40.0), ("C11", 7, "笛子", None, 5.0)]
    names = ("site", "number", "name", "length", "paid")
    add(parts, "instruments", *(new_row(table, f"i{one[0]}", dict(zip(names, one, strict=True))) for one in more))
    assert [one["name"] for one in read(parts, "instruments")] == ["笛子", "二胡", "古筝"]
    assert [one["rent"] for one in read(parts, "instruments")] == [None, 0.5, 0.25]
    with parts.database.read() as connection:
        view = parts.query.view(connection, HALL)
        assert view.find(table, "C111/1")["id"] == "i1"
        assert view.ids(table, Question(search="关上馆")) == ["i1"]
        assert view.ids(table, Question(sort=(Sort("rent"),))) == ["iC112", "i1", "iC11"]
        condition = parse_condition(parts.catalog, table, "site.name=关上馆")
        assert view.ids(table, Question(where=(condition,))) == ["i1"]
    assert {one["phone"] for one in read(parts, "instruments", READER)} == {"138****5678", None}
    assert [one["id"] for one in read(parts, "instruments", BRANCH)] == ["iC112"]


def in_the_store(parts):
    """Checked by its fields, its rule and its key, followed by references, taken along with its site."""
    other = new_row(parts.catalog["instruments"], "i9", {"site": "C111", "number": 9, "name": "笛", "plate": "P1"})
    add(parts, "instruments", other)
    for change in (
        Change("instruments", "i1", "plate", None, "P1"),
        Change("instruments", "i1", "length", 80.0, -1.0),
        Change("instruments", "i1", "state", "lent", "lost"),
        Change("instruments", "i1", "players", None, ["C9"]),
        Change("instruments", "i1", "site", "C111", "C1"),
        Change("instruments", "i1", "rent", 0.5, 1.0),
        birth("instruments", new_row(parts.catalog["instruments"], "i2", {"site": "C111", "number": 1, "name": "笛"})),
    ):
        with pytest.raises(Refused):
            parts.store.apply(Plan((change,)), CLI, "ui")
    edit(parts, "instruments", "i1", "players", None, ["C112", "C11"])
    edit(parts, "sites", "sC112", "code", "C112", "G112")
    assert row(parts, "instruments", "i1")["players"] == ["G112", "C11"]
    seen = stored_values(parts.catalog["sites"], row(parts, "sites", "sC111"))
    applied = parts.store.apply(Plan((death("sites", seen),)), CLI, "ui")
    assert read(parts, "instruments") == []
    parts.store.undo(applied.changeset, CLI)
    assert row(parts, "instruments", "i1")["name"] == "二胡"


def in_the_history(parts):
    """Told, and taken back, without a line of code for it."""
    applied = edit(parts, "instruments", "i1", "name", "二胡", "高胡", actor=HALL)
    table = parts.catalog["instruments"]
    with parts.database.read() as connection:
        entries = parts.query.view(connection, HALL).history(table, "C111/1")
        assert (entries[0].actor, entries[0].field, entries[0].after) == ("馆长", "name", "高胡")
        with pytest.raises(NoRow):
            parts.query.view(connection, BRANCH).history(table, "C111/1")
    with pytest.raises(NoChangeset):
        parts.store.undo(applied.changeset, BRANCH)
    parts.store.undo(applied.changeset, HALL)
    assert row(parts, "instruments", "i1")["name"] == "二胡"


def in_its_lock(parts):
    """A row in a locking state is changed in its state alone; what an undo cannot take back is listed."""
    named = edit(parts, "instruments", "i1", "name", "二胡", "高胡")
    seen = stored_values(parts.catalog["instruments"], row(parts, "instruments", "i1"))
    edit(parts, "instruments", "i1", "state", "lent", "settled")
    for change in (
        Change("instruments", "i1", "name", "高胡", "中胡"),
        death("instruments", {**seen, "state": "settled"}),
    ):
        with pytest.raises(Refused) as caught:
            parts.store.apply(Plan((change,)), CLI, "ui")
        assert {one.cause for one in caught.value.problems} == {"locked"}
    undone, told = parts.store.undo(named.changeset, CLI, force=True)
    assert (undone, [(one.row, one.field) for one in told.kept]) == (None, [("i1", "name")])
    edit(parts, "instruments", "i1", "state", "settled", "back")
    edit(parts, "instruments", "i1", "name", "高胡", "中胡")


# Every surface that a record type appears on by itself; one that is built later adds its line.
SURFACES = {"query": in_the_query, "store": in_the_store, "history and undo": in_the_history, "locks": in_its_lock}


@pytest.mark.parametrize("surface", SURFACES.values(), ids=SURFACES)
def test_a_new_record_type_is_there_by_itself(lending, surface):
    surface(lending)


def test_a_new_record_type_is_there_for_every_command(lending, run, tmp_path):
    """In the data dictionary, import, export, delete, history and undo."""
    lending.database.close()
    (told,) = run("tables", "instruments", "--json").json["tables"]
    assert [one["name"] for one in told["fields"]] == [one.name for one in lending.catalog["instruments"].fields]
    assert "乐器  借出的乐器。" in run("tables").out
    new = tmp_path / "new.csv"
    new.write_text("馆点,琴号,名称,租金,状态\n关上馆,2,笛子,1.5元,借出\nC111 关上馆,1,二胡,40,归还\n", encoding="utf-8")
    ran = run("import", "instruments", new, "--json")
    assert (ran.status, ran.json["added"], ran.json["updated"]) == (0, 1, 1)
    for suffix in ("csv", "xlsx"):
        out = tmp_path / f"out.{suffix}"
        assert run("export", "instruments", out).status == 0
        back = run("import", "instruments", out, "--json")
        assert (back.json["unchanged"], back.json["warnings"]) == (2, [])
    with (tmp_path / "out.csv").open(encoding="utf-8-sig", newline="") as handle:
        assert [(one["馆点"], one["状态"], one["每厘米"]) for one in csv.DictReader(handle)] == [
            ("C111 关上馆", "归还", "0.5"),
            ("C111 关上馆", "借出", ""),
        ]
    deleted = run("delete", "instruments", "C111/2", "--json")
    assert run("undo", deleted.json["changeset"], "--json").json["undone"] == 1
    assert len(run("history", "instruments", "C111/2", "--json").json["changes"]) == 3


def test_a_new_record_type_grows_into_an_installation_that_is_there(lending, instruments, tmp_path):
    """The table is made at the next start; the records that were there stay."""
    with lending.database.write() as connection:
        instruments.__table__.drop(connection)
        connection.exec_driver_sql("DELETE FROM meta WHERE name = 'schema'")
    made = grow(lending.database, system, SQLModel.metadata)
    assert made[0] == "instruments"
    assert read(lending, "instruments") == []
    assert len(read(lending, "sites")) == 4
