"""Histories on a folder of real .xlsx files. See tests/histories.py."""

import errno
import os
import shutil
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from integrations.folder import Folder
from tests.histories import Beginning, Place, office_over, run_histories
from tests.sheets import BRANCH, InFolder, build, in_this_process

EXAMPLES = int(os.environ.get("ZONGFEN_FOLDER_HISTORIES", "20"))


@dataclass
class Desk(InFolder):
    """Files that a person keeps open in an office program, and has saved by the time that a cycle looks at the folder."""

    opened: dict = field(default_factory=dict)  # code -> (the file's time and number, the workbook)
    unsaved: set = field(default_factory=set)

    def __post_init__(self):
        self.backend = Looking(self.root, self)

    def load(self, code):
        known, book = self.opened.get(code, (None, None))
        if code in self.unsaved or known == self.stamp(code):
            return book
        book = super().load(code)
        self.opened[code] = (self.stamp(code), book)
        return book

    def save(self, code, book):
        self.unsaved.add(code)

    def stamp(self, code):
        found = self.path(code).stat()
        return found.st_mtime_ns, found.st_ino

    def tidy(self):
        """Save everything."""
        for code in self.unsaved:
            book = self.opened[code][1]
            super().save(code, book)
            self.opened[code] = (self.stamp(code), book)
        self.unsaved.clear()


@dataclass(frozen=True)
class Looking(Folder):
    """The folder as a cycle finds it."""

    desk: Desk

    def survey(self, known, installation):
        self.desk.tidy()
        return super().survey(known, installation)


@contextmanager
def half_copied(office):
    """A sync drive has brought the first half of the file so far."""
    office.sheets.tidy()
    path = office.sheets.path(BRANCH)
    whole, times = path.read_bytes(), path.stat()
    path.write_bytes(whole[: len(whole) // 2])
    yield
    path.write_bytes(whole)
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


@contextmanager
def full_disk(_office):
    def refuse(_handle):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("integrations.package.os.fsync", refuse)
        yield


def hold(office, held):
    """The file that an office program keeps beside one that it has open."""
    path = office.sheets.path(BRANCH)
    lock = path.with_name(f"~${path.name}")
    if held:
        lock.write_bytes(b"")
    else:
        lock.unlink()


def test_histories(sqlite_template, tmp_path, monkeypatch):
    """Set ZONGFEN_FOLDER_HISTORIES to the number of histories."""
    monkeypatch.setattr("integrations.folder.grids_of_many", in_this_process)
    shutil.copy(sqlite_template, tmp_path / "zongfen.db")
    first = office_over(tmp_path, InFolder(tmp_path / "sheets"))
    build(first.parts, events=8)
    first.cycle()
    beginning = Beginning(first.parts)
    kept = shutil.copytree(tmp_path / "sheets", tmp_path / "kept")

    def begin():
        shutil.rmtree(tmp_path / "sheets")
        shutil.copytree(kept, tmp_path / "sheets")
        return beginning.again(Desk(Path(tmp_path / "sheets")))

    place = Place(begin, faults={"half copied": half_copied, "full disk": full_disk}, hold=hold)
    run_histories(place, EXAMPLES, 30)
    beginning.close()
