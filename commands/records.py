"""Records from the command line: import, export, delete, history, undo."""

from pathlib import Path
from typing import Annotated

import typer

from commands.base import DONE, IN_THE_DATA, Written, answer, context, fail, list_problems, say, told_problem
from models.words import _

app = typer.Typer(add_completion=False)

TableName = Annotated[str, typer.Argument(metavar="TABLE", help="表名，见 tables")]
RowName = Annotated[str, typer.Argument(metavar="ROW", help="编号，或用 / 连起来的主键")]
Where = Annotated[list[str] | None, typer.Option("--where", metavar="FIELD=VALUE", help="条件，可写多个")]
Json = Annotated[bool, typer.Option("--json", help="输出一个 JSON 对象")]


@app.command("import")
def import_file(
    table: TableName,
    file: Annotated[Path, typer.Argument(metavar="FILE", help=".xlsx 或 .csv")],
    sheet: Annotated[str | None, typer.Option("--sheet", metavar="NAME", help="工作表名")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只看会改什么")] = False,
    as_json: Json = False,
) -> None:
    """把一份表格收进台账；有一行不合格就一行也不写。"""
    from integrations.intake import plan_file

    here = context()
    target = here.services.catalog[table]
    plan = plan_file(here.services, here.actor, target, file, sheet)
    if not plan.errors and (dry_run or not plan.changes):
        refused = here.services.store.rehearse(plan.plan, here.actor, "import") if plan.changes else ()
        plan = plan.refuse(refused)
    changeset = None
    if not plan.errors and not dry_run:
        plan, changeset = plan.apply(here.services.store, here.actor)
    counts, warnings = plan.counts, plan.warnings
    list_problems(_("不合格，一行也没有写："), plan.errors)
    list_problems(_("要留意："), warnings)
    answer(
        {
            **{name: getattr(counts, name) for name in ("added", "updated", "unchanged", "rejected")},
            "problems": [told_problem(problem) for problem in plan.errors],
            "warnings": [told_problem(problem) for problem in warnings],
            "changeset": changeset,
        },
        _("新增 {added} 行，修改 {updated} 行，未变 {unchanged} 行，退回 {rejected} 行").format(**vars(counts)),
    )
    raise typer.Exit(IN_THE_DATA if plan.errors else DONE)


@app.command()
def export(
    table: TableName,
    file: Annotated[Path, typer.Argument(metavar="FILE", help=".xlsx、.csv 或 .json")],
    where: Where = None,
    headers: Annotated[str, typer.Option("--headers", metavar="label|name", help="表头用中文还是字段名")] = "label",
    as_json: Json = False,
) -> None:
    """把台账写成一份表格，import 能原样收回。"""
    from exports.tables import write_table
    from models.listing import list_rows

    here = context()
    if headers not in ("label", "name"):
        fail(_("--headers 用 label 或 name"))
    target = here.services.catalog[table]
    with here.database.read() as connection:
        view = here.services.query.view(connection, here.actor)
        listing = list_rows(view, target, where or [])
    written = write_table(file, listing, labels=headers == "label")
    if listing.masked:
        say(_("看不到的号码留空：{fields}").format(fields="、".join(listing.masked)))
    sites = len({row[target.owner] for row in listing.rows}) if target.owner else 0
    answer(
        Written([str(file)], None, sites).told(rows=written),
        _("已写 {rows} 行到 {file}").format(rows=written, file=file),
    )


@app.command()
def delete(
    table: TableName,
    row: RowName,
    as_json: Json = False,
) -> None:
    """删掉一行；undo 能找回。"""
    from models.changes import Plan, death, stored_values

    here = context()
    target = here.services.catalog[table]
    with here.database.read() as connection:
        found = here.services.query.view(connection, here.actor).find(target, row)
    applied = here.services.store.apply(Plan((death(table, stored_values(target, found)),)), here.actor, "cli")
    along = len(applied.changes) - 1 if applied else 0
    more = _("，连带 {count} 行").format(count=along) if along else ""
    number = applied.changeset if applied else None
    answer(
        {"changeset": number, "deleted": along + 1},
        _("已删{more}；找回：undo {number}").format(more=more, number=number),
    )


@app.command()
def history(
    table: TableName,
    row: RowName,
    as_json: Json = False,
) -> None:
    """一行改过什么：谁、什么时候、从哪里，新的在前。"""
    here = context()
    target = here.services.catalog[table]
    with here.database.read() as connection:
        entries = here.services.query.view(connection, here.actor).history(target, row)
    lines = (
        f"{one.at}  {one.actor}（{one.origin}）  {one.field or '整行'}: {one.before} → {one.after}" for one in entries
    )
    answer({"changes": [entry.told() for entry in entries]}, "\n".join(lines))


@app.command()
def undo(
    changeset: Annotated[int, typer.Argument(metavar="CHANGESET", help="改动的编号")],
    force: Annotated[bool, typer.Option("--force", help="后来又改过的留着，其余撤销")] = False,
    as_json: Json = False,
) -> None:
    """撤销一批改动；后来又改过的会列出来。"""
    here = context()
    applied, undone = here.services.store.undo(changeset, here.actor, force=force)
    kept = [vars(one) for one in undone.kept]
    for one in undone.kept:
        say(_("{table} {row} {field}：{by} 在 {at} 又改过，没有撤销").format(**{**vars(one), "field": one.field or ""}))
    count = len(applied.changes) if applied else 0
    answer(
        {"changeset": applied.changeset if applied else None, "undone": count, "kept": kept},
        _("已撤销 {count} 处").format(count=count),
    )
    raise typer.Exit(IN_THE_DATA if kept else DONE)
