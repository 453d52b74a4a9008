"""What every command shares: who acts, the installation, how an answer is printed, what a fault's exit status is."""

import datetime
import sys
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NoReturn

from models.access import CLI, Actor
from models.changes import Problem
from models.database import Database, dumps
from models.services import Services, open_installation
from models.settings import Settings, settings
from models.words import _

DONE, IN_THE_DATA, UNUSABLE = 0, 1, 2


class Stop(Exception):
    """Ends a command with a status; `message` goes to standard error, or as {"error"} with --json."""

    def __init__(self, status: int, message: str = "") -> None:
        self.status, self.message = status, message
        super().__init__(message)


@dataclass
class Context:
    """One run of a command."""

    as_name: str = ""
    as_json: bool = False

    @cached_property
    def settings(self) -> Settings:
        return settings()

    @cached_property
    def services(self) -> Services:
        """The installation. Raises NoDatabase where there is none."""
        return open_installation(self.settings)

    def close(self) -> None:
        """Let go of the database, if the command had anything to do with it."""
        if "services" in vars(self):
            self.services.database.close()

    @property
    def database(self) -> Database:
        return self.services.database

    @property
    def now(self) -> datetime.datetime:
        return self.services.store.clock()

    @cached_property
    def actor(self) -> Actor:
        """The account of --as or ZONGFEN_USER, else the built-in `cli` with admin scope."""
        name = self.as_name or self.settings.user
        if not name:
            return CLI
        from models.accounts import find_actor

        with self.database.read() as connection:
            found = find_actor(connection, name)
        return found if found is not None else fail(_("没有账号 {name}").format(name=name))


current: ContextVar[Context] = ContextVar("current")


def context() -> Context:
    """The running command's context."""
    return current.get()


@dataclass(frozen=True)
class Written:
    """How every export answers with --json; no pages where it has none."""

    files: Sequence[str] = ()
    pages: int | None = 0
    sites: int = 0

    def told(self, **more: Any) -> dict[str, Any]:
        return {**vars(self), **more}


def fail(message: str, status: int = UNUSABLE) -> NoReturn:
    """End the command: it cannot be used so."""
    raise Stop(status, message)


def say(text: str) -> None:
    """A message for people: standard error, so that --json's output stays one object."""
    print(text, file=sys.stderr)  # noqa: T201


def answer(told: Mapping[str, Any], text: str = "") -> None:
    """The command's answer: one JSON object with --json, else the text."""
    if context().as_json:
        print(dumps(told))  # noqa: T201
    elif text:
        print(text)  # noqa: T201


def told_problem(problem: Problem) -> dict[str, Any]:
    """A problem as import answers it."""
    return {"row": problem.number, "field": problem.field, "value": problem.value, "message": problem.message}


def list_problems(title: str, problems: Sequence[Problem], limit: int = 50) -> None:
    """Problems for people, on standard error."""
    if problems:
        say(title)
    for problem in problems[:limit]:
        where = "" if problem.number is None else _("第 {row} 行 ").format(row=problem.number)
        value = f"“{problem.value}”" if problem.value else ""
        say(f"  {where}{problem.field or ''} {value} {problem.message}".rstrip())
    if len(problems) > limit:
        say(_("  另有 {count} 处").format(count=len(problems) - limit))
