"""What is done with a review: looked at, mended, applied, taken back. Every deed is checked against its doer and the moment."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from integrations.incoming import editable
from integrations.lines import Preview
from integrations.preview import Ground, of_sheet
from integrations.wanted import of_wanted
from models import reviews
from models.access import Actor
from models.database import read_pulses
from models.edits import Typed
from models.faults import Fault
from models.history import Undo, changesets, of_changesets, since
from models.intake import spelling
from models.kinds import Bad, Noted
from models.plans import drop_plan
from models.reviews import Review, Said, get_review, say, standing
from models.services import Services
from models.spellings import counting, remember
from models.store import Applied, Refused
from models.words import _

KEPT_PREVIEWS = 4


class NothingToWrite(Fault):
    """A review none of whose rows would be written."""

    def __init__(self) -> None:
        super().__init__(_("没有要写入的行"))


class StillWaits(Fault):
    """A review that has rows of which nobody has said what becomes of them."""

    def __init__(self) -> None:
        super().__init__(_("还有行没处理，先写入或退回"))


class NotToBeMapped(Fault):
    """A meaning that is none of the field's."""

    def __init__(self, text: str) -> None:
        super().__init__(_("“{text}”不在选项里").format(text=text))


@dataclass
class Kept:
    """The previews last made, each by everything that it depends on: an old one is never wrong, only unused."""

    made: "OrderedDict[object, Preview]" = field(default_factory=OrderedDict)
    lock: threading.Lock = field(default_factory=threading.Lock)
    making: threading.Lock = field(default_factory=threading.Lock)  # one at a time: two browsers ask for the same one

    def get(self, mark: object, make: Callable[[], Preview]) -> Preview:
        if found := self.find(mark):
            return found
        with self.making:
            if found := self.find(mark):
                return found
            made = make()
            with self.lock:
                self.made[mark] = made
                while len(self.made) > KEPT_PREVIEWS:
                    self.made.popitem(last=False)
            return made

    def find(self, mark: object) -> Preview | None:
        with self.lock:
            if mark in self.made:
                self.made.move_to_end(mark)
            return self.made.get(mark)


kept = Kept()


def preview(services: Services, actor: Actor, number: str) -> Preview:
    """What a review comes to now. Raises NoReview."""
    with services.database.read() as connection:
        return preview_in(services, connection, actor, get_review(connection, number, actor))


def preview_in(services: Services, connection: Connection, actor: Actor, review: Review) -> Preview:
    """What a review comes to in this connection's snapshot."""
    view = services.query.view(connection, actor)
    pulses = {name: count for name, count in read_pulses(connection).items() if name.startswith("table:")}
    known = tuple(counting(connection, actor, review.table))
    mark = (services.database.url, review.id, review.version, actor, known, tuple(sorted(pulses.items())))

    def make() -> Preview:
        written, own = standing(connection, review)
        newest = connection.execute(sa.select(sa.func.max(changesets.c.id))).scalar() or 0
        others = tuple(one for one in since(connection, review.table, review.since) if one.changeset not in own)
        table = services.catalog[review.table]
        done = tuple(of_changesets(connection, review.table, (one.changeset for one in written)))
        ground = Ground(view, services.store, review, table, written, others, known, newest, done)
        cells = reviews.sheet_cells(connection, review)
        if review.origin == "api":
            return of_wanted(ground, cells)
        return of_sheet(ground, reviews.sheet_names(connection, review.id)[review.sheet], cells)

    return kept.get(mark, make)


def settled(services: Services, actor: Actor, number: str) -> Preview:
    """What a review comes to after something was done with it; notes whether rows of it still wait."""
    found = preview(services, actor, number)
    waits = found.waits or found.headless
    if found.review.open != waits:
        with services.database.write() as connection:
            review = reviews.mark_open(connection, get_review(connection, number, actor), waits)
        found = replace(found, review=review)
    return found


# ---- what is said of it


def mend(services: Services, actor: Actor, number: str, what: Callable[[Said], Said]) -> None:
    """Keep what somebody says. Raises NoReview, TooMuchSaid."""
    with services.database.write() as connection:
        say(connection, number, actor, what)


def map_text(
    services: Services, actor: Actor, number: str, name: str, text: str, means: str | None, *, keep: bool = False
) -> None:
    """Say what a text means in a field, for every row of the review; `keep` it for other files too.

    `means`: what a cell of the field may hold; None takes back what was said, or what is remembered, for this review.
    Raises NoReview, NotToBeMapped, NotYoursToRemember.
    """
    with services.database.write() as connection:
        review, told = get_review(connection, number, actor), means
        table = services.catalog[review.table]
        if name not in table.by_name:
            raise NotToBeMapped(text)
        if means is not None:
            value = Typed(services.query.view(connection, actor), table).read(table.by_name[name], means)
            if value is None or isinstance(value, Bad | Noted):
                raise NotToBeMapped(means)
            told = table.by_name[name].kind.write(value)
        if keep and told is not None:
            remember(connection, actor, table, name, text, told, services.store.clock())
        say(connection, number, actor, lambda said: said.map(name, spelling(text), told))


def take_for(services: Services, actor: Actor, number: str, table: str, sheet: int) -> None:
    """Look at another sheet, or take the rows for another table. Raises NoReview, NoTable."""
    if services.catalog[table] in editable(services.catalog, actor):
        with services.database.write() as connection:
            reviews.turn(connection, number, actor, table, sheet)


def throw_away(services: Services, actor: Actor, number: str) -> None:
    """Throw a review away that has been dealt with, and the plan behind it. Raises NoReview, StillWaits."""
    with services.database.write() as connection:
        if get_review(connection, number, actor).open:
            raise StillWaits
        drop_plan(connection, number)
        reviews.drop_review(connection, number)


# ---- applying


@dataclass(frozen=True)
class Outcome:
    """What applying has come to: the change set, and how many rows of each sort it wrote. `held`: none, since records changed."""

    changeset: int | None
    rows: int
    held: int = 0


def apply(services: Services, actor: Actor, number: str) -> Outcome:
    """Write the rows that would go, as one change set; what was set aside or does not fit stays.

    A row that somebody else has changed since it was last looked at is not written. Raises NoReview, NothingToWrite.
    """
    found = preview(services, actor, number)
    lines = found.going
    if not lines:
        raise NothingToWrite
    origin = found.review.origin
    note = found.review.source if origin != "api" else None
    try:
        with services.database.write() as connection:
            now = get_review(connection, number, actor)
            if now.version != found.review.version:
                return Outcome(None, 0, held=len(lines))
            applied: Applied | None = services.store.apply_in(connection, found.plan, actor, origin, note=note)
            if applied is None:
                raise NothingToWrite
            drop_plan(connection, number)  # a plan is applied once, here or by the program that made it
            rows = [line.number for line in lines]
            say(connection, number, actor, lambda said: said.write(applied.changeset, rows))
    except Refused as fault:
        return Outcome(None, 0, held=len({problem.row for problem in fault.problems}))
    return Outcome(applied.changeset, len(lines))


def take_back(services: Services, actor: Actor, changeset: int, *, force: bool = False) -> tuple[Applied | None, Undo]:
    """Take back what was written; its rows wait again. Raises NoChangeset, NotYours."""
    return services.store.undo(changeset, actor, force=force)
