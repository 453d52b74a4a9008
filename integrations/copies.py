"""Copies of a workbook that are handed out, filled in elsewhere (by WeChat, without a network) and brought back.

A copy carries a mark in its hidden tab; what it was when it was handed out is kept here under that mark, so that it is known
later what its reader changed, whatever has happened to the shared workbook since.
"""

import datetime
import re
import secrets
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from integrations import books as kept
from integrations import hidden
from integrations.backend import Backend, Content, Seen
from integrations.books import Book
from integrations.bringing import Brought, bring, total
from integrations.folder import Folder
from integrations.newbook import make_book
from integrations.package import TabEdit, Unreadable, Unwritable, identify, write
from integrations.pen import Pen
from integrations.reading import Grids, grids_of_many
from integrations.running import LOCK_WAIT, backend_of, turn
from integrations.shows import Shows, expected_book
from integrations.sides import SheetProblem
from integrations.workbook import Layout, SheetTab, file_name, read_tab
from models.access import Actor, edits_row
from models.database import get_meta, system
from models.faults import Fault
from models.history import stamp
from models.services import Services
from models.words import _, speaking

KEPT = datetime.timedelta(days=180)
FOLDER = "copies"
_MARK = re.compile(r"[0-9a-f]{24}")

copies = sa.Table(
    "sync_copies",
    system,
    sa.Column("mark", sa.String, primary_key=True),
    sa.Column("book", sa.String, nullable=False),
    sa.Column("account", sa.String, nullable=False),
    sa.Column("at", sa.String, nullable=False, index=True),
)


class NotACopy(Fault):
    """A file that was not handed out here, or for another site."""

    def __init__(self, why: str) -> None:
        super().__init__(why)


def may_open(parts: Services, actor: Actor, code: str) -> Book:
    """A workbook, for those who may edit the rows in it: it holds phone numbers in full. Raises NoBook."""
    with parts.database.read() as connection:
        reach = parts.query.view(connection, actor).reach
        book, tree = kept.all_books(connection).get(code), parts.catalog.tree
        if book is None or not book.place or not edits_row(actor, tree, {tree.owner or "": code}, reach):
            raise kept.NoBook(code)
        return book


# ---------------------------------------------------------------- handed out


def hand_out(parts: Services, actor: Actor, book: Book, target: Path) -> str:
    """Make a copy of a workbook for somebody to take away; returns its name. One that cannot be marked goes without: it
    cannot come back. Raises NoBook, and what the place raises where the file cannot be had."""
    name = make_copy(parts, book, target)
    mark = secrets.token_hex(12)
    try:
        write(target, [TabEdit(hidden.TITLE, {hidden.COPY: mark})], identify(target))
    except (Unreadable, Unwritable):
        return name
    folder = parts.settings.data / FOLDER
    folder.mkdir(exist_ok=True)
    shutil.copyfile(target, folder / f"{mark}.xlsx")
    with parts.database.write() as connection:
        forget_old(connection, folder, parts.store.clock())
        connection.execute(
            sa.insert(copies).values(mark=mark, book=book.code, account=actor.name, at=stamp(parts.store.clock()))
        )
    return name


def make_copy(parts: Services, book: Book, target: Path) -> str:
    """The file itself, or for a spreadsheet in Google Sheets one like it; returns its name."""
    if not parts.settings.google:
        source = Folder(parts.settings.sheets).path(book.place)
        shutil.copyfile(source, target)
        return source.name
    with speaking("zh"):  # as every workbook, whoever takes it away
        make_book(target, content_of(parts, book))
    return file_name(book.code, book.name)


def content_of(parts: Services, book: Book) -> Content:
    """What a workbook shows, by the records as they are. Raises NoBook where its site is gone."""
    with parts.database.read() as connection:
        shows = Shows(parts.query, connection, parts.store.today())
        if book.code not in shows.view.tree.nodes:
            raise kept.NoBook(book.code)
        one = expected_book(shows.view, book.code, book.name)
        tabs = [
            (Layout(table), sorted(shows.own_rows(table, one), key=shows.view.default_order(table)))
            for table in parts.catalog.tabs
        ]
        return Content(book.code, book.name, get_meta(connection, "installation"), 0, tabs, shows.lists(one))


def forget_old(connection: Connection, folder: Path, now: datetime.datetime) -> None:
    """Copies that nobody has brought back in half a year are not known any more."""
    old = copies.c.at < stamp(now - KEPT)
    for mark in connection.execute(sa.select(copies.c.mark).where(old)).scalars():
        (folder / f"{mark}.xlsx").unlink(missing_ok=True)
    connection.execute(sa.delete(copies).where(old))


# ---------------------------------------------------------------- brought back


def bring_back(parts: Services, book: Book, path: Path, wait: float = LOCK_WAIT) -> Mapping[str, int]:
    """Type into the shared workbook what was changed in the copy at `path`. Returns {"cells", "rows", "gone", "clashes"}.

    What another has changed there meanwhile stays, and is listed as a problem. Raises NotACopy, NotNow, Unwritten, Held,
    AnotherCycle, and what a file raises that cannot be read.
    """
    mine = grids_of(path)
    out = handed_out(parts, book, mine)
    before = grids_of(out)
    backend = backend_of(parts)
    with turn(parts.settings.data / "sync.lock", wait):
        seen = where(parts, backend, book)
        there = found(backend.read([seen])[seen.place])
        brought = {
            title: bring(table, *tabs)
            for table in parts.catalog.tabs
            if (tabs := three(table.name, title := Layout(table).title, (before, mine, there), parts))
        }
        edits = [TabEdit(title, one.cells, tuple(one.grow)) for title, one in brought.items() if one.cells]  # type: ignore[arg-type]
        if edits:
            backend.write(seen, edits)
        tell(parts, book, brought)
        shutil.copyfile(path, out)  # brought back once more, it brings what is new in it alone
    return total(brought.values())


def grids_of(path: Path) -> Grids:
    """A file's tabs, read in a child process. Raises Unusable."""
    return found(grids_of_many([path])[path])


def found(grids: Grids | Exception) -> Grids:
    if isinstance(grids, Exception):
        raise grids
    return grids


def handed_out(parts: Services, book: Book, grids: Grids) -> Path:
    """Where the copy is kept as it was handed out. Raises NotACopy."""
    tab = grids.get(hidden.TITLE, [])
    owner, mark = hidden.identity_of(tab), hidden.copy_of(tab)
    with parts.database.read() as connection:
        installation = get_meta(connection, "installation")
        known = mark and connection.execute(sa.select(copies.c.book).where(copies.c.mark == mark)).scalar()
    if owner is None:
        raise NotACopy(_("这不是台账发出的共享表"))
    if owner.installation != installation:
        raise NotACopy(_("这是另一套台账的表"))
    if owner.code != book.code:
        raise NotACopy(_("这是 {code} 的表").format(code=owner.code))
    if known != book.code or not mark or not _MARK.fullmatch(mark):
        raise NotACopy(_("不是从这里下载的那份，对不出改了什么：下载一份，填好再传"))
    return parts.settings.data / FOLDER / f"{mark}.xlsx"


def where(parts: Services, backend: Backend, book: Book) -> Seen:
    """The shared workbook as it is now. Raises Held where this installation may not write, NotACopy where it is gone."""
    with parts.database.read() as connection:
        known = kept.all_books(connection)
        installation = get_meta(connection, "installation")
    Pen(parts, backend, installation, any(one.place for one in known.values())).check()
    seen = backend.survey({code: Seen(one.place, one.mark) for code, one in known.items() if one.place}, installation)
    if book.code not in seen.found:
        raise NotACopy(_("文件不见了：{place}").format(place=book.place))
    return seen.found[book.code]


def three(
    name: str, title: str, states: Sequence[Grids], parts: Services
) -> tuple[SheetTab, SheetTab, SheetTab] | None:
    """One tab in its three states; nothing where one of them has lost it, or its ids."""
    table = parts.catalog[name]
    tabs = [read_tab(table, title, grids[title]) if title in grids else None for grids in states]
    if any(tab is None or tab.id_column is None for tab in tabs):
        return None
    return tabs[0], tabs[1], tabs[2]  # type: ignore[return-value]


def tell(parts: Services, book: Book, brought: Mapping[str, Brought]) -> None:
    """List what was not taken, until somebody has seen it."""
    names = {Layout(table).title: table.name for table in parts.catalog.tabs}
    with parts.database.write() as connection:
        now = stamp(parts.store.clock())
        for title, one in brought.items():
            problems = [
                SheetProblem(clash.number, clash.row, clash.field, clash.text, clash.message, clash.cell, put_back=True)
                for clash in one.clashes
            ]
            kept.add_problems(connection, book.code, names[title], [(problem, book.code) for problem in problems], now)
