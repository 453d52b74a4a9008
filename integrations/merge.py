"""The merge of a tab with the records: compares each side with what both last agreed on. Pure.

Two steps. `merge` decides: what the records take, what is a conflict, a problem, a proposal. Once the records have taken
it, `render` says what the sheet lacks of them. Neither knows a file or a database; CONTRACT §5 has the outcomes.
"""

from collections.abc import Collection

from integrations.identify import identify
from integrations.normal import Read, Unknown
from integrations.sides import Conflict, Merged, SheetProblem, Sides
from integrations.workbook import Lists, SheetRow, shown_cell
from models.changes import Change, Merge, birth, three_way
from models.kinds import Bad, Value, shown
from models.schema import Field, Row, Table
from models.words import _

MANY_SHARE, MANY_ROWS = 0.2, 5  # the brake: more than 20 % and more than 5 rows newly gone


def merge(sides: Sides) -> Merged:
    """Decide what the records take from a tab, and what they do not."""
    if sides.sheet.id_column is None:
        return Merged(stop=_("“{tab}”页没有“编号”一栏").format(tab=sides.sheet.title))
    found = identify(sides)
    if not sides.release and (stop := brake(sides, set(found.rows.values()))):
        return Merged(stop=stop, rows=found.rows)
    merged = Merged(rows=found.rows)
    for row in found.strange:
        text = _("编号不是这张表的，留空才是新的一行")
        merged.problems.append(sides.problem(row, None, "id", row.id or "", text))
    by_number = {row.number: row for row in sides.sheet.rows}
    for number, row_id in list(found.rows.items()):
        merge_row(sides, merged, by_number[number], row_id)
    for row in found.fresh:
        if row.says:
            add_row(sides, merged, row)
    here = set(merged.rows.values())
    for row_id in sides.base:
        if row_id not in here:
            merge_missing(sides, merged, row_id)
    merged.problems += lost_columns(sides)
    return merged


def brake(sides: Sides, here: Collection[str]) -> str:
    """Many rows gone at once, or all of them, are more likely an accident than a decision."""
    counted, gone = in_both(sides), len(newly_gone(sides, here))
    emptied = gone == len(counted) > 1
    if emptied or (gone > MANY_ROWS and gone > MANY_SHARE * len(counted)):
        return _("“{tab}”页少了 {gone} 行：上次 {before} 行，现在 {left} 行").format(
            tab=sides.sheet.title, gone=gone, before=len(counted), left=len(counted) - gone
        )
    return ""


def in_both(sides: Sides) -> list[str]:
    """The rows that should be in the sheet: known to both sides, and not waiting for a person because they went."""
    return [one for one in sides.base if one in sides.app and one not in sides.proposed | sides.parted]


def newly_gone(sides: Sides, here: Collection[str]) -> list[str]:
    """Those of them that are not among the rows found in it."""
    return [one for one in in_both(sides) if one not in here]


# ---------------------------------------------------------------- a row that a person added


def add_row(sides: Sides, merged: Merged, row: SheetRow) -> None:
    """A new record once the row is complete; until then it stays, as one problem."""
    if sides.table.about.opened_by_app:
        merged.problems.append(sides.problem(row, None, None, "", _("这张表的行由台账增加，这一行没有收")))
        return
    values = sides.told[row.number].values
    bad = {name: value for name in sides.writable if isinstance(value := values[name], Bad)}
    there = sides.writable - sides.sheet.fresh
    given = {name: values[name] for name in there if not isinstance(values[name], Unknown | Bad)}
    record = {**{one.name: one.default for one in sides.table.stored}, **given}
    if problem := unfit(sides, row, bad) or incomplete(sides, row, record):
        merged.problems.append(problem)
        return
    row_id = sides.new_id()
    merged.changes.append(birth(sides.table.name, {"id": row_id, **record}))  # type: ignore[dict-item]
    merged.rows[row.number] = row_id
    merged.born[row_id] = sum(value is not None for value in given.values())


def unfit(sides: Sides, row: SheetRow, bad: dict[str, Bad]) -> SheetProblem | None:
    """The cells of a new row that do not fit, as one problem."""
    wrong = [one for one in sides.fields if one.name in bad]
    if not wrong:
        return None
    wanted = "；".join(f"{_(one.label)}：{bad[one.name].wanted}" for one in wrong)
    return sides.problem(row, None, wrong[0].name, bad[wrong[0].name].text, wanted)


def incomplete(sides: Sides, row: SheetRow, record: Row) -> SheetProblem | None:
    """What a new row still lacks, as one problem."""
    lacking = [_(one.label) for one in sides.table.stored if one.required and record.get(one.name) is None]
    return sides.problem(row, None, None, "", _("{fields}必填").format(fields="、".join(lacking))) if lacking else None


# ---------------------------------------------------------------- a row on both sides


def merge_row(sides: Sides, merged: Merged, row: SheetRow, row_id: str) -> None:
    """Cell by cell, by what both sides last agreed on."""
    app = sides.app.get(row_id) or sides.elsewhere.get(row_id)
    if app is None:
        merge_deleted_here(sides, merged, row, row_id)
    else:
        values = sides.told[row.number].values
        for one in sides.fields:
            if values[one.name] != app.get(one.name):
                merge_cell(sides, merged, row, one, app)


def merge_cell(sides: Sides, merged: Merged, row: SheetRow, one: Field, app: Row) -> None:
    """A cell on which the sides differ. What the sheet must show instead, where it is not a person's to change, is for
    `render` to see."""
    row_id, value, kept = str(app["id"]), sides.told[row.number].values[one.name], app.get(one.name)
    agreed = sides.agreed_of(row_id, one.name, value)
    if isinstance(value, Unknown):
        merged.held.add((row_id, one.name))
    elif not sides.open(one, app) or one.name in sides.sheet.fresh:
        return
    elif isinstance(value, Bad) or (value is None and one.required and agreed is not None):
        merged.held.add((row_id, one.name))
        merged.problems.append(unfit_cell(sides, row, one, value, app))
    elif (outcome := three_way(agreed, kept, value)) is Merge.CONFLICT:
        merged.held.add((row_id, one.name))
        merged.conflicts.append(Conflict("cell", row_id, one.name, agreed, kept, value))
    elif outcome is Merge.TAKE:
        merged.changes.append(Change(sides.table.name, row_id, one.name, kept, value))


def unfit_cell(sides: Sides, row: SheetRow, one: Field, value: Bad | None, app: Row) -> SheetProblem:
    """Text that does not fit its field: it stays where it was typed."""
    kept = told(one, app.get(one.name), sides.lists) or _("空白")
    wanted = value.wanted if value else _("必填")
    message = _("{label}：{wanted}，台账仍为 {kept}").format(label=_(one.label), wanted=wanted, kept=kept)
    return sides.problem(row, str(app["id"]), one.name, value.text if value else "", message)


def merge_deleted_here(sides: Sides, merged: Merged, row: SheetRow, row_id: str) -> None:
    """A row that was deleted in the app: taken out of the sheet if nobody touched it there, else a conflict."""
    values = sides.told[row.number].values
    cells = {name: in_words(values[name]) for name in sides.writable - sides.sheet.fresh}
    edited = {
        name: value
        for name, value in cells.items()
        if not isinstance(value, Unknown) and value != sides.agreed_of(row_id, name, value)
    }
    if edited:
        merged.conflicts.append(Conflict("deleted_here", row_id, None, None, None, edited))
    else:
        merged.cleared.append(row_id)


# ---------------------------------------------------------------- a row that is not in the sheet


def merge_missing(sides: Sides, merged: Merged, row_id: str) -> None:
    """A row that both sides knew and the sheet has no more."""
    app = sides.app.get(row_id)
    if app is None:
        merged.forgotten.append(row_id)
        return
    if row_id in sides.restored:
        return  # it is written back like a record that the sheet has never had
    merged.absent.add(row_id)
    changed = any(sides.agreed(row_id, one.name) != app.get(one.name) for one in sides.fields if one.stored)
    if changed and row_id not in sides.proposed:
        merged.conflicts.append(Conflict("deleted_there", row_id, None, None, row_title(sides.table, app), None))
    else:
        merged.gone.append(row_id)


def row_title(table: Table, row: Row) -> str:
    """A row in a few words."""
    return f"{table.key_text(row)} {row.get(table.title) or ''}".strip()


def lost_columns(sides: Sides) -> list[SheetProblem]:
    """Columns that the tab has lost or has twice: their fields are left alone, and that is said."""
    lost = [one for one in sides.table.sheet_fields if one.name not in sides.sheet.columns]
    said = {one.name: _("没有“{label}”一栏，没有收").format(label=_(one.label)) for one in lost}
    for name in sides.sheet.doubled:
        label = sides.table.by_name[name].label if name in sides.table.by_name else name
        said[name] = _("“{label}”有两栏，只收第一栏").format(label=_(label))
    return [SheetProblem(sides.sheet.header_row, None, name, "", message) for name, message in said.items()]


def in_words(value: Read) -> Value | Unknown:
    """A value, or the text that does not fit."""
    return value.text if isinstance(value, Bad) else value


def told(one: Field, value: Value | Read, lists: Lists) -> str:
    """A value in the words of the sheet."""
    if isinstance(value, Bad):
        return value.text
    return "" if isinstance(value, Unknown) else shown(shown_cell(one, value, lists))
