"""The web server, put together: the guard, sign-in, the API, the pages, and the follower that keeps them live."""

import contextlib
import logging
import signal
import socket
from collections.abc import AsyncIterator

import nicegui
from fastapi import FastAPI
from nicegui import ui

from models.services import Services
from pages import (  # noqa: F401  (pages register themselves)
    accounts_page,
    arranging,
    exports_page,
    invited,
    login,
    manual,
    my_account,
    overview,
    review,
    review_files,
    security,
    site,
    sync,
    tables,
    theme,
)
from pages.api import add_api
from pages.live import Follower

PATIENCE = 3  # seconds that open requests have to end when the server stops


def add_routes(app: FastAPI, services: Services) -> None:
    """What answers without a live page: the API and its manual, the files that a grid gives, sign-in."""
    add_api(app)
    app.include_router(tables.router)
    app.include_router(review_files.router)
    app.include_router(site.router)
    app.include_router(arranging.router)
    login.login_routes(app, services)
    app.include_router(invited.router)
    manual.add_manual(app)  # last: what is below /api and not there yet is not found


def create_app(services: Services) -> FastAPI:
    """The ASGI app of one installation."""
    follower = Follower(services.database, services.catalog)

    @contextlib.asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        follower.start()
        yield
        follower.stop()

    app = FastAPI(title="总分馆台账", docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan)
    nicegui.app.state.follower = follower
    add_routes(app, services)
    theme.apply()
    ui.run_with(app, title="总分馆台账", language="zh-CN", favicon="册", show_welcome_message=False, tailwind=False)
    security.protect(app)
    return app


def serve(services: Services, listening: socket.socket) -> None:
    """Serve until interrupted or told to end; then come back."""
    import uvicorn

    logging.getLogger("uvicorn.access").setLevel(logging.WARNING)
    config = uvicorn.Config(
        create_app(services),
        log_level="warning",
        server_header=False,
        ws="websockets-sansio",
        timeout_graceful_shutdown=PATIENCE,
    )
    # uvicorn hands the signal that ended it to whoever had it before: nobody, since to be told to end is no fault.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: None)
    uvicorn.Server(config).run(sockets=[listening])
