"""Whether a job fits into what is left of a quota, by what jobs like it took."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class PastRun:
    """What one attempt took that did what it was for."""

    minutes: float
    #: Of each quota window, by its name: the part that was used up meanwhile, 0 to 1.
    quota: Mapping[str, float] = field(default_factory=dict)
