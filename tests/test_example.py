"""The Kunming example, told from its own list of sites by other means."""

import collections
import csv
from pathlib import Path

import pytest

from models.access import CLI
from models.services import open_installation
from models.settings import settings

SHIPPED = Path(__file__).resolve().parents[1] / "models" / "shipped" / "kunming_sites.csv"


@pytest.fixture(scope="module")
def sites():
    """Code -> the row of the list."""
    with SHIPPED.open(encoding="utf-8-sig", newline="") as file:
        return {row["code"]: row for row in csv.DictReader(file)}


@pytest.fixture(scope="module")
def made(kunming):
    """The example's tables, as an administrator reads them."""
    parts = open_installation(settings({"ZONGFEN_DATA": str(kunming)}))
    with parts.database.read() as connection:
        view = parts.query.view(connection, CLI)
        tables = {table.name: view.page(table).rows for table in parts.catalog}
        warnings = view.problems(parts.catalog["plaques"], tables["plaques"])
    parts.database.close()
    return tables, warnings


def test_every_site_of_the_list_is_there(made, sites):
    tables, _warnings = made
    assert {one["code"] for one in tables["sites"]} == sites.keys()
    assert len(tables["targets"]) == 18
    for one in tables["sites"]:
        assert {name: one[name] or "" for name in sites[one["code"]]} == sites[one["code"]]


def test_every_culture_branch_and_point_has_one_plaque_with_the_right_wording(made, sites):
    tables, _warnings = made
    wanted = {}
    for code, site in sites.items():
        if site["network"] == "culture" and site["level"] in ("branch", "point"):
            words = f"{site['county']}文化馆{site['township']}分馆"
            wanted[code] = words if site["level"] == "branch" else f"{words}{site['village']}基层服务点"
    assert collections.Counter(one["site"] for one in tables["plaques"]) == collections.Counter(wanted.keys())
    assert {one["site"]: one["wording"] for one in tables["plaques"]} == wanted
    assert "官渡区文化馆官渡街道分馆" in wanted.values()


def test_branches_of_planned_halls_warn(made, sites):
    tables, warnings = made
    planned = {code for code, site in sites.items() if site["level"] == "main" and site["status"] == "planned"}
    wanted = {code for code, site in sites.items() if site["level"] == "branch" and site["parent"] in planned}
    by_id = {one["id"]: one["site"] for one in tables["plaques"]}
    assert wanted
    assert {by_id[one.row] for one in warnings} == wanted
    assert {(one.level, one.message) for one in warnings} == {("warning", "总馆待建")}


def test_activities_are_of_one_county_and_marked(made, sites):
    tables, _warnings = made
    served = {
        code for code, site in sites.items() if site["county"] == "官渡区" and site["level"] in ("branch", "point")
    }
    assert {one["site"] for one in tables["activities"]} == served
    assert all("示例" in one["title"] and "示例" in one["note"] for one in tables["activities"])
    assert {one["held_on"][:4] for one in tables["activities"]} == {"2025", "2026"}
    for one in tables["activities"]:
        assert one["starts"] < one["ends"]
        assert one["persons"] > 0
    counts = collections.Counter((one["site"], one["held_on"][:4]) for one in tables["activities"])
    assert {count for (code, _year), count in counts.items() if sites[code]["level"] == "branch"} == {12}
    assert {count for (code, _year), count in counts.items() if sites[code]["level"] == "point"} == {3}


def test_it_is_the_same_every_time(made, run):
    """What is invented, and not the ids."""
    tables, _warnings = made
    assert run("init", "--example", "kunming").status == 0
    assert run("export", "activities", "a.csv", "--headers", "name").status == 0
    with Path("a.csv").open(encoding="utf-8-sig", newline="") as file:
        again = [
            (row["site"], row["held_on"], row["title"], row["persons"], row["place"]) for row in csv.DictReader(file)
        ]
    first = [
        (one["site"], one["held_on"], one["title"], str(one["persons"]), one["place"]) for one in tables["activities"]
    ]
    assert sorted(again) == sorted(first)


def test_a_workbook_for_every_open_branch_and_hall(example, run, sites, tmp_path):
    """182 of them, by their names; the second cycle is a quiet one."""
    told = run("sync", "--json")
    assert (told.json["workbooks"], told.json["written"], told.json["stopped"]) == (182, 182, 0)
    names = {}
    for code, site in sites.items():
        if site["status"] == "built" and site["level"] in ("main", "branch"):
            network = {"culture": "文化馆", "library": "图书馆"}[site["network"]]
            branch = f"{site['county']}{network}{site['township']}分馆"
            names[code] = f"{code} {branch if site['level'] == 'branch' else site['name']}.xlsx"
    assert {path.name for path in (tmp_path / "data" / "sheets").glob("*.xlsx")} == set(names.values())
    again = run("sync", "--json").json
    assert [again[name] for name in ("workbooks", "read", "written", "cells_in", "cells_out")] == [182, 0, 0, 0, 0]
