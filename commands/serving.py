"""The web app from the command line."""

import errno
import socket
from typing import Annotated

import typer

from commands.base import context, fail, say
from models.services import Services
from models.settings import Settings
from models.words import _

app = typer.Typer(add_completion=False)

EVERYWHERE = ("0.0.0.0", "::")


@app.command()
def run(
    host: Annotated[str, typer.Option("--host", metavar="H", help="监听的地址；0.0.0.0 供别的电脑打开")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", metavar="P", help="端口；0 任选一个空的", min=0, max=65535)] = 8080,
) -> None:
    """网页；还没有台账时先建好昆明的示例。"""
    try:
        listening = listen(host, port)
    except OSError as fault:
        fail(why_not(host, port, fault))
    with listening:
        from pages.server import serve

        parts = installation(context().settings)
        welcome(parts, host, listening.getsockname()[1])
        serve(parts, listening)


def listen(host: str, port: int) -> socket.socket:
    """Take the address to serve at; port 0 is any free one. Raises OSError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=2048)


def why_not(host: str, port: int, fault: OSError) -> str:
    """Why an address cannot be served at."""
    if fault.errno == errno.EADDRINUSE:
        return _("端口 {port} 已被占用，换一个：--port").format(port=port)
    return _("不能在 {host}:{port} 上打开网页：{why}").format(host=host, port=port, why=fault.strerror or fault)


def installation(settings: Settings) -> Services:
    """The installation that the settings name; where there is none, a new one with the example."""
    from integrations.defaults import add_defaults
    from models.database import NoDatabase
    from models.services import make_installation, open_installation

    try:
        parts = open_installation(settings)
        add_defaults(parts)
    except NoDatabase:
        from integrations.example import make_example

        say(_("还没有台账，先建昆明的示例……"))
        parts = make_installation(settings)
        add_defaults(parts)
        make_example(parts)
    return parts


def welcome(parts: Services, host: str, port: int) -> None:
    """Say where to go, and how to sign in first."""
    address = f"http://{'localhost' if host in (*EVERYWHERE, '127.0.0.1', '::1') else bracketed(host)}:{port}"
    say(_("台账在 {address}，按 Ctrl+C 停下").format(address=address))
    if host in EVERYWHERE and (own := own_address()):
        say(_("别的电脑打开 {address}").format(address=f"http://{own}:{port}"))
    if link := first_link(parts):
        text = _("第一位管理员从这里登录（30 分钟内有效，只能用一次）：\n{address}{link}")
        say(text.format(address=address, link=link))


def bracketed(host: str) -> str:
    """A host as it stands in an address."""
    return f"[{host}]" if ":" in host else host


def own_address() -> str:
    """This machine's address in the office's network; empty where it has none. Nothing is sent to find out."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
            return str(probe.getsockname()[0])
        except OSError:
            return ""


def first_link(parts: Services) -> str:
    """A one-time sign-in link while there is no administrator."""
    from models.accounts import has_admin
    from models.sessions import add_link

    with parts.database.write() as connection:
        if has_admin(connection):
            return ""
        return f"/first?token={add_link(connection, parts.store.clock())}"
