"""The guard at the door: refuses what other sites send, bounds what is sent, and sets the headers that keep a page safe.

Sessions travel in a cookie, so a request that changes something must come from our own pages: browsers say where a
request comes from (Sec-Fetch-Site, Origin), and the API wants a header besides that no foreign page can send unasked.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from ipaddress import ip_address
from urllib.parse import urlsplit

from fastapi import FastAPI, HTTPException
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from models.words import _
from pages.session import COOKIE

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
CSRF_HEADER = "x-zongfen"
SOCKET = "/_nicegui_ws"  # NiceGUI's live connection: it acts for the person, by websocket or by GET and POST
# Bytes: an account form; a call of the API, 20,000 cells included; anything else, uploads of 100 MB included.
MOST_FORM, MOST_CALL, MOST = 16 * 1024, 8 * 1024 * 1024, 110 * 1024 * 1024
FORMS = ("/login", "/first", "/enter", "/logout")

_HOST = re.compile(r"(?P<name>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:(?P<port>\d{1,5}))?")
_PORTS = {"http": "80", "https": "443", "ws": "80", "wss": "443"}


def policy(**more: str) -> str:
    """A Content-Security-Policy: nothing from outside, nothing framed by outsiders; `more` widens a directive."""
    told = {
        "default-src": "'self'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' data: blob:",
        "font-src": "'self' data:",
        "object-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'self'",
        "frame-ancestors": "'self'",
        **{name.replace("_", "-"): value for name, value in more.items()},
    }
    return "; ".join(f"{name} {value}" for name, value in told.items())


STRICT = policy()  # for pages that are plain HTML
# NiceGUI writes its page's data into inline scripts and compiles templates and handlers in the browser.
LIVE = policy(
    script_src="'self' 'unsafe-inline' 'unsafe-eval'",
    style_src="'self' 'unsafe-inline'",
    worker_src="'self' blob:",
)

HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": LIVE,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), geolocation=(self), microphone=(), payment=(), usb=()",
    "Cache-Control": "private, no-cache",
}


@dataclass(frozen=True)
class Refusal:
    """Why a request does not get in."""

    status: int
    message: str


def place(netloc: str, scheme: str) -> tuple[str, str] | None:
    """Host and port of an address, comparable; None where it is none."""
    match = _HOST.fullmatch(netloc)
    return (match["name"].lower(), match["port"] or _PORTS.get(scheme, "")) if match else None


def foreign(headers: Headers, scheme: str) -> bool:
    """Whether a browser says that another site sent this. Programs say nothing, and have no cookie to abuse.

    Browsers leave Sec-Fetch-Site out on plain http, so the Origin is compared with the Host there; without regard to
    the scheme, which a proxy in front of us may have changed.
    """
    if site := headers.get("sec-fetch-site"):
        return site not in ("same-origin", "none")
    origin = headers.get("origin")
    if origin is None:
        return False
    parts = urlsplit(origin)
    return parts.scheme not in _PORTS or place(parts.netloc, parts.scheme) not in _ours(headers, parts.scheme, scheme)


def _ours(headers: Headers, *schemes: str) -> set[tuple[str, str] | None]:
    return {place(headers.get("host", ""), scheme) for scheme in schemes} - {None}


def known_host(told: Sequence[str], hosts: frozenset[str]) -> bool:
    """Whether there is one well-formed Host; with `hosts` named, one of them, an IP address or this machine."""
    match = _HOST.fullmatch(told[0]) if len(told) == 1 else None
    if match is None or not hosts:
        return match is not None
    name = match["name"].lower().strip("[]")
    return name in hosts or name == "localhost" or _is_address(name)


def _is_address(name: str) -> bool:
    try:
        return bool(ip_address(name))
    except ValueError:
        return False


def most(path: str) -> int:
    """How many bytes a request to this path may send."""
    if path.rstrip("/") in FORMS:
        return MOST_FORM
    return MOST_CALL if path.startswith("/api/") else MOST


@dataclass(frozen=True)
class Guard:
    """ASGI middleware: judges each request and websocket before anything else sees it."""

    app: ASGIApp
    hosts: frozenset[str] = frozenset()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            return await self.app(scope, receive, send)
        refusal = self.judge(scope)
        if scope["type"] == "websocket":
            if refusal:
                return await send({"type": "websocket.close", "code": 1008, "reason": "refused"})
            return await self.app(scope, receive, send)
        if refusal:
            return await refused(scope["path"], refusal)(scope, receive, with_headers(send))
        return await self.app(scope, bounded(receive, most(scope["path"])), with_headers(send))

    def judge(self, scope: Scope) -> Refusal | None:
        """Why this does not get in; None if it does."""
        headers, path = Headers(scope=scope), scope["path"]
        changes = scope["type"] == "websocket" or scope["method"] not in SAFE_METHODS
        if not known_host(headers.getlist("host"), self.hosts):
            return Refusal(HTTPStatus.BAD_REQUEST, _("地址不对，用台账的网址打开"))
        if (changes or path.startswith(SOCKET)) and foreign(headers, scope["scheme"]):
            return Refusal(HTTPStatus.FORBIDDEN, _("别的网站发来的，没有收"))
        if changes and path.startswith("/api") and unmarked(scope, headers):
            return Refusal(HTTPStatus.FORBIDDEN, _("缺少 X-Zongfen 请求头，没有收"))
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > most(path):
            return Refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, _("内容太大，没有收"))
        return None


def unmarked(scope: Scope, headers: Headers) -> bool:
    """Whether a call of the API relies on the cookie alone."""
    return "authorization" not in headers and not headers.get(CSRF_HEADER) and COOKIE in HTTPConnection(scope).cookies


def refused(path: str, refusal: Refusal) -> Response:
    """The answer to what does not get in, in the form that the asker expects."""
    if path.startswith("/api"):
        return JSONResponse({"error": refusal.message}, refusal.status)
    return PlainTextResponse(refusal.message, refusal.status)


def with_headers(send: Send) -> Send:
    """Add the headers that the answer does not set itself."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return sending


def bounded(receive: Receive, limit: int) -> Receive:
    """Stop reading a body that turns out longer than the limit (one sent in chunks does not say so beforehand)."""
    seen = 0

    async def receiving() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > limit:
            raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, _("内容太大，没有收"))
        return message

    return receiving


def protect(app: FastAPI, hosts: Iterable[str] = ()) -> None:
    """Put the guard at the door. `hosts`: the only names (besides addresses) to answer to; none: any well-formed one.

    Call it last of all that adds middleware: what is added last stands outermost.
    """
    app.add_middleware(Guard, hosts=frozenset(name.lower() for name in hosts))
