"""/api/docs: the API's own description as a plain page. The usual viewer comes from a CDN, which offices do not reach."""

from html import escape
from typing import Any

from fastapi import FastAPI
from fastapi.responses import HTMLResponse

from models.words import _
from pages.answers import Answer, Who

STYLE = "body{font:15px/1.6 sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}code{font-size:14px}h2{font-size:16px;margin:1.6rem 0 .2rem}"


def add_manual(app: FastAPI) -> None:
    """Serve /api/docs and /api/openapi.json to those who are signed in."""

    @app.get("/api/openapi.json", include_in_schema=False)
    def openapi(_actor: Who) -> Answer:
        return Answer(app.openapi())

    @app.get("/api/docs", include_in_schema=False)
    def docs(_actor: Who) -> HTMLResponse:
        return HTMLResponse(page(app.openapi()))


def page(schema: dict[str, Any]) -> str:
    """The description as HTML, a heading for each call."""
    calls = [
        call(path, method, told)
        for path, methods in schema["paths"].items()
        if path.startswith("/api/")
        for method, told in methods.items()
    ]
    head = f"<title>API</title><style>{STYLE}</style><h1>{_('总分馆台账')} API</h1>"
    token = _("用户名下的令牌：python app.py user token 姓名；请求头 Authorization: Bearer 令牌。")
    return f'<!doctype html><html lang="zh"><meta charset="utf-8">{head}<p>{token} <a href="openapi.json">OpenAPI</a></p>{"".join(calls)}'


def call(path: str, method: str, told: dict[str, Any]) -> str:
    """One call: what it does, and what may be asked of it."""
    asked = ", ".join(one["name"] for one in told.get("parameters", []) if one["in"] == "query")
    query = f"<p><code>?{escape(asked)}</code></p>" if asked else ""
    return f"<h2><code>{method.upper()} {escape(path)}</code></h2><p>{escape(told.get('description', ''))}</p>{query}"
