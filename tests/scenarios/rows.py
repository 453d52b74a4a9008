"""Rows: added, copied, known again by their ids and without them."""

from tests.hands import hand
from tests.scenarios.stage import NEW, delete, on
from tests.sheets import (
    BRANCH,
    DATE,
    ID,
    NOTE,
    OTHER,
    OTHER_POINT,
    PERSONS,
    PLAQUES,
    POINT,
    REMARKS,
    SITE,
    SITES,
    TITLE,
    counted,
    event,
)
from tests.world import add, new_row


def rows_added(office):
    """At the end, in the middle, with gaps: new records, their ids written back."""
    with office.paper() as paper:
        paper.insert(3, {**NEW, TITLE: "中"})
        number = paper.add({**NEW, TITLE: "末", SITE: f"{POINT} 关上点"})
        paper.fill(number + 4, {**NEW, TITLE: "远"})
    told = yield
    assert told["cells_in"] == 12
    found = {row["title"]: row for row in office.records("activities")}
    assert found.keys() == {"展 1", "展 2", "展 3", "中", "末", "远"}
    assert found["末"]["site"] == POINT
    assert office.look().by_id().keys() == {row["id"] for row in found.values()}


def row_added_incomplete(office):
    with office.paper() as paper:
        number = paper.add({SITE: BRANCH, PERSONS: 3})
    told = yield
    assert (told["cells_in"], told["problems"]) == (0, 1)
    assert len(office.records("activities")) == 3
    assert office.look().get(number, REMARKS) == "日期、名称必填"
    assert office.look().get(number, ID) is None


def row_added_for_another_site(office):
    with office.paper() as paper:
        paper.add({**NEW, SITE: OTHER})
        paper.add({**NEW, SITE: "吴井馆"})
    told = yield
    assert (told["cells_in"], told["problems"]) == (0, 2)


def row_added_that_the_store_refuses(office):
    """It refers to a site that there is none of: the row stays, and nothing else is held up."""
    with office.paper() as paper:
        number = paper.add({**NEW, "协办": "C999"})
        paper.set(paper.of("a1"), PERSONS, 50)
        paper.set(paper.of("a2"), "协办", "C998")
        paper.set(paper.of("a2"), PERSONS, 51)
    told = yield
    assert (told["cells_in"], told["problems"]) == (2, 2)
    assert len(office.records("activities")) == 3
    assert [office.record("activities", one)["persons"] for one in ("a1", "a2")] == [50, 51]
    assert (office.look().get(number, ID), office.look().get(number, REMARKS)) == (None, "没有编码为 C999 的馆点")
    assert {one["text"] for one in office.problems} == {"C999", "C998"}


def row_added_in_a_tab_of_the_app(office):
    with office.paper(BRANCH, PLAQUES) as paper:
        number = paper.add({SITE: POINT, "序号": 2, "状态": "待制作"})
    told = yield
    assert (told["cells_in"], told["problems"]) == (0, 1)
    assert office.look(BRANCH, PLAQUES).get(number, ID) is None
    assert len(office.records("plaques")) == 3


def total_row_and_note(office):
    """A person's sum below and a note are no records, and nobody's business."""
    with office.paper() as paper:
        paper.add({SITE: "合计", PERSONS: 6})
        paper.add({SITE: "注：以上为上半年"})
    told = yield
    assert counted(told, read=1)
    assert told["problems"] == 0


def record_added_here(office):
    add(office.parts, "activities", event(office.parts, "a9", 9))
    told = yield
    assert counted(told, read=1, written=1, cells_out=4)
    assert office.look().by_id()["a9"][TITLE] == "展 9"


def the_same_added_on_both_sides(office):
    """Equal in every field: one record."""
    add(office.parts, "activities", event(office.parts, "a9", 9))
    with office.paper() as paper:
        paper.add({SITE: BRANCH, DATE: "2026-03-10", TITLE: "展 9", PERSONS: 9})
    yield
    assert len(office.records("activities")) == 4
    assert office.look().by_id().keys() == {"a1", "a2", "a3", "a9"}


def row_copied_with_its_id(office):
    with office.paper() as paper:
        paper.copy(paper.of("a1"), len(paper.grid) + 1)
        paper.set(len(paper.grid), PERSONS, 77)
    yield
    paper = office.look()
    same = [told for told in paper.rows() if told[TITLE] == "展 1"]
    assert [told[PERSONS] for told in same] == [1, 77]
    assert same[0][ID] == "a1" != same[1][ID]
    assert {row["id"] for row in office.records("activities")} == paper.by_id().keys()


def row_copied_that_does_not_fit(office):
    """It is no record yet, and has no id meanwhile: what becomes of the first one is not its own affair."""
    with office.paper() as paper:
        number = len(paper.grid) + 1
        paper.copy(paper.of("a1"), number)
        paper.set(number, TITLE, "副")
        paper.set(number, PERSONS, "十二")
    office.cycle()
    assert office.look().get(number, ID) is None
    delete(office, "activities", "a1")
    with office.paper() as paper:
        paper.set(number, PERSONS, 12)
    yield
    assert {row["title"] for row in office.records("activities")} == {"副", "展 2", "展 3"}
    assert office.look().get(number, TITLE) == "副"
    assert [*office.problems, *office.conflicts, *office.proposals] == []


def ids_filled_down_below_the_rows(office):
    """An id alone says nothing, and goes."""
    with office.paper() as paper:
        number = len(paper.grid) + 1
        paper.set(number, ID, "a3")
    told = yield
    assert (told["problems"], len(office.records("activities"))) == (0, 3)
    assert len(office.look().rows()) == 3


def ids_filled_down_over_keys(office):
    """Where rows have keys of their own, an id that stands twice hides none of them."""
    with office.paper(BRANCH, SITES) as paper:
        for code in (POINT, OTHER_POINT):
            paper.set(paper.of(f"s{code}"), ID, f"s{BRANCH}")
    yield
    assert office.look(BRANCH, SITES).by_id().keys() == {f"s{code}" for code in (BRANCH, POINT, OTHER_POINT)}
    assert [*office.problems, *office.proposals] == []


def id_typed_by_hand(office):
    with office.paper() as paper:
        paper.add({**NEW, ID: "zzz"})
        paper.add({**NEW, ID: f"p{POINT}"})
    told = yield
    assert (told["cells_in"], told["problems"]) == (0, 2)
    assert len(office.records("activities")) == 3


def id_erased(office):
    """The only missing row that equals it; by key where there is one."""
    with office.paper() as paper:
        paper.set(paper.of("a2"), ID, None)
    with office.paper(BRANCH, SITES) as paper:
        paper.set(paper.of(f"s{POINT}"), "电话", "13812345678")
        paper.set(paper.of(f"s{POINT}"), ID, None)
    told = yield
    assert counted(told, read=1, written=1, cells_in=1)
    assert office.look().by_id().keys() == {"a1", "a2", "a3"}
    assert office.look(BRANCH, SITES).by_id().keys() == {f"s{code}" for code in (BRANCH, POINT, OTHER_POINT)}
    assert office.record("sites", f"s{POINT}")["phone"] == "13812345678"


def id_erased_and_row_edited(office):
    """Nothing says which row it was: a new one, and the old one is proposed for deletion."""
    with office.paper() as paper:
        number = paper.of("a2")
        paper.set(number, ID, None)
        paper.set(number, TITLE, "别的")
    told = yield
    assert told["proposals"] == 1
    assert {row["title"] for row in office.records("activities")} == {"展 1", "展 2", "展 3", "别的"}


def ids_swapped(office):
    with office.paper() as paper:
        one, two = paper.of("a1"), paper.of("a2")
        paper.set(one, ID, "a2")
        paper.set(two, ID, "a1")
    yield
    assert office.record("activities", "a1")["title"] == "展 2"
    assert office.record("activities", "a2")["title"] == "展 1"


def rows_sorted(office):
    with office.paper() as paper:
        paper.sort()
    told = yield
    assert counted(told, read=1)


def added_on_both_sides_with_one_key(office):
    """One record: what only one of them says is taken, what both say differently is a conflict."""
    add(
        office.parts,
        "plaques",
        new_row(office.parts.catalog["plaques"], "p9", {"site": POINT, "seq": 2, "note": "旧馆"}),
    )
    with office.paper(BRANCH, PLAQUES) as paper:
        paper.add({SITE: POINT, "序号": 2, NOTE: "新馆", "照片": "门口.jpg"})
    yield
    assert len(office.records("plaques")) == 4
    kept = office.record("plaques", "p9")
    assert (kept["note"], kept["photo"]) == ("旧馆", "门口.jpg")
    assert [(one["row_id"], one["field"], one["sheet"]) for one in office.conflicts] == [("p9", "note", '"新馆"')]
    assert office.look(BRANCH, PLAQUES).by_id()["p9"][NOTE] == "新馆"


@on("folder", "google")
def rows_filtered_and_hidden(office):
    """What nobody sees is read and written all the same."""
    hand(office).filter(PERSONS, "a2")
    with office.paper() as paper:
        paper.set(paper.of("a2"), PERSONS, 50)
    office.change("activities", "a2", title="改")
    told = yield
    assert counted(told, read=1, written=1, cells_in=1, cells_out=1)
    assert office.record("activities", "a2")["persons"] == 50
    assert office.look().by_id()["a2"][TITLE] == "改"


@on("folder", "google")
def many_blank_rows_with_a_look(office):
    """They are no rows; a record that is added takes the first of them, and keeps their look."""
    hand(office).dress(10_000)
    told = yield
    assert counted(told, read=1)
    add(office.parts, "activities", event(office.parts, "a9", 9))
    office.cycle()
    paper = office.look()
    assert paper.of("a9") == 5
    assert hand(office).is_dressed(5, paper.column(TITLE) + 1)


def row_pasted_over_another(office):
    """What it covered is gone from the sheet, and it is a copy with an id that stands twice."""
    with office.paper() as paper:
        one, two = paper.of("a1"), paper.of("a2")
        paper.grid[two - 1] = list(paper.grid[one - 1])
    told = yield
    assert told["proposals"] == 1
    assert [one["row_id"] for one in office.proposals] == ["a2"]
    assert sorted(row["title"] for row in office.records("activities")) == ["展 1", "展 1", "展 2", "展 3"]
    assert [told[TITLE] for told in office.look().rows()] == ["展 1", "展 1", "展 3"]


def ids_filled_down(office):
    """The handle pulled down over the ids: the first row keeps its own, nothing is lost."""
    with office.paper() as paper:
        for row_id in ("a2", "a3"):
            paper.set(paper.of(row_id), ID, "a1")
    told = yield
    assert told["proposals"] == 2
    titles = sorted(row["title"] for row in office.records("activities"))
    assert titles == ["展 1", "展 2", "展 2", "展 3", "展 3"]
    assert [told[TITLE] for told in office.look().rows()] == ["展 1", "展 2", "展 3"]
