"""绩效评估打分表: one site's year on paper, filled or blank. Pure: values in, a PDF out.

Sheets of one form (the same indicators, a head of the same height) share everything but what is said of the site: see
`paper`. The place for a seal is left free, a square of 45 mm; a seal is never drawn.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path

from exports.paper import MM, PORTRAIT, Column, Group, Pen, Style, Table, by_twos, first_baseline, paginate, wrap
from exports.scoring import STEPS, Form, Indicator, Sheet, grades_told, plain, points
from exports.tables import NotWritable, written_whole
from exports.typefaces import Typefaces
from models.words import _

_REFUSED = re.compile(r'[\\/:*?"<>|\x00-\x1f\x7f]')
NONE = "—"
FIRST_STEP = 4  # the column of the first of STEPS
SIGN_HEIGHT = 66 * MM
SUM_HEIGHT = 15 * MM
SIGNERS = (("被评单位（盖章）：", "负责人签字："), ("评估单位（盖章）：", "评估人签字："))


class Styles:
    """The sheet's texts, as LOOKS has them: title 22 pt, meta 小四, table 五号."""

    def __init__(self, faces: Typefaces) -> None:
        self.title = Style(faces.title, 22, 30, "center")
        self.meta = Style(faces.body, 12, 18)
        self.meta_right = Style(faces.body, 12, 18, "right")
        self.meta_middle = Style(faces.body, 12, 16, "center")
        self.head = Style(faces.head, 10.5, 13, "center")
        self.label = Style(faces.strong, 10.5, 12.5, "center")
        self.text = Style(faces.body, 10.5, 12.5)
        self.number = Style(faces.body, 10.5, 12.5, "center")
        self.decided = Style(faces.strong, 10.5, 12.5, "center")
        self.basis = Style(faces.body, 9, 11)
        self.note = Style(faces.body, 9, 12)
        self.note_right = Style(faces.body, 9, 12, "right")
        self.sum = Style(faces.strong, 16, 22, "center")


def table_of(styles: Styles) -> Table:
    """The table's columns, 156 mm in all."""
    columns = (
        (_("维度"), 14, styles.label),
        (_("序"), 8, styles.number),
        (_("评估指标"), 44.5, styles.text),
        (_("满分"), 10, styles.number),
        (_("自评"), 11.5, styles.number),
        (_("算得"), 11.5, styles.number),
        (_("总馆评"), 14, styles.number),
        (_("定分"), 11.5, styles.decided),
        (_("依据材料"), 31, styles.basis),
    )
    made = tuple(Column(heading, width * MM, style) for heading, width, style in columns)
    return Table(PORTRAIT.left, made, styles.head, 7.8 * MM)


def groups_of(form: Form, table: Table) -> list[Group]:
    """The form's lines as the table's groups, numbered through."""
    found, number = [], 0
    for dimension, indicators in form.dimensions.items():
        rows = []
        for one in indicators:
            number += 1
            rows.append((str(number), one.label, plain(one.full), "", "", "", "", one.basis))
        found.append(table.group(by_twos(dimension), rows))
    return found


@dataclass(frozen=True)
class Head:
    """What stands above the table: the title, then lines of (label, its text's lines, what stands at the right edge)."""

    title: tuple[str, ...]
    meta: tuple[tuple[str, tuple[str, ...], str], ...]

    def height(self, styles: Styles) -> float:
        lines = sum(len(lines) for _label, lines, _right in self.meta)
        return len(self.title) * styles.title.leading + 4 * MM + lines * styles.meta.leading + 3 * MM

    def draw(self, pen: Pen, styles: Styles) -> None:
        """From the top of the type area down."""
        middle = (PORTRAIT.left + PORTRAIT.right) / 2
        y = pen.paragraph(middle, PORTRAIT.top, self.title, styles.title) - 4 * MM
        for label, lines, right in self.meta:
            pen.paragraph(PORTRAIT.left, y, [label], styles.meta)
            pen.paragraph(PORTRAIT.right, y, [right], styles.meta_right)
            y = pen.paragraph(PORTRAIT.left + styles.meta.width(label), y, lines, styles.meta)


def head_of(sheet: Sheet, styles: Styles) -> Head:
    """The head of a sheet. The full name has a line to itself; one that is longer still goes on under itself."""
    width = PORTRAIT.right - PORTRAIT.left
    code = _("编码：{code}").format(code=sheet.code)
    if sheet.name == sheet.unit:
        told = [(_("被评单位："), sheet.unit, code)]
    else:
        told = [(_("被评单位："), sheet.unit, ""), (_("馆点名称："), sheet.name, code)]
    year = _("{year} 年　　级别：{level}").format(year=sheet.year, level=sheet.level)
    told.append((_("评估年度："), year, _("打分日期：　　　　年　　月　　日")))
    meta = []
    for label, text, right in told:
        taken = styles.meta.width(label) + (styles.meta.width(right) + 4 * MM if right else 0)
        meta.append((label, wrap(text, styles.meta, width - taken), right))
    title = wrap(_("{hall}总分馆制").format(hall=sheet.hall), styles.title, width)
    return Head((*title, _("绩效评估打分表")), tuple(meta))


@dataclass(frozen=True)
class Foot:
    """What stands below the table: totals and grade, vetoes, how the total comes about, signatures."""

    form: Form
    styles: Styles

    @cached_property
    def vetoes(self) -> list[tuple[float, int, str, str]]:
        """(x, line, code, text) of each veto, run on from line to line after their heading, which has no code."""
        found: list[tuple[float, int, str, str]] = []
        x, line = PORTRAIT.left, 0
        told = [(code, f"□{label}") for code, label in self.form.vetoes]
        for code, text in [("", _("否决项（有则打√）：")), *told] if told else []:
            width = self.styles.note.width(text)
            if found and x + width > PORTRAIT.right:
                x, line = PORTRAIT.left, line + 1
            found.append((x, line, code, text))
            x += width + (self.styles.note.size if code else 0)
        return found

    @cached_property
    def rules(self) -> tuple[str, ...]:
        told = grades_told(self.form) + _("总分取定分，未定分的取总馆评，未评的取算得。")
        return wrap(told, self.styles.note, PORTRAIT.right - PORTRAIT.left)

    @cached_property
    def height(self) -> float:
        lines = len(self.rules) + (self.vetoes[-1][1] + 1 if self.vetoes else 0)
        return 5 * MM + SUM_HEIGHT + 3 * MM + lines * self.styles.note.leading + 6 * MM + SIGN_HEIGHT

    def veto_baseline(self, top: float, line: int) -> float:
        y = top - 5 * MM - SUM_HEIGHT - 3 * MM - line * self.styles.note.leading
        return y - first_baseline(self.styles.note)

    def draw(self, pen: Pen, top: float) -> None:
        """What every site's sheet has here."""
        upper, lower = top - 5 * MM, top - 5 * MM - SUM_HEIGHT
        pen.box(PORTRAIT.left, PORTRAIT.right, upper, lower)
        for number, label in enumerate((_("满分"), _("自评合计"), _("总分"), _("等次"))):
            if number:
                pen.line(sum_edge(number), upper, sum_edge(number), lower)
            pen.paragraph(sum_middle(number), upper - 1.2 * MM, [label], self.styles.meta_middle)
        self.draw_sum(pen, top, 0, plain(sum(one.full for one in self.form.indicators)))
        for x, line, _code, text in self.vetoes:
            pen.text(x, self.veto_baseline(top, line), text, self.styles.note)
        rest = self.vetoes[-1][1] + 1 if self.vetoes else 0
        y = lower - 3 * MM - rest * self.styles.note.leading
        y = pen.paragraph(PORTRAIT.left, y, self.rules, self.styles.note) - 6 * MM
        for number, (unit, person) in enumerate(SIGNERS):
            self.draw_signer(pen, PORTRAIT.left + number * 84 * MM, y, _(unit), _(person))

    def draw_sum(self, pen: Pen, top: float, number: int, text: str) -> None:
        y = top - 5 * MM - 1.2 * MM - self.styles.meta_middle.leading
        pen.paragraph(sum_middle(number), y, [text], self.styles.sum)

    def draw_signer(self, pen: Pen, x: float, top: float, unit: str, person: str) -> None:
        """The unit above the place for its seal, which is 45 mm wide and high and left free; the person below it."""
        pen.paragraph(x, top, [unit], self.styles.meta)
        lines = (person, _("　　　　年　　月　　日"))
        pen.paragraph(x, top - SIGN_HEIGHT + 2 * self.styles.meta.leading, lines, self.styles.meta)


def sum_edge(number: int) -> float:
    return PORTRAIT.left + (PORTRAIT.right - PORTRAIT.left) * number / 4


def sum_middle(number: int) -> float:
    return (sum_edge(number) + sum_edge(number + 1)) / 2


@dataclass(frozen=True)
class Layout:
    """The pages of one form under a head of one height: (part, its indicators with the middle of their rows).

    `foot` is the top of what stands below the table on the last page.
    """

    pages: tuple[tuple[str, tuple[tuple[Indicator, float], ...]], ...]
    foot: Foot
    foot_top: float


class Book:
    """Many sheets in one document, in the order in which they are added."""

    def __init__(self, faces: Typefaces, title: str, *, outline: bool = True) -> None:
        self.styles = Styles(faces)
        self.table = table_of(self.styles)
        self.pen = Pen(PORTRAIT, title, faces.body)
        self.outline = outline
        self.layouts: dict[tuple[Form, float], Layout] = {}

    @property
    def pages(self) -> int:
        return self.pen.pages

    def finish(self) -> bytes:
        """The PDF; nothing can be added afterwards."""
        return self.pen.finish()

    def add(self, sheet: Sheet) -> None:
        """The pages of one sheet."""
        head = head_of(sheet, self.styles)
        height = head.height(self.styles)
        if (sheet.form, height) not in self.layouts:
            self.layouts[sheet.form, height] = self.lay_out(sheet.form, height)
        layout = self.layouts[sheet.form, height]
        if self.outline:
            self.pen.bookmark(sheet.title, sheet.depth)
        head.draw(self.pen, self.styles)
        for number, (part, rows) in enumerate(layout.pages, 1):
            self.pen.use(part)
            if not sheet.blank:
                self.draw_scores(sheet, rows)
                if number == len(layout.pages):
                    self.draw_totals(sheet, layout)
            self.pen.next_page()

    def lay_out(self, form: Form, head_height: float) -> Layout:
        """Draw what the sheets of a form share, page by page."""
        foot = Foot(form, self.styles)
        room = PORTRAIT.top - PORTRAIT.bottom - self.table.head_height
        pages = paginate(groups_of(form, self.table), room - head_height, room, foot.height)
        waiting = iter(form.ordered)
        made, y = [], PORTRAIT.top - head_height
        for number, groups in enumerate(pages, 1):
            part = f"{len(self.layouts)}-{number}"
            with self.pen.part(part):
                edges = self.table.draw(self.pen, groups, y) if groups else [y]
                self.pen.page_number(number, len(pages), self.styles.meta)
                if number == len(pages):
                    foot.draw(self.pen, edges[-1])
            rows = [((upper + lower) / 2, next(waiting)) for upper, lower in pairwise(edges)]
            made.append((part, tuple((one, middle) for middle, one in rows)))
            y = PORTRAIT.top
        return Layout(tuple(made), foot, edges[-1])

    def draw_scores(self, sheet: Sheet, rows: Sequence[tuple[Indicator, float]]) -> None:
        """The scores of each step in their columns."""
        edges = self.table.edges
        for place, step in enumerate(STEPS, FIRST_STEP):
            style = self.table.columns[place].style
            x, down = (edges[place] + edges[place + 1]) / 2, style.leading / 2 - first_baseline(style)
            for one, middle in rows:
                self.pen.text(x, middle + down, points(sheet.step(one, step)), style)

    def draw_totals(self, sheet: Sheet, layout: Layout) -> None:
        """Totals, grade and vetoes of a site."""
        told = (points(sheet.self_total) or NONE, points(sheet.total) or NONE, sheet.grade or NONE)
        for number, text in enumerate(told, 1):
            layout.foot.draw_sum(self.pen, layout.foot_top, number, text)
        if sheet.unscored and sheet.total is not None:
            left_out = _("另有 {count} 项没有得分").format(count=sheet.unscored)
            self.pen.paragraph(PORTRAIT.right, layout.foot_top - 0.6 * MM, [left_out], self.styles.note_right)
        for x, line, code, _text in layout.foot.vetoes:
            if code in sheet.vetoes:
                self.pen.text(x, layout.foot.veto_baseline(layout.foot_top, line), "√", self.styles.note)


# ---------------------------------------------------------------- files

Step = Callable[[int, int, str], None]  # how many are done, of how many, what comes


def no_step(_done: int, _of: int, _what: str) -> None:
    """Nobody is told."""


def printed(sheets: Sequence[Sheet], faces: Typefaces, step: Step = no_step) -> tuple[bytes, int]:
    """The PDF of these sheets, and how many pages it has. `step` hears before each sheet how far it is."""
    title = _("绩效评估打分表") if len(sheets) != 1 else f"{sheets[0].title} {_('绩效评估打分表')}"
    book = Book(faces, title, outline=len(sheets) > 1)
    for place, sheet in enumerate(sheets):
        step(place, len(sheets), sheet.code)
        book.add(sheet)
    return book.finish(), book.pages


def write_book(path: Path, sheets: Sequence[Sheet], faces: Typefaces) -> int:
    """All sheets in one file; returns the number of pages. Raises NotWritable."""
    data, pages = printed(sheets, faces)
    with written_whole(path) as place:
        place.write_bytes(data)
    return pages


def write_folder(folder: Path, sheets: Sequence[Sheet], faces: Typefaces) -> tuple[list[Path], int]:
    """One file a site, `{code} {name}.pdf`; returns the files and the pages of all. Raises NotWritable."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        raise NotWritable(folder, fault.strerror or str(fault)) from fault
    files = [folder / file_name(sheet) for sheet in sheets]
    pages = [write_book(path, [sheet], faces) for path, sheet in zip(files, sheets, strict=True)]
    return files, sum(pages)


def file_name(sheet: Sheet) -> str:
    """`{code} {name}.pdf` without what some file system refuses."""
    return f"{_REFUSED.sub('', f'{sheet.code} {sheet.name}').strip(' .')}.pdf"
