"""A folder of .xlsx files: a network share or a sync drive, edited with WPS, Excel or LibreOffice."""

import json
import os
import re
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from integrations.backend import Content, Lease, Note, NotNow, Seen, Survey, Unwritten
from integrations.newbook import make_book
from integrations.package import Busy, Identity, Moved, TabEdit, Unreadable, Unwritable, busy, identify, stat_of, write
from integrations.reading import Grids, grids_of_many
from integrations.workbook import file_name
from models.database import dumps
from models.words import _

LEASE = ".zongfen.json"
_PROPERTY = re.compile(rb'name="zongfen"[^>]*>\s*<(?:\w+:)?lpwstr>([^<]{1,200})</')
PROPERTIES = "docProps/custom.xml"
PROPERTIES_LIMIT = 1_000_000


def mark_of(identity: Identity) -> str:
    """An identity as the database keeps it."""
    return dumps([identity.mtime_ns, identity.size, identity.inode, identity.parts])


def identity_from(mark: str) -> Identity:
    mtime_ns, size, inode, parts = json.loads(mark)
    return Identity(mtime_ns, size, inode, tuple((name, crc) for name, crc in parts))


def owner_of(path: Path) -> tuple[str, str] | None:
    """(installation, site code) that a workbook's document property states, or its hidden tab's where that was lost."""
    try:
        with zipfile.ZipFile(path) as package:
            info = package.NameToInfo.get(PROPERTIES)
            text = package.read(info) if info and info.file_size <= PROPERTIES_LIMIT else b""
    except (OSError, zipfile.BadZipFile, NotImplementedError, RuntimeError):
        return None
    found = _PROPERTY.search(text)
    installation, _blank, code = (found[1].decode("utf-8", "replace") if found else "").partition(" ")
    return (installation, code) if code else None


@dataclass(frozen=True)
class Folder:
    """The workbooks in one folder and below it."""

    root: Path

    # ---- looking

    def files(self) -> list[Path]:
        """The workbooks, without office programs' lock files and half-written ones. Links that lead outside are passed over."""
        root = self.root.resolve()
        found = []
        for path in sorted(self.root.rglob("*.xlsx")):
            hidden = any(part.startswith((".", "~$")) for part in path.relative_to(self.root).parts)
            if not hidden and path.is_file() and root in path.resolve().parents:
                found.append(path)
        return found

    def survey(self, known: Mapping[str, Seen], installation: str) -> Survey:
        """Look at what is there: a stat for what has not changed, the zip directory for what has."""
        survey = Survey()
        by_place = {seen.place: (code, seen) for code, seen in known.items()}
        strangers: list[tuple[str, Path]] = []
        for path in self.files():
            place = self.place(path)
            code, seen = by_place.get(place, ("", None))
            if seen and self.unchanged(path, seen):
                survey.found[code] = seen
                continue
            owner = owner_of(path)
            if owner is None and seen is None:
                continue  # somebody's own workbook
            if owner is not None and owner[0] != installation:
                survey.notes.append(Note(place, _("另一套台账的表，没有读")))
            elif seen and (owner is None or owner[1] == code):
                self.find(survey, code, path)
            elif owner is not None:
                strangers.append((owner[1], path))
        for code, path in strangers:
            if code in survey.found:
                survey.notes.append(Note(self.place(path), _("{code} 的副本，没有读").format(code=code)))
            else:
                self.find(survey, code, path)
        return survey

    def find(self, survey: Survey, code: str, path: Path) -> None:
        try:
            survey.found[code] = Seen(self.place(path), mark_of(identify(path)))
        except Unreadable:
            survey.found[code] = Seen(self.place(path), "")  # half-copied, perhaps: reading it will say

    def unchanged(self, path: Path, seen: Seen) -> bool:
        """Whether the file's time, size and number are those of the mark."""
        if not seen.mark:
            return False
        identity = identity_from(seen.mark)
        try:
            return stat_of(path) == (identity.mtime_ns, identity.size, identity.inode)
        except OSError:
            return False

    def same(self, one: str, other: str) -> bool:
        """Whether two marks mean the same parts with the same check sums."""
        return bool(one and other) and identity_from(one).parts == identity_from(other).parts

    def place(self, path: Path) -> str:
        return path.relative_to(self.root).as_posix()

    def path(self, place: str) -> Path:
        """Where a place is. It never leads out of the folder."""
        path = (self.root / place).resolve()
        if self.root.resolve() not in path.parents:
            raise Unwritten(_("{place} 不在共享文件夹里").format(place=place))
        return path

    def read(self, seen: Sequence[Seen]) -> Mapping[str, Grids | Exception]:
        """Parse the workbooks in child processes."""
        paths = {self.path(one.place): one.place for one in seen}
        return {paths[path]: found for path, found in grids_of_many(list(paths)).items()} if paths else {}

    def holder(self, place: str) -> str | None:
        holder = busy(self.path(place))
        return holder.name if holder else None

    # ---- writing

    def create(self, content: Content) -> Seen:
        """A new file, whole before it has its name. What has that name already is left alone."""
        self.root.mkdir(parents=True, exist_ok=True)
        path = self.root / file_name(content.code, content.name)
        if path.exists():
            raise Unwritten(_("已有同名文件 {name}，移开后再同步").format(name=path.name))
        handle, name = tempfile.mkstemp(dir=self.root, prefix=".zongfen-", suffix=".xlsx")
        os.close(handle)
        try:
            make_book(Path(name), content)
            os.chmod(name, 0o664)
            os.replace(name, path)
        finally:
            Path(name).unlink(missing_ok=True)
        return Seen(self.place(path), mark_of(identify(path)))

    def write(self, seen: Seen, edits: Sequence[TabEdit]) -> Seen:
        """Edit the file in place, everything else the same bytes."""
        try:
            identity = write(self.path(seen.place), edits, identity_from(seen.mark))
        except (Busy, Moved) as fault:
            raise NotNow(str(fault)) from fault
        except (Unwritable, Unreadable) as fault:
            raise Unwritten(str(fault)) from fault
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
        self.root.mkdir(parents=True, exist_ok=True)
        path = self.root / LEASE
        handle, name = tempfile.mkstemp(dir=self.root, prefix=".zongfen-", suffix=".json")
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            out.write(dumps(vars(lease)))
        os.replace(name, path)
