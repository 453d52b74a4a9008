"""A page that follows the news: it shows how things stand for as long as it is open, to those who still may see it."""

import asyncio
from collections.abc import Awaitable, Callable, Collection

import nicegui
from nicegui import background_tasks, ui

from models import words
from models.access import Actor
from models.accounts import ROLE_LABELS
from pages.live import News
from pages.session import current_actor

CALM = 0.4  # seconds: news come in bursts, and what comes together is shown together

Show = Callable[[Actor], Awaitable[None]]


def follow(
    topics: frozenset[str], show: Show, roles: Collection[str] = ROLE_LABELS, calm: Callable[[], float] = lambda: CALM
) -> None:
    """Have the page being built shown anew after news of these topics, `calm()` seconds later.

    `show` is given who looks now. An ended session, or one whose role is not among `roles`, learns nothing more.
    """
    client, language, coming = ui.context.client, words.language.get(), False
    follower = getattr(nicegui.app.state, "follower", None)
    if follower is None:
        return

    def heard(news: News) -> None:
        nonlocal coming
        if news.topics & topics and not coming:
            coming = True
            background_tasks.create(catch_up())

    async def catch_up() -> None:
        nonlocal coming
        await asyncio.sleep(calm())
        coming = False
        words.language.set(language)
        actor = await asyncio.to_thread(current_actor, client.request)
        if actor is not None and actor.role in roles and not client.is_deleted:
            await show(actor)

    client.on_delete(follower.listen(heard))
