"""Reading printed pages with other people's programs (poppler): words and their boxes, rules, fonts, pictures."""

import itertools
import re
import subprocess
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

MM = 72 / 25.4


@dataclass(frozen=True)
class Word:
    """A word where it stands; points, y from the top of the page down."""

    text: str
    left: float
    top: float
    right: float
    bottom: float


def run(*args: object) -> str:
    return subprocess.run([str(arg) for arg in args], capture_output=True, text=True, check=True).stdout


def text(path: Path, *options: str) -> str:
    return run("pdftotext", *options, path, "-")


def squeezed(path: Path) -> str:
    """All the text without blanks."""
    return "".join(text(path).split())


def pages(path: Path) -> int:
    return int(re.search(r"^Pages:\s+(\d+)", run("pdfinfo", path), re.MULTILINE)[1])


def words(path: Path) -> list[list[Word]]:
    """The words of each page."""
    # What is no character of XML (a control character in a code) is left out before the parser sees it.
    tree = ET.fromstring(re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", "", text(path, "-bbox")))
    space = "{http://www.w3.org/1999/xhtml}"
    return [
        [
            Word(word.text or "", *(float(word.get(name)) for name in ("xMin", "yMin", "xMax", "yMax")))
            for word in page.iter(f"{space}word")
        ]
        for page in tree.iter(f"{space}page")
    ]


def rules(path: Path, page: int, folder: Path) -> list[tuple[float, float, float, float]]:
    """The straight rules of a page: (x1, y1, x2, y2), y from the top down."""
    drawn = folder / f"{page}.svg"
    run("pdftocairo", "-svg", "-f", page, "-l", page, path, drawn)
    height = float(re.search(r"^Page size:\s+[\d.]+ x ([\d.]+)", run("pdfinfo", path), re.MULTILINE)[1])
    found = []
    for line in ET.parse(drawn).iter("{http://www.w3.org/2000/svg}path"):
        if "stroke:rgb" in (line.get("style") or ""):
            numbers = [float(one) for one in re.findall(r"-?[\d.]+", line.get("d"))]
            points = [(x, height - y) for x, y in zip(numbers[::2], numbers[1::2], strict=True)]
            found += [(*one, *other) for one, other in itertools.pairwise(points)]
    return found


def fonts(path: Path) -> dict[str, bool]:
    """Font -> whether it is embedded."""
    lines = run("pdffonts", path).splitlines()[2:]
    return {line.split()[0].partition("+")[2] or line.split()[0]: line.split()[-5] == "yes" for line in lines}


def picture(path: Path, page: int, folder: Path, dpi: int = 72) -> Image.Image:
    """A page as it prints, in greys."""
    run("pdftoppm", "-r", dpi, "-f", page, "-l", page, "-gray", "-png", "-singlefile", path, folder / "page")
    return Image.open(folder / "page.png").convert("L")


def outside(path: Path, columns: list[float], folder: Path) -> list[Word]:
    """The words within the tables of a document that cross a rule: columns at these x, rows where rules are drawn."""
    found = []
    for number, there in enumerate(words(path), 1):
        drawn = rules(path, number, folder)
        across = [rule for rule in drawn if abs(rule[1] - rule[3]) < 0.1]
        down = [rule for rule in drawn if abs(rule[0] - columns[1]) < 0.1 and abs(rule[2] - columns[1]) < 0.1]
        if not down:
            continue
        top, bottom = sorted((down[0][1], down[0][3]))
        for word in there:
            if top < (word.top + word.bottom) / 2 < bottom and not held(word, columns, across):
                found.append(word)
    return found


def held(word: Word, columns: list[float], across: list[tuple[float, float, float, float]]) -> bool:
    """Whether a word stands between two columns' rules and crosses no rule of a row."""
    inside = any(left - 0.05 <= word.left and word.right <= right + 0.05 for left, right in itertools.pairwise(columns))
    middle = (word.left + word.right) / 2
    crossing = [
        y for x1, y, x2, _y in across if min(x1, x2) < middle < max(x1, x2) and word.top + 0.6 < y < word.bottom - 0.6
    ]
    return inside and not crossing
