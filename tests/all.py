"""Runs every test: the browser's in one process, which waits more than it works, beside it the others in several.

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
from pathlib import Path

TESTS = Path(__file__).parent
SHARES = 6  # processes for the files outside the browser: enough that no core waits long at the end
BROWSER = "browser"
AT_ONCE = 3  # on two cores: much of a test is waiting, for a browser, a process, a database


def parts() -> Iterator[tuple[str, list[str]]]:
    """(name, what pytest is to run) of every process, the longest first."""
    files = [str(path) for path in sorted(TESTS.glob("test_*.py"))]
    yield BROWSER, [str(TESTS / "browser")]
    for place in range(SHARES):
        yield f"tests {place + 1} of {SHARES}", files[place::SHARES]


def run(part: tuple[str, list[str]], example: str) -> int:
    """Run one process, say what it said once it has ended, and return its status."""
    name, paths = part
    with tempfile.TemporaryFile(mode="w+", encoding="utf-8") as said:
        command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *paths, *sys.argv[1:]]
        if name != BROWSER and (nice := shutil.which("nice")):
            command = [nice, "-n", "10", *command]  # the browser's take longest: they go first
        environment = {**os.environ, "TESTS_EXAMPLE": example}
        environment.pop(
            "PYTHONDONTWRITEBYTECODE", None
        )  # many of them start commands, which would be compiled each time
        status = subprocess.call(command, stdout=said, stderr=subprocess.STDOUT, cwd=TESTS.parent, env=environment)
        said.seek(0)
        sys.stdout.write(f"== {name}\n{said.read()}")
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
