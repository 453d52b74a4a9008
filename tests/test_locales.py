"""The English of the app's strings: none missing, none left over, the placeholders kept, the compiled file up to date."""

import gettext
import re
import string

import pytest

from docs import strings
from models import words

ENGLISH = {str(message.id): str(message.string) for message in strings.kept() if message.id}
TRANSLATED = {text: english for text, english in ENGLISH.items() if english}
FOUND = strings.find()


def placeholders(text: str) -> set[str]:
    """What `format` fills in, or the scripts of a page."""
    return {name for _text, name, _format, _how in string.Formatter().parse(text) if name is not None}


@pytest.fixture
def in_english():
    with words.speaking("en"):
        yield


def test_every_string_of_the_code_is_in_the_list_and_no_other():
    assert set(ENGLISH) == set(FOUND.places), "run make docs"


def test_every_string_has_its_english():
    assert [text for text, english in ENGLISH.items() if not english] == []


def test_the_placeholders_survive():
    for text, english in TRANSLATED.items():
        assert placeholders(text) == placeholders(english), text


def test_nothing_chinese_is_left_but_what_the_sheet_itself_says():
    named = {"编号", "系统备注"}  # headers of workbooks, which stay Chinese whoever reads
    for text, english in TRANSLATED.items():
        left = re.sub("|".join(map(re.escape, named)), "", english)
        assert not re.search(r"[\u4e00-\u9fff]", left), text


def test_blanks_at_the_ends_agree_where_strings_are_joined():
    for text, english in TRANSLATED.items():
        if text[:1] == " " or text[-1:] == " ":
            assert (english[:1] == " ") == (text[:1] == " "), text
            assert (english[-1:] == " ") == (text[-1:] == " "), text


def test_labels_have_the_english_that_their_declaration_gives():
    elsewhere = strings.in_code(strings.code())  # a word that stands for two things has one English that fits both
    for text, declared in FOUND.declared.items():
        assert text in elsewhere or ENGLISH[text] in declared, text


def test_the_compiled_file_is_up_to_date():
    with strings.PO.with_suffix(".mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    assert {text: compiled.gettext(text) for text in TRANSLATED} == TRANSLATED


def test_the_app_speaks_english_when_asked(in_english):
    assert words._("登录") == "Sign in"
    assert words._("没有账号 {name}").format(name="王敏") == "No account 王敏"
    assert words._("从没写过的话") == "从没写过的话"


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ('_("一")', {"一"}),
        ('_("一" "二")', {"一二"}),
        ('_("一" if x else "二")', {"一", "二"}),
        ("_(label)", set()),
        ('NAMES = {"a": "名"}\nOTHER = "别"\ndef f(x):\n    return _(NAMES[x])', {"名"}),
        ('PAGES = (("a", "页"),)\ndef f():\n    return [_(label) for _key, label in PAGES]', {"页"}),
        ('NAMES = {"a": "名"}\ndef f(x):\n    return NAMES[x]', set()),
    ],
)
def test_what_is_found_in_code(source, wanted):
    assert strings.in_code({"x.py": source}) == {text: ["x.py"] for text in wanted}
