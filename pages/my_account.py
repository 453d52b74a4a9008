"""/me: one's own password, sessions and tokens; for everyone."""

import asyncio
from dataclasses import dataclass
from functools import partial

from fastapi import Request
from nicegui import ui

from models import managing
from models.access import Actor
from models.account_notes import TOPIC
from models.accounts import ROLE_LABELS
from models.passwords import LONGEST, SHORTEST
from models.services import Services
from models.words import _
from pages.account_deeds import Deeds
from pages.account_drawer import Open, look_at
from pages.account_parts import Form, Typed, note_lines, reveal, session_lines, token_lines
from pages.editors import button
from pages.following import follow
from pages.frame import frame, tag
from pages.login import came
from pages.session import COOKIE, signed_in
from pages.theme import add_sheet
from pages.toasts import Toast
from pages.waiting import waiting


@dataclass
class Mine:
    """The page of one person."""

    services: Services
    request: Request
    name: str

    @property
    def here(self) -> str | None:
        """The session that this page belongs to."""
        return self.request.cookies.get(COOKIE)

    def build(self, found: Open) -> None:
        """Lay out the page."""
        self.client = ui.context.client
        self.deeds = Deeds(self.services, self.request, Toast(), self.refresh)
        with tag("div", classes="ac me"):
            with tag("section", classes="sec"):
                title(_("改密码"))
                with tag("div", classes="bd"):
                    self.password = self.password_form()
            with tag("section", classes="sec"):
                self.signed = title("")
                self.sessions = tag("div", classes="bd")
            with tag("section", classes="sec"):
                title(_("令牌"))
                with tag("div", classes="bd"):
                    tag("p", _("程序用令牌代替密码，能做的和你一样。"), "mut s13")
                    self.once, self.tokens = tag("div"), tag("div")
                    self.labels = Form(self.token)
                    with self.labels.element:
                        self.labels.field(
                            "label", _("用途"), required=True, maxlength="40", placeholder=_("如：报表程序")
                        )
                        self.labels.verb(_("发令牌"))
            with tag("section", classes="sec"):
                title(_("变更"))
                self.notes = tag("div", classes="bd")
        self.show(found)
        follow(frozenset({TOPIC}), self.refresh)

    def password_form(self) -> Form:
        """The old password, and another."""
        form = Form(self.passworded)
        with form.element:
            form.field("old", _("旧密码"), type="password", autocomplete="current-password", required=True)
            form.field("password", _("新密码"), type="password", autocomplete="new-password", required=True)
            hint = _("密码 {shortest} 至 {longest} 个字符，常见的不收。").format(shortest=SHORTEST, longest=LONGEST)
            tag("p", hint, "mut s13 w2")
            form.verb(_("改密码"), "btn pri")
        return form

    def show(self, found: Open) -> None:
        """Draw what changes without anybody typing."""
        self.signed.text = _("登录中 {count}").format(count=len(found.sessions))
        self.sessions.clear()
        with self.sessions:
            session_lines(found.sessions, found.now, partial(self.deeds.end, self.name))
            if len(found.sessions) > 1:
                button(_("全部退出"), partial(self.deeds.end, self.name, None), "btn small")
        self.tokens.clear()
        with self.tokens:
            token_lines(found.tokens, found.now, partial(self.deeds.revoke, self.name))
        self.notes.clear()
        with self.notes:
            note_lines(found.notes, found.now, {})

    async def refresh(self, _actor: Actor) -> None:
        found = await asyncio.to_thread(look_at, self.services, self.name, self.here)
        if found is not None and not self.client.is_deleted:
            self.show(found)

    # ---- deeds

    async def passworded(self, typed: Typed) -> None:
        """Choose another password; the other sessions end."""
        old, password = typed.get("old", ""), typed.get("password", "")

        def change(by: Actor) -> bool:
            managing.change_password(self.services.database, by, old, password, came(self.request), self.here)
            return True

        if await self.deeds.do(change, _("密码已改，别处的登录已退出")):
            self.password.clear()

    async def token(self, typed: Typed) -> None:
        """A token, shown this once."""
        if made := await self.deeds.token(self.name, typed.get("label", "")):
            self.labels.clear()
            reveal(self.once, _("令牌，只显示这一次"), made)


def title(text: str) -> ui.element:
    """A section's head; returns what holds its words."""
    with tag("div", classes="h"):
        return tag("h2", text)


@signed_in("/me")
async def my_account(actor: Actor, services: Services, request: Request) -> None:
    """One's own account."""
    add_sheet("accounts.css")
    mine = Mine(services, request, actor.name)
    found = await asyncio.to_thread(look_at, services, actor.name, mine.here)
    counts = await asyncio.to_thread(waiting, services, actor)
    about = f"{actor.name} · {_(ROLE_LABELS[actor.role])}"
    with frame(_("我的账号"), services=services, actor=actor, active="me", count=about, counts=counts):
        if found is not None:
            mine.build(found)
