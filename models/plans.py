"""Plans that wait to be looked at before they are applied: the preview is the plan itself."""

import datetime
import json
import secrets
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from models.access import Actor
from models.changes import Change, Plan
from models.database import dumps, system
from models.faults import Fault
from models.history import stamp
from models.reviews import drop_review, keep_review
from models.words import _

plans = sa.Table(
    "plans",
    system,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("account", sa.String, nullable=False),
    sa.Column("origin", sa.String, nullable=False),
    sa.Column("changes", sa.Text, nullable=False),
    sa.Column("at", sa.String, nullable=False),
)

KEPT = datetime.timedelta(days=7)  # a plan that nobody has applied by then is out of date anyway


class NoPlan(Fault):
    """A plan that is not there, or someone else's."""

    def __init__(self, plan: str) -> None:
        super().__init__(_("没有这份改动单：{plan}").format(plan=plan))


def keep_plan(
    connection: Connection,
    plan: Plan,
    actor: Actor,
    origin: str,
    now: datetime.datetime,
    wanted: Mapping[str, Any] | None = None,
) -> str:
    """Keep a plan for its maker; returns its id.

    `wanted` is what was asked for (table, changes, rows, deletes): by it a person may look at the plan and mend it.
    """
    connection.execute(sa.delete(plans).where(plans.c.at < stamp(now - KEPT)))
    number = secrets.token_urlsafe(12)
    changes = dumps([[one.table, one.row, one.field, one.before, one.after] for one in plan.changes])
    connection.execute(
        sa.insert(plans).values(id=number, account=actor.name, origin=origin, changes=changes, at=stamp(now))
    )
    if wanted and any(wanted[name] for name in ("changes", "rows", "deletes")):
        told = {name: wanted[name] for name in ("changes", "rows", "deletes")}
        keep_review(connection, actor, wanted["table"], origin, "", [("", dumps(told))], now, number=number)
    return number


def drop_plan(connection: Connection, number: str) -> None:
    """Forget a plan, if it is there."""
    connection.execute(sa.delete(plans).where(plans.c.id == number))


def take_plan(connection: Connection, number: str, actor: Actor) -> tuple[Plan, str]:
    """A kept plan and its origin; it can be taken once. Raises NoPlan."""
    found = connection.execute(sa.select(plans).where(plans.c.id == number)).mappings().one_or_none()
    if found is None or found["account"] != actor.name:
        raise NoPlan(number)
    drop_plan(connection, number)
    drop_review(connection, number)
    return Plan(tuple(Change(*one) for one in json.loads(found["changes"]))), str(found["origin"])
