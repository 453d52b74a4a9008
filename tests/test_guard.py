import asyncio
import operator
import os
import pickle
import resource
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from integrations import guard
from integrations.guard import (
    Absent,
    Damaged,
    Empty,
    Encrypted,
    NotASpreadsheet,
    OldFormat,
    ReaderDied,
    TooBig,
    TooManyParts,
    TooMuchMemory,
    TooSlow,
    Unreadable,
    Unusable,
    WebPage,
    check,
    in_child,
)
from models.words import speaking
from tests import messy
from tests.messy import MEGABYTE, Part, deflated, forged, zeros

ROOT = Path(__file__).parents[1]
FILES = Path(__file__).parent / "files"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
GOOD = messy.package('<row r="1"><c r="A1"><v>1</v></c></row>')
FAULTS = [fault for fault in vars(guard).values() if isinstance(fault, type) and issubclass(fault, Unusable)]
PAGE = "<html><head><meta charset='utf-8'></head><body><table><tr><td>县区</td></tr></table></body></html>"


def with_mark_of_password(data: bytes) -> bytes:
    """The same zip, its parts said to be encrypted."""
    parts = bytearray(data)
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = parts.find(signature)
        while place >= 0:
            parts[place + offset] |= 1
            place = parts.find(signature, place + 4)
    return bytes(parts)


def with_another_byte(data: bytes, part: str) -> bytes:
    """The same zip, with one byte of the part's packed content changed."""
    place = data.find(part.encode()) + len(part) + 10
    return data[:place] + bytes([data[place] ^ 0xFF]) + data[place + 1 :]


GOODS = {
    "a workbook": GOOD,
    "a workbook named .csv": GOOD,
    "text": "县区,分馆\n官渡区,9\n".encode(),
    "text in GB18030": "县区,分馆\n官渡区,9\n".encode("gb18030"),
    "text in UTF-16": "县区,分馆\n官渡区,9\n".encode("utf-16"),
    "text that begins with a sign": "< 5 人,县区\n".encode(),
    "a zip of unpacked parts": messy.zipped({"xl/workbook.xml": "<workbook/>"}, zipfile.ZIP_STORED),
}

BADS = {
    "empty": (b"", Empty),
    "a web page": (PAGE.encode(), WebPage),
    "a web page behind a mark and blanks": (b"\xef\xbb\xbf\r\n  <!DOCTYPE html>" + PAGE.encode(), WebPage),
    "a web page in UTF-16": (PAGE.encode("utf-16"), WebPage),
    "an XML spreadsheet of 2003": (b'<?xml version="1.0"?><Workbook/>', WebPage),
    "an old or encrypted file": (OLE + bytes(600) + "EncryptedPackage".encode("utf-16-le") + bytes(100), Encrypted),
    "an old file": (OLE + bytes(600) + "Workbook".encode("utf-16-le") + bytes(100), OldFormat),
    "a picture": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", NotASpreadsheet),
    "a lock file of Excel": (b"\x06Wang M" + b" \0" * 70, NotASpreadsheet),
    "an empty zip": (b"PK\x05\x06" + bytes(18), NotASpreadsheet),
    "a document": (messy.zipped({"[Content_Types].xml": "<Types/>", "word/document.xml": "<w/>"}), NotASpreadsheet),
    "a zip with a password": (with_mark_of_password(GOOD), Encrypted),
    "cut at the end": (GOOD[:-1], Damaged),
    "cut in the middle": (GOOD[: len(GOOD) // 2], Damaged),
    "cut after four bytes": (GOOD[:4], Damaged),
    "a part with a wrong byte": (with_another_byte(GOOD, "xl/styles.xml"), Damaged),
    "an unknown packing": (GOOD.replace(b"\x14\0\0\0\x08\0", b"\x14\0\0\0\x0e\0"), Damaged),
    "a bomb that says so": (messy.bomb(4095 * MEGABYTE), TooBig),
    "a bomb that says it is small": (messy.bomb(1000), TooBig),
    "a bomb that says it just fits": (messy.bomb(99 * MEGABYTE), TooBig),
    "one part over 100 MB": (forged(Part("xl/workbook.xml", zeros(101), 101 * MEGABYTE)), TooBig),
    "over 300 MB in all": (
        forged(*[Part(f"xl/{n}/workbook.xml", zeros(76), 76 * MEGABYTE) for n in range(4)]),
        TooBig,
    ),
    "a part larger than it says": (forged(Part("xl/workbook.xml", deflated(b"x" * 5000), 50)), Damaged),
    "a part smaller than it says": (forged(Part("xl/workbook.xml", deflated(b"x" * 50), 5000)), Damaged),
    "6,000 parts": (
        forged(Part("xl/workbook.xml", deflated(b""), 0), *[Part(f"{n}", deflated(b""), 0) for n in range(6000)]),
        TooManyParts,
    ),
}


@pytest.mark.parametrize("data", GOODS.values(), ids=GOODS)
def test_lets_pass(data, tmp_path):
    path = tmp_path / "表.xlsx"
    path.write_bytes(data)
    check(path)


@pytest.mark.parametrize(("data", "fault"), BADS.values(), ids=BADS)
def test_refuses(data, fault, tmp_path):
    path = tmp_path / "表.xlsx"
    path.write_bytes(data)
    with pytest.raises(fault) as caught:
        check(path)
    assert type(caught.value) is fault
    assert caught.value.path == path


def test_a_bomb_of_many_parts_that_lie_stops_at_300_mb_in_all(monkeypatch, tmp_path):
    monkeypatch.setattr(guard, "UNPACKED", 3 * MEGABYTE)
    path = tmp_path / "表.xlsx"
    one = Part("xl/workbook.xml", deflated(bytes(MEGABYTE)), MEGABYTE, 0xA738EA1C)
    path.write_bytes(forged(one, one, one))
    check(path)
    path.write_bytes(forged(one, one, one, Part("last", deflated(bytes(1000)), 0)))
    with pytest.raises(TooBig):
        check(path)


def test_refuses_what_is_not_there_and_what_is_no_file(tmp_path):
    with pytest.raises(Absent):
        check(tmp_path / "没有.xlsx")
    with pytest.raises(Unreadable):
        check(tmp_path)


def test_refuses_a_file_too_big_for_the_disk_limit(tmp_path, monkeypatch):
    monkeypatch.setattr(guard, "ON_DISK", len(GOOD) - 1)
    path = tmp_path / "表.xlsx"
    path.write_bytes(GOOD)
    with pytest.raises(TooBig):
        check(path)


def test_a_real_old_workbook_is_told_from_an_encrypted_one():
    with pytest.raises(OldFormat):
        check(FILES / "old.xls")


@pytest.mark.parametrize("fault", [fault for fault in FAULTS if fault is not Unusable])
def test_every_fault_says_what_to_do_and_survives_the_way_out_of_a_child(fault):
    found = pickle.loads(pickle.dumps(fault(Path("夹/表.xlsx"))))
    assert type(found) is fault
    assert found.path == Path("夹/表.xlsx")
    assert str(found).startswith("表.xlsx：")
    assert len(found.reason()) < 30
    assert not set("您请！") & set(str(found))


def test_a_fault_speaks_the_language_of_its_reader(monkeypatch):
    class Catalog:
        def gettext(self, text):
            return f"[{text}]"

    monkeypatch.setitem(sys.modules["models.words"]._loaded, "xx", Catalog())
    fault = Empty(Path("a.csv"))
    with speaking("xx"):
        assert str(fault) == "a.csv：[是空文件，核对后重新选]"


# ---------------------------------------------------------------- the child process


def test_a_child_answers():
    assert in_child(operator.add, "官渡", "区") == "官渡区"
    assert in_child(os.getpid) != os.getpid()


def test_a_child_stands_where_its_caller_stands(tmp_path, monkeypatch):
    (tmp_path / "csv.py").write_text("raise SystemExit(9)")
    (tmp_path / "表.csv").write_text("县区,分馆\n官渡区,9\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    in_child(check, Path("表.csv"))


def test_what_a_child_raises_is_raised_here():
    with pytest.raises(Absent) as caught:
        in_child(check, Path("没有.xlsx"))
    assert caught.value.path == Path("没有.xlsx")
    with pytest.raises(ZeroDivisionError) as broken:
        in_child(operator.truediv, 1, 0)
    assert "guard.py" in broken.value.__notes__[0]


def test_a_child_that_dies_is_a_fault_of_the_file():
    with pytest.raises(ReaderDied) as caught:
        in_child(os.abort)
    assert caught.value.path is None
    assert "：" not in str(caught.value)
    with pytest.raises(ReaderDied):
        in_child(os._exit, 3)


def test_a_child_that_hangs_is_stopped():
    with pytest.raises(TooSlow):
        in_child(time.sleep, 60, timeout=0.3)


def test_a_child_has_at_most_two_gigabytes():
    assert in_child(resource.getrlimit, resource.RLIMIT_AS) == (2 * 1024**3, 2 * 1024**3)
    with pytest.raises(TooMuchMemory):
        in_child(operator.mul, b"x", 3 * 1024**3)


def test_a_child_keeps_a_lower_limit_that_it_inherits():
    script = (
        "import resource; from integrations.guard import in_child;"
        "resource.setrlimit(resource.RLIMIT_AS, (900 << 20, 1 << 30));"
        "print(in_child(resource.getrlimit, resource.RLIMIT_AS)[0] >> 20)"
    )
    assert in_python(script) == "900"


def test_the_parser_that_asks_for_549_gb_kills_the_child_alone(tmp_path):
    path = tmp_path / "远.xlsx"
    far = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    path.write_bytes(messy.package(far))
    with pytest.raises(TooMuchMemory) as caught:
        in_child(messy.calamine_alone, path)
    assert caught.value.path == path


def test_a_child_does_not_run_its_parents_main_module(tmp_path):
    main = tmp_path / "main.py"
    main.write_text(
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); print('main')\n"
        "from integrations.guard import in_child; import operator; print(in_child(operator.add, 1, 2))\n"
    )
    run = subprocess.run([sys.executable, main], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["main", "3"]


def test_what_a_child_prints_does_not_disturb_its_answer():
    assert in_child(print, "noise") is None


async def test_children_work_beside_a_running_loop():
    sums = await asyncio.gather(*[asyncio.to_thread(in_child, operator.add, n, 1) for n in range(4)])
    assert sums == [1, 2, 3, 4]


def test_a_child_imports_little():
    loaded = in_child(eval, "__import__('integrations.reading') and sorted(__import__('sys').modules)")
    assert "integrations.reading" in loaded
    assert not {"nicegui", "sqlmodel", "sqlalchemy", "pandas", "lxml", "python_calamine"} & set(loaded)


def in_python(script: str) -> str:
    run = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    return run.stdout.strip()
