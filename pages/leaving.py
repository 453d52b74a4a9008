"""An open page follows whose it is: it leaves for /login as its session ends, and comes anew with another role or place."""

import asyncio

import nicegui
from nicegui import background_tasks, ui

from models.access import Actor
from models.account_notes import TOPIC
from pages.live import News
from pages.session import current_actor, login_path


def watch(actor: Actor) -> None:
    """Ask anew whose the page being built is, as often as anything happens to accounts, for as long as it is open."""
    client, follower = ui.context.client, getattr(nicegui.app.state, "follower", None)
    if follower is None:
        return

    def heard(news: News) -> None:
        if TOPIC in news.topics:
            background_tasks.create(look())

    async def look() -> None:
        now = await asyncio.to_thread(current_actor, client.request)
        if client.is_deleted or same(now, actor):
            return
        with client:
            if now is None:
                ui.navigate.to(login_path(client.request))
            else:
                ui.navigate.reload()

    client.on_delete(follower.listen(heard))


def same(now: Actor | None, before: Actor) -> bool:
    """Whether the page is still for whom it was built."""
    return now is not None and (now.name, now.role, now.site, now.county) == (
        before.name,
        before.role,
        before.site,
        before.county,
    )
