"""牌匾 from the command line: the texts that the sign maker needs."""

from pathlib import Path
from typing import Annotated

import typer

from commands.base import answer, context, list_problems, say
from commands.records import Json, Where
from models.words import _

app = typer.Typer()


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
        {
            "files": [str(file)],
            "pages": None,
            "sites": len(sites),
            "plaques": written,
            "warnings": [
                {"row": one.row, "field": one.field, "value": one.value, "message": one.message} for one in warnings
            ],
        },
        _("已写 {count} 块到 {file}").format(count=written, file=file),
    )
