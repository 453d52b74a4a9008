"""A field's widget, by its kind: the browser's own. Nothing here asks the database."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from nicegui.element import Element
from nicegui.elements.mixins.text_element import TextElement

from models.kinds import Bool, Choice, Kind, OrNa, Ref, Text, told_kind
from models.schema import Field
from models.words import _
from pages.frame import tag

OFFERED = 30  # names that a reference's field offers while one types
LONG_LABEL = 10  # characters that still stand in two lines beside a widget
KEEP_EVERY = 0.5  # seconds between two times that what is being typed is kept

_VALUE = "(event) => emit(event.target.value)"
# What a person has just typed and the server has not heard of yet is never written over.
_SWAP = "const field = getHtmlElement(%d); if (field && field.value === %s) field.value = %s;"
# What is said under the field that one is typing in comes into view.
_SHOW = """if (document.activeElement === getHtmlElement(%d))
  requestAnimationFrame(() => getHtmlElement(%d)?.scrollIntoView({block: "nearest"}));"""


@dataclass
class Editor:
    """One field's widget. `text` is what stands in it, as far as the server has heard."""

    one: Field
    names: Mapping[str, str]
    text: str
    message: TextElement
    control: Element
    offers: Element | None = None

    def show(self, text: str) -> None:
        """Put another text into the widget."""
        if text != self.text:
            told = (self.control.id, json.dumps(self.text), json.dumps(text))
            self.control.client.run_javascript(_SWAP % told)
            self.text = text

    def say(self, message: str) -> None:
        """Say under the field what is wrong with it; nothing for nothing."""
        self.message.text = message
        self.control.classes(add="bad") if message else self.control.classes(remove="bad")
        self.control.props["aria-invalid"] = "true" if message else "false"
        self.control.update()
        if message:
            self.control.client.run_javascript(_SHOW % (self.control.id, self.message.id))

    def focus(self) -> None:
        """Bring the field into view, to be mended."""
        self.control.client.run_javascript(f"getHtmlElement({self.control.id})?.focus()")

    def offer(self, text: str) -> None:
        """List the names that hold the words typed so far."""
        if self.offers is not None:
            words = text.casefold().split()
            told = (f"{key} {name}" for key, name in self.names.items())
            fitting = (one for one in told if all(word in one.casefold() for word in words))
            self.offers.clear()
            with self.offers:
                for one in islice(fitting, OFFERED):
                    tag("option", value=one)


def options_of(kind: Kind) -> tuple[str, ...]:
    """What a list offers, in the words that a file would have: they are read back the same way."""
    if isinstance(kind, OrNa):
        return (*inner, _("不适用")) if (inner := options_of(kind.inner)) else ()
    if isinstance(kind, Bool):
        return (_("是"), _("否"))
    return tuple(choice.label for choice in kind.choices) if isinstance(kind, Choice) else ()


def is_wide(one: Field) -> bool:
    """Whether a field takes both columns of the form."""
    long = isinstance(one.kind, Text) and (one.key or one.kind.max >= 100)
    return isinstance(one.kind, Ref) or (one.stored and long) or is_long(one)


def is_long(one: Field) -> bool:
    """Whether a field's label is a sentence, as an indicator's is: it gets the room, its widget the rest."""
    return len(one.label) > LONG_LABEL


def editor(
    one: Field, text: str, names: Mapping[str, str], typed: Callable[[str], Any], keep: Callable[[], Any]
) -> Editor:
    """Build the widget with this text. `typed` hears of each change, `keep` of a pause and of leaving the field."""
    told = {"name": one.name, "aria_label": _(one.label), "aria_required": "true" if one.required else None}
    offers = None
    if options := options_of(one.kind):
        control: Element = dropdown(one, text, options, told)
    elif isinstance(one.kind, Text) and one.kind.lines:
        # `defaultValue`, since a `value` would be set anew over what is typed whenever the page is drawn again.
        control = tag("textarea", classes="inp", defaultValue=text, rows=str(min(6, text.count("\n") + 2)), **told)
    else:
        listed = f"of-{one.name}" if isinstance(one.kind, Ref) else None
        mode = "decimal" if told_kind(one.kind).numeric else None
        control = tag(
            "input", classes="inp", defaultValue=text, inputmode=mode, list=listed, autocomplete="off", **told
        )
        if one.unit:
            tag("span", one.unit, "u")
        offers = tag("datalist", id=listed) if listed else None
    made = Editor(one, names, text, tag("div", "", "msg", role="status"), control, offers)
    control.on("input", lambda event: typed(event.args), js_handler=_VALUE)
    control.on("input", keep, args=[], throttle=KEEP_EVERY, leading_events=False)
    control.on("change", keep, args=[])
    return made


def dropdown(one: Field, text: str, options: tuple[str, ...], told: Mapping[str, Any]) -> Element:
    """A list to choose from; a required field with a value in it offers no blank."""
    with tag("select", classes="inp", **told) as made:
        for label in options if one.required and text else ("", *options):
            tag("option", _(label), value=label, selected=label == text or None)
    return made


def button(text: str, act: Callable[[], Any], classes: str, label: str | None = None) -> Element:
    """A plain button of the house."""
    made = tag("button", text, classes, type="button", aria_label=label)
    made.on("click", lambda: act())
    return made
