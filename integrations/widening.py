"""A new column of a sheet: it looks like another one of the app's, and has its own dropdown."""

from lxml import etree

from integrations.looks import ROWS_WITH_DROPDOWNS, NewColumn
from integrations.ooxml import Refused, main
from integrations.references import Area
from integrations.worksheet import Sheet
from models.words import _

# What may stand before the validations in a worksheet, by the order that the format prescribes, the last of it first.
_BEFORE_VALIDATIONS = (
    "conditionalFormatting",
    "phoneticPr",
    "mergeCells",
    "customSheetViews",
    "dataConsolidate",
    "sortState",
    "autoFilter",
    "scenarios",
    "protectedRanges",
    "sheetProtection",
    "sheetCalcPr",
    "sheetData",
)
_QUOTE = '"'


def widen(sheet: Sheet, new: NewColumn) -> None:
    """Takes a column into use that says nothing yet. Raises Refused where something of a person's lies over it."""
    if sheet.cell(new.row, new.column) is not None and len(sheet.cell(new.row, new.column)):
        raise Refused(_("放不下新的一栏"))
    _look(sheet, new)
    source = sheet.cell(new.row, new.like)
    if source is not None and source.get("s"):
        sheet.cell_or_new(new.row, new.column).set("s", source.get("s"))
    if new.dropdown:
        _offer(sheet, new)
    sheet.parts.touch(sheet.part)


def _look(sheet: Sheet, new: NewColumn) -> None:
    """Width, and the style of the column that it is like; a column that a person has dressed stays as it is."""
    columns = sheet.tree.find(main("cols"))
    if columns is None:
        columns = sheet.tree.makeelement(main("cols"))
        sheet.tree.find(main("sheetData")).addprevious(columns)
    entries = list(columns.iterchildren(main("col")))
    if any(_covers(entry, new.column) for entry in entries):
        return
    fresh = columns.makeelement(
        main("col"), {"min": str(new.column), "max": str(new.column), "width": f"{new.width:g}", "customWidth": "1"}
    )
    style = next((entry.get("style") for entry in entries if _covers(entry, new.like)), None)
    if style:
        fresh.set("style", style)
    place = sum(int(entry.get("min")) < new.column for entry in entries)
    columns.insert(place, fresh)


def _covers(entry: etree._Element, column: int) -> bool:
    return int(entry.get("min")) <= column <= int(entry.get("max"))


def _offer(sheet: Sheet, new: NewColumn) -> None:
    """A dropdown below the header. It warns and never forbids, as those that the workbook was made with."""
    lists = sheet.tree.find(main("dataValidations"))
    if lists is None:
        lists = sheet.tree.makeelement(main("dataValidations"))
        before = [found for name in _BEFORE_VALIDATIONS if (found := sheet.tree.findall(main(name)))]
        before[0][-1].addnext(lists)
    area = Area(new.row + 1, new.column, new.row + ROWS_WITH_DROPDOWNS, new.column)
    made = lists.makeelement(
        main("dataValidation"),
        {"type": "list", "errorStyle": "warning", "allowBlank": "1", "showErrorMessage": "1", "sqref": str(area)},
    )
    formula = made.makeelement(main("formula1"))
    lines = new.dropdown
    formula.text = lines.removeprefix("=") if isinstance(lines, str) else _QUOTE + ",".join(lines) + _QUOTE
    made.append(formula)
    lists.append(made)
    lists.set("count", str(len(lists)))
