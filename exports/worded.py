"""Values and labels in the reader's language, as pages and prints of one site tell them."""

from models import words
from models.kinds import Choice, Chosen, Kind, Option, Value, told_kind
from models.schema import Field, Table
from models.words import _


def label_of(choices: tuple[Option, ...], code: Value) -> str:
    """A choice's label in the reader's language."""
    return worded(Choice(choices=choices), code)


def worded(kind: Kind, value: Value) -> str:
    """A value in words, without its unit."""
    inner = told_kind(kind)
    if words.language.get() == "en" and isinstance(inner, Chosen):
        english = {one.code: one.en or one.label for one in inner.choices}
        return "; ".join(english.get(str(one), str(one)) for one in (value if isinstance(value, list) else [value]))
    return kind.write(value, True)


def in_words(one: Field, value: Value) -> str:
    """A value in words with its unit; "" for a blank."""
    text = worded(one.kind, value) if value is not None else ""
    return f"{text} {one.unit}" if text and one.unit else text


def field_label(one: Field) -> str:
    return one.en if words.language.get() == "en" and one.en else _(one.label)


def label_of_table(table: Table) -> str:
    return table.about.en if words.language.get() == "en" and table.about.en else _(table.label)
