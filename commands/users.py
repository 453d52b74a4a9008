"""Accounts from the command line: add, list, disable, enable, password, token, link."""

import sys
from dataclasses import asdict
from typing import Annotated

import typer

from commands.base import Context, answer, context, fail
from models.access import ROLES
from models.words import _

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
user = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="账号：谁能登录，能看到哪里。")
app.add_typer(user, name="user")

Name = Annotated[str, typer.Argument(metavar="NAME", help="姓名，也是登录名")]
PasswordStdin = Annotated[bool, typer.Option("--password-stdin", help="密码从标准输入读")]
Json = Annotated[bool, typer.Option("--json", help="输出一个 JSON 对象")]


def managing() -> Context:
    """The context of somebody who may manage accounts; ends the command for others."""
    here = context()
    if here.actor.role != "admin":
        fail(_("管理账号要用管理员身份"))
    return here


def read_password(asked: bool) -> str:
    """The first line of standard input, where --password-stdin asks for it; ends the command otherwise."""
    if not asked:
        fail(_("密码从标准输入读：加上 --password-stdin"))
    return sys.stdin.readline().rstrip("\r\n")


@user.command()
def add(
    name: Name,
    role: Annotated[str, typer.Option("--role", metavar="|".join(ROLES), help="角色")],
    site: Annotated[str | None, typer.Option("--site", metavar="CODE", help="馆点编码")] = None,
    county: Annotated[str | None, typer.Option("--county", metavar="NAME", help="县区")] = None,
    password_stdin: PasswordStdin = False,
    as_json: Json = False,
) -> None:
    """添加账号。"""
    from models.managing import add as add_account
    from models.unit import read_tree

    here = managing()
    password = read_password(password_stdin)
    with here.database.read() as connection:
        tree = read_tree(connection, here.services.catalog)
    place = {"site": site or None, "county": county or None}
    made = add_account(here.database, here.actor, name, role, password, tree, here.now, **place)
    answer(asdict(made), _("已添加账号 {name}").format(name=made.name))


@user.command("list")
def list_users(as_json: Json = False) -> None:
    """列出全部账号。"""
    from models.accounts import ROLE_LABELS, list_accounts

    here = managing()
    with here.database.read() as connection:
        found = list_accounts(connection)
    lines = [
        "\t".join(
            part
            for part in (
                each.name,
                _(ROLE_LABELS[each.role]),
                each.site or each.county,
                _("已停用") if each.disabled else None,
            )
            if part
        )
        for each in found
    ]
    answer({"users": [asdict(each) for each in found]}, "\n".join(lines) or _("还没有账号"))


@user.command()
def disable(name: Name, as_json: Json = False) -> None:
    """停用账号：马上退出，令牌作废。"""
    from models.managing import disable as close

    here = managing()
    closed = close(here.database, here.actor, name, here.now)
    answer(asdict(closed), _("已停用账号 {name}").format(name=closed.name))


@user.command()
def enable(name: Name, as_json: Json = False) -> None:
    """恢复停用的账号；令牌要另发。"""
    from models.managing import enable as open_again

    here = managing()
    opened = open_again(here.database, here.actor, name, here.now)
    answer(asdict(opened), _("已恢复账号 {name}").format(name=opened.name))


@user.command()
def password(name: Name, password_stdin: PasswordStdin = False, as_json: Json = False) -> None:
    """重设密码；此账号在别处的登录全部退出。"""
    from models.managing import set_password

    here = managing()
    changed = set_password(here.database, here.actor, name, read_password(password_stdin), here.now)
    answer(asdict(changed), _("已重设 {name} 的密码").format(name=changed.name))


@user.command()
def token(name: Name, as_json: Json = False) -> None:
    """发一个接口令牌，只显示这一次。"""
    from models.managing import make_token

    here = managing()
    made = make_token(here.database, here.actor, name, _("命令行"), here.now)
    answer({"token": made}, made)


@user.command()
def link(as_json: Json = False) -> None:
    """没有管理员时，另取一个登录链接：30 分钟内有效，只能用一次。"""
    from models.sessions import add_link

    here = managing()
    with here.database.write() as connection:
        path = f"/first?token={add_link(connection, here.now)}"
    answer({"link": path}, path)
