"""What the review page shows where no review is open: where to bring rows, what waits here and elsewhere, known spellings."""

import datetime
from typing import Any

from integrations import books
from integrations.incoming import MEGABYTE, MOST_FILE, editable
from models.access import Actor
from models.catalog import Catalog
from models.query import View
from models.reviews import KEPT, Review, clear_old, list_reviews
from models.services import Services
from models.spellings import Remembered, counting
from models.store import CHINA
from models.words import _
from pages.frame import label_of, roles_of
from pages.review_told import ORIGINS
from pages.told import in_words, moment

ROLES = roles_of("review")
MOST_LISTED = 50
SYNCING = roles_of("sync")

Told = dict[str, Any]


def read_list(services: Services, actor: Actor, wanted: str) -> Told:
    """All that the page shows; `wanted` is the table that rows are brought for, or nothing. Asks the database."""
    now = services.store.clock()
    clear_old(services.database, now)
    with services.database.read() as connection:
        view = services.query.view(connection, actor)
        found = list_reviews(connection, actor)
        table = next((one for one in editable(services.catalog, actor) if one.name == wanted), None)
        return {
            "wanted": table.name if table else "",
            "for": _("导入到{label}").format(label=label_of(table)) if table else "",
            "most": _(".xlsx 或 .csv，最大 {size} MB").format(size=MOST_FILE // MEGABYTE),
            "reviews": [told_review(services.catalog, one, now) for one in found[:MOST_LISTED]],
            "kept": _("核对留 {days} 天，到期清掉；原文件不动").format(days=KEPT.days),
            "elsewhere": elsewhere(view) if actor.role in SYNCING else [],
            "spellings": [told for one in counting(connection, actor) if (told := told_spelling(view, one))],
        }


def told_review(catalog: Catalog, one: Review, now: datetime.datetime) -> Told:
    """One that waits, or has been dealt with."""
    table = catalog.by_name.get(one.table)
    until = one.until().astimezone(CHINA).strftime("%m-%d")
    return {
        "id": one.id,
        "source": one.source or _(ORIGINS[one.origin]),
        "table": label_of(table) if table else one.table,
        "by": f"{one.account} {moment(one.at, now)} {_(ORIGINS[one.origin])}",
        "open": one.open,
        "state": _("待核对") if one.open else _("✓ 已处理"),
        "until": _("留到 {day}").format(day=until),
    }


def elsewhere(view: View) -> list[Told]:
    """What sync holds back, with the way there."""
    connection, reach = view.connection, view.reach
    mine = [one for one in books.all_books(connection).values() if reach.sites is None or one.code in reach.sites]
    counts = (
        (sum(one.state == books.STOPPED for one in mine), _("份共享表停下了")),
        (len(books.listed(connection, books.conflicts, reach)), _("处两边都改了，选一边")),
        (len(books.listed(connection, books.proposals, reach)), _("行从共享表里删了，等确认")),
        (len(books.listed(connection, books.problems, reach)), _("处共享表里没有收")),
    )
    return [{"count": count, "text": text} for count, text in counts if count]


def told_spelling(view: View, one: Remembered) -> Told | None:
    """A known spelling; None where its field is gone, or it leads to a record out of the reader's sight."""
    table = view.query.catalog.by_name.get(one.table)
    field = table.by_name.get(one.field) if table else None
    if table is None or field is None:
        return None
    value, name = field.kind.parse(one.means), ""
    if field.ref in view.query.catalog.by_name:
        names = view.names(view.query.catalog[str(field.ref)])
        keys = value if isinstance(value, list) else [str(value)]
        if any(key not in names for key in keys):
            return None
        name = names[keys[0]]
    means = in_words(field, value, name) if isinstance(value, str | int | float | bool | list) else one.means
    return {
        "id": one.id,
        "where": f"{label_of(table)} · {_(field.label)}",
        "text": one.text,
        "means": means,
        "by": _("{account}，大家都用").format(account=one.account) if one.everyone else one.account,
        "own": one.account == view.actor.name or view.actor.role == "admin",
    }
