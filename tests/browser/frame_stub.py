"""A server with sign-in, the frame and two pages in it: what the frame's browser tests run against.

Usage: frame_stub.py FOLDER. Makes an installation there, prints its port, serves until it is stopped.
"""

import dataclasses
import socket
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import uvicorn
from fastapi import FastAPI
from nicegui import ui

from models.access import CLI
from models.catalog import Catalog
from models.kinds import Text
from models.managing import add
from models.passwords import Passwords
from models.schema import About, Field, Table
from models.services import Services, make_installation
from models.settings import settings
from models.store import utc_now
from models.tree import Node, Tree
from models.words import _
from pages import login, security, session, theme
from pages.frame import frame, tag

PASSWORD = "Correct-Horse-7"
CHEAP = Passwords((("time_cost", 1), ("memory_cost", 8), ("parallelism", 1)))
TREE = Tree({"C530111": Node("C530111", None, "main", "culture", "官渡区", "open")})


def table(name: str, label: str, group: str, owner: bool = True) -> Table:
    return Table(name, About(label, name, group=group), (Field("site", "馆点", Text(), owner=owner),))


def installation(folder: str) -> Services:
    """Two accounts, and tables enough for a long group."""
    made = make_installation(settings({"ZONGFEN_DATA": folder}))
    passwords = {"passwords": CHEAP}
    add(made.database, CLI, "李春梅", "admin", PASSWORD, TREE, utc_now(), **passwords)
    add(made.database, CLI, "王敏", "main", PASSWORD, TREE, utc_now(), site="C530111", **passwords)
    ledgers = [table(f"ledger{number}", f"供给{number}", "supply") for number in range(9)]
    checks, hidden = table("checks", "月度检查", "checks"), table("hidden", "不在导航", "")
    more = (checks, hidden, table("citys", "全市的表", "register", owner=False), *ledgers)
    return dataclasses.replace(made, catalog=Catalog((*made.catalog.tables, *more)))


def pages() -> None:
    @session.signed_in("/")
    def home(actor: session.Visitor, services: Services) -> None:
        with frame(_("总览"), services=services, actor=actor, active="overview"):
            ui.label("overview")

    @session.signed_in("/tables/{name}")
    async def records(actor: session.Visitor, services: Services, name: str, row: str | None = None) -> None:
        counts = {"checks": 7, "sync": 12_345}
        with frame(_("馆点"), services=services, actor=actor, active=name, count="132 个", counts=counts) as page:
            with page.left:
                tag("button", "筛选", "btn txt")
            with page.right:
                tag("button", "新增馆点", "btn pri")
            ui.label(f"row {row}")

            async def act() -> None:
                ui.label(f"acted as {(await session.acting()).name}")

            ui.button("act", on_click=act)


def search(q: str) -> dict[str, list[dict[str, str]]]:
    if "fault" in q:
        raise RuntimeError(q)
    found = [
        {"table": "sites", "label": "馆点", "id": "b1", "key": "C530111001", "name": "关上街道综合文化服务中心"},
        {"table": "plaque_orders", "label": "制作单", "id": "b2", "key": "ZP-2026-03", "name": ""},
    ]
    return {"found": found if "关" in q else []}


def main(folder: str) -> None:
    app = FastAPI()
    services = installation(folder)
    login.login_routes(app, services)
    app.dependency_overrides[login.passwords_of] = lambda: CHEAP
    app.get("/api/v1/search")(search)
    theme.apply()
    pages()
    ui.run_with(app, title="总分馆台账", language="zh-CN", tailwind=False, show_welcome_message=False)
    security.protect(app)
    listening = socket.create_server(("127.0.0.1", 0))
    sys.stdout.write(f"{listening.getsockname()[1]}\n")
    sys.stdout.flush()
    uvicorn.Server(uvicorn.Config(app, log_level="critical")).run(sockets=[listening])


if __name__ == "__main__":
    main(sys.argv[1])
