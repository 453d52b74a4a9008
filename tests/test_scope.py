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
from integrations.packing import packed
from integrations.running import run_cycle
from models import exported
from models.access import CLI
from models.catalog import catalog
from models.reviews import keep_review
from models.services import open_installation
from models.settings import settings
from pages.server import create_app
from tests import papers, tokens
from tests.conftest import NOW, environment
from tests.tokens import CODES, READERS, leaked, token
from tests.web import admit, session_of, site_app, visit
from tests.world import COUNTIES

DATABASES = ("sqlite",)
SHUT = (303, 400, 401, 403, 404, 422)  # what those hear who have not signed in
SHARES = 9  # what is asked row by row is shared out among the readers, else the walk would take minutes
REVIEW = "of-an-admin"
OTHERS = ("/_nicegui", "/static", "/favicon.ico")  # the program's own files: they hold no record

ROWS = {
    "sites": [*(f"s{code}" for code in CODES[::2]), *CODES[1::2]],  # by id or by key
    "site_parents": [f"{code}/" for code in CODES],
    "plaques": [f"p{code}" for code in CODES],
    "activities": [f"{prefix}{code}" for code in CODES for prefix in "ax"],  # an x is in the trash
    "targets": [*(f"t{one}" for one in COUNTIES), *COUNTIES],
    "plaque_orders": ["o官渡区", "o西山区", "o全市", "N0", "N1", "N9"],
    # Any other table: what a site owns; templates and such hold nothing of a site's.
    **{
        table.name: [f"{table.name}-{code}" for code in CODES] if table.owner else []
        for table in catalog()
        if table.name not in (*tokens.BY_HAND, "targets", "plaque_orders")
    },
}
TABLES = [name for name, rows in ROWS.items() if rows] + ["custom_fields"]  # of those without a site's rows one will do


@pytest.fixture(scope="module")
def base(tmp_path_factory, sqlite_template):
    """The city of secrets, made once."""
    data = tmp_path_factory.mktemp("secrets") / "data"
    data.mkdir()
    shutil.copy(sqlite_template, data / "zongfen.db")
    parts = open_installation(settings(environment(data)), lambda: NOW)
    tokens.build(parts)
    admit(parts, (actor for actor, _places in READERS.values()))
    keep_secrets(parts)
    made_files(parts)
    yield parts
    parts.database.close()


def keep_secrets(parts) -> None:
    """A file that an admin has brought and not yet written: it holds a word of every site."""
    cells = [["编码", "名称", "备注"], *([code, token(code, "name"), token(code, "note")] for code in CODES)]
    with parts.database.write() as connection:
        keep_review(connection, CLI, "sites", "import", "全市.xlsx", [("", packed(cells))], NOW, number=REVIEW)


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


def share_of(reader: str) -> int:
    return list(READERS).index(reader) % SHARES


def filled(path: str, reader: str = "admin") -> Iterator[tuple[str, dict[str, str]]]:
    """The path with the values that its parameters may have: a ninth of the rows, another ninth for the next reader."""
    share = share_of(reader)
    values: dict[str, list[str]] = {
        "name": TABLES,
        "code": list(
            CODES[share::9] if path.endswith(".pdf") else CODES[share::5] if path.startswith("/sites") else CODES
        ),
        "changeset": [str(number) for number in (*range(1, 8), *range(8 + share, 60, 6))],
        "number": ["nothing"],
        "export": [str(number) for number in range(1, len(READERS) + 1)],
        "rest": ["nothing"],
        "view": ["nothing"],
    }
    names = re.findall(r"{(\w+)(?::\w+)?}", path)
    for told in itertools.product(*(values[name] for name in names if name != "row")):
        given = dict(zip((name for name in names if name != "row"), told, strict=True))
        for row in ROWS[given["name"]][share::SHARES] if "row" in names else [""]:
            parts = {**given, "row": row}
            yield re.sub(r"{(\w+)(?::\w+)?}", lambda found: parts[found[1]], path), parts  # noqa: B023


def asked(path: str, table: str, reader: str) -> list[dict[str, Any]]:
    """The questions to put to a GET: what could draw out what is not shown."""
    share, turn = share_of(reader), list(ROWS).index(table) if table else 0
    questions: dict[str, list[dict[str, Any]]] = {
        "/api/v1/tables/{name}": [
            {"limit": 1000, "about": 1},
            {"q": "«"},
            {"where": "note:filled", "sort": "-note"},
            {"ids": ",".join(row for rows in ROWS.values() for row in rows), "about": 1},
        ],
        "/api/v1/tables/{name}/names": [{"limit": 200}],
        "/api/v1/search": [
            {"q": one} for one in ("«", *CODES[share::SHARES], token("C530112", "name"), token("C530111", "head"))
        ],
        "/export/{name}": [{}],
        "/review": [{}, {"table": "sites"}, {"id": REVIEW}],
        "/tables/{name}": [{"row": row} for row in [*ROWS.get(table, []), ""][share::17] if (share + turn) % 3 == 0],
    }
    return questions.get(path, [{}])


def readable(answer) -> str:
    """An answer as text, a workbook unpacked, with what JSON and HTML escape in it."""
    if "spreadsheetml" in answer.headers.get("content-type", ""):
        Path("got.xlsx").write_bytes(answer.content)
        return unpacked(Path("got.xlsx"))
    if "pdf" in answer.headers.get("content-type", ""):
        Path("got.pdf").write_bytes(answer.content)
        return "".join(papers.text(Path("got.pdf"), "-raw").split())  # cell by cell
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
    assert {"/", "/sync", "/tables/{name}", "/api/v1/search", "/export/{name}"} <= set(paths)
    assert {"/sites/{code:path}", "/exports/files/{export}"} <= set(paths)
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
        await no_hint(whole, base)


async def no_hint(whole, base):
    """A site out of scope looks like one that is not there."""
    async with visit(whole, session_of(base, "branch")) as client:
        pages = [await client.get(f"/sites/{code}") for code in ("C530112", "C530111003", "nothing", "a%2Fb%3F")]
        assert [page.status_code for page in pages] == [404] * 4
        assert all("没有这个馆点" in readable(page) for page in pages)
        for year in ("2025", "", "26", "x"):  # what is no year is as if none were asked for
            assert (await client.get("/sites/C530111001", params={"year": year})).status_code == 200


def every(path: str, reader: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every address and question of a GET."""
    for address, given in filled(path, reader):
        for question in asked(path, given.get("name", ""), reader):
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
        ("POST", "/api/v1/tables/{name}/additions"): [{"rows": [{}, refs]}],
        ("POST", "/api/v1/tables/{name}/deletions"): [{"rows": [one for rows in ROWS.values() for one in rows]}],
        ("POST", "/api/v1/tables/{name}/views"): [{"name": "x", "where": ["note:filled"]}],
        ("PUT", "/api/v1/tables/{name}/views/{view}"): [{"name": "x"}],
        ("DELETE", "/api/v1/tables/{name}/views/{view}"): [None],
        ("PUT", "/api/v1/tables/{name}/layout"): [{"columns": [{"name": "note", "width": 90}]}, {"columns": None}],
        ("DELETE", "/api/v1/tables/{name}/marks"): [{"row": row, "field": "note"}],
        ("POST", "/api/v1/tables/{name}/rows/{row:path}/seen"): [{}],
        ("POST", "/api/v1/undo/{changeset}"): [{"force": False}, {"force": True}],
        ("POST", "/api/v1/plans"): [
            *({"table": table, "changes": cells} for table in TABLES[::2]),
            *({"table": table, "deletes": [one]} for table, rows in ROWS.items() for one in rows[:1]),
        ],
        ("POST", "/api/v1/plans/{number}/apply"): [{}],
        ("POST", "/sync/books/{code}"): [None],
        ("POST", "/review/files"): [None],
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


def commands(reader: str) -> Iterator[tuple[str, ...]]:
    """The commands that tell something of records."""
    yield ("tables", "--json")
    for turn, table in enumerate(TABLES):
        file = ("out.csv", "out.json", "out.xlsx")[(turn + share_of(reader)) % 3]
        yield ("export", table, file, "--headers", "label" if turn % 2 else "name")
        for row in ROWS[table][share_of(reader) :: 17]:
            yield ("history", table, row, "--json")
    for words in (("conflicts",), ("proposals",), ("workbooks",)):
        yield (*words, "--json")
        yield words
    for file in ("out.txt", "out.csv", "out.xlsx"):
        yield ("plaques", "text", file)
    for number in (1, 5):
        yield ("undo", str(number), "--json")
        yield ("conflicts", "resolve", str(number), "--keep", "sheet", "--json")
        yield ("proposals", "refuse", str(number), "--json")


@pytest.mark.parametrize("name", READERS)
def test_no_command_tells_a_word(copy, run, name):
    actor, places = READERS[name]
    before = everything(copy, places)
    told = set()
    for command in commands(name):
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
