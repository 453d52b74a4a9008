"""One cell written into a workbook of 6 tabs of 120 rows and 20 columns: ours beside openpyxl's load and save."""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import openpyxl
import xlsxwriter

from integrations.package import TabEdit, identify, write

TABS, ROWS, COLUMNS, ROUNDS, MOST = 6, 120, 20, 15, 1 / 10


def make(path: Path) -> Path:
    with xlsxwriter.Workbook(path) as book:
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for number in range(TABS):
            sheet = book.add_worksheet(f"表{number + 1}")
            for row in range(ROWS):
                for column in range(COLUMNS):
                    kind = column % 3
                    value = (f"馆点 {row} {column}", row * column, 45_000 + row)[kind]
                    sheet.write(row, column, value, day if kind == 2 else None)
    return path


def ours(path: Path, text: str) -> None:
    write(path, [TabEdit("表1", {(60, 4): text})], identify(path))


def theirs(path: Path, text: str) -> None:
    book = openpyxl.load_workbook(path)
    book["表1"].cell(60, 4).value = text
    book.save(path)


def timed(act: Callable[[Path, str], None], path: Path, text: str) -> float:
    """Milliseconds."""
    start = time.perf_counter()
    act(path, text)
    return (time.perf_counter() - start) * 1000


def main() -> int:
    """1 where ours takes more than a tenth."""
    with tempfile.TemporaryDirectory() as folder:
        paths = {act: make(Path(folder) / f"{act.__name__}.xlsx") for act in (ours, theirs)}
        times: dict[Callable[[Path, str], None], list[float]] = {ours: [], theirs: []}
        for round_ in range(ROUNDS):
            for act, path in paths.items():
                times[act].append(timed(act, path, f"改 {round_}"))
    mine, other = (statistics.median(times[act]) for act in (ours, theirs))
    print(f"write one cell: ours {mine:.1f} ms, openpyxl {other:.1f} ms, {mine / other:.3f} of it; at most {MOST:g}")
    return int(mine > other * MOST)


if __name__ == "__main__":
    sys.exit(main())
