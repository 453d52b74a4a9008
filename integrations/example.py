"""The Kunming example: the real places by the app's own import, a plaque each, and generated activities for one county.

What is invented is marked 示例 in the row itself, comes from a fixed seed, and is the same every time.
"""

import datetime
import random
from collections.abc import Iterator, Sequence

from integrations.defaults import SHIPPED, TEMPLATES
from integrations.example_figures import figures
from integrations.intake import plan_file
from models.access import CLI
from models.changes import Change, Plan, birth
from models.kinds import Value
from models.rows import new_id
from models.schema import Row, Table
from models.services import Services
from models.store import Refused

COUNTY = "官渡区"
YEARS = (2025, 2026)
MARK = "示例"
SEED = 2020_01

TITLES = {
    "event": ("广场舞展演", "花灯演唱会", "群众合唱专场", "滇剧票友会", "中秋文艺晚会", "新春游园会"),
    "class": ("书法培训班", "声乐公益课", "手机摄影班", "少儿绘画班", "太极拳辅导", "非遗剪纸班"),
    "exhibition": ("美术书法摄影联展", "老照片展", "非遗图片展"),
    "lecture": ("国学讲座", "健康生活讲座", "家风家训讲座"),
    "reading": ("亲子共读会", "全民阅读分享会", "红色经典诵读"),
}
PLACES = ("多功能厅", "文化广场", "排练室", "图书阅览室", "社区活动室")


def make_example(parts: Services) -> None:
    """Fill an empty installation. Raises Refused if what is shipped does not fit."""
    for name, file in (("targets", "targets.csv"), ("sites", "kunming_sites.csv")):
        table = parts.catalog[name]
        plan, _changeset = plan_file(parts, CLI, table, SHIPPED / file).apply(parts.store, CLI)
        if plan.errors:
            raise Refused(list(plan.errors))
    with parts.database.read() as connection:
        view = parts.query.view(connection, CLI)
        sites = view.page(parts.catalog.tree).rows
    served = [site for site in sites if site["level"] in ("branch", "point")]
    parts.store.apply(Plan(tuple(first_plaques(parts.catalog["plaques"], served))), CLI, "example")
    own = [site for site in served if site["county"] == COUNTY]
    parts.store.apply(Plan(tuple(activities(parts.catalog["activities"], own))), CLI, "example")
    with parts.database.read() as connection:
        view = parts.query.view(connection, CLI)
        county = [site for site in sites if site["county"] == COUNTY]
        templates = {name: in_order(view.page(parts.catalog[name]).rows) for name in TEMPLATES}
    for changes in figures(parts.catalog.by_name, county, templates, SEED):
        parts.store.apply(Plan(tuple(changes)), CLI, "example")


def in_order(rows: Sequence[Row]) -> list[Row]:
    """Template rows in the order of their items."""
    return sorted(rows, key=lambda row: row.get("position") or 0)


def first_plaques(table: Table, sites: Sequence[Row]) -> Iterator[Change]:
    """One plaque for every culture branch and point."""
    defaults = {one.name: one.default for one in table.stored}
    for site in sites:
        if site["network"] == "culture":
            yield birth(table.name, {**defaults, "id": new_id(), "site": site["code"]})


def activities(table: Table, sites: Sequence[Row]) -> Iterator[Change]:
    """A ledger for two years: a dozen events a year for a branch, three for a point."""
    chance = random.Random(SEED)
    for site in sites:
        for year in YEARS:
            for month in range(1, 13) if site["level"] == "branch" else sorted(chance.sample(range(1, 13), 3)):
                yield birth(table.name, {"id": new_id(), "site": site["code"], **event(chance, year, month)})


def event(chance: random.Random, year: int, month: int) -> dict[str, Value]:
    """One invented event."""
    form = chance.choice(list(TITLES))
    starts = chance.choice((9, 14, 15, 19))
    return {
        "held_on": datetime.date(year, month, chance.randint(1, 28)).isoformat(),
        "title": f"{MARK}：{chance.choice(TITLES[form])}",
        "form": form,
        "persons": chance.randint(2, 40) * 10,
        "volunteers": chance.randint(0, 12),
        "starts": f"{starts:02d}:30",
        "ends": f"{starts + 2:02d}:00",
        "place": chance.choice(PLACES),
        "mobile": chance.random() < 0.15,
        "online": chance.random() < 0.1,
        "special_group": chance.random() < 0.2,
        "stage_car": False,
        "note": f"{MARK}数据，由程序生成",
    }
