"""Files that the app writes: what is written is taken back unchanged, and no program runs anything in them."""

import csv
import json
import shutil
import stat
import subprocess

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exports.tables import NotWritable, UnknownSuffix, safe, write_table
from integrations import delimited
from integrations.intake import plan_file
from models.access import CLI
from models.blanks import trim
from models.catalog import catalog
from models.kinds import Bool, Choice, Date, Int, Money, Month, Multi, Number, Percent, Ref, Text, Time, Year
from models.listing import list_rows
from tests.world import ACTORS, add, new_row, phone, read, site_row

DATABASES = ("sqlite",)

FORMULAS = ("=1+1", '=HYPERLINK("http://evil")', "+86 871 63123456", "-1+1", "@SUM(A1)", "=cmd|' /C calc'!A0", "-")
WORDS = (
    "0123",
    "1e5",
    "1.10",
    "2026-03-05",
    "true",
    "是",
    "备注：略",
    "#REF!",
    "_x0041_",
    "{=1}",
    "100%",
    "'",
    "'引号",
    'q"uo"te',
    "a,b;c\td|e",
    "<b>&amp;</b>",
    "http://a.cn",
    "\u3000全角　空格 ".strip("\u3000 "),
    "𠮷野家",
    "e\u0301",
    "a\u2028b",
    "关上（一）",
)
LINES = ("第一行\n第二行", "=1\n=2", "甲\n\n乙")


def texts(kind):
    """Words that fit a text field; a code has no blanks or separators in it."""
    if kind.code:
        return ("c-1", "C.1/2", "0123", "=c", "-c", "@c")
    return tuple(one for one in (*FORMULAS, *WORDS, *(LINES if kind.lines else ())) if len(one) <= kind.max)


def sample(one, place):
    """A value of a field; over 40 places every odd one is met."""
    kind = one.kind
    match kind:
        case Text():
            some = texts(kind)
        case Choice():
            some = tuple(choice.code for choice in kind.choices)
        case Multi():
            codes = [choice.code for choice in kind.choices] or ["C2", "C1"]
            some = (codes, codes[-1:], None)
        case Ref():
            some = ("C1",) if one.required or kind.table != "sites" else ("C1", None)
        case Bool():
            some = (True, False, None)
        case Date():
            some = ("2020-02-29", "1949-10-01", "1899-12-31", "9999-12-31", None)
        case Month():
            some = ("2026-01", "2026-10", None)
        case Time():
            some = ("09:30", "00:00", "23:59", None)
        case Year():
            some = (1999, 2026)
        case Int():
            some = tuple(n for n in (0, 1, 12, 99, 100_000) if (kind.min or 0) <= n <= (kind.max or n))
        case Number():
            some = (0.0, 0.1, 12.5, 1 / 8, 66.123456) if not isinstance(kind, Money | Percent) else (0.0, 12.34)
        case _:
            raise AssertionError(f"no sample of {kind.name}")
    some = [value for value in some if value is not None or not one.required]
    return some[place % len(some)]


PLACES = 40


def odd_rows(table):
    """Rows of a table with every odd value in every field; keys are told apart by their place."""
    for place in range(PLACES):
        row = new_row(table, f"x{place:03d}", {one.name: sample(one, place) for one in table.stored})
        for number, one in enumerate(one for one in table.stored if one.key):
            row[one.name] = key_part(one, place, number)
        if table.lock:
            row[table.lock.name] = table.lock.default
        yield row


def key_part(one, place, number):
    match one.kind:
        case Ref():
            return f"C{place:02d}"
        case Date():
            return f"2020-01-{1 + place % 28:02d}" if number else None
        case Year():
            return 2000 + place
        case Month():
            return f"{2000 + place}-01"
        case Text():
            return f"{texts(one.kind)[place % len(texts(one.kind))]}{place}"
        case _:
            return sample(one, place)


@pytest.fixture
def odd(parts):
    """An installation in which every table has forty odd rows."""
    sites = [site_row(parts, f"C{place:02d}", level="center") for place in range(PLACES)]
    add(parts, "sites", *sites, site_row(parts, "C1", level="center"), site_row(parts, "C2", level="center"))
    orders = new_row(parts.catalog["plaque_orders"], "n1", {"number": "N1", "supplier": "牌厂"})
    add(parts, "plaque_orders", orders)
    for table in (one for one in catalog() if one.name not in catalog().sources):  # their rows are others' columns
        rows = [{**one, **fitting(table.name)} for one in odd_rows(table)]
        if table.name == "sites":
            rows = [{**one, "code": f"S{place:02d}"} for place, one in enumerate(rows)]
        add(parts, table.name, *rows)
    return parts


def fitting(name):
    """What the rules of a record type ask of all its rows."""
    return {
        "sites": {"level": "center", "parent": None},
        "plaques": {"plaque_order": "N1"},
    }.get(name, {})


def exported(parts, name, path, actor=CLI, labels=True, where=()):
    """A table written to a file."""
    with parts.database.read() as connection:
        listing = list_rows(parts.query.view(connection, actor), parts.catalog[name], where)
    write_table(path, listing, labels=labels)
    return path


# ---------------------------------------------------------------- there and back


@pytest.mark.parametrize("labels", [True, False], ids=["labels", "names"])
@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_what_is_written_is_taken_back_unchanged(odd, tmp_path, suffix, labels):
    for table in odd.catalog:
        path = exported(odd, table.name, tmp_path / f"{table.name}{suffix}", labels=labels)
        plan = plan_file(odd, CLI, table, path)
        assert plan.plan.problems == (), table.name
        assert plan.changes == (), table.name
        assert plan.counts.unchanged == len(read(odd, table.name)), table.name


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_what_is_written_here_makes_the_same_records_there(odd, tmp_path, sqlite_template, suffix):
    """Into an empty installation, without the ids of the other one."""
    from models.services import open_installation
    from models.settings import settings as settings_of

    there = tmp_path / "there"
    there.mkdir()
    shutil.copy(sqlite_template, there / "zongfen.db")
    other = open_installation(settings_of({"ZONGFEN_DATA": str(there)}))
    for name in ("sites", "plaque_orders", "plaques", "targets"):
        path = exported(odd, name, tmp_path / f"{name}{suffix}", labels=False)
        plan, _number = plan_file(other, CLI, other.catalog[name], path).apply(other.store, CLI)
        assert plan.errors == ()
        for one, two in zip(read(odd, name), read(other, name), strict=True):
            assert {**one, "id": ""} == {**two, "id": ""}
    other.database.close()


def test_the_whole_example_is_taken_back_unchanged(run, example, tmp_path):
    counts = {"sites": 2039, "targets": 18}
    for name, suffix, headers in (
        ("sites", "xlsx", "label"),
        ("targets", "csv", "label"),
        ("plaques", "csv", "name"),
        ("activities", "xlsx", "label"),
        ("site_parents", "csv", "label"),
    ):
        path = tmp_path / f"{name}.{suffix}"
        written = run("export", name, path, "--headers", headers, "--json").json["rows"]
        assert written == counts.get(name, written)
        told = run("import", name, path, "--dry-run", "--json").json
        assert (told["added"], told["updated"], told["rejected"], told["unchanged"]) == (0, 0, 0, written), name


raw_texts = st.text(st.characters(blacklist_categories=["Cs", "Cc"]), max_size=20).map(trim).filter(bool)


@given(raw_texts.filter(lambda text: not text.startswith("'")) | st.sampled_from(FORMULAS + WORDS))
@settings(max_examples=100, deadline=None)
def test_the_guard_before_a_formula_is_taken_away_again(text):
    assert delimited.Delimited()[safe(text)] == text


# ---------------------------------------------------------------- nothing runs


def test_in_a_csv_what_looks_like_a_formula_has_a_guard(odd, tmp_path):
    path = exported(odd, "sites", tmp_path / "sites.csv")
    with path.open(encoding="utf-8-sig", newline="") as handle:
        cells = [cell for row in csv.reader(handle) for cell in row]
    guarded = {cell[1:] for cell in cells if cell.startswith("'") and cell[1:2] in "=+-@"}
    assert set(FORMULAS) <= guarded
    assert not [cell for cell in cells if cell[:1] in ("=", "+", "@", "\t", "\r")]
    assert all(is_number(cell) for cell in cells if cell.startswith("-"))


def is_number(text):
    try:
        float(text)
    except ValueError:
        return False
    return True


def test_in_an_xlsx_text_is_text(odd, tmp_path):
    path = exported(odd, "sites", tmp_path / "sites.xlsx")
    book = openpyxl.load_workbook(path)
    cells = [cell for row in book.active.iter_rows(min_row=2) for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} <= {"s", "n", "d"}
    assert set(FORMULAS) <= {cell.value for cell in cells if cell.data_type == "s"}
    assert not any(cell.hyperlink for cell in cells)


def test_an_office_program_runs_nothing_in_them(odd, tmp_path):
    """LibreOffice opens both and saves what it understood: no cell of it is a formula."""
    for suffix in ("csv", "xlsx"):
        exported(odd, "sites", tmp_path / f"{suffix}.{suffix}")
    profile = f"-env:UserInstallation=file://{tmp_path / 'profile'}"
    arguments = ["--headless", "--convert-to", "xlsx:Calc MS Excel 2007 XML", "--outdir", tmp_path / "opened"]
    subprocess.run(
        ["soffice", profile, *arguments, tmp_path / "csv.csv", tmp_path / "xlsx.xlsx"], check=True, capture_output=True
    )
    for name in ("csv", "xlsx"):
        sheet = openpyxl.load_workbook(tmp_path / "opened" / f"{name}.xlsx").active
        cells = [cell for row in sheet.iter_rows(min_row=2) for cell in row if cell.value is not None]
        assert len(cells) > PLACES * 10
        assert not [cell.value for cell in cells if cell.data_type == "f"]


# ---------------------------------------------------------------- the forms


def test_a_csv_is_what_the_contract_says(parts, tmp_path):
    add(
        parts,
        "sites",
        site_row(parts, "C1", level="center", name="市馆", area_m2=1234.5, barrier_free=True, population=3),
    )
    data = exported(parts, "sites", tmp_path / "a.csv", labels=False).read_bytes()
    assert data.startswith(b"\xef\xbb\xbfid,code,name,network,level,")
    assert data.count(b"\r\n") == data.count(b"\n") == 2
    (row,) = csv.DictReader(data.decode("utf-8-sig").splitlines())
    assert (row["id"], row["level"], row["area_m2"], row["population"]) == ("sC1", "center", "1234.5", "3")
    assert (row["barrier_free"], row["parent"]) == ("true", "")
    text = exported(parts, "sites", tmp_path / "b.csv").read_text(encoding="utf-8-sig")
    (row,) = csv.DictReader(text.splitlines())
    assert next(iter(row)) == "编号"
    assert (row["级别"], row["无障碍"], row["面积"]) == ("中心馆", "是", "1234.5")
    assert list(row)[1:] == [one.label for one in parts.catalog["sites"].fields]


def test_references_have_names_beside_them_with_labels(parts, tmp_path):
    add(
        parts,
        "sites",
        site_row(parts, "C1", level="center", name="市馆"),
        site_row(parts, "C11", level="main", parent="C1", name="官渡馆", county="官渡区"),
    )
    for labels, parent in ((True, "C1 市馆"), (False, "C1")):
        text = exported(parts, "sites", tmp_path / "a.csv", labels=labels).read_text(encoding="utf-8-sig")
        rows = list(csv.reader(text.splitlines()))
        assert parent in rows[2]


def test_an_xlsx_has_true_numbers_and_dates(parts, tmp_path):
    row = site_row(parts, "C1", level="center", name="市馆", area_m2=1234.5, opened_on="2020-03-05")
    add(parts, "sites", {**row, "phone": "0123"})
    sheet = openpyxl.load_workbook(exported(parts, "sites", tmp_path / "a.xlsx")).active
    assert sheet.title == "馆点"
    cells = dict(zip((cell.value for cell in sheet[1]), sheet[2], strict=True))
    assert (cells["面积"].value, cells["面积"].data_type) == (1234.5, "n")
    assert (cells["开馆日期"].value.isoformat(), cells["开馆日期"].is_date) == ("2020-03-05T00:00:00", True)
    assert (cells["电话"].value, cells["电话"].data_type) == ("0123", "s")
    assert (cells["编号"].value, cells["编号"].data_type) == ("sC1", "s")


def test_json_holds_values_in_their_normal_form(odd, tmp_path):
    told = json.loads(exported(odd, "activities", tmp_path / "a.json").read_text(encoding="utf-8"))
    assert told["table"] == "activities"
    assert told["rows"] == read(odd, "activities")


def test_rows_are_chosen_and_come_in_their_order(parts, tmp_path):
    sites = [("C1", None, "center"), ("C12", "C1", "main"), ("C11", "C1", "main"), ("C111", "C11", "branch")]
    add(parts, "sites", *(site_row(parts, code, parent=parent, level=level) for code, parent, level in sites))
    path = exported(parts, "sites", tmp_path / "a.csv", labels=False, where=("level:ne:center",))
    with path.open(encoding="utf-8-sig", newline="") as handle:
        assert [one["code"] for one in csv.DictReader(handle)] == ["C11", "C111", "C12"]


def test_masked_numbers_are_left_blank_and_told(parts, tmp_path):
    from tests.world import build

    build(parts)
    with parts.database.read() as connection:
        view = parts.query.view(connection, ACTORS["center"])
        listing = list_rows(view, parts.catalog["sites"])
    assert listing.masked == ("电话",)
    write_table(tmp_path / "a.csv", listing)
    text = (tmp_path / "a.csv").read_text(encoding="utf-8-sig")
    assert "*" not in text
    assert (phone("C5301") in text, phone("C530111") in text) == (True, False)


# ---------------------------------------------------------------- the file itself


def test_a_file_appears_whole_or_not_at_all(parts, tmp_path, monkeypatch):
    path = tmp_path / "a.csv"
    path.write_text("before", encoding="utf-8")

    def stumble(*_arguments, **_options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("exports.tables.csv.writer", stumble)
    with pytest.raises(NotWritable) as caught:
        exported(parts, "sites", path)
    assert "No space left" in str(caught.value)
    assert path.read_text(encoding="utf-8") == "before"
    assert [one.name for one in tmp_path.iterdir() if one.is_file()] == ["a.csv"]


def test_a_file_is_there_for_others_to_read(parts, tmp_path):
    path = exported(parts, "sites", tmp_path / "A.CSV")
    assert stat.S_IMODE(path.stat().st_mode) == 0o644


@pytest.mark.parametrize("name", ["a.pdf", "a", ".csv", "a.csv.zip"])
def test_an_ending_that_says_no_format_is_told(parts, tmp_path, name):
    with pytest.raises(UnknownSuffix):
        exported(parts, "sites", tmp_path / name)
    assert not (tmp_path / name).exists()
