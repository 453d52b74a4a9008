"""Runs every test, the browser's beside the others: two processes for two cores. What `make test` calls."""

import subprocess
import sys
import tempfile

PARTS = {"tests": ["tests", "--ignore=tests/browser"], "browser": ["tests/browser"]}


def main() -> int:
    """Run the parts at once and say what each said; the worst of their statuses."""
    running = {}
    for name, arguments in PARTS.items():
        said = tempfile.TemporaryFile(mode="w+", encoding="utf-8")  # noqa: SIM115  (open as long as its process runs)
        command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments, *sys.argv[1:]]
        running[name] = (subprocess.Popen(command, stdout=said, stderr=subprocess.STDOUT), said)
    worst = 0
    for name, (process, said) in running.items():
        worst = max(worst, abs(process.wait()))
        said.seek(0)
        sys.stdout.write(f"== {name}\n{said.read()}")
        sys.stdout.flush()
    return worst


if __name__ == "__main__":
    sys.exit(main())
