"""What a text is remembered to mean: for whom it counts, and who may forget it."""

import pytest

from models.access import CLI, Actor
from models.spellings import NotYoursToRemember, counting, forget, remember, remembered
from tests.conftest import NOW

ADMIN, CITY = Actor("admin", "admin"), Actor("city", "bureau")
COUNTY, BRANCH = Actor("guandu", "bureau", county="官渡区"), Actor("branch", "branch", site="C530111001")


def keep(parts, actor, text, means, field="operation"):
    with parts.database.write() as connection:
        remember(connection, actor, parts.catalog["sites"], field, text, means, NOW)


def known(parts, actor):
    with parts.database.read() as connection:
        return remembered(connection, actor, "sites").get("operation", {})


@pytest.mark.parametrize(
    ("by", "counts_for"),
    [
        (ADMIN, {"admin", "city", "guandu", "branch", "cli"}),
        (CITY, {"admin", "city", "guandu", "branch", "cli"}),
        (COUNTY, {"guandu"}),
        (BRANCH, {"branch"}),
    ],
)
def test_what_those_remember_who_see_the_city_counts_for_everyone(parts, by, counts_for):
    keep(parts, by, "托管", "entrusted")
    assert {one.name for one in (ADMIN, CITY, COUNTY, BRANCH, CLI) if known(parts, one)} == counts_for


def test_one_s_own_goes_before_everyone_s_and_the_last_word_counts(parts):
    keep(parts, ADMIN, "托管", "own")
    keep(parts, ADMIN, "ＴＧ", "own")
    keep(parts, ADMIN, "tg", "chain")  # the same spelling: width and case do not matter
    keep(parts, BRANCH, "托管", "entrusted")
    assert known(parts, BRANCH) == {"托管": "entrusted", "tg": "chain"}
    assert known(parts, COUNTY) == {"托管": "own", "tg": "chain"}


def test_who_may_remember_and_forget(parts):
    with pytest.raises(NotYoursToRemember):
        keep(parts, Actor("reader", "reader"), "托管", "own")
    with pytest.raises(NotYoursToRemember):
        keep(parts, ADMIN, "托管", "own", field="nothing")
    keep(parts, BRANCH, "托管", "own")
    with parts.database.write() as connection:
        (one,) = counting(connection, BRANCH)
        with pytest.raises(NotYoursToRemember):
            forget(connection, COUNTY, one.id)
        forget(connection, ADMIN, one.id)
        assert counting(connection, BRANCH) == []
