"""Accounts, passwords, sign-in and its brake, sessions, tokens, the one-time link: on a real SQLite, times passed in."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from models import accounts, managing, passwords, sessions
from models.access import CLI, Actor
from models.database import Database, grow, system
from models.passwords import Passwords
from models.tree import Node, Tree

DATABASES = ("sqlite",)
NOW = datetime(2026, 11, 24, 6, 31, 5, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
GOOD = "Correct-Horse-7"
CHEAP = Passwords((("time_cost", 1), ("memory_cost", 8), ("parallelism", 1)))

TREE = Tree(
    {
        code: Node(code, parent, level, "culture", county, "open")
        for code, parent, level, county in (
            ("C5301", None, "center", None),
            ("C530111", "C5301", "main", "官渡区"),
            ("C530111001", "C530111", "branch", "官渡区"),
            ("C530111001001", "C530111001", "point", "官渡区"),
        )
    }
)


@pytest.fixture
def database(tmp_path):
    made = Database(f"sqlite:///{tmp_path / 'zongfen.db'}")
    grow(made, system)
    yield made
    made.close()


@pytest.fixture
def clerk(database):
    return add(database, "李春梅", "branch", site="C530111001")


def add(database, name="李春梅", role="admin", password=GOOD, **place):
    return managing.add(database, CLI, name, role, password, TREE, NOW, passwords=CHEAP, **place)


def sign_in(database, name="李春梅", password=GOOD, address="10.0.0.7", now=NOW, passwords=CHEAP):
    came = sessions.Arrival(now, address, "Firefox")
    return sessions.sign_in(database, name, password, came, passwords=passwords)


def write(database, function, *arguments):
    with database.write() as connection:
        return function(connection, *arguments)


def everything(database):
    """All that is kept, as one text: to look for what must not be there."""
    with database.read() as connection:
        return "\n".join(str(connection.execute(sa.select(table)).all()) for table in system.sorted_tables)


# ---- passwords


@pytest.mark.parametrize(
    "password",
    [
        GOOD,
        "Another-Horse-8",
        "x" * 10,
        "x" * 128,
        "长江后浪推前浪一浪高",
        "kunming dianchi 7 wan li",
        "0874-ke-ji-lou",
    ],
)
def test_a_password_that_will_do(password):
    assert passwords.weakness("李春梅", password) is None


@pytest.mark.parametrize(
    ("name", "password", "why"),
    [
        ("李春梅", "short-one", "10 至 128"),
        ("李春梅", "x" * 129, "10 至 128"),
        ("李春梅", "", "10 至 128"),
        ("lichunmei-guandu", "LiChunMei-Guandu", "姓名"),
        ("lichunmei", "Lichunmei2026!", "姓名"),
        ("官渡区文化馆办公室小李", "官渡区文化馆办公室小李", "姓名"),
        ("李春梅", "1234567890", "常见"),
        ("李春梅", "１２３４５６７８９０", "常见"),
        ("李春梅", "Password2024", "常见"),
        ("李春梅", "Admin@123456", "常见"),
        ("李春梅", "WENHUAGUAN888", "常见"),
        ("李春梅", "woaini1314520", "常见"),
        ("李春梅", "kunming@2026", "常见"),
        ("李春梅", "文化馆12345678", "常见"),
        ("李春梅", "1qaz2wsx3edc", "常见"),
        ("李春梅", "qwertyuiop123", "常见"),
    ],
)
def test_a_password_that_will_not_do(name, password, why):
    assert why in passwords.weakness(name, password)


def test_the_list_has_a_few_hundred_each_once_and_in_lower_case():
    lines = [line for line in passwords.COMMON.read_text("utf-8").splitlines() if line and not line.startswith("#")]
    assert len(lines) > 300
    assert len(lines) == len(set(lines)) == len(passwords.common())
    assert all(line == line.strip().casefold() for line in lines)


WORDS = sorted(word for word in passwords.common() if not word[-1].isdigit())


@given(st.text(max_size=140), st.sampled_from(WORDS), st.integers(0, 10**12))
def test_common_words_are_refused_whatever_digits_follow(name, word, number):
    assert passwords.weakness(name, f"{word.upper()}{number:010d}")


def test_full_width_is_the_same_password(database, clerk):
    assert sign_in(database, password="Ｃｏｒｒｅｃｔ-Horse-７")


# ---- who may have an account


@pytest.mark.parametrize(
    ("role", "place"),
    [
        ("admin", {}),
        ("bureau", {}),
        ("bureau", {"county": "官渡区"}),
        ("center", {"site": "C5301"}),
        ("main", {"site": "C530111"}),
        ("branch", {"site": "C530111001"}),
        ("point", {"site": "C530111001001"}),
        ("assessor", {}),
        ("reader", {}),
        ("reader", {"county": "官渡区"}),
        ("reader", {"site": "C530111"}),
    ],
)
def test_roles_and_their_places(database, role, place):
    made = add(database, "王敏", role, **place)
    assert made.actor == Actor("王敏", role, **place)
    with database.read() as connection:
        assert accounts.find_actor(connection, "王敏") == made.actor


@pytest.mark.parametrize(
    ("role", "place", "why"),
    [
        ("boss", {}, "没有这个角色"),
        ("admin", {"site": "C5301"}, "不填"),
        ("admin", {"county": "官渡区"}, "不填"),
        ("bureau", {"site": "C5301"}, "不填馆点"),
        ("bureau", {"county": "官度区"}, "没有这个县区"),
        ("center", {}, "要有馆点"),
        ("center", {"site": "C530111"}, "不是中心馆"),
        ("main", {}, "要有馆点"),
        ("main", {"site": "C5301"}, "不是总馆"),
        ("branch", {"site": "C530111009"}, "没有这个馆点"),
        ("branch", {"site": "C530111001001"}, "不是分馆"),
        ("branch", {"site": "C530111001", "county": "官渡区"}, "不填县区"),
        ("point", {"county": "官渡区"}, "要有馆点"),
        ("assessor", {"site": "C530111"}, "不填"),
        ("reader", {"site": "C530111", "county": "官渡区"}, "只填一个"),
    ],
)
def test_places_that_do_not_fit(database, role, place, why):
    with pytest.raises(accounts.Unfit, match=why) as fault:
        add(database, "王敏", role, **place)
    assert fault.value.field == "place"


def test_a_county_cannot_be_judged_before_there_are_sites(database):
    made = managing.add(database, CLI, "王敏", "bureau", GOOD, Tree(), NOW, county="官渡区", passwords=CHEAP)
    assert made.county == "官渡区"


@pytest.mark.parametrize("name", ["", "  ", "x" * 41, "李\n梅", "李\x00梅", "cli", "CLI", "sync"])
def test_names_that_do_not_fit(database, name):
    with pytest.raises(accounts.Unfit) as fault:
        add(database, name)
    assert fault.value.field == "name"


@pytest.mark.parametrize("again", ["Chunmei", "chunmei", " CHUNMEI ", "ｃｈｕｎｍｅｉ"])
def test_a_name_is_one_persons(database, again):
    add(database, "Chunmei", "reader")
    with pytest.raises(accounts.NameTaken, match="已有账号"):
        add(database, again)
    assert sign_in(database, again)


def test_a_weak_password_makes_no_account(database):
    with pytest.raises(accounts.Unfit) as fault:
        add(database, password="Password123")
    assert fault.value.field == "password"
    with database.read() as connection:
        assert accounts.list_accounts(connection) == []


def test_accounts_are_listed_by_role_and_name(database):
    for name, role in (("b", "reader"), ("z", "admin"), ("a", "reader"), ("y", "bureau")):
        add(database, name, role)
    with database.read() as connection:
        assert [each.name for each in accounts.list_accounts(connection)] == ["z", "y", "a", "b"]


def test_who_is_unknown_or_closed_cannot_act(database, clerk):
    with database.read() as connection, pytest.raises(accounts.NoAccount):
        accounts.find_actor(connection, "nobody")
    write(database, sessions.close_account, "李春梅")
    with database.read() as connection, pytest.raises(accounts.AccountDisabled):
        accounts.find_actor(connection, "李春梅")
    assert CLI.name in accounts.RESERVED


# ---- sign-in


def test_sign_in_opens_a_session(database, clerk):
    token = sign_in(database)
    assert sessions.session_actor(database, token, NOW) == clerk.actor


@pytest.mark.parametrize("token", ["", "x", "李春梅", "0" * 64])
def test_a_made_up_token_opens_nothing(database, clerk, token):
    sign_in(database)
    assert sessions.session_actor(database, token, NOW) is None


def test_nothing_secret_is_kept(database, clerk):
    token = sign_in(database)
    with database.write() as connection:
        bearer = sessions.add_token(connection, "李春梅", NOW)
    with pytest.raises(sessions.WrongPassword):
        sign_in(database, "My-Secret-Typed-Here", "whatever-it-was")
    kept = everything(database)
    assert "argon2id" in kept
    for text in (token, bearer, GOOD, "My-Secret-Typed-Here", "whatever-it-was"):
        assert text not in kept


def test_every_sign_in_has_a_new_token(database, clerk):
    assert sign_in(database) != sign_in(database)


class Counted(Passwords):
    """Counts the hashes that are worked out in full."""

    def __init__(self, parameters):
        super().__init__(parameters)
        object.__setattr__(self, "against", [])

    def verify(self, kept, password):
        self.against.append(self.nobodys if kept is None else kept)
        return super().verify(kept, password)


@pytest.mark.parametrize("name", ["李春梅", "nobody", "王敏"])
def test_an_unknown_and_a_closed_name_cost_the_same_work(database, clerk, name):
    add(database, "王敏", "reader")
    write(database, sessions.close_account, "王敏")
    counted = Counted(CHEAP.parameters)
    with pytest.raises(sessions.WrongPassword, match="姓名或密码不对，还可试 4 次"):
        sign_in(database, name, "wrong-password", passwords=counted)
    assert len(counted.against) == 1
    parameters = counted.against[0].split("$")[3]
    assert parameters == "m=8,t=1,p=1"


def test_a_closed_account_is_told_so_only_with_its_password(database, clerk):
    write(database, sessions.close_account, "李春梅")
    with pytest.raises(sessions.WrongPassword):
        sign_in(database, password="wrong-password")
    with pytest.raises(accounts.AccountDisabled, match="停用"):
        sign_in(database)


def test_a_hash_of_older_parameters_is_made_anew(database, clerk):
    dearer = Passwords((("time_cost", 2), ("memory_cost", 16), ("parallelism", 1)))
    sign_in(database, passwords=dearer)
    assert "m=16,t=2,p=1" in everything(database)
    assert sign_in(database)


# ---- the brake


def wrong(database, times, name="李春梅", address="10.0.0.7", now=NOW):
    for _time in range(times):
        with pytest.raises(sessions.WrongPassword):
            sign_in(database, name, "wrong-password", address, now)


def test_five_wrong_tries_a_name_then_wait(database, clerk):
    wrong(database, 5)
    with pytest.raises(sessions.TooManyTries, match="过 15 分钟") as fault:
        sign_in(database)
    assert fault.value.minutes == 15
    with pytest.raises(sessions.TooManyTries, match="过 5 分钟"):
        sign_in(database, address="10.9.9.9", now=NOW + 10 * MINUTE)
    assert sign_in(database, now=NOW + 15 * MINUTE)


def test_what_is_left_is_said(database, clerk):
    for left in ("4 次", "3 次", "2 次", "1 次", "过一会"):
        with pytest.raises(sessions.WrongPassword, match=left):
            sign_in(database, password="wrong-password")


def test_an_unknown_name_is_braked_like_a_known_one(database):
    wrong(database, 5, name="nobody")
    with pytest.raises(sessions.TooManyTries):
        sign_in(database, "nobody")


def test_twenty_wrong_tries_an_address_then_wait(database, clerk):
    for each in range(20):
        wrong(database, 1, name=f"name{each}")
    with pytest.raises(sessions.TooManyTries):
        sign_in(database)
    assert sign_in(database, address="10.0.0.8")


def test_a_braked_try_does_not_lengthen_the_wait(database, clerk):
    wrong(database, 5)
    for minute in range(1, 15):
        with pytest.raises(sessions.TooManyTries):
            sign_in(database, now=NOW + minute * MINUTE)
    assert sign_in(database, now=NOW + 15 * MINUTE)


def test_a_sign_in_clears_the_tries_from_the_same_address_alone(database, clerk):
    wrong(database, 2, address="6.6.6.6")
    wrong(database, 2)
    sign_in(database)
    wrong(database, 3)
    with pytest.raises(sessions.TooManyTries):
        sign_in(database)


def test_many_at_once_get_no_more_tries_than_one_after_another(database, clerk):
    answers = []

    def guess():
        try:
            sign_in(database, password="wrong-password")
        except accounts.AccountFault as fault:
            answers.append(type(fault))

    guessers = [threading.Thread(target=guess) for _each in range(12)]
    for each in guessers:
        each.start()
    for each in guessers:
        each.join()
    assert answers.count(sessions.WrongPassword) == 5
    assert answers.count(sessions.TooManyTries) == 7


# ---- sessions


def test_a_session_ends_after_twelve_idle_hours(database, clerk):
    token = sign_in(database)
    assert sessions.session_actor(database, token, NOW + 12 * HOUR) is None


def test_a_session_in_use_lives_seven_days_and_no_longer(database, clerk):
    token = sign_in(database)
    for hours in range(11, 7 * 24, 11):
        assert sessions.session_actor(database, token, NOW + hours * HOUR) == clerk.actor
    assert sessions.session_actor(database, token, NOW + 7 * DAY - MINUTE) == clerk.actor
    assert sessions.session_actor(database, token, NOW + 7 * DAY) is None


def test_being_seen_is_written_now_and_then_only(database, clerk):
    token = sign_in(database)

    def seen_at():
        with database.read() as connection:
            return connection.execute(sa.select(accounts.sessions.c.seen_at)).scalar_one()

    sessions.session_actor(database, token, NOW + 4 * MINUTE)
    assert seen_at() == "2026-11-24T06:31:05Z"
    sessions.session_actor(database, token, NOW + 6 * MINUTE)
    assert seen_at() == "2026-11-24T06:37:05Z"


def test_expired_sessions_are_swept_at_the_next_sign_in(database, clerk):
    sign_in(database)
    sign_in(database, now=NOW + 13 * HOUR)
    with database.read() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(accounts.sessions)).scalar_one() == 1


def test_signing_out_ends_this_session_alone(database, clerk):
    here, there = sign_in(database), sign_in(database)
    write(database, sessions.end_session, here)
    assert sessions.session_actor(database, here, NOW) is None
    assert sessions.session_actor(database, there, NOW) == clerk.actor


def test_disabling_ends_sessions_and_tokens(database, clerk):
    token = sign_in(database)
    bearer = write(database, sessions.add_token, "李春梅", NOW)
    write(database, sessions.close_account, "李春梅")
    assert sessions.session_actor(database, token, NOW) is None
    with database.read() as connection:
        assert sessions.token_actor(connection, bearer) is None
    write(database, accounts.set_disabled, "李春梅", False)
    assert sessions.session_actor(database, token, NOW) is None
    with database.read() as connection:
        assert sessions.token_actor(connection, bearer) is None
    assert sign_in(database)


def test_another_password_ends_the_other_sessions(database, clerk):
    here, there = sign_in(database), sign_in(database)
    write(database, sessions.keep_hash, "李春梅", CHEAP.hash("Another-Horse-8"), here)
    assert sessions.session_actor(database, here, NOW) == clerk.actor
    assert sessions.session_actor(database, there, NOW) is None
    wrong(database, 1)
    assert sign_in(database, password="Another-Horse-8")
    with pytest.raises(accounts.Unfit):
        managing.set_password(database, CLI, "李春梅", "short", NOW, passwords=CHEAP)
    with pytest.raises(accounts.NoAccount):
        managing.set_password(database, CLI, "nobody", GOOD, NOW, passwords=CHEAP)


# ---- tokens


def test_a_token_acts_for_its_account_until_revoked(database, clerk):
    first, second = (write(database, sessions.add_token, "李春梅", NOW) for _each in range(2))
    with database.read() as connection:
        assert sessions.token_actor(connection, first) == clerk.actor
        assert sessions.token_actor(connection, first + "x") is None
    assert write(database, sessions.revoke_tokens, "李春梅") == 2
    with database.read() as connection:
        assert sessions.token_actor(connection, first) is None
        assert sessions.token_actor(connection, second) is None


def test_a_session_is_no_token_and_a_token_no_session(database, clerk):
    session, bearer = sign_in(database), write(database, sessions.add_token, "李春梅", NOW)
    assert sessions.session_actor(database, bearer, NOW) is None
    with database.read() as connection:
        assert sessions.token_actor(connection, session) is None


def test_no_token_for_whom_there_is_not(database, clerk):
    with pytest.raises(accounts.NoAccount):
        write(database, sessions.add_token, "nobody", NOW)
    write(database, sessions.close_account, "李春梅")
    with pytest.raises(accounts.AccountDisabled):
        write(database, sessions.add_token, "李春梅", NOW)


# ---- the one-time link


def use(database, token, name="李春梅", password=GOOD, now=NOW):
    return sessions.use_link(database, token, name, password, sessions.Arrival(now, "10.0.0.7"), passwords=CHEAP)


def test_the_link_makes_the_first_administrator_once(database):
    link = write(database, sessions.add_link, NOW)
    session = use(database, link, now=NOW + 29 * MINUTE)
    assert sessions.session_actor(database, session, NOW + 29 * MINUTE) == Actor("李春梅", "admin")
    with pytest.raises(sessions.LinkSpent):
        use(database, link, name="王敏", now=NOW + 29 * MINUTE)
    with pytest.raises(sessions.AdminThere):
        write(database, sessions.add_link, NOW)


def test_a_used_link_stays_used_when_the_administrator_is_gone(database):
    link = write(database, sessions.add_link, NOW)
    use(database, link)
    write(database, sessions.close_account, "李春梅")
    with pytest.raises(sessions.LinkSpent):
        use(database, link, name="王敏")


@pytest.mark.parametrize("later", [30 * MINUTE, DAY])
def test_the_link_lives_thirty_minutes(database, later):
    link = write(database, sessions.add_link, NOW)
    with pytest.raises(sessions.LinkSpent):
        use(database, link, now=NOW + later)


def test_the_link_is_void_once_there_is_an_administrator(database):
    link = write(database, sessions.add_link, NOW)
    add(database, "王敏")
    with pytest.raises(sessions.LinkSpent):
        use(database, link)


def test_a_new_link_voids_the_older_one(database):
    old = write(database, sessions.add_link, NOW)
    new = write(database, sessions.add_link, NOW)
    with pytest.raises(sessions.LinkSpent):
        use(database, old)
    assert use(database, new)


def test_what_does_not_fit_leaves_the_link_open(database):
    add(database, "王敏", "reader")
    link = write(database, sessions.add_link, NOW)
    for name, password, fault in (
        ("王敏", GOOD, accounts.NameTaken),
        ("李春梅", "short", accounts.Unfit),
        ("", GOOD, accounts.Unfit),
    ):
        with pytest.raises(fault):
            use(database, link, name, password)
    assert use(database, link)


def test_a_lockout_is_opened_by_a_new_link(database, clerk):
    add(database, "王敏")
    write(database, sessions.close_account, "王敏")
    link = write(database, sessions.add_link, NOW)
    assert sessions.session_actor(database, use(database, link, "赵一"), NOW) == Actor("赵一", "admin")
