"""打分表: what counts, what stands on the paper (read back with poppler), who may print whose."""

import itertools
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exports.score_sheets import file_name, printed
from exports.scoring import Form, Grade, Indicator, Sheet, added, chosen, grades_told, missing, sheets_of
from exports.typefaces import typefaces
from integrations.defaults import add_defaults
from models.query import NoRow
from tests import papers
from tests.world import ACTORS, add, build, edit, new_row

DATABASES = ("sqlite",)
FACES = typefaces()
GRADES = (
    Grade("excellent", "优秀", 90, None),
    Grade("good", "良好", 80, 90),
    Grade("pass", "合格", 60, 80),
    Grade("fail", "不合格", 0, 60),
)
VETOES = (("V1", "发生重大安全责任事故"), ("V3", "侵占、挪用公共文化服务资金"))
LONGEST = "五华区文化馆莲华街道分馆昆明冶金高等专科学校社区基层服务点"  # the longest of the example: 29 characters
COLUMNS = list(itertools.accumulate((14, 8, 44.5, 10, 11.5, 11.5, 14, 11.5, 31), initial=28))  # mm
EDGES = [place * papers.MM for place in COLUMNS]


def form_of(*sizes, label="指标", basis="活动台账"):
    """A form of so many indicators in each dimension."""
    indicators = (
        Indicator(f"K{dimension:02}{number:02}", f"第{dimension}方面", f"{label}{dimension}之{number}", 2, basis)
        for dimension, size in enumerate(sizes, 1)
        for number in range(1, size + 1)
    )
    return Form(tuple(indicators), GRADES, VETOES)


def sheet_of(form, **told):
    facts = {
        "hall": "五华区文化馆",
        "unit": LONGEST,
        "name": "昆明冶金高等专科学校社区综合文化服务中心",
        "code": "C530102006010",
        "level": "基层服务点",
        "year": 2026,
        "form": form,
    }
    return Sheet(**{**facts, **told})


@pytest.fixture
def paper(tmp_path):
    """Prints sheets; the path of the PDF."""

    def print_sheets(*sheets, faces=FACES):
        path = tmp_path / "sheets.pdf"
        path.write_bytes(printed(sheets, faces)[0])
        return path

    return print_sheets


# ---------------------------------------------------------------- what counts


@pytest.mark.parametrize(
    ("steps", "score"),
    [
        ({"computed": 1.0, "self": 2.0, "reviewed": 1.5, "decided": 1.2}, 1.2),
        ({"computed": 1.0, "self": 2.0, "reviewed": 1.5}, 1.5),
        ({"computed": 1.0, "self": 2.0}, 1.0),
        ({"self": 2.0}, None),  # a self score never counts alone
        ({"decided": 0, "reviewed": 1.5}, 0.0),
        ({}, None),
    ],
)
def test_which_score_counts(steps, score):
    form = form_of(1)
    assert sheet_of(form, scores={"K0101": steps}).score(form.indicators[0]) == score


@given(st.lists(st.one_of(st.none(), st.integers(0, 100_000)), max_size=60))
def test_totals_round_each_score_half_up(thousandths):
    values = [None if value is None else value / 1000 for value in thousandths]
    there = [(value + 5) // 10 for value in thousandths if value is not None]
    assert added(values) == (sum(there) / 100 if there else None)


@pytest.mark.parametrize(
    ("total", "vetoes", "grade"),
    [
        (90, (), "优秀"),
        (89.99, (), "良好"),
        (80, (), "良好"),
        (60, (), "合格"),
        (59.99, (), "不合格"),
        (0, (), "不合格"),
        (95, ("V3",), "不合格"),
        (None, (), ""),
        (None, ("V3",), "不合格"),
    ],
)
def test_grades(total, vetoes, grade):
    form = Form((Indicator("K1", "一", "一", 100, ""),), GRADES, VETOES)
    scores = {} if total is None else {"K1": {"decided": total}}
    assert sheet_of(form, scores=scores, vetoes=vetoes).grade == grade


def test_grades_in_words():
    told = "等次：90 分以上优秀，80 分以上良好，60 分以上合格，不满 60 分不合格；有否决项的不合格。"
    assert grades_told(form_of(1)) == told


def test_scores_of_what_is_not_on_the_form_count_nothing():
    sheet = sheet_of(form_of(2), scores={"K0101": {"decided": 1}, "L0999": {"decided": 5, "self": 5}})
    assert (sheet.total, sheet.self_total, sheet.unscored) == (1, None, 1)


# ---------------------------------------------------------------- on the paper


def numbers_of(page):
    """The indicators' numbers on a page: what stands in the second column, in the table's size."""
    there = (word for word in page if EDGES[1] < word.left and word.right < EDGES[2] and word.bottom - word.top < 11)
    return [int(word.text) for word in there if word.text.isdigit()]


@pytest.mark.parametrize("sizes", [(1,), (3, 6, 4, 4, 3, 4, 3, 4, 3, 4, 4, 4, 3), (9, 9, 9, 9, 9), (22, 2, 20, 1)])
def test_no_dimension_is_split_and_the_header_repeats(paper, sizes):
    there = papers.words(paper(sheet_of(form_of(*sizes))))
    ends = list(itertools.accumulate(sizes))
    on_pages = [numbers_of(page) for page in there]
    assert list(itertools.chain(*on_pages)) == list(range(1, ends[-1] + 1))
    assert all(numbers[-1] in ends for numbers in on_pages if numbers)
    for page, numbers in zip(there, on_pages, strict=True):
        assert {"维度", "评估指标", "满分", "依据材料"} <= {word.text for word in page} or not numbers


def test_a_dimension_higher_than_a_page_is_split(paper):
    there = papers.words(paper(sheet_of(form_of(40))))
    on_pages = [numbers_of(page) for page in there]
    assert list(itertools.chain(*on_pages)) == list(range(1, 41))
    assert all(
        "第1方面" in "".join(word.text for word in page) for page, some in zip(there, on_pages, strict=True) if some
    )


def test_page_numbers(paper):
    path = paper(sheet_of(form_of(12, 12, 12, 12)), sheet_of(form_of(1)))
    assert papers.pages(path) == 4
    for place, page in enumerate(papers.words(path)):
        number, total = ((1, 3), (2, 3), (3, 3), (1, 1))[place]
        told = [word for word in page if word.top > (297 - 35) * papers.MM]
        assert "".join(word.text for word in told) == f"第{number}页共{total}页"
        assert (told[0].left < 30 * papers.MM) == (number % 2 == 0)
        assert (abs(told[-1].right - (210 - 26) * papers.MM) < 1) == (number % 2 == 1)


def test_what_a_filled_sheet_says(paper):
    form = form_of(2, 2)
    scores = {
        "K0101": {"self": 2, "computed": 1.005, "reviewed": 1.7, "decided": 1.25},
        "K0102": {"self": 1.5},
        "K0201": {"computed": 1.1},
        "K0202": {"reviewed": 0},
    }
    told = papers.squeezed(paper(sheet_of(form, scores=scores, vetoes=("V3",))))
    for text in (
        "五华区文化馆总分馆制",
        "绩效评估打分表",
        f"被评单位：{LONGEST}",
        "编码：C530102006010",
        "评估年度：2026年",
    ):
        assert text in told
    for text in ("2.00", "1.01", "1.70", "1.25", "1.50", "1.10", "0.00", "3.50", "2.35", "不合格", "另有1项没有得分"):
        assert text in told
    assert told.count("√") == 2  # one in the heading, one on the veto
    assert "昆明冶金高等专科学校社区综合文化服务中心" in told


def test_a_blank_sheet_has_no_scores(paper):
    scores = {"K0101": {"self": 1.23, "decided": 1.11}}
    told = papers.squeezed(paper(sheet_of(form_of(2, 2), scores=scores, vetoes=("V1",), blank=True)))
    assert not [text for text in ("1.23", "1.11", "—", "没有得分") if text in told]
    assert told.count("√") == 1


def test_a_year_without_scores(paper):
    told = papers.squeezed(paper(sheet_of(form_of(2))))
    assert told.count("—") == 3  # both totals and the grade
    assert "没有得分" not in told


@pytest.mark.parametrize(
    ("label", "basis"),
    [
        ("资源分类编目入库（场地、设备、活动、项目、团队、人才、作品）", "训练班通知、签到、结业名册"),
        ("很长的指标" * 20, "很长的依据材料，" * 30),
        ("abcdefghijklmnopqrstuvwxyz" * 3, "https://example.org/" + "a" * 200),
        ("（）“”、，。《》" * 12, "——……%%℃℃" * 20),
    ],
)
def test_no_text_outside_its_cell(paper, tmp_path, label, basis):
    form = form_of(3, 1, 2, label=label[:100], basis=basis[:300])
    long_name = replace(form.indicators[0], dimension="很长的方面名称" * 8)
    full = {one.code: dict.fromkeys(("self", "computed", "reviewed", "decided"), 88.88) for one in form.indicators}
    sheet = sheet_of(Form((long_name, *form.indicators[1:]), GRADES, VETOES), scores=full)
    path = paper(sheet)
    assert papers.outside(path, EDGES, tmp_path) == []
    inside = (28 * papers.MM - 0.1, (210 - 26) * papers.MM + 0.1)
    words = [word for page in papers.words(path) for word in page]
    assert all(inside[0] <= word.left and word.right <= inside[1] for word in words)


def test_a_name_longer_than_a_line_goes_on_below(paper, tmp_path):
    unit = "寻甸回族彝族自治县文化馆甸沙乡分馆" + "很长的村名" * 6 + "基层服务点"
    hall = "很长很长很长很长很长很长的县区文化馆"
    path = paper(sheet_of(form_of(1), unit=unit, hall=hall))
    told = papers.squeezed(path)
    assert unit in told
    assert f"{hall}总分馆制" in told
    assert all(word.right <= (210 - 26) * papers.MM + 0.1 for page in papers.words(path) for word in page)


def test_the_places_for_seals_stay_free(paper, tmp_path):
    path = paper(sheet_of(form_of(1)))
    page = papers.words(path)[-1]
    picture = papers.picture(path, papers.pages(path), tmp_path)
    units = [word for word in page if "盖章" in word.text]
    persons = [word for word in page if "签字" in word.text]
    assert len(units) == len(persons) == 2
    for unit, person in zip(units, persons, strict=True):
        square = 45 * papers.MM
        top, left = unit.bottom + 1, unit.left + 27 * papers.MM
        assert top + square <= person.top
        assert picture.crop((left, top, left + square, top + square)).getextrema() == (255, 255)


def test_all_fonts_are_embedded(paper):
    sheets = [sheet_of(form_of(3, 3), name=f"示例{sign}村") for sign in "脿鲊竜崀〇"]
    path = paper(*sheets)
    assert papers.fonts(path)
    assert all(papers.fonts(path).values())
    assert not [sign for sign in "脿鲊竜崀〇" if f"示例{sign}村" not in papers.squeezed(path)]


def test_the_same_sheets_share_what_is_the_same(paper):
    """A hundred sheets of one form are no hundred times one."""
    form = form_of(*[4] * 13)
    sizes = [
        paper(*[sheet_of(form, code=f"C{number}") for number in range(count)]).stat().st_size for count in (1, 100)
    ]
    assert sizes[1] < 5 * sizes[0]


def test_characters_that_no_font_has():
    form = replace(form_of(2), vetoes=(("V1", "靐"),))
    form = replace(form, indicators=(replace(form.indicators[0], label="龘的指标"), form.indicators[1]))
    sheets = [sheet_of(form), sheet_of(form, code="C2", name="龘村", unit="龘村分馆")]
    assert [(one.table, one.row, one.value, one.message) for one in missing(sheets, FACES)] == [
        ("assessment_indicators", "K0101", "龘的指标", "字体里没有“龘”"),
        ("assessment_vetoes", "V1", "靐", "字体里没有“靐”"),
        ("sites", "C2", "龘村分馆", "字体里没有“龘”"),
        ("sites", "C2", "龘村", "字体里没有“龘”"),
    ]


@pytest.mark.parametrize(
    ("name", "file"),
    [("官渡区文化馆", "C1 官渡区文化馆.pdf"), ('a/b\\c:d*e?f"g<h>i|j\n', "C1 abcdefghij.pdf"), ("..", "C1.pdf")],
)
def test_file_names(name, file):
    assert file_name(sheet_of(form_of(1), code="C1", name=name)) == file


# ---------------------------------------------------------------- from the records


@pytest.fixture
def city(parts):
    """The small city with the shipped indicators, and some scores of 2026."""
    add_defaults(parts)
    build(parts)
    for code in ("C530111001", "C530112001"):
        edit(parts, "sites", f"s{code}", "township", f"«{code}»", "某街道")
    table = parts.catalog["assessment_scores"]
    add(
        parts,
        "assessment_scores",
        *(
            new_row(table, f"x{site}{year}{code}", {"site": site, "year": year, "indicator": code, "decided": score})
            for site, year, code, score in (
                ("C530111001", 2026, "K0101", 2.5),
                ("C530111001", 2026, "K0201", 3),
                ("C530111001", 2025, "K0101", 1),
                ("C530112001", 2026, "K0101", 0.5),
            )
        ),
    )
    assessment = new_row(parts.catalog["assessments"], "a1", {"site": "C530112001", "year": 2026, "vetoes": ["V3"]})
    add(parts, "assessments", assessment)
    return parts


def sheets(city, actor="admin", year=2026, codes=(), **options):
    with city.database.read() as connection:
        return {one.code: one for one in sheets_of(city.query.view(connection, ACTORS[actor]), year, codes, **options)}


def test_sheets_in_tree_order_without_centers(city):
    assert list(sheets(city)) == [
        "C530111",
        "C530111001",
        "C530111001001",
        "C530111001002",
        "C530111002",
        "C530112",
        "C530112001",
        "C530112001001",
        "L530111",
        "L530111001",
    ]
    assert list(sheets(city, codes=("L530111", "C530111", "C530111"))) == ["C530111", "L530111"]


def test_a_site_has_the_indicators_of_its_level_and_network(city):
    made = sheets(city)
    assert {code: len(one.form.indicators) for code, one in made.items() if code[-3:] != "002"} == {
        "C530111": 49,
        "C530111001": 49,
        "C530111001001": 49,
        "C530112": 49,
        "C530112001": 49,
        "C530112001001": 49,
        "L530111": 49,
        "L530111001": 49,
    }
    for one in made.values():
        assert sum(indicator.full for indicator in one.form.indicators) == 100
        assert len(one.form.dimensions) == 13
        assert list(one.form.dimensions)[:2] == ["服务标准", "服务内容"]
    assert made["C530111"].form is made["C530112"].form
    assert {one.code for one in made["L530111"].form.indicators} != {
        one.code for one in made["C530111"].form.indicators
    }


def test_scores_vetoes_and_names(city):
    made = sheets(city)
    branch, vetoed = made["C530111001"], made["C530112001"]
    assert (branch.total, branch.grade, branch.vetoes) == (5.5, "不合格", ())
    assert (vetoed.total, vetoed.grade, vetoed.vetoes) == (0.5, "不合格", ("V3",))
    assert (branch.hall, branch.unit, branch.level) == ("«C530111»", "官渡区文化馆某街道分馆", "分馆")
    assert made["C530111001001"].hall == "«C530111»"
    assert made["C530111"].unit == made["C530111"].name == "«C530111»"
    assert sheets(city, year=2025)["C530111001"].total == 1
    assert sheets(city, blank=True)["C530111001"].total is None


def test_the_indicators_of_the_year(city):
    """A version of an indicator holds from its year on; one that has ended is gone."""
    table = city.catalog["assessment_indicators"]
    with city.database.read() as connection:
        rows = {row["code"]: row for row in city.query.view(connection, ACTORS["admin"]).page(table).rows}
    add(city, "assessment_indicators", {**rows["K0101"], "id": "n1", "since": 2027, "label_zh": "新的说法"})
    edit(city, "assessment_indicators", rows["K0102"]["id"], "until", None, 2026)
    old, new = (sheets(city, year=year)["C530111001"].form.indicators for year in (2026, 2027))
    assert (old[0].label, new[0].label) == (rows["K0101"]["label_zh"], "新的说法")
    assert "K0102" in {one.code for one in old} - {one.code for one in new}


@pytest.mark.parametrize(
    ("actor", "codes"),
    [
        (
            "county bureau",
            {"C530111", "C530111001", "C530111001001", "C530111001002", "C530111002", "L530111", "L530111001"},
        ),
        ("main", {"C530111", "C530111001", "C530111001001", "C530111001002", "C530111002"}),
        ("branch", {"C530111001", "C530111001001", "C530111001002"}),
        ("point", {"C530111001001"}),
        ("assessor", set()),
        ("nobody's branch", set()),
    ],
)
def test_scope(city, actor, codes):
    """Who prints gets the sheets of their own scope, on the full form, with the hall's name above them."""
    made = sheets(city, actor)
    assert set(made) == codes
    assert all(len(one.form.indicators) == 49 and one.hall for one in made.values())
    with city.database.read() as connection:
        view = city.query.view(connection, ACTORS[actor])
        for code in ("C530112001", "C999"):
            if code not in codes:
                with pytest.raises(NoRow, match=f"馆点里没有 {code}"):
                    chosen(view, [code])


# ---------------------------------------------------------------- the command


def test_one_file_of_some_sites(run, example, tmp_path):
    told = run(
        "score-sheets", tmp_path / "a.pdf", "--year", "2026", "--site", "C530111001", "--site", "C530111", "--json"
    )
    assert told.status == 0
    assert told.json == {"files": [str(tmp_path / "a.pdf")], "pages": 6, "sites": 2, "problems": []}
    there = [{word.text for word in page} for page in papers.words(tmp_path / "a.pdf")]
    assert ("编码：C530111" in there[0], "编码：C530111001" in there[3]) == (True, True)


@pytest.mark.nightly
def test_every_site_of_the_example(run, example, tmp_path):
    told = run("score-sheets", tmp_path / "all.pdf", "--year", "2026", "--blank", "--json").json
    assert told["sites"] == 2037
    assert papers.pages(tmp_path / "all.pdf") == told["pages"]
    text = papers.squeezed(tmp_path / "all.pdf")
    assert text.count("绩效评估打分表") == 2037
    assert f"被评单位：{LONGEST}" in text
    assert all(papers.fonts(tmp_path / "all.pdf").values())


def test_a_folder_gets_a_file_a_site(run, example, tmp_path):
    folder = tmp_path / "2026" / "打分表"
    arguments = ("score-sheets", folder, "--year", "2026", "--site", "C530111001", "--site", "C530111001001", "--json")
    told = run(*arguments).json
    assert sorted(path.name for path in folder.iterdir()) == [
        "C530111001 关上街道综合文化服务中心.pdf",
        "C530111001001 关上社区综合文化服务中心.pdf",
    ]
    assert told["files"] == sorted(str(path) for path in folder.iterdir())
    assert told["pages"] == sum(papers.pages(path) for path in folder.iterdir())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--year", "2026", "--site", "C999"), "馆点里没有 C999"),
        (("--year", "2026", "--site", "C5301"), "C5301 是中心馆，不评分"),
        (("--year", "2010"), "2010 年没有评估指标"),
        (("--year", "明年"), "“明年”不对"),
        ((), "--year"),
    ],
)
def test_what_cannot_be_printed(run, example, tmp_path, arguments, message):
    told = run("score-sheets", tmp_path / "a.pdf", *arguments, "--json")
    assert told.status == 2
    assert message in told.json["error"]
    assert not (tmp_path / "a.pdf").exists()


def test_a_place_that_cannot_be_written(run, example, tmp_path):
    (tmp_path / "file").write_text("")
    for target in (tmp_path / "file", tmp_path / "none" / "a.pdf"):
        told = run("score-sheets", target, "--year", "2026", "--site", "C530111", "--json")
        assert told.status == 2
        assert "写不了" in told.json["error"]


def test_a_name_that_no_font_has(run, example, tmp_path):
    (tmp_path / "sites.csv").write_text("code,name\nC530111001,龘村文化中心\n", encoding="utf-8")
    assert run("import", "sites", tmp_path / "sites.csv").status == 0
    told = run("score-sheets", tmp_path / "a.pdf", "--year", "2026", "--site", "C530111001", "--json")
    assert told.status == 1
    assert told.json["problems"] == [
        {"row": "C530111001", "field": "name", "value": "龘村文化中心", "message": "字体里没有“龘”"}
    ]
    assert "龘村文化中心" in told.err
    assert not (tmp_path / "a.pdf").exists()


def test_an_offices_own_font(run, example, tmp_path, monkeypatch):
    monkeypatch.setenv("ZONGFEN_FONTS", str(tmp_path / "字体"))
    arguments = ("score-sheets", tmp_path / "a.pdf", "--year", "2026", "--site", "C530111", "--json")
    assert "里没有 fangsong.ttf" in run(*arguments).json["error"]
    (tmp_path / "字体").mkdir()
    (tmp_path / "字体" / "xiaobiaosong.ttf").write_bytes(FACES.head.fonts[0].face.filename.encode() and b"no font")
    assert "xiaobiaosong.ttf 不能用" in run(*arguments).json["error"]


def test_a_branch_prints_its_own(run, example, tmp_path):
    made = run(
        "user", "add", "甲", "--role", "branch", "--site", "C530111001", "--password-stdin", stdin="correct horse 12\n"
    )
    assert made.status == 0
    told = run("score-sheets", tmp_path / "a.pdf", "--year", "2026", "--as", "甲", "--json").json
    assert told["sites"] == 13
    refused = run("score-sheets", tmp_path / "b.pdf", "--year", "2026", "--site", "C530111", "--as", "甲", "--json")
    assert (refused.status, refused.json) == (2, {"error": "馆点里没有 C530111"})
