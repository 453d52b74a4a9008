"""`app.py run`: what it says, how it begins and how it ends. A real process, asked over HTTP."""

import os
import re
import resource
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from commands import serving
from models.services import open_installation
from models.settings import settings
from tests.conftest import environment
from tests.web import admit
from tests.world import ACTORS

ROOT = Path(__file__).resolve().parents[1]
DATABASES = ("sqlite",)
GOOD = "Correct-Horse-7"


@dataclass
class Running:
    """A server that was started, and what it has said."""

    process: subprocess.Popen
    said: str = ""
    url: str = ""
    client: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=60))

    def hear(self, wanted: str) -> str:
        """Read on until it says this."""
        for line in self.process.stderr:
            self.said += line
            if found := re.search(wanted, self.said):
                return found[0]
        raise AssertionError(self.said)

    def get(self, path: str) -> httpx.Response:
        return self.client.get(self.url + path)

    def end(self, number: int) -> int:
        """Send a signal; the status it ends with."""
        self.process.send_signal(number)
        self.said += self.process.stderr.read()
        return self.process.wait()


@contextmanager
def started(data: Path, *options: str):
    """`app.py run` on a free port."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "ZONGFEN"))}
    command = [sys.executable, "app.py", "run", "--port", "0", *options]
    with subprocess.Popen(
        command, cwd=ROOT, env={**kept, **environment(data)}, stderr=subprocess.PIPE, text=True
    ) as process:
        running = Running(process)
        try:
            running.url = running.hear(r"http://localhost:\d+")
            yield running
        finally:
            running.client.close()
            process.kill()


def test_the_first_start_makes_the_example_and_says_how_to_sign_in(tmp_path):
    with started(tmp_path / "data") as server:
        link = server.hear(r"http://localhost:\d+/first\?token=\S+")
        assert "还没有台账，先建昆明的示例" in server.said
        assert "30 分钟内有效，只能用一次" in server.said
        assert server.client.get(link).status_code == 200
        made = server.client.post(
            f"{server.url}/first",
            data={"token": link.rpartition("=")[2], "name": "李春梅", "password": GOOD},
            headers={"Origin": server.url},
        )
        assert (made.status_code, made.headers["location"]) == (303, "/")
        assert server.get("/api/v1/tables/sites?limit=1").json()["total"] == 2039
        assert "李春梅" in server.get("/").text
        assert httpx.get(link).status_code == 410
        assert server.end(signal.SIGTERM) == 0
        assert "Traceback" not in server.said


def test_the_second_start_is_quick_and_says_where_to_go_alone(example):
    parts = open_installation(settings(environment(example)))
    admit(parts, [ACTORS["admin"]])
    parts.database.close()
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with started(example, "--host", "0.0.0.0") as server:
        assert server.get("/login").status_code == 200
        assert server.get("/").status_code == 303  # to sign-in
        assert server.end(signal.SIGINT) == 0
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    assert used < 5, "seconds of work until it was up, answered twice and ended"
    assert "token" not in server.said
    assert "示例" not in server.said
    assert "Traceback" not in server.said
    assert re.search(r"别的电脑打开 http://\d+\.\d+\.\d+\.\d+:\d+", server.said) or not serving.own_address()


def test_a_taken_port_is_said_before_anything_is_made(run, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ran = run("run", "--port", port)
    assert (ran.status, ran.out) == (2, "")
    assert ran.err.strip() == f"端口 {port} 已被占用，换一个：--port"
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--host", "192.0.2.1"), "不能在 192.0.2.1:8080 上打开网页"),
        (("--host", "no such host"), "不能在 no such host:8080 上打开网页"),
        (("--port", "65536"), "65535"),
        (("--port", "many"), "--port"),
    ],
)
def test_an_address_that_cannot_be_served_at(run, options, words):
    ran = run("run", *options)
    assert ran.status == 2
    assert words in ran.err
    assert "Traceback" not in ran.err


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "localhost"),
        ("::1", "localhost"),
        ("0.0.0.0", "localhost"),
        ("10.0.0.7", "10.0.0.7"),
        ("fe80::1", "[fe80::1]"),
    ],
)
def test_where_to_go(parts, capsys, host, address):
    serving.welcome(parts, host, 8123)
    said = capsys.readouterr().err
    assert f"台账在 http://{address}:8123，按 Ctrl+C 停下" in said
    assert re.search(rf"http://{re.escape(address)}:8123/first\?token=\S+", said)
    admit(parts, [ACTORS["admin"]])
    serving.welcome(parts, host, 8123)
    assert "token" not in capsys.readouterr().err
