"""Making an installation, in its own folder or in a database elsewhere, and what is said where there is none."""

import pytest

from tests.world import FEW, csv_file

PASSWORD = "Correct-Horse-7"


def test_init_makes_a_folder_and_touches_none_that_is_there(run, tmp_path):
    data = tmp_path / "data"
    data.mkdir()
    (data / "kept.txt").write_text("mine", encoding="utf-8")
    ran = run("init", "--json")
    assert (ran.status, ran.json) == (0, {"data": str(data), "example": "empty"})
    before = (data / "zongfen.db").read_bytes()
    assert run("init", "--example", "kunming").status == 2
    assert run("init", "--admin", "boss", "--password-stdin", stdin=f"{PASSWORD}\n").status == 2
    assert (data / "zongfen.db").read_bytes() == before
    assert (data / "kept.txt").read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize("password", ["short", "1234567890", "boss", "", "x" * 129])
def test_a_weak_password_stops_init_before_anything_is_made(run, tmp_path, password):
    ran = run("init", "--admin", "boss", "--password-stdin", "--json", stdin=f"{password}\n")
    assert (ran.status, set(ran.json)) == (2, {"error"})
    assert not (tmp_path / "data" / "zongfen.db").exists()


def test_init_asks_for_a_password_where_it_names_an_admin(run):
    assert run("init", "--admin", "boss").status == 2


def test_an_installation_may_lie_in_postgres(run, tmp_path, monkeypatch, empty_postgres):
    monkeypatch.setenv("ZONGFEN_DATABASE_URL", empty_postgres)
    assert run("export", "sites", tmp_path / "x.csv").status == 2
    assert run("init").status == 0
    assert run("init").status == 2
    assert run("import", "sites", csv_file(tmp_path / "sites.csv", FEW), "--json").json["added"] == 5
    assert run("export", "sites", tmp_path / "x.csv", "--json").json["rows"] == 5


def test_an_installation_may_lie_in_another_file(run, tmp_path, monkeypatch):
    monkeypatch.setenv("ZONGFEN_DATABASE_URL", f"sqlite:///{tmp_path / 'elsewhere.db'}")
    assert run("export", "sites", tmp_path / "x.csv").status == 2
    assert not (tmp_path / "elsewhere.db").exists()
    assert run("init").status == 0
    assert run("export", "sites", tmp_path / "x.csv").status == 0


BROKEN = {
    "no database": lambda data: (data / "zongfen.db").write_bytes(b"no database at all" * 100),
    "an empty file": lambda data: (data / "zongfen.db").write_bytes(b""),
    "a folder": lambda data: (data / "zongfen.db").mkdir(),
}


@pytest.mark.parametrize("spoil", BROKEN.values(), ids=BROKEN)
def test_a_database_that_is_none_is_told(run, tmp_path, spoil):
    (tmp_path / "data").mkdir()
    spoil(tmp_path / "data")
    ran = run("export", "sites", tmp_path / "x.csv", "--json")
    assert (ran.status, set(ran.json)) == (2, {"error"})


@pytest.mark.parametrize("url", ["zongfen", "postgresql://nobody:secret@localhost:1/none?connect_timeout=1"])
def test_a_database_that_does_not_answer_is_told(run, tmp_path, monkeypatch, url):
    monkeypatch.setenv("ZONGFEN_DATABASE_URL", url)
    for arguments in (["export", "sites", tmp_path / "x.csv"], ["init"]):
        ran = run(*arguments, "--json")
        assert (ran.status, set(ran.json)) == (2, {"error"})
        assert "secret" not in ran.out + ran.err


def test_a_data_folder_that_is_a_file_is_told(run, tmp_path):
    (tmp_path / "data").write_text("", encoding="utf-8")
    ran = run("init", "--json")
    assert (ran.status, set(ran.json)) == (2, {"error"})
