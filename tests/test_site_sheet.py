"""一馆一档 on paper, read back with poppler: one page whatever there is to say, nothing cut, fonts inside."""

import pytest

from exports.dossier import Book, Check, Dossier, Fact, Figure, Kin, Ledger, Score, Section
from exports.fitting import Cell, Grid, fit
from exports.paper import MM, Style
from exports.site_sheet import printed
from exports.typefaces import typefaces
from tests import papers

FACES = typefaces()
AT = "2026-11-24 14:32"
NAME = "昆明冶金高等专科学校社区综合文化服务中心"
TITLE = "五华区文化馆莲华街道分馆昆明冶金高等专科学校社区基层服务点"
LONG = "长" * 100  # the longest name that a site may have


def plaque(wording, **told):
    facts = {
        "wording": wording,
        "width_mm": 600,
        "height_mm": 400,
        "quantity": 1,
        "status": "hung",
        "status_label": "已挂牌",
    }
    return {**facts, **told}


def mending(count, problem="灭火器过期"):
    return tuple(
        {
            "id": f"z{n}",
            "due_on": f"2026-12-{n % 28 + 1:02d}",
            "problem": f"{problem}之{n}",
            "responsible": "孙红",
            "status": "open",
        }
        for n in range(count)
    )


def figures(count, label="组织文艺活动次数（次）"):
    return tuple(Figure(f"S{n}", f"{label}{n}", str(n * 1000 + 7), str(n), n < 9) for n in range(count))


def dossier(**told):
    """A site of which everything is known, in the size of most sites."""
    facts = tuple(Fact(f"第{n}栏", f"第{n}栏的值") for n in range(12))
    known = {
        "row": {"id": "b1", "code": "C530102006010", "name": NAME, "level": "branch", "status": "open"},
        "title": TITLE,
        "network": "文化馆",
        "level": "分馆",
        "status": "已挂牌",
        "may_edit": True,
        "year": 2026,
        "years": (2026,),
        "parent": Kin("C530102", "五华区文化馆", "总馆", "已建成"),
        "parents": (Kin("C530102", "五华区文化馆", since="2020-09-01"),),
        "children": tuple(Kin(f"C530102006010{n:03d}", f"第{n}社区", status="已建成", rate=90.0 + n) for n in range(3)),
        "last_month": "2026-11",
        "sections": (Section("基本情况", facts, ("备注",)),),
        "plaques": (plaque(TITLE),),
        "checks": tuple(Check(f"2026-{n:02d}", f"k{n}", "已确认", 90.0 + n / 10) for n in range(1, 13)),
        "rectifications": mending(2),
        "books": (Book("service_yearbooks", "服务统计年报", "y1", "签署", figures(6)),),
        "score": Score(88.15, "良好", 100.0, 0),
        "ledger": Ledger(0, 0, (), ()),
        "history": (),
    }
    return Dossier(**{**known, **told})


@pytest.fixture
def paper(tmp_path):
    """Prints a site; the path of the PDF."""

    def print_site(found):
        path = tmp_path / "site.pdf"
        path.write_bytes(printed(found, FACES, AT))
        return path

    return print_site


def test_what_most_sites_have_is_all_there(paper):
    path = paper(dossier())
    text = papers.squeezed(path)
    told = [TITLE, NAME, "C530102006010", "五华区文化馆（自2020-09-01）", "第11栏的值", "第2社区", "92%"]
    told += ["2026年检查合格率", "91.2", "服务统计年报（签署）", "绩效得分88.15，良好", "5007", "灭火器过期之1", "孙红"]
    told += ["数据截至2026-11-2414:32", "第1页共1页", "600×400mm"]
    assert [one for one in told if one.replace(" ", "") not in text] == []
    assert "见台账" not in text
    assert papers.pages(path) == 1
    assert set(papers.fonts(path).values()) == {True}


FULL = {
    "row": {"id": "b1", "code": "C" * 40, "name": LONG, "level": "branch", "status": "open"},
    "title": "全" * 100,
    "children": tuple(Kin(f"{'C' * 40}{n:03d}", LONG, status="已建成", rate=99.99) for n in range(60)),
    "sections": (Section("基本情况", tuple(Fact("很长的栏名" * 3, "值" * 200) for _n in range(40)), ()),),
    "plaques": (plaque("固" * 100, material="不锈钢" * 20, logo=True, hung_on="2026-03-12", plaque_order="Z" * 40),)
    * 9,
    "rectifications": mending(80, "很长的问题" * 90),
    "books": (
        Book("service_yearbooks", "服务统计年报", "y1", "签署", figures(80, "很长的指标" * 18)),
        Book("asset_yearbooks", "资产统计年报", "y2", "签署", figures(60, "其中：业务（活动）用房面积（平方米）")),
    ),
}


@pytest.mark.parametrize(
    "told",
    [
        {},
        FULL,
        {"children": FULL["children"][:15]},
        {"rectifications": FULL["rectifications"]},
        {"books": FULL["books"]},
        {"sections": FULL["sections"], "plaques": ()},
        {"sections": (Section("其他", (Fact("备注", "字" * 2000), Fact("备注", "行\n" * 400)), ()),)},
        {"title": "A" * 100, "row": {**FULL["row"], "name": "W" * 100}},
    ],
    ids=["usual", "everything", "children", "mending", "books", "facts", "a long note", "one long word"],
)
def test_it_is_one_page_and_nothing_leaves_it(paper, tmp_path, told):
    path = paper(dossier(**told))
    assert papers.pages(path) == 1
    (page,) = papers.words(path)
    assert min(word.left for word in page) >= 25 * MM - 1
    assert max(word.right for word in page) <= (210 - 22) * MM + 1
    assert min(word.top for word in page) >= 24 * MM
    body = [word for word in page if word.top < (297 - 16) * MM]  # all but the foot
    assert max(word.bottom for word in body) <= (297 - 22) * MM + 1
    assert max(word.bottom for word in page) <= (297 - 10) * MM
    assert set(papers.fonts(path).values()) == {True}
    lines = [rule for rule in papers.rules(path, 1, tmp_path) if abs(rule[1] - rule[3]) < 0.1]
    assert crossed(page, lines) == []


def crossed(page, lines):
    """Words that a rule goes through."""
    return [
        (word.text, y)
        for word in page
        for x1, y, x2, _y in lines
        if min(x1, x2) < (word.left + word.right) / 2 < max(x1, x2) and word.top + 1.5 < y < word.bottom - 1.5
    ]


def test_what_is_left_out_is_counted(paper):
    """Of 80 problems those that stand there and those that are told as left out are all; the first come first."""
    found = dossier(rectifications=mending(80), children=(), books=())
    text = papers.text(paper(found), "-layout")
    shown = [n for n in range(80) if f"之{n}\n" in text.replace(" ", "").replace("孙红", "\n")]
    left = sum(int(part.split()[0]) for part in text.split("另有")[1:])
    assert shown == list(range(len(shown)))
    assert len(shown) + left == 80
    assert len(shown) > 5


def test_rows_matter_by_rank(paper):
    """Figures give way before the sites below, and these before what has to be put right."""
    text = papers.squeezed(paper(dossier(books=FULL["books"], rectifications=mending(4))))
    assert all(f"灭火器过期之{n}" in text for n in range(4))
    assert all(f"第{n}社区" in text for n in range(3))


def test_a_character_that_no_font_has_is_named(paper):
    text = papers.squeezed(paper(dossier(title="龘馆", plaques=(plaque("龘馆"),))))
    assert "〓馆" in text
    assert "字体里没有的字：U+9F98" in text


@pytest.mark.parametrize(
    "gone", ["parent", "score", "plaques", "children", "checks", "books", "rectifications", "sections"]
)
def test_what_is_not_there_takes_no_place(paper, gone):
    path = paper(dossier(**{gone: None if gone in ("parent", "score") else ()}))
    assert papers.pages(path) == 1


def test_a_parent_out_of_scope_stands_by_its_code(paper):
    text = papers.squeezed(paper(dossier(parent=Kin("C530102"), parents=())))
    assert "上级C530102" in text


# ---------------------------------------------------------------- fitting


STYLE = Style(FACES.body, 10, 13)


def grid(rows, rank, keep):
    return Grid(0, (100,), [(Cell(("x",), STYLE),)] * rows, [1] * rows, keep, rank, STYLE)


ROW = grid(2, 0, ()).height - grid(1, 0, ()).height
NOTE = STYLE.leading + MM


@pytest.mark.parametrize("room", range(24))
def test_what_matters_less_gives_way_first(room):
    """Both fit, nothing is lost count of, and the one that matters more is whole unless the other has given all it can."""
    more, less = grid(10, 1, (8, 0)), grid(10, 0, (1, 0))
    fit([more, less], room * ROW)
    assert more.height + less.height <= room * ROW + 0.02 or (more.shown, less.shown) == (0, 0)
    assert more.missing + less.missing + more.shown + less.shown == 20
    assert more.shown == 10 or less.shown <= 1
    assert (more.shown, less.shown) == (10, 10) or room < 21


def test_what_fits_is_left_alone_and_room_goes_back():
    wide = grid(10, 1, (2, 0))
    fit([wide], 5 * ROW + NOTE + 0.5)
    assert wide.shown == 5  # more than it would have kept
