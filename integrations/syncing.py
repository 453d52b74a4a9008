"""Cycles that are remembered: what the last one did, for the sync centre; and a cycle as a job in a process of its own."""

from collections.abc import Mapping

from integrations import books as kept
from integrations.cycle import Progress, Report
from integrations.running import run_cycle
from models.history import stamp
from models.jobs import working
from models.services import Services

SYNC_JOB, TRIAL_JOB = "sync", "trial"  # kinds of job


def run_kept(parts: Services, progress: Progress, *, dry: bool, take_over: bool) -> tuple[Report, Mapping[str, int]]:
    """A cycle, and what waits after it; what a wet one did is kept until the next. Raises what run_cycle raises."""
    began = stamp(parts.store.clock())
    report, waiting = run_cycle(parts, dry=dry, take_over=take_over, progress=progress)
    if not dry:
        notes = tuple((note.place, note.message) for note in report.notes)
        with parts.database.write() as connection:
            ended = stamp(parts.store.clock())
            kept.keep_cycle(connection, kept.LastCycle(began, ended, report.told(waiting), notes))
    return report, waiting


def run_job(parts: Services, number: int, *, dry: bool, take_over: bool) -> tuple[Report, Mapping[str, int]]:
    """Run the cycle that a job asks for. Its result: the sums, and the names of the workbooks that were looked into.

    It can be stopped between two workbooks. Raises what run_cycle raises, Cancelled, NoJob, JobOver.
    """
    names: list[str] = []
    with working(parts.database, number, parts.store.clock) as work:

        def progress(done: int, of: int, what: str) -> None:
            work.step(done, of, what)
            names.extend([what] if what else [])

        report, waiting = run_kept(parts, progress, dry=dry, take_over=take_over)
        work.result |= {"told": report.told(waiting), "names": names}
    return report, waiting
