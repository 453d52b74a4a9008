"""The drawer of the accounts page: one account with all that can be done to it, or a new one."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from nicegui.element import Element

from models import managing
from models.account_notes import Noted, read_notes
from models.accounts import ROLE_LABELS, Account, Unfit, find_account
from models.services import Services
from models.signins import SignIn, Token, list_sessions, list_tokens
from models.words import _
from pages.account_deeds import Deeds
from pages.account_form import PlaceFields, Places, place_of
from pages.account_parts import Form, Typed, heading, note_lines, reveal, session_lines, token_lines
from pages.account_words import place_words
from pages.editors import button
from pages.frame import tag
from pages.session import COOKIE


@dataclass(frozen=True)
class Open:
    """An account as its drawer shows it."""

    account: Account
    sessions: Sequence[SignIn]
    tokens: Sequence[Token]
    notes: Sequence[Noted]
    now: datetime


def look_at(services: Services, name: str, here: str | None) -> Open | None:
    """Ask the database for an account with what it has open; None for a name that no account has."""
    now = services.store.clock()
    with services.database.read() as connection:
        found = find_account(connection, name)
        if found is None:
            return None
        sessions = list_sessions(connection, found.name, now, here)
        return Open(found, sessions, list_tokens(connection, found.name), read_notes(connection, found.name), now)


@dataclass
class Drawer:
    """The drawer on one administrator's page."""

    deeds: Deeds
    place: Element
    me: str  # the administrator's own account
    closed: Callable[[str], None]  # hears whose drawer was closed
    name: str = ""
    shown: Open | None = None

    # ---- opening

    async def open(self, name: str, places: Places) -> None:
        """Show an account."""
        found = await asyncio.to_thread(look_at, self.deeds.services, name, self.deeds.request.cookies.get(COOKIE))
        if found is None:
            return self.close()
        self.name, self.shown = found.account.name, found
        self.place.clear()
        self.place.classes(add="open")
        with self.place:
            self.top(found.account.name)
            with tag("div", classes="db"):
                self.once = tag("div")
                if self.me == found.account.name:
                    with tag("p", classes="note"):
                        tag("span", _("这是你自己的账号，角色由另一位管理员改。"))
                        tag("a", _("我的账号"), href="/me")
                else:
                    self.role_form(found.account, places)
                    self.entry_form()
                self.lists = tag("div")
                self.token_form()
                self.rest = tag("div")
        self.draw(found, places, own=self.me == found.account.name)
        self.focus()
        return None

    def add(self, places: Places) -> None:
        """Show the form of a new account."""
        self.name, self.shown = "", None
        self.place.clear()
        self.place.classes(add="open")
        with self.place:
            self.top(_("添加账号"))
            with tag("div", classes="db"):
                form = Form(lambda typed: self.added(typed, places))
                with form.element:
                    form.field("name", _("姓名"), required=True, maxlength="40", autocomplete="off", spellcheck="false")
                    PlaceFields(form, places).build()
                    hint = _("空着就发登录链接")
                    form.field("password", _("密码"), type="password", autocomplete="new-password", placeholder=hint)
                    form.verb(_("添加账号"))
        form.controls["name"].client.run_javascript(f"getHtmlElement({form.controls['name'].id})?.focus()")

    def top(self, title: str) -> None:
        """The head: whose drawer it is, and what closes it."""
        with tag("div", classes="dh"), tag("div", classes="line"):
            self.title = tag("h2", title, "grow ell", tabindex="-1")
            self.state = tag("span", "", "chip")
            button("✕", self.close, "btn txt", label=_("关闭"))

    def focus(self) -> None:
        self.place.client.run_javascript(f"getHtmlElement({self.title.id})?.focus()")

    def close(self) -> None:
        """Show nothing."""
        name, self.name, self.shown = self.name, "", None
        self.place.clear()
        self.place.classes(remove="open")
        self.closed(name)

    # ---- forms

    def role_form(self, account: Account, places: Places) -> None:
        """Role and place."""
        heading(_("角色和范围"))
        form = Form(lambda typed: self.moved(typed, places))
        with form.element:
            PlaceFields(form, places).build(account)
            form.verb(_("保存角色和范围"))

    def entry_form(self) -> None:
        """How the person comes in: by a link, or with another password."""
        heading(_("登录办法"))
        with tag("div", classes="line"):
            button(_("发一次性登录链接"), self.link, "btn")
            tag("span", _("30 分钟内有效，只能用一次"), "mut s13")
        form = Form(self.passworded)
        with form.element:
            form.field("password", _("新密码"), type="password", autocomplete="new-password", required=True)
            form.verb(_("设新密码"))
        self.password = form

    def token_form(self) -> None:
        """A token for a program."""
        form = Form(self.token)
        with form.element:
            form.field("label", _("用途"), required=True, maxlength="40", placeholder=_("如：报表程序"))
            form.verb(_("发令牌"))
        self.labels = form

    # ---- lists

    def draw(self, found: Open, places: Places, *, own: bool) -> None:
        """What changes without anybody typing: state, sessions, tokens, the record."""
        account, self.shown = found.account, found
        role = f"{_(ROLE_LABELS[account.role])} · "
        self.state.text = (
            _("停用")
            if account.disabled
            else role + place_words(account.role, account.site, account.county, places.names)
        )
        self.state.classes(add="err") if account.disabled else self.state.classes(remove="err")
        self.lists.clear()
        with self.lists:
            heading(_("登录中 {count}").format(count=len(found.sessions)))
            session_lines(found.sessions, found.now, self.end)
            if len(found.sessions) > 1:
                button(_("全部退出"), partial(self.end, None), "btn small")
            heading(_("令牌 {count}").format(count=len(found.tokens)))
            token_lines(found.tokens, found.now, self.revoke)
        self.rest.clear()
        with self.rest:
            if not own:
                heading(_("停用和恢复"))
                if account.disabled:
                    button(_("恢复账号"), self.enable, "btn")
                else:
                    button(_("停用账号"), self.disable, "btn dan")
                    tag("span", _("马上退出，令牌作废"), "mut s13 after")
            heading(_("变更"))
            note_lines(found.notes, found.now, places.names)

    async def refresh(self, places: Places) -> None:
        """Show how the open account stands; what is being typed stays."""
        if not self.name:
            return
        name = self.name
        found = await asyncio.to_thread(look_at, self.deeds.services, name, self.deeds.request.cookies.get(COOKIE))
        if found is None or self.name != name:
            return
        self.draw(found, places, own=self.me == name)

    # ---- deeds

    async def added(self, typed: Typed, places: Places) -> None:
        """Make the account, and open its drawer; without a password with a link to hand out."""
        role, site, county = place_of(typed, places)
        name, password, deeds = typed.get("name", ""), typed.get("password") or None, self.deeds
        place = {"site": site, "county": county}
        try:
            made = await deeds.do(
                lambda by: managing.add(deeds.database, by, name, role, password, places.tree, deeds.now, **place),
                _("已添加账号 {name}").format(name=name.strip()),
            )
        except Unfit as fault:
            raise in_form(fault, role) from fault
        if made:
            await self.open(made.name, places)
            if password is None:
                with self.place:  # the form that was sent is gone
                    await self.link()

    async def moved(self, typed: Typed, places: Places) -> None:
        """Another role or place."""
        role, site, county = place_of(typed, places)
        name, deeds, place = self.name, self.deeds, {"site": site, "county": county}
        try:
            await deeds.do(
                lambda by: managing.move(deeds.database, by, name, role, places.tree, deeds.now, **place),
                _("{name} 的角色和范围已存").format(name=name),
            )
        except Unfit as fault:
            raise in_form(fault, role) from fault

    async def link(self) -> None:
        """A link to hand out, shown this once."""
        if link := await self.deeds.link(self.name):
            reveal(self.once, _("登录链接，只显示这一次"), link)

    async def token(self, typed: Typed) -> None:
        """A token, shown this once."""
        if made := await self.deeds.token(self.name, typed.get("label", "")):
            self.labels.clear()
            reveal(self.once, _("令牌，只显示这一次"), made)

    async def passworded(self, typed: Typed) -> None:
        """Another password."""
        if await self.deeds.set_password(self.name, typed.get("password", "")):
            self.password.clear()

    async def end(self, number: str | None) -> None:
        await self.deeds.end(self.name, number)

    async def revoke(self, number: str) -> None:
        await self.deeds.revoke(self.name, number)

    async def disable(self) -> None:
        await self.deeds.disable(self.name)

    async def enable(self) -> None:
        await self.deeds.enable(self.name)


def in_form(fault: Unfit, role: str) -> Unfit:
    """What is wrong with a place, said under the field that the role shows for it."""
    if fault.field != "place":
        return fault
    shown = {"bureau": "county", "center": "center"}.get(role, "site")
    return Unfit(shown, str(fault))
