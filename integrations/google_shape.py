"""A new workbook as requests to the Sheets API: tabs, formats, dropdowns, what is marked as the app's. Pure."""

import zlib
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from integrations import hidden
from integrations.backend import Content
from integrations.google_cells import a1, raw
from integrations.hidden import Identity, first_rows
from integrations.looks import width as column_width
from integrations.newbook import GREY, HEAD, frozen
from integrations.package import TabEdit
from integrations.workbook import GUIDE, GUIDE_TITLE, Layout, Shown, offered
from models import kinds
from models.schema import Field
from models.words import _

Request = dict[str, Any]

ROWS = 1000  # rows of a new tab; it grows
SPARE = 200  # rows to have free below what is there
IDS = 2**30  # the app gives its tabs their numbers, so that the same request twice makes no second tab
PIXELS = 8  # a column's width in pixels for a width in characters
FORMATS = {"text": {"type": "TEXT"}, "number": {}, "date": {"type": "DATE", "pattern": "yyyy-mm-dd"}}


def titles_of(layouts: Sequence[Layout]) -> list[str]:
    """The tabs of a workbook, in order."""
    return [GUIDE_TITLE, *(layout.title for layout in layouts), hidden.TITLE]


def tab_ids(layouts: Sequence[Layout]) -> dict[str, int]:
    """Title -> the number that the app gives a tab when it makes it: the title's own, whatever other tabs there are."""
    return {title: 1 + zlib.crc32(title.encode()) % IDS for title in titles_of(layouts)}


def colour(text: str) -> dict[str, float]:
    """#RRGGBB as Google has it."""
    return {name: int(text[at : at + 2], 16) / 255 for name, at in (("red", 1), ("green", 3), ("blue", 5))}


# ---------------------------------------------------------------- structure


def structure(content: Content, there: Mapping[str, int]) -> list[Request]:
    """What makes the tabs that a spreadsheet lacks: title -> number of those it has. Empty when it lacks none.

    The one tab that a new spreadsheet comes with becomes the guide.
    """
    layouts = {layout.title: (layout, len(rows)) for layout, rows in content.tabs}
    ids = tab_ids([layout for layout, _rows in content.tabs])
    found: list[Request] = []
    for place, (title, number) in enumerate(ids.items()):
        if title in there:
            continue
        if title == GUIDE_TITLE and len(there) == 1:
            found += guide(next(iter(there.values())))
        elif title == GUIDE_TITLE:
            found += [add_sheet(number, title, place, {"rowCount": 50, "columnCount": 2}), *guide_looks(number)]
        elif title == hidden.TITLE:
            found += hidden_tab(number, place)
        else:
            found += tab(number, place, *layouts[title])
    return found


def more_tabs(edits: Iterable[TabEdit], there: Container[str], place: int) -> list[Request]:
    """What makes the tabs that a spreadsheet was made without; `place` is where the first of them goes."""
    found: list[Request] = []
    for edit in edits:
        if edit.layout and edit.title not in there:
            rows = max(row for row, _column in edit.cells.keys() | edit.headings.keys())
            found += tab(tab_ids([edit.layout])[edit.title], place, edit.layout, rows)
            place += 1
    return found


def add_sheet(number: int, title: str, place: int, grid: Request, **more: Any) -> Request:
    properties = {"sheetId": number, "title": title, "index": place, "gridProperties": grid, **more}
    return {"addSheet": {"properties": properties}}


def guide(number: int) -> list[Request]:
    """The tab that a new spreadsheet comes with, made the guide."""
    rename = {"properties": {"sheetId": number, "title": GUIDE_TITLE}, "fields": "title"}
    return [{"updateSheetProperties": rename}, *guide_looks(number)]


def guide_looks(number: int) -> list[Request]:
    head = {"textFormat": {"bold": True, "fontSize": 16}}
    return [
        looks(number, rows=(0, 1), columns=(0, 1), look=head),
        looks(number, rows=(1, 20), columns=(0, 1), look={"wrapStrategy": "WRAP", "verticalAlignment": "TOP"}),
        width(number, (0, 1), 720),
    ]


def hidden_tab(number: int, place: int) -> list[Request]:
    grid = {"rowCount": hidden.LISTS_FROM + hidden.LISTED, "columnCount": hidden.SERIAL[1]}
    return [
        add_sheet(number, hidden.TITLE, place, grid, hidden=True),
        looks(number, columns=(0, 1), look={"numberFormat": FORMATS["text"]}),
        warned({"sheetId": number}),
    ]


def tab(number: int, place: int, layout: Layout, rows: int) -> Iterator[Request]:
    """One table: frozen header, ids in column A, dropdowns, grey for what the app fills in, remarks last."""
    fields = layout.table.sheet_fields
    last = len(fields) + 1
    grid = {"rowCount": max(ROWS, rows + 1 + SPARE), "columnCount": last + 1}
    yield add_sheet(number, layout.title, place, {**grid, "frozenRowCount": 1, "frozenColumnCount": frozen(layout)})
    columns = [None, *fields, None]
    own = [one is not None and one.editable == "both" for one in columns]
    for span, look in runs([head_look(mine) for mine in own]):
        yield looks(number, rows=(0, 1), columns=span, look=look)
    for span, look in runs([column_look(one, mine) for one, mine in zip(columns, own, strict=True)]):
        if look:
            yield looks(number, rows=(1, None), columns=span, look=look)
    for span, pixels in runs([width_of(place, last, one) for place, one in enumerate(columns)]):
        yield width(number, span, pixels)
    for column, one in enumerate(columns):
        if one is not None and (rule := validation(one)):
            yield {"setDataValidation": {"range": area(number, (1, None), (column, column + 1)), "rule": rule}}
    for span, mine in runs(own):
        if not mine:
            yield warned(area(number, (1, None), span))
    yield warned(area(number, (0, 1), (0, last + 1)))
    yield {"setBasicFilter": {"filter": {"range": area(number, (0, None), (0, last + 1))}}}


def runs(values: Sequence[Any]) -> Iterator[tuple[tuple[int, int], Any]]:
    """((first place, place behind the last), value) of neighbours that are alike."""
    for _value, run in groupby(enumerate(values), lambda one: one[1]):
        places = list(run)
        yield (places[0][0], places[-1][0] + 1), places[0][1]


def area(number: int, rows: tuple[int, int | None], columns: tuple[int, int]) -> Request:
    """Rows and columns from 0, without the last."""
    found = {"sheetId": number, "startRowIndex": rows[0]}
    if rows[1] is not None:
        found["endRowIndex"] = rows[1]
    return {**found, "startColumnIndex": columns[0], "endColumnIndex": columns[1]}


def looks(number: int, *, columns: tuple[int, int], look: Request, rows: tuple[int, int | None] = (0, None)) -> Request:
    """These cells look like this; what the look does not name stays."""
    fields = ",".join(f"userEnteredFormat.{name}" for name in look)
    cell = {"userEnteredFormat": look}
    return {"repeatCell": {"range": area(number, rows, columns), "cell": cell, "fields": fields}}


def head_look(own: bool) -> Request:
    look = {"backgroundColor": colour(HEAD if own else GREY), "textFormat": {"bold": True}, "wrapStrategy": "WRAP"}
    return {**look, "verticalAlignment": "MIDDLE"}


def column_look(one: Field | None, own: bool) -> Request:
    """Number format, and grey where the app alone fills it in."""
    number = FORMATS[shape_of(one)] if one else FORMATS["text"]
    return {**({"numberFormat": number} if number else {}), **({} if own else {"backgroundColor": colour(GREY)})}


def shape_of(one: Field) -> str:
    kind = kinds.told_kind(one.kind)
    return "date" if isinstance(kind, kinds.Date) else "number" if kind.numeric else "text"


def width_of(column: int, last: int, one: Field | None) -> int:
    characters = column_width(one) if one else 40 if column == last else 12
    return round(PIXELS * characters)


def width(number: int, columns: tuple[int, int], pixels: int) -> Request:
    span = {"sheetId": number, "dimension": "COLUMNS", "startIndex": columns[0], "endIndex": columns[1]}
    return {"updateDimensionProperties": {"range": span, "properties": {"pixelSize": pixels}, "fields": "pixelSize"}}


def warned(span: Request) -> Request:
    """A warning before it is typed over. Not forbidden: a person who may not touch a column cannot sort the rows either."""
    told = {"range": span, "description": _("由台账填写，改了会改回"), "warningOnly": True}
    return {"addProtectedRange": {"protectedRange": told}}


def validation(one: Field) -> Request | None:
    """A dropdown. It warns and never forbids: what does not fit is kept and marked, not lost."""
    hint = one.help or one.kind.wanted()
    rule: Request = {"strict": False, "showCustomUi": True, "inputMessage": _(hint)[:250]}
    if lines := offered(one.kind):
        return {**rule, "condition": condition("ONE_OF_LIST", *lines)}
    if isinstance(one.kind, kinds.Ref) and one.editable == "both":
        return {**rule, "condition": condition("ONE_OF_RANGE", hidden.list_range())}
    return None


def condition(kind: str, *values: str) -> Request:
    return {"type": kind, "values": [{"userEnteredValue": value} for value in values]}


# ---------------------------------------------------------------- content


def content_ranges(content: Content) -> list[Request]:
    """Every cell of a new workbook, as ranges of raw values; the hidden tab is what says that it is whole."""
    lines: list[list[Shown]] = [[content.name], [], *([f"{n}. {_(line)}"] for n, line in enumerate(GUIDE, 1))]
    found = [(GUIDE_TITLE, lines)]
    for layout, rows in content.tabs:
        cells = [[str(row["id"]), *layout.cells(row, content.lists), None] for row in rows]
        found.append((layout.title, [list(layout.headers), *cells]))
    identity = Identity(content.installation, content.code, content.serial)
    found.append((hidden.TITLE, first_rows(identity, content.lists)))  # type: ignore[arg-type]
    return [
        {"range": a1(title, 1, 1), "values": [[raw(cell) for cell in line] for line in lines]} for title, lines in found
    ]


# ---------------------------------------------------------------- growth


def wide(number: int, more: int) -> Request:
    """Columns at the right of a tab, for fields that were declared after it was made."""
    return {"appendDimension": {"sheetId": number, "dimension": "COLUMNS", "length": more}}


def growth(number: int, rows: int, more: int) -> list[Request]:
    """Rows below the last of a tab, with its last row's formats and dropdowns: a new row looks like the others."""
    span = {"sheetId": number, "startColumnIndex": 0}
    last = {**span, "startRowIndex": rows - 1, "endRowIndex": rows}
    fresh = {**span, "startRowIndex": rows, "endRowIndex": rows + more}
    pastes = (
        {"source": last, "destination": fresh, "pasteType": kind} for kind in ("PASTE_FORMAT", "PASTE_DATA_VALIDATION")
    )
    return [
        {"appendDimension": {"sheetId": number, "dimension": "ROWS", "length": more}},
        *({"copyPaste": paste} for paste in pastes),
    ]
