"""Who may read, edit, add and delete what; what must be masked; what is locked. Pure, and denies by default.

Scope is applied where rows are read (query) and where plans are applied (store), never in pages.
"""

import re
from dataclasses import dataclass
from typing import Literal, get_args

from models.kinds import Value
from models.schema import Field, Row, Table
from models.tree import Tree

Role = Literal["admin", "bureau", "center", "main", "branch", "point", "assessor", "reader"]
ROLES: tuple[Role, ...] = get_args(Role)

_MASKED = re.compile(r"[*＊]{3,}")


@dataclass(frozen=True)
class Actor:
    """Who acts: an account, or one of the app's own."""

    name: str
    role: Role
    site: str | None = None
    county: str | None = None

    @property
    def all_seeing(self) -> bool:
        """Whether the whole city is in scope: admins, the city's bureau, a reader without a place."""
        return self.role == "admin" or (self.role in ("bureau", "reader") and self.site is None and self.county is None)


CLI = Actor("cli", "admin")
SYNC = Actor("sync", "admin")


@dataclass(frozen=True)
class Scope:
    """What an actor may read: sites by code and counties by name. None is everything."""

    sites: frozenset[str] | None
    counties: frozenset[str] | None

    def holds(self, table: Table, row: Row) -> bool:
        """Whether the row is in scope. A row that belongs to no site and no county is the whole city's alone."""
        if self.sites is None:
            return True
        if table.owner:
            return row.get(table.owner) in self.sites
        return bool(table.about.county) and self.counties is not None and row.get(table.about.county) in self.counties


EVERYTHING = Scope(None, None)


def scope(actor: Actor, tree: Tree) -> Scope:
    """What this actor may read today."""
    if actor.all_seeing:
        return EVERYTHING
    if actor.role in ("bureau", "reader") and actor.county:
        return Scope(frozenset(tree.in_county(actor.county)), frozenset({actor.county}))
    if actor.role in ("center", "main", "branch", "point", "reader") and actor.site:
        sites = [actor.site] if actor.role == "point" and actor.site in tree.nodes else tree.subtree(actor.site)
        node = tree.nodes.get(actor.site)
        counties = {node.county} if node and node.county and actor.role == "main" else set()
        return Scope(frozenset(sites), frozenset(counties))
    return Scope(frozenset(), frozenset())  # an assessor reads what it was assigned; without an assignment, nothing


def edits_table(actor: Actor, table: Table) -> bool:
    """Whether the actor edits rows of this table at all. A main hall edits what hangs on a site; its targets are set above."""
    if actor.role in ("admin", "bureau"):
        return True
    if actor.role == "main":
        return table.owner is not None
    return actor.role in ("center", "branch", "point") and table.about.tab is not None


def edits_field(actor: Actor, one: Field) -> bool:
    """Whether the actor edits this field where the row is theirs. Branches edit what their workbook lets them edit."""
    if one.editable == "none":
        return False
    return actor.role in ("admin", "bureau", "main") or (edits_own(actor) and one.editable == "both")


def edits_own(actor: Actor) -> bool:
    """Whether the actor fills in its own figures."""
    return actor.role in ("center", "branch", "point")


def edits_row(actor: Actor, table: Table, row: Row, reach: Scope) -> bool:
    """Whether the row is the actor's to edit. A center reads its network and edits its own."""
    if not edits_table(actor, table) or not reach.holds(table, row):
        return False
    return actor.role != "center" or row.get(table.owner or "") == actor.site


def adds_rows(actor: Actor, table: Table) -> bool:
    """Whether the actor may add and delete rows: those of a table that the app opens are the hall's to add."""
    return edits_table(actor, table) and not (edits_own(actor) and table.about.opened_by_app)


def takes_steps(actor: Actor, table: Table) -> bool:
    """Whether the actor has a part in how rows of this table move on, whoever fills in the rest."""
    return table.about.flow is not None and any(actor.role in who for who in table.about.flow.steps.values())


def locked(table: Table, row: Row) -> bool:
    """Whether the row's state has closed it."""
    return table.lock is not None and row.get(table.lock.name) in table.lock.locks


def mask(value: Value) -> Value:
    """A phone number for those who may not edit the row: 13812345678 -> 138****5678."""
    text = str(value) if value is not None else ""
    if not text:
        return None
    return f"{text[:3]}****{text[-4:]}" if len(text) >= 9 else "****"


def is_masked(value: Value) -> bool:
    """Whether a text is what `mask` made: it is never taken in."""
    return isinstance(value, str) and bool(_MASKED.search(value))
