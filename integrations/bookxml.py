"""A workbook opened for change: which tab is which part, defined names, tables, the calendar and the calculation."""

import itertools
import posixpath
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from lxml import etree

from integrations.cellxml import Dates, Value
from integrations.growth import grow
from integrations.looks import NewColumn
from integrations.ooxml import OFFICE_RELATION, STRICT, Parts, Refused, is_true, main
from integrations.references import Area
from integrations.styles import Styles
from integrations.widening import widen
from integrations.worksheet import Sheet, TablePart, tables_of
from models.words import _

_SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"
# Children of the workbook element that stand before calcPr, the last of them first.
_BEFORE_CALCULATION = ("definedNames", "externalReferences", "functionGroups", "sheets")


@dataclass(frozen=True)
class Tab:
    title: str
    part: str
    place: int  # from 0, in the order of the tabs
    sheet_id: str
    is_worksheet: bool


class Book:
    """A workbook inside a package. Edits change trees in `parts`; nothing is written to disk."""

    def __init__(self, parts: Parts) -> None:
        """Raises Refused for what is not a workbook that this editor knows."""
        self.parts = parts
        self.part = _workbook_part(parts)
        self._tree = parts.tree(self.part)
        if self._tree.tag == f"{{{STRICT}}}workbook":
            raise Refused(_("是严格 OOXML 格式，另存为普通 .xlsx"))
        if self._tree.tag != main("workbook"):
            raise Refused(_("不是 .xlsx 工作簿"))
        self.tabs = {tab.title: tab for tab in self._find_tabs()}
        self.titles = frozenset(title.casefold() for title in self.tabs)
        self._sheets: dict[Tab, Sheet] = {}

    @property
    def opened(self) -> list[tuple[Tab, Sheet]]:
        return list(self._sheets.items())

    def edit(self, title: str, cells: Mapping[tuple[int, int], Value], new_rows: Collection[int]) -> None:
        """Changes cells, by (row, column), of the tab; `new_rows` are taken into use below its table first.

        Raises Refused when something in the tab would break.
        """
        tab, sheet = self._sheet(title)
        if new_rows:
            filtered = grow(sheet, set(new_rows), cells.keys())
            if filtered:
                self._move_filter_name(tab, filtered)
        for (row, column), value in cells.items():
            sheet.put(row, column, value, self._dates)

    def widen(self, title: str, columns: Collection[NewColumn], headings: Mapping[tuple[int, int], str]) -> None:
        """Gives a tab new columns, and its headers what they are to say. Raises Refused as `edit` does."""
        if not headings:
            return
        _tab, sheet = self._sheet(title)
        for column in columns:
            widen(sheet, column)
        for (row, place), text in headings.items():
            if not any(table.labels(row, place) for table in sheet.tables):
                sheet.put(row, place, text, self._dates)

    def _sheet(self, title: str) -> tuple[Tab, Sheet]:
        """A tab opened for change."""
        tab = self.tabs.get(title)
        if tab is None or not tab.is_worksheet:
            raise Refused(_("没有工作表“{title}”").format(title=title))
        if tab not in self._sheets:
            self._sheets[tab] = Sheet(self.parts, tab.part)
        return tab, self._sheets[tab]

    def add(self, title: str, tree: etree._Element) -> None:
        """A tab behind all others. Its title is one that no tab has, in whatever case."""
        folder = posixpath.dirname(self.part)
        numbers = itertools.count(1)
        part = next(name for n in numbers if not self.parts.has(name := f"{folder}/worksheets/sheet{n}.xml"))
        self.parts.add(part, tree, _SHEET_TYPE)
        sheets = self._tree.find(main("sheets"))
        number = 1 + max(int(entry.get("sheetId", "0")) for entry in sheets)
        relation = self.parts.relate(self.part, f"{OFFICE_RELATION[1:-1]}/worksheet", part)
        facts = {"name": title, "sheetId": str(number), f"{OFFICE_RELATION}id": relation}
        sheets.append(sheets.makeelement(main("sheet"), facts))
        self.parts.touch(self.part)
        self.tabs[title] = Tab(title, part, len(sheets) - 1, str(number), True)
        self.titles |= {title.casefold()}

    def name_filter(self, title: str, area: Area) -> None:
        """A filter's area stands a second time in a hidden name of the book."""
        names = self._tree.find(main("definedNames"))
        if names is None:
            names = self._tree.makeelement(main("definedNames"))
            self._tree.find(main("sheets")).addnext(names)
        facts = {"name": "_xlnm._FilterDatabase", "localSheetId": str(self.tabs[title].place), "hidden": "1"}
        name = names.makeelement(main("definedName"), facts)
        quoted = title.replace("'", "''")
        name.text = f"'{quoted}'!{area.fixed}"
        names.append(name)

    @property
    def styles(self) -> Styles:
        return self._dates.styles

    def defined(self, name: str) -> list[str]:
        """What a defined name stands for, in any scope; empty if nothing has that name."""
        return self._names.get(name.casefold(), [])

    def table(self, name: str) -> tuple[str, TablePart] | None:
        """(title of its tab, the table) by its name in formulas."""
        return self._tables.get(name.casefold())

    def request_calculation(self) -> None:
        """Asks the next program that opens the book to compute every formula."""
        entry = self._tree.find(main("calcPr"))
        if entry is None:
            entry = self._tree.makeelement(main("calcPr"))
            before = (self._tree.find(main(name)) for name in _BEFORE_CALCULATION)
            next(found for found in before if found is not None).addnext(entry)
        if not is_true(entry.get("fullCalcOnLoad")):
            entry.set("fullCalcOnLoad", "1")
            self.parts.touch(self.part)

    @cached_property
    def _dates(self) -> Dates:
        settings = self._tree.find(main("workbookPr"))
        from_1904 = settings is not None and is_true(settings.get("date1904"))
        return Dates(from_1904, Styles(self.parts, self.part))

    @cached_property
    def _names(self) -> dict[str, list[str]]:
        names: dict[str, list[str]] = {}
        for entry in self._tree.iterfind(f"{main('definedNames')}/{main('definedName')}"):
            names.setdefault(entry.get("name", "").casefold(), []).append(entry.text or "")
        return names

    @cached_property
    def _tables(self) -> dict[str, tuple[str, TablePart]]:
        return {
            table.tree.get("displayName", "").casefold(): (tab.title, table)
            for tab in self.tabs.values()
            for table in tables_of(self.parts, tab.part)
        }

    def _find_tabs(self) -> Iterator[Tab]:
        relations = {relation.identity: relation for relation in self.parts.relations(self.part)}
        for place, entry in enumerate(self._tree.iterfind(f"{main('sheets')}/{main('sheet')}")):
            relation = relations.get(entry.get(f"{OFFICE_RELATION}id", ""))
            if relation is not None:
                is_worksheet = relation.kind.endswith("/worksheet")
                yield Tab(entry.get("name", ""), relation.target, place, entry.get("sheetId", ""), is_worksheet)

    def _move_filter_name(self, tab: Tab, area: Area) -> None:
        """A filter's area stands a second time in a hidden name of the book."""
        for entry in self._tree.iterfind(f"{main('definedNames')}/{main('definedName')}"):
            if entry.get("name") == "_xlnm._FilterDatabase" and entry.get("localSheetId") == str(tab.place):
                prefix, mark, _old = (entry.text or "").rpartition("!")
                entry.text = prefix + mark + area.fixed
                self.parts.touch(self.part)


def _workbook_part(parts: Parts) -> str:
    found = parts.related("", "officeDocument")
    if not found:
        raise Refused(_("不是 .xlsx 工作簿"))
    return found[0]
