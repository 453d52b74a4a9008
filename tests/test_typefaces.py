"""The fonts of printed pages: what they hold (as fontconfig reads them), what is missing, an office's own."""

import csv
import shutil
import subprocess
from pathlib import Path

import pytest
import reportlab

from exports.paper import PORTRAIT, Pen, Style
from exports.typefaces import FONTS, BadFont, NoFonts, typefaces

ROOT = FONTS.parents[1]
CUT = sorted(FONTS.glob("*.ttf"))
SIGNS = "①②③㎡℃№‰±×÷√≥≤≠→—…“”‘’〇□（）《》、。，：；！？％０９ＡＺ°·§"
NAMES = "脿鲊竜崀"
VERA = Path(reportlab.__file__).parent / "fonts" / "Vera.ttf"  # Latin letters and digits alone


def charset(path):
    """The code points of a font, as fontconfig tells them."""
    told = subprocess.run(["fc-query", "-f", "%{charset}", path], capture_output=True, text=True, check=True).stdout
    found = set()
    for part in told.split():
        first, _dash, last = part.partition("-")
        found |= set(range(int(first, 16), int(last or first, 16) + 1))
    return found


@pytest.fixture(scope="module")
def table():
    """通用规范汉字表."""
    return (FONTS / "characters.txt").read_text(encoding="utf-8").strip()


def test_the_table_of_characters(table):
    assert len(table) == len(set(table)) == 8105
    assert table.startswith("一乙二十丁厂七卜")  # its first numbers
    assert {"𬺓", "𫘝", "㑇"} <= set(table)  # some that only this table brought into common use


@pytest.mark.parametrize("path", CUT, ids=lambda path: path.stem)
def test_each_font_holds_the_table_the_signs_and_what_is_shipped(path, table):
    shipped = "".join(one.read_text(encoding="utf-8-sig") for one in (ROOT / "models" / "shipped").glob("*.csv"))
    common = bytes(byte for row in range(0xB0, 0xF8) for cell in range(0xA1, 0xFF) for byte in (row, cell))
    wanted = {*table, *SIGNS, *NAMES, *shipped, *common.decode("gb2312", "ignore"), *map(chr, range(0x20, 0x7F))}
    held = charset(path)
    assert {sign for sign in wanted if sign >= " " and ord(sign) not in held} == set()
    assert path.stat().st_size < 4_000_000


def test_four_fonts_with_their_licences():
    assert [path.stem for path in CUT] == [
        f"{family}-{weight}" for family in ("NotoSansSC", "NotoSerifSC") for weight in ("Bold", "Regular")
    ]
    for family in ("NotoSansSC", "NotoSerifSC"):
        assert "SIL Open Font License" in (FONTS / f"{family}-OFL.txt").read_text(encoding="utf-8")


def test_every_name_of_the_example_can_be_printed():
    with (ROOT / "models" / "shipped" / "kunming_sites.csv").open(encoding="utf-8-sig") as handle:
        names = "".join(row["name"] for row in csv.DictReader(handle))
    assert typefaces().missing(names) == set()


@pytest.mark.parametrize(
    ("text", "missing"),
    [("官渡区文化馆", set()), ("𬺓", set()), ("龘靐", {"龘", "靐"}), ("王龘 2026", {"龘"}), ("\ue000", {"\ue000"})],
)
def test_what_is_missing(text, missing):
    assert typefaces().missing(text) == missing


@pytest.mark.parametrize("face", ["title", "body", "strong", "head"])
def test_widths(face):
    one = getattr(typefaces(), face)
    assert one.width("官渡区") == 3000
    assert 400 < one.width("0") < 700
    assert one.width("官0") == one.width("官") + one.width("0")


# ---------------------------------------------------------------- an office's own


@pytest.fixture
def office(tmp_path):
    """A folder whose 仿宋 has letters and digits alone."""
    shutil.copy(VERA, tmp_path / "fangsong.ttf")
    return tmp_path


def test_the_offices_font_comes_first_and_song_stands_in(office):
    faces = typefaces(office)
    assert [(font.face.name, text) for font, text in faces.body.runs("官渡2026区")] == [
        (b"NotoSerifSC-Regular", "官渡"),
        (b"BitstreamVeraSans-Roman", "2026"),
        (b"NotoSerifSC-Regular", "区"),
    ]
    assert faces.body.width("0") != typefaces().body.width("0")
    assert faces.strong.width("0") == typefaces().strong.width("0")
    assert faces.missing("官é龘") == {"龘"}


def test_an_offices_title_font(tmp_path):
    shutil.copy(FONTS / "NotoSansSC-Bold.ttf", tmp_path / "xiaobiaosong.ttf")
    faces = typefaces(tmp_path)
    assert faces.title.runs("绩效评估")[0][0].fontName == str(tmp_path / "xiaobiaosong.ttf")
    assert faces.body.runs("绩效评估")[0][0].face.name == b"NotoSerifSC-Regular"


def test_a_folder_without_fonts(tmp_path):
    with pytest.raises(NoFonts, match=r"里没有 fangsong\.ttf 或 xiaobiaosong\.ttf"):
        typefaces(tmp_path)


@pytest.mark.parametrize("content", [b"", b"OTTO" + bytes(200), b"no font at all" * 50])
def test_a_file_that_is_no_truetype_font(tmp_path, content):
    (tmp_path / "fangsong.ttf").write_bytes(content)
    with pytest.raises(BadFont, match=r"fangsong\.ttf 不能用：换成 TrueType 字体"):
        typefaces(tmp_path)


# ---------------------------------------------------------------- in a document


@pytest.fixture
def printed(tmp_path):
    """Prints lines of text in a typeface; the path of the PDF."""

    def print_lines(face, lines):
        pen = Pen(PORTRAIT, "字", face)
        pen.paragraph(PORTRAIT.left, PORTRAIT.top, lines, Style(face, 12, 18))
        pen.next_page()
        (tmp_path / "out.pdf").write_bytes(pen.finish())
        return tmp_path / "out.pdf"

    return print_lines


def text_of(path):
    return subprocess.run(["pdftotext", path, "-"], capture_output=True, text=True, check=True).stdout


def test_text_can_be_copied_out_again(printed, table):
    """The table's first characters and its rarest, those beyond U+FFFF among them."""
    lines = [table[place : place + 36] for place in range(0, 360, 36)]
    lines += [table[place : place + 36] for place in range(len(table) - 720, len(table), 36)]
    told = "".join(text_of(printed(typefaces().body, lines)).split())
    assert set("".join(lines)) <= set(told)


def test_all_fonts_are_embedded(printed, office):
    path = printed(typefaces(office).body, ["官渡区文化馆 2026"])
    told = subprocess.run(["pdffonts", path], capture_output=True, text=True, check=True).stdout.splitlines()[2:]
    assert {line.split()[0].partition("+")[2] for line in told} == {"BitstreamVeraSans-Roman", "NotoSerifSC-Regular"}
    assert all(line.split()[-5] == "yes" for line in told)
