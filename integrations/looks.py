"""How a field's column looks in a workbook: its width, its dropdown, and whose look a later column takes. Pure."""

from dataclasses import dataclass

from integrations.hidden import list_range
from integrations.workbook import SheetTab, offered
from models import kinds
from models.schema import Field, Table

INLINE_LIST = 250  # characters of a dropdown's own list; Excel takes 255
ROWS_WITH_DROPDOWNS = 2000


@dataclass(frozen=True)
class NewColumn:
    """A column that a tab gets after it was made: (row, column) of its header, from 1; `like` is the column whose look it
    takes; `dropdown` its lines, or the formula of where they stand."""

    row: int
    column: int
    like: int
    width: float
    dropdown: tuple[str, ...] | str = ()


def shape(one: Field) -> str:
    """What a field's cells hold, as far as their format goes: text, number or date."""
    kind = kinds.told_kind(one.kind)
    return "date" if isinstance(kind, kinds.Date) else "number" if kind.numeric else "text"


def width(one: Field) -> float:
    """A column's width in characters."""
    base = {"ref": 30, "text": 20, "multi": 20, "date": 12, "month": 10}.get(one.kind.name, 10)
    return max(base, 2 * len(one.label) + 3)


def dropdown(one: Field) -> tuple[str, ...] | str:
    """A field's lines, or the formula of the cells where they stand; nothing where it has no list."""
    lines = offered(one.kind)
    if lines and sum(map(len, lines)) + len(lines) < INLINE_LIST:
        return lines
    return list_range() if isinstance(one.kind, kinds.Ref) and one.editable == "both" else ()


def new_columns(table: Table, tab: SheetTab) -> tuple[NewColumn, ...]:
    """The columns that a tab is to get."""
    there = [one for one in table.sheet_fields if one.name in tab.columns and one.name not in tab.fresh]
    made = (table.by_name[name] for name in tab.columns if name in tab.fresh)
    return tuple(
        NewColumn(tab.header_row, tab.columns[one.name], like(one, there, tab), width(one), dropdown(one))
        for one in made
    )


def like(one: Field, there: list[Field], tab: SheetTab) -> int:
    """The column of the field that is most like this one: who fills it in matters more than its shape."""

    def nearness(other: Field) -> tuple[bool, bool]:
        return ((other.editable == "both") == (one.editable == "both"), shape(other) == shape(one))

    return tab.columns[max(there, key=nearness).name] if there else tab.columns["id"]
