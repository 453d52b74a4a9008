"""Which version of an item is in force when."""

import pytest

from models.periods import applies_to, in_force, latest, version_at, versions_of

OLD = {"code": "K1", "since": 2020, "until": None, "label": "old"}
NEW = {"code": "K1", "since": 2025, "until": None, "label": "new"}
SHORT = {"code": "K2", "since": 2021, "until": 2022, "label": "short"}


@pytest.mark.parametrize(
    ("period", "found"),
    [
        ("2019", {}),
        ("2020", {"K1": "old"}),
        ("2021", {"K1": "old", "K2": "short"}),
        ("2022", {"K1": "old", "K2": "short"}),
        ("2023", {"K1": "old"}),
        ("2025", {"K1": "new"}),
        ("2030", {"K1": "new"}),
    ],
)
def test_the_latest_version_that_has_begun_is_in_force(period, found):
    assert {code: row["label"] for code, row in in_force([NEW, SHORT, OLD], period).items()} == found


@pytest.mark.parametrize(
    ("since", "until", "period", "there"),
    [
        ("2026-03", None, "2026-02", False),
        ("2026-03", None, "2026-03", True),
        (None, "2026-03", "2026-03", True),
        (None, "2026-03", "2026-04", False),
        (None, None, "1999-01", True),
    ],
)
def test_months_and_open_ends(since, until, period, there):
    rows = [{"code": "A", "since": since, "until": until}]
    assert (version_at(versions_of(rows)["A"], period) is not None) is there


def test_the_newest_words_in_the_order_of_the_rows():
    assert [row["label"] for row in latest([SHORT, OLD, NEW])] == ["short", "new"]


@pytest.mark.parametrize(
    ("levels", "network", "level", "own", "fits"),
    [
        (["main"], "both", "main", "culture", True),
        (["main"], "both", "branch", "culture", False),
        (["main", "point"], "library", "point", "culture", False),
        (["point"], "library", "point", "library", True),
        (None, "both", "point", "library", False),
    ],
)
def test_an_item_is_for_levels_and_a_network(levels, network, level, own, fits):
    assert applies_to({"applies_to": levels, "network": network}, level, own) is fits
