"""Custom fields: what an office adds is a field like any other, and what it takes away is not lost."""

import pytest

from models.access import CLI
from models.changes import Plan, death, stored_values
from models.store import Refused
from tests.world import add, edit, new_row, row, site_row


def declare(parts, code, **more):
    told = {"table_name": "sites", "code": code, "label": f"栏 {code}", "kind": "int", **more}
    add(parts, "custom_fields", new_row(parts.catalog["custom_fields"], f"f-{code}", told))


@pytest.fixture
def site(parts):
    """A site, with two fields of the office's own."""
    add(parts, "sites", site_row(parts, "C1", level="center", name="市馆"))
    declare(parts, "chairs")
    declare(parts, "lamps")
    return row(parts, "sites", "sC1")["id"]


def test_a_field_of_ones_own_is_edited_like_any_other(parts, site):
    edit(parts, "sites", site, "chairs", None, 5)
    assert row(parts, "sites", "sC1")["chairs"] == 5
    with pytest.raises(Refused):
        edit(parts, "sites", site, "chairs", 5, "many")


def test_a_field_taken_back_finds_its_values_again(parts, site):
    """Even where another field of the row was edited meanwhile."""
    edit(parts, "sites", site, "chairs", None, 5)
    field = row(parts, "custom_fields", "f-chairs")
    gone = death("custom_fields", stored_values(parts.catalog["custom_fields"], field))
    parts.store.apply(Plan((gone,)), CLI, "ui")
    assert "chairs" not in row(parts, "sites", "sC1")
    edit(parts, "sites", site, "lamps", None, 2)
    edit(parts, "sites", site, "lamps", 2, None)
    declare(parts, "chairs")
    assert row(parts, "sites", "sC1")["chairs"] == 5


@pytest.mark.parametrize(
    "wrong",
    [
        {"code": "Big"},
        {"code": "2nd"},
        {"code": "a b"},
        {"kind": "choice"},
        {"kind": "drawing"},
        {"label": None},
        {"table_name": "sits"},
        {"code": "name"},
        {"code": "extra"},
    ],
)
def test_a_definition_that_does_not_do_is_refused(parts, wrong):
    with pytest.raises(Refused):
        declare(parts, **{"code": "chairs", **wrong})
