"""Sites and targets: who the halls, branches and points are, and how many of them a county must have."""

from collections.abc import Iterable, Iterator
from typing import ClassVar

from models.kinds import Bool, Choice, Date, Decimal, Int, Ref, Text, Value, choices
from models.schema import About, Field, Finding, Inputs, Record, Row, Rule, declare, derived
from models.words import _

NETWORKS = choices(("culture", "文化馆", "Culture"), ("library", "图书馆", "Library"))
LEVELS = choices(
    ("center", "中心馆", "Center"),
    ("main", "总馆", "Main hall"),
    ("branch", "分馆", "Branch"),
    ("point", "基层服务点", "Point"),
)
STATUSES = choices(
    ("planned", "规划", "Planned"),
    ("building", "在建", "Being built"),
    ("built", "已建成", "Built"),
    ("open", "已挂牌", "Open"),
    ("closed", "停用", "Closed"),
)
HOSTS = choices(
    ("government", "政府", "Government"),
    ("school", "学校", "School"),
    ("institute", "科研机构", "Institute"),
    ("enterprise", "企业", "Enterprise"),
    ("society", "社会组织", "Society"),
    ("netbar", "上网服务场所", "Internet bar"),
    ("other", "其他", "Other"),
)
OPERATIONS = choices(("own", "自管", "Own"), ("entrusted", "委托管理", "Entrusted"), ("chain", "连锁运营", "Chain"))

OPEN = ("built", "open")  # CONTRACT: what "open site" means everywhere
PARENT_LEVELS = {"main": ("center",), "branch": ("main", "center"), "point": ("branch",)}
STAFF_ESTABLISHED = 3  # 官文旅联发〔2020〕1号: a branch has at least three staff on the establishment
STAFF_PUBLIC_WELFARE = 1  # the same: a point has at least one public-welfare post


class Target(Record, table=True):
    """布点任务: what Annex 2 of 官文旅联发〔2020〕1号 asks of one county or zone."""

    __tablename__ = "targets"
    about: ClassVar[About] = About(
        "布点任务",
        "Targets",
        group="register",
        county="county",
        totals=("main_halls", "branches", "points"),
        help="每个县区应建多少总馆、分馆、服务点（附件2）。",
    )

    seq: int | None = declare("序号", Int(min=0), en="No.", edit="app")
    county: str | None = declare(
        "县区", Text(max=40), en="County", edit="app", key=True, required=True, aliases=("县（市）区名称", "县（市）区")
    )
    main_halls: int | None = declare(
        "总馆数",
        Int(min=0, unit="个"),
        en="Main halls",
        edit="app",
        required=True,
        aliases=("县（市）区文化馆（个）（总馆）",),
    )
    branches: int | None = declare(
        "分馆数",
        Int(min=0, unit="个"),
        en="Branches",
        edit="app",
        required=True,
        aliases=("乡镇（街道）文化站（个）（分馆）",),
    )
    points: int | None = declare(
        "服务点数",
        Int(min=0, unit="个"),
        en="Points",
        edit="app",
        required=True,
        aliases=("村（社区）综合文化服务中心（个）（服务点）",),
    )
    note: str | None = declare("备注", Text(max=2000, lines=True), en="Note", edit="app")


def staffing(values: Inputs) -> Value:
    """Whether a branch has its three staff and a point its one post; None where the number is not known."""
    if values["level"] == "branch" and values["staff_established"] is not None:
        short, what = STAFF_ESTABLISHED - values["staff_established"], "编制差"
    elif values["level"] == "point" and values["staff_public_welfare"] is not None:
        short, what = STAFF_PUBLIC_WELFARE - values["staff_public_welfare"], "公益岗差"
    else:
        return None
    return "达标" if short <= 0 else f"{what} {short}"


def parent_fits(values: Inputs) -> Iterator[Finding]:
    """A site hangs under one of the level above it, in its own network; only a center stands alone."""
    level, parent = values["level"], values["parent"]
    if level == "center":
        if parent is not None:
            yield Finding("parent", _("中心馆没有上级，留空"))
    elif parent is None:
        yield Finding("parent", _("上级必填，中心馆除外"))
    elif values["parent.level"] is not None:
        if values["parent.level"] not in PARENT_LEVELS.get(level, ()):
            wanted = "、".join(one.label for one in LEVELS if one.code in PARENT_LEVELS.get(level, ()))
            yield Finding("parent", _("上级应是{levels}").format(levels=wanted))
        elif values["parent.network"] != values["network"]:
            yield Finding("parent", _("上级应在同一体系"))


def parent_periods(
    before: Row | None, after: Row | None, today: str
) -> Iterable[tuple[str, dict[str, Value], dict[str, Value]]]:
    """A parent holds from a date, so that old years still add up: the first has none, a change opens a row from today."""
    if after is None or after.get("parent") is None:
        return
    placed = {"parent": after["parent"], "county": after.get("county")}
    if before is None or before.get("parent") is None:
        yield "site_parents", {"site": after["code"], "since": None}, placed
    elif any(before.get(name) != value for name, value in placed.items()):
        yield "site_parents", {"site": after["code"], "since": today}, placed


class Site(Record, table=True):
    """馆点: one node of the culture or the library tree. One venue in both networks is two sites."""

    __tablename__ = "sites"
    about: ClassVar[About] = About(
        "馆点",
        "Sites",
        group="register",
        tab=1,
        opened_by_app=True,
        title="name",
        rules=(Rule(("level", "network", "parent", "parent.level", "parent.network"), parent_fits),),
        follow=parent_periods,
        help="中心馆、总馆、分馆、基层服务点，文化馆和图书馆各一棵树。",
    )

    code: str | None = declare(
        "编码",
        Text(max=40, code=True),
        en="Code",
        edit="app",
        key=True,
        owner=True,
        required=True,
        aliases=("馆点编码",),
    )
    name: str | None = declare("名称", Text(max=100), en="Name", required=True, aliases=("馆点名称", "馆名"))
    network: str | None = declare("体系", Choice(choices=NETWORKS), en="Network", edit="app", required=True)
    level: str | None = declare("级别", Choice(choices=LEVELS), en="Level", edit="app", required=True)
    parent: str | None = declare("上级", Ref(table="sites"), en="Parent", edit="app", aliases=("上级馆",))
    host: str | None = declare("主办", Choice(choices=HOSTS), en="Host", default="government")
    operation: str | None = declare(
        "运行", Choice(choices=OPERATIONS), en="Operation", default="own", aliases=("运行方式",)
    )
    status: str | None = declare(
        "状态", Choice(choices=STATUSES), en="Status", edit="app", required=True, default="planned"
    )
    area_m2: float | None = declare("面积", Decimal(min=0, max=100_000, unit="㎡"), en="Area", aliases=("建筑面积",))
    weekly_hours: float | None = declare("每周开放", Decimal(min=0, max=168, unit="小时"), en="Weekly hours")
    staff_established: int | None = declare("编制", Int(min=0, max=1000, unit="人"), en="Established staff")
    staff_public_welfare: int | None = declare("公益岗", Int(min=0, max=1000, unit="人"), en="Public-welfare posts")
    staffing: ClassVar[Field] = derived(
        "人员配备",
        Text(),
        ("level", "staff_established", "staff_public_welfare"),
        staffing,
        en="Staffing",
        help="分馆编制不少于 3 人，服务点公益岗不少于 1 人。",
    )
    county: str | None = declare(
        "县区", Text(max=40), en="County", edit="app", aliases=("县（市）区", "县（市）区名称")
    )
    county_formal: str | None = declare("县区全称", Text(max=60), en="County, formal", edit="app")
    township: str | None = declare("乡镇街道", Text(max=60), en="Township", edit="app", aliases=("乡镇（街道）",))
    village: str | None = declare("村社区", Text(max=60), en="Village", edit="app", aliases=("村（社区）",))
    head: str | None = declare("负责人", Text(max=60), en="Head", aliases=("馆长", "站长"))
    head_post: str | None = declare("负责人职务", Text(max=60), en="Head's post")
    deputy: str | None = declare("副职", Text(max=60), en="Deputy", help="分馆的副职是总馆派驻的业务干部。")
    manager: str | None = declare("管理员", Text(max=60), en="Manager")
    phone: str | None = declare("电话", Text(max=40), en="Phone", sensitive=True, aliases=("联系电话", "手机"))
    address: str | None = declare("地址", Text(max=200), en="Address")
    lat: float | None = declare("纬度", Decimal(min=-90, max=90, unit="°"), en="Latitude")
    lon: float | None = declare("经度", Decimal(min=-180, max=180, unit="°"), en="Longitude")
    population: int | None = declare("服务人口", Int(min=0, unit="人"), en="Population served")
    opened_on: str | None = declare("开馆日期", Date(), en="Opened on")
    open_hours: str | None = declare("开放时间", Text(max=500, lines=True), en="Opening hours")
    hours_public: bool | None = declare("时间公示", Bool(), en="Hours made public")
    items_public: bool | None = declare("项目公示", Bool(), en="Items made public")
    content_public: bool | None = declare("内容公示", Bool(), en="Content made public")
    has_service_list: bool | None = declare("服务目录", Bool(), en="Service list published")
    barrier_free: bool | None = declare("无障碍", Bool(), en="Barrier-free")
    training_files: bool | None = declare("培训档案", Bool(), en="Training files kept")
    public_review: bool | None = declare("公众评议", Bool(), en="Public review")
    extension: str | None = declare(
        "延伸点", Text(max=200), en="Extension", help="文化大院、文化联合体、村史陈列馆等。"
    )
    note: str | None = declare("备注", Text(max=2000, lines=True), en="Note")


class SiteParent(Record, table=True):
    """上级沿革: under which parent and county a site stood from when on."""

    __tablename__ = "site_parents"
    about: ClassVar[About] = About("上级沿革", "Parents over time", group="register", help="馆点从哪天起归哪个上级。")

    site: str | None = declare("馆点", Ref(table="sites"), en="Site", edit="app", key=True, owner=True, required=True)
    since: str | None = declare("起始日期", Date(), en="Since", edit="app", key=True, help="空白表示从一开始。")
    parent: str | None = declare("上级", Ref(table="sites"), en="Parent", edit="app", required=True)
    county: str | None = declare("县区", Text(max=40), en="County", edit="app", required=True)
