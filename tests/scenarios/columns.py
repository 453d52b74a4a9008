"""Columns and headers: moved, added, taken away, doubled, covered; and what is declared after a workbook was made."""

from tests.sheets import NOTE, PERSONS


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
    with office.paper() as paper:
        place = paper.column(PERSONS)
        for cells in paper.grid:
            del cells[place]
        paper.grid[0][paper.column(NOTE)] = "我的话"
    office.change("activities", "a1", persons=60, note="记")
    told = yield
    assert (told["cells_in"], told["cells_out"], told["problems"]) == (0, 0, 2)
    assert {one["field"] for one in office.problems} == {"persons", "note"}
    assert office.record("activities", "a1")["persons"] == 60


def column_deleted_and_made_anew(office):
    """Blank as it is, it clears nothing: it is filled in again."""
    with office.paper() as paper:
        place = paper.column(PERSONS)
        for cells in paper.grid:
            del cells[place]
    office.cycle()
    with office.paper() as paper:
        for cells in paper.grid:
            cells.append(None)
        paper.grid[0][-1] = PERSONS
    told = yield
    assert (told["cells_in"], told["cells_out"], told["problems"]) == (0, 3, 0)
    assert [office.look().by_id()[one][PERSONS] for one in ("a1", "a2", "a3")] == [1, 2, 3]


def column_deleted_and_a_row_too(office):
    with office.paper() as paper:
        place = paper.column(PERSONS)
        for cells in paper.grid:
            del cells[place]
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
