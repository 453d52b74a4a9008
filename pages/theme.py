"""The look of every page: where the shared style sheets are, and how NiceGUI's own elements come by default."""

from pathlib import Path

from nicegui import app, ui

STATIC = Path(__file__).parent / "static"
SHEETS = ("theme.css", "quasar.css", "frame.css", "pages.css", "overview.css", "site.css", "check.css")
SCRIPTS = ("frame.js",)


def apply() -> None:
    """Serve pages/static at /static, put its sheets into every page's head, and set the elements' defaults.

    Unchanged files cost a page one short question each: an upgraded one is never read from a browser's store.
    """
    app.add_static_files("/static", STATIC, max_cache_age=0)
    links = [f'<link rel="stylesheet" href="/static/{name}">' for name in SHEETS]
    scripts = [f'<script src="/static/{name}" defer></script>' for name in SCRIPTS]
    ui.add_head_html("\n".join([*links, *scripts]), shared=True)
    ui.button.default_props("unelevated no-caps dense no-wrap")
    for field in (ui.input, ui.select, ui.number, ui.textarea):
        field.default_props("outlined dense hide-bottom-space")
    ui.table.default_props("flat bordered dense")
    ui.dialog.default_props('transition-show="none" transition-hide="none"')
