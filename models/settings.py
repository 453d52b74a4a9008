"""Settings: from the environment (ZONGFEN_…) or .env, and nowhere else; secrets too."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Settings:
    """Where this installation keeps things. `data` holds everything the app keeps."""

    data: Path
    sheets: Path
    database_url: str
    google_url: str = ""
    user: str = ""
    fonts: Path | None = None  # a folder with the office's own fonts for print
    plaque_county: str = ""  # short or formal: how plaques name a county; "" leaves it as it was last told

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
        google_url=told.get("ZONGFEN_GOOGLE_URL", ""),
        user=told.get("ZONGFEN_USER", ""),
        fonts=Path(told["ZONGFEN_FONTS"]).expanduser().resolve() if told.get("ZONGFEN_FONTS") else None,
        plaque_county=told.get("ZONGFEN_PLAQUE_COUNTY", ""),
    )
