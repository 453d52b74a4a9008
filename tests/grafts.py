"""The app's tabs moved into a workbook that another program has saved: a person's own file that holds them from now on."""

import re
import zipfile
from pathlib import Path

from lxml import etree

from tests.people import contents
from tests.workbooks import OFFICE

_SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"
_CUSTOM = "application/vnd.openxmlformats-officedocument.custom-properties+xml"


def graft(path: Path, host: Path) -> None:
    """The workbook at `path` becomes the host with the app's tabs behind its own: their cells, in the host's styles."""
    parts, app = contents(host), contents(path)
    strings = [_inside(item) for item in etree.fromstring(app["xl/sharedStrings.xml"])]
    types, relations, book = (parts[name].decode() for name in (_TYPES, _RELATIONS, _BOOK))
    sheets, names = "", ""
    own = len(re.findall("<sheet ", book))
    for number, sheet in enumerate(etree.fromstring(app[_BOOK]).iter("{*}sheet"), 1):
        part, state = f"xl/worksheets/sheet{100 + number}.xml", sheet.get("state")
        parts[part] = _plain(app[f"xl/worksheets/sheet{number}.xml"].decode(), strings).encode()
        types = types.replace("</Types>", f'<Override PartName="/{part}" ContentType="{_SHEET}"/></Types>')
        relations = _related(relations, f"rIdApp{number}", f"{OFFICE}/worksheet", part.removeprefix("xl/"))
        shown = f' state="{state}"' if state else ""
        sheets += f'<sheet name="{sheet.get("name")}" sheetId="{100 + number}"{shown} r:id="rIdApp{number}"/>'
    for name in etree.fromstring(app[_BOOK]).iter("{*}definedName"):
        place = int(name.get("localSheetId")) + own
        names += f'<definedName name="{name.get("name")}" localSheetId="{place}" hidden="1">{name.text}</definedName>'
    assert "<definedNames>" not in book
    parts[_BOOK] = book.replace("</sheets>", f"{sheets}</sheets><definedNames>{names}</definedNames>").encode()
    assert "docProps/custom.xml" not in parts
    parts["docProps/custom.xml"] = app["docProps/custom.xml"]
    parts[_TYPES] = types.replace(
        "</Types>", f'<Override PartName="/docProps/custom.xml" ContentType="{_CUSTOM}"/></Types>'
    ).encode()
    parts[_RELATIONS] = relations.encode()
    root = parts["_rels/.rels"].decode()
    parts["_rels/.rels"] = _related(root, "rIdApp", f"{OFFICE}/custom-properties", "docProps/custom.xml").encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for name, data in parts.items():
            package.writestr(name, data)


_TYPES, _RELATIONS, _BOOK = "[Content_Types].xml", "xl/_rels/workbook.xml.rels", "xl/workbook.xml"


def _inside(item: etree._Element) -> str:
    return re.sub(' xmlns="[^"]*"', "", "".join(etree.tostring(one, encoding="unicode") for one in item))


def _plain(xml: str, strings: list[str]) -> str:
    """A sheet with its texts inside and without styles of its own: those are numbers in another book's list."""
    xml = re.sub(
        r'<c ([^>]*)t="s"([^>]*)><v>(\d+)</v></c>',
        lambda one: f'<c {one[1]}t="inlineStr"{one[2]}><is>{strings[int(one[3])]}</is></c>',
        xml,
    )
    xml = re.sub(r'(<c r="[A-Z]+\d+") s="\d+"', r"\1", xml)
    return re.sub(r'(<col [^>]*) style="\d+"', r"\1", xml).replace(' tabSelected="1"', "")


def _related(xml: str, identity: str, kind: str, target: str) -> str:
    return xml.replace(
        "</Relationships>", f'<Relationship Id="{identity}" Type="{kind}" Target="{target}"/></Relationships>'
    )
