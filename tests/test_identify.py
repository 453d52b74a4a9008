"""Which record each row of a tab is, as tables of cases."""

from integrations.identify import identify
from tests.things import KEYLESS, line, record, records, sides


def who(lines, app, base=None, **more):
    """Row numbers -> records, and the numbers of new and of strange rows."""
    found = identify(sides(lines, app, base, **more))
    return found.rows, [row.number for row in found.fresh], [row.number for row in found.strange]


TWO = records(record("a"), record("b", count=2))


def test_by_id():
    assert who([line("b"), line("a")], TWO) == ({2: "b", 3: "a"}, [], [])


def test_the_first_of_two_keeps_the_id():
    assert who([line("a"), line("a", count=9), line("b")], TWO, table=KEYLESS) == ({2: "a", 4: "b"}, [3], [])


def test_a_copy_is_new_even_where_it_equals_a_missing_one():
    assert who([line("a"), line("a", name="b", count=2)], TWO, table=KEYLESS) == ({2: "a"}, [3], [])


def test_an_unknown_id():
    assert who([line("zz"), line("a"), line("b")], TWO) == ({3: "a", 4: "b"}, [], [2])


def test_an_unknown_id_twice_is_no_new_row():
    assert who([line("zz"), line("zz", count=9), line("a"), line("b")], TWO) == ({4: "a", 5: "b"}, [], [2, 3])


def test_erased_by_key():
    assert who([line(None, name="a", count=77), line("b")], TWO) == ({2: "a", 3: "b"}, [], [])


def test_erased_by_equality():
    assert who([line(None, name="a"), line("b")], TWO, table=KEYLESS) == ({2: "a", 3: "b"}, [], [])


def test_erased_and_changed_is_new():
    assert who([line(None, name="a", count=77), line("b")], TWO, table=KEYLESS) == ({3: "b"}, [2], [])


def test_erased_where_two_missing_ones_are_equal_is_new():
    same = records(record("a", name="x"), record("b", name="x"))
    assert who([line(None, name="x")], same, table=KEYLESS) == ({}, [2], [])


def test_two_erased_rows_equal_to_one_missing_record():
    assert who([line(None, name="a"), line(None, name="a"), line("b")], TWO, table=KEYLESS) == (
        {2: "a", 4: "b"},
        [3],
        [],
    )


def test_erased_compares_with_what_was_agreed():
    """The record has changed in the app since; the row says what both sides last held."""
    base = records(record("a", words="old"), record("b"))
    assert who([line(None, name="a", words="old")], TWO, base, table=KEYLESS)[0] == {2: "a"}


# Rows that were taken for new records, whose ids the sheet has not got: the cycle died.
BORN = {
    "n1": {"id": "n1", "site": "C1", "name": "n", "count": 5, "words": "b"},
    "n2": {"id": "n2", "site": "C1", "name": "m"},
}
ALIVE = {row_id: {**record(row_id), **row} for row_id, row in BORN.items()}


def pending(*lines):
    return who(lines, ALIVE, BORN, table=KEYLESS, pending=frozenset(BORN))


def fresh(**values):
    return line(None, **{"fixed": None, "state": None, "count": None, "words": None, **values})


def test_a_row_just_born_is_known_again():
    assert pending(fresh(name="m"), fresh(name="n", count=5, words="b")) == ({2: "n2", 3: "n1"}, [], [])


def test_a_row_just_born_and_typed_on_is_known_again():
    assert pending(fresh(name="n", count=6, words="b"), fresh(name="m", words="c")) == ({2: "n1", 3: "n2"}, [], [])


def test_the_row_itself_goes_before_one_like_it():
    rows = pending(fresh(name="n", count=7, words="b"), fresh(name="n", count=5, words="b"), fresh(name="m"))
    assert rows == ({3: "n1", 4: "n2"}, [2], [])


def test_the_row_that_bears_its_name_goes_before_one_with_as_much_in_common():
    """A copy of the row it came from, made since, stands above it; the row itself has been typed on."""
    rows = pending(fresh(name="o", count=5, words="b"), fresh(name="n", count=6, words="b"), fresh(name="m"))
    assert rows == ({3: "n1", 4: "n2"}, [2], [])


def test_a_row_unlike_any_just_born_is_new():
    assert pending(fresh(name="other", count=9, words="c"))[1:] == ([2], [])


def test_a_copy_just_born_is_known_by_its_content():
    """Its cell still bears the first one's id."""
    app = {**ALIVE, "a": record("a")}
    base = {**BORN, "a": record("a")}
    lines = [line("a"), ["a", *fresh(name="n", count=5, words="b")[1:]]]
    assert who(lines, app, base, table=KEYLESS, pending=frozenset(BORN))[0] == {2: "a", 3: "n1"}
