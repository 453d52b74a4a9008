"""One cycle of the shared workbooks: look, read, merge, apply here, write there, mark as agreed. Safe to kill anywhere.

Each workbook is settled by itself: one transaction takes what its sheets changed (records, history, base, matters for a
person); then the file is written; then what was written is marked as agreed. A cycle that dies between two of these is
finished by the next: what was taken is equal on both sides, what was not written still differs.
"""

import datetime
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy.engine import Connection

from integrations import books as kept
from integrations.backend import Backend, Content, Lease, Note, NotNow, Seen, Unwritten
from integrations.books import BUSY, FINE, RELEASED, STOPPED, Book
from integrations.package import TabEdit
from integrations.reading import Grids
from integrations.render import Rendered
from integrations.settling import Settling
from integrations.shows import Expected, Shows, expected_books, filled, shared
from integrations.workbook import HIDDEN_TITLE, Layout, SheetTab, hidden_edits, identity_of, read_tab
from models.access import SYNC
from models.database import dumps, get_meta, raise_pulse, set_meta
from models.derive import reads_through
from models.faults import Fault
from models.history import stamp
from models.query import Query, View
from models.services import Services
from models.store import CHINA
from models.words import _

Progress = Callable[[int, int, str], None]  # done, of, what


class Held(Fault):
    """Another installation wrote into this place: this one holds its pen until someone says so."""

    def __init__(self, why: str) -> None:
        super().__init__(_("{why}，没有同步；确认由这套台账写入：sync --take-over").format(why=why))


@dataclass
class Report:
    """What a cycle did."""

    workbooks: int = 0
    read: int = 0
    written: int = 0
    cells_in: int = 0
    cells_out: int = 0
    notes: list[Note] = field(default_factory=list)

    def told(self, waiting: Mapping[str, int]) -> dict[str, int]:
        """As `sync --json` answers it: counts, and what waits for a person."""
        done = {name: getattr(self, name) for name in ("workbooks", "read", "written", "cells_in", "cells_out")}
        return {**done, **waiting}


@dataclass
class Cycle:
    """One run over the workbooks of one place."""

    parts: Services
    backend: Backend
    dry: bool = False
    progress: Progress = lambda done, of, what: None
    report: Report = field(default_factory=Report)

    def run(self, take_over: bool = False) -> Report:
        """Run it. Raises Held, and the backend's faults when the place cannot be reached."""
        with self.parts.database.read() as connection:
            view = self.parts.query.view(connection, SYNC)
            expected, stamp_now = expected_books(view), self.stamp(view)
            known = kept.all_books(connection)
            self.installation = get_meta(connection, "installation")
            shows = Shows(view, expected.values(), self.today())
        self.check_lease(take_over)
        survey = self.backend.survey(
            {code: Seen(book.place, book.mark) for code, book in known.items()}, self.installation
        )
        self.report.workbooks, self.report.notes = len(expected), survey.notes
        fresh = [one for code, one in expected.items() if code not in known and code not in survey.found]
        changed, missing, quiet = self.sort_out(expected, known, survey.found, shows, stamp_now)
        of = len(fresh) + len(changed)
        if (fresh or changed) and not self.dry:
            self.take_turn()
        for done, one in enumerate(fresh):
            self.progress(done, of, one.name)
            self.create(one, shows, stamp_now)
        contents = self.backend.read([survey.found[one.code] for one in changed])
        for done, one in enumerate(changed, len(fresh)):
            self.progress(done, of, one.name)
            seen = survey.found[one.code]
            self.settle(one, seen, contents[seen.place], known.get(one.code), stamp_now)
        self.stop_missing(missing, known)
        self.refresh(quiet, known, survey.found, stamp_now)
        self.progress(of, of, "")
        return self.report

    # ---- who may write

    def check_lease(self, take_over: bool) -> None:
        """Hold the pen where another installation, an older copy or a copy elsewhere would write."""
        lease, mine = self.backend.lease(), self.counter()
        if lease is None or take_over:
            return
        if lease.installation != self.installation:
            raise Held(_("共享文件夹归另一套台账"))
        if lease.counter > mine:
            raise Held(_("共享文件夹比这套台账新，台账可能是旧的备份"))
        if lease.home != self.home():
            raise Held(_("台账换了地方，可能是一份副本"))

    def home(self) -> str:
        return f"{self.parts.settings.data}" if self.parts.database.sqlite else self.parts.database.place

    def counter(self) -> int:
        with self.parts.database.read() as connection:
            return int(get_meta(connection, "writing_cycles", "0"))

    def take_turn(self) -> None:
        """Count a writing cycle, here first: a folder that is ahead of the records is what tells an old copy."""
        counter = max(self.counter(), (lease.counter if (lease := self.backend.lease()) else 0)) + 1
        with self.parts.database.write() as connection:
            set_meta(connection, "writing_cycles", str(counter))
        self.backend.take_lease(Lease(self.installation, self.home(), counter))

    # ---- what needs doing

    def today(self) -> str:
        return self.parts.store.clock().astimezone(CHINA).date().isoformat()

    def now(self) -> datetime.datetime:
        return self.parts.store.clock()

    def stamp(self, view: View) -> str:
        """What the sheets' content depends on, here: the versions of the tables that they show, and the day's windows."""
        tables = {table.name for table in view.query.catalog.tabs} | {view.query.catalog.tree.name}
        for table in view.query.catalog.tabs:
            tables |= reads_through(table)
        versions = {name: view.pulses.get(f"table:{name}", 0) for name in sorted(tables)}
        return dumps([versions, self.today()[:7], view.paths().settings])

    def sort_out(
        self,
        expected: Mapping[str, Expected],
        known: Mapping[str, Book],
        found: Mapping[str, Seen],
        shows: "Shows",
        stamp_now: str,
    ) -> tuple[list[Expected], list[Expected], list[Expected]]:
        """(to read, file missing, nothing to do)."""
        changed, missing, quiet = [], [], []
        with self.parts.database.read() as connection:
            for code, one in expected.items():
                book, seen = known.get(code), found.get(code)
                if seen is None:
                    missing += [one] if book else []
                elif book is None or not self.backend.same(book.mark, seen.mark):
                    changed.append(one)
                elif book.state == BUSY:
                    (quiet if self.backend.holder(seen.place) else changed).append(one)
                elif (
                    book.state != STOPPED
                    and book.stamp != stamp_now
                    and shows.lacks(one, kept.read_base(connection, code))
                ):
                    changed.append(one)
                else:
                    quiet.append(one)
        return changed, missing, quiet

    # ---- a new workbook

    def create(self, one: Expected, shows: "Shows", stamp_now: str) -> None:
        """Make a workbook with everything in it."""
        self.report.written += 1
        tabs = [(Layout(table), list(shows.rows(table, one).values())) for table in self.parts.catalog.tabs]
        self.report.cells_out += sum(filled(layout.table, row) for layout, rows in tabs for row in rows)
        if self.dry:
            return
        lists = shows.lists(one)
        try:
            seen = self.backend.create(Content(one.code, one.name, self.installation, tabs, lists))
        except Unwritten as fault:
            self.report.written -= 1
            self.keep(one, Seen("", ""), STOPPED, str(fault), "", 0, 0)
            return
        with self.parts.database.write() as connection:
            for layout, rows in tabs:
                kept.write_base(
                    connection, one.code, layout.table.name, {str(row["id"]): shared(layout.table, row) for row in rows}
                )
            kept.keep_book(connection, self.book(one, seen, FINE, "", stamp_now, 0, 0))
            raise_pulse(connection, "sync")

    # ---- a workbook that changed, on either side

    def settle(self, one: Expected, seen: Seen, grids: Grids | Exception, book: Book | None, stamp_now: str) -> None:
        """Merge one workbook: take what changed there, write what changed here."""
        self.report.read += 1
        if isinstance(grids, Exception):
            self.keep(one, seen, STOPPED, str(grids), "", 0, 0)
            return
        tabs, why = self.tabs(one, grids)
        if why:
            self.keep(one, seen, STOPPED, why, "", 0, 0)
            return
        with self.parts.database.write() as connection:
            release = book.state if book and book.state in RELEASED else ""
            work = Settling(self.parts, connection, one, tabs, self.today(), stamp(self.now()), release)
            stopped = work.merge()
            if stopped:
                connection.get_transaction().rollback()  # type: ignore[union-attr]
            elif self.dry:
                work.apply()
                rendered = work.render()
                connection.get_transaction().rollback()  # type: ignore[union-attr]
            else:
                work.apply()
                rendered = work.render()
                work.note_matters(rendered)
                raise_pulse(connection, "sync")
        if stopped:
            self.keep(one, seen, STOPPED, stopped, "", 0, 0)
            return
        self.report.cells_in += work.cells_in
        self.write(one, seen, work, rendered, grids, stamp_now)

    def tabs(self, one: Expected, grids: Grids) -> tuple[dict[str, SheetTab], str]:
        """The workbook's tabs by table, or why they cannot be trusted."""
        owner = identity_of(grids.get(HIDDEN_TITLE, []))
        if owner is not None and owner[0] != self.installation:
            return {}, _("这是另一套台账的表")
        if owner is not None and owner[1] != one.code:
            return {}, _("这是 {code} 的表").format(code=owner[1])
        tabs = {}
        for table in self.parts.catalog.tabs:
            title = Layout(table).title
            if title not in grids:
                return {}, _("少了“{title}”页").format(title=title)
            tab = read_tab(table, title, grids[title])
            if tab is None:
                return {}, _("“{title}”页没有表头，可能被清空").format(title=title)
            tabs[table.name] = tab
        return tabs, ""

    def write(
        self,
        one: Expected,
        seen: Seen,
        work: "Settling",
        rendered: Mapping[str, Rendered],
        grids: Grids,
        stamp_now: str,
    ) -> None:
        """Write what the sheets lack, then mark it as agreed."""
        edits = [TabEdit(work.tabs[name].title, done.cells, done.grow) for name, done in rendered.items() if done.cells]
        if HIDDEN_TITLE in grids and (lists := hidden_edits(grids[HIDDEN_TITLE], work.lists)):
            edits.append(TabEdit(HIDDEN_TITLE, lists))
        out = sum(done.out for done in rendered.values())
        state, reason = FINE, ""
        if edits and not self.dry:
            try:
                seen = self.backend.write(seen, edits)
            except NotNow as fault:
                state, reason = BUSY, str(fault)
            except Unwritten as fault:
                state, reason = STOPPED, str(fault)
        if self.dry:
            self.report.written += bool(edits)
            self.report.cells_out += out
            return
        if state == FINE:
            self.report.written += bool(edits)
            self.report.cells_out += out
        with self.parts.database.write() as connection:
            if state == FINE:
                work.mark_agreed(connection, rendered)
            version = self.stamp_of(connection) if work.cells_in else stamp_now
            kept.keep_book(
                connection, self.book(one, seen, state, reason, version, work.cells_in, out if state == FINE else 0)
            )
            raise_pulse(connection, "sync")

    def stamp_of(self, connection: Connection) -> str:
        """The stamp as this workbook's own changes have moved it: they are in its sheets already."""
        return self.stamp(Query(self.parts.database, self.parts.catalog).view(connection, SYNC))

    # ---- states

    def book(
        self, one: Expected, seen: Seen, state: str, reason: str, version: str, cells_in: int, cells_out: int
    ) -> Book:
        return Book(
            one.code, one.name, seen.place, seen.mark, state, reason, version, stamp(self.now()), cells_in, cells_out
        )

    def keep(
        self, one: Expected, seen: Seen, state: str, reason: str, version: str, cells_in: int, cells_out: int
    ) -> None:
        if self.dry:
            return
        with self.parts.database.write() as connection:
            kept.keep_book(connection, self.book(one, seen, state, reason, version, cells_in, cells_out))
            raise_pulse(connection, "sync")

    def stop_missing(self, missing: Sequence[Expected], known: Mapping[str, Book]) -> None:
        """A file that is not there any more: nothing is taken for deleted, and no new one is made unasked."""
        for one in missing:
            book = known[one.code]
            if book.state != STOPPED:
                self.keep(
                    one,
                    Seen(book.place, book.mark),
                    STOPPED,
                    _("文件不见了：{place}").format(place=book.place),
                    "",
                    0,
                    0,
                )

    def refresh(
        self, quiet: Sequence[Expected], known: Mapping[str, Book], found: Mapping[str, Seen], stamp_now: str
    ) -> None:
        """Remember that nothing is to be done, so that the next cycle asks even less."""
        moved = []
        for one in quiet:
            book, seen = known[one.code], found[one.code]
            version = stamp_now if book.state == FINE else book.stamp
            if (book.place, book.mark, book.stamp) != (seen.place, seen.mark, version):
                moved.append(replace(book, place=seen.place, mark=seen.mark, stamp=version))
        if moved and not self.dry:
            with self.parts.database.write() as connection:
                for book in moved:
                    kept.keep_book(connection, book)
