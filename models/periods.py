"""Versions of templates and periods of records: which item is in force when. Pure.

A period is text that sorts: "2026" or "2026-03". A template row is in force from `since` until the next version of its
code, or until `until` (that period included); a year
without a version of its own uses the latest earlier one (CONTRACT §3). Shipped rows start in 2020.
"""

from collections.abc import Iterable, Sequence

from models.kinds import Value
from models.schema import Row


def text_of(period: Value) -> str:
    """A year or a month as text that sorts."""
    return str(period) if period is not None else ""


def covers(row: Row, period: str) -> bool:
    """Whether a template row's own dates cover a period."""
    since, until = text_of(row.get("since")), text_of(row.get("until"))
    return (not since or since <= period[: len(since)]) and (not until or period[: len(until)] <= until)


def in_force(rows: Iterable[Row], period: str) -> dict[str, Row]:
    """Code -> the version in force in a period: of those that cover it, the one that began last."""
    found: dict[str, Row] = {}
    for row in sorted(rows, key=lambda one: text_of(one.get("since"))):
        if covers(row, period):
            found[str(row["code"])] = row
    return found


def latest(rows: Sequence[Row]) -> list[Row]:
    """The newest version of each code, in the order of the rows: what a table that spans all periods shows."""
    newest: dict[str, Row] = {}
    for row in sorted(rows, key=lambda one: text_of(one.get("since"))):
        newest[str(row["code"])] = row
    order = {str(row["code"]): place for place, row in reversed(list(enumerate(rows)))}
    return sorted(newest.values(), key=lambda row: order[str(row["code"])])


def versions_of(rows: Iterable[Row]) -> dict[str, list[Row]]:
    """Code -> its versions, oldest first."""
    found: dict[str, list[Row]] = {}
    for row in sorted(rows, key=lambda one: text_of(one.get("since"))):
        found.setdefault(str(row["code"]), []).append(row)
    return found


def version_at(versions: Sequence[Row], period: str) -> Row | None:
    """The version of one code that a period uses."""
    covering = [row for row in versions if covers(row, period)]
    return covering[-1] if covering else None


def applies_to(row: Row, level: Value, network: Value) -> bool:
    """Whether a template row is for sites of this level and network."""
    return level in (row.get("applies_to") or ()) and row.get("network") in ("both", network, None)  # type: ignore[operator]
