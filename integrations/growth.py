"""New rows below a sheet's table: they look like the row above, and what covers the table covers them too."""

from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass

from integrations.formulas import NotUnderstood, moved
from integrations.ooxml import Refused, is_true, main
from integrations.references import Area, parse_area
from integrations.worksheet import Sheet, TablePart
from models.words import _

# What holds for the areas in `sqref`: elements of the sheet itself, and those that Excel 2010 added.
_COVERS = [main(name) for name in ("dataValidation", "conditionalFormatting", "ignoredError", "protectedRange")]
_X14 = "{http://schemas.microsoft.com/office/spreadsheetml/2009/9/main}"
_ADDED_COVERS = [f"{_X14}dataValidation", f"{_X14}conditionalFormatting"]
_AREAS = "{http://schemas.microsoft.com/office/excel/2006/main}sqref"
_DESCENT = "{http://schemas.microsoft.com/office/spreadsheetml/2009/9/ac}dyDescent"
_ROW_STYLE = ("s", "customFormat", _DESCENT)
_ROW_HEIGHT = ("ht", "customHeight")


@dataclass(frozen=True)
class Growth:
    """Rows first to last are new; `model` is the last used row above them; rows up to `header` are headings."""

    first: int
    last: int
    model: int
    header: int

    def grown(self, area: Area) -> Area:
        """The area as it should be: down to the last new row if it ended with the table, else as it is."""
        ends_with_table = self.model <= area.bottom < self.last
        is_column = area.bottom > area.top or area.top == self.header + 1
        return area.down_to(self.last) if ends_with_table and is_column else area


def grow(sheet: Sheet, rows: Collection[int], written: Collection[tuple[int, int]]) -> Area | None:
    """Prepares the rows for what will be written there, at the (row, column) places given.

    Returns the sheet's own filter area if that grew (the workbook keeps a copy of it).
    Raises Refused when a table cannot take more rows.
    """
    columns = {column for row, column in written if row in rows}
    model = sheet.last_used_before(min(rows), columns)
    if not model:
        return None
    growth = Growth(min(rows), max(rows), model, _last_heading(sheet, model))
    if growth.model > growth.header:
        for row in rows:
            _copy_look(sheet, growth.model, row)
    _grow_covers(sheet, growth)
    for table in sheet.tables:
        _grow_table(sheet, table, growth, rows, written)
    sheet.parts.touch(sheet.part)
    return _grow_filter(sheet, growth)


def _last_heading(sheet: Sheet, model: int) -> int:
    """The last row that holds headings and not records: frozen, or at the top of the filter or of a table."""
    tops = [table.area.top for table in sheet.tables if table.has_header]
    own = _filter_area(sheet)
    if own:
        tops.append(own.top)
    pane = sheet.tree.find(f"{main('sheetViews')}/{main('sheetView')}/{main('pane')}")
    if pane is not None and pane.get("state", "").startswith("frozen"):
        tops.append(int(float(pane.get("ySplit", "0"))))
    return max((top for top in tops if top <= model), default=0)


def _copy_look(sheet: Sheet, model: int, row: int) -> None:
    source, target = sheet.row_or_new(model), sheet.row_or_new(row)
    for name in _ROW_STYLE + (_ROW_HEIGHT if is_true(source.get("customHeight")) else ()):
        if name in source.attrib and name not in target.attrib:
            target.set(name, source.get(name))
    taken = {column for column, _cell in sheet.cells(row)}
    for column, cell in list(sheet.cells(model)):
        if column not in taken and cell.get("s"):
            sheet.cell_or_new(row, column).set("s", cell.get("s"))


def _grow_covers(sheet: Sheet, growth: Growth) -> None:
    for entry in sheet.tree.iter(_COVERS):
        if entry.get("sqref"):
            entry.set("sqref", _grown_list(entry.get("sqref"), growth))
    for entry in sheet.tree.iter(_ADDED_COVERS):
        for areas in entry.iterchildren(_AREAS):
            areas.text = _grown_list(areas.text or "", growth)


def _grown_list(areas: str, growth: Growth) -> str:
    return " ".join(_grown_text(text, growth) for text in areas.split())


def _grown_text(text: str, growth: Growth) -> str:
    area = parse_area(text)
    grown = area and growth.grown(area)
    return text if grown == area else str(grown)


def _filter_area(sheet: Sheet) -> Area | None:
    entry = sheet.tree.find(main("autoFilter"))
    return None if entry is None else parse_area(entry.get("ref", ""))


def _grow_filter(sheet: Sheet, growth: Growth) -> Area | None:
    """A sheet has one filter of its own, over its list; people add rows below it, so it may end too early already."""
    area = _filter_area(sheet)
    if area is None or not area.top <= growth.model or area.bottom >= growth.last:
        return None
    grown = area.down_to(growth.last)
    sheet.tree.find(main("autoFilter")).set("ref", str(grown))
    return grown


def _grow_table(
    sheet: Sheet, table: TablePart, growth: Growth, rows: Collection[int], written: Collection[tuple[int, int]]
) -> None:
    area = table.area
    grown = area.down_to(growth.last)
    ends_here = growth.model <= area.bottom < growth.last
    if not ends_here or not any(grown.holds(row, column) for row, column in written if row in rows):
        return
    if table.has_totals:
        raise Refused(_("表格有汇总行，不能在下面加行"))
    if any(_holds_content(sheet, row, area) for row in range(area.bottom + 1, growth.last + 1)):
        return  # something else stands under the table, and would become part of it
    table.tree.set("ref", str(grown))
    own_filter = table.tree.find(main("autoFilter"))
    if own_filter is not None:
        own_filter.set("ref", str(grown))
    sheet.parts.touch(table.part)
    for column, formula in _calculated(sheet, table, growth.model).items():
        for row in rows:
            _continue_formula(sheet, (growth.model, row), column, formula, written)


def _holds_content(sheet: Sheet, row: int, area: Area) -> bool:
    return any(len(cell) and area.left <= column <= area.right for column, cell in sheet.cells(row))


def _calculated(sheet: Sheet, table: TablePart, model: int) -> dict[int, str]:
    """The formula of each calculated column as it stands in the model row, as far as it can be continued."""
    found: dict[int, str] = {}
    for column, entry in enumerate(table.tree.iter(main("tableColumn")), table.area.left):
        declared = entry.find(main("calculatedColumnFormula"))
        if declared is None or not declared.text or is_true(declared.get("array")):
            continue
        with suppress(NotUnderstood, Refused):  # the new cells stay blank, as in a row typed below the table
            own = sheet.formula(model, column)
            # The table's own text stands for no row in particular: it will do if it is the same in each.
            if own or moved(declared.text, 1, 0) == declared.text:
                found[column] = own or declared.text
    return found


def _continue_formula(
    sheet: Sheet, rows: tuple[int, int], column: int, formula: str, written: Collection[tuple[int, int]]
) -> None:
    model, row = rows
    if (row, column) not in written:
        with suppress(NotUnderstood):
            sheet.put_formula(row, column, moved(formula, row - model, 0))
