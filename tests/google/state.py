"""Every spreadsheet and file that the server knows, its clock, what was called, and what is to go wrong."""

import pickle
import re
import threading
import time
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from tests.google.book import Book, Missing

SPREADSHEET = "application/vnd.google-apps.spreadsheet"
START = datetime(2020, 1, 1, tzinfo=UTC)  # the server's clock has nothing to do with anybody else's
PRIVATE = "1jIKzPs8LsiZZdLdeMEP-5ZIHw6RkjiOmj1LrJN706Yc"  # a spreadsheet that gspread's tests may not open


@dataclass
class Fault:
    """What goes wrong with calls: (method, path) that `matches`, `times` over, after the first `skip` of them.

    status: this error, before the work or `after` it; cut: the connection ends, before or after; slow: seconds; do: what
    happens first, such as somebody's typing.
    """

    matches: Callable[[str, str], bool] = lambda method, path: True
    status: int = 0
    cut: bool = False
    after: bool = False
    slow: float = 0
    do: Callable[[], None] | None = None
    headers: dict = field(default_factory=dict)
    times: int = 1
    skip: int = 0

    def strikes(self, method, path):
        if not self.times or not self.matches(method, path):
            return False
        if self.skip:
            self.skip -= 1
            return False
        self.times -= 1
        return True


@dataclass
class Call:
    """One call that was answered."""

    method: str
    path: str
    sent: int  # bytes in its body
    got: int  # bytes in the answer's
    status: int

    @property
    def kind(self):
        """drive; read and write of Sheets, as its quota counts them."""
        return "drive" if "/drive/" in self.path else "read" if self.method == "GET" else "write"


class Error(Exception):
    def __init__(self, code, message):
        super().__init__(message)
        self.code, self.message = code, message


@dataclass
class Sheets:
    """Every spreadsheet there is, and what is known of its file."""

    books: dict = field(default_factory=dict)
    files: dict = field(default_factory=dict)
    calls: list = field(default_factory=list)
    faults: list = field(default_factory=list)
    per_minute: int = 0  # answers 429 to more reads, or writes, than this in a minute
    ticks: int = 0
    lock: threading.RLock = field(default_factory=threading.RLock)
    window: dict = field(default_factory=dict)

    # ---- files

    def now(self):
        self.ticks += 1
        return (START + timedelta(milliseconds=self.ticks)).strftime("%Y-%m-%dT%H:%M:%S.") + f"{self.ticks % 1000:03d}Z"

    def create(self, told):
        number = f"1sheet{len(self.files):06d}_{self.ticks}"
        at = self.now()
        file = {"kind": "drive#file", "id": number, "name": told.get("name", "Untitled"), "mimeType": SPREADSHEET}
        file |= {"parents": told.get("parents", ["root"]), "createdTime": at, "modifiedTime": at, "version": "1"}
        file |= {"appProperties": told.get("appProperties", {}), "trashed": False, "permissions": [], "comments": []}
        self.files[number] = {**file, "lastModifyingUser": {"me": True}}
        self.books[number] = Book.new(number, file["name"])
        return self.files[number]

    def file(self, number):
        if number == PRIVATE:
            raise Error(403, "The caller does not have permission")
        if number not in self.files:
            raise Missing
        return self.files[number]

    def book(self, number):
        self.file(number)
        return self.books[number]

    def touched(self, number, *, me=True):
        """A file has changed."""
        file = self.files[number]
        file["modifiedTime"] = self.now()
        file["version"] = str(int(file["version"]) + 1)
        file["lastModifyingUser"] = {"me": me}
        file["name"] = self.books[number].properties["title"]

    @contextmanager
    def typing(self, number):
        """A person at a spreadsheet; what they did is a change."""
        with self.lock:
            yield self.books[number]
            self.touched(number, me=False)

    def found(self, query):
        """The files that a query finds: = and `in parents` and `has`, joined by and."""
        tests = [test_of(one) for one in re.split(r"\s+and\s+(?![^{]*})", query or "") if one.strip()]
        return [file for file in self.files.values() if all(test(file) for test in tests)]

    # ---- for tests

    def kept(self):
        """All files and spreadsheets, to go back to."""
        return pickle.dumps((self.files, self.books))

    def go_back(self, kept):
        """To what was kept, with nothing counted and nothing going wrong."""
        self.files, self.books = pickle.loads(kept)
        self.calls.clear()
        self.faults.clear()

    # ---- counting

    def count(self, kind):
        return sum(call.kind == kind for call in self.calls)

    def limited(self, kind):
        """Whether this call is one too many."""
        if not self.per_minute or kind == "drive":
            return False
        now = time.monotonic()
        sent = [at for at in self.window.get(kind, ()) if now - at < 60]
        self.window[kind] = [*sent, now]
        return len(sent) >= self.per_minute


def test_of(text):
    """One condition of a query. Raises Error for one that is not understood."""
    text = text.strip()
    for pattern, test in (
        (r"""mimeType\s*=\s*['"](.*)['"]""", lambda one: lambda file: file["mimeType"] == one[1]),
        (r"""name\s*=\s*['"](.*)['"]""", lambda one: lambda file: file["name"] == unescaped(one[1])),
        (r"""['"](.*)['"]\s+in\s+parents""", lambda one: lambda file: one[1] in file["parents"]),
        (r"""parents\s+in\s+['"](.*)['"]""", lambda one: lambda file: one[1] in file["parents"]),
        (r"trashed\s*=\s*(true|false)", lambda one: lambda file: file["trashed"] == (one[1] == "true")),
        (
            r"""appProperties\s+has\s+\{\s*key='(.*)'\s+and\s+value='(.*)'\s*\}""",
            lambda one: lambda file: file["appProperties"].get(one[1]) == one[2],
        ),
    ):
        if found := re.fullmatch(pattern, text):
            return test(found)
    raise Error(400, f"Invalid Value: {text}")


def unescaped(text):
    return re.sub(r"\\(.)", r"\1", text)
