"""一馆一档: all that is known of one site in one reader's view, as values; the page and the print are laid out from it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from exports.scoring import NoIndicators, NotScored, sheets_of, template, units_of
from exports.worded import field_label, in_words, label_of, label_of_table, worded
from models.access import edits_row
from models.conditions import Condition, Sort
from models.history import Entry
from models.kinds import Value
from models.plaques import STATUSES as PLAQUE_STATUSES
from models.query import Question, View
from models.registry import LEVELS, NETWORKS, STATUSES
from models.schema import Field, Row, Table
from models.words import _

HEAD = frozenset({"code", "name", "network", "level", "status", "parent"})  # told in the head, or by name
# Section -> the field it begins with; what is declared after it belongs to it, new and custom fields too.
SECTIONS = {
    "code": "基本情况",
    "area_m2": "面积与人员",
    "county": "所在",
    "head": "负责人与联系",
    "population": "开放与服务",
    "extension": "其他",
}
BOOKS = ("service_yearbooks", "asset_yearbooks")
OVER = ("closed", "void")  # rectifications that wait for nobody
LATEST = 6  # activities and changes that are told


@dataclass(frozen=True)
class Fact:
    """A field that is filled in, in words; `short` where the rule asks for more."""

    label: str
    value: str
    short: bool = False


@dataclass(frozen=True)
class Section:
    """The facts of one group, and the labels of what is blank."""

    label: str
    facts: tuple[Fact, ...]
    blank: tuple[str, ...]


@dataclass(frozen=True)
class Kin:
    """A site above or below. `name` is "" where it is out of the reader's scope; `rate` is of the last month, or None."""

    code: str
    name: str = ""
    level: str = ""
    status: str = ""
    staffing: str = ""
    rate: float | None = None
    since: str = ""
    county: str = ""


@dataclass(frozen=True)
class Check:
    """One month's check; without an id the month has none."""

    month: str
    id: str = ""
    status: str = ""
    rate: float | None = None
    problems: int | None = None


@dataclass(frozen=True)
class Figure:
    """An indicator of a yearbook: this year's value and the year before's, in words."""

    code: str
    label: str
    value: str
    before: str
    core: bool = False


@dataclass(frozen=True)
class Book:
    """One yearbook; without an id the year has none."""

    table: str
    label: str
    id: str
    status: str
    figures: tuple[Figure, ...]

    def years(self, year: int) -> list[tuple[int, list[str]]]:
        """The years that have a figure, each with its values in order: the one before this one, and this one."""
        told = [(year - 1, [one.before for one in self.figures]), (year, [one.value for one in self.figures])]
        return [(of, values) for of, values in told if any(values)]


@dataclass(frozen=True)
class Score:
    """A year's score: "" where nothing counts yet."""

    total: float | None
    grade: str
    possible: float
    unscored: int


@dataclass(frozen=True)
class Ledger:
    """A year's activities: how many, for how many people, how many of each form; and the latest of them."""

    count: int
    persons: int
    forms: tuple[tuple[str, int], ...]
    latest: tuple[Mapping[str, Value], ...]


@dataclass(frozen=True)
class Dossier:
    """Everything of one site. `row` is its record as the reader sees it; `title` its full name, as on its plaque."""

    row: Row
    title: str
    network: str
    level: str
    status: str
    may_edit: bool
    year: int
    years: tuple[int, ...]
    parent: Kin | None
    parents: tuple[Kin, ...]
    children: tuple[Kin, ...]
    last_month: str
    sections: tuple[Section, ...]
    plaques: tuple[Mapping[str, Value], ...]
    checks: tuple[Check, ...]
    rectifications: tuple[Mapping[str, Value], ...]
    books: tuple[Book, ...]
    score: Score | None
    ledger: Ledger
    history: tuple[Entry, ...]

    @property
    def code(self) -> str:
        return str(self.row["code"])

    @property
    def name(self) -> str:
        return str(self.row["name"])

    @property
    def open_rectifications(self) -> list[Mapping[str, Value]]:
        return [one for one in self.rectifications if one.get("status") not in OVER]

    @property
    def since(self) -> str:
        """From when the site stands under its parent; "" where that is from the beginning."""
        now = [one for one in self.parents if self.parent and one.code == self.parent.code]
        return now[-1].since if now else ""


def dossier(view: View, code: str, today: str, year: int | None = None) -> Dossier:
    """What the reader may know of a site; `year` is the one wanted. Raises NoRow."""
    table = view.query.catalog.tree
    row = view.find(table, code)
    own = str(row["code"])
    years = years_of(view, own)
    shown = year or max((one for one in years if one <= int(today[:4])), default=int(today[:4]))
    checks = checks_of(view, own, shown)
    last = last_month(view, own, shown)
    names = view.look(table.name, frozenset(str(one) for one in (row.get("parent"),) if one))
    return Dossier(
        row=row,
        title=units_of(view, [row])[own][1],
        network=label_of(NETWORKS, row.get("network")),
        level=label_of(LEVELS, row.get("level")),
        status=label_of(STATUSES, row.get("status")),
        may_edit=edits_row(view.actor, table, row, view.reach),
        year=shown,
        years=tuple(sorted({*years, shown, int(today[:4])}, reverse=True)),
        parent=kin(view, str(row["parent"]), names) if row.get("parent") else None,
        parents=parents_of(view, own),
        children=children_of(view, own, last),
        last_month=last,
        sections=sections_of(table, row),
        plaques=tuple(told_plaque(one) for one in of_site(view, "plaques", own)),
        checks=checks,
        rectifications=mending(of_site(view, "rectifications", own)),
        books=tuple(book(view, name, own, shown) for name in BOOKS),
        score=score_of(view, own, shown),
        ledger=ledger_of(view, own, shown),
        history=tuple(view.history(table, str(row["id"]))),
    )


# ---------------------------------------------------------------- facts


def sections_of(table: Table, row: Row) -> tuple[Section, ...]:
    """The site's fields in groups, in the order of their declaration."""
    found: dict[str, list[Field]] = {}
    label = ""
    for one in table.fields:
        label = SECTIONS.get(one.name, label)
        if one.name not in HEAD:
            found.setdefault(label, []).append(one)
    return tuple(
        Section(
            _(label),
            tuple(fact(one, row) for one in some if row.get(one.name) is not None),
            tuple(field_label(one) for one in some if row.get(one.name) is None and one.stored),
        )
        for label, some in found.items()
    )


def fact(one: Field, row: Row) -> Fact:
    text = in_words(one, row.get(one.name))
    return Fact(field_label(one), text, one.derive is not None and text != "达标")


# ---------------------------------------------------------------- reading


def of_site(view: View, name: str, code: str, *more: Condition, sort: tuple[Sort, ...] = ()) -> list[dict[str, Value]]:
    """A table's rows of one site."""
    conditions = (Condition("site", "eq", (code,)), *more)
    return view.page(view.query.catalog[name], Question(conditions, sort)).rows


def years_of(view: View, code: str) -> set[int]:
    """The years of which there is something."""
    own = (Condition("site", "eq", (code,)),)
    fields = {"checklists": "month", "assessments": "year", "activities": "held_on", **dict.fromkeys(BOOKS, "year")}
    found = (view.tally(view.query.catalog[table], (name,), own) for table, name in fields.items())
    return {int(str(value)[:4]) for counts in found for (value,) in counts if value is not None}


def kin(view: View, code: str, rows: Mapping[str, Row]) -> Kin:
    """A site by its code; with its name where the reader may know it."""
    row = rows.get(code)
    if row is None or not view.holds(view.query.catalog.tree, row):
        return Kin(code)
    return Kin(code, str(row["name"]), label_of(LEVELS, row["level"]), label_of(STATUSES, row["status"]))


def parents_of(view: View, code: str) -> tuple[Kin, ...]:
    """Under whom the site has stood, the first first."""
    table = view.query.catalog["site_parents"]
    rows = sorted(
        view.page(table, Question((Condition("site", "eq", (code,)),))).rows, key=lambda row: row["since"] or ""
    )
    there = view.look(view.query.catalog.tree.name, frozenset(str(row["parent"]) for row in rows))
    found = []
    for row in rows:
        one = kin(view, str(row["parent"]), there)
        found.append(Kin(one.code, one.name, since=str(row["since"] or ""), county=str(row["county"] or "")))
    return tuple(found)


def last_month(view: View, code: str, year: int) -> str:
    """The last month of a year in which something below the site was checked; its last where nothing was."""
    asked = (
        Condition("site", "in", (code, *view.tree.children.get(code, ()))),
        Condition("month", "ge", (f"{year}-01",)),
        Condition("month", "le", (f"{year}-12",)),
        Condition("status", "ne", ("empty",)),
    )
    found = view.tally(view.query.catalog["checklists"], ("month",), asked)
    return max((str(month) for (month,) in found), default=f"{year}-12")


def children_of(view: View, code: str, month: str) -> tuple[Kin, ...]:
    """The sites right below that the reader may see, with the pass rate of a month's check."""
    tree, table = view.query.catalog.tree, view.query.catalog["checklists"]
    codes = view.tree.children.get(code, [])
    there = {key: dict(row) for key, row in view.look(tree.name, frozenset(codes)).items() if view.holds(tree, row)}
    view.paths().fill(tree, list(there.values()))
    asked = (Condition("site", "in", tuple(there)), Condition("month", "eq", (month,)), monthly())
    checks = view.page(table, Question(asked)).rows if there else []
    rates = {row["site"]: row.get("pass_rate") for row in checks}
    return tuple(
        Kin(
            key,
            str(there[key]["name"]),
            label_of(LEVELS, there[key]["level"]),
            label_of(STATUSES, there[key]["status"]),
            str(there[key].get("staffing") or ""),
            rates.get(key),  # type: ignore[arg-type]
        )
        for key in codes
        if key in there
    )


def monthly() -> Condition:
    return Condition("kind", "eq", ("monthly",))


def checks_of(view: View, code: str, year: int) -> tuple[Check, ...]:
    """The twelve months of a year."""
    table = view.query.catalog["checklists"]
    asked = (Condition("month", "ge", (f"{year}-01",)), Condition("month", "le", (f"{year}-12",)), monthly())
    there = {str(row["month"]): row for row in of_site(view, table.name, code, *asked)}
    found = []
    for month in (f"{year}-{number:02d}" for number in range(1, 13)):
        row = there.get(month)
        if row is None:
            found.append(Check(month))
            continue
        status = worded(table.by_name["status"].kind, row["status"])
        found.append(Check(month, str(row["id"]), status, row["pass_rate"], row["problems"]))  # type: ignore[arg-type]
    return tuple(found)


def told_plaque(row: Row) -> dict[str, Value]:
    return {**row, "status_label": label_of(PLAQUE_STATUSES, row.get("status"))}


def mending(rows: Sequence[dict[str, Value]]) -> tuple[Mapping[str, Value], ...]:
    """Rectifications: those that are open by their deadline, then the others, the last first."""
    waiting = sorted((row for row in rows if row["status"] not in OVER), key=lambda row: str(row["due_on"] or ""))
    rest = sorted(
        (row for row in rows if row["status"] in OVER), key=lambda row: str(row["due_on"] or ""), reverse=True
    )
    return (*waiting, *rest)


def book(view: View, name: str, code: str, year: int) -> Book:
    """One yearbook's figures, core indicators first."""
    table = view.query.catalog[name]
    rows = {row["year"]: row for row in of_site(view, name, code, Condition("year", "in", (year, year - 1)))}
    now, before = rows.get(year, {}), rows.get(year - 1, {})
    source = table.about.template.source if table.about.template else ""
    core = {str(row["code"]) for row in template(view, source, year) if row.get("core")} if source else set()
    declared = {"site", "year", "status", "status_reason", "due_on", "sent_on", "returns"}
    figures = [
        figure(one, now, before, one.name in core)
        for one in table.fields
        if one.name not in declared and (now.get(one.name) is not None or before.get(one.name) is not None)
    ]
    figures.sort(key=lambda one: not one.core)
    status = worded(table.by_name["status"].kind, now["status"]) if now.get("status") else ""
    return Book(name, label_of_table(table), str(now.get("id") or ""), status, tuple(figures))


def figure(one: Field, now: Row, before: Row, core: bool) -> Figure:
    code, _blank, label = field_label(one).partition(" ")
    if code != one.name:
        code, label = "", field_label(one)
    values = (worded(one.kind, row[one.name]) if row.get(one.name) is not None else "" for row in (now, before))
    return Figure(code, label, *values, core=core)


def score_of(view: View, code: str, year: int) -> Score | None:
    """The year's score; None where the site is not scored."""
    try:
        (sheet,) = sheets_of(view, year, [code])
    except (NoIndicators, NotScored):
        return None
    full = sum(one.full for one in sheet.form.indicators)
    return Score(sheet.total, sheet.grade, full, sheet.unscored)


def ledger_of(view: View, code: str, year: int) -> Ledger:
    """The year's activities."""
    table = view.query.catalog["activities"]
    span = (Condition("held_on", "ge", (f"{year}-01-01",)), Condition("held_on", "le", (f"{year}-12-31",)))
    asked = (Condition("site", "eq", (code,)), *span)
    counts = view.tally(table, ("form", "persons"), asked)
    forms: dict[str, int] = {}
    for (form, _persons), count in counts.items():
        label = worded(table.by_name["form"].kind, form) if form else _("未分类")
        forms[label] = forms.get(label, 0) + count
    latest = view.page(table, Question(asked, (Sort("held_on", down=True),)), limit=LATEST).rows
    return Ledger(
        sum(counts.values()),
        sum(int(persons or 0) * count for (_form, persons), count in counts.items()),  # type: ignore[arg-type]
        tuple(sorted(forms.items(), key=lambda pair: -pair[1])),
        tuple(latest),
    )
