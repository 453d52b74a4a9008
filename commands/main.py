"""`python app.py …`: finds the command, loads no more than it needs, turns every fault into a status and a sentence."""

import importlib
import os
import sys
from collections.abc import Sequence

import typer
from sqlalchemy.exc import DBAPIError
from typer.core import TyperCommand, TyperGroup

from commands.base import IN_THE_DATA, UNUSABLE, Context, Stop, answer, current, say, told_problem
from models.database import dumps
from models.faults import Fault
from models.store import Refused
from models.words import _

UsageError = typer.BadParameter.__mro__[1]  # Typer carries its own copy of click and shows this one by its heir alone

# Command -> the module that holds it. A module is imported when one of its commands is asked for.
MODULES = {
    "init": "installation",
    "run": "serving",
    "tables": "dictionary",
    "import": "records",
    "export": "records",
    "delete": "records",
    "history": "records",
    "undo": "records",
    "plaques": "plaques",
    "score-sheets": "score_sheets",
    "sync": "sheets",
    "conflicts": "sheets",
    "proposals": "sheets",
    "workbooks": "sheets",
    "checklists": "periods",
    "yearbooks": "periods",
    "assessments": "periods",
    "user": "users",
}
HIDDEN = {"make-export": "exporting"}  # what the server runs beside itself


class Lazy(TyperGroup):
    """A group that knows its commands' names and imports their code only when needed."""

    def list_commands(self, ctx: typer.Context) -> list[str]:
        return list(MODULES)

    def get_command(self, ctx: typer.Context, cmd_name: str) -> TyperCommand | TyperGroup | None:
        place = (MODULES | HIDDEN).get(cmd_name)
        if place is None:
            return None
        module = importlib.import_module(f"commands.{place}")
        found = typer.main.get_command(module.app)
        if isinstance(found, TyperGroup) and cmd_name in found.commands:
            return found.commands[cmd_name]
        found.name = cmd_name
        return found


app = typer.Typer(
    cls=Lazy, add_completion=False, no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False
)


@app.callback(help=_("总分馆台账。--as NAME 以某个账号的身份操作，可写在命令前后；也可用 ZONGFEN_USER。"))
def root() -> None:
    """The commands' root; --as is taken out of the arguments before they reach it."""


def take_option(args: list[str], name: str) -> str:
    """Take `--name VALUE` or `--name=VALUE` out of the arguments, wherever it stands. Raises Stop without a value."""
    for place, arg in enumerate(args):
        if arg == "--":
            break
        if arg == name:
            if place + 1 >= len(args):
                raise Stop(UNUSABLE, _("{name} 后面要有名字").format(name=name))
            value = args[place + 1]
            del args[place : place + 2]
            return value
        if arg.startswith(f"{name}="):
            del args[place]
            return arg.removeprefix(f"{name}=")
    return ""


def ended(status: int, message: str, as_json: bool) -> int:
    """Say why a command ended so. With --json an unusable one answers {"error"}."""
    if message:
        say(message)
        if as_json and status == UNUSABLE:
            print(dumps({"error": message}))  # noqa: T201
    return status


def cut_off() -> int:
    """The reader of our output has gone (`… | head`): that is no fault, and nothing more is written."""
    if sys.__stdout__:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.__stdout__.fileno())
    return 0


def main(argv: Sequence[str]) -> int:
    """Run one command; returns the exit status: 0 done, 1 problems in the data, 2 cannot be used."""
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    args, as_json = list(argv), "--json" in argv
    here = Context(as_json=as_json)
    current.set(here)
    try:
        here.as_name = take_option(args, "--as")
        status = typer.main.get_command(app).main(args, prog_name="app.py", standalone_mode=False)
        sys.stdout.flush()
        return status if isinstance(status, int) else 0
    except Stop as stop:
        return ended(stop.status, stop.message, as_json)
    except Refused as refused:
        answer({"problems": [told_problem(one) for one in refused.problems]})
        return ended(IN_THE_DATA, str(refused), as_json)
    except Fault as fault:
        return ended(UNUSABLE, str(fault), as_json)
    except DBAPIError as fault:  # the disk is full, the server has gone
        return ended(UNUSABLE, _("数据库不能用：{why}").format(why=fault.orig), as_json)
    except typer.Exit as done:
        return done.exit_code
    except UsageError as usage:
        return ended(UNUSABLE, usage.format_message(), as_json)
    except (typer.Abort, KeyboardInterrupt):
        return ended(UNUSABLE, _("已中断"), as_json)
    except BrokenPipeError:
        return cut_off()
    except SystemExit as left:  # what Typer makes of a broken pipe
        if not isinstance(left.__context__, BrokenPipeError):
            raise
        return cut_off()
    except OSError as fault:
        return ended(UNUSABLE, _("{file}：{why}").format(file=fault.filename or "", why=fault.strerror), as_json)
    finally:
        here.close()
