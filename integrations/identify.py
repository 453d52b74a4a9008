"""Which record each row of a sheet is. Pure.

By id, the first where an id stands twice. A row without an id is one just born from it, if the cycle died before the id
was written; else the missing record with its key, or the only missing one that equals it; else a new row.
"""

from collections.abc import Collection, Hashable, Iterable, Mapping
from dataclasses import dataclass, field

from integrations.sides import Sides
from integrations.workbook import SheetRow
from models.schema import Row

ALIKE = 0.5  # of a just-born record's filled cells: a row that shares no more than this is another one


@dataclass
class Identified:
    """Sheet row number -> record; the rows that are new; those with an id that is not this tab's."""

    rows: dict[int, str] = field(default_factory=dict)
    fresh: list[SheetRow] = field(default_factory=list)
    strange: list[SheetRow] = field(default_factory=list)


def identify(sides: Sides) -> Identified:
    """Give each row of the sheet its record."""
    known = sides.base.keys() | sides.app.keys() | sides.elsewhere.keys()
    found = Identified()
    nameless: list[SheetRow] = []
    for row in sides.sheet.rows:
        if row.id is not None and row.id not in known:
            found.strange.append(row)
        elif row.id is None or row.number in sides.sheet.copies:
            nameless.append(row)
        else:
            found.rows[row.number] = row.id
    claimed = set(found.rows.values())
    missing = [one for one in dict.fromkeys([*sides.base, *sides.app]) if one not in claimed]
    found.rows |= adopt(sides, nameless, missing)
    found.fresh = [row for row in nameless if row.number not in found.rows]
    return found


def adopt(sides: Sides, nameless: Iterable[SheetRow], missing: Iterable[str]) -> dict[int, str]:
    """Row number -> missing record. An id that stands twice makes its second row a copy: it is a just-born record, or the
    one whose key it bears, and no other that it equals.

    Just-born records that nobody has typed on are told by their content first: thousands of pasted rows are looked up, and
    only what is left of them is compared with one another.
    """
    rows = {row.number: row for row in nameless}
    free = dict.fromkeys(missing)
    found: dict[int, str] = {}

    def settle(pairs: Mapping[int, str]) -> None:
        for number, row_id in pairs.items():
            found[number] = row_id
            del rows[number], free[row_id]

    settle(by_content(sides, rows.values(), [one for one in free if one in sides.pending]))
    settle(by_key(sides, rows.values(), [one for one in free if one in sides.app]))
    settle(by_likeness(sides, rows.values(), [one for one in free if one in sides.pending]))
    erased = [row for row in rows.values() if row.id is None]
    settle(by_content(sides, erased, [one for one in free if one not in sides.pending], only=True))
    return found


def by_content(
    sides: Sides, rows: Iterable[SheetRow], candidates: Iterable[str], *, only: bool = False
) -> dict[int, str]:
    """The records that agree with a row in every stored field that the tab shows; with `only`, where just one does."""
    names = [one.name for one in sides.fields if one.stored]
    there: dict[Hashable, list[str]] = {}
    for one in candidates:
        known = {name: sides.agreed(one, name) for name in names} if sides.base.get(one) else sides.app[one]
        there.setdefault(content(known, names), []).append(one)
    found: dict[int, str] = {}
    for row in rows:
        same = there.get(content(sides.told[row.number].values, names), [])
        if same and (len(same) == 1 or not only):
            found[row.number] = same.pop(0)
    return found


def content(values: Mapping[str, object], names: Collection[str]) -> Hashable:
    """A row's values as one thing to compare."""
    return tuple(tuple(value) if isinstance(value := values.get(name), list) else value for name in names)


def by_key(sides: Sides, rows: Iterable[SheetRow], candidates: Iterable[str]) -> dict[int, str]:
    """The records that have a row's key."""
    if not sides.table.key:
        return {}
    there = {content(sides.app[one], sides.table.key): one for one in candidates}
    found: dict[int, str] = {}
    for row in rows:
        values = sides.told[row.number].values
        key = content(values, sides.table.key)
        if values.get(sides.table.key[0]) is not None and key in there:
            found[row.number] = there.pop(key)
    return found


def by_likeness(sides: Sides, rows: Iterable[SheetRow], candidates: Collection[str]) -> dict[int, str]:
    """The just-born records that most of a row's cells speak for: someone has typed on since the cycle died.

    Of rows with as much in common, the one that bears the record's name goes first: a copy made meanwhile has another.
    """
    title = sides.table.title
    ranked = sorted(
        (-share, sides.told[row.number].values.get(title) != sides.base[one].get(title), row.number, one)
        for row in rows
        for one in candidates
        if (share := likeness(sides, row, sides.base[one])) > ALIKE
    )
    found: dict[int, str] = {}
    for _share, _renamed, number, one in ranked:
        if number not in found and one not in found.values():
            found[number] = one
    return found


def likeness(sides: Sides, row: SheetRow, born: Row) -> float:
    """The share of a just-born record's filled cells that a row still has."""
    filled = [name for name in sides.writable if born.get(name) is not None]
    values = sides.told[row.number].values
    return sum(values.get(name) == born[name] for name in filled) / max(len(filled), 1)
