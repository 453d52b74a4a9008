"""A shared workbook as people have made it theirs: all that XlsxWriter can put in, and the parts that Excel alone writes."""

import io
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import openpyxl
import xlsxwriter
from lxml import etree
from xlsxwriter.worksheet import Worksheet

from integrations import hidden
from integrations.backend import Content
from integrations.newbook import Styles, write_guide, write_hidden, write_tab
from integrations.workbook import GUIDE_TITLE
from tests.sheets import ACTIVITIES
from tests.workbooks import HEAD, MAIN, MICROSOFT, OFFICE, PACKAGE, X14, chained, change, png, replaced

DRAWN, COUNTED, PIVOTED, CHARTED, AWAY = "我的图", "我的表", "透视", "图页", "藏起来"
OWN_HEADERS = ("自己的", "加倍", "网页", "走势")
LEDGER_PART = "xl/worksheets/sheet4.xml"
PIVOT_PART = "xl/worksheets/sheet10.xml"
_THREADED = f"{MICROSOFT}/spreadsheetml/2018/threadedcomments"
_COMPATIBLE = "http://schemas.openxmlformats.org/markup-compatibility/2006"
_DESCENT = f"{MICROSOFT}/spreadsheetml/2009/9/ac"
_ABSOLUTE = f"{MICROSOFT}/spreadsheetml/2010/11/ac"
_SLICERS = f"{MICROSOFT}/office/drawing/2010/slicer"
_SHEET_TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_WPS = "http://www.wps.cn/officeDocument"
_DRAWING = "http://schemas.openxmlformats.org/drawingml/2006"
_IMAGE = "ID_0123456789ABCDEF0123456789ABCDEF"  # what WPS calls a picture in a cell
_KIND = f"{MICROSOFT}/2017/10/relationships"


def app_tabs(book: xlsxwriter.Workbook, content: Content) -> dict[str, Worksheet]:
    """The guide and the tabs as the app makes them, without the hidden one: title -> tab."""
    styles = Styles(book)
    write_guide(book.add_worksheet(GUIDE_TITLE), content, styles)
    tabs = {}
    for layout, rows in content.tabs:
        tabs[layout.title] = book.add_worksheet(layout.title)
        write_tab(tabs[layout.title], layout, content, rows, styles)
    return tabs


def dressed(path: Path, content: Content) -> None:
    """A branch's workbook as the app makes it, with everything that a person can put into one."""
    with xlsxwriter.Workbook(str(path)) as book:
        book.set_custom_property("zongfen", f"{content.installation} {content.code}", "text")
        book.set_custom_property("批号", "B-17")
        tabs = app_tabs(book, content)
        headers = len(content.tabs[2][0].headers)
        _ledger(book, tabs[ACTIVITIES], headers)
        _drawn(book, book.add_worksheet(DRAWN))
        _counted(book, book.add_worksheet(COUNTED))
        book.add_worksheet(PIVOTED).write_row(0, 0, ["行标签", "求和项:参加人次"])
        write_hidden(book.add_worksheet(hidden.TITLE), content)
        away = book.add_worksheet(AWAY)
        away.hide()
        away.write_row(0, 0, ["私下", 3.5])
        chart = book.add_chart({"type": "line"})
        chart.add_series({"values": f"={ACTIVITIES}!$F$2:$F$4"})
        book.add_chartsheet(CHARTED).set_chart(chart)
        book.define_name("人次", f"={ACTIVITIES}!$F$2:$F$400")
        book.define_name(f"{COUNTED}!单价", "=2.5")
    _with_rare_parts(path, headers)


def _ledger(book: xlsxwriter.Workbook, sheet: Any, first: int) -> None:
    """What lies in and beside the app's own table; `first` is the first column, from 0, that the app has no use for."""
    yellow, red = book.add_format({"bg_color": "#FFEEAA"}), book.add_format({"font_color": "#CC0000", "italic": True})
    sheet.write_row(0, first, OWN_HEADERS, yellow)
    for row in range(1, 4):
        sheet.write_rich_string(row, first, "甲", red, f"乙 {row}", yellow)
        sheet.write_formula(row, first + 1, f"=F{row + 1}*2", None, row * 2)
        sheet.write_url(row, first + 2, f"https://example.cn/{row}", None, f"第 {row} 页")
        sheet.add_sparkline(row, first + 3, {"range": f"{ACTIVITIES}!F2:F4", "type": "column"})
    sheet.write_comment("F2", "人数待核", {"author": "王敏"})
    sheet.write_comment("D3", "[线程批注]", {"author": "tc={00000002-1111-1111-1111-111111111111}"})
    sheet.set_row(2, 30, red)
    sheet.set_column(first, first, 31.25, yellow)
    sheet.set_column(first + 4, first + 5, None, None, {"hidden": True, "level": 1})
    sheet.data_validation(1, first, 400, first, {"validate": "length", "criteria": "<", "value": 40})
    sheet.conditional_format("F2:F2001", {"type": "data_bar", "data_bar_2010": True, "bar_solid": True})
    sheet.conditional_format("F2:F4", {"type": "icon_set", "icon_style": "3_traffic_lights"})
    sheet.conditional_format("D2:D400", {"type": "formula", "criteria": "=$F2>50", "format": red})
    sheet.filter_column(5, "x >= 0")
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    sheet.print_area(0, 0, 400, first)
    sheet.set_header("&L&D&C&G", {"image_center": "seal.png", "image_data_center": io.BytesIO(png())})
    sheet.set_footer("&C第 &P 页")
    sheet.set_h_pagebreaks([40, 80])
    sheet.set_tab_color("#00AA55")
    sheet.set_zoom(120)
    sheet.ignore_errors({"number_stored_as_text": "A1:D400"})
    sheet.set_background(io.BytesIO(png()))


def _drawn(book: xlsxwriter.Workbook, sheet: Any) -> None:
    sheet.write_column(0, 0, [3, 1, 2])
    for kind, place in (("column", "D2"), ("pie", "D18"), ("scatter", "M2")):
        chart = book.add_chart({"type": kind})
        chart.add_series({"values": f"={ACTIVITIES}!$F$2:$F$4", "categories": f"={ACTIVITIES}!$D$2:$D$4"})
        sheet.insert_chart(place, chart)
    sheet.insert_image("M18", "x.png", {"image_data": io.BytesIO(png()), "description": "一点"})
    sheet.embed_image("A9", "y.png", {"image_data": io.BytesIO(png())})
    sheet.insert_textbox("D35", "文本框")
    sheet.insert_checkbox("A11", True)


def _counted(book: xlsxwriter.Workbook, sheet: Any) -> None:
    """Formulas that look at the app's cells, and a table with totals."""
    columns = [{"header": "项", "total_string": "合计"}, {"header": "数", "total_function": "sum"}]
    columns.append({"header": "两倍", "formula": "=[@数]*2"})
    sheet.add_table("A3:C6", {"name": "我的", "total_row": True, "columns": columns, "data": [["甲", 3], ["乙", 4]]})
    sheet.write_formula("E1", f"=SUM({ACTIVITIES}!F2:F400)", None, 6)
    sheet.write_formula("E2", "=SUM(人次)*单价", None, 15)
    sheet.write_formula("E3", f'=COUNTIF({ACTIVITIES}!D:D,"展*")', None, 3)
    sheet.write_formula("E4", "=E1+1", None, 7)
    sheet.write_formula("E5", "=SUM(我的[数])", None, 7)
    sheet.write_array_formula("G1:G3", f"{{={ACTIVITIES}!F2:F4*10}}", None, 10)
    sheet.write_dynamic_array_formula("I1", "=_xlfn._xlws.SORT(A4:A5)", None, "乙")
    sheet.write_formula("A14", f'=_xlfn.DISPIMG("{_IMAGE}",1)', None, f'=DISPIMG("{_IMAGE}",1)')
    sheet.merge_range("A10:C11", "合并", book.add_format({"border": 1}))
    sheet.protect("", {"format_cells": True})
    sheet.freeze_panes(3, 1)


def _with_rare_parts(path: Path, first: int) -> None:
    """Threaded comments, pictures in cells as WPS keeps them, a pivot table with its cache and slicer, printer settings,
    custom XML, the order of calculation; marks of Excel's own in the book."""
    column = xlsxwriter.utility.xl_col_to_name(first + 1)
    chain = (
        [f'<c r="{column}{row}" i="4"/>' for row in (2, 3, 4)]
        + [f'<c r="E{row}" i="9"/>' for row in range(1, 6)]
        + ['<c r="A14"/>']
    )
    parts = {
        "xl/threadedComments/threadedComment1.xml": f'<ThreadedComments xmlns="{_THREADED}"><threadedComment ref="D3"'
        f' dT="2026-01-05T10:00:00.00" personId="{_guid(1)}" id="{_guid(2)}"><text>名称对吗？</text></threadedComment>'
        f'<threadedComment ref="D3" dT="2026-01-06T10:00:00.00" personId="{_guid(1)}" id="{_guid(3)}"'
        f' parentId="{_guid(2)}"><text>对</text></threadedComment></ThreadedComments>',
        "xl/persons/person.xml": f'<personList xmlns="{_THREADED}"><person displayName="王敏" id="{_guid(1)}"'
        ' userId="wm" providerId="None"/></personList>',
        "xl/calcChain.xml": f'<calcChain xmlns="{MAIN}">{"".join(chain)}</calcChain>',
        "xl/cellimages.xml": f'<etc:cellImages xmlns:etc="{_WPS}/2017/etCustomData" xmlns:xdr="{_DRAWING}/spreadsheetDrawing"'
        f' xmlns:r="{OFFICE}" xmlns:a="{_DRAWING}/main"><etc:cellImage><xdr:pic><xdr:nvPicPr><xdr:cNvPr id="2"'
        f' name="{_IMAGE}"/><xdr:cNvPicPr/></xdr:nvPicPr><xdr:blipFill><a:blip r:embed="rId1"/></xdr:blipFill><xdr:spPr/>'
        "</xdr:pic></etc:cellImage></etc:cellImages>",
        "xl/_rels/cellimages.xml.rels": f'<Relationships xmlns="{PACKAGE}"><Relationship Id="rId1" Type="{OFFICE}/image"'
        ' Target="media/image1.png"/></Relationships>',
        "customXml/item1.xml": '<科目 xmlns="urn:own"><项>馆</项></科目>',
        **PIVOT,
    }
    changes: dict[str, Any] = {part: (HEAD + text).encode() for part, text in parts.items()}
    changes |= {
        "xl/printerSettings/printerSettings1.bin": b"\0" * 200 + b"PRN\xff\xfe",
        "[Content_Types].xml": _content_types,
        "_rels/.rels": related(("rIdOwn", f"{OFFICE}/customXml", "customXml/item1.xml")),
        "xl/_rels/workbook.xml.rels": related(
            ("rIdPerson", f"{_KIND}/person", "persons/person.xml"),
            ("rIdImages", f"{_WPS}/2020/cellImage", "cellimages.xml"),
            ("rIdChain", f"{OFFICE}/calcChain", "calcChain.xml"),
            ("rIdCache", f"{OFFICE}/pivotCacheDefinition", "/xl/pivotCache/pivotCacheDefinition1.xml"),
            ("rIdSlicer", f"{MICROSOFT}/2007/relationships/slicerCache", "slicerCaches/slicerCache1.xml"),
        ),
        "xl/worksheets/_rels/sheet4.xml.rels": related(
            ("rIdThread", f"{_KIND}/threadedComment", "../threadedComments/threadedComment1.xml"),
            ("rIdPrinter", f"{OFFICE}/printerSettings", "../printerSettings/printerSettings1.bin"),
        ),
        "xl/worksheets/_rels/sheet10.xml.rels": (
            HEAD + f'<Relationships xmlns="{PACKAGE}"><Relationship Id="rId1" Type="{OFFICE}/pivotTable"'
            ' Target="../pivotTables/pivotTable1.xml"/><Relationship Id="rId2"'
            f' Type="{MICROSOFT}/2007/relationships/slicer" Target="../slicers/slicer1.xml"/></Relationships>'
        ).encode(),
        "xl/workbook.xml": _book_marks,
        LEDGER_PART: chained(_printed, _shared(column)),
        PIVOT_PART: replaced("</worksheet>", _SLICER_LIST + "</worksheet>"),
    }
    change(path, changes)


def _guid(number: int) -> str:
    return f"{{{number:08d}-1111-1111-1111-111111111111}}"


def related(*relations: tuple[str, str, str]) -> Any:
    """Puts relations into a part of them."""
    entries = (f'<Relationship Id="{one}" Type="{kind}" Target="{target}"/>' for one, kind, target in relations)
    return replaced("</Relationships>", "".join(entries) + "</Relationships>")


def _content_types(text: str) -> str:
    kinds = {
        "xl/threadedComments/threadedComment1.xml": "application/vnd.ms-excel.threadedcomments+xml",
        "xl/persons/person.xml": "application/vnd.ms-excel.person+xml",
        "xl/calcChain.xml": f"{_SHEET_TYPES}.calcChain+xml",
        "xl/cellimages.xml": "application/vnd.wps-officedocument.cellimage+xml",
        "xl/pivotCache/pivotCacheDefinition1.xml": f"{_SHEET_TYPES}.pivotCacheDefinition+xml",
        "xl/pivotCache/pivotCacheRecords1.xml": f"{_SHEET_TYPES}.pivotCacheRecords+xml",
        "xl/pivotTables/pivotTable1.xml": f"{_SHEET_TYPES}.pivotTable+xml",
        "xl/slicers/slicer1.xml": "application/vnd.ms-excel.slicer+xml",
        "xl/slicerCaches/slicerCache1.xml": "application/vnd.ms-excel.slicerCache+xml",
    }
    entries = "".join(f'<Override PartName="/{part}" ContentType="{kind}"/>' for part, kind in kinds.items())
    binary = f'<Default Extension="bin" ContentType="{_SHEET_TYPES}.printerSettings"/>'
    return text.replace("<Default ", binary + "<Default ", 1).replace("</Types>", entries + "</Types>")


def _book_marks(text: str) -> str:
    """Where Excel keeps the file's own path, and the lists of pivot caches and slicers."""
    kept = (
        f'<mc:AlternateContent xmlns:mc="{_COMPATIBLE}"><mc:Choice Requires="x15" xmlns:x15="{MICROSOFT}/spreadsheetml/'
        f'2010/11/main"><x15ac:absPath url="D:\\表\\" xmlns:x15ac="{_ABSOLUTE}"/></mc:Choice></mc:AlternateContent>'
    )
    lists = (
        '<pivotCaches><pivotCache cacheId="7" r:id="rIdCache"/></pivotCaches><extLst><ext'
        f' uri="{{BBE1A952-AA13-448e-AADC-164F8A28A991}}" xmlns:x14="{X14}"><x14:slicerCaches><x14:slicerCache'
        ' r:id="rIdSlicer"/></x14:slicerCaches></ext></extLst>'
    )
    text = re.sub("(<workbookPr[^>]*/>)", r"\1" + kept.replace("\\", r"\\"), text, count=1)
    return text.replace(' fullCalcOnLoad="1"', "").replace("</workbook>", lists + "</workbook>")


def _printed(text: str) -> str:
    """A printer's settings. The heights that Excel notes (x14ac:dyDescent) are XlsxWriter's already."""
    assert f'xmlns:x14ac="{_DESCENT}" mc:Ignorable="x14ac"' in text
    return re.sub(r"(<pageSetup [^>]*?)/>", r'\1 r:id="rIdPrinter"/>', text, count=1)


def _shared(column: str) -> Any:
    """One formula for three rows, as Excel saves what was filled down."""

    def edit(text: str) -> str:
        master = f'<f t="shared" ref="{column}2:{column}4" si="0">F2*2</f>'
        text = replaced("<f>F2*2</f>", master)(text)
        return chained(*(replaced(f"<f>F{row}*2</f>", '<f t="shared" si="0"/>') for row in (3, 4)))(text)

    return edit


_SLICER_LIST = (
    f'<extLst><ext uri="{{A8765BA9-456A-4dab-B4F3-ACF838C121DE}}" xmlns:x14="{X14}"><x14:slicerList><x14:slicer'
    f' xmlns:r="{OFFICE}" r:id="rId2"/></x14:slicerList></ext></extLst>'
)
PIVOT = {
    "xl/pivotCache/pivotCacheDefinition1.xml": f'<pivotCacheDefinition xmlns="{MAIN}" xmlns:r="{OFFICE}" r:id="rId1"'
    f' refreshOnLoad="0" recordCount="2"><cacheSource type="worksheet"><worksheetSource ref="A3:B5" sheet="{COUNTED}"/>'
    '</cacheSource><cacheFields count="2"><cacheField name="项"><sharedItems count="2"><s v="甲"/><s v="乙"/>'
    '</sharedItems></cacheField><cacheField name="数"><sharedItems containsSemiMixedTypes="0" containsString="0"'
    ' containsNumber="1" containsInteger="1" minValue="3" maxValue="4"/></cacheField></cacheFields>'
    "</pivotCacheDefinition>",
    "xl/pivotCache/_rels/pivotCacheDefinition1.xml.rels": f'<Relationships xmlns="{PACKAGE}"><Relationship Id="rId1"'
    f' Type="{OFFICE}/pivotCacheRecords" Target="pivotCacheRecords1.xml"/></Relationships>',
    "xl/pivotCache/pivotCacheRecords1.xml": f'<pivotCacheRecords xmlns="{MAIN}" count="2"><r><x v="0"/><n v="3"/></r>'
    '<r><x v="1"/><n v="4"/></r></pivotCacheRecords>',
    "xl/pivotTables/pivotTable1.xml": f'<pivotTableDefinition xmlns="{MAIN}" name="透视表1" cacheId="7"'
    ' dataCaption="值" applyNumberFormats="0" applyBorderFormats="0" applyFontFormats="0" applyPatternFormats="0"'
    ' applyAlignmentFormats="0" applyWidthHeightFormats="1"><location ref="A1:B4" firstHeaderRow="1"'
    ' firstDataRow="1" firstDataCol="1"/><pivotFields count="2"><pivotField axis="axisRow" showAll="0"><items count="3">'
    '<item x="0"/><item x="1"/><item t="default"/></items></pivotField><pivotField dataField="1" showAll="0"/>'
    '</pivotFields><rowFields count="1"><field x="0"/></rowFields><rowItems count="3"><i><x/></i><i><x v="1"/></i>'
    '<i t="grand"><x/></i></rowItems><colItems count="1"><i/></colItems><dataFields count="1"><dataField'
    ' name="求和项:参加人次" fld="1" baseField="0" baseItem="0"/></dataFields></pivotTableDefinition>',
    "xl/pivotTables/_rels/pivotTable1.xml.rels": f'<Relationships xmlns="{PACKAGE}"><Relationship Id="rId1"'
    f' Type="{OFFICE}/pivotCacheDefinition" Target="../pivotCache/pivotCacheDefinition1.xml"/></Relationships>',
    "xl/slicers/slicer1.xml": f'<slicers xmlns="{X14}"><slicer name="项" cache="切片器_项" caption="项"'
    ' rowHeight="241300"/></slicers>',
    "xl/slicerCaches/slicerCache1.xml": f'<slicerCacheDefinition xmlns="{X14}" name="切片器_项" sourceName="项">'
    '<pivotTables><pivotTable tabId="10" name="透视表1"/></pivotTables><data><tabular pivotCacheId="7"><items'
    ' count="2"><i x="0" s="1"/><i x="1" s="1"/></items></tabular></data></slicerCacheDefinition>',
}


# ---------------------------------------------------------------- a person at the file, without any library of sheets


def contents(path: Path) -> dict[str, bytes]:
    """Every part as it is unpacked."""
    with zipfile.ZipFile(path) as package:
        return {info.filename: package.read(info) for info in package.infolist()}


def part_of(path: Path, title: str) -> str:
    """The part that holds a tab, wherever the workbook's own part is."""
    parts = contents(path)
    kind = f"{OFFICE}/officeDocument"
    book = next(one.get("Target") for one in etree.fromstring(parts["_rels/.rels"]) if one.get("Type") == kind)
    folder, _slash, name = book.lstrip("/").rpartition("/")
    sheets = etree.fromstring(parts[book.lstrip("/")]).iter("{*}sheet")
    relation = next(one for one in sheets if one.get("name") == title).get(f"{{{OFFICE}}}id")
    relations = etree.fromstring(parts[f"{folder}/_rels/{name}.rels"])
    target = next(one.get("Target") for one in relations if one.get("Id") == relation)
    return target.lstrip("/") if target.startswith("/") else f"{folder}/{target}"


def told(path: Path, title: str) -> dict[str, str]:
    """The saved text of every filled cell of a tab, by its address."""
    parts = contents(path)
    strings = [
        "".join(text.text or "" for text in item.iter("{*}t") if text.getparent().tag != f"{{{MAIN}}}rPh")
        for item in etree.fromstring(parts.get("xl/sharedStrings.xml", b"<sst/>"))
    ]
    found, row, column = {}, 0, 0
    for cell in etree.fromstring(parts[part_of(path, title)]).iter("{*}row", "{*}c"):
        if cell.tag.endswith("}row"):
            row, column = int(cell.get("r") or row + 1), 0
            continue
        column += 1
        place = cell.get("r") or f"{xlsxwriter.utility.xl_col_to_name(column - 1)}{row}"
        text = "".join(one.text or "" for one in cell.iter("{*}v", "{*}t"))
        if text:
            found[place] = strings[int(text)] if cell.get("t") == "s" else text
    return found


def type_in(path: Path, title: str, cells: Mapping[str, str | int | None]) -> None:
    """What an office program does when somebody types: the sheet's part is written anew, the others come along."""
    part = part_of(path, title)
    tree = etree.fromstring(contents(path)[part])
    for address, value in cells.items():
        cell = _cell(tree, address)
        for child in list(cell):
            cell.remove(child)
        cell.attrib.pop("t", None)
        if isinstance(value, int):
            etree.SubElement(cell, f"{{{MAIN}}}v").text = str(value)
        elif value is not None:
            cell.set("t", "inlineStr")
            inside = etree.SubElement(cell, f"{{{MAIN}}}is")
            etree.SubElement(inside, f"{{{MAIN}}}t").text = value
    change(path, {part: etree.tostring(tree, xml_declaration=True, encoding="UTF-8", standalone=True)})


def _cell(tree: etree._Element, address: str) -> etree._Element:
    letters, number = re.fullmatch("([A-Z]+)([0-9]+)", address).groups()
    data = tree.find(f"{{{MAIN}}}sheetData")
    row = next((one for one in data if one.get("r") == number), None)
    if row is None:
        row = etree.Element(f"{{{MAIN}}}row", r=number)
        data.insert(sum(int(one.get("r")) < int(number) for one in data), row)
    cell = next((one for one in row if one.get("r") == address), None)
    if cell is None:
        cell = etree.Element(f"{{{MAIN}}}c", r=address)
        column = openpyxl.utils.column_index_from_string(letters)
        for look in tree.iter(f"{{{MAIN}}}col"):  # a new cell looks like its column
            if int(look.get("min")) <= column <= int(look.get("max")) and look.get("style"):
                cell.set("s", look.get("style"))
        row.insert(sum(_before(one.get("r"), letters) for one in row), cell)
    return cell


def _before(address: str, letters: str) -> bool:
    mine = address.rstrip("0123456789")
    return (len(mine), mine) < (len(letters), letters)
