"""What each call does, and what it answers."""

import csv
import io
import pickle
import re
from copy import deepcopy
from urllib.parse import unquote

from tests.google.changes import change
from tests.google.masks import masked
from tests.google.state import Error
from tests.google.values import Invalid


def sheets_get(state, query, _body, number):
    grid = first(query, "includeGridData", "false").lower() == "true" or "data" in first(query, "fields", "")
    return state.book(number).told(query.get("ranges", []), grid)


def sheets_change(state, _query, body, number):
    book = state.book(number)
    replies = change(book, body.get("requests", []))
    state.touched(number)
    return {"spreadsheetId": number, "replies": replies}


def values_get(state, query, _body, number, address):
    return state.book(number).get(address, *rendering(query))


def rendering(query):
    how = first(query, "valueRenderOption", "FORMATTED_VALUE"), first(query, "dateTimeRenderOption", "SERIAL_NUMBER")
    return *how, first(query, "majorDimension", "ROWS")


def values_batch_get(state, query, _body, number):
    book = state.book(number)
    found = [book.get(address, *rendering(query)) for address in query.get("ranges", [])]
    return {"spreadsheetId": number, "valueRanges": found}


def typed(option):
    if option not in ("RAW", "USER_ENTERED"):
        raise Invalid("'valueInputOption' is required but not specified")
    return option == "USER_ENTERED"


def values_put(state, query, body, number, address):
    told = state.book(number).put(address, body, typed=typed(first(query, "valueInputOption", "")))
    state.touched(number)
    return told


def values_batch_put(state, _query, body, number):
    book = state.book(number)
    before = pickle.dumps(book.tabs)
    try:
        as_typed = typed(body.get("valueInputOption", ""))
        told = [book.put(one["range"], one, typed=as_typed) for one in body.get("data", [])]
    except Invalid:
        book.tabs = pickle.loads(before)
        raise
    state.touched(number)
    cells = sum(one["updatedCells"] for one in told)
    return {"spreadsheetId": number, "totalUpdatedCells": cells, "responses": told}


def values_append(state, query, body, number, address):
    insert = first(query, "insertDataOption", "") == "INSERT_ROWS"
    as_typed = typed(first(query, "valueInputOption", ""))
    told = state.book(number).append(address, body, typed=as_typed, insert=insert)
    state.touched(number)
    return told


def values_clear(state, _query, _body, number, address):
    told = state.book(number).clear(address)
    state.touched(number)
    return {"spreadsheetId": number, "clearedRange": told}


def values_batch_clear(state, _query, body, number):
    book = state.book(number)
    told = [book.clear(address) for address in body.get("ranges", [])]
    state.touched(number)
    return {"spreadsheetId": number, "clearedRanges": told}


def sheet_copy(state, _query, body, number, tab):
    source = state.book(number).tab(int(tab))
    target = state.book(body["destinationSpreadsheetId"])
    properties = {**source.properties, "title": f"Copy of {source.title}", "index": len(target.tabs)}
    properties.pop("sheetId")
    made = target.add(deepcopy(properties))
    made.cells, made.more = deepcopy((source.cells, source.more))
    state.touched(body["destinationSpreadsheetId"])
    return made.properties


def files_list(state, query, _body):
    found = state.found(first(query, "q", ""))
    size, start = int(first(query, "pageSize", "100")), int(first(query, "pageToken", "0") or 0)
    answer = {"kind": "drive#fileList", "files": found[start : start + size]}
    return {**answer, "nextPageToken": str(start + size)} if start + size < len(found) else answer


def files_create(state, _query, body):
    return state.create(body)


def files_get(state, _query, _body, number):
    return state.file(number)


def files_change(state, query, body, number):
    file = state.file(number)
    file |= {name: body[name] for name in ("trashed", "appProperties") if name in body}
    if "addParents" in query:
        file["parents"] = [first(query, "addParents", "")]
    if "name" in body:
        state.book(number).properties["title"] = body["name"]
    state.touched(number)
    return file


def files_delete(state, _query, _body, number):
    state.file(number)
    del state.files[number], state.books[number]
    return


def files_copy(state, _query, body, number):
    source = state.file(number)
    parents = body.get("parents", source["parents"])
    made = state.create({"name": body.get("name") or f"Copy of {source['name']}", "parents": parents})
    made["appProperties"] = dict(source["appProperties"])
    state.books[made["id"]].tabs = deepcopy(state.books[number].tabs)
    return made


def files_export(state, query, _body, number):
    if first(query, "mimeType", "") != "text/csv":
        raise Error(400, "The requested conversion is not supported.")
    out = io.StringIO()
    tab = state.book(number).tabs[0]
    csv.writer(out, lineterminator="\r\n").writerows(tab.rows(tab.block(None)))
    return out.getvalue().rstrip("\r\n").encode()


def files_import(state, _query, body, number):
    book = state.book(number)
    book.tabs = []
    tab = book.add({"sheetId": 0, "title": "Sheet1"})
    for row, cells in enumerate(csv.reader(io.StringIO(body.decode()))):
        for column, text in enumerate(cells):
            tab.put((row, column), text, typed=True)
    state.touched(number)
    return {"id": number}


def permissions_list(state, _query, _body, number):
    return {"permissions": state.file(number)["permissions"]}


def permissions_add(state, _query, body, number):
    given = state.file(number)["permissions"]
    given.append({**body, "id": f"p{len(given)}"})
    return given[-1]


def permissions_remove(state, _query, _body, number, permission):
    file = state.file(number)
    file["permissions"] = [one for one in file["permissions"] if one["id"] != permission]
    return


def comments_list(state, _query, _body, number):
    return {"comments": state.file(number)["comments"]}


def comments_add(state, _query, body, number):
    state.file(number)["comments"].append(body)
    return {"id": "c"}


BOOK, FILE = r"/v4/spreadsheets/([^/:]+)", r"/drive/v3/files/([^/]+)"
ROUTES = [
    (method, re.compile(pattern), work)
    for method, pattern, work in (
        ("GET", BOOK, sheets_get),
        ("POST", rf"{BOOK}:batchUpdate", sheets_change),
        ("GET", rf"{BOOK}/values:batchGet", values_batch_get),
        ("POST", rf"{BOOK}/values:batchUpdate", values_batch_put),
        ("POST", rf"{BOOK}/values:batchClear", values_batch_clear),
        ("POST", rf"{BOOK}/values/(.+):append", values_append),
        ("POST", rf"{BOOK}/values/(.+):clear", values_clear),
        ("GET", rf"{BOOK}/values/(.+)", values_get),
        ("PUT", rf"{BOOK}/values/(.+)", values_put),
        ("POST", rf"{BOOK}/sheets/([0-9]+):copyTo", sheet_copy),
        ("GET", r"/drive/v3/files", files_list),
        ("POST", r"/drive/v3/files", files_create),
        ("GET", rf"{FILE}/export", files_export),
        ("POST", rf"{FILE}/copy", files_copy),
        ("GET", rf"{FILE}/permissions", permissions_list),
        ("POST", rf"{FILE}/permissions", permissions_add),
        ("DELETE", rf"{FILE}/permissions/([^/]+)", permissions_remove),
        ("GET", rf"{FILE}/comments", comments_list),
        ("POST", rf"{FILE}/comments", comments_add),
        ("GET", FILE, files_get),
        ("PATCH", FILE, files_change),
        ("DELETE", FILE, files_delete),
        ("PUT", r"/upload/drive/v2/files/([^/]+)", files_import),
    )
]
DRIVE_FIELDS = "kind,id,name,mimeType"


def first(query, name, default):
    return query.get(name, [default])[0]


def answer_to(state, method, path, query, body):
    """What a call comes to. Raises Error, Missing, Invalid."""
    for wanted, pattern, work in ROUTES:
        if wanted == method and (found := pattern.fullmatch(path)):
            told = work(state, query, body, *map(unquote, found.groups()))
            mask = first(query, "fields", "")
            if work in (files_create, files_get, files_copy, files_change) and not mask:
                mask = DRIVE_FIELDS
            return masked(told, mask) if isinstance(told, dict) else told
    raise Error(404, f"Not found: {method} {path}")
