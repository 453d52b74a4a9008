"""A check as one fills it in on the way: its items by group, a tap each, and what has to be put right.

The component in static/check.js does the work: it keeps what is tapped in the browser until the server has taken it,
so that a site without a network is checked all the same.
"""

from collections.abc import Callable
from typing import Any

from nicegui.element import Element

from models.checking import MENDED, Check, check_of, told_check
from models.checklists import MENDING, Rectification
from models.schema import table_of
from models.words import _
from pages.frame import tag
from pages.own_files import STATIC
from pages.views import Panel, register

TABLE = "checklists"
FACTS = ("problem", "due_on", "responsible")
STEPS = {"submitted": "报送检查", "confirmed": "确认检查"}  # what is done to get there


class CheckForm(Element, component=STATIC / "check.js"):
    """One check. It sends its own changes through the API; `news` shows what others did."""

    def __init__(self, told: dict[str, Any], account: str) -> None:
        super().__init__()
        self._props.update({"told": told, "account": account, "table": TABLE, "mended": MENDED, "words": wording()})

    def news(self, told: dict[str, Any]) -> None:
        """The check as it stands now."""
        self._props["told"] = told
        self.update()


def build(found: tuple[Check, str]) -> Callable[[tuple[Check, str]], None]:
    """Lay out the check's groups."""
    check, account = found
    if not check.items:
        tag("p", _("这个馆点这个月没有检查项"), "mut pad")
        return lambda _found: None
    form = CheckForm(told_check(check), account)
    return lambda news: form.news(told_check(news[0]))


def covers(found: tuple[Check, str]) -> frozenset[str]:
    """The items, which have their place above."""
    return found[0].codes


def head(found: tuple[Check, str]) -> tuple[str, str]:
    """The site, and which of its checks this is: 2026 年 11 月检查，检查人 马骏."""
    check = found[0]
    year, _dash, month = str(check.row["month"]).partition("-")
    line = _("{year} 年 {month} 月检查").format(year=year, month=int(month or 0))
    if check.row.get("inspector"):
        line = _("{what}，检查人 {who}").format(what=line, who=check.row["inspector"])
    return str(check.site.get("name") or check.site.get("code")), line


def wording() -> dict[str, Any]:
    """What the component says. The facts of a row that puts something right have the labels of its own table."""
    told = table_of(Rectification).by_name
    facts = {name: _(told[name].label) for name in FACTS}
    return {
        "done": _("已填"),
        "bad": _("✗ {n} 项不合格"),
        "left": _("还剩 {n} 项"),
        "all": _("✓ 全部填完"),
        "fill": _("其余全部合格"),
        "unfill": _("撤回这 {n} 项"),
        "before": _("上一组"),
        "next": _("下一组：{name}"),
        "last": _("已是最后一组"),
        "toBlank": _("还剩 {n} 项，去填"),
        "steps": {step: _(label) for step, label in STEPS.items()},
        "stepWaits": _("连上后自动{step}"),
        "na": _("不适用"),
        "least": _("合格线 ≥ {n}"),
        "facts": facts,
        "and": _("、"),
        "mendNew": _("填完三项就登记整改"),
        "mendMissing": _("还差{what}，填了就登记"),
        "mendKept": _("✓ 整改已登记：{status}"),
        "mendOthers": _("整改由上级馆登记"),
        "mendLeft": _("这一项的整改还在：{status}"),
        "mendVoid": _("撤销这条整改"),
        "unsaid": _("{n} 项不合格还没写问题"),
        "statuses": {one.code: _(one.label) for one in MENDING},
        "saving": _("正在存…"),
        "saved": _("✓ 已存 {time}"),
        "offline": _("没有网络"),
        "offlineKept": _("草稿已存本机 {time}，连上后自动报送"),
        "offlineIdle": _("填的会存在本机，连上后自动报送"),
        "refused": _("! 没有存上：{why}"),
        "conflict": _("{who}改为 {value}，你的是 {mine}"),
        "other": _("别人"),
        "mine": _("用我的"),
        "theirs": _("用对方的"),
        "blank": _("空白"),
        "part": _("第 {n} 组，共 {all} 组"),
    }


register(TABLE, Panel(lambda view, row: (check_of(view, row), view.actor.name), build, covers, head))
