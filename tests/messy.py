"""Makes files such as people send, and such as nobody should."""

import io
import re
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import xlsxwriter

from integrations.reading import Reading

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
STRICT_MAIN = "http://purl.oclc.org/ooxml/spreadsheetml/main"
STRICT_OFFICE = "http://purl.oclc.org/ooxml/officeDocument/relationships"
TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
MEGABYTE = 1024 * 1024
# White space as `re` knows it, but for the four separators that no keyboard has; and what shows as nothing at all.
_BLANK = r"(?:[^\S\x1c-\x1f]|[\u200b-\u200d\u2060\ufeff])"
_EDGES = re.compile(f"\\A{_BLANK}+|{_BLANK}+\\Z")


def trimmed(text: str) -> str:
    """A text as a reader should give it, by other means than the app's."""
    return re.sub(r"\r\n?", "\n", _EDGES.sub("", text))


def drawn(path: Path, draw: Callable[[xlsxwriter.Workbook], object]) -> Path:
    """A workbook that XlsxWriter writes; `draw` fills it."""
    with xlsxwriter.Workbook(path) as book:
        draw(book)
    return path


def workbook(path: Path, rows: Sequence[Sequence[Any]], name: str = "Sheet1") -> Path:
    """A workbook of one tab with these values as they are: texts as texts."""

    def draw(book: xlsxwriter.Workbook) -> None:
        sheet = book.add_worksheet(name)
        for number, row in enumerate(rows):
            for column, value in enumerate(row):
                (sheet.write_string if isinstance(value, str) else sheet.write)(number, column, value)

    return drawn(path, draw)


def package(
    *sheets: str,
    styles: str = "",
    strings: str = "",
    settings: str = "",
    states: Sequence[str] = (),
    main: str = MAIN,
    office: str = OFFICE,
) -> bytes:
    """An .xlsx by hand: each of `sheets` is what stands in <sheetData>, named 表1, 表2 …"""
    states = [*states, *["visible"] * len(sheets)]
    numbers = range(1, len(sheets) + 1)
    entries = "".join(f'<sheet name="表{n}" sheetId="{n}" state="{states[n - 1]}" r:id="s{n}"/>' for n in numbers)
    relations = "".join(relation(f"s{n}", f"{office}/worksheet", f"worksheets/sheet{n}.xml") for n in numbers)
    relations += relation("y", f"{office}/styles", "styles.xml") + relation(
        "t", f"{office}/sharedStrings", "strings.xml"
    )
    return zipped(
        {
            "[Content_Types].xml": f'<Types xmlns="{TYPES}"><Default Extension="xml" ContentType="application/xml"/></Types>',
            "_rels/.rels": related(relation("w", f"{office}/officeDocument", "xl/workbook.xml")),
            "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}">{settings}<sheets>{entries}</sheets></workbook>',
            "xl/_rels/workbook.xml.rels": related(relations),
            "xl/styles.xml": f'<styleSheet xmlns="{main}">{styles}</styleSheet>',
            "xl/strings.xml": f'<sst xmlns="{main}">{strings}</sst>',
            **{
                f"xl/worksheets/sheet{n}.xml": f'<worksheet xmlns="{main}"><sheetData>{sheet}</sheetData></worksheet>'
                for n, sheet in enumerate(sheets, 1)
            },
        }
    )


def relation(identity: str, kind: str, target: str) -> str:
    return f'<Relationship Id="{identity}" Type="{kind}" Target="{target}"/>'


def related(relations: str) -> str:
    return f'<Relationships xmlns="{RELATIONS}">{relations}</Relationships>'


def zipped(parts: dict[str, str | bytes], packing: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", packing) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


def row(*inside: str, number: int = 1) -> str:
    """A row of cells from their elements."""
    return f'<row r="{number}">{"".join(inside)}</row>'


# Cells so far from the left that no grid of theirs fits.
TOO_FAR = "".join(row(f'<c r="XFD{number}"><v>1</v></c>', number=number) for number in range(1, 2000))

# ---------------------------------------------------------------- what a table might accept

FIELDS = {
    "序号": "seq",
    "县区": "county",
    "县（市）区名称": "county",
    "名称": "name",
    "分馆": "branches",
    "挂牌日期": "hung_on",
    "合格率": "rate",
    "联系电话": "phone",
    "备注": "note",
    "在编": "staff",
    "编外": "others",
    "2026": "year",
}
HEAD = ["县区", "名称", "分馆"]


def headings(text: str) -> str | None:
    return {re.sub(r"\s", "", unicodedata.normalize("NFKC", key)): field for key, field in FIELDS.items()}.get(
        re.sub(r"\s", "", unicodedata.normalize("NFKC", text))
    )


def records(reading: Reading) -> list[tuple[Any, ...]]:
    return [(row.number, *row.values.values()) for row in reading.rows]


# ---------------------------------------------------------------- files made to do harm


@dataclass(frozen=True)
class Part:
    """A part as a zip's headers describe it, true or not."""

    name: str
    packed: bytes
    size: int
    checksum: int = 0
    flags: int = 0


def forged(*parts: Part) -> bytes:
    """A zip whose headers say what the parts say."""
    out, directory = b"", b""
    for part in parts:
        name = part.name.encode()
        facts = struct.pack(
            "<5H3I2H", 20, part.flags, 8, 0, 33, part.checksum, len(part.packed), part.size, len(name), 0
        )
        directory += b"PK\x01\x02" + struct.pack("<H", 20) + facts + struct.pack("<3H2I", 0, 0, 0, 0, len(out)) + name
        out += b"PK\x03\x04" + facts + name + part.packed
    end = struct.pack("<4H2IH", 0, 0, len(parts), len(parts), len(directory), len(out), 0)
    return out + directory + b"PK\x05\x06" + end


def zeros(megabytes: int) -> bytes:
    """That many megabytes of zeros, deflated; made from one, over and over."""
    deflater = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    one = deflater.compress(bytes(MEGABYTE)) + deflater.flush(zlib.Z_FULL_FLUSH)
    return one * megabytes + deflater.flush()


def deflated(content: bytes) -> bytes:
    deflater = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return deflater.compress(content) + deflater.flush()


def bomb(declared: int) -> bytes:
    """About 4 MB that unpack to 4 GB in one part, of which the headers declare `declared` bytes."""
    return forged(Part("xl/workbook.xml", zeros(4095), declared))


def calamine_alone(path: Path) -> int:
    """What must never be called outside of a child: the parser without the guard."""
    import python_calamine

    return python_calamine.CalamineWorkbook.from_path(path).get_sheet_by_index(0).height
