"""How the API answers: JSON, faults as {"error"}, refused plans as their problems; and who asks."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import Depends, Request, Response
from fastapi.responses import JSONResponse

from models.access import Actor
from models.catalog import NoTable
from models.changes import Problem
from models.conditions import BadQuestion
from models.database import dumps
from models.faults import Fault
from models.history import NoChangeset
from models.plans import NoPlan
from models.query import NoRow
from models.services import Services
from models.store import Refused
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


Parts = Annotated[Services, Depends(services_of)]
Who = Annotated[Actor, Depends(acting)]


def tag_of(row: Mapping[str, Any]) -> str:
    """An ETag for one row."""
    return f'"{hashlib.sha256(dumps(row).encode()).hexdigest()[:20]}"'


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
    NoChangeset: 404,
    BadQuestion: 400,
    Unauthorized: 401,
}


def fault_answer(_request: Request, fault: Exception) -> Response:
    """A fault as {"error"}, or a refused plan as its problems."""
    if isinstance(fault, Refused):
        return refused(fault.problems)
    return Answer({"error": str(fault)}, STATUSES.get(type(fault), 403))  # type: ignore[arg-type]
