"""Text files with a record a line: which encoding, which delimiter, which cells."""

import csv
import io
from collections import Counter
from itertools import chain, islice
from pathlib import Path

from integrations.cells import Cell, Grid, Tidy, tidied
from integrations.guard import UTF16, Damaged, NotASpreadsheet
from models.blanks import trim

DELIMITERS = ",\t;"
SAMPLE = 20
LONGEST = 1_000_000  # characters in one cell; a spreadsheet holds 32,767, and a lost quote would make one of them all
GUARDED = tuple("=+-@\t\n")  # what a program would take for a formula is written with one ' before it
END = "\ufdd0"


class Delimited(Tidy):
    """Cells of text: as everywhere, and without the ' that stands before what looks like a formula."""

    def __missing__(self, value: object) -> Cell:
        text = trim(str(value))
        if text[:1] == "'" and text.lstrip("'").startswith(GUARDED):
            text = trim(text[1:])
        cell = self[value] = text or None
        return cell


def grids(data: bytes, path: Path) -> list[Grid]:
    """The records under every delimiter that may be the file's, the likeliest first; a row is a record, not a line.

    Raises Damaged, NotASpreadsheet.
    """
    text = decoded(data, path)
    csv.field_size_limit(LONGEST)
    found = [_grid(text, delimiter) for delimiter in _likely(text)]
    if found[0] is None:
        raise Damaged(path)
    return [grid for grid in found if grid is not None]


def decoded(data: bytes, path: Path) -> str:
    """UTF-16 by its mark, else UTF-8, else GB18030, which almost never happens to be UTF-8 too."""
    for encoding in ["utf-16"] if data.startswith(UTF16) else ["utf-8-sig", "gb18030"]:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            raise NotASpreadsheet(path)
        return text
    raise NotASpreadsheet(path)


def _likely(text: str) -> list[str]:
    """Delimiters that split records, by how many of the first ones they split into the same number of cells."""
    scores = {delimiter: _score(text, delimiter) for delimiter in DELIMITERS}
    return sorted(filter(scores.get, scores), key=lambda delimiter: scores[delimiter], reverse=True) or [","]


def _score(text: str, delimiter: str) -> tuple[int, int] | None:
    """(records of the commonest width over 1, that width); None when nothing is split."""
    try:
        widths = [len(record) for record in islice(csv.reader(_lines(text), delimiter=delimiter), SAMPLE)]
    except csv.Error:
        return None
    counted = Counter(width for width in widths if width > 1)
    return max((count, width) for width, count in counted.items()) if counted else None


def _grid(text: str, delimiter: str) -> Grid | None:
    """None when a quote is never closed: the reader would take all that follows for one cell and say nothing."""
    try:
        records = list(csv.reader(chain(_lines(text), [END]), delimiter=delimiter))
    except csv.Error:
        return None
    if records.pop() != [END]:
        return None
    return tidied(records, Delimited())


def _lines(text: str) -> io.StringIO:
    return io.StringIO(text, newline="")
