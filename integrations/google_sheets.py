"""Google Sheets: one spreadsheet a branch in a Drive folder.

A cycle knows how many calls it makes: one Drive listing; for a workbook that changed one read; where there is something to
write one look at the file, one write, and a second read that shows whether somebody typed in between.
"""

from collections.abc import Callable, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from integrations import hidden
from integrations.backend import Content, Lease, Note, NotNow, Seen, Survey, Unwritten
from integrations.google import FILES, Client
from integrations.google_cells import (
    Spot,
    area_name,
    doubtful,
    formats_in,
    grid_of,
    merged_in,
    quoted,
    size_in,
    spots,
)
from integrations.google_files import LEASE, SPREADSHEET, File, file_in, lease_in, lease_name, owned
from integrations.google_shape import content_ranges, structure, tab_ids
from integrations.google_wire import Passing, Patience, Refusal, unreachable
from integrations.google_writing import Snapshot, Watched, Writing, patiently
from integrations.guard import Absent
from integrations.package import TabEdit
from integrations.reading import Grids
from integrations.references import Area
from integrations.workbook import Layout, book_title, read_tab
from models.settings import Settings
from models.words import _

UNFORMATTED = {"valueRenderOption": "UNFORMATTED_VALUE", "dateTimeRenderOption": "SERIAL_NUMBER"}
EVERYWHERE = {"supportsAllDrives": "true", "includeItemsFromAllDrives": "true"}
FILE = "id,name,parents,trashed,modifiedTime,version,appProperties"
PAGE = 1000  # files that one answer lists
GONE = 404


@dataclass
class Later(Mapping[str, Grids | Exception]):
    """Workbooks that are read when they are asked for: right before they are written, so that little can come between."""

    places: Sequence[Seen]
    read: Callable[[Seen], Grids | Exception]

    def __getitem__(self, place: str) -> Grids | Exception:
        return self.read(next(seen for seen in self.places if seen.place == place))

    def __iter__(self) -> Iterator[str]:
        return (seen.place for seen in self.places)

    def __len__(self) -> int:
        return len(self.places)


@dataclass
class Google:
    """The workbooks in a Drive folder, for one cycle: the folder is listed once."""

    settings: Settings
    layouts: Sequence[Layout]
    patience: Patience = field(default_factory=Patience)
    snapshots: dict[str, Snapshot] = field(default_factory=dict)
    begun: dict[str, str] = field(default_factory=dict)  # code -> a spreadsheet that is not whole yet

    @cached_property
    def client(self) -> Client:
        return Client(self.settings, self.patience)

    # ---- Drive

    @cached_property
    def files(self) -> list[File]:
        """What the folder holds."""
        folder = self.settings.google_folder
        where = f"'{folder}' in parents and " if folder else ""
        found = self.listed(f"{where}mimeType = '{SPREADSHEET}' and trashed = false")
        return [file for file in found if not folder or file.parents in ((), (folder,)) or folder in file.parents]

    def listed(self, query: str) -> list[File]:
        """All files that a query finds, page by page."""
        found: list[File] = []
        params: MutableMapping[str, Any] = {"q": query, "pageSize": PAGE, "fields": f"nextPageToken,files({FILE})"}
        params |= {**EVERYWHERE, "orderBy": "createdTime"}
        while True:
            told = self.asked("get", FILES, params=params)
            found += [file_in(one) for one in told.get("files", ()) if not one.get("trashed")]
            if not told.get("nextPageToken"):
                return found
            params["pageToken"] = told["nextPageToken"]

    def file(self, place: str) -> File:
        """One file as it is now. Raises Passing, Refusal."""
        return file_in(self.client.request("get", f"{FILES}/{place}", params={"fields": FILE, **EVERYWHERE}).json())

    def asked(self, method: str, url: str, **kwargs: Any) -> Any:
        """A call that says something of the place as a whole. Raises Unreachable."""
        try:
            return self.client.request(method, url, **kwargs).json()
        except (Passing, Refusal) as fault:
            raise unreachable(fault) from fault
        except ValueError as fault:  # no JSON: no Google at all
            raise unreachable(_("答复不是 JSON")) from fault

    # ---- looking

    def survey(self, known: Mapping[str, Seen], installation: str) -> Survey:
        """What one listing tells. Only a file that nobody knows, and that would be a missing workbook, is looked into."""
        survey = Survey()
        codes = {seen.place: code for code, seen in known.items()}
        strangers = []
        for file in [*self.files, *self.moved(known, installation)]:
            if file.id in codes:
                survey.found[codes[file.id]] = Seen(file.id, file.mark)
            elif not file.name.startswith(LEASE):
                strangers.append(file)
        for file in strangers:
            self.sort_out(survey, file, installation, known)
        return survey

    def moved(self, known: Mapping[str, Seen], installation: str) -> list[File]:
        """Known files that are not in the folder any more: they may be anywhere that this account can see."""
        missing = {seen.place for seen in known.values()} - {file.id for file in self.files}
        if not missing or not self.settings.google_folder:
            return []
        query = f"appProperties has {{ key='zongfen' and value='{installation}' }} and trashed = false"
        return [file for file in self.listed(query) if file.id in missing]

    def sort_out(self, survey: Survey, file: File, installation: str, known: Mapping[str, Seen]) -> None:
        """A file that is no known workbook's: one that a killed cycle made, a copy, another installation's, a stranger's.

        Only one that would be a missing workbook is looked into: people may keep files of their own here.
        """
        owner, code = file.owner or (installation, file.name.partition(" ")[0])
        if owner != installation:
            survey.notes.append(Note(file.name, _("另一套台账的表，没有读")))
        elif code in survey.found and file.owner:
            survey.notes.append(Note(file.name, _("{code} 的副本，没有读").format(code=code)))
        elif code not in survey.found and (file.owner or code in known):
            self.look_inside(survey, file, installation, code)
        else:
            names = (one for one in self.files if one.id in {seen.place for seen in known.values()})
            if any(one.name in file.name for one in names):
                survey.notes.append(Note(file.name, _("像是副本，没有读")))

    def look_inside(self, survey: Survey, file: File, installation: str, code: str) -> None:
        """Whose a file is says its hidden tab, and whether it is whole."""
        identity = self.identity(file.id)
        if identity is None:
            if file.owner and file.owner[0] == installation:
                self.begun[code] = file.id
        elif identity.installation != installation:
            survey.notes.append(Note(file.name, _("另一套台账的表，没有读")))
        elif identity.code in survey.found:
            survey.notes.append(Note(file.name, _("{code} 的副本，没有读").format(code=identity.code)))
        else:
            survey.found[identity.code] = Seen(file.id, file.mark)

    def identity(self, place: str) -> hidden.Identity | None:
        try:
            told = self.client.values_get(place, f"{quoted(hidden.TITLE)}!A1:D1", dict(UNFORMATTED))
        except Refusal:  # it has no such tab
            return None
        except Passing as fault:
            raise unreachable(fault) from fault
        return hidden.identity_of(grid_of(told.get("values", ()), {}))

    def same(self, one: str, other: str) -> bool:
        """Whether Drive says of both that nothing has changed between them."""
        return bool(one) and one == other

    def unread(self, seen: Seen) -> Seen:
        return seen

    def holder(self, place: str) -> str | None:
        """Several people may have a spreadsheet open at once: nobody holds it."""
        return None

    # ---- reading

    def read(self, seen: Sequence[Seen]) -> Mapping[str, Grids | Exception]:
        """Each workbook's tabs, one call each, when they are asked for."""
        return Later(seen, self.read_one)

    def read_one(self, seen: Seen) -> Grids | Exception:
        """A workbook's cells; NotNow where it should be tried again. Raises Unreachable where nothing answers at all."""
        try:
            return self.grids(seen)
        except Refusal as fault:
            return Absent(None) if fault.status == GONE else Unwritten(str(fault))
        except Passing as fault:
            return self.not_now(fault)

    def not_now(self, fault: Passing) -> NotNow:
        """One workbook's failure, for the next cycle. Raises Unreachable where all the others would fail the same way."""
        if fault.down or fault.undone:
            raise unreachable(fault) from fault
        return NotNow(str(fault))

    def grids(self, seen: Seen) -> Grids:
        titles = list(tab_ids(self.layouts))[1:]
        values, rows = self.values(seen.place, titles)
        areas = {one.title: doubtful(one, values[one.title]) for one in self.layouts if one.title in values}
        formats, merged = self.formats(seen.place, areas) if any(areas.values()) else ({}, None)
        grids = {title: grid_of(lines, formats.get(title, {})) for title, lines in values.items()}
        self.snapshots[seen.place] = Snapshot(
            place=seen.place,
            mark=seen.mark,
            cells={title: spots(lines) for title, lines in values.items()},
            rows=rows,
            ids=tab_ids(self.layouts),
            watched=watched(self.layouts, grids),
            merged=merged,
        )
        return grids

    def values(self, place: str, titles: Sequence[str]) -> tuple[dict[str, Any], dict[str, int]]:
        """(title -> rows of values, title -> number of rows in the tab) of the tabs that are there."""
        try:
            told = self.client.values_batch_get(place, [quoted(title) for title in titles], dict(UNFORMATTED))
        except Refusal as fault:
            if fault.status != 400:
                raise
            sheets = self.sheets(place)
            there = [title for title in titles if title in sheets]
            if len(there) == len(titles):
                raise
            return self.values(place, there) if there else ({}, {})
        found = dict(zip(titles, told["valueRanges"], strict=True))
        values = {title: one.get("values", []) for title, one in found.items()}
        return values, {title: size_in(one.get("range", ""))[0] for title, one in found.items()}

    def sheets(self, place: str) -> dict[str, dict[str, Any]]:
        """Title -> what a spreadsheet says of its tabs, without cells."""
        fields = "sheets(properties(sheetId,title,gridProperties(rowCount,columnCount)))"
        told = self.client.spreadsheets_get(place, {"fields": fields})
        return {sheet["properties"]["title"]: sheet["properties"] for sheet in told.get("sheets", ())}

    def formats(
        self, place: str, areas: Mapping[str, Sequence[Area]]
    ) -> tuple[dict[str, dict[Spot, str]], dict[str, list[Area]]]:
        """(title -> kinds of number format, of stretches where the format decides; title -> merged blocks, of every tab)."""
        ranges = [area_name(title, area) for title, found in areas.items() for area in found or [Area(1, 1, 1, 1)]]
        fields = (
            "sheets(properties(title),merges,data(startRow,startColumn,rowData(values(effectiveFormat(numberFormat)))))"
        )
        told = self.client.spreadsheets_get(place, {"ranges": ranges, "fields": fields, "includeGridData": "true"})
        sheets = {sheet["properties"]["title"]: sheet for sheet in told.get("sheets", ())}
        return (
            {title: formats_in(sheet) for title, sheet in sheets.items()},
            {title: merged_in(sheet) for title, sheet in sheets.items()},
        )

    # ---- making

    def vacancy(self, code: str, name: str) -> str:
        """A new workbook's name. Drive lets two files have the same: nothing stands in its way."""
        return book_title(code, name)

    def create(self, content: Content) -> Seen:
        """Make a spreadsheet, then its tabs, then its cells; each step first looks at what a dead cycle has done of it."""
        try:
            place = self.begun.get(content.code) or self.nameless(content) or self.begin(content)
            self.build(place, content)
            body = {"valueInputOption": "RAW", "data": content_ranges(content)}
            patiently(self.client, lambda: self.client.values_batch_update(place, body))
            return Seen(place, self.file(place).mark)
        except Passing as fault:
            raise unreachable(fault) from fault
        except Refusal as fault:
            name = book_title(content.code, content.name)
            raise Unwritten(_("{name} 没有建成：{reason}").format(name=name, reason=fault)) from fault

    def nameless(self, content: Content) -> str | None:
        """A workbook that a killed cycle began, and that has lost the properties which say whose it is."""
        name = book_title(content.code, content.name)
        alike = (file.id for file in self.files if file.name == name and file.owner is None)
        return next((place for place in alike if self.is_ours(place, content)), None)

    def is_ours(self, place: str, content: Content) -> bool:
        """Whether a spreadsheet is this workbook, or has nothing in it yet."""
        if identity := self.identity(place):
            return (identity.installation, identity.code) == (content.installation, content.code)
        titles = list(self.sheets(place))
        if len(titles) > 1:
            return hidden.TITLE in titles
        return not self.client.values_get(place, quoted(titles[0])).get("values")

    def begin(self, content: Content) -> str:
        """An empty spreadsheet in the folder. Asked for again only after a look whether it is there already."""
        name = book_title(content.code, content.name)
        return self.new_file(name, {"appProperties": owned(content.installation, content.code)})

    def new_file(self, name: str, more: Mapping[str, Any]) -> str:
        """The number of a new file. Raises Passing, Refusal."""
        folder = self.settings.google_folder
        body = {"name": name, "mimeType": SPREADSHEET, **({"parents": [folder]} if folder else {}), **more}
        before = {file.id for file in self.files}
        for failed in self.client.patience.attempts():
            try:
                params = {"supportsAllDrives": "true", "fields": "id"}
                return str(self.client.request("post", FILES, params=params, json=body).json()["id"])
            except Passing as fault:
                failed(fault)
            quoted_name = name.replace("\\", "\\\\").replace("'", "\\'")
            made = self.listed(f"name = '{quoted_name}' and trashed = false")
            for file in made:
                if file.name == name and file.id not in before:
                    return file.id
        raise AssertionError

    def build(self, place: str, content: Content) -> None:
        """The tabs that it lacks: after a failure, those that it lacks then."""

        def step() -> None:
            there = {title: one["sheetId"] for title, one in self.sheets(place).items()}
            if requests := structure(content, there):
                self.client.batch_update(place, {"requests": requests})

        patiently(self.client, step)

    # ---- writing

    def write(self, seen: Seen, edits: Sequence[TabEdit]) -> Seen:
        """Write into a workbook that still is what was read. Its mark is empty where somebody may have typed meanwhile."""
        try:
            return Seen(seen.place, self.written(self.snapshots[seen.place], edits))
        except Passing as fault:
            raise self.not_now(fault) from fault
        except Refusal as fault:
            raise Unwritten(_("没有写入：{reason}").format(reason=fault)) from fault

    def written(self, snapshot: Snapshot, edits: Sequence[TabEdit]) -> str:
        """The mark after the write. It is asked for before the last look: what comes later changes it."""
        writing = Writing(self.client, snapshot, edits, self.values)
        if snapshot.merged is not None:
            writing.refuse_merged(snapshot.merged)
        if self.file(snapshot.place).mark != snapshot.mark:
            raise NotNow(_("刚被改过，这次没有写入"))
        if any(edit.layout for edit in edits):
            writing = writing.with_tabs(self.sheets)
        writing.grow()
        try:
            writing.send()
        except Refusal as fault:
            if fault.status != 400 or not writing.fit(self.sheets(snapshot.place)):
                raise
            writing.send()
        mark = self.file(snapshot.place).mark
        if snapshot.merged is not None:  # two reads are what a changed workbook may cost: the next cycle looks again
            return ""
        try:
            return mark if writing.check() else ""
        except Unwritten as fault:
            fault.mark = self.file(snapshot.place).mark
            raise

    # ---- the lease

    def lease(self) -> Lease | None:
        held = lease_in(self.files)
        return held[1] if held else None

    def take_lease(self, lease: Lease) -> None:
        """Say that this installation writes here: in the name of a spreadsheet, which every listing tells."""
        held, name = lease_in(self.files), lease_name(lease)
        try:
            if held is None:
                self.new_file(name, {})
            else:
                self.rename(held[0], name)
        except (Passing, Refusal) as fault:
            raise unreachable(fault) from fault

    def rename(self, place: str, name: str) -> None:
        """A file's name: by Drive, or by the spreadsheet's own title where Drive's part is not to be had."""
        try:
            self.client.request("patch", f"{FILES}/{place}", params={"supportsAllDrives": "true"}, json={"name": name})
        except Refusal:
            change = {"properties": {"title": name}, "fields": "title"}
            patiently(
                self.client,
                lambda: self.client.batch_update(place, {"requests": [{"updateSpreadsheetProperties": change}]}),
            )


def watched(layouts: Sequence[Layout], grids: Grids) -> dict[str, Watched]:
    """Title -> the cells that are read, of the tabs with a header."""
    found = {}
    for layout in layouts:
        tab = read_tab(layout.table, layout.title, grids.get(layout.title, []))
        if tab is not None:
            found[layout.title] = Watched(tab.header_row, frozenset(tab.columns.values()))
    return found
