"""The preview of an import, 2,000 sites of 20 columns: ours beside django-import-export's dry run of the same rows.

From parsed rows to the plan, both warm and with the same records there already: half of the file's rows change one cell.
Reading the file is another matter, and printed apart.
"""

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import django
import tablib
import xlsxwriter
from django.conf import settings as django_settings

from integrations.intake import plan_rows
from integrations.reading import read
from models.access import CLI
from models.intake import Incoming
from models.services import Services, make_installation
from models.settings import settings

SITES, ROUNDS, MOST = 2_000, 9, 1 / 10
COLUMNS = (
    "code", "name", "network", "level", "parent", "host", "operation", "status", "area_m2", "weekly_hours",
    "staff_established", "staff_public_welfare", "county", "township", "village", "head", "address", "population",
    "opened_on", "note",
)  # fmt: skip
NUMBERS = {"area_m2": "FloatField", "weekly_hours": "FloatField"}
NUMBERS |= dict.fromkeys(("staff_established", "staff_public_welfare", "population"), "IntegerField")
TIMED = "ours", "theirs"

Row = dict[str, Any]


def site(number: int) -> Row:
    """One site's values: a main hall, its branches, forty points below each."""
    level = "main" if number == 0 else "branch" if number % 40 == 1 else "point"
    parent = {"main": "zx", "branch": "wh0000"}.get(level, f"wh{number - (number - 1) % 40:04d}")
    return dict(
        zip(
            COLUMNS,
            (
                f"wh{number:04d}", f"第 {number} 综合文化服务中心", "culture", level, parent, "government", "own", "open",
                120.5 + number % 90, 56.0, number % 5, number % 3, "官渡区", f"第{number // 40}街道", f"第{number}社区",
                f"负责人{number}", f"官渡区关上路 {number} 号", 1_000 + number, f"2021-{number % 12 + 1:02d}-15", "示例",
            ),
            strict=True,
        )
    )  # fmt: skip


def changed(row: Row, number: int) -> Row:
    """The row as the file has it: every other one with a larger area."""
    return {**row, "area_m2": row["area_m2"] + 10} if number % 2 else row


def installation(folder: Path, rows: list[Row]) -> Services:
    """A database of ours that holds the sites."""
    parts = make_installation(settings({"ZONGFEN_DATA": str(folder)}))
    center: Row = {**dict.fromkeys(COLUMNS), "code": "zx", "name": "昆明市文化馆", "network": "culture"}
    center |= {"level": "center", "status": "open"}
    table = parts.catalog["sites"]
    incoming = Incoming(tuple(enumerate([center, *rows], 2)), COLUMNS)
    with parts.database.read() as connection:
        plan = plan_rows(parts.query.view(connection, CLI), table, incoming)
    plan.apply(parts.store, CLI)
    return parts


def ours(parts: Services, rows: list[Row]) -> Callable[[], int]:
    """The preview as the app makes it; returns how many rows it would change."""
    table, incoming = parts.catalog["sites"], Incoming(tuple(enumerate(rows, 2)), COLUMNS)

    def preview() -> int:
        with parts.database.read() as connection:
            return plan_rows(parts.query.view(connection, CLI), table, incoming).counts.updated

    return preview


def theirs(there: list[Row], rows: list[Row]) -> Callable[[], int]:
    """The dry run of a ModelResource over the same 20 fields, its database in memory."""
    django_settings.configure(
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
        INSTALLED_APPS=["django.contrib.contenttypes", "import_export"],
        USE_TZ=True,
    )
    django.setup()
    from django.db import connection, models
    from import_export import resources

    kinds: dict[str, models.Field] = {name: getattr(models, kind)(null=True) for name, kind in NUMBERS.items()}
    kinds |= {"opened_on": models.DateField(null=True), "code": models.CharField(max_length=40, unique=True)}
    texts = {name: models.CharField(max_length=200, blank=True) for name in COLUMNS if name not in kinds}
    meta = type("Meta", (), {"app_label": "import_export"})  # it has to be an app that is installed
    model = type("Site", (models.Model,), {"__module__": __name__, "Meta": meta, **kinds, **texts})
    with connection.schema_editor() as editor:
        editor.create_model(model)
    model.objects.bulk_create([model(**row) for row in there])
    options = {"model": model, "import_id_fields": ("code",), "fields": COLUMNS}
    resource = type("SiteResource", (resources.ModelResource,), {"Meta": type("Meta", (), options)})()
    data = tablib.Dataset(*(tuple(row.values()) for row in rows), headers=COLUMNS)

    def preview() -> int:
        return int(resource.import_data(data, dry_run=True, raise_errors=True).totals["update"])

    return preview


def written(path: Path, rows: list[Row]) -> Path:
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("馆点")
        for number, row in enumerate([COLUMNS, *(tuple(row.values()) for row in rows)]):
            sheet.write_row(number, 0, row)
    return path


def timed(act: Callable[[], Any]) -> float:
    """Milliseconds."""
    start = time.perf_counter()
    act()
    return (time.perf_counter() - start) * 1000


def main() -> bool:
    """Print the figures; whether ours takes at most a tenth."""
    there = [site(number) for number in range(SITES)]
    rows = [changed(row, number) for number, row in enumerate(there)]
    with tempfile.TemporaryDirectory() as folder:
        parts = installation(Path(folder), there)
        acts = dict(zip(TIMED, (ours(parts, rows), theirs(there, rows)), strict=True))
        assert acts["ours"]() == SITES // 2
        assert acts["theirs"]() == SITES
        times: dict[str, list[float]] = {name: [] for name in acts}
        for _round in range(ROUNDS):
            for name, act in acts.items():
                times[name].append(timed(act))
        path = written(Path(folder) / "sites.xlsx", rows)
        reading = statistics.median(timed(lambda: read(path, parts.catalog["sites"].find)) for _round in range(5))
        parts.database.close()
    mine, other = (statistics.median(times[name]) for name in TIMED)
    print(
        f"import preview: ours {mine:.0f} ms, django-import-export {other:.0f} ms, {mine / other:.3f} of it; at most {MOST:g}"
    )
    print(f"  reading the file before it, ours, in a child process: {reading:.0f} ms")
    return mine <= other * MOST


if __name__ == "__main__":
    raise SystemExit(not main())
