"""Files of a Drive folder as its listing tells of them: whose they are, what they are now, who writes here. Pure."""

import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from integrations.backend import Lease
from models.database import dumps
from models.settings import Settings

SPREADSHEET = "application/vnd.google-apps.spreadsheet"
INSTALLATION, CODE = "zongfen", "zongfen_code"  # properties of a file that this app alone sees
LEASE = "_zongfen "  # what the name of the spreadsheet begins with that holds the lease: it stands in its name


@dataclass(frozen=True)
class File:
    """`mark` changes with every change of the file; `owner` is (installation, code)."""

    id: str
    name: str
    parents: tuple[str, ...]
    mark: str
    owner: tuple[str, str] | None


def file_in(told: Mapping[str, Any]) -> File:
    """A file as Drive answers it. Times are Drive's own, and are only ever compared with each other."""
    own = told.get("appProperties") or {}
    owner = (own[INSTALLATION], own[CODE]) if INSTALLATION in own and CODE in own else None
    mark = f"{told.get('version', '')} {told.get('modifiedTime', '')}".strip()
    return File(told["id"], told.get("name", ""), tuple(told.get("parents") or ()), mark, owner)


def owned(installation: str, code: str) -> dict[str, str]:
    """The properties of a workbook's file."""
    return {INSTALLATION: installation, CODE: code}


def lease_in(files: Iterable[File]) -> tuple[str, Lease] | None:
    """(file, lease): who wrote here last. What cannot be read is nobody's that we know."""
    held = next((file for file in files if file.name.startswith(LEASE)), None)
    if held is None:
        return None
    with suppress(ValueError, KeyError, TypeError):
        told = json.loads(held.name.removeprefix(LEASE))
        return held.id, Lease(str(told["installation"]), str(told["home"]), int(told["counter"]))
    return held.id, Lease("", "", 0)


def lease_name(lease: Lease) -> str:
    """The name of the spreadsheet that holds a lease."""
    return LEASE + dumps(vars(lease))


def link_to(settings: Settings, place: str) -> str:
    """Where a person opens a spreadsheet."""
    return f"{settings.google_url or 'https://docs.google.com'}/spreadsheets/d/{place}/edit"
