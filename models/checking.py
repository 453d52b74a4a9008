"""What the form of one check shows: its items as they are for that site and month, by group, and what is put right.

The items are no secret (every surface of the table shows them), so they are read for whoever may read the check itself.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from models import rows as sqlrows
from models import words
from models.access import adds_rows, edits_field, edits_row, locked
from models.checklists import least_of, share, shares_of
from models.conditions import Condition
from models.judge import flow_fault
from models.kinds import NA, Value
from models.periods import applies_to, in_force, text_of
from models.query import Question, View
from models.schema import Row, Table
from models.words import _

MENDED = "rectifications"
SUFFIXES = {"supervision": "-S", "unannounced": "-U"}  # a month may have a check of each kind


@dataclass(frozen=True)
class Item:
    """One thing to look at. `choices` are (value, label, tone), tone being good, bad or na; none for number and text."""

    code: str
    group: str
    label: str
    basis: str
    kind: str
    unit: str
    least: float | None
    choices: Sequence[tuple[Value, str, str]]


@dataclass(frozen=True)
class Check:
    """A check with all that its form needs. `codes` are the items that the form shows."""

    row: Row
    site: Row
    items: Sequence[Item]
    open: frozenset[str]  # the items that whoever asks may fill in
    step: str | None  # where the status goes from here
    mends: Mapping[str, Row]  # item code -> what is being put right there
    mending: bool  # whether whoever asks may open such a row
    version: int

    @property
    def codes(self) -> frozenset[str]:
        return frozenset(item.code for item in self.items)


def check_of(view: View, row: Row) -> Check:
    """Ask for a check's form; the row is one that the reader sees."""
    catalog = view.query.catalog
    table = catalog["checklists"]
    site = view.find(catalog.tree, str(row["site"]))
    versions = sqlrows.read(
        view.connection,
        catalog["checklist_items"],
        sqlrows.select(catalog["checklist_items"]),
    )
    there = in_force(versions, text_of(row["month"])).values()
    mine = [one for one in there if applies_to(one, site.get("level"), site.get("network"))]
    mine.sort(key=lambda one: (one.get("position") is None, one.get("position") or 0, str(one["code"])))
    edits = edits_row(view.actor, table, row, view.reach) and not locked(table, row)
    return Check(
        row,
        site,
        [told_item(one, site.get("level")) for one in mine],
        frozenset(
            str(one["code"]) for one in mine if edits and edits_field(view.actor, table.by_name[str(one["code"])])
        ),
        next_step(view, table, row),
        mends_of(view, row),
        adds_rows(view.actor, catalog[MENDED]) and view.reach.holds(catalog[MENDED], row),
        view.version,
    )


def told_item(row: Row, level: Value) -> Item:
    """An item in the reader's language."""
    english = words.language.get() == "en"
    threshold = str(row.get("threshold") or "")
    return Item(
        str(row["code"]),
        str((english and row.get("group_en")) or row.get("group_zh") or _("其他")),
        str((english and row.get("label_en")) or row["label_zh"]),
        str(row.get("basis") or ""),
        str(row["kind"]),
        str(row.get("unit") or ""),
        least_of(threshold, level) if row["kind"] == "number" else None,
        choices_of(row, level),
    )


def choices_of(row: Row, level: Value) -> Sequence[tuple[Value, str, str]]:
    """What an item is answered with by a tap. A yes or no is good or not; what earns less than all of its weight is not."""
    if row["kind"] == "yesno":
        return ((True, _("合格"), "good"), (False, _("不合格"), "bad"), (NA, _("不适用"), "na"))
    if row["kind"] != "choice":
        return ()
    shares = shares_of(str(row.get("threshold") or ""))
    tones = ((label, label, "good" if share(row, label, level) == 1 else "bad") for label in shares)
    return (*tones, (NA, _("不适用"), "na"))


def next_step(view: View, table: Table, row: Row) -> str | None:
    """The next status that closes the row, where the reader may take it there."""
    flow, lock = table.about.flow, table.lock
    if flow is None or lock is None or not view.reach.holds(table, row):
        return None
    steps = list(flow.steps)
    now = row.get(flow.field)
    after = steps[steps.index(str(now)) + 1 :] if now in steps else steps
    closing = next((step for step in after if step in lock.locks), None)
    if closing is None or flow_fault(view.actor, flow, row, {**row, flow.field: closing}):
        return None
    return closing


def mends_of(view: View, check: Row) -> dict[str, Row]:
    """Item code -> the row that says how it is put right: the check's own, else one of the month."""
    table = view.query.catalog[MENDED]
    where = (Condition("site", "eq", (check["site"],)), Condition("checklist", "eq", (check["month"],)))
    found: dict[str, Row] = {}
    for row in view.page(table, Question(where)).rows:
        code = str(row.get("item") or "")
        own = row["number"] == number_of(check, code)
        if own or (code and code not in found and check.get("kind") == "monthly"):
            found[code] = row
    return found


def number_of(check: Row, code: str) -> str:
    """The number that the app gives a row of 整改: where, when, which item. The same fault twice is the same number."""
    return f"{check['site']}-{check['month']}-{code}{SUFFIXES.get(str(check.get('kind')), '')}"


def told_check(check: Check) -> dict[str, Any]:
    """A check as the browser lays it out."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for item in check.items:
        choices = [{"value": value, "label": label, "tone": tone} for value, label, tone in item.choices]
        groups.setdefault(item.group, []).append(
            {
                "code": item.code,
                "label": item.label,
                "basis": item.basis,
                "kind": item.kind,
                "unit": item.unit,
                "least": item.least,
                "choices": choices,
                "open": item.code in check.open,
                "number": number_of(check.row, item.code),
            }
        )
    kept = ("id", "number", "problem", "due_on", "responsible", "status")
    return {
        "row": check.row["id"],
        "site": check.row["site"],
        "month": check.row["month"],
        "status": check.row["status"],
        "step": check.step,
        "groups": [{"name": name, "items": items} for name, items in groups.items()],
        "values": {item.code: check.row.get(item.code) for item in check.items},
        "mends": {code: {name: row.get(name) for name in kept} for code, row in check.mends.items()},
        "mending": check.mending,
        "head": check.site.get("head"),
        "version": check.version,
    }
