"""Every string that a user reads is Chinese in the source and passes through here; locales/ carries English."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from gettext import GNUTranslations, NullTranslations, translation
from pathlib import Path

LOCALES = Path(__file__).resolve().parents[1] / "locales"
LANGUAGES = {"zh": "中文", "en": "EN"}

language: ContextVar[str] = ContextVar("language", default="zh")
_loaded: dict[str, NullTranslations] = {"zh": NullTranslations()}


def _catalog(code: str) -> NullTranslations:
    if code not in _loaded:
        _loaded[code] = translation("zongfen", LOCALES, [code], class_=GNUTranslations, fallback=True)
    return _loaded[code]


def _(text: str) -> str:
    """The text in the language of whoever asked; Chinese when there is no translation."""
    return _catalog(language.get()).gettext(text)


@contextmanager
def speaking(code: str) -> Iterator[None]:
    """Speak this language for a while, whoever asked."""
    before = language.set(code)
    try:
        yield
    finally:
        language.reset(before)
