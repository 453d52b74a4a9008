"""Printed pages: frames, texts in cells, tables whose groups stay together, page numbers. Pure: values in, a PDF out.

Lengths are in points unless they are called mm; y runs upwards, as PDF has it. What many pages share is a part: drawn
once, used by each of them, so that a batch of two thousand sheets costs little more than what differs between them.
"""

import io
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Literal

from reportlab import rl_config
from reportlab.pdfgen.canvas import Canvas

from exports.typefaces import Typeface
from models.words import _

MM = 72 / 25.4
THIN, THICK = 0.5, 1.0
PAD_X, PAD_Y = 1.2 * MM, 0.6 * MM
BELOW_TYPE_AREA = 10 * MM  # from the type area's foot to the page number's baseline
ASCENT = 0.88  # of a Chinese character's square, above the baseline
OPENING, CLOSING = (
    frozenset("（「『【〔《〈“‘"),
    frozenset("、。，．：；）」』】〕》〉”’"),
)  # ink in one half, blank in the other
NOT_FIRST = frozenset("、。，．：；！？）」』】〕》〉”’…—％%℃‰,.:;!?)]}·々ー")
NOT_LAST = frozenset("（「『【〔《〈“‘([{")

rl_config.useA85 = 0  # streams as they are, not in letters: a quarter smaller
_writing = threading.Lock()  # the library's fonts keep a reading position: one document is written at a time


@dataclass(frozen=True)
class Frame:
    """A page and its margins, in mm; the type area's edges in points."""

    width: float
    height: float
    margin_top: float
    margin_right: float
    margin_bottom: float
    margin_left: float

    @property
    def left(self) -> float:
        return self.margin_left * MM

    @property
    def right(self) -> float:
        return (self.width - self.margin_right) * MM

    @property
    def top(self) -> float:
        return (self.height - self.margin_top) * MM

    @property
    def bottom(self) -> float:
        return self.margin_bottom * MM


PORTRAIT = Frame(210, 297, 37, 26, 35, 28)  # GB/T 9704
LANDSCAPE = Frame(297, 210, 28, 35, 26, 37)  # the same sheet, turned


@dataclass(frozen=True)
class Style:
    """How a text is set. `leading` is from line to line."""

    face: Typeface
    size: float
    leading: float
    align: Literal["left", "center", "right"] = "left"

    def width(self, text: str) -> float:
        """How wide a line is."""
        return (self.face.width(text) - sum(squeezes(text).values())) * self.size / 1000


# ---------------------------------------------------------------- lines


def squeezes(text: str) -> dict[int, int]:
    """Where a line is drawn together: place -> thousandths of the size.

    Of two blank halves that meet, one goes. Of the blank before a bracket at the beginning no more goes than a cell has
    for its margin.
    """
    found = {0: 280} if text and text[0] in OPENING else {}
    for place, (before, after) in enumerate(pairwise(text), 1):
        if (before in CLOSING and after in OPENING | CLOSING) or (before in OPENING and after in OPENING):
            found[place] = 500
    return found


def clusters(text: str) -> list[str]:
    """The pieces that no line may break: a word, a number, a character with the marks that stand by it."""
    found: list[str] = []
    for sign in text:
        before = found[-1][-1] if found else ""
        word = sign.isascii() and sign != " " and before.isascii() and before not in ("", " ")
        if found and (word or before in NOT_LAST or sign in NOT_FIRST or sign == " "):
            found[-1] += sign
        else:
            found.append(sign)
    return found


@lru_cache(maxsize=100_000)
def wrap(text: str, style: Style, width: float) -> tuple[str, ...]:
    """The lines of a text in this width. A last line of one character takes another one along."""
    lines = tuple(line for part in text.split("\n") for line in filled(part, style, width))
    narrower = width - style.size
    if len(lines) > 1 and len(lines[-1]) == 1 and "\n" not in text:
        closer = tuple(filled(text, style, narrower))
        if len(closer) == len(lines) and all(style.width(piece) <= narrower for piece in clusters(text)):
            return closer
    return lines


def filled(text: str, style: Style, width: float) -> list[str]:
    """Lines as full as they go."""
    lines = [""]
    for cluster in clusters(text):
        # What is wider than a whole line breaks anywhere.
        for piece in [cluster] if style.width(cluster.rstrip()) <= width else cluster:
            if lines[-1] and style.width((lines[-1] + piece).rstrip()) > width + 0.01:
                lines.append("")
            lines[-1] += piece
    return [line.strip(" ") for line in lines]


def by_twos(text: str) -> str:
    """A heading for a narrow cell, broken as words of two characters: 服务标准, 均等化水平."""
    if len(text) <= 3 or not all("\u4e00" <= sign <= "\u9fff" for sign in text):
        return text
    first = 2 + len(text) % 2
    return "\n".join([text[:first], *(text[place : place + 2] for place in range(first, len(text), 2))])


# ---------------------------------------------------------------- drawing


class Pen:
    """Draws one document: on the page at hand, or on a part that pages share."""

    def __init__(self, frame: Frame, title: str, base: Typeface) -> None:
        self.frame = frame
        self.buffer = io.BytesIO()
        self.canvas = Canvas(
            self.buffer,
            pagesize=(frame.width * MM, frame.height * MM),
            pageCompression=1,
            initialFontName=base.fonts[0].fontName,
            lang="zh-CN",
        )
        self.canvas.setTitle(title)
        self.canvas.setAuthor(_("总分馆台账"))
        self.canvas.setSubject(title)
        self.canvas.setCreator("Zongfen")
        self.pages = 0
        self._set: dict[tuple[str, Style], tuple[str, float]] = {}
        self._level = -1

    def text(self, x: float, y: float, text: str, style: Style) -> None:
        """A line with its baseline at y; x is its left end, its middle or its right end."""
        if not text:
            return
        code, width = self.set(text, style)
        shift = {"left": 0.0, "center": width / 2, "right": width}[style.align]
        self.canvas.addLiteral(f"BT 1 0 0 1 {x - shift:.2f} {y:.2f} Tm {code} ET")

    def set(self, text: str, style: Style) -> tuple[str, float]:
        """The operators that show a text, and its width; made once a document."""
        mark = (text, style)
        if mark not in self._set:
            self._set[mark] = (" ".join(self.shown(text, style)), style.width(text))
        return self._set[mark]

    def shown(self, text: str, style: Style) -> Iterator[str]:
        """The operators: a piece for each font, for each of its subsets, and where the line is drawn together."""
        doc = self.canvas._doc  # a font numbers its characters for each document
        places = squeezes(text)
        cuts = sorted({0, *places, len(text)})
        for start, end in pairwise(cuts):
            closer = f"{places[start]} " if start in places else ""
            for font, run in style.face.runs(text[start:end]):
                for subset, codes in font.splitString(run, doc):
                    yield f"{font.getSubsetInternalName(subset, doc)} {style.size:g} Tf [{closer}<{codes.hex()}>] TJ"
                    closer = ""

    def cell(self, left: float, right: float, top: float, bottom: float, lines: Sequence[str], style: Style) -> None:
        """Lines in a box, in the middle of its height."""
        x = {"left": left + PAD_X, "center": (left + right) / 2, "right": right - PAD_X}[style.align]
        baseline = (top + bottom) / 2 + len(lines) * style.leading / 2 - first_baseline(style)
        for place, line in enumerate(lines):
            self.text(x, baseline - place * style.leading, line, style)

    def paragraph(self, x: float, top: float, lines: Sequence[str], style: Style) -> float:
        """Lines from the top down; returns where they end."""
        for place, line in enumerate(lines):
            self.text(x, top - place * style.leading - first_baseline(style), line, style)
        return top - len(lines) * style.leading

    def line(self, x1: float, y1: float, x2: float, y2: float, width: float = THIN) -> None:
        self.canvas.addLiteral(f"{width:g} w {x1:.2f} {y1:.2f} m {x2:.2f} {y2:.2f} l S")

    def box(self, left: float, right: float, top: float, bottom: float, width: float = THICK) -> None:
        self.canvas.addLiteral(f"{width:g} w {left:.2f} {bottom:.2f} {right - left:.2f} {top - bottom:.2f} re S")

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """What is drawn inside is drawn wherever the part is used."""
        self.canvas.beginForm(name)
        yield
        self.canvas.endForm()

    def use(self, name: str) -> None:
        self.canvas.doForm(name)

    def bookmark(self, title: str, level: int) -> None:
        """An entry of the document's outline, leading to the page at hand."""
        key = f"p{self.pages}"
        self._level = min(level, self._level + 1)
        self.canvas.bookmarkPage(key)
        self.canvas.addOutlineEntry(title, key, self._level, closed=True)

    def page_number(self, page: int, pages: int, style: Style) -> None:
        """第 x 页　共 y 页 below the type area: right on odd pages, left on even ones."""
        told = _("第 {page} 页　共 {pages} 页").format(page=page, pages=pages)
        x = self.frame.right - style.width(told) if page % 2 else self.frame.left
        self.text(x, self.frame.bottom - BELOW_TYPE_AREA, told, style)

    def next_page(self) -> None:
        self.canvas.showPage()
        self.pages += 1

    def finish(self) -> bytes:
        """The whole PDF."""
        with _writing:
            self.canvas.save()
        return self.buffer.getvalue()


def first_baseline(style: Style) -> float:
    """From the top of a text to the baseline of its first line."""
    return (style.leading - style.size) / 2 + ASCENT * style.size


# ---------------------------------------------------------------- tables


@dataclass(frozen=True)
class Column:
    """A column of a table."""

    heading: str
    width: float
    style: Style


@dataclass(frozen=True)
class Row:
    """The lines of each cell but the first, and the height they need."""

    cells: tuple[tuple[str, ...], ...]
    height: float


@dataclass(frozen=True)
class Group:
    """Rows that share the table's first cell and stay on one page."""

    label: tuple[str, ...]
    label_height: float
    rows: tuple[Row, ...]

    @staticmethod
    def of(label: tuple[str, ...], label_height: float, rows: Sequence[Row]) -> "Group":
        """A group of these rows. A label that needs more height than they have widens the last."""
        lacking = max(0.0, label_height - sum(row.height for row in rows))
        last = Row(rows[-1].cells, rows[-1].height + lacking)
        return Group(label, label_height, (*rows[:-1], last))

    @property
    def height(self) -> float:
        return sum(row.height for row in self.rows)


@dataclass(frozen=True)
class Table:
    """Columns, of which the first is one merged cell a group; the header stands on every page."""

    left: float
    columns: tuple[Column, ...]
    heading: Style
    least: float  # a row's height, at least

    @property
    def edges(self) -> list[float]:
        """The x of every vertical rule."""
        found = [self.left]
        for column in self.columns:
            found.append(found[-1] + column.width)
        return found

    @property
    def head_height(self) -> float:
        most = max(len(self.heading_lines(column)) for column in self.columns)
        return max(9 * MM, most * self.heading.leading + 2 * PAD_Y)

    def heading_lines(self, column: Column) -> tuple[str, ...]:
        return wrap(column.heading, self.heading, column.width - 2 * PAD_X)

    def group(self, label: str, rows: Sequence[Sequence[str]]) -> Group:
        """A group of these texts, measured."""
        first = self.columns[0]
        lines = wrap(label, first.style, first.width - 2 * PAD_X)
        return Group.of(lines, len(lines) * first.style.leading + 2 * PAD_Y, [self.row(texts) for texts in rows])

    def row(self, texts: Sequence[str]) -> Row:
        """A row of the texts of every cell but the first."""
        rest = self.columns[1:]
        cells = tuple(
            wrap(text, column.style, column.width - 2 * PAD_X) if text else ()
            for text, column in zip(texts, rest, strict=True)
        )
        needed = (len(lines) * column.style.leading for lines, column in zip(cells, rest, strict=True))
        return Row(cells, max(self.least, *(height + 2 * PAD_Y for height in needed)))

    def draw(self, pen: Pen, groups: Sequence[Group], top: float) -> list[float]:
        """The header and these groups from `top` down; returns the y of every row's edges: one more than rows."""
        edges = self.edges
        y = top - self.head_height
        for place, column in enumerate(self.columns):
            pen.cell(edges[place], edges[place + 1], top, y, self.heading_lines(column), self.heading)
        found = [y]
        for group in groups:
            pen.line(edges[0], y, edges[-1], y)
            pen.cell(edges[0], edges[1], y, y - group.height, group.label, self.columns[0].style)
            for number, row in enumerate(group.rows):
                if number:
                    pen.line(edges[1], y, edges[-1], y)
                for place, lines in enumerate(row.cells, 1):
                    pen.cell(edges[place], edges[place + 1], y, y - row.height, lines, self.columns[place].style)
                y -= row.height
                found.append(y)
        for x in edges[1:-1]:
            pen.line(x, top, x, y)
        pen.box(edges[0], edges[-1], top, y)
        return found


def paginate(groups: Sequence[Group], first: float, others: float, foot: float) -> list[list[Group]]:
    """The groups page by page, in the room that the first page and the others have for rows.

    A group is split only where it is higher than a whole page. The last page keeps `foot` free for what comes below the
    table, and takes a group along where that fits: signatures on a page of their own would prove nothing.
    """
    pages: list[list[Group]] = [[]]
    left = first
    for group in (piece for whole in groups for piece in pieces(whole, others)):
        if group.height > left + 0.01 and (pages[-1] or left < others):
            pages.append([])
            left = others
        pages[-1].append(group)
        left -= group.height
    if left + 0.01 < foot:
        pages.append([pages[-1].pop()] if len(pages[-1]) > 1 and pages[-1][-1].height + foot <= others else [])
    return pages


def pieces(group: Group, room: float) -> Iterator[Group]:
    """The group, or where it is higher than the room, parts of it that are not."""
    part: list[Row] = []
    for row in group.rows:
        if part and sum(one.height for one in part) + row.height > room:
            yield Group.of(group.label, group.label_height, part)
            part = []
        part.append(row)
    yield Group.of(group.label, group.label_height, part)
