"""Passwords: what they must be, and how they are kept. argon2 is loaded where a password is hashed, and nowhere else."""

import unicodedata
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from string import digits
from threading import BoundedSemaphore
from typing import TYPE_CHECKING, Any

from models.words import _

if TYPE_CHECKING:
    from argon2 import PasswordHasher

SHORTEST, LONGEST = 10, 128  # characters; CONTRACT §1
COMMON = Path(__file__).with_name("common_passwords.txt")

_hashing = BoundedSemaphore(2)  # each hash takes 64 MiB and a core: a flood of sign-ins waits instead of filling memory


def plain(password: str) -> str:
    """The password as it is judged and hashed: what an input method typed full-width is the same password."""
    return unicodedata.normalize("NFKC", password)


def stem(text: str) -> str:
    """The text without regard to case and to the digits and signs behind it: Admin@2024! -> admin."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    letters = [place for place, sign in enumerate(folded, 1) if sign.isalpha()]
    return folded[: letters[-1]] if letters else ""


@cache
def common() -> frozenset[str]:
    """The passwords that everybody tries first, case folded."""
    lines = COMMON.read_text("utf-8").splitlines()
    return frozenset(line.strip().casefold() for line in lines if line.strip() and not line.startswith("#"))


def weakness(name: str, password: str) -> str | None:
    """Why this person may not use this password; None where it will do."""
    password = plain(password)
    if not SHORTEST <= len(password) <= LONGEST:
        return _("密码要 {shortest} 至 {longest} 个字符").format(shortest=SHORTEST, longest=LONGEST)
    folded = password.casefold()
    if plain(name).casefold() == folded or (stem(name) and stem(name) == stem(password)):
        return _("密码不能和姓名相同，换一个")
    if not common().isdisjoint({folded, folded.rstrip(digits), stem(password)}):
        return _("这个密码太常见，换一个")
    return None


@dataclass(frozen=True)
class Passwords:
    """How passwords are hashed. The default parameters are argon2-cffi's own; tests pass cheap ones."""

    parameters: tuple[tuple[str, int], ...] = ()

    @cached_property
    def hasher(self) -> "PasswordHasher":
        from argon2 import PasswordHasher

        return PasswordHasher(**dict[str, Any](self.parameters))

    @cached_property
    def nobodys(self) -> str:
        """A hash that no password has: verified for an unknown name, so that the answer takes as long."""
        return self.hash("")

    def hash(self, password: str) -> str:
        with _hashing:
            return self.hasher.hash(plain(password))

    def verify(self, kept: str | None, password: str) -> bool:
        """Whether this is the password whose hash was kept; for None, the same work and no."""
        from argon2.exceptions import VerificationError

        against = self.nobodys if kept is None else kept
        try:
            with _hashing:
                return self.hasher.verify(against, plain(password)[: LONGEST + 1]) and kept is not None
        except VerificationError:
            return False

    def outdated(self, kept: str) -> bool:
        """Whether the hash was made with other parameters than those of today."""
        return self.hasher.check_needs_rehash(kept)


PASSWORDS = Passwords()
