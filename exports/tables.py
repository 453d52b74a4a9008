"""Rows as .xlsx, .csv or .json: what is written here, import takes back unchanged (CONTRACT §2)."""

import csv
import datetime
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from models.database import dumps
from models.faults import Fault
from models.kinds import Date, Kind, Ref, Value
from models.listing import Listing
from models.schema import Field, Row
from models.words import _

RISKY = ("=", "+", "-", "@", "\t", "\r")  # a cell that begins so is a formula to an office program
ID_LABEL = "编号"


class UnknownSuffix(Fault):
    """A file name whose ending says no format."""

    def __init__(self, path: Path, known: tuple[str, ...]) -> None:
        super().__init__(_("{name}：文件名以 {known} 结尾").format(name=path.name, known=" ".join(known)))


class NotWritable(Fault):
    """A place where no file can be written."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(_("写不了 {path}：{why}").format(path=path, why=why))


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """A name to write to; the file appears under its own only when it is whole."""
    handle = None
    try:
        handle, name = tempfile.mkstemp(dir=path.resolve().parent, prefix=".zongfen-", suffix=path.suffix)
        os.close(handle)
        yield Path(name)
        os.chmod(name, 0o644)
        os.replace(name, path)
    except OSError as fault:
        raise NotWritable(path, fault.strerror or str(fault)) from fault
    finally:
        if handle is not None:
            Path(name).unlink(missing_ok=True)


def write_table(path: Path, listing: Listing, *, labels: bool = True) -> int:
    """Write the rows by the name's ending; returns how many. Raises UnknownSuffix, NotWritable."""
    writers: dict[str, Callable[[Path, Listing, bool], None]] = {".xlsx": to_xlsx, ".csv": to_csv, ".json": to_json}
    writer = writers.get(path.suffix.lower())
    if writer is None:
        raise UnknownSuffix(path, tuple(writers))
    with written_whole(path) as place:
        writer(place, listing, labels)
    return len(listing.rows)


def header(listing: Listing, labels: bool) -> list[str]:
    """The header row: id first, then the fields in order."""
    fields = listing.table.fields
    return [ID_LABEL, *(one.label for one in fields)] if labels else ["id", *(one.name for one in fields)]


def text_of(one: Field, row: Row, names: dict[str, str], labels: bool) -> str:
    """A cell as text: a reference with labels is `code name`."""
    value = row.get(one.name)
    if labels and isinstance(one.kind, Ref) and value is not None and names.get(one.name):
        return f"{value} {names[one.name]}"
    return one.kind.write(value, labels)


def safe(text: str) -> str:
    """Text that no program takes for a formula: one ' before it, which import takes away again; what has one already gets
    one more, so that its own comes back."""
    return f"'{text}" if text.lstrip("'").startswith(RISKY) else text


def to_csv(path: Path, listing: Listing, labels: bool) -> None:
    """UTF-8 with BOM, comma, CRLF."""
    fields = listing.table.fields
    with path.open("w", encoding="utf-8-sig", newline="") as handle:
        writer = csv.writer(handle, lineterminator="\r\n")
        writer.writerow(header(listing, labels))
        for row in listing.rows:
            names = listing.names.get(str(row["id"]), {})
            texts = (
                text_of(one, row, names, labels) if one.kind.numeric else safe(text_of(one, row, names, labels))
                for one in fields
            )
            writer.writerow([row["id"], *texts])


def native(kind: Kind, value: Value) -> Any:
    """A value that .xlsx holds natively: numbers and dates; None for what is written as text."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    if isinstance(kind, Date) and isinstance(value, str) and value >= "1900-03-01":
        return datetime.date.fromisoformat(value)
    return None


def width(one: Field) -> int:
    """A column's width in characters, by kind and label."""
    base = {"text": 18, "ref": 26, "multi": 20, "date": 12, "choice": 12}.get(one.kind.name, 10)
    return max(base, 2 * len(one.label) + 2)


def to_xlsx(path: Path, listing: Listing, labels: bool) -> None:
    """One sheet named after the table; text is always a string cell, never a formula."""
    import xlsxwriter

    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(str(path), options) as book:
        sheet = book.add_worksheet(listing.table.label[:31])
        bold = book.add_format({"bold": True, "bg_color": "#EBEEF2", "border": 1, "border_color": "#D5DAE1"})
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        sheet.freeze_panes(1, 1)
        sheet.set_column(0, 0, 13)
        for place, one in enumerate(listing.table.fields, 1):
            sheet.set_column(place, place, width(one))
        sheet.write_row(0, 0, header(listing, labels), bold)
        for number, row in enumerate(listing.rows, 1):
            names = listing.names.get(str(row["id"]), {})
            sheet.write_string(number, 0, str(row["id"]))
            for place, one in enumerate(listing.table.fields, 1):
                held = native(one.kind, row.get(one.name))
                if isinstance(held, datetime.date):
                    sheet.write_datetime(number, place, held, day)
                elif held is not None:
                    sheet.write_number(number, place, held)
                elif text := text_of(one, row, names, labels):
                    sheet.write_string(number, place, text)


def to_json(path: Path, listing: Listing, labels: bool) -> None:
    """One object: the table's name and its rows, values in their normal form."""
    names = ["id", *(one.name for one in listing.table.fields)]
    rows = [{name: row.get(name) for name in names} for row in listing.rows]
    path.write_text(dumps({"table": listing.table.name, "rows": rows}), encoding="utf-8")
