"""What the tests need beside Python: looked for before they run, put in where that can be done, else told.

They print, open and photograph what the app makes, with programs that are not this project's.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Need:
    """A program or a font: its package in Debian and Ubuntu, what it is for, and whether it is there."""

    package: str
    purpose: str
    there: Callable[[], bool]


def program(*names: str) -> Callable[[], bool]:
    """Whether one of these programs can be run."""
    return lambda: any(shutil.which(name) for name in names)


def chinese_font() -> bool:
    """Whether there is a font with Chinese characters."""
    if not shutil.which("fc-list"):
        return False
    return bool(subprocess.run(["fc-list", ":lang=zh-cn"], capture_output=True, check=True).stdout.strip())


# The one without a window of its own takes a quarter less of the machine's time.
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")


def browser_program() -> str:
    """Where the browser for the tests is; it must be there."""
    return next(found for name in BROWSERS if (found := shutil.which(name)))


NEEDS = (
    Need(BROWSERS[0], "browser tests", program(*BROWSERS)),
    Need("libreoffice-calc-nogui", "opening the files that the app writes", program("soffice", "libreoffice")),
    Need("poppler-utils", "looking at printed pages", program("pdftoppm")),
    Need("fontconfig", "finding fonts", program("fc-list")),
    Need("fonts-noto-cjk", "Chinese on pages and pictures", chinese_font),
)


def missing() -> list[Need]:
    """What is not there."""
    return [need for need in NEEDS if not need.there()]


def say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


def install(packages: list[str]) -> None:
    """Put packages in by apt-get."""
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    say(f"installing what the tests need: {' '.join(packages)}")
    for arguments in (["update"], ["install", "--yes", "--no-install-recommends", *packages]):
        subprocess.run(["apt-get", "-qq", *arguments], env=quiet, stdout=sys.stderr, check=False)


def main() -> int:
    """0 where everything is there, if need be after installing it; else 1, with a line for each that is missing."""
    wanted = missing()
    if wanted and os.name == "posix" and os.geteuid() == 0 and shutil.which("apt-get"):
        install([need.package for need in wanted])
        wanted = missing()
    for need in wanted:
        say(f"missing: {need.package}, for {need.purpose}. Debian and Ubuntu: apt-get install {need.package}")
    return 1 if wanted else 0


if __name__ == "__main__":
    sys.exit(main())
