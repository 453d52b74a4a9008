"""Cycles over Google Sheets that are ended by SIGKILL: the next one finishes the work, whichever call was the last."""

import shutil

import pytest

from tests.google.server import serve
from tests.histories import anew
from tests.killing import build_city, run_kills
from tests.mortal import KILLED, mortals
from tests.sheets import build, counted
from tests.test_agreed import WITHOUT_A_KILL, everything_at_once, told
from tests.test_google_histories import in_google


@pytest.fixture(scope="module")
def prepared(sqlite_template, tmp_path_factory):
    """(an office with all sorts of things for a cycle to do, what puts it back, where its cycles may die)."""
    data = tmp_path_factory.mktemp("kills") / "data"
    data.mkdir()
    shutil.copy(sqlite_template, data / "zongfen.db")
    with serve() as (state, address):
        office = in_google(state, address, data)
        build(office.parts)
        office.cycle()
        everything_at_once(office)
        office.parts.database.close()
        kept, there = shutil.copytree(data, data.parent / "kept"), state.kept()

        def put_back():
            office.parts.database.close()
            shutil.rmtree(data)
            shutil.copytree(kept, data)
            office.parts = anew(office.parts)
            state.go_back(there)

        with mortals(office) as cycles:
            yield office, put_back, cycles
        office.parts.database.close()


def test_killed_after_each_call(prepared):
    """From the first to the last that such a cycle makes."""
    office, put_back, cycles = prepared
    kinds = []
    for call in range(1, 100):
        put_back()
        ended = cycles.cycle(call=call)
        kinds.append([one.kind for one in office.sheets.state.calls][-1])
        office.cycle()
        assert told(office) == WITHOUT_A_KILL, call
        again = office.cycle()
        assert counted(again), again
        if ended == 0:
            break
        assert ended == KILLED
    assert set(kinds) == {"drive", "read", "write"}
    assert len(kinds) > 6


@pytest.mark.nightly
def test_killed_at_random_moments(sqlite_template, tmp_path):
    """Set ZONGFEN_KILLS to the number of kills, ZONGFEN_KILLS_SEED to a seed that was printed."""

    def made(name, server):
        data = tmp_path / name
        data.mkdir()
        shutil.copy(sqlite_template, data / "zongfen.db")
        office = in_google(*server, data)
        build_city(office.parts)
        office.cycle()
        return office

    with serve() as one, serve() as other:
        run_kills(made("killed", one), made("twin", other))
