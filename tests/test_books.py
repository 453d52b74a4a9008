"""What is kept of each workbook comes back as it was kept; what many have alike is kept once, and not for ever."""

import sqlalchemy as sa

from integrations.books import FINE, Book, all_books, books, keep_book, layouts

LAID = {"sites": {"name": "馆点名称", "head": "站长"}, "activities": {"title": "活动名称"}}
LESS = {"sites": {"name": "馆点名称"}}
ONE = Book(
    "A",
    "甲馆",
    "甲.xlsx",
    "1 2 3\n[]",
    FINE,
    digest="d",
    remarks={"sites": ("必填",)},
    cycled_at="2026-06-15T04:00:00.000Z",
    cells_in=1,
    cells_out=2,
    paused=True,
    laid=LAID,
    released_by=3,
    gone={"sites": ("b2", "b3")},
)


def kept(parts, *some):
    with parts.database.write() as connection:
        for one in some:
            keep_book(connection, one)
        return all_books(connection), len(connection.execute(sa.select(layouts)).all())


def test_as_it_was_kept(parts):
    bare = Book("B", "乙馆", "", "", FINE)
    assert kept(parts, ONE, bare)[0] == {"A": ONE, "B": bare}


def test_a_layout_that_many_have_is_kept_once_and_goes_with_the_last_of_them(parts):
    many = [ONE._replace(code=code) for code in "ABC"]
    assert kept(parts, *many)[1] == 1
    changed = [one._replace(laid=LESS) for one in many]
    assert kept(parts, changed[0]) == ({"A": changed[0], "B": many[1], "C": many[2]}, 2)
    kept(parts, *changed[1:])
    found, layouts_left = kept(parts, ONE._replace(laid={}))
    assert (found["A"].laid, found["B"].laid, layouts_left) == ({}, LESS, 2)


def test_a_workbook_kept_by_an_older_version_has_its_layout_in_itself(parts):
    kept(parts, ONE)
    with parts.database.write() as connection:
        connection.execute(sa.update(books).values(layout=None, laid='{"sites":{"name":"馆点名称"}}'))
        connection.execute(sa.delete(layouts))
        assert all_books(connection) == {"A": ONE._replace(laid=LESS)}
