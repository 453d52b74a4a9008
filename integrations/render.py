"""What a tab lacks of the records, once the merge has been applied: the cells to write, and what they settle. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from integrations.merge import Merged, Sides, shared, told
from integrations.workbook import Read, SheetRow, Shown, Unknown, read_cell, shown_cell
from models.kinds import Bad, Value
from models.schema import Row
from models.words import _


@dataclass(frozen=True)
class Rendered:
    """The edits of one tab. `sent` are the values that the base takes once the edits are in the file; `same` those that
    both sides hold already. `out` counts cells without ids and remarks."""

    cells: Mapping[tuple[int, int], Shown]
    grow: tuple[int, ...]
    sent: Mapping[str, Mapping[str, Value]]
    same: Mapping[str, Mapping[str, Value]]
    out: int


def render(sides: Sides, merged: Merged, app: Mapping[str, Row]) -> Rendered:
    """What has to be written so that the sheet shows the records, given as they stand after the merge was applied."""
    tab, cells, out = sides.sheet, dict[tuple[int, int], Shown](), 0
    sent: dict[str, dict[str, Value]] = {}
    same: dict[str, dict[str, Value]] = {}
    by_number = {row.number: row for row in tab.rows}
    remarks = remarks_of(sides, merged)
    for number, row_id in merged.rows.items():
        row = by_number[number]
        if row_id in merged.cleared or (row_id in merged.born and row_id not in app):
            cells.update(
                {(number, place): None for name, place in tab.columns.items() if name == "id" or has(row, name)}
            )
            sent[row_id] = {}
            continue
        if row_id not in app:
            continue
        if row.id != row_id:
            cells[number, tab.columns["id"]] = row_id
        for one in shared(sides):
            wanted = app[row_id].get(one.name)
            if (row_id, one.name) in merged.held:
                continue
            if agrees(read_cell(one, row.cells.get(one.name), sides.lists), wanted):
                same.setdefault(row_id, {})[one.name] = wanted
            else:
                cells[number, tab.columns[one.name]] = shown_cell(one, wanted, sides.lists)
                sent.setdefault(row_id, {})[one.name] = wanted
                out += 1
    appended, grow = append(sides, merged, app)
    for (number, name), value in appended.items():
        row_id = grow[number]
        if name == "id":
            cells[number, tab.columns["id"]] = row_id
            continue
        sent.setdefault(row_id, {})[name] = app[row_id].get(name)
        if value is not None:
            cells[number, tab.columns[name]] = value
            out += 1
    if tab.remarks_column is not None:
        for row in tab.rows:
            wanted_remark = remarks.get(row.number)
            if row.remark != wanted_remark and merged.rows.get(row.number) not in merged.cleared:
                cells[row.number, tab.remarks_column] = wanted_remark
            elif row.remark and merged.rows.get(row.number) in merged.cleared:
                cells[row.number, tab.remarks_column] = None
    return Rendered(cells, tuple(grow), sent, same, out)


def has(row: SheetRow, name: str) -> bool:
    return row.cells.get(name) is not None


def agrees(read: Read, wanted: Value) -> bool:
    """Whether a cell shows the value already. A formula without a result is left alone."""
    return isinstance(read, Unknown) or (not isinstance(read, Bad) and read == wanted)


def append(sides: Sides, merged: Merged, app: Mapping[str, Row]) -> tuple[dict[tuple[int, str], Shown], dict[int, str]]:
    """The records that the sheet does not show yet, below its last row: (row, field) -> cell, and row -> id."""
    here = set(merged.rows.values())
    away = {row_id for row_id, _name in merged.held if _name == ""} | sides.waiting
    cells: dict[tuple[int, str], Shown] = {}
    grow: dict[int, str] = {}
    for row_id, row in app.items():
        if row_id in here or row_id in away:
            continue
        number = sides.sheet.last_row + len(grow) + 1
        grow[number] = row_id
        cells[number, "id"] = row_id
        for one in shared(sides):
            cells[number, one.name] = shown_cell(one, row.get(one.name), sides.lists)
    return cells, grow


def remarks_of(sides: Sides, merged: Merged) -> dict[int, str]:
    """Row number -> the app's remark: what is wrong with it, in the order found."""
    said: dict[int, list[str]] = {}
    for found in merged.problems:
        if found.number != sides.sheet.header_row:
            said.setdefault(found.number, []).append(found.message)
    numbers = {row_id: number for number, row_id in merged.rows.items()}
    for row in sides.sheet.rows:
        for one in shared(sides):
            if (
                one.editable == "both"
                and one.ref
                and read_cell(one, row.cells.get(one.name), sides.lists) in sides.lists.closed
            ):
                said.setdefault(row.number, []).append(_("{label}已停用").format(label=_(one.label)))
    for conflict in merged.conflicts:
        number = numbers.get(conflict.row)
        if number is None:
            continue
        if conflict.field:
            one = sides.table.by_name[conflict.field]
            text = _("{label}两边都改了，台账为 {app}").format(
                label=_(one.label), app=told(one, conflict.app, sides.lists) or _("空白")
            )
        else:
            text = _("台账里已删，表里又改过，等人决定")
        said.setdefault(number, []).append(text)
    return {number: "；".join(dict.fromkeys(texts)) for number, texts in said.items()}
