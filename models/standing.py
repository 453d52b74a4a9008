"""How the network stands: built against the official targets, plaques hung, months checked. Pure: values in, numbers out."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from models.registry import NETWORKS, OPEN
from models.schema import Row
from models.tree import Node

COUNTED = {"main": "main_halls", "branch": "branches", "point": "points"}  # level -> the target's field
TARGETED = "culture"  # Annex 2 counts 文化馆, 文化站 and 综合文化服务中心: what it asks is asked of this network
STEPS = (50, 75, 90, 100)  # percent from which a cell is h2, h3, h4, h5


@dataclass(frozen=True)
class Tally:
    """How many of one level are built, and how many should be; `wanted` is None where no target is known."""

    built: int = 0
    wanted: int | None = None

    @property
    def gap(self) -> int | None:
        return None if self.wanted is None else self.built - self.wanted

    @property
    def short(self) -> int:
        """How many are lacking; 0 where there are enough, or where none are asked for."""
        return max(0, -(self.gap or 0))


@dataclass(frozen=True)
class Place:
    """One county or zone. `planned` main halls are in the register and not yet built."""

    county: str
    levels: Mapping[str, Tally]
    planned: int = 0
    hung: int = 0
    plaques: int = 0

    @property
    def awaits_hall(self) -> bool:
        """Whether its main hall is still to be built."""
        return self.planned > 0 and not self.levels["main"].built


@dataclass(frozen=True)
class Standing:
    """One network, county by county."""

    network: str
    places: tuple[Place, ...]

    @property
    def has_targets(self) -> bool:
        return any(one.wanted is not None for place in self.places for one in place.levels.values())

    def total(self, level: str) -> Tally:
        """All counties together."""
        known = [place.levels[level] for place in self.places]
        wanted = [one.wanted for one in known if one.wanted is not None]
        return Tally(sum(one.built for one in known), sum(wanted) if wanted else None)

    @property
    def planned(self) -> int:
        return sum(place.planned for place in self.places)

    @property
    def hung(self) -> int:
        return sum(place.hung for place in self.places)

    @property
    def plaques(self) -> int:
        return sum(place.plaques for place in self.places)

    @property
    def missing(self) -> list[tuple[str, str, int]]:
        """(county, level, how many) of every shortfall: a surplus elsewhere hides none of them."""
        return [
            (place.county, level, place.levels[level].short)
            for level in COUNTED
            for place in self.places
            if place.levels[level].short
        ]


def standings(
    nodes: Iterable[Node], targets: Sequence[Row], plaques: Mapping[str, tuple[int, int]] | None = None
) -> list[Standing]:
    """How each network stands that has a site among these.

    nodes: the sites that the reader may see, in tree order. targets: rows of `targets`. plaques: site -> (hung, all).
    """
    by_network: dict[str, list[Node]] = {}
    for node in nodes:
        if node.level in COUNTED:
            by_network.setdefault(node.network, []).append(node)
    asked = sorted(targets, key=lambda row: (row.get("seq") is None, row.get("seq"), str(row.get("county"))))
    return [
        standing(network.code, by_network[network.code], asked if network.code == TARGETED else (), plaques or {})
        for network in NETWORKS
        if network.code in by_network
    ]


def standing(
    network: str, nodes: Sequence[Node], targets: Sequence[Row], plaques: Mapping[str, tuple[int, int]]
) -> Standing:
    """One network. Counties come in the order of the targets, then those without one in the order of their sites."""
    wanted = {str(row["county"]): row for row in targets}
    of_county: dict[str, list[Node]] = {county: [] for county in wanted}
    for node in nodes:
        of_county.setdefault(node.county or "", []).append(node)
    return Standing(network, tuple(place(name, some, wanted.get(name), plaques) for name, some in of_county.items()))


def place(county: str, nodes: Sequence[Node], target: Row | None, plaques: Mapping[str, tuple[int, int]]) -> Place:
    """One county of one network."""
    built = [node.level for node in nodes if node.status in OPEN]
    levels = {
        level: Tally(built.count(level), None if target is None else whole(target.get(name)))
        for level, name in COUNTED.items()
    }
    planned = sum(node.level == "main" and node.status in ("planned", "building") for node in nodes)
    mine = [plaques[node.code] for node in nodes if node.code in plaques]
    return Place(county, levels, planned, sum(hung for hung, _all in mine), sum(every for _hung, every in mine))


def whole(value: Any) -> int | None:
    return value if isinstance(value, int) else None


def differences(declared: Mapping[str, int | float], targets: Sequence[Row]) -> dict[str, tuple[int | float, int]]:
    """Field -> (what the file's own total row says, what its rows add up to), where the two differ."""
    found = {}
    for name, told in declared.items():
        ours = sum(whole(row.get(name)) or 0 for row in targets)
        if told != ours:
            found[name] = (told, ours)
    return found


# ---------------------------------------------------------------- months


@dataclass(frozen=True)
class Strip:
    """A line a branch (or county), a cell a month: (filled in, all) of its checks; None where it has none."""

    months: tuple[str, ...]
    lines: Mapping[str, tuple[tuple[int, int] | None, ...]] = field(default_factory=dict)

    @property
    def last(self) -> tuple[int, int]:
        """(filled in, all) of the last month, all lines together."""
        cells = [cells[-1] for cells in self.lines.values() if cells[-1]]
        return sum(done for done, _all in cells), sum(every for _done, every in cells)


def strip(counts: Mapping[tuple[Any, ...], int], line_of: Mapping[str, str], today: str, length: int = 12) -> Strip:
    """The strip of the months that end with this one, or with the last that has checks.

    counts: (site, month, status) -> how many. line_of: site -> its line, in the order of the lines.
    """
    known = sorted({month for site, month, _status in counts if site in line_of})
    if not known:
        return Strip(())
    until = [month for month in known if month <= today[:7]] or known[:1]
    months = months_to(until[-1], length)
    columns = {month: number for number, month in enumerate(months)}
    lines: dict[str, list[list[int]]] = {}
    for (site, month, status), count in counts.items():
        if site in line_of and month in columns:
            cell = lines.setdefault(line_of[site], [[0, 0] for _month in months])[columns[month]]
            cell[0] += count if status not in (None, "empty") else 0
            cell[1] += count
    told = {name: tuple((done, every) if every else None for done, every in cells) for name, cells in lines.items()}
    return Strip(months, {name: told[name] for name in dict.fromkeys(line_of.values()) if name in told})


def months_to(last: str, length: int) -> tuple[str, ...]:
    """So many months, the last one being 2026-11."""
    end = int(last[:4]) * 12 + int(last[5:7]) - 1
    return tuple(f"{number // 12:04d}-{number % 12 + 1:02d}" for number in range(end - length + 1, end + 1))


def percent(done: int, every: int) -> int:
    """A share as it is shown: 100 is all of it, 0 none; never rounded up to all."""
    return done * 100 // every


def step(share: int) -> int:
    """Which of h1 … h5 a percentage is painted in."""
    return 1 + sum(share >= least for least in STEPS)


def branch_of(nodes: Mapping[str, Node], code: str) -> str:
    """The branch that a site belongs to; itself where there is none above it."""
    here, seen = nodes[code], {code}
    while here.level != "branch" and here.parent in nodes and here.parent not in seen:
        here = nodes[here.parent]
        seen.add(here.code)
    return here.code if here.level == "branch" else code
