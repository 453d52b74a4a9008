"""What shares and sync drives do to files: copies in conflict, half of a file, names that cannot be taken over, odd clocks."""

import errno
import os
import shutil
import threading
from pathlib import Path

import pytest

from integrations import folder as folders
from integrations.backend import Unreachable
from integrations.folder import LEASE
from integrations.package import TabEdit, Unwritable, identify, write
from integrations.pen import Held
from integrations.placing import ASIDE
from integrations.running import POLL
from integrations.syncing import watch_cycles
from tests.people import told, type_in
from tests.sheets import (
    ACTIVITIES,
    BRANCH,
    PERSONS,
    TITLE,
    InFolder,
    Office,
    build,
    counted,
    in_this_process,
    notes,
    quiet,
)

DATABASES = ("sqlite",)
NAME = f"{BRANCH} 官渡区文化馆关上街道分馆"
HOUR = 3600 * 10**9


@pytest.fixture
def office(parts, tmp_path, monkeypatch):
    """An office whose workbooks have just been made in a folder."""
    monkeypatch.setattr("integrations.folder.grids_of_many", in_this_process)
    build(parts)
    made = Office(parts, InFolder(tmp_path / "data" / "sheets"))
    made.cycle()
    return made


@pytest.fixture
def path(office):
    return office.sheets.path(BRANCH)


def refuse(error: int, count: int = 10**6):
    """A call that the share refuses so many times."""
    left = [count]

    def call(real):
        def refusing(*arguments, **options):
            if left[0]:
                left[0] -= 1
                raise OSError(error, os.strerror(error))
            return real(*arguments, **options)

        return refusing

    return call


# ---------------------------------------------------------------- sync drives

CONFLICTS = (
    "{}-DESKTOP-7QK2L1.xlsx",  # OneDrive
    "{} (王敏的冲突副本 2026-11-24).xlsx",  # Dropbox
    "{} (Wang Min's conflicted copy 2026-11-24).xlsx",
    "{}(冲突文件-王敏-2026-11-24-10-30-05).xlsx",  # 坚果云
    "{}_冲突副本_20261124.xlsx",  # WPS 云
    "{}.sync-conflict-20261124-103005-ABCDEFG.xlsx",  # Syncthing
    "0{}.xlsx",  # read before the workbook itself, if it were read
)


def test_a_copy_in_conflict_holds_what_another_typed(office, path):
    """The drive keeps both: the one under the name counts, the other is listed until somebody has seen to it."""
    copies = [path.with_name(name.format(path.stem)) for name in CONFLICTS]
    for number, copy in enumerate(copies):
        shutil.copy(path, copy)
        type_in(copy, ACTIVITIES, {"D2": f"副本 {number}"})
    type_in(path, ACTIVITIES, {"F3": 77})
    kept = [copy.read_bytes() for copy in copies]
    assert sorted(notes(office)) == sorted((copy.name, f"{BRANCH} 的副本，没有读") for copy in copies)
    assert (office.record("activities", "a1")["title"], office.record("activities", "a2")["persons"]) == ("展 1", 77)
    assert (office.book().place, office.book().state) == (path.name, "fine")
    office.change("activities", "a3", title="改")
    office.cycle()
    assert [copy.read_bytes() for copy in copies] == kept
    for copy in copies:
        copy.unlink()
    assert notes(office) == []


def test_the_drive_gives_the_name_to_the_other_one(office, path):
    """Ours, with what the app has just written, becomes the copy: nothing of it is taken for undone by a person."""
    other = path.read_bytes()
    office.change("activities", "a1", title="改")
    office.cycle()
    path.rename(path.with_name(f"{path.stem}-PC.xlsx"))
    path.write_bytes(other)
    type_in(path, ACTIVITIES, {"F3": 77})
    assert [place for place, _why in notes(office)] == [f"{path.stem}-PC.xlsx"]
    assert office.record("activities", "a1")["title"] == "改"
    assert office.record("activities", "a2")["persons"] == 77
    assert (office.look().by_id()["a1"][TITLE], office.conflicts) == ("改", [])


def test_a_copy_of_the_sign_means_nothing(office):
    sign = office.sheets.root / LEASE
    (sign.with_name(".zongfen (冲突的副本).json")).write_text(sign.read_text().replace('"counter":', '"counter":9'))
    quiet(office)


def test_what_is_on_its_way_is_no_workbook_yet(office, path):
    for name in ("~{}.tmp", "{}.xlsx.tmp", "{}.xlsx.part", "{}.xlsx.crdownload", "~WRL0001.tmp", ".{}.xlsx"):
        shutil.copy(path, path.with_name(name.format(path.stem)))
    assert notes(office) == []
    quiet(office)


HALVES = {
    "its beginning": lambda data: data[: len(data) // 2],
    "its size, and nothing behind the half": lambda data: data[: len(data) // 2] + bytes(len(data) - len(data) // 2),
    "its size alone": lambda data: bytes(len(data)),
    "all but the last bytes": lambda data: data[:-9],
    "a hole": lambda data: data[:2000] + bytes(1000) + data[3000:],
}


@pytest.mark.parametrize("half", HALVES.values(), ids=HALVES)
def test_half_of_a_file_is_waited_for(office, path, half):
    """Nothing is taken for gone, nothing is written; once the other half has come, all goes on."""
    office.change("activities", "a1", title="改")
    type_in(path, ACTIVITIES, {"F3": 77})
    whole = path.read_bytes()
    path.write_bytes(half(whole))
    report = office.cycle()
    assert (report["stopped"], report["proposals"], report["written"], report["cells_in"]) == (1, 0, 0, 0)
    assert path.read_bytes() == half(whole)
    path.write_bytes(whole)
    assert counted(office.cycle(), read=1, written=1, cells_in=1, cells_out=1)
    assert (office.record("activities", "a2")["persons"], office.look().by_id()["a1"][TITLE]) == (77, "改")
    quiet(office)


def test_gone_between_two_looks(office, path, monkeypatch):
    """A drive's file that has another name by the time it is asked for; a folder inside that may not be opened."""
    shutil.copy(path, path.with_name("新建.xlsx"))
    (path.parent / "别人的").mkdir()
    scandir, stat = os.scandir, os.stat

    def closed(place):
        if Path(place).name == "别人的":
            raise PermissionError(errno.EACCES, "Permission denied")
        return scandir(place)

    def gone(place, **options):
        if str(place).endswith("新建.xlsx"):
            raise FileNotFoundError(errno.ENOENT, "No such file")
        return stat(place, **options)

    monkeypatch.setattr(folders.os, "scandir", closed)
    monkeypatch.setattr(folders.os, "stat", gone)
    quiet(office)


# ---------------------------------------------------------------- a share that gives no name that is taken


def no_takeover(monkeypatch, tries: int = 10**6) -> None:
    monkeypatch.setattr(Path, "replace", refuse(errno.EEXIST, tries)(Path.replace))


def test_a_share_that_cannot_replace_a_file_in_one_step(office, path, monkeypatch):
    path.chmod(0o640)
    no_takeover(monkeypatch)
    type_in(path, ACTIVITIES, {"F3": 77})
    office.change("activities", "a1", title="改")
    assert counted(office.cycle(), read=1, written=1, cells_in=1, cells_out=1)
    assert office.look().by_id()["a1"][TITLE] == "改"
    assert path.stat().st_mode & 0o777 == 0o640
    assert [one.name for one in path.parent.iterdir() if one.name.startswith(".")] == [LEASE]
    quiet(office)


class Died(BaseException):
    """The process ends here."""


def test_killed_between_the_two_steps(office, path, monkeypatch):
    """The file has no name then; the next cycle gives it back, and ends what was begun."""
    office.change("activities", "a1", title="改")
    before, rename = path.read_bytes(), Path.rename

    def die(self, target):
        if Path(target) == path:
            raise Died
        return rename(self, target)

    with monkeypatch.context() as patch:
        no_takeover(patch)
        patch.setattr(Path, "rename", die)
        with pytest.raises(Died):
            office.cycle()
    assert not path.exists()
    assert path.with_name(ASIDE + path.name).read_bytes() == before
    report = office.cycle()
    assert counted(report, read=1, written=1, cells_out=1), report
    assert (report["stopped"], office.look().by_id()["a1"][TITLE]) == (0, "改")
    assert [one.name for one in path.parent.iterdir() if one.name.startswith(".")] == [LEASE]
    quiet(office)


def test_killed_after_both_steps(office, path):
    shutil.copy(path, path.with_name(ASIDE + path.name))
    type_in(path, ACTIVITIES, {"F3": 77})
    assert counted(office.cycle(), read=1, cells_in=1)
    assert [one.name for one in path.parent.iterdir() if one.name.startswith(".")] == [LEASE]


@pytest.mark.parametrize("second", [0, 1])
def test_a_file_that_cannot_be_replaced_at_all_stays(tmp_path, monkeypatch, second):
    """Held open by someone, as on Windows; or the new one is refused its name: the old one gets it back."""
    from tests.workbooks import plain

    path = plain(tmp_path / "a.xlsx", [["编号"], [1]])
    before, rename = path.read_bytes(), Path.rename

    def held(self, target):
        if (Path(self) == path) != second and (Path(target) == path or not second) and ASIDE not in self.name:
            raise PermissionError(errno.EACCES, "Permission denied")
        return rename(self, target)

    no_takeover(monkeypatch)
    monkeypatch.setattr(Path, "rename", held)
    with pytest.raises(Unwritable):
        write(path, [TabEdit("表", {(2, 1): 5})], identify(path))
    assert path.read_bytes() == before
    assert [one.name for one in tmp_path.iterdir()] == [path.name]


# ---------------------------------------------------------------- clocks

CLOCKS = {
    "an hour ahead": 1_900_000_000 * 10**9 + 5,
    "far behind": 315_532_800 * 10**9 + 5,
    "before all time": -86_400 * 10**9,
}


@pytest.mark.parametrize("time", CLOCKS.values(), ids=CLOCKS)
def test_a_share_whose_clock_differs(office, path, time):
    """Times are compared with one another, never with the clock here; an older time is a change like any other."""
    for count, moment in enumerate((time, time - HOUR, time + HOUR), 60):
        type_in(path, ACTIVITIES, {"F3": count})
        os.utime(path, ns=(moment, moment))
        assert counted(office.cycle(), read=1, cells_in=1)
        assert office.record("activities", "a2")["persons"] == count
    office.change("activities", "a1", title="改")
    assert counted(office.cycle(), read=1, written=1, cells_out=1)
    os.utime(path, ns=(time, time))  # the share notes its own time once the file is closed
    quiet(office)


def test_a_share_that_counts_in_two_seconds(office, path, monkeypatch):
    """The time that was noted right after writing is cut down later, as FAT does."""
    office.change("activities", "a1", title="改")
    office.cycle()
    for _round in range(3):
        cut = path.stat().st_mtime_ns // (2 * 10**9) * 2 * 10**9
        os.utime(path, ns=(cut, cut))
        quiet(office)
    type_in(path, ACTIVITIES, {"F3": 77})
    os.utime(path, ns=(cut, cut))
    assert counted(office.cycle(), read=1, cells_in=1)


# ---------------------------------------------------------------- away, and back


def test_a_share_that_fails_is_unreachable(office, monkeypatch):
    scandir = os.scandir

    def stale(place):
        if Path(place) == office.sheets.root:
            raise OSError(errno.ESTALE, "Stale file handle")
        return scandir(place)

    with monkeypatch.context() as patch:
        patch.setattr(folders.os, "scandir", stale)
        with pytest.raises(Unreachable, match="共享文件夹打不开：Stale file handle"):
            office.cycle()
    quiet(office)


def test_a_share_that_takes_nothing_today(office, monkeypatch):
    office.change("activities", "a1", title="改")
    with monkeypatch.context() as patch:
        patch.setattr(folders.tempfile, "mkstemp", refuse(errno.EROFS)(None))
        with pytest.raises(Unreachable, match="共享文件夹写不进：Read-only file system"):
            office.cycle()
    assert counted(office.cycle(), read=1, written=1, cells_out=1)


def test_watching_outlasts_a_share_that_goes_away(office, monkeypatch):
    """It says so once, and goes on when the share is back."""
    root, said = office.sheets.root, []
    away = root.with_name("away")

    def looks(*_arguments, **_options):
        root.rename(away)
        yield from ([()] * 3)
        away.rename(root)
        with office.paper() as paper:
            paper.set(paper.of("a1"), PERSONS, 50)
        yield ()

    monkeypatch.setattr("watchfiles.watch", looks)
    watch_cycles(office.parts, said.append)
    assert said[0].startswith("共享文件夹里没有这套台账的标记，可能没连上")
    assert said[1:] == ["读 1，写 0；收 1 格，写 0 格；冲突 0，停 0"]


def test_watching_does_not_begin_where_another_writes(office, monkeypatch):
    (office.sheets.root / LEASE).write_text("{}")
    monkeypatch.setattr("watchfiles.watch", lambda *_arguments, **_options: iter([()]))
    with pytest.raises(Held):
        watch_cycles(office.parts, lambda _text: None)


@pytest.mark.parametrize("fault", [OSError(errno.ENOSPC, "OS file watch limit reached"), RuntimeError("no watch")])
def test_a_folder_that_cannot_be_watched_is_looked_at_again_and_again(office, monkeypatch, fault):
    waited, said = [], []

    class Stop(threading.Event):
        def wait(self, timeout=None):
            waited.append(timeout)
            if len(waited) == 2:
                with office.paper() as paper:
                    paper.set(paper.of("a1"), PERSONS, 50)
            return len(waited) > 3

    def no_watch(*_arguments, **_options):
        raise fault
        yield

    monkeypatch.setattr("watchfiles.watch", no_watch)
    watch_cycles(office.parts, said.append, Stop())
    assert waited == [POLL] * 4
    assert said == ["读 1，写 0；收 1 格，写 0 格；冲突 0，停 0"]
    assert told(office.sheets.path(BRANCH), ACTIVITIES)["F2"] == "50"
