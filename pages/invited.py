"""/enter: behind a one-time link somebody chooses a password and comes in. A plain form: a chat's preview spends nothing."""

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from models.accounts import AccountFault
from models.invitations import InvitationSpent, invited
from models.managing import use_link
from models.passwords import LONGEST, SHORTEST
from models.words import _
from pages.login import Field, Hashing, came, choose, enter, page
from pages.session import services_of

router = APIRouter(include_in_schema=False)


def enter_page(request: Request, token: str, name: str = "", fault: AccountFault | None = None) -> HTMLResponse:
    """The page behind a link: 410 for one that opens no more, 422 for a password that does not fit."""
    spent = isinstance(fault, InvitationSpent)
    return page(
        request,
        200 if fault is None else 410 if spent else 422,
        {"token": token},
        action="/enter",
        heading=_("设密码并登录"),
        name=name,
        fixed=True,
        complete="new-password",
        focus="password",
        faulty="password",
        fault=fault,
        spent=spent,
        verb=_("设好并登录"),
        hint=_("密码 {shortest} 至 {longest} 个字符，常见的不收。").format(shortest=SHORTEST, longest=LONGEST),
    )


@router.get("/enter")
def show_enter(request: Request, token: str = "") -> Response:
    services = services_of(request)
    try:
        with services.database.read() as connection:
            name = invited(connection, token, services.store.clock()).name
    except InvitationSpent as fault:
        return enter_page(request, token, fault=fault)
    return choose(request, {"token": token}) or enter_page(request, token, name)


@router.post("/enter")
def come_in(
    request: Request, passwords: Hashing, token: Field = "", name: Field = "", password: Field = ""
) -> Response:
    services = services_of(request)
    try:
        session = use_link(services.database, token, password, came(request), passwords=passwords)
    except AccountFault as fault:
        return enter_page(request, token, name, fault)
    return enter(request, "/", session)
