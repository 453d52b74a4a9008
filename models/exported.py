"""Files that were made to be taken away: who asked, for what, in which scope, how long they are kept.

A file is its maker's alone, and only while the maker's role and place are those that it was made with and what they may
read is no less: it holds what that scope held. An administrator sees the list and may stop and delete, not download.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from models import jobs
from models.access import Actor, Scope
from models.database import dumps, raise_pulse, system
from models.faults import Fault
from models.history import stamp
from models.jobs import Job
from models.words import _

KEPT = timedelta(days=30)
LISTED = 100

exported = sa.Table(
    "exported",
    system,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("job", sa.Integer),
    sa.Column("account", sa.String, nullable=False, index=True),
    sa.Column("role", sa.String, nullable=False),
    sa.Column("site", sa.String),
    sa.Column("county", sa.String),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("asked", sa.Text, nullable=False),
    sa.Column("title", sa.String, nullable=False),
    sa.Column("suffix", sa.String, nullable=False),
    sa.Column("asked_at", sa.String, nullable=False),
    sa.Column("kept_until", sa.String, nullable=False),
    sa.Column("size", sa.BigInteger),  # bytes; there once the file is
    sa.Column("pages", sa.Integer),
    sa.Column("items", sa.Integer),
    sa.Column("note", sa.String),
    sa.Column("reach", sa.Text),  # the sites and counties that it was made from; null: everything
    sa.Column("cleared", sa.Boolean, nullable=False),
    sqlite_autoincrement=True,
)


class NoExport(Fault):
    """A number that is no file's, or not one of the actor's: no one learns which."""

    def __init__(self) -> None:
        super().__init__(_("没有这份文件"))


class ScopeChanged(Fault):
    """A file that was made with another role or scope than its maker has now."""

    def __init__(self) -> None:
        super().__init__(_("你的角色或范围变了，另做一份"))


class Cleared(Fault):
    """A file that was kept long enough."""

    def __init__(self) -> None:
        super().__init__(_("过了 30 天，文件已清除，另做一份"))


class StillMaking(Fault):
    """Somebody whose last file is not ready."""

    def __init__(self) -> None:
        super().__init__(_("上一份还在做，做完再来"))


@dataclass(frozen=True)
class Export:
    """One file, made or to be made."""

    id: int
    job: int | None
    account: str
    role: str
    site: str | None
    county: str | None
    kind: str
    asked: Mapping[str, Any]
    title: str
    suffix: str
    asked_at: str
    kept_until: str
    size: int | None
    pages: int | None
    items: int | None
    note: str | None
    reach: Mapping[str, Sequence[str]] | None
    cleared: bool

    @property
    def file(self) -> str:
        """The file's name on the disk: ours, nothing of it comes from anybody's text."""
        return f"{self.id}{self.suffix}"

    def same_actor(self, actor: Actor) -> bool:
        """Whether its maker still has the role and the place that it was asked for with."""
        told = (self.account, self.role, self.site, self.county)
        return told == (actor.name, actor.role, actor.site, actor.county)

    def within(self, reach: Scope) -> bool:
        """Whether all that it was made from is in a scope."""
        if reach.sites is None:
            return True
        if self.reach is None:
            return False
        return set(self.reach["sites"]) <= reach.sites and set(self.reach["counties"]) <= (reach.counties or set())


def export_of(row: Mapping[str, Any]) -> Export:
    reach = None if row["reach"] is None else json.loads(row["reach"])
    return Export(**{**row, "asked": json.loads(row["asked"]), "reach": reach})


def kind_of_job(actor: Actor) -> str:
    """The kind of an actor's jobs: one at a time for each."""
    return f"export {actor.name}"


def ask(
    connection: Connection, actor: Actor, kind: str, asked: Mapping[str, Any], title: str, suffix: str, now: datetime
) -> int:
    """Note a file that is to be made; returns its number. Raises StillMaking."""
    last = jobs.newest(connection, kind_of_job(actor), now)
    if last is not None and last.open:
        raise StillMaking
    who = {"account": actor.name, "role": actor.role, "site": actor.site, "county": actor.county, "cleared": False}
    what = {"kind": kind, "asked": dumps(asked), "title": title, "suffix": suffix}
    when = {"asked_at": stamp(now), "kept_until": stamp(now + KEPT)}
    made = sa.insert(exported).values(**who, **what, **when).returning(exported.c.id)
    return int(connection.execute(made).scalar_one())


def set_job(connection: Connection, number: int, job: int) -> None:
    """Say which job makes a file. Raises StillMaking where it makes another: two were asked for at once."""
    taken = sa.select(sa.exists().where(exported.c.job == job))
    if connection.execute(taken).scalar_one():
        raise StillMaking
    connection.execute(sa.update(exported).where(exported.c.id == number).values(job=job))


def get(connection: Connection, number: int) -> Export:
    """One file, whoever asks. Raises NoExport."""
    row = connection.execute(sa.select(exported).where(exported.c.id == number)).mappings().one_or_none()
    if row is None:
        raise NoExport
    return export_of(row)


def mine(connection: Connection, number: int, actor: Actor) -> Export:
    """A file that is the actor's to delete: their own, an admin's: any. Raises NoExport."""
    found = get(connection, number)
    if found.account != actor.name and actor.role != "admin":
        raise NoExport
    return found


def fetched(connection: Connection, number: int, actor: Actor, reach: Scope, now: datetime) -> Export:
    """A file that the actor may download. Raises NoExport, ScopeChanged, Cleared."""
    found = get(connection, number)
    if found.account != actor.name or found.size is None:
        raise NoExport
    if not found.same_actor(actor) or not found.within(reach):
        raise ScopeChanged
    if found.cleared or found.kept_until <= stamp(now):
        raise Cleared
    return found


def listed(connection: Connection, actor: Actor, now: datetime) -> list[tuple[Export, Job | None]]:
    """The actor's own files, an admin's: everyone's; the newest first, each with its job while that is kept."""
    statement = sa.select(exported).order_by(exported.c.id.desc()).limit(LISTED)
    if actor.role != "admin":
        statement = statement.where(exported.c.account == actor.name)
    found = [export_of(row) for row in connection.execute(statement).mappings()]
    wanted = sa.select(jobs.jobs).where(jobs.jobs.c.id.in_([one.job for one in found if one.job]))
    made_by = {row["id"]: jobs.job_of(row, now) for row in connection.execute(wanted).mappings()}
    return [(one, made_by.get(one.job or 0)) for one in found]


def keep(
    connection: Connection, number: int, size: int, pages: int | None, items: int, note: str, reach: Scope
) -> None:
    """The file is there. Raises NoExport where it was deleted meanwhile."""
    told = None
    if reach.sites is not None:
        told = dumps({"sites": sorted(reach.sites), "counties": sorted(reach.counties or ())})
    there = sa.update(exported).where(exported.c.id == number)
    values = {"size": size, "pages": pages, "items": items, "note": note, "reach": told}
    if not connection.execute(there.values(**values)).rowcount:
        raise NoExport
    raise_pulse(connection, jobs.TOPIC)


def remove(connection: Connection, number: int) -> None:
    """Forget a file."""
    connection.execute(sa.delete(exported).where(exported.c.id == number))
    raise_pulse(connection, jobs.TOPIC)


def overdue(connection: Connection, now: datetime) -> list[Export]:
    """The files that were kept long enough."""
    due = sa.and_(exported.c.cleared.is_(False), exported.c.kept_until <= stamp(now))
    return [export_of(row) for row in connection.execute(sa.select(exported).where(due)).mappings()]


def set_cleared(connection: Connection, numbers: Sequence[int]) -> None:
    """Say that files are gone."""
    connection.execute(sa.update(exported).where(exported.c.id.in_(numbers)).values(cleared=True))


def unlink(folder: Path, found: Export) -> None:
    """Take a file from the disk, if it is there."""
    (folder / found.file).unlink(missing_ok=True)
