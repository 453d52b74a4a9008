"""LibreOffice, as one who opens what the app has written."""

import subprocess
from pathlib import Path

TABS = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,-1"  # a file for each tab


def converted(path: Path, folder: Path, to: str = "xlsx") -> Path:
    """The file opened and saved by LibreOffice; it refuses what it would have to repair. Returns the folder's file."""
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    command = ["soffice", profile, "--headless", "--convert-to", to, "--outdir", str(folder / "out"), str(path)]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    return folder / "out" / path.name
