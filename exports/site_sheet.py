"""一馆一档 on paper: one A4, whatever there is to say of a site. Pure: a dossier in, a PDF out.

Everything is measured first. Where it does not fit, rows are left out from the end of what matters least, and the place
says how many; no text is cut. A character that no font has stands as 〓, and the foot names it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from exports.dossier import Book, Dossier, Fact
from exports.fitting import Block, Cell, Grid, Heading, Picture, fit
from exports.paper import MM, Frame, Pen, Style, wrap
from exports.typefaces import Typefaces
from models.plaques import lines_of
from models.words import _

PAGE = Frame(210, 297, 25, 22, 22, 25)
WIDTH = PAGE.right - PAGE.left
FOOT = 12 * MM  # the foot's baseline above the sheet's edge
LOST = "〓"  # stands for a character that no font has, as printers do it
PICTURE = 60 * MM  # the plaque's width
MOST_BELOW = 4  # lines under the plaque
MOST_FACT = 6  # lines of a fact that is printed: a longer one is read in the register
NONE = "—"


class Styles:
    """The sheet's texts, as LOOKS has them."""

    def __init__(self, faces: Typefaces) -> None:
        self.titles = [Style(faces.strong, size, size + 7) for size in (18, 16, 14)]
        self.under = Style(faces.body, 10.5, 15)
        self.right = Style(faces.body, 10.5, 15, "right")
        self.heading = Style(faces.head, 11, 16)
        self.label = Style(faces.head, 9, 12)
        self.label_right = Style(faces.head, 9, 12, "right")
        self.label_middle = Style(faces.head, 9, 12, "center")
        self.text = Style(faces.body, 10, 13)
        self.number = Style(faces.body, 10, 13, "right")
        self.middle = Style(faces.body, 10, 13, "center")
        self.plaque = Style(faces.strong, 12, 19, "center")
        self.logo = Style(faces.body, 8, 10, "center")
        self.small = Style(faces.body, 9, 12)
        self.small_right = Style(faces.body, 9, 12, "right")


@dataclass
class Printer:
    """Texts as they can be printed; what no font has is kept, to be named."""

    faces: Typefaces
    lost: set[str] = field(default_factory=set)

    def __call__(self, text: object) -> str:
        told = str(text).replace("\t", " ").replace("\r\n", "\n").replace("\r", "\n")
        missing = self.faces.missing(told.replace("\n", ""))
        self.lost |= missing
        return "".join(LOST if sign in missing else sign for sign in told)


def printed(found: Dossier, faces: Typefaces, at: str) -> bytes:
    """The PDF of one site: one page. `at` is the moment up to which its figures go, as the foot tells it."""
    return Sheet(found, faces, at).printed()


class Sheet:
    """One site's page."""

    def __init__(self, found: Dossier, faces: Typefaces, at: str) -> None:
        self.found, self.at, self.styles, self.clean = found, at, Styles(faces), Printer(faces)
        self.pen = Pen(PAGE, self.clean(found.title), faces.body)

    def printed(self) -> bytes:
        head, blocks = self.head(), self.blocks()
        foot = self.foot()
        room = PAGE.top - PAGE.bottom - head.height - max(0, len(foot) - 1) * self.styles.small.leading
        fit(blocks, room)
        y = head.draw(self.pen, PAGE.top)
        for block in blocks:
            y = block.draw(self.pen, y)
        for line, text in enumerate(reversed(foot)):
            self.pen.text(PAGE.left, FOOT + line * self.styles.small.leading, text, self.styles.small)
        told = _("第 {page} 页　共 {pages} 页").format(page=1, pages=1)
        self.pen.text(PAGE.right, FOOT, told, self.styles.small_right)
        self.pen.next_page()
        return self.pen.finish()

    def foot(self) -> list[str]:
        """When the figures were read; and what could not be printed."""
        told = _("总分馆台账　数据截至 {at}").format(at=self.at)
        if not self.clean.lost:
            return [told]
        signs = " ".join(f"U+{ord(sign):04X}" for sign in sorted(self.clean.lost))
        lines = wrap(_("{mark} 是字体里没有的字：{signs}").format(mark=LOST, signs=signs), self.styles.small, WIDTH)
        return [*lines[:3], told]

    def head(self) -> Heading:
        """The full name as on the plaque, the venue's own name and code below it."""
        found, clean = self.found, self.clean
        own = _("本名 {name}　编码 {code}").format(name=found.name, code=found.code)
        told = own if found.name != found.title else _("编码 {code}").format(code=found.code)
        facts = "　".join(part for part in (told, found.network, found.level, found.status) if part)
        styles, width = self.styles, WIDTH - 28 * MM
        lines = [wrap(clean(found.title), style, width) for style in styles.titles]
        place = next((place for place, some in enumerate(lines) if len(some) == 1), 1)  # in one line, if any size does
        return Heading(
            PAGE,
            lines[place],
            wrap(clean(facts), styles.under, width),
            (_("一馆一档"), self.at[:10]),
            (styles.titles[place], styles.under, styles.right),
        )

    # ---- the parts

    def blocks(self) -> list[Block]:
        """The parts of the page from the top down; `keep` says what is left out first (see `fit`)."""
        found = self.found
        made = [
            self.facts(),
            self.children(),
            self.months(),
            *(self.figures(one) for one in found.books),
            self.mending(),
        ]
        return [one for one in made if one is not None]

    def facts(self) -> Block:
        """All that is filled in, beside the plaque."""
        facts = [Fact(_("上级"), self.parent())] if self.found.parent else []
        facts += [one for section in self.found.sections for one in section.facts]
        cells = [self.pair(one) for one in facts]
        short = [pair for pair in cells if max(len(pair[0].lines), len(pair[1].lines)) <= MOST_FACT]
        return Grid(
            left=PAGE.left,
            widths=(22 * MM, 59.5 * MM, 22 * MM, 59.5 * MM),
            rows=list(two_by_two(short)),
            counts=list(two_counts(short)),
            lost=len(cells) - len(short),
            keep=(99, 8, 6, 0),
            rank=4,
            note=self.styles.small,
            picture=self.picture(),
        )

    def pair(self, one: Fact) -> tuple[Cell, Cell]:
        styles = self.styles
        label = Cell(wrap(self.clean(one.label), styles.label, 22 * MM - 3 * MM), styles.label)
        return label, Cell(wrap(self.clean(one.value), styles.text, 59.5 * MM - 3 * MM), styles.text)

    def parent(self) -> str:
        """The parent by name, else by code; with the day from which it holds."""
        found = self.found
        assert found.parent is not None
        name = found.parent.name or found.parent.code
        return _("{name}（自 {day}）").format(name=name, day=found.since) if found.since else name

    def picture(self) -> Picture | None:
        """The first plaque, as it hangs; the others by number."""
        if not self.found.plaques:
            return None
        one, clean, styles = self.found.plaques[0], self.clean, self.styles
        size = f"{one.get('width_mm') or '?'}×{one.get('height_mm') or '?'} mm"
        facts = [size, one.get("material"), _("{count} 块").format(count=one.get("quantity") or 1)]
        more = [one.get("status_label"), one.get("hung_on"), one.get("plaque_order")]
        lines = [_("，").join(str(part) for part in some if part) for some in (facts, more)]
        if sum(len(wrap(clean(line), styles.small, PICTURE)) for line in lines) > MOST_BELOW:
            lines = [size, _("其余见台账")]
        if len(self.found.plaques) > 1:
            lines.append(_("共 {count} 块牌匾").format(count=len(self.found.plaques)))
        wording = str(one.get("wording") or _("名称还不全"))
        return Picture(
            PICTURE,
            tuple(line for part in lines_of(wording) for line in wrap(clean(part), styles.plaque, PICTURE - 8 * MM)),
            _("标识") if one.get("logo") else "",
            tuple(line for part in lines for line in wrap(clean(part), styles.small, PICTURE)),
            (styles.plaque, styles.logo, styles.small),
        )

    def children(self) -> Block | None:
        """The sites right below, two in a line."""
        found, styles = self.found, self.styles
        if not found.children:
            return None
        month = int(found.last_month[5:])
        title = _("下设馆点（{count} 个，{month} 月检查合格率）").format(count=len(found.children), month=month)
        widths = tuple(one * MM for one in (11, 43, 14, 13.5) * 2)
        names = (_("编码"), _("名称"), _("状态"), _("合格率"))
        heads = (styles.label, styles.label, styles.label, styles.label_right)
        cells = [
            self.cells(
                (
                    one.code.removeprefix(found.code),
                    one.name,
                    one.status,
                    f"{one.rate:g}%" if one.rate is not None else NONE,
                ),
                (styles.small, styles.small, styles.small, styles.small_right),
                widths,
            )
            for one in found.children
        ]
        return Grid(
            left=PAGE.left,
            widths=widths,
            title=(title, styles.heading),
            head=self.cells(names * 2, heads * 2, widths),
            rows=list(two_by_two(cells)),
            counts=list(two_counts(cells)),
            keep=(8, 5, 4, 0),
            rank=2,
            note=styles.small,
        )

    def months(self) -> Block | None:
        """The pass rates of the year's checks."""
        found, styles = self.found, self.styles
        if not any(one.id for one in found.checks):
            return None
        widths = (WIDTH / 12,) * 12
        names = [_("{month}月").format(month=int(one.month[5:])) for one in found.checks]
        rates = [f"{one.rate:g}" if one.rate is not None else one.status or NONE for one in found.checks]
        return Grid(
            left=PAGE.left,
            widths=widths,
            title=(_("{year} 年检查合格率（%）").format(year=found.year), styles.heading),
            head=self.cells(names, (styles.label_middle,) * 12, widths),
            rows=[self.cells(rates, (styles.middle,) * 12, widths)],
            counts=[1],
            keep=(1, 1, 1, 0),
            rank=5,
            note=styles.small,
        )

    def figures(self, book: Book) -> Block | None:
        """A yearbook's figures of two years, two in a line; with the year's score above them."""
        found, styles = self.found, self.styles
        if not book.figures:
            return None
        years = book.years(found.year)
        widths = (WIDTH / 2 - 18 * MM * len(years), *(18 * MM for _year in years)) * 2
        title = f"{book.label}{_('（{status}）').format(status=book.status) if book.status else ''}"
        if book is found.books[0] and found.score is not None and found.score.total is not None:
            score = {"total": f"{found.score.total:.2f}", "grade": found.score.grade or _("未定")}
            title += _("　绩效得分 {total}，{grade}").format(**score)
        names = (_("指标"), *(str(year) for year, _values in years))
        heads = (styles.label, *(styles.label_right for _year in years))
        texts = (styles.small, *(styles.small_right for _year in years))
        cells = [
            self.cells((one.label, *(values[place] for _year, values in years)), texts, widths)
            for place, one in enumerate(book.figures)
        ]
        return Grid(
            left=PAGE.left,
            widths=widths,
            title=(self.clean(title), styles.heading),
            head=self.cells(names * 2, heads * 2, widths),
            rows=list(two_by_two(cells)),
            counts=list(two_counts(cells)),
            keep=(4, 2, 1, 0) if book is found.books[0] else (3, 1, 0, 0),
            rank=0 if book is not found.books[0] else 1,
            note=styles.small,
        )

    def mending(self) -> Block | None:
        """What has still to be put right."""
        waiting, styles = self.found.open_rectifications, self.styles
        if not waiting:
            return None
        widths = (24 * MM, WIDTH - 54 * MM, 30 * MM)
        rows = [
            self.cells(
                (one.get("due_on") or "", one.get("problem") or "", one.get("responsible") or ""),
                (styles.text,) * 3,
                widths,
            )
            for one in waiting
        ]
        return Grid(
            left=PAGE.left,
            widths=widths,
            title=(_("未销号整改（{count} 条）").format(count=len(waiting)), styles.heading),
            head=self.cells((_("期限"), _("问题"), _("责任人")), (styles.label,) * 3, widths),
            rows=rows,
            counts=[1] * len(rows),
            keep=(5, 3, 2, 0),
            rank=3,
            note=styles.small,
        )

    def cells(self, texts: Sequence[object], styles: Sequence[Style], widths: Sequence[float]) -> tuple[Cell, ...]:
        """A row's cells, each text in its column's width."""
        return tuple(
            Cell(wrap(self.clean(text), style, width - 3 * MM), style)
            for text, style, width in zip(texts, styles, widths, strict=False)
        )


def two_by_two(cells: Sequence[tuple[Cell, ...]]) -> list[tuple[Cell, ...]]:
    """Two neighbours side by side; the last may stand alone."""
    return [tuple(cell for one in cells[place : place + 2] for cell in one) for place in range(0, len(cells), 2)]


def two_counts(cells: Sequence[object]) -> list[int]:
    """How many things each of those lines holds."""
    return [len(cells[place : place + 2]) for place in range(0, len(cells), 2)]
