"""A record type declared in one class is on the surfaces that people meet, by itself: the API, its manual's calls, a tab
of the shared workbooks. The store and the commands are in test_architecture.py, grid page and form in browser/.
"""

from typing import ClassVar

import openpyxl
import pytest
from sqlmodel import SQLModel

from models.access import Actor
from models.catalog import MODELS, catalog
from models.database import Database, grow, system
from models.kinds import Choice, Date, Int, Ref, Text, choices
from models.query import Query
from models.schema import About, Field, Record, declare, derived
from models.services import Services
from models.settings import settings
from models.store import Store
from tests import sheets
from tests.conftest import NOW, environment
from tests.sheets import BRANCH, HALL, InFolder, Office, in_this_process
from tests.web import admit, change, post, session_of, site_app, told, visit
from tests.world import read

STATES = choices(("lit", "点着"), ("out", "灭了"))


def bright(values):
    return None if values["watts"] is None else "亮" if values["watts"] >= 60 else "暗"


@pytest.fixture(scope="module")
def lanterns():
    """The class."""

    class Lantern(Record, table=True):
        """灯笼."""

        __tablename__ = "lanterns"
        about: ClassVar[About] = About("灯笼", "Lanterns", group="supply", tab=9, title="name", help="一盏一行。")

        site: str | None = declare("馆点", Ref(table="sites"), owner=True, required=True)
        name: str | None = declare("灯名", Text(max=60), required=True)
        watts: int | None = declare("瓦数", Int(min=0, max=500, unit="W"))
        bright: ClassVar[Field] = derived("亮度", Text(), ("watts",), bright)
        state: str | None = declare("状态", Choice(choices=STATES), default="out")
        hung_on: str | None = declare("挂上日期", Date())
        owner: str | None = declare("归谁", Text(max=60), edit="app")
        secret: str | None = declare("不给表看", Text(), sheets=False)

    yield Lantern
    SQLModel.metadata.remove(Lantern.__table__)


@pytest.fixture
def parts(lanterns, tmp_path):
    """An installation whose catalog has one class more."""
    data = tmp_path / "data"
    data.mkdir()
    database, tables = Database(f"sqlite:///{data / 'zongfen.db'}"), catalog([*MODELS, lanterns])
    grow(database, system, SQLModel.metadata)
    store, query = Store(database, tables, lambda: NOW), Query(database, tables)
    made = Services(settings(environment(data)), database, tables, store, query)
    sheets.build(made)
    yield made
    database.close()


async def test_in_the_api(parts):
    admit(parts, [Actor("站长", "branch", site=BRANCH), Actor("别人", "branch", site="C112")])
    app = site_app(parts)
    async with visit(app, session_of(parts, "站长")) as client, visit(app, session_of(parts, "别人")) as other:
        about = await told(client, "tables/lanterns/about")
        assert [one["name"] for one in about["fields"] if one["may_edit"]] == [
            *("site", "name", "watts", "state", "hung_on", "secret"),
        ]
        made = await post(client, "tables/lanterns/rows", values={"site": BRANCH, "name": "大红", "watts": "６０"})
        spot = made["row"]["id"]
        answer = await post(client, "tables/lanterns/cells", changes=[change(spot, "watts", 60, 40)])
        assert (answer["rows"][0]["bright"], answer["cells"][0]["value"]) == ("暗", 40)
        assert (await told(client, "tables/lanterns", where="bright:eq:暗", about=1))["about"][0]["labels"] == {
            "site": "关上馆"
        }
        assert (await told(client, "search", q="大红"))["found"][0]["table"] == "lanterns"
        assert (await told(other, "tables/lanterns"))["total"] == 0
        history = (await told(client, f"tables/lanterns/rows/{spot}/history"))["changes"]
        assert [one["field"] for one in history] == ["watts", None]
        assert (await post(client, f"undo/{answer['changeset']}"))["undone"] == 1


def test_as_a_tab_of_the_shared_workbooks(parts, monkeypatch):
    monkeypatch.setattr("integrations.folder.grids_of_many", in_this_process)
    office = Office(parts, InFolder(parts.settings.sheets))
    office.cycle()
    book = openpyxl.load_workbook(office.sheets.path(BRANCH))
    sheet = book["灯笼"]
    heads = [cell.value for cell in sheet[1]]
    assert heads == ["编号", "馆点", "灯名", "瓦数", "亮度", "状态", "挂上日期", "归谁", "系统备注"]
    assert sheet.freeze_panes is not None
    lists = {str(one.sqref): one.formula1 for one in sheet.data_validations.dataValidation if one.type == "list"}
    assert any("点着" in formula for formula in lists.values())
    number = sheet.max_row + 1 if sheet.max_row > 1 else 2
    for head, value in (("馆点", f"{BRANCH} 关上馆"), ("灯名", "大红"), ("瓦数", 60), ("状态", "点着")):
        sheet.cell(number, heads.index(head) + 1, value)
    book.save(office.sheets.path(BRANCH))
    assert office.cycle()["cells_in"] > 0
    (lantern,) = read(parts, "lanterns")
    assert {name: lantern[name] for name in ("site", "name", "watts", "state", "bright")} == {
        "site": BRANCH,
        "name": "大红",
        "watts": 60,
        "state": "lit",
        "bright": "亮",
    }
    office.change("lanterns", lantern["id"], watts=40, owner="馆里")
    office.cycle()
    sheet = openpyxl.load_workbook(office.sheets.path(BRANCH))["灯笼"]
    assert [cell.value for cell in sheet[number]][:8] == [
        lantern["id"],
        f"{BRANCH} 关上馆",
        "大红",
        40,
        "暗",
        "点着",
        None,
        "馆里",
    ]
    assert "灯笼" in openpyxl.load_workbook(office.sheets.path(HALL)).sheetnames
