"""The two trees of sites: order, depth, who stands under whom. Pure; built from rows, kept by whoever reads them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from operator import itemgetter
from typing import NamedTuple

from models.schema import Row


class Node(NamedTuple):
    """What the tree knows of a site."""

    code: str
    parent: str | None
    level: str
    network: str
    county: str | None
    status: str


@dataclass(frozen=True)
class Tree:
    """All sites, as code -> Node. A site whose parent is unknown stands at the top."""

    nodes: Mapping[str, Node] = field(default_factory=dict)

    @staticmethod
    def of(rows: Iterable[Row]) -> "Tree":
        """The tree of rows that have code, parent, level, network, county, status."""
        told = itemgetter(*Node._fields)
        return Tree({node.code: node for node in map(Node._make, map(told, rows))})

    @cached_property
    def children(self) -> Mapping[str | None, list[str]]:
        """Parent (None at the top) -> its children's codes in order."""
        found: dict[str | None, list[str]] = {}
        for code in sorted(self.nodes):
            parent = self.nodes[code].parent
            found.setdefault(parent if parent in self.nodes else None, []).append(code)
        return found

    @cached_property
    def depths(self) -> Mapping[str, int]:
        """Code -> depth, in tree order: depth first, siblings by code. A ring of parents is left out of the walk."""
        found: dict[str, int] = {}
        waiting = [(code, 0) for code in reversed(self.children.get(None, []))]
        while waiting:
            code, depth = waiting.pop()
            found[code] = depth
            waiting += [(child, depth + 1) for child in reversed(self.children.get(code, []))]
        return found

    @cached_property
    def order(self) -> Mapping[str, int]:
        """Code -> place in tree order."""
        return {code: place for place, code in enumerate(self.depths)}

    def subtree(self, code: str) -> Iterator[str]:
        """The site and all below it; nothing for an unknown code."""
        waiting = [code] if code in self.nodes else []
        seen = set(waiting)
        while waiting:
            here = waiting.pop()
            yield here
            fresh = [child for child in self.children.get(here, ()) if child not in seen]
            seen.update(fresh)
            waiting += fresh

    def in_county(self, county: str) -> Iterator[str]:
        """The sites of a county, in both networks."""
        return (node.code for node in self.nodes.values() if node.county == county)
