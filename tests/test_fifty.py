"""Fifty cycles over workbooks that people have filled with all that they can: what is not the app's stays, byte for byte."""

import random
import re
import shutil
import zipfile
from pathlib import Path

import openpyxl
import pytest
from lxml import etree

from integrations.decisions import accept_proposal
from integrations.newbook import make_book
from models.access import CLI
from models.changes import Plan, death, stored_values
from tests.conftest import NIGHTLY
from tests.grafts import graft
from tests.office import converted
from tests.people import CHARTED, COUNTED, OWN_HEADERS, PIVOTED, contents, dressed, part_of, told, type_in
from tests.sheets import ACTIVITIES, BRANCH, InFolder, Office, build, counted, event, in_this_process
from tests.workbooks import HEAD, MAIN, OFFICE, PACKAGE, add_to_row, change, replaced
from tests.world import add

DATABASES = ("sqlite",)
CYCLES = 50
FILES = Path(__file__).parent / "files"
HIDDEN, BOOK = "_zongfen", "xl/workbook.xml"
OWN = frozenset(OWN_HEADERS)
KINDS = (
    *(
        "charts/chart3",
        "chartsheets/",
        "media/image",
        "drawings/vmlDrawing",
        "comments",
        "threadedComments/",
        "persons/",
    ),
    *("tables/table", "pivotTables/", "pivotCache/", "slicers/", "slicerCaches/", "printerSettings/", "customXml/"),
    *("calcChain", "cellimages", "richData/", "featurePropertyBag", "docProps/custom"),
)


@pytest.fixture
def office(parts, tmp_path, monkeypatch):
    """An office whose branch has dressed its workbook."""
    monkeypatch.setattr(
        "integrations.folder.make_book",
        lambda path, content: (dressed if content.code == BRANCH else make_book)(path, content),
    )
    return started(parts, tmp_path, monkeypatch)


@pytest.fixture
def plain_office(parts, tmp_path, monkeypatch):
    """An office with workbooks as the app makes them."""
    return started(parts, tmp_path, monkeypatch)


def started(parts, tmp_path: Path, monkeypatch) -> Office:
    monkeypatch.setattr("integrations.folder.grids_of_many", in_this_process)
    build(parts)
    made = Office(parts, InFolder(tmp_path / "sheets"))
    made.cycle()
    return made


# ---------------------------------------------------------------- what both sides do, and what should have come of it


class Work:
    """Edits on both sides of the branch's activities, and what each should be by now: id -> (title, persons)."""

    def __init__(self, office: Office, path: Path, seed: int) -> None:
        self.office, self.path, self.chance = office, path, random.Random(seed)
        self.wanted = {row["id"]: (row["title"], row["persons"]) for row in office.records("activities")}
        self.columns = {text: re.sub("[0-9]", "", place) for place, text in self.sheet().items() if place.endswith("1")}
        self.columns = {text: place for text, place in self.columns.items() if f"{place}1" in self.sheet()}

    def sheet(self) -> dict[str, str]:
        return told(self.path, ACTIVITIES)

    def rows(self) -> dict[str, int]:
        """Id -> row, as the sheet has it."""
        return {
            text: int(place[1:]) for place, text in self.sheet().items() if re.fullmatch("A([2-9]|[0-9]{2,})", place)
        }

    def step(self, number: int) -> None:
        """A cell here, a cell there; now and then a row comes or goes, on either side."""
        here, there = self.chance.sample(list(self.wanted), 2)
        self.wanted[here] = (f"改 {number}", self.wanted[here][1])
        self.office.change("activities", here, title=f"改 {number}")
        self.wanted[there] = (self.wanted[there][0], 100 + number)
        typed = {f"{self.columns['参加人次']}{self.rows()[there]}": 100 + number}
        if number % 7 == 0:
            add(self.office.parts, "activities", event(self.office.parts, f"n{number}", number))
            self.wanted[f"n{number}"] = (f"展 {number}", number)
        if number % 7 == 3:
            typed |= self.new_row(number)
        if number % 10 == 5:
            self.delete(self.chance.choice([one for one in self.wanted if one not in (here, there)]))
        type_in(self.path, ACTIVITIES, typed)
        report = self.office.cycle()
        assert (report["conflicts"], report["problems"], report["stopped"]) == (0, 0, 0), report
        if number % 7 == 3:
            (fresh,) = {row["id"] for row in self.office.records("activities")} - self.wanted.keys()
            self.wanted[fresh] = (f"补 {number}", number)
        if number % 10 == 9:
            self.clear(self.chance.choice(list(self.wanted)))

    def new_row(self, number: int) -> dict[str, str | int]:
        row = max(self.rows().values()) + 1
        told = {"馆点": f"{BRANCH} 关上馆", "日期": 46000 + number, "名称": f"补 {number}", "参加人次": number}
        return {f"{self.columns[header]}{row}": value for header, value in told.items()}

    def delete(self, row_id: str) -> None:
        """The app's side."""
        stored = stored_values(self.office.parts.catalog["activities"], self.office.record("activities", row_id))
        self.office.parts.store.apply(Plan((death("activities", stored),)), CLI, "ui")
        del self.wanted[row_id]

    def clear(self, row_id: str) -> None:
        """A person empties a row, and somebody confirms that it is to go."""
        row = self.rows()[row_id]
        mine = [place for header, place in self.columns.items() if header not in OWN]
        type_in(self.path, ACTIVITIES, dict.fromkeys(f"{place}{row}" for place in mine))
        assert self.office.cycle()["proposals"] == 1
        accept_proposal(self.office.parts, CLI, self.office.proposals[0]["id"])
        del self.wanted[row_id]

    def here(self) -> dict[str, tuple[str, int]]:
        return {row["id"]: (row["title"], row["persons"]) for row in self.office.records("activities")}

    def there(self) -> dict[str, tuple[str, int]]:
        sheet, title, persons = self.sheet(), self.columns["名称"], self.columns["参加人次"]
        return {one: (sheet[f"{title}{row}"], int(sheet[f"{persons}{row}"])) for one, row in self.rows().items()}


def fifty(office: Office, path: Path, seed: int = 6, cycles: int = CYCLES) -> Work:
    work = Work(office, path, seed)
    for number in range(cycles):
        work.step(number)
    office.cycle()
    assert work.here() == work.there() == work.wanted
    quiet = path.read_bytes()
    office.cycle()
    assert path.read_bytes() == quiet
    return work


# ---------------------------------------------------------------- what may have changed, told without the app's own code


def outside(xml: bytes) -> list[tuple[str, str, dict[str, str]]]:
    """Every element of a part but its rows: (path, name, attributes and text)."""
    tree = etree.fromstring(xml)
    root = tree.getroottree()
    return [
        (root.getpath(one), etree.QName(one).localname, {**one.attrib, "text": one.text or "", "tail": one.tail or ""})
        for one in tree.iter()
        if not any(above.tag == f"{{{MAIN}}}sheetData" for above in one.iterancestors())
    ]


def differences(before: bytes, after: bytes) -> set[str]:
    """What elements outside the rows say otherwise."""
    old, new = outside(before), outside(after)
    assert [path for path, _name, _said in old] == [path for path, _name, _said in new]
    return {
        f"{name} {key}={was.get(key)} -> {now.get(key)}"
        for (_path, name, was), (_same, _name, now) in zip(old, new, strict=True)
        for key in was.keys() | now.keys()
        if was.get(key) != now.get(key)
    }


def cells(xml: bytes) -> dict[str, etree._Element]:
    return {one.get("r"): one for one in etree.fromstring(xml).iter(f"{{{MAIN}}}c")}


def frame(cell: etree._Element, computed: bool = False) -> bytes:
    """A cell as people see to it: its format, its text; of a formula without the result, which is computed anew."""
    copy = etree.fromstring(etree.tostring(cell, with_tail=False))
    if computed:
        copy.attrib.pop("t", None)
        for result in copy.findall(f"{{{MAIN}}}v"):
            copy.remove(result)
    return etree.tostring(copy, method="c14n")


def rows(xml: bytes) -> dict[str, dict[str, str]]:
    """Row -> what is said of it; without `spans`, a hint for speed that ends with the last cell."""
    found = etree.fromstring(xml).iter(f"{{{MAIN}}}row")
    return {one.get("r"): {name: value for name, value in one.items() if name != "spans"} for one in found}


def people_s_cells(before: bytes, after: bytes, mine: set[str]) -> None:
    """Of a sheet that the app writes: every format, every cell that is people's, every row's own look are as they were.

    mine: the columns that are the app's, where anything below the header may have changed but the format.
    """
    old, new, computed = cells(before), cells(after), computed_in(before)
    assert old.keys() <= new.keys()
    for place, cell in old.items():
        column, row = re.fullmatch("([A-Z]+)([0-9]+)", place).groups()
        assert new[place].get("s") == cell.get("s"), place
        if row == "1" or column not in mine:
            assert frame(new[place], place in computed) == frame(cell, place in computed), place
    for place in new.keys() - old.keys():
        assert place.rstrip("0123456789") in mine or not len(new[place]), place
    said = rows(after)
    assert all(said[number] == told for number, told in rows(before).items())


def only_these(before: dict[str, bytes], path: Path, work: Work, changed: set[tuple[str, str]]) -> None:
    """Nothing but the app's own cells, what stands in `changed` (title or part, element), and stale results."""
    after = contents(path)
    assert list(after) == list(before)
    ledger, counted, kept = (part_of(path, title) for title in (ACTIVITIES, COUNTED, HIDDEN))
    names = {ledger: ACTIVITIES, counted: COUNTED, kept: HIDDEN, BOOK: "book"}
    assert {names.get(part, part) for part in before if before[part] != after[part]} == set(names.values())
    found = {(names[part], one) for part in names for one in differences(before[part], after[part])}
    assert found == changed
    people_s_cells(before[ledger], after[ledger], {work.columns[header] for header in work.columns.keys() - OWN})
    people_s_cells(before[counted], after[counted], set())
    old, new = (
        dict(zip(one, map(frame, one.values()), strict=True)) for one in (cells(before[kept]), cells(after[kept]))
    )
    assert {place for place in old | new if old.get(place) != new.get(place)} == {"D1"}  # the number of the last write


# ---------------------------------------------------------------- by XlsxWriter and Excel's own parts


def test_what_people_put_in_stays_for_fifty_cycles(office, tmp_path):
    path = office.sheets.path(BRANCH)
    before = contents(path)
    every = " ".join(before)
    assert not [kind for kind in KINDS if kind not in every]
    work = fifty(office, path)
    only_these(
        before,
        path,
        work,
        {
            (ACTIVITIES, "dimension ref=A1:X4 -> A1:X17"),
            (ACTIVITIES, "autoFilter ref=A1:T4 -> A1:T17"),
            # To the first row that was added here; the next one came from people.
            (ACTIVITIES, "conditionalFormatting sqref=F2:F4 -> F2:F5"),
            ("book", "calcPr fullCalcOnLoad=None -> 1"),
            ("book", "definedName text=活动台账!$A$1:$T$4 -> 活动台账!$A$1:$T$17"),
        },
    )
    opened_by_libreoffice(path, tmp_path, work)


def opened_by_libreoffice(path: Path, folder: Path, work: Work) -> None:
    """It opens the file, and every tab says there what it says here; formulas are computed anew."""
    saved = converted(path, folder)
    titles = [one.get("name") for one in etree.fromstring(contents(path)[BOOK]).iter("{*}sheet")]
    for title in titles:
        if title not in (CHARTED, PIVOTED):
            xml = contents(path)[part_of(path, title)]
            # Pictures in cells are errors to older programs, and each has its own.
            formulas = computed_in(xml) | {place for place, cell in cells(xml).items() if cell.get("t") == "e"}
            here, there = told(path, title), told(saved, title)
            assert {place: same(here[place]) for place in here.keys() - formulas} == {
                place: same(there[place]) for place in there.keys() - formulas
            }
    pivot = told(saved, PIVOTED)  # laid out anew from its cache
    assert {pivot["A2"]: pivot["B2"], pivot["A3"]: pivot["B3"]} == {"甲": "3", "乙": "4"}
    persons = [count for _title, count in work.wanted.values()]
    computed, ledger = told(saved, COUNTED), told(saved, ACTIVITIES)
    assert [float(computed[place]) for place in ("E1", "E2", "E4", "E5")] == [
        sum(persons),
        sum(persons) * 2.5,
        sum(persons) + 1,
        7,
    ]
    assert int(computed["E3"]) == sum(title.startswith("展") for title, _persons in work.wanted.values())
    for row in (2, 3, 4):
        count = float(ledger.get(f"{work.columns['参加人次']}{row}", 0))
        assert float(ledger[f"{work.columns['加倍']}{row}"]) == count * 2
        assert float(computed[f"G{row - 1}"]) == count * 10


def computed_in(xml: bytes) -> set[str]:
    """Where results stand, those of arrays too."""
    found = set()
    for formula in etree.fromstring(xml).iter(f"{{{MAIN}}}f"):
        area = openpyxl.worksheet.cell_range.CellRange(formula.get("ref") or formula.getparent().get("r"))
        places = {f"{openpyxl.utils.get_column_letter(column)}{row}" for row, column in area.cells}
        found |= places if formula.get("t") == "array" else {formula.getparent().get("r")}
    return found


def same(text: str) -> str:
    """Numbers as numbers; LibreOffice leaves no escape."""
    return str(float(text)) if re.fullmatch(r"-?[0-9.]+(E[+-]?[0-9]+)?", text) else text


# ---------------------------------------------------------------- saved by others


def untouched(before: dict[str, bytes], path: Path, work: Work, also: set[str]) -> None:
    """Of a file that another program has saved: what changed are the app's tabs, the book, and parts that `also` names."""
    after = contents(path)
    assert list(after) == list(before)
    ledger, kept = part_of(path, ACTIVITIES), part_of(path, HIDDEN)
    assert {part for part in before if before[part] != after[part]} - also == {ledger, kept, BOOK}
    people_s_cells(before[ledger], after[ledger], {work.columns[header] for header in work.columns.keys() - OWN})
    found = {one.partition("=")[0] for part in (ledger, kept, BOOK) for one in differences(before[part], after[part])}
    assert found <= {"dimension ref", "autoFilter ref", "conditionalFormatting sqref", "calcPr fullCalcOnLoad", *NAMES}


NAMES = ("definedName text", "sqref text")
ROUNDS = CYCLES if NIGHTLY else 8


@pytest.mark.parametrize("host", ["pivots.xlsx", pytest.param("tables.xlsx", marks=pytest.mark.nightly)])
def test_the_app_s_tabs_in_a_workbook_of_excel_s(plain_office, tmp_path, host):
    path = plain_office.sheets.path(BRANCH)
    graft(path, FILES / "excel" / host)
    before = contents(path)
    assert b"Microsoft Macintosh Excel" in before["docProps/app.xml"]
    assert counted(plain_office.cycle(), read=1)
    work = fifty(plain_office, path, cycles=ROUNDS)
    untouched(before, path, work, {"xl/styles.xml"})  # dates get the first style that shows them
    with zipfile.ZipFile(FILES / "excel" / host) as theirs:
        own = {part for part in theirs.namelist() if part not in (*STATED, "xl/styles.xml")}
        assert {part: theirs.read(part) for part in own} == {part: contents(path)[part] for part in own}
    saved = converted(path, tmp_path)
    assert {told(saved, ACTIVITIES)[place] for place in told(path, ACTIVITIES) if place.startswith("A")} >= set(
        work.wanted
    )


STATED = ("[Content_Types].xml", "_rels/.rels", "xl/_rels/workbook.xml.rels", BOOK)  # where the graft shows


@pytest.mark.nightly
def test_what_libreoffice_saved_stays_for_fifty_cycles(office, tmp_path):
    path = office.sheets.path(BRANCH)
    shutil.copy(converted(path, tmp_path), path)
    assert counted(office.cycle(), read=1)
    before = contents(path)
    assert b"LibreOffice" in before["docProps/app.xml"]
    work = fifty(office, path)
    counted_part = part_of(path, COUNTED)
    untouched(before, path, work, {counted_part})
    people_s_cells(before[counted_part], contents(path)[counted_part], set())
    # LibreOffice believes the results in files of its own; the person of these tests types and computes nothing.
    result = re.compile(rb"(<f[^>]*/>|</f>)<v>[^<]*</v>")
    change(path, {part: result.sub(rb"\1", data) for part, data in contents(path).items() if "/sheet" in part})
    opened_by_libreoffice(path, tmp_path / "again", work)


# ---------------------------------------------------------------- made a table of Excel's


def as_table(path: Path) -> None:
    """套用表格格式 over the app's own list, with a column of a person's own at its right that Excel computes."""
    parts, ledger = contents(path), part_of(path, ACTIVITIES)
    here = told(path, ACTIVITIES)
    headers = [here[f"{openpyxl.utils.get_column_letter(place)}1"] for place in range(1, len(here)) if place <= 20]
    columns = "".join(f'<tableColumn id="{n}" name="{name}"/>' for n, name in enumerate(headers, 1))
    formula = "<calculatedColumnFormula>F2*2</calculatedColumnFormula>"
    columns += f'<tableColumn id="21" name="加倍">{formula}</tableColumn>'
    table = (
        f'{HEAD}<table xmlns="{MAIN}" id="1" name="台账" displayName="台账" ref="A1:U4"><autoFilter ref="A1:U4"/>'
        f'<tableColumns count="21">{columns}</tableColumns><tableStyleInfo name="TableStyleMedium2"/></table>'
    )
    sheet = re.sub("<autoFilter [^>]*/>", "", parts[ledger].decode())
    sheet = sheet.replace(
        "<worksheet ", f'<worksheet xmlns:r="{OFFICE}" ' if "xmlns:r=" not in sheet else "<worksheet "
    )
    sheet = sheet.replace("</worksheet>", '<tableParts count="1"><tablePart r:id="rIdT"/></tableParts></worksheet>')
    for row in range(2, 5):
        sheet = add_to_row(row, f'<c r="U{row}"><f>F{row}*2</f><v>{2 * (row - 1)}</v></c>')(sheet)
    sheet = add_to_row(1, '<c r="U1" t="inlineStr"><is><t>加倍</t></is></c>')(sheet)
    relations = f'{HEAD}<Relationships xmlns="{PACKAGE}"><Relationship Id="rIdT" Type="{OFFICE}/table"'
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.table+xml"
    change(
        path,
        {
            ledger: sheet.encode(),
            "xl/worksheets/_rels/sheet4.xml.rels": f'{relations} Target="../tables/table1.xml"/></Relationships>'.encode(),
            "xl/tables/table1.xml": table.encode(),
            "[Content_Types].xml": replaced(
                "</Types>", f'<Override PartName="/xl/tables/table1.xml" ContentType="{kind}"/></Types>'
            ),
            BOOK: lambda text: re.sub(r"<definedName [^>]*localSheetId=\"3\"[^>]*>[^<]*</definedName>", "", text),
        },
    )


@pytest.mark.nightly
def test_a_table_over_the_app_s_list_grows_with_it(plain_office, tmp_path):
    path = plain_office.sheets.path(BRANCH)
    as_table(path)
    assert counted(plain_office.cycle(), read=1)
    for number in (7, 8):
        add(plain_office.parts, "activities", event(plain_office.parts, f"n{number}", number))
        assert counted(plain_office.cycle(), read=1, written=1, cells_out=4)
    table = etree.fromstring(contents(path)["xl/tables/table1.xml"])
    assert (table.get("ref"), table[0].get("ref")) == ("A1:U6", "A1:U6")
    xml = contents(path)[part_of(path, ACTIVITIES)].decode()
    assert re.findall("<f>([^<]*)</f>", xml) == ["F2*2", "F3*2", "F4*2", "F5*2", "F6*2"]
    saved = told(converted(path, tmp_path), ACTIVITIES)
    assert [float(saved[f"U{row}"]) for row in range(2, 7)] == [2, 4, 6, 14, 16]
