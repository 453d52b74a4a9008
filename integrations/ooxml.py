"""The parts of an Office package: found by relationship, parsed when asked for, remembered when touched.

Nothing here writes to a file: `changed()` and `dropped` say what a new package would hold in place of the old one.
"""

import itertools
import posixpath
import zlib
from dataclasses import dataclass
from zipfile import BadZipFile, ZipFile

from lxml import etree

from models.words import _

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
STRICT = "http://purl.oclc.org/ooxml/spreadsheetml/main"
OFFICE_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
CONTENT_TYPES = "[Content_Types].xml"
PART_LIMIT = 100 * 1024 * 1024

_OVERRIDE = "{http://schemas.openxmlformats.org/package/2006/content-types}Override"
_RELATION = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"
_DECLARATION = b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\r\n'
_ENCRYPTED = 0x1


class Refused(Exception):
    """The package holds something that an edit would break. `reason` is a clause that a user reads."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Relation:
    identity: str
    kind: str
    target: str


def main(name: str) -> str:
    """The qualified tag of an element of the spreadsheet namespace."""
    return f"{{{MAIN}}}{name}"


def is_true(value: str | None) -> bool:
    return value in ("1", "true")


class Parts:
    """Part names are compared without case and without a leading slash, as Office does."""

    def __init__(self, archive: ZipFile) -> None:
        """Raises Refused for names that Office and others would understand differently."""
        self._archive = archive
        self._names = {_key(name): name for name in archive.namelist()}
        self._trees: dict[str, etree._Element] = {}
        self._touched: set[str] = set()
        self.dropped: set[str] = set()
        if any("\\" in info.orig_filename for info in archive.infolist()):
            raise Refused(_("文件内部名称用了反斜杠"))
        if len(self._names) != len(archive.namelist()):
            raise Refused(_("文件内部有重名"))

    def has(self, part: str) -> bool:
        return _key(part) in self._names

    def raw(self, part: str) -> bytes:
        """The part as the file has it, unpacked; at most PART_LIMIT bytes."""
        if not self.has(part):
            raise Refused(_("文件里缺 {part}").format(part=part))
        info = self._archive.getinfo(self._names[_key(part)])
        if info.file_size > PART_LIMIT:
            raise Refused(_("{part} 超过 100 MB").format(part=part))
        if info.flag_bits & _ENCRYPTED:
            raise Refused(_("文件加了密"))
        try:
            return self._archive.read(info)
        except (BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
            raise Refused(_("{part} 已损坏").format(part=part)) from error

    def tree(self, part: str) -> etree._Element:
        """The part's root element; the same one every time."""
        key = _key(part)
        if key not in self._trees:
            self._trees[key] = _parse(self.raw(part), part)
        return self._trees[key]

    def touch(self, part: str) -> None:
        self._touched.add(_key(part))

    def drop(self, part: str) -> None:
        """Leave the part out, with what is said of it in the content types."""
        self.dropped.add(self._names[_key(part)])
        for entry in list(self.tree(CONTENT_TYPES)):
            if _key(entry.get("PartName", "")) == _key(part):
                entry.getparent().remove(entry)
                self.touch(CONTENT_TYPES)

    def add(self, part: str, tree: etree._Element, content_type: str) -> None:
        """A part that is new, and what it is."""
        self._names[_key(part)], self._trees[_key(part)] = part, tree
        types = self.tree(CONTENT_TYPES)
        types.append(types.makeelement(_OVERRIDE, {"PartName": f"/{part}", "ContentType": content_type}))
        self.touch(part)
        self.touch(CONTENT_TYPES)

    def relate(self, source: str, kind: str, target: str) -> str:
        """Let a part point at another; returns the relation's name."""
        part = _relations_part(source)
        tree = self.tree(part)
        taken = {entry.get("Id") for entry in tree}
        identity = next(name for number in itertools.count(1) if (name := f"rId{number}") not in taken)
        tree.append(tree.makeelement(_RELATION, {"Id": identity, "Type": kind, "Target": f"/{target}"}))
        self.touch(part)
        return identity

    def changed(self) -> dict[str, bytes]:
        """The new bytes of every touched part, by its name in the archive."""
        return {
            self._names[key]: _serialised(self._trees[key])
            for key in self._touched
            if self._names[key] not in self.dropped
        }

    def relations(self, source: str) -> list[Relation]:
        """What the part (or "", the package) points at inside the package."""
        return [
            Relation(entry.get("Id", ""), entry.get("Type", ""), _resolved(source, entry.get("Target", "")))
            for entry in self._relation_entries(source)
        ]

    def related(self, source: str, kind: str) -> list[str]:
        """Names of the parts that the source points at, by the last word of the relationship's type."""
        return [relation.target for relation in self.relations(source) if relation.kind.endswith("/" + kind)]

    def unrelate(self, source: str, target: str) -> None:
        for entry in self._relation_entries(source):
            if _key(_resolved(source, entry.get("Target", ""))) == _key(target):
                entry.getparent().remove(entry)
                self.touch(_relations_part(source))

    def _relation_entries(self, source: str) -> list[etree._Element]:
        part = _relations_part(source)
        if not self.has(part):
            return []
        return [entry for entry in self.tree(part).iterchildren(_RELATION) if entry.get("TargetMode") != "External"]


def _key(part: str) -> str:
    return part.lstrip("/").lower()


def _relations_part(source: str) -> str:
    folder, name = posixpath.split(source)
    return posixpath.join(folder, "_rels", name + ".rels")


def _resolved(source: str, target: str) -> str:
    if target.startswith("/"):
        return target.lstrip("/")
    return posixpath.normpath(posixpath.join(posixpath.dirname(source), target))


def _parse(data: bytes, part: str) -> etree._Element:
    # The parser keeps its own limits on depth and text; a document type could still put entities into attributes.
    parser = etree.XMLParser(resolve_entities=False, no_network=True, strip_cdata=False)
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise Refused(_("{part} 已损坏").format(part=part)) from error
    if root.getroottree().docinfo.doctype:
        raise Refused(_("{part} 带有文档类型声明").format(part=part))
    return root


def _serialised(root: etree._Element) -> bytes:
    return _DECLARATION + etree.tostring(root.getroottree(), encoding="UTF-8", xml_declaration=False)
