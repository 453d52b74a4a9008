"""Who else has this table open: this page says where its person is, and hears where the others are."""

import asyncio
from dataclasses import asdict, dataclass, field
from typing import Any

import nicegui
from nicegui import Client, background_tasks, ui
from nicegui.events import GenericEventArguments

from models.presence import TOPIC, enter, leave, others
from models.schema import Table
from models.services import Services
from pages.grid import Grid
from pages.live import News
from pages.session import current_actor

EVERY = 1.0  # seconds between two times that a page says where its person is

Place = tuple[str, str]  # row id and field; the field is "" for a row as a whole


@dataclass
class Presence:
    """One open page among the others. What is asked of the database is asked in threads, one thing at a time."""

    services: Services
    grid: Grid
    table: Table
    client: Client
    place: Place | None = None  # still to be told
    telling: bool = False
    stale: bool = False  # the others are somewhere else by now
    looking: bool = False
    shown: list[dict[str, Any]] = field(default_factory=list)

    def moved(self, event: GenericEventArguments) -> None:
        """The person is in this cell. Only the last of many places in a second is told."""
        told = event.args if isinstance(event.args, dict) else {}
        name = told.get("field")
        self.place = (str(told.get("row"))[:64], name if name in self.table.by_name else "")
        if not self.telling:
            self.telling = True
            background_tasks.create(self.tell())

    async def tell(self) -> None:
        try:
            while self.place and not self.client.is_deleted:
                place, self.place = self.place, None
                await asyncio.to_thread(self.enter, place)
                await asyncio.sleep(EVERY)
        finally:
            self.telling = False

    def enter(self, place: Place) -> None:
        actor = current_actor(self.client.request)
        if actor:
            with self.services.database.write() as connection:
                enter(connection, actor, self.client.id, self.table.name, *place, self.services.store.clock())

    def left(self) -> None:
        """The page was closed."""
        background_tasks.create(asyncio.to_thread(self.leave))

    def leave(self) -> None:
        with self.services.database.write() as connection:
            leave(connection, self.client.id)

    def heard(self, news: News) -> None:
        """Someone came, moved or went."""
        if TOPIC in news.topics:
            self.look()

    def look(self) -> None:
        self.stale = True
        if not self.looking:
            self.looking = True
            background_tasks.create(self.show())

    async def show(self) -> None:
        try:
            while self.stale and not self.client.is_deleted:
                self.stale = False
                found = await asyncio.to_thread(self.others)
                if found or self.shown:
                    self.shown = found
                    self.grid.others(found)
        finally:
            self.looking = False

    def others(self) -> list[dict[str, Any]]:
        actor = current_actor(self.client.request)
        if actor is None:
            return []
        with self.services.database.read() as connection:
            view = self.services.query.view(connection, actor)
            return [asdict(one) for one in others(view, self.table, self.services.store.clock())]


def share_presence(services: Services, grid: Grid, table: Table) -> None:
    """Say where this page's person is, and show where the others are, for as long as the page is open."""
    client = ui.context.client
    presence = Presence(services, grid, table, client)
    grid.on("active", presence.moved)
    client.on_delete(nicegui.app.state.follower.listen(presence.heard))
    client.on_delete(presence.left)
    client.on_connect(presence.look)  # those who are here already; again after a broken line
