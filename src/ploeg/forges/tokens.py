"""The file that says which forges there are and holds a token for each, as commands change it."""

from __future__ import annotations

import os
from pathlib import Path

from ploeg.forges.registry import Entry, Forges, origin_of

_HEAD = "# host kind token: one line a forge; `ploeg forge connect` writes it, and so may you.\n"


def remember(path: Path, entry: Entry) -> None:
    """Puts the entry in, in the place of one for the same forge. Never there half, and its owner's alone.

    Raises `Invalid` for an entry, or a file, that cannot be read again.
    """
    before = path.read_text() if path.exists() else _HEAD
    lines = [line for line in before.splitlines() if not _is_of(line, entry.origin)]
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    beside.unlink(missing_ok=True)
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write("\n".join([*lines, f"{entry.origin} {entry.kind} {entry.token}"]) + "\n")
            file.flush()
            os.fsync(file.fileno())
        Forges.load(beside)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def _is_of(line: str, origin: str) -> bool:
    fields = line.split()
    return len(fields) == 3 and not line.startswith("#") and origin_of(fields[0].lower(), line) == origin
