"""/sync/books/{code}: a shared workbook as a file, taken away and brought back by those who may edit what is in it."""

import asyncio
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import nicegui
from fastapi import Request
from starlette.background import BackgroundTask
from starlette.responses import FileResponse, JSONResponse, RedirectResponse, Response

from integrations.backend import NotNow, Unwritten
from integrations.books import Book, NoBook
from integrations.copies import bring_back, hand_out, may_open
from integrations.guard import Unusable
from models.access import Actor
from models.faults import Fault
from models.services import Services
from models.words import _
from pages.bodies import body_of
from pages.session import current_actor, login_path, services_of
from pages.sitting import ROLES

SPREADSHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
LARGEST = 20_000_000  # bytes of a file that is brought back; a branch's workbook has some 50,000


class TooLarge(Fault):
    """A file of a size that no workbook of ours has."""

    def __init__(self) -> None:
        super().__init__(_("文件太大，最多 {size} MB").format(size=LARGEST // 1_000_000))


@nicegui.app.get("/sync/books/{code}")
def download(code: str, request: Request) -> Response:
    """A workbook as it is now; the copy can be brought back."""
    actor = current_actor(request)
    if actor is None:
        return RedirectResponse(login_path(request), 303)
    services, path = services_of(request), new_file()
    try:
        name = hand_out(services, actor, book_of(services, actor, code), path)
    except (Fault, OSError) as fault:
        path.unlink(missing_ok=True)
        text = str(fault) if isinstance(fault, Fault) else str(NoBook(code))
        return Response(text, 404, media_type="text/plain; charset=utf-8")
    away = BackgroundTask(path.unlink, missing_ok=True)
    return FileResponse(path, media_type=SPREADSHEET, headers=as_file(name), background=away)


@nicegui.app.post("/sync/books/{code}")
async def upload(code: str, request: Request) -> Response:
    """A copy that was filled in elsewhere, as the body: what was changed in it goes into the shared workbook."""
    actor = await asyncio.to_thread(current_actor, request)
    if actor is None:
        return JSONResponse({"error": _("登录已失效，重新登录")}, 401)
    services = services_of(request)
    try:
        book = await asyncio.to_thread(book_of, services, actor, code)
        body = await body_of(request, LARGEST)
        if body is None:
            raise TooLarge
        with kept(body) as path:
            return JSONResponse(dict(await asyncio.to_thread(bring_back, services, book, path)))
    except NoBook as fault:
        return JSONResponse({"error": str(fault)}, 404)
    except (Fault, Unusable) as fault:
        status = 409 if isinstance(fault, NotNow | Unwritten) else 422
        return JSONResponse({"error": str(fault)}, status)


def book_of(services: Services, actor: Actor, code: str) -> Book:
    """A workbook that this person may take away. Raises NoBook."""
    if actor.role not in ROLES:
        raise NoBook(code)
    return may_open(services, actor, code)


@contextmanager
def kept(content: bytes) -> Iterator[Path]:
    """The content as a file, for as long as it is looked at."""
    path = new_file()
    try:
        path.write_bytes(content)
        yield path
    finally:
        path.unlink(missing_ok=True)


def new_file() -> Path:
    """An empty file with a name of ours, outside every folder that is shared."""
    handle, name = tempfile.mkstemp(prefix="zongfen-", suffix=".xlsx")
    os.close(handle)
    return Path(name)


def as_file(name: str) -> Mapping[str, str]:
    """The header that makes a browser keep an answer as a file of this name."""
    return {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}", "Cache-Control": "no-store"}
