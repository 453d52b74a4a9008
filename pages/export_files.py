"""Files of the exports page: asked for, downloaded by their maker alone, deleted, and cleared after their time."""

from collections.abc import Mapping
from typing import Any

import nicegui
from fastapi import Request
from starlette.responses import FileResponse, RedirectResponse, Response

from models import exported, jobs
from models.access import Actor
from models.exported import Cleared, Export, NoExport
from models.faults import Fault
from models.services import Services
from models.words import _
from pages.launching import launch
from pages.session import current_actor, login_path, services_of
from pages.sheetfiles import as_file

STATUSES: Mapping[type[Fault], int] = {NoExport: 404, Cleared: 410}


def start(services: Services, actor: Actor, kind: str, asked: Mapping[str, Any], title: str, suffix: str) -> int:
    """Make a file in a process of its own; returns its number. Raises StillMaking."""
    with services.database.write() as connection:
        number = exported.ask(connection, actor, kind, asked, title, suffix, services.store.clock())
    try:
        job = launch(services, actor, exported.kind_of_job(actor), ["make-export", str(number)])
        with services.database.write() as connection:
            exported.set_job(connection, number, job.id)
    except Fault:
        with services.database.write() as connection:
            exported.remove(connection, number)
        raise
    return number


def again(services: Services, actor: Actor, number: int) -> int:
    """Make a file of the same choices once more, with the scope of today. Raises NoExport, StillMaking."""
    with services.database.read() as connection:
        before = exported.get(connection, number)
    if before.account != actor.name:
        raise NoExport
    return start(services, actor, before.kind, before.asked, before.title, before.suffix)


def stop(services: Services, actor: Actor, number: int) -> None:
    """Stop the job that makes a file. Raises NoExport, NoJob."""
    with services.database.write() as connection:
        found = exported.mine(connection, number, actor)
        jobs.cancel(connection, found.job or 0, actor, services.store.clock())


def delete(services: Services, actor: Actor, number: int) -> None:
    """Take a file away, and its line. Raises NoExport."""
    with services.database.write() as connection:
        found = exported.mine(connection, number, actor)
        exported.remove(connection, number)
    exported.unlink(services.settings.exports, found)


def clear(services: Services) -> None:
    """Take away the files that were kept long enough; their lines stay, and say so."""
    now = services.store.clock()
    with services.database.read() as connection:
        due = exported.overdue(connection, now)
    for one in due:
        exported.unlink(services.settings.exports, one)
    if due:
        with services.database.write() as connection:
            exported.set_cleared(connection, [one.id for one in due])


def file_for(services: Services, actor: Actor, number: str) -> Export:
    """A file that this actor may take. Raises NoExport, ScopeChanged, Cleared."""
    if not number.isdecimal() or len(number) > 9:
        raise NoExport
    with services.database.read() as connection:
        reach = services.query.view(connection, actor).reach
        return exported.fetched(connection, int(number), actor, reach, services.store.clock())


@nicegui.app.get("/exports/files/{export}")
def download(export: str, request: Request) -> Response:
    """A file, for its maker: 403 where the maker's scope has changed since, 410 where it is cleared."""
    actor, services = current_actor(request), services_of(request)
    if actor is None:
        return RedirectResponse(login_path(request), 303)
    try:
        found = file_for(services, actor, export)
        path = services.settings.exports / found.file
        if not path.is_file():
            raise Cleared
    except Fault as fault:
        return Response(str(fault), STATUSES.get(type(fault), 403), media_type="text/plain; charset=utf-8")
    return FileResponse(path, headers=as_file(f"{found.title}{found.suffix}"))


def told_size(size: int) -> str:
    """A size in words: 12 KB, 3.4 MB."""
    return f"{size / 1024 / 1024:.1f} MB" if size >= 1024 * 1024 else _("{count} KB").format(count=-(-size // 1024))
