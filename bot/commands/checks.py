"""What `handrail doctor` finds: one check, its state, and the mend."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """How it is: in order, good to know, worth mending, or in the way."""

    OK = "ok"
    INFO = "info"
    WARN = "warn"
    FAULT = "fault"


@dataclass(frozen=True, kw_only=True, slots=True)
class Check:
    """One finding. Neither `detail` nor `mend` holds a secret, a name or a number of anybody."""

    check: str
    state: State
    detail: str
    mend: str = ""

    def __str__(self) -> str:
        """Write the finding as one line."""
        word = "FAULT" if self.state is State.FAULT else str(self.state)
        line = f"{word:<6} {self.check}: {self.detail}"
        return f"{line} — {self.mend}" if self.mend else line


def ok(check: str, detail: str) -> Check:
    """Return what is in order."""
    return Check(check=check, state=State.OK, detail=detail)


def info(check: str, detail: str, mend: str = "") -> Check:
    """Return what is good to know."""
    return Check(check=check, state=State.INFO, detail=detail, mend=mend)


def warn(check: str, detail: str, mend: str) -> Check:
    """Return what is worth mending; Handrail works without."""
    return Check(check=check, state=State.WARN, detail=detail, mend=mend)


def fault(check: str, detail: str, mend: str) -> Check:
    """Return what is in the way."""
    return Check(check=check, state=State.FAULT, detail=detail, mend=mend)
