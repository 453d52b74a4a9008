"""`app.py user …`: what each command answers, with which status, and for whom."""

import io
import json
import re
import shutil
import sys
from contextlib import redirect_stdout

import pytest

from commands.main import main
from models.accounts import list_accounts
from models.services import open_installation
from models.sessions import session_actor, sign_in, token_actor
from models.settings import settings

GOOD, OTHER = "Correct-Horse-7", "Another-Horse-8"


@pytest.fixture(scope="module")
def fresh(tmp_path_factory):
    """A new installation with its administrator, made once."""
    data = tmp_path_factory.mktemp("fresh") / "data"
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(io.StringIO()):
        patch.setenv("ZONGFEN_DATA", str(data))
        patch.setattr(sys, "stdin", io.StringIO(f"{GOOD}\n"))
        assert main(("init", "--admin", "boss", "--password-stdin")) == 0
    return data


@pytest.fixture
def run(fresh, tmp_path, monkeypatch, capsys):
    shutil.copytree(fresh, tmp_path, dirs_exist_ok=True)
    monkeypatch.setenv("ZONGFEN_DATA", str(tmp_path))
    monkeypatch.delenv("ZONGFEN_USER", raising=False)

    def running(*arguments, stdin=""):
        monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
        status = main(arguments)
        said = capsys.readouterr()
        assert "Traceback" not in said.err
        return status, json.loads(said.out) if "--json" in arguments else said.out, said.err

    return running


def add(run, name="王敏", *more, role="reader", password=OTHER, newline="\n"):
    told = ("user", "add", name, "--role", role, "--password-stdin", *more)
    return run(*told, stdin=f"{password}{newline}")


def users(run):
    return [(each["name"], each["role"], each["disabled"]) for each in run("user", "list", "--json")[1]["users"]]


@pytest.mark.parametrize("newline", ["\n", "\r\n", ""])
def test_an_account_is_added_and_listed(run, newline):
    assert add(run, newline=newline)[0] == 0
    assert users(run) == [("boss", "admin", False), ("王敏", "reader", False)]
    assert run("user", "password", "王敏", "--password-stdin", stdin=f"{GOOD}{newline}")[0] == 0


def test_the_list_for_people_names_role_and_state(run):
    add(run)
    run("user", "disable", "王敏")
    assert run("user", "list")[1] == "boss\t管理员\n王敏\t只读\t已停用\n"


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("user", "add", "boss", "--role", "reader", "--password-stdin"), "已有账号"),
        (("user", "add", "王敏", "--role", "chief", "--password-stdin"), "没有这个角色"),
        (("user", "add", "王敏", "--role", "branch", "--password-stdin"), "要有馆点"),
        (("user", "add", "王敏", "--role", "main", "--site", "X1", "--password-stdin"), "没有这个馆点"),
        (("user", "add", "王敏", "--role", "reader"), "--password-stdin"),
        (("user", "add", "王敏"), "--role"),
        (("user", "disable", "nobody"), "没有账号"),
        (("user", "enable", "nobody"), "没有账号"),
        (("user", "token", "nobody"), "没有账号"),
        (("user", "password", "nobody", "--password-stdin"), "没有账号"),
        (("user", "link"), "已有管理员"),
        (("user", "list", "--as", "nobody"), "没有账号"),
        (("user", "rename", "boss"), "rename"),
    ],
)
def test_what_cannot_be_done_is_status_2_and_a_sentence(run, arguments, why):
    status, answer, message = run(*arguments, "--json", stdin=f"{OTHER}\n")
    assert status == 2
    assert why in answer["error"]
    assert why in message


@pytest.mark.parametrize("password", ["", "short", "Password2024", "boss-boss"])
def test_a_weak_password_is_refused(run, password):
    assert add(run, password=password)[0] == 2
    assert run("user", "password", "boss", "--password-stdin", stdin=f"{password}\n")[0] == 2
    assert users(run) == [("boss", "admin", False)]


@pytest.mark.parametrize(
    "command",
    [
        ("list",),
        ("token", "boss"),
        ("disable", "boss"),
        ("enable", "boss"),
        ("password", "boss", "--password-stdin"),
        ("add", "x", "--role", "admin", "--password-stdin"),
        ("link",),
    ],
)
def test_accounts_are_the_administrators_business(run, command):
    add(run)
    status, answer, _message = run("--as", "王敏", "user", *command, "--json", stdin=f"{OTHER}\n")
    assert status == 2
    assert "管理员" in answer["error"]
    assert users(run) == [("boss", "admin", False), ("王敏", "reader", False)]
    assert run("--as", "boss", "user", "list")[0] == 0


def test_a_token_is_shown_once_and_acts(run):
    add(run)
    token = run("user", "token", "王敏", "--json")[1]["token"]
    with open_installation(settings()).database.read() as connection:
        assert token_actor(connection, token).name == "王敏"
    assert re.fullmatch(r"[\w-]{43}\n", run("user", "token", "王敏")[1])


def test_disabled_and_back(run):
    add(run)
    assert run("user", "disable", "王敏")[0] == 0
    for command in (("--as", "王敏", "user", "list"), ("user", "token", "王敏")):
        status, answer, _message = run(*command, "--json")
        assert (status, "停用" in answer["error"]) == (2, True)
    assert run("user", "enable", "王敏")[0] == 0
    assert run("user", "token", "王敏")[0] == 0


def test_a_locked_out_installation_gets_a_link(run):
    run("user", "disable", "boss")
    status, answer, _message = run("user", "link", "--json")
    assert status == 0
    assert re.fullmatch(r"/first\?token=[\w-]{43}", answer["link"])
    assert run("user", "link")[1].startswith("/first?token=")


def test_another_password_signs_out_everywhere(run):
    from models.sessions import Arrival
    from models.store import utc_now

    here = open_installation(settings())
    token = sign_in(here.database, "boss", GOOD, Arrival(utc_now(), "10.0.0.7"))
    run("user", "password", "boss", "--password-stdin", stdin=f"{OTHER}\n")
    assert session_actor(here.database, token, utc_now()) is None
    assert sign_in(here.database, "boss", OTHER, Arrival(utc_now(), "10.0.0.7"))
    with here.database.read() as connection:
        assert [each.name for each in list_accounts(connection)] == ["boss"]
