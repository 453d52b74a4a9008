"""Google's Sheets and Drive over real HTTP on the loopback, as far as this app and gspread's own tests use them.

`Sheets` is the state, `serve` the server. Everything can be asked to go wrong, once or several times: see `Fault`.
"""

import gzip
import json
import threading
import time
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

from tests.google.book import Missing
from tests.google.routes import answer_to
from tests.google.state import Call, Error, Fault, Sheets
from tests.google.values import Invalid

__all__ = ["Fault", "Sheets", "serve"]

STATUS = {400: "INVALID_ARGUMENT", 403: "PERMISSION_DENIED", 404: "NOT_FOUND", 429: "RESOURCE_EXHAUSTED"}
STATUS |= {500: "INTERNAL", 503: "UNAVAILABLE"}


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
