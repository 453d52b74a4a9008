"""Workbooks to test with: what XlsxWriter can make, and parts that only Excel and WPS write, put in by hand."""

import datetime
import io
import re
import struct
import warnings
import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path

import openpyxl
import xlsxwriter

HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
MICROSOFT = "http://schemas.microsoft.com/office"
X14 = f"{MICROSOFT}/spreadsheetml/2009/9/main"
XM = f"{MICROSOFT}/excel/2006/main"
THREADED = f"{MICROSOFT}/spreadsheetml/2018/threadedcomments"

RECORDS, CHARTS, OWN = "馆点", "图表", "我的"
RECORDS_PART, OWN_PART = "xl/worksheets/sheet1.xml", "xl/worksheets/sheet3.xml"
HEADINGS = ["编号", "名称", "日期", "数量", "单价", "合计", "备注", "自用", "状态"]
FIRST, LAST = 4, 43  # rows of the records; headings stand in row 3

Change = Callable[[str], str]


def png() -> bytes:
    """A picture of one red pixel."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    pixels = zlib.compress(b"\0\xff\0\0")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def plain(path: Path, rows: list[list[object]], *, title: str = "表", from_1904: bool = False) -> Path:
    with xlsxwriter.Workbook(path, {"date_1904": from_1904, "strings_to_formulas": False}) as book:
        sheet = book.add_worksheet(title)
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for number, row in enumerate(rows):
            for column, value in enumerate(row):
                style = day if isinstance(value, datetime.date) else None
                sheet.write(number, column, value, style)
    return path


def change(path: Path, changes: Mapping[str, Change | bytes]) -> Path:
    """Rewrites parts of a workbook in place: a function gets the old text, bytes are a part's whole content."""
    with zipfile.ZipFile(path) as old:
        content = {info.filename: old.read(info) for info in old.infolist()}
    for part, new in changes.items():
        content[part] = new if isinstance(new, bytes) else new(content[part].decode()).encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as fresh:
        for part, data in content.items():
            fresh.writestr(part, data)
    return path


def rezip(path: Path, rename=lambda name: name, comment: bytes = b"", streamed: bool = False) -> None:
    """The same parts in another zip, without compression; streamed: sizes behind the data, as pipes have it."""

    class Pipe(io.RawIOBase):
        def writable(self):
            return True

        def write(self, data):
            pieces.append(bytes(data))
            return len(data)

    pieces: list[bytes] = []
    with zipfile.ZipFile(path) as old:
        parts = {info.filename: old.read(info) for info in old.infolist()}
    with zipfile.ZipFile(Pipe() if streamed else path, "w") as fresh:
        fresh.comment = comment
        for name, data in parts.items():
            fresh.writestr(rename(name), data)
    if streamed:
        path.write_bytes(b"".join(pieces))


def stored(path: Path) -> dict[str, tuple[int, bytes]]:
    """(CRC, bytes as they lie in the file, compressed) of each part, in the file's order."""
    data = path.read_bytes()
    found = {}
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            name, extra = struct.unpack_from("<2H", data, info.header_offset + 26)
            start = info.header_offset + 30 + name + extra
            found[info.filename] = (info.CRC, data[start : start + info.compress_size])
    return found


def text_of(path: Path, part: str) -> str:
    with zipfile.ZipFile(path) as archive:
        return archive.read(part).decode()


def load(path: Path) -> openpyxl.Workbook:
    """openpyxl says what it will lose when saving; here it only reads."""
    with warnings.catch_warnings(action="ignore"):
        return openpyxl.load_workbook(path)


def replaced(old: str, new: str) -> Change:
    def edit(text: str) -> str:
        assert old in text, old
        return text.replace(old, new, 1)

    return edit


def chained(*edits: Change) -> Change:
    def edit(text: str) -> str:
        for one in edits:
            text = one(text)
        return text

    return edit


def add_to_row(row: int, cells: str) -> Change:
    """Puts cell elements at the end of a row that has cells already."""

    def edit(text: str) -> str:
        found = re.search(rf'<row r="{row}"[^>]*>.*?(?=</row>)', text, re.S)
        assert found, row
        return text[: found.end()] + cells + text[found.end() :]

    return edit


def featured(path: Path) -> Path:
    """A workbook with everything that people put into one. `RECORDS` holds a table in A3:I43, `OWN` formulas."""
    with xlsxwriter.Workbook(path) as book:
        _records(book, book.add_worksheet(RECORDS))
        _charts(book, book.add_worksheet(CHARTS))
        _own(book, book.add_worksheet(OWN))
        hidden = book.add_worksheet("隐藏")
        hidden.hide()
        hidden.write(0, 0, "secret")
        book.define_name("Rate", "=0.2")
        book.define_name("Amounts", f"={RECORDS}!$F${FIRST}:$F${LAST}")
        book.set_custom_property("Batch", "B-17")
    return _with_rare_parts(path)


def _records(book: xlsxwriter.Workbook, sheet) -> None:
    day, wrap = book.add_format({"num_format": "yyyy-mm-dd"}), book.add_format({"text_wrap": True})
    columns = [{"header": heading} for heading in HEADINGS]
    columns[5]["formula"] = "=Records[[#This Row],[数量]]*Records[[#This Row],[单价]]"
    sheet.add_table(FIRST - 2, 0, LAST - 1, 8, {"name": "Records", "columns": columns})
    for row in range(FIRST, LAST + 1):
        count, price = row % 7, row * 1.5
        sheet.write_row(row - 1, 0, [row, f"馆点 {row}"])
        sheet.write_datetime(row - 1, 2, datetime.date(2026, 1, 1) + datetime.timedelta(row), day)
        sheet.write_row(row - 1, 3, [count, price])
        sheet.write_formula(row - 1, 5, "=Records[[#This Row],[数量]]*Records[[#This Row],[单价]]", None, count * price)
        sheet.write(row - 1, 6, "备注" if row % 3 else None, wrap)
        sheet.write(row - 1, 8, "草稿")
    sheet.write("A1", "标题", book.add_format({"bold": True, "bg_color": "#FFEEAA"}))
    sheet.write_rich_string("B1", "plain ", book.add_format({"bold": True}), "bold")
    sheet.write_comment("B4", "a note", {"author": "Ann"})
    sheet.set_column("B:B", 31.25)
    sheet.set_column("C:C", 12, day)
    sheet.freeze_panes(FIRST - 1, 2)
    sheet.data_validation(f"I{FIRST}:I{LAST}", {"validate": "list", "source": ["草稿", "完成"]})
    sheet.data_validation(f"D{FIRST}:D{LAST}", {"validate": "integer", "criteria": ">=", "value": 0})
    sheet.conditional_format(f"D{FIRST}:D{LAST}", {"type": "data_bar", "data_bar_2010": True})
    sheet.conditional_format(f"E{FIRST}:E{LAST}", {"type": "icon_set", "icon_style": "3_traffic_lights"})
    sheet.add_sparkline("K4", {"range": f"{RECORDS}!D4:D20", "type": "column"})
    sheet.set_landscape()
    sheet.print_area(f"A1:I{LAST}")
    sheet.set_header("&L&D")


def _charts(book: xlsxwriter.Workbook, sheet) -> None:
    for row in range(10):
        sheet.write_row(row, 0, [row, row * row])
    for kind, place in (("column", "D1"), ("pie", "D18")):
        chart = book.add_chart({"type": kind})
        chart.add_series({"values": f"={RECORDS}!$D$4:$D$20", "categories": f"={RECORDS}!$B$4:$B$20"})
        sheet.insert_chart(place, chart)
    sheet.insert_image("M18", "pixel.png", {"image_data": io.BytesIO(png()), "description": "a pixel"})
    sheet.insert_textbox("D35", "文本框")


def _own(book: xlsxwriter.Workbook, sheet) -> None:
    for row in range(30):
        sheet.write_row(row, 0, [row * column for column in range(6)])
    for row in range(1, 5):
        sheet.set_row(row, None, None, {"hidden": True})
    sheet.autofilter("A1:F30")
    sheet.filter_column("A", "x > 4")
    sheet.merge_range("A32:C33", "merged", book.add_format({"border": 1}))
    sheet.write_array_formula("H1:H3", "{=A1:A3*2}", None, 0)
    sheet.write_formula("I1", f"=SUM({RECORDS}!F{FIRST}:F{LAST})", None, 123.5)
    sheet.write_formula("I2", "=VLOOKUP(3,Records[],2,FALSE)", None, "Item 3")
    sheet.write_formula("I3", f"={RECORDS}!F10", None, 24)
    sheet.write_formula("I4", "=SUM(Amounts)*Rate", None, 7)
    sheet.write_formula("I5", "=A2+1", None, 1)
    sheet.write_formula("I6", "=I3+1", None, 25)


def _with_rare_parts(path: Path) -> Path:
    note = f'<threadedComment ref="B4" dT="2026-01-05T10:00:00.00" personId="{_guid(1)}" id="{_guid(2)}">'
    person = f'<person displayName="Ann" id="{_guid(1)}" userId="ann" providerId="None"/>'
    parts = {
        "xl/threadedComments/threadedComment1.xml": HEAD
        + f'<ThreadedComments xmlns="{THREADED}">{note}<text>thread</text></threadedComment></ThreadedComments>',
        "xl/persons/person.xml": HEAD + f'<personList xmlns="{THREADED}">{person}</personList>',
        "xl/externalLinks/externalLink1.xml": HEAD
        + f'<externalLink xmlns="{MAIN}" xmlns:r="{OFFICE}"><externalBook r:id="rId1"><sheetNames>'
        + '<sheetName val="Sheet1"/></sheetNames></externalBook></externalLink>',
        "xl/externalLinks/_rels/externalLink1.xml.rels": HEAD
        + f'<Relationships xmlns="{PACKAGE}"><Relationship Id="rId1" Type="{OFFICE}/externalLinkPath"'
        + ' Target="file:///C:/other.xlsx" TargetMode="External"/></Relationships>',
        "xl/calcChain.xml": HEAD
        + f'<calcChain xmlns="{MAIN}"><c r="I1" i="3"/><c r="I2"/><c r="N12"/><c r="F4" i="1"/></calcChain>',
        "xl/printerSettings/printerSettings1.bin": "\0" * 200 + "PRN",
    }
    changes: dict[str, Change | bytes] = {part: text.encode() for part, text in parts.items()}
    changes["[Content_Types].xml"] = _content_types
    changes["xl/_rels/workbook.xml.rels"] = _related(
        ("rIdPerson", f"{MICROSOFT}/2017/10/relationships/person", "persons/person.xml"),
        ("rIdLink", f"{OFFICE}/externalLink", "externalLinks/externalLink1.xml"),
        ("rIdChain", f"{OFFICE}/calcChain", "calcChain.xml"),
    )
    changes["xl/worksheets/_rels/sheet1.xml.rels"] = _related(
        (
            "rIdThread",
            f"{MICROSOFT}/2017/10/relationships/threadedComment",
            "../threadedComments/threadedComment1.xml",
        ),
        ("rIdPrinter", f"{OFFICE}/printerSettings", "../printerSettings/printerSettings1.bin"),
    )
    changes["xl/workbook.xml"] = chained(
        replaced(
            "<definedNames>",
            '<externalReferences><externalReference r:id="rIdLink"/></externalReferences><definedNames>',
        ),
        # As Excel leaves it, not as XlsxWriter does.
        replaced(' fullCalcOnLoad="1"', ""),
    )
    changes[RECORDS_PART] = chained(
        lambda text: re.sub(r"(<pageSetup [^>]*?)/>", r'\1 r:id="rIdPrinter"/>', text, count=1), _extended_validation
    )
    changes[OWN_PART] = chained(
        add_to_row(12, '<c r="N12"><f t="shared" ref="N12:N14" si="0">A12*2+$B$1</f><v>0</v></c>'),
        add_to_row(13, '<c r="N13"><f t="shared" si="0"/><v>0</v></c>'),
        add_to_row(14, '<c r="N14"><f t="shared" si="0"/><v>0</v></c><c r="O14"><f>[1]Sheet1!A1</f><v>42</v></c>'),
    )
    return change(path, changes)


def _guid(number: int) -> str:
    return f"{{{number:08d}-1111-1111-1111-111111111111}}"


def _content_types(text: str) -> str:
    kinds = {
        "xl/threadedComments/threadedComment1.xml": "application/vnd.ms-excel.threadedcomments+xml",
        "xl/persons/person.xml": "application/vnd.ms-excel.person+xml",
        "xl/externalLinks/externalLink1.xml": "externalLink",
        "xl/calcChain.xml": "calcChain",
    }
    office = "application/vnd.openxmlformats-officedocument.spreadsheetml."
    entries = "".join(
        f'<Override PartName="/{part}" ContentType="{kind if "/" in kind else f"{office}{kind}+xml"}"/>'
        for part, kind in kinds.items()
    )
    binary = f'<Default Extension="bin" ContentType="{office}printerSettings"/>'
    return text.replace("<Default ", binary + "<Default ", 1).replace("</Types>", entries + "</Types>")


def _related(*relations: tuple[str, str, str]) -> Change:
    entries = "".join(
        f'<Relationship Id="{identity}" Type="{kind}" Target="{target}"/>' for identity, kind, target in relations
    )
    return replaced("</Relationships>", entries + "</Relationships>")


def _extended_validation(text: str) -> str:
    """A list of choices on another tab, as Excel 2010 and later write it."""
    validation = (
        f'<ext xmlns:x14="{X14}" uri="{{CCE6A557-97BC-4b89-ADB6-D9C93CAAB3DF}}"><x14:dataValidations'
        f' xmlns:xm="{XM}" count="1"><x14:dataValidation type="list" allowBlank="1"><x14:formula1>'
        f"<xm:f>{OWN}!$A$1:$A$9</xm:f></x14:formula1><xm:sqref>G{FIRST}:G{LAST}</xm:sqref>"
        "</x14:dataValidation></x14:dataValidations></ext>"
    )
    place = text.index("<extLst>", text.index("<tableParts")) + len("<extLst>")
    return text[:place] + validation + text[place:]
