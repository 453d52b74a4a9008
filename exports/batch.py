"""Files as the exports page asks for them: of a kind, with its choices, told step by step. Gets a reader's view."""

import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from exports.plaques import write_texts
from exports.tables import write_table, written_whole
from models.changes import Problem
from models.faults import Fault
from models.listing import list_rows
from models.query import View
from models.words import _

MOST_NAMED = 3  # texts that a refusal names

Step = Callable[[int, int, str], None]


class NotPrintable(Fault):
    """Texts with characters that no font has: a page is never printed with empty boxes."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        named = _("；").join(f"{one.row} {one.value} {one.message}" for one in problems[:MOST_NAMED])
        more = len(problems) - MOST_NAMED
        rest = _("，另有 {count} 处").format(count=more) if more > 0 else ""
        super().__init__(_("有字印不出：{named}{rest}").format(named=named, rest=rest))


class NothingToMake(Fault):
    """Choices that leave nothing."""

    def __init__(self) -> None:
        super().__init__(_("范围里没有可做的，换个条件"))


@dataclass(frozen=True)
class Made:
    """What a file holds. `note`: what whoever takes it should know."""

    pages: int | None
    items: int
    note: str = ""


def make(view: View, kind: str, asked: Mapping[str, Any], path: Path, fonts: Path | None, step: Step) -> Made:
    """Write the file by the name's ending. Raises NotPrintable, NothingToMake, NotWritable and what the kind's own code does."""
    makers = {
        "score_sheets": score_sheets,
        "plaque_order": plaque_order,
        "plaque_texts": plaque_texts,
        "table": table_rows,
    }
    return makers[kind](view, asked, path, fonts, step)


def score_sheets(view: View, asked: Mapping[str, Any], path: Path, fonts: Path | None, step: Step) -> Made:
    """Score sheets of a year: in one file, or a file a site in a .zip."""
    from exports.score_sheets import file_name, printed
    from exports.scoring import missing, sheets_of
    from exports.typefaces import typefaces

    faces = typefaces(fonts)
    codes = asked.get("sites") or scored_in(view, asked.get("county"))
    sheets = sheets_of(view, int(asked["year"]), codes, blank=bool(asked.get("blank")))
    if not sheets:
        raise NothingToMake
    if problems := missing(sheets, faces):
        raise NotPrintable(problems)
    with written_whole(path) as place:
        if path.suffix == ".pdf":
            data, pages = printed(sheets, faces, step)
            place.write_bytes(data)
        else:
            pages = 0
            with zipfile.ZipFile(place, "w", zipfile.ZIP_DEFLATED) as packed:
                for number, sheet in enumerate(sheets):
                    step(number, len(sheets), sheet.code)
                    data, some = printed([sheet], faces)
                    packed.writestr(file_name(sheet), data)
                    pages += some
    return Made(pages, len(sheets))


def scored_in(view: View, county: str | None) -> list[str]:
    """The sites of a county that are scored and in reach; [] stands for every site where no county is asked for.

    Raises NothingToMake.
    """
    if not county:
        return []
    tree = view.query.catalog.tree
    found = [
        code
        for code in view.tree.in_county(county)
        if view.tree.nodes[code].level != "center" and view.reach.holds(tree, {"code": code})
    ]
    if not found:
        raise NothingToMake
    return found


def plaque_order(view: View, asked: Mapping[str, Any], path: Path, fonts: Path | None, _step: Step) -> Made:
    """A plaque order on paper or as a workbook; without a number all that are to be made."""
    from exports.plaque_orders import missing, order_of, write_pdf, write_workbook

    order = order_of(view, asked.get("number") or None)
    if not order.items:
        raise NothingToMake
    notes = [_("{count} 块没有列入").format(count=len(order.held))] if order.held else []
    notes += [_("看不到的号码留空：电话")] if order.masked else []
    pages = None
    if path.suffix == ".pdf":
        from exports.typefaces import typefaces

        faces = typefaces(fonts)
        if problems := missing(order, faces):
            raise NotPrintable(problems)
        pages = write_pdf(path, order, faces)
    else:
        write_workbook(path, order)
    return Made(pages, order.count, _("；").join(notes))


def plaque_texts(view: View, _asked: Mapping[str, Any], path: Path, _fonts: Path | None, _step: Step) -> Made:
    """The wordings of all plaques in reach."""
    listing = list_rows(view, view.query.catalog["plaques"])
    if not listing.rows:
        raise NothingToMake
    written = write_texts(path, listing)
    without = len(listing.rows) - written
    return Made(None, written, _("{count} 块还没有文字").format(count=without) if without else "")


def table_rows(view: View, asked: Mapping[str, Any], path: Path, _fonts: Path | None, _step: Step) -> Made:
    """All rows of a table in reach; what is written, import takes back. Raises NoTable."""
    listing = list_rows(view, view.query.catalog[str(asked["table"])])
    written = write_table(path, listing)
    hidden = _("、").join(_(label) for label in listing.masked)
    return Made(None, written, _("看不到的号码留空：{labels}").format(labels=hidden) if hidden else "")
