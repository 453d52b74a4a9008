"""The same workbook as other programs would write it: read alike, written into without harm to any other part."""

import datetime
import posixpath
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from lxml import etree

from integrations import hidden
from integrations.backend import Content
from integrations.folder import owner_of
from integrations.newbook import make_book
from integrations.package import TabEdit, Unwritable, identify, write
from integrations.reading import Grids, grids
from integrations.workbook import Layout, Lists
from models.catalog import catalog
from tests.people import contents, part_of, told
from tests.sheets import ACTIVITIES
from tests.workbooks import HEAD, MAIN, OFFICE, change, rezip
from tests.world import new_row

LEDGER, STRINGS, BOOK = "xl/worksheets/sheet4.xml", "xl/sharedStrings.xml", "xl/workbook.xml"
EVENTS = 3
Write = Callable[[Path], object]


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """A branch's workbook as the app makes it."""
    tables = catalog()
    events = [
        {"site": "C111", "held_on": f"2026-03-0{number}", "title": f"展 {number}", "persons": number, "note": "记"}
        for number in range(1, EVENTS + 1)
    ]
    rows = [new_row(tables["activities"], f"a{number}", told) for number, told in enumerate(events, 1)]
    tabs = [(Layout(table), rows if table.name == "activities" else []) for table in tables.tabs]
    path = tmp_path_factory.mktemp("made") / "C111 关上馆.xlsx"
    make_book(path, Content("C111", "关上馆", "here", 1, tabs, Lists({"sites": {"C111": "关上馆"}})))
    return path


# ---------------------------------------------------------------- other hands


def every(change_part: Callable[[bytes], bytes], pattern: str) -> Write:
    """Writes all parts of some names otherwise."""

    def rewrite(path: Path) -> None:
        change(path, {name: change_part(data) for name, data in contents(path).items() if re.fullmatch(pattern, name)})

    return rewrite


def text(edit: Callable[[str], str]) -> Callable[[bytes], bytes]:
    return lambda data: edit(data.decode()).encode()


def said(old: str, new: str) -> Write:
    """One of the shared strings in other words of XML."""

    def edit(xml: str) -> str:
        assert old in xml
        return xml.replace(old, new, 1)

    return every(text(edit), STRINGS)


def prefixed(xml: str) -> str:
    """<x:worksheet>, as .NET's libraries write."""
    if f'xmlns="{MAIN}"' not in xml:
        return xml
    return re.sub(r"<(/?)([A-Za-z]\w*)(?=[\s/>])", r"<\1x:\2", xml).replace("xmlns=", "xmlns:x=")


def absolute(path: Path) -> None:
    """Every target from the root of the package."""

    def edit(name: str, xml: str) -> str:
        base = posixpath.dirname(posixpath.dirname(name))
        return re.sub(
            'Target="([^/][^"]*)"', lambda one: f'Target="/{posixpath.normpath(f"{base}/{one[1]}").lstrip("/")}"', xml
        )

    change(path, {name: edit(name, data.decode()).encode() for name, data in contents(path).items() if ".rels" in name})


def uncounted(data: bytes) -> bytes:
    """Rows and cells without numbers: where one is left out, a blank one stands."""
    tree = etree.fromstring(data)
    for row in tree.iter(f"{{{MAIN}}}row"):
        cells = {column(one.get("r")): one for one in row}
        for place in range(1, max(cells) + 1):
            cell = cells.get(place)
            if cell is None:
                row.insert(place - 1, etree.Element(f"{{{MAIN}}}c"))
            else:
                del cell.attrib["r"]
        del row.attrib["r"]
        row.attrib.pop("spans", None)
    return etree.tostring(tree)


def column(address: str) -> int:
    number = 0
    for letter in address.rstrip("0123456789"):
        number = number * 26 + ord(letter) - 64
    return number


def inline(path: Path) -> None:
    """No shared strings, as XlsxWriter's constant_memory mode and many libraries write."""
    parts = contents(path)
    items = [
        re.sub(' xmlns="[^"]*"', "", "".join(etree.tostring(t, encoding="unicode") for t in item))
        for item in etree.fromstring(parts[STRINGS])
    ]
    pattern = re.compile(r'<c ([^>]*)t="s"([^>]*)><v>(\d+)</v></c>')

    def edit(xml: str) -> str:
        return pattern.sub(lambda one: f'<c {one[1]}t="inlineStr"{one[2]}><is>{items[int(one[3])]}</is></c>', xml)

    every(text(edit), "xl/worksheets/.*xml")(path)


def swapped(path: Path) -> None:
    """Tabs whose parts are named in another order than they stand, and lie in the zip from the last to the first."""
    parts = contents(path)
    parts[LEDGER], parts["xl/worksheets/sheet2.xml"] = parts["xl/worksheets/sheet2.xml"], parts[LEDGER]
    numbers = {"4": "2", "2": "4"}
    relations = "xl/_rels/workbook.xml.rels"
    edited = re.sub(r"sheet([24])\.xml", lambda one: f"sheet{numbers[one[1]]}.xml", parts[relations].decode())
    packed(path, dict(reversed({**parts, relations: edited.encode()}.items())))


def packed(path: Path, parts: dict[str, bytes], large: bool = False) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for name, data in parts.items():
            with package.open(zipfile.ZipInfo(name), "w", force_zip64=large) as out:
                out.write(data)


def with_folders(path: Path) -> None:
    """Entries for the folders themselves, as WPS and zip programs write."""
    names = ("_rels/", "docProps/", "xl/", "xl/_rels/", "xl/worksheets/")
    packed(path, {**dict.fromkeys(names, b""), **contents(path)})


def wps(path: Path) -> None:
    """As WPS 11.1 saves: its build among the properties, before ours; its namespaces on every sheet; entries for folders."""
    every(text(lambda xml: xml.replace("Microsoft Excel", "WPS 表格")), "docProps/app.xml")(path)
    every(text(lambda xml: re.sub("(<Properties [^>]*>)(.*)", with_build, xml)), "docProps/custom.xml")(path)
    every(text(lambda xml: xml.replace("<worksheet ", f"<worksheet {WPS_SPACES} ")), "xl/worksheets/.*xml")(path)
    with_folders(path)


WPS_SPACES = (
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
    ' xmlns:etc="http://www.wps.cn/officeDocument/2017/etCustomData"'
)


def with_build(properties: re.Match[str]) -> str:
    build = '<property fmtid="{D5CDD505-2E9C-101B-9397-08002B2CF9AE}" pid="2" name="KSOProductBuildVer">'
    build += "<vt:lpwstr>2052-11.1.0.11744</vt:lpwstr></property>"
    return properties[1] + build + properties[2].replace('pid="2"', 'pid="3"')


def numbered_book(path: Path) -> None:
    """xl/workbook22.xml, as Microsoft's templates have it."""
    parts = contents(path)
    for name in ("_rels/.rels", "[Content_Types].xml"):
        parts[name] = parts[name].replace(b"xl/workbook.xml", b"xl/workbook22.xml")
    packed(path, {name.replace("workbook.xml", "workbook22.xml"): data for name, data in parts.items()})


def indented(data: bytes) -> bytes:
    tree = etree.fromstring(data)
    etree.indent(tree)
    return etree.tostring(tree, xml_declaration=True, encoding="UTF-8", standalone=True)


def coded(encoding: str) -> Callable[[bytes], bytes]:
    return lambda data: data.decode().replace('encoding="UTF-8"', f'encoding="{encoding}"').encode(encoding)


def in_ledger(edit: Callable[[str], str]) -> Write:
    return every(text(edit), LEDGER)


RICH = '<r><t>展</t></r><r><rPr><b/></rPr><t xml:space="preserve"> 1</t></r>'
READING = '<rPh sb="0" eb="1"><t>ZHAN</t></rPh><phoneticPr fontId="1"/>'
SKIPPED = (
    '<mc:AlternateContent xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"><mc:Choice'
    ' Requires="x14"><controls/></mc:Choice><mc:Fallback/></mc:AlternateContent></worksheet>'
)
MAKERS: dict[str, Write] = {
    "as it is": lambda path: None,
    "a prefix for the main namespace": every(text(prefixed), r"xl/.*\.xml"),
    "a prefix in one sheet": in_ledger(prefixed),
    "targets from the root": absolute,
    "a byte order mark": every(lambda data: b"\xef\xbb\xbf" + data, r".*\.(xml|rels)"),
    "UTF-16 in all parts": every(coded("UTF-16"), r".*\.(xml|rels)"),
    "UTF-16 in one sheet": every(coded("UTF-16"), LEDGER),
    "GB18030 in one sheet": every(coded("GB18030"), LEDGER),
    "no numbers of rows and cells": every(uncounted, "xl/worksheets/sheet[2-7].xml"),
    "no spans": in_ledger(lambda xml: re.sub(' spans="[^"]*"', "", xml)),
    "inline strings": inline,
    "a text in runs": said("<t>展 1</t>", RICH),
    "a text with its reading": said("<t>展 1</t>", RICH + READING),
    "a text in CDATA": said("<t>展 1</t>", "<t><![CDATA[展 1]]></t>"),
    "a text with blanks around": said("<t>展 1</t>", '<t xml:space="preserve"> 展 1\n</t>'),
    "a text with an escape": said("<t>展 1</t>", "<t>展_x0020_1</t>"),
    "parts named out of order": swapped,
    "a hidden tab": every(text(lambda xml: xml.replace('name="活动台账"', 'name="活动台账" state="hidden"')), BOOK),
    "entries for folders": with_folders,
    "WPS": wps,
    "a numbered workbook part": numbered_book,
    "sizes for large files": lambda path: packed(path, contents(path), large=True),
    "sizes behind the parts": lambda path: rezip(path, streamed=True),
    "a remark on the zip": lambda path: rezip(path, comment=b"by hand"),
    "CR LF": every(lambda data: data.replace(b"\n", b"\r\n"), r"xl/.*\.xml"),
    "laid out for reading": every(indented, r".*\.(xml|rels)"),
    "single quotes": every(text(lambda xml: re.sub(r"""(\w)="([^"']*)\"""", r"\1='\2'", xml)), r"xl/.*\.(xml|rels)"),
    "comments": in_ledger(lambda xml: re.sub("(<sheetData>|<row [^>]*>|</sheetData>)", r"<!-- a -->\1<!-- b -->", xml)),
    "what older programs skip": in_ledger(lambda xml: xml.replace("</worksheet>", SKIPPED)),
    "no dimension": in_ledger(lambda xml: re.sub("<dimension [^>]*/>", "", xml)),
    "a wrong dimension": in_ledger(lambda xml: re.sub("<dimension [^>]*/>", '<dimension ref="A1"/>', xml)),
    "no columns": in_ledger(lambda xml: re.sub("<cols>.*</cols>", "", xml)),
    "no styles in cells": in_ledger(lambda xml: re.sub(r'(<c r="[ABD-Z]\d+") s="\d+"', r"\1", xml)),
    "a day as text of ISO": in_ledger(
        lambda xml: re.sub(r'<c r="C2"( s="\d+")><v>\d+</v>', r'<c r="C2"\1 t="d"><v>2026-03-01T00:00:00</v>', xml)
    ),
    "a blank row at the very end": in_ledger(
        lambda xml: xml.replace("</sheetData>", '<row r="1048576"><c r="A1048576" s="1"/></row></sheetData>')
    ),
}


def days(read: Grids) -> Grids:
    """A day at midnight is that day."""
    midnight = datetime.time()
    return {
        title: [
            [cell.date() if isinstance(cell, datetime.datetime) and cell.time() == midnight else cell for cell in row]
            for row in grid
        ]
        for title, grid in read.items()
    }


@pytest.mark.parametrize("maker", MAKERS.values(), ids=MAKERS)
def test_read_and_written_whoever_made_it(made, tmp_path, maker):
    path = tmp_path / made.name
    path.write_bytes(made.read_bytes())
    maker(path)
    plain = days(grids(made))
    assert days(grids(path)) == plain
    assert owner_of(path) == ("here", "C111")
    before, cells = contents(path), told(path, ACTIVITIES)
    last = EVENTS + 2
    edits = [
        TabEdit(ACTIVITIES, {(2, 4): "改", (last, 4): "新", (last, 6): 9}, (last,)),
        TabEdit(hidden.TITLE, {(1, 4): 2}),
    ]
    write(path, edits, identify(path))
    after = contents(path)
    assert list(after) == list(before)
    written = {part_of(path, ACTIVITIES), part_of(path, hidden.TITLE)}
    book = next(name for name in before if re.search(r"workbook\d*\.xml$", name))
    assert {name for name in before if before[name] != after[name]} == {*written, book}  # the filter reaches farther
    now = told(path, ACTIVITIES)
    wanted = {"D2": "改", f"D{last}": "新", f"F{last}": "9"}
    assert {
        place: now.get(place) for place in now.keys() | cells.keys() if now.get(place) != cells.get(place)
    } == wanted
    plain[ACTIVITIES][1][3] = "改"
    plain[ACTIVITIES].append([None, None, None, "新", None, 9])
    plain[hidden.TITLE][0][3] = 2
    assert days(grids(path)) == plain


def test_the_strict_format_is_read_and_not_written(made, tmp_path):
    """Said in words that a person can act on; the file stays as it is."""
    path = tmp_path / made.name
    path.write_bytes(made.read_bytes())
    strict = "http://purl.oclc.org/ooxml"
    every(
        text(
            lambda xml: xml.replace(MAIN, f"{strict}/spreadsheetml/main").replace(
                OFFICE, f"{strict}/officeDocument/relationships"
            )
        ),
        r".*\.(xml|rels)",
    )(path)
    assert grids(path)[ACTIVITIES] == grids(made)[ACTIVITIES]
    before = path.read_bytes()
    with pytest.raises(Unwritable, match=r"严格 OOXML 格式，另存为普通 \.xlsx"):
        write(path, [TabEdit(ACTIVITIES, {(2, 4): "改"})], identify(path))
    assert path.read_bytes() == before


def test_an_entity_of_the_file_s_own_is_never_followed(made, tmp_path):
    path = tmp_path / made.name
    path.write_bytes(made.read_bytes())
    every(text(lambda xml: xml.replace(HEAD, f'{HEAD}<!DOCTYPE x [<!ENTITY e "展 1">]>')), LEDGER)(path)
    with pytest.raises(Unwritable, match="文档类型声明"):
        write(path, [TabEdit(ACTIVITIES, {(2, 4): "改"})], identify(path))
