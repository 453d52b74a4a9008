"""Parts of pages that are read and not filled in: templates, every value escaped, laid out as plain HTML in one piece."""

from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from nicegui import ui

TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
    undefined=StrictUndefined,
)


def place(name: str, classes: str = "", **values: Any) -> ui.html:
    """Put a template into the page being built."""
    return ui.html(rendered(name, **values), sanitize=False).classes(classes)  # it has escaped what is not its own


def rendered(name: str, **values: Any) -> str:
    """A template's HTML."""
    return TEMPLATES.get_template(name).render(**values)


def grid_path(table: str, *where: str) -> str:
    """The address of a table's grid under these conditions."""
    asked = urlencode([("where", one) for one in where], safe=":,")
    return f"/tables/{quote(table)}?{asked}" if where else f"/tables/{quote(table)}"


def row_path(table: str, row: object) -> str:
    """The address of a row's drawer, in its grid."""
    return f"/tables/{quote(table)}?{urlencode({'row': row})}"


def site_path(code: object) -> str:
    """The address of a site's page. A code may hold any sign but a blank."""
    return f"/sites/{quote(str(code), safe='')}"
