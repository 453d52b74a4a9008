"""`app.py run` with one more record type than the project has: what a new class gets without another line of code.

Usage: serve.py ARGUMENT…, as app.py takes them. It ends with the tests, however these end. A line on its standard input
is answered by one on its standard error once nobody has a page open any more and what the last one did has come to an end.
"""

import asyncio
import os
import sys
import threading
import time
from pathlib import Path
from typing import ClassVar

from nicegui import Client, background_tasks, core

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from commands.main import main
from models.catalog import MODELS
from models.kinds import Bool, Choice, Date, Decimal, Int, Month, Multi, Ref, Text, Time, Year, choices
from models.schema import About, Field, Finding, Record, Rule, declare, derived


def bright(values):
    """A computed field."""
    return None if values["watts"] is None else "亮" if values["watts"] >= 60 else "暗"


def has_bulb(values):
    """A rule over two fields."""
    if values["state"] == "lit" and values["watts"] is None:
        yield Finding("watts", "点着的灯要有瓦数")


class Lamp(Record, table=True):
    """灯: one field of every kind that a form has a widget for."""

    __tablename__ = "lamps"
    about: ClassVar[About] = About(
        "灯具", "Lamps", group="supply", title="name", help="一盏灯一行。", rules=(Rule(("state", "watts"), has_bulb),)
    )

    number: str | None = declare("灯号", Text(max=20, code=True), key=True, required=True)
    name: str | None = declare("灯名", Text(max=60), required=True)
    site: str | None = declare("馆点", Ref(table="sites"), owner=True, required=True)
    watts: int | None = declare("瓦数", Int(min=0, max=500, unit="W"))
    height: float | None = declare("高度", Decimal(min=0, unit="m"))
    bright: ClassVar[Field] = derived("亮度", Text(), ("watts",), bright)
    state: str | None = declare(
        "状态",
        Choice(choices=choices(("lit", "点着"), ("out", "灭了"), ("sold", "卖了"))),
        default="out",
        locks=frozenset({"sold"}),
    )
    own: bool | None = declare("自有", Bool())
    hung_on: str | None = declare("挂上日期", Date())
    month: str | None = declare("保养月", Month())
    year: int | None = declare("年份", Year())
    lit_at: str | None = declare("开灯时间", Time())
    seen_from: list[str] | None = declare("照到", Multi(table="sites"))
    colours: list[str] | None = declare("颜色", Multi(choices=choices(("a", "甲"), ("b", "乙"), ("c", "丙"))))
    phone: str | None = declare("电话", Text(max=40), sensitive=True)
    note: str | None = declare("备注", Text(max=500, lines=True))


# NiceGUI's own tasks, which last as long as the server does, or wait for a page to come back.
LASTING = ("prune", "refresh bindings", "outbox loop", "delete content")


async def quiet() -> None:
    """Wait until no page is connected, and nothing that one asked for is under way."""
    while True:
        busy = [task for task in background_tasks.running_tasks if not any(word in task.get_name() for word in LASTING)]
        if busy:
            await asyncio.wait(busy)
        elif any(client.has_socket_connection for client in Client.instances.values()):
            await asyncio.sleep(0.005)
        else:
            return


def answer() -> None:
    """Say so, each time that it is asked for."""
    for _line in sys.stdin:
        if core.loop is not None:
            asyncio.run_coroutine_threadsafe(quiet(), core.loop).result()
        sys.stderr.write("quiet\n")
        sys.stderr.flush()


def end_with(parent: int) -> None:
    """End when the process that started this one has gone without a word."""
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)


if __name__ == "__main__":
    threading.Thread(target=end_with, args=(os.getppid(),), daemon=True).start()
    threading.Thread(target=answer, daemon=True).start()
    MODELS.append(Lamp)
    sys.exit(main(sys.argv[1:]))
