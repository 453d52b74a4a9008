"""活动台账: the service ledger, one row an event that a site held."""

from typing import ClassVar

from models.kinds import Bool, Choice, Date, Int, Multi, Ref, Text, Time, choices
from models.schema import About, Record, Row, declare

FORMS = choices(
    ("event", "文艺活动", "Event"),
    ("class", "训练班", "Class"),
    ("exhibition", "展览", "Exhibition"),
    ("lecture", "讲座", "Lecture"),
    ("reading", "读书活动", "Reading"),
    ("seminar", "理论研讨", "Seminar"),
    ("other", "其他", "Other"),
)


def in_two_years(row: Row, today: str) -> bool:
    """Workbooks show this year and last."""
    return str(row.get("held_on") or "")[:4] >= str(int(today[:4]) - 1)


class Activity(Record, table=True):
    """活动: when, where, what, how many, in what form. A joint event counts once, at its own site."""

    __tablename__ = "activities"
    about: ClassVar[About] = About(
        "活动台账",
        "Activities",
        group="yearbooks",
        tab=3,
        title="title",
        order=("held_on",),
        window=in_two_years,
        help="服务时间、地点、内容、数量和形式，一场一行。",
    )

    site: str | None = declare("馆点", Ref(table="sites"), en="Site", owner=True, required=True, aliases=("主办馆点",))
    held_on: str | None = declare("日期", Date(), en="Date", required=True, aliases=("活动日期", "服务时间"))
    title: str | None = declare("名称", Text(max=200), en="Title", required=True, aliases=("活动名称",))
    form: str | None = declare("形式", Choice(choices=FORMS), en="Form", aliases=("活动形式",))
    persons: int | None = declare("参加人次", Int(min=0, unit="人次"), en="Persons", aliases=("人次", "数量"))
    volunteers: int | None = declare("志愿者", Int(min=0, unit="人"), en="Volunteers")
    starts: str | None = declare("开始", Time(), en="Starts")
    ends: str | None = declare("结束", Time(), en="Ends")
    place: str | None = declare("地点", Text(max=200), en="Place", aliases=("活动地点",))
    content: str | None = declare("内容", Text(max=2000, lines=True), en="Content", aliases=("活动内容",))
    co_hosts: list[str] | None = declare("协办", Multi(table="sites"), en="Co-hosts", help="协办的馆点编码，用；隔开。")
    mobile: bool | None = declare("流动服务", Bool(), en="Mobile service")
    online: bool | None = declare("线上", Bool(), en="Online")
    special_group: bool | None = declare("特殊群体", Bool(), en="Special groups")
    stage_car: bool | None = declare("流动舞台车", Bool(), en="Stage car")
    supply_order: str | None = declare("订单号", Text(max=40), en="Supply order")
    photos: str | None = declare("照片", Text(max=500, lines=True), en="Photos")
    note: str | None = declare("备注", Text(max=2000, lines=True), en="Note")
