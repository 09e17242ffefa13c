"""Keeps known secrets out of every line, in the encodings that they turn up in by accident.

It cannot stop somebody who encodes a secret on purpose; that a secret is not in the sandbox is what stops them.

Looking for every encoding of every secret is slow, and nearly all output holds none. So long patterns are looked for
by samples: an 8-byte word is taken from the data at every `stride` bytes, and a pattern that is at least
`stride + 7` bytes long always has one of its own words under a sample. Only then, or for short patterns, bytes are
compared one by one.
"""

from __future__ import annotations

import base64
import html
import json
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import Self
from urllib.parse import quote, quote_plus

MARK = "«redacted»"
#: Shorter secrets are not looked for: they would hide half of every text.
MIN_LENGTH = 6
_WORD = 8
_STRIDES = (64, 32, 16)
_MARK = MARK.encode()


class Redactor:
    """Replaces secrets in one stream of bytes. Output that could be the beginning of one waits for what follows."""

    def __init__(self, secrets: Iterable[str | bytes]) -> None:
        self._patterns = _Patterns(secrets)
        self._held = b""

    def stream(self) -> Self:
        """Another one for the same secrets, with nothing held."""
        other = type(self).__new__(type(self))
        other._patterns, other._held = self._patterns, b""
        return other

    def feed(self, chunk: bytes) -> bytes:
        """What can be said of the stream so far."""
        data = self._held + chunk if self._held else chunk
        data = self._patterns.replace(data)
        held = self._patterns.beginning_at_end_of(data)
        self._held = data[len(data) - held :] if held else b""
        return data[: len(data) - held] if held else data

    def flush(self) -> bytes:
        """The rest, at the end of the stream. The better part of a secret that was cut off is redacted too."""
        held, self._held = self._held, b""
        return _MARK if held and self._patterns.mostly(held) else held

    def redact(self, data: bytes) -> bytes:
        """All of a text at once."""
        data = self._patterns.replace(data)
        held = self._patterns.beginning_at_end_of(data)
        if held and self._patterns.mostly(data[-held:]):
            return data[:-held] + _MARK
        return data

    def redact_text(self, text: str) -> str:
        return self.redact(text.encode("utf-8", "surrogateescape")).decode("utf-8", "surrogateescape")


class _Patterns:
    """Every encoding of every secret, ready to be found."""

    def __init__(self, secrets: Iterable[str | bytes]) -> None:
        patterns = {pattern for secret in secrets for pattern in _encodings(_as_bytes(secret))}
        longest_first = sorted(patterns, key=lambda pattern: (-len(pattern), pattern))
        self._longest_first = longest_first
        self._sorted = sorted(patterns)
        self._longest = max(map(len, patterns), default=1)
        self._first_bytes = frozenset(pattern[0] for pattern in patterns)
        self._inner_bytes = frozenset(byte for pattern in patterns for byte in pattern[:-1])
        self._short = [pattern for pattern in longest_first if len(pattern) < _STRIDES[-1] + _WORD - 1]
        sampled = longest_first[: len(longest_first) - len(self._short)]
        self._stride = _stride_for(sampled)
        self._words = frozenset(word for pattern in sampled for word in _words(pattern))

    def replace(self, data: bytes) -> bytes:
        return self._expression.sub(_MARK, data) if self._suspected(data) else data

    @cached_property
    def _expression(self) -> re.Pattern[bytes]:
        """Compiled for the first suspicion alone, which most streams never raise; `re` keeps it, and its secrets."""
        return re.compile(b"|".join(map(re.escape, self._longest_first)) or b"(?!)")

    def beginning_at_end_of(self, data: bytes) -> int:
        """Length of the longest end of `data` with which a pattern begins."""
        if not data or data[-1] not in self._inner_bytes:
            return 0
        for length in range(min(len(data), self._longest - 1), 0, -1):
            if data[-length] in self._first_bytes and self._whole(data[-length:]):
                return length
        return 0

    def mostly(self, beginning: bytes) -> bool:
        """Whether these first bytes of a pattern give too much of it away."""
        return len(beginning) >= MIN_LENGTH and 2 * len(beginning) >= len(self._whole(beginning))

    def _whole(self, beginning: bytes) -> bytes:
        """A longer pattern that begins like this, or nothing."""
        at = bisect_right(self._sorted, beginning)
        found = self._sorted[at] if at < len(self._sorted) else b""
        return found if found.startswith(beginning) else b""

    def _suspected(self, data: bytes) -> bool:
        if any(pattern in data for pattern in self._short):
            return True
        words = memoryview(data)[: len(data) - len(data) % _WORD].cast("Q")
        return not self._words.isdisjoint(words[:: self._stride // _WORD])


def _stride_for(patterns: Sequence[bytes]) -> int:
    shortest = min(map(len, patterns), default=_STRIDES[0] + _WORD)
    return next(stride for stride in _STRIDES if shortest >= stride + _WORD - 1)


def _words(pattern: bytes) -> Iterator[int]:
    """Every word in a pattern, at whatever place a sample may fall."""
    for start in range(len(pattern) - _WORD + 1):
        yield from memoryview(pattern[start : start + _WORD]).cast("Q")


def _as_bytes(secret: str | bytes) -> bytes:
    return secret.encode("utf-8", "surrogateescape") if isinstance(secret, str) else secret


def _encodings(secret: bytes) -> Iterator[bytes]:
    """A secret as it may turn up; each line of a secret of several is one, and so is a secret's body in Base64."""
    secret = secret.strip()
    if len(secret) < MIN_LENGTH:
        return
    lines = [line.strip() for line in secret.splitlines()]
    for form in {secret, *lines}:
        if len(form) >= MIN_LENGTH:
            yield from (pattern for pattern in _forms(form) if len(pattern) >= MIN_LENGTH)


def _forms(secret: bytes) -> Iterator[bytes]:
    yield secret
    yield secret[::-1]
    yield from (secret.hex().encode(), secret.hex().upper().encode())
    yield from _base64(secret)
    yield "".join(f"%{byte:02x}" for byte in secret).encode()
    yield "".join(f"%{byte:02X}" for byte in secret).encode()
    yield from (quote(secret, safe="").encode(), quote(secret).encode(), quote_plus(secret).encode())
    text = secret.decode("utf-8", "replace")
    yield text[::-1].encode("utf-8", "replace")
    for escaped in (json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1]):
        yield from (escaped.encode(), escaped.replace("/", "\\/").encode(), json.dumps(escaped)[1:-1].encode())
    yield html.escape(text).encode()
    yield repr(text)[1:-1].encode("utf-8", "replace")
    yield text.replace("'", "'\\''").encode("utf-8", "replace")


def _base64(secret: bytes) -> Iterator[bytes]:
    """What does not depend on the neighbours, wherever the secret begins in the encoded text."""
    for before in range(3):
        encoded = base64.b64encode(bytes(before) + secret)
        begin = -(-before * 8 // 6)
        whole = encoded[begin : (before + len(secret)) * 8 // 6]
        yield from (whole, whole.replace(b"+", b"-").replace(b"/", b"_"))
