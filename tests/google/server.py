"""Google's Sheets and Drive over real HTTP on the loopback, as far as this app and gspread's own tests use them.

`Sheets` is the state, `serve` the server. Everything can be asked to go wrong, once or several times: see `Fault`.
"""

import csv
import gzip
import io
import json
import pickle
import re
import threading
import time
from collections.abc import Callable
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

from tests.google.book import Book, Missing
from tests.google.changes import change
from tests.google.masks import masked
from tests.google.values import Invalid

SPREADSHEET = "application/vnd.google-apps.spreadsheet"
START = datetime(2020, 1, 1, tzinfo=UTC)  # the server's clock has nothing to do with anybody else's
STATUS = {400: "INVALID_ARGUMENT", 403: "PERMISSION_DENIED", 404: "NOT_FOUND", 429: "RESOURCE_EXHAUSTED"}
STATUS |= {500: "INTERNAL", 503: "UNAVAILABLE"}
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


# ---------------------------------------------------------------- routes


def sheets_get(state, query, _body, number):
    grid = first(query, "includeGridData", "false").lower() == "true" or "data" in first(query, "fields", "")
    return state.book(number).told(query.get("ranges", []), grid)


def sheets_change(state, _query, body, number):
    book = state.book(number)
    replies = change(book, body.get("requests", []))
    state.touched(number)
    return {"spreadsheetId": number, "replies": replies}


def values_get(state, query, _body, number, address):
    return state.book(number).get(address, *rendering(query))


def rendering(query):
    how = first(query, "valueRenderOption", "FORMATTED_VALUE"), first(query, "dateTimeRenderOption", "SERIAL_NUMBER")
    return *how, first(query, "majorDimension", "ROWS")


def values_batch_get(state, query, _body, number):
    book = state.book(number)
    found = [book.get(address, *rendering(query)) for address in query.get("ranges", [])]
    return {"spreadsheetId": number, "valueRanges": found}


def typed(option):
    if option not in ("RAW", "USER_ENTERED"):
        raise Invalid("'valueInputOption' is required but not specified")
    return option == "USER_ENTERED"


def values_put(state, query, body, number, address):
    told = state.book(number).put(address, body, typed=typed(first(query, "valueInputOption", "")))
    state.touched(number)
    return told


def values_batch_put(state, _query, body, number):
    book = state.book(number)
    before = pickle.dumps(book.tabs)
    try:
        as_typed = typed(body.get("valueInputOption", ""))
        told = [book.put(one["range"], one, typed=as_typed) for one in body.get("data", [])]
    except Invalid:
        book.tabs = pickle.loads(before)
        raise
    state.touched(number)
    cells = sum(one["updatedCells"] for one in told)
    return {"spreadsheetId": number, "totalUpdatedCells": cells, "responses": told}


def values_append(state, query, body, number, address):
    insert = first(query, "insertDataOption", "") == "INSERT_ROWS"
    as_typed = typed(first(query, "valueInputOption", ""))
    told = state.book(number).append(address, body, typed=as_typed, insert=insert)
    state.touched(number)
    return told


def values_clear(state, _query, _body, number, address):
    told = state.book(number).clear(address)
    state.touched(number)
    return {"spreadsheetId": number, "clearedRange": told}


def values_batch_clear(state, _query, body, number):
    book = state.book(number)
    told = [book.clear(address) for address in body.get("ranges", [])]
    state.touched(number)
    return {"spreadsheetId": number, "clearedRanges": told}


def sheet_copy(state, _query, body, number, tab):
    source = state.book(number).tab(int(tab))
    target = state.book(body["destinationSpreadsheetId"])
    properties = {**source.properties, "title": f"Copy of {source.title}", "index": len(target.tabs)}
    properties.pop("sheetId")
    made = target.add(deepcopy(properties))
    made.cells, made.more = deepcopy((source.cells, source.more))
    state.touched(body["destinationSpreadsheetId"])
    return made.properties


def files_list(state, query, _body):
    found = state.found(first(query, "q", ""))
    size, start = int(first(query, "pageSize", "100")), int(first(query, "pageToken", "0") or 0)
    answer = {"kind": "drive#fileList", "files": found[start : start + size]}
    return {**answer, "nextPageToken": str(start + size)} if start + size < len(found) else answer


def files_create(state, _query, body):
    return state.create(body)


def files_get(state, _query, _body, number):
    return state.file(number)


def files_change(state, query, body, number):
    file = state.file(number)
    file |= {name: body[name] for name in ("trashed", "appProperties") if name in body}
    if "addParents" in query:
        file["parents"] = [first(query, "addParents", "")]
    if "name" in body:
        state.book(number).properties["title"] = body["name"]
    state.touched(number)
    return file


def files_delete(state, _query, _body, number):
    state.file(number)
    del state.files[number], state.books[number]
    return


def files_copy(state, _query, body, number):
    source = state.file(number)
    parents = body.get("parents", source["parents"])
    made = state.create({"name": body.get("name") or f"Copy of {source['name']}", "parents": parents})
    made["appProperties"] = dict(source["appProperties"])
    state.books[made["id"]].tabs = deepcopy(state.books[number].tabs)
    return made


def files_export(state, query, _body, number):
    if first(query, "mimeType", "") != "text/csv":
        raise Error(400, "The requested conversion is not supported.")
    out = io.StringIO()
    tab = state.book(number).tabs[0]
    csv.writer(out, lineterminator="\r\n").writerows(tab.rows(tab.block(None)))
    return out.getvalue().rstrip("\r\n").encode()


def files_import(state, _query, body, number):
    book = state.book(number)
    book.tabs = []
    tab = book.add({"sheetId": 0, "title": "Sheet1"})
    for row, cells in enumerate(csv.reader(io.StringIO(body.decode()))):
        for column, text in enumerate(cells):
            tab.put((row, column), text, typed=True)
    state.touched(number)
    return {"id": number}


def permissions_list(state, _query, _body, number):
    return {"permissions": state.file(number)["permissions"]}


def permissions_add(state, _query, body, number):
    given = state.file(number)["permissions"]
    given.append({**body, "id": f"p{len(given)}"})
    return given[-1]


def permissions_remove(state, _query, _body, number, permission):
    file = state.file(number)
    file["permissions"] = [one for one in file["permissions"] if one["id"] != permission]
    return


def comments_list(state, _query, _body, number):
    return {"comments": state.file(number)["comments"]}


def comments_add(state, _query, body, number):
    state.file(number)["comments"].append(body)
    return {"id": "c"}


BOOK, FILE = r"/v4/spreadsheets/([^/:]+)", r"/drive/v3/files/([^/]+)"
ROUTES = [
    (method, re.compile(pattern), work)
    for method, pattern, work in (
        ("GET", BOOK, sheets_get),
        ("POST", rf"{BOOK}:batchUpdate", sheets_change),
        ("GET", rf"{BOOK}/values:batchGet", values_batch_get),
        ("POST", rf"{BOOK}/values:batchUpdate", values_batch_put),
        ("POST", rf"{BOOK}/values:batchClear", values_batch_clear),
        ("POST", rf"{BOOK}/values/(.+):append", values_append),
        ("POST", rf"{BOOK}/values/(.+):clear", values_clear),
        ("GET", rf"{BOOK}/values/(.+)", values_get),
        ("PUT", rf"{BOOK}/values/(.+)", values_put),
        ("POST", rf"{BOOK}/sheets/([0-9]+):copyTo", sheet_copy),
        ("GET", r"/drive/v3/files", files_list),
        ("POST", r"/drive/v3/files", files_create),
        ("GET", rf"{FILE}/export", files_export),
        ("POST", rf"{FILE}/copy", files_copy),
        ("GET", rf"{FILE}/permissions", permissions_list),
        ("POST", rf"{FILE}/permissions", permissions_add),
        ("DELETE", rf"{FILE}/permissions/([^/]+)", permissions_remove),
        ("GET", rf"{FILE}/comments", comments_list),
        ("POST", rf"{FILE}/comments", comments_add),
        ("GET", FILE, files_get),
        ("PATCH", FILE, files_change),
        ("DELETE", FILE, files_delete),
        ("PUT", r"/upload/drive/v2/files/([^/]+)", files_import),
    )
]
DRIVE_FIELDS = "kind,id,name,mimeType"


def first(query, name, default):
    return query.get(name, [default])[0]


def answer_to(state, method, path, query, body):
    """What a call comes to. Raises Error, Missing, Invalid."""
    for wanted, pattern, work in ROUTES:
        if wanted == method and (found := pattern.fullmatch(path)):
            told = work(state, query, body, *map(unquote, found.groups()))
            mask = first(query, "fields", "")
            if work in (files_create, files_get, files_copy, files_change) and not mask:
                mask = DRIVE_FIELDS
            return masked(told, mask) if isinstance(told, dict) else told
    raise Error(404, f"Not found: {method} {path}")


# ---------------------------------------------------------------- the server


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    state: Sheets

    def handle_one(self):
        length = int(self.headers.get("Content-Length") or 0)
        data = self.rfile.read(length)
        url = urlsplit(self.path)
        fault = next((one for one in self.state.faults if one.strikes(self.command, unquote(url.path))), None)
        call = Call(self.command, unquote(url.path), len(data), 0, 0)
        if fault:
            time.sleep(fault.slow)
            if fault.do:
                fault.do()
            if not fault.after and self.fail(call, fault):
                return
        code, told = self.work(url, data, call)
        if not (fault and fault.after and self.fail(call, fault)):
            self.reply(call, code, told)

    def fail(self, call, fault):
        """Whether the call ends here."""
        if fault.cut:
            self.state.calls.append(call)
            self.close_connection = True
            self.connection.close()
        elif fault.status:
            self.reply(
                call, fault.status, error(call, fault.status, "The service is currently unavailable."), fault.headers
            )
        return fault.cut or bool(fault.status)

    def work(self, url, data, call):
        """(status, answer)."""
        if self.state.limited(call.kind):
            return 429, error(call, 429, "Quota exceeded for quota metric 'Read requests'.")
        as_json = data and "json" in self.headers.get("Content-Type", "")
        with self.state.lock:
            try:
                body = json.loads(data) if as_json else data or {}
                return 200, answer_to(self.state, call.method, url.path, parse_qs(url.query), body)
            except Missing:
                return 404, error(call, 404, "Requested entity was not found.")
            except Invalid as fault:
                return 400, error(call, 400, str(fault))
            except Error as fault:
                return fault.code, error(call, fault.code, fault.message)

    def reply(self, call, code, told, headers=()):
        data = (
            b"" if told is None else told if isinstance(told, bytes) else json.dumps(told, ensure_ascii=False).encode()
        )
        packed = len(data) > 1400 and "gzip" in self.headers.get("Accept-Encoding", "")
        sent = gzip.compress(data, 1) if packed else data
        call.got, call.status = len(sent), code
        self.state.calls.append(call)
        self.send_response(204 if told is None else code, HTTPStatus(code).phrase)
        self.send_header("Content-Type", "application/json; charset=UTF-8")
        if packed:
            self.send_header("Content-Encoding", "gzip")
        for name, value in dict(headers).items():
            self.send_header(name, value)
        if told is not None:
            self.send_header("Content-Length", str(len(sent)))
        self.end_headers()
        self.wfile.write(sent)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_one

    def log_message(self, *_arguments):
        pass


def error(call, code, message):
    """An error as Google words it: Drive lists reasons, Sheets gives a status."""
    told = {"code": code, "message": message}
    if call.kind == "drive":
        reason = {429: "rateLimitExceeded", 403: "forbidden", 404: "notFound"}.get(code, "backendError")
        return {"error": {**told, "errors": [{"domain": "global", "reason": reason, "message": message}]}}
    return {"error": {**told, "status": STATUS.get(code, "UNKNOWN")}}


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request, client_address):
        """A connection that a fault has cut is no news."""


@contextmanager
def serve(state=None):
    """(state, address) of a running server."""
    state = state or Sheets()
    handler = type("Bound", (Handler,), {"state": state, "disable_nagle_algorithm": True})
    server = Server(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield state, f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


if __name__ == "__main__":
    with serve() as (_state, address):
        print(address, flush=True)  # noqa: T201
        threading.Event().wait()
