"""Opening periods from the command line: the month's checks, the year's books, the year's assessments."""

from typing import Annotated

import typer

from commands.base import answer, context
from commands.records import Json
from models.words import _

app = typer.Typer(add_completion=False)
checklists = typer.Typer(help=_("月度检查。"), no_args_is_help=True)
yearbooks = typer.Typer(help=_("服务统计年报和资产统计年报。"), no_args_is_help=True)
assessments = typer.Typer(help=_("绩效评估。"), no_args_is_help=True)
app.add_typer(checklists, name="checklists")
app.add_typer(yearbooks, name="yearbooks")
app.add_typer(assessments, name="assessments")

Year = Annotated[str, typer.Argument(metavar="YEAR", help="年份，如 2026")]


@checklists.command("open")
def open_checklists(
    month: Annotated[str, typer.Argument(metavar="MONTH", help="月份，如 2026-03")], as_json: Json = False
) -> None:
    """给每个已建成的分馆和服务点开一张检查表。"""
    open_periods(month, "checklists")


@yearbooks.command("open")
def open_yearbooks(year: Year, as_json: Json = False) -> None:
    """给每个已建成的馆点开两本年报。"""
    open_periods(year, "service_yearbooks", "asset_yearbooks")


@assessments.command("open")
def open_assessments(year: Year, as_json: Json = False) -> None:
    """给每个已建成的馆点开一年的评估。"""
    open_periods(year, "assessments")


def open_periods(text: str, *names: str) -> None:
    """Open a period of these tables, as one change set, and answer the counts of all of them together."""
    from models.opening import openings

    here = context()
    with here.database.read() as connection:
        view = here.services.query.view(connection, here.actor)
        opened = openings(view, [here.services.catalog[name] for name in names], text)
    applied = here.services.store.apply(opened.plan, here.actor, "cli")
    told = {name: getattr(opened, name) for name in ("created", "existing", "skipped")}
    answer(
        {"period": opened.period, **told, "changeset": applied.changeset if applied else None},
        _("已开 {created} 份，原有 {existing} 份，未建成的 {skipped} 个不开").format(**told),
    )
