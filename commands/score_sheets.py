"""打分表 from the command line: all sites in one file, or a file a site."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from commands.base import IN_THE_DATA, Written, answer, context, fail, list_problems
from commands.records import Json
from models.changes import Problem
from models.words import _

if TYPE_CHECKING:  # they load the fonts' library, which no other command needs
    from exports.scoring import Sheet
    from exports.typefaces import Typefaces

app = typer.Typer(add_completion=False)


@app.command("score-sheets")
def score_sheets(
    file: Annotated[Path, typer.Argument(metavar="FILE", help=".pdf 合成一份；其他名字是文件夹，一馆一份")],
    year: Annotated[str, typer.Option("--year", metavar="Y", help="年份，如 2026")],
    site: Annotated[list[str] | None, typer.Option("--site", metavar="CODE", help="馆点编码，可写多个")] = None,
    blank: Annotated[bool, typer.Option("--blank", help="空白表，不填分数")] = False,
    as_json: Json = False,
) -> None:
    """绩效评估打分表，按馆点的顺序；中心馆不评分。"""
    from exports.scoring import missing, sheets_of
    from exports.typefaces import typefaces

    here = context()
    faces = typefaces(office_fonts())
    with here.database.read() as connection:
        view = here.services.query.view(connection, here.actor)
        sheets = sheets_of(view, year_of(year), site or (), blank=blank)
    problems = missing(sheets, faces)
    if problems:
        list_problems(_("有字印不出，一份也没有写："), problems)
        answer(Written().told(problems=told_texts(problems)))
        raise typer.Exit(IN_THE_DATA)
    files, pages = write(file, sheets, faces)
    answer(
        Written([str(one) for one in files], pages, len(sheets)).told(problems=[]),
        _("已写 {sites} 个馆点、{pages} 页到 {file}").format(sites=len(sheets), pages=pages, file=file),
    )


def write(file: Path, sheets: Sequence["Sheet"], faces: "Typefaces") -> tuple[list[Path], int]:
    """Write the sheets; returns the files and how many pages they have. Raises NotWritable."""
    from exports.score_sheets import write_book, write_folder

    if file.suffix.lower() == ".pdf":
        return [file], write_book(file, sheets, faces)
    return write_folder(file, sheets, faces)


def told_texts(problems: Sequence[Problem]) -> list[dict[str, Any]]:
    """Problems of texts on paper as the commands answer them; `row` is the record's own code or id."""
    return [{"row": one.row, "field": one.field, "value": one.value, "message": one.message} for one in problems]


def year_of(text: str) -> int:
    """The year that a text names."""
    from models.kinds import Year

    value = Year().parse(text)
    return (
        value
        if isinstance(value, int)
        else fail(_("“{text}”不对，填{wanted}").format(text=text, wanted=Year().wanted()))
    )


def office_fonts() -> Path | None:
    """The folder with the office's own 仿宋 and 小标宋."""
    return context().settings.fonts
