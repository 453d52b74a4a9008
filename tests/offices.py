"""Offices whose workbooks have just been made, in memory, in a folder and on the Sheets server: each made once, then copied.

All of them live in one data folder: records that are found elsewhere are held as a copy.
"""

import itertools
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from integrations.workbook import Layout
from models.catalog import MODELS, catalog
from models.database import Database
from models.query import Query
from models.schema import Record
from models.services import Services
from models.settings import settings
from models.store import Store
from tests.conftest import NOW, environment
from tests.google.server import Sheets as GoogleState
from tests.google.server import serve
from tests.sheets import InFolder, InGoogle, Memory, Office, Sheets, build

PLACES = ("memory", "folder", "google")
DRIVE = "1folder"


@dataclass
class Offices:
    """Where they are made. `template` is an empty installation's database."""

    folder: Path
    template: Path
    numbers: Iterator[int] = field(default_factory=itertools.count)
    made: dict[str, object] = field(default_factory=dict)  # place -> its workbooks, as they were when just made

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @cached_property
    def server(self) -> tuple[GoogleState, str]:
        """(state, address) of the Sheets server, which ends with the tests."""
        self._serving = serve()
        return self._serving.__enter__()

    def close(self) -> None:
        if "server" in self.__dict__:
            self._serving.__exit__(None, None, None)

    @contextmanager
    def just_made(self, place: str) -> Iterator[Office]:
        """An office of one's own, with the workbooks that its first cycle made."""
        if place not in self.made:
            self.make_first(place)
        copy = self.copied(self.data / f"{place}.db")
        office = self.office(place, copy)
        self.go_back(place, office.sheets)
        yield office
        office.parts.database.close()

    def make_first(self, place: str) -> None:
        self.data.mkdir(exist_ok=True)
        shutil.copy(self.template, self.data / f"{place}.db")
        office = self.office(place, f"{place}.db")
        build(office.parts)
        office.cycle()
        office.parts.database.close()
        self.made[place] = self.kept(place, office.sheets)

    def copied(self, database: Path) -> str:
        """The name of a copy of a database."""
        name = f"{next(self.numbers)}.db"
        shutil.copy(database, self.data / name)
        return name

    def office(self, place: str, database: str, models: Sequence[type[Record]] = MODELS) -> Office:
        """An office over a database in the data folder; its workbooks are wherever that place is."""
        parts = self.parts(database, models)
        if place == "memory":
            return Office(parts, Memory())
        if place == "folder":
            root = self.folder / f"sheets{next(self.numbers)}"
            return Office(replace(parts, settings=replace(parts.settings, sheets=root)), InFolder(root))
        state, address = self.server
        told = replace(parts.settings, google_url=address, google_folder=DRIVE, google_per_minute=0)
        layouts = [Layout(table) for table in parts.catalog.tabs]
        return Office(replace(parts, settings=told), InGoogle(state, told, layouts))

    def parts(self, database: str, models: Sequence[type[Record]]) -> Services:
        tables, made = catalog(models), Database(f"sqlite:///{self.data / database}")
        store, query = Store(made, tables, lambda: NOW), Query(made, tables)
        return Services(settings(environment(self.data)), made, tables, store, query)

    # ---- the workbooks, kept and brought back

    def kept(self, place: str, sheets: Sheets) -> object:
        if isinstance(sheets, Memory):
            return deepcopy((sheets.books, sheets.versions, sheets.token))
        return sheets.root if isinstance(sheets, InFolder) else self.server[0].kept()

    def go_back(self, place: str, sheets: Sheets) -> None:
        kept = self.made[place]
        if isinstance(sheets, Memory):
            sheets.books, sheets.versions, sheets.token = deepcopy(kept)
        elif isinstance(sheets, InFolder):
            shutil.copytree(kept, sheets.root)
        else:
            self.server[0].go_back(kept)
