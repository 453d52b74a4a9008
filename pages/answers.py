"""How the API answers: JSON, faults as {"error"}, refused plans as their problems; who asks, and what may be asked."""

import hashlib
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Request, Response
from fastapi.exception_handlers import http_exception_handler
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import Field
from starlette.exceptions import HTTPException

from models.access import Actor
from models.catalog import NoTable
from models.changes import Problem
from models.conditions import BadQuestion
from models.database import Busy, dumps
from models.faults import Fault
from models.history import NoChangeset
from models.plans import NoPlan
from models.query import NoRow
from models.services import Services
from models.store import Refused
from models.views import NoView
from models.words import _
from pages.session import current_actor


class Answer(JSONResponse):
    """JSON as everywhere in the app: UTF-8, whole numbers without a decimal point."""

    def render(self, content: Any) -> bytes:
        return dumps(content).encode("utf-8")


class Unauthorized(Fault):
    """Nobody is signed in."""

    def __init__(self) -> None:
        super().__init__(_("先登录"))


def services_of(request: Request) -> Services:
    return request.app.state.services  # type: ignore[no-any-return]


def acting(request: Request) -> Actor:
    """Who asks. Raises Unauthorized."""
    actor = current_actor(request)
    if actor is None:
        raise Unauthorized
    return actor


def by_program(request: Request) -> bool:
    """Whether a program asks, with a token of its own, and not a page."""
    return "authorization" in request.headers


Parts = Annotated[Services, Depends(services_of)]
Who = Annotated[Actor, Depends(acting)]
ByProgram = Annotated[bool, Depends(by_program)]

MOST_TEXT = 40_000  # signs in one cell: more than any spreadsheet holds
Plain = Annotated[str, Field(pattern=r"^[^\x00]*$")]  # no database keeps the NUL sign, so nothing has it in its name
Cell = (
    Annotated[str, Field(max_length=MOST_TEXT)]
    | int
    | Annotated[float, Field(allow_inf_nan=False)]
    | bool
    | Annotated[list[Annotated[str, Field(max_length=MOST_TEXT)]], Field(max_length=1000)]
    | None
)


def tag_of(told: Any) -> str:
    """An ETag for what is told."""
    return f'"{hashlib.sha256(dumps(told).encode()).hexdigest()[:20]}"'


def is_known(tag: str, header: str) -> bool:
    """Whether an If-Match or If-None-Match names this tag: among others, or as a weak one, or by a star."""
    return tag in header or header.strip() == "*"


def told_problem(problem: Problem) -> dict[str, Any]:
    return {"row": problem.row, "field": problem.field, "value": problem.value, "message": problem.message}


def refused(problems: Sequence[Problem]) -> Response:
    """422 with the problems; 409 with what stands there now, where somebody was faster."""
    stale = {problem.field: problem.current for problem in problems if problem.cause == "stale"}
    if stale:
        return Answer({"current": stale, "problems": [told_problem(one) for one in problems]}, 409)
    return Answer({"problems": [told_problem(one) for one in problems]}, 422)


STATUSES: dict[type[Fault], int] = {
    NoTable: 404,
    NoRow: 404,
    NoPlan: 404,
    NoView: 404,
    NoChangeset: 404,
    BadQuestion: 400,
    Unauthorized: 401,
    Busy: 503,
}


def fault_answer(_request: Request, fault: Exception) -> Response:
    """A fault as {"error"}, or a refused plan as its problems."""
    if isinstance(fault, Refused):
        return refused(fault.problems)
    return Answer({"error": str(fault)}, STATUSES.get(type(fault), 403))  # type: ignore[arg-type]


def misread_answer(_request: Request, fault: Exception) -> Response:
    """A request that says nothing sensible: which part of it, and what was expected there."""
    first = fault.errors()[0]  # type: ignore[attr-defined]
    place = ".".join(str(part) for part in first["loc"][1:]) or str(first["loc"][0])
    return Answer({"error": _("{place} 看不懂：{why}").format(place=legible(place), why=first["msg"])}, 400)


def legible(text: str) -> str:
    """A text from outside, short, and without what cannot be shown."""
    return text.encode("utf-8", "replace").decode()[:200]


async def http_answer(request: Request, fault: Exception) -> Response:
    """What the framework itself refuses (no such call, too much sent), for the API as {"error"}."""
    if request.url.path.startswith("/api"):
        return Answer({"error": fault.detail}, fault.status_code)  # type: ignore[attr-defined]
    return await http_exception_handler(request, fault)  # type: ignore[arg-type]


def broken_answer(_request: Request, _fault: Exception) -> Response:
    """A fault of the program's own: it stands in the server's log, and the next request is served."""
    return Answer({"error": _("台账出了错，没有存上；日志里有原因")}, 500)


def answer_faults(app: FastAPI) -> None:
    """Say what went wrong, whatever it was, in one shape."""
    app.add_exception_handler(Fault, fault_answer)
    app.add_exception_handler(RequestValidationError, misread_answer)
    app.add_exception_handler(HTTPException, http_answer)
    app.add_exception_handler(Exception, broken_answer)
