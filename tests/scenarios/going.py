"""Rows that go: cut, deleted on a side or on both, moved out of what a workbook shows; and the brake."""

from tests.hands import Hasty
from tests.scenarios.stage import NEW, delete
from tests.sheets import BRANCH, DATE, ID, OTHER, PERSONS, PLAQUES, SITE, TITLE, counted, event
from tests.world import add


def row_cut_to_another_tab(office):
    with office.paper() as paper:
        paper.remove(paper.of("a2"))
    with office.paper(BRANCH, PLAQUES) as paper:
        paper.add({ID: "a2", SITE: BRANCH, "备注": "展 2"})
    told = yield
    assert (told["proposals"], told["problems"]) == (1, 1)
    assert office.record("activities", "a2") is not None


def row_deleted_there(office):
    with office.paper() as paper:
        paper.remove(paper.of("a2"))
    told = yield
    assert counted(told, read=1)
    (proposal,) = office.proposals
    assert (proposal["row_id"], proposal["title"]) == ("a2", "a2 展 2")
    assert office.record("activities", "a2") is not None
    assert "a2" not in office.look().by_id()


def row_deleted_here(office):
    delete(office, "activities", "a2")
    told = yield
    assert counted(told, read=1, written=1)
    assert office.look().by_id().keys() == {"a1", "a3"}
    assert office.look().of("a3") == 4  # cleared, not shifted out


def row_deleted_on_both_sides(office):
    with office.paper() as paper:
        paper.remove(paper.of("a2"))
    delete(office, "activities", "a2")
    told = yield
    assert (told["proposals"], told["conflicts"]) == (0, 0)
    assert office.look().by_id().keys() == {"a1", "a3"}


def deleted_here_edited_there(office):
    with office.paper() as paper:
        paper.set(paper.of("a2"), PERSONS, 50)
    delete(office, "activities", "a2")
    yield
    (conflict,) = office.conflicts
    assert (conflict["kind"], conflict["row_id"], conflict["sheet"]) == ("deleted_here", "a2", '{"persons":50}')
    assert office.look().by_id()["a2"][PERSONS] == 50
    assert office.record("activities", "a2") is None


def deleted_here_before_its_id_was_written(office):
    """A row just taken, whose id could not be written yet: edited there, it is in conflict, and never a second record."""

    def save():
        with office.paper() as paper:
            paper.set(paper.of("a3"), PERSONS, 70)

    with office.paper() as paper:
        paper.add(NEW)
    office.backend = Hasty(office.sheets.backend, save)
    office.cycle()
    office.backend = None
    (new,) = {row["id"] for row in office.records("activities")} - {"a1", "a2", "a3"}
    delete(office, "activities", new)
    with office.paper() as paper:
        paper.set(paper.number(TITLE, "新"), PERSONS, 50)
    yield
    with office.paper() as paper:
        paper.set(paper.of("a1"), PERSONS, 51)
    office.cycle()
    assert [(one["kind"], one["row_id"]) for one in office.conflicts] == [("deleted_here", new)]
    assert len(office.records("activities")) == 3
    assert office.look().by_id()[new][PERSONS] == 50


def deleted_there_edited_here(office):
    with office.paper() as paper:
        paper.remove(paper.of("a2"))
    office.change("activities", "a2", persons=50)
    told = yield
    (conflict,) = office.conflicts
    assert (conflict["kind"], conflict["row_id"], conflict["field"]) == ("deleted_there", "a2", None)
    assert told["proposals"] == 0
    assert "a2" not in office.look().by_id()


def row_leaves_the_window(office):
    office.change("activities", "a1", held_on="2024-12-31")
    told = yield
    assert told["proposals"] == 0
    assert office.look().by_id().keys() == {"a2", "a3"}
    assert office.record("activities", "a1")["title"] == "展 1"


def row_typed_outside_the_window(office):
    with office.paper() as paper:
        paper.add({**NEW, DATE: "2019-05-01", TITLE: "旧"})
        paper.set(paper.of("a1"), DATE, "2019-05-02")
    told = yield
    assert (told["proposals"], told["problems"]) == (0, 0)
    assert {row["title"]: row["held_on"] for row in office.records("activities")} == {
        "旧": "2019-05-01",
        "展 1": "2019-05-02",
        "展 2": "2026-03-03",
        "展 3": "2026-03-04",
    }
    assert office.look().by_id().keys() == {"a2", "a3"}


def record_moves_to_another_branch(office):
    office.change("activities", "a1", site=OTHER)
    told = yield
    assert counted(told, read=2, written=2, cells_out=4)
    assert office.look(OTHER).by_id().keys() == {"a1"}
    assert office.look().by_id().keys() == {"a2", "a3"}
    assert told["proposals"] == 0


def with_more(office, count):
    """So many more activities than the three, on both sides."""
    add(office.parts, "activities", *(event(office.parts, f"b{place}", place) for place in range(count)))
    office.cycle()


def five_of_twenty_gone(office):
    """Not more than five, however large the share: proposals."""
    with_more(office, 5)
    with office.paper() as paper:
        for row_id in ("b0", "b1", "b2", "b3", "b4"):
            paper.remove(paper.of(row_id))
    told = yield
    assert (told["proposals"], told["stopped"]) == (5, 0)


def a_fifth_of_thirty_gone(office):
    """More than five but not more than a fifth: proposals."""
    with_more(office, 27)
    with office.paper() as paper:
        for place in range(6):
            paper.remove(paper.of(f"b{place}"))
    told = yield
    assert (told["proposals"], told["stopped"]) == (6, 0)


def more_than_a_fifth_gone(office):
    with_more(office, 26)
    with office.paper() as paper:
        for place in range(6):
            paper.remove(paper.of(f"b{place}"))
        paper.set(paper.of("a1"), PERSONS, 50)
    told = yield
    assert (told["proposals"], told["stopped"], told["cells_in"]) == (0, 1, 0)
    assert office.book().reason == "“活动台账”页少了 6 行：上次 29 行，现在 23 行"
    assert office.record("activities", "a1")["persons"] == 1


def brake_counts_what_is_new(office):
    """Rows that wait already and rows that the app took out are in neither number."""
    with_more(office, 27)
    with office.paper() as paper:
        for place in range(5):
            paper.remove(paper.of(f"b{place}"))
    office.cycle()
    for place in range(20, 25):
        delete(office, "activities", f"b{place}")
    office.cycle()
    with office.paper() as paper:
        for place in range(5, 9):  # four more, of twenty that count
            paper.remove(paper.of(f"b{place}"))
    told = yield
    assert (told["proposals"], told["stopped"]) == (9, 0)


def tab_emptied(office):
    with office.paper() as paper:
        paper.grid[1:] = []
    told = yield
    assert (told["proposals"], told["stopped"]) == (0, 1)
    assert office.book().reason == "“活动台账”页少了 3 行：上次 3 行，现在 0 行"


def row_cut_to_another_workbook(office):
    with office.paper() as paper:
        row = list(paper.grid[paper.of("a2") - 1])
        paper.remove(paper.of("a2"))
    with office.paper(OTHER) as paper:
        paper.grid.append(row)
    told = yield
    assert (told["proposals"], told["problems"], told["cells_in"]) == (1, 1, 0)
    assert [one["book"] for one in office.problems] == [OTHER]
    assert office.record("activities", "a2")["site"] == BRANCH
