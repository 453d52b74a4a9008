"""The trees of sites, against plain recursion."""

from hypothesis import given, settings
from hypothesis import strategies as st

from models.tree import Tree


def row(code, parent=None, county=None):
    return {
        "code": code,
        "parent": parent,
        "level": "branch",
        "network": "culture",
        "county": county,
        "status": "open",
    }


def tree(*pairs):
    return Tree.of([row(*pair) for pair in pairs])


# Any site's parent is one with a smaller number, a site that is not there, or none: a forest, in any order.
forests = st.lists(st.integers(-2, 30), min_size=0, max_size=25).flatmap(
    lambda parents: st.permutations(
        [
            (f"S{place:02d}", f"S{parent:02d}" if parent < place and parent >= 0 else "GONE" if parent == -2 else None)
            for place, parent in enumerate(parents)
        ]
    )
)


def walk(pairs, parent, depth=0):
    """Depth first, siblings by code."""
    there = {code for code, _parent in pairs}
    for code in sorted(code for code, above in pairs if (above if above in there else None) == parent):
        yield code, depth
        yield from walk(pairs, code, depth + 1)


@given(forests)
@settings(max_examples=100, deadline=None)
def test_order_and_depth_are_those_of_a_walk(pairs):
    made = tree(*pairs)
    assert list(made.depths.items()) == list(walk(pairs, None))
    assert [code for code, _place in sorted(made.order.items(), key=lambda one: one[1])] == list(made.depths)


@given(forests)
@settings(max_examples=100, deadline=None)
def test_a_subtree_is_a_site_and_all_below_it(pairs):
    made = tree(*pairs)
    for code, _parent in pairs:
        assert set(made.subtree(code)) == {code, *(below for below, _depth in walk(pairs, code))}
        assert len(list(made.subtree(code))) == len(set(made.subtree(code)))


def test_an_unknown_site_has_no_subtree():
    assert list(tree(("A",)).subtree("B")) == []


def test_a_ring_of_parents_ends():
    ring = tree(("A", "B"), ("B", "A"), ("C", None))
    assert set(ring.subtree("A")) == {"A", "B"}
    assert list(ring.depths) == ["C"]


def test_a_countys_sites_are_of_every_tree():
    made = tree(("C1", None, "官渡区"), ("L1", None, "官渡区"), ("C2", None, "西山区"), ("C3", "C1", None))
    assert set(made.in_county("官渡区")) == {"C1", "L1"}
