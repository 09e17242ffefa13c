"""Whether a program of Ploeg's is well: should it be started anew, may it be given work, and what is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    #: One word, e.g. `ok` or `stopping`.
    status: str
    #: It works at all; if not, starting it anew is the remedy.
    live: bool = True
    #: It does what it is there for.
    ready: bool = True
    #: Nobody needs to look at it.
    well: bool = True
    #: What there is to know, the gravest first; some of it leaves it well and ready.
    reasons: Sequence[str] = ()
