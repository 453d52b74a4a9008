"""A new file in an old one's place: in one step, or in two where a share cannot do it in one."""

from pathlib import Path

TEMPORARY = ".zongfen-"
ASIDE = f"{TEMPORARY}aside-"


def put_in_place(fresh: Path, target: Path) -> None:
    """Give `fresh` the name of `target`, which is there, and is gone afterwards. Raises OSError; both are then as they were.

    Some shares give no name that is taken. There the old file steps aside first; should this process die before the new
    one has its name, `bring_back` finds the old one.
    """
    try:
        fresh.replace(target)
    except OSError as fault:
        aside = target.with_name(ASIDE + target.name)
        try:
            target.rename(aside)
        except OSError:  # held open, or nothing at all may be written there
            raise fault from None
        try:
            fresh.rename(target)
        except OSError:
            aside.rename(target)
            raise
        aside.unlink()


def bring_back(folder: Path) -> None:
    """Undo what a process began that died between the two steps; after the second, its old file goes."""
    for aside in folder.glob(ASIDE + "*"):
        target = aside.with_name(aside.name.removeprefix(ASIDE))
        if target.exists():
            aside.unlink()
        else:
            aside.rename(target)


def sweep(folder: Path) -> None:
    """Removes what a killed write left in the folder. Only for the one process that writes there."""
    bring_back(folder)
    for leftover in folder.glob(TEMPORARY + "*"):
        leftover.unlink(missing_ok=True)
