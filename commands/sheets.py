"""Shared workbooks from the command line: a cycle, and what waits for a decision."""

from pathlib import Path
from typing import Annotated, Any

import typer

from commands.base import answer, context, fail, say
from commands.records import Json
from models.kinds import shown
from models.words import _

app = typer.Typer()
conflicts_app = typer.Typer(help=_("两边都改了、等人决定的格子。"), invoke_without_command=True)
proposals_app = typer.Typer(help=_("表里没有了、等人确认删除的行。"), invoke_without_command=True)
workbooks_app = typer.Typer(help=_("每份共享表的状态；停下的怎样继续。"), invoke_without_command=True)
app.add_typer(conflicts_app, name="conflicts")
app.add_typer(proposals_app, name="proposals")
app.add_typer(workbooks_app, name="workbooks")

Code = Annotated[str, typer.Argument(metavar="CODE", help="馆点编码")]
Number = Annotated[int, typer.Argument(metavar="ID", help="编号")]


@app.command()
def sync(
    watch: Annotated[bool, typer.Option("--watch", help="守着，有改动就同步")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只看会收什么、写什么")] = False,
    take_over: Annotated[bool, typer.Option("--take-over", help="确认由这套台账写共享文件夹")] = False,
    job: Annotated[int | None, typer.Option("--job", hidden=True)] = None,
    as_json: Json = False,
) -> None:
    """和共享表同步一次。"""
    from integrations.syncing import run_job, run_kept, watch_cycles

    here = context()
    if watch:
        watch_cycles(here.services, say, account=here.actor.name)
        return
    if job is not None:
        report, waiting = run_job(here.services, job, dry=dry_run, take_over=take_over)
    else:
        report, waiting = run_kept(here.services, progress, dry=dry_run, take_over=take_over, account=here.actor.name)
    for note in report.notes:
        say(f"{note.place}：{note.message}")
    told = report.told(waiting)
    answer(
        told,
        _(
            "{workbooks} 份，读 {read}，写 {written}；收 {cells_in} 格，写 {cells_out} 格；"
            "冲突 {conflicts}，问题 {problems}，待删 {proposals}，停 {stopped}"
        ).format(**told),
    )


def progress(done: int, of: int, what: str) -> None:
    """One line every twenty workbooks, for whoever waits."""
    if what and done % 20 == 0:
        say(f"{done}/{of} {what}")


@conflicts_app.callback()
def conflicts(ctx: typer.Context, as_json: Json = False) -> None:
    """两边都改了、等人决定的格子。"""
    from integrations import books

    if ctx.invoked_subcommand:
        return
    found = listed(books.conflicts)
    answer(
        {"conflicts": [told_conflict(one) for one in found]}, "\n".join(line_of(told_conflict(one)) for one in found)
    )


def listed(table: Any) -> list[dict[str, Any]]:
    """The open matters in the actor's scope."""
    from integrations import books

    here = context()
    with here.database.read() as connection:
        return books.listed(connection, table, here.services.query.view(connection, here.actor).reach)


def told_conflict(one: dict[str, Any]) -> dict[str, Any]:
    """A conflict as CONTRACT §4 has it."""
    import json

    values = {name: json.loads(one[name]) for name in ("base", "app", "sheet")}
    plain = {
        "id": one["id"],
        "kind": one["kind"],
        "table": one["table_name"],
        "row": one["row_id"],
        "field": one["field"],
    }
    return {**plain, **values, "workbook": one["book"]}


def line_of(one: dict[str, Any]) -> str:
    """A conflict for people: labels, and the three values."""
    table = context().services.catalog[one["table"]]
    where = f"{one['id']}  {one['workbook']} {_(table.label)} {one['row']}"
    if one["kind"] == "deleted_there":
        return _("{where}：共享表里删了这一行，台账里改过").format(where=where)
    if one["kind"] == "deleted_here":
        cells = "、".join(f"{_(table.by_name[name].label)} {told_value(value)}" for name, value in one["sheet"].items())
        return _("{where}：台账里删了这一行，共享表里改过：{cells}").format(where=where, cells=cells)
    sides = {name: told_value(one[name]) for name in ("base", "app", "sheet")}
    label = _(table.by_name[one["field"]].label)
    return _("{where} {label}：原来 {base}，台账 {app}，共享表 {sheet}").format(where=where, label=label, **sides)


def told_value(value: Any) -> str:
    """A value for people."""
    return shown(value) or _("空白")


@conflicts_app.command("resolve")
def resolve(
    number: Number,
    keep: Annotated[str, typer.Option("--keep", metavar="app|sheet", help="用台账的，或用共享表的")],
    as_json: Json = False,
) -> None:
    """决定用哪一边的。"""
    from integrations.decisions import resolve_conflict

    if keep not in ("app", "sheet"):
        fail(_("--keep 用 app 或 sheet"))
    here = context()
    changeset = resolve_conflict(here.services, here.actor, number, keep)
    answer({"id": number, "kept": keep, "changeset": changeset}, _("已决定，下次同步写入"))


@proposals_app.callback()
def proposals(ctx: typer.Context, as_json: Json = False) -> None:
    """表里没有了、等人确认删除的行。"""
    from integrations import books

    if ctx.invoked_subcommand:
        return
    found = [
        {
            "id": one["id"],
            "table": one["table_name"],
            "row": one["row_id"],
            "title": one["title"],
            "workbook": one["book"],
            "at": one["at"],
        }
        for one in listed(books.proposals)
    ]
    labels = {table.name: _(table.label) for table in context().services.catalog}
    lines = [f"{one['id']}  {one['workbook']} {labels[one['table']]} {one['title']}" for one in found]
    answer({"proposals": found}, "\n".join(lines))


@proposals_app.command()
def accept(number: Number, as_json: Json = False) -> None:
    """确认删除。"""
    from integrations.decisions import accept_proposal

    here = context()
    changeset = accept_proposal(here.services, here.actor, number)
    answer({"id": number, "changeset": changeset}, _("已删；找回：undo {number}").format(number=changeset))


@proposals_app.command()
def refuse(number: Number, as_json: Json = False) -> None:
    """不删，下次同步写回表里。"""
    from integrations.decisions import refuse_proposal

    here = context()
    refuse_proposal(here.services, here.actor, number)
    answer({"id": number}, _("不删，下次同步写回表里"))


@workbooks_app.callback()
def workbooks(ctx: typer.Context, as_json: Json = False) -> None:
    """每份共享表的状态。"""
    from integrations import books

    if ctx.invoked_subcommand:
        return
    here = context()
    with here.database.read() as connection:
        reach = here.services.query.view(connection, here.actor).reach
        mine = [one for one in books.all_books(connection).values() if reach.sites is None or one.code in reach.sites]
    names = ("code", "name", "place", "state", "reason", "paused", "cycled_at")
    told = [{name: getattr(book, name) for name in names} for book in mine]
    problems = [told_problem(one) for one in listed(books.problems)]
    lines = [f"{one['code']}  {one['state']}  {one['name']}  {one['reason']}" for one in told]
    lines += [f"{one['workbook']} {one['cell'] or one['number']}  “{one['text']}” {one['message']}" for one in problems]
    answer({"workbooks": told, "problems": problems}, "\n".join(lines))


def told_problem(one: dict[str, Any]) -> dict[str, Any]:
    """Something in a sheet that was not taken; `number` is its row there, `cell` its place, as G12."""
    names = ("id", "number", "cell", "field", "text", "message", "put_back", "at")
    told = {name: one[name] for name in names}
    return {**told, "workbook": one["book"], "table": one["table_name"], "row": one["row_id"]}


@workbooks_app.command()
def release(
    code: Code,
    how: Annotated[
        str,
        typer.Option("--how", metavar="restore|propose|recreate", help="把少的行写回；逐行确认删除；文件不见了重做"),
    ],
    as_json: Json = False,
) -> None:
    """让停下的共享表继续，下次同步照办。"""
    from integrations.decisions import release_book

    here = context()
    release_book(here.services, here.actor, code, how)
    answer({"code": code, "how": how}, _("下次同步照办"))


@workbooks_app.command()
def pause(code: Code, as_json: Json = False) -> None:
    """暂停一份共享表：不读也不写，到继续为止。"""
    set_paused(code, True)
    answer({"code": code, "paused": True}, _("已暂停，继续：workbooks resume {code}").format(code=code))


@workbooks_app.command()
def resume(code: Code, as_json: Json = False) -> None:
    """继续同步一份暂停的共享表。"""
    set_paused(code, False)
    answer({"code": code, "paused": False}, _("下次同步照办"))


def set_paused(code: str, paused: bool) -> None:
    from integrations.decisions import pause_book

    here = context()
    pause_book(here.services, here.actor, code, paused)


@workbooks_app.command("bring")
def bring(
    code: Code,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="从台账下载、在别处填好的那份")],
    as_json: Json = False,
) -> None:
    """把下载后在别处填好的表收回共享表；下次同步收进台账。"""
    from integrations.copies import bring_back, may_open

    here = context()
    told = bring_back(here.services, may_open(here.services, here.actor, code), file)
    answer(told, _("填了 {cells} 格，新增 {rows} 行，删 {gone} 行；{clashes} 处没有收").format(**told))
