"""What all templates share: their rows are records, an item a row, and become fields of the table they are for. Pure."""

from collections.abc import Callable, Sequence
from typing import Any

from models.kinds import Choice, Kind, Multi, Option, Text, Value
from models.periods import applies_to, latest, text_of, version_at, versions_of
from models.registry import LEVELS, NETWORKS
from models.schema import Applies, Field, Inputs, Row, declare

BOTH = (*NETWORKS, Option("both", "两者", "Both"))
PLACE = ("site.level", "site.network")
HALLS = tuple(one for one in LEVELS if one.code != "center")


def code_field(**facts: Any) -> Any:
    """An item's code: it identifies its values for ever."""
    return declare("编码", Text(max=20, code=True), en="Code", edit="app", key=True, once=True, required=True, **facts)


def chinese_label() -> Any:
    """The item's words."""
    return declare("名称", Text(max=100), en="Label", edit="app", required=True)


def english_label() -> Any:
    """The item's words in English."""
    return declare("英文名称", Text(max=200), en="Label, English", edit="app")


def levels_field() -> Any:
    """For which levels an item is."""
    return declare("适用级别", Multi(choices=HALLS), en="Applies to", edit="app")


def network_field() -> Any:
    """For which network an item is."""
    return declare("适用体系", Choice(choices=BOTH), en="Network", edit="app", default="both")


def heading_of(row: Row, *, english: bool = False) -> str:
    """An item's heading: its code first, then its words, then its unit: S310 组织文艺活动次数（次）."""
    words = row.get("label_en") if english else row.get("label_zh")
    unit = f"（{row['unit']}）" if row.get("unit") and not english else ""
    return f"{row['code']} {words}{unit}"


def item_fields(rows: Sequence[Row], period: str, kind_of: Callable[[Row], Kind]) -> list[Field]:
    """A field for each item, in the order of the rows: the newest version's words, every version's periods and places."""
    versions = versions_of(rows)
    return [
        Field(
            str(row["code"]),
            heading_of(row),
            kind_of(row),
            en=heading_of(row, english=True),
            applies=applies(versions[str(row["code"])], period),
        )
        for row in latest(rows)
    ]


def applies(versions: Sequence[Row], period: str) -> Applies:
    """An item has a meaning where the version of the record's period is for the site's level and network."""

    def to(values: Inputs) -> bool:
        version = version_at(versions, text_of(values[period]))
        return version is not None and applies_to(version, values["site.level"], values["site.network"])

    return Applies((period, *PLACE), to)


def unit_of(row: Row) -> str:
    value: Value = row.get("unit")
    return str(value or "")
