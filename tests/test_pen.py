"""Who may write into a shared folder: the installation that did, from where it lives, and none of its older states."""

import shutil

import pytest

from integrations.folder import LEASE
from integrations.pen import Held
from models.services import Services
from models.settings import settings
from models.store import Store
from tests.conftest import NOW
from tests.sheets import PERSONS, InFolder, Office, build, in_this_process, quiet

DATABASES = ("sqlite",)


@pytest.fixture
def office(parts, tmp_path, monkeypatch):
    """An office with a data folder of its own, whose workbooks have just been made."""
    monkeypatch.setattr("integrations.folder.grids_of_many", in_this_process)
    build(parts)
    made = Office(parts, InFolder(tmp_path / "sheets"))
    made.cycle()
    return made


def elsewhere(office, tmp_path):
    """A copy of the installation in another folder."""
    data = tmp_path / "copy"
    shutil.copytree(office.parts.settings.data, data)
    parts = office.parts
    told = settings({"ZONGFEN_DATA": str(data), "ZONGFEN_SHEETS": str(office.sheets.root)})
    database = type(parts.database)(told.database_url)
    store = Store(database, parts.catalog, lambda: NOW)
    return Office(
        Services(told, database, parts.catalog, store, type(parts.query)(database, parts.catalog)), office.sheets
    )


def test_a_copy_elsewhere_is_held_until_told(office, tmp_path):
    copy = elsewhere(office, tmp_path)
    with pytest.raises(Held, match="副本"):
        copy.cycle()
    with pytest.raises(Held):
        copy.cycle(dry=True)
    quiet(office)
    copy.cycle(take_over=True)
    quiet(copy)
    with pytest.raises(Held, match=r"新|换了地方"):
        office.cycle()
    copy.parts.database.close()


def test_an_older_backup_is_held_until_told(office):
    data = office.parts.settings.data
    backup = {one: one.read_bytes() for one in data.iterdir()}
    with office.paper() as paper:
        paper.set(paper.of("a1"), PERSONS, 50)
    office.change("activities", "a2", title="改")
    office.cycle()
    office.parts.database.close()
    for one in data.iterdir():
        one.unlink()
    for one, content in backup.items():
        one.write_bytes(content)
    with pytest.raises(Held, match="旧的备份"):
        office.cycle()
    told = office.cycle(take_over=True)
    assert told["cells_in"] == 2  # what had been agreed since comes back from the sheets
    assert office.record("activities", "a1")["persons"] == 50
    quiet(office)


def test_another_installation_s_folder_is_held(office):
    lease = office.sheets.root / LEASE
    lease.write_text(lease.read_text().replace('"installation":"', '"installation":"x'))
    with pytest.raises(Held, match="另一套台账"):
        office.cycle()


@pytest.mark.parametrize("text", ["", "{}", "[1]", "\0", '{"installation": 1}'])
def test_a_sign_that_cannot_be_read_holds(office, text):
    (office.sheets.root / LEASE).write_text(text)
    with pytest.raises(Held):
        office.cycle()
    office.cycle(take_over=True)
    quiet(office)


def test_the_counter_goes_up_with_writing_cycles_alone(office):
    first = office.sheets.backend.lease().counter
    quiet(office)
    assert office.sheets.backend.lease().counter == first
    office.change("activities", "a1", title="改")
    office.cycle()
    assert office.sheets.backend.lease().counter == first + 1
