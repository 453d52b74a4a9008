"""One cycle of the shared workbooks: look, read, merge, apply here, write there. Safe to kill anywhere.

Each workbook is settled by itself: one transaction takes what its sheets changed and notes what is about to be written
(records, history, what is agreed, matters for a person); then its file is written. Nothing else has to follow: the file
itself tells whether it was (see agreed.py), so the next cycle finishes whatever one that died has left.
"""

import datetime
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial

from sqlalchemy.engine import Connection

from integrations import books as kept
from integrations import hidden
from integrations.agreed import note_new_book
from integrations.backend import Backend, Content, Note, NotNow, Seen, Survey, Unwritten
from integrations.books import BUSY, CLOSED, FINE, RELEASED, STOPPED, Book
from integrations.normal import Forms
from integrations.package import TabEdit
from integrations.pen import Pen
from integrations.reading import Grids
from integrations.settling import Settling, missing
from integrations.shows import Expected, Shows, expected_book, filled
from integrations.touched import Version, above, touched_sites, version_in, version_of
from integrations.workbook import Layout, SheetTab, new_tab, read_tab
from models.database import get_meta, set_meta
from models.history import stamp
from models.schema import Row, Table
from models.services import Services
from models.words import _

Progress = Callable[[int, int, str], None]  # done, of, what
FEW = 20  # workbooks up to which each one's records are read by themselves
WAITING = ("conflicts", "problems", "proposals", "stopped")


@dataclass
class Report:
    """What a cycle did; `added` is what a dry run would add to what waits for a person."""

    workbooks: int = 0
    read: int = 0
    written: int = 0
    cells_in: int = 0
    cells_out: int = 0
    notes: list[Note] = field(default_factory=list)
    added: dict[str, int] = field(default_factory=lambda: dict.fromkeys(WAITING, 0))

    def told(self, waiting: Mapping[str, int]) -> dict[str, int]:
        """As `sync --json` answers it: counts, and what waits for a person."""
        done = {name: getattr(self, name) for name in ("workbooks", "read", "written", "cells_in", "cells_out")}
        return {**done, **{name: waiting[name] + self.added[name] for name in WAITING}}


@dataclass
class Agenda:
    """What a cycle has to do: workbooks to make, to look into, and to stop because their file is gone."""

    fresh: list[Expected] = field(default_factory=list)
    due: list[Expected] = field(default_factory=list)
    missing: list[Book] = field(default_factory=list)
    refreshed: list[Book] = field(default_factory=list)  # nothing to do, but there is something new to remember


@dataclass
class Cycle:
    """One run over the workbooks of one place."""

    parts: Services
    backend: Backend
    dry: bool = False
    progress: Progress = lambda done, of, what: None
    report: Report = field(default_factory=Report)
    known: dict[str, Book] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)  # of what workbooks show, as this cycle found it
    installation: str = ""
    forms: Forms = field(default_factory=Forms)

    def run(self, take_over: bool = False) -> Report:
        """Run it. Raises Held, and the backend's faults when the place cannot be reached."""
        with self.parts.database.read() as connection:
            self.installation = get_meta(connection, "installation")
            self.known = kept.all_books(connection)
            pen = Pen(self.parts, self.backend, self.installation, any(book.place for book in self.known.values()))
            if not take_over:
                pen.check()
            was, now = self.versions(connection)
            survey = self.survey()
            shows = Shows(self.parts.query, connection, self.parts.store.today())
            sites = frozenset() if now.same(was) else touched_sites(connection, self.parts.catalog, was, now)
            agenda = self.agenda(survey, shows, sites)
            if not self.dry and (take_over or agenda.fresh or agenda.due):
                pen.take()
            self.make(agenda, shows)
        self.look_into(agenda, survey)
        self.remember(agenda, "" if now.same(was) else now.text())
        return self.report

    def make(self, agenda: Agenda, shows: Shows) -> None:
        of = len(agenda.fresh) + len(agenda.due)
        for done, one in enumerate(agenda.fresh):
            self.progress(done, of, one.name)
            self.create(one, shows)

    def look_into(self, agenda: Agenda, survey: Survey) -> None:
        of = len(agenda.fresh) + len(agenda.due)
        contents = self.backend.read([survey.found[one.code] for one in agenda.due])
        for done, one in enumerate(agenda.due, len(agenda.fresh)):
            self.progress(done, of, one.name)
            seen = survey.found[one.code]
            self.settle(one, seen, contents[seen.place])
        self.progress(of, of, "")

    # ---- what needs doing

    def now(self) -> datetime.datetime:
        return self.parts.store.clock()

    def survey(self) -> Survey:
        """What is in the place; workbooks of sites that have none any more are passed over."""
        known = {code: Seen(book.place, book.mark) for code, book in self.known.items() if book.place}
        survey = self.backend.survey(known, self.installation)
        self.report.notes = survey.notes
        return survey

    def versions(self, connection: Connection) -> tuple[Version | None, Version]:
        """(with which records the workbooks were last compared, those that there are)."""
        was = version_in(get_meta(connection, kept.VERSION))
        return was, version_of(connection, self.parts.catalog, self.parts.store.today())

    def agenda(self, survey: Survey, shows: Shows, sites: frozenset[str] | None) -> Agenda:
        """What there is to do, where these sites' rows have changed (None: any). No other record is looked at."""
        agenda = Agenda()
        unmade = any(book.state == STOPPED and not book.place for book in self.known.values())
        changed = self.changed(shows, sites)
        if changed is None or unmade:
            expected = shows.expected
            codes = frozenset(expected)
        else:
            codes = frozenset(code for code, book in self.known.items() if book.state != CLOSED)
            expected = {
                code: expected_book(shows.view, code, book.name)
                for code, book in self.known.items()
                if code in codes and (code in changed or not self.rests(book, survey.found.get(code)))
            }
        self.report.workbooks = len(codes)
        self.close(codes, survey, agenda)
        for code, one in expected.items():
            if code in self.known and self.known[code].paused:
                continue
            digest = (
                partial(shows.digest, one, alone=changed is not None) if changed is None or code in changed else None
            )
            self.sort_out(one, self.known.get(code), survey.found.get(code), digest, agenda)
        return agenda

    def changed(self, shows: Shows, sites: frozenset[str] | None) -> frozenset[str] | None:
        """The workbooks whose records may have changed with these sites: theirs and those above; None where it may be all."""
        if sites is None:
            return None
        found = {
            one.code for one in self.known.values() if one.state == FINE and not one.digest
        }  # somebody asked for it
        for site in sites:
            found |= self.known.keys() & set(above(shows.view.tree, site))
        return frozenset(found) if len(found) <= FEW else None

    def rests(self, book: Book, seen: Seen | None) -> bool:
        """Whether a known workbook's file asks for nothing, and is where and as it was."""
        return seen is not None and (seen.place, seen.mark) == (book.place, book.mark) and self.is_quiet(book, seen)

    def is_quiet(self, book: Book, seen: Seen | None) -> bool:
        """Whether a workbook's file asks for nothing."""
        if seen is None or not self.backend.same(book.mark, seen.mark):
            return False
        waits = book.state == BUSY or (book.state in RELEASED and bool(book.reason))  # for whoever has it open
        return self.backend.holder(seen.place) is not None if waits else book.state not in RELEASED

    def sort_out(
        self, one: Expected, book: Book | None, seen: Seen | None, digest: Callable[[], str] | None, agenda: Agenda
    ) -> None:
        if seen is None:
            if book is None or not book.place:
                agenda.fresh.append(one)
            elif book.state != STOPPED or book.mark:
                agenda.missing.append(book)
        elif book is None or not self.is_quiet(book, seen):
            agenda.due.append(one)
        else:
            if digest and book.state == FINE and self.differs(book, digest()):
                agenda.due.append(one)
            elif (book.name, book.place, book.mark) != (one.name, seen.place, seen.mark):
                agenda.refreshed.append(book._replace(name=one.name, place=seen.place, mark=seen.mark))

    def differs(self, book: Book, digest: str) -> bool:
        """Whether a workbook's records are not those that it was last compared with."""
        self.digests[book.code] = digest
        return digest != book.digest

    def close(self, codes: frozenset[str], survey: Survey, agenda: Agenda) -> None:
        """Workbooks of sites that have none any more: nothing is read from them, and that is said."""
        for code, book in self.known.items():
            if code not in codes and book.state != CLOSED:
                agenda.refreshed.append(book._replace(state=CLOSED, reason=_("馆点没有开放，不再同步"), mark=""))
        for code, seen in survey.found.items():
            if code not in codes:
                self.report.notes.append(Note(seen.place, _("馆点没有开放，没有读")))

    # ---- a new workbook

    def create(self, one: Expected, shows: Shows) -> None:
        """Make a workbook with everything in it. What it will show is noted first: its number tells whether it was made."""
        tabs = [(Layout(table), shows.rows(table, one)) for table in self.parts.catalog.tabs]
        laid = {layout.table.name: layout.laid for layout, _rows in tabs}
        book = Book(
            one.code, one.name, "", "", STOPPED, digest=shows.digest(one), cycled_at=stamp(self.now()), laid=laid
        )
        try:
            self.backend.vacancy(one.code, one.name)
            seen = self.made(one, tabs, shows)
        except Unwritten as fault:
            self.keep_once(book._replace(reason=str(fault)))
            return
        out = sum(filled(layout.table, row) for layout, rows in tabs for row in rows)
        self.report.written += 1
        self.report.cells_out += out
        self.keep(book._replace(place=seen.place, mark=seen.mark, state=FINE, cells_out=out))

    def made(self, one: Expected, tabs: Sequence[tuple[Layout, Sequence[Row]]], shows: Shows) -> Seen:
        if self.dry:
            return Seen("", "")
        with self.parts.database.write() as connection:
            serial = note_new_book(connection, one.code, {layout.table: rows for layout, rows in tabs})
        return self.backend.create(Content(one.code, one.name, self.installation, serial, tabs, shows.lists(one)))

    # ---- a workbook that changed, on either side

    def settle(self, one: Expected, seen: Seen, grids: Grids | Exception) -> None:
        """Merge one workbook: take what changed there, write what changed here."""
        old = self.known.get(one.code) or Book(one.code, one.name, seen.place, "", FINE)
        book = old._replace(name=one.name, place=seen.place, mark=seen.mark, cycled_at=stamp(self.now()))
        if isinstance(grids, NotNow):
            if old.state == STOPPED:  # it still is, and a person may decide how it goes on
                self.keep(book._replace(mark=""))
                return
            self.keep(book._replace(state=old.state if old.state in RELEASED else BUSY, reason=str(grids), mark=""))
            return
        if isinstance(grids, Exception):
            self.keep(book._replace(state=STOPPED, reason=str(grids), mark=self.backend.unread(seen).mark))
            return
        self.report.read += 1
        tabs, why = self.tabs(book, grids)
        if why:
            self.keep(book._replace(state=STOPPED, reason=why))
            return
        with self.writing() as connection:
            work = self.work(connection, book, one, tabs, grids)
            if stopped := work.merge():
                kept.keep_book(connection, book._replace(state=STOPPED, reason=stopped, gone=work.gone()))
                return
            book, edits = self.take(connection, work, book, grids)
        self.report.cells_in += work.cells_in
        if edits:
            self.write(book, seen, edits, book._replace(laid=work.laid(book.laid), cells_out=work.cells_out))

    def take(self, connection: Connection, work: Settling, book: Book, grids: Grids) -> tuple[Book, Sequence[TabEdit]]:
        """Take what the sheets changed, and note what is about to be written: that."""
        work.apply()
        work.render()
        work.note()
        edits = work.edits(grids.get(hidden.TITLE))
        book = book._replace(
            digest=work.digest,
            remarks=work.said(),
            laid=work.laid(book.laid, written=False),
            cells_in=work.cells_in,
            cells_out=0,
            reason="",
            released_by=work.agreed.following if work.release else book.released_by,
            gone=work.still_lost(),
        )
        # Until the file is written, and known to be, the next cycle looks into it again.
        unwritten = book._replace(state=work.release or BUSY, mark="")
        kept.keep_book(connection, unwritten if edits else book._replace(state=FINE, gone={}))
        return book, edits

    def work(
        self, connection: Connection, book: Book, one: Expected, tabs: Mapping[str, SheetTab], grids: Grids
    ) -> Settling:
        identity = hidden.identity_of(grids.get(hidden.TITLE, []))
        return Settling(
            self.parts,
            connection,
            one,
            tabs,
            self.parts.store.today(),
            stamp(self.now()),
            release=book.released(identity.serial if identity else None),
            lost=book.gone,
            serial=identity.serial if identity else None,
            confirmed=book.state == FINE,
            remarks=book.remarks,
            forms=self.forms,
            digest=self.digests.get(one.code, ""),
        )

    def tabs(self, book: Book, grids: Grids) -> tuple[dict[str, SheetTab], str]:
        """The workbook's tabs by table, or why they cannot be trusted."""
        owner = hidden.identity_of(grids.get(hidden.TITLE, []))
        if owner is not None and owner.installation != self.installation:
            return {}, _("这是另一套台账的表")
        if owner is not None and owner.code != book.code:
            return {}, _("这是 {code} 的表").format(code=owner.code)
        tabs = {}
        for table in self.parts.catalog.tabs:
            title = Layout(table).title
            if never_given(book, table) and not any(grids.get(title, ())):
                tabs[table.name] = new_tab(Layout(table))
                continue
            if title not in grids:
                return {}, missing(title)
            tab = read_tab(table, title, grids[title], book.laid.get(table.name, {}))
            if tab is None:
                return {}, _("“{title}”页没有表头，可能被清空").format(title=title)
            tabs[table.name] = tab
        return tabs, ""

    def write(self, book: Book, seen: Seen, edits: Sequence[TabEdit], done: Book) -> None:
        """Write what the sheets lack: `done` is the workbook then. One that cannot be written now is tried again next time."""
        try:
            seen = self.written(seen, edits)
        except NotNow as fault:
            state = book.state if book.state in RELEASED else BUSY
            self.keep(book._replace(state=state, reason=str(fault)))
        except Unwritten as fault:
            self.keep(book._replace(state=STOPPED, reason=str(fault), mark=fault.mark or book.mark))
        else:
            self.report.written += 1
            self.report.cells_out += done.cells_out
            self.keep(done._replace(state=FINE, reason="", gone={}, mark=seen.mark))

    def written(self, seen: Seen, edits: Sequence[TabEdit]) -> Seen:
        """Write; a dry run only asks whether it could. Raises NotNow, Unwritten."""
        if not self.dry:
            return self.backend.write(seen, edits)
        if holder := self.backend.holder(seen.place):
            raise NotNow(_("{place} 有人开着：{holder}").format(place=seen.place, holder=holder))
        return seen

    # ---- what is remembered

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A writing transaction. A dry run's is taken back, and what it would have added to the matters is counted."""
        with self.parts.database.write() as connection:
            before = kept.counts(connection) if self.dry else {}
            yield connection
            if self.dry:
                after = kept.counts(connection)
                for name in WAITING:
                    self.report.added[name] += after[name] - before[name]
                connection.get_transaction().rollback()  # type: ignore[union-attr]

    def keep(self, book: Book) -> None:
        with self.writing() as connection:
            kept.keep_book(connection, book)

    def keep_once(self, book: Book) -> None:
        """Keep a state that every cycle finds again, the first time."""
        old = self.known.get(book.code)
        if old is None or (old.state, old.reason) != (book.state, book.reason):
            self.keep(book)

    def remember(self, agenda: Agenda, version: str) -> None:
        """Stop workbooks whose file is gone (nothing of them is taken for deleted, and no new one is made unasked), and
        keep what makes the next cycle ask less."""
        told = {note.place: note.message for note in self.report.notes}
        gone = [
            book._replace(
                state=STOPPED,
                reason=told.get(book.place, _("文件不见了：{place}").format(place=book.place)),
                mark="",
            )
            for book in agenda.missing
        ]
        if not (gone or agenda.refreshed or version):
            return
        with self.writing() as connection:
            for book in [*gone, *agenda.refreshed]:
                kept.keep_book(connection, book)
            if version:
                set_meta(connection, kept.VERSION, version)


def never_given(book: Book, table: Table) -> bool:
    """Whether a workbook was made before this table was declared. Of one whose tabs nobody has noted, nothing is known."""
    return bool(book.laid) and table.name not in book.laid
