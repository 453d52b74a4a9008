"""What people do to a workbook besides typing into its cells: by openpyxl on files, in the browser's way on Google."""

import re
import shutil
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from openpyxl.styles import PatternFill
from openpyxl.utils import get_column_letter

from integrations.cells import Oddity
from tests.google.changes import change
from tests.offices import DRIVE
from tests.sheets import ACTIVITIES, BRANCH, InFolder, InGoogle, Memory, Office, load

YELLOW = "FFFFEE"


@dataclass
class Hand:
    """A person at the first branch's workbook, and its activities unless another tab is named."""

    office: Office

    @property
    def sheets(self) -> Any:
        return self.office.sheets

    def spot(self, row_id: str, header: str) -> tuple[int, int]:
        """(row, column) from 1."""
        paper = self.office.look()
        return paper.of(row_id), paper.column(header) + 1

    def formula(self, row_id: str, header: str, text: str, result: Any) -> None:
        """A formula and what it comes to; None: nothing yet."""
        raise NotImplementedError

    def error(self, row_id: str, header: str) -> None:
        """A formula whose cells are gone."""
        raise NotImplementedError

    def formula_in(self, row_id: str, header: str) -> Any:
        """What stands behind a cell's value."""
        raise NotImplementedError

    def merge(self, first: str, last: str, header: str) -> None:
        raise NotImplementedError

    def unmerge(self) -> None:
        raise NotImplementedError

    def filter(self, header: str, hidden: str) -> None:
        """A filter that leaves out a row, and the column hidden too."""
        raise NotImplementedError

    def dress(self, rows: int) -> None:
        """So many rows get a colour, and nothing else."""
        raise NotImplementedError

    def is_dressed(self, row: int, column: int) -> bool:
        raise NotImplementedError

    def rename_tab(self, title: str, to: str) -> None:
        raise NotImplementedError

    def delete_tab(self, title: str) -> Callable[[], None]:
        """Returns what brings it back."""
        raise NotImplementedError

    def hide_tab(self, title: str) -> None:
        raise NotImplementedError

    def add_tab(self, title: str) -> None:
        """A tab of one's own, as the first."""
        raise NotImplementedError

    def rename(self) -> None:
        """The workbook gets another name, and goes elsewhere."""
        raise NotImplementedError

    def double(self) -> str:
        """A copy beside it; what it is called."""
        raise NotImplementedError

    def throw_away(self) -> Callable[[], None]:
        """Returns what brings it back."""
        raise NotImplementedError

    def open(self) -> Callable[[], None]:
        """It is open in an office program; returns what closes it."""
        raise NotImplementedError


class FolderHand(Hand):
    def formula(self, row_id: str, header: str, text: str, result: Any) -> None:
        row, column = self.spot(row_id, header)
        with self.sheets.open(BRANCH) as book:
            book[ACTIVITIES].cell(row, column).value = text
        if result is not None:  # openpyxl saves no results
            self.rewrite(f"<f>{text[1:]}</f>", f"<f>{text[1:]}</f><v>{result}</v>")

    def rewrite(self, formula: str, new: str) -> None:
        """Give the one formula of a file its result."""
        path = self.sheets.path(BRANCH)
        blank = re.compile(re.escape(formula.encode()) + rb"<v\s*/>|" + re.escape(formula.encode()) + rb"<v></v>")
        with zipfile.ZipFile(path) as book:
            content = {info.filename: book.read(info) for info in book.infolist()}
        assert any(blank.search(data) for data in content.values())
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
            for name, data in content.items():
                book.writestr(name, blank.sub(new.encode(), data))

    def error(self, row_id: str, header: str) -> None:
        row, column = self.spot(row_id, header)
        with self.sheets.open(BRANCH) as book:
            cell = book[ACTIVITIES].cell(row, column)
            cell.value, cell.data_type = "#REF!", "e"

    def formula_in(self, row_id: str, header: str) -> Any:
        row, column = self.spot(row_id, header)
        return load(self.sheets.path(BRANCH))[ACTIVITIES].cell(row, column).value

    def merge(self, first: str, last: str, header: str) -> None:
        (top, column), (bottom, _column) = self.spot(first, header), self.spot(last, header)
        letter = get_column_letter(column)
        with self.sheets.open(BRANCH) as book:
            book[ACTIVITIES].merge_cells(f"{letter}{top}:{letter}{bottom}")

    def unmerge(self) -> None:
        with self.sheets.open(BRANCH) as book:
            for area in list(book[ACTIVITIES].merged_cells.ranges):
                book[ACTIVITIES].unmerge_cells(str(area))

    def filter(self, header: str, hidden: str) -> None:
        row, column = self.spot(hidden, header)
        with self.sheets.open(BRANCH) as book:
            sheet = book[ACTIVITIES]
            sheet.auto_filter.add_filter_column(column - 1, ["1"])
            sheet.row_dimensions[row].hidden = True
            sheet.column_dimensions[get_column_letter(column)].hidden = True

    def dress(self, rows: int) -> None:
        fill = PatternFill("solid", fgColor=YELLOW)
        with self.sheets.open(BRANCH) as book:
            first = book[ACTIVITIES].max_row + 1
            for number in range(first, first + rows):
                for place in (1, 4, 6):
                    book[ACTIVITIES].cell(number, place).fill = fill

    def is_dressed(self, row: int, column: int) -> bool:
        cell = load(self.sheets.path(BRANCH))[ACTIVITIES].cell(row, column)
        return bool(cell.fill.fgColor.rgb == f"00{YELLOW}")

    def rename_tab(self, title: str, to: str) -> None:
        with self.sheets.open(BRANCH) as book:
            book[title].title = to

    def delete_tab(self, title: str) -> Callable[[], None]:
        kept = self.sheets.copy(BRANCH)
        with self.sheets.open(BRANCH) as book:
            del book[title]
        return lambda: self.sheets.paste(BRANCH, kept)

    def hide_tab(self, title: str) -> None:
        with self.sheets.open(BRANCH) as book:
            book[title].sheet_state = "hidden"

    def add_tab(self, title: str) -> None:
        with self.sheets.open(BRANCH) as book:
            book.create_sheet(title, 0)["A1"] = "自己的"

    def rename(self) -> None:
        path = self.sheets.path(BRANCH)
        (path.parent / "归档").mkdir()
        path.rename(path.parent / "归档" / f"{BRANCH} 我们的表.xlsx")

    def double(self) -> str:
        path = self.sheets.path(BRANCH)
        copy = shutil.copy2(path, path.with_name(f"{path.stem} - 副本.xlsx"))
        return str(copy.name)

    def throw_away(self) -> Callable[[], None]:
        path = self.sheets.path(BRANCH)
        away = path.rename(path.with_suffix(".away"))
        return lambda: away.replace(path) and None

    def open(self) -> Callable[[], None]:
        path = self.sheets.path(BRANCH)
        lock = path.with_name(f"~${path.name}")
        lock.write_bytes(b"x")
        return lock.unlink


class GoogleHand(Hand):
    @property
    def number(self) -> str:
        return str(self.sheets.number(BRANCH))

    def type(self, row_id: str, header: str, text: str) -> None:
        row, column = self.spot(row_id, header)
        with self.sheets.state.typing(self.number) as book:
            book.titled(ACTIVITIES).put((row - 1, column - 1), text, typed=True)

    def formula(self, row_id: str, header: str, text: str, result: Any) -> None:
        self.type(row_id, header, "Loading..." if result is None else text)

    def error(self, row_id: str, header: str) -> None:
        self.type(row_id, header, "=#REF!")

    def formula_in(self, row_id: str, header: str) -> Any:
        row, column = self.spot(row_id, header)
        return self.sheets.tab(BRANCH, ACTIVITIES).read((row - 1, column - 1), "FORMULA", "")

    def merge(self, first: str, last: str, header: str) -> None:
        (top, column), (bottom, _column) = self.spot(first, header), self.spot(last, header)
        with self.sheets.state.typing(self.number) as book:
            area = {"sheetId": book.titled(ACTIVITIES).id, "startRowIndex": top - 1, "endRowIndex": bottom}
            area |= {"startColumnIndex": column - 1, "endColumnIndex": column}
            change(book, [{"mergeCells": {"range": area}}])

    def unmerge(self) -> None:
        with self.sheets.state.typing(self.number) as book:
            book.titled(ACTIVITIES).more["merges"] = []

    def filter(self, header: str, hidden: str) -> None:
        _row, column = self.spot(hidden, header)
        with self.sheets.state.typing(self.number) as book:
            told = book.titled(ACTIVITIES).more["basicFilter"]
            told["criteria"] = {str(column - 1): {"hiddenValues": ["2"]}}

    def dress(self, rows: int) -> None:
        with self.sheets.state.typing(self.number) as book:
            tab = book.titled(ACTIVITIES)
            tab.grid["rowCount"] += rows
            look = {"backgroundColor": {"red": 1.0}}
            area = {"sheetId": tab.id, "startRowIndex": 4, "startColumnIndex": 0}
            cell = {"range": area, "cell": {"userEnteredFormat": look}, "fields": "userEnteredFormat.backgroundColor"}
            change(book, [{"repeatCell": cell}])

    def is_dressed(self, row: int, column: int) -> bool:
        look = self.sheets.tab(BRANCH, ACTIVITIES).part((row - 1, column - 1), "userEnteredFormat")
        return bool(look.get("backgroundColor") == {"red": 1.0})

    def rename_tab(self, title: str, to: str) -> None:
        with self.sheets.state.typing(self.number) as book:
            book.titled(title).properties["title"] = to

    def delete_tab(self, title: str) -> Callable[[], None]:
        kept = self.sheets.copy(BRANCH)
        with self.sheets.state.typing(self.number) as book:
            change(book, [{"deleteSheet": {"sheetId": book.titled(title).id}}])
        return lambda: self.sheets.paste(BRANCH, kept)

    def hide_tab(self, title: str) -> None:
        with self.sheets.state.typing(self.number) as book:
            book.titled(title).properties["hidden"] = True

    def add_tab(self, title: str) -> None:
        with self.sheets.state.typing(self.number) as book:
            book.add({"title": title, "index": 0}).put((0, 0), "自己的", typed=True)

    def rename(self) -> None:
        with self.sheets.state.typing(self.number) as book:
            book.properties["title"] = f"{BRANCH} 我们的表"
        self.sheets.state.files[self.number]["parents"] = ["elsewhere"]

    def double(self) -> str:
        name = f"0 {self.sheets.state.files[self.number]['name']} 的副本"
        own = dict(self.sheets.state.files[self.number]["appProperties"])
        self.sheets.state.create({"name": name, "parents": [DRIVE], "appProperties": own})
        return name

    def throw_away(self) -> Callable[[], None]:
        file = self.sheets.state.files[self.number]
        file["trashed"] = True
        return lambda: file.update(trashed=False)


class MemoryHand(Hand):
    """Grids have no looks, no formulas and no names: what a reader would make of them stands in the cells."""

    def put(self, row_id: str, header: str, value: Any) -> None:
        with self.office.paper() as paper:
            paper.set(paper.of(row_id), header, value)

    def formula(self, row_id: str, header: str, text: str, result: Any) -> None:
        self.put(row_id, header, Oddity.NO_VALUE if result is None else result)

    def error(self, row_id: str, header: str) -> None:
        self.put(row_id, header, Oddity.ERROR)

    def tabs(self) -> dict[str, Any]:
        self.sheets.versions[BRANCH] += 1
        return self.sheets.books[BRANCH]

    def rename_tab(self, title: str, to: str) -> None:
        tabs = self.tabs()
        tabs[to] = tabs.pop(title)

    def delete_tab(self, title: str) -> Callable[[], None]:
        kept = self.tabs().pop(title)
        return lambda: self.tabs().update({title: kept})

    def add_tab(self, title: str) -> None:
        self.tabs()[title] = [["自己的"]]

    def throw_away(self) -> Callable[[], None]:
        kept = self.sheets.books.pop(BRANCH)
        return lambda: self.sheets.books.update({BRANCH: kept})

    def open(self) -> Callable[[], None]:
        self.sheets.held.add(BRANCH)
        return lambda: self.sheets.held.discard(BRANCH)


HANDS = {InFolder: FolderHand, InGoogle: GoogleHand, Memory: MemoryHand}


def hand(office: Office) -> Hand:
    """A person at an office's first branch."""
    return HANDS[type(office.sheets)](office)


class Hasty:
    """A backend, and somebody who saves between a workbook's being read and its being written."""

    def __init__(self, backend: Any, save: Callable[[], None]) -> None:
        self.backend, self.save = backend, save

    def __getattr__(self, name: str) -> Any:
        return getattr(self.backend, name)

    def write(self, *arguments: Any) -> Any:
        self.save()
        return self.backend.write(*arguments)
