"""The documents: what is generated is what is committed, links lead somewhere, and what the app has is written down."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import run as bench
from docs import make
from docs.commands import commands
from models.catalog import catalog

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted(
    path.relative_to(ROOT).as_posix()
    for path in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "benchmarks").glob("*.md"))
)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$|<a id=\"([^\"]+)\">", re.MULTILINE)
FENCE = re.compile(r"```(?:sh|bat)\n(.*?)```", re.DOTALL)
COMMAND = re.compile(r"app\.py ([a-z][^#`\n]*)")
PICTURE_LIMIT = 200 * 1024


def text_of(page: str) -> str:
    return (ROOT / page).read_text("utf-8")


def anchors(page: str) -> set[str]:
    """What can be linked to in a page, as GitHub names headings."""
    found = set()
    for heading, name in HEADING.findall(text_of(page)):
        found.add(name or re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-"))
    return found


@pytest.mark.parametrize("page", make.PAGES)
def test_a_generated_page_is_what_would_be_generated(page):
    assert text_of(page) == make.PAGES[page](), "run make docs"


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_to_files_and_headings(page):
    for told in LINK.findall(text_of(page)):
        path, _hash, anchor = told.partition("#")
        assert not told.startswith(("http:", "/")), f"{page}: {told}"
        target = (ROOT / page).parent / path if path else ROOT / page
        assert target.exists(), f"{page}: {told}"
        if anchor:
            assert anchor in anchors(target.resolve().relative_to(ROOT).as_posix()), f"{page}: {told}"


def test_every_page_is_reached_from_the_readme():
    reached, waiting = set(), ["README.md"]
    while waiting:
        page = waiting.pop()
        reached.add(page)
        targets = (
            os.path.relpath((ROOT / page).parent / told.partition("#")[0], ROOT) for told in LINK.findall(text_of(page))
        )
        waiting += [one for one in targets if one.endswith(".md") and one not in reached and one not in waiting]
    assert reached == set(PAGES)


def test_the_readmes_are_twins():
    english, chinese = text_of("README.md"), text_of("README.zh.md")
    shape = [re.compile(pattern, re.MULTILINE) for pattern in (r"^#+ ", r"^\|", r"^- ", r"`ZONGFEN_\w+`", r"^```\w*")]
    assert [len(one.findall(english)) for one in shape] == [len(one.findall(chinese)) for one in shape]
    links = [{told.partition("#")[0] for told in LINK.findall(text)} for text in (english, chinese)]
    assert links[0] - {"README.zh.md"} == links[1] - {"README.md"}


# ---- nothing is left out


def test_every_command_and_option_is_written_down():
    text = text_of("docs/commands.md")
    for command in commands():
        assert f"## `{command.words}" in text
        section = text.split(f"## `{command.usage}`\n")[1].split("\n## ")[0]
        for one in command.parameters:
            assert one.name.replace("|", "\\|") in section


def test_the_help_of_a_command_is_what_the_page_says():
    ran = subprocess.run(
        [sys.executable, "app.py", "import", "--help"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    told = next(one for one in commands() if one.words == "import")
    printed = re.sub(r"\s+", "", ran.stdout)
    assert re.sub(r"\s+", "", told.help) in printed
    assert all(one.name.split()[0] in printed for one in told.parameters)


def test_every_table_and_field_is_in_the_dictionary():
    text = text_of("docs/data-dictionary.md")
    for table in catalog():
        section = text.split(f"## `{table.name}` ")[1].split("\n## ")[0]
        assert table.label in section.splitlines()[0]
        for one in table.fields:
            assert f"| `{one.name}`" in section
            assert one.label in section


def test_every_setting_is_in_the_readme():
    read = set(re.findall(r"\"(ZONGFEN_\w+)\"", text_of("models/settings.py")))
    told = set(re.findall(r"^\| `(ZONGFEN_\w+)` \|", text_of("README.md"), re.MULTILINE))
    assert told == read


def test_every_benchmark_is_explained():
    text = text_of("benchmarks/README.md")
    assert all(f"`{name}.py`" in text for name in bench.names())


# ---- what is written down is there


def test_make_commands_are_in_the_makefile():
    targets = set(re.findall(r"^([a-z]+):", text_of("Makefile"), re.MULTILINE))
    for page in PAGES:
        for block in FENCE.findall(text_of(page)):
            assert set(re.findall(r"^make (\w+)", block, re.MULTILINE)) <= targets, page


@pytest.mark.parametrize("page", [page for page in PAGES if page != "docs/commands.md"])
def test_commands_in_pages_exist(page):
    """The words, the options and the choices of a command that a page shows are the app's own."""
    known = sorted(commands(), key=lambda one: -len(one.words.split()))
    for told in COMMAND.findall(text_of(page)):
        words = told.split()
        command = next((one for one in known if words[: len(one.words.split())] == one.words.split()), None)
        assert command, f"{page}: {told}"
        options = {one.name.split()[0] for one in command.parameters} | {"--as", "--help"}
        assert {word.partition("=")[0] for word in words if word.startswith("--")} <= options, f"{page}: {told}"


def test_pictures_are_there_and_small():
    shown = {
        ((ROOT / page).parent / told).resolve()
        for page in PAGES
        for told in re.findall(r"!\[[^\]]*\]\(([^)]+)\)", text_of(page))
    }
    kept = set((ROOT / "docs" / "pictures").glob("*.png"))
    assert shown == kept
    assert all(path.stat().st_size <= PICTURE_LIMIT for path in kept)


def test_no_page_names_a_place_of_the_workshop():
    for page in (*PAGES, "NOTICE"):
        assert not re.search(r"/work/|/farm/|pypi|index-url", text_of(page)), page
