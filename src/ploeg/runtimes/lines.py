"""Reading one line of an agent's output, whatever is in it."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from ploeg.domain.event import Unreadable

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
