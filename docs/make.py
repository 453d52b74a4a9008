"""`make docs`: writes what is generated. The list of strings first, since the pages speak both languages.

docs/data-dictionary.md comes from the tables' declarations, docs/commands.md from the commands' own help,
locales/ from the strings in the code.
"""

import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from docs import strings  # noqa: E402
from docs.commands import Command, commands  # noqa: E402
from models import words  # noqa: E402
from models.catalog import catalog  # noqa: E402
from models.kinds import Chosen  # noqa: E402
from models.schema import Field, Table  # noqa: E402

EDITORS = {"both": "app and sheet", "app": "app", "none": "nobody"}
HOW_TO_READ = """# The data dictionary 数据字典

Made by `make docs` from the classes under `models/`; `python app.py tables` tells the same. Do not edit this page.

**name** stands in files with name headers, in the API and in `--where`; **label** is the header in workbooks and in
files with label headers; **also** are other headings that an import takes for it. **filled in by**: the app and the
shared workbook (*app and sheet*), the app alone (*app*), or nobody, since it is computed. Every row has an `id` besides,
which the app gives and never uses again. `*` marks what is required, `#` what a row is found by.
"""
COMMANDS_HEAD = """# The commands 命令

Made by `make docs` from the commands' own help (`python app.py COMMAND --help`). Do not edit this page.

`--as NAME`, before or after the command, acts as an account; so does `ZONGFEN_USER`; without either it is the built-in
`cli`, which may do everything. `--json` prints one JSON object to standard output and nothing else there. Exit status: 0
done, 1 problems in the data, 2 cannot be used.
"""


def english(text: str) -> str:
    """The text in English."""
    with words.speaking("en"):
        return words._(text)


def in_english(tell: Callable[[], str]) -> str:
    """What is told while English is spoken."""
    with words.speaking("en"):
        return tell()


def both(text: str) -> str:
    """A text in Chinese and in English."""
    return f"{text} {english(text)}" if text else ""


def row(*cells: str) -> str:
    """One line of a table."""
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


# ---- the data dictionary


def dictionary() -> str:
    """docs/data-dictionary.md."""
    tables = list(catalog())
    index = (f"- [`{table.name}`](#{table.name}) {table.label} {table.about.en}" for table in tables)
    return "\n".join((HOW_TO_READ, *index, "", *(line for table in tables for line in section(table))))


def section(table: Table) -> Iterator[str]:
    """A table's part of the dictionary."""
    yield f'<a id="{table.name}"></a>'
    yield ""
    yield f"## `{table.name}` {table.label} {table.about.en}"
    yield ""
    yield from facts(table)
    yield ""
    yield row("name", "label", "English", "kind", "filled in by", "what goes in", "also")
    yield row(*["---"] * 7)
    yield from (row(*field_cells(one)) for one in table.fields)
    yield ""


def facts(table: Table) -> Iterator[str]:
    """What is true of a table as a whole."""
    if table.about.help:
        yield f"{both(table.about.help)}\n"
    key = " + ".join(f"`{name}`" for name in table.key) or "none: the id alone"
    tab = f"tab {table.about.tab}" if table.about.tab else "no"
    rows = "; the app opens its rows" if table.about.opened_by_app else ""
    owner = f" Belongs to the site in `{table.owner}`." if table.owner and not table.is_tree else ""
    yield f"Key: {key}. In workbooks: {tab}{rows}.{owner}"


def field_cells(one: Field) -> tuple[str, ...]:
    """A field's line."""
    mark = ("#" if one.key else "") + ("*" if one.required else "")
    unit = f" ({one.unit})" if one.unit else ""
    return (
        f"`{one.name}`{mark}",
        one.label,
        one.en,
        f"{one.kind.name}{unit}",
        EDITORS[one.editable],
        "; ".join(filter(None, (goes_in(one), both(one.help)))),
        "、".join(one.aliases),
    )


def goes_in(one: Field) -> str:
    """What a cell of the field takes, or what its value is computed from."""
    if one.derive:
        return f"computed from {', '.join(f'`{path}`' for path in one.derive.inputs)}"
    if one.ref:
        told = f"key of [`{one.ref}`](#{one.ref})"
    elif isinstance(one.kind, Chosen):
        told = ", ".join(f"`{choice.code}` {choice.label}" for choice in one.kind.choices)
    else:
        told = in_english(one.kind.wanted)
    default = one.kind.write(one.default) if one.default is not None else ""
    return f"{told}; default `{default}`" if default else told


# ---- the commands


def manual() -> str:
    """docs/commands.md."""
    return "\n".join((COMMANDS_HEAD, *(line for command in commands() for line in described(command))))


def described(command: Command) -> Iterable[str]:
    """A command's part of the page."""
    yield f"## `{command.usage}`"
    yield ""
    yield both(command.help)
    yield ""
    if command.parameters:
        yield row("", "中文", "English")
        yield row(*["---"] * 3)
        yield from (row(f"`{one.name}`", one.help, english(one.help) if one.help else "") for one in command.parameters)
        yield ""


PAGES: dict[str, Callable[[], str]] = {"docs/data-dictionary.md": dictionary, "docs/commands.md": manual}


def main() -> int:
    """Write everything; 1 where a string still lacks its English."""
    lacking = strings.write()
    for name, page in PAGES.items():
        (ROOT / name).write_text(page(), "utf-8")
    for text in lacking:
        sys.stderr.write(f"no English yet: {text!r}\n")
    return 1 if lacking else 0


if __name__ == "__main__":
    sys.exit(main())
