"""A city where every text is a secret: each text of each row holds a token that stands nowhere else, and tells its place.

«C530111001/note» is the note of that site's own row; «官渡区/plaque_orders.supplier» belongs to a county. Codes, parents
and the short names of counties are structure, not text.
"""

import re
from collections.abc import Mapping

from integrations import books
from integrations.books import Book
from integrations.sides import Conflict, SheetProblem
from models.access import CLI, Actor
from models.changes import Plan, death, stored_values
from models.history import stamp
from models.kinds import Text, Value
from models.schema import Table
from models.services import Services
from tests.world import CITY, COUNTIES, add, edit, new_row, phone, row

GUANDU, XISHAN = COUNTIES
# code, parent, level, county; the school's branch and the center's own branch bear names of other sites on their plaques
SITES = (
    ("C5301", None, "center", None),
    ("C5301001", "C5301", "branch", GUANDU),
    ("C530111", "C5301", "main", GUANDU),
    ("C530111001", "C530111", "branch", GUANDU),
    ("C530111001001", "C530111001", "point", GUANDU),
    ("C530111003", "C530111", "branch", GUANDU),
    ("C530111003001", "C530111003", "point", GUANDU),
    ("C530112", "C5301", "main", XISHAN),
    ("C530112001", "C530112", "branch", XISHAN),
    ("C530112001001", "C530112001", "point", XISHAN),
    ("L5301", None, "center", None),
    ("L530111", "L5301", "main", GUANDU),
    ("L530111001", "L530111", "branch", GUANDU),
    ("L530111001001", "L530111001", "point", GUANDU),
    ("L530112", "L5301", "main", XISHAN),
    ("L530112001", "L530112", "branch", XISHAN),
    ("L530112001001", "L530112001", "point", XISHAN),
)
CODES = tuple(code for code, *_rest in SITES)
SCHOOL = "C530111003"
PLACES = (*CODES, *COUNTIES, CITY)
OF_THE_TREE = ("C5301", "C5301001", "C530111", "C530111001", "C530111001001", SCHOOL, "C530111003001")

# Who may come, and the places whose rows they may read: told by hand, by DESIGN §7.
READERS: dict[str, tuple[Actor, set[str]]] = {
    "admin": (Actor("admin", "admin"), set(PLACES)),
    "city bureau": (Actor("bureau", "bureau"), set(PLACES)),
    "county bureau": (
        Actor("guandu", "bureau", county=GUANDU),
        {*OF_THE_TREE[1:], "L530111", "L530111001", "L530111001001", GUANDU},
    ),
    "center": (
        Actor("center", "center", site="C5301"),
        {*OF_THE_TREE, "C530112", "C530112001", "C530112001001"},
    ),
    "library's center": (
        Actor("lcenter", "center", site="L5301"),
        {code for code in CODES if code.startswith("L")},
    ),
    "main": (Actor("main", "main", site="C530111"), {*OF_THE_TREE[2:], GUANDU}),
    "branch": (Actor("branch", "branch", site="C530111001"), {"C530111001", "C530111001001"}),
    "center's own branch": (Actor("own", "branch", site="C5301001"), {"C5301001"}),
    "point": (Actor("point", "point", site="C530111001001"), {"C530111001001"}),
    "school's point": (Actor("pupil", "point", site="C530111003001"), {"C530111003001"}),
    "library's main": (
        Actor("lmain", "main", site="L530112"),
        {"L530112", "L530112001", "L530112001001", XISHAN},
    ),
    "city reader": (Actor("reader", "reader"), set(PLACES)),
    "county reader": (
        Actor("reader2", "reader", county=XISHAN),
        {"C530112", "C530112001", "C530112001001", "L530112", "L530112001", "L530112001001", XISHAN},
    ),
    "site reader": (Actor("reader3", "reader", site="C530111001"), {"C530111001", "C530111001001"}),
    "assessor": (Actor("assessor", "assessor"), set()),
    "nobody's branch": (Actor("lost", "branch", site="C999"), set()),
}
# Who may edit a place's rows reads its phone numbers in full: a center those of its own rows alone.
NUMBERS = {name: places for name, (actor, places) in READERS.items() if actor.role not in ("center", "reader")}
NUMBERS |= {"center": {"C5301"}, "library's center": {"L5301"}}

# CONTRACT §3: what hangs at a door may bear another site's name, and then whoever reads the plaque reads that name. A
# point's wording begins with its branch's, where a school's branch has its name in place of the township; a center's own
# branch begins with the center's. No other text of a parent is part of a wording: county and township are the site's own.
ON_PLAQUES = {"C530111003001": f"{SCHOOL}/name", "C5301001": "C5301/name"}

_TOKEN = re.compile(r"«([^«»/<&]+)/([^«»<&]+)»")  # no markup in it: a page has arrows of the same signs


def token(place: str, name: str) -> str:
    return f"«{place}/{name}»"


def leaked(text: str, name: str) -> set[str]:
    """The tokens and phone numbers in a text that this reader may not read."""
    _actor, places = READERS[name]
    on_plaques = {told for code, told in ON_PLAQUES.items() if code in places}
    found = {f"{place}/{what}" for place, what in _TOKEN.findall(text) if place not in places}
    mine = NUMBERS.get(name, set())
    numbers = {f"{place}'s number" for place in PLACES if place not in mine and phone(place) in text}
    return (found - on_plaques) | numbers


def tokens(text: str) -> set[tuple[str, str]]:
    return set(_TOKEN.findall(text))


# ---------------------------------------------------------------- building it


def filled(table: Table, row_id: str, place: str, values: Mapping[str, Value]) -> dict[str, Value]:
    """A row whose every text is a token of its place."""
    prefix = "" if table.is_tree else f"{table.name}."
    texts = {
        one.name: phone(place) if one.sensitive else token(place, prefix + one.name)
        for one in table.stored
        if isinstance(one.kind, Text) and not one.key and one.kind.max >= 40 and one.name != table.about.county
    }
    return new_row(table, row_id, {**texts, **values})


def build(parts: Services) -> None:
    """Sites of two counties and two networks, what hangs on them, what was changed and deleted, what waits in workbooks."""
    catalog = parts.catalog
    add(parts, "sites", *(site(catalog["sites"], *one) for one in SITES))
    plaques = (filled(catalog["plaques"], f"p{one}", one, {"site": one, "wording_fixed": None}) for one in CODES)
    add(parts, "plaques", *plaques)
    for prefix in "ax":
        events = ({"site": one, "held_on": "2026-03-05", "co_hosts": list(CODES)} for one in CODES)
        add(
            parts,
            "activities",
            *(filled(catalog["activities"], f"{prefix}{one['site']}", one["site"], one) for one in events),
        )
    counts = {"main_halls": 1, "branches": 2, "points": 2}
    add(parts, "targets", *(filled(catalog["targets"], f"t{one}", one, {"county": one, **counts}) for one in COUNTIES))
    orders = [(one, {"number": f"N{number}", "county": one}) for number, one in enumerate(COUNTIES)]
    orders.append((CITY, {"number": "N9", "county": None}))
    add(parts, "plaque_orders", *(filled(catalog["plaque_orders"], f"o{one}", one, told) for one, told in orders))
    for table in ledgers(parts):
        add(parts, table.name, *(entry(table, code) for code in CODES))
    for code in CODES:
        edit(parts, "sites", f"s{code}", "deputy", token(code, "deputy"), token(code, "second deputy"))
        dead = row(parts, "activities", f"x{code}")
        parts.store.apply(Plan((death("activities", stored_values(catalog["activities"], dead)),)), CLI, "ui")
    put_matters(parts)


BY_HAND = ("sites", "site_parents", "plaques", "activities")
VALUES = {
    "date": "2026-03-05",
    "month": "2026-03",
    "year": 2026,
    "int": 1,
    "decimal": 1.0,
}  # of a required field, by kind


def ledgers(parts: Services) -> list[Table]:
    """The tables of what a site owns, beside those that are filled by hand: a new one is among them by itself."""
    return [table for table in parts.catalog if table.owner and table.name not in BY_HAND]


def entry(table: Table, code: str) -> dict[str, Value]:
    """A site's row of such a table, its id made of both names."""
    values: dict[str, Value] = {}
    for one in table.stored:
        if one.name == table.owner:
            values[one.name] = code
        elif one.key and isinstance(one.kind, Text):
            values[one.name] = f"{table.name[:3]}{code}" if len(table.key) == 1 else "K1101"
        elif one.required and one.kind.name in VALUES:
            values[one.name] = VALUES[one.kind.name]
    return filled(table, f"{table.name}-{code}", code, values)


def site(table: Table, code: str, parent: str | None, level: str, county: str | None) -> dict[str, Value]:
    network = "culture" if code.startswith("C") else "library"
    facts = {"code": code, "parent": parent, "level": level, "county": county, "network": network, "status": "open"}
    host = "school" if code == SCHOOL else "government"
    return filled(table, f"s{code}", code, {**facts, "host": host})


def put_matters(parts: Services) -> None:
    """A workbook of each hall and branch; in it a conflict, a problem and a proposed deletion of each of its sites."""
    now = stamp(parts.store.clock())
    with parts.database.write() as connection:
        for book in (code for code, _parent, level, _county in SITES if level in ("branch", "main")):
            mine = [
                code for code, parent, level, _county in SITES if code == book or (parent == book and level == "point")
            ]
            name, reason, place = (token(book, what) for what in ("book", "reason", "place"))
            told = {"cycled_at": now, "cells_in": 1, "mark": "", "place": f"{place}.xlsx"}
            books.keep_book(connection, Book(book, name, state=books.STOPPED, reason=reason, **told))
            found = [(Conflict("cell", f"s{one}", "note", *(token(one, side) for side in "bas")), one) for one in mine]
            books.set_conflicts(connection, book, "sites", found, now)
            wrong = [
                (SheetProblem(2, f"s{one}", "head", token(one, "typed"), token(one, "why"), "B2"), one) for one in mine
            ]
            books.set_problems(connection, book, "sites", wrong, now)
            gone = {f"a{one}": (token(one, "gone"), one) for one in mine}
            books.set_proposals(connection, book, "activities", gone, now)
