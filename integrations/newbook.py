"""A new workbook, made whole with XlsxWriter: guide, tabs, dropdowns, the hidden tab with its identity."""

import datetime
import io
from collections.abc import Sequence
from pathlib import Path

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from integrations import hidden, looks
from integrations.backend import Content
from integrations.hidden import Identity, first_rows
from integrations.workbook import GUIDE, GUIDE_TITLE, Layout, Lists, Shown
from models.schema import Field, Row
from models.words import _

OPTIONS = {"default_date_format": "yyyy-mm-dd"}
GREY, HEAD, LINE = "#EAECEF", "#E3ECF6", "#D5DAE1"


def make_book(path: Path, content: Content) -> None:
    """Write the workbook. Its identity stands in a document property and in the hidden tab."""
    with xlsxwriter.Workbook(str(path), OPTIONS) as book:
        book.set_properties({"title": f"{content.code} {content.name}"})
        book.set_custom_property("zongfen", f"{content.installation} {content.code}", "text")
        styles = Styles(book)
        write_guide(book.add_worksheet(GUIDE_TITLE), content, styles)
        for layout, rows in content.tabs:
            sheet = book.add_worksheet(layout.title)
            write_tab(sheet, layout, content, rows, styles)
        write_hidden(book.add_worksheet(hidden.TITLE), content)


def sample_of(layout: Layout) -> bytes:
    """A workbook of one tab without rows, for one that was made before the tab's table was declared."""
    made = io.BytesIO()
    with xlsxwriter.Workbook(made, OPTIONS) as book:
        content = Content("", "", "", 0, (), Lists())
        write_tab(book.add_worksheet(layout.title), layout, content, (), Styles(book))
    return made.getvalue()


def write_hidden(sheet: Worksheet, content: Content) -> None:
    identity = Identity(content.installation, content.code, content.serial)
    for number, row in enumerate(first_rows(identity, content.lists)):
        for place, cell in enumerate(row):
            write_cell(sheet, number, place, cell)
    sheet.very_hidden()


def write_cell(sheet: Worksheet, row: int, column: int, cell: Shown, style: Format | None = None) -> None:
    """One cell, by its type: XlsxWriter guesses at texts, and would make formulas and links of some."""
    if isinstance(cell, str):
        sheet.write_string(row, column, cell, style)
    elif isinstance(cell, datetime.date):
        sheet.write_datetime(row, column, cell, style)  # type: ignore[arg-type]
    elif cell is not None:
        sheet.write_number(row, column, cell, style)


class Styles:
    """The formats of a new workbook."""

    def __init__(self, book: xlsxwriter.Workbook) -> None:
        edge = {"border": 1, "border_color": LINE}
        self.head = book.add_format({"bold": True, "bg_color": HEAD, "text_wrap": True, "valign": "vcenter", **edge})
        self.own_head = book.add_format(
            {"bold": True, "bg_color": GREY, "text_wrap": True, "valign": "vcenter", **edge}
        )
        self.title = book.add_format({"bold": True, "font_size": 16})
        self.line = book.add_format({"text_wrap": True, "valign": "top", "font_size": 12})
        self.plain = {shape: book.add_format({**edge, **shape_of(shape)}) for shape in SHAPES}
        self.grey = {shape: book.add_format({**edge, "bg_color": GREY, **shape_of(shape)}) for shape in SHAPES}

    def cell(self, one: Field) -> Format:
        """The look of a field's cells: grey where the app alone fills it in."""
        return (self.plain if one.editable == "both" else self.grey)[looks.shape(one)]


SHAPES = ("text", "number", "date")


def shape_of(shape: str) -> dict[str, str]:
    return {"text": {"num_format": "@"}, "number": {}, "date": {"num_format": "yyyy-mm-dd"}}[shape]


def write_guide(sheet: Worksheet, content: Content, styles: Styles) -> None:
    """The first tab: what to fill in, in five lines."""
    sheet.set_column(0, 0, 90)
    sheet.write_string(0, 0, content.name, styles.title)
    for number, line in enumerate(GUIDE, 2):
        sheet.write_string(number, 0, f"{number - 1}. {_(line)}", styles.line)
        sheet.set_row(number, 22)


def write_tab(sheet: Worksheet, layout: Layout, content: Content, rows: Sequence[Row], styles: Styles) -> None:
    """One table: frozen header, ids in column A, dropdowns, grey for what the app fills in, remarks last."""
    fields = layout.table.sheet_fields
    last = len(fields) + 1
    sheet.freeze_panes(1, frozen(layout))
    sheet.set_row(0, 32)
    sheet.set_column(0, 0, 12, styles.grey["text"])
    for place, one in enumerate(fields, 1):
        sheet.set_column(place, place, looks.width(one), styles.cell(one))
        add_validation(sheet, place, one)
    sheet.set_column(last, last, 40, styles.grey["text"])
    for place, header in enumerate(layout.headers):
        own = 0 < place < last and fields[place - 1].editable == "both"
        sheet.write_string(0, place, header, styles.head if own else styles.own_head)
    for number, row in enumerate(rows, 1):
        sheet.write_string(number, 0, str(row["id"]), styles.grey["text"])
        for place, (one, cell) in enumerate(zip(fields, layout.cells(row, content.lists), strict=True), 1):
            write_cell(sheet, number, place, cell, styles.cell(one))
    sheet.autofilter(0, 0, max(len(rows), 1), last)


def frozen(layout: Layout) -> int:
    """How many columns stay in view: up to the one that names a row, where that is near."""
    names = [one.name for one in layout.table.sheet_fields]
    place = names.index(layout.table.title) + 2 if layout.table.title in names else 2
    return min(place, 4)


def add_validation(sheet: Worksheet, place: int, one: Field) -> None:
    """A dropdown or a hint. It warns and never forbids: what does not fit is kept and marked, not lost."""
    rule: dict[str, object] = {
        "ignore_blank": True,
        "error_type": "warning",
        "error_title": _("格式不对"),
        "error_message": one.kind.wanted()[:250],
    }
    lines = looks.dropdown(one)
    rule |= (
        {"validate": "list", "source": lines if isinstance(lines, str) else list(lines)}
        if lines
        else {"validate": "any"}
    )
    if hint := one.help or (one.unit and _("单位：{unit}").format(unit=one.unit)):
        rule |= {"input_title": one.label[:32], "input_message": _(hint)[:255]}
    if rule["validate"] != "any" or "input_message" in rule:
        sheet.data_validation(1, place, looks.ROWS_WITH_DROPDOWNS, place, rule)
