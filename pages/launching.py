"""Starting a command as a job in a process of its own: it may be left, survives this server, and can be stopped."""

import contextlib
import logging
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence

from integrations.syncing import SYNC_JOB, TRIAL_JOB
from models import jobs
from models.access import Actor
from models.jobs import Job
from models.services import Services
from models.settings import ROOT
from models.words import _

log = logging.getLogger(__name__)

MEMORY = 4 << 30  # bytes that a job's process may address
TOLD = 2_000  # characters of what a dead process had printed


def start_cycle(services: Services, actor: Actor, *, dry: bool = False, take_over: bool = False) -> Job:
    """Start a cycle, or join the one that runs."""
    options = [name for name, wanted in (("--dry-run", dry), ("--take-over", take_over)) if wanted]
    return launch(services, actor, TRIAL_JOB if dry else SYNC_JOB, ["sync", "--json", *options])


def launch(services: Services, actor: Actor, kind: str, arguments: Sequence[str]) -> Job:
    """Run `app.py ARGUMENTS --job NUMBER` beside this server, unless a job of this kind is open: then that one.

    A process that cannot be started, or dies, leaves a failed job.
    """
    with services.database.write() as connection:
        now = services.store.clock()
        there = jobs.newest(connection, kind, now)
        if there is not None and there.open:
            return there
        number = jobs.make(connection, kind, actor, now)
        made = jobs.get(connection, number, now)
    command = [sys.executable, str(ROOT / "app.py"), *arguments, "--job", str(number)]
    threading.Thread(target=see_through, args=(services, number, command), daemon=True).start()
    return made


def see_through(services: Services, number: int, command: Sequence[str]) -> None:
    """Run a job's process to its end; should it have died without a word, the job says so."""
    with tempfile.TemporaryFile() as printed:  # not a pipe: the process must live on when this server ends
        try:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=printed,
                env=environment(services),
                start_new_session=True,
            )
        except OSError as fault:
            close(services, number, _("没有开始：{why}，过一会儿再试").format(why=fault))
            return
        limit_memory(process.pid)
        status = process.wait()
        printed.seek(0)
        text = printed.read().decode("utf-8", "replace").strip()[-TOLD:]
    if close(services, number, _("做到一半断了，再来一次")):
        log.error("job %s ended with status %s: %s", number, status, text)


def environment(services: Services) -> dict[str, str]:
    """The environment in which a command works on this very installation."""
    told = services.settings
    ours = {"ZONGFEN_DATA": told.data, "ZONGFEN_SHEETS": told.sheets, "ZONGFEN_DATABASE_URL": told.database_url}
    return {**os.environ, **{name: str(value) for name, value in ours.items()}}


def limit_memory(pid: int) -> None:
    """Bound what a process may take, where the system knows how."""
    with contextlib.suppress(ImportError, AttributeError, OSError, ValueError):
        import resource

        resource.prlimit(pid, resource.RLIMIT_AS, (MEMORY, MEMORY))


def close(services: Services, number: int, error: str) -> bool:
    """Fail a job that is still open. Returns whether it was."""
    with services.database.write() as connection:
        now = services.store.clock()
        if not jobs.is_open(connection, number):
            return False
        jobs.finish(connection, number, "failed", {"error": error, "fault": ""}, now)
        return True
