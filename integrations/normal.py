"""What the cells of a tab say: each in its field's normal form. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from integrations.cells import Cell, Oddity, Percent
from integrations.workbook import Lists, SheetRow, SheetTab
from models import kinds
from models.intake import find_reference, joined_note
from models.kinds import Bad, Multi, Noted, Raw, Ref, Value
from models.schema import Field, Table
from models.words import _


@dataclass(frozen=True)
class Unknown:
    """A cell that says nothing of its value: a formula without a result."""


Read = Value | Bad | Unknown


@dataclass(frozen=True)
class Told:
    """What a row says: field -> value. `noted` are cells whose words in brackets belong to the row's note."""

    values: Mapping[str, Read]
    noted: frozenset[str] = frozenset()


# Cells that are equal only where they say the same. 1, 1.0 and True are equal too: with others goes their class.
PLAIN = frozenset([str, int, date, type(None)])
# Values that nobody can change, and that are the same in every reader's language: those alone are remembered.
KEPT = frozenset([str, int, float, bool, type(None), Unknown])


class Known(dict[object, Any]):
    """A field's cells with their normal forms, each read once: labels, days and numbers recur."""

    def __init__(self, one: Field, lists: Lists) -> None:
        super().__init__()
        self.one = one
        self.lists = lists

    def __missing__(self, key: Any) -> Read | Noted:
        value = read_cell(self.one, key[1] if key.__class__ is tuple else key, self.lists)
        if value.__class__ in KEPT:
            self[key] = value
        return value


@dataclass
class Forms:
    """Reads tabs. What has been read is remembered from tab to tab, for one cycle: a reference means the same in a
    workbook alone, and is not."""

    known: dict[tuple[str, str], Known] = field(default_factory=dict)

    def of_field(self, table: Table, one: Field, lists: Lists) -> Known:
        """What is known of a field's cells."""
        if isinstance(one.kind, Ref):
            return Known(one, lists)
        spot = (table.name, one.name)
        if spot not in self.known or self.known[spot].one is not one:
            self.known[spot] = Known(one, lists)
        return self.known[spot]

    def told(self, table: Table, tab: SheetTab, lists: Lists) -> dict[int, Told]:
        """Row number -> what the row says, of the fields that the tab has a column for."""
        if not tab.rows:
            return {}
        columns = dict(zip(tab.rows[0].cells, zip(*(row.cells.values() for row in tab.rows), strict=True), strict=True))
        there = [one for one in table.sheet_fields if one.name in columns]
        read = [read_column(self.of_field(table, one, lists), columns[one.name]) for one in there]
        names = [one.name for one in there]
        rows = [dict(zip(names, values, strict=True)) for values in zip(*read, strict=True)] or [
            {} for _row in tab.rows
        ]
        noted = any(Noted in set(map(type, column)) for column in read)
        return {
            row.number: with_notes(table, row, values) if noted else Told(values)
            for row, values in zip(tab.rows, rows, strict=True)
        }


def read_column(known: Known, cells: Sequence[Cell]) -> list[Read | Noted]:
    """The normal forms of one column's cells."""
    if PLAIN.issuperset(map(type, cells)):
        return list(map(known.__getitem__, cells))
    return [known[cell] if cell.__class__ in PLAIN else known[cell.__class__, cell] for cell in cells]


def with_notes(table: Table, row: SheetRow, values: dict[str, Any]) -> Told:
    """What a row says; words in brackets behind numbers go to its note, where people may write one."""
    note = table.by_name.get("note")
    takes_notes = note is not None and note.editable == "both" and "note" in row.cells
    words: dict[str, str] = {}
    for name, value in values.items():
        if not isinstance(value, Noted):
            continue
        one = table.by_name[name]
        if takes_notes and one.editable == "both":
            words[name], values[name] = value.note, value.value
        else:
            values[name] = Bad(kinds.shown(raw_of(row.cells[name])), one.kind.wanted())
    if words and isinstance(kept := values["note"], str | None):
        for more in words.values():
            kept = joined_note(kept, more)
        values["note"] = kept
    return Told(values, frozenset({*words, "note"} if words else ()))


def raw_of(cell: Cell) -> Raw:
    return None if isinstance(cell, Oddity) else cell


def read_cell(one: Field, cell: Cell, lists: Lists) -> Read | Noted:
    """The normal form of a cell, or why it has none."""
    if cell is Oddity.NO_VALUE:
        return Unknown()
    if cell is Oddity.ERROR:
        return Bad("#", _("公式出错，改成数值"))
    raw = raw_of(cell)
    if isinstance(cell, Percent):
        raw = round(float(cell) * 100, 10) if one.kind.in_percent else float(cell)
    value = one.kind.parse(raw)
    if isinstance(value, str) and isinstance(one.kind, Ref) and one.kind.table in lists.names:
        found = find_reference(value, lists.names[one.kind.table], frozenset())
        # What the app alone fills in may lead outside the workbook (a branch's hall): it is compared, never taken.
        return value.split(maxsplit=1)[0] if isinstance(found, Bad) and one.editable != "both" else found
    if isinstance(value, list) and isinstance(one.kind, Multi) and one.kind.table:
        return list(dict.fromkeys(part.split(maxsplit=1)[0] for part in value))
    return value
