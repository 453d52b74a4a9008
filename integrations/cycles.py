"""What each cycle did: a row a cycle that had something to do, and the newest of those that had not."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from models.database import dumps, raise_pulse, system

MOST = 500  # cycles that are remembered

cycles = sa.Table(
    "sync_cycles",
    system,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("began", sa.String, nullable=False),
    sa.Column("ended", sa.String, nullable=False),
    sa.Column("account", sa.String, nullable=False),  # who started it
    sa.Column("told", sa.Text, nullable=False),
    sa.Column("notes", sa.Text, nullable=False),
    sa.Column("quiet", sa.Boolean, nullable=False),  # it read and wrote nothing
    sqlite_autoincrement=True,
)


@dataclass(frozen=True)
class PastCycle:
    """A whole cycle: from when to when, who started it, its sums, and what it passed over: (place, why) each."""

    began: str
    ended: str
    account: str
    told: Mapping[str, int]
    notes: tuple[tuple[str, str], ...] = ()

    @property
    def quiet(self) -> bool:
        return not self.told.get("read") and not self.told.get("written")


def keep_cycle(connection: Connection, cycle: PastCycle) -> None:
    """Remember a cycle. A quiet one takes the place of a quiet one just before it."""
    last = connection.execute(sa.select(cycles).order_by(cycles.c.id.desc()).limit(1)).one_or_none()
    if last is not None and last.quiet and cycle.quiet:
        connection.execute(sa.delete(cycles).where(cycles.c.id == last.id))
    told = {**vars(cycle), "told": dumps(cycle.told), "notes": dumps(cycle.notes), "quiet": cycle.quiet}
    number = connection.execute(sa.insert(cycles).values(**told)).inserted_primary_key[0]  # type: ignore[index]
    connection.execute(sa.delete(cycles).where(cycles.c.id <= number - MOST))
    raise_pulse(connection, "jobs")


def past_cycles(connection: Connection, most: int) -> list[PastCycle]:
    """The newest cycles, the last one first."""
    return [cycle_of(row) for row in connection.execute(sa.select(cycles).order_by(cycles.c.id.desc()).limit(most))]


def cycle_of(row: Row[tuple[object, ...]]) -> PastCycle:
    notes = tuple((place, why) for place, why in json.loads(row.notes))
    return PastCycle(row.began, row.ended, row.account, json.loads(row.told), notes)
