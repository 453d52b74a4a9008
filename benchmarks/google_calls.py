"""What a cycle over 182 spreadsheets of 6 tabs asks of Google: ours beside get_all_records and update of whole sheets.

Against the Sheets server of the tests, on the loopback. 0, 1, 20 and all workbooks have a changed record; the naive way
asks the same whatever has changed. Bytes are those of the bodies, answers packed as Google packs them.
"""

import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import gspread
import requests
from gspread.http_client import HTTPClient

from integrations import books
from integrations.defaults import add_defaults
from integrations.example import make_example
from integrations.running import run_cycle
from models.access import CLI
from models.changes import Change, Plan
from models.services import Services, make_installation
from models.settings import settings
from tests.google.server import Sheets, serve

CHANGED = (0, 1, 20, 182)
MOST_DRIVE, MOST_EACH = 2, 2  # Drive calls of a quiet cycle; reads, and writes, of a changed workbook


@dataclass(frozen=True)
class Cost:
    """What a cycle asked of the server."""

    drive: int
    reads: int
    writes: int
    sent: float  # kB
    got: float
    seconds: float

    def __str__(self) -> str:
        calls = f"{self.drive:5} {self.reads:6} {self.writes:6}"
        return f"{calls} {self.sent:10,.0f} {self.got:12,.0f} {self.seconds:8.1f} s"


def cost_of(state: Sheets, work: Any) -> Cost:
    """What a piece of work asks."""
    state.calls.clear()
    start = time.perf_counter()
    work()
    seconds = time.perf_counter() - start
    drive, reads, writes = (state.count(kind) for kind in ("drive", "read", "write"))
    sent, got = (sum(getattr(call, way) for call in state.calls) / 1024 for way in ("sent", "got"))
    return Cost(drive, reads, writes, sent, got, seconds)


def change(parts: Services, codes: Sequence[str], text: str) -> None:
    """A record of each of these workbooks changes, in the app."""
    table = parts.catalog["sites"]
    with parts.database.read() as connection:
        view = parts.query.view(connection, CLI)
        rows = [view.find(table, code) for code in codes]
    changes = [Change("sites", str(row["id"]), "note", row["note"], text) for row in rows]
    parts.store.apply(Plan(tuple(changes)), CLI, "ui")


class Loopback(HTTPClient):
    """gspread's own client, at another address."""

    address = ""

    def request(self, method: str, endpoint: str, *args: Any, **kwargs: Any) -> requests.Response:
        return super().request(method, self.address + endpoint.split(".com", 1)[1], *args, **kwargs)


def naive(numbers: Sequence[str], titles: Sequence[str]) -> None:
    """Every tab of every workbook is read with get_all_records, and written back whole."""
    client = gspread.Client(None, requests.Session(), http_client=Loopback)  # type: ignore[arg-type]
    for number in numbers:
        book = client.open_by_key(number)
        for title in titles:
            sheet = book.worksheet(title)
            headers, records = sheet.row_values(1), sheet.get_all_records()
            sheet.update([headers, *([record[header] for header in headers] for record in records)])


def main() -> int:
    """Print what each costs; 1 where a promise is broken."""
    broken = False
    with tempfile.TemporaryDirectory() as folder, serve() as (state, address):
        told = settings({"ZONGFEN_DATA": str(Path(folder) / "data")})
        told = replace(told, google_url=address, google_per_minute=0)
        parts = make_installation(told)
        add_defaults(parts)
        make_example(parts)
        first = cost_of(state, lambda: run_cycle(parts))
        with parts.database.read() as connection:
            kept = books.all_books(connection)
        print(f"workbooks: {len(kept)} of {len(parts.catalog.tabs)} tabs\n")
        print(f"{'':28} drive  reads writes   kB sent  kB received")
        print(f"{'made anew':28} {first}")
        for count in CHANGED:
            if count:
                change(parts, list(kept)[:count], f"改 {count}")
            cost = cost_of(state, lambda: run_cycle(parts))
            print(f"{f'ours, {count} changed':28} {cost}")
            broken |= cost.reads > MOST_EACH * count or cost.writes > MOST_EACH * count
            broken |= not count and cost.drive > MOST_DRIVE
        Loopback.address = address
        titles = [table.label for table in parts.catalog.tabs]
        other = cost_of(state, lambda: naive([book.place for book in kept.values()], titles))
        print(f"{'naive, whatever changed':28} {other}")
        print(
            f"at most: quiet {MOST_DRIVE} Drive calls and no other; a changed workbook {MOST_EACH} reads, {MOST_EACH} writes"
        )
        parts.database.close()
    return int(broken)


if __name__ == "__main__":
    sys.exit(main())
