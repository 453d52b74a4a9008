"""What is written into a spreadsheet, and how it is made sure of: nothing is written twice blindly, nor over what nobody read."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from integrations import hidden
from integrations.backend import NotNow, Unwritten
from integrations.google import Client
from integrations.google_cells import Raw, Spot, merged_in, ranges_of, raw, spots
from integrations.google_shape import SPARE, growth, more_tabs, wide
from integrations.google_wire import Passing, Refusal
from integrations.package import TabEdit
from integrations.references import Area, cell_name
from models.words import _

Cells = Mapping[str, Mapping[Spot, Raw]]  # title -> place -> what stands there
Values = Mapping[str, Sequence[Sequence[Any]]]  # title -> rows as they came
Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Watched:
    """The cells of a tab that the app reads: the header's row, and the columns below it. None: all."""

    header_row: int
    columns: Collection[int]

    def holds(self, spot: Spot) -> bool:
        return spot[0] == self.header_row or spot[1] in self.columns


@dataclass(frozen=True)
class Snapshot:
    """What was read of a spreadsheet, while its file was at `mark`.

    `rows` are the tabs' sizes; `ids` the tabs' numbers; `merged` their merged blocks, where a second read told of them.
    """

    place: str
    mark: str
    cells: Cells
    rows: Mapping[str, int]
    ids: Mapping[str, int]
    watched: Mapping[str, Watched]
    merged: Mapping[str, Sequence[Area]] | None = None

    def differs(self, wanted: Cells, found: Cells) -> bool:
        """Whether somebody has changed a cell that the app reads."""
        for title in self.cells:
            one, other = wanted[title], found.get(title, {})
            watched = self.watched.get(title)
            spots_here = {spot for spot in one.keys() | other.keys() if watched is None or watched.holds(spot)}
            if any(one.get(spot) != other.get(spot) for spot in spots_here):
                return True
        return False


def patiently(client: Client, work: Callable[[], Answer]) -> Answer:
    """Work that may be repeated, until it is done. Raises Passing."""
    for failed in client.patience.attempts():
        try:
            return work()
        except Passing as fault:
            failed(fault)
    raise AssertionError


@dataclass(frozen=True)
class Writing:
    """The edits of one workbook on their way. `look` reads the tabs again: (values, sizes)."""

    client: Client
    snapshot: Snapshot
    edits: Sequence[TabEdit]
    look: Callable[[str, Sequence[str]], tuple[Values, Mapping[str, int]]]

    @property
    def cells(self) -> dict[str, dict[Spot, Raw]]:
        return {
            edit.title: {spot: raw(value) for spot, value in {**edit.headings, **edit.cells}.items()}
            for edit in self.edits
        }

    @property
    def wanted(self) -> dict[str, dict[Spot, Raw]]:
        """What the tabs say once the edits are made."""
        found = {title: dict(cells) for title, cells in self.snapshot.cells.items()}
        for title, cells in self.cells.items():
            tab = found.setdefault(title, {})
            for spot, value in cells.items():
                tab.pop(spot, None)
                if value != "":
                    tab[spot] = float(value) if isinstance(value, int) and not isinstance(value, bool) else value
        return found

    # ---- before

    def refuse_merged(self, merged: Mapping[str, Sequence[Area]]) -> None:
        """A cell inside a merged block shows nothing and takes nothing. Raises Unwritten."""
        for title, cells in self.cells.items():
            for area in merged.get(title, ()):
                for row, column in cells:
                    if area.holds(row, column) and (row, column) != (area.top, area.left):
                        where = _("“{title}”页 {cell} 在合并单元格里").format(title=title, cell=cell_name(row, column))
                        raise Unwritten(where)

    def with_tabs(self, sheets: Callable[[str], Mapping[str, Any]]) -> "Writing":
        """Make the tabs that a workbook was made without. One that stands there already has nothing in it.

        `sheets` tells which tabs there are; after a failure it is asked again.
        """
        place = self.snapshot.place

        def step() -> None:
            there = sheets(place)
            if requests := more_tabs(self.edits, there, len(there)):
                self.client.batch_update(place, {"requests": requests})

        patiently(self.client, step)
        fresh: Cells = {edit.title: {} for edit in self.edits if edit.layout}
        return replace(self, snapshot=replace(self.snapshot, cells={**fresh, **self.snapshot.cells}))

    def grow(self) -> None:
        """Rows where the edits reach below a tab's end. Asked for again only after a look at how many there are."""
        short = self.short_of(self.snapshot.rows)
        for failed in self.client.patience.attempts():
            if not short:
                return
            try:
                self.add_rows(short, self.snapshot.rows, self.snapshot.ids)
                return
            except Refusal:
                return  # the tab has another number than it was made with: the write will tell
            except Passing as fault:
                failed(fault)
            short = self.short_of(self.look(self.snapshot.place, list(short))[1])

    def add_rows(self, short: Mapping[str, int], rows: Mapping[str, int], ids: Mapping[str, int]) -> None:
        requests = [one for title, more in short.items() for one in growth(ids[title], rows[title], more)]
        self.client.batch_update(self.snapshot.place, {"requests": requests})

    def fit(self, sheets: Mapping[str, Mapping[str, Any]]) -> bool:
        """Make room by what the tabs say of themselves; whether there was too little."""
        rows, columns = (
            {title: one.get("gridProperties", {}).get(name, 0) for title, one in sheets.items()}
            for name in ("rowCount", "columnCount")
        )
        ids = {title: one["sheetId"] for title, one in sheets.items()}
        short = self.short_of(rows)
        narrow = {
            title: wider
            for title, cells in self.cells.items()
            if (wider := max(column for _row, column in cells) - columns.get(title, 0)) > 0 and title in columns
        }
        if narrow:
            self.client.batch_update(
                self.snapshot.place, {"requests": [wide(ids[title], more) for title, more in narrow.items()]}
            )
        if short:
            self.add_rows(short, rows, ids)
        return bool(short or narrow)

    def short_of(self, rows: Mapping[str, int]) -> dict[str, int]:
        """Title -> how many rows a tab has too few."""
        last = {title: max(row for row, _column in cells) for title, cells in self.cells.items()}
        return {title: row - rows[title] + SPARE for title, row in last.items() if 0 < rows.get(title, 0) < row}

    # ---- the write

    def send(self) -> None:
        """Write the cells at their absolute places. After a failure the sheet is read before anything is said again.

        Raises NotNow where somebody has typed meanwhile, and Passing.
        """
        data = [one for title, cells in self.cells.items() for one in ranges_of(title, cells)]
        body = {"valueInputOption": "RAW", "data": data}
        for failed in self.client.patience.attempts():
            try:
                self.client.values_batch_update(self.snapshot.place, body)
                return
            except Passing as fault:
                failed(fault)
            found = self.found()
            if not self.snapshot.differs(self.wanted, found):
                return
            if self.snapshot.differs(self.snapshot.cells, found):
                raise NotNow(_("刚被改过，这次没有写入"))

    def found(self) -> Cells:
        """What the tabs say now."""
        values, _rows = self.look(self.snapshot.place, list(self.snapshot.cells))
        return {title: spots(lines) for title, lines in values.items()}

    # ---- after

    def check(self) -> bool:
        """Whether the tabs say what was read and written, and nothing else: nobody typed in between.

        Raises Unwritten where a cell inside a merged block has swallowed its value; the number of this write is taken back
        then, so that what was agreed before it holds, and the blank is nobody's clearing.
        """
        found = self.found()
        if not self.snapshot.differs(self.wanted, found):
            return True
        swallowed = any(
            value != "" and spot not in found.get(title, {})
            for title, cells in self.cells.items()
            for spot, value in cells.items()
        )
        if swallowed:
            self.take_back()
        return False

    def take_back(self) -> None:
        told = self.client.spreadsheets_get(self.snapshot.place, {"fields": "sheets(properties(title),merges)"})
        merged = {sheet["properties"]["title"]: merged_in(sheet) for sheet in told.get("sheets", ())}
        try:
            self.refuse_merged(merged)
        except Unwritten:
            before = self.snapshot.cells.get(hidden.TITLE, {}).get(hidden.SERIAL)
            if before is not None:
                data = ranges_of(hidden.TITLE, {hidden.SERIAL: before})
                body = {"valueInputOption": "RAW", "data": data}
                patiently(self.client, lambda: self.client.values_batch_update(self.snapshot.place, body))
            raise
