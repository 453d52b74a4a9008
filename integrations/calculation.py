"""What must be computed again after cells were written: results that depend on them, and the order of calculation.

A formula that cannot be read is taken to depend on everything.
"""

import re
from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from lxml import etree

from integrations.bookxml import Book, Tab
from integrations.formulas import Columns, Name, NotUnderstood, Reference, Use, uses
from integrations.ooxml import main
from integrations.references import Area, cell_name, parse_area
from integrations.worksheet import place_of, shared_masters, write_addresses

# Areas by the folded titles of their tabs; None when nobody can tell.
Needs = tuple[tuple[str, Area], ...] | None

_FORMULA = re.compile(rb"<(?:[\w.-]+:)?f[\s/>]")
_WIDE = (b"\xff\xfe", b"\xfe\xff")  # UTF-16: the pattern above would see nothing


@dataclass(frozen=True)
class FormulaCell:
    tab: Tab
    cell: etree._Element
    fills: Area
    needs: Needs

    def depends_on(self, written: "Written") -> bool:
        return self.needs is None or any(written.touches(title, area) for title, area in self.needs)


class Written:
    """Cells whose content is new, by tab and column, quick to ask for an area."""

    def __init__(self) -> None:
        self._rows: dict[str, dict[int, list[int]]] = defaultdict(lambda: defaultdict(list))

    def add(self, tab: Tab, area: Area) -> None:
        columns = self._rows[tab.title.casefold()]
        for column in range(area.left, area.right + 1):
            for row in range(area.top, area.bottom + 1):
                insort(columns[column], row)

    def touches(self, title: str, area: Area) -> bool:
        columns = self._rows.get(title, {})
        return any(_any_between(rows, area) for column, rows in columns.items() if area.left <= column <= area.right)


def recalculate(book: Book) -> None:
    """Call once, after all edits: removes stale results and lets the next program that opens the book compute them."""
    if not any(sheet.written for _tab, sheet in book.opened):
        return
    _mend_chain(book)
    written = Written()
    for tab, sheet in book.opened:
        for row, column in sheet.written:
            written.add(tab, Area(row, column, row, column))
    stale = _remove_stale(book, written)
    if stale or any(sheet.gained for _tab, sheet in book.opened):
        book.request_calculation()


def _any_between(rows: list[int], area: Area) -> bool:
    place = bisect_left(rows, area.top)
    return place < len(rows) and rows[place] <= area.bottom


def _remove_stale(book: Book, written: Written) -> bool:
    """Follows dependence from formula to formula until nothing more is reached; whether anything was."""
    pending = list(_formula_cells(book))
    everything = len(pending)
    before = everything + 1
    while len(pending) < before:
        before = len(pending)
        waiting = []
        for formula in pending:
            if formula.depends_on(written):
                written.add(formula.tab, formula.fills)
                _forget_result(book, formula)
            else:
                waiting.append(formula)
        pending = waiting[::-1]  # a chain that runs up the sheet is followed as fast as one that runs down
    return len(pending) < everything


def _forget_result(book: Book, formula: FormulaCell) -> None:
    for cell in _filled(formula):
        result = cell.find(main("v"))
        if result is not None:
            cell.remove(result)
            cell.attrib.pop("t", None)
            book.parts.touch(formula.tab.part)


def _filled(formula: FormulaCell) -> Iterator[etree._Element]:
    """The cells that hold its results: its own, of an array those that it fills too, which have no formula to tell."""
    row = formula.cell.getparent()
    for line in (row, *row.itersiblings(main("row"))):
        if int(line.get("r")) > formula.fills.bottom:
            return
        for cell in line.iterchildren(main("c")):
            if formula.fills.holds(*place_of(cell)):
                yield cell


def _formula_cells(book: Book) -> Iterator[FormulaCell]:
    opened = {tab for tab, _sheet in book.opened}
    for tab in book.tabs.values():
        if tab.is_worksheet and (tab in opened or _may_hold_formulas(book.parts.raw(tab.part))):
            yield from _formulas_of(book, tab)


def _may_hold_formulas(data: bytes) -> bool:
    return data.startswith(_WIDE) or _FORMULA.search(data) is not None


def _formulas_of(book: Book, tab: Tab) -> Iterator[FormulaCell]:
    tree = book.parts.tree(tab.part)
    if next(tree.iter(main("f")), None) is None:
        return
    write_addresses(tree.find(main("sheetData")))
    masters = shared_masters(tree)
    for found in tree.find(main("sheetData")).iter(main("f")):
        row, column = place_of(found.getparent())
        own = Area(row, column, row, column)
        fills = parse_area(found.get("ref", "")) if found.get("t") in ("array", "dataTable") else None
        yield FormulaCell(tab, found.getparent(), fills or own, _needs(book, tab, found, masters))


def _needs(book: Book, tab: Tab, found: etree._Element, masters: dict[str | None, list[etree._Element]]) -> Needs:
    row = place_of(found.getparent())[0]
    try:
        return tuple(_areas(book, tab, row, _uses(found, masters)))
    except NotUnderstood:
        return None


def _uses(found: etree._Element, masters: dict[str | None, list[etree._Element]]) -> list[Use]:
    """What the formula reads; a follower reads what its master does, moved by the distance between them."""
    if found.get("t") == "dataTable":
        raise NotUnderstood("TABLE")
    if found.text:
        return list(uses(found.text))
    group = masters.get(found.get("si"), [])
    if len(group) != 1:
        raise NotUnderstood("shared")
    row, column = place_of(found.getparent())
    from_row, from_column = place_of(group[0].getparent())
    distance = (row - from_row, column - from_column)
    return [use.moved(*distance) if isinstance(use, Reference) else use for use in uses(group[0].text)]


def _areas(book: Book, tab: Tab, row: int, used: Iterable[Use]) -> Iterator[tuple[str, Area]]:
    for use in used:
        match use:
            case Reference():
                yield _known_title(book, use, use.sheet or tab.title), use.area
            case Columns():
                yield _table(book, use, row)
            case Name():
                yield from _named(book, use, frozenset())


def _known_title(book: Book, reference: Reference, title: str) -> str:
    if title.casefold() not in book.titles:  # several tabs at once, or text that only looks like a title
        raise NotUnderstood(str(reference))
    return title.casefold()


def _table(book: Book, columns: Columns, row: int) -> tuple[str, Area]:
    found = book.table(columns.table)
    if found is None:
        raise NotUnderstood(columns.table)
    title, table = found
    area = table.part_named(columns.names)
    return title.casefold(), area._replace(top=row, bottom=row) if columns.own_row else area


def _named(book: Book, name: Name, seen: frozenset[str]) -> Iterator[tuple[str, Area]]:
    """What a defined name stands for. A word before a bracket that nobody defined is a function."""
    definitions = book.defined(name.text)
    if name.text.casefold() in seen or not (definitions or name.called):
        raise NotUnderstood(name.text)
    for use in (use for definition in definitions for use in uses(definition)):
        match use:
            case Reference():
                if not use.is_absolute:  # it would point elsewhere from each cell
                    raise NotUnderstood(name.text)
                yield _known_title(book, use, use.sheet), use.area
            case Columns():
                yield _table(book, use, 0)
            case Name():
                yield from _named(book, use, seen | {name.text.casefold()})


def _mend_chain(book: Book) -> None:
    """The order of calculation lists every formula cell: one that names a plain cell makes Excel repair the file."""
    gone = {(tab.sheet_id, cell_name(*place)) for tab, sheet in book.opened for place in sheet.lost - sheet.gained}
    new = [(tab.sheet_id, cell_name(*place)) for tab, sheet in book.opened for place in sheet.gained - sheet.lost]
    for part in book.parts.related(book.part, "calcChain") if gone or new else ():
        chain = book.parts.tree(part)
        _remove_entries(chain, gone)
        for sheet_id, name in sorted(new):
            etree.SubElement(chain, main("c"), {"r": name, "i": sheet_id})
        book.parts.touch(part)
        if not len(chain):  # Excel takes no empty one
            book.parts.unrelate(book.part, part)
            book.parts.drop(part)


def _remove_entries(chain: etree._Element, gone: set[tuple[str, str]]) -> None:
    sheet_id = ""
    for entry in list(chain):
        sheet_id = entry.get("i", sheet_id)
        entry.set("i", sheet_id)  # left out, it is that of the entry before, which may go
        if (sheet_id, entry.get("r", "")) in gone:
            chain.remove(entry)
