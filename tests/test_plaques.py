"""What must stand on a plaque, a branch whose hall is still to be built, and the texts for the sign maker."""

import csv

import pytest
from openpyxl import load_workbook

from models.access import CLI
from models.changes import Change, Plan
from models.database import set_meta
from models.plaques import WORDING_INPUTS, wording
from models.store import Refused
from tests.sheets import BRANCH, OTHER, PLAQUES, Memory, Office, build
from tests.world import add, edit, new_row, read, site_row

DATABASES = ("sqlite",)

GUANDU = {"county": "官渡区", "county_formal": "昆明市官渡区"}
HALL = {"level": "main", "name": "官渡区文化馆", **GUANDU}
CENTER = {"level": "center", "name": "昆明市文化馆"}
BRANCH_SITE = {"level": "branch", "network": "culture", "township": "关上街道", "host": "government", **GUANDU}
POINT_SITE = {"level": "point", "network": "culture", "village": "关上社区", "host": "government", **GUANDU}


def words(site, parent=None, grandparent=None, **more):
    """The wording of a plaque at this site."""
    told = {"setting.plaque_county": "short", **more}
    told |= {f"site.{name}": value for name, value in site.items()}
    told |= {f"site.parent.{name}": value for name, value in (parent or {}).items()}
    told |= {f"site.parent.parent.{name}": value for name, value in (grandparent or {}).items()}
    return wording({path: told.get(path) for path in WORDING_INPUTS})


CASES = {
    "a branch": (words(BRANCH_SITE, HALL), "官渡区文化馆关上街道分馆"),
    "a library's branch": (words({**BRANCH_SITE, "network": "library"}, HALL), "官渡区图书馆关上街道分馆"),
    "a repeated name is right": (words({**BRANCH_SITE, "township": "官渡街道"}, HALL), "官渡区文化馆官渡街道分馆"),
    "a point": (words(POINT_SITE, BRANCH_SITE, HALL), "官渡区文化馆关上街道分馆关上社区基层服务点"),
    "a point that says its township itself": (
        words({**POINT_SITE, "township": "关上街道"}, BRANCH_SITE, HALL),
        "官渡区文化馆关上街道分馆关上社区基层服务点",
    ),
    "a school's branch": (
        words({**BRANCH_SITE, "host": "school", "name": "云南师大附小"}, HALL),
        "官渡区文化馆云南师大附小分馆",
    ),
    "an enterprise's point": (
        words({**POINT_SITE, "host": "enterprise", "name": "昆钢"}, BRANCH_SITE, HALL),
        "官渡区文化馆关上街道分馆昆钢基层服务点",
    ),
    "a point of a school's branch": (
        words(POINT_SITE, {**BRANCH_SITE, "host": "school", "name": "附小"}, HALL),
        "官渡区文化馆附小分馆关上社区基层服务点",
    ),
    "a host that nobody told is the government": (
        words({**BRANCH_SITE, "host": None}, HALL),
        "官渡区文化馆关上街道分馆",
    ),
    "a center's own branch": (words({**BRANCH_SITE, "name": "少儿", "county": None}, CENTER), "昆明市文化馆少儿分馆"),
    "a point of a center's own branch": (
        words(POINT_SITE, {**BRANCH_SITE, "name": "少儿"}, CENTER),
        "昆明市文化馆少儿分馆关上社区基层服务点",
    ),
    "the formal county": (
        words(BRANCH_SITE, HALL, **{"setting.plaque_county": "formal"}),
        "昆明市官渡区文化馆关上街道分馆",
    ),
    "the formal county where it is not known": (
        words({**BRANCH_SITE, "county_formal": None}, HALL, **{"setting.plaque_county": "formal"}),
        "官渡区文化馆关上街道分馆",
    ),
    "a fixed wording": (words(BRANCH_SITE, HALL, wording_fixed="关上文化站"), "关上文化站"),
    "a main hall": (words(HALL, CENTER), "官渡区文化馆"),
    "no township yet": (words({**BRANCH_SITE, "township": None}, HALL), None),
    "no village yet": (words({**POINT_SITE, "village": None}, BRANCH_SITE, HALL), None),
    "another host without a name": (words({**BRANCH_SITE, "host": "school"}, HALL), None),
}


@pytest.mark.parametrize("case", CASES)
def test_wording(case):
    found, wanted = CASES[case]
    assert found == wanted


@pytest.fixture
def office(parts):
    build(parts)
    return Office(parts, Memory())


def test_wording_follows_the_site(office):
    told = {one["id"]: one["wording"] for one in read(office.parts, "plaques")}
    assert told[f"p{BRANCH}"] == "官渡区文化馆关上街道分馆"
    office.change("sites", f"s{BRANCH}", township="新关上街道", host="school", name="附小")
    assert office.record("plaques", f"p{BRANCH}")["wording"] == "官渡区文化馆附小分馆"
    assert office.record("plaques", "pC1111")["wording"] == "官渡区文化馆附小分馆关上基层服务点"
    with office.parts.database.write() as connection:
        set_meta(connection, "setting.plaque_county", "formal")
    office.change("sites", f"s{BRANCH}", county_formal="昆明市官渡区")
    assert office.record("plaques", f"p{BRANCH}")["wording"] == "昆明市官渡区文化馆附小分馆"


# ---------------------------------------------------------------- a hall that is still to be built


@pytest.fixture
def planned(office):
    office.change("sites", "sC11", status="planned")
    return office


def problems(office, *ids):
    rows = [one for one in read(office.parts, "plaques") if one["id"] in ids]
    with office.parts.database.read() as connection:
        view = office.parts.query.view(connection, CLI)
        return [(one.row, one.level, one.message) for one in view.problems(office.parts.catalog["plaques"], rows)]


def test_a_branch_of_a_planned_hall_warns(planned):
    assert problems(planned, f"p{BRANCH}", "pC1111") == [(f"p{BRANCH}", "warning", "总馆待建")]
    planned.change("sites", "sC11", status="building")
    assert problems(planned, f"p{BRANCH}") == []


def order(office, row_id, **values):
    plan = Plan(
        tuple(
            Change("plaques", row_id, name, office.record("plaques", row_id)[name], value)
            for name, value in values.items()
        )
    )
    return office.parts.store.apply(plan, CLI, "ui")


@pytest.mark.parametrize("values", [{"status": "ordered"}, {"plaque_order": "N1"}])
def test_it_cannot_be_ordered(planned, values):
    orders = planned.parts.catalog["plaque_orders"]
    add(planned.parts, "plaque_orders", new_row(orders, "o1", {"number": "N1", "supplier": "制作厂"}))
    with pytest.raises(Refused, match="总馆待建，不能下单"):
        order(planned, f"p{BRANCH}", **values)
    with pytest.raises(Refused, match="总馆待建，不能下单"):
        add(
            planned.parts,
            "plaques",
            new_row(planned.parts.catalog["plaques"], "p9", {"site": BRANCH, "seq": 2, **values}),
        )
    assert order(planned, "pC1111", **values)  # the point's own hall is its branch
    planned.change("sites", "sC11", status="built")
    assert order(planned, f"p{BRANCH}", **values)


def test_nor_from_a_workbook(planned):
    """The sheet keeps what was typed, with a remark."""
    planned.cycle()
    with planned.paper(BRANCH, PLAQUES) as paper:
        paper.set(paper.of(f"p{BRANCH}"), "状态", "已下单")
        paper.set(paper.of(f"p{BRANCH}"), "备注", "已量尺寸")
    told = planned.cycle()
    assert (told["cells_in"], told["problems"]) == (1, 1)
    kept = planned.record("plaques", f"p{BRANCH}")
    assert (kept["status"], kept["note"]) == ("to_make", "已量尺寸")
    row = planned.look(BRANCH, PLAQUES).by_id()[f"p{BRANCH}"]
    assert (row["状态"], row["系统备注"]) == ("已下单", "总馆待建，不能下单")


# ---------------------------------------------------------------- texts


@pytest.fixture
def many(office):
    """Two plaques at a branch; one that has no wording yet."""
    plaques = office.parts.catalog["plaques"]
    add(office.parts, "plaques", new_row(plaques, "p2", {"site": BRANCH, "seq": 2, "wording_fixed": "关上文化站"}))
    add(office.parts, "sites", site_row(office.parts, "C113", parent="C11", county="官渡区", name="空"))
    add(office.parts, "plaques", new_row(plaques, "p3", {"site": "C113"}))
    return office


TEXTS = ["官渡区文化馆关上街道分馆", "关上文化站", "官渡区文化馆关上街道分馆关上基层服务点", "官渡区文化馆吴井街道分馆"]


def test_one_a_line(many, run, tmp_path):
    told = run("plaques", "text", tmp_path / "p.txt", "--json")
    assert told.status == 0
    assert (tmp_path / "p.txt").read_bytes() == "".join(f"{text}\n" for text in TEXTS).encode()
    assert {name: told.json[name] for name in ("files", "pages", "plaques")} == {
        "files": [str(tmp_path / "p.txt")],
        "pages": None,
        "plaques": 4,
    }
    assert "1 块还没有文字，缺名称：C113" in told.err


def test_as_a_list(many, run, tmp_path):
    assert run("plaques", "text", tmp_path / "p.csv").status == 0
    data = (tmp_path / "p.csv").read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    assert data.count(b"\r\n") == data.count(b"\n") == 5
    rows = list(csv.DictReader(data.decode("utf-8-sig").splitlines()))
    assert [row["牌匾文字"] for row in rows] == TEXTS
    assert run("plaques", "text", tmp_path / "p.xlsx").status == 0
    sheet = load_workbook(tmp_path / "p.xlsx").active
    head = [cell.value for cell in sheet[1]]
    assert [row[head.index("牌匾文字")] for row in sheet.iter_rows(min_row=2, values_only=True)] == TEXTS


def test_only_some(many, run, tmp_path):
    assert run("plaques", "text", tmp_path / "p.txt", "--where", f"site={OTHER}").status == 0
    assert (tmp_path / "p.txt").read_text("utf-8") == "官渡区文化馆吴井街道分馆\n"


def test_warnings_are_told(many, run, tmp_path):
    edit(many.parts, "sites", "sC11", "status", "open", "planned")
    told = run("plaques", "text", tmp_path / "p.txt", "--json").json
    assert [one["message"] for one in told["warnings"]] == ["总馆待建"] * 4


@pytest.mark.parametrize("name", ["p.pdf", "p", "nowhere/p.txt"])
def test_where_it_cannot_be_written(many, run, tmp_path, name):
    told = run("plaques", "text", tmp_path / name, "--json")
    assert (told.status, set(told.json)) == (2, {"error"})
    assert not (tmp_path / name).exists()
