"""Paper: where lines break, what stays on one page, what a document holds."""

from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exports.paper import (
    MM,
    NOT_FIRST,
    NOT_LAST,
    PORTRAIT,
    Column,
    Group,
    Pen,
    Row,
    Style,
    Table,
    by_twos,
    paginate,
    wrap,
)
from exports.typefaces import typefaces
from tests import papers

FACES = typefaces()
BODY = Style(FACES.body, 10, 12)


def em(count):
    """A width of so many characters."""
    return count * BODY.size


# ---------------------------------------------------------------- lines


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("官渡区文化馆", 6, ("官渡区文化馆",)),
        ("官渡区文化馆", 4, ("官渡区文", "化馆")),
        ("官渡区文化馆", 5, ("官渡区文", "化馆")),  # no line of one character
        ("免费开放时间（小时）", 7, ("免费开放时间", "（小时）")),
        ("活动台账、年报", 4, ("活动台", "账、年报")),  # no line begins with a mark
        ("参加的“订单”服务", 4, ("参加的", "“订单”", "服务")),
        ("共 2026 场", 3, ("共", "2026", "场")),  # no number is broken
        ("开放abcdefghijklmn", 4, ("开放abc", "defghij", "klmn")),  # but one that is too long for a line
        ("一\n二三", 4, ("一", "二三")),
        ("一\n\n二", 4, ("一", "", "二")),
        ("", 4, ("",)),
    ],
)
def test_where_lines_break(text, width, lines):
    assert wrap(text, BODY, em(width)) == lines


WRITTEN = st.text(st.sampled_from("官渡区文化馆，。、：（）“”《》—…%abc 0123.-"), max_size=60)


@given(WRITTEN, st.integers(3, 12))
def test_lines_fit_and_nothing_is_lost(text, width):
    lines = wrap(text, BODY, em(width))
    assert "".join("".join(lines).split()) == "".join(text.split())
    for line in lines:
        assert BODY.width(line) <= em(width) + 0.02 or len(line) == 1


@given(st.lists(st.sampled_from(["官渡", "文化馆", "，", "（一）", "“二”", "。"]), max_size=20), st.integers(6, 12))
def test_no_line_begins_or_ends_with_the_wrong_mark(parts, width):
    first, *others = wrap("官" + "".join(parts).replace("，，", "，"), BODY, em(width))
    lines = [first, *others]
    # A run of marks that is longer than a line has to break somewhere.
    if all(len(line) > 2 for line in lines[:-1]) and "，。，" not in "".join(parts):
        assert not [line for line in others if line[0] in NOT_FIRST and len(line) > 1 and line[1] not in NOT_FIRST]
    assert not [line for line in lines if line and line[-1] in NOT_LAST]


@pytest.mark.parametrize(
    ("text", "width"), [("（一）", 2.72), ("一，（二）", 4.5), ("（“一”）", 3.72), ("一二", 2), ("一。”", 2.5)]
)
def test_marks_that_meet_share_their_blank(text, width):
    """Half a character goes where two blank halves meet; at the beginning no more than a cell's margin."""
    assert BODY.width(text) == pytest.approx(em(width))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("服务标准", "服务\n标准"),
        ("均等化水平", "均等化\n水平"),
        ("资源整合流转", "资源\n整合\n流转"),
        ("满意度", "满意度"),
        ("A1 服务标准", "A1 服务标准"),
    ],
)
def test_narrow_headings(text, shown):
    assert by_twos(text) == shown


# ---------------------------------------------------------------- pages

HEIGHTS = st.lists(st.lists(st.integers(5, 40), min_size=1, max_size=8), max_size=20)


def group(number, heights):
    return Group.of((str(number),), 10, [Row((), height) for height in heights])


@given(HEIGHTS, st.integers(50, 100), st.integers(100, 200), st.integers(0, 100))
def test_pages_hold_what_fits(heights, first, others, foot):
    groups = [group(number, some) for number, some in enumerate(heights)]
    pages = paginate(groups, first, others, foot)
    rooms = [first] + [others] * (len(pages) - 1)
    used = [sum(one.height for one in page) for page in pages]
    laid, given = ([row.height for one in some for row in one.rows] for some in (chain.from_iterable(pages), groups))
    assert len(laid) == len(given)
    assert all(height >= least for height, least in zip(laid, given, strict=True))  # a label may stretch its last row
    assert all(height <= room for height, room in zip(used, rooms, strict=True))
    assert used[-1] + foot <= rooms[-1]
    split = [one for one in groups if not any(one in page for page in pages)]
    assert all(one.height > others for one in split)


@given(HEIGHTS.filter(bool), st.integers(100, 200))
def test_the_foot_takes_a_group_along(heights, room):
    """What stands below the table is alone on a page only where the last group is alone too, or too high."""
    groups = [group(number, some) for number, some in enumerate(heights)]
    pages = paginate(groups, room, room, 60)
    last = pages[-1]
    assert last or len(pages[-2]) == 1 or pages[-2][-1].height + 60 > room


def test_a_label_that_is_higher_than_its_rows():
    column = Column("甲", 20 * MM, BODY)
    table = Table(0, (column, column), BODY, 12)
    made = table.group("一二三四五六七八九十" * 3, [("一",)])
    assert made.height == pytest.approx(made.label_height)
    assert len(made.label) * BODY.leading < made.height


# ---------------------------------------------------------------- documents


@pytest.fixture
def pen():
    return Pen(PORTRAIT, "试印", FACES.body)


def test_a_part_is_drawn_on_every_page_that_uses_it(pen, tmp_path):
    with pen.part("same"):
        pen.text(PORTRAIT.left, PORTRAIT.top, "各页都有", BODY)
    for number in range(1, 4):
        pen.use("same")
        pen.text(PORTRAIT.left, 400, f"只在{number}", BODY)
        pen.page_number(number, 3, BODY)
        pen.next_page()
    path = tmp_path / "out.pdf"
    path.write_bytes(pen.finish())
    there = papers.words(path)
    assert [[word.text for word in page][:2] for page in there] == [["各页都有", f"只在{n}"] for n in (1, 2, 3)]
    numbers = [next(word for word in page if "第" in word.text) for page in there]
    edge = 28 * MM
    assert [round(word.left) == round(edge) for word in numbers] == [False, True, False]  # left on even pages
    assert all(word.bottom > (297 - 35) * MM for word in numbers)
    assert papers.fonts(path) == {"NotoSerifSC-Regular": True}


def test_bookmarks_and_the_documents_own_facts(pen, tmp_path):
    for title, level in (("总馆", 0), ("服务点", 2), ("分馆", 1), ("另一总馆", 0)):
        pen.bookmark(title, level)
        pen.text(100, 100, title, BODY)
        pen.next_page()
    path = tmp_path / "out.pdf"
    path.write_bytes(pen.finish())
    told = papers.run("pdfinfo", path)
    assert "Title:           试印" in told
    assert "595.276 x 841.89 pts (A4)" in told
    assert pen.pages == papers.pages(path) == 4
