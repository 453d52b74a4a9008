"""One script of many: what it offers is what its parts would."""

from graphlib import CycleError

import pytest

from pages.own_files import ROOT, STATIC, WHOLE, Unjoinable, addresses, joined, stamp

LEAF = "const SAME = 1;\n\nexport const one = () => SAME;\n"
BRANCH = (
    'import * as Ag from "elsewhere";\nimport { one as first } from "./leaf.js";\n\nconst SAME = 2;\n\n'
    "export class Two {\n  sum() {\n    return first() + SAME + Ag.three;\n  }\n}\n"
)
ENTRY = (
    '// import { nothing } from "./nowhere.js";\nimport * as Ag from "elsewhere";\nimport { Two } from "./branch.js";\n'
    'import { one } from "./leaf.js";\n\nexport async function four() {\n  return new Two().sum() + one();\n}\n'
)


@pytest.fixture
def folder(tmp_path):
    for name, text in {"leaf": LEAF, "branch": BRANCH, "entry": ENTRY}.items():
        (tmp_path / f"{name}.js").write_text(text, "utf-8")
    return tmp_path


def test_each_comes_once_after_what_it_needs_with_names_of_its_own(folder):
    assert joined(folder, "entry") == (
        'import * as Ag from "elsewhere";\n'
        "const $leaf = (() => {\nconst SAME = 1;\n\nconst one = () => SAME;\n\nreturn { one };\n})();\n"
        "const $branch = (() => {\n\nconst { one: first } = $leaf;\n\nconst SAME = 2;\n\n"
        "class Two {\n  sum() {\n    return first() + SAME + Ag.three;\n  }\n}\n\nreturn { Two };\n})();\n"
        'const $entry = (() => {\n// import { nothing } from "./nowhere.js";\n\nconst { Two } = $branch;\n'
        "const { one } = $leaf;\n\nasync function four() {\n  return new Two().sum() + one();\n}\n\n"
        "return { four };\n})();\n"
        "export const { four } = $entry;\n"
    )


@pytest.mark.parametrize(
    "line",
    [
        "export default {};",
        'import one from "./leaf.js";',
        'import { one } from "/static/leaf.js";',
        'export { one } from "./leaf.js";',
    ],
)
def test_a_form_that_is_not_joined_is_told(folder, line):
    (folder / "entry.js").write_text(f"{line}\n", "utf-8")
    with pytest.raises(Unjoinable, match=r"^entry\.js: "):
        joined(folder, "entry")


def test_scripts_that_need_each_other_are_told(folder):
    (folder / "leaf.js").write_text('import { four } from "./entry.js";\n', "utf-8")
    with pytest.raises(CycleError):
        joined(folder, "entry")


def test_an_address_changes_with_the_files(monkeypatch, folder):
    monkeypatch.setattr("pages.own_files.STATIC", folder)
    before = stamp()
    assert before == stamp() != ROOT.rpartition("/")[2]
    (folder / "leaf.js").write_text(LEAF.replace("1", "3"), "utf-8")
    assert stamp() != before


@pytest.mark.parametrize("name", WHOLE)
def test_a_whole_script_is_where_pages_look_for_it(name):
    assert addresses()[f"zongfen/{name}.js"] == f"{ROOT}/whole/{name}.js"
    assert f"export const {{ {'Sheet' if name == 'sheet' else 'CheckForm'} }} = ${name};" in joined(STATIC, name)
