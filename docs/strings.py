"""The strings that people read: found in the code and its declarations, kept with their English in locales/.

What passes through `_()` as a literal is found there; so are the words of constants that a function puts through `_()`
later, what tables, fields and choices declare, and the commands' own help.
"""

import ast
import datetime
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from docs.commands import commands
from models.catalog import catalog
from models.kinds import Chosen

ROOT = Path(__file__).resolve().parents[1]
PO = ROOT / "locales" / "en" / "LC_MESSAGES" / "zongfen.po"
FOLDERS = ("models", "commands", "integrations", "exports", "pages")
CHINESE = re.compile(r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]")
HEADER = (
    "# English for the strings of 总分馆台账. `make docs` keeps the list; the translations are written here by hand."
)
BEGINNING = datetime.datetime(2026, 11, 1, tzinfo=datetime.UTC)  # a fixed day: the file changes when its strings do


@dataclass
class Found:
    """String -> where it is used, and the English that its declaration gives, if it does."""

    places: dict[str, list[str]] = field(default_factory=dict)
    declared: dict[str, list[str]] = field(default_factory=dict)

    def add(self, text: str, place: str, english: str = "") -> None:
        if text:
            places = self.places.setdefault(text, [])
            if place not in places:
                places.append(place)
            if english and english not in self.declared.setdefault(text, []):
                self.declared[text].append(english)


def find() -> Found:
    """Every string that is shown through `_()`."""
    found = Found()
    for text, places in in_code(code()).items():
        for place in places:
            found.add(text, place)
    declarations(found)
    for command in commands():
        for text in command.texts():
            found.add(text, f"commands/{command.module}.py")
    return found


def code() -> dict[str, str]:
    """The app's files: name -> source."""
    paths = sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))
    return {path.relative_to(ROOT).as_posix(): path.read_text("utf-8") for path in paths}


# ---- in the code


def in_code(files: Mapping[str, str]) -> dict[str, list[str]]:
    """String -> the files, of these (name -> source), that put it through `_()`."""
    trees = {place: ast.parse(source) for place, source in files.items()}
    shown = set[str]().union(*(constants_shown(tree) for tree in trees.values()))
    found: dict[str, list[str]] = {}
    for place, tree in trees.items():
        for text in dict.fromkeys([*literals(tree), *words_of(tree, shown)]):
            found.setdefault(text, []).append(place)
    return found


def literals(tree: ast.AST) -> Iterator[str]:
    """The texts that are translated where they stand, one of two included: `_("是" if yes else "否")`."""
    for call in translating(tree):
        told = call.args[0]
        if isinstance(told, ast.Constant):
            yield told.value
        else:
            yield from chinese_in(told)


def chinese_in(tree: ast.AST) -> Iterator[str]:
    for one in ast.walk(tree):
        if isinstance(one, ast.Constant) and isinstance(one.value, str) and CHINESE.search(one.value):
            yield one.value


def translating(tree: ast.AST) -> Iterator[ast.Call]:
    """The calls of `_` in a piece of code."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "_":
            yield node


def constants_shown(tree: ast.AST) -> set[str]:
    """Names of constants that are read in functions which translate something that is no literal."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and any(
            not isinstance(call.args[0], ast.Constant) for call in translating(node)
        ):
            found |= {one.id for one in ast.walk(node) if isinstance(one, ast.Name) and one.id.isupper()}
    return found


def words_of(tree: ast.Module, names: set[str]) -> Iterator[str]:
    """The Chinese words in a module's constants of these names."""
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if any(isinstance(one, ast.Name) and one.id in names for one in targets):
            yield from chinese_in(node)


# ---- in the declarations


def declarations(found: Found) -> None:
    """Labels, choices and help of every table, with the English that stands beside them."""
    for table in catalog():
        place = f"models/{table.model.__module__.split('.')[-1]}.py" if table.model else "models"
        found.add(table.label, place, table.about.en)
        found.add(table.about.help, place)
        for one in table.fields:
            found.add(one.label, place, one.en)
            found.add(one.help, place)
            for choice in one.kind.choices if isinstance(one.kind, Chosen) else ():
                found.add(choice.label, place, choice.en)


# ---- the files


def kept() -> Catalog:
    """The translations as they stand."""
    if not PO.exists():
        return Catalog(locale="en")
    with PO.open("rb") as file:
        return read_po(file, locale="en")


def renewed(found: Found, before: Catalog) -> Catalog:
    """The catalog of these strings: English as it was, else as declared, else still to be written."""
    after = Catalog(
        locale="en", header_comment=HEADER, project="zongfen", version="1", msgid_bugs_address="README.md",
        creation_date=BEGINNING, revision_date=BEGINNING, last_translator="zongfen", language_team="en", fuzzy=False,
    )  # fmt: skip
    for text, places in sorted(found.places.items(), key=lambda pair: (pair[1][0], pair[0])):
        message = before.get(text)
        english = str(message.string) if message and message.string else found.declared.get(text, [""])[0]
        after.add(text, english, locations=[(place, 0) for place in places])
    return after


def write() -> list[str]:
    """Write both files; returns the strings that lack their English."""
    after = renewed(find(), kept())
    PO.parent.mkdir(parents=True, exist_ok=True)
    with PO.open("wb") as file:
        write_po(file, after, width=120, include_lineno=False)
    with PO.with_suffix(".mo").open("wb") as file:
        write_mo(file, after)
    return [str(message.id) for message in after if message.id and not message.string]
