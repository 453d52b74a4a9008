"""What the cycle asks of a place where workbooks live: a folder, or Google."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from integrations.package import TabEdit
from integrations.reading import Grids
from integrations.workbook import Layout, Lists
from models.faults import Fault
from models.schema import Row


@dataclass(frozen=True)
class Seen:
    """A workbook that was found. `mark` says what it is now; only its backend can compare marks."""

    place: str
    mark: str


@dataclass(frozen=True)
class Note:
    """Something in the place that is not read: a copy, a stranger, another installation's workbook."""

    place: str
    message: str


@dataclass
class Survey:
    """What is there: workbooks of this installation by their site's code, and what was passed over."""

    found: dict[str, Seen] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)


@dataclass(frozen=True)
class Content:
    """What a new workbook holds: the number of this write, its tabs with their rows, what its references may mean."""

    code: str
    name: str
    installation: str
    serial: int
    tabs: Sequence[tuple[Layout, Sequence[Row]]]
    lists: Lists


@dataclass(frozen=True)
class Lease:
    """Who writes into this place: an installation, where it lives, and how many writing cycles it has made."""

    installation: str
    home: str
    counter: int


class NotNow(Fault):
    """A workbook cannot be written at the moment; the next cycle tries again."""


class Unwritten(Fault):
    """A workbook was left as it is, because writing would break it.

    `mark`: what it is now, where trying has changed that and nothing else.
    """

    mark: str = ""


class Unreachable(Fault):
    """The place as a whole cannot be reached, or refuses everything. Nothing of it is known, and nothing was taken for gone."""


class Backend(Protocol):
    """A place where workbooks live. All calls block; none of them touches the database."""

    def survey(self, known: Mapping[str, Seen], installation: str) -> Survey:
        """Look at what is there without reading any cell."""

    def same(self, one: str, other: str) -> bool:
        """Whether two marks mean the same content."""

    def read(self, seen: Sequence[Seen]) -> Mapping[str, Grids | Exception]:
        """Place -> every tab's cells, or why it cannot be read: NotNow where the next cycle should try again."""

    def unread(self, seen: Seen) -> Seen:
        """A workbook that could not be read, as it is to be remembered: looked into again once anything of it differs."""

    def holder(self, place: str) -> str | None:
        """Who has the workbook open, as far as the place tells."""

    def vacancy(self, code: str, name: str) -> str:
        """Where a new workbook would be. Raises Unwritten where something stands in its way."""

    def create(self, content: Content) -> Seen:
        """Make a new workbook. Raises Unwritten where something stands in its way."""

    def write(self, seen: Seen, edits: Sequence[TabEdit]) -> Seen:
        """Write edits into a workbook that still is what was read. Raises NotNow, Unwritten."""

    def lease(self) -> Lease | None:
        """Who wrote here last."""

    def take_lease(self, lease: Lease) -> None:
        """Say that this installation writes here."""
