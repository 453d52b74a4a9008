"""`make bench`: every benchmark of this folder, each in a process of its own; 1 where one fails or is slower than it may be."""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


def names() -> list[str]:
    """The benchmarks, by file."""
    return sorted(path.stem for path in HERE.glob("*.py") if path.stem != "run")


def main() -> int:
    """Run them one after another; how many failed decides the status."""
    failed = [name for name in names() if not ran(name)]
    for name in failed:
        print(f"too slow, or broken: {name}", file=sys.stderr)
    return 1 if failed else 0


def ran(name: str) -> bool:
    """Whether a benchmark ended well; it prints its own figures."""
    return subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], cwd=HERE.parent, check=False).returncode == 0


if __name__ == "__main__":
    sys.exit(main())
