"""Signing in and out: plain HTML forms, which work before and without any script."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, FastAPI, Form, Request
from jinja2 import Environment, FileSystemLoader
from starlette.responses import HTMLResponse, RedirectResponse, Response

from models import words
from models.accounts import AccountFault, Unfit
from models.passwords import LONGEST, PASSWORDS, SHORTEST, Passwords
from models.services import Services
from models.sessions import Arrival, LinkSpent, TooManyTries, check_link, end_session, sign_in, use_link
from models.words import _
from pages import own_files
from pages.security import STRICT
from pages.session import (
    COOKIE,
    DARK,
    LANGUAGE,
    current_actor,
    is_dark,
    keep_choice,
    keep_session,
    local_path,
    provide,
    services_of,
    sign_out,
)

Typed = Mapping[str, str]

TEMPLATES = Environment(loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True, trim_blocks=True)


def page(request: Request, status: int, kept: Typed, **told: Any) -> HTMLResponse:
    """One of the account pages. `kept` comes back with the form, and with the links that choose language or look."""
    text = TEMPLATES.get_template("account.html").render(
        lang="zh-CN" if words.language.get() == "zh" else "en",
        dark=is_dark(request),
        brand=_("总分馆台账"),
        static=own_files.ROOT,
        choices=choices(request, kept),
        name_label=_("姓名"),
        password_label=_("密码"),
        show=_("显示"),
        hide=_("隐藏"),
        kept=kept,
        **told,
    )
    return HTMLResponse(text, status, {"Content-Security-Policy": STRICT, "Cache-Control": "no-store"})


def choices(request: Request, kept: Typed) -> list[tuple[str, str, bool]]:
    """The links that choose a language and a look, and come back to this page: address, label, already chosen."""
    dark = is_dark(request)
    offered = (
        ({"lang": "zh"}, "中文", words.language.get() == "zh"),
        ({"lang": "en"}, "English", words.language.get() == "en"),
        ({"dark": "0" if dark else "1"}, _("浅色") if dark else _("深色"), False),
    )
    return [(f"{request.url.path}?{urlencode({**kept, **more})}", label, here) for more, label, here in offered]


def choose(request: Request, kept: Typed) -> Response | None:
    """Keep the choice that a link of `choices` made, and go on without it in the address."""
    told = {LANGUAGE: request.query_params.get("lang"), DARK: request.query_params.get("dark")}
    fits = {LANGUAGE: words.LANGUAGES, DARK: ("0", "1")}
    made = {name: value for name, value in told.items() if value is not None and value in fits[name]}
    if not made:
        return None
    response = RedirectResponse(f"{request.url.path}?{urlencode(kept)}", 303)
    for name, value in made.items():
        keep_choice(response, name, value)
    return response


def login_page(request: Request, to: str, name: str = "", fault: AccountFault | None = None) -> HTMLResponse:
    """The sign-in page, with what went wrong: 401 for a wrong password, 429 for too many."""
    answer = page(
        request,
        200 if fault is None else 429 if isinstance(fault, TooManyTries) else 401,
        {"next": to},
        action="/login",
        heading=_("登录"),
        lead=_("文化馆图书馆总分馆制"),
        name=name,
        complete="current-password",
        focus="password" if name else "name",
        faulty="password",
        fault=fault,
        verb=_("登录"),
        hint=_("忘了密码：找本单位管理员重设。"),
    )
    if isinstance(fault, TooManyTries):
        answer.headers["Retry-After"] = str(fault.minutes * 60)
    return answer


def first_page(request: Request, token: str, name: str = "", fault: AccountFault | None = None) -> HTMLResponse:
    """The page behind the one-time link: the first administrator's name and password."""
    spent = isinstance(fault, LinkSpent)
    faulty = "password" if isinstance(fault, Unfit) and fault.field == "password" else "name"
    return page(
        request,
        200 if fault is None else 410 if spent else 422,
        {"token": token},
        action="/first",
        heading=_("设第一位管理员"),
        name=name,
        complete="new-password",
        focus=faulty if fault else "name",
        faulty=faulty,
        fault=fault,
        spent=spent,
        verb=_("设好并登录"),
        hint=_("密码 {shortest} 至 {longest} 个字符，常见的不收。").format(shortest=SHORTEST, longest=LONGEST),
    )


def came(request: Request) -> Arrival:
    """From where and when a request came, as far as the server can tell."""
    address = request.client.host if request.client else ""
    return Arrival(services_of(request).store.clock(), address, request.headers.get("user-agent", ""))


def enter(request: Request, to: str, token: str) -> Response:
    """Go in with a new session; the one that the browser had, or was given by somebody else, ends."""
    response = RedirectResponse(local_path(to), 303)
    old = request.cookies.get(COOKIE)
    if old:
        with services_of(request).database.write() as connection:
            end_session(connection, old)
    keep_session(request, response, token)
    return response


def passwords_of() -> Passwords:
    """How passwords are hashed here; tests put a cheaper way in its place."""
    return PASSWORDS


router = APIRouter(include_in_schema=False)
Field = Annotated[str, Form()]
Hashing = Annotated[Passwords, Depends(passwords_of)]


@router.get("/login")
def show_login(request: Request, next: str = "/") -> Response:
    to = local_path(next)
    if chosen := choose(request, {"next": to}):
        return chosen
    return RedirectResponse(to, 303) if current_actor(request) else login_page(request, to)


@router.post("/login")
def login(request: Request, passwords: Hashing, name: Field = "", password: Field = "", next: Field = "/") -> Response:
    services = services_of(request)
    try:
        token = sign_in(services.database, name, password, came(request), passwords=passwords)
    except AccountFault as fault:
        return login_page(request, local_path(next), name, fault)
    return enter(request, next, token)


@router.get("/first")
def show_first(request: Request, token: str = "") -> Response:
    services = services_of(request)
    try:
        with services.database.read() as connection:
            check_link(connection, token, services.store.clock())
    except LinkSpent as fault:
        return first_page(request, token, fault=fault)
    return choose(request, {"token": token}) or first_page(request, token)


@router.post("/first")
def first(request: Request, passwords: Hashing, token: Field = "", name: Field = "", password: Field = "") -> Response:
    services = services_of(request)
    try:
        session = use_link(services.database, token, name, password, came(request), passwords=passwords)
    except AccountFault as fault:
        return first_page(request, token, name, fault)
    return enter(request, "/", session)


@router.post("/logout")
def logout(request: Request) -> Response:
    response = RedirectResponse("/login", 303)
    sign_out(request, response)
    return response


def login_routes(app: FastAPI, services: Services) -> None:
    """Add /login, /first and /logout, and let every route find `services`. They run in threads: hashing takes time."""
    provide(app, services)
    app.include_router(router)
