"""The database itself, SQLite and PostgreSQL alike: growing, taking turns, snapshots, the change counter."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from sqlmodel import SQLModel

from models import database as module
from models.catalog import catalog
from models.database import (
    Busy,
    Database,
    NoConnection,
    dumps,
    get_meta,
    grow,
    raise_pulse,
    read_pulses,
    set_meta,
    system,
)


@pytest.fixture(params=["sqlite", "postgres"])
def blank(request, tmp_path):
    """The URL of a database with nothing in it."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'zongfen.db'}"
    return request.getfixturevalue("empty_postgres")


@pytest.fixture
def opened(blank):
    made = Database(blank)
    yield made
    made.close()


# ---------------------------------------------------------------- growing


def shape(opened):
    """Table -> its columns and indexes."""
    inspector = sa.inspect(opened.engine)
    return {
        name: (
            {column["name"] for column in inspector.get_columns(name)},
            {index["name"] for index in inspector.get_indexes(name)},
        )
        for name in inspector.get_table_names()
    }


def test_an_installation_grows_out_of_nothing_once(opened):
    assert not opened.exists()
    made = grow(opened, system, SQLModel.metadata)
    assert {table.name for table in catalog()} | set(system.tables) <= set(made)
    assert opened.exists()
    before = shape(opened)
    assert grow(opened, system, SQLModel.metadata) == []
    assert shape(opened) == before


def first():
    described = sa.MetaData()
    sa.Table("things", described, sa.Column("id", sa.String, primary_key=True), sa.Column("name", sa.String))
    return described


def second():
    """The same, with a column, an index and a table more, and one column less."""
    described = sa.MetaData()
    sa.Table(
        "things",
        described,
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("count of", sa.BigInteger, index=True),
        sa.Column("kept", sa.JSON(none_as_null=True)),
    )
    sa.Table("more", described, sa.Column("id", sa.String, primary_key=True), sa.Column("at", sa.String, index=True))
    return described


def test_what_is_declared_since_is_added_and_nothing_is_lost(opened):
    grow(opened, system, first())
    with opened.write() as connection:
        connection.execute(sa.text("INSERT INTO things VALUES ('a', '甲')"))
    assert set(grow(opened, system, second())) == {"things.count of", "things.kept", "ix_things_count of", "more"}
    assert shape(opened)["things"] == ({"id", "name", "count of", "kept"}, {"ix_things_count of"})
    assert shape(opened)["more"] == ({"id", "at"}, {"ix_more_at"})
    with opened.read() as connection:
        assert connection.execute(sa.text("SELECT * FROM things")).all() == [("a", "甲", None, None)]
    assert grow(opened, system, second()) == []


def test_who_declares_less_finds_nothing_to_do(opened):
    grow(opened, system, second())
    assert grow(opened, system) == []
    assert grow(opened, system, second()) == []


def test_two_processes_that_start_at_once_grow_one_installation(blank):
    both = [Database(blank), Database(blank)]
    start = threading.Barrier(2)

    def begin(one):
        start.wait()
        return grow(one, system, SQLModel.metadata)

    with ThreadPoolExecutor(2) as pool:
        made = list(pool.map(begin, both))
    assert sorted(map(bool, made)) == [False, True]
    for one in both:
        one.close()


# ---------------------------------------------------------------- reading and writing


def test_a_reader_sees_one_moment(database):
    with database.write() as connection:
        set_meta(connection, "colour", "red")
    with database.read() as connection:
        assert get_meta(connection, "colour") == "red"
        with database.write() as other:
            set_meta(other, "colour", "blue")
        assert get_meta(connection, "colour") == "red"
    with database.read() as connection:
        assert get_meta(connection, "colour") == "blue"


def stumble(database):
    with database.write() as connection:
        set_meta(connection, "colour", "red")
        raise_pulse(connection, "records")
        raise ZeroDivisionError


def test_a_fault_leaves_nothing_written(database):
    with pytest.raises(ZeroDivisionError):
        stumble(database)
    with database.read() as connection:
        assert get_meta(connection, "colour", "none") == "none"


def test_writers_take_turns(database):
    others = [database, Database(database.url), Database(database.url)]

    def count(one):
        for _round in range(10):
            with one.write() as connection:
                set_meta(connection, "count", str(int(get_meta(connection, "count", "0")) + 1))

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(count, others * 2))
    with database.read() as connection:
        assert get_meta(connection, "count") == "60"
    for one in others[1:]:
        one.close()


def test_a_writer_who_waited_too_long_is_told(database, monkeypatch):
    monkeypatch.setattr(module, "BUSY_MS", 50)
    other = Database(database.url)
    with database.write(), pytest.raises(Busy), other.write():
        pass
    with other.write() as connection:
        set_meta(connection, "colour", "red")
    other.close()


# ---------------------------------------------------------------- the change counter


def test_a_pulse_is_counted_when_it_is_committed(database):
    with database.write() as connection:
        assert raise_pulse(connection, "records") == 1
        assert raise_pulse(connection, "records") == 2
        assert raise_pulse(connection, "sync") == 1
        with database.read() as other:
            assert read_pulses(other) == {}
    with database.read() as connection:
        assert read_pulses(connection) == {"records": 2, "sync": 1}


def test_a_pulse_that_was_rolled_back_never_was(database):
    with pytest.raises(ZeroDivisionError):
        stumble(database)
    with database.read() as connection:
        assert read_pulses(connection) == {}


def test_postgres_tells_its_listeners(postgres, postgres_template):
    import psycopg

    name = postgres.create(postgres_template)
    made = Database(postgres.url(name))
    with psycopg.connect(postgres.url(name), autocommit=True) as listener:
        listener.execute("LISTEN zongfen")
        with made.write() as connection:
            raise_pulse(connection, "records")
        told = next(listener.notifies(timeout=10))
    assert (told.channel, told.payload) == ("zongfen", "records")
    made.close()
    postgres.drop(name)


# ---------------------------------------------------------------- what cannot be used


def test_a_file_that_is_no_database_is_told(tmp_path):
    (tmp_path / "zongfen.db").write_bytes(b"no database at all" * 100)
    made = Database(f"sqlite:///{tmp_path / 'zongfen.db'}")
    with pytest.raises(NoConnection):
        made.exists()
    made.close()


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://nobody:secret@localhost:1/none?connect_timeout=1",
        "sqlite:////nowhere/at/all/zongfen.db",
    ],
)
def test_a_database_that_does_not_answer_is_told_without_its_password(url):
    made = Database(url)
    with pytest.raises(NoConnection) as caught:
        made.exists()
    assert "secret" not in str(caught.value)
    made.close()


@pytest.mark.parametrize("url", ["", "zongfen", "http://localhost/x", "mysql://localhost/x"])
def test_an_address_that_is_no_databases_is_told(url):
    with pytest.raises(NoConnection):
        Database(url)


# ---------------------------------------------------------------- JSON

WRITTEN = [
    (3.0, "3"),
    (3.5, "3.5"),
    (1e15, "1000000000000000.0"),
    ("官渡区", '"官渡区"'),
    (True, "true"),
    (None, "null"),
    ({"a": [1.0, {"b": 2.0}], "c": (1, 2)}, '{"a":[1,{"b":2}],"c":[1,2]}'),
]


@pytest.mark.parametrize(("value", "text"), WRITTEN)
def test_json_is_plain(value, text):
    assert dumps(value) == text
