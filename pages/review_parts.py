"""The parts of the review page, and the words that their scripts show."""

from nicegui.element import Element

from models.words import _
from pages.own_files import STATIC


def bringing() -> dict[str, str]:
    """The words for bringing a file or a pasted block."""
    return {
        "choose": _("选文件"),
        "drop": _("把文件拖到这里"),
        "paste": _("或把单元格连表头粘贴在这里"),
        "check": _("核对粘贴的"),
        "reading": _("正在读 {name}"),
        "big": _("文件超过 {size} MB，拆成几份再导入"),
        "failed": _("没有收：连不上服务器，再试一次"),
    }


class Entrance(Element, component=STATIC / "review_list.js"):
    """Where rows are brought, and the list of what waits."""

    def __init__(self) -> None:
        super().__init__()
        self.props["words"] = {
            **bringing(),
            "title": _("导入"),
            "waits": _("核对过和待核对的"),
            "none": _("还没有导入过"),
            "how": _("拖进一个文件，先看会改什么，再写入。"),
            "elsewhere": _("别处等着的"),
            "sync": _("去同步中心"),
            "spellings": _("记住的写法"),
            "forget": _("忘掉"),
            "no_spellings": _("核对时勾“记住”，以后的文件就认得。"),
            "throw": _("删掉这份"),
        }


class Sheet(Element, component=STATIC / "review.js"):
    """One review."""

    def __init__(self) -> None:
        super().__init__()
        self.props["words"] = {
            **bringing(),
            "row": _("表行"),
            "sort": _("类别"),
            "key": _("编码"),
            "title": _("名称"),
            "change": _("改动（原值 → 新值）"),
            "why": _("原因"),
            "deal": _("处理"),
            "kept": _("未收，仍为"),
            "untaken": _("未收"),
            "blank": _("空白"),
            "mend": _("改"),
            "aside": _("搁置"),
            "write": _("写入"),
            "drop": _("不要"),
            "back": _("找回"),
            "look": _("照来的写"),
            "keep": _("仍用原值"),
            "unmend": _("改回原文"),
            "save": _("存"),
            "outside": _("，不在选项里。"),
            "unknown": _("，台账里没有。"),
            "once": _("一次改为"),
            "undo": _("撤销"),
            "pick": _("选一项"),
            "more_spelt": _("另有 {count} 种写法，改完这几种再列"),
            "leave": _("这一列不收"),
            "take": _("还是收"),
            "notes": _("要留意 {count} 处"),
            "sheet": _("工作表"),
            "table": _("收进"),
            "headless": _("这一页没有这张表的表头，换一页或换一张表"),
            "nothing": _("这里没有行"),
            "same": _("和台账一样，没有要写的"),
            "before": _("‹ 上一页"),
            "after": _("下一页 ›"),
            "foot": _("写入 {rows} 行：{what}"),
            "rejected": _("退回 {count} 行：改好再写，或搁置"),
            "conflict": _("冲突 {count} 行：别人刚改过，逐行定"),
            "turn_down": _("整份退回"),
            "mended": _("改过"),
            "rest": _("其余撤销"),
            "cancel": _("取消"),
        }
