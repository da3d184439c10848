"""The error tree. Every error of ours carries one sentence: what is wrong, where, and what to do.

    KeptnError
    ├── Refused            the task cannot be done: it ends as errored, with the reason
    │   ├── InvalidFile    a file that a user wrote: carries its name and line
    │   ├── Unknown        a project, stage, service, file … that does not exist
    │   └── Late           something newer has taken over: nothing was done
    ├── Undecodable        the request is no event of ours: dead-letter sink
    ├── Unavailable        may work later: the Broker delivers again
    │   └── LostRace       a compare-and-swap failed: read again and repeat
    └── NotYet             the step waits for the world: a timer calls it again

`runtime.py` alone turns them into HTTP answers (ARCHITECTURE.md, "Three answers to trouble").
"""

from __future__ import annotations


class KeptnError(Exception):
    """Base of all errors of this project; its text is one sentence for a person."""


class Refused(KeptnError):
    """The task can be read but cannot be done, now or later."""


class InvalidFile(Refused):
    """A file that a user wrote is wrong.

    Attributes: file (name as the user knows it), line (1-based, None if the file as a whole is meant).
    """

    def __init__(self, reason: str, *, file: str, line: int | None = None) -> None:
        self.file, self.line, self.reason = file, line, reason
        super().__init__(f"{file}:{line}: {reason}" if line else f"{file}: {reason}")


class Unknown(Refused):
    """Something that was named does not exist."""


class Late(Refused):
    """Something newer has taken over; nothing was done."""


class Undecodable(KeptnError):
    """The request is not an event that this system can read."""


class Unavailable(KeptnError):
    """A part that this step needs is away, or a race was lost; trying again may help."""


class LostRace(Unavailable):
    """Somebody else wrote first: read again, decide again."""


class NotYet(KeptnError):
    """The step's work is under way but not done; look again after `after_s` seconds.

    news: people are told the reason even if the task has been waiting for another one.
    """

    def __init__(self, reason: str, *, after_s: float, news: bool = False) -> None:
        self.after_s, self.news = after_s, news
        super().__init__(reason)
