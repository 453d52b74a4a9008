"""A file of the exports page, made as a job in a process of its own. For the server, not for people."""

import typer

from commands.base import context

app = typer.Typer(add_completion=False)


@app.command("make-export", hidden=True)
def make_export(number: int, job: int = typer.Option(..., "--job", hidden=True)) -> None:
    """Make a file with the scope of whoever asked for it."""
    from exports.batch import make
    from models import exported
    from models.accounts import find_actor
    from models.jobs import working

    here = context()
    folder = here.settings.exports
    folder.mkdir(parents=True, exist_ok=True)
    with working(here.database, job, here.services.store.clock) as work:
        with here.database.read() as connection:
            asked = exported.get(connection, number)
            actor = find_actor(connection, asked.account)
            if not asked.same_actor(actor):
                raise exported.ScopeChanged
            view = here.services.query.view(connection, actor)
            path, reach = folder / asked.file, view.reach
            made = make(view, asked.kind, asked.asked, path, here.settings.fonts, work.step)
        try:
            work.step(1, 1, "")
            with here.database.write() as connection:
                exported.keep(connection, number, path.stat().st_size, made.pages, made.items, made.note, reach)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
