"""牌匾制作单: where wordings break, what an order holds, how it looks on paper and in a workbook."""

import itertools
from dataclasses import replace

import openpyxl
import pytest

from exports.plaque_orders import Item, Order, day, lines_of, missing, order_of, printed
from exports.typefaces import typefaces
from models.plaques import WORDING_INPUTS, wording
from models.query import NoRow
from tests import papers
from tests.world import ACTORS, build, edit, phone

DATABASES = ("sqlite",)
FACES = typefaces()
WIDTHS = (9, 27, 72, 23, 15, 22, 11, 11, 35)
EDGES = [place * papers.MM for place in itertools.accumulate(WIDTHS, initial=37)]
LONGEST = ("五华区文化馆", "莲华街道分馆", "昆明冶金高等专科学校社区基层服务点")


def item(number=1, **told):
    facts = {
        "code": f"C53010200601{number}",
        "lines": LONGEST,
        "size": "600×400",
        "shape": "方牌\n横式",
        "material": "304 不锈钢",
        "logo": "有",
        "quantity": 1,
        "place": "五华区莲华街道昆明冶金高等专科学校社区",
    }
    return Item(**{**facts, **told})


# ---------------------------------------------------------------- lines

POINT = {
    "site.level": "point",
    "site.network": "culture",
    "site.name": "日新社区综合文化服务中心",
    "site.county": "官渡区",
    "site.county_formal": "昆明市官渡区",
    "site.township": "关上街道",
    "site.village": "日新社区",
    "site.parent.level": "branch",
    "site.parent.name": "关上街道综合文化服务中心",
    "site.parent.county": "官渡区",
    "site.parent.township": "关上街道",
    "site.parent.parent.level": "main",
    "site.parent.parent.name": "官渡区文化馆",
    "setting.plaque_county": "short",
}
BRANCH = {**POINT, "site.level": "branch", "site.parent.level": "main", "site.parent.name": "官渡区文化馆"}
SPECIAL = {**BRANCH, "site.parent.level": "center", "site.parent.name": "昆明市文化馆", "site.name": "翠湖"}


@pytest.mark.parametrize(
    ("values", "changed", "lines"),
    [
        (POINT, {}, ("官渡区文化馆", "关上街道分馆", "日新社区基层服务点")),
        (BRANCH, {}, ("官渡区文化馆", "关上街道分馆")),
        (BRANCH, {"setting.plaque_county": "formal"}, ("昆明市官渡区文化馆", "关上街道分馆")),
        (POINT, {"site.network": "library"}, ("官渡区图书馆", "关上街道分馆", "日新社区基层服务点")),
        (BRANCH, {"site.township": "官渡街道"}, ("官渡区文化馆", "官渡街道分馆")),  # the repeated name is right
        (BRANCH, {"site.host": "enterprise", "site.name": "某文化馆公司"}, ("官渡区文化馆", "某文化馆公司分馆")),
        (
            POINT,
            {"site.host": "school", "site.name": "某分馆小学"},
            ("官渡区文化馆", "关上街道分馆", "某分馆小学基层服务点"),
        ),
        (SPECIAL, {}, ("昆明市文化馆", "翠湖分馆")),
        (
            {**POINT, "site.parent.parent.level": "center", "site.parent.parent.name": "昆明市文化馆"},
            {"site.parent.name": "翠湖"},
            ("昆明市文化馆", "翠湖分馆", "日新社区基层服务点"),
        ),
        (BRANCH, {"wording_fixed": "关上文化站"}, ("关上文化站",)),
        ({**BRANCH, "site.level": "main"}, {"site.name": "官渡区文化馆"}, ("官渡区文化馆",)),
        (BRANCH, {"site.township": None}, ()),
    ],
)
def test_where_a_wording_breaks(values, changed, lines):
    told = {**dict.fromkeys(WORDING_INPUTS), **values, **changed}
    assert lines_of(told) == lines
    assert "".join(lines) == (wording(told) or "")


@pytest.mark.parametrize(
    ("value", "told"),
    [("2026-03-05", "2026 年 3 月 5 日"), ("2026-11-24", "2026 年 11 月 24 日"), (None, "　　　　年　　月　　日")],
)
def test_dates(value, told):
    assert day(value) == told


# ---------------------------------------------------------------- from the records


@pytest.fixture
def city(parts):
    """The small city, with a plaque or two on the order of 官渡区."""
    build(parts)
    for code in ("C530111001", "C530111001001"):
        edit(parts, "plaques", f"p{code}", "plaque_order", None, "N0")
    return parts


def order(city, number=None, actor="admin"):
    with city.database.read() as connection:
        return order_of(city.query.view(connection, ACTORS[actor]), number)


def test_an_order_holds_its_plaques_in_tree_order(city):
    made = order(city, "N0")
    assert [one.code for one in made.items] == ["C530111001", "C530111001001"]
    assert (made.count, made.sites, made.title) == (2, 2, "统一牌匾制作单")
    assert dict(made.meta)["单号："] == "N0"
    assert dict(made.meta)["联系人："].endswith(phone("官渡区"))
    assert made.items[0].size == "600×400"
    assert made.items[0].shape == "方牌\n横式"


def test_without_a_number_all_that_are_to_be_made(city):
    edit(city, "plaques", "pC530112", "status", "to_make", "hung")
    made = order(city)
    assert (made.title, made.meta) == ("待制作牌匾清单", ())
    assert len(made.items) == 11
    assert "C530112" not in {one.code for one in made.items}


def test_what_cannot_be_made_is_held_and_named(city):
    """A branch of a hall that is only planned, and a plaque without wording."""
    edit(city, "sites", "sC530112", "status", "open", "planned")
    edit(city, "plaques", "pC530111002", "wording_fixed", "«C530111002»", None)
    edit(city, "sites", "sC530111002", "township", "«C530111002»", None)
    made = order(city)
    assert {(one.value, one.message) for one in made.held} == {
        ("C530112001", "总馆待建"),
        ("C530111002", "还没有文字，先补全馆点名称"),
    }
    assert not {"C530112001", "C530111002"} & {one.code for one in made.items}


@pytest.mark.parametrize("actor", ["branch", "main", "county bureau", "reader", "city reader"])
def test_scope(city, actor):
    actors = {"reader": "site reader"}
    codes = {one.code for one in order(city, actor=actors.get(actor, actor)).items}
    everything = {one.code for one in order(city).items}
    assert codes <= everything
    if actor != "city reader":
        assert not [code for code in codes if code.startswith("C530112")]


@pytest.mark.parametrize(("number", "actor"), [("N7", "admin"), ("N1", "main"), ("N9", "county bureau")])
def test_an_order_that_is_not_there_or_not_yours(city, number, actor):
    with pytest.raises(NoRow, match=f"制作单里没有 {number}"):
        order(city, number, actor)


def test_a_reader_sees_no_phone_number(city):
    made = order(city, "N0", "city reader")
    assert made.masked
    assert phone("官渡区") not in str(made)
    assert "****" not in str(made)


# ---------------------------------------------------------------- on paper


@pytest.fixture
def paper(tmp_path):
    """Prints an order; the path of the PDF."""

    def print_order(made):
        path = tmp_path / "order.pdf"
        path.write_bytes(printed(made, FACES)[0])
        return path

    return print_order


META = (
    ("单号：", "ZZ-2026-01"),
    ("制作单位：", "昆明某某标识制作有限公司"),
    ("下单日期：", "2026 年 3 月 5 日"),
    ("联系人：", "张三　13812345678"),
)


def made_of(*items, note=""):
    return Order(META, note, items, "统一牌匾制作单")


def test_what_an_order_says(paper):
    path = paper(made_of(item(1), item(2, quantity=2), item(3, size="800×500", logo="无"), note="四角打孔。"))
    told = papers.squeezed(path)
    for text in (
        *LONGEST,
        "统一牌匾制作单",
        "制作单位：昆明某某标识制作有限公司",
        "600×400",
        "304不锈钢",
        "合计4块，挂在3个馆点：600×400mm方牌横式3块；800×500mm方牌横式1块。",
        "备注：四角打孔。",
        "委托单位（盖章）：",
        "制作单位（盖章）：",
    ):
        assert text in told
    assert all(papers.fonts(path).values())


def test_a_wording_stands_line_by_line(paper):
    words = [word for word in papers.words(paper(made_of(item())))[0] if word.text in LONGEST]
    assert [word.text for word in sorted(words, key=lambda word: word.top)] == list(LONGEST)


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"place": "很长的地址" * 40, "material": "很长的材质" * 12},
        {"lines": ("很长的固定文字" * 14,), "code": "C5301-YZH-01-0001"},
        {"code": "A" * 40, "size": "10000×10000", "quantity": 99},
    ],
)
def test_no_text_outside_its_cell(paper, tmp_path, told):
    path = paper(made_of(*(item(number, **told) for number in range(1, 10))))
    assert papers.outside(path, EDGES, tmp_path) == []


def test_the_header_repeats_and_pages_are_numbered(paper):
    there = papers.words(paper(made_of(*(item(number) for number in range(30)))))
    assert len(there) > 3
    for number, page in enumerate(there, 1):
        texts = {word.text for word in page}
        assert {"馆点编码", "牌匾文字", "交货地点"} <= texts
        assert {"第", "页", str(number)} <= texts or f"第{number}页" in "".join(word.text for word in page)


@pytest.mark.parametrize("note", ["一行备注。" * 400, "一行\n" * 500])
def test_a_long_note_goes_on_over_pages(paper, note):
    path = paper(made_of(item(), note=note))
    there = papers.words(path)
    foot = (210 - 26) * papers.MM
    assert papers.squeezed(path).count("行") == note.count("行") + 1  # 按表中分行
    assert not [word for page in there for word in page if foot + 1 < word.bottom < foot + 20]
    assert "盖章" in "".join(word.text for word in there[-1])


def test_the_places_for_seals_stay_free(paper, tmp_path):
    path = paper(made_of(item()))
    page = papers.words(path)[-1]
    picture = papers.picture(path, papers.pages(path), tmp_path)
    units = [word for word in page if "盖章" in word.text]
    assert len(units) == 2
    for unit in units:
        square = 45 * papers.MM
        top, left = unit.bottom + 1, unit.left + 27 * papers.MM
        assert picture.crop((left, top, left + square, top + square)).getextrema() == (255, 255)


def test_characters_that_no_font_has():
    made = replace(made_of(item(1, lines=("官渡区文化馆", "龘村分馆")), item(2, place="靐街")), note="靐")
    assert [(one.row, one.field, one.message) for one in missing(made, FACES)] == [
        ("C530102006012", "place", "字体里没有“靐”"),
        ("C530102006011", "wording", "字体里没有“龘”"),
        ("统一牌匾制作单", "备注", "字体里没有“靐”"),
    ]


# ---------------------------------------------------------------- the command


def test_an_order_from_the_command_line(run, example, tmp_path):
    (tmp_path / "orders.csv").write_text("number,supplier,phone\nZZ-1,=某公司,13812345678\n", encoding="utf-8")
    assert run("import", "plaque_orders", tmp_path / "orders.csv").status == 0
    run("export", "plaques", tmp_path / "all.csv", "--where", "site=C530111001", "--headers", "name")
    line = (tmp_path / "all.csv").read_text(encoding="utf-8-sig").splitlines()[1]
    (tmp_path / "on.csv").write_text(f"id,plaque_order,material\n{line.split(',')[0]},ZZ-1,=1+1\n", encoding="utf-8")
    assert run("import", "plaques", tmp_path / "on.csv").status == 0
    told = run("plaques", "order", tmp_path / "o.pdf", "--order", "ZZ-1", "--json")
    answer = {"files": [str(tmp_path / "o.pdf")], "pages": 1, "sites": 1, "plaques": 1, "warnings": []}
    assert (told.status, told.json) == (0, answer)
    assert "关上街道分馆" in papers.squeezed(tmp_path / "o.pdf")
    told = run("plaques", "order", tmp_path / "o.xlsx", "--order", "ZZ-1", "--json").json
    assert (told["pages"], told["plaques"]) == (None, 1)
    sheet = openpyxl.load_workbook(tmp_path / "o.xlsx").active
    cells = [cell for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert "官渡区文化馆\n关上街道分馆" in [cell.value for cell in cells]
    assert not [cell for cell in cells if cell.data_type == "f"]
    assert (sheet.page_setup.orientation, str(sheet.page_setup.paperSize)) == ("landscape", "9")
    assert sheet.print_title_rows == "$8:$8"


def test_all_that_are_to_be_made(run, example, tmp_path):
    told = run("plaques", "order", tmp_path / "o.pdf", "--json")
    assert told.status == 0
    assert {one["message"] for one in told.json["warnings"]} == {"总馆待建"}
    assert told.json["plaques"] == told.json["sites"] > 1800
    assert told.json["pages"] == papers.pages(tmp_path / "o.pdf")
    assert "总馆待建" in told.err


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [("o.pdf", ("--order", "N0"), "制作单里没有 N0"), ("o.docx", (), "文件名以 .pdf .xlsx 结尾")],
)
def test_what_cannot_be_ordered(run, example, tmp_path, name, arguments, message):
    told = run("plaques", "order", tmp_path / name, *arguments, "--json")
    assert told.status == 2
    assert message in told.json["error"]
    assert not (tmp_path / name).exists()


def test_a_wording_that_no_font_has(run, example, tmp_path):
    (tmp_path / "sites.csv").write_text("code,township\nC530111001,龘街道\n", encoding="utf-8")
    assert run("import", "sites", tmp_path / "sites.csv").status == 0
    told = run("plaques", "order", tmp_path / "o.pdf", "--json")
    assert told.status == 1
    assert ("C530111001", "wording", "字体里没有“龘”") in {
        (one["row"], one["field"], one["message"]) for one in told.json["problems"]
    }
    assert not (tmp_path / "o.pdf").exists()
    assert run("plaques", "order", tmp_path / "o.xlsx").status == 0  # a workbook brings no fonts along
