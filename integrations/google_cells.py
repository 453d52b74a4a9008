"""Cells as the Sheets API has them, and as the rest of the house has them; addresses and ranges. Pure.

Values come unformatted: a date is a number of days, and only its format tells it from another number. Rows come ragged,
without the blanks at their ends.
"""

import datetime
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from integrations.cells import EPOCH, LAST_DAY, Cell, Grid, Oddity, Percent, Tidy, moment_of, tidied
from integrations.cellxml import Value
from integrations.references import Area, cell_name, parse_cell
from integrations.workbook import Layout, read_tab
from models import kinds

Spot = tuple[int, int]  # (row, column) from 1
Raw = str | int | float | bool
ERRORS = frozenset({"#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A", "#ERROR!", "#SPILL!", "#CALC!"})
LOADING = "Loading..."


# ---------------------------------------------------------------- addresses


def quoted(title: str) -> str:
    """A tab's title as it stands in an address."""
    doubled = title.replace("'", "''")
    return f"'{doubled}'"


def a1(title: str, row: int, column: int) -> str:
    return f"{quoted(title)}!{cell_name(row, column)}"


def size_in(address: str) -> tuple[int, int]:
    """(rows, columns) of the tab whose whole was asked for: its answer says A1:Z1000. (0, 0) where it does not say."""
    reach = address.rpartition("!")[2].rpartition(":")[2]
    found = parse_cell(reach)
    return found or (0, 0)


# ---------------------------------------------------------------- to Google


def raw(value: Value) -> Raw:
    """A cell's content as a raw value: a blank is an empty text, a date its number."""
    if value is None:
        return ""
    if isinstance(value, datetime.date):
        moment = (
            value if isinstance(value, datetime.datetime) else datetime.datetime(value.year, value.month, value.day)
        )
        days = (moment.replace(tzinfo=None) - EPOCH) / datetime.timedelta(days=1)
        return int(days) if days.is_integer() else days
    return value


def ranges_of(title: str, cells: Mapping[Spot, Raw]) -> list[dict[str, Any]]:
    """The cells as ranges at absolute places: cells side by side are one, and so are equal stretches of rows below."""
    blocks: list[tuple[int, int, list[list[Raw]]]] = []  # row, column, values
    open_blocks: dict[tuple[int, int, int], int] = {}  # (next row, column, width) -> its place
    for row, column, values in stretches(cells):
        key = (row, column, len(values))
        place = open_blocks.pop(key, None)
        if place is None:
            place = len(blocks)
            blocks.append((row, column, []))
        blocks[place][2].append(values)
        open_blocks[row + 1, column, len(values)] = place
    return [{"range": block_name(title, *block), "values": block[2]} for block in blocks]


def block_name(title: str, row: int, column: int, values: Sequence[Sequence[Raw]]) -> str:
    end = cell_name(row + len(values) - 1, column + len(values[0]) - 1)
    return f"{a1(title, row, column)}:{end}"


def stretches(cells: Mapping[Spot, Raw]) -> Iterable[tuple[int, int, list[Raw]]]:
    """(row, column, values) of cells that stand side by side."""
    row = column = 0
    values: list[Raw] = []
    for spot in sorted(cells):
        if values and spot == (row, column + len(values)):
            values.append(cells[spot])
            continue
        if values:
            yield row, column, values
        (row, column), values = spot, [cells[spot]]
    if values:
        yield row, column, values


# ---------------------------------------------------------------- from Google


def grid_of(values: Sequence[Sequence[Any]], formats: Mapping[Spot, str]) -> Grid:
    """The cells of a tab. `formats` are the kinds of number format, of the cells where they matter."""
    rows = [[cell_of(value, formats.get((number, place))) for place, value in enumerate(line, 1)]
            for number, line in enumerate(values, 1)]  # fmt: skip
    return tidied(rows, Tidy())


def cell_of(value: Any, shown_as: str | None = None) -> Cell:
    """A value as it came, under a number format of this kind."""
    if isinstance(value, str):
        return Oddity.ERROR if value in ERRORS else Oddity.NO_VALUE if value == LOADING else value
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value  # type: ignore[no-any-return]
    if shown_as == "PERCENT":
        return Percent(value)
    if shown_as in ("DATE", "DATE_TIME") and 0 < value <= LAST_DAY:
        moment = moment_of(value)
        return moment.date() if shown_as == "DATE" else moment
    return float(value)


def doubtful(layout: Layout, values: Sequence[Sequence[Any]]) -> list[Area]:
    """Where a number means something else under another format: percentages, and days typed into a text or a month.

    One stretch of a column each. Elsewhere a number is a number, and a serial number a day.
    """
    tab = read_tab(layout.table, layout.title, grid_of(values, {}))
    if tab is None:
        return []
    found = []
    for name, column in tab.columns.items():
        field = layout.table.by_name.get(name)
        if field is None or field.editable != "both":
            continue
        numbers = [
            n for n, line in enumerate(values, 1) if len(line) >= column and in_doubt(field.kind, line[column - 1])
        ]
        if numbers:
            found.append(Area(numbers[0], column, numbers[-1], column))
    return found


def in_doubt(kind: kinds.Kind, value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    kind = kinds.told_kind(kind)
    if kind.in_percent:
        return 0 < abs(value) <= 10
    return not kind.numeric and not isinstance(kind, kinds.Date) and 0 < value <= LAST_DAY


def area_name(title: str, area: Area) -> str:
    return f"{quoted(title)}!{cell_name(area.top, area.left)}:{cell_name(area.bottom, area.right)}"


def formats_in(sheet: Mapping[str, Any]) -> dict[Spot, str]:
    """(row, column) -> kind of number format, of the cells that an answer with grid data holds."""
    found = {}
    for block in sheet.get("data", ()):
        top, left = block.get("startRow", 0) + 1, block.get("startColumn", 0) + 1
        for number, row in enumerate(block.get("rowData", ()), top):
            for place, cell in enumerate(row.get("values", ()), left):
                if kind := cell.get("effectiveFormat", {}).get("numberFormat", {}).get("type"):
                    found[number, place] = kind
    return found


def merged_in(sheet: Mapping[str, Any]) -> list[Area]:
    """The merged blocks of a tab."""
    return [
        Area(
            one.get("startRowIndex", 0) + 1,
            one.get("startColumnIndex", 0) + 1,
            one["endRowIndex"],
            one["endColumnIndex"],
        )
        for one in sheet.get("merges", ())
    ]


def spots(values: Sequence[Sequence[Any]]) -> dict[Spot, Raw]:
    """The filled cells of a tab by their place, to compare: all numbers alike, texts as they are."""
    return {
        (number, place): float(value) if isinstance(value, int | float) and not isinstance(value, bool) else value
        for number, line in enumerate(values, 1)
        for place, value in enumerate(line, 1)
        if value not in ("", None)
    }
