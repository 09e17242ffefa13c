"""How two programs of Ploeg that talk stand: of one version, but while one of them is being updated."""

from __future__ import annotations

import re

_RELEASE = re.compile(r"\d+(\.\d+)*")


def behind(worker: str, server: str) -> str | None:
    """What to say of a worker of that version; None when it is the server's own."""
    if worker == server:
        return None
    ours, theirs = _release(server), _release(worker)
    if theirs < ours:
        return f"it is older than the server, {server}: update the worker"
    if theirs > ours:
        return f"it is newer than the server, {server}: update the server"
    return f"it is not of the server's version, {server}"


def _release(version: str) -> tuple[int, ...]:
    """The numbers that it begins with, without zeros at the end; what is no version counts as the oldest."""
    found = _RELEASE.match(version)
    numbers = [int(part) for part in found[0].split(".")] if found else []
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)
