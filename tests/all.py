"""Runs every test in several processes, the browser's first: they wait more than they work, and take longest.

What `make test` calls. Arguments go to pytest. The example is made once, for all of them.
"""

import itertools
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

TESTS = Path(__file__).parent
BROWSERS = (
    2  # processes for the browser's, each with a server and a browser of its own: while one waits, the other works
)
SHARES = 6  # for the others: enough that no core waits long at the end
AT_ONCE = 4  # on two cores: much of a test is waiting, for a browser, a process, a database


@dataclass(frozen=True)
class Part:
    """What one process runs. Where `yields`, the others go first."""

    name: str
    files: list[str]
    yields: bool


def parts() -> Iterator[Part]:
    """All processes, those that take longest first."""
    for folder, many, yields in ((TESTS / "browser", BROWSERS, False), (TESTS, SHARES, True)):
        files = [str(path) for path in sorted(folder.glob("test_*.py"))]
        for place in range(many):
            yield Part(f"{folder.name} {place + 1} of {many}", files[place::many], yields)


def run(part: Part, example: str) -> int:
    """Run one process, say what it said once it has ended, and return its status."""
    with tempfile.TemporaryFile(mode="w+", encoding="utf-8") as said:
        command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *part.files, *sys.argv[1:]]
        if part.yields and (nice := shutil.which("nice")):
            command = [nice, "-n", "10", *command]
        environment = {**os.environ, "TESTS_EXAMPLE": example}
        environment.pop(
            "PYTHONDONTWRITEBYTECODE", None
        )  # many of them start commands, which would be compiled each time
        status = subprocess.call(command, stdout=said, stderr=subprocess.STDOUT, cwd=TESTS.parent, env=environment)
        said.seek(0)
        sys.stdout.write(f"== {part.name}\n{said.read()}")
        sys.stdout.flush()
    return abs(status)


def main() -> int:
    """Make the example, run everything over it; the worst of their statuses."""
    with tempfile.TemporaryDirectory(prefix="zongfen-example-") as folder, ThreadPoolExecutor(AT_ONCE) as pool:
        made = {**os.environ, "ZONGFEN_DATA": folder}
        command = [sys.executable, str(TESTS.parent / "app.py"), "init", "--example", "kunming"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=made)
        return max(pool.map(run, parts(), itertools.repeat(folder)))


if __name__ == "__main__":
    sys.exit(main())
