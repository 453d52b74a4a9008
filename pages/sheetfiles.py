"""/sync/books/{code}: a shared workbook, for those who may edit what is in it: its file, or where it is in Google Sheets."""

from collections.abc import Mapping
from urllib.parse import quote

import nicegui
from fastapi import Request
from starlette.responses import RedirectResponse, Response

from integrations import books as kept
from integrations.folder import Folder
from integrations.google_files import link_to
from models.access import Actor, edits_row
from models.faults import Fault
from models.services import Services
from models.words import _
from pages.session import current_actor, login_path, services_of
from pages.sitting import ROLES

SPREADSHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class NoBook(Fault):
    """A workbook that is not there, or not the reader's: no one learns which."""

    def __init__(self, code: str) -> None:
        super().__init__(_("没有 {code} 的共享表").format(code=code))


@nicegui.app.get("/sync/books/{code}")
def download(code: str, request: Request) -> Response:
    """A workbook as it is now, for those who may edit its rows: it holds phone numbers in full."""
    actor = current_actor(request)
    if actor is None:
        return RedirectResponse(login_path(request), 303)
    services = services_of(request)
    try:
        place = place_of(services, actor, code)
        if services.settings.google:
            return RedirectResponse(link_to(services.settings, place), 303)
        path = Folder(services.settings.sheets).path(place)
        return Response(path.read_bytes(), media_type=SPREADSHEET, headers=as_file(path.name))
    except (Fault, OSError) as fault:
        text = str(fault) if isinstance(fault, Fault) else str(NoBook(code))
        return Response(text, 404, media_type="text/plain; charset=utf-8")


def place_of(services: Services, actor: Actor, code: str) -> str:
    """The place of a workbook. Raises NoBook."""
    with services.database.read() as connection:
        reach = services.query.view(connection, actor).reach
        book = kept.all_books(connection).get(code)
        tree = services.catalog.tree
        if book is None or not book.place or actor.role not in ROLES:
            raise NoBook(code)
        if not edits_row(actor, tree, {tree.owner or "": code}, reach):
            raise NoBook(code)
    return book.place


def as_file(name: str) -> Mapping[str, str]:
    """The header that makes a browser keep an answer as a file of this name."""
    return {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}", "Cache-Control": "no-store"}
