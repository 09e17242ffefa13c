"""What all readers share: a line with anything in it, and a run without an end."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from ploeg.domain.event import Unreadable
from ploeg.runtimes.base import Exit

#: Characters of an unreadable line that go into the transcript; all of it is in the run log.
KEPT = 2000

T = TypeVar("T")


def decode(decoder: msgspec.json.Decoder[T], line: bytes) -> T | None:
    """The line as that type, or None. A byte that is not UTF-8 costs that character, not the line."""
    try:
        return decoder.decode(line)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        pass
    try:
        line.decode()
    except UnicodeDecodeError:
        return decode(decoder, line.decode("utf-8", "replace").encode())
    return None


def unreadable(line: bytes) -> Unreadable:
    text = line[: KEPT * 4].decode("utf-8", "replace")
    return Unreadable(text=text if len(text) <= KEPT else f"{text[:KEPT]}…")


def last_words(exit: Exit) -> str:
    """What is known of a run that ended without its final event."""
    how = f"signal {-exit.code}" if exit.code < 0 else f"exit code {exit.code}"
    tail = exit.stderr_tail.strip()[-500:]
    return f"{how} without a result: {tail}" if tail else f"{how} without a result"
