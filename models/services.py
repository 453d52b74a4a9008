"""One installation, opened: its settings, database, catalog, store and query."""

import secrets
from dataclasses import dataclass

from sqlmodel import SQLModel

from models import accounts, history, managing, reviews, spellings  # noqa: F401  (their tables are declared on `system`)
from models.catalog import Catalog, catalog
from models.database import Database, DatabaseExists, NoDatabase, get_meta, grow, read_pulses, set_meta, system
from models.query import Query
from models.settings import Settings
from models.store import Clock, Store, utc_now
from models.unit import follow_catalog


@dataclass(frozen=True)
class Services:
    """What commands and pages work with."""

    settings: Settings
    database: Database
    catalog: Catalog
    store: Store
    query: Query

    def follow(self) -> None:
        """Bring the catalog up to the templates and custom fields as they stand."""
        with self.database.read() as connection:
            follow_catalog(connection, self.catalog, read_pulses(connection))


def services(settings: Settings, clock: Clock = utc_now) -> Services:
    """The installation's parts; touches no disk yet."""
    database, tables = Database(settings.database_url), catalog()
    return Services(settings, database, tables, Store(database, tables, clock), Query(database, tables))


def open_installation(settings: Settings, clock: Clock = utc_now) -> Services:
    """An installation that is there; what was declared since is added. Raises NoDatabase, NoConnection."""
    parts = services(settings, clock)
    if not (settings.data.is_dir() and parts.database.exists()):
        parts.database.close()
        raise NoDatabase(str(settings.data))
    grow(parts.database, system, SQLModel.metadata)
    keep_choices(parts)
    parts.follow()
    return parts


def keep_choices(parts: Services) -> None:
    """Keep what the environment chooses for computed values, so that every process computes the same."""
    chosen = parts.settings.plaque_county
    with parts.database.read() as connection:
        if not chosen or get_meta(connection, "setting.plaque_county") == chosen:
            return
    with parts.database.write() as connection:
        set_meta(connection, "setting.plaque_county", chosen)


def make_installation(settings: Settings, clock: Clock = utc_now) -> Services:
    """A new, empty installation. Raises DatabaseExists where there is one."""
    settings.data.mkdir(parents=True, exist_ok=True)
    parts = services(settings, clock)
    if parts.database.exists():
        parts.database.close()
        raise DatabaseExists(str(settings.data))
    grow(parts.database, system, SQLModel.metadata)
    with parts.database.write() as connection:
        set_meta(connection, "installation", secrets.token_hex(8))
    keep_choices(parts)
    return parts
