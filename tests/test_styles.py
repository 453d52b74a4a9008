import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.utils.datetime import CALENDAR_MAC_1904, to_excel

from integrations.styles import serial, shows_date

CODES = {
    "yyyy-mm-dd": True,
    'yyyy"年"m"月"d"日"': True,
    '[$-404]e"年"m"月"': True,
    "m月d日": True,
    "mmm": True,
    "d-mmm-yy;@": True,
    "yyyy/m/d h:mm": True,
    "General": False,
    "G/通用格式": False,
    "0.00E+00": False,
    "h:mm": False,
    "mm:ss": False,
    "[h]:mm": False,
    "[Red]0.00": False,
    '0"days"': False,
    r"0\d": False,
    "@": False,
}


@pytest.mark.parametrize(("code", "expected"), CODES.items())
def test_which_formats_show_a_date(code, expected):
    assert shows_date(code) is expected


@given(st.datetimes(datetime.datetime(1904, 1, 2), datetime.datetime(9999, 12, 31)), st.booleans())
def test_serials_are_those_of_openpyxl(moment, from_1904):
    moment = moment.replace(microsecond=0)
    judge = to_excel(moment, CALENDAR_MAC_1904) if from_1904 else to_excel(moment)
    assert float(serial(moment, from_1904)) == pytest.approx(judge, abs=1e-6)


@pytest.mark.parametrize(
    ("day", "from_1904", "expected"),
    [
        (datetime.date(1900, 1, 1), False, "1"),
        (datetime.date(1900, 2, 28), False, "59"),
        (datetime.date(1900, 3, 1), False, "61"),
        (datetime.date(1899, 12, 31), False, None),
        (datetime.date(1904, 1, 1), True, "0"),
        (datetime.date(1903, 12, 31), True, None),
        (datetime.datetime(2026, 1, 1, 12), False, "46023.5"),
    ],
)
def test_the_edges_of_the_calendars(day, from_1904, expected):
    assert serial(day, from_1904) == expected
