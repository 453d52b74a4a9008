"""What comes in and waits to be looked at: a file, a pasted block, a plan that a program has sent.

A review keeps what came as it came, and beside it what its maker has said of it: cells mended, texts mapped, rows set
aside. What would change is never kept: it is found anew from both, against the records of the moment.
"""

import datetime
import json
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from models.access import Actor
from models.database import Database, dumps, raise_pulse, system
from models.faults import Fault
from models.history import changesets, stamp
from models.words import _

reviews = sa.Table(
    "reviews",
    system,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("account", sa.String, nullable=False, index=True),
    sa.Column("table_name", sa.String, nullable=False),
    sa.Column("origin", sa.String(20), nullable=False),
    sa.Column("source", sa.String, nullable=False),
    sa.Column("sheet", sa.Integer, nullable=False),
    sa.Column("at", sa.String(20), nullable=False),
    sa.Column("since", sa.Integer, nullable=False),  # the newest change set when it came
    sa.Column("open", sa.Boolean, nullable=False),
    sa.Column("said", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
)
sheets = sa.Table(
    "review_sheets",
    system,
    sa.Column("review", sa.String, primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True),
    sa.Column("name", sa.String, nullable=False),
    sa.Column("cells", sa.Text, nullable=False),
)

KEPT = datetime.timedelta(days=30)
TOPIC = "reviews"  # the pulse that open pages follow
MOST_SAID = 2_000_000  # characters that are kept of what somebody says of one review


class NoReview(Fault):
    """A review that is not there, or someone else's: no one learns which."""

    def __init__(self) -> None:
        super().__init__(_("没有这一份，或已清掉"))


class TooMuchSaid(Fault):
    """More mended than one review can keep."""

    def __init__(self) -> None:
        super().__init__(_("改得太多，改好文件再导入"))


@dataclass(frozen=True)
class Written:
    """Rows (their numbers) that were written, and with which change set."""

    changeset: int
    rows: tuple[int, ...]


@dataclass(frozen=True)
class Said:
    """What somebody has said of a review.

    mends: row number -> field -> the text that stands there instead; None leaves the cell as the record has it.
    mapped: field -> spelling -> what is meant; None: a remembered meaning does not count here.
    left: columns that are not taken. looked: row number -> the change set up to which others' changes were seen.
    """

    mends: Mapping[int, Mapping[str, str | None]] = field(default_factory=dict)
    mapped: Mapping[str, Mapping[str, str | None]] = field(default_factory=dict)
    left: tuple[str, ...] = ()
    aside: frozenset[int] = frozenset()
    dropped: frozenset[int] = frozenset()
    looked: Mapping[int, int] = field(default_factory=dict)
    written: tuple[Written, ...] = ()

    def told(self) -> dict[str, Any]:
        """As JSON has it."""
        return {**asdict(self), "aside": sorted(self.aside), "dropped": sorted(self.dropped)}

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> "Said":
        """From what `told` gave."""
        return cls(
            {int(number): cells for number, cells in told["mends"].items()},
            told["mapped"],
            tuple(told["left"]),
            frozenset(told["aside"]),
            frozenset(told["dropped"]),
            {int(number): seen for number, seen in told["looked"].items()},
            tuple(Written(one["changeset"], tuple(one["rows"])) for one in told["written"]),
        )

    # ---- what can be said

    def mend(self, number: int, name: str, text: str | None) -> "Said":
        """Another text in a cell; None: the record's own value stays."""
        return replace(self, mends={**self.mends, number: {**self.mends.get(number, {}), name: text}})

    def unmend(self, number: int, name: str) -> "Said":
        """The cell as it came."""
        cells = {field: text for field, text in self.mends.get(number, {}).items() if field != name}
        rest = {row: told for row, told in self.mends.items() if row != number}
        return replace(self, mends={**rest, number: cells} if cells else rest)

    def map(self, name: str, written: str, means: str | None) -> "Said":
        """What a spelling means in a field, in every row that has it."""
        return replace(self, mapped={**self.mapped, name: {**self.mapped.get(name, {}), written: means}})

    def leave(self, name: str, take: bool) -> "Said":
        """Whether a column is taken."""
        others = tuple(one for one in self.left if one != name)
        return replace(self, left=others if take else (*others, name))

    def set_aside(self, numbers: Iterable[int]) -> "Said":
        """Keep rows for later."""
        return replace(self, aside=self.aside | set(numbers), dropped=self.dropped - set(numbers))

    def drop(self, numbers: Iterable[int]) -> "Said":
        """Rows that are not wanted at all; they stay listed."""
        return replace(self, aside=self.aside - set(numbers), dropped=self.dropped | set(numbers))

    def bring_back(self, numbers: Iterable[int]) -> "Said":
        """Rows set aside or dropped are to be written after all."""
        return replace(self, aside=self.aside - set(numbers), dropped=self.dropped - set(numbers))

    def look(self, number: int, changeset: int) -> "Said":
        """What others have changed in a row was seen."""
        return replace(self, looked={**self.looked, number: changeset})

    def write(self, changeset: int, numbers: Iterable[int]) -> "Said":
        """Rows were written."""
        return replace(self, written=(*self.written, Written(changeset, tuple(numbers))))


@dataclass(frozen=True)
class Review:
    """One that is kept. `version` counts what was said of it.

    every: what was said of each sheet as rows of each table that it was taken for: `spot` -> Said.
    """

    id: str
    account: str
    table: str
    origin: str
    source: str
    sheet: int
    at: str
    since: int
    open: bool
    every: Mapping[str, Said]
    version: int

    @property
    def spot(self) -> str:
        """The sheet and the table that are looked at."""
        return f"{self.sheet} {self.table}"

    @property
    def said(self) -> Said:
        """What was said of them."""
        return self.every.get(self.spot) or Said()

    @property
    def written(self) -> list[Written]:
        """All that was written from any sheet of it."""
        return [one for said in self.every.values() for one in said.written]

    def until(self) -> datetime.datetime:
        """When it is cleared away."""
        return datetime.datetime.fromisoformat(self.at) + KEPT


def keep_review(
    connection: Connection,
    actor: Actor,
    table: str,
    origin: str,
    source: str,
    tabs: Sequence[tuple[str, str]],
    now: datetime.datetime,
    *,
    sheet: int = 0,
    number: str | None = None,
) -> str:
    """Keep what came in, its sheets as (name, cells as text); returns the review's id."""
    number = number or secrets.token_urlsafe(12)
    newest = connection.execute(sa.select(sa.func.max(changesets.c.id))).scalar() or 0
    connection.execute(
        sa.insert(reviews).values(
            id=number,
            account=actor.name,
            table_name=table,
            origin=origin,
            source=source,
            sheet=sheet,
            at=stamp(now),
            since=newest,
            open=True,
            said="{}",
            version=0,
        )
    )
    told = [
        {"review": number, "position": position, "name": name, "cells": cells}
        for position, (name, cells) in enumerate(tabs)
    ]
    connection.execute(sa.insert(sheets), told)
    raise_pulse(connection, TOPIC)
    return number


def _review(row: Mapping[str, Any]) -> Review:
    return Review(
        row["id"],
        row["account"],
        row["table_name"],
        row["origin"],
        row["source"],
        row["sheet"],
        row["at"],
        row["since"],
        row["open"],
        {spot: Said.of(told) for spot, told in json.loads(row["said"]).items()},
        row["version"],
    )


def get_review(connection: Connection, number: str, actor: Actor) -> Review:
    """A review of the actor's own; an admin's are all. Raises NoReview."""
    found = connection.execute(sa.select(reviews).where(reviews.c.id == number)).mappings().one_or_none()
    if found is None or (actor.name != found["account"] and actor.role != "admin"):
        raise NoReview
    return _review(found)


def list_reviews(connection: Connection, actor: Actor) -> list[Review]:
    """The reviews that an actor may see, newest first."""
    statement = sa.select(reviews).order_by(reviews.c.at.desc(), reviews.c.id)
    if actor.role != "admin":
        statement = statement.where(reviews.c.account == actor.name)
    return [_review(row) for row in connection.execute(statement).mappings()]


def waiting_reviews(connection: Connection, actor: Actor) -> int:
    """How many of the actor's own have rows that wait."""
    statement = sa.select(sa.func.count()).select_from(reviews)
    return connection.execute(statement.where(reviews.c.account == actor.name, reviews.c.open)).scalar_one()


def sheet_names(connection: Connection, number: str) -> list[str]:
    """The names of a review's sheets, in their order."""
    statement = sa.select(sheets.c.name).where(sheets.c.review == number)
    return list(connection.execute(statement.order_by(sheets.c.position)).scalars())


def sheet_cells(connection: Connection, review: Review) -> str:
    """The cells of the sheet that is looked at."""
    statement = sa.select(sheets.c.cells).where(sheets.c.review == review.id, sheets.c.position == review.sheet)
    return connection.execute(statement).scalar() or "[]"


def say(connection: Connection, number: str, actor: Actor, what: Callable[[Said], Said]) -> Review:
    """Keep what somebody says of a review, over what was said before, in whatever browser. Raises NoReview, TooMuchSaid."""
    review = get_review(connection, number, actor)
    every = {**review.every, review.spot: what(review.said)}
    kept = dumps({spot: said.told() for spot, said in every.items()})
    if len(kept) > MOST_SAID:
        raise TooMuchSaid
    return _change(connection, replace(review, every=every), said=kept)


def turn(connection: Connection, number: str, actor: Actor, table: str, sheet: int) -> Review:
    """Look at another sheet of a review, or take it for another table; what was said of the one before is kept with it.

    Raises NoReview.
    """
    review = get_review(connection, number, actor)
    if review.origin == "api" or not 0 <= sheet < len(sheet_names(connection, number)):
        return review
    turned = replace(review, table=table, sheet=sheet, open=True)
    return _change(connection, turned, table_name=table, sheet=sheet, open=True)


def mark_open(connection: Connection, review: Review, waits: bool) -> Review:
    """Whether rows of it still wait."""
    return review if review.open == waits else _change(connection, replace(review, open=waits), open=waits)


def _change(connection: Connection, review: Review, **values: Any) -> Review:
    version = review.version + 1
    connection.execute(sa.update(reviews).where(reviews.c.id == review.id).values(**values, version=version))
    raise_pulse(connection, TOPIC)
    return replace(review, version=version)


def drop_review(connection: Connection, number: str) -> None:
    """Throw a review away."""
    connection.execute(sa.delete(sheets).where(sheets.c.review == number))
    if connection.execute(sa.delete(reviews).where(reviews.c.id == number).returning(reviews.c.id)).first():
        raise_pulse(connection, TOPIC)


def clear_old(database: Database, now: datetime.datetime) -> None:
    """Throw away what has been kept for its time."""
    statement = sa.select(reviews.c.id).where(reviews.c.at < stamp(now - KEPT))
    with database.read() as connection:
        old = list(connection.execute(statement).scalars())
    if old:
        with database.write() as connection:
            for number in old:
                drop_review(connection, number)


def standing(connection: Connection, review: Review) -> tuple[tuple[Written, ...], frozenset[int]]:
    """What was written from this sheet and still stands, and the numbers of all change sets of the review, undone or not."""
    undone: dict[int, int] = {}
    wanted = {one.changeset for one in review.written}
    known = set(wanted)
    while wanted:
        found = connection.execute(
            sa.select(changesets.c.undoes, changesets.c.id)
            .where(changesets.c.undoes.in_(wanted))
            .order_by(changesets.c.id)
        ).all()
        undone.update((int(told), int(number)) for told, number in found)
        wanted = {int(number) for _told, number in found} - known
        known |= wanted

    def stands(number: int) -> bool:
        return number not in undone or not stands(undone[number])

    return tuple(one for one in review.said.written if stands(one.changeset)), frozenset(known)
