"""/: what waits for a person first, then how the network stands."""

import asyncio
from dataclasses import dataclass

from nicegui.element import Element

from models.access import Actor
from models.services import Services
from models.words import _
from pages import overview_parts as parts
from pages.following import follow
from pages.frame import frame, tag
from pages.overview_read import Overview, read
from pages.periods import Periods, may_open
from pages.session import Visitor, acting, signed_in

NEWS = frozenset({"records", "sync"})
CALM = 2.0  # seconds: figures that change with every cell that somebody fills in


@signed_in("/")
async def overview(actor: Visitor, services: Services) -> None:
    """The first page."""
    found = await asyncio.to_thread(read, services, actor)
    with frame(_("总览"), services=services, actor=actor, active="overview", counts=found.waiting) as page:
        page.count.text = found.today
        with tag("div", classes="ov"):
            with tag("div", classes="ovl"):
                work = tag("div", classes="stacked")
                foot = tag("div")
            standing = tag("div", classes="ovr stacked")
        sheet = Sheet(services, actor.place, page.right, work, standing, found)
        sheet.fill()
        follow(NEWS, sheet.catch_up, calm=lambda: CALM)
        if kinds := may_open(services.catalog, actor):
            with foot:
                Periods(services, kinds, found.today, sheet.renew)


@dataclass
class Sheet:
    """The parts of the page that follow the records."""

    services: Services
    place: str
    figures: Element
    work: Element
    standing: Element
    found: Overview

    def fill(self) -> None:
        """Lay out what was read, over what stood there."""
        for part in (self.figures, self.work, self.standing):
            part.clear()
        with self.figures:
            parts.figures(self.found)
        with self.work:
            parts.work(self.found, self.place)
        with self.standing:
            parts.standing(self.found)

    async def renew(self) -> None:
        """Read all of it again, as whoever is signed in now. Raises SignedOut."""
        await self.catch_up(await acting())

    async def catch_up(self, actor: Actor) -> None:
        """Read all of it again; what stands there stays where nothing is otherwise, and the focus with it."""
        found = await asyncio.to_thread(read, self.services, actor)
        if found != self.found and not self.work.is_deleted:  # the page may have been left meanwhile
            self.found = found
            self.fill()
