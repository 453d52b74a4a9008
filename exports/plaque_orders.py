"""牌匾制作单: what one supplier makes in one go, on paper or as a workbook. Pure but for `order_of`: values in, bytes out.

A wording stands as it has to stand on the plaque: 总馆, 分馆 and 服务点 each on a line. The places for seals are left free.
"""

import io
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from exports.paper import LANDSCAPE, MM, Column, Group, Pen, Style, Table, paginate, wrap
from exports.tables import written_whole
from exports.typefaces import Typefaces
from models.access import is_masked
from models.changes import Problem
from models.conditions import Condition
from models.kinds import Value
from models.plaques import NETWORK_WORDS, ORIENTATIONS, SHAPES, WORDING_INPUTS, branch_wording, county_of, wording
from models.query import Question, View
from models.schema import Inputs, Row
from models.words import _

SIGN_HEIGHT = 66 * MM
BELOW_TABLE = 4 * MM
SIGNERS = (("委托单位（盖章）：", "经办人签字："), ("制作单位（盖章）：", "经办人签字："))
PLACE = ("site.county", "site.township", "site.village", "site.address")


@dataclass(frozen=True)
class Item:
    """A plaque to make."""

    code: str
    lines: tuple[str, ...]
    size: str
    shape: str
    material: str
    logo: str
    quantity: int
    place: str

    @property
    def cells(self) -> tuple[str, ...]:
        """The texts of its row, after the number."""
        lines = "\n".join(self.lines)
        return self.code, lines, self.size, self.shape, self.material, self.logo, str(self.quantity), self.place


@dataclass(frozen=True)
class Order:
    """An order, or the list of all that waits to be made, which has no number and no supplier yet.

    `held` are plaques that cannot be ordered as they stand (value: the site); `masked` says that the phone number was not for this reader.
    """

    meta: tuple[tuple[str, str], ...]
    note: str
    items: tuple[Item, ...]
    title: str
    held: tuple[Problem, ...] = ()
    masked: bool = False

    @property
    def count(self) -> int:
        return sum(item.quantity for item in self.items)

    @property
    def sites(self) -> int:
        return len({item.code for item in self.items})

    @property
    def counted(self) -> str:
        """合计 23 块，…: how many of each size and shape."""
        kinds: Counter[tuple[str, str]] = Counter()
        for item in self.items:
            kinds[item.size, item.shape.replace("\n", "")] += item.quantity
        told = (
            _("{size} mm {shape} {count} 块").format(size=size, shape=shape, count=count)
            for (size, shape), count in kinds.most_common()
        )
        whole = _("合计 {count} 块，挂在 {sites} 个馆点").format(count=self.count, sites=self.sites)
        return f"{whole}：{_('；').join(told)}。" if kinds else f"{whole}。"


HEADINGS = ("序", "馆点编码", "牌匾文字", "宽×高（mm）", "形状", "材质", "标识", "块数", "交货地点")
WIDTHS = (9, 27, 72, 23, 15, 22, 11, 11, 35)  # mm, 225 in all
XLSX_LINE = 16  # points, of a line of 11 pt
QUANTITY = HEADINGS.index("块数")


# ---------------------------------------------------------------- from the records


def lines_of(values: Inputs) -> tuple[str, ...]:
    """A plaque's wording, line by line; what was fixed by hand is one line. () where there is none yet."""
    text = str(wording(values) or "")
    level = values["site.level"]
    if not text or values["wording_fixed"] or level not in ("branch", "point"):
        return (text,) if text else ()
    place = "site" if level == "branch" else "site.parent"
    township = values["site.township"] or values[f"{place}.township"]
    branch = branch_wording(values, place, township) or ""
    if values[f"{place}.parent.level"] == "center":
        hall = values[f"{place}.parent.name"]
    else:
        hall = (county_of(values, "site") or county_of(values, place)) + NETWORK_WORDS[values["site.network"]]
    return tuple(filter(None, (hall, branch.removeprefix(hall), text.removeprefix(branch))))


def item_of(row: Row, values: Inputs) -> Item:
    """A plaque's line of the order."""
    shapes = {one.code: one.label for one in (*SHAPES, *ORIENTATIONS)}
    shape = "\n".join(shapes[str(row[name])] for name in ("shape", "orientation") if row[name] in shapes)
    size = "×".join(str(row[name] or "") for name in ("width_mm", "height_mm"))
    place = values["site.address"] or "".join(str(values[name] or "") for name in PLACE[:3])
    return Item(
        str(row["site"]),
        lines_of(values),
        size.strip("×"),
        shape,
        str(row["material"] or ""),
        {True: _("有"), False: _("无")}.get(row["logo"], ""),  # type: ignore[call-overload]
        int(row["quantity"] or 1),  # type: ignore[arg-type]
        place,
    )


def order_of(view: View, number: str | None) -> Order:
    """An order with its plaques in tree order; without a number, all that are to be made. Raises NoRow."""
    table = view.query.catalog["plaques"]
    header = view.find(view.query.catalog["plaque_orders"], number) if number else None
    if header:
        condition = Condition("plaque_order", "eq", (header["number"],))
    else:
        condition = Condition("status", "eq", ("to_make",))
    rows = view.page(table, Question((condition,))).rows
    site_of = {str(row["id"]): str(row["site"]) for row in rows}
    found = [replace(one, value=site_of[one.row]) for one in view.problems(table, rows)]
    told = view.paths().at(table, rows, (*WORDING_INPUTS, *PLACE))
    faulty = {problem.row for problem in found}
    found += [nameless(row) for row in rows if not row["wording"]]
    items = (
        item_of(row, values)
        for row, values in zip(rows, told, strict=True)
        if row["wording"] and str(row["id"]) not in faulty
    )
    made = Order((), "", tuple(items), _("待制作牌匾清单"), tuple(found))
    return with_header(made, header) if header else made


def nameless(row: Row) -> Problem:
    """A plaque whose wording lacks a part."""
    return Problem("plaques", str(row["id"]), "wording", str(row["site"]), _("还没有文字，先补全馆点名称"))


def with_header(order: Order, header: Row) -> Order:
    """The order with its number, supplier and dates."""
    masked = is_masked(header["phone"])
    phone = "" if masked else str(header["phone"] or "")
    contact = "　".join(filter(None, (str(header["contact"] or ""), phone)))
    meta = (
        (_("单号："), str(header["number"])),
        (_("制作单位："), str(header["supplier"] or "")),
        (_("下单日期："), day(header["ordered_on"])),
        (_("联系人："), contact),
        (_("交货日期："), day(header["due_on"])),
        (_("县区："), str(header["county"] or _("全市"))),
    )
    return replace(order, meta=meta, note=str(header["note"] or ""), title=_("统一牌匾制作单"), masked=masked)


def day(value: Value) -> str:
    """A date as documents have it, or room to write one."""
    if value is None:
        return _("　　　　年　　月　　日")
    year, month, number = str(value).split("-")
    return _("{year} 年 {month} 月 {day} 日").format(year=year, month=int(month), day=int(number))


def missing(order: Order, faces: Typefaces) -> list[Problem]:
    """The texts with characters that no font has."""
    told = [(item.code, name, getattr(item, name)) for item in order.items for name in ("material", "place")]
    told += [(item.code, "wording", "".join(item.lines)) for item in order.items]
    told += [(order.title, label.rstrip("："), text) for label, text in (*order.meta, (_("备注："), order.note))]
    return [
        Problem("plaques", row, name, text, _("字体里没有“{signs}”").format(signs="".join(sorted(lacking))))
        for row, name, text in told
        if (lacking := faces.missing(text.replace("\n", "")))
    ]


# ---------------------------------------------------------------- on paper


class Styles:
    """The texts of an order."""

    def __init__(self, faces: Typefaces) -> None:
        self.title = Style(faces.title, 22, 30, "center")
        self.meta = Style(faces.body, 12, 18)
        self.head = Style(faces.head, 10.5, 13, "center")
        self.number = Style(faces.body, 10.5, 12.5, "center")
        self.code = Style(faces.body, 9, 11, "center")
        self.wording = Style(faces.strong, 10.5, 13.5, "center")
        self.text = Style(faces.body, 9, 11)


def table_of(styles: Styles) -> Table:
    number, code, text = styles.number, styles.code, styles.text
    chosen = (number, code, styles.wording, number, number, text, number, number, text)
    columns = (
        Column(_(heading), width * MM, style) for heading, width, style in zip(HEADINGS, WIDTHS, chosen, strict=True)
    )
    return Table(LANDSCAPE.left, tuple(columns), styles.head, 7.8 * MM)


@dataclass
class Page:
    """Rows of the table, lines below it, and whether it is signed here."""

    groups: list[Group]
    lines: list[str] = field(default_factory=list)
    signed: bool = False


def laid_out(groups: Sequence[Group], lines: Sequence[str], leading: float, first: float, room: float) -> list[Page]:
    """The pages. Lines and signatures go together where one page holds them; a long note goes on over the next ones."""
    foot = BELOW_TABLE + len(lines) * leading + BELOW_TABLE + SIGN_HEIGHT
    pages = [Page(some) for some in paginate(groups, first, room, foot if foot <= room else 0)]
    left = (room if len(pages) > 1 else first) - sum(group.height for group in pages[-1].groups) - BELOW_TABLE
    for line in lines:
        if left < leading:
            pages.append(Page([]))
            left = room - BELOW_TABLE
        pages[-1].lines.append(line)
        left -= leading
    if left < BELOW_TABLE + SIGN_HEIGHT - 0.01:
        pages.append(Page([]))
    pages[-1].signed = True
    return pages


def printed(order: Order, faces: Typefaces) -> tuple[bytes, int]:
    """The order as a PDF, and how many pages it has."""
    styles = Styles(faces)
    table, pen = table_of(styles), Pen(LANDSCAPE, order.title, faces.body)
    groups = [table.group(str(number), [item.cells]) for number, item in enumerate(order.items, 1)]
    width = LANDSCAPE.right - LANDSCAPE.left
    lines = [line for text in told_below(order) for line in wrap(text, styles.meta, width)]
    top = draw_head(pen, order, styles)
    room = LANDSCAPE.top - LANDSCAPE.bottom - table.head_height
    pages = laid_out(groups, lines, styles.meta.leading, room - (LANDSCAPE.top - top), room)
    for number, page in enumerate(pages, 1):
        y = table.draw(pen, page.groups, top)[-1] if page.groups else top
        y = pen.paragraph(LANDSCAPE.left, y - BELOW_TABLE, page.lines, styles.meta)
        if page.signed:
            draw_signers(pen, y - BELOW_TABLE, styles)
        pen.page_number(number, len(pages), styles.meta)
        pen.next_page()
        top = LANDSCAPE.top
    return pen.finish(), pen.pages


def told_below(order: Order) -> list[str]:
    """What stands below the table."""
    told = [order.counted, _("牌匾文字按表中分行，不在词中间断，不压扁字。")]
    return told + ([_("备注：{note}").format(note=order.note)] if order.note else [])


def draw_head(pen: Pen, order: Order, styles: Styles) -> float:
    """Title and meta, two to a line; returns where they end."""
    middle = (LANDSCAPE.left + LANDSCAPE.right) / 2
    y = pen.paragraph(middle, LANDSCAPE.top, [order.title], styles.title) - 3 * MM
    half = (LANDSCAPE.right - LANDSCAPE.left) / 2
    for place in range(0, len(order.meta), 2):
        ends = []
        for number, (label, text) in enumerate(order.meta[place : place + 2]):
            x, indent = LANDSCAPE.left + number * half, styles.meta.width(label)
            pen.paragraph(x, y, [label], styles.meta)
            ends.append(pen.paragraph(x + indent, y, wrap(text, styles.meta, half - indent - 4 * MM), styles.meta))
        y = min(ends)
    return y - 3 * MM


def draw_signers(pen: Pen, top: float, styles: Styles) -> None:
    """Unit and person of both sides; between them a square of 45 mm stays free for the seal."""
    for number, (unit, person) in enumerate(SIGNERS):
        x = LANDSCAPE.left + number * 120 * MM
        pen.paragraph(x, top, [_(unit)], styles.meta)
        lines = (_(person), _("　　　　年　　月　　日"))
        pen.paragraph(x, top - SIGN_HEIGHT + 2 * styles.meta.leading, lines, styles.meta)


# ---------------------------------------------------------------- as a workbook


def workbook(order: Order) -> bytes:
    """The order as .xlsx, laid out to be printed: A4 across, the header on every page."""
    import xlsxwriter

    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(buffer, options) as book:
        sheet = book.add_worksheet(_("制作单"))
        sheet.set_paper(9)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        sheet.set_footer(f"&R{_('第 {page} 页　共 {pages} 页').format(page='&P', pages='&N')}")
        for column, width in enumerate(WIDTHS):
            sheet.set_column(column, column, width / 2)
        whole = book.add_format({"valign": "vcenter", "text_wrap": True})
        title = book.add_format({"valign": "vcenter", "align": "center", "bold": True, "font_size": 20})
        head = book.add_format({"valign": "vcenter", "align": "center", "bold": True, "border": 1})
        cell = book.add_format({"valign": "vcenter", "align": "center", "text_wrap": True, "border": 1})
        above = [label + text for label, text in order.meta]
        sheet.merge_range(0, 0, 0, len(WIDTHS) - 1, order.title, title)
        sheet.set_row(0, 32)
        write_lines(sheet, 1, above, whole)
        write_items(sheet, len(above) + 1, order.items, head, cell)
        signers = [f"{_(unit)}　　　　　　　　　　{_(person)}" for unit, person in SIGNERS]
        write_lines(sheet, len(above) + len(order.items) + 2, [*told_below(order), "", *signers], whole)
    return buffer.getvalue()


def write_lines(sheet: Any, first: int, lines: Sequence[str], look: Any) -> None:
    """Texts over the whole width, a row each."""
    for row, text in enumerate(lines, first):
        sheet.merge_range(row, 0, row, len(WIDTHS) - 1, text, look)
        sheet.set_row(row, XLSX_LINE * lines_needed(text, sum(WIDTHS)))


def write_items(sheet: Any, first: int, items: Sequence[Item], head: Any, cell: Any) -> None:
    """The header and a row a plaque, high enough for its texts."""
    sheet.write_row(first, 0, [_(heading) for heading in HEADINGS], head)
    sheet.repeat_rows(first)
    for number, item in enumerate(items, 1):
        most = max(lines_needed(text, width) for text, width in zip(item.cells, WIDTHS[1:], strict=True))
        sheet.set_row(first + number, XLSX_LINE * most)
        sheet.write_number(first + number, 0, number, cell)
        for column, text in enumerate(item.cells, 1):
            sheet.write_string(first + number, column, text, cell)
        sheet.write_number(first + number, QUANTITY, item.quantity, cell)


def lines_needed(text: str, width: float) -> int:
    """How many lines a text takes in so many mm: an office program does not heighten merged or fixed rows itself."""
    return sum(max(1, math.ceil(4 * len(line) / (width - 2))) for line in text.split("\n"))


# ---------------------------------------------------------------- files


def write_pdf(path: Path, order: Order, faces: Typefaces) -> int:
    """Write the order on paper; returns how many pages it has. Raises NotWritable."""
    data, pages = printed(order, faces)
    with written_whole(path) as place:
        place.write_bytes(data)
    return pages


def write_workbook(path: Path, order: Order) -> None:
    """Write the order as .xlsx. Raises NotWritable."""
    data = workbook(order)
    with written_whole(path) as place:
        place.write_bytes(data)
