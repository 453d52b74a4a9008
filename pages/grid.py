"""The grid: any table in the browser, edited like a spreadsheet. Thin: the component in static/ does the work.

It knows no table: it asks `GET /api/v1/tables/{table}/about` and lays out what it is told.
"""

from collections.abc import Callable, Iterable, Mapping
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import nicegui.elements.aggrid  # noqa: F401  puts AG Grid, as NiceGUI bundles it, into the import map
from nicegui import app, context, ui
from nicegui.dependencies import esm_modules, register_esm
from nicegui.element import Element
from nicegui.events import GenericEventArguments
from nicegui.version import __version__

from models.words import _
from pages.arranging import Arrangement

STATIC = Path(__file__).parent / "static"
BLOCK = 200  # rows a request

SCRIPTS = (
    *(
        "api",
        "bars",
        "blocks",
        "cards",
        "cells",
        "clipboard",
        "columns",
        "contents",
        "dom",
        "draft",
        "editors",
        "filters",
        "heads",
    ),
    *(
        "keyboard",
        "layout",
        "lists",
        "marks",
        "mouse",
        "newform",
        "notices",
        "options",
        "others",
        "panels",
        "places",
        "query",
    ),
    *("rows", "saving", "selection", "series", "sheet", "steps", "store", "typing", "viewmenu"),
)

_STAMP = max(path.stat().st_mtime for path in STATIC.iterdir())
# The scripts' address carries a stamp, so that a browser never mixes the files of two releases.
register_esm("zongfen", STATIC, max_time=_STAMP)
app.add_static_files("/static/zf", STATIC)


class Grid(Element, component="static/grid.js", default_classes="zf-grid"):
    """One table. Events: `row` (id: open it), `active` ({row, field}), `filters` (what is asked for), `saved`."""

    def __init__(self, table: str, account: str, arranged: Arrangement) -> None:
        super().__init__()
        self.table = table
        told = {"table": table, "account": account, "words": words(), "block": BLOCK, "arranged": arranged.told()}
        self._props.update(told)

    def changed(self, table: str, rows: Iterable[str] | None, version: int) -> None:
        """Tell the grid that rows (by id; None: any) of a table changed; it asks for those it holds."""
        self.run_method("changed", {"table": table, "rows": None if rows is None else list(rows), "version": version})

    def clear_filters(self) -> None:
        """Drop every filter and the search text."""
        self.run_method("clear_filters")

    def clear_filter(self, field: str) -> None:
        """Drop the filter of one column."""
        self.run_method("clear_filter", field)

    def set_query(self, text: str) -> None:
        """Show the rows that hold all these words."""
        self.run_method("set_query", text)

    @property
    def adding(self) -> str:
        """A click's handler that opens an empty row at the top, which is sent when its required cells are filled and it is left.

        It runs in the browser: what is typed right after the click goes into that row.
        """
        return f"() => getElement({self.id}).add_row()"

    def show(self, index: int) -> None:
        """Make the row at this place, in the order that the grid asks for, the active one."""
        self.run_method("show", index)

    def others(self, people: Iterable[Mapping[str, Any]]) -> None:
        """Show who else is editing where: {"row", "field", "name", "left"} each; `left`: seconds until they count as gone."""
        self.run_method("others", list(people))


def build(
    table_name: str,
    *,
    on_row: Callable[[str], Any],
    on_filters: Callable[[dict[str, Any]], Any],
    on_saved: Callable[[str, int], Any],
    account: str,
    arranged: Arrangement,
) -> Grid:
    """The grid of a table, filling the space it is given.

    on_row gets the id of a row that a person opens. on_filters gets {"where": [FIELD:OP:VALUE], "sort", "q", "total",
    "chips": [{"field", "label", "text"}]} at the start and whenever it changes. on_saved gets the time (ISO, UTC) and
    how many cells were saved. What was typed and is not saved is kept in the browser for this account alone.
    """
    prepare(table_name, arranged)
    grid = Grid(table_name, account, arranged)

    def row(event: GenericEventArguments) -> Any:
        return on_row(event.args)

    def filters(event: GenericEventArguments) -> Any:
        return on_filters(event.args)

    def saved(event: GenericEventArguments) -> Any:
        return on_saved(event.args["at"], event.args["count"])

    grid.on("row", row)
    grid.on("filters", filters)
    grid.on("saved", saved)
    return grid


def prepare(table: str, arranged: Arrangement) -> None:
    """Put into the page's head what lets rows come early: the first questions, style, scripts, all at once.

    The questions are asked as links to preload: a script in the head would wait for the style sheets before it.
    """
    root = context.client.request.headers.get("X-Forwarded-Prefix", "")
    asked = first_question(arranged)
    questions = (f"{root}/api/v1/tables/{table}/about", f"{root}/api/v1/tables/{table}?{asked}")
    links = [
        *(f'<link rel="preload" as="fetch" crossorigin="anonymous" href="{escape(url)}">' for url in questions),
        f'<link rel="stylesheet" href="{root}/static/zf/grid.css?{_STAMP:.0f}">',
        *(f'<link rel="modulepreload" href="{root}{url}">' for url in script_urls()),
    ]
    ui.add_head_html("\n".join(links))


def first_question(arranged: Arrangement) -> str:
    """The query of the first block, letter for letter as `rows.js` asks it, so that the preloaded answer is its."""
    return urlencode([("limit", BLOCK), ("cursor", 0), ("about", 1), *arranged.asked.pairs()], safe="*")


def script_urls() -> list[str]:
    """Where the scripts of the grid are served; each one named, so that none waits for another to name it."""
    keys = {module.name: key for key, module in esm_modules.items()}
    root = f"/_nicegui/{__version__}/esm"
    return [f"{root}/{keys['nicegui-aggrid']}/index.js", *(f"{root}/{keys['zongfen']}/{name}.js" for name in SCRIPTS)]


def words() -> dict[str, Any]:
    """Every text that the scripts show, in the language of whoever asks. A name in braces is filled in there."""
    return {
        # signs between words
        "and": _("、"),
        "comma": _("，"),
        "colon": _("："),
        "stop": _("。"),
        # a cell
        "yes": _("是"),
        "no": _("否"),
        "blank": _("空白"),
        "filled": _("已填"),
        "draft": _("新"),
        "number": _("行号"),
        "markSheet": _("表"),
        "markLock": _("锁"),
        # the edit bar
        "derived": _("自动算，不能填"),
        "notYours": _("这一栏不归你填"),
        "locked": _("这一行已锁定"),
        "fixed": _("这一格已锁定"),
        "putBackKey": _("（Esc 放回原值）"),
        "panelKey": _("（F6 去选）"),
        "bothSides": _("两边不同：台账 {app}，共享表 {sheet}"),
        "lastChange": _("上次改动：{who}，{at}，由 {before} 改为 {after}。"),
        # filters
        "contains": _("含…"),
        "all": _("全部"),
        "nItems": _("{n} 项"),
        "filterOf": _("筛选{label}"),
        "badFilter": _("筛选看不懂“{text}”：{wanted}"),
        "noMatch": _("没有符合的行"),
        "noOption": _("没有这一项"),
        "filteredBy": _("筛选：{chips}。"),
        "clearFilters": _("清除筛选"),
        "noRows": _("还没有{label}"),
        # the status bar
        "rowsTotal": _("共 {n} 行"),
        "selected": _("选中 {rows}×{columns}"),
        "counted": _("计数 {n}"),
        "sum": _("合计 {n}"),
        "mean": _("平均 {n}"),
        "invCount": _("{n} 处格式不对"),
        "cnfCount": _("{n} 处冲突"),
        "shCount": _("{n} 处来自共享表"),
        "sending": _("正在存 {n} 格"),
        "offline": _("没有网络，{n} 格存在本机，10 秒后再试"),
        "signedOut": _("登录已过期，{n} 格存在本机，重新登录后会存上"),
        "retryNow": _("现在重试"),
        # toasts and questions
        "changed": _("已改 {n} 格"),
        "undone": _("已撤销 {n} 格"),
        "redone": _("已重做 {n} 格"),
        "deleted": _("已删 {n} 行"),
        "added": _("已新增 {n} 行"),
        "undo": _("撤销 Ctrl+Z"),
        "redo": _("重做 Ctrl+Y"),
        "close": _("关闭"),
        "misfits": _("{n} 格格式不对，原样留着"),
        "refused": _("没存上：{why}"),
        "skipped": _("{n} 格不能改，已跳过"),
        "cut": _("下面没有行了，{n} 行没贴"),
        "draftsLeft": _("{n} 行新行没收，缺的、不合的标出来了"),
        "draftsMore": _("还有 {n} 行新行排在后面"),
        "keptRows": _("{n} 行没删：{why}"),
        "copied": _("已复制 {n} 行"),
        "wholeRows": _("先点行号选中整行，再删"),
        "deleteMany": _("删除 {n} 行？"),
        "deleteHint": _("删掉的行进回收站，可以撤销。"),
        "deleteThem": _("删除 {n} 行"),
        "clearMany": _("清空 {n} 行里的 {cells} 格？"),
        "clearHint": _("清空以后可以撤销。"),
        "clearThem": _("清空 {cells} 格"),
        "leave": _("先不动"),
        "undoKept": _("{who}后来改过其中 {n} 格，其余的要撤销吗？"),
        "undoRest": _("那 {n} 格留着不动。"),
        "undoOthers": _("撤销其余"),
        "draftMissing": _("新行还没存，要填：{labels}"),
        "unreachable": _("连不上服务器"),
        "signedOutNow": _("登录已过期"),
        "signIn": _("重新登录"),
        # columns
        "columns": _("列 {shown}/{all}"),
        "columnsTitle": _("列：显示、顺序、冻结、宽度"),
        "columnsHint": _("Alt+↑↓ 换位置，也可拖动；空格选中"),
        "columnsReset": _("恢复原样"),
        "freeze": _("冻结"),
        "freezeOf": _("冻结{label}"),
        "widthOf": _("{label}的宽度，像素"),
        "upOf": _("{label}上移"),
        "downOf": _("{label}下移"),
        "lastColumn": _("至少留一列"),
        # views
        "view": _("视图：{name}"),
        "viewNone": _("全部"),
        "viewChanged": _("{name}（已改）"),
        "viewsTitle": _("视图：列、筛选和排序，起个名字"),
        "viewShared": _("共用，{by}"),
        "viewOwn": _("自己用"),
        "viewSaveAs": _("另存为"),
        "viewName": _("视图名称"),
        "viewShare": _("让看得到这张表的人都能用"),
        "viewSave": _("保存视图"),
        "viewKeep": _("把“{name}”改成现在这样"),
        "viewBack": _("恢复“{name}”"),
        "viewDrop": _("删除“{name}”"),
        "viewDropAsk": _("删除视图“{name}”？"),
        "viewDropHint": _("它的网址就打不开了；行不受影响。"),
        "viewNeedsName": _("视图要有名称"),
        "viewMissing": _("没有这个视图，显示的是全部"),
        # a phone's list
        "cardsFind": _("查找这张表"),
        "cardsMore": _("再显示 {n} 行"),
        "addThis": _("新增这一行"),
        # who else is here
        "also": _("{who} 也在"),
        "alsoAt": _("{who}：{where}"),
        # a cell that another changed first
        "someone": _("别人"),
        "stale": _("{who}刚改了这一格：他改为 {theirs}，你填的是 {mine}"),
        "use": _("用 {value}"),
    }
