"""Plaque texts: one wording a line for the sign maker, or a list."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from exports.tables import UnknownSuffix, write_table, written_whole
from models.listing import Listing

COLUMNS = (
    "site",
    "seq",
    "wording",
    "shape",
    "orientation",
    "width_mm",
    "height_mm",
    "material",
    "quantity",
    "logo",
    "status",
)


def write_texts(path: Path, listing: Listing) -> int:
    """Write the plaques' wordings, in tree order: .txt one a line (UTF-8, no BOM), .csv or .xlsx a list.

    Plaques that have no wording yet are left out. Returns how many were written. Raises UnknownSuffix, NotWritable.
    """
    rows = [row for row in listing.rows if row.get("wording")]
    if path.suffix.lower() == ".txt":
        with written_whole(path) as place:
            place.write_text("".join(f"{row['wording']}\n" for row in rows), encoding="utf-8", newline="\n")
        return len(rows)
    if path.suffix.lower() not in (".csv", ".xlsx"):
        raise UnknownSuffix(path, (".txt", ".csv", ".xlsx"))
    return write_table(path, narrowed(replace(listing, rows=rows), COLUMNS))


def narrowed(listing: Listing, names: Sequence[str]) -> Listing:
    """The listing with these fields alone, in this order."""
    return replace(listing, table=replace(listing.table, fields=tuple(listing.table.by_name[name] for name in names)))
