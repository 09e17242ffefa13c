"""One thing that the doctor looked at."""

from __future__ import annotations

import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ploeg.credentials import open_to_others


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
    status = path.stat()
    actual = stat.S_IMODE(status.st_mode)
    if open_to_others(status):
        return Check(name, "failed", f"{path} can be read by others (mode {actual:o})", f"chmod {mode:o} {path}")
    return Check(name, "ok", f"{path} (mode {actual:o})")
