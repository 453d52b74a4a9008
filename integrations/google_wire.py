"""How calls to Google are paced and repeated: so many a minute, and patience with what passes by itself. Knows no gspread."""

import datetime
import email.utils
import random
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache

from integrations.backend import Unreachable
from models.words import _

MINUTE = 60.5  # seconds; a little more, since calls do not all take equally long to arrive
TIMEOUT = (10.0, 60.0)  # seconds to connect, and between two pieces of an answer
LONGEST_WAIT = 120.0  # seconds that a server may make us wait at once
STEPS = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0)  # seconds between tries
LIMITS = frozenset({"rateLimitExceeded", "userRateLimitExceeded"})  # why Drive answers 403 instead of 429


def unreachable(reason: object) -> Unreachable:
    """Why the place cannot be used."""
    return Unreachable(_("Google 表格连不上：{reason}").format(reason=reason))


class Passing(Exception):
    """A failure that may be over in a moment. `undone`: whether it is certain that nothing was done.

    `wait` is how many seconds the server asks for; `down`: whether no server answered at all.
    """

    def __init__(self, reason: str, *, undone: bool = False, wait: float = 0.0, down: bool = False) -> None:
        super().__init__(reason)
        self.undone, self.wait, self.down = undone, wait, down


class Refusal(Exception):
    """An answer that would be the same again."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(f"{status} {reason}")
        self.status, self.reason = status, reason


def passing(status: int, reasons: frozenset[str], text: str, headers: Mapping[str, str]) -> Passing | None:
    """What an error answer means for a repetition; None where it would be the same again."""
    limited = status == 429 or (status == 403 and bool(reasons & LIMITS))
    if not limited and status != 408 and status < 500:
        return None
    return Passing(f"{status} {text}", undone=limited, wait=retry_after(headers))


def retry_after(headers: Mapping[str, str]) -> float:
    """Seconds that the server asks to wait. A moment is measured by the server's own clock, never by ours."""
    told = headers.get("Retry-After", "").strip()
    if told.isdecimal():
        return min(float(told), LONGEST_WAIT)
    with suppress(ValueError, TypeError):
        moment, now = (email.utils.parsedate_to_datetime(text) for text in (told, headers.get("Date", "")))
        return min(max((moment - now) / datetime.timedelta(seconds=1), 0.0), LONGEST_WAIT)
    return 0.0


@dataclass(frozen=True)
class Patience:
    """How long a failure that may pass is waited for: about a minute, in growing steps, none of them quite alike."""

    steps: tuple[float, ...] = field(default_factory=lambda: STEPS)
    sleep: Callable[[float], None] = time.sleep

    def attempts(self) -> Iterator[Callable[[Passing], None]]:
        """One for each try: what to call when it fails. It waits, or raises what it was given once there is no more."""
        for step in self.steps:
            yield lambda fault, step=step: self.sleep(max(step * random.uniform(0.5, 1.0), fault.wait))  # type: ignore[misc]
        yield give_up


def give_up(fault: Passing) -> None:
    """The last try failed too."""
    raise fault


@dataclass
class Pace:
    """At most so many calls in any minute, from all threads of this process; 0: as many as come."""

    limit: int
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    sent: deque[float] = field(default_factory=deque)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def turn(self) -> None:
        """Wait until another call may go."""
        if not self.limit:
            return
        with self.lock:
            while (now := self.clock()) < (free := self.free_at()):
                self.sleep(free - now)
            self.sent.append(now)
            while len(self.sent) > self.limit:
                self.sent.popleft()

    def free_at(self) -> float:
        return self.sent[0] + MINUTE if len(self.sent) >= self.limit else float("-inf")


@cache
def pace_of(account: str, kind: str, limit: int) -> Pace:
    """The pace that all calls of a kind by one account share, whichever cycle makes them."""
    return Pace(limit)
