"""The database: SQLite in WAL mode, or PostgreSQL by URL; one writer at a time; additive set-up; the change counter.

The tables of the app itself (history, accounts, sync) are declared in their own modules on `system`; record tables come
from their classes. Nothing here knows a record.
"""

import hashlib
import json
import logging
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine, Transaction

from models.faults import Fault
from models.words import _

log = logging.getLogger(__name__)

system = sa.MetaData()
meta = sa.Table("meta", system, sa.Column("name", sa.String, primary_key=True), sa.Column("value", sa.String))
pulses = sa.Table(
    "pulses", system, sa.Column("topic", sa.String, primary_key=True), sa.Column("count", sa.BigInteger, nullable=False)
)

FACT = sa.select(meta.c.value).where(meta.c.name == sa.bindparam("wanted"))  # asked all the time: put together once
BUSY_MS = 10_000  # writers take turns; CONTRACT §1
_PLAIN = frozenset({str, int, bool, type(None)})  # what JSON says as it is
WRITER_LOCK = 0x5A46  # "ZF": the advisory lock that makes PostgreSQL's writers take turns like SQLite's


class NoDatabase(Fault):
    """There is no database yet."""

    def __init__(self, where: str) -> None:
        super().__init__(_("{where} 里还没有台账，先运行 python app.py init").format(where=where))


class DatabaseExists(Fault):
    """There is a database already where a new one was asked for."""

    def __init__(self, where: str) -> None:
        super().__init__(_("{where} 里已有台账，没有改动").format(where=where))


class NoConnection(Fault):
    """The database does not answer."""

    def __init__(self, where: str, why: str) -> None:
        super().__init__(_("连不上数据库 {where}：{why}").format(where=where, why=why))


class Busy(Fault):
    """Another program has been writing for longer than this one could wait."""

    def __init__(self) -> None:
        super().__init__(_("另一个程序正在写，过一会儿再试"))


def dumps(value: Any) -> str:
    """JSON as it is stored and printed: UTF-8, whole numbers without a decimal point."""
    return json.dumps(plain(value), ensure_ascii=False, separators=(",", ":"))


def short(text: str) -> str:
    """What tells a text from every other one, in 32 letters."""
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def plain(value: Any) -> Any:
    """The value with 3.0 written 3, in lists and dictionaries too."""
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) < 1e15 else value
    if isinstance(value, Mapping):
        return {name: one if type(one) in _PLAIN else plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [one if type(one) in _PLAIN else plain(one) for one in value]
    return value


def into_wal(connection: sqlite3.Connection) -> None:
    """Turn a file to WAL. Where two processes do so at once, SQLite answers one of them "locked" without waiting."""
    until = time.monotonic() + BUSY_MS / 1000
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as fault:
            if fault.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(0.01)


def connect_sqlite(engine: Engine) -> None:
    """Pragmas on every connection; transactions begin where we say so, not where the driver guesses."""

    @sa.event.listens_for(engine, "connect")
    def on_connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        into_wal(connection)
        for pragma in (f"busy_timeout = {BUSY_MS}", "synchronous = NORMAL", "foreign_keys = ON"):
            connection.execute(f"PRAGMA {pragma}")

    @sa.event.listens_for(engine, "begin")
    def on_begin(connection: Connection) -> None:
        connection.exec_driver_sql(connection.get_execution_options().get("begin", "BEGIN"))


@dataclass
class Database:
    """One database. `read()` and `write()` are the only doors to it."""

    url: str
    engine: Engine = field(init=False)

    def __post_init__(self) -> None:
        url = self.url.replace("postgresql://", "postgresql+psycopg://", 1)
        options: dict[str, Any] = {"connect_args": {"check_same_thread": False}} if url.startswith("sqlite") else {}
        try:
            self.engine = sa.create_engine(
                url, json_serializer=dumps, pool_pre_ping=not url.startswith("sqlite"), **options
            )
        except (sa.exc.ArgumentError, ImportError, ValueError) as fault:
            raise NoConnection(url.split("@")[-1], str(fault)) from fault
        if self.sqlite:
            connect_sqlite(self.engine)

    @cached_property
    def sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    @property
    def place(self) -> str:
        """Where it is, for messages: a file, or an address without its password."""
        return str(self.file or self.engine.url.render_as_string(hide_password=True))

    @property
    def file(self) -> Path | None:
        """The file of an SQLite database."""
        return Path(self.engine.url.database) if self.sqlite and self.engine.url.database else None

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A snapshot to read from."""
        options = {} if self.sqlite else {"isolation_level": "REPEATABLE READ"}
        with self.engine.connect().execution_options(**options) as connection, connection.begin():
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """The one transaction that may write now; others wait for their turn. Leaving it commits, an exception rolls back.

        Raises Busy.
        """
        with self.engine.connect().execution_options(begin="BEGIN IMMEDIATE") as connection, self.turn(connection):
            yield connection

    def turn(self, connection: Connection) -> Transaction:
        """Begin a transaction when no one else writes. Raises Busy."""
        try:
            begun = connection.begin()
            if not self.sqlite:
                connection.execute(sa.text(f"SET LOCAL lock_timeout = {BUSY_MS}"))
                connection.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": WRITER_LOCK})
        except sa.exc.OperationalError as fault:
            raise Busy from fault
        return begun

    def exists(self) -> bool:
        """Whether the app's tables are there; makes no file. Raises NoConnection."""
        if self.file and self.file.parent.is_dir() and not self.file.exists():
            return False
        try:
            return sa.inspect(self.engine).has_table("meta")
        except sa.exc.DBAPIError as fault:
            raise NoConnection(self.place, str(fault.orig)) from fault

    def close(self) -> None:
        self.engine.dispose()


def raise_pulse(connection: Connection, topic: str) -> int:
    """Count one more change of a topic ("records", "sync", …) inside this transaction; followers see it after the commit."""
    updated = connection.execute(
        sa.update(pulses).where(pulses.c.topic == topic).values(count=pulses.c.count + 1).returning(pulses.c.count)
    ).scalar()
    if updated is None:
        connection.execute(sa.insert(pulses).values(topic=topic, count=1))
        updated = 1
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text("SELECT pg_notify('zongfen', :topic)"), {"topic": topic})
    return updated


def read_pulses(connection: Connection) -> dict[str, int]:
    """Topic -> how often it has changed."""
    return dict(connection.execute(sa.select(pulses.c.topic, pulses.c.count)).all())


def get_meta(connection: Connection, name: str, default: str = "") -> str:
    """A fact of this installation."""
    return connection.execute(FACT, {"wanted": name}).scalar() or default


def set_meta(connection: Connection, name: str, value: str) -> None:
    """Keep a fact of this installation."""
    connection.execute(sa.delete(meta).where(meta.c.name == name))
    connection.execute(sa.insert(meta).values(name=name, value=value))


def description(table: sa.Table) -> list[list[str]]:
    """What changes when a column or an index of a table is declared anew."""
    return [[column.name for column in table.columns], sorted(str(index.name) for index in table.indexes)]


def grow(database: Database, *described: sa.MetaData) -> list[str]:
    """Make the tables, columns and indexes that are declared and not there. Additive only. Returns what was made.

    What is known to be there is kept table by table: a command that has loaded fewer of the app's modules finds nothing to
    do. What is not additive (rename, split, re-type, backfill) is a migration.
    """
    wanted = {table.name: table for each in described for table in each.sorted_tables}
    told = {name: description(table) for name, table in wanted.items()}
    there: dict[str, list[list[str]]] = {}
    if database.exists():
        with database.read() as connection:
            there = json.loads(get_meta(connection, "schema") or "{}")
    missing = [name for name in wanted if there.get(name) != told[name]]
    if not missing:
        return []
    made: list[str] = []
    with database.write() as connection:
        inspector = sa.inspect(connection)
        for name in missing:
            made += grow_table(connection, inspector, wanted[name])
        set_meta(connection, "schema", dumps({**there, **{name: told[name] for name in missing}}))
    for what in made:
        log.info("made %s", what)
    return made


def grow_table(connection: Connection, inspector: sa.Inspector, table: sa.Table) -> list[str]:
    """Make one table, or the columns and indexes that it lacks."""
    if not inspector.has_table(table.name):
        table.create(connection)
        return [table.name]
    made = []
    there = {column["name"] for column in inspector.get_columns(table.name)}
    quote: Callable[[str], str] = connection.dialect.identifier_preparer.quote
    for column in (column for column in table.columns if column.name not in there):
        kind = column.type.compile(connection.dialect)
        connection.execute(sa.text(f"ALTER TABLE {quote(table.name)} ADD COLUMN {quote(column.name)} {kind}"))
        made.append(f"{table.name}.{column.name}")
    indexes = {index["name"] for index in inspector.get_indexes(table.name)}
    for index in (index for index in table.indexes if index.name not in indexes):
        index.create(connection)
        made.append(str(index.name))
    return made
