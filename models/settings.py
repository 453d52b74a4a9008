"""Settings: from the environment (ZONGFEN_…) or .env, and nowhere else; secrets too."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from models.faults import Fault
from models.words import _

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Settings:
    """Where this installation keeps things. `data` holds everything the app keeps."""

    data: Path
    sheets: Path
    database_url: str
    google_credentials: Path | None = None  # a service account's file
    google_folder: str = ""  # the number of the Drive folder that the workbooks are in
    google_url: str = ""  # another address for both Sheets and Drive
    google_per_minute: int = 60  # reads, and as many writes; 0: as many as there are
    user: str = ""
    fonts: Path | None = None  # a folder with the office's own fonts for print
    plaque_county: str = ""  # short or formal: how plaques name a county; "" leaves it as it was last told

    @property
    def google(self) -> bool:
        """Whether the workbooks are in Google Sheets instead of the folder."""
        return bool(self.google_folder or self.google_url)

    @property
    def exports(self) -> Path:
        """Files that were made to be taken away."""
        return self.data / "exports"

    @property
    def files(self) -> Path:
        """What is kept beside the records: uploads and exports."""
        return self.data / "files"


def dotenv() -> Mapping[str, str]:
    """The values of .env in the working folder, if there is one; the environment wins over them."""
    if not Path(".env").is_file():
        return {}
    from dotenv import dotenv_values

    return {name: value for name, value in dotenv_values(".env").items() if value is not None}


def settings(environ: Mapping[str, str] | None = None) -> Settings:
    """The settings of this process. SQLite in the data folder unless ZONGFEN_DATABASE_URL says otherwise."""
    told = {**dotenv(), **os.environ} if environ is None else environ
    data = Path(told.get("ZONGFEN_DATA") or "data").expanduser().resolve()
    return Settings(
        data=data,
        sheets=Path(told.get("ZONGFEN_SHEETS") or data / "sheets").expanduser().resolve(),
        database_url=told.get("ZONGFEN_DATABASE_URL") or f"sqlite:///{data / 'zongfen.db'}",
        google_credentials=path_in(told, "ZONGFEN_GOOGLE_CREDENTIALS"),
        google_folder=told.get("ZONGFEN_GOOGLE_FOLDER", ""),
        google_url=told.get("ZONGFEN_GOOGLE_URL", "").rstrip("/"),
        google_per_minute=number_in(told, "ZONGFEN_GOOGLE_PER_MINUTE", 60),
        user=told.get("ZONGFEN_USER", ""),
        fonts=path_in(told, "ZONGFEN_FONTS"),
        plaque_county=told.get("ZONGFEN_PLAQUE_COUNTY", ""),
    )


def path_in(told: Mapping[str, str], name: str) -> Path | None:
    """The path that a setting names, if it is there."""
    return Path(told[name]).expanduser().resolve() if told.get(name) else None


def number_in(told: Mapping[str, str], name: str, default: int) -> int:
    """A setting that is a whole number. Raises Fault for anything else."""
    text = told.get(name, "").strip()
    if text and not (text.isascii() and text.isdecimal()):
        raise Fault(_("{name} 要写整数").format(name=name))
    return int(text) if text else default
