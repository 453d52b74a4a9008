"""牌匾 from the command line: the texts and the orders that the sign maker needs."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from commands.base import IN_THE_DATA, Written, answer, context, list_problems, say
from commands.records import Json, Where
from commands.score_sheets import office_fonts, told_texts
from models.words import _

if TYPE_CHECKING:  # it loads the fonts' library, which the texts do not need
    from exports.plaque_orders import Order

app = typer.Typer(add_completion=False)


@app.callback(help=_("牌匾：文字、制作单。"))
def plaques() -> None:
    """The group's root."""


@app.command()
def text(
    file: Annotated[Path, typer.Argument(metavar="FILE", help=".txt 一块一行；.csv、.xlsx 一份清单")],
    where: Where = None,
    as_json: Json = False,
) -> None:
    """牌匾文字，按馆点的顺序。"""
    from exports.plaques import write_texts
    from models.listing import list_rows

    here = context()
    table = here.services.catalog["plaques"]
    with here.database.read() as connection:
        view = here.services.query.view(connection, here.actor)
        listing = list_rows(view, table, where or [])
        warnings = view.problems(table, listing.rows)
    without = [row for row in listing.rows if not row.get("wording")]
    written = write_texts(file, listing)
    list_problems(_("要留意："), warnings)
    if without:
        say(
            _("{count} 块还没有文字，缺名称：{sites}").format(
                count=len(without), sites="、".join(str(row["site"]) for row in without[:10])
            )
        )
    sites = {row["site"] for row in listing.rows}
    answer(
        Written([str(file)], None, len(sites)).told(plaques=written, warnings=told_texts(warnings)),
        _("已写 {count} 块到 {file}").format(count=written, file=file),
    )


@app.command()
def order(
    file: Annotated[Path, typer.Argument(metavar="FILE", help=".pdf 打印，.xlsx 发给制作单位")],
    number: Annotated[
        str | None, typer.Option("--order", metavar="NUMBER", help="制作单的单号；不写就是全部待制作的")
    ] = None,
    as_json: Json = False,
) -> None:
    """牌匾制作单：文字怎样分行、尺寸、材质、块数、交到哪里。"""
    from exports.plaque_orders import order_of

    here = context()
    with here.database.read() as connection:
        made = order_of(here.services.query.view(connection, here.actor), number)
    pages = write_order(file, made)
    list_problems(_("没有列入："), made.held)
    if made.masked:
        say(_("看不到的号码留空：电话"))
    answer(
        Written([str(file)], pages, made.sites).told(plaques=made.count, warnings=told_texts(made.held)),
        _("已写 {count} 块到 {file}").format(count=made.count, file=file),
    )


def write_order(file: Path, made: "Order") -> int | None:
    """Write the order by the name's ending; returns the pages of a PDF. Raises UnknownSuffix, NotWritable."""
    from exports.plaque_orders import missing, write_pdf, write_workbook
    from exports.tables import UnknownSuffix

    if file.suffix.lower() == ".xlsx":
        write_workbook(file, made)
        return None
    if file.suffix.lower() != ".pdf":
        raise UnknownSuffix(file, (".pdf", ".xlsx"))
    from exports.typefaces import typefaces

    faces = typefaces(office_fonts())
    if problems := missing(made, faces):
        list_problems(_("有字印不出，没有写："), problems)
        answer(Written().told(problems=told_texts(problems)))
        raise typer.Exit(IN_THE_DATA)
    return write_pdf(file, made, faces)
