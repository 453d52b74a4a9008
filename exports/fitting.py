"""Parts of a printed page that give way: each is measured, and rows are left out until all of them fit on one page. Pure.

Lengths are in points; y runs upwards.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from exports.paper import MM, PAD_Y, THICK, THIN, Frame, Pen, Style
from models.words import _

LEAST = 5.6 * MM  # a row's height, at least
PAD = 1.5 * MM
ABOVE_TITLE, BELOW_TITLE = 2.6 * MM, 1 * MM
BESIDE = 6 * MM  # between a table and the picture beside it


@dataclass(frozen=True)
class Cell:
    """Lines of text in one cell."""

    lines: tuple[str, ...]
    style: Style

    @property
    def height(self) -> float:
        return len(self.lines) * self.style.leading + 2 * PAD_Y

    def draw(self, pen: Pen, left: float, right: float, top: float, bottom: float) -> None:
        """In the middle of the row's height."""
        x = {"left": left + PAD, "center": (left + right) / 2, "right": right - PAD}[self.style.align]
        y = (top + bottom) / 2 + len(self.lines) * self.style.leading / 2
        pen.paragraph(x, y, self.lines, self.style)


Row = tuple[Cell, ...]


@lru_cache(maxsize=10_000)
def row_height(row: Row) -> float:
    return max(LEAST, *(cell.height for cell in row))


@dataclass(frozen=True)
class Heading:
    """What stands at the top of the sheet, over a rule: the name, what is said of it, two lines at the right edge."""

    frame: Frame
    title: tuple[str, ...]
    under: tuple[str, ...]
    right: tuple[str, str]
    styles: tuple[Style, Style, Style]

    @property
    def height(self) -> float:
        title, under, _right = self.styles
        return len(self.title) * title.leading + len(self.under) * under.leading + 4 * MM

    def draw(self, pen: Pen, top: float) -> float:
        """Returns where it ends."""
        title, under, right = self.styles
        y = pen.paragraph(self.frame.left, top, self.title, title)
        y = pen.paragraph(self.frame.left, y, self.under, under)
        pen.paragraph(self.frame.right, y + 2 * right.leading, self.right, right)
        pen.line(self.frame.left, y - 2 * MM, self.frame.right, y - 2 * MM, 1.5)
        return top - self.height


@dataclass(frozen=True)
class Picture:
    """A plaque as it hangs, and what is said of it."""

    width: float
    lines: tuple[str, ...]
    logo: str
    below: tuple[str, ...]
    styles: tuple[Style, Style, Style]

    @property
    def box(self) -> float:
        plaque, logo, _below = self.styles
        return max(36 * MM, len(self.lines) * plaque.leading + (logo.leading + 3 * MM if self.logo else 0) + 8 * MM)

    @property
    def height(self) -> float:
        return self.box + 2 * MM + len(self.below) * self.styles[2].leading

    def draw(self, pen: Pen, left: float, top: float) -> None:
        plaque, logo, below = self.styles
        middle, high = left + self.width / 2, len(self.lines) * plaque.leading
        pen.box(left, left + self.width, top, top - self.box, THIN)
        mark = logo.leading + 3 * MM if self.logo else 0.0
        y = top - (self.box - high - mark) / 2
        if self.logo:
            wide = logo.width(self.logo) / 2 + 1.5 * MM
            pen.box(middle - wide, middle + wide, y, y - logo.leading - 1 * MM, THIN)
            pen.paragraph(middle, y - 0.5 * MM, [self.logo], logo)
        pen.paragraph(middle, y - mark, self.lines, plaque)
        pen.paragraph(left, top - self.box - 2 * MM, self.below, below)


@dataclass
class Grid:
    """A table that gives way: rows go from its end, and a line below it says how many things they held.

    counts: how many things each row holds. lost: things that are too long to be printed at all. keep: how many rows stay
    in each round of leaving out. rank: the lower, the sooner its rows go.
    """

    left: float
    widths: tuple[float, ...]
    rows: list[Row]
    counts: list[int]
    keep: tuple[int, ...]
    rank: int
    note: Style
    title: tuple[str, Style] | None = None
    head: Row = ()
    lost: int = 0
    picture: Picture | None = None
    shown: int = field(init=False)

    def __post_init__(self) -> None:
        self.shown = len(self.rows)

    @property
    def missing(self) -> int:
        """How many things are left out."""
        return self.lost + sum(self.counts[self.shown :])

    @property
    def is_empty(self) -> bool:
        return not self.shown and not self.missing and self.picture is None

    @property
    def parts(self) -> tuple[list[Row], list[Row]]:
        """The rows beside the picture, and those in full width below them."""
        shown = self.rows[: self.shown]
        if self.picture is None:
            return [], shown
        room, beside = self.picture.height, list[Row]()
        things = [thing for row in shown for thing in self.halves(row)]
        while things and room >= row_height(things[0]):
            room -= row_height(things[0])
            beside.append(things.pop(0))
        below = [
            tuple(cell for thing in things[place : place + 2] for cell in thing) for place in range(0, len(things), 2)
        ]
        return beside, below

    def halves(self, row: Row) -> list[Row]:
        half = len(self.widths) // 2
        return [part for part in (row[:half], row[half:]) if part]

    @property
    def height(self) -> float:
        """What it takes as it stands now."""
        if self.is_empty:
            return 0.0
        if self.title and not self.shown:
            return ABOVE_TITLE + self.note.leading
        beside, below = self.parts
        high = 0.0
        if self.title:
            high += ABOVE_TITLE + self.title[1].leading + BELOW_TITLE
        if self.head:
            high += row_height(self.head)
        if self.picture:
            high += max(self.picture.height, sum(map(row_height, beside))) + 2 * MM
        return high + sum(map(row_height, below)) + (self.note.leading + 1 * MM if self.missing else 0)

    def draw(self, pen: Pen, top: float) -> float:
        """Returns where it ends."""
        if self.is_empty:
            return top
        y = top
        if self.title and not self.shown:
            told = f"{self.title[0]}{_('：')}{self.left_out}"
            return pen.paragraph(self.left, y - ABOVE_TITLE, [told], self.note)
        if self.title:
            y = pen.paragraph(self.left, y - ABOVE_TITLE, [self.title[0]], self.title[1]) - BELOW_TITLE
        beside, below = self.parts
        if self.picture:
            wide = sum(self.widths) - self.picture.width - BESIDE
            narrow = (self.widths[0], wide - self.widths[0])
            self.picture.draw(pen, self.left + wide + BESIDE, y)
            end = draw_rows(pen, self.left, narrow, beside, y)
            y = min(end, y - self.picture.height) - 2 * MM
        rows = [self.head, *below] if self.head else below
        y = draw_rows(pen, self.left, self.widths, rows, y)
        if self.missing:
            y = pen.paragraph(self.left, y - 1 * MM, [self.left_out], self.note)
        return y

    @property
    def left_out(self) -> str:
        return _("另有 {count} 项见台账").format(count=self.missing)


Block = Grid


def draw_rows(pen: Pen, left: float, widths: Sequence[float], rows: Sequence[Row], top: float) -> float:
    """Rows with their rules; returns where they end. A row with fewer cells leaves the rest blank."""
    if not rows:
        return top
    edges = [left]
    for width in widths:
        edges.append(edges[-1] + width)
    y = top
    for number, row in enumerate(rows):
        bottom = y - row_height(row)
        if number:
            pen.line(edges[0], y, edges[-1], y)
        for place, cell in enumerate(row):
            cell.draw(pen, edges[place], edges[place + 1], y, bottom)
        y = bottom
    for x in edges[1:-1]:
        pen.line(x, top, x, y)
    pen.box(edges[0], edges[-1], top, y, THICK)
    return y


def fit(blocks: Iterable[Grid], room: float) -> None:
    """Leave rows out until all blocks together take no more than the room.

    In each round the block that matters least gives way first, down to what it keeps in that round. What room is left in
    the end goes back to those that matter most.
    """
    every = sorted(blocks, key=lambda one: one.rank)
    heights = {id(one): one.height for one in every}

    def shows(one: Grid, rows: int) -> bool:
        """Whether all fits with so many rows of one block."""
        one.shown = rows
        heights[id(one)] = one.height
        return sum(heights.values()) <= room + 0.01

    rounds = max((len(block.keep) for block in every), default=0)
    for number in range(rounds):
        for block in every:
            while not shows(block, block.shown) and block.shown > block.keep[number]:
                shows(block, block.shown - 1)
    for block in reversed(every):
        while block.shown < len(block.rows):
            if not shows(block, block.shown + 1):
                shows(block, block.shown - 1)
                break
