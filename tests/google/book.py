"""A spreadsheet as Google keeps it: tabs with cells, each cell with what was entered, what it is worth, and how it looks."""

import itertools
import random
from copy import deepcopy
from dataclasses import dataclass, field, replace

from tests.google.values import Block, Invalid, a1, block_in, entered, formatted, plain, result, split_address

DEFAULT_ROWS, DEFAULT_COLUMNS = 1000, 26


class Missing(Exception):
    """What Google answers with 404."""


@dataclass
class Tab:
    """`cells`: (row, column) from 0 -> what Google calls CellData, without what follows from it."""

    properties: dict
    cells: dict = field(default_factory=dict)
    more: dict = field(default_factory=dict)  # merges, protectedRanges, basicFilter, rowGroups, columnGroups
    widths: dict = field(default_factory=dict)
    layers: list = field(default_factory=list)  # (block, CellData): looks of whole columns, the later over the earlier

    @property
    def id(self):
        return self.properties["sheetId"]

    @property
    def title(self):
        return self.properties["title"]

    @property
    def grid(self):
        return self.properties["gridProperties"]

    @property
    def size(self):
        return self.grid["rowCount"], self.grid["columnCount"]

    def block(self, area):
        """A range of an address, or all of the tab."""
        return (block_in(area) if area else Block()).within(*self.size)

    def cell(self, spot):
        return self.cells.setdefault(spot, {})

    def lay(self, block, part):
        """A look for very many cells, kept once."""
        self.layers.append((block, part))

    def part(self, spot, name):
        """What a cell has of a name, its column's look included."""
        found = {}
        for block, part in self.layers:
            if name in part and block.top <= spot[0] < block.bottom and block.left <= spot[1] < block.right:
                found = {**found, **part[name]}
        return {**found, **self.cells.get(spot, {}).get(name, {})}

    def number_format(self, spot):
        return self.part(spot, "userEnteredFormat").get("numberFormat", {})

    # ---- values

    def put(self, spot, value, *, typed):
        """Enter a value. A cell inside a merged block takes nothing; null leaves the cell as it is."""
        if value is None or self.inside_merge(spot):
            return
        cell = self.cell(spot)
        as_text = self.number_format(spot).get("type") == "TEXT"
        found, number_format = entered(value, typed=typed, as_text=as_text)
        if not typed and isinstance(value, str) and value.startswith("'") and found:
            found = {"stringValue": value}
        if found is None:
            cell.pop("userEnteredValue", None)
        else:
            cell["userEnteredValue"] = found
        if number_format:
            cell.setdefault("userEnteredFormat", {})["numberFormat"] = number_format

    def inside_merge(self, spot):
        return any(
            one["startRowIndex"] <= spot[0] < one["endRowIndex"]
            and one["startColumnIndex"] <= spot[1] < one["endColumnIndex"]
            and spot != (one["startRowIndex"], one["startColumnIndex"])
            for one in self.more.get("merges", ())
        )

    def worth(self, spot, depth=0):
        """The effective value; None for a blank cell."""
        value = self.cells.get(spot, {}).get("userEnteredValue")
        if value and "formulaValue" in value:
            return result(value["formulaValue"], lambda row, column: self.number((row, column), depth + 1))
        return value

    def number(self, spot, depth):
        if depth > 20:
            raise ValueError
        value = self.worth(spot, depth)
        return value.get("numberValue") if value else 0

    def read(self, spot, how, dates):
        """One value as an answer has it; "" for a blank."""
        value = self.worth(spot)
        if value is None:
            return ""
        cell, number_format = self.cells[spot], self.number_format(spot)
        if how == "FORMULA" and "formulaValue" in cell["userEnteredValue"]:
            return cell["userEnteredValue"]["formulaValue"]
        if how == "FORMATTED_VALUE":
            return formatted(value, number_format)
        if how == "UNFORMATTED_VALUE" and dates == "FORMATTED_STRING" and number_format.get("type") == "DATE":
            return formatted(value, number_format)
        return plain(value)

    def rows(self, block, how="FORMATTED_VALUE", dates="SERIAL_NUMBER"):
        """Ragged rows: no blanks at the ends of rows, no blank rows at the end."""
        last = {}
        for row, column in self.cells:
            if (row, column) in block and self.read((row, column), how, dates) != "":
                last[row] = max(last.get(row, 0), column)
        return [
            [self.read((row, column), how, dates) for column in range(block.left, last[row] + 1)] if row in last else []
            for row in range(block.top, max(last, default=-1) + 1)
        ]

    # ---- moving

    def shift(self, axis, start, count):
        """Insert (count > 0) or delete rows (axis 0) or columns (axis 1)."""
        moved = {}
        for spot, cell in self.cells.items():
            at = spot[axis]
            if count < 0 and start <= at < start - count:
                continue
            to = at + count if at >= (start if count > 0 else start - count) else at
            moved[(to, spot[1]) if axis == 0 else (spot[0], to)] = cell
        self.cells = moved
        if axis == 0:  # the looks are of whole columns
            self.layers = [(replace(block, bottom=block.bottom + count), part) for block, part in self.layers]
        self.grid["rowCount" if axis == 0 else "columnCount"] += count

    # ---- as answers have it

    def told(self, blocks):
        """With grid data of these blocks."""
        answer = {"properties": deepcopy(self.properties), **{name: one for name, one in self.more.items() if one}}
        if blocks is not None:
            answer["data"] = [self.data(block) for block in blocks]
        return answer

    def data(self, block):
        used = [row for row, column in self.cells if block.left <= column < block.right and self.cells[row, column]]
        looks = [layer.bottom - 1 for layer, _part in self.layers]
        last = max([*used, *looks], default=-1)
        rows = []
        for row in range(block.top, min(block.bottom, last + 1)):
            cells = [self.full((row, column)) for column in range(block.left, block.right)]
            while cells and not cells[-1]:
                cells.pop()
            rows.append({"values": cells} if cells else {})
        start = {name: at for name, at in (("startRow", block.top), ("startColumn", block.left)) if at}
        widths = [{"pixelSize": self.widths.get(column, 100)} for column in range(block.left, block.right)]
        return {**start, "rowData": rows, "columnMetadata": widths} if rows else {**start, "columnMetadata": widths}

    def full(self, spot):
        """CellData with what follows from it."""
        cell = deepcopy(self.cells.get(spot, {}))
        value = self.worth(spot)
        if value is not None:
            cell["effectiveValue"] = value
            cell["formattedValue"] = formatted(value, self.number_format(spot))
        if look := self.part(spot, "userEnteredFormat"):
            cell["userEnteredFormat"] = styled(deepcopy(look))
            cell["effectiveFormat"] = cell["userEnteredFormat"]
        if rule := self.part(spot, "dataValidation"):
            cell["dataValidation"] = rule
        return cell


def styled(look):
    """Google says every colour twice."""
    for name in [name for name in look if name.endswith("Color")]:
        look[f"{name}Style"] = {"rgbColor": deepcopy(look[name])}
    for inner in list(look.values()):
        if isinstance(inner, dict) and "foregroundColor" in inner:
            styled(inner)
    return look


def rule_holds(rule, value):
    """Whether a value may stand under a strict rule."""
    condition = rule["condition"]
    allowed = [one["userEnteredValue"] for one in condition.get("values", ())]
    return condition["type"] != "ONE_OF_LIST" or value in allowed


@dataclass
class Book:
    """One spreadsheet."""

    id: str
    properties: dict
    tabs: list = field(default_factory=list)
    named: list = field(default_factory=list)
    numbered: int = 0

    @classmethod
    def new(cls, number, title):
        made = cls(number, {"title": title, "locale": "en_US", "autoRecalc": "ON_CHANGE", "timeZone": "Etc/GMT"})
        made.add({"sheetId": 0, "title": "Sheet1"})
        return made

    def number(self):
        """A number for something that has one of its own."""
        self.numbered += 1
        return self.numbered

    def add(self, told):
        """A new tab. Raises Invalid where its number or its title is taken."""
        properties = {"sheetType": "GRID", **told}
        properties.setdefault("sheetId", random.randrange(1, 2**31))
        properties.setdefault("title", f"Sheet{len(self.tabs) + 1}")
        grid = {"rowCount": DEFAULT_ROWS, "columnCount": DEFAULT_COLUMNS, **told.get("gridProperties", {})}
        properties["gridProperties"] = {name: value for name, value in grid.items() if value}
        if any(tab.title == properties["title"] for tab in self.tabs):
            raise Invalid(f'A sheet with the name "{properties["title"]}" already exists. Please enter another name.')
        if any(tab.id == properties["sheetId"] for tab in self.tabs):
            raise Invalid(f"A sheet with id {properties['sheetId']} already exists.")
        tab = Tab(properties)
        self.tabs.insert(min(told.get("index", len(self.tabs)), len(self.tabs)), tab)
        self.number_tabs()
        return tab

    def number_tabs(self):
        for place, tab in enumerate(self.tabs):
            tab.properties["index"] = place

    def tab(self, number):
        found = next((tab for tab in self.tabs if tab.id == number), None)
        if found is None:
            raise Invalid(f"No grid with id: {number}")
        return found

    def titled(self, title):
        return next((tab for tab in self.tabs if tab.title == title), None)

    def find(self, address):
        """(tab, block) of an address. Raises Invalid as Google does."""
        named = next((one for one in self.named if one["name"] in (address, split_address(address)[1])), None)
        if named:
            tab, area = self.tab(named["range"].get("sheetId", 0)), named["range"]
            return tab, block_of(area).within(*tab.size)
        if (whole := self.titled(address)) is not None:
            return whole, whole.block(None)
        title, area = split_address(address)
        tab = self.tabs[0] if title is None else self.titled(title)
        try:
            if tab is None:
                raise Invalid(address)
            found = block_in(area) if area else Block()
        except Invalid as fault:
            raise Invalid(f"Unable to parse range: {address}") from fault
        rows, columns = tab.size
        if found.top >= rows or found.left >= columns or (found.bottom or 0) > rows or (found.right or 0) > columns:
            raise Invalid(f"Range ({a1(tab.title, found.within(10**7, 10**5))}) exceeds grid limits. "
                          f"Max rows: {rows}, max columns: {columns}")  # fmt: skip
        return tab, found.within(rows, columns)

    def told(self, ranges, grid):
        """As spreadsheets.get answers."""
        found = [self.find(one) for one in ranges]
        tabs = []
        for tab in self.tabs:
            blocks = [block for other, block in found if other is tab] if ranges else [tab.block(None)]
            if blocks:
                tabs.append(tab.told(blocks if grid else None))
        answer = {"spreadsheetId": self.id, "properties": self.properties, "sheets": tabs}
        url = f"https://docs.google.com/spreadsheets/d/{self.id}/edit"
        return {**answer, "spreadsheetUrl": url, **({"namedRanges": self.named} if self.named else {})}

    # ---- values

    def get(self, address, how, dates, dimension="ROWS"):
        """As values.get answers."""
        tab, block = self.find(address)
        rows = tab.rows(block, how, dates)
        if dimension == "COLUMNS":
            width = max(map(len, rows), default=0)
            rows = [trim([row[place] if place < len(row) else "" for row in rows]) for place in range(width)]
        answer = {"range": a1(tab.title, block), "majorDimension": dimension}
        return {**answer, "values": rows} if any(rows) else answer

    def put(self, address, told, *, typed):
        """As values.update does; what it answers."""
        values = told.get("values", [])
        if not isinstance(values, list) or not all(isinstance(row, list) for row in values):
            raise Invalid(
                f"Invalid value at 'data.values' (type.googleapis.com/google.protobuf.ListValue), \"{values}\""
            )
        if told.get("majorDimension") == "COLUMNS":
            height = max(map(len, values), default=0)
            values = [[column[row] if row < len(column) else None for column in values] for row in range(height)]
        tab, block = self.find(address)
        width = max(map(len, values), default=0)
        single = block.bottom - block.top == 1 and block.right - block.left == 1
        end = Block(block.top, block.left, block.top + max(len(values), 1), block.left + max(width, 1))
        rows, columns = tab.size
        if end.bottom > rows or end.right > columns:
            raise Invalid(f"Range ({a1(tab.title, end)}) exceeds grid limits. Max rows: {rows}, max columns: {columns}")
        if (
            not single
            and split_address(address)[1]
            and ":" in address
            and (end.bottom > block.bottom or end.right > block.right)
        ):
            raise Invalid(f"Requested writing within range [{a1(tab.title, block)}], but tried writing outside")
        for down, row in enumerate(values):
            for right, value in enumerate(row):
                spot = (block.top + down, block.left + right)
                rule = tab.part(spot, "dataValidation")
                if rule.get("strict") and value not in (None, "") and not rule_holds(rule, value):
                    raise Invalid("You are trying to enter data that violates the data validation rules")
        for down, row in enumerate(values):
            for right, value in enumerate(row):
                tab.put((block.top + down, block.left + right), value, typed=typed)
        count = sum(value is not None for row in values for value in row)
        return {
            "spreadsheetId": self.id,
            "updatedRange": a1(tab.title, end),
            "updatedRows": len(values),
            "updatedColumns": width,
            "updatedCells": count,
        }

    def append(self, address, told, *, typed, insert):
        """As values.append does: below the table that the range meets."""
        tab, block = self.find(address)
        table = table_at(tab, block)
        values = told.get("values", [])
        rows, _columns = tab.size
        if table is None:
            row, column = block.top, block.left
        else:
            row, column = table.bottom, table.left
        if insert:
            tab.shift(0, row, len(values))
        elif row + len(values) > rows:
            tab.grid["rowCount"] = row + len(values)
        place = a1(tab.title, Block(row, column, row + 1, column + 1))
        answer = {"spreadsheetId": self.id, "updates": self.put(place, told, typed=typed)}
        return {**answer, "tableRange": a1(tab.title, table)} if table else answer

    def clear(self, address):
        tab, block = self.find(address)
        for spot in list(tab.cells):
            if block.top <= spot[0] < block.bottom and block.left <= spot[1] < block.right:
                tab.cells[spot].pop("userEnteredValue", None)
        return a1(tab.title, block)


def trim(row):
    while row and row[-1] == "":
        row.pop()
    return row


def table_at(tab, block):
    """The last table in a range: filled cells that hang together. Google's search, as far as it is known from outside."""
    filled = {spot for spot in tab.cells if tab.worth(spot) is not None}
    inside = [spot for spot in filled if block.top <= spot[0] < block.bottom and block.left <= spot[1] < block.right]
    if not inside:
        return None
    last_row = max(row for row, _column in inside)
    start = max(spot for spot in inside if spot[0] == last_row)
    group, waiting = {start}, [start]
    while waiting:
        row, column = waiting.pop()
        for spot in itertools.product((row - 1, row, row + 1), (column - 1, column, column + 1)):
            if spot in filled and spot not in group:
                group.add(spot)
                waiting.append(spot)
    tops, lefts = zip(*group, strict=True)
    return Block(min(tops), min(lefts), max(tops) + 1, max(lefts) + 1)


def block_of(area):
    """A GridRange."""
    return Block(
        area.get("startRowIndex", 0),
        area.get("startColumnIndex", 0),
        area.get("endRowIndex"),
        area.get("endColumnIndex"),
    )
