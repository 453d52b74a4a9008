"""What a score sheet says: indicators, scores, total and grade of one site's year; and the sheets that a reader may have."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property, lru_cache

from exports.typefaces import Typefaces
from models import rows as sqlrows
from models.changes import Problem
from models.checklists import half_up
from models.conditions import Condition
from models.faults import Fault
from models.kinds import Value
from models.periods import applies_to, in_force
from models.plaques import WORDING_INPUTS, wording
from models.query import NoRow, Question, View
from models.registry import LEVELS
from models.schema import Row
from models.words import _

STEPS = ("self", "computed", "reviewed", "decided")  # as they stand on the sheet
COUNTS = ("decided", "reviewed", "computed")  # the score is the first of these that is there


class NoIndicators(Fault):
    """A year in which nothing is scored."""

    def __init__(self, year: int) -> None:
        super().__init__(_("{year} 年没有评估指标").format(year=year))


class NotScored(Fault):
    """A center: it decides, and is not scored."""

    def __init__(self, code: str) -> None:
        super().__init__(_("{code} 是中心馆，不评分").format(code=code))


@dataclass(frozen=True)
class Indicator:
    """A line of the form."""

    code: str
    dimension: str
    label: str
    full: float
    basis: str


@dataclass(frozen=True)
class Grade:
    """A band of totals: its lower bound is in it, its upper is not."""

    code: str
    label: str
    least: float | None
    below: float | None

    def holds(self, total: float) -> bool:
        return (self.least is None or total >= self.least) and (self.below is None or total < self.below)

    def told(self) -> str:
        """90 分以上优秀, 不满 60 分不合格."""
        if not self.least and self.below is not None:
            return _("不满 {below} 分{label}").format(below=plain(self.below), label=self.label)
        return _("{least} 分以上{label}").format(least=plain(self.least or 0), label=self.label)


@dataclass(frozen=True)
class Form:
    """What is scored, and how a total is graded: the same for every site of one level and network."""

    indicators: tuple[Indicator, ...]
    grades: tuple[Grade, ...]  # best first
    vetoes: tuple[tuple[str, str], ...]  # (code, label)

    @cached_property
    def dimensions(self) -> Mapping[str, list[Indicator]]:
        """Dimension -> its indicators, in the order of the form."""
        found: dict[str, list[Indicator]] = {}
        for one in self.indicators:
            found.setdefault(one.dimension, []).append(one)
        return found

    @cached_property
    def ordered(self) -> list[Indicator]:
        return [one for some in self.dimensions.values() for one in some]


@dataclass(frozen=True)
class Sheet:
    """One site's year. `scores` is indicator -> step -> score; `vetoes` are the codes laid on the site."""

    hall: str
    unit: str
    name: str
    code: str
    level: str
    year: int
    form: Form
    depth: int = 0
    scores: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)
    vetoes: tuple[str, ...] = ()
    blank: bool = False

    @property
    def title(self) -> str:
        return f"{self.code} {self.unit}"

    def step(self, indicator: Indicator, step: str) -> float | None:
        """The score of one step."""
        value = self.scores.get(indicator.code, {}).get(step)
        return float(value) if isinstance(value, int | float) else None

    def score(self, indicator: Indicator) -> float | None:
        """What counts: decided, else reviewed, else computed; a self score never does alone."""
        return next((value for step in COUNTS if (value := self.step(indicator, step)) is not None), None)

    @cached_property
    def total(self) -> float | None:
        return added(self.score(one) for one in self.form.indicators)

    @cached_property
    def self_total(self) -> float | None:
        return added(self.step(one, "self") for one in self.form.indicators)

    @cached_property
    def unscored(self) -> int:
        """How many indicators have no score that counts."""
        return sum(self.score(one) is None for one in self.form.indicators)

    @property
    def grade(self) -> str:
        """The grade of the total, "" without one; a veto makes it 不合格 whatever the total."""
        if self.vetoes:
            return next((one.label for one in self.form.grades if one.code == "fail"), _("不合格"))
        holding = (one.label for one in self.form.grades if self.total is not None and one.holds(self.total))
        return next(holding, "")


@lru_cache(maxsize=10_000)  # scores are few, sheets many
def rounded(value: float) -> float:
    """Half up to 2 decimals, as people round."""
    return half_up(Decimal(repr(value)))


def added(values: Iterable[float | None]) -> float | None:
    """The sum of the scores, each rounded; None where there is none."""
    there = [Decimal(repr(rounded(value))) for value in values if value is not None]
    return float(sum(there, Decimal(0))) if there else None


def points(value: float | None) -> str:
    """A score: 2.50."""
    return "" if value is None else f"{rounded(value):.2f}"


def plain(value: float) -> str:
    """Full marks: 3, 2.5."""
    return f"{value:g}"


def grades_told(form: Form) -> str:
    """等次：90 分以上优秀，…"""
    bands = _("，").join(one.told() for one in form.grades)
    return _("等次：{bands}；有否决项的不合格。").format(bands=bands) if bands else ""


def missing(sheets: Sequence[Sheet], faces: Typefaces) -> list[Problem]:
    """The texts with characters that no font has, each once."""
    found = {}
    told = [*(text for form in dict.fromkeys(sheet.form for sheet in sheets) for text in form_texts(form))]
    told += [("sites", sheet.code, name, getattr(sheet, name)) for sheet in sheets for name in ("hall", "unit", "name")]
    for table, row, name, text in told:
        if lacking := faces.missing(text):
            message = _("字体里没有“{signs}”").format(signs="".join(sorted(lacking)))
            found[table, row, text] = Problem(table, row, name, text, message)
    return list(found.values())


def form_texts(form: Form) -> Iterator[tuple[str, str, str, str]]:
    """(table, row, field, text) of what stands on a form and comes from the records."""
    for one in form.indicators:
        for name, text in (("dimension", one.dimension), ("label_zh", one.label), ("evidence", one.basis)):
            yield "assessment_indicators", one.code, name, text
    for code, label in form.vetoes:
        yield "assessment_vetoes", code, "label_zh", label
    for grade in form.grades:
        yield "assessment_grades", grade.code, "label_zh", grade.label


# ---------------------------------------------------------------- from the records


def template(view: View, name: str, year: int) -> list[Row]:
    """A template's rows in force in a year, in their order, whoever asks: what is scored is no secret of a place."""
    table = view.query.catalog[name]
    found = in_force(sqlrows.read(view.connection, table, sqlrows.select(table)), str(year)).values()
    return sorted(found, key=lambda row: (row["position"] is None, row["position"], row["code"]))


@dataclass(frozen=True)
class Forms:
    """The forms of a year: one a level and network."""

    indicators: Sequence[Row]
    grades: tuple[Grade, ...]
    vetoes: tuple[tuple[str, str], ...]
    made: dict[tuple[str, str], Form] = field(default_factory=dict)

    @staticmethod
    def of(view: View, year: int) -> "Forms":
        """Raises NoIndicators."""
        indicators = template(view, "assessment_indicators", year)
        if not indicators:
            raise NoIndicators(year)
        grades = (
            Grade(str(row["code"]), str(row["label_zh"]), row["min"], row["max"])  # type: ignore[arg-type]
            for row in template(view, "assessment_grades", year)
        )
        vetoes = tuple((str(row["code"]), str(row["label_zh"])) for row in template(view, "assessment_vetoes", year))
        return Forms(indicators, tuple(sorted(grades, key=lambda one: -(one.least or 0))), vetoes)

    def form(self, level: str, network: str) -> Form:
        """What applies to sites of a level and network."""
        if (level, network) not in self.made:
            there = tuple(
                Indicator(
                    str(row["code"]),
                    str(row["dimension"]),
                    str(row["label_zh"]),
                    float(row["max_score"]),  # type: ignore[arg-type]
                    str(row["evidence"] or ""),
                )
                for row in self.indicators
                if applies_to(row, level, network)
            )
            self.made[level, network] = Form(there, self.grades, self.vetoes)
        return self.made[level, network]


def chosen(view: View, codes: Iterable[str]) -> list[str]:
    """The sites to print in tree order: these, or all but the centers. Raises NoRow, NotScored."""
    wanted = set(codes)
    for code in wanted:
        if code not in view.tree.nodes or not view.reach.holds(view.query.catalog.tree, {"code": code}):
            raise NoRow(view.query.catalog.tree, code)
        if view.tree.nodes[code].level == "center":
            raise NotScored(code)
    there = (code for code in view.tree.order if not wanted or code in wanted)
    in_reach = (code for code in there if view.reach.holds(view.query.catalog.tree, {"code": code}))
    return [code for code in in_reach if view.tree.nodes[code].level != "center"]


def sheets_of(view: View, year: int, codes: Iterable[str] = (), *, blank: bool = False) -> list[Sheet]:
    """The sheets of these sites, or of all that are scored, in tree order. Raises NoRow, NotScored, NoIndicators."""
    forms, places = Forms.of(view, year), chosen(view, codes)
    sites = list(sqlrows.by_values(view.connection, view.query.catalog.tree, "code", places).values())
    units = units_of(view, sites)
    scores = {} if blank else scores_of(view, year, places)
    vetoes = {} if blank else vetoes_of(view, year, places)
    by_code = {str(row["code"]): row for row in sites}
    return [
        Sheet(
            *units[code],
            name=str(by_code[code]["name"]),
            code=code,
            level=level_label(str(by_code[code]["level"])),
            year=year,
            form=forms.form(str(by_code[code]["level"]), str(by_code[code]["network"])),
            depth=view.tree.depths[code] - 1,
            scores=scores.get(code, {}),
            vetoes=vetoes.get(code, ()),
            blank=blank,
        )
        for code in places
    ]


def level_label(code: str) -> str:
    return next(one.label for one in LEVELS if one.code == code)


def units_of(view: View, sites: Sequence[Row]) -> dict[str, tuple[str, str]]:
    """Site -> (the hall whose system it is in, its full name as on its plaque)."""
    inputs = [path.removeprefix("site.") for path in WORDING_INPUTS if path.startswith("site.")]
    halls = ("parent.name", "parent.parent.name")
    told = view.paths().at(view.query.catalog.tree, sites, (*inputs, *halls, "setting.plaque_county"))
    found = {}
    for row, values in zip(sites, told, strict=True):
        of_site = {f"site.{name}": values[name] for name in inputs}
        full = wording({**of_site, "wording_fixed": None, "setting.plaque_county": values["setting.plaque_county"]})
        above = {"branch": "parent.name", "point": "parent.parent.name"}.get(str(row["level"]), "name")
        found[str(row["code"])] = (str(values[above] or row["name"]), str(full or row["name"]))
    return found


def scores_of(view: View, year: int, places: Sequence[str]) -> dict[str, dict[str, dict[str, Value]]]:
    """Site -> indicator -> step -> score."""
    found: dict[str, dict[str, dict[str, Value]]] = {}
    for row in year_rows(view, "assessment_scores", year, places):
        found.setdefault(str(row["site"]), {})[str(row["indicator"])] = row
    return found


def vetoes_of(view: View, year: int, places: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Site -> the vetoes laid on it."""
    rows = year_rows(view, "assessments", year, places)
    return {str(row["site"]): tuple(row["vetoes"]) for row in rows if row["vetoes"]}  # type: ignore[arg-type]


def year_rows(view: View, name: str, year: int, places: Sequence[str]) -> list[dict[str, Value]]:
    """A table's rows of a year: of these sites where they are few, else of all."""
    conditions = [Condition("year", "eq", (year,))]
    if len(places) <= sqlrows.CHUNK:
        conditions.append(Condition("site", "in", tuple(places)))
    return view.page(view.query.catalog[name], Question(tuple(conditions))).rows
