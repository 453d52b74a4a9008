"""The web app over HTTP, without its live pages: a client for everyone who may come, and the rows as they come back.

A module that imports `sqlite_template` and `postgres_template` from here finds the small city of world.py in its
`parts`, with an account for each of its ACTORS: built once, and copied for every test; `world`, `app` and `admin` of
conftest.py are that installation, its server, and a client of its administrator's.
"""

from collections.abc import Iterable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from models.access import Actor
from models.accounts import get_account, insert_account
from models.history import stamp
from models.services import Services, make_installation
from models.sessions import Arrival, add_token, open_session
from models.settings import settings
from pages import security
from pages.server import add_routes
from pages.session import COOKIE
from tests.conftest import NOW, environment
from tests.world import ACTORS, build

HOST = "http://zongfen.lan"
MARKED = {"X-Zongfen": "1"}


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory):
    """The small city's file, to be copied."""
    data = tmp_path_factory.mktemp("city")
    settle(data)
    return data / "zongfen.db"


@pytest.fixture(scope="session")
def postgres_template(postgres, tmp_path_factory):
    """The name of the small city's database, to be copied."""
    name = postgres.create()
    settle(tmp_path_factory.mktemp("city"), postgres.url(name))
    return name


def settle(data: Path, url: str = "") -> None:
    """Make the small city, and let everyone in."""
    parts = make_installation(settings(environment(data, url)), lambda: NOW)
    build(parts)
    admit(parts)
    parts.database.close()


def site_app(parts: Services) -> FastAPI:
    """What the server serves, but for the live pages."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    add_routes(app, parts)
    security.protect(app)
    return app


def admit(parts: Services, actors: Iterable[Actor] = ACTORS.values()) -> None:
    """Give these people accounts; with no password that anyone could type."""
    now = stamp(parts.store.clock())
    with parts.database.write() as connection:
        for one in actors:
            place = {"role": one.role, "site": one.site, "county": one.county}
            insert_account(
                connection, {"name": one.name, **place, "password": "", "disabled": False, "created_at": now}
            )


def session_of(parts: Services, name: str) -> str:
    """A session's cookie for an account."""
    with parts.database.write() as connection:
        account = get_account(connection, name)
        return open_session(connection, account, Arrival(parts.store.clock(), "10.0.0.7"))


def token_of(parts: Services, name: str) -> str:
    """A bearer token for an account."""
    with parts.database.write() as connection:
        return add_token(connection, name, parts.store.clock())


@asynccontextmanager
async def visit(app: FastAPI, cookie: str | None = None, headers: Mapping[str, str] = MARKED, *, loud: bool = True):
    """A client; with a session's cookie somebody's. `loud`: a fault of the server's own is the test's."""
    transport = httpx.ASGITransport(app, client=("10.0.0.7", 40_000), raise_app_exceptions=loud)
    cookies = {COOKIE: cookie} if cookie else {}
    async with httpx.AsyncClient(transport=transport, base_url=HOST, headers=headers, cookies=cookies) as client:
        yield client


async def told(client: httpx.AsyncClient, path: str, **params: Any) -> Any:
    """What a GET below /api/v1 answers, if it does."""
    answer = await client.get(f"/api/v1/{path}", params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def post(client: httpx.AsyncClient, path: str, status: int = 200, **body: Any) -> Any:
    """What a POST below /api/v1 answers, with this status."""
    answer = await client.post(f"/api/v1/{path}", json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


def change(row: str, field: str, before: Any, after: Any) -> dict[str, Any]:
    """One of the changes that /cells and /plans take."""
    return {"row": row, "field": field, "before": before, "after": after}
