"""Cycles that start by themselves: every few minutes, when asked for, and only where something may have changed."""

import asyncio
import datetime
import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import nicegui
from sqlalchemy.engine import Connection

from integrations.folder import is_sharp
from integrations.syncing import SYNC_JOB
from models import jobs
from models.access import SYNC
from models.database import get_meta, raise_pulse, read_pulses, set_meta
from models.services import Services
from pages.launching import start_cycle

log = logging.getLogger(__name__)

SYNC_EVERY = "sync_every"  # the setting: minutes, nothing for by hand
CHOICES = (0, 5, 30)  # minutes; 0: by hand
LOOK_EVERY = 20.0  # seconds between two looks whether it is time
OWN_NEWS = frozenset({"jobs", "drafts", "accounts"})  # what changes with no effect on a workbook

Seen = tuple[frozenset[tuple[str, int, int]], Mapping[str, int], str]


def sync_every(connection: Connection) -> int:
    """Every how many minutes a cycle starts by itself; 0: only by hand."""
    told = get_meta(connection, SYNC_EVERY)
    return int(told) if told.isdecimal() and int(told) in CHOICES else 0


def set_sync_every(connection: Connection, minutes: int) -> None:
    """Say how often. `minutes` is one of CHOICES."""
    set_meta(connection, SYNC_EVERY, str(minutes) if minutes else "")
    raise_pulse(connection, "sync")


def files_below(folder: Path) -> Iterator[tuple[str, int, int]]:
    """(path, time of change, size) of every file, lock files of office programs included: closing one counts too."""
    waiting = [str(folder)]
    while waiting:
        with suppress(OSError), os.scandir(waiting.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)
                elif entry.is_file(follow_symlinks=False):
                    told = entry.stat()
                    yield entry.path, told.st_mtime_ns, told.st_size


@dataclass
class Automatic:
    """Starts cycles for one server. Several servers may do so side by side: a cycle that one started counts for all."""

    services: Services
    seen: Seen | None = None

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await asyncio.sleep(LOOK_EVERY)
            try:
                await asyncio.to_thread(self.look)
            except Exception:
                log.warning("no look at the shared folder, trying again", exc_info=True)

    def look(self) -> bool:
        """Start a cycle if it is time and something may have changed since the last. Returns whether it did."""
        now = self.services.store.clock()
        with self.services.database.read() as connection:
            if not self.is_time(connection, now):
                return False
            pulses = {name: number for name, number in read_pulses(connection).items() if name not in OWN_NEWS}
        # As it is before the cycle: what changes while that runs is seen the next time.
        there = (frozenset(files_below(self.services.settings.sheets)), pulses, self.services.store.today())
        # Where times are whole seconds, a file of the same size may have come since with the same time.
        blunt = any(not is_sharp(time) for _path, time, _size in there[0])
        if there == self.seen and not blunt and not self.services.settings.google:
            return False
        self.seen = there
        start_cycle(self.services, SYNC)
        return True

    def is_time(self, connection: Connection, now: datetime.datetime) -> bool:
        """Whether the last cycle, whoever started it, is long enough ago."""
        minutes, last = sync_every(connection), jobs.newest(connection, SYNC_JOB, now)
        if not minutes or (last and last.open):
            return False
        return last is None or datetime.datetime.fromisoformat(last.started_at) <= now - datetime.timedelta(
            minutes=minutes
        )


def run_with_server() -> None:
    """Look for as long as the server runs."""
    running: set[asyncio.Task[None]] = set()

    async def start() -> None:
        running.add(asyncio.create_task(Automatic(nicegui.app.state.services).run()))

    async def stop() -> None:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        running.clear()

    nicegui.app.on_startup(start)
    nicegui.app.on_shutdown(stop)
