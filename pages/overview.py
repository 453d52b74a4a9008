"""/: what waits for a person, and where to begin."""

import asyncio
from dataclasses import dataclass

from integrations import books
from models.access import Actor
from models.services import Services
from models.words import _
from pages.frame import frame, label_of, reads_table, tag
from pages.session import signed_in


@dataclass(frozen=True)
class Line:
    """One line of the page: a number, what it counts, where it leads."""

    path: str
    count: int
    label: str
    help: str = ""


@dataclass(frozen=True)
class Found:
    """What the overview shows."""

    waits: list[Line]
    tables: list[Line]


def look(services: Services, actor: Actor) -> Found:
    """Ask the database for what waits, and for the tables with their counts."""
    with services.database.read() as connection:
        view = services.query.view(connection, actor)
        known = books.all_books(connection).values()
        mine = [book for book in known if view.reach.sites is None or book.code in view.reach.sites]
        waits = [
            Line("/sync", sum(book.state == books.STOPPED for book in mine), _("份共享表停下了")),
            Line("/sync", len(books.listed(connection, books.conflicts, view.reach)), _("处两边都改了，选一边")),
            Line("/sync", len(books.listed(connection, books.proposals, view.reach)), _("行从共享表里删了，等确认")),
            Line("/sync", len(books.listed(connection, books.problems, view.reach)), _("处共享表里没有收")),
        ]
        tables = [
            Line(
                f"/tables/{table.name}",
                len(view.ids(table)),
                label_of(table),
                _(table.about.help) if table.about.help else "",
            )
            for table in services.catalog
            if reads_table(actor, table)
        ]
    return Found([line for line in waits if line.count], tables)


@signed_in("/")
async def overview(actor: Actor, services: Services) -> None:
    """The first page."""
    found = await asyncio.to_thread(look, services, actor)
    counts = {"sync": sum(line.count for line in found.waits[:3])}
    with (
        frame(_("总览"), services=services, actor=actor, active="overview", counts=counts),
        tag("div", classes="cards"),
    ):
        with tag("section", classes="sec"):
            with tag("div", classes="h"):
                tag("h2", _("等我办"))
            for line in found.waits:
                with tag("a", classes="wait", href=line.path):
                    tag("b", str(line.count), "s18")
                    tag("span", line.label)
            if not found.waits:
                tag("p", _("✓ 没有待办"), "pad ok")
        with tag("section", classes="sec"):
            with tag("div", classes="h"):
                tag("h2", _("台账"))
            for line in found.tables:
                with tag("a", classes="wait", href=line.path):
                    tag("b", f"{line.count:,}" if line.count >= 10_000 else str(line.count), "s18")
                    tag("span", line.label)
                    tag("span", line.help, "mut s13 ell grow")
