import datetime
import errno
import os
import shutil
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from integrations import package
from integrations.package import Busy, Moved, TabEdit, Unreadable, Unwritable, busy, identify, write
from integrations.placing import sweep
from tests.office import TABS, converted
from tests.workbooks import (
    CHARTS,
    LAST,
    OWN,
    OWN_PART,
    RECORDS,
    RECORDS_PART,
    change,
    featured,
    load,
    plain,
    replaced,
    rezip,
    stored,
    text_of,
)

WORKBOOK, CHAIN, TABLE = "xl/workbook.xml", "xl/calcChain.xml", "xl/tables/table1.xml"
GRID_PART = "xl/worksheets/sheet1.xml"
TODAY = datetime.date(2026, 3, 4)


@pytest.fixture
def rich(tmp_path) -> Path:
    return featured(tmp_path / "0101 官渡.xlsx")


@pytest.fixture
def small(tmp_path) -> Path:
    return plain(tmp_path / "0101 官渡.xlsx", [["编号", "名称"], [1, "甲"], [2, "乙"]])


def put(path: Path, title: str, cells, grow=()) -> package.Identity:
    return write(path, [TabEdit(title, cells, grow)], identify(path))


def leftovers(path: Path) -> list[str]:
    return [entry.name for entry in path.parent.iterdir() if entry.name != path.name]


EDITS = {
    "a cell that nothing depends on": (RECORDS, {(10, 13): "自用列"}, (), {RECORDS_PART}),
    "the own tab": (OWN, {(20, 2): 5}, (), {OWN_PART}),
    "beside charts and a picture": (CHARTS, {(1, 1): 9}, (), {"xl/worksheets/sheet2.xml"}),
    "a cell that formulas read": (RECORDS, {(10, 4): 99}, (), {RECORDS_PART, OWN_PART, WORKBOOK}),
    "over a formula": (RECORDS, {(4, 6): 1}, (), {RECORDS_PART, OWN_PART, WORKBOOK, CHAIN}),
    "a new row of a table": (
        RECORDS,
        {(LAST + 1, 2): "新"},
        (LAST + 1,),
        {RECORDS_PART, OWN_PART, WORKBOOK, CHAIN, TABLE},
    ),
    "a cleared cell": (OWN, {(32, 1): None}, (), {OWN_PART}),
    "a hidden row": (OWN, {(3, 2): "改"}, (), {OWN_PART}),
}


@pytest.mark.parametrize(("title", "cells", "grow", "expected"), EDITS.values(), ids=EDITS)
def test_every_other_part_keeps_its_bytes(rich, title, cells, grow, expected):
    before = stored(rich)
    identity = put(rich, title, cells, grow)
    after = stored(rich)
    assert list(after) == list(before)
    assert {part for part in before if after[part] != before[part]} == expected
    assert identity == identify(rich)


def test_the_rich_workbook_is_rich(rich):
    names = " ".join(stored(rich))
    for part in ("chart", "comment", "threadedComment", "media", "table", "printerSettings", "calcChain", "drawing"):
        assert part in names
    sheet = text_of(rich, RECORDS_PART)
    for element in ("sparkline", "conditionalFormatting", "dataValidation", "x14:dataValidation"):
        assert f"<{element}" in sheet or f"x14:{element}" in sheet


def test_libreoffice_opens_the_result(rich, tmp_path):
    put(rich, RECORDS, {(10, 4): 100, (LAST + 1, 2): "新馆点，带逗号", (LAST + 1, 3): TODAY}, (LAST + 1,))
    converted(rich, tmp_path, TABS)
    records = (tmp_path / "out" / f"{rich.stem}-{RECORDS}.csv").read_text("utf-8").splitlines()
    own = (tmp_path / "out" / f"{rich.stem}-{OWN}.csv").read_text("utf-8").splitlines()
    assert records[9].startswith("10,馆点 10,2026-01-11,100,15,1500,")  # its formula was computed anew
    assert records[LAST].startswith(',"新馆点，带逗号",2026-03-04,') or ",新馆点，带逗号,2026-03-04," in records[LAST]
    assert own[2].split(",")[8] == "1500"  # on another tab


def test_values_read_back(rich):
    values = ["=1+1", " 空格 ", "多\n行", 7, 2.5, True, TODAY, "@x", "0012", None, "<&>\"'"]
    put(rich, CHARTS, {(50, column): value for column, value in enumerate(values, 1)})
    days = [datetime.datetime(2026, 3, 4) if value == TODAY else value for value in values]
    cells = load(rich)[CHARTS][50]
    assert [cell.value for cell in cells] == days
    assert all(cell.data_type == "s" for cell in cells if isinstance(cell.value, str))
    rows = CalamineWorkbook.from_path(rich).get_sheet_by_name(CHARTS).to_python(skip_empty_area=False)
    assert rows[49][: len(values)] == ["" if value is None else value for value in values]


@pytest.mark.parametrize("text", ["a\r\nb", "_x0041_", "_x005F_", "bell\x07", "\x0b", "_x00zz_ _X0041_"])
def test_what_xml_cannot_hold_reads_back(small, text):
    put(small, "表", {(5, 1): text})
    rows = CalamineWorkbook.from_path(small).get_sheet_by_index(0).to_python(skip_empty_area=False)
    assert rows[4][0] == text


@pytest.mark.parametrize("from_1904", [False, True])
@pytest.mark.parametrize("day", [TODAY, datetime.date(1904, 1, 2), datetime.datetime(2026, 3, 4, 9, 30)])
def test_dates_follow_the_books_calendar(tmp_path, from_1904, day):
    path = plain(tmp_path / "a.xlsx", [["x"], [datetime.date(2020, 1, 1)]], from_1904=from_1904)
    put(path, "表", {(2, 1): day, (3, 1): day})
    expected = datetime.datetime(*day.timetuple()[:6])
    sheet = load(path).active
    assert [sheet["A2"].value, sheet["A3"].value] == [expected, expected]
    assert sheet["A2"].number_format == "yyyy-mm-dd"
    rows = CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()
    assert rows[1] == [day]


@pytest.mark.parametrize(
    ("from_1904", "day"), [(False, datetime.date(1899, 12, 31)), (True, datetime.date(1903, 12, 31))]
)
def test_a_day_before_the_calendar_is_text(tmp_path, from_1904, day):
    path = plain(tmp_path / "a.xlsx", [["x"]], from_1904=from_1904)
    put(path, "表", {(2, 1): day})
    assert load(path).active["A2"].value == day.isoformat()


def test_january_1900_keeps_its_days(small):
    put(small, "表", {(2, 1): datetime.date(1900, 1, 1), (3, 1): datetime.date(1900, 2, 28)})
    values = [load(small).active[cell].value for cell in ("A2", "A3")]
    assert values == [datetime.datetime(1900, 1, 1), datetime.datetime(1900, 2, 28)]


def test_edits_that_change_nothing_leave_the_file(small):
    before = small.read_bytes(), identify(small)
    assert put(small, "表", {(9, 9): None, (10, 1): ""}) == before[1]
    assert write(small, [], before[1]) == before[1]
    assert (small.read_bytes(), identify(small)) == before


def test_several_edits_go_in_together(rich):
    edits = [TabEdit(RECORDS, {(10, 13): "a"}), TabEdit(OWN, {(20, 2): "b"}), TabEdit(RECORDS, {(11, 13): "c"})]
    write(rich, edits, identify(rich))
    book = load(rich)
    assert [book[RECORDS]["M10"].value, book[OWN]["B20"].value, book[RECORDS]["M11"].value] == ["a", "b", "c"]


# The file that was read


def stat_of(path: Path) -> tuple[int, int, int]:
    status = path.stat()
    return status.st_mtime_ns, status.st_size, status.st_ino


def test_identity_says_what_the_file_is(small):
    identity = identify(small)
    assert (identity.mtime_ns, identity.size, identity.inode) == stat_of(small)
    assert dict(identity.parts) == {part: crc for part, (crc, _bytes) in stored(small).items()}


def rewrite_in_place(path: Path, content: bytes) -> None:
    """What a program does that saves twice within the clock's tick: same size, time and inode."""
    status = path.stat()
    with path.open("r+b") as file:
        file.write(content)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def test_replaced_within_the_same_tick_is_noticed(small, tmp_path):
    rezip(small)
    read = identify(small)
    twin = tmp_path / "twin.xlsx"
    shutil.copyfile(small, twin)
    rezip(change(twin, {GRID_PART: replaced("<v>1</v>", "<v>3</v>")}))
    content = twin.read_bytes()
    rewrite_in_place(small, content)
    assert stat_of(small) == (read.mtime_ns, read.size, read.inode)
    with pytest.raises(Moved):
        write(small, [TabEdit("表", {(1, 1): "x"})], read)
    assert small.read_bytes() == content


def test_a_copy_with_the_same_content_is_the_same_file(small):
    read = identify(small)
    copy = small.with_name("copy.xlsx")
    shutil.copyfile(small, copy)
    copy.replace(small)
    write(small, [TabEdit("表", {(1, 1): "x"})], read)
    assert load(small).active["A1"].value == "x"


@pytest.mark.parametrize("spoil", [lambda path: path.unlink(), lambda path: path.write_bytes(b"PK half a file")])
def test_a_file_that_is_gone_or_half_there_has_moved(small, spoil):
    read = identify(small)
    spoil(small)
    with pytest.raises(Moved):
        write(small, [TabEdit("表", {(1, 1): "x"})], read)


def interrupt(monkeypatch, act) -> None:
    """Lets something happen after the new file is written and before it takes the old one's place."""
    original = package._take_standing

    def also(temporary, target):
        original(temporary, target)
        act()

    monkeypatch.setattr(package, "_take_standing", also)


def test_saved_by_another_while_writing(small, tmp_path, monkeypatch):
    other = plain(tmp_path / "other.xlsx", [["另一个"]]).read_bytes()
    (tmp_path / "other.xlsx").unlink()
    interrupt(monkeypatch, lambda: small.write_bytes(other))
    with pytest.raises(Moved):
        put(small, "表", {(1, 1): "x"})
    assert small.read_bytes() == other
    assert leftovers(small) == []


def test_gone_while_writing(small, monkeypatch):
    interrupt(monkeypatch, small.unlink)
    with pytest.raises(Moved):
        put(small, "表", {(1, 1): "x"})
    assert leftovers(small) == []
    assert not small.exists()


LOCKS = ["~${}", ".~{}", ".~lock.{}#"]


@pytest.mark.parametrize("lock", LOCKS)
def test_a_workbook_that_someone_has_open_is_left_alone(small, lock):
    assert busy(small) is None
    holder = small.with_name(lock.format(small.name))
    holder.touch()
    before = small.read_bytes()
    assert busy(small) == holder
    with pytest.raises(Busy) as refusal:
        put(small, "表", {(1, 1): "x"})
    assert refusal.value.holder_file == holder
    assert small.read_bytes() == before


def test_opened_while_writing(small, monkeypatch):
    before = small.read_bytes()
    interrupt(monkeypatch, small.with_name(f"~${small.name}").touch)
    with pytest.raises(Busy):
        put(small, "表", {(1, 1): "x"})
    assert small.read_bytes() == before
    assert leftovers(small) == [f"~${small.name}"]


# The file on the disk


@pytest.mark.parametrize("mode", [0o664, 0o600, 0o644])
def test_mode_is_kept(small, mode):
    small.chmod(mode)
    put(small, "表", {(1, 1): "x"})
    assert small.stat().st_mode & 0o7777 == mode


def test_owner_is_kept(small, monkeypatch):
    given, status = [], small.stat()
    monkeypatch.setattr(os, "chown", lambda path, user, group: given.append((user, group)))
    put(small, "表", {(1, 1): "x"})
    assert given == [(-1, status.st_gid), (status.st_uid, -1)]


@pytest.mark.parametrize(("module", "call"), [(os, "chown"), (shutil, "copystat")])
def test_not_being_allowed_to_give_files_away_is_no_fault(small, monkeypatch, module, call):
    def refuse(*arguments):
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(module, call, refuse)
    put(small, "表", {(1, 1): "x"})
    assert load(small).active["A1"].value == "x"


def test_a_full_disk_leaves_the_file(small, monkeypatch):
    def fail(handle):
        raise OSError(errno.ENOSPC, "No space left on device")

    before = small.read_bytes()
    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(Unwritable, match="No space left"):
        put(small, "表", {(1, 1): "x"})
    assert small.read_bytes() == before
    assert leftovers(small) == []


def test_a_link_stays_a_link(small, tmp_path):
    (tmp_path / "links").mkdir()
    link = tmp_path / "links" / "b.xlsx"
    link.symlink_to(small)
    put(link, "表", {(1, 1): "x"})
    assert link.is_symlink()
    assert load(small).active["A1"].value == "x"


def test_sweep_takes_what_a_killed_write_left(small, monkeypatch):
    def die(handle):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", die)
        patch.setattr(Path, "unlink", lambda self, missing_ok=False: None)
        with pytest.raises(KeyboardInterrupt):
            put(small, "表", {(1, 1): "x"})
    assert len(leftovers(small)) == 1
    sweep(small.parent)
    assert leftovers(small) == []
    assert small.exists()


UNREADABLE = {
    "not there": (None, "文件不在了"),
    "encrypted": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "加了密，或是旧版 .xls"),
    "no zip": (b"hello", "不是完整的 .xlsx 文件"),
    "empty": (b"", "不是完整的 .xlsx 文件"),
}


@pytest.mark.parametrize(("content", "reason"), UNREADABLE.values(), ids=UNREADABLE)
def test_unreadable(tmp_path, content, reason):
    path = tmp_path / "a.xlsx"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(Unreadable) as refusal:
        identify(path)
    assert refusal.value.reason == reason
    assert str(refusal.value) == f"a.xlsx 打不开：{reason}"


def test_a_truncated_file_is_unreadable(small):
    small.write_bytes(small.read_bytes()[:-300])
    with pytest.raises(Unreadable):
        identify(small)
