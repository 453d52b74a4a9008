"""Accounts in the app: who may do what to whom, what is recorded, links and tokens that are shown once, words."""

import json
from datetime import timedelta

import pytest
import sqlalchemy as sa

from models import invitations, managing, sessions, signins
from models.access import CLI, Actor
from models.account_notes import read_notes
from models.accounts import AccountDisabled, NameTaken, Unfit, find_account, get_account
from models.database import read_pulses, system
from models.passwords import Passwords
from models.sessions import Arrival, session_actor, sign_in, token_actor
from models.tree import Node, Tree
from pages import login
from pages.account_form import Places, place_of
from pages.account_words import device_of, note_words
from pages.session import COOKIE
from tests.conftest import NOW
from tests.web import (  # noqa: F401  (the small city, with accounts)
    postgres_template,
    site_app,
    sqlite_template,
    visit,
)
from tests.world import ACTORS, SITES

DATABASES = ("sqlite",)
CHEAP = Passwords((("time_cost", 1), ("memory_cost", 8), ("parallelism", 1)))
GOOD, OTHER = "Correct-Horse-7", "Another-Horse-8"
ADMIN = ACTORS["admin"]
HERE = Arrival(NOW, "10.0.0.7", "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0")


@pytest.fixture
def tree():
    """The small city's, without asking for it."""
    return Tree({code: Node(code, parent, level, "culture", county, "open") for code, parent, level, county in SITES})


@pytest.fixture
def anna(database, tree):
    """A branch's account with a password."""
    told = {"site": "C530111001", "passwords": CHEAP}
    return managing.add(database, ADMIN, "杨帆", "branch", GOOD, tree, NOW, **told).actor


def enter(database, name="杨帆", password=GOOD):
    return sign_in(database, name, password, HERE, passwords=CHEAP)


def read(database, function, *told, **more):
    with database.read() as connection:
        return function(connection, *told, **more)


def deeds(database, tree, by, name):
    """Everything that can be done to an account, by its name in the record."""
    database = database
    return {
        "added": lambda: managing.add(database, by, "新人", "reader", GOOD, tree, NOW, passwords=CHEAP),
        "placed": lambda: managing.move(database, by, name, "reader", tree, NOW, county="西山区"),
        "disabled": lambda: managing.disable(database, by, name, NOW),
        "enabled": lambda: managing.enable(database, by, name, NOW),
        "password": lambda: managing.set_password(database, by, name, OTHER, NOW, passwords=CHEAP),
        "link": lambda: managing.hand_link(database, by, name, NOW),
        "token": lambda: managing.make_token(database, by, name, "报表", NOW),
        "revoked": lambda: managing.revoke_token(
            database, by, name, read(database, signins.list_tokens, name)[0].number, NOW
        ),
        "ended": lambda: managing.end_session(database, by, name, None, NOW),
    }


# ---- who may


def test_accounts_are_the_administrators_business(database, tree, anna):
    managing.make_token(database, anna, "杨帆", "自己的", NOW)
    before = everything(database)
    for name in ACTORS.keys() - {"admin"}:
        for what, deed in deeds(database, tree, ACTORS[name], "杨帆").items():
            with pytest.raises(managing.NotManager):
                deed()
            assert everything(database) == before, (name, what)


def everything(database):
    """All that the app keeps of accounts."""
    names = ("accounts", "sessions", "tokens", "invitations", "account_changes")
    with database.read() as connection:
        return {name: connection.execute(sa.select(system.tables[name])).all() for name in names}


@pytest.mark.parametrize("what", ["placed", "disabled"])
def test_nobody_takes_their_own_account_away(database, tree, what):
    with pytest.raises(managing.OwnAccount):
        deeds(database, tree, ADMIN, "admin")[what]()


@pytest.mark.parametrize("what", ["placed", "disabled"])
def test_the_last_administrator_stays(database, tree, what):
    """Another administrator whose account is closed since, or a page that is out of date, does not take the last one."""
    ghost = Actor("不在了", "admin")
    with pytest.raises(managing.LastAdmin):
        deeds(database, tree, ghost, "admin")[what]()
    managing.add(database, CLI, "副手", "admin", GOOD, tree, NOW, passwords=CHEAP)
    managing.disable(database, CLI, "副手", NOW)
    with pytest.raises(managing.LastAdmin):
        deeds(database, tree, ghost, "admin")[what]()
    managing.enable(database, CLI, "副手", NOW)
    deeds(database, tree, ghost, "admin")[what]()
    assert read(database, find_account, "副手").role == "admin"


def test_whoever_sits_at_the_machine_may_begin_anew(database):
    managing.disable(database, CLI, "admin", NOW)
    with database.write() as connection:
        assert sessions.add_link(connection, NOW)


# ---- what is recorded


def test_every_deed_is_recorded_and_wakes_the_pages_and_holds_no_secret(database, tree, anna):
    secrets = [GOOD, OTHER]
    order = ("added", "token", "revoked", "link", "password", "placed", "ended", "disabled", "enabled")
    told = deeds(database, tree, ADMIN, "杨帆")
    for what in order:
        before = read(database, read_pulses).get("accounts", 0)
        made = told[what]()
        secrets += [made] if isinstance(made, str) else []
        (last, *_older) = read(database, read_notes)
        assert (last.at, last.by, last.what) == ("2026-11-24T06:31:05Z", "admin", what)
        assert last.account == ("新人" if what == "added" else "杨帆")
        assert read(database, read_pulses)["accounts"] > before
    assert len(secrets) == 4
    with database.read() as connection:
        for table in system.tables.values():
            text = json.dumps([list(map(str, row)) for row in connection.execute(sa.select(table))])
            assert not [one for one in secrets if one in text], table.name
    notes = read(database, read_notes, "杨帆")
    assert [one.what for one in notes] == [*reversed(order[1:]), "added"]
    words = [note_words(one, {"C530111001": "关上馆"}) for one in notes]
    assert "改角色或范围：分馆 C530111001 关上馆 → 只读 西山区" in words
    assert {"作废令牌：报表", "发令牌：报表", "添加账号：分馆 C530111001 关上馆", "结束全部登录"} <= set(words)


def test_what_changes_nothing_is_not_recorded(database, tree, anna):
    managing.move(database, ADMIN, "杨帆", "branch", tree, NOW, site="C530111001")
    assert [one.what for one in read(database, read_notes)] == ["added"]


# ---- what it does


def test_a_closed_account_is_out_at_once_and_comes_back_without_its_tokens(database, anna):
    session, bearer = enter(database), managing.make_token(database, anna, "杨帆", "报表", NOW)
    link = managing.hand_link(database, ADMIN, "杨帆", NOW)
    managing.disable(database, ADMIN, "杨帆", NOW)
    managing.enable(database, ADMIN, "杨帆", NOW)
    assert session_actor(database, session, NOW) is None
    assert read(database, token_actor, bearer) is None
    with pytest.raises(invitations.InvitationSpent):
        read(database, invitations.invited, link, NOW)
    assert enter(database)


def test_another_role_holds_at_the_next_request(database, tree, anna):
    session = enter(database)
    managing.move(database, ADMIN, "杨帆", "reader", tree, NOW, county="西山区")
    assert session_actor(database, session, NOW) == Actor("杨帆", "reader", county="西山区")


@pytest.mark.parametrize(
    ("role", "place"),
    [("main", {}), ("main", {"site": "C530111001"}), ("branch", {"site": "C999"}), ("admin", {"site": "C5301"})],
)
def test_a_place_that_does_not_fit_changes_nothing(database, tree, anna, role, place):
    with pytest.raises(Unfit):
        managing.move(database, ADMIN, "杨帆", role, tree, NOW, **place)
    assert read(database, get_account, "杨帆").actor == anna


def test_one_session_ends_or_all_and_none_of_another(database, anna):
    mine, second = enter(database), enter(database)
    with database.write() as connection:
        others = sessions.open_session(connection, get_account(connection, "admin"), HERE)
    listed = read(database, signins.list_sessions, "杨帆", NOW, mine)
    assert [one.here for one in listed].count(True) == 1
    number = next(one.number for one in listed if not one.here)
    with pytest.raises(signins.AlreadyGone):
        managing.end_session(database, ADMIN, "admin", number, NOW)
    managing.end_session(database, anna, "杨帆", number, NOW)
    assert session_actor(database, mine, NOW) == anna
    assert session_actor(database, second, NOW) is None
    managing.end_session(database, ADMIN, "杨帆", None, NOW)
    assert session_actor(database, mine, NOW) is None
    assert session_actor(database, others, NOW) == ADMIN


def test_the_overview_counts_what_is_open(database, anna):
    enter(database)
    enter(database)
    managing.make_token(database, anna, "杨帆", "报表", NOW)
    told = {one.account.name: one for one in read(database, signins.overview, NOW)}
    assert (told["杨帆"].sessions, told["杨帆"].tokens, told["杨帆"].signed_in_at) == (2, 1, "2026-11-24T06:31:05Z")
    assert (told["guandu"].sessions, told["guandu"].signed_in_at) == (0, None)
    later = {one.account.name: one for one in read(database, signins.overview, NOW + timedelta(hours=12))}
    assert (later["杨帆"].sessions, later["杨帆"].signed_in_at) == (0, "2026-11-24T06:31:05Z")


@pytest.mark.parametrize("label", ["", "  ", "长" * 41])
def test_a_token_says_what_it_is_for(database, anna, label):
    with pytest.raises(Unfit):
        managing.make_token(database, anna, "杨帆", label, NOW)


def test_one_token_is_voided_and_not_the_other(database, anna):
    one, two = (managing.make_token(database, anna, "杨帆", label, NOW) for label in ("甲", "乙"))
    number = next(told.number for told in read(database, signins.list_tokens, "杨帆") if told.name == "甲")
    managing.revoke_token(database, anna, "杨帆", number, NOW)
    assert read(database, token_actor, one) is None
    assert read(database, token_actor, two) == anna
    with pytest.raises(signins.AlreadyGone):
        managing.revoke_token(database, anna, "杨帆", number, NOW)


def test_names_are_taken_once(database, tree, anna):
    with pytest.raises(NameTaken):
        managing.add(database, ADMIN, "杨帆", "reader", GOOD, tree, NOW, passwords=CHEAP)


# ---- one's own password


def change(database, actor, old, new, keep=None, came=HERE):
    managing.change_password(database, actor, old, new, came, keep, passwords=CHEAP)


def test_another_password_of_one_s_own_keeps_this_session_alone(database, anna):
    here, there = enter(database), enter(database)
    change(database, anna, GOOD, OTHER, here)
    assert session_actor(database, here, NOW) == anna
    assert session_actor(database, there, NOW) is None
    assert enter(database, password=OTHER)


def test_the_old_password_is_asked_with_the_brake_of_a_sign_in(database, anna):
    for left in (4, 3, 2, 1, 0):
        with pytest.raises(managing.OldPasswordWrong, match=f"还可试 {left} 次"):
            change(database, anna, "wrong-password", OTHER)
    with pytest.raises(sessions.TooManyTries):
        change(database, anna, GOOD, OTHER)
    later = Arrival(NOW + timedelta(minutes=15), "10.0.0.7")
    with pytest.raises(Unfit):
        change(database, anna, GOOD, "short", came=later)
    change(database, anna, GOOD, OTHER, came=later)


# ---- the link, over HTTP


@pytest.fixture
def app(parts):
    made = site_app(parts)
    made.dependency_overrides[login.passwords_of] = lambda: CHEAP
    return made


def post(client, token, password):
    return client.post("/enter", data={"token": token, "password": password}, headers={"Origin": "http://zongfen.lan"})


async def test_a_link_lets_in_once_and_sets_a_password(database, tree, app):
    managing.add(database, ADMIN, "新人", "point", None, tree, NOW, site="C530111001001", passwords=CHEAP)
    token = managing.hand_link(database, ADMIN, "新人", NOW)
    async with visit(app) as client:
        for _look in range(2):  # a chat's preview looks first
            page = await client.get("/enter", params={"token": token})
            assert (page.status_code, 'value="新人"' in page.text, "readonly" in page.text) == (200, True, True)
        weak = await post(client, token, "short")
        assert (weak.status_code, "10 至 128" in weak.text) == (422, True)
        came = await post(client, token, GOOD)
        assert (came.status_code, came.headers["location"]) == (303, "/")
        assert session_actor(database, came.cookies[COOKIE], NOW).site == "C530111001001"
        assert (await post(client, token, OTHER)).status_code == 410
    assert enter(database, "新人")


async def test_links_that_open_no_more(database, anna, app):
    def link(ago=0):
        return managing.hand_link(database, ADMIN, "杨帆", NOW - timedelta(minutes=ago))

    late, older, replaced = link(30), link(), link()
    managing.set_password(database, ADMIN, "杨帆", OTHER, NOW, passwords=CHEAP)
    closed = link()
    managing.disable(database, ADMIN, "杨帆", NOW)
    async with visit(app) as client:
        for token in (late, older, replaced, closed, "x", ""):
            for answer in (await client.get("/enter", params={"token": token}), await post(client, token, GOOD)):
                assert (answer.status_code, "找管理员另发一个" in answer.text) == (410, True)


def test_a_closed_account_gets_no_link(database, anna):
    managing.disable(database, ADMIN, "杨帆", NOW)
    with pytest.raises(AccountDisabled):
        managing.hand_link(database, ADMIN, "杨帆", NOW)


# ---- forms and words


@pytest.fixture
def places(tree):
    return Places(tree, {"C530111": "官渡馆", "C530112": "西山馆", "C530111001": "关上馆", "L530111001": "关上馆"})


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ({"role": "admin", "site": "C530111", "county": "官渡区"}, ("admin", None, None)),
        ({"role": "bureau", "county": ""}, ("bureau", None, None)),
        ({"role": "bureau", "county": "官渡区", "site": "C530111"}, ("bureau", None, "官渡区")),
        ({"role": "center", "center": "L5301", "site": "C530111"}, ("center", "L5301", None)),
        ({"role": "main", "site": "C530111 官渡馆"}, ("main", "C530111", None)),
        ({"role": "main", "site": "西山馆"}, ("main", "C530112", None)),
        ({"role": "reader", "site": "", "county": ""}, ("reader", None, None)),
        ({"role": "main", "site": ""}, "选一个馆点"),
        ({"role": "branch", "site": "关上馆"}, "从列表里选"),
        ({"role": "branch", "site": "没有的馆"}, "从列表里选"),
    ],
)
def test_a_form_says_role_and_place(places, typed, wanted):
    if isinstance(wanted, str):
        with pytest.raises(Unfit, match=wanted):
            place_of(typed, places)
    else:
        assert place_of(typed, places) == wanted


def test_sites_are_offered_by_name_or_code_and_level(places):
    assert places.offered("官渡", "main") == ["C530111 官渡馆"]
    assert places.offered("c530111001", "branch") == ["C530111001 关上馆"]
    assert places.offered("关上馆", "point") == []
    assert places.offered("关上馆", "reader") == ["C530111001 关上馆", "L530111001 关上馆"]


@pytest.mark.parametrize(
    ("agent", "wanted"),
    [
        (HERE.agent, "Edge · Windows"),
        ("Mozilla/5.0 (Linux; Android 14) Chrome/120 Mobile Safari/537.36 MicroMessenger/8.0", "微信 · Android"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Version/17 Safari/604.1", "Safari · iPhone"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox · Linux"),
        ("python-httpx/0.28", "python-httpx/0.28"),
        ("", "设备不明"),
    ],
)
def test_a_device_in_words(agent, wanted):
    assert device_of(agent) == wanted
