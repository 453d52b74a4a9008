"""Values as Google Sheets takes and gives them: typed or raw in, formatted, unformatted or as formulas out; addresses."""

import ast
import datetime
import operator
import re
from dataclasses import dataclass

EPOCH = datetime.datetime(1899, 12, 30)
_NUMBER = re.compile(r"[-+]?(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)?(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")
_DATE = re.compile(r"([0-9]{4})[-/.]([0-9]{1,2})[-/.]([0-9]{1,2})")
_CELL = re.compile(r"\$?([A-Za-z]{0,3})\$?([0-9]*)")
_REFERENCE = re.compile(r"\b([A-Z]{1,2})([1-9][0-9]*)\b")
OPERATORS = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.USub: operator.neg,
}


class Invalid(Exception):
    """A request that Google answers with 400 INVALID_ARGUMENT."""


# ---------------------------------------------------------------- addresses


@dataclass(frozen=True)
class Block:
    """Rows and columns from 0, ends excluded; None where the range is open to that side."""

    top: int = 0
    left: int = 0
    bottom: int | None = None
    right: int | None = None

    def within(self, rows, columns):
        """The block as it lies in a grid of this size."""
        bottom = rows if self.bottom is None else min(self.bottom, rows)
        right = columns if self.right is None else min(self.right, columns)
        return Block(self.top, self.left, bottom, right)

    def __contains__(self, spot):
        return self.top <= spot[0] < self.bottom and self.left <= spot[1] < self.right

    def cells(self):
        return ((row, column) for row in range(self.top, self.bottom) for column in range(self.left, self.right))

    def as_range(self, sheet):
        return {
            "sheetId": sheet,
            "startRowIndex": self.top,
            "endRowIndex": self.bottom,
            "startColumnIndex": self.left,
            "endColumnIndex": self.right,
        }


def letters(column):
    """0 -> A."""
    text, column = "", column + 1
    while column:
        column, digit = divmod(column - 1, 26)
        text = chr(65 + digit) + text
    return text


def number_of(text):
    number = 0
    for letter in text.upper():
        number = number * 26 + ord(letter) - 64
    return number - 1


def corner(text):
    """(row, column) of B7, B, 7; None where it does not say. Raises Invalid for anything else."""
    found = _CELL.fullmatch(text)
    if not found or not (found[1] or found[2]):
        raise Invalid(text)
    return (int(found[2]) - 1 if found[2] else None, number_of(found[1]) if found[1] else None)


def block_in(text):
    """A1, A1:C, 2:3, C:C."""
    first, colon, last = text.partition(":")
    (top, left), (bottom, right) = corner(first), corner(last or first)
    if not colon and (top is None or left is None):
        raise Invalid(text)
    rows, columns = sorted_ends(top, bottom), sorted_ends(left, right)
    return Block(rows[0], columns[0], rows[1], columns[1])


def sorted_ends(one, other):
    if one is None and other is None:
        return 0, None
    if one is None or other is None:
        return (one if one is not None else other), None
    return min(one, other), max(one, other) + 1


def a1(title, block):
    """As answers name a range: the title quoted where it has to be."""
    name = (
        title
        if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", title) and not re.fullmatch(r"[A-Za-z]{1,3}[0-9]+", title)
        else None
    )
    quoted = name or "'" + title.replace("'", "''") + "'"
    first, last = f"{letters(block.left)}{block.top + 1}", f"{letters(block.right - 1)}{block.bottom}"
    return f"{quoted}!{first}" if first == last else f"{quoted}!{first}:{last}"


def split_address(text):
    """(title or None, range or None) of 'A tab'!A1:B2, A tab!A1, A tab, A1:B2."""
    if text.startswith("'"):
        end = text.replace("''", "\0\0").find("'", 1)
        return text[1:end].replace("''", "'"), text[end + 2 :] or None
    title, mark, area = text.rpartition("!")
    return (title, area) if mark else (None, text)


# ---------------------------------------------------------------- in


def number_text(text):
    found = _NUMBER.fullmatch(text)
    return float(text.replace(",", "")) if found and any(one.isdigit() for one in text) else None


def entered(value, *, typed, as_text=False):
    """(userEnteredValue, number format) of a value, typed as by a person or raw; None: the cell is blank."""
    if value is None or value == "":
        return None, None
    if isinstance(value, bool):
        return {"boolValue": value}, None
    if isinstance(value, int | float):
        return {"numberValue": value}, None
    if not isinstance(value, str):
        raise Invalid(f"Invalid value {value!r}")
    if not typed or as_text:
        return {"stringValue": value}, None
    return from_text(value)


def from_text(text):
    """What typing this makes of it."""
    if text.startswith("="):
        return {"formulaValue": text}, None
    if text.startswith("'"):
        return {"stringValue": text[1:]}, None
    if text.upper() in ("TRUE", "FALSE"):
        return {"boolValue": text.upper() == "TRUE"}, None
    if (number := number_text(text)) is not None:
        return {"numberValue": number}, None
    if text.endswith("%") and (number := number_text(text[:-1])) is not None:
        return {"numberValue": number / 100}, {"type": "PERCENT", "pattern": "0.00%" if "." in text else "0%"}
    if found := _DATE.fullmatch(text):
        try:
            day = datetime.datetime(*map(int, found.groups()))
        except ValueError:
            return {"stringValue": text}, None
        return {"numberValue": (day - EPOCH).days}, {"type": "DATE", "pattern": "yyyy-mm-dd"}
    return {"stringValue": text}, None


# ---------------------------------------------------------------- formulas


def result(formula, look):
    """The value of a small formula: arithmetic over numbers and cells; anything else is an error, as in a real sheet."""
    text = _REFERENCE.sub(lambda found: repr(look(int(found[2]) - 1, number_of(found[1]))), formula[1:].strip())
    try:
        return {"numberValue": reckon(ast.parse(text, mode="eval").body)}
    except ZeroDivisionError:
        return {"errorValue": {"type": "DIVIDE_BY_ZERO", "message": "#DIV/0!"}}
    except (SyntaxError, KeyError, TypeError, ValueError):
        return {"errorValue": {"type": "NAME", "message": "#NAME?"}}


def reckon(node):
    if isinstance(node, ast.Constant):
        return float(node.value or 0)
    if isinstance(node, ast.UnaryOp):
        return OPERATORS[type(node.op)](reckon(node.operand))
    if isinstance(node, ast.BinOp):
        return OPERATORS[type(node.op)](reckon(node.left), reckon(node.right))
    raise TypeError


# ---------------------------------------------------------------- out


def plain(value):
    """A value as JSON has it: whole numbers without a point, errors by their text."""
    ((kind, inner),) = value.items()
    if kind == "errorValue":
        return inner["message"]
    return int(inner) if isinstance(inner, float) and inner.is_integer() else inner


def formatted(value, number_format):
    """What the cell shows."""
    ((kind, inner),) = value.items()
    if kind == "boolValue":
        return "TRUE" if inner else "FALSE"
    if kind != "numberValue":
        return str(plain(value))
    shown_as, pattern = number_format.get("type"), number_format.get("pattern", "")
    if shown_as == "PERCENT":
        return f"{inner * 100:.{2 if '.' in pattern else 0}f}%"
    if shown_as == "DATE":
        return f"{EPOCH + datetime.timedelta(days=inner):%Y-%m-%d}"
    if shown_as in ("NUMBER", "CURRENCY") and re.search(r"0\.(0+)", pattern):
        places = len(re.search(r"0\.(0+)", pattern)[1])
        return f"{inner:,.{places}f}" if "," in pattern else f"{inner:.{places}f}"
    return f"{inner:.15g}"
