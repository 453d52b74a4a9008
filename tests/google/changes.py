"""What :batchUpdate can ask of a spreadsheet: one function a request, of all those that this app and gspread send."""

import pickle
from copy import deepcopy

from tests.google.book import Tab, block_of
from tests.google.masks import parsed
from tests.google.values import Block, Invalid

AXIS = {"ROWS": 0, "COLUMNS": 1}


def change(book, requests):
    """All of them or none. Returns the replies."""
    before = pickle.dumps((book.tabs, book.named, book.properties))  # much quicker than a deep copy
    replies = []
    for place, request in enumerate(requests):
        ((name, told),) = request.items()
        try:
            if name not in CHANGES:
                raise Invalid(f"Unknown name \"{name}\" at 'requests[{place}]': Cannot find field.")
            replies.append(CHANGES[name](book, told) or {})
        except (Invalid, KeyError) as fault:
            book.tabs, book.named, book.properties = pickle.loads(before)
            raise Invalid(f"Invalid requests[{place}].{name}: {fault}") from fault
    return replies


def merged_fields(target, source, fields):
    """Take over what a field mask names; what the source lacks there goes."""
    take(target, source, {name: {} for name in source} if fields == "*" else parsed(fields))


def take(target, source, tree):
    for name, inner in tree.items():
        if inner:
            take(target.setdefault(name, {}), source.get(name) or {}, inner)
        elif name in source and source[name] is not None:
            target[name] = deepcopy(source[name])
        else:
            target.pop(name, None)


def add_sheet(book, told):
    return {"addSheet": {"properties": deepcopy(book.add(told.get("properties", {})).properties)}}


def delete_sheet(book, told):
    tab = book.tab(told["sheetId"])
    if len(book.tabs) == 1:
        raise Invalid("You can't remove all the sheets in a document.")
    book.tabs.remove(tab)
    book.number_tabs()


def duplicate_sheet(book, told):
    source = book.tab(told["sourceSheetId"])
    properties = {**source.properties, "title": told.get("newSheetName") or f"Copy of {source.title}"}
    properties["index"] = told.get("insertSheetIndex", len(book.tabs))
    properties.pop("sheetId")
    if "newSheetId" in told:
        properties["sheetId"] = told["newSheetId"]
    tab = book.add(deepcopy(properties))
    tab.cells, tab.more, tab.widths = deepcopy((source.cells, source.more, source.widths))
    return {"duplicateSheet": {"properties": deepcopy(tab.properties)}}


def update_sheet(book, told):
    properties = told["properties"]
    tab, fields = book.tab(properties.get("sheetId", 0)), told["fields"]
    if properties.get("hidden") and not any(
        other is not tab and not other.properties.get("hidden") for other in book.tabs
    ):
        raise Invalid("You can't hide all the sheets in a document.")
    other = book.titled(properties.get("title"))
    if other is not None and other is not tab:
        raise Invalid(f'A sheet with the name "{other.title}" already exists. Please enter another name.')
    merged_fields(tab.properties, {**properties}, fields)
    if "tabColor" in fields:
        merged_fields(tab.properties, {"tabColor": properties.get("tabColorStyle", {}).get("rgbColor")}, "tabColor")
        clean_colour(tab.properties)
    for name in ("frozenRowCount", "frozenColumnCount", "hideGridlines"):
        if not tab.grid.get(name):
            tab.grid.pop(name, None)
    if not tab.properties.get("hidden"):
        tab.properties.pop("hidden", None)
    rows, columns = tab.size
    tab.cells = {spot: cell for spot, cell in tab.cells.items() if spot[0] < rows and spot[1] < columns}
    if "index" in properties and "index" in fields:
        at = book.tabs.index(tab)
        to = properties["index"]
        book.tabs.remove(tab)
        book.tabs.insert(to - (to > at), tab)
        book.number_tabs()


def clean_colour(properties):
    """Shares of a colour that are nothing are not said, and no colour at all neither."""
    for name, colour in (("tabColor", properties), ("rgbColor", properties.get("tabColorStyle", {}))):
        if colour.get(name):
            colour[name] = {part: share for part, share in colour[name].items() if share}
        else:
            colour.pop(name, None)
    if not properties.get("tabColorStyle"):
        properties.pop("tabColorStyle", None)


def update_book(book, told):
    merged_fields(book.properties, told["properties"], told["fields"])


def inner(book, area):
    """(tab, block) of a GridRange."""
    tab = book.tab(area.get("sheetId", 0))
    return tab, block_of(area).within(*tab.size)


def repeat_cell(book, told):
    tab, block = inner(book, told["range"])
    everywhere(tab, block, told["cell"], told["fields"])


def everywhere(tab, block, source, fields):
    """The same for every cell of a block: in each where they are few, else as a look of the whole block."""
    many = (block.bottom - block.top) * (block.right - block.left) > 500
    for spot in [spot for spot in tab.cells if spot in block] if many else block.cells():
        put_fields(tab, spot, source, fields)
    if many:
        part = {}
        merged_fields(part, source, fields)
        tab.lay(block, part)


def put_fields(tab: Tab, spot, source, fields):
    cell = tab.cell(spot)
    merged_fields(cell, source, fields)
    for name in ("note", "userEnteredFormat"):
        if not cell.get(name):
            cell.pop(name, None)
    if not cell:
        tab.cells.pop(spot)


def update_cells(book, told):
    if "start" in told:
        tab = book.tab(told["start"].get("sheetId", 0))
        top, left = told["start"].get("rowIndex", 0), told["start"].get("columnIndex", 0)
    else:
        tab, block = inner(book, told["range"])
        top, left = block.top, block.left
    for down, row in enumerate(told.get("rows", ())):
        for right, cell in enumerate(row.get("values", ())):
            put_fields(tab, (top + down, left + right), cell, told["fields"])


def set_validation(book, told):
    tab, block = inner(book, told["range"])
    everywhere(tab, block, {"dataValidation": told.get("rule")} if told.get("rule") else {}, "dataValidation")


def numbered(book, kind, key, answer):
    """A request that adds something with a number of its own."""

    def add(book, told):
        one = deepcopy(told[kind])
        one.setdefault(key, book.number())
        tab = book.tab(one["range"].setdefault("sheetId", 0))
        tab.more.setdefault(f"{kind}s", []).append(one)
        return {answer: {kind: one}}

    return add


def delete_protected(book, told):
    for tab in book.tabs:
        kept = [
            one for one in tab.more.get("protectedRanges", ()) if one["protectedRangeId"] != told["protectedRangeId"]
        ]
        tab.more["protectedRanges"] = kept


def add_named(book, told):
    one = {"namedRangeId": f"n{book.number()}", **deepcopy(told["namedRange"])}
    book.named.append(one)
    return {"addNamedRange": {"namedRange": one}}


def delete_named(book, told):
    book.named = [one for one in book.named if one["namedRangeId"] != told["namedRangeId"]]


def set_filter(book, told):
    area = told["filter"]["range"]
    tab, block = inner(book, area)
    tab.more["basicFilter"] = {**told["filter"], "range": block.as_range(tab.id)}


def clear_filter(book, told):
    book.tab(told["sheetId"]).more.pop("basicFilter", None)


def merge(book, told):
    tab, block = inner(book, told["range"])
    kind = told.get("mergeType", "MERGE_ALL")
    blocks = [block]
    if kind == "MERGE_COLUMNS":
        blocks = [Block(block.top, column, block.bottom, column + 1) for column in range(block.left, block.right)]
    elif kind == "MERGE_ROWS":
        blocks = [Block(row, block.left, row + 1, block.right) for row in range(block.top, block.bottom)]
    for one in blocks:
        for spot in one.cells():
            if spot != (one.top, one.left) and spot in tab.cells:
                tab.cells[spot].pop("userEnteredValue", None)
    split(tab, block)  # what was merged inside it is part of the new one
    tab.more["merges"] += [one.as_range(tab.id) for one in blocks]


def unmerge(book, told):
    split(*inner(book, told["range"]))


def split(tab, block):
    tab.more["merges"] = [
        one
        for one in tab.more.get("merges", ())
        if not (
            block.top <= one["startRowIndex"] < block.bottom and block.left <= one["startColumnIndex"] < block.right
        )
    ]


def insert(book, told):
    span = told["range"]
    axis = AXIS[span["dimension"]]
    if told.get("inheritFromBefore") and span["startIndex"] == 0:
        raise Invalid("Cannot inherit from before the first row or column")
    book.tab(span.get("sheetId", 0)).shift(axis, span["startIndex"], span["endIndex"] - span["startIndex"])


def delete(book, told):
    span = told["range"]
    tab, axis = book.tab(span.get("sheetId", 0)), AXIS[span["dimension"]]
    end = min(span["endIndex"], tab.size[axis])
    if end - span["startIndex"] >= tab.size[axis]:
        raise Invalid("You can't delete all the rows on the sheet.")
    tab.shift(axis, span["startIndex"], span["startIndex"] - end)


def append(book, told):
    tab = book.tab(told.get("sheetId", 0))
    tab.grid["rowCount" if told["dimension"] == "ROWS" else "columnCount"] += told["length"]


def update_dimension(book, told):
    span = told["range"]
    tab = book.tab(span.get("sheetId", 0))
    if span["dimension"] == "COLUMNS" and "pixelSize" in told["properties"]:
        tab.widths |= dict.fromkeys(range(span["startIndex"], span["endIndex"]), told["properties"]["pixelSize"])


def resize(book, told):
    span = told["dimensions"]
    tab = book.tab(span.get("sheetId", 0))
    if span["dimension"] == "COLUMNS":
        for column in range(span.get("startIndex", 0), span.get("endIndex", tab.size[1])):
            texts = [str(tab.read(spot, "FORMATTED_VALUE", "")) for spot in tab.cells if spot[1] == column]
            tab.widths[column] = 7 * max(map(len, texts), default=3)


def paste(book, told):
    source_tab, source = inner(book, told["source"])
    tab, target = inner(book, told["destination"])
    kept = deepcopy(source_tab.cells)
    height, width = source.bottom - source.top, source.right - source.left
    for row, column in target.cells():
        origin = kept.get((source.top + (row - target.top) % height, source.left + (column - target.left) % width), {})
        fields = {
            "PASTE_FORMAT": "userEnteredFormat",
            "PASTE_DATA_VALIDATION": "dataValidation",
            "PASTE_VALUES": "userEnteredValue",
        }.get(told.get("pasteType", "PASTE_NORMAL"), "userEnteredValue,userEnteredFormat,note,dataValidation")
        put_fields(tab, (row, column), origin, fields)


def cut(book, told):
    tab, source = inner(book, told["source"])
    to = told["destination"]
    target = book.tab(to.get("sheetId", 0))
    cells = {spot: tab.cells.pop(spot) for spot in list(tab.cells) if spot in set(source.cells())}
    top, left = to.get("rowIndex", 0), to.get("columnIndex", 0)
    target.cells |= {(top + r - source.top, left + c - source.left): cell for (r, c), cell in cells.items()}


def sort(book, told):
    tab, block = inner(book, told["range"])
    rows = [
        {c: tab.cells.get((r, c), {}) for c in range(block.left, block.right)} for r in range(block.top, block.bottom)
    ]
    for spec in reversed(told["sortSpecs"]):
        column = spec.get("dimensionIndex", 0)
        back = spec.get("sortOrder") == "DESCENDING"
        rows.sort(key=lambda row, column=column: order(row[column]), reverse=back)
    for down, row in enumerate(rows):
        for column, cell in row.items():
            tab.cells.pop((block.top + down, column), None)
            if cell:
                tab.cells[block.top + down, column] = cell


def order(cell):
    value = cell.get("userEnteredValue")
    if not value:
        return (2, 0, "")
    ((kind, inner_value),) = value.items()
    return (0, inner_value, "") if kind == "numberValue" else (1, 0, str(inner_value))


def group(book, told):
    span = told["range"]
    name = "rowGroups" if span["dimension"] == "ROWS" else "columnGroups"
    book.tab(span.get("sheetId", 0)).more.setdefault(name, []).append({"range": span, "depth": 1})


def ungroup(book, told):
    span = told["range"]
    name = "rowGroups" if span["dimension"] == "ROWS" else "columnGroups"
    more = book.tab(span.get("sheetId", 0)).more
    more[name] = [one for one in more.get(name, ()) if one["range"] != span]


CHANGES = {
    "addSheet": add_sheet,
    "deleteSheet": delete_sheet,
    "duplicateSheet": duplicate_sheet,
    "updateSheetProperties": update_sheet,
    "updateSpreadsheetProperties": update_book,
    "repeatCell": repeat_cell,
    "updateCells": update_cells,
    "setDataValidation": set_validation,
    "addProtectedRange": numbered(None, "protectedRange", "protectedRangeId", "addProtectedRange"),
    "deleteProtectedRange": delete_protected,
    "addNamedRange": add_named,
    "deleteNamedRange": delete_named,
    "setBasicFilter": set_filter,
    "clearBasicFilter": clear_filter,
    "mergeCells": merge,
    "unmergeCells": unmerge,
    "insertDimension": insert,
    "deleteDimension": delete,
    "appendDimension": append,
    "updateDimensionProperties": update_dimension,
    "autoResizeDimensions": resize,
    "copyPaste": paste,
    "cutPaste": cut,
    "sortRange": sort,
    "addDimensionGroup": group,
    "deleteDimensionGroup": ungroup,
}
