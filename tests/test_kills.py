"""Cycles over a folder that are ended by SIGKILL: the next one finishes the work, whatever the step was."""

import shutil

import pytest

from tests.histories import anew, office_over
from tests.killing import build_city, run_kills
from tests.mortal import HALF, KILLED, mortals
from tests.sheets import InFolder, build, counted, in_this_process
from tests.test_agreed import STEPS, WITHOUT_A_KILL, everything_at_once, told


@pytest.fixture(scope="module")
def prepared(sqlite_template, tmp_path_factory):
    """(an office with all sorts of things for a cycle to do, what puts it back, where its cycles may die)."""
    data = tmp_path_factory.mktemp("kills") / "data"
    data.mkdir()
    shutil.copy(sqlite_template, data / "zongfen.db")
    office = office_over(data, InFolder(data / "sheets"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("integrations.folder.grids_of_many", in_this_process)
        build(office.parts)
        office.cycle()
        everything_at_once(office)
        office.parts.database.close()
        kept = shutil.copytree(data, data.parent / "kept")

        def put_back():
            office.parts.database.close()
            shutil.rmtree(data)
            shutil.copytree(kept, data)
            office.parts = anew(office.parts)

        with mortals(office) as cycles:
            yield office, put_back, cycles
    office.parts.database.close()


@pytest.mark.parametrize("step", [*STEPS, *HALF])
def test_killed_at_a_step(prepared, step):
    office, put_back, cycles = prepared
    put_back()
    assert cycles.cycle(step=step) == KILLED
    if step in HALF:
        assert list(office.sheets.root.glob(".zongfen-*"))
    office.cycle()
    assert told(office) == WITHOUT_A_KILL
    assert not list(office.sheets.root.glob(".zongfen-*"))
    again = office.cycle()
    assert counted(again), again


def test_not_killed(prepared):
    """What the others are measured against is what a cycle in such a process leaves."""
    office, put_back, cycles = prepared
    put_back()
    assert cycles.cycle() == 0
    assert told(office) == WITHOUT_A_KILL


@pytest.mark.nightly
def test_killed_at_random_moments(sqlite_template, tmp_path, monkeypatch):
    """Set ZONGFEN_KILLS to the number of kills, ZONGFEN_KILLS_SEED to a seed that was printed."""
    monkeypatch.setattr("integrations.folder.grids_of_many", in_this_process)

    def made(name):
        data = tmp_path / name
        data.mkdir()
        shutil.copy(sqlite_template, data / "zongfen.db")
        office = office_over(data, InFolder(data / "sheets"))
        build_city(office.parts)
        office.cycle()
        return office

    run_kills(made("killed"), made("twin"))
