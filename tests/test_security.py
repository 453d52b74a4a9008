"""The guard at the door: what other sites send is refused, what is sent is bounded, every answer carries the headers."""

import httpx
import pytest
from fastapi import FastAPI, Request, WebSocket
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import Headers

from pages import security
from pages.session import COOKIE

HOST = "zongfen.lan:8080"
OURS = f"http://{HOST}"


def make_app(**options):
    app = FastAPI()

    @app.api_route("/page", methods=["GET", "POST", "PUT", "DELETE"])
    async def page(request: Request):
        return {"bytes": len(await request.body())}

    @app.post("/login")
    async def login(request: Request):
        return {"bytes": len(await request.body())}

    @app.api_route("/api/v1/tables/sites", methods=["GET", "PATCH", "POST"])
    def api():
        return {"rows": []}

    @app.get("/own")
    def own():
        from starlette.responses import Response

        return Response("", headers={"Cache-Control": "public, max-age=60", "Content-Security-Policy": "sandbox"})

    @app.get("/_nicegui_ws/socket.io/")
    def poll():
        return {}

    @app.websocket("/_nicegui_ws/socket.io")
    async def socket(websocket: WebSocket):
        await websocket.accept()
        await websocket.send_text("in")
        await websocket.close()

    security.protect(app, **options)
    return app


def browsing(app):
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=OURS)


@pytest.fixture
async def client():
    async with browsing(make_app()) as made:
        yield made


async def first_answer(app, path, headers):
    """What the app says first to a websocket."""
    told = [(name.lower().encode(), value.encode()) for name, value in {"Host": HOST, **headers}.items()]
    scope = {
        "type": "websocket",
        "path": path,
        "headers": told,
        "scheme": "ws",
        "query_string": b"",
        "subprotocols": [],
    }
    said = []

    async def receive():
        return {"type": "websocket.connect"}

    async def send(message):
        said.append(message)

    await app(scope, receive, send)
    return said[0]


# ---- headers


@pytest.mark.parametrize(("path", "status"), [("/page", 200), ("/nowhere", 404), ("/api/v1/tables/sites", 200)])
async def test_every_answer_carries_the_headers(client, path, status):
    answer = await client.get(path)
    assert answer.status_code == status
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert "access-control-allow-origin" not in answer.headers


async def test_a_refusal_carries_them_too(client):
    answer = await client.post("/page", headers={"Origin": "http://evil.example"})
    assert answer.status_code == 403
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_what_an_answer_sets_itself_stays(client):
    answer = await client.get("/own")
    assert answer.headers["Cache-Control"] == "public, max-age=60"
    assert answer.headers["Content-Security-Policy"] == "sandbox"


@pytest.mark.parametrize("policy", [security.STRICT, security.LIVE])
def test_no_policy_lets_anything_in_from_outside(policy):
    told = dict(part.split(" ", 1) for part in policy.split("; "))
    assert told["object-src"] == told["base-uri"] == "'none'"
    assert told["frame-ancestors"] == told["form-action"] == told["default-src"] == "'self'"
    assert "http" not in policy
    assert "*" not in policy


def test_plain_pages_run_no_inline_script():
    assert "unsafe" not in security.STRICT


# ---- other sites

SENDERS = [
    ({}, True),  # a program: no browser, no cookie to abuse
    ({"Origin": OURS}, True),
    ({"Origin": "HTTP://ZONGFEN.LAN:8080"}, True),
    ({"Origin": "https://zongfen.lan:8080"}, True),  # a proxy that speaks https in front of us
    ({"Sec-Fetch-Site": "same-origin"}, True),
    ({"Sec-Fetch-Site": "none"}, True),
    ({"Sec-Fetch-Site": "same-origin", "Origin": "http://outer.name"}, True),  # a proxy that changes the Host
    ({"Sec-Fetch-Site": "cross-site", "Origin": OURS}, False),
    ({"Sec-Fetch-Site": "same-site", "Origin": OURS}, False),
    ({"Sec-Fetch-Site": "anything"}, False),
    ({"Origin": "http://evil.example"}, False),
    ({"Origin": "http://zongfen.lan"}, False),  # another port is another program
    ({"Origin": "http://zongfen.lan:8081"}, False),
    ({"Origin": "http://zongfen.lan:8080.evil.example"}, False),
    ({"Origin": "http://evil.example@zongfen.lan:8080"}, False),
    ({"Origin": "null"}, False),
    ({"Origin": ""}, False),
    ({"Origin": "file://"}, False),
    ({"Origin": "chrome-extension://zongfen.lan:8080"}, False),
]


@pytest.mark.parametrize(("headers", "let_in"), SENDERS)
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
async def test_what_changes_something_comes_from_our_own_pages(client, method, headers, let_in):
    assert (await client.request(method, "/page", headers=headers)).status_code == (200 if let_in else 403)


@pytest.mark.parametrize(("headers", "let_in"), SENDERS)
async def test_the_live_connection_comes_from_our_own_pages(client, headers, let_in):
    assert (await client.get("/_nicegui_ws/socket.io/", headers=headers)).status_code == (200 if let_in else 403)
    said = await first_answer(make_app(), "/_nicegui_ws/socket.io", headers)
    assert said["type"] == ("websocket.accept" if let_in else "websocket.close")


@pytest.mark.parametrize("headers", [headers for headers, _let_in in SENDERS])
async def test_reading_a_page_is_anybodys(client, headers):
    assert (await client.get("/page", headers=headers)).status_code == 200


@given(st.text(alphabet=st.characters(min_codepoint=33, max_codepoint=126), max_size=30))
def test_only_our_own_origin_is_ours(origin):
    headers = Headers({"host": "zongfen.lan:8080", "origin": origin})
    same = origin.lower() in {f"{scheme}://zongfen.lan:8080" for scheme in ("http", "https", "ws", "wss")}
    assert security.foreign(headers, "http") is not same


@pytest.mark.parametrize(
    ("host", "origin", "scheme", "foreign"),
    [
        ("zongfen.lan", "http://zongfen.lan:80", "http", False),
        ("zongfen.lan:443", "https://zongfen.lan", "https", False),
        ("zongfen.lan", "https://zongfen.lan", "http", False),
        ("zongfen.lan", "https://zongfen.lan:8443", "https", True),
        ("[fe80::1]:8080", "http://[fe80::1]:8080", "http", False),
        ("10.0.0.7", "http://10.0.0.8", "http", True),
    ],
)
def test_hosts_and_ports_are_compared(host, origin, scheme, foreign):
    assert security.foreign(Headers({"host": host, "origin": origin}), scheme) is foreign


# ---- the API's header

SIGNED = {"Cookie": f"{COOKIE}=abc"}


@pytest.mark.parametrize(
    ("method", "headers", "status"),
    [
        ("GET", SIGNED, 200),
        ("PATCH", SIGNED, 403),
        ("POST", SIGNED, 403),
        ("POST", {**SIGNED, "Origin": OURS}, 403),
        ("POST", {**SIGNED, "X-Zongfen": ""}, 403),
        ("POST", {"Cookie": f"a=1; b=(]; {COOKIE}=abc"}, 403),
        ("PATCH", {**SIGNED, "X-Zongfen": "1"}, 200),
        ("POST", {**SIGNED, "X-Zongfen": "1", "Origin": "http://evil.example"}, 403),
        ("POST", {**SIGNED, "Authorization": "Bearer abc"}, 200),
        ("POST", {"Authorization": "Bearer abc"}, 200),
        ("POST", {}, 200),  # nobody's: the API itself answers 401
    ],
)
async def test_a_session_calls_the_api_with_its_header(client, method, headers, status):
    answer = await client.request(method, "/api/v1/tables/sites", headers=headers)
    assert answer.status_code == status
    if status == 403:
        assert set(answer.json()) == {"error"}


# ---- the Host


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("zongfen.lan:8080", 200),
        ("wenhua", 200),
        ("10.0.0.7:8080", 200),
        ("[fe80::1]:8080", 200),
        ("", 400),
        ("a b", 400),
        ("a.lan/path", 400),
        ("a.lan:port", 400),
        ("user@a.lan", 400),
    ],
)
async def test_any_well_formed_host_will_do(client, host, status):
    assert (await client.get("/page", headers={"Host": host})).status_code == status


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("wenhua.example:8080", 200),
        ("WENHUA.example", 200),
        ("localhost:8080", 200),
        ("127.0.0.1", 200),
        ("[::1]:8080", 200),
        ("evil.example", 400),
        ("wenhua.example.evil.example", 400),
    ],
)
async def test_named_hosts_alone_where_they_are_named(host, status):
    async with browsing(make_app(hosts=["Wenhua.example"])) as client:
        assert (await client.get("/page", headers={"Host": host})).status_code == status


def test_two_hosts_are_none():
    assert not security.known_host(["a.lan", "b.lan"], frozenset())
    assert not security.known_host([], frozenset())


# ---- how much may be sent


@pytest.fixture
async def small(monkeypatch):
    monkeypatch.setattr(security, "MOST", 1000)
    monkeypatch.setattr(security, "MOST_CALL", 500)
    monkeypatch.setattr(security, "MOST_FORM", 100)
    async with browsing(make_app()) as made:
        yield made


@pytest.mark.parametrize(
    ("path", "size", "status"),
    [("/page", 1000, 200), ("/page", 1001, 413), ("/login", 100, 200), ("/login", 101, 413), ("/login/", 101, 413)],
)
async def test_a_body_is_bounded(small, path, size, status):
    assert (await small.post(path, content=b"x" * size)).status_code == status


@pytest.mark.parametrize(("size", "status"), [(1000, 200), (1001, 413), (5000, 413)])
async def test_a_body_sent_in_chunks_is_bounded_too(small, size, status):
    async def chunks():
        for start in range(0, size, 300):
            yield b"x" * min(300, size - start)

    answer = await small.post("/page", content=chunks())
    assert answer.status_code == status


@pytest.mark.parametrize("length", ["-1", "1e3", "many"])
async def test_a_length_that_is_no_number_is_refused(small, length):
    assert (await small.post("/page", content=b"x", headers={"Content-Length": length})).status_code == 413


async def test_a_refusal_of_the_api_is_json(small):
    answer = await small.post("/api/v1/tables/sites", content=b"x" * 1001)
    assert answer.status_code == 413
    assert set(answer.json()) == {"error"}
