"""Who is asking: the session's cookie or a bearer token -> an account; pages for those who are signed in alone."""

import asyncio
import copy
import inspect
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import quote, urlsplit

import nicegui
from fastapi import FastAPI, Request
from nicegui import ui
from starlette.requests import HTTPConnection
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from models import words
from models.access import Actor
from models.faults import Fault
from models.registry import NETWORKS
from models.services import Services
from models.sessions import LONGEST, end_session, session_actor, token_actor
from models.words import _

COOKIE = "zf_session"
LANGUAGE, DARK, RAIL = "zf_lang", "zf_dark", "zf_rail"  # choices of a browser, not of an account; no secret in them
YEAR = 365 * 24 * 3600


@dataclass(frozen=True)
class Visitor(Actor):
    """An actor who has come in by the browser. `place` is what the top bar says of their scope: 官渡区 · 文化馆."""

    place: str = ""


def provide(app: FastAPI, services: Services) -> None:
    """Let both halves of the server, FastAPI's and NiceGUI's, find the services, and speak the asker's language."""
    for half in (app, nicegui.app):
        half.state.services = services
    app.add_middleware(Speaking)


def services_of(request: Request) -> Services:
    """The services of the server that got this request."""
    return request.app.state.services  # type: ignore[no-any-return]


# ---- choices that a browser keeps


class Speaking:
    """ASGI middleware: what is said while a request or a websocket is served is said in the asker's language."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            return await self.app(scope, receive, send)
        wanted = HTTPConnection(scope).cookies.get(LANGUAGE, "zh")
        with words.speaking(wanted if wanted in words.LANGUAGES else "zh"):
            return await self.app(scope, receive, send)


def is_dark(request: Request) -> bool:
    """Whether this browser chose the dark look."""
    return request.cookies.get(DARK) == "1"


def keep_choice(response: Response, name: str, value: str) -> None:
    """Keep a choice in the browser; its scripts may read and change it."""
    response.set_cookie(name, value, max_age=YEAR, samesite="lax")


# ---- the session's cookie


def current_actor(request: Request) -> Actor | None:
    """Whose request this is: the bearer token's account, else the session's. Asks the database: call it in a thread."""
    services = services_of(request)
    scheme, _space, token = request.headers.get("authorization", "").partition(" ")
    if scheme:
        with services.database.read() as connection:
            return token_actor(connection, token.strip()) if scheme.lower() == "bearer" else None
    kept = request.cookies.get(COOKIE)
    return session_actor(services.database, kept, services.store.clock()) if kept else None


def keep_session(request: Request, response: Response, token: str) -> None:
    """Send a session's token to the browser. Lax, not Strict: a link in a chat or a mail must find one signed in.

    Requests from other sites that change something are refused before they get here (pages/security.py).
    """
    secure = request.url.scheme == "https"
    age = int(LONGEST.total_seconds())
    response.set_cookie(COOKIE, token, max_age=age, httponly=True, secure=secure, samesite="lax")


def sign_out(request: Request, response: Response) -> None:
    """End the session that the request came with, here and in the browser. Asks the database: call it in a thread."""
    kept = request.cookies.get(COOKIE)
    if kept:
        with services_of(request).database.write() as connection:
            end_session(connection, kept)
    response.delete_cookie(COOKIE, httponly=True, samesite="lax")


class SignedOut(Fault):
    """A session that ended while its page stayed open."""

    def __init__(self) -> None:
        super().__init__(_("登录已失效，重新登录"))


async def acting() -> Actor:
    """Who acts in this event of an open page, asked anew: accounts are closed and sessions end while pages stay open.

    Raises SignedOut, and sends the page to /login.
    """
    request = ui.context.client.request
    if actor := await asyncio.to_thread(current_actor, request):
        return actor
    ui.navigate.to(login_path(request))
    raise SignedOut


# ---- where to go


def local_path(told: str | None) -> str:
    """The path that a link asked to come back to, if it is one of ours; "/" otherwise. A browser reads \\ as /."""
    path = (told or "").replace("\\", "/")
    if not path.startswith("/") or path.startswith("//") or not path.isprintable():
        return "/"
    parts = urlsplit(path)
    return (
        "/"
        if parts.scheme or parts.netloc or parts.path.startswith(("/login", "/first", "/enter", "/logout"))
        else path
    )


def login_path(request: Request) -> str:
    """Where to sign in, and come back from to what was asked for."""
    asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return "/login" if local_path(asked) == "/" else f"/login?next={quote(asked, safe='/')}"


# ---- pages


def place_of(services: Services, actor: Actor) -> str:
    """What an actor's scope is called: the city, a county, or the county and network of their site."""
    if actor.site is None:
        return actor.county or _("全市")
    with services.database.read() as connection:
        node = services.query.view(connection, actor).tree.nodes.get(actor.site)
    if node is None:
        return actor.site
    network = next((_(one.label) for one in NETWORKS if one.code == node.network), node.network)
    return " · ".join(part for part in (node.county, network) if part)


def visitor(request: Request) -> Visitor | None:
    """Who came, with the words for their place; None where nobody is signed in. Asks the database."""
    actor = current_actor(request)
    return Visitor(**asdict(actor), place=place_of(services_of(request), actor)) if actor else None


# The class is there before the body can be painted for the first time, however slowly the rest of it arrives.
_DARK_BODY = """<script>new MutationObserver((_found, seen) => {
  if (document.body) { document.body.classList.add("body--dark"); seen.disconnect(); }
}).observe(document.documentElement, {childList: true})</script>"""


def dress() -> None:
    """Give the page being built the language and the look that its browser chose, from the first paint on."""
    client = ui.context.client
    client.page = copy.copy(client.page)  # NiceGUI shares one `page` among all who open it
    client.page.language = "zh-CN" if words.language.get() == "zh" else "en-US"
    client.page.dark = is_dark(client.request)
    if client.page.dark:
        ui.add_head_html(_DARK_BODY)


def signed_in(path: str, **options: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """`@ui.page(path)` for those who are signed in; others go to /login and come back.

    The function gets what it names among `actor` (a Visitor), `services` and `request`, besides the path's and the
    query's own parameters; it may be async.
    """

    def decorate(build: Callable[..., Any]) -> Callable[..., Any]:
        named = inspect.signature(build, eval_str=True).parameters

        async def page(request: Request, **told: Any) -> Response | None:
            actor = await asyncio.to_thread(visitor, request)
            if actor is None:
                return RedirectResponse(login_path(request), 303)
            dress()
            given = {"request": request, "actor": actor, "services": services_of(request)}
            made = build(**told, **{name: one for name, one in given.items() if name in named})
            return await made if inspect.isawaitable(made) else made

        own = [one for name, one in named.items() if name not in ("request", "actor", "services")]
        asked = inspect.Parameter("request", inspect.Parameter.KEYWORD_ONLY, annotation=Request)
        page.__name__ = build.__name__
        page.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
            [asked, *(one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in own)]
        )
        return ui.page(path, **options)(page)

    return decorate
