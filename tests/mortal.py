"""Cycles in processes of their own, to be ended by SIGKILL: at a named step, after so many calls to Google, or from outside.

One process has the app loaded and forks a child for each cycle, so that a cycle begins at once and a hundred cost little.
Run as a module, it is that process: a line of JSON a cycle on its input; on its output the child's number once it begins, then its end.
"""

import json
import os
import signal
import subprocess
import sys
import traceback
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from integrations import package

ROOT = Path(__file__).resolve().parents[1]
KILLED = -signal.SIGKILL
HALF = {"while the file is written": (package, "_take_standing")}  # beside the steps that an exception can stand for


class Mortals:
    """What a test asks for cycles."""

    def __init__(self, process, office):
        self.process, self.office = process, office

    def begin(self, **how):
        """The number of a process that has just begun a cycle of the office's workbooks. `step`, `call`: see `ends_at`."""
        parts = self.office.parts
        told = {"database": parts.database.url, "data": str(parts.settings.data), "url": parts.settings.google_url}
        self.process.stdin.write(json.dumps({**told, "folder": parts.settings.google_folder, **how}) + "\n")
        self.process.stdin.flush()
        return self.told("began")

    def ended(self):
        """How it ended."""
        return self.told("ended")

    def told(self, wanted):
        """The number on the next line; one that ends before it has begun a cycle is a fault of the test's own."""
        word, number = self.process.stdout.readline().split()
        assert word == wanted, f"{word} {number}"
        return int(number)

    def cycle(self, **how):
        self.begin(**how)
        return self.ended()


@contextmanager
def mortals(office):
    """Where this office's cycles may die."""
    office.parts.database.close()
    with subprocess.Popen(
        [sys.executable, "-m", "tests.mortal"], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield Mortals(process, office)
        process.stdin.close()


# ---------------------------------------------------------------- the other side


def office_of(told):
    """The office, as this process has it."""
    from integrations.workbook import Layout
    from tests.histories import office_over
    from tests.sheets import InFolder, InGoogle

    data = Path(told["data"])
    office = office_over(data, None, told["database"].rpartition("/")[2])
    if not told["url"]:
        office.sheets = InFolder(office.parts.settings.sheets)
        return office
    settings = replace(office.parts.settings, google_url=told["url"], google_folder=told["folder"], google_per_minute=0)
    office.parts = replace(office.parts, settings=settings)
    office.sheets = InGoogle(None, settings, [Layout(table) for table in office.parts.catalog.tabs])
    return office


def end(*_arguments, **_options):
    """The process ends here, and nothing in it is told."""
    os.kill(os.getpid(), signal.SIGKILL)


def ends_at(office, step=None, call=None):
    """Make this process end at a step of the cycle that it is about to run, or after so many calls to Google."""
    from tests import test_agreed
    from tests.dying import Dying

    if step is not None:
        owner, name, *done = {**test_agreed.STEPS, **HALF}[step]
        if owner is None:  # a call of the backend
            office.backend = Dying(office.sheets.backend, name, *done, end)
        else:
            setattr(owner, name, end)
    if call is not None:
        office.backend = office.sheets.backend
        once, left = office.backend.client.once, iter(range(call - 1, -1, -1))

        def last(*arguments, **options):
            answer = once(*arguments, **options)
            if next(left) == 0:
                end()
            return answer

        office.backend.client.once = last


def live(told):
    """One cycle."""
    import integrations.folder
    from integrations.running import run_cycle
    from tests.sheets import in_this_process

    integrations.folder.grids_of_many = in_this_process
    office = office_of(told)
    ends_at(office, told.get("step"), told.get("call"))
    print("began", os.getpid(), flush=True)  # noqa: T201
    run_cycle(office.parts, backend=office.backend or office.sheets.backend)
    office.parts.database.close()


def main():
    import integrations.google_sheets  # noqa: F401  (what a child would load is loaded once)
    import tests.test_agreed  # noqa: F401

    child = None
    for line in sys.stdin:
        if child is not None:
            os.waitpid(child, 0)
        child = os.fork()
        if child == 0:
            try:
                live(json.loads(line))
                os._exit(0)
            except BaseException:
                traceback.print_exc()
                os._exit(1)
        # Waited for, and left: its number is nobody else's while someone may still want to kill it.
        found = os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
        print("ended", found.si_status if found.si_code == os.CLD_EXITED else -found.si_status, flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
