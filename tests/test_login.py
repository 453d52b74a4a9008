"""Signing in and out over HTTP: cookies, where one lands, what is refused. A real SQLite, the clock in our hands."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape

import httpx
import pytest
from fastapi import FastAPI, Request
from hypothesis import given
from hypothesis import strategies as st

from models import managing, sessions, words
from models import rows as sqlrows
from models.access import CLI, Actor
from models.passwords import Passwords
from models.services import make_installation
from models.settings import settings
from models.tree import Tree
from pages import login, security, session

GOOD = "Correct-Horse-7"
CHEAP = Passwords((("time_cost", 1), ("memory_cost", 8), ("parallelism", 1)))
ORIGIN = {"Origin": "http://zongfen.lan"}


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self):
        self.now = datetime(2026, 11, 24, 6, 31, 5, tzinfo=UTC)

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def services(tmp_path, clock):
    made = make_installation(settings({"ZONGFEN_DATA": str(tmp_path)}), clock)
    yield made
    made.database.close()


@pytest.fixture
def app(services):
    made = FastAPI()
    login.login_routes(made, services)
    made.dependency_overrides[login.passwords_of] = lambda: CHEAP

    @made.get("/who")
    def who(request: Request):
        actor = session.current_actor(request)
        return {"name": actor and actor.name, "said": words.language.get()}

    security.protect(made)
    return made


@pytest.fixture
async def browser(app):
    async with browse(app) as made:
        yield made


def browse(app, scheme="http", **options):
    """A browser on our site; a link from elsewhere is followed by hand."""
    transport = httpx.ASGITransport(app, client=("10.0.0.7", 40000))
    return httpx.AsyncClient(transport=transport, base_url=f"{scheme}://zongfen.lan", **options)


@pytest.fixture
def clerk(services, clock):
    return managing.add(services.database, CLI, "李春梅", "admin", GOOD, Tree(), clock.now, passwords=CHEAP)


async def sign_in(browser, name="李春梅", password=GOOD, **more):
    return await browser.post("/login", data={"name": name, "password": password, **more}, headers=ORIGIN)


async def who(browser, **options):
    return (await browser.get("/who", **options)).json()["name"]


def fault(answer):
    found = re.search(r'class="fault"[^>]*>! (.*?)</p>', answer.text)
    return unescape(found[1]) if found else None


def cookie(answer, name=session.COOKIE):
    return next((one for one in answer.headers.get_list("set-cookie") if one.startswith(f"{name}=")), "")


# ---- signing in


async def test_the_form_has_what_a_browser_fills_in(browser, clerk):
    answer = await browser.get("/login")
    assert answer.status_code == 200
    text = answer.text
    assert '<form method="post" action="/login"' in text
    for name, label, complete in (("name", "姓名", "username"), ("password", "密码", "current-password")):
        assert f'<label for="{name}">{label}</label>' in text
        field = re.search(rf'<input id="{name}"[^>]*>', text)[0]
        assert f'name="{name}"' in field
        assert f'autocomplete="{complete}"' in field
    assert "<style" not in text
    assert not re.search(r"<script(?! src=)", text)
    assert answer.headers["Content-Security-Policy"] == security.STRICT
    assert answer.headers["Cache-Control"] == "no-store"


async def test_signing_in_and_out(browser, clerk):
    answer = await sign_in(browser)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    told = cookie(answer)
    assert "HttpOnly" in told
    assert "SameSite=lax" in told
    assert "Path=/" in told
    assert "Secure" not in told
    assert await who(browser) == "李春梅"
    kept = browser.cookies[session.COOKIE]
    answer = await browser.post("/logout", headers=ORIGIN)
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")
    assert session.COOKIE not in browser.cookies
    assert await who(browser, headers={"Cookie": f"{session.COOKIE}={kept}"}) is None


async def test_over_https_the_cookie_is_for_https_alone(app, clerk):
    async with browse(app, "https") as browser:
        answer = await browser.post("/login", data={"name": "李春梅", "password": GOOD})
        assert "Secure" in cookie(answer)


async def test_one_who_is_in_goes_on_at_once(browser, clerk):
    await sign_in(browser)
    answer = await browser.get("/login", params={"next": "/tables/sites"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/tables/sites")


async def test_leaving_without_a_session_is_no_fault(browser, clerk):
    assert (await browser.post("/logout", headers=ORIGIN)).status_code == 303


async def test_a_planted_session_is_worth_nothing(app, browser, clerk, services, clock):
    managing.add(services.database, CLI, "王敏", "reader", GOOD, Tree(), clock.now, passwords=CHEAP)
    async with browse(app) as other:
        await sign_in(other, "王敏")
        planted = other.cookies[session.COOKIE]
        for value in (planted, "made-up"):
            browser.cookies.set(session.COOKIE, value, domain="zongfen.lan")
            await sign_in(browser)
            assert browser.cookies[session.COOKIE] not in (planted, "made-up")
            assert await who(browser) == "李春梅"
        assert await who(other) is None


@pytest.mark.parametrize(("after", "name"), [(timedelta(hours=11), "李春梅"), (timedelta(hours=12), None)])
async def test_a_session_expires(browser, clerk, clock, after, name):
    await sign_in(browser)
    clock.now += after
    assert await who(browser) == name


async def test_a_closed_account_is_out_at_once(browser, clerk, services):
    await sign_in(browser)
    with services.database.write() as connection:
        sessions.close_account(connection, "李春梅")
    assert await who(browser) is None
    answer = await sign_in(browser)
    assert answer.status_code == 401
    assert "停用" in fault(answer)


async def test_a_bearer_token_goes_before_the_cookie(browser, clerk, services, clock):
    managing.add(services.database, CLI, "王敏", "reader", GOOD, Tree(), clock.now, passwords=CHEAP)
    with services.database.write() as connection:
        token = sessions.add_token(connection, "王敏", clock.now)
    await sign_in(browser)
    assert await who(browser, headers={"Authorization": f"Bearer {token}"}) == "王敏"
    assert await who(browser, headers={"Authorization": f"bearer  {token}"}) == "王敏"
    assert await who(browser, headers={"Authorization": "Bearer wrong"}) is None
    assert await who(browser, headers={"Authorization": f"Basic {token}"}) is None


# ---- not signing in


async def test_a_wrong_password_says_so_and_keeps_the_name(browser, clerk):
    answer = await sign_in(browser, password="wrong-password")
    assert answer.status_code == 401
    assert fault(answer) == "姓名或密码不对，还可试 4 次"
    assert 'value="李春梅"' in answer.text
    assert "wrong-password" not in answer.text
    assert not cookie(answer)


@pytest.mark.parametrize("fields", [{}, {"name": "李春梅"}, {"password": GOOD}, {"name": "李春梅", "password": ""}])
async def test_what_is_left_out_is_wrong(browser, clerk, fields):
    assert (await browser.post("/login", data=fields, headers=ORIGIN)).status_code == 401


async def test_too_many_tries_wait(browser, clerk, clock):
    for _try in range(5):
        await sign_in(browser, password="wrong-password")
    clock.now += timedelta(minutes=4)
    answer = await sign_in(browser)
    assert answer.status_code == 429
    assert fault(answer) == "错了太多次，过 11 分钟再试"
    assert answer.headers["Retry-After"] == "660"
    clock.now += timedelta(minutes=11)
    assert (await sign_in(browser)).status_code == 303


async def test_what_is_typed_is_shown_as_text(browser, clerk):
    answer = await sign_in(browser, name='"><script>alert(1)</script>', next='"><b>')
    assert "<script>alert" not in answer.text
    assert "<b>" not in answer.text.replace("<b>中文</b>", "")


@pytest.mark.parametrize("path", ["/login", "/logout", "/first"])
@pytest.mark.parametrize("headers", [{"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}])
async def test_other_sites_sign_nobody_in_or_out(browser, clerk, path, headers):
    await sign_in(browser)
    answer = await browser.post(path, data={"name": "李春梅", "password": GOOD}, headers=headers)
    assert answer.status_code == 403
    assert await who(browser) == "李春梅"


@pytest.mark.parametrize("path", ["/logout"])
async def test_a_link_signs_nobody_out(browser, clerk, path):
    await sign_in(browser)
    assert (await browser.get(path)).status_code == 405
    assert await who(browser) == "李春梅"


# ---- where one lands


@pytest.mark.parametrize(
    ("asked", "lands"),
    [
        ("/tables/sites?row=b7&where=county:eq:官渡区", "/tables/sites?row=b7&where=county:eq:官渡区"),
        ("/", "/"),
        ("", "/"),
        ("tables", "/"),
        ("http://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("///evil.example/", "/"),
        ("/\\evil.example/", "/"),
        ("\\\\evil.example", "/"),
        ("/\t/evil.example", "/"),
        ("/\n/evil.example", "/"),
        (" //evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("https:evil.example", "/"),
        ("/login?next=/login", "/"),
        ("/first?token=x", "/"),
        ("/logout", "/"),
    ],
)
async def test_one_lands_on_our_own_pages_alone(browser, clerk, asked, lands):
    assert session.local_path(asked) == lands
    answer = await sign_in(browser, next=asked)
    there = httpx.URL("http://zongfen.lan").join(answer.headers["location"])
    assert (there.host, answer.status_code) == ("zongfen.lan", 303)
    assert there == httpx.URL("http://zongfen.lan").join(lands)


@given(st.text(alphabet="/\\.:@?#%&ab \t\r\n", max_size=12))
def test_no_path_leads_out(asked):
    lands = session.local_path(asked)
    assert lands.startswith("/")
    assert not lands.startswith(("//", "/\\"))
    assert lands.isprintable()


# ---- the one-time link


@pytest.fixture
def link(services, clock):
    with services.database.write() as connection:
        return sessions.add_link(connection, clock.now)


async def take(browser, link, name="李春梅", password=GOOD):
    return await browser.post("/first", data={"token": link, "name": name, "password": password}, headers=ORIGIN)


async def test_the_link_makes_the_first_administrator_once(app, browser, link):
    shown = await browser.get("/first", params={"token": link})
    assert shown.status_code == 200
    assert 'autocomplete="new-password"' in shown.text
    answer = await take(browser, link)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert await who(browser) == "李春梅"
    async with browse(app) as other:
        assert (await other.get("/first", params={"token": link})).status_code == 410
        again = await take(other, link, "王敏")
        assert again.status_code == 410
        assert "失效" in fault(again)
        assert not cookie(again)
        assert (await sign_in(other)).status_code == 303


@pytest.mark.parametrize(
    ("name", "password", "why", "field"),
    [
        ("李春梅", "short", "10 至 128", "password"),
        ("李春梅", "Password2024", "常见", "password"),
        ("", GOOD, "姓名填", "name"),
        ("cli", GOOD, "台账自用", "name"),
    ],
)
async def test_what_does_not_fit_is_said_and_the_link_stays(browser, link, name, password, why, field):
    answer = await take(browser, link, name, password)
    assert answer.status_code == 422
    assert why in fault(answer)
    assert f'id="{field}-fault"' in answer.text
    assert (await take(browser, link)).status_code == 303


@pytest.mark.parametrize("token", ["", "x", None])
async def test_a_made_up_link_opens_nothing(browser, services, token):
    params = {} if token is None else {"token": token}
    assert (await browser.get("/first", params=params)).status_code == 410
    assert (await browser.post("/first", data={**params, "name": "a", "password": GOOD})).status_code == 410


async def test_the_link_is_void_after_thirty_minutes(browser, link, clock):
    clock.now += timedelta(minutes=30)
    assert (await browser.get("/first", params={"token": link})).status_code == 410
    assert (await take(browser, link)).status_code == 410


# ---- language and look


async def test_language_and_look_are_kept_in_the_browser(browser, clerk):
    asked = {"next": "/tables/sites?a=1&b=2", "lang": "en"}
    answer = await browser.get("/login", params=asked)
    assert answer.status_code == 303
    assert httpx.URL(answer.headers["location"]).params["next"] == asked["next"]
    assert "HttpOnly" not in cookie(answer, session.LANGUAGE)
    assert (await browser.get("/who")).json()["said"] == "en"
    english = await browser.get("/login")
    assert '<html lang="en">' in english.text
    await browser.get("/login", params={"dark": "1"})
    dark = await browser.get("/login")
    assert '<body class="body--dark">' in dark.text
    assert '<meta name="color-scheme" content="dark">' in dark.text
    await browser.get("/login", params={"dark": "0", "lang": "zh"})
    light = await browser.get("/login")
    assert '<body class="body--light">' in light.text
    assert '<html lang="zh-CN">' in light.text


@pytest.mark.parametrize("params", [{"lang": "xx"}, {"dark": "maybe"}, {"lang": ""}])
async def test_a_choice_that_there_is_not_is_passed_over(browser, clerk, params):
    answer = await browser.get("/login", params=params)
    assert answer.status_code == 200
    assert not answer.headers.get_list("set-cookie")


async def test_one_askers_language_is_not_the_next_ones(app, browser, clerk):
    browser.cookies.set(session.LANGUAGE, "en", domain="zongfen.lan")
    async with browse(app) as other:
        assert (await browser.get("/who")).json()["said"] == "en"
        assert (await other.get("/who")).json()["said"] == "zh"
        assert words.language.get() == "zh"


# ---- what a place is called


@pytest.mark.parametrize(
    ("actor", "place"),
    [
        (Actor("a", "admin"), "全市"),
        (Actor("a", "bureau", county="官渡区"), "官渡区"),
        (Actor("a", "main", "C530111"), "官渡区 · 文化馆"),
        (Actor("a", "center", "C5301"), "文化馆"),
        (Actor("a", "branch", "gone"), "gone"),
    ],
)
def test_what_a_place_is_called(services, actor, place):
    table = services.catalog.tree
    rows = (
        {"id": "b1", "code": "C5301", "network": "culture", "level": "center"},
        {"id": "b2", "code": "C530111", "network": "culture", "level": "main", "county": "官渡区"},
    )
    with services.database.write() as connection:
        sqlrows.insert(connection, table, rows)
    assert session.place_of(services, actor) == place
