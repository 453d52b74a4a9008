"""Custom fields: what an office adds to any table in the browser. They reach every surface at once."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import ClassVar

from models.kinds import (
    Bool,
    Choice,
    Date,
    Decimal,
    Int,
    Kind,
    Money,
    Month,
    Option,
    Percent,
    Text,
    Year,
    choices,
)
from models.schema import About, Field, Finding, Inputs, Record, Row, Rule, Table, declare
from models.words import _

KINDS = choices(
    ("text", "文字", "Text"),
    ("lines", "多行文字", "Lines of text"),
    ("int", "整数", "Whole number"),
    ("decimal", "小数", "Decimal"),
    ("money", "金额", "Money"),
    ("percent", "百分数", "Percent"),
    ("date", "日期", "Date"),
    ("month", "月份", "Month"),
    ("year", "年份", "Year"),
    ("bool", "是否", "Yes or no"),
    ("choice", "选项", "Choice"),
)
EDITS = choices(("both", "两边都填", "Both sides"), ("app", "只在台账填", "Here alone"))

_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_SPLIT = re.compile(r"[;；、\n]")


def fits(values: Inputs) -> Iterator[Finding]:
    """A custom field's name is an identifier of its own, and a choice has something to choose from."""
    if values["code"] and not _NAME.fullmatch(str(values["code"])):
        yield Finding("code", _("小写字母开头，只用字母、数字和 _"))
    if values["kind"] == "choice" and not values["choices"]:
        yield Finding("choices", _("选项填几项，用；隔开"))


class CustomField(Record, table=True):
    """自定义栏: one column that an office added to a table."""

    __tablename__ = "custom_fields"
    about: ClassVar[About] = About(
        "自定义栏",
        "Custom fields",
        group="settings",
        title="label",
        rules=(Rule(("code", "kind", "choices"), fits),),
        help="给任何一张表加一栏。",
    )

    table_name: str | None = declare(
        "表", Text(max=60, code=True), en="Table", edit="app", key=True, once=True, required=True
    )
    code: str | None = declare(
        "字段名", Text(max=40, code=True), en="Name", edit="app", key=True, once=True, required=True
    )
    label: str | None = declare("表头", Text(max=60), en="Label", edit="app", required=True)
    label_en: str | None = declare("英文表头", Text(max=60), en="Label, English", edit="app")
    kind: str | None = declare(
        "填法", Choice(choices=KINDS), en="Kind", edit="app", once=True, required=True, default="text"
    )
    choices: str | None = declare(
        "选项", Text(max=1000, lines=True), en="Choices", edit="app", help="几个选项用；隔开。"
    )
    unit: str | None = declare("单位", Text(max=20), en="Unit", edit="app")
    min: float | None = declare("最小", Decimal(), en="Least", edit="app")
    max: float | None = declare("最大", Decimal(), en="Most", edit="app")
    edit: str | None = declare("谁填", Choice(choices=EDITS), en="Edited by", edit="app", default="both")
    sheets: bool | None = declare("进共享表", Bool(), en="In workbooks", edit="app", default=True)
    help: str | None = declare("说明", Text(max=200), en="Help", edit="app")


def knowing(customs: Table, tables: Sequence[Table]) -> Table:
    """The table of custom fields, told which tables there are: one of these is chosen, and no name of theirs is taken twice."""
    offered = tuple(Option(table.name, table.label, table.about.en) for table in tables)
    names = {table.name: {"id", "extra", *table.by_name} for table in tables}

    def free(values: Inputs) -> Iterator[Finding]:
        if values["code"] in names.get(str(values["table_name"]), ()):
            yield Finding("code", _("这张表已有这个字段名，换一个"))

    fields = tuple(
        replace(one, kind=Choice(choices=offered)) if one.name == "table_name" else one for one in customs.fields
    )
    rules = (*customs.about.rules, Rule(("table_name", "code"), free))
    return replace(customs, fields=fields, about=replace(customs.about, rules=rules))


def kind_of(row: Row) -> Kind:
    """The kind that a custom field's row describes."""
    unit, low, high = str(row.get("unit") or ""), row.get("min"), row.get("max")
    numbers = {"int": Int, "decimal": Decimal, "percent": Percent}
    plain = {"date": Date, "month": Month, "year": Year, "bool": Bool}
    name = str(row["kind"])
    if name in numbers:
        return numbers[name](min=low, max=high, unit=unit or numbers[name]().unit)  # type: ignore[arg-type]
    if name == "money":
        return Money(min=low, max=high)  # type: ignore[arg-type]
    if name == "choice":
        offered = [part.strip() for part in _SPLIT.split(str(row.get("choices") or ""))]
        return Choice(choices=tuple(Option(part, part) for part in dict.fromkeys(offered) if part))
    return plain[name]() if name in plain else Text(max=2000, lines=name == "lines")


def custom_fields(table: Table, rows: Sequence[Row]) -> list[Field]:
    """The fields that an office added to a table, in the order of their making. A name that the table has already is left."""
    found = []
    for row in rows:
        name = str(row["code"])
        if name in table.by_name or name in ("id", "extra") or row["kind"] is None:
            continue
        found.append(
            Field(
                name,
                str(row["label"]),
                kind_of(row),
                en=str(row.get("label_en") or ""),
                edit="both" if row.get("edit") != "app" else "app",
                sheets=row.get("sheets") is not False,
                help=str(row.get("help") or ""),
            )
        )
    return found
