"""The parts of the sync centre's page, and the words that their scripts show."""

from nicegui.element import Element

from models.words import _
from pages.own_files import STATIC


class Books(Element, component=STATIC / "sync_books.js"):
    """The table of workbooks."""

    def __init__(self) -> None:
        super().__init__()
        self.props["words"] = {
            "title": _("共享表"),
            "seek": _("找一份表"),
            "name": _("工作簿"),
            "state": _("状态"),
            "at": _("上次同步"),
            "in": _("收"),
            "out": _("写"),
            "get": _("下载"),
            "visit": _("打开"),
            "only": _("只看这一份"),
            "bring": _("传回填好的表"),
            "bringing": _("正在收…"),
            "pause": _("暂停同步"),
            "resume": _("继续同步"),
            "past": _("同步记录"),
            "failed": _("没有传上，连上网络再试"),
            "none": _("没有符合的表"),
            "clear": _("清除筛选"),
            "first": _("还没有共享表"),
            "how": _("同步一次，就给每个已挂牌的总馆和分馆各做一份。"),
        }


class Matters(Element, component=STATIC / "sync_matters.js"):
    """What waits for a person."""

    def __init__(self) -> None:
        super().__init__()
        self.props["words"] = {
            "stopped": _("已停"),
            "gone": _("少的行"),
            "conflicts": _("冲突"),
            "proposals": _("待删"),
            "problems": _("没有收的"),
            "look": _("看这一行"),
            "base": _("原来（上次一致）"),
            "sides": {"app": _("台账"), "sheet": _("共享表")},
            "blank": _("空白"),
            "all": {"app": _("全用台账的"), "sheet": _("全用共享表的")},
            "ask": {"app": _("{count} 处冲突全用台账的？"), "sheet": _("{count} 处冲突全用共享表的？")},
            "consequence": _("另一边的值不再保留，只在历史里查得到。"),
            "leave": _("先不动"),
            "above": _("这一行不归你改，由上级馆决定"),
            "keep": _("留着"),
            "delete": _("删除"),
            "seen": _("知道了"),
            "only": _("只看："),
            "more": _("还有 {count} 处，再列一些"),
            "quiet": _("✓ 没有等人决定的"),
        }


class Jobs(Element, component=STATIC / "sync_jobs.js"):
    """The strip with the cycles that run."""

    def __init__(self) -> None:
        super().__init__()
        self.props["words"] = {"leave": _("先不动")}
