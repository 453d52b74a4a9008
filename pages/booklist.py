"""The workbooks as the sync centre lists them: what state each is in, why some stopped, and how they can go on."""

import itertools
import re
from collections.abc import Mapping, Sequence
from typing import Any

from integrations.books import BUSY, CLOSED, FINE, RELEASED, STOPPED, Book
from integrations.cycles import PastCycle
from integrations.decisions import RELEASERS
from integrations.google_files import link_to
from integrations.stopped import Look
from integrations.workbook import book_title, file_name
from models.access import SYNC, Actor
from models.registry import NETWORKS
from models.words import _
from pages.matters import Reader
from pages.told import count, moment

MOVING = frozenset({BUSY, FINE})  # those whose sums are of the cycle that looked into them last
MOST_NOTES = 6
MOST_GONE = 12  # names of rows that are gone
SHARED_END = 4  # characters that all names end with, and that need not be said each time

Chip = tuple[str, str]  # tone, text
Told = dict[str, Any]


def sorts_of(reader: Reader) -> dict[str, Mapping[str, int]]:
    """Sort -> workbook -> how many matters it has."""
    found: dict[str, dict[str, int]] = {}
    for sort, every in reader.every.items():
        numbers = found.setdefault(sort, {})
        for one in every:
            numbers[one["book"]] = numbers.get(one["book"], 0) + 1
    return found


def state_of(book: Book, has: Mapping[str, int], *, google: bool = False) -> tuple[int, Chip]:
    """(rank, chip) of a workbook: first what needs a person most. In Google Sheets nobody keeps a file to themselves."""
    if book.paused:
        return 6, ("lock", _("‖ 已暂停"))
    if book.state == STOPPED:
        return 0, ("err", _("! 已停"))
    if book.state in RELEASED:
        return 1, ("acc", _("等同步"))
    if has["conflicts"]:
        return 2, ("conf", _("≠ {count} 处冲突").format(count=has["conflicts"]))
    if has["proposals"]:
        return 3, ("warn", _("删 {count} 行待定").format(count=has["proposals"]))
    if has["problems"]:
        return 4, ("err", _("! {count} 处没收").format(count=has["problems"]))
    if book.state == BUSY:
        return 5, ("", _("… 下次再写") if google else _("… 有人开着"))
    if book.state == CLOSED:
        return 8, ("", _("不再同步"))
    return (6, ("acc", _("待写"))) if not book.digest else (7, ("ok", _("✓ 一致")))


def book_rows(reader: Reader) -> list[Told]:
    """The workbooks in scope, those that need a person first, then in tree order."""
    sorts, order, google = sorts_of(reader), reader.view.tree.order, reader.services.settings.google
    ranked = []
    for code, book in reader.books.items():
        rank, chip = state_of(book, {sort: numbers.get(code, 0) for sort, numbers in sorts.items()}, google=google)
        ranked.append((rank, order.get(code, len(order)), book, chip))
    ranked.sort(key=lambda one: one[:2])
    return [book_row(reader, book, chip) for _rank, _place, book, chip in ranked]


def book_row(reader: Reader, book: Book, chip: Chip) -> Told:
    """One line of the table. `link`: where it is opened in Google Sheets, for those who may."""
    lead, google = lead_of(reader, book), reader.services.settings.google
    own_name, opens = file_name(book.code, book.name), bool(book.place) and reader.may_open(book.code)
    place = book_title(book.code, book.name) if google and book.place else book.place
    return {
        "code": book.code,
        "lead": lead,
        "name": book.name.removeprefix(lead),
        "chip": chip,
        "at": moment(book.cycled_at, reader.now),
        "stopped": book.state == STOPPED and not book.paused,
        "in": count(book.cells_in if book.state in MOVING else 0),
        "out": count(book.cells_out if book.state in MOVING else 0),
        "place": place,
        "moved": place not in ("", own_name) and not google,
        "open": opens,
        "link": link_to(reader.services.settings, book.place) if google and opens else "",
    }


def chosen(reader: Reader) -> Told | None:
    """The one workbook that is looked at, and what its reader may do with it."""
    book = reader.books.get(reader.wanted.only or "")
    if book is None:
        return None
    return {
        "code": book.code,
        "name": book.name,
        "open": bool(book.place) and reader.may_open(book.code),
        "paused": book.paused,
        "may_pause": reader.actor.role in RELEASERS,
    }


def past(reader: Reader, cycles: Sequence[PastCycle]) -> list[Told]:
    """The cycles of late, for those who see all workbooks."""
    if not reader.actor.all_seeing:
        return []
    return [
        {
            "at": moment(cycle.ended, reader.now),
            "who": _("自动") if cycle.account == SYNC.name else cycle.account,
            "text": quiet if cycle.quiet else busy.format(**cycle.told),
        }
        for quiet, busy in [(_("没有要同步的"), _("读 {read}，写 {written}；收 {cells_in} 格，写 {cells_out} 格"))]
        for cycle in cycles
    ]


def lead_of(reader: Reader, book: Book) -> str:
    """The part of a branch's name that says its hall: 官渡区文化馆, of 官渡区文化馆六甲街道分馆."""
    node = reader.view.tree.nodes.get(book.code)
    if node is None or node.level != "branch":
        return ""
    lead = f"{node.county or ''}{next((_(one.label) for one in NETWORKS if one.code == node.network), '')}"
    return lead if book.name.startswith(lead) else ""


def summary(rows: Sequence[Told]) -> str:
    """12 份：6 份一致."""
    fine = sum(row["chip"][0] == "ok" for row in rows)
    return "" if not rows else _("{count} 份：{fine} 份一致").format(count=len(rows), fine=fine)


# ---- those that stopped


def stops(reader: Reader, looks: Mapping[str, Look]) -> list[Told]:
    """The stopped workbooks, each with why and how it can go on. `looks`: what their files are found to be."""
    only = reader.wanted.only
    stopped = [
        book
        for book in reader.books.values()
        if book.state == STOPPED and not book.paused and only in (None, book.code)
    ]
    stopped.sort(key=lambda book: (book.cycled_at, book.code))
    return [stop(reader, book, looks.get(book.code)) for book in stopped]


def stop(reader: Reader, book: Book, look: Look | None) -> Told:
    """One stopped workbook."""
    may = reader.actor.role in RELEASERS
    gone = {tab: naming(rows) for tab, rows in look.gone.items()} if look else {}
    return {
        "code": book.code,
        "name": book.name,
        "since": _("{at} 起，台账没有动").format(at=moment(book.cycled_at, reader.now)),
        "why": book.reason,
        "advice": advice(look),
        "gone": gone,
        "ways": ways(look, may),
        "above": "" if may else _("怎样继续，由总馆或文旅局决定"),
    }


def naming(rows: Sequence[str]) -> str:
    """The names of rows in a line, without the end that all of them share: 新一、新二、福保."""
    shortest = min(map(len, rows))
    alike = itertools.takewhile(lambda back: len({name[-back] for name in rows}) == 1, range(1, shortest - 1))
    shared = max(alike, default=0) if len(rows) > 1 else 0
    cut = shared if shared >= SHARED_END else 0
    told = "、".join(name[: len(name) - cut] for name in rows[:MOST_GONE])
    return told + (_(" 等 {count} 行").format(count=len(rows)) if len(rows) > MOST_GONE else "")


def advice(look: Look | None) -> str:
    """What a stop means."""
    if look is None:
        return ""
    if look.count:
        return _("一次少这么多，可能是筛选后另存，也可能误删。没有当作删除处理。")
    if not look.there:
        return _("可能被移走、改名或删了。没有当作删除处理。")
    return "" if look.readable else _("从备份或同步盘的旧版本找回；也可把文件移走，再重做一份。")


def ways(look: Look | None, may: bool) -> list[Told]:
    """How a stopped workbook can go on: what is done, its button, when it is right."""
    again = way("again", _("重新读一次"), _("已在表里补好时用"))
    if look is None or not may:
        return [again]
    if look.count:
        back = way(
            "restore", _("把 {count} 行写回表里").format(count=look.count), _("误删时用，表里别的改动保留"), "pri"
        )
        return [
            back,
            again,
            way("propose", _("逐行确认删除"), _("真的撤了这 {count} 行时用").format(count=look.count), "dan"),
        ]
    if not look.there:
        again = way("again", _("再找一次"), _("已把文件放回时用"), "pri")
        return [again, way("recreate", _("重做一份"), _("找不回时用，按台账重做"))]
    return [{**again, "tone": "pri"}]


def way(do: str, label: str, hint: str, tone: str = "") -> Told:
    return {"do": do, "label": label, "hint": hint, "tone": tone}


# ---- what else there is to know


def notes(reader: Reader, last: PastCycle | None) -> list[str]:
    """Workbooks that somebody has open, and files in the folder that were passed over."""
    busy = [f"{book.name}：{book.reason}" for book in reader.books.values() if book.state == BUSY]
    passed = [f"{place}：{why}" for place, why in last.notes if is_told(reader, place, why)] if last else []
    found = passed + busy
    more = [_("另有 {count} 份").format(count=len(found) - MOST_NOTES)] if len(found) > MOST_NOTES else []
    return found[:MOST_NOTES] + more


def is_told(reader: Reader, place: str, why: str) -> bool:
    """Whether a file that was passed over is the reader's to know: all of them, or a copy of a workbook in scope."""
    if reader.actor.all_seeing:
        return True
    return bool(reader.books.keys() & set(re.findall(r"[0-9A-Za-z]+", f"{place} {why}")))


def sums(reader: Reader, last: PastCycle | None) -> str:
    """上次 14:30，收 20 格，写 17 格: of the workbooks in scope."""
    if last is None:
        return ""
    touched = [book for book in reader.books.values() if book.cycled_at >= last.began and book.state in MOVING]
    cells_in, cells_out = sum(book.cells_in for book in touched), sum(book.cells_out for book in touched)
    if reader.actor.all_seeing:
        cells_in, cells_out = last.told["cells_in"], last.told["cells_out"]
    told = _("上次 {at}，收 {cells_in} 格，写 {cells_out} 格")
    return told.format(at=moment(last.ended, reader.now), cells_in=f"{cells_in:,}", cells_out=f"{cells_out:,}")


def may_schedule(actor: Actor) -> bool:
    """Whether the actor says when the whole installation syncs by itself."""
    return actor.role in ("admin", "bureau")
