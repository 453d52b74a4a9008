"""Kinds of value: how each is read from what people type and how it is written again. Pure.

A value has one normal form, and that form is JSON's own: text is a trimmed `str`, a whole number an `int`, any other
number a `float` of at most 15 digits, a date the text "2020-03-05", a month "2026-03", a time "09:30", a year an `int`,
a choice its code, several a `list` of codes, a reference the other record's key, a blank `None`. So records, history,
the base of a shared sheet and the API hold the same thing, and two values are equal exactly when `==` says so.
"""

import datetime
import decimal
import math
import re
import unicodedata
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import Any, ClassVar

from sqlalchemy import JSON, BigInteger, Boolean, Float, String

from models.blanks import trim
from models.words import _

Value = str | int | float | bool | list[str] | None

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ufffe\uffff\ud800-\udfff]")
_NUMBER = re.compile(r"[+-]?(\d{1,3}(,\d{3})+|\d+)(\.\d*)?|[+-]?\.\d+", re.ASCII)
_BRACKET = re.compile(r"(.*?)[(（](.*)[)）]", re.DOTALL)
_DATE = re.compile(
    r"(\d{4})(?:-(\d{1,2})-(\d{1,2})|\.(\d{1,2})\.(\d{1,2})|/(\d{1,2})/(\d{1,2})|年(\d{1,2})月(\d{1,2})日)",
    re.ASCII,
)
_MONTH = re.compile(r"(\d{4})(?:-(\d{1,2})|\.(\d{1,2})|/(\d{1,2})|年(\d{1,2})月)|(\d{4})(\d{2})", re.ASCII)
_TIME = re.compile(r"(\d{1,2})[:：时点](\d{1,2})(?:分|[:：]\d{1,2})?", re.ASCII)
_EPOCH = datetime.date(1899, 12, 30)
SERIALS = range(10_000, 80_000)  # 1927 to 2119: a smaller number is more likely a year or a count than a date
SPLIT = re.compile(r"[;；、|\n]")
_PARTS = re.compile(r"[\s;；、|]")  # a code must stand among others in one cell, with a name behind it
YES = frozenset(["是", "有", "√", "✓", "✔", "y", "yes", "true", "1"])
NO = frozenset(["否", "无", "×", "✗", "✘", "n", "no", "false", "0"])


@dataclass(frozen=True, slots=True)
class Bad:
    """A text that does not fit its field: what was found and what was expected, for the person who typed it."""

    text: str
    wanted: str


# What a cell may hold: `Bad` where a reader found that there is nothing to read, such as a formula without a result.
Raw = str | int | float | bool | datetime.date | datetime.datetime | datetime.time | list[str] | Bad | None


@dataclass(frozen=True, slots=True)
class Noted:
    """A number with words in brackets behind it: 0（文化馆待建） is 0, and the words belong to the row's note."""

    value: Value
    note: str


def narrow(text: str) -> str:
    """Full-width digits, letters and signs in their plain form, ends trimmed. What only looks like a digit (² ① ½) stays, but
    behind a unit's letter."""
    if text.isascii():
        return trim(text)
    if not any(unicodedata.category(one) == "No" for one in text):
        return trim(unicodedata.normalize("NFKC", text))
    parts = (
        one if unicodedata.category(one) == "No" and not before.isalpha() else unicodedata.normalize("NFKC", one)
        for before, one in pairwise(f" {text}")
    )
    return trim("".join(parts))


def number_text(value: int | float) -> str:
    """A number without separators and without an exponent: 1234.5, 0.00001, 12."""
    if isinstance(value, int):
        return str(value)
    text = repr(value)
    if "e" in text:
        text = f"{decimal.Decimal(text):f}"
    return text.removesuffix(".0")


def has_many_digits(number: int | float) -> bool:
    """Whether a number has more than the 15 digits that a spreadsheet keeps."""
    if isinstance(number, int):
        return abs(number) >= 10**15 and len(str(abs(number))) > 15
    return len(number_text(number).lstrip("-").replace(".", "").lstrip("0")) > 15


def shown(raw: Raw) -> str:
    """Whatever stood in a cell, as the text a person would see there."""
    if raw is None:
        return ""
    if isinstance(raw, Bad):
        return raw.text
    if isinstance(raw, bool):
        return "TRUE" if raw else "FALSE"
    if isinstance(raw, int | float):
        return number_text(raw)
    if isinstance(raw, datetime.datetime):
        return raw.date().isoformat() if raw.time() == datetime.time() else raw.isoformat(" ", "minutes")
    if isinstance(raw, datetime.date):
        return raw.isoformat()
    if isinstance(raw, datetime.time):
        return raw.isoformat("minutes")
    return "；".join(raw) if isinstance(raw, list) else str(raw)


@dataclass(frozen=True)
class Option:
    """One of a field's choices."""

    code: str
    label: str
    en: str = ""


@dataclass(frozen=True)
class Kind:
    """What a field's values are. `name` is stable and stands in `tables --json`; `column` is the storage type."""

    name: ClassVar[str] = ""
    column: ClassVar[Any] = String
    numeric: ClassVar[bool] = False

    @property
    def in_percent(self) -> bool:
        """Whether values are percentage points: a cell under a percent format then holds a hundredth of one."""
        return False

    def parse(self, raw: Raw) -> "Value | Bad | Noted":
        """The normal form of what stood in a cell; a blank is None; what does not fit comes back as `Bad`."""
        if raw is None or isinstance(raw, Bad):
            return raw
        if isinstance(raw, str):
            raw = trim(raw)
            if not raw:
                return None
            if _CONTROL.search(raw):
                return Bad(_CONTROL.sub("�", raw), _("文字，不含控制字符"))
        return self.read(raw)

    def read(self, raw: Raw) -> "Value | Bad | Noted":
        """`parse` for what is not blank."""
        raise NotImplementedError(type(self).__name__)

    def write(self, value: Value, labels: bool = False) -> str:
        """The value as a text in a file; `labels` chooses people's words over codes. `parse` takes either back."""
        return shown(value)

    def wanted(self) -> str:
        """What a cell of this kind expects, in a few words."""
        return ""


@dataclass(frozen=True)
class Text(Kind):
    """Words. `lines` allows line breaks; `code` narrows full-width characters and forbids blanks inside."""

    max: int = 200
    lines: bool = False
    code: bool = False
    name: ClassVar[str] = "text"

    def read(self, raw: Raw) -> Value | Bad:
        text = shown(raw)
        if self.code:
            text = narrow(text)
            if _PARTS.search(text):
                return Bad(text, _("编码，中间没有空格和；、|"))
        if len(text) > self.max:
            return Bad(text, self.wanted())
        return text if self.lines or "\n" not in text else re.sub(r"\s*\n\s*", " ", text)

    def wanted(self) -> str:
        return _("文字，不超过 {max} 字").format(max=self.max)


@dataclass(frozen=True)
class Number(Kind):
    """The common part of all numbers: limits, unit, digits."""

    min: float | None = None
    max: float | None = None
    unit: str = ""
    places: int | None = None
    numeric: ClassVar[bool] = True
    column: ClassVar[Any] = Float(53)
    example: ClassVar[str] = "300"

    @property
    def in_percent(self) -> bool:
        return self.unit == "%"

    def read(self, raw: Raw) -> Value | Bad | Noted:
        if isinstance(raw, bool) or not isinstance(raw, str | int | float):
            return Bad(shown(raw), self.wanted())
        if isinstance(raw, str):
            return self.read_text(raw)
        # A spreadsheet keeps 15 digits; those behind them are the machine's: 0.1 + 0.2 is 0.3 to people.
        number = float(f"{raw:.15g}") if isinstance(raw, float) else raw
        return self.fit(number, number)

    def read_text(self, raw: str) -> Value | Bad | Noted:
        if (bracket := _BRACKET.fullmatch(raw)) and trim(bracket[1]):
            inner = self.read_text(bracket[1])
            return Noted(inner, trim(bracket[2])) if isinstance(inner, int | float) else Bad(raw, self.wanted())
        text = self.without_unit(narrow(raw))
        if not _NUMBER.fullmatch(text):
            return Bad(raw, self.wanted())
        plain = text.replace(",", "")
        return self.fit(int(plain) if re.fullmatch(r"[+-]?\d{1,17}", plain) else float(plain), raw)

    def without_unit(self, text: str) -> str:
        unit = narrow(self.unit)
        return trim(text.removesuffix(unit)) if unit else text

    def fit(self, number: int | float, raw: Raw) -> Value | Bad:
        if (
            has_many_digits(number)
            or not math.isfinite(number)
            or (self.min is not None and number < self.min)
            or (self.max is not None and number > self.max)
        ):
            return Bad(shown(raw), self.wanted())
        if self.places is not None and round(number, self.places) != number:
            return Bad(shown(raw), _("数字，最多 {places} 位小数").format(places=self.places))
        return float(number) + 0.0  # never -0.0

    def write(self, value: Value, labels: bool = False) -> str:
        return "" if value is None else number_text(value)

    def wanted(self) -> str:
        low, high = (None if limit is None else f"{limit:,.15g}" for limit in (self.min, self.max))
        if low and high:
            return _("数字，{low} 至 {high}").format(low=low, high=high)
        if low is not None:
            return _("数字，不小于 {low}，如 {example}").format(low=low, example=self.example)
        return _("数字，如 {example}").format(example=self.example)


@dataclass(frozen=True)
class Int(Number):
    """A whole number."""

    name: ClassVar[str] = "int"
    column: ClassVar[Any] = BigInteger
    example: ClassVar[str] = "12"

    def fit(self, number: int | float, raw: Raw) -> Value | Bad:
        fitted = super().fit(number, raw)
        if isinstance(fitted, Bad):
            return fitted
        return (
            int(number)
            if number == int(number)
            else Bad(shown(raw), _("整数，如 {example}").format(example=self.example))
        )


@dataclass(frozen=True)
class Decimal(Number):
    """A number with decimals."""

    name: ClassVar[str] = "decimal"


@dataclass(frozen=True)
class Money(Number):
    """Yuan, to the fen."""

    unit: str = "元"
    places: int | None = 2
    name: ClassVar[str] = "money"


@dataclass(frozen=True)
class Percent(Number):
    """Percentage points: 92.5 is 92.5 %."""

    unit: str = "%"
    name: ClassVar[str] = "percent"


@dataclass(frozen=True)
class Date(Kind):
    """A day."""

    name: ClassVar[str] = "date"
    column: ClassVar[Any] = String(10)

    def read(self, raw: Raw) -> Value | Bad:
        if isinstance(raw, datetime.date):  # a datetime is one too; the hour of a date cell means nothing
            return raw.strftime("%Y-%m-%d") if raw.year >= 1000 else Bad(shown(raw), self.wanted())
        text = narrow(shown(raw))
        if re.fullmatch(r"\d{5}(\.\d+)?", text) and int(float(text)) in SERIALS:
            return (_EPOCH + datetime.timedelta(days=int(float(text)))).isoformat()
        text = re.sub(r"\s+", "", re.sub(r"[T ]\d{1,2}:\d{2}(:\d{2})?(\.0+)?$", "", text))
        match = _DATE.fullmatch(text)
        try:
            return (
                datetime.date(*(int(part) for part in match.groups() if part)).isoformat() if match else self.bad(raw)
            )
        except ValueError:
            return self.bad(raw)

    def bad(self, raw: Raw) -> Bad:
        return Bad(shown(raw), self.wanted())

    def wanted(self) -> str:
        return _("日期，如 2026-03-05")


@dataclass(frozen=True)
class Month(Kind):
    """A month of a year."""

    name: ClassVar[str] = "month"
    column: ClassVar[Any] = String(7)

    def read(self, raw: Raw) -> Value | Bad:
        if isinstance(raw, datetime.date):
            return f"{raw.year:04d}-{raw.month:02d}"
        text = re.sub(r"\s+", "", narrow(shown(raw)))
        match = _MONTH.fullmatch(text)
        # The number 2026.1 may have been typed 2026.10: a spreadsheet drops the zero.
        ambiguous = isinstance(raw, float) and text.endswith(".1")
        if not match or ambiguous:
            return Bad(shown(raw), self.wanted())
        year, month = (int(part) for part in match.groups() if part)
        return f"{year:04d}-{month:02d}" if 1 <= month <= 12 else Bad(shown(raw), self.wanted())

    def wanted(self) -> str:
        return _("月份，如 2026-03")


@dataclass(frozen=True)
class Year(Kind):
    """A calendar year."""

    name: ClassVar[str] = "year"
    column: ClassVar[Any] = BigInteger
    numeric: ClassVar[bool] = True

    def read(self, raw: Raw) -> Value | Bad:
        text = narrow(shown(raw)).removesuffix("年").strip()
        return int(text) if re.fullmatch(r"(19|20|21)\d\d", text) else Bad(shown(raw), self.wanted())

    def wanted(self) -> str:
        return _("年份，如 2026")


@dataclass(frozen=True)
class Time(Kind):
    """A time of day."""

    name: ClassVar[str] = "time"
    column: ClassVar[Any] = String(5)

    def read(self, raw: Raw) -> Value | Bad:
        if isinstance(raw, datetime.datetime | datetime.time):
            return raw.strftime("%H:%M")
        if isinstance(raw, float) and 0 <= raw < 1:
            minutes = min(round(raw * 1440), 1439)
            return f"{minutes // 60:02d}:{minutes % 60:02d}"
        match = _TIME.fullmatch(narrow(shown(raw)).replace(" ", ""))
        if not match or int(match[1]) > 23 or int(match[2]) > 59:
            return Bad(shown(raw), self.wanted())
        return f"{int(match[1]):02d}:{int(match[2]):02d}"

    def wanted(self) -> str:
        return _("时间，如 09:30")


@dataclass(frozen=True)
class Bool(Kind):
    """Yes or no."""

    name: ClassVar[str] = "bool"
    column: ClassVar[Any] = Boolean

    def read(self, raw: Raw) -> Value | Bad:
        if isinstance(raw, bool):
            return raw
        word = trim(shown(raw)).translate({0xFF39: "y", 0xFF2E: "n", 0xFF11: "1", 0xFF10: "0"}).casefold()
        return True if word in YES else False if word in NO else Bad(shown(raw), self.wanted())

    def write(self, value: Value, labels: bool = False) -> str:
        if value is None:
            return ""
        return (_("是") if value else _("否")) if labels else ("true" if value else "false")

    def wanted(self) -> str:
        return _("是 或 否")


@dataclass(frozen=True)
class Chosen(Kind):
    """The common part of kinds with choices."""

    choices: tuple[Option, ...] = ()

    @cached_property
    def codes(self) -> dict[str, str]:
        """Any way to write a choice (code, label, English label; narrowed, case folded) -> its code; codes win."""
        ranked = [
            [(getattr(one, part), one.code) for one in reversed(self.choices)] for part in ("en", "label", "code")
        ]
        return {narrow(form).casefold(): code for pairs in ranked for form, code in pairs if form}

    @cached_property
    def labels(self) -> dict[str, str]:
        """Code -> Chinese label."""
        return {choice.code: choice.label for choice in self.choices}

    def wanted(self) -> str:
        return _("选项：{labels}").format(labels="、".join(_(choice.label) for choice in self.choices))


@dataclass(frozen=True)
class Choice(Chosen):
    """One of a list. `blank` is the code that a blank cell means, where it means one."""

    blank: str | None = None
    name: ClassVar[str] = "choice"

    def parse(self, raw: Raw) -> Value | Bad | Noted:
        value = super().parse(raw)
        return self.blank if value is None else value

    def read(self, raw: Raw) -> Value | Bad:
        code = self.codes.get(narrow(shown(raw)).casefold())
        return Bad(shown(raw), self.wanted()) if code is None else code

    def write(self, value: Value, labels: bool = False) -> str:
        if value is None:
            return ""
        return self.labels.get(value, value) if labels else value


@dataclass(frozen=True)
class Ref(Kind):
    """Another record, by its key. `parse` gives the text; models/intake.py finds the record it means."""

    table: str = ""
    name: ClassVar[str] = "ref"

    def read(self, raw: Raw) -> Value | Bad:
        text = shown(raw)
        return text if len(text) <= 300 else Bad(text, self.wanted())

    def wanted(self) -> str:
        return _("编码，或编码和名称")


@dataclass(frozen=True)
class Multi(Chosen):
    """Several choices, or several records (`table`), each once, in the order given."""

    table: str = ""
    name: ClassVar[str] = "multi"
    column: ClassVar[Any] = JSON(none_as_null=True)

    def read(self, raw: Raw) -> Value | Bad:
        parts = raw if isinstance(raw, list) else SPLIT.split(shown(raw))
        parts = list(dict.fromkeys(part for part in (trim(shown(one)) for one in parts) if part))
        if self.table:
            return parts or None
        codes = [self.codes.get(narrow(part).casefold()) for part in parts]
        return Bad(shown(raw), self.wanted()) if None in codes else (list(dict.fromkeys(codes)) or None)

    def write(self, value: Value, labels: bool = False) -> str:
        return "；".join(self.labels.get(part, part) if labels else part for part in value or ())

    def wanted(self) -> str:
        return _("编码，用；隔开") if self.table else super().wanted()


NA = "na"
_NOT_APPLICABLE = frozenset(("na", "n/a", "不适用", "-", "—", "–", "－"))


@dataclass(frozen=True)
class OrNa(Kind):
    """A checklist item: a value of its kind, or 不适用."""

    inner: Kind = field(default_factory=Bool)
    name: ClassVar[str] = "item"

    @property
    def in_percent(self) -> bool:
        return self.inner.in_percent

    def read(self, raw: Raw) -> Value | Bad | Noted:
        if isinstance(raw, str) and narrow(raw).casefold() in _NOT_APPLICABLE:
            return NA
        value = self.inner.parse(raw)
        return Bad(value.text, self.wanted()) if isinstance(value, Bad) else value

    def write(self, value: Value, labels: bool = False) -> str:
        if value == NA:
            return _("不适用") if labels else NA
        return self.inner.write(value, labels)

    def wanted(self) -> str:
        return _("{wanted}，或 不适用").format(wanted=self.inner.wanted())

    @property
    def listed(self) -> "tuple[tuple[Value, str], ...]":
        """(value, label) of what is picked from a list: the inner kind's choices and 不适用; the latter alone for a number."""
        own = ((True, "是"), (False, "否")) if isinstance(self.inner, Bool) else ()
        more = self.inner.choices if isinstance(self.inner, Chosen) else ()
        return (*own, *((choice.code, choice.label) for choice in more), (NA, "不适用"))


def told_kind(kind: Kind) -> Kind:
    """The kind that surfaces show: an item is shown as what it is besides 不适用."""
    return kind.inner if isinstance(kind, OrNa) else kind


def choices(*pairs: tuple[str, str, str]) -> tuple[Option, ...]:
    """Choices from (code, label, English label)."""
    return tuple(Option(*pair) for pair in pairs)


KINDS: dict[str, type[Kind]] = {
    kind.name: kind for kind in (Text, Int, Decimal, Money, Percent, Date, Month, Year, Time, Bool, Choice, Ref, Multi)
}
