"""Long work that runs beside the page that asked for it: a row each, with progress, an end, and a way to stop it."""

import contextlib
import json
import os
import socket
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from models.access import Actor
from models.database import Busy, Database, dumps, raise_pulse, system
from models.faults import Fault
from models.history import stamp
from models.store import Clock
from models.words import _

State = Literal["waiting", "running", "done", "failed", "cancelled"]

jobs = sa.Table(
    "jobs",
    system,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("kind", sa.String, nullable=False, index=True),
    sa.Column("account", sa.String, nullable=False, index=True),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("done", sa.Integer, nullable=False),
    sa.Column("of", sa.Integer, nullable=False),
    sa.Column("what", sa.String, nullable=False),
    sa.Column("started_at", sa.String, nullable=False),
    sa.Column("seen_at", sa.String, nullable=False),  # when its process last showed that it lives
    sa.Column("ended_at", sa.String),
    sa.Column("result", sa.Text, nullable=False),
    sa.Column("stop", sa.Boolean, nullable=False),  # someone asked it to stop
    sa.Column("machine", sa.String, nullable=False),
    sa.Column("pid", sa.Integer),
    sqlite_autoincrement=True,
)

OPEN: tuple[State, ...] = ("waiting", "running")
TOPIC = "jobs"
STEP_EVERY = timedelta(milliseconds=400)  # how often progress is written: each writing wakes every open page
BEAT_EVERY = 10.0  # seconds
SILENT = timedelta(seconds=60)  # a process that has shown no life for so long is gone
KEPT = timedelta(days=30)
LISTED = 50


class NoJob(Fault):
    """A number that is no job's, or not one this actor may see."""

    def __init__(self, number: int) -> None:
        super().__init__(_("没有编号为 {number} 的任务").format(number=number))


class JobOver(Fault):
    """A job that has ended, or that another process does already."""

    def __init__(self, number: int) -> None:
        super().__init__(_("任务 {number} 已有人做或已结束").format(number=number))


class Cancelled(Fault):
    """Someone asked the job to stop; what it has done so far stands."""

    def __init__(self) -> None:
        super().__init__(_("已停下，做完的都算数"))


@dataclass(frozen=True)
class Job:
    """One job as it stands. `result` is what it answered, or {"error", "fault"} of one that failed."""

    id: int
    kind: str
    account: str
    state: State
    done: int
    of: int
    what: str
    started_at: str
    seen_at: str
    ended_at: str | None
    result: Mapping[str, Any]
    stop: bool
    machine: str
    pid: int | None

    @property
    def open(self) -> bool:
        return self.state in OPEN


def job_of(row: Mapping[str, Any], now: datetime) -> Job:
    """A row as a job; one whose process is gone counts as failed, whatever the row says."""
    job = Job(**{**row, "result": json.loads(row["result"])})
    if not job.open or alive(job, now):
        return job
    return replace(
        job, state="failed", result={"error": _("做到一半断了，再来一次"), "fault": ""}, ended_at=job.seen_at
    )


def alive(job: Job, now: datetime) -> bool:
    """Whether the process of an open job shows life. Only the machine that it runs on can look for the process itself."""
    if job.seen_at < stamp(now - SILENT):
        return False
    return job.pid is None or job.machine != socket.gethostname() or process_there(job.pid)


def process_there(pid: int) -> bool:
    """Whether there is such a process; yes where the system cannot be asked (Windows' `kill` would end it)."""
    if os.name != "posix":
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


# ---- asking for work, and looking at it


def make(connection: Connection, kind: str, actor: Actor, now: datetime) -> int:
    """A new job that waits for its process. Returns its number."""
    connection.execute(sa.delete(jobs).where(jobs.c.started_at < stamp(now - KEPT), jobs.c.state.not_in(OPEN)))
    told = {"kind": kind, "account": actor.name, "state": "waiting", "done": 0, "of": 0, "what": "", "stop": False}
    when = {"started_at": stamp(now), "seen_at": stamp(now), "result": "{}", "machine": socket.gethostname()}
    number = connection.execute(sa.insert(jobs).values(**told, **when).returning(jobs.c.id)).scalar_one()
    raise_pulse(connection, TOPIC)
    return int(number)


def get(connection: Connection, number: int, now: datetime) -> Job:
    """One job, whoever asks. Raises NoJob."""
    found = connection.execute(sa.select(jobs).where(jobs.c.id == number)).mappings().one_or_none()
    if found is None:
        raise NoJob(number)
    return job_of(found, now)


def is_open(connection: Connection, number: int) -> bool:
    """Whether a job's row says that it is not over; its process may be gone all the same."""
    state = connection.execute(sa.select(jobs.c.state).where(jobs.c.id == number)).scalar()
    return state in OPEN


def newest(connection: Connection, kind: str, now: datetime) -> Job | None:
    """The job of a kind that was asked for last, whoever asked."""
    statement = sa.select(jobs).where(jobs.c.kind == kind).order_by(jobs.c.id.desc()).limit(1)
    found = connection.execute(statement).mappings().one_or_none()
    return None if found is None else job_of(found, now)


def listed(connection: Connection, actor: Actor, now: datetime) -> list[Job]:
    """The actor's own jobs, an admin's: all of them; the newest first."""
    statement = sa.select(jobs).order_by(jobs.c.id.desc()).limit(LISTED)
    if actor.role != "admin":
        statement = statement.where(jobs.c.account == actor.name)
    return [job_of(row, now) for row in connection.execute(statement).mappings()]


def may_stop(actor: Actor, job: Job) -> bool:
    """Whether it is the actor's to stop."""
    return job.open and (actor.role == "admin" or job.account == actor.name)


def cancel(connection: Connection, number: int, actor: Actor, now: datetime) -> None:
    """Ask a job to stop: it does at its next step; one that no process has taken yet ends here. Raises NoJob."""
    job = get(connection, number, now)
    if actor.role != "admin" and job.account != actor.name:
        raise NoJob(number)
    if job.state == "waiting" and job.pid is None:
        finish(connection, number, "cancelled", {}, now)
    elif job.open:
        connection.execute(sa.update(jobs).where(jobs.c.id == number).values(stop=True))
        raise_pulse(connection, TOPIC)


# ---- doing the work


def take(connection: Connection, number: int, now: datetime) -> None:
    """This process does the job from here on. Raises NoJob, JobOver."""
    job = get(connection, number, now)
    if job.state != "waiting":
        raise JobOver(number)
    here = {"state": "running", "seen_at": stamp(now), "machine": socket.gethostname(), "pid": os.getpid()}
    connection.execute(sa.update(jobs).where(jobs.c.id == number).values(**here))
    raise_pulse(connection, TOPIC)


def finish(
    connection: Connection,
    number: int,
    state: Literal["done", "failed", "cancelled"],
    result: Mapping[str, Any],
    now: datetime,
) -> None:
    """End a job, unless it has ended before."""
    ended = sa.update(jobs).where(jobs.c.id == number, jobs.c.state.in_(OPEN))
    connection.execute(ended.values(state=state, result=dumps(result), ended_at=stamp(now), seen_at=stamp(now)))
    raise_pulse(connection, TOPIC)


@dataclass
class Work:
    """A job as the process that does it knows it. `result` is kept when the work ends well."""

    database: Database
    number: int
    clock: Clock
    result: dict[str, Any] = field(default_factory=dict)
    told: datetime | None = None

    @property
    def account(self) -> str:
        """Who asked for it."""
        with self.database.read() as connection:
            return str(connection.execute(sa.select(jobs.c.account).where(jobs.c.id == self.number)).scalar_one())

    def step(self, done: int, of: int, what: str) -> None:
        """Tell how far it is; between two steps a job can be stopped. Raises Cancelled."""
        with self.database.read() as connection:
            if connection.execute(sa.select(jobs.c.stop).where(jobs.c.id == self.number)).scalar():
                raise Cancelled
        now = self.clock()
        if self.told is None or now - self.told >= STEP_EVERY or done >= of:
            self.told = now
            self.keep({"done": done, "of": of, "what": what}, TOPIC)

    def keep(self, values: Mapping[str, Any], topic: str = "") -> None:
        """Write signs of life; work that is well under way does not end because the database was busy."""
        with contextlib.suppress(Busy), self.database.write() as connection:
            here = sa.update(jobs).where(jobs.c.id == self.number)
            connection.execute(here.values(**values, seen_at=stamp(self.clock())))
            if topic:
                raise_pulse(connection, topic)

    def beat(self, over: threading.Event, every: float) -> None:
        """Show life until the work is over: one step may take minutes."""
        while not over.wait(every):
            self.keep({})


@contextlib.contextmanager
def working(database: Database, number: int, clock: Clock, every: float = BEAT_EVERY) -> Iterator[Work]:
    """Do a job in this process: takes it, shows life meanwhile, and ends it as the `with` ends. Raises NoJob, JobOver."""
    work, over = Work(database, number, clock), threading.Event()
    with database.write() as connection:
        take(connection, number, clock())
    heart = threading.Thread(target=work.beat, args=(over, every), daemon=True)
    heart.start()
    state: Literal["done", "failed", "cancelled"] = "failed"
    result: Mapping[str, Any] = {}
    try:
        yield work
        state, result = "done", work.result
    except Cancelled:
        state = "cancelled"
        raise
    except BaseException as fault:
        result = {"error": told_fault(fault), "fault": type(fault).__name__}
        raise
    finally:
        over.set()
        heart.join()
        with database.write() as connection:
            finish(connection, number, state, result, clock())


def told_fault(fault: BaseException) -> str:
    """What to say of a fault: its own words if they are for people."""
    return (
        str(fault) if isinstance(fault, Fault) else _("程序出错（{kind}），没有做完").format(kind=type(fault).__name__)
    )
