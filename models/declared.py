"""What a file's own total row said of a table: no record, kept as a fact of the installation, shown beside our sums."""

import json
import re
from collections.abc import Mapping, Sequence

from sqlalchemy.engine import Connection

from models.database import dumps, get_meta, set_meta
from models.kinds import Noted, Raw, narrow
from models.schema import Table

Totals = Mapping[str, int | float]
PART = "小计"  # sums up a part of the rows alone


def declared_in(table: Table, totals: Sequence[tuple[int, str, Mapping[str, Raw]]]) -> Totals:
    """The numbers of a file's last total row, in the fields that this table sums up; none where it has none."""
    found: dict[str, int | float] = {}
    for _number, label, cells in totals:
        if re.sub(r"\s+", "", narrow(label)).startswith(PART):
            continue
        for name in table.about.totals:
            told = table.by_name[name].kind.parse(cells.get(name))
            told = told.value if isinstance(told, Noted) else told
            if isinstance(told, int | float):
                found[name] = told
    return found


def keep_declared(connection: Connection, table: Table, totals: Totals) -> None:
    """Keep what a file declared; a later file's word replaces it."""
    set_meta(connection, f"declared.{table.name}", dumps(totals))


def read_declared(connection: Connection, table: Table) -> Totals:
    """What was declared last; nothing where no file with a total row has come in."""
    return json.loads(get_meta(connection, f"declared.{table.name}", "{}"))  # type: ignore[no-any-return]
