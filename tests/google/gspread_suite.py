"""gspread's own tests against the server of this folder: python -m tests.google.gspread_suite CHECKOUT [pytest's options].

CHECKOUT is burnash/gspread at tag v6.2.1; nothing of it is kept here. Its recorded cassettes are switched off (a module
named vcr that does nothing takes the place of the recorder), and every request goes over HTTP to the loopback.
"""

import sys
import types
from pathlib import Path

import pytest
import requests

from tests.google.server import serve

ADDRESSES = ("https://sheets.googleapis.com", "https://www.googleapis.com")


def without_recorder():
    """A recorder that records and replays nothing."""
    vcr, errors = types.ModuleType("vcr"), types.ModuleType("vcr.errors")
    vcr.VCR = type("VCR", (), {"ensure_suffix": staticmethod(lambda suffix: suffix)})
    errors.CannotOverwriteExistingCassetteException = type("CannotOverwriteExistingCassetteException", (Exception,), {})
    sys.modules |= {"vcr": vcr, "vcr.errors": errors}
    pytest.mark.vcr = lambda: lambda test: test  # a fixture of theirs bears it too, which pytest 9 forbids


def to_the_loopback(address):
    """Google's addresses lead to the server."""
    real = requests.Session.request

    def request(self, method, url, *arguments, **options):
        base = next((one for one in ADDRESSES if url.startswith(one)), None)
        return real(self, method, address + url.removeprefix(base) if base else url, *arguments, **options)

    requests.Session.request = request


def main(checkout, *options):
    """Run them; pytest's exit status."""
    sys.path.insert(0, checkout)
    without_recorder()
    with serve() as (_state, address):
        to_the_loopback(address)
        tests = str(Path(checkout) / "tests")
        del sys.modules["tests"]  # theirs are of that name too
        ours = [f"--rootdir={checkout}", "-c", "/dev/null", "-p", "no:cacheprovider", "-o", "python_files=*_test.py"]
        return pytest.main([*ours, *options, tests])


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
