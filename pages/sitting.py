"""What one open page of the sync centre remembers, and all that it shows: read in one go, in the reader's scope."""

from dataclasses import dataclass, field
from typing import Any

from integrations import books as kept
from integrations.books import STOPPED
from integrations.cycles import past_cycles
from integrations.stopped import Look
from models.access import Actor
from models.jobs import Job
from models.services import Services
from models.words import _
from pages.automatic import sync_every
from pages.booklist import book_rows, chosen, notes, past, stops, summary, sums
from pages.frame import roles_of
from pages.matters import Reader, Wanted
from pages.strip import read_strip

ROLES = roles_of("sync")

MOST_CYCLES = 20

Told = dict[str, Any]


@dataclass
class Sitting:
    """What a person has asked of the page, and what it has found out for them."""

    wanted: Wanted = field(default_factory=Wanted)
    closed: set[int] = field(default_factory=set)  # lines of the strip that are put away
    mine: set[int] = field(default_factory=set)  # cycles started here that are not over
    looks: dict[str, tuple[str, Look]] = field(default_factory=dict)  # code -> (when it stopped, what its file is)
    decidable: tuple[int, ...] = ()  # the conflicts that “all of them” means


@dataclass(frozen=True)
class Shown:
    """All that the page shows one person. `stopped` are the workbooks whose files are worth a look."""

    books: Told
    matters: Told
    strip: list[Told]
    sums: str
    every: int
    decidable: tuple[int, ...]
    stopped: tuple[kept.Book, ...]
    ended: Job | None


def read(services: Services, actor: Actor, sitting: Sitting) -> Shown:
    """Ask the database for everything that the page shows."""
    now = services.store.clock()
    with services.database.read() as connection:
        reader = Reader(services, services.query.view(connection, actor), actor, now, sitting.wanted)
        cycles = past_cycles(connection, MOST_CYCLES)
        last = next(iter(cycles), None)
        strip = read_strip(connection, actor, frozenset(book.name for book in reader.books.values()), now, last)
        rows = book_rows(reader)
        looks = {code: look for code, (at, look) in sitting.looks.items() if at == stopped_at(reader, code)}
        return Shown(
            books={
                "rows": rows,
                "summary": summary(rows),
                "notes": notes(reader, last),
                "only": sitting.wanted.only,
                "chosen": chosen(reader),
                "past": past(reader, cycles),
            },
            matters=matters(reader, looks, bool(rows)),
            strip=strip.lines(sitting.closed),
            sums=sums(reader, last),
            every=sync_every(connection),
            decidable=tuple(reader.decidable()),
            stopped=tuple(book for code, book in reader.books.items() if book.state == STOPPED and code not in looks),
            ended=strip.cycle if strip.cycle and not strip.cycle.open else None,
        )


def matters(reader: Reader, looks: dict[str, Look], any_books: bool) -> Told:
    """The matters by sort, each with how many there are, in words; and what to say where there are none."""
    texts = {
        "conflicts": _("≠ {count} 处，两边都改了，都没有覆盖"),
        "proposals": _("{count} 行在表里没有了，台账还在"),
        "problems": _("! {count} 处，表里原样留着"),
    }
    told = {
        sort: {**section, "text": texts[sort].format(count=section["count"])} for sort, section in reader.told().items()
    }
    stopped, most = stops(reader, looks), reader.wanted.limit("stops")
    quiet = any_books and not stopped and not any(section["count"] for section in told.values())
    calm = _("共享表里改了什么，下次同步就收进来。") if quiet else ""
    more = {"more": max(0, len(stopped) - most)}
    return {**told, "stops": stopped[:most], "stops_more": more, "only": only_name(reader), "quiet": calm}


def stopped_at(reader: Reader, code: str) -> str:
    return reader.books[code].cycled_at if code in reader.books else ""


def only_name(reader: Reader) -> str:
    """The name of the workbook whose matters alone are shown."""
    only = reader.wanted.only
    return reader.books[only].name if only in reader.books else ""
