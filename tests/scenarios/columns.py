"""Columns and headers: moved, added, taken away, doubled, covered; and what is declared after a workbook was made."""

from tests.hands import hand
from tests.scenarios.stage import CHECKS, OPENS, item, on, with_a_check
from tests.sheets import BRANCH, NOTE, PERSONS, TITLE, counted
from tests.world import add


def delete_column(office, header=PERSONS):
    """A person deletes a column of the app's."""
    with office.paper() as paper:
        place = paper.column(header)
        for cells in paper.grid:
            del cells[place]


def column_moved_and_own_ones(office):
    with office.paper() as paper:
        place = paper.column(PERSONS)
        for cells in paper.grid:
            cells.insert(1, cells.pop(place))
            cells.insert(3, "我的")  # a column of one's own
            cells.append(None)
        paper.grid[0][3], paper.grid[0][-1] = "数量", "我的合计"  # 数量 means 参加人次, where that is not there itself
        paper.set(paper.of("a1"), PERSONS, 50)
    office.change("activities", "a2", persons=60)
    told = yield
    assert (told["cells_in"], told["cells_out"], told["problems"]) == (1, 1, 0)
    paper = office.look()
    assert paper.column(PERSONS) == 1
    assert [cells[3] for cells in paper.grid[1:]] == ["我的"] * 3
    assert (office.record("activities", "a1")["persons"], paper.by_id()["a2"][PERSONS]) == (50, 60)


def column_deleted_or_renamed(office):
    delete_column(office)
    with office.paper() as paper:
        paper.grid[0][paper.column(NOTE)] = "我的话"
    office.change("activities", "a1", persons=60, note="记")
    told = yield
    assert (told["cells_in"], told["cells_out"], told["problems"]) == (0, 0, 2)
    assert {one["field"] for one in office.problems} == {"persons", "note"}
    assert office.record("activities", "a1")["persons"] == 60


def rename_column(office, header, to):
    with office.paper() as paper:
        paper.grid[0][paper.column(header)] = to


def column_renamed_and_named_back(office):
    """What each side changed meanwhile is its own change: what was agreed before still counts."""
    rename_column(office, PERSONS, "来了多少")
    office.cycle()
    with office.paper() as paper:
        paper.set(paper.of("a1"), "来了多少", 50)
    office.change("activities", "a2", persons=60)
    office.change("activities", "a3", persons=None)
    office.cycle()
    rename_column(office, "来了多少", PERSONS)
    told = yield
    assert (told["cells_in"], told["cells_out"], told["problems"], told["conflicts"]) == (1, 2, 0, 0)
    assert [office.record("activities", one)["persons"] for one in ("a1", "a2", "a3")] == [50, 60, None]
    assert [office.look().by_id()[one].get(PERSONS) for one in ("a1", "a2", "a3")] == [50, 60, None]


def column_that_must_be_filled_made_anew(office):
    """Blank as it is, it is nobody's clearing: no problem, but filled in again."""
    delete_column(office, TITLE)
    office.cycle()
    with office.paper() as paper:
        for cells in paper.grid:
            cells.append(None)
        paper.grid[0][-1] = TITLE
    told = yield
    assert (told["cells_in"], told["cells_out"], told["problems"]) == (0, 3, 0)
    assert [office.look().by_id()[one][TITLE] for one in ("a1", "a2", "a3")] == ["展 1", "展 2", "展 3"]


def column_deleted_and_made_anew(office):
    """Blank as it is, it clears nothing: it is filled in again."""
    delete_column(office)
    office.cycle()
    with office.paper() as paper:
        for cells in paper.grid:
            cells.append(None)
        paper.grid[0][-1] = PERSONS
    told = yield
    assert (told["cells_in"], told["cells_out"], told["problems"]) == (0, 3, 0)
    assert [office.look().by_id()[one][PERSONS] for one in ("a1", "a2", "a3")] == [1, 2, 3]


def column_deleted_and_a_row_too(office):
    delete_column(office)
    office.cycle()
    with office.paper() as paper:
        paper.remove(paper.of("a2"))
    told = yield
    assert (told["proposals"], told["conflicts"]) == (1, 0)


def column_doubled(office):
    with office.paper() as paper:
        place = paper.column(PERSONS)
        for cells in paper.grid:
            cells.insert(place + 1, cells[place])
        paper.set(paper.of("a1"), PERSONS, 50)
    told = yield
    assert (told["cells_in"], told["problems"]) == (1, 1)
    assert office.record("activities", "a1")["persons"] == 50


def title_above_the_header(office):
    with office.paper() as paper:
        blank = [None] * len(paper.grid[0])
        paper.grid[:0] = [["关上街道分馆 2026 年活动", *blank[1:]], list(blank)]
        paper.set(paper.of("a1"), PERSONS, 50)
    office.change("activities", "a2", persons=60)
    yield
    assert office.record("activities", "a1")["persons"] == 50
    assert office.look().by_id()["a2"][PERSONS] == 60


def header_gone(office):
    with office.paper() as paper:
        paper.grid[0] = [None] * len(paper.grid[0])
    told = yield
    assert told["stopped"] == 1
    assert "没有表头" in office.book().reason


def id_column_gone(office):
    with office.paper() as paper:
        for cells in paper.grid:
            del cells[0]
    told = yield
    assert told["stopped"] == 1
    assert office.book().reason == "“活动台账”页没有“编号”一栏"


@on("folder", "google")
def merged_cells(office):
    """A merged block says what its first cell says; the others are blank. One that a value has to go into stops the workbook."""
    hand(office).merge("a1", "a3", PERSONS)
    told = yield
    assert counted(told, read=1, cells_in=2)
    assert [office.record("activities", one)["persons"] for one in ("a1", "a2", "a3")] == [1, None, None]
    office.change("activities", "a2", persons=60)
    assert office.cycle()["stopped"] == 1
    assert "F3 在合并单元格里" in office.book().reason
    assert counted(office.cycle())
    hand(office).unmerge()
    assert counted(office.cycle(), read=1, written=1, cells_out=1)
    assert (office.record("activities", "a2")["persons"], office.look().by_id()["a2"][PERSONS]) == (60, 60)


def template_item_added(office):
    """It gets a column at the right of all that stands there, and what is typed into it is taken."""
    with_a_check(office)
    before = office.look(BRANCH, CHECKS).grid[0]
    add(office.parts, "checklist_items", item(office.parts, "I2", "卫生"))
    told = yield
    assert (told["problems"], told["conflicts"]) == (0, 0)
    filled = [header for header in office.look(BRANCH, CHECKS).grid[0] if header]
    assert filled == [*(header for header in before if header), "I2 卫生"]
    with office.paper(BRANCH, CHECKS) as paper:
        paper.set(paper.of("k1"), "I2 卫生", "否")
    assert office.cycle()["cells_in"] == 1
    assert office.record("checklists", "k1")["I2"] is False


def template_item_retired(office):
    """Its column stays, for the months that it was asked in; an answer to it for a later one is not taken."""
    with_a_check(office)
    office.change("checklist_items", "iI1", until="2026-10")
    with office.paper(BRANCH, CHECKS) as paper:
        paper.set(paper.of("k1"), OPENS, "否")
    told = yield
    assert (told["cells_in"], told["conflicts"]) == (0, 0)
    assert OPENS in office.look(BRANCH, CHECKS).grid[0]
    assert [(one["text"], one["message"]) for one in office.problems] == [("否", "这一项不适用于这个馆点")]
    assert office.record("checklists", "k1")["I1"] is True
    assert office.look(BRANCH, CHECKS).by_id()["k1"][OPENS] == "否"
