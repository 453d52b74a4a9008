"""The commands as their own help has them, for docs/commands.md and the list of strings."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import typer

from commands.main import MODULES, app


@dataclass(frozen=True)
class Parameter:
    """An argument (`name` in capitals) or an option (`name` with its dashes and, if it takes one, its value)."""

    name: str
    help: str
    required: bool
    option: bool

    @property
    def usage(self) -> str:
        return self.name if self.required else f"[{self.name}]"


@dataclass(frozen=True)
class Command:
    """One command, with the words that call it and the module under commands/ that holds it."""

    words: str
    module: str
    help: str
    parameters: tuple[Parameter, ...]

    @property
    def usage(self) -> str:
        return " ".join((self.words, *(one.usage for one in self.parameters)))

    def texts(self) -> Iterator[str]:
        """What it tells people of itself."""
        yield self.help
        yield from (one.help for one in self.parameters)


def commands() -> list[Command]:
    """Every command in the order of `python app.py --help`, a group before its own commands."""
    root: Any = typer.main.get_command(app)
    found: list[Command] = []
    for name in root.list_commands(None):
        found += walk(root.get_command(None, name), name, MODULES[name])
    return found


def walk(command: Any, words: str, module: str) -> Iterator[Command]:
    """A command and, of a group, those in it."""
    inner = getattr(command, "commands", {})
    if not inner or command.invoke_without_command:
        yield Command(words, module, told(command), tuple(parameters(command)))
    for name, one in inner.items():
        yield from walk(one, f"{words} {name}", module)


def told(command: Any) -> str:
    """A command's help in one line."""
    return " ".join((command.help or "").split())


def parameters(command: Any) -> Iterator[Parameter]:
    """What a command may be given, arguments first; without what is hidden, and what only the shell is told (--help)."""
    shown = [one for one in command.params if one.expose_value and not getattr(one, "hidden", False)]
    for one in sorted(shown, key=lambda one: one.param_type_name != "argument"):
        option = one.param_type_name != "argument"
        metavar = one.metavar or str(one.name).upper()
        name = metavar if not option else one.opts[0] if one.is_flag else f"{one.opts[0]} {metavar}"
        yield Parameter(name, one.help or "", bool(one.required), option)
