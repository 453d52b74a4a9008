"""Kinds of value: tables of what people type, and round trips over what Hypothesis makes up."""

import datetime
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.catalog import catalog
from models.kinds import (
    KINDS,
    Bad,
    Bool,
    Choice,
    Date,
    Decimal,
    Int,
    Money,
    Month,
    Multi,
    Noted,
    Percent,
    Ref,
    Text,
    Time,
    Year,
    choices,
    narrow,
    number_text,
    shown,
    trim,
)

PAIRS = choices(("own", "自管", "Own"), ("entrusted", "委托管理", "Entrusted"), ("chain", "连锁运营", "Chain"))
ONE, MANY = Choice(choices=PAIRS), Multi(choices=PAIRS)
AREA = Decimal(min=0, max=100_000, unit="㎡")
COUNT = Int(min=0, unit="个")

READ = [
    # text: trimmed at both ends of every blank and tab, inner breaks as \n
    (Text(), "  官渡 区\t", "官渡 区"),
    (Text(), "\u3000\u00a0关上\u200b\ufeff", "关上"),
    (Text(), "\u3000 \t", None),
    (Text(), "", None),
    (Text(), None, None),
    (Text(), "a\r\nb", "a b"),
    (Text(), "a \n\n b", "a b"),
    (Text(lines=True), "a\r\nb\rc", "a\nb\nc"),
    (Text(), 530111, "530111"),
    (Text(), 3.5, "3.5"),
    (Text(), datetime.date(2020, 3, 5), "2020-03-05"),
    (Text(code=True), "Ｃ５３０１１１ ", "C530111"),
    (Text(code=True), 530111.0, "530111"),
    # numbers
    (COUNT, "12", 12),
    (COUNT, "１２", 12),
    (COUNT, "1,234", 1234),
    (COUNT, "１，２３４", 1234),
    (COUNT, "12个", 12),
    (COUNT, "12 个", 12),
    (COUNT, 12.0, 12),
    (COUNT, " 12\n", 12),
    (COUNT, "0", 0),
    (COUNT, "-0", 0),
    (AREA, "260.50", 260.5),
    (AREA, "260㎡", 260.0),
    (AREA, "260m2", 260.0),
    (AREA, "260 m²", 260.0),
    (AREA, ".5", 0.5),
    (AREA, "5.", 5.0),
    (AREA, "+5", 5.0),
    (AREA, 0.1 + 0.2, 0.3),  # a spreadsheet shows 15 digits: what is behind them is the machine's, not a person's
    (AREA, 1 / 3, 0.333333333333333),
    (Money(), "1,234.50元", 1234.5),
    (Money(), 1234.5600000000001, 1234.56),
    (Decimal(min=-180, max=180, unit="°"), "102.7°", 102.7),
    (Percent(), "92.5%", 92.5),
    (Percent(), "92.5％", 92.5),
    (Percent(), "92.5", 92.5),
    (COUNT, "0（文化馆待建）", Noted(0, "文化馆待建")),
    (COUNT, "0(文化馆待建)", Noted(0, "文化馆待建")),
    (COUNT, "0（文化馆待建，２０２５年）", Noted(0, "文化馆待建，２０２５年")),
    (COUNT, "0（文化馆\n待建）", Noted(0, "文化馆\n待建")),
    (COUNT, "1,234 （其中 3 个在建）", Noted(1234, "其中 3 个在建")),
    (COUNT, "3个（估）", Noted(3, "估")),
    # dates
    (Date(), "2020-03-05", "2020-03-05"),
    (Date(), "2020.3.5", "2020-03-05"),
    (Date(), "2020/3/5", "2020-03-05"),
    (Date(), "2020年3月5日", "2020-03-05"),
    (Date(), "２０２０年３月５日", "2020-03-05"),
    (Date(), "2020 年 3 月 5 日", "2020-03-05"),
    (Date(), "2020-03-05 00:00:00", "2020-03-05"),
    (Date(), "2020/3/5 9:30", "2020-03-05"),
    (Date(), 43895, "2020-03-05"),
    (Date(), 43895.4, "2020-03-05"),
    (Date(), "43895", "2020-03-05"),
    (Date(), datetime.datetime(2020, 3, 5, 9, 30), "2020-03-05"),
    (Date(), datetime.date(2020, 3, 5), "2020-03-05"),
    (Date(), "2024-02-29", "2024-02-29"),
    (Month(), "2026-03", "2026-03"),
    (Month(), "2026年3月", "2026-03"),
    (Month(), "202603", "2026-03"),
    (Month(), 202603, "2026-03"),
    (Month(), "2026.3", "2026-03"),
    (Month(), 2026.3, "2026-03"),
    (Month(), "2026.10", "2026-10"),
    (Month(), "2026.1", "2026-01"),
    (Month(), datetime.date(2026, 3, 1), "2026-03"),
    (Year(), "2026", 2026),
    (Year(), "2026年", 2026),
    (Year(), 2026.0, 2026),
    (Year(), "２０２６", 2026),
    (Time(), "9:30", "09:30"),
    (Time(), "09：30", "09:30"),
    (Time(), "9时30分", "09:30"),
    (Time(), "9:30:00", "09:30"),
    (Time(), datetime.time(9, 30), "09:30"),
    (Time(), 570 / 1440, "09:30"),
    (Time(), 0.99999, "23:59"),
    # yes and no
    *[(Bool(), text, True) for text in ("是", "有", "√", "Y", "y", "1", 1, 1.0, True, "TRUE", "true", "Ｙ", "１")],
    *[(Bool(), text, False) for text in ("否", "无", "×", "N", "n", "0", 0, 0.0, False, "FALSE", "false", "Ｎ", "０")],
    # choices and references
    (ONE, "own", "own"),
    (ONE, "自管", "own"),
    (ONE, " OWN ", "own"),
    (ONE, "ＯＷＮ", "own"),
    (MANY, "自管；连锁运营", ["own", "chain"]),
    (MANY, "own;chain", ["own", "chain"]),
    (MANY, "自管、chain|own", ["own", "chain"]),
    (MANY, "自管\n连锁运营", ["own", "chain"]),
    (MANY, "；", None),
    (MANY, ["own", "连锁运营"], ["own", "chain"]),
    (Ref(table="sites"), " C5301 昆明市文化馆", "C5301 昆明市文化馆"),
    (Ref(table="sites"), 5301, "5301"),
    (Multi(table="sites"), "C1；C2、C1", ["C1", "C2"]),
    (Multi(table="sites"), "C1\nC2", ["C1", "C2"]),
    (Multi(table="sites"), [1, "C2"], ["1", "C2"]),
]

REFUSED = [
    (COUNT, "十二"),
    (COUNT, "12.5"),
    (COUNT, 12.5),
    (COUNT, "-1"),
    (COUNT, True),
    (COUNT, "12人"),
    (COUNT, "1 234"),
    *[(COUNT, text) for text in ("10²", "①", "½", "³", "٣", "⒓")],  # they only look like digits
    (Date(), "٢٠٢٠-03-05"),
    (COUNT, "12,34"),
    (COUNT, "1e3"),
    (COUNT, "（12）"),
    (COUNT, "约12（估）"),
    (COUNT, "十二（估）"),
    (COUNT, "12（估"),
    (COUNT, "9" * 16),
    (COUNT, "9" * 400),
    (COUNT, math.inf),
    (COUNT, math.nan),
    (COUNT, 10**400),
    (COUNT, datetime.date(2020, 3, 5)),
    (AREA, math.inf),
    (AREA, "9" * 400),
    (AREA, "300平方米"),
    (AREA, "100001"),
    (AREA, "0x10"),
    (Money(), "1.234"),
    (Percent(min=0, max=100), "120%"),
    (Date(), "2020-02-30"),
    (Date(), "2020-13-01"),
    (Date(), "2020.3"),
    (Date(), "3月5日"),
    (Date(), "2020"),
    (Date(), 2020),
    (Date(), "0000-01-01"),
    (Date(), "２０２０．３－５"),
    (Month(), "2026-13"),
    (Month(), "2026-0"),
    (Month(), 2026.1),  # the cell may have been typed 2026.10
    (Month(), "2026"),
    (Year(), "26"),
    (Year(), "1899"),
    (Time(), "24:00"),
    (Time(), "9:60"),
    (Time(), "上午九点"),
    (Bool(), "半"),
    (Bool(), 2),
    (ONE, "自己管"),
    (MANY, "自管；自己管"),
    (Text(max=3), "四个字呀"),
    (Text(code=True), "C 1"),
    (Text(code=True), "C1、C2"),  # what parts several codes in a cell cannot be inside one
    (Text(code=True), "C1；C2"),
    (Text(), "a\x00b"),
    (Text(), "a\x1bb"),
    (Ref(table="sites"), "x" * 301),
]


@pytest.mark.parametrize(("kind", "raw", "value"), READ, ids=lambda one: repr(one)[:40])
def test_what_people_type_is_read(kind, raw, value):
    read = kind.parse(raw)
    assert read == value
    assert type(read) is type(value)


@pytest.mark.parametrize(("kind", "raw"), REFUSED, ids=lambda one: repr(one)[:40])
def test_what_does_not_fit_comes_back_with_what_was_typed(kind, raw):
    read = kind.parse(raw)
    assert isinstance(read, Bad)
    assert read.wanted
    if isinstance(raw, str) and "\x00" not in raw and "\x1b" not in raw:
        assert narrow(read.text) == narrow(raw)


def test_every_kind_that_the_catalog_uses_has_a_name_and_says_what_it_wants():
    kinds = {one.kind for table in catalog() for one in table.fields}
    assert {kind.name for kind in kinds} <= set(KINDS)
    assert all(kind.wanted() for kind in [*kinds, *(kind() for kind in KINDS.values() if kind not in (Choice, Multi))])


# ---------------------------------------------------------------- round trips

words = st.text(st.characters(blacklist_categories=["Cc", "Cs"], blacklist_characters="\ufffe\uffff"), max_size=40)
days = st.dates(datetime.date(1000, 1, 1)).map(datetime.date.isoformat)
fractions = st.floats(-1e9, 1e9).map(lambda number: float(f"{number:.15g}"))
codes = st.lists(st.sampled_from([pair.code for pair in PAIRS]), unique=True, min_size=1)

VALUES = {
    Text(max=200): words.map(lambda text: Text(max=200).parse(text)),
    Text(max=200, lines=True): words.map(lambda text: Text(max=200, lines=True).parse(f"{text}\n{text}")),
    Int(): st.integers(-(10**15) + 1, 10**15 - 1),
    Decimal(): fractions,
    Money(): st.integers(-(10**13), 10**13).map(lambda fen: fen / 100),
    Percent(): fractions,
    Date(): days,
    Month(): days.map(lambda day: day[:7]),
    Year(): st.integers(1900, 2199),
    Time(): st.times().map(lambda time: time.strftime("%H:%M")),
    Bool(): st.booleans(),
    ONE: st.sampled_from([pair.code for pair in PAIRS]),
    MANY: codes,
}


@pytest.mark.parametrize("kind", VALUES, ids=lambda kind: kind.name)
@pytest.mark.parametrize("labels", [True, False])
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_what_is_written_is_read_again(kind, labels, data):
    value = data.draw(VALUES[kind] | st.none())
    written = kind.write(value, labels)
    assert isinstance(written, str)
    read = kind.parse(written)
    assert read == value
    assert type(read) is type(value)
    assert kind.parse(value) == value


raws = words | st.integers() | st.floats() | st.booleans() | st.datetimes() | st.dates() | st.times() | st.none()


@pytest.mark.parametrize("kind", [*VALUES, COUNT, AREA, Text(code=True), Ref(table="sites"), Multi(table="sites")])
@given(raw=raws)
@settings(max_examples=60, deadline=None)
def test_a_value_that_was_read_is_in_its_normal_form(kind, raw):
    read = kind.parse(raw)
    if isinstance(read, Bad):
        return
    value = read.value if isinstance(read, Noted) else read
    again = kind.parse(value)
    assert again == value
    assert type(again) is type(value)
    assert kind.parse(kind.write(value)) == value


@pytest.mark.parametrize("kind", {one.kind for table in catalog() for one in table.fields if one.kind.name == "choice"})
def test_a_code_and_a_label_mean_their_own_choice(kind):
    for choice in kind.choices:
        assert kind.parse(choice.code) == kind.parse(choice.label) == choice.code


def test_a_code_wins_over_another_choices_words():
    kind = Choice(choices=choices(("shut", "关", "Open"), ("open", "开", "shut")))
    assert [kind.parse(text) for text in ("open", "shut", "开", "关")] == ["open", "shut", "open", "shut"]


# ---------------------------------------------------------------- texts


@pytest.mark.parametrize(
    ("number", "text"),
    [(3, "3"), (3.0, "3"), (1234.5, "1234.5"), (1e-7, "0.0000001"), (1e15, "1000000000000000"), (-0.5, "-0.5")],
)
def test_numbers_are_written_without_separators_and_exponents(number, text):
    assert number_text(number) == text


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (None, ""),
        (True, "TRUE"),
        (2.50, "2.5"),
        (datetime.datetime(2020, 3, 5), "2020-03-05"),
        (datetime.datetime(2020, 3, 5, 9, 30), "2020-03-05 09:30"),
        (datetime.time(9, 30), "09:30"),
        (["a", "b"], "a；b"),
    ],
)
def test_a_cell_is_shown_as_a_person_would_see_it(raw, text):
    assert shown(raw) == text


def test_only_ends_are_trimmed():
    assert trim(" a\u3000b ") == "a\u3000b"
    assert narrow("Ａ１　") == "A1"
