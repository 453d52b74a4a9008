"""What is done to accounts on open pages: as whoever is signed in now, in a thread; what does not go is told."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from fastapi import Request

from models import managing
from models.access import Actor
from models.accounts import Unfit
from models.database import Database
from models.faults import Fault
from models.services import Services
from models.words import _
from pages.session import acting
from pages.toasts import Toast

T = TypeVar("T")


@dataclass
class Deeds:
    """The deeds of one open page. `changed` hears who did something, to show how things stand."""

    services: Services
    request: Request
    toast: Toast
    changed: Callable[[Actor], Awaitable[None]]

    @property
    def database(self) -> Database:
        return self.services.database

    @property
    def now(self) -> datetime:
        return self.services.store.clock()

    async def do(self, deed: Callable[[Actor], T], said: str = "") -> T | None:
        """Do something; None where it did not go. Raises Unfit, which belongs under a field."""
        try:
            actor = await acting()
            done = await asyncio.to_thread(deed, actor)
        except Unfit:
            raise
        except Fault as fault:
            self.toast.fault(str(fault))
            return None
        if said:
            self.toast.say(said)
        await self.changed(actor)
        return done

    async def link(self, name: str) -> str | None:
        """The address of a one-time link."""
        token = await self.do(lambda by: managing.hand_link(self.database, by, name, self.now))
        return f"{self.request.base_url}enter?token={token}" if token else None

    async def token(self, name: str, label: str) -> str | None:
        """A token for programs. Raises Unfit."""
        return await self.do(lambda by: managing.make_token(self.database, by, name, label, self.now))

    async def revoke(self, name: str, number: str) -> None:
        """Void a token."""
        said = _("令牌已作废")
        await self.do(lambda by: managing.revoke_token(self.database, by, name, number, self.now), said)

    async def end(self, name: str, number: str | None) -> None:
        """End one session, or all."""
        await self.do(lambda by: managing.end_session(self.database, by, name, number, self.now), _("已退出"))

    async def set_password(self, name: str, password: str) -> bool:
        """Another password; whether it went. Raises Unfit."""
        said = _("已给 {name} 设新密码").format(name=name)
        deed = await self.do(lambda by: managing.set_password(self.database, by, name, password, self.now), said)
        return deed is not None

    async def disable(self, name: str) -> None:
        """Close an account."""
        said = _("已停用账号 {name}").format(name=name)
        await self.do(lambda by: managing.disable(self.database, by, name, self.now), said)

    async def enable(self, name: str) -> None:
        """Open it again."""
        said = _("已恢复账号 {name}").format(name=name)
        await self.do(lambda by: managing.enable(self.database, by, name, self.now), said)
