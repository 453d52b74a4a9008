"""Making an installation and serving it."""

import sys
from typing import Annotated

import typer

from commands.base import answer, context, fail
from models.words import _

app = typer.Typer(add_completion=False)


@app.command()
def init(
    example: Annotated[
        str, typer.Option("--example", metavar="kunming|empty", help="带上昆明的示例，或从空的开始")
    ] = "empty",
    admin: Annotated[str | None, typer.Option("--admin", metavar="NAME", help="第一位管理员的姓名")] = None,
    password_stdin: Annotated[bool, typer.Option("--password-stdin", help="密码从标准输入读")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="输出一个 JSON 对象")] = False,
) -> None:
    """建好数据文件夹；已有台账的不动。"""
    from integrations.defaults import add_defaults
    from models.access import CLI
    from models.account_notes import note
    from models.accounts import draft, insert_account
    from models.services import make_installation
    from models.store import utc_now
    from models.tree import Tree

    if example not in ("kunming", "empty"):
        fail(_("--example 用 kunming 或 empty"))
    if admin and not password_stdin:
        fail(_("密码从标准输入读：加上 --password-stdin"))
    here = context()
    password = sys.stdin.readline().rstrip("\r\n") if admin else ""
    account = draft(admin, "admin", password, Tree(), utc_now()) if admin else None
    parts = here.services = make_installation(here.settings)  # closed with the command, like one that was opened
    if account:
        with parts.database.write() as connection:
            made = insert_account(connection, account)
            note(connection, CLI.name, made.name, "added", utc_now(), role=made.role)
    add_defaults(parts)
    if example == "kunming":
        from integrations.example import make_example

        make_example(parts)
    answer({"data": str(here.settings.data), "example": example}, _("已建好：{data}").format(data=here.settings.data))
