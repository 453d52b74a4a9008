"""What a person decides about a shared workbook: a conflict, a proposed deletion, a stopped workbook."""

import json
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from integrations import agreed
from integrations import books as kept
from integrations.books import NoSuchMatter
from models import history
from models import rows as sqlrows
from models.access import Actor, edits_row
from models.changes import Change, Plan, birth, death, stored_values
from models.database import raise_pulse, set_meta
from models.faults import Fault
from models.schema import Row, Table
from models.services import Services
from models.words import _

WAYS = ("restore", "propose", "recreate")
RELEASERS = ("admin", "bureau", "center", "main")  # those above a branch


class NotStopped(Fault):
    """A workbook that did not stop."""

    def __init__(self, code: str) -> None:
        super().__init__(_("{code} 的共享表没有停").format(code=code))


class NotYoursToDecide(Fault):
    """A matter of a row that the actor may not edit."""

    def __init__(self) -> None:
        super().__init__(_("这一行不归你改，由上级馆决定"))


def matter(connection: Connection, table: sa.Table, number: int) -> dict[str, Any]:
    """An open conflict or proposal. Raises NoSuchMatter."""
    found = connection.execute(sa.select(table).where(table.c.id == number)).mappings().one_or_none()
    if found is None:
        raise NoSuchMatter(number)
    return dict(found)


def demand(parts: Services, connection: Connection, actor: Actor, table: Table, row: Row, number: int) -> None:
    """Only those who may edit the row decide about it; those who may not read it learn nothing."""
    reach = parts.query.view(connection, actor).reach
    if not reach.holds(table, row):
        raise NoSuchMatter(number)
    if not edits_row(actor, table, row, reach):
        raise NotYoursToDecide


def look_again(connection: Connection, code: str) -> None:
    """The next cycle looks into this workbook."""
    connection.execute(sa.update(kept.books).where(kept.books.c.code == code).values(digest=""))
    raise_pulse(connection, "sync")


def resolve_conflict(parts: Services, actor: Actor, number: int, keep: str) -> int | None:
    """Keep one side of a conflict; the next cycle makes the other equal. Returns the change set, if the records changed.

    Raises NoSuchMatter, NotYoursToDecide, and Refused where the sheet's value may not stand.
    """
    with parts.database.write() as connection:
        one = matter(connection, kept.conflicts, number)
        table, row_id, book = parts.catalog[one["table_name"]], one["row_id"], one["book"]
        row = sqlrows.by_ids(connection, table, [row_id]).get(row_id)
        known = {"id": row_id, **agreed.row_base(connection, book, table.name, row_id), table.owner or "": one["site"]}
        demand(parts, connection, actor, table, row or known, number)
        plan = Plan(tuple(SETTLE[one["kind"]](connection, table, one, row, keep)))
        applied = parts.store.apply_in(connection, plan, actor, "sync", note=book) if plan.changes else None
        connection.execute(sa.delete(kept.conflicts).where(kept.conflicts.c.id == number))
        look_again(connection, book)
        return applied.changeset if applied else None


def settle_cell(
    connection: Connection, table: Table, one: dict[str, Any], row: Row | None, keep: str
) -> Iterator[Change]:
    """The sheet's value becomes the agreed one: if the record keeps its own, only the record has changed since."""
    if row is not None:  # else it was deleted since: the next cycle has another conflict to show
        sheet = json.loads(one["sheet"])
        agreed.amend(connection, one["book"], table.name, one["row_id"], {one["field"]: sheet})
        if keep == "sheet":
            yield Change(table.name, one["row_id"], one["field"], row.get(one["field"]), sheet)


def settle_deleted_here(
    connection: Connection, table: Table, one: dict[str, Any], row: Row | None, keep: str
) -> Iterator[Change]:
    """Deleted in the app, edited in the sheet: what was typed becomes agreed, so that the row goes out of the sheet; or
    the record comes back with it."""
    edits = {name: value for name, value in json.loads(one["sheet"]).items() if name in table.by_name}
    agreed.amend(connection, one["book"], table.name, one["row_id"], edits)
    if keep == "sheet" and row is None:
        last = history.last_death(connection, table.name, one["row_id"]) or {}
        yield birth(table.name, stored_values(table, {**last, **edits, "id": one["row_id"]}))


def settle_deleted_there(
    connection: Connection, table: Table, one: dict[str, Any], row: Row | None, keep: str
) -> Iterator[Change]:
    """Gone from the sheet, edited in the app: written back there as if the sheet had never had it, or deleted here."""
    agreed.drop_rows(connection, one["book"], table.name, [one["row_id"]])
    if keep == "sheet" and row is not None:
        yield death(table.name, stored_values(table, row))


SETTLE = {"cell": settle_cell, "deleted_here": settle_deleted_here, "deleted_there": settle_deleted_there}


def accept_proposal(parts: Services, actor: Actor, number: int) -> int | None:
    """Delete the record whose row is gone from the sheet. Returns the change set."""
    with parts.database.write() as connection:
        one = matter(connection, kept.proposals, number)
        table = parts.catalog[one["table_name"]]
        row = sqlrows.by_ids(connection, table, [one["row_id"]]).get(one["row_id"])
        demand(parts, connection, actor, table, row or {table.owner or "": one["site"]}, number)
        applied = None
        if row is not None:
            plan = Plan((death(table.name, stored_values(table, row)),))
            applied = parts.store.apply_in(connection, plan, actor, "sync", note=one["book"])
        forget(connection, one)
        return applied.changeset if applied else None


def refuse_proposal(parts: Services, actor: Actor, number: int) -> None:
    """Keep the record: the next cycle writes the row back into the sheet."""
    with parts.database.write() as connection:
        one = matter(connection, kept.proposals, number)
        table = parts.catalog[one["table_name"]]
        row = sqlrows.by_ids(connection, table, [one["row_id"]]).get(one["row_id"])
        demand(parts, connection, actor, table, row or {table.owner or "": one["site"]}, number)
        forget(connection, one)


def forget(connection: Connection, one: dict[str, Any]) -> None:
    """A proposal is decided: the row stands on neither side's memory any more."""
    connection.execute(sa.delete(kept.proposals).where(kept.proposals.c.id == one["id"]))
    agreed.drop_rows(connection, one["book"], one["table_name"], [one["row_id"]])
    look_again(connection, one["book"])


def release_book(parts: Services, actor: Actor, code: str, how: str) -> None:
    """Let a stopped workbook go on at the next cycle.

    restore: the rows that are gone are written back; propose: they become proposals; recreate: the file is made anew.
    Raises NotStopped, NotYoursToDecide.
    """
    if how not in WAYS:
        raise Fault(_("--how 用 {ways}").format(ways=" ".join(WAYS)))
    with parts.database.write() as connection:
        book = kept.all_books(connection).get(code)
        reach = parts.query.view(connection, actor).reach
        if book is None or book.state != kept.STOPPED or (reach.sites is not None and code not in reach.sites):
            raise NotStopped(code)
        if actor.role not in RELEASERS:
            raise NotYoursToDecide
        if how == "recreate":
            kept.drop_book(connection, code)
        else:
            kept.keep_book(connection, book._replace(state=how, reason="", released_by=None))
        look_again(connection, code)


def pause_book(parts: Services, actor: Actor, code: str, paused: bool) -> None:
    """Leave a workbook alone until further notice, or go on with it. Raises NoBook, NotYoursToDecide."""
    with parts.database.write() as connection:
        book = kept.all_books(connection).get(code)
        reach = parts.query.view(connection, actor).reach
        if book is None or (reach.sites is not None and code not in reach.sites):
            raise kept.NoBook(code)
        if actor.role not in RELEASERS:
            raise NotYoursToDecide
        kept.set_paused(connection, code, paused)
        if not paused:
            set_meta(connection, kept.VERSION, "")


def seen_problem(parts: Services, actor: Actor, number: int) -> None:
    """Take a put-back value off the list: a person has seen it."""
    with parts.database.write() as connection:
        one = matter(connection, kept.problems, number)
        reach = parts.query.view(connection, actor).reach
        if reach.sites is not None and one["site"] not in reach.sites:
            raise NoSuchMatter(number)
        connection.execute(sa.delete(kept.problems).where(kept.problems.c.id == number))
        raise_pulse(connection, "sync")
