"""One worksheet opened for change: its rows and cells, and new content for them.

Formats, notes, widths and whatever else the sheet holds stay as they are.
"""

from bisect import bisect_left
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cached_property

from lxml import etree

from integrations.cellxml import Dates, Value, empty, fill, fill_formula, has_content, is_blank
from integrations.formulas import NotUnderstood, moved
from integrations.ooxml import MAIN, Parts, Refused, is_true, main
from integrations.references import MAX_COLUMN, MAX_ROW, Area, cell_name, parse_area, parse_cell
from models.words import _

_UNNUMBERED = etree.XPath("boolean(m:row[not(@r)] | m:row/m:c[not(@r)])", namespaces={"m": MAIN})


@dataclass(frozen=True)
class TablePart:
    """A table (套用表格格式) on the sheet."""

    part: str
    tree: etree._Element

    @property
    def area(self) -> Area:
        area = parse_area(self.tree.get("ref", ""))
        if area is None:
            raise Refused(_("表格 {name} 的范围读不懂").format(name=self.tree.get("displayName", "")))
        return area

    @property
    def has_header(self) -> bool:
        return self.tree.get("headerRowCount") != "0"

    @property
    def has_totals(self) -> bool:
        return self.tree.get("totalsRowCount", "0") != "0"

    def part_named(self, names: Collection[str]) -> Area:
        """From the first to the last of the columns named; the whole table when one of them is unknown."""
        area = self.area
        headings = [entry.get("name", "").casefold() for entry in self.tree.iter(main("tableColumn"))]
        if not names or any(name.casefold() not in headings for name in names):
            return area
        places = [area.left + headings.index(name.casefold()) for name in names]
        return area._replace(left=min(places), right=max(places))

    def labels(self, row: int, column: int) -> bool:
        """Whether the cell's text names a column or a total: the table's part repeats it, and both must agree."""
        area = self.area
        on_edge = (self.has_header and row == area.top) or (self.has_totals and row == area.bottom)
        return on_edge and area.holds(row, column)


class Sheet:
    """A worksheet. Rows and columns count from 1; what was changed stands in `written`, `gained` and `lost`."""

    def __init__(self, parts: Parts, part: str) -> None:
        """Raises Refused for a sheet that cannot be changed safely."""
        self.parts = parts
        self.part = part
        self.tree = parts.tree(part)
        self._data = self.tree.find(main("sheetData"))
        if self._data is None:
            raise Refused(_("{part} 不是普通工作表").format(part=part))
        write_addresses(self._data)
        self._rows = _rows_in_order(self._data)
        self._order = list(self._rows)
        self.written: set[tuple[int, int]] = set()
        self.gained: set[tuple[int, int]] = set()  # formulas that are new
        self.lost: set[tuple[int, int]] = set()  # formulas that are gone

    @cached_property
    def tables(self) -> list[TablePart]:
        return tables_of(self.parts, self.part)

    def put(self, row: int, column: int, value: Value, dates: Dates) -> None:
        """New content for a cell; its style stays, unless a date needs one. None and "" leave it blank."""
        cell = self.cell(row, column)
        if is_blank(value) and (cell is None or not has_content(cell)):
            return
        self._check(row, column)
        cell = self._emptied(row, column)
        fill(cell, value, dates)
        self._mark(row, column)

    def put_formula(self, row: int, column: int, formula: str) -> None:
        """A formula whose result is still to be computed."""
        fill_formula(self._emptied(row, column), formula)
        self.gained.add((row, column))
        self._mark(row, column)

    def formula(self, row: int, column: int) -> str | None:
        """The formula of a cell, a shared one as it would stand there alone; None if there is none to copy."""
        cell = self.cell(row, column)
        found = None if cell is None else cell.find(main("f"))
        if found is None or found.get("t", "normal") not in ("normal", "shared"):
            return None
        return found.text or _follower_text(self._master(found.get("si")), found)

    def row_or_new(self, number: int) -> etree._Element:
        if number not in self._rows:
            place = bisect_left(self._order, number)
            fresh = self._data.makeelement(main("row"), {"r": str(number)})
            if place:
                self._rows[self._order[place - 1]].addnext(fresh)
            else:
                self._data.insert(0, fresh)
            self._order.insert(place, number)
            self._rows[number] = fresh
        return self._rows[number]

    def cells(self, row: int) -> Iterator[tuple[int, etree._Element]]:
        """(column, cell) from left to right. Raises Refused when they are out of order."""
        last = 0
        for cell in self._rows[row].iterchildren(main("c")) if row in self._rows else ():
            place = place_of(cell)
            if place[0] != row or place[1] <= last:
                raise Refused(_("第 {row} 行的单元格次序错乱").format(row=row))
            last = place[1]
            yield last, cell

    def cell(self, row: int, column: int) -> etree._Element | None:
        return next((cell for place, cell in self.cells(row) if place == column), None)

    def cell_or_new(self, row: int, column: int) -> etree._Element:
        """The cell; if there is none, a blank one with the style of its row or column."""
        line = self.row_or_new(row)
        before = None
        for place, cell in self.cells(row):
            if place == column:
                return cell
            if place < column:
                before = cell
        fresh = line.makeelement(main("c"), {"r": cell_name(row, column)})
        style = self._default_style(line, column)
        if style:
            fresh.set("s", style)
        if before is None:
            line.insert(0, fresh)
        else:
            before.addnext(fresh)
        line.attrib.pop("spans", None)  # a hint for speed, wrong from now on
        self._widen_dimension(row, column)
        return fresh

    def last_used_before(self, row: int, columns: Collection[int]) -> int:
        """The nearest row above with content in one of the columns (in any, if none is named); 0 without one."""
        above = self._order[: bisect_left(self._order, row)]
        return next((number for number in reversed(above) if self._is_used(number, columns)), 0)

    def _is_used(self, row: int, columns: Collection[int]) -> bool:
        return any(has_content(cell) and (not columns or column in columns) for column, cell in self.cells(row))

    def _emptied(self, row: int, column: int) -> etree._Element:
        cell = self.cell_or_new(row, column)
        formula = cell.find(main("f"))
        if formula is not None:
            if formula.get("t") == "shared" and formula.get("ref"):
                self._unshare(formula)
            self.lost.add((row, column))
        empty(cell)
        return cell

    def _mark(self, row: int, column: int) -> None:
        self.written.add((row, column))
        self.parts.touch(self.part)

    def _check(self, row: int, column: int) -> None:
        if not (1 <= row <= MAX_ROW and 1 <= column <= MAX_COLUMN):
            raise Refused(_("超出工作表的行列"))
        here = cell_name(row, column)
        for area in self._merged:
            if area.holds(row, column) and (row, column) != (area.top, area.left):
                raise Refused(_("{cell} 在合并单元格里").format(cell=here))
        if any(area.holds(row, column) for area in self._arrays):
            raise Refused(_("{cell} 在数组公式里").format(cell=here))
        if any(table.labels(row, column) for table in self.tables):
            raise Refused(_("{cell} 是表格的表头或汇总").format(cell=here))

    @cached_property
    def _merged(self) -> list[Area]:
        entries = self.tree.iterfind(f"{main('mergeCells')}/{main('mergeCell')}")
        return [area for entry in entries if (area := parse_area(entry.get("ref", "")))]

    @cached_property
    def _arrays(self) -> list[Area]:
        """What array formulas and data tables fill; an array of one cell is that cell's own."""
        found = [entry for entry in self._data.iter(main("f")) if entry.get("t") in ("array", "dataTable")]
        areas = [parse_area(entry.get("ref", "")) for entry in found]
        return [area for area in areas if area and (area.top, area.left) != (area.bottom, area.right)]

    def _default_style(self, line: etree._Element, column: int) -> str | None:
        if is_true(line.get("customFormat")):
            return line.get("s")
        for entry in self.tree.iterfind(f"{main('cols')}/{main('col')}"):
            if int(entry.get("min")) <= column <= int(entry.get("max")):
                return entry.get("style")
        return None

    def _widen_dimension(self, row: int, column: int) -> None:
        entry = self.tree.find(main("dimension"))
        area = None if entry is None else parse_area(entry.get("ref", ""))
        if area:
            wider = Area(min(area.top, row), min(area.left, column), max(area.bottom, row), max(area.right, column))
            entry.set("ref", str(wider))

    def _unshare(self, master: etree._Element) -> None:
        """Gives every follower of a shared formula its own text."""
        group = master.get("si")
        self._master(group)  # refuses a group with two
        shared = [entry for entry in self._data.iter(main("f")) if entry.get("t") == "shared"]
        followers = [entry for entry in shared if entry.get("si") == group and entry is not master]
        texts = [entry.text or _follower_text(master, entry) for entry in followers]
        for entry, text in zip(followers, texts, strict=True):
            entry.text = text
            for name in ("t", "si"):
                entry.attrib.pop(name)

    def _master(self, group: str | None) -> etree._Element:
        masters = shared_masters(self.tree).get(group, [])
        if len(masters) != 1:
            raise Refused(_("共享公式读不懂"))
        return masters[0]


def tables_of(parts: Parts, sheet_part: str) -> list[TablePart]:
    return [TablePart(part, parts.tree(part)) for part in parts.related(sheet_part, "table")]


def place_of(cell: etree._Element) -> tuple[int, int]:
    """(row, column) of a cell element that has its address."""
    place = parse_cell(cell.get("r"))
    if place is None:
        raise Refused(_("单元格地址 {cell} 读不懂").format(cell=cell.get("r")))
    return place


def write_addresses(data: etree._Element) -> None:
    """Writes out the numbers of rows and cells that the file leaves to be counted."""
    if not _UNNUMBERED(data):
        return
    row = 0
    for line in data.iterchildren(main("row")):
        row = int(line.get("r") or row + 1)
        line.set("r", str(row))
        column = 0
        for cell in line.iterchildren(main("c")):
            column = place_of(cell)[1] if cell.get("r") else column + 1
            cell.set("r", cell_name(row, column))


def shared_masters(tree: etree._Element) -> dict[str | None, list[etree._Element]]:
    """The formulas that others repeat, by group; a sound sheet has one a group."""
    masters: dict[str | None, list[etree._Element]] = {}
    for found in tree.iter(main("f")):
        if found.get("t") == "shared" and found.get("ref") and found.text:
            masters.setdefault(found.get("si"), []).append(found)
    return masters


def _follower_text(master: etree._Element, follower: etree._Element) -> str:
    from_row, from_column = place_of(master.getparent())
    row, column = place_of(follower.getparent())
    try:
        return moved(master.text, row - from_row, column - from_column)
    except NotUnderstood as error:
        raise Refused(_("{cell} 的共享公式拆不开").format(cell=cell_name(row, column))) from error


def _rows_in_order(data: etree._Element) -> dict[int, etree._Element]:
    rows: dict[int, etree._Element] = {}
    last = 0
    for line in data.iterchildren(main("row")):
        number = int(line.get("r"))
        if number <= last:
            raise Refused(_("第 {row} 行次序错乱").format(row=number))
        rows[number] = line
        last = number
    return rows
