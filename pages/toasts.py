"""A toast: what was done, with a way back; or what did not go, which stays until it is closed. One at a time."""

from collections.abc import Awaitable, Callable

from nicegui.element import Element

from models.words import _
from pages.own_files import STATIC
from pages.theme import add_sheet

Act = Callable[[], Awaitable[None]]


class Toast(Element, component=STATIC / "toast.js"):
    """The one toast of a page."""

    def __init__(self) -> None:
        super().__init__()
        add_sheet("toast.css")
        self.undo: Act | None = None
        self.props["words"] = {"undo": _("撤销"), "close": _("关闭")}
        self.on("undo", self.take_back)

    def say(self, text: str, undo: Act | None = None) -> None:
        """Tell what was done. `undo` takes it back."""
        self.undo = undo
        self.run_method("say", text, undo is not None, False)

    def fault(self, text: str) -> None:
        """Tell what did not go."""
        self.undo = None
        self.run_method("say", f"! {text}", False, True)

    async def take_back(self) -> None:
        """The person wants it back as it was; once."""
        undo, self.undo = self.undo, None
        if undo:
            await undo()
