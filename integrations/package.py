"""Writing into people's .xlsx files: the parts that change are replaced, all others keep their very bytes.

A file is replaced as a whole, at once, and only while it is still the one that was read and nobody has it open.
"""

import copy
import io
import os
import shutil
import struct
import tempfile
import zlib
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile, ZipInfo

from integrations.bookxml import Book
from integrations.calculation import recalculate
from integrations.cellxml import Value
from integrations.looks import NewColumn
from integrations.newtab import add_tab
from integrations.ooxml import Parts, Refused
from integrations.placing import TEMPORARY, put_in_place
from integrations.workbook import Layout
from models.words import _

# Lock files, around the workbook's name: Excel's (WPS has it too), WPS's own, LibreOffice's. Word shortens, Excel not.
_LOCKS = (("~$", ""), (".~", ""), (".~lock.", "#"))
_COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_SPEED = 4  # of compression: sheets shrink nearly as far as with 6, in half the time
_LOCAL = struct.Struct("<4s5H3L2H")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_END = struct.Struct("<4s4H2LH")
_UTF8_NAME = 0x800
_SIZES_FOLLOW = 0x8
_LIMIT = 0xFFFFFFFF  # what the plain zip format can count


class Unreadable(Exception):
    """The file cannot be taken for a workbook."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(_("{name} 打不开：{reason}").format(name=path.name, reason=reason))
        self.path = path
        self.reason = reason


class Unwritable(Exception):
    """The workbook was left as it is, because an edit would break it or the disk refused."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(_("{name} 没有写入：{reason}").format(name=path.name, reason=reason))
        self.path = path
        self.reason = reason


class Moved(Exception):
    """The file is not the one that was read any more."""

    def __init__(self, path: Path) -> None:
        super().__init__(_("{name} 刚被改过，这次没有写入").format(name=path.name))
        self.path = path


class Busy(Exception):
    """Somebody has the workbook open."""

    def __init__(self, path: Path, holder_file: Path) -> None:
        super().__init__(_("{name} 有人开着，关闭后再写").format(name=path.name))
        self.path = path
        self.holder_file = holder_file


@dataclass(frozen=True)
class Identity:
    """What a file was when it was read. `parts` is the zip directory: (name, CRC) of every part, in order."""

    mtime_ns: int
    size: int
    inode: int
    parts: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class TabEdit:
    """Edits of one tab. `title` is its title in the file; rows and columns count from 1.

    `cells` maps (row, column) to the new content; None and "" leave the cell blank, with its style. `grow` names the
    rows newly used below the table: they get the look of the last row above, and the table, filter, validations and
    conditional formats reach down to them. `headings` are headers that say something else from now on; one that a table
    of the sheet's own repeats stays as it is. `columns` are new ones, whose headers are among these. `layout`: the tab is
    made by it first, where the workbook has none of that title.
    """

    title: str
    cells: Mapping[tuple[int, int], Value]
    grow: tuple[int, ...] = ()
    headings: Mapping[tuple[int, int], str] = field(default_factory=dict)
    columns: tuple[NewColumn, ...] = ()
    layout: Layout | None = None


def identify(path: Path) -> Identity:
    """What the file is now; reads its directory only. Raises Unreadable."""
    with _readable(path), path.open("rb") as source:
        return _identity(path, os.fstat(source.fileno()), source)


def busy(path: Path) -> Path | None:
    """The lock file that says that someone has the workbook open, if there is one."""
    locks = (path.with_name(before + path.name + after) for before, after in _LOCKS)
    return next((lock for lock in locks if lock.exists()), None)


def write(
    path: Path, edits: Sequence[TabEdit], expected: Identity, samples: Mapping[str, bytes] | None = None
) -> Identity:
    """Replaces the file by one with the edits made and every other part the same bytes. Returns its identity.

    `samples`: title -> a workbook of one tab, for tabs that the file may not have yet.

    Edits that change nothing leave the file alone. Raises Busy; Moved when the content is not that of `expected`, at
    the start or just before replacing; Unwritable. Whatever is raised, the file is as it was.
    """
    _refuse_busy(path)
    data, found = _snapshot(path)
    if found.parts != expected.parts:
        raise Moved(path)
    try:
        with ZipFile(io.BytesIO(data)) as archive:
            parts = _edited(archive, edits, samples or {})
            changed = parts.changed()
            if not changed:
                return found
            return _replace(path, found, _packed(data, archive, changed, parts.dropped))
    except Refused as refusal:
        raise Unwritable(path, refusal.reason) from refusal
    except OSError as error:
        raise Unwritable(path, _disk_reason(error)) from error


def _edited(archive: ZipFile, edits: Iterable[TabEdit], samples: Mapping[str, bytes]) -> Parts:
    book = Book(Parts(archive))
    for edit in edits:
        if edit.title in samples:
            with ZipFile(io.BytesIO(samples[edit.title])) as sample:
                add_tab(book, edit.title, Parts(sample))
        book.widen(edit.title, edit.columns, edit.headings)
        book.edit(edit.title, edit.cells, edit.grow)
    recalculate(book)
    return book.parts


def _refuse_busy(path: Path) -> None:
    holder = busy(path)
    if holder:
        raise Busy(path, holder)


def _snapshot(path: Path) -> tuple[bytes, Identity]:
    """The whole file, so that nothing changes under the edits, and what it is."""
    try:
        with _readable(path), path.open("rb") as source:
            status = os.fstat(source.fileno())
            data = source.read()
            return data, _identity(path, status, io.BytesIO(data))
    except Unreadable as error:
        raise Moved(path) from error


def _identity(path: Path, status: os.stat_result, source: BinaryIO) -> Identity:
    if source.read(len(_COMPOUND)) == _COMPOUND:
        raise Unreadable(path, _("加了密，或是旧版 .xls"))
    with ZipFile(source) as archive:
        parts = tuple((info.orig_filename, info.CRC) for info in archive.infolist())
    return Identity(status.st_mtime_ns, status.st_size, status.st_ino, parts)


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise Unreadable(path, _("文件不在了")) from error
    except OSError as error:
        raise Unreadable(path, _disk_reason(error)) from error
    except (BadZipFile, ValueError, NotImplementedError, struct.error) as error:
        raise Unreadable(path, _("不是完整的 .xlsx 文件")) from error


def _disk_reason(error: OSError) -> str:
    return _("没有权限") if isinstance(error, PermissionError) else error.strerror or str(error)


def _replace(path: Path, found: Identity, content: Iterable[bytes | memoryview]) -> Identity:
    target = path.resolve()  # a link stays a link
    handle, name = tempfile.mkstemp(prefix=TEMPORARY, dir=target.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as out:
            out.writelines(content)
            out.flush()
            os.fsync(out.fileno())
        _take_standing(temporary, target)
        written = identify(temporary)
        _refuse_busy(path)
        if _now(path) != found:
            raise Moved(path)
        put_in_place(temporary, target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    return written


def _now(path: Path) -> Identity:
    try:
        return identify(path)
    except Unreadable as error:
        raise Moved(path) from error


def _take_standing(temporary: Path, target: Path) -> None:
    """Owner, mode and extended attributes (a share keeps its access lists there) of the file to be replaced."""
    status = target.stat()
    if hasattr(os, "chown"):
        for user, group in ((-1, status.st_gid), (status.st_uid, -1)):
            with suppress(OSError):  # only root may give files away, and only to groups of one's own may others
                os.chown(temporary, user, group)
    with suppress(OSError):  # some network drives know no modes
        shutil.copystat(target, temporary)
    os.utime(temporary)


def _packed(
    data: bytes, archive: ZipFile, changed: Mapping[str, bytes], dropped: Container[str]
) -> Iterator[bytes | memoryview]:
    """The new file piece by piece: a zip like the old one, with the changed parts in the places of the old ones."""
    directory: list[bytes] = []
    offset = 0
    for old in archive.infolist():
        if old.filename in dropped:
            continue
        info = copy.copy(old)
        info.flag_bits &= ~_SIZES_FOLLOW
        body = _deflated(info, changed[info.filename]) if info.filename in changed else _compressed(data, info)
        directory.append(_central_header(info, offset))
        header = _local_header(info)
        yield from (header, body)
        offset += len(header) + len(body)
    for name in changed.keys() - set(archive.namelist()):
        info = ZipInfo(name)
        body = _deflated(info, changed[name])
        header = _local_header(info)
        directory.append(_central_header(info, offset))
        yield from (header, body)
        offset += len(header) + len(body)
    if offset > _LIMIT or len(directory) > 0xFFFF:
        raise Refused(_("文件过大"))
    size, count = sum(map(len, directory)), len(directory)
    yield from directory
    yield _END.pack(b"PK\5\6", 0, 0, count, count, size, offset, len(archive.comment)) + archive.comment


def _compressed(data: bytes, info: ZipInfo) -> memoryview:
    """The part's bytes as they lie in the file, behind a header of two variable lengths."""
    start = info.header_offset
    if data[start : start + 4] != b"PK\3\4":
        raise Refused(_("{part} 已损坏").format(part=info.filename))
    begin = start + _LOCAL.size + sum(struct.unpack_from("<2H", data, start + 26))
    return memoryview(data)[begin : begin + info.compress_size]


def _deflated(info: ZipInfo, content: bytes) -> bytes:
    """The content compressed; what the headers say of it goes into `info`."""
    packer = zlib.compressobj(_SPEED, zlib.DEFLATED, -zlib.MAX_WBITS)
    body = packer.compress(content) + packer.flush()
    info.compress_type = ZIP_DEFLATED
    info.CRC, info.file_size, info.compress_size = zlib.crc32(content), len(content), len(body)
    return body


def _local_header(info: ZipInfo) -> bytes:
    name = _name_bytes(info)
    return _LOCAL.pack(b"PK\3\4", *_common(info), len(name), 0) + name


def _central_header(info: ZipInfo, offset: int) -> bytes:
    """Without extra fields: they repeat sizes and times, and some of them only hold for the old place."""
    name = _name_bytes(info)
    made_by = info.create_system << 8 | info.create_version
    lengths = (len(name), 0, len(info.comment))
    places = (0, info.internal_attr, info.external_attr, offset)
    return _CENTRAL.pack(b"PK\1\2", made_by, *_common(info), *lengths, *places) + name + info.comment


def _common(info: ZipInfo) -> tuple[int, ...]:
    """What both headers say in the same order."""
    year, month, day, hour, minute, second = info.date_time
    time = hour << 11 | minute << 5 | second // 2
    date = (year - 1980) << 9 | month << 5 | day
    sizes = (info.CRC, info.compress_size, info.file_size)
    return (info.extract_version, info.flag_bits, info.compress_type, time, date, *sizes)


def _name_bytes(info: ZipInfo) -> bytes:
    return info.orig_filename.encode("utf-8" if info.flag_bits & _UTF8_NAME else "cp437")
