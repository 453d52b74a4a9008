"""The score sheets of all sites of the example in one PDF: ours beside the same sheets made with Typst, in one run.

Typst comes as a wheel into an environment of its own that is thrown away; where it is not to be had, this fails. It is
told how many pages each sheet has and on which it begins, which it would else have to find out, and makes no tags; both
sides have the same figures, texts and fonts.
"""

import json
import os
import random
import subprocess
import sys
import tempfile
import time
import venv
from dataclasses import replace
from pathlib import Path

from commands.base import Context, current
from commands.main import main as command
from exports.score_sheets import SIGNERS, printed
from exports.scoring import STEPS, Sheet, grades_told, points, sheets_of
from exports.typefaces import FONTS, typefaces
from models.access import CLI

WHEEL = "typst==0.15.2"
YEAR = 2026
PAGES = 3  # of every sheet of the example, on both sides

CHILD = """
import sys, time, typst
start, busy = time.perf_counter(), time.process_time()
typst.compile(sys.argv[1], output=sys.argv[2], font_paths=[sys.argv[3]], ignore_system_fonts=True, pdf_tags=False)
print(time.perf_counter() - start, time.process_time() - busy)
"""

TEMPLATE = """
#let data = json("sheets.json")
#set page(paper: "a4", margin: (top: 37mm, right: 26mm, bottom: 35mm, left: 28mm), footer-descent: 8mm)
#set text(font: "Noto Serif SC", size: 10.5pt, lang: "zh")
#set par(leading: 3.5pt)
#let small(body) = text(size: 9pt, body)
#let block-of(form, sheet) = {
  let cells = ()
  let number = 0
  for dimension in form.dimensions {
    cells.push(table.cell(rowspan: dimension.rows.len(), breakable: false, align: center + horizon,
      strong(dimension.label)))
    for row in dimension.rows {
      number += 1
      cells.push(table.cell(align: center + horizon, str(number)))
      cells.push(table.cell(align: left + horizon, row.label))
      cells.push(table.cell(align: center + horizon, row.full))
      let given = sheet.scores.at(row.code, default: ("", "", "", ""))
      for (place, score) in given.enumerate() {
        cells.push(table.cell(align: center + horizon, if place == 3 { strong(score) } else { score }))
      }
      cells.push(table.cell(align: left + horizon, small(row.basis)))
    }
  }
  table(
    columns: (14mm, 8mm, 44.5mm, 10mm, 11.5mm, 11.5mm, 14mm, 11.5mm, 31mm),
    stroke: 0.5pt, inset: (x: 1.2mm, y: 2.1mm),
    table.header(..data.headings.map(one => table.cell(align: center + horizon,
      text(font: "Noto Sans SC", weight: "bold", one)))),
    ..cells,
  )
}
#for sheet in data.sheets {
  let form = data.forms.at(sheet.form)
  set page(footer: context {
    let page = here().page() - sheet.before
    set text(size: 12pt)
    align(if calc.odd(page) { right } else { left })[第 #page 页　共 #sheet.pages 页]
  })
  align(center, text(size: 22pt, weight: "bold")[#(sheet.hall)总分馆制 \\ 绩效评估打分表])
  text(size: 12pt, grid(columns: (1fr, auto), row-gutter: 6pt,
    ..sheet.meta.flatten()))
  block-of(form, sheet)
  table(columns: (1fr,) * 4, align: center, ..sheet.sums.map(one => [#one.at(0) \\
    #text(size: 16pt, weight: "bold", one.at(1))]))
  small[#form.vetoes \\ #form.rules]
  grid(columns: (1fr, 1fr), ..data.signers.map(one => block(height: 66mm, breakable: false,
    text(size: 12pt)[#one.at(0) #v(1fr) #one.at(1) \\ 　　　　年　　月　　日])))
  pagebreak(weak: true)
}
"""


def scored(sheet: Sheet, chance: random.Random) -> Sheet:
    """The sheet with figures in every column."""
    scores = {}
    for one in sheet.form.indicators:
        value = round(one.full * chance.choice((1, 0.9, 0.85, 0.77)), 2)
        scores[one.code] = {step: value for step in STEPS if chance.random() < 0.9}
    return replace(sheet, blank=False, scores=scores)


def told(sheets: list[Sheet]) -> dict[str, object]:
    """The sheets as Typst reads them."""
    forms = list(dict.fromkeys(sheet.form for sheet in sheets))
    return {
        "headings": ["维度", "序", "评估指标", "满分", "自评", "算得", "总馆评", "定分", "依据材料"],
        "signers": SIGNERS,
        "forms": [
            {
                "rules": grades_told(form),
                "vetoes": "　".join(f"□{label}" for _code, label in form.vetoes),
                "dimensions": [
                    {
                        "label": dimension,
                        "rows": [
                            {"code": one.code, "label": one.label, "full": f"{one.full:g}", "basis": one.basis}
                            for one in indicators
                        ],
                    }
                    for dimension, indicators in form.dimensions.items()
                ],
            }
            for form in forms
        ],
        "sheets": [
            {
                "hall": sheet.hall,
                "form": forms.index(sheet.form),
                "pages": PAGES,
                "before": PAGES * place,
                "meta": [
                    [f"被评单位：{sheet.unit}", ""],
                    [f"馆点名称：{sheet.name}", f"编码：{sheet.code}"],
                    [f"评估年度：{sheet.year} 年　　级别：{sheet.level}", "打分日期：　　　　年　　月　　日"],
                ],
                "scores": {
                    one.code: [points(sheet.step(one, step)) for step in STEPS] for one in sheet.form.indicators
                },
                "sums": [
                    ["满分", f"{sum(one.full for one in sheet.form.indicators):g}"],
                    ["自评合计", points(sheet.self_total)],
                    ["总分", points(sheet.total)],
                    ["等次", sheet.grade],
                ],
            }
            for place, sheet in enumerate(sheets)
        ],
    }


def example(folder: Path) -> list[Sheet]:
    """The sheets of the Kunming example, with made-up scores."""
    os.environ["ZONGFEN_DATA"] = str(folder / "data")
    assert command(["init", "--example", "kunming"]) == 0
    here = Context()
    current.set(here)
    with here.database.read() as connection:
        sheets = sheets_of(here.services.query.view(connection, CLI), YEAR)
    chance = random.Random(20261124)
    return [scored(sheet, chance) for sheet in sheets]


def ours(sheets: list[Sheet], path: Path) -> tuple[float, float]:
    """Seconds, from no font loaded to the file written: on the clock, of processor."""
    typefaces.cache_clear()
    start, busy = time.perf_counter(), time.process_time()
    data, _pages = printed(sheets, typefaces())
    path.write_bytes(data)
    return time.perf_counter() - start, time.process_time() - busy


def theirs(sheets: list[Sheet], folder: Path, path: Path) -> tuple[float, float]:
    """Seconds of the compiler alone: on the clock, of processor."""
    venv.create(folder / "typst", with_pip=True)
    python = folder / "typst" / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "-q", WHEEL], check=True, capture_output=True)
    (folder / "sheets.json").write_text(json.dumps(told(sheets)), encoding="utf-8")
    (folder / "sheets.typ").write_text(TEMPLATE, encoding="utf-8")
    child = [python, "-c", CHILD, folder / "sheets.typ", path, FONTS]
    clock, processor = subprocess.run(child, check=True, capture_output=True, text=True).stdout.split()
    return float(clock), float(processor)


def main() -> int:
    """An argument takes the first so many sites alone. 1 where ours takes more than a third, or more room."""
    most = int(sys.argv[1]) if len(sys.argv) > 1 else None
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        sheets = example(folder)[:most]
        paths = folder / "ours.pdf", folder / "typst.pdf"
        sides = ("ours", *ours(sheets, paths[0])), ("Typst", *theirs(sheets, folder, paths[1]))
        sizes = [path.stat().st_size / 1e6 for path in paths]
    print(f"score sheets of {len(sheets)} sites, {PAGES} pages each:")
    for (name, clock, processor), size in zip(sides, sizes, strict=True):
        print(f"  {name:5} {clock:6.1f} s ({processor:.1f} s of processor), {size:.1f} MB")
    print(
        f"  {sides[1][1] / sides[0][1]:.1f} times as fast, {sizes[0] / sizes[1]:.2f} of the size; at least 3 times, at most 1"
    )
    return int(3 * sides[0][1] > sides[1][1] or sizes[0] > sizes[1])


if __name__ == "__main__":
    sys.exit(main())
