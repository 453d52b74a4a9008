"""Everything that people do to workbooks has the outcome of the contract: in memory, on real files, and on Google over HTTP.

The scenarios stand in tests/scenarios, by their subject; docs/anomalies.md says in words what comes of each.
"""

import sqlite3
from contextlib import closing

import pytest

from tests.scenarios.listed import SCENARIOS
from tests.scenarios.stage import places_of
from tests.sheets import counted, in_this_process

CASES = [(place, name) for name, scenario in SCENARIOS.items() for place in places_of(scenario)]


def state(office):
    """Everything that a dry run must leave alone: the whole database, and the workbooks."""
    with closing(sqlite3.connect(office.parts.database.file)) as connection:
        return list(connection.iterdump()), office.sheets.content()


@pytest.mark.parametrize(("place", "name"), CASES)
def test_scenario(place, name, offices, monkeypatch):
    """A dry run tells what a cycle does and changes nothing; the cycle does it; the next one has nothing to do."""
    monkeypatch.setattr("integrations.folder.grids_of_many", in_this_process)
    with offices.just_made(place) as office:
        story = SCENARIOS[name](office)
        next(story)
        before = state(office)
        rehearsed = office.cycle(dry=True)
        assert state(office) == before
        told = office.cycle()
        assert rehearsed == told
        with pytest.raises(StopIteration):
            story.send(told)
        matters = (office.conflicts, office.problems, office.proposals)
        again = office.cycle()
        assert counted(again), again
        assert (office.conflicts, office.problems, office.proposals) == matters
