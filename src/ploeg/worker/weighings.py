"""How much room a worker's disk had, hour by hour: what a forecast is made of."""

from __future__ import annotations

import os
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import msgspec

from ploeg.domain.disk import Weighing

#: One is remembered for each span of this length, and no older ones than these.
SPAN = timedelta(hours=1)
REMEMBERED = timedelta(days=7)


class Weighings:
    """In one small file, which is made anew where it cannot be read."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def upto(self, weighing: Weighing) -> list[Weighing]:
        """What is remembered, the oldest first, and that one."""
        past = [each for each in self._read() if weighing.at - REMEMBERED < each.at <= weighing.at]
        if len(past) > 1 and past[-1].at - past[-2].at < SPAN:
            past.pop()
        return [*past, weighing]

    def remember(self, weighing: Weighing) -> None:
        """On a full disk it is forgotten again."""
        with suppress(OSError):
            fresh = self._path.with_name(f".{self._path.name}.{os.getpid()}")
            fresh.write_bytes(msgspec.json.encode(self.upto(weighing)))
            fresh.replace(self._path)

    def _read(self) -> list[Weighing]:
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=list[Weighing])
        except (OSError, msgspec.MsgspecError):
            return []
