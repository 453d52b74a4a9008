"""Values and moments as the sync centre says them: in the words of the sheet, in the office's time."""

import datetime

from models.kinds import Bool, Chosen, Multi, Number, Ref, Value, number_text
from models.schema import Field
from models.store import CHINA
from models.words import _

GROUPED_FROM = 10_000  # digits are grouped from five up


def moment(at: str, now: datetime.datetime) -> str:
    """14:31 today, 11-23 17:40 inside the year, 2025-11-23 before it. `at` is as the database keeps it."""
    if not at:
        return ""
    told, here = datetime.datetime.fromisoformat(at).astimezone(CHINA), now.astimezone(CHINA)
    if told.date() == here.date():
        return told.strftime("%H:%M")
    return told.strftime("%m-%d %H:%M" if told.year == here.year else "%Y-%m-%d")


def count(number: int) -> str:
    """A count: nothing is a dot."""
    return "·" if number == 0 else f"{number:,}" if number >= GROUPED_FROM else str(number)


def in_words(one: Field, value: Value, name: str = "") -> str:
    """A value with its label, unit or the name of the record referred to; nothing for a blank."""
    if value is None:
        return ""
    if isinstance(one.kind, Number) and isinstance(value, int | float):
        text = f"{value:,.15g}" if abs(value) >= GROUPED_FROM else number_text(value)
        return text + (one.unit if one.unit == "%" else f" {one.unit}" if one.unit else "")
    if isinstance(one.kind, Multi) and isinstance(value, list):
        return "、".join(_(one.kind.labels.get(part, part)) for part in value)
    if isinstance(one.kind, Chosen | Bool):
        return _(one.kind.write(value, labels=True))
    if isinstance(one.kind, Ref) and name:
        return f"{value} {name}"
    return one.kind.write(value, labels=True)
