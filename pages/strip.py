"""The cycles that run and what came of the last, as the sync centre's strip says it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.engine import Connection

from integrations.cycles import PastCycle
from integrations.syncing import SYNC_JOB, TRIAL_JOB
from models import jobs
from models.access import Actor
from models.jobs import Job
from models.words import _

SHOWN = timedelta(hours=1)  # how long the answer of a trial run is worth showing
MOST_NAMES = 12

Told = dict[str, Any]


@dataclass(frozen=True)
class Strip:
    """The newest cycle and the newest trial run, as one person may see them. `names`: the workbooks in their scope."""

    actor: Actor
    names: frozenset[str]
    now: datetime
    cycle: Job | None
    trial: Job | None
    last: PastCycle | None

    def lines(self, closed: Iterable[int] = ()) -> list[Told]:
        """What the strip says; `closed` are the numbers of jobs whose line the person has put away."""
        found = [self.line(job) for job in (self.cycle, self.trial) if job and job.id not in closed]
        return [line for line in found if line]

    def line(self, job: Job) -> Told | None:
        """What there is to say of a job."""
        if job.open:
            return self.running(job)
        if job.kind == TRIAL_JOB:
            return self.tried(job) if self.is_mine(job) and self.is_fresh(job) else None
        return self.failed(job) if job.state == "failed" and self.is_newest(job) else None

    def running(self, job: Job) -> Told:
        """A bar; what is being looked into is said to those who may see that workbook."""
        title = _("正在试跑") if job.kind == TRIAL_JOB else _("正在同步")
        what = job.what if self.actor.all_seeing or job.what in self.names else ""
        text = f"{job.done}/{job.of} {what}".strip() if job.of else _("先看哪些表改过")
        if job.stop:
            title, acts = _("做完手上这份就停"), []
        else:
            acts = [act("stop", _("停下"))] if jobs.may_stop(self.actor, job) else []
        return {
            **told(job, title, text, acts),
            "of": job.of,
            "done": job.done,
            "more": _("可离开此页，做完后这里有结果。"),
        }

    def failed(self, job: Job) -> Told:
        """A cycle that did not end well."""
        held = job.result.get("fault") == "Held"
        acts = [take_over()] if held and self.actor.role == "admin" else []
        acts += [act("start", _("再试一次")), act("close", "✕")]
        return told(job, _("! 没有同步完"), str(job.result.get("error", "")), acts, tone="err")

    def tried(self, job: Job) -> Told:
        """What a trial run found."""
        acts = [act("close", "✕")]
        if job.state == "failed":
            return told(job, _("! 没有试完"), str(job.result.get("error", "")), acts, tone="err")
        if job.state == "cancelled":
            return told(job, _("试跑停下了"), _("没有写任何一处"), acts)
        names = [name for name in job.result.get("names", ()) if self.actor.all_seeing or name in self.names]
        more = "、".join(names[:MOST_NAMES]) + (
            _(" 等 {count} 份").format(count=len(names)) if len(names) > MOST_NAMES else ""
        )
        if not names:
            return told(job, _("试跑：两边没有要同步的"), "", acts)
        return {
            **told(job, _("试跑，没有写"), sums_of(job.result["told"]) if self.actor.all_seeing else "", acts),
            "more": more,
        }

    def is_mine(self, job: Job) -> bool:
        return job.account == self.actor.name

    def is_fresh(self, job: Job) -> bool:
        return datetime.fromisoformat(job.ended_at or job.seen_at) >= self.now - SHOWN

    def is_newest(self, job: Job) -> bool:
        """Whether no cycle has gone well since."""
        return self.last is None or self.last.ended <= (job.ended_at or "")


def read_strip(
    connection: Connection, actor: Actor, names: frozenset[str], now: datetime, last: PastCycle | None
) -> Strip:
    """Look for the newest jobs."""
    cycle, trial = (jobs.newest(connection, kind, now) for kind in (SYNC_JOB, TRIAL_JOB))
    return Strip(actor, names, now, cycle, trial, last)


def sums_of(sums: Mapping[str, int]) -> str:
    """What a cycle reads and writes: 读 3 份，收 6 格；写 2 份，17 格."""
    return _("要读 {read} 份，收 {cells_in} 格；要写 {written} 份，{cells_out} 格").format(**sums)


def told(job: Job, title: str, text: str, acts: list[Told], tone: str = "") -> Told:
    return {"id": job.id, "title": title, "text": text, "acts": acts, "tone": tone, "of": 0, "done": 0, "more": ""}


def take_over() -> Told:
    """Writing where another installation has written: asked about first."""
    question, consequence = _("由这套台账写共享文件夹？"), _("另一套台账若还在用，两边会互相改表。先确认它已停用。")
    return {**act("take_over", _("由这套台账写入"), "dan"), "question": question, "consequence": consequence}


def act(do: str, label: str, tone: str = "") -> Told:
    return {"do": do, "label": label, "tone": tone}
