"""Histories on grids in memory: the merge at its fastest. See tests/histories.py."""

import os
import shutil
from contextlib import contextmanager

import pytest

from integrations.backend import NotNow
from tests.histories import Beginning, Place, office_over, run_histories
from tests.sheets import BRANCH, Memory, build

EXAMPLES = int(os.environ.get("ZONGFEN_HISTORIES", "300"))


def refused(call):
    """A call that the place refuses for the moment: of reading, every workbook."""

    @contextmanager
    def refusing(office):
        def read(seen):
            return {one.place: NotNow(one.place) for one in seen}

        def write(seen, _edits):
            raise NotNow(seen.place)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(office.sheets, call, read if call == "read" else write)
            yield

    return refusing


def hold(office, held):
    office.sheets.held = {BRANCH} if held else set()


def test_histories(sqlite_template, tmp_path):
    """Set ZONGFEN_HISTORIES to the number of histories."""
    shutil.copy(sqlite_template, tmp_path / "zongfen.db")
    first = office_over(tmp_path, Memory())
    build(first.parts, events=8)
    first.cycle()
    beginning = Beginning(first.parts)
    place = Place(
        begin=lambda: beginning.again(first.sheets.twin()),
        faults={"unread": refused("read"), "unwritten": refused("write")},
        hold=hold,
    )
    run_histories(place, EXAMPLES, 30)
    beginning.close()
