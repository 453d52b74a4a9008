"""A folder of .xlsx files: a network share or a sync drive, edited with WPS, Excel or LibreOffice."""

import json
import os
import re
import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path

from integrations import hidden
from integrations.backend import Content, Lease, Note, NotNow, Seen, Survey, Unreachable, Unwritten
from integrations.guard import UTF16
from integrations.newbook import make_book, sample_of
from integrations.package import (
    Busy,
    Identity,
    Moved,
    TabEdit,
    Unreadable,
    Unwritable,
    busy,
    identify,
    write,
)
from integrations.placing import ASIDE, TEMPORARY, bring_back, put_in_place, sweep
from integrations.reading import Grids, grids_of_many
from integrations.workbook import file_name
from models.database import dumps
from models.words import _

LEASE = ".zongfen.json"
PROPERTIES, BOOK = "docProps/custom.xml", "xl/workbook.xml"
PART_LIMIT = 1_000_000  # bytes that are looked at of a part whose content nobody has checked
SECOND = 10**9
_PROPERTY = re.compile(rb'name="zongfen"[^>]*>\s*<(?:\w+:)?lpwstr[^>]*>([^<]{1,200})</')

Owner = tuple[str, str]  # (installation, site code)


# ---------------------------------------------------------------- marks


def mark_of(identity: Identity) -> str:
    """An identity as the database keeps it: the file's time, size and number; below it, its parts and their check sums."""
    return f"{stat_told(identity.mtime_ns, identity.size, identity.inode)}\n{dumps(identity.parts)}"


def stat_told(mtime_ns: int, size: int, inode: int) -> str:
    """The first line of a mark."""
    return f"{mtime_ns} {size} {inode}"


def stat_in(mark: str) -> tuple[int, ...]:
    """(mtime in ns, size, inode) of a mark."""
    return tuple(int(number) for number in mark.partition("\n")[0].split())


def parts_in(mark: str) -> str:
    return mark.partition("\n")[2]


def identity_from(mark: str) -> Identity:
    mtime_ns, size, inode = stat_in(mark)
    return Identity(mtime_ns, size, inode, tuple((name, crc) for name, crc in json.loads(parts_in(mark))))


def is_sharp(mtime_ns: int) -> bool:
    """Whether a file's time can tell two changes within a second apart: those of some shares and sync drives cannot."""
    return mtime_ns % SECOND != 0


# ---------------------------------------------------------------- whose a file is


def owner_of(path: Path) -> Owner | None:
    """Whose workbook a file is: its document property says so, or its hidden tab where the property was lost."""
    try:
        with zipfile.ZipFile(path) as package:
            found = _PROPERTY.search(start_of(package, PROPERTIES))
            lost = not found and f'"{hidden.TITLE}"'.encode() in start_of(package, BOOK)
    except (OSError, zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError):
        return None
    if found:
        installation, _blank, code = found[1].decode("utf-8", "replace").partition(" ")
        return (installation, code) if code else None
    return owner_inside(path) if lost else None


def start_of(package: zipfile.ZipFile, part: str) -> bytes:
    info = package.NameToInfo.get(part)
    if info is None:
        return b""
    with package.open(info) as content:
        data = content.read(PART_LIMIT)
    return data.decode("utf-16", "replace").encode() if data.startswith(UTF16) else data


def owner_inside(path: Path) -> Owner | None:
    """Whose workbook a file is by its hidden tab; read in a child process, like all that comes from outside."""
    grids = grids_of_many([path])[path]
    identity = None if isinstance(grids, Exception) else hidden.identity_of(grids.get(hidden.TITLE, []))
    return (identity.installation, identity.code) if identity else None


# ---------------------------------------------------------------- the folder


@dataclass(frozen=True)
class Folder:
    """The workbooks in one folder and below it."""

    root: Path

    # ---- looking

    def files(self) -> list[tuple[str, os.stat_result]]:
        """(place, stat) of the workbooks, without office programs' lock files, half-written ones, and links."""
        try:
            return sorted(walk(self.root, ""), key=itemgetter(0)) if self.root.is_dir() else []
        except OSError as fault:
            raise Unreachable(_("共享文件夹打不开：{reason}").format(reason=fault.strerror)) from fault

    def survey(self, known: Mapping[str, Seen], installation: str) -> Survey:
        """Look at what is there: a stat for what has not changed, the zip directory for what has."""
        survey = Survey()
        by_place = {seen.place: code for code, seen in known.items()}
        strays: dict[str, dict[str, Seen]] = {}
        for place, stat in self.files():
            code = by_place.get(place)
            if code is not None and self.unchanged(stat, known[code]):
                survey.found[code] = known[code]
                continue
            owner = owner_of(self.root / place)
            if owner is not None and owner[0] != installation:
                survey.notes.append(Note(place, _("另一套台账的表，没有读")))
            elif code is not None and (owner is None or owner[1] == code):
                survey.found[code] = self.seen(place, stat)
            elif owner is not None:
                strays.setdefault(owner[1], {})[place] = self.seen(place, stat)
        for code, seen in strays.items():
            self.sort_strays(survey, code, seen, known.get(code))
        return survey

    def sort_strays(self, survey: Survey, code: str, seen: dict[str, Seen], known: Seen | None) -> None:
        """Workbooks that are not where they were: one was moved or renamed, the others are copies."""
        if code not in survey.found:
            # The moved one is the same file, or has the same content; a copy that someone went on with has neither.
            def likeness(place: str) -> tuple[bool, bool]:
                mark, old = seen[place].mark, known.mark if known else ""
                return (bool(old) and stat_in(mark)[2] == stat_in(old)[2], self.same(mark, old))

            survey.found[code] = seen.pop(max(seen, key=likeness))
        survey.notes += [Note(place, _("{code} 的副本，没有读").format(code=code)) for place in seen]

    def seen(self, place: str, stat: os.stat_result) -> Seen:
        """A file as it is now. Half-copied, it has no parts to compare; one that cannot be opened has no mark at all."""
        try:
            return Seen(place, mark_of(identify(self.root / place)))
        except Unreadable as fault:
            broken = not isinstance(fault.__cause__, OSError)
            return Seen(place, mark_of(Identity(stat.st_mtime_ns, stat.st_size, stat.st_ino, ())) if broken else "")

    def unchanged(self, stat: os.stat_result, seen: Seen) -> bool:
        """Whether a file's time, size and number are those of the mark, and the time is one that can tell."""
        now = stat_told(stat.st_mtime_ns, stat.st_size, stat.st_ino)
        return seen.mark.startswith(f"{now}\n") and is_sharp(stat.st_mtime_ns)

    def same(self, one: str, other: str) -> bool:
        """Whether two marks mean the same parts with the same check sums; of a broken file, the same time and size."""
        if not one or not other:
            return False
        return one == other or (parts_in(one) == parts_in(other) != "[]")

    def path(self, place: str) -> Path:
        """Where a place is. It never leads out of the folder."""
        path = self.root / place
        if self.root.resolve() not in path.resolve().parents:
            raise Unwritten(_("{place} 不在共享文件夹里").format(place=place))
        return path

    def read(self, seen: Sequence[Seen]) -> Mapping[str, Grids | Exception]:
        """Parse the workbooks in child processes."""
        paths = {self.path(one.place): one.place for one in seen}
        return {paths[path]: found for path, found in grids_of_many(list(paths)).items()} if paths else {}

    def unread(self, seen: Seen) -> Seen:
        """By its time and size alone: of a file that is still on its way the directory may be there before the rest."""
        return Seen(seen.place, mark_of(Identity(*stat_in(seen.mark), ())) if seen.mark else "")

    def holder(self, place: str) -> str | None:
        holder = busy(self.path(place))
        return holder.name if holder else None

    # ---- writing

    def vacancy(self, code: str, name: str) -> str:
        """A new workbook's place. What has that name already is left alone."""
        place = file_name(code, name)
        if (self.root / place).exists():
            raise Unwritten(_("已有同名文件 {name}，移开后再同步").format(name=place))
        return place

    def create(self, content: Content) -> Seen:
        """A new file, whole before it has its name."""
        place = self.vacancy(content.code, content.name)
        self.root.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=self.root, prefix=TEMPORARY, suffix=".xlsx")
        os.close(handle)
        try:
            make_book(Path(name), content)
            os.chmod(name, 0o664)
            os.replace(name, self.root / place)
        except OSError as fault:
            raise Unwritten(_("{name} 没有建成：{reason}").format(name=place, reason=fault.strerror)) from fault
        finally:
            Path(name).unlink(missing_ok=True)
        return Seen(place, mark_of(identify(self.root / place)))

    def write(self, seen: Seen, edits: Sequence[TabEdit]) -> Seen:
        """Edit the file in place, everything else the same bytes. What the disk refuses today it may take tomorrow."""
        try:
            samples = {edit.title: sample_of(edit.layout) for edit in edits if edit.layout}
            identity = write(self.path(seen.place), edits, identity_from(seen.mark), samples)
        except (Busy, Moved) as fault:
            raise NotNow(str(fault)) from fault
        except (Unwritable, Unreadable) as fault:
            raise (NotNow if isinstance(fault.__cause__, OSError) else Unwritten)(str(fault)) from fault
        return Seen(seen.place, mark_of(identity))

    # ---- the lease

    def lease(self) -> Lease | None:
        try:
            told = json.loads((self.root / LEASE).read_text("utf-8"))
            return Lease(str(told["installation"]), str(told["home"]), int(told["counter"]))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError):
            return Lease("", "", 0)  # unreadable is nobody's we know: held until someone says so

    def take_lease(self, lease: Lease) -> None:
        """Say that this installation writes here, and clear away what a killed cycle of its own has left."""
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            for folder in {self.root, *((self.root / place).parent for place, _stat in self.files())}:
                sweep(folder)
            handle, name = tempfile.mkstemp(dir=self.root, prefix=TEMPORARY, suffix=".json")
            with os.fdopen(handle, "w", encoding="utf-8") as out:
                out.write(dumps(vars(lease)))
            put_in_place(Path(name), self.root / LEASE)
        except OSError as fault:
            raise Unreachable(_("共享文件夹写不进：{reason}").format(reason=fault.strerror)) from fault


def walk(root: Path, below: str) -> Iterator[tuple[str, os.stat_result]]:
    """(place, stat) of every .xlsx file under a folder that is not hidden.

    What is gone again before it is looked at, and a folder inside that may not be opened, are passed over.
    """
    entries = entries_of(root)
    if any(entry.name.startswith(ASIDE) for entry in entries):
        bring_back(root)
        entries = entries_of(root)
    for entry in entries:
        try:
            if entry.name.startswith((".", "~$")) or entry.is_symlink():
                continue
            if entry.is_dir():
                yield from walk(Path(entry.path), f"{below}{entry.name}/")
            elif entry.name.lower().endswith(".xlsx") and entry.is_file():
                yield f"{below}{entry.name}", os.stat(entry.path)  # entry.stat() knows no inode on Windows
        except OSError:
            continue


def entries_of(folder: Path) -> list[os.DirEntry[str]]:
    """All that stands in a folder."""
    with os.scandir(folder) as entries:
        return list(entries)
