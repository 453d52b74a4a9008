"""The web server, put together: the guard, sign-in, the API, the pages, and the follower that keeps them live."""

import contextlib
import logging
from collections.abc import AsyncIterator

import nicegui
from fastapi import FastAPI
from nicegui import ui

from models.services import Services
from pages import login, manual, security, theme
from pages.api import add_api
from pages.live import Follower


def create_app(services: Services) -> FastAPI:
    """The ASGI app of one installation."""
    from pages import overview, sync, tables  # noqa: F401  (they register their pages)

    follower = Follower(services.database, services.catalog)

    @contextlib.asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        follower.start()
        yield
        follower.stop()

    app = FastAPI(title="总分馆台账", docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan)
    nicegui.app.state.follower = follower
    add_api(app)
    manual.add_manual(app)
    login.login_routes(app, services)
    theme.apply()
    ui.run_with(app, title="总分馆台账", language="zh-CN", favicon="册", show_welcome_message=False, tailwind=False)
    security.protect(app)
    return app


def serve(services: Services, host: str, port: int) -> None:
    """Serve until interrupted."""
    import uvicorn

    logging.getLogger("uvicorn.access").setLevel(logging.WARNING)
    uvicorn.run(
        create_app(services), host=host, port=port, log_level="warning", server_header=False, ws="websockets-sansio"
    )
