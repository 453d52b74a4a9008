"""What changed elsewhere, told to open pages: follows the change counter in the database, whoever raised it.

A push names a table and rows, never a value: each page asks again for what it may see.
"""

import asyncio
import logging
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from models.catalog import Catalog
from models.database import Database, read_pulses
from models.derive import reads_through
from models.history import changesets, entries

log = logging.getLogger(__name__)

LOOK_EVERY = 0.2  # seconds between two looks at SQLite's own counter
LOOK_UP = 0.5  # seconds after which one who waits for PostgreSQL looks whether to stop
TRY_AGAIN = 2.0  # seconds
MOST_NAMED = 500  # rows that a push names; more, and a page asks for all it holds


@dataclass(frozen=True)
class News:
    """What changed since the last news: table -> ids of its rows (None: any of them), and the topics beside records."""

    tables: Mapping[str, frozenset[str] | None]
    topics: frozenset[str]
    version: int


Listener = Callable[[News], None]


@dataclass
class Follower:
    """Follows one database in a thread of its own, and tells its listeners in the event loop."""

    database: Database
    catalog: Catalog
    listeners: list[Listener] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None
    _seen: dict[str, int] = field(default_factory=dict)
    _last: int = 0

    def start(self) -> None:
        """Begin to follow, from what stands now. Call it in the event loop."""
        loop = asyncio.get_running_loop()
        with self.database.read() as connection:
            self._seen, self._last = read_pulses(connection), newest(connection)
        self._thread = threading.Thread(target=self.follow, args=(loop,), name="follower", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Follow no longer. Waits for the thread, which looks up at least every `LOOK_UP` seconds."""
        self._stop.set()
        if self._thread:
            self._thread.join(2 * LOOK_UP)

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Be told of news; returns what ends it."""
        self.listeners.append(listener)

        def end() -> None:
            if listener in self.listeners:
                self.listeners.remove(listener)

        return end

    def follow(self, loop: asyncio.AbstractEventLoop) -> None:
        """Wait for changes until stopped. A database that is away for a while is asked again."""
        watch = self.watch_sqlite if self.database.sqlite else self.watch_postgres
        while not self._stop.is_set():
            try:
                watch(loop)
            except Exception:
                log.warning("the follower lost the database, trying again", exc_info=True)
                self._stop.wait(TRY_AGAIN)

    def watch_sqlite(self, loop: asyncio.AbstractEventLoop) -> None:
        """SQLite counts the commits of other connections in `PRAGMA data_version`: cheap to ask."""
        connection = self.database.engine.raw_connection()
        try:
            version = None
            while not self._stop.wait(LOOK_EVERY):
                now = connection.execute("PRAGMA data_version").fetchone()[0]  # type: ignore[attr-defined]
                if now != version:
                    version = now
                    self.tell(loop)
        finally:
            connection.close()

    def watch_postgres(self, loop: asyncio.AbstractEventLoop) -> None:
        """PostgreSQL sends a notification after each commit that raised a pulse."""
        import psycopg

        url = self.database.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("LISTEN zongfen")
            self.tell(loop)
            while not self._stop.is_set():
                if list(connection.notifies(timeout=LOOK_UP, stop_after=1)):
                    self.tell(loop)

    def tell(self, loop: asyncio.AbstractEventLoop) -> None:
        news = self.catch_up()
        if news and not loop.is_closed():
            loop.call_soon_threadsafe(self.spread, news)

    def spread(self, news: News) -> None:
        for listener in list(self.listeners):
            try:
                listener(news)
            except Exception:  # one page that breaks keeps no news from the others
                log.exception("a listener failed")

    def catch_up(self) -> News | None:
        """What has changed since the last time; None for nothing."""
        with self.database.read() as connection:
            pulses = read_pulses(connection)
            topics = frozenset(
                topic for topic, count in pulses.items() if count != self._seen.get(topic) and ":" not in topic
            )
            if not topics:
                return None
            rows = connection.execute(
                sa.select(entries.c.table_name, entries.c.row_id).where(entries.c.changeset > self._last).distinct()
            )
            tables = self.named(rows)
            self._seen, self._last = pulses, newest(connection)
        return News(tables, topics, pulses.get("records", 0))

    def named(self, rows: Iterable[tuple[str, str]]) -> dict[str, frozenset[str] | None]:
        """The rows by table, and any row of the tables whose computed values read through them."""
        found: dict[str, set[str]] = {}
        for table, row in rows:
            found.setdefault(table, set()).add(row)
        told: dict[str, frozenset[str] | None] = {
            table: frozenset(ids) if len(ids) <= MOST_NAMED else None for table, ids in found.items()
        }
        for table in self.catalog:
            if found.keys() & (reads_through(table) - {table.name}):
                told[table.name] = None
        return told


def newest(connection: Connection) -> int:
    """The number of the last change set; 0 where there is none."""
    return connection.execute(sa.select(sa.func.max(changesets.c.id))).scalar() or 0
