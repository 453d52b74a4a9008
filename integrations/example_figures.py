"""Invented figures for the example's one filled county: a year of checks, both yearbooks, typed scores. Marked, seeded."""

import datetime
import random
from collections.abc import Iterator, Mapping, Sequence

from models.assessment import AssessmentScore
from models.changes import Change, birth
from models.checklists import least_of, shares_of
from models.kinds import Value
from models.periods import applies_to, latest
from models.rows import new_id
from models.schema import Row, Table

YEAR = 2025
MARK = "示例数据，由程序生成"
GOOD = 0.92  # how often an invented answer is as it should be

Templates = Mapping[str, Sequence[Row]]


def items_for(site: Row, rows: Sequence[Row]) -> list[Row]:
    """The template rows that have a meaning for a site."""
    return [row for row in latest(rows) if applies_to(row, site["level"], site["network"])]


def checks(table: Table, sites: Sequence[Row], items: Sequence[Row], chance: random.Random) -> Iterator[Change]:
    """Twelve confirmed monthly checks a branch and point."""
    blank = {one.name: one.default for one in table.stored if not one.in_json}
    for site in (site for site in sites if site["level"] in ("branch", "point")):
        own = items_for(site, items)
        for month in range(1, 13):
            found = {str(item["code"]): answer(item, site, chance) for item in own}
            day = datetime.date(YEAR, month, chance.randint(20, 28)).isoformat()
            head = {
                "site": site["code"],
                "month": f"{YEAR}-{month:02d}",
                "status": "confirmed",
                "checked_on": day,
                "inspector": "示例",
            }
            yield birth(table.name, {**blank, "id": new_id(), **head, **found})


def answer(item: Row, site: Row, chance: random.Random) -> Value:
    """One invented answer."""
    good, threshold = chance.random() < GOOD, str(item.get("threshold") or "")
    match item["kind"]:
        case "yesno":
            return good
        case "choice":
            shares = shares_of(threshold)
            return chance.choice([label for label, share in shares.items() if (share == 1) == good])
        case "number":
            least = least_of(threshold, site["level"]) or 1
            most = 100 if item.get("unit") == "%" else least * 1.5 + 1
            return float(chance.randint(int(least), int(most)) if good else chance.randint(0, max(0, int(least) - 1)))
        case _:
            return None if good else MARK


def books(table: Table, sites: Sequence[Row], rows: Sequence[Row], chance: random.Random) -> Iterator[Change]:
    """One signed book a site: figures of a plausible size, parts no larger than their totals."""
    blank = {one.name: one.default for one in table.stored if not one.in_json}
    typed = {one.name for one in table.stored if one.in_json}
    for site in (site for site in sites if site["level"] != "center"):
        found: dict[str, Value] = {}
        for item in (item for item in items_for(site, rows) if item["code"] in typed):
            bound = found.get(str(item.get("parent")))
            found[str(item["code"])] = figure(item, site, chance, bound if isinstance(bound, int | float) else None)
        head = {"site": site["code"], "year": YEAR, "status": "signed", "due_on": f"{YEAR + 1}-01-31"}
        yield birth(table.name, {**blank, "id": new_id(), **head, **found})


SIZES = {
    "人": 6,
    "人次": 2000,
    "次": 12,
    "场次": 12,
    "元": 40_000,
    "平方米": 120,
    "小时": 42,
    "天": 300,
    "%": 90,
    "册": 3000,
}
SCALE = {"main": 6, "branch": 2, "point": 1}


def figure(item: Row, site: Row, chance: random.Random, bound: float | None) -> int | float:
    """One invented figure, not above its parent's."""
    unit = str(item.get("unit") or "")
    most = SIZES.get(unit, 8) * (1 if unit in ("小时", "天", "%") else SCALE[str(site["level"])])
    value = chance.randint(most // 2, most)
    value = value if bound is None else min(value, int(bound) // 2)
    return value if item["kind"] == "int" else float(value)


def assessments(table: Table, sites: Sequence[Row]) -> Iterator[Change]:
    """One published assessment a site."""
    blank = {one.name: one.default for one in table.stored}
    for site in (site for site in sites if site["level"] != "center"):
        head = {"site": site["code"], "year": YEAR, "state": "published", "note": MARK}
        yield birth(table.name, {**blank, "id": new_id(), **head})


def scores(table: Table, sites: Sequence[Row], rows: Sequence[Row], chance: random.Random) -> Iterator[Change]:
    """Scores typed at each step, indicator by indicator."""
    blank = {one.name: one.default for one in table.stored}
    for site in (site for site in sites if site["level"] != "center"):
        for item in items_for(site, rows):
            full = float(item["max_score"])  # type: ignore[arg-type]
            given = [round(full * chance.choice((0.6, 0.7, 0.8, 0.9, 1.0)) * 2) / 2 for _step in range(2)]
            head = {"site": site["code"], "year": YEAR, "indicator": item["code"], "self": full}
            typed = {"reviewed": given[0], "decided": given[1], "reason": "示例" if given[0] != given[1] else None}
            yield birth(table.name, {**blank, "id": new_id(), **head, **typed})


def figures(
    tables: Mapping[str, Table], sites: Sequence[Row], templates: Templates, seed: int
) -> Iterator[list[Change]]:
    """The changes that fill one county, a list for each change set."""
    chance = random.Random(seed)
    yield list(checks(tables["checklists"], sites, templates["checklist_items"], chance))
    yield list(books(tables["service_yearbooks"], sites, templates["service_indicators"], chance))
    yield list(books(tables["asset_yearbooks"], sites, templates["asset_indicators"], chance))
    yield list(assessments(tables["assessments"], sites))
    yield list(scores(tables[str(AssessmentScore.__tablename__)], sites, templates["assessment_indicators"], chance))
