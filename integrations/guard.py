"""A file from outside is looked over before any parser sees it, and parsed in a child process with a memory limit.

Kinds are told by content, never by suffix. Sizes that a zip declares may lie: every part is unpacked once, piece by
piece, and counted. What the parsers do in the child can kill the child alone.
"""

import contextlib
import gc
import io
import logging
import os
import pickle
import re
import struct
import subprocess
import sys
import traceback
import zipfile
import zlib
from collections.abc import Callable, Iterator
from enum import Enum
from pathlib import Path
from typing import Any, TypeVar

from models.faults import Fault
from models.words import _

T = TypeVar("T")

MEGABYTE = 1024 * 1024
ON_DISK = 100 * MEGABYTE
UNPACKED = 300 * MEGABYTE
ONE_PART = 100 * MEGABYTE
PARTS = 5_000
MEMORY = 2048 * MEGABYTE
PIECE = 64 * 1024

ZIP = b"PK\x03\x04"
OLE = b"\xd0\xcf\x11\xe0"
DIRECTORY_ENTRY = b"PK\x01\x02"
BOOK = re.compile(r"workbook\d*\.xml$", re.IGNORECASE)  # templates of Microsoft's have xl/workbook22.xml
UTF16 = (b"\xff\xfe", b"\xfe\xff")
UTF8_BOM = b"\xef\xbb\xbf"

PROJECT = Path(__file__).resolve().parents[1]
# -P keeps the caller's folder off the path: a csv.py lying there must not be imported. The child keeps the caller's
# folder as its own, so that relative paths mean the same in both.
CHILD = f"import sys; sys.path.insert(0, {str(PROJECT)!r}); from integrations.guard import serve; serve()"

log = logging.getLogger(__name__)  # what a child says as it dies helps a developer, and would only alarm a user


class Kind(Enum):
    WORKBOOK = "xlsx"
    TEXT = "csv"


class Unusable(Fault):
    """A file that cannot be used; `path` is None where a child died over many files. str() is for the user.

    The arguments are kept as they are, so that pickle carries the fault out of the child, and the message is made
    where it is read, in that reader's language.
    """

    def __init__(self, path: Path | None, *details: Any) -> None:
        super().__init__(path, *details)
        self.path = path

    def __str__(self) -> str:
        return f"{self.path.name}：{self.reason()}" if self.path else self.reason()

    def reason(self) -> str:
        return _("文件用不了")


class Absent(Unusable):
    def reason(self) -> str:
        return _("没有这个文件，核对路径")


class Unreadable(Unusable):
    def reason(self) -> str:
        return _("打不开，看看是不是文件夹或没有权限")


class TooBig(Unusable):
    def reason(self) -> str:
        return _("文件太大，拆成几份再导入")


class TooManyParts(Unusable):
    def reason(self) -> str:
        return _("文件里的部件太多，另存为新的 .xlsx 再试")


class Encrypted(Unusable):
    def reason(self) -> str:
        return _("文件加了密码，去掉密码后再试")


class NotASpreadsheet(Unusable):
    def reason(self) -> str:
        return _("不是表格，只收 .xlsx 和 .csv")


class OldFormat(NotASpreadsheet):
    def reason(self) -> str:
        return _("是旧格式 .xls，另存为 .xlsx 再试")


class WebPage(NotASpreadsheet):
    def reason(self) -> str:
        return _("其实是网页，用表格软件另存为 .xlsx 再试")


class Empty(NotASpreadsheet):
    def reason(self) -> str:
        return _("是空文件，核对后重新选")


class Damaged(Unusable):
    def reason(self) -> str:
        return _("文件不完整或已损坏，重新取一份")


class Unusual(Unusable):
    def reason(self) -> str:
        return _("内部结构不寻常，另存为新的 .xlsx 再试")


class TooMuchMemory(Unusable):
    def reason(self) -> str:
        return _("内容太多，内存不够，拆成几份再导入")


class TooSlow(Unusable):
    def reason(self) -> str:
        return _("读得太久，已停下，拆成几份再导入")


class ReaderDied(Unusable):
    def reason(self) -> str:
        return _("读到一半中断，另存为新的 .xlsx 再试")


# ---------------------------------------------------------------- looking a file over


def check(path: Path) -> None:
    """Refuse what no parser should see. Raises Unusable."""
    inspect(content(path), path)


def content(path: Path) -> bytes:
    """The whole file, at most ON_DISK bytes: one state of it, even if somebody is saving it. Raises Unusable."""
    try:
        with path.open("rb") as file:
            data = file.read(ON_DISK + 1)
    except FileNotFoundError as fault:
        raise Absent(path) from fault
    except OSError as fault:
        raise Unreadable(path) from fault
    if len(data) > ON_DISK:
        raise TooBig(path)
    return data


def inspect(data: bytes, path: Path) -> Kind:
    """What kind of file this is, once it is known to be harmless; `path` is for the message. Raises Unusable."""
    if not data:
        raise Empty(path)
    if data.startswith(OLE):
        raise Encrypted(path) if "EncryptedPackage".encode("utf-16-le") in data else OldFormat(path)
    if data.startswith(ZIP):
        _inspect_package(data, path)
        return Kind.WORKBOOK
    if _is_markup(data):
        raise WebPage(path)
    if b"\0" in data and not data.startswith(UTF16):
        raise NotASpreadsheet(path)
    return Kind.TEXT


def _is_markup(data: bytes) -> bool:
    head = data[:1024].replace(b"\0", b"").lstrip(b"\xff\xfe" + UTF8_BOM + b" \t\r\n")
    return head[:1] == b"<" and (head[1:2].isalpha() or head[1:2] in (b"!", b"?"))


def _inspect_package(data: bytes, path: Path) -> None:
    # Counted before zipfile makes an object of each: 100 MB hold two million directory entries.
    if data.count(DIRECTORY_ENTRY) > PARTS:
        raise TooManyParts(path)
    try:
        parts = zipfile.ZipFile(io.BytesIO(data)).infolist()
    except (zipfile.BadZipFile, ValueError, struct.error, OSError, NotImplementedError) as fault:
        raise Damaged(path) from fault
    if any(part.flag_bits & 1 for part in parts):
        raise Encrypted(path)
    if sum(part.file_size for part in parts) > UNPACKED or any(part.file_size > ONE_PART for part in parts):
        raise TooBig(path)
    if not any(BOOK.search(part.filename) for part in parts):
        raise NotASpreadsheet(path)
    _unpack_all(data, parts, path)


def _unpack_all(data: bytes, parts: list[zipfile.ZipInfo], path: Path) -> None:
    left = UNPACKED
    for part in parts:
        left -= _unpacked_size(data, part, min(left, ONE_PART), path)


def _unpacked_size(data: bytes, part: zipfile.ZipInfo, limit: int, path: Path) -> int:
    """The part's true size in bytes; its checksum holds. Raises TooBig over `limit`, Damaged."""
    size = checksum = 0
    try:
        for piece in _pieces(data, part):
            size += len(piece)
            checksum = zlib.crc32(piece, checksum)
            if size > limit:
                raise TooBig(path)
    except (zlib.error, struct.error) as fault:
        raise Damaged(path) from fault
    if (size, checksum) != (part.file_size, part.CRC):
        raise Damaged(path)
    return size


def _pieces(data: bytes, part: zipfile.ZipInfo) -> Iterator[bytes | memoryview]:
    """The part unpacked. zipfile would stop at the declared size, where other readers go on."""
    name, extra = struct.unpack_from("<HH", data, part.header_offset + 26)
    start = part.header_offset + 30 + name + extra
    packed = memoryview(data)[start : start + part.compress_size]
    if part.compress_type == zipfile.ZIP_STORED:
        yield packed
        return
    if part.compress_type != zipfile.ZIP_DEFLATED:
        raise zlib.error("neither stored nor deflated")
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    for offset in range(0, len(packed), PIECE):
        waiting: bytes | memoryview = packed[offset : offset + PIECE]
        while waiting:
            yield inflater.decompress(waiting, 16 * PIECE)
            waiting = inflater.unconsumed_tail
    yield inflater.flush()


# ---------------------------------------------------------------- the child process


def in_child(work: Callable[..., T], *args: Any, timeout: float = 120) -> T:
    """work(*args) in a child process with a memory limit; `timeout` in seconds.

    `work` is a function at the top of a module of the project; arguments and result are pickled. What it raises is
    raised here. Raises TooMuchMemory, TooSlow, ReaderDied where the child gave no answer. A thread may call it.
    """
    path = next((value for value in args if isinstance(value, Path)), None)
    try:
        child = subprocess.run(
            [sys.executable, "-P", "-c", CHILD], input=pickle.dumps((work, args)), capture_output=True, timeout=timeout
        )
    except subprocess.TimeoutExpired as fault:
        raise TooSlow(path) from fault
    if child.returncode:
        log.info("reader died with %s over %s: %s", child.returncode, path, child.stderr.decode(errors="replace"))
        raise TooMuchMemory(path) if b"memory allocation" in child.stderr else ReaderDied(path)
    fault, result = _unpickled(child.stdout)
    if isinstance(fault, MemoryError):
        raise TooMuchMemory(path) from fault
    if fault:
        raise fault
    return result


def _unpickled(answer: bytes) -> Any:
    """The child's answer. Nothing of a million cells is garbage yet: to look for some costs more than to make them."""
    collects = gc.isenabled()
    gc.disable()
    try:
        return pickle.loads(answer)
    finally:
        if collects:
            gc.enable()


def serve() -> None:
    """The child's whole life: one request on standard input, one answer on standard output."""
    answer_to, sys.stdout = sys.stdout.buffer, sys.stderr
    _limit_memory()
    gc.disable()
    answer_to.write(_answer(sys.stdin.buffer.read()))
    answer_to.flush()
    os._exit(0)  # a million cells take longer to free than the process takes to end


def _limit_memory() -> None:
    if sys.platform == "win32":
        return
    import resource

    limits = [limit for limit in resource.getrlimit(resource.RLIMIT_AS) if limit != resource.RLIM_INFINITY]
    lowest = min([MEMORY, *limits])
    with contextlib.suppress(ValueError, OSError):  # macOS knows the limit and refuses to set it
        resource.setrlimit(resource.RLIMIT_AS, (lowest, lowest))


def _answer(request: bytes) -> bytes:
    try:
        work, args = pickle.loads(request)
        return pickle.dumps((None, work(*args)), protocol=pickle.HIGHEST_PROTOCOL)
    except MemoryError:
        return pickle.dumps((MemoryError(), None))
    except Exception as fault:
        fault.add_note(traceback.format_exc())
        return pickle.dumps((fault, None))
