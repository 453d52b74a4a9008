"""Running cycles: one at a time, against the place that the settings name."""

import contextlib
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from threading import Event
from typing import IO

from integrations import books as kept
from integrations.backend import Backend
from integrations.cycle import Cycle, Progress, Report
from integrations.folder import Folder
from integrations.workbook import Layout
from models.faults import Fault
from models.services import Services
from models.settings import Settings
from models.words import _

LOCK_WAIT = 60.0  # seconds; CONTRACT §1
POLL = 5.0  # seconds between two looks where a share tells nothing of its changes
GOOGLE_POLL = 20.0  # seconds between two looks at Google: three calls a minute


class AnotherCycle(Fault):
    """Another cycle is running and does not end."""

    def __init__(self) -> None:
        super().__init__(_("另一次同步还没结束，过一会儿再试"))


def backend_of(parts: Services) -> Backend:
    """The place where this installation's workbooks live."""
    if parts.settings.google:
        from integrations.google_sheets import Google  # brings gspread

        return Google(parts.settings, [Layout(table) for table in parts.catalog.tabs])
    return Folder(parts.settings.sheets)


@contextlib.contextmanager
def turn(lock: Path, wait: float = LOCK_WAIT) -> Iterator[None]:
    """Hold the one turn to run a cycle; the system lets it go should the process die. Raises AnotherCycle."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("a+") as handle:
        end = time.monotonic() + wait
        while not take(handle):
            if time.monotonic() >= end:
                raise AnotherCycle
            time.sleep(0.2)
        try:
            yield
        finally:
            let_go(handle)


def take(handle: IO[str]) -> bool:
    """Try to lock the file."""
    try:
        import fcntl

        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except ImportError:
        import msvcrt

        try:
            handle.seek(0)
            msvcrt.locking(handle.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
        except OSError:
            return False
    except OSError:
        return False
    return True


def let_go(handle: IO[str]) -> None:
    """Unlock the file."""
    try:
        import fcntl

        fcntl.flock(handle, fcntl.LOCK_UN)
    except ImportError:
        import msvcrt

        handle.seek(0)
        msvcrt.locking(handle.fileno(), msvcrt.LK_UNLCK, 1)  # type: ignore[attr-defined]


def run_cycle(
    parts: Services,
    *,
    dry: bool = False,
    take_over: bool = False,
    progress: Progress = lambda done, of, what: None,
    wait: float = LOCK_WAIT,
    backend: Backend | None = None,
) -> tuple[Report, Mapping[str, int]]:
    """One cycle, and what waits for a person after it. Raises AnotherCycle, Held, and the place's own faults."""
    with turn(parts.settings.data / "sync.lock", wait):
        report = Cycle(parts, backend or backend_of(parts), dry=dry, progress=progress).run(take_over)
        with parts.database.read() as connection:
            return report, kept.counts(connection)


def signs(settings: Settings, stop: Event | None) -> Iterator[object]:
    """When to look again: at once when the folder changes, else every POLL seconds, for a share tells nothing of its
    changes and a quiet cycle costs next to nothing. Google is asked every GOOGLE_POLL seconds."""
    if not settings.google:
        from watchfiles import watch

        options = {"stop_event": stop, "rust_timeout": int(POLL * 1000)}
        # The system may have no watch left to give, or none for such a drive; the folder itself may not be there today.
        with contextlib.suppress(OSError, RuntimeError):
            settings.sheets.mkdir(parents=True, exist_ok=True)
            yield from watch(settings.sheets, yield_on_timeout=True, raise_interrupt=False, **options)
            return
    waiter = stop or Event()
    while not waiter.wait(GOOGLE_POLL if settings.google else POLL):
        yield ()
