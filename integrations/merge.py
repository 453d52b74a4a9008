"""The merge of a tab with the records: compares each side with what both last agreed on. Pure.

Two steps. `merge` decides: what the records take, what is a conflict, a problem, a proposal. Once the records have taken
it, `render` says what the sheet lacks of them. Neither knows a file or a database; CONTRACT §5 has the outcomes.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from integrations.workbook import Lists, Read, SheetRow, SheetTab, Unknown, read_cell, shown_cell
from models.changes import Change, Merge, birth, three_way
from models.kinds import Bad, Value, shown
from models.schema import Field, Row, Table
from models.words import _

Spot = tuple[str, str]  # (row id, field)
ConflictKind = Literal["cell", "deleted_here", "deleted_there"]

OUT = "\0out"  # in a base row: a person has decided that the row goes out of the sheet, whatever it says
ALIKE = 0.5  # of a just-born row's filled cells: below it, a row without an id is another row
MANY_SHARE, MANY_ROWS = 0.2, 5  # the brake: more than 20 % and more than 5 rows newly gone


@dataclass(frozen=True)
class Conflict:
    """Both sides changed, differently. Both values are kept; a person decides."""

    kind: ConflictKind
    row: str
    field: str | None
    base: Value
    app: Value
    sheet: Value | dict[str, Value]  # of a row deleted here: the cells typed in since


@dataclass(frozen=True)
class SheetProblem:
    """Something in a sheet that was not taken: where, what was typed, what was expected. `put_back` cells are the app's."""

    number: int
    row: str | None
    field: str | None
    text: str
    message: str
    put_back: bool = False


@dataclass(frozen=True)
class Sides:
    """What the merge compares.

    base: row id -> what both last agreed on. app: row id -> the record, of those that this workbook shows. elsewhere: row
    id -> the record, of base rows that live on but no longer belong here. waiting: ids that stand as proposals already.
    pending: ids given to new rows of this tab whose writing back is not known to have happened.
    """

    table: Table
    base: Mapping[str, Row]
    app: Mapping[str, Row]
    sheet: SheetTab
    lists: Lists
    elsewhere: Mapping[str, Row] = field(default_factory=dict)
    waiting: frozenset[str] = frozenset()
    pending: frozenset[str] = frozenset()
    locked: Callable[[Row], bool] = lambda row: False
    may_add: bool = True
    braked: bool = True
    new_id: Callable[[], str] = lambda: ""


@dataclass
class Merged:
    """What comes of one tab. `rows` maps a sheet row's number to the record's id, where it has one."""

    changes: list[Change] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)
    problems: list[SheetProblem] = field(default_factory=list)
    rows: dict[int, str] = field(default_factory=dict)
    born: dict[str, SheetRow] = field(default_factory=dict)
    held: set[Spot] = field(default_factory=set)  # cells that are left as they are on both sides
    strays: set[int] = field(
        default_factory=set
    )  # sheet rows that are no records: nothing but a remark is written there
    gone: list[str] = field(default_factory=list)  # newly gone from the sheet: proposals
    cleared: list[str] = field(default_factory=list)  # rows to take out of the sheet
    forgotten: list[str] = field(default_factory=list)  # base rows that are gone on both sides
    stop: str = ""


def merge(sides: Sides) -> Merged:
    """Decide what the records take from a tab, and what they do not."""
    merged = Merged()
    if stop := unusable(sides):
        merged.stop = stop
        return merged
    claims = identify(sides, merged)
    if sides.braked and (stop := brake(sides, claims)):
        merged.stop = stop
        return merged
    for row in sides.sheet.rows:
        row_id = merged.rows.get(row.number)
        if row_id is not None and row_id not in merged.born:
            merge_row(sides, merged, row, row_id)
    for row_id in sides.base:
        if row_id not in claims:
            merge_missing(sides, merged, row_id)
    list_columns(sides, merged)
    return merged


def unusable(sides: Sides) -> str:
    """Why nothing of this tab can be trusted."""
    if sides.sheet.id_column is None:
        return _("“{tab}”页没有“编号”一栏").format(tab=sides.sheet.title)
    return ""


def brake(sides: Sides, claims: set[str]) -> str:
    """Many rows gone at once are more likely an accident than a decision."""
    counted = [row for row in sides.base if row in sides.app and row not in sides.waiting]
    gone = [row for row in counted if row not in claims]
    emptied = len(gone) == len(counted) > 1
    if emptied or (len(gone) > MANY_ROWS and len(gone) > MANY_SHARE * len(counted)):
        left = len(counted) - len(gone)
        return _("“{tab}”页少了 {gone} 行：上次 {before} 行，现在 {left} 行").format(
            tab=sides.sheet.title, gone=len(gone), before=len(counted), left=left
        )
    return ""


# ---------------------------------------------------------------- which record a row is


def identify(sides: Sides, merged: Merged) -> set[str]:
    """Give each sheet row its record: by id, the first where an id stands twice; then by key; then by content.

    Returns the ids found. New rows are born here; rows that are no records become problems.
    """
    known = sides.base.keys() | sides.app.keys() | sides.elsewhere.keys()
    claims: set[str] = set()
    nameless: list[SheetRow] = []
    for row in sides.sheet.rows:
        if row.id is None or row.id in claims:
            nameless.append(row)
        elif row.id in known:
            merged.rows[row.number] = row.id
            claims.add(row.id)
        else:
            merged.strays.add(row.number)
            problem(merged, row, None, "id", row.id, _("编号不是这张表的，留空才是新的一行"))
    missing = {row_id for row_id in sides.base.keys() | sides.app.keys() if row_id not in claims}
    for row in nameless:
        values = {one.name: read_cell(one, row.cells.get(one.name), sides.lists) for one in shared(sides)}
        found = adopt(sides, row, values, missing) if row.id is None else None
        if found:
            merged.rows[row.number] = found
            claims.add(found)
            missing.discard(found)
        else:
            add_row(sides, merged, row, values)
    return claims


def shared(sides: Sides) -> list[Field]:
    """The fields that the tab still has a column for."""
    return [one for one in sides.table.sheet_fields if one.name in sides.sheet.columns]


def adopt(sides: Sides, row: SheetRow, values: Mapping[str, Read], missing: set[str]) -> str | None:
    """The missing record that a row without an id is: one just born from this very row, one with its key, or one that
    equals it."""
    if found := just_born(sides, values, missing & sides.pending):
        return found
    if sides.table.key:
        key = tuple(values.get(name) for name in sides.table.key)
        by_key = [one for one in missing if one in sides.app and sides.table.key_of(sides.app[one]) == key]
        if len(by_key) == 1 and key[0] is not None:
            return by_key[0]
    equal = same_content(sides, values, sorted(missing - sides.pending))
    return equal[0] if len(equal) == 1 else None


def just_born(sides: Sides, values: Mapping[str, Read], candidates: Iterable[str]) -> str | None:
    """The pending record that was born from this row: it holds what the row says, or most of it where someone has typed on
    since the app died."""
    names = [one.name for one in shared(sides) if one.stored]
    likeness: dict[str, float] = {}
    for one in sorted(candidates):
        born = sides.base[one]
        filled = [name for name in names if born.get(name) is not None and name in writable(sides)]
        likeness[one] = sum(values.get(name) == born.get(name) for name in filled) / max(len(filled), 1)
    best = max(likeness, key=lambda one: likeness[one], default=None)
    return best if best is not None and likeness[best] > ALIKE else None


def same_content(sides: Sides, values: Mapping[str, Read], candidates: Sequence[str]) -> list[str]:
    """The candidates that agree with a row in every stored field that the tab shows."""
    names = [one.name for one in shared(sides) if one.stored]
    return [
        one
        for one in candidates
        if (row := sides.base.get(one) or sides.app.get(one)) is not None
        and all(values.get(name) == row.get(name) for name in names)
    ]


def add_row(sides: Sides, merged: Merged, row: SheetRow, values: Mapping[str, Read]) -> None:
    """A row that a person added: a new record once it is complete; until then it stays, as one problem."""
    bad = [
        (one, value) for one in shared(sides) if isinstance(value := values[one.name], Bad) and one.editable == "both"
    ]
    if not sides.may_add:
        problem(merged, row, None, None, "", _("这张表的行由台账增加，这一行没有收"))
    elif wrong := [(one, value) for one, value in bad if value.text]:
        names = "、".join(_(one.label) for one, _value in wrong)
        wanted = "、".join(dict.fromkeys(value.wanted for _one, value in wrong))
        problem(merged, row, None, wrong[0][0].name, wrong[0][1].text, _("{fields}：{wanted}").format(fields=names, wanted=wanted))
    else:
        given = {
            name: value
            for name, value in values.items()
            if name in writable(sides) and not isinstance(value, Unknown | Bad)
        }
        record = {**{one.name: one.default for one in sides.table.stored}, **given}
        lacking = [_(one.label) for one in sides.table.stored if one.required and record.get(one.name) is None]
        why = _("{fields}必填").format(fields="、".join(lacking)) if lacking else ""
        if why:
            problem(merged, row, None, None, "", why)
        else:
            row_id = sides.new_id()
            merged.changes.append(birth(sides.table.name, {"id": row_id, **record}))  # type: ignore[dict-item]
            merged.rows[row.number] = row_id
            merged.born[row_id] = row
            return
    merged.strays.add(row.number)


def writable(sides: Sides) -> frozenset[str]:
    """The fields that people fill in on the sheet's side."""
    return frozenset(one.name for one in sides.table.sheet_fields if one.editable == "both")


# ---------------------------------------------------------------- a row on both sides


def merge_row(sides: Sides, merged: Merged, row: SheetRow, row_id: str) -> None:
    """Cell by cell, by what both sides last agreed on."""
    base, app = sides.base.get(row_id), sides.app.get(row_id) or sides.elsewhere.get(row_id)
    if app is None:
        merge_deleted_here(sides, merged, row, row_id)
        return
    for one in shared(sides):
        if (row_id, one.name) not in merged.held:
            merge_cell(sides, merged, row, one, base, app)
    if row_id in sides.elsewhere and not any(spot[0] == row_id for spot in merged.held):
        merged.cleared.append(row_id)


def merge_cell(sides: Sides, merged: Merged, row: SheetRow, one: Field, base: Row | None, app: Row) -> None:
    """One cell."""
    row_id, value = str(app["id"]), read_cell(one, row.cells.get(one.name), sides.lists)
    agreed = base.get(one.name) if base is not None else app.get(one.name) if one.editable != "both" else None
    if isinstance(value, Unknown) or value == app.get(one.name):
        return
    if isinstance(value, Bad) and one.editable == "both" and not sides.locked(app):
        merged.held.add((row_id, one.name))
        problem(
            merged,
            row,
            row_id,
            one.name,
            value.text,
            _("{label}：{wanted}，台账仍为 {kept}").format(
                label=_(one.label), wanted=value.wanted, kept=told(one, app.get(one.name), sides.lists) or _("空白")
            ),
        )
        return
    outcome = Merge.TAKE if isinstance(value, Bad) else three_way(agreed, app.get(one.name), value)
    if outcome is Merge.GIVE:
        return
    if one.editable != "both" or sides.locked(app):
        if value != agreed:
            why = (
                _("这一行已锁定，已改回")
                if one.editable == "both"
                else _("{label}由台账填写，已改回").format(label=_(one.label))
            )
            text = value.text if isinstance(value, Bad) else told(one, value, sides.lists)
            problem(merged, row, row_id, one.name, text, why, put_back=True)
    elif outcome is Merge.CONFLICT:
        merged.held.add((row_id, one.name))
        merged.conflicts.append(Conflict("cell", row_id, one.name, agreed, app.get(one.name), value))  # type: ignore[arg-type]
    else:
        merged.changes.append(Change(sides.table.name, row_id, one.name, app.get(one.name), value))


def merge_deleted_here(sides: Sides, merged: Merged, row: SheetRow, row_id: str) -> None:
    """A row that was deleted in the app: taken out of the sheet if nobody touched it there, else a conflict."""
    base = sides.base[row_id]
    edited: dict[str, Value] = {}
    for one in shared(sides):
        value = read_cell(one, row.cells.get(one.name), sides.lists)
        if one.editable == "both" and not isinstance(value, Unknown) and value != base.get(one.name):
            edited[one.name] = value.text if isinstance(value, Bad) else value
    if edited and not base.get(OUT):
        merged.strays.add(row.number)
        merged.held.add((row_id, ""))
        merged.conflicts.append(Conflict("deleted_here", row_id, None, None, None, edited))
    else:
        merged.cleared.append(row_id)


# ---------------------------------------------------------------- a row that is not in the sheet


def merge_missing(sides: Sides, merged: Merged, row_id: str) -> None:
    """A row that both sides knew and the sheet has no more."""
    app, base = sides.app.get(row_id), sides.base[row_id]
    if app is None:
        merged.forgotten.append(row_id)
    elif row_id in sides.pending:
        return  # born from a sheet that has changed since: it is written back like a new row
    elif row_id not in sides.waiting and differs(sides, base, app):
        merged.held.add((row_id, ""))
        merged.conflicts.append(Conflict("deleted_there", row_id, None, None, row_title(sides.table, app), None))
    else:
        merged.held.add((row_id, ""))
        if row_id not in sides.waiting:
            merged.gone.append(row_id)


def differs(sides: Sides, base: Row, app: Row) -> bool:
    return any(base.get(one.name) != app.get(one.name) for one in sides.table.sheet_fields if one.stored)


def row_title(table: Table, row: Row) -> str:
    """A row in a few words."""
    key = table.key_text(row)
    return f"{key} {row.get(table.title) or ''}".strip()


def list_columns(sides: Sides, merged: Merged) -> None:
    """Columns that the tab has lost or has twice: their fields are left alone, and that is said."""
    for one in sides.table.sheet_fields:
        if one.name not in sides.sheet.columns:
            merged.problems.append(
                SheetProblem(
                    sides.sheet.header_row,
                    None,
                    one.name,
                    "",
                    _("没有“{label}”一栏，没有收").format(label=_(one.label)),
                )
            )
    for name in sides.sheet.doubled:
        label = sides.table.by_name[name].label if name in sides.table.by_name else name
        merged.problems.append(
            SheetProblem(
                sides.sheet.header_row, None, name, "", _("“{label}”有两栏，只收第一栏").format(label=_(label))
            )
        )


def problem(
    merged: Merged, row: SheetRow, row_id: str | None, name: str | None, text: str, message: str, put_back: bool = False
) -> None:
    merged.problems.append(SheetProblem(row.number, row_id, name, text, message, put_back))


def told(one: Field, value: Read, lists: Lists) -> str:
    """A value in the words of the sheet."""
    seen = shown_cell(one, value, lists)  # type: ignore[arg-type]
    return "" if seen is None else shown(seen)


def taken(changes: Iterable[Change]) -> int:
    """How many cells the records take: a new row counts its filled cells, without the id."""
    return sum(
        1 if change.field else sum(value is not None for name, value in change.after.items() if name != "id")
        for change in changes
    )
