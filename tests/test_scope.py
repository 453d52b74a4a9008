"""No one learns a word from outside their scope: every route with every role, commands, files and workbooks.

Routes are found by walking the app. A new one is walked too; where this file does not know how to fill its path or its
body, the test fails until somebody tells it.
"""

import itertools
import re
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from exports.batch import make
from integrations.running import run_cycle
from models import exported
from models.services import open_installation
from models.settings import settings
from pages.server import create_app
from tests import tokens
from tests.conftest import NOW, environment
from tests.tokens import CODES, READERS, leaked, token
from tests.web import admit, session_of, site_app, visit
from tests.world import COUNTIES

DATABASES = ("sqlite",)
SHUT = (303, 400, 401, 403, 404, 422)  # what those hear who have not signed in
OTHERS = ("/_nicegui", "/static", "/favicon.ico")  # the program's own files: they hold no record

ROWS = {
    "sites": [*(f"s{code}" for code in CODES[::2]), *CODES[1::2]],  # by id or by key
    "site_parents": [f"{code}/" for code in CODES],
    "plaques": [f"p{code}" for code in CODES],
    "activities": [f"{prefix}{code}" for code in CODES for prefix in "ax"],  # an x is in the trash
    "targets": [*(f"t{one}" for one in COUNTIES), *COUNTIES],
    "plaque_orders": ["o官渡区", "o西山区", "o全市", "N0", "N1", "N9"],
}


@pytest.fixture(scope="module")
def base(tmp_path_factory, sqlite_template):
    """The city of secrets, made once."""
    data = tmp_path_factory.mktemp("secrets") / "data"
    data.mkdir()
    shutil.copy(sqlite_template, data / "zongfen.db")
    parts = open_installation(settings(environment(data)), lambda: NOW)
    tokens.build(parts)
    admit(parts, (actor for actor, _places in READERS.values()))
    made_files(parts)
    yield parts
    parts.database.close()


def made_files(parts) -> None:
    """A file of everyone's, made in their own scope, of the table that says most."""
    parts.settings.exports.mkdir()
    for actor, _places in READERS.values():
        with parts.database.write() as connection:
            number = exported.ask(connection, actor, "table", {"table": "sites"}, "馆点", ".csv", NOW)
        with parts.database.read() as connection:
            view = parts.query.view(connection, actor)
            path = parts.settings.exports / f"{number}.csv"
            made = make(view, "table", {"table": "sites"}, path, None, lambda done, of, what: None)
        with parts.database.write() as connection:
            exported.keep(connection, number, path.stat().st_size, None, made.items, "", view.reach)


@pytest.fixture
def copy(base, tmp_path):
    """A copy of it, to be changed."""
    data = tmp_path / "data"
    data.mkdir()
    with base.database.engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql(f"VACUUM INTO '{data / 'zongfen.db'}'")
    parts = open_installation(settings(environment(data)), lambda: NOW)
    yield parts
    parts.database.close()


# ---------------------------------------------------------------- the walk


def routes_of(routes) -> Iterator[tuple[str, str]]:
    """Method and path of every route of an app, those of apps below it included."""
    for route in routes:
        if inner := getattr(route, "original_router", route):
            below = getattr(inner, "routes", None)
        if below:
            yield from routes_of(below)
        elif methods := getattr(route, "methods", None):
            yield from ((method, route.path) for method in sorted(methods) if not route.path.startswith(OTHERS))


def filled(path: str, reader: str = "admin") -> Iterator[tuple[str, dict[str, str]]]:
    """The path with the values that its parameters may have: a third of the rows, another third for the next reader."""
    third = list(READERS).index(reader) % 3
    values: dict[str, list[str]] = {
        "name": list(ROWS),
        "code": list(CODES),
        "changeset": [str(number) for number in (*range(1, 8), *range(8 + third, 42, 6))],
        "number": ["nothing"],
        "export": [str(number) for number in range(1, len(READERS) + 1)],
        "rest": ["nothing"],
    }
    names = re.findall(r"{(\w+)(?::\w+)?}", path)
    for told in itertools.product(*(values[name] for name in names if name != "row")):
        given = dict(zip((name for name in names if name != "row"), told, strict=True))
        for row in ROWS[given["name"]][third::3] if "row" in names else [""]:
            parts = {**given, "row": row}
            yield re.sub(r"{(\w+)(?::\w+)?}", lambda found: parts[found[1]], path), parts  # noqa: B023


def asked(path: str, table: str) -> list[dict[str, Any]]:
    """The questions to put to a GET: what could draw out what is not shown."""
    questions: dict[str, list[dict[str, Any]]] = {
        "/api/v1/tables/{name}": [
            {"limit": 1000, "about": 1},
            {"q": "«"},
            {"where": "note:filled", "sort": "-note"},
            {"ids": ",".join(row for rows in ROWS.values() for row in rows), "about": 1},
        ],
        "/api/v1/tables/{name}/names": [{"limit": 200}, {"q": "«"}],
        "/api/v1/search": [{"q": one} for one in ("«", *CODES, token("C530112", "name"), token("C530111", "head"))],
        "/export/{name}": [{}, {"q": "«"}],
        "/tables/{name}": [{"row": row} for row in ROWS.get(table, [])[4::17]],
    }
    return questions.get(path, [{}])


def readable(answer) -> str:
    """An answer as text, a workbook unpacked, with what JSON and HTML escape in it."""
    if "spreadsheetml" in answer.headers.get("content-type", ""):
        Path("got.xlsx").write_bytes(answer.content)
        return unpacked(Path("got.xlsx"))
    return re.sub(r"\\u([0-9a-f]{4})", lambda found: chr(int(found[1], 16)), answer.text)


def unpacked(path: Path) -> str:
    with zipfile.ZipFile(path) as book:
        return "".join(book.read(name).decode("utf-8", "replace") for name in book.namelist())


@pytest.fixture(scope="module")
def whole(base):
    """The whole server, live pages included, in this process."""
    return create_app(base)


async def test_every_get_with_every_role(whole, base, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    paths = [path for method, path in routes_of(whole.routes) if method == "GET"]
    assert {"/", "/sync", "/tables/{name}", "/api/v1/search", "/export/{name}", "/exports/files/{export}"} <= set(paths)
    async with whole.router.lifespan_context(whole):
        for name, (actor, places) in READERS.items():
            seen = set()
            async with visit(whole, session_of(base, actor.name)) as client:
                for path in paths:
                    for address, question in every(path, name):
                        answer = await client.get(address, params=question)
                        assert answer.status_code < 500, (name, address, question)
                        text = readable(answer)
                        assert not leaked(text, name), (name, address, question)
                        seen |= {place for place, _what in tokens.tokens(text)}
            assert places <= seen, name  # the walk is of use: everyone did read what is theirs


def every(path: str, reader: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every address and question of a GET."""
    for address, given in filled(path, reader):
        for question in asked(path, given.get("name", "")):
            yield address, question


async def test_nobody_reads_a_word_without_signing_in(whole):
    async with whole.router.lifespan_context(whole), visit(whole) as client:
        for method, path in routes_of(whole.routes):
            for address, _parts in itertools.islice(filled(path), 12):
                answer = await client.request(method, address, json={} if method != "GET" else None)
                assert not tokens.tokens(answer.text), (method, address)
                assert answer.status_code in SHUT or address in ("/login", "/first", "/enter"), (method, address)


# ---------------------------------------------------------------- what changes something


def bodies(method: str, path: str, row: str) -> list[Any]:
    """What to send to a call that changes something; a new one has its line here."""
    note = {"before": None, "after": "x"}
    cells = [{"row": one, "field": "note", **note} for rows in ROWS.values() for one in rows]
    refs = {
        "site": "C530112",
        "code": "C530112",
        "parent": "C530112",
        "held_on": "2026-03-05",
        "title": "x",
        "name": "x",
    }
    known: dict[tuple[str, str], list[Any]] = {
        ("PATCH", "/api/v1/tables/{name}/rows/{row:path}"): [
            {"note": note},
            {"site": {"before": None, "after": "C530112"}},
        ],
        ("POST", "/api/v1/tables/{name}/rows"): [{"values": {}}, {"values": refs}],
        ("DELETE", "/api/v1/tables/{name}/rows/{row:path}"): [None],
        ("POST", "/api/v1/tables/{name}/cells"): [{"changes": cells}],
        ("DELETE", "/api/v1/tables/{name}/marks"): [{"row": row, "field": "note"}],
        ("POST", "/api/v1/tables/{name}/rows/{row:path}/seen"): [{}],
        ("POST", "/api/v1/undo/{changeset}"): [{"force": False}, {"force": True}],
        ("POST", "/api/v1/plans"): [
            *({"table": table, "changes": cells} for table in ROWS),
            *({"table": table, "deletes": [one]} for table, rows in ROWS.items() for one in rows[:3]),
        ],
        ("POST", "/api/v1/plans/{number}/apply"): [{}],
        ("POST", "/login"): [None],
        ("POST", "/first"): [None],
        ("POST", "/enter"): [None],
        **{(one, "/api/{rest:path}"): [{}] for one in ("POST", "PUT", "PATCH", "DELETE", "HEAD")},
    }
    return known[method, path]


def changing(app) -> list[tuple[str, str]]:
    """The routes that change something; the one that ends the session comes in no list."""
    return [(method, path) for method, path in routes_of(app.routes) if method != "GET" and path != "/logout"]


def test_every_call_that_changes_something_is_known(whole):
    for method, path in changing(whole):
        assert bodies(method, path, "")


@pytest.mark.parametrize("name", READERS)
async def test_what_is_not_one_s_own_is_neither_told_nor_changed(copy, name):
    actor, places = READERS[name]
    app, before = site_app(copy), everything(copy, places)
    async with visit(app, session_of(copy, actor.name)) as client:
        for method, path in changing(app):
            for address, given in filled(path, name):
                for body in bodies(method, path, given["row"]):
                    answer = await client.request(method, address, json=body)
                    assert answer.status_code < 500, (address, body)
                    assert not leaked(readable(answer), name), (address, body)
    assert everything(copy, places) == before


def everything(parts, places: set[str]) -> dict[str, Any]:
    """Every row outside a scope, as it stands."""
    from models.access import CLI

    with parts.database.read() as connection:
        view = parts.query.view(connection, CLI)
        rows = {table.name: view.page(table).rows for table in parts.catalog}
    owners = {table.name: table.owner or table.about.county for table in parts.catalog}
    return {
        f"{name} {row['id']}": row
        for name, found in rows.items()
        for row in found
        if (row[owners[name]] or "全市") not in places
    }


# ---------------------------------------------------------------- commands


def commands() -> Iterator[tuple[str, ...]]:
    """The commands that tell something of records."""
    yield ("tables", "--json")
    for table, rows in ROWS.items():
        yield ("export", table, "out.csv")
        yield ("export", table, "out.json", "--headers", "name")
        for row in rows[::5]:
            yield ("history", table, row, "--json")
    for words in (("conflicts",), ("proposals",), ("workbooks",)):
        yield (*words, "--json")
        yield words
    for file in ("out.txt", "out.csv", "out.xlsx"):
        yield ("plaques", "text", file)
    for number in (1, 2, 5, 9):
        yield ("undo", str(number), "--json")
        yield ("conflicts", "resolve", str(number), "--keep", "sheet", "--json")
        yield ("proposals", "refuse", str(number), "--json")


@pytest.mark.parametrize("name", READERS)
def test_no_command_tells_a_word(copy, run, name):
    actor, places = READERS[name]
    before = everything(copy, places)
    told = set()
    for command in commands():
        ran = run("--as", actor.name, *command)
        assert "Traceback" not in ran.err
        text = ran.out + ran.err
        for out in Path().glob("out.*"):
            text += unpacked(out) if out.suffix == ".xlsx" else out.read_text("utf-8-sig")
            out.unlink()
        assert not leaked(text, name), command
        told |= {place for place, _what in tokens.tokens(text)}
    assert places <= told
    assert everything(copy, places) == before


# ---------------------------------------------------------------- workbooks


def test_a_workbook_holds_its_own_sites_alone(copy, monkeypatch):
    with copy.database.write() as connection:
        for table in ("sync_books", "sync_conflicts", "sync_problems", "sync_proposals"):
            connection.exec_driver_sql(f"DELETE FROM {table}")
    run_cycle(copy)
    files = sorted(copy.settings.sheets.glob("*.xlsx"))
    assert len(files) == len([one for one in tokens.SITES if one[2] in ("main", "branch")])
    for path in files:
        code = path.name.split()[0]
        level = next(one[2] for one in tokens.SITES if one[0] == code)
        own = {one for one in CODES if one == code or (level == "branch" and one.startswith(code))}
        on_plaques = {tuple(told.split("/")) for at, told in tokens.ON_PLAQUES.items() if at in own}
        found = tokens.tokens(path.name + unpacked(path))
        assert {place for place, what in found - on_plaques} == own, path.name


# ---------------------------------------------------------------- what stands on plaques


def test_a_plaque_bears_another_s_name_only_by_the_rule(base):
    """CONTRACT §3: a school's branch has its name in place of the township, a center's own branch the center's before it."""
    from models.access import CLI

    with base.database.read() as connection:
        rows = base.query.view(connection, CLI).page(base.catalog["plaques"]).rows
    borrowed = {}
    for row in rows:
        others = {f"{place}/{what}" for place, what in tokens.tokens(row["wording"] or "") if place != row["site"]}
        if others:
            borrowed[row["site"]] = others
    assert borrowed == {code: {told} for code, told in tokens.ON_PLAQUES.items()}
