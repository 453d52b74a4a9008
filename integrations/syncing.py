"""Cycles that are remembered: each by itself, as a job in a process of its own, or one after another for as long as asked."""

from collections.abc import Callable, Mapping
from itertools import chain
from threading import Event

from integrations.backend import Unreachable
from integrations.cycle import Progress, Report
from integrations.cycles import PastCycle, keep_cycle
from integrations.pen import Held
from integrations.running import AnotherCycle, run_cycle, signs
from models.access import CLI
from models.history import stamp
from models.jobs import working
from models.services import Services
from models.words import _

SYNC_JOB, TRIAL_JOB = "sync", "trial"  # kinds of job


def run_kept(
    parts: Services, progress: Progress, *, dry: bool = False, take_over: bool = False, account: str = CLI.name
) -> tuple[Report, Mapping[str, int]]:
    """A cycle, and what waits after it; what a wet one did is remembered. Raises what run_cycle raises."""
    began = stamp(parts.store.clock())
    report, waiting = run_cycle(parts, dry=dry, take_over=take_over, progress=progress)
    if not dry:
        keep(parts, began, account, report, waiting)
    return report, waiting


def keep(parts: Services, began: str, account: str, report: Report, waiting: Mapping[str, int]) -> None:
    """Remember a cycle that has just ended."""
    notes = tuple((note.place, note.message) for note in report.notes)
    with parts.database.write() as connection:
        ended = stamp(parts.store.clock())
        keep_cycle(connection, PastCycle(began, ended, account, report.told(waiting), notes))


def run_job(parts: Services, number: int, *, dry: bool, take_over: bool) -> tuple[Report, Mapping[str, int]]:
    """Run the cycle that a job asks for. Its result: the sums, and the names of the workbooks that were looked into.

    It can be stopped between two workbooks. Raises what run_cycle raises, Cancelled, NoJob, JobOver.
    """
    names: list[str] = []
    with working(parts.database, number, parts.store.clock) as work:

        def progress(done: int, of: int, what: str) -> None:
            work.step(done, of, what)
            names.extend([what] if what else [])

        report, waiting = run_kept(parts, progress, dry=dry, take_over=take_over, account=work.account)
        work.result |= {"told": report.told(waiting), "names": names}
    return report, waiting


def watch_cycles(
    parts: Services, say: Callable[[str], None], stop: Event | None = None, account: str = CLI.name
) -> None:
    """Cycle after cycle, until interrupted or told to stop. Raises Held where the first one is."""
    trouble = ""  # as it was said last: a share that is away for an hour is told of once
    for number, _touched in enumerate(chain([()], signs(parts.settings, stop))):
        began = stamp(parts.store.clock())
        try:
            report, waiting = run_cycle(parts)
        except (AnotherCycle, Held, Unreachable) as fault:
            if isinstance(fault, Held) and not number:
                raise
            if str(fault) != trouble:
                say(trouble := str(fault))
        else:
            trouble = ""
            if report.read or report.written:  # a quiet one writes nothing anywhere
                keep(parts, began, account, report, waiting)
                say(in_a_line(report, waiting))


def in_a_line(report: Report, waiting: Mapping[str, int]) -> str:
    """A cycle in one line."""
    told = report.told(waiting)
    return _("读 {read}，写 {written}；收 {cells_in} 格，写 {cells_out} 格；冲突 {conflicts}，停 {stopped}").format(
        **told
    )
