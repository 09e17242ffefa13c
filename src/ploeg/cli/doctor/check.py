"""One thing that the doctor looked at."""

from __future__ import annotations

import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Literal


@dataclass(frozen=True, slots=True)
class Check:
    """`remedy` is empty when there is nothing to do."""

    name: str
    state: Literal["ok", "warning", "failed"]
    found: str
    remedy: str = ""


def private(name: str, path: Path, mode: int) -> Check:
    """Whether nobody else can read it."""
    if not path.exists():
        return Check(name, "failed", f"{path} is not there", "make it, or mend the setting")
    actual = stat.S_IMODE(path.stat().st_mode)
    if actual & 0o077:
        return Check(name, "failed", f"{path} can be read by others (mode {actual:o})", f"chmod {mode:o} {path}")
    return Check(name, "ok", f"{path} (mode {actual:o})")
