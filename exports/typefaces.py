"""The typefaces of printed pages: which fonts a text is set in, how wide it is, which characters none of them has.

Song and Hei ship with the app; an office's own 仿宋 and 小标宋 come first where its folder has them. A character that a
font lacks is set in the next one; one that all of them lack is `missing`, and whoever prints says so.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from itertools import groupby
from pathlib import Path

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.pdfdoc import PDFDocument
from reportlab.pdfbase.ttfonts import TTFError, TTFont

from models.faults import Fault
from models.words import _

FONTS = Path(__file__).parent / "fonts"
FANGSONG, XIAOBIAOSONG = "fangsong.ttf", "xiaobiaosong.ttf"
_BEYOND_16_BITS = re.compile(r"<([0-9A-F]{5,6})>")


class BadFont(Fault):
    """A font file that cannot be read: not TrueType, or broken."""

    def __init__(self, path: Path) -> None:
        super().__init__(_("{name} 不能用：换成 TrueType 字体（.ttf）").format(name=path.name))


class NoFonts(Fault):
    """A folder of the office's own fonts that holds none of the two."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            _("{folder} 里没有 {names}").format(folder=folder, names=_(" 或 ").join((FANGSONG, XIAOBIAOSONG)))
        )


class Font(TTFont):
    """A TrueType font whose text can also be copied out of the page where it lies beyond U+FFFF."""

    def addObjects(self, doc: PDFDocument) -> None:
        """Write the font into the document. The library writes such code points plainly; a map holds UTF-16."""
        super().addObjects(doc)
        for name, part in doc.idToObject.items():
            if name.startswith("toUnicodeCMap:"):
                part.content = _BEYOND_16_BITS.sub(utf16, part.content)


def utf16(code: re.Match[str]) -> str:
    """A code point of a character map in UTF-16."""
    return f"<{chr(int(code[1], 16)).encode('utf-16-be').hex().upper()}>"


@dataclass(frozen=True, eq=False)
class Typeface:
    """Fonts in order of preference. Widths are in thousandths of the size."""

    fonts: tuple[Font, ...]
    known: dict[str, tuple[int, float]] = field(default_factory=dict, repr=False)

    def place(self, sign: str) -> tuple[int, float]:
        """Which font has the character (-1: none), and how wide it is there."""
        if sign not in self.known:
            code = ord(sign)
            number = next((n for n, font in enumerate(self.fonts) if code in font.face.charToGlyph), -1)
            self.known[sign] = (number, self.fonts[number].face.charWidths[code] if number >= 0 else 1000)
        return self.known[sign]

    def width(self, text: str) -> float:
        """How wide a text is at size 1000."""
        return sum(self.place(sign)[1] for sign in text)

    def runs(self, text: str) -> list[tuple[Font, str]]:
        """The text in pieces of one font each. What no font has stands as its first font's empty box."""
        parts = groupby(text, key=lambda sign: max(self.place(sign)[0], 0))
        return [(self.fonts[number], "".join(signs)) for number, signs in parts]


@dataclass(frozen=True, eq=False)
class Typefaces:
    """What pages are set in: titles (小标宋 or bold Song), body (仿宋 or Song), strong (bold Song), heads (bold Hei)."""

    title: Typeface
    body: Typeface
    strong: Typeface
    head: Typeface

    def missing(self, text: str) -> set[str]:
        """The characters that no font has. Every typeface ends with all the fonts, so one speaks for all."""
        return {sign for sign in text if self.body.place(sign)[0] < 0}


def load(path: Path) -> Font:
    """A font of this file, known to the library by its path. Raises BadFont."""
    try:
        font = Font(str(path), str(path))
    except (TTFError, OSError, ValueError, KeyError, IndexError, AssertionError) as fault:
        raise BadFont(path) from fault
    pdfmetrics.registerFont(font)
    return font


def chain(*fonts: Font | None) -> Typeface:
    """A typeface of these fonts, each once."""
    return Typeface(tuple(dict.fromkeys(font for font in fonts if font is not None)))


def own_fonts(folder: Path | None) -> Iterable[Font | None]:
    """The office's 仿宋 and 小标宋, None where it has no such file. Raises BadFont, NoFonts."""
    if folder is None:
        return None, None
    paths = [folder / FANGSONG, folder / XIAOBIAOSONG]
    if not any(path.is_file() for path in paths):
        raise NoFonts(folder)
    return tuple(load(path) if path.is_file() else None for path in paths)


@cache
def typefaces(own: Path | None = None) -> Typefaces:
    """The typefaces of this installation; `own` is the folder with the office's fonts. Raises BadFont, NoFonts."""
    fangsong, title = own_fonts(own)
    song, song_bold, hei, hei_bold = (
        load(FONTS / f"{name}.ttf")
        for name in ("NotoSerifSC-Regular", "NotoSerifSC-Bold", "NotoSansSC-Regular", "NotoSansSC-Bold")
    )
    rest = (fangsong, title, song, hei)
    return Typefaces(
        title=chain(title, song_bold, hei_bold, *rest),
        body=chain(fangsong, song, hei, title, song_bold, hei_bold),
        strong=chain(song_bold, hei_bold, *rest),
        head=chain(hei_bold, song_bold, *rest),
    )
