"""An installation that many tests begin with is made by the first of them; the others get a copy of its records."""

import atexit
import sqlite3
from collections.abc import Callable
from contextlib import closing

from sqlalchemy import text

from models.services import Services

MADE: dict[object, sqlite3.Connection] = {}  # in memory, by what was made


def once(parts: Services, what: object, make: Callable[[Services], None]) -> None:
    """Put into an empty installation what `make` puts there. PostgreSQL's, and one that has records, are made as ever."""
    file, key = parts.database.file, (what, *(table.name for table in parts.catalog))
    with parts.database.read() as connection:
        empty = connection.execute(text("SELECT count(*) FROM pulses WHERE topic = 'records'")).scalar() == 0
    if file is None or not empty:
        make(parts)
        return
    with closing(sqlite3.connect(file)) as here:
        if key in MADE:
            MADE[key].backup(here)
            return
        make(parts)
        MADE[key] = sqlite3.connect(":memory:", check_same_thread=False)
        atexit.register(MADE[key].close)
        here.backup(MADE[key])
