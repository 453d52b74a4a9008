import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.utils import get_column_letter

from integrations.references import MAX_COLUMN, Area, column_number, letters, parse_area, parse_cell


@given(st.integers(1, MAX_COLUMN))
def test_columns_are_counted_as_openpyxl_does(column):
    assert letters(column) == get_column_letter(column)
    assert column_number(letters(column)) == column
    assert column_number(letters(column).lower()) == column


@pytest.mark.parametrize(
    ("text", "place"), [("B7", (7, 2)), ("$XFD$1048576", (1_048_576, 16_384)), ("A0", None), ("A", None), ("Ab", None)]
)
def test_cells(text, place):
    assert parse_cell(text) == place


@pytest.mark.parametrize(
    ("text", "area"), [("A1:C20", Area(1, 1, 20, 3)), ("B2", Area(2, 2, 2, 2)), ("A:A", None), ("Rate", None)]
)
def test_areas(text, area):
    assert parse_area(text) == area
    assert area is None or str(area) == text


def test_an_area_in_a_name_has_dollar_signs():
    assert Area(1, 1, 30, 6).fixed == "$A$1:$F$30"
