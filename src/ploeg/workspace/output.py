"""What is kept of a command's output."""

from __future__ import annotations

from typing import Literal


class KeptOutput:
    """The first or the last bytes of an output."""

    def __init__(self, limit: int, keep: Literal["head", "tail"]) -> None:
        self._limit, self._keep = limit, keep
        self._bytes = bytearray()
        self.truncated = False

    @property
    def full(self) -> bool:
        return self.truncated and self._keep == "head"

    def add(self, chunk: bytes) -> None:
        if self._keep == "head":
            room = self._limit - len(self._bytes)
            self.truncated |= len(chunk) > room
            self._bytes += chunk[:room]
            return
        self._bytes += chunk
        if len(self._bytes) > 2 * self._limit:
            self.truncated = True
            del self._bytes[: -self._limit]

    @property
    def value(self) -> bytes:
        if len(self._bytes) > self._limit:
            self.truncated = True
        return bytes(self._bytes[-self._limit :] if self._keep == "tail" else self._bytes)
