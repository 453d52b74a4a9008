"""A folder of real files: found wherever they are, left alone while somebody has them, and kept as people have made them."""

import io
import os
import shutil
import zipfile
from pathlib import Path

import openpyxl
import pytest

from integrations import hidden
from integrations.folder import Folder, identity_from, mark_of, owner_of
from integrations.package import identify
from integrations.pen import Held
from tests.sheets import (
    ACTIVITIES,
    BRANCH,
    ID,
    NAME,
    NEW,
    OTHER,
    PERSONS,
    PLAQUES,
    REMARKS,
    SITE,
    SITES,
    TITLE,
    InFolder,
    Office,
    build,
    counted,
    in_this_process,
    load,
    notes,
    quiet,
)

DATABASES = ("sqlite",)
PLACES = ("folder",)


# ---------------------------------------------------------------- found again


def test_renamed_and_moved(office, path):
    (path.parent / "归档").mkdir()
    moved = path.rename(path.parent / "归档" / "关上的表.xlsx")
    quiet(office)
    assert office.book().place == "归档/关上的表.xlsx"
    office.change("activities", "a1", title="改")
    assert counted(office.cycle(), read=1, written=1, cells_out=1)
    assert load(moved)[ACTIVITIES]["D2"].value == "改"
    assert not path.exists()


def test_moved_and_edited(office, path):
    with office.paper() as paper:
        paper.set(paper.of("a1"), PERSONS, 50)
    path.rename(path.with_name("别名.XLSX"))
    assert counted(office.cycle(), read=1, cells_in=1)
    assert office.book().place == "别名.XLSX"


@pytest.mark.parametrize(
    "name", ["{} - 副本.xlsx", "{} (1).xlsx", "{} (冲突的副本 2026-11-24).xlsx", "a/{}.xlsx", "0 {}.xlsx"]
)
def test_copies_are_listed_and_not_read(office, path, name):
    copy = path.parent / name.format(path.stem)
    copy.parent.mkdir(exist_ok=True)
    shutil.copy2(path, copy)
    told = notes(office)
    assert told == [(copy.relative_to(path.parent).as_posix(), f"{BRANCH} 的副本，没有读")]
    assert office.book().place == NAME
    quiet(office)


def test_moved_beside_a_copy_that_someone_went_on_with(office, path):
    copy = path.with_name("0 新的.xlsx")
    shutil.copy(path, copy)
    book = load(copy)
    book[ACTIVITIES]["D2"] = "副本里写的"
    book.save(copy)
    path.rename(path.with_name("9 原来的.xlsx"))
    assert [place for place, _why in notes(office)] == ["0 新的.xlsx"]
    assert office.book().place == "9 原来的.xlsx"


def test_another_installation_s_workbook(office, path):
    with office.sheets.open(BRANCH) as book:
        book.custom_doc_props["zongfen"].value = f"other {BRANCH}"
    told = notes(office)
    assert told == [(NAME, "另一套台账的表，没有读")]
    assert (office.book().state, office.book().reason) == ("stopped", "另一套台账的表，没有读")


def test_another_installation_s_cells_in_our_file(office):
    """Pasted over as a whole, with the hidden tab."""
    with office.sheets.open(BRANCH) as book:
        book[hidden.TITLE]["B1"] = "other"
        book[ACTIVITIES]["D2"] = "别的"
    assert office.cycle()["stopped"] == 1
    assert office.book().reason == "这是另一套台账的表"
    assert office.record("activities", "a1")["title"] == "展 1"
    quiet(office)


def test_another_branch_s_workbook_under_this_name(office, path):
    other = office.sheets.path(OTHER)
    kept = other.rename(other.with_suffix(".old"))
    path.rename(other)
    kept.rename(path)
    quiet(office)
    assert (office.book(BRANCH).place, office.book(OTHER).place) == (other.name, NAME)


def test_the_property_lost_and_the_file_renamed(office, path):
    with office.sheets.open(BRANCH) as book:
        del book.custom_doc_props["zongfen"]
        book[ACTIVITIES]["D2"] = "改"
    path.rename(path.with_name("改名.xlsx"))
    assert counted(office.cycle(), read=1, cells_in=1)
    assert office.book().place == "改名.xlsx"


def test_strangers_are_left_alone(office, path, tmp_path):
    plain = openpyxl.Workbook()
    plain.save(path.with_name("自己的.xlsx"))
    path.with_name("半份.xlsx").write_bytes(path.read_bytes()[:1000])
    path.with_name(f"~${NAME[:5]}.xlsx").write_bytes(b"x")
    (path.parent / ".cache").mkdir()
    shutil.copy(path, path.parent / ".cache" / "x.xlsx")
    shutil.copy(path, tmp_path / "outside.xlsx")
    path.with_name("link.xlsx").symlink_to(tmp_path / "outside.xlsx")
    assert notes(office) == []
    assert owner_of(path.with_name("自己的.xlsx")) is None
    quiet(office)


def test_a_place_never_leads_outside(office):
    from integrations.backend import Unwritten

    with pytest.raises(Unwritten):
        office.sheets.backend.path("../x.xlsx")


def test_a_name_that_is_taken(parts, tmp_path, monkeypatch):
    """Somebody's own file is never written over; once it is out of the way, the workbook is made."""
    monkeypatch.setattr("integrations.folder.grids_of_many", in_this_process)
    build(parts)
    office = Office(parts, InFolder(tmp_path / "sheets"))
    (tmp_path / "sheets").mkdir()
    own = tmp_path / "sheets" / NAME
    openpyxl.Workbook().save(own)
    before = own.read_bytes()
    assert office.cycle(dry=True) == office.cycle()
    assert office.book().reason == f"已有同名文件 {NAME}，移开后再同步"
    told = office.cycle()
    assert (counted(told), told["stopped"]) == (True, 1)
    assert own.read_bytes() == before
    own.rename(own.with_name("自己的.xlsx"))
    assert counted(office.cycle(), written=1, cells_out=cells(office))
    assert office.book().state == "fine"
    quiet(office)


def cells(office):
    """The filled cells of a workbook, without ids and remarks."""
    found = 0
    for title in (SITES, PLAQUES, ACTIVITIES):
        found += sum(len(told.keys() - {ID, REMARKS}) for told in office.look(BRANCH, title).rows())
    return found


# ---------------------------------------------------------------- gone, broken, busy


def test_a_file_that_is_gone_comes_back(office, path):
    away = path.rename(path.with_suffix(".away"))
    told = office.cycle()
    assert (told["stopped"], told["proposals"]) == (1, 0)
    assert office.book().reason == f"文件不见了：{NAME}"
    quiet(office)
    away.rename(path)
    assert counted(office.cycle(), read=1)
    assert office.book().state == "fine"


def test_a_share_that_is_not_connected(office, path):
    """An empty folder where the share should be: nothing is taken for gone."""
    away = path.parent.rename(path.parent.with_name("away"))
    with pytest.raises(Held):
        office.cycle()
    path.parent.mkdir()
    with pytest.raises(Held):
        office.cycle()
    path.parent.rmdir()
    away.rename(path.parent)
    quiet(office)


BROKEN = {
    "truncated": (lambda data: data[:3000], "不完整或已损坏"),
    "empty": (lambda data: b"", "空文件"),
    "a web page": (lambda data: b"<html><body>login</body></html>", "网页"),
    "encrypted": (
        lambda data: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
        "加了密码",
    ),
    "text": (lambda data: b"a,b\n1,2\n", "少了“馆点”页"),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_file_stops_its_workbook_alone(office, path, kind):
    data = path.read_bytes()
    broken, why = BROKEN[kind]
    path.write_bytes(broken(data))
    with office.paper(OTHER) as paper:
        paper.add({**NEW, SITE: OTHER})
    told = office.cycle()
    assert (told["stopped"], told["cells_in"], told["proposals"]) == (1, 4, 0)
    assert why in office.book().reason
    quiet(office)
    path.write_bytes(data)
    office.cycle()
    assert (office.book().state, office.book().reason) == ("fine", "")


def test_a_file_that_may_not_be_opened_is_tried_again(office, path, monkeypatch):
    """Another program holds it for itself, as on Windows: it has not changed once it is free again."""
    with office.paper() as paper:
        paper.set(paper.of("a1"), PERSONS, 50)
    real, path_open = Path.open, path

    def refuse(self, *arguments, **options):
        if self == path_open:
            raise PermissionError(13, "Permission denied")
        return real(self, *arguments, **options)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", refuse)
        assert office.cycle()["stopped"] == 1
    assert office.cycle()["cells_in"] == 1
    assert office.book().state == "fine"


@pytest.mark.parametrize("lock", ["~${}", ".~{}", ".~lock.{}#"])
def test_open_in_an_office_program(office, path, lock):
    """Read but not written; written when it is closed."""
    holder = path.with_name(lock.format(NAME))
    holder.write_bytes(b"x")
    before = path.read_bytes()
    office.change("activities", "a1", title="改")
    told = office.cycle()
    assert counted(told, read=1)
    assert (office.book().state, path.read_bytes()) == ("busy", before)
    assert office.cycle(dry=True) == told | {"read": 0}
    quiet(office)
    with office.paper() as paper:  # saved, and still open
        paper.set(paper.of("a2"), PERSONS, 50)
    assert counted(office.cycle(), read=1, cells_in=1)
    holder.unlink()
    assert counted(office.cycle(), read=1, written=1, cells_out=1)
    assert office.look().by_id()["a1"][TITLE] == "改"
    quiet(office)


class Hasty:
    """A backend, and somebody who saves the file between its being read and its being written."""

    def __init__(self, backend, save):
        self.backend, self.save = backend, save

    def __getattr__(self, name):
        return getattr(self.backend, name)

    def write(self, *arguments):
        if self.save:
            save, self.save = self.save, None
            save()
        return self.backend.write(*arguments)


def test_saved_between_read_and_write(office):
    def save():
        with office.paper() as paper:
            paper.set(paper.of("a2"), PERSONS, 70)

    office.change("activities", "a1", title="改")
    with office.paper() as paper:
        paper.add(NEW)
    office.backend = Hasty(office.sheets.backend, save)
    told = office.cycle()
    assert counted(told, read=1, cells_in=4)
    assert office.book().state == "busy"
    assert counted(office.cycle(), read=1, written=1, cells_in=1, cells_out=1)
    assert office.record("activities", "a2")["persons"] == 70
    assert len(office.records("activities")) == len(office.look().by_id()) == 4
    quiet(office)


def test_a_disk_that_is_full_today(office, path, monkeypatch):
    office.change("activities", "a1", title="改")
    with monkeypatch.context() as patch:
        patch.setattr("tempfile.mkstemp", no_space)
        patch.setattr(Folder, "take_lease", lambda *_arguments: None)
        assert counted(office.cycle(), read=1)
    assert office.book().state == "busy"
    assert "No space" in office.book().reason
    assert counted(office.cycle(), read=1, written=1, cells_out=1)


def no_space(*_arguments, **_options):
    raise OSError(28, "No space left on device")


def test_replaced_within_a_second_by_one_of_the_same_size(office, path):
    """On a share whose times are whole seconds."""
    second = 1_700_000_000 * 10**9
    os.utime(path, ns=(second, second))
    office.cycle()
    data = path.read_bytes()
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        content = {info.filename: book.read(info) for info in book.infolist()}
    strings = content["xl/sharedStrings.xml"]
    assert "展 1".encode() in strings
    content["xl/sharedStrings.xml"] = strings.replace("展 1".encode(), "展 7".encode())
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as book:
        for part, text in content.items():
            book.writestr(part, text)
    plain = io.BytesIO()
    with zipfile.ZipFile(plain, "w", zipfile.ZIP_STORED) as book:
        for part, text in (content | {"xl/sharedStrings.xml": strings}).items():
            book.writestr(part, text)
    assert len(plain.getvalue()) == len(packed.getvalue())
    for content_now, told in ((plain, {}), (packed, {"read": 1, "cells_in": 1})):
        with path.open("r+b") as file:
            file.write(content_now.getvalue())
            file.truncate()
        os.utime(path, ns=(second, second))
        assert counted(office.cycle(), **told)
    assert office.record("activities", "a1")["title"] == "展 7"


def test_touched_but_not_changed(office, path):
    os.utime(path)
    quiet(office)
    data = path.read_bytes()
    path.unlink()
    path.write_bytes(data)
    quiet(office)


def test_a_mark_keeps_an_identity(path):
    identity = identify(path)
    assert identity_from(mark_of(identity)) == identity
