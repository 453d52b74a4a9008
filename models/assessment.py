"""绩效评估: how a site is scored in a year: schemes, indicators, scores typed at each step, vetoes, grades."""

from collections.abc import Sequence
from typing import ClassVar

from models.kinds import Choice, Date, Decimal, Int, Multi, Option, Ref, Text, Year, choices
from models.periods import latest
from models.registry import NETWORKS
from models.schema import About, Field, Period, Record, Row, Template, declare
from models.templates import HALLS, chinese_label, code_field, english_label, levels_field, network_field

METHODS = choices(
    ("yesno", "有无", "Yes or no"),
    ("threshold", "分档", "Steps"),
    ("linear", "按比例", "Linear"),
    ("deduct", "扣分", "Deduction"),
    ("bonus", "加分", "Bonus"),
    ("manual", "人工", "By hand"),
)
STATES = choices(
    ("self", "自评", "Self-assessment"),
    ("review", "初审", "Review"),
    ("decision", "评定", "Decision"),
    ("published", "公布", "Published"),
)


class AssessmentIndicator(Record, table=True):
    """评估指标: a second-level indicator of one of the 13 dimensions (官文旅联发〔2020〕1号, 四(八))."""

    __tablename__ = "assessment_indicators"
    about: ClassVar[About] = About(
        "评估指标",
        "Assessment indicators",
        group="settings",
        title="label_zh",
        help="13 个方面的二级指标，满分和算法。",
    )

    code: str | None = code_field()
    since: int | None = declare("起用年份", Year(), en="Since", edit="app", key=True, required=True, default=2020)
    until: int | None = declare("停用年份", Year(), en="Until", edit="app")
    position: int | None = declare("顺序", Int(min=0), en="Position", edit="app")
    dimension: str | None = declare("方面", Text(max=60), en="Dimension", edit="app", required=True)
    label_zh: str | None = chinese_label()
    label_en: str | None = english_label()
    max_score: float | None = declare(
        "满分", Decimal(min=0, max=100, unit="分"), en="Full marks", edit="app", required=True
    )
    method: str | None = declare("算法", Choice(choices=METHODS), en="Method", edit="app", required=True)
    parameters: str | None = declare("参数", Text(max=500), en="Parameters", edit="app")
    data_source: str | None = declare("数据来源", Text(max=200), en="Data source", edit="app")
    applies_to: list[str] | None = levels_field()
    network: str | None = network_field()
    evidence: str | None = declare("佐证", Text(max=300), en="Evidence", edit="app")


class AssessmentVeto(Record, table=True):
    """否决项: what makes a site fail whatever it scored."""

    __tablename__ = "assessment_vetoes"
    about: ClassVar[About] = About("否决项", "Vetoes", group="settings", title="label_zh", help="有一项就是不合格。")

    code: str | None = code_field()
    since: int | None = declare("起用年份", Year(), en="Since", edit="app", key=True, required=True, default=2020)
    until: int | None = declare("停用年份", Year(), en="Until", edit="app")
    position: int | None = declare("顺序", Int(min=0), en="Position", edit="app")
    label_zh: str | None = chinese_label()
    label_en: str | None = english_label()
    basis: str | None = declare("依据", Text(max=300), en="Basis", edit="app")


class AssessmentGrade(Record, table=True):
    """等次: a band of totals; the lower bound is in it, the upper is not."""

    __tablename__ = "assessment_grades"
    about: ClassVar[About] = About("等次", "Grades", group="settings", title="label_zh", help="总分多少是哪一等。")

    code: str | None = code_field()
    since: int | None = declare("起用年份", Year(), en="Since", edit="app", key=True, required=True, default=2020)
    until: int | None = declare("停用年份", Year(), en="Until", edit="app")
    position: int | None = declare("顺序", Int(min=0), en="Position", edit="app")
    label_zh: str | None = chinese_label()
    label_en: str | None = english_label()
    min: float | None = declare("下限", Decimal(min=0, unit="分"), en="From", edit="app")
    max: float | None = declare("上限", Decimal(min=0, unit="分"), en="Below", edit="app")
    note: str | None = declare("备注", Text(max=2000, lines=True), en="Note", edit="app")


class AssessmentScheme(Record, table=True):
    """评估方案: one network, one year: its window and its steps. Without one, the calendar year and the default steps."""

    __tablename__ = "assessment_schemes"
    about: ClassVar[About] = About(
        "评估方案", "Assessment schemes", group="assessment", title="year", help="哪一年、哪个体系怎样评。"
    )

    network: str | None = declare("体系", Choice(choices=NETWORKS), en="Network", edit="app", key=True, required=True)
    year: int | None = declare("年份", Year(), en="Year", edit="app", key=True, required=True)
    window_start: str | None = declare("起算日期", Date(), en="Window start", edit="app")
    window_end: str | None = declare("截止日期", Date(), en="Window end", edit="app")
    steps: str | None = declare("步骤", Text(max=300), en="Steps", edit="app", help="自评；初审；评定；公布。")
    note: str | None = declare("备注", Text(max=2000, lines=True), en="Note", edit="app")


def veto_field(rows: Sequence[Row]) -> list[Field]:
    """The vetoes that may be laid on a site."""
    offered = tuple(
        Option(str(row["code"]), f"{row['code']} {row['label_zh']}", str(row.get("label_en") or ""))
        for row in latest(rows)
    )
    return [Field("vetoes", "否决项", Multi(choices=offered), en="Vetoes", edit="app")]


class Assessment(Record, table=True):
    """绩效评估: one site, one year. Self (the site) → review (main hall) → decision (the center of the network)."""

    __tablename__ = "assessments"
    about: ClassVar[About] = About(
        "绩效评估",
        "Assessments",
        group="assessment",
        title="year",
        template=Template("assessment_vetoes", veto_field),
        period=Period("year", tuple(one.code for one in HALLS)),
        help="每个馆点每年一次。",
    )

    site: str | None = declare("馆点", Ref(table="sites"), en="Site", edit="app", key=True, owner=True, required=True)
    year: int | None = declare("年份", Year(), en="Year", edit="app", key=True, required=True)
    state: str | None = declare("步骤", Choice(choices=STATES, blank="self"), en="State", edit="app", default="self")
    note: str | None = declare("备注", Text(max=2000, lines=True), en="Note", edit="app")


class AssessmentScore(Record, table=True):
    """评分: one indicator of one site's year: what was computed, and what each step gave."""

    __tablename__ = "assessment_scores"
    about: ClassVar[About] = About(
        "评分", "Scores", group="assessment", title="indicator", help="一项指标一行：自评、算得、总馆评、定分。"
    )

    site: str | None = declare("馆点", Ref(table="sites"), en="Site", edit="app", key=True, owner=True, required=True)
    year: int | None = declare("年份", Year(), en="Year", edit="app", key=True, required=True)
    indicator: str | None = declare(
        "指标", Text(max=20, code=True), en="Indicator", edit="app", key=True, required=True
    )
    computed: float | None = declare("算得", Decimal(min=0, unit="分"), en="Computed", edit="app")
    self: float | None = declare("自评", Decimal(min=0, unit="分"), en="Self", edit="app")
    reviewed: float | None = declare("总馆评", Decimal(min=0, unit="分"), en="Reviewed", edit="app")
    decided: float | None = declare("定分", Decimal(min=0, unit="分"), en="Decided", edit="app")
    reason: str | None = declare("理由", Text(max=500), en="Reason", edit="app")
