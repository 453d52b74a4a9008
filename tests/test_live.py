"""News of what changed elsewhere: the follower of the change counter, on SQLite and on PostgreSQL.

On PostgreSQL nothing polls: what arrives there came by LISTEN and NOTIFY.
"""

import asyncio
import threading
from dataclasses import replace

import pytest

from models.database import Database, raise_pulse
from models.store import Store
from pages import live
from pages.live import Follower, News
from tests.web import postgres_template, sqlite_template  # noqa: F401
from tests.world import add, edit, site_row

PATIENCE = 10  # seconds until a test gives up


class Heard:
    """What a listener was told, one after another."""

    def __init__(self):
        self.news = asyncio.Queue()

    def __call__(self, news: News):
        self.news.put_nowait(news)

    async def next(self) -> News:
        return await asyncio.wait_for(self.news.get(), PATIENCE)


@pytest.fixture
async def heard(parts):
    follower = Follower(parts.database, parts.catalog)
    follower.start()
    heard = Heard()
    heard.end, heard.follower = follower.listen(heard), follower
    yield heard
    follower.stop()
    assert not any(thread.name == "follower" for thread in threading.enumerate())


@pytest.fixture
def elsewhere(parts):
    """The same database, as another process opens it."""
    other = Database(parts.database.url)
    yield Store(other, parts.catalog, parts.store.clock)
    other.close()


def apart(parts, store, *told):
    """An edit by another process: nothing of it is in this one's memory."""
    edit(replace(parts, database=store.database, store=store), *told)


async def test_an_edit_elsewhere_is_told_with_its_row_and_no_value(parts, heard, elsewhere):
    apart(parts, elsewhere, "sites", "sC530111", "head", "«C530111»", "王敏")
    news = await heard.next()
    assert news.tables["sites"] == {"sC530111"}
    assert "records" in news.topics
    assert "王敏" not in repr(news)


async def test_tables_whose_computed_values_read_through_the_changed_one_are_told_too(parts, heard):
    edit(parts, "sites", "sC530111", "head", "«C530111»", "王")
    news = await heard.next()
    assert news.tables["plaques"] is None  # the wording follows the site
    assert "targets" not in news.tables
    edit(parts, "targets", "t官渡区", "points", 2, 3)
    assert (await heard.next()).tables == {"targets": {"t官渡区"}}


async def test_what_belongs_to_no_record_is_a_topic(parts, heard):
    with parts.database.write() as connection:
        raise_pulse(connection, "sync")
        raise_pulse(connection, "drafts:李春梅")  # a person's own business
    news = await heard.next()
    assert (news.tables, news.topics) == ({}, {"sync"})


async def test_news_add_up_and_nothing_is_told_twice(parts, heard):
    for number in range(5):
        edit(parts, "sites", "sC530111", "area_m2", number or None, number + 1)
        add(parts, "sites", site_row(parts, f"C53011190{number}", parent="C530111"))
    told, version = set(), 0
    while f"sC53011190{4}" not in told:
        news = await heard.next()
        told |= news.tables["sites"]
        assert news.version > version
        version = news.version
    assert told == {"sC530111", *(f"sC53011190{number}" for number in range(5))}
    assert heard.follower.catch_up() is None


async def test_many_rows_are_told_as_any(parts, heard, monkeypatch):
    monkeypatch.setattr(live, "MOST_NAMED", 3)
    add(parts, "sites", *(site_row(parts, f"C53011190{number}", parent="C530111") for number in range(4)))
    assert (await heard.next()).tables["sites"] is None


async def test_a_listener_that_has_ended_hears_nothing(parts, heard):
    last = Heard()
    heard.follower.listen(last)
    heard.end()
    heard.end()
    edit(parts, "sites", "sC530111", "area_m2", None, 1)
    await last.next()
    assert heard.news.empty()


async def test_one_listener_s_fault_keeps_no_news_from_the_others(parts, heard):
    def broken(news):
        raise ZeroDivisionError

    heard.end()
    heard.follower.listen(broken)
    heard.follower.listen(heard)
    edit(parts, "sites", "sC530111", "area_m2", None, 1)
    assert (await heard.next()).tables["sites"] == {"sC530111"}


async def test_a_database_that_was_away_is_followed_again(parts, heard, monkeypatch, caplog):
    monkeypatch.setattr(live, "TRY_AGAIN", 0.01)
    real, fails = Follower.catch_up, iter([True])

    def away(self):
        if next(fails, False):
            raise ConnectionError("away")
        return real(self)

    monkeypatch.setattr(Follower, "catch_up", away)
    edit(parts, "sites", "sC530111", "area_m2", None, 1)
    assert (await heard.next()).tables["sites"] == {"sC530111"}
    assert "trying again" in caplog.text
