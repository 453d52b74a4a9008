"""Who may write into a place: one installation, from one home, and never one that is older than what it wrote before."""

from dataclasses import dataclass

from integrations.backend import Backend, Lease
from models.database import get_meta, set_meta
from models.faults import Fault
from models.services import Services
from models.words import _

COUNTER = "writing_cycles"


class Held(Fault):
    """Another installation wrote into this place, or a newer state of this one: it holds its pen until someone says so."""

    def __init__(self, why: str) -> None:
        super().__init__(_("{why}，没有同步；确认由这套台账写入：sync --take-over").format(why=why))


@dataclass(frozen=True)
class Pen:
    """The right of one installation to write into one place."""

    parts: Services
    backend: Backend
    installation: str
    has_books: bool  # whether it knows of workbooks in this place

    @property
    def home(self) -> str:
        """Where the records live: a copy of them lives elsewhere."""
        return str(self.parts.settings.data) if self.parts.database.sqlite else self.parts.database.place

    def counter(self) -> int:
        """How many writing cycles the records know of."""
        with self.parts.database.read() as connection:
            return int(get_meta(connection, COUNTER, "0"))

    def check(self) -> None:
        """Raises Held where another installation, an older copy or a copy elsewhere would write, or where the sign is gone
        that this one left: a share that is not connected looks like an empty folder."""
        lease = self.backend.lease()
        if lease is None:
            if self.has_books:
                raise Held(_("共享文件夹里没有这套台账的标记，可能没连上"))
            return
        if lease.installation != self.installation:
            raise Held(_("共享文件夹归另一套台账"))
        if lease.counter > self.counter():
            raise Held(_("共享文件夹比这套台账新，台账可能是旧的备份"))
        if lease.home != self.home:
            raise Held(_("台账换了地方，可能是一份副本"))

    def take(self) -> None:
        """Count a writing cycle, here first: a place that is ahead of the records is what tells an old copy."""
        lease = self.backend.lease()
        counter = max(self.counter(), lease.counter if lease else 0) + 1
        with self.parts.database.write() as connection:
            set_meta(connection, COUNTER, str(counter))
        self.backend.take_lease(Lease(self.installation, self.home, counter))
