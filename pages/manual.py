"""/api/docs: the API's own description as a plain page. The usual viewer comes from a CDN, which offices do not reach."""

from html import escape
from typing import Any

from fastapi import FastAPI
from fastapi.responses import HTMLResponse

from models.conditions import OPS
from models.words import _
from pages.answers import Answer, Who, legible

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]
STYLE = """
body { font: 15px/1.6 sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
code { font-size: 14px }
h2 { font-size: 16px; margin: 1.6rem 0 .2rem }
p { margin: .2rem 0 }
"""


def add_manual(app: FastAPI) -> None:
    """Serve /api/docs and /api/openapi.json to those who are signed in; what is below /api besides is not found."""

    @app.get("/api/openapi.json", include_in_schema=False)
    def openapi(_actor: Who) -> Answer:
        return Answer(app.openapi())

    @app.get("/api/docs", include_in_schema=False)
    def docs(_actor: Who) -> HTMLResponse:
        return HTMLResponse(page(app.openapi()))

    app.add_api_route("/api/{rest:path}", no_such_call, methods=METHODS, include_in_schema=False)


def no_such_call(rest: str) -> Answer:
    """An address below /api that is no call."""
    return Answer({"error": _("没有这个接口：/api/{rest}").format(rest=legible(rest))}, 404)


def rules() -> list[str]:
    """What holds for every call."""
    return [
        _("令牌：python app.py user token 姓名；请求头 Authorization: Bearer 令牌。"),
        _("网页里用登录的会话；改动另带请求头 X-Zongfen: 1。"),
        _("筛选 where=栏:比较:值，可写多个；比较用 {ops}。排序 sort=-栏,栏。").format(ops=" ".join(OPS)),
        _("下一页 cursor=上一页答的 next。ETag 配 If-None-Match 没变答 304，配 If-Match 变了答 412。"),
        _("改动带上看到的旧值 before：别人先改了答 409，内容不合格答 422，看不懂答 400。"),
    ]


def page(schema: dict[str, Any]) -> str:
    """The description as HTML, a heading for each call."""
    calls = [
        call(path, method, told)
        for path, methods in schema["paths"].items()
        if path.startswith("/api/")
        for method, told in methods.items()
    ]
    title = f"{_('总分馆台账')} API"
    head = f'<!doctype html><html lang="zh"><meta charset="utf-8"><title>{title}</title><style>{STYLE}</style>'
    lines = "".join(f"<p>{escape(rule)}</p>" for rule in rules())
    return f'{head}<h1>{title}</h1>{lines}<p><a href="openapi.json">OpenAPI</a></p>{"".join(calls)}'


def call(path: str, method: str, told: dict[str, Any]) -> str:
    """One call: what it does, and what may be asked of it."""
    asked = ", ".join(one["name"] for one in told.get("parameters", []) if one["in"] == "query")
    query = f"<p><code>?{escape(asked)}</code></p>" if asked else ""
    return f"<h2><code>{method.upper()} {escape(path)}</code></h2><p>{escape(_(told['summary']))}</p>{query}"
