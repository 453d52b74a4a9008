"""The data dictionary: what the tables and their fields are."""

from typing import Annotated, Any

import typer

from commands.base import answer, context
from models.catalog import Catalog, catalog
from models.database import NoDatabase
from models.kinds import Chosen, told_kind
from models.schema import Field, Table
from models.words import _

app = typer.Typer(add_completion=False)


def told_field(one: Field) -> dict[str, Any]:
    """A field as `tables --json` answers it (CONTRACT §4)."""
    kind = told_kind(one.kind)
    choices = kind.choices if isinstance(kind, Chosen) else ()
    return {
        "name": one.name,
        "label": one.label,
        "kind": kind.name,
        "required": one.required,
        "choices": [{"code": choice.code, "label": choice.label} for choice in choices],
        "editable": one.editable,
        "unit": one.unit or None,
        "ref": one.ref,
        "key": one.key,
    }


def told_table(table: Table) -> dict[str, Any]:
    """A table as `tables --json` answers it."""
    return {"name": table.name, "label": table.label, "fields": [told_field(one) for one in table.fields]}


def as_text(table: Table) -> str:
    """A table for people."""
    lines = [f"{table.name}  {_(table.label)}  {_(table.about.help)}"]
    for one in table.fields:
        facts = [told_kind(one.kind).name, *([one.unit] if one.unit else []), *([_("必填")] if one.required else [])]
        lines.append(f"  {one.name:<22}{_(one.label)}  {' '.join(facts)}  {one.kind.wanted()}")
    return "\n".join(lines)


def current_catalog() -> Catalog:
    """The tables of this installation, templates and custom fields included; where there is none, as they are declared."""
    try:
        return context().services.catalog
    except NoDatabase:
        return catalog()


@app.command()
def tables(
    table: Annotated[str | None, typer.Argument(metavar="TABLE", help="只看一张表")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="输出一个 JSON 对象")] = False,
) -> None:
    """数据字典：每张表有哪些栏，各填什么。"""
    _actor = context().actor  # an account that is not there reads nothing, not even this
    every = current_catalog()
    chosen = [every[table]] if table else list(every)
    answer({"tables": [told_table(one) for one in chosen]}, "\n\n".join(as_text(one) for one in chosen))
