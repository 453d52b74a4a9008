"""What the accounts page and one's own page share: forms whose text stays in the browser, lists, what is shown once."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from nicegui.element import Element
from nicegui.elements.mixins.text_element import TextElement
from nicegui.events import GenericEventArguments

from models.account_notes import Noted
from models.accounts import Unfit
from models.signins import SignIn, Token
from models.words import _
from pages.account_words import Names, device_of, note_words
from pages.editors import button
from pages.frame import tag
from pages.told import moment

Typed = Mapping[str, str]  # a form's fields, as they were sent
Act = Callable[[str], Awaitable[None]]

_SUBMIT = "(event) => { event.preventDefault(); emit(Object.fromEntries(new FormData(event.target))); }"
_COPY = """(event) => {
  const field = event.target.parentElement.querySelector("input");
  field.select();
  document.execCommand("copy");
  event.target.textContent = %s;
}"""


@dataclass
class Form:
    """A form of the house. What is typed lives in the browser alone, and is sent once: passwords stand in no draft."""

    send: Callable[[Typed], Awaitable[None]]
    element: Element = field(init=False)
    messages: dict[str, TextElement] = field(default_factory=dict)
    controls: dict[str, Element] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.element = tag("form", classes="form", autocomplete="off")
        self.element.on("submit", self.sent, js_handler=_SUBMIT)

    async def sent(self, event: GenericEventArguments) -> None:
        """Send what was typed; what does not fit is said under its field."""
        for name in self.messages:
            self.say(name, "")
        try:
            await self.send({str(name): str(value) for name, value in event.args.items()})
        except Unfit as fault:
            self.say(fault.field if fault.field in self.messages else next(iter(self.messages)), str(fault))

    def say(self, name: str, text: str) -> None:
        """Say under a field what is wrong with it; nothing for nothing."""
        self.messages[name].text = text
        control = self.controls[name]
        control.classes(add="bad") if text else control.classes(remove="bad")
        control.props["aria-invalid"] = "true" if text else "false"
        control.update()
        if text:
            control.client.run_javascript(f"getHtmlElement({control.id})?.focus()")

    def clear(self) -> None:
        """Empty the form."""
        self.element.client.run_javascript(f"getHtmlElement({self.element.id})?.reset()")

    def field(self, name: str, label: str, *, element: str = "input", **told: Any) -> Element:
        """A field over both columns: its label, its widget, the place for what is wrong with it."""
        with tag("div", classes="fd w2") as row:
            shown = tag("label", label, "req" if told.get("required") else "")
            with tag("div", classes="ctl"):
                control = tag(element, classes="inp", name=name, **told)
                message = tag("div", "", "msg", role="status")
        control.props["id"] = control.html_id
        shown.props["for"] = control.html_id
        control.props["aria-describedby"] = message.html_id
        self.messages[name], self.controls[name] = message, control
        return row

    def options(self, name: str, told: Sequence[tuple[str, str]], chosen: str = "") -> None:
        """What a list offers: (value, label)."""
        with self.controls[name]:
            for value, label in told:
                tag("option", label, value=value, selected=value == chosen or None)

    def verb(self, label: str, classes: str = "btn") -> None:
        """The button that sends the form."""
        with tag("div", classes="w2 line"):
            tag("button", label, classes, type="submit")


def secret_box(title: str, text: str) -> None:
    """What is shown this once, to be copied: a link or a token."""
    with tag("div", classes="note warn once", role="status"):
        tag("b", title)
        with tag("div", classes="line"):
            tag("input", classes="inp grow", readonly="readonly", defaultValue=text, aria_label=title)
            copied = _COPY % f'"{_("已复制")}"'
            tag("button", _("复制"), "btn", type="button").on("click", js_handler=copied)


def reveal(place: Element, title: str, text: str) -> None:
    """Show a secret there, in view."""
    place.clear()
    with place:
        secret_box(title, text)
    place.client.run_javascript(f"getHtmlElement({place.id})?.scrollIntoView({{block: 'nearest'}})")


def session_lines(found: Sequence[SignIn], now: datetime, end: Act) -> None:
    """The open sessions, each with what ends it."""
    with tag("ul", classes="lines"):
        for one in found:
            with tag("li"):
                with tag("div", classes="grow"):
                    tag("b", device_of(one.agent))
                    if one.here:
                        tag("span", _("这里"), "chip acc")
                    when = _("{since} 登录，{seen} 用过").format(
                        since=moment(one.created_at, now), seen=moment(one.seen_at, now)
                    )
                    tag("small", f"{when} · {one.address}" if one.address else when)
                label = _("结束登录：{device}").format(device=device_of(one.agent))
                button(_("退出"), lambda number=one.number: end(number), "btn small", label=label)
        if not found:
            tag("li", _("没有登录"), "mut")


def token_lines(found: Sequence[Token], now: datetime, revoke: Act) -> None:
    """The tokens that work, each with what voids it."""
    with tag("ul", classes="lines"):
        for one in found:
            name = one.name or _("没有写用途")
            with tag("li"):
                with tag("div", classes="grow"):
                    tag("b", name)
                    tag("small", _("{at} 发").format(at=moment(one.created_at, now)))
                label = _("作废令牌：{name}").format(name=name)
                button(_("作废"), lambda number=one.number: revoke(number), "btn small dan", label=label)
        if not found:
            tag("li", _("没有令牌"), "mut")


def note_lines(found: Sequence[Noted], now: datetime, names: Names, *, whose: bool = False) -> None:
    """What was done, by whom; `whose`: to which account, too."""
    with tag("ul", classes="hist"):
        for one in found:
            with tag("li"):
                tag("time", moment(one.at, now))
                with tag("div"):
                    if whose:
                        tag("b", one.account)
                    tag("span", note_words(one, names))
                    tag("span", one.by, "mut")
        if not found:
            tag("li", _("没有变更"), "mut")


def heading(text: str) -> TextElement:
    """A heading inside a drawer or a section."""
    return tag("h3", text, "hh")
