"""The web app from the command line."""

import socket
from typing import Annotated

import typer

from commands.base import context, fail, say
from models.services import Services
from models.words import _

app = typer.Typer()


@app.command()
def run(
    host: Annotated[str, typer.Option("--host", metavar="H", help="监听的地址；0.0.0.0 供别的电脑打开")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", metavar="P", help="端口", min=1, max=65535)] = 8080,
) -> None:
    """网页；还没有台账时先建好昆明的示例。"""
    from integrations.defaults import add_defaults
    from integrations.example import make_example
    from models.database import NoDatabase
    from models.services import make_installation, open_installation
    from pages.server import serve

    here = context()
    if taken(host, port):
        fail(_("端口 {port} 已被占用，换一个：--port").format(port=port))
    try:
        parts = open_installation(here.settings)
    except NoDatabase:
        say(_("还没有台账，先建昆明的示例……"))
        parts = make_installation(here.settings)
        add_defaults(parts)
        make_example(parts)
    address = f"http://{'localhost' if host in ('127.0.0.1', '0.0.0.0', '::') else host}:{port}"
    say(_("台账在 {address}，按 Ctrl+C 停下").format(address=address))
    if link := first_link(parts):
        say(
            _("第一位管理员从这里登录（30 分钟内有效，只能用一次）：\n{address}{link}").format(
                address=address, link=link
            )
        )
    serve(parts, host, port)


def taken(host: str, port: int) -> bool:
    """Whether something listens there already."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return True
    return False


def first_link(parts: Services) -> str:
    """A one-time sign-in link while there is no administrator."""
    from models.accounts import has_admin
    from models.sessions import add_link

    with parts.database.write() as connection:
        if has_admin(connection):
            return ""
        return f"/first?token={add_link(connection, parts.store.clock())}"
