"""The look of every page: its style sheets, and how NiceGUI's own elements come by default."""

from nicegui import ui

from pages import own_files

SHEETS = ("theme.css", "quasar.css", "frame.css", "pages.css", "overview.css", "site.css", "check.css")
SCRIPTS = ("line.js", "frame.js", "typed.js")


def add_sheet(name: str) -> None:
    """Put a style sheet of its own into the head of the page being built."""
    ui.add_head_html(sheet_link(name))


def sheet_link(name: str) -> str:
    """A head's link to a style sheet of pages/static."""
    return f'<link rel="stylesheet" href="{own_files.address(name)}">'


def apply() -> None:
    """Serve the program's own files, put the shared ones into every page's head, and set the elements' defaults."""
    own_files.serve()
    scripts = [f'<script src="{own_files.address(name)}" defer></script>' for name in SCRIPTS]
    ui.add_head_html("\n".join([*map(sheet_link, SHEETS), *scripts]), shared=True)
    ui.button.default_props("unelevated no-caps dense no-wrap")
    for field in (ui.input, ui.select, ui.number, ui.textarea):
        field.default_props("outlined dense hide-bottom-space")
    ui.table.default_props("flat bordered dense")
    ui.dialog.default_props('transition-show="none" transition-hide="none"')
