"""/: what waits for a person first, then how the network stands."""

import asyncio
from dataclasses import dataclass

from nicegui.element import Element

from models.services import Services
from models.words import _
from pages import overview_parts as parts
from pages.frame import frame, tag
from pages.overview_read import Overview, read
from pages.periods import Periods, may_open
from pages.session import Visitor, acting, signed_in


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
        sheet = Sheet(services, actor.place, page.right, work, standing)
        sheet.fill(found)
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

    def fill(self, found: Overview) -> None:
        """Lay out what was read, over what stood there."""
        for part in (self.figures, self.work, self.standing):
            part.clear()
        with self.figures:
            parts.figures(found)
        with self.work:
            parts.work(found, self.place)
        with self.standing:
            parts.standing(found)

    async def renew(self) -> None:
        """Read all of it again, as whoever is signed in now. Raises SignedOut."""
        found = await asyncio.to_thread(read, self.services, await acting())
        if not self.work.is_deleted:  # the page may have been left meanwhile
            self.fill(found)
