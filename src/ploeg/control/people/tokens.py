"""Token secrets: how they look, how they are made, and what is stored of them.

A secret is a prefix that names its kind, 256 random bits in base62, and a checksum, so that a secret scanner (and our
own log) recognises one anywhere and a typing mistake is told from a revoked token without asking the database.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import zlib

from ploeg.domain.access import TokenKind

PREFIXES = {TokenKind.PERSONAL: "ploeg_usr_", TokenKind.WORKER: "ploeg_wrk_"}

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#: Characters that 256 and 32 bits take in base62.
_RANDOM, _CHECKSUM = 43, 6
_FORM = re.compile(rf"(ploeg_(?:usr|wrk)_)([0-9A-Za-z]{{{_RANDOM}}})([0-9A-Za-z]{{{_CHECKSUM}}})")
_ANYWHERE = re.compile(r"(ploeg_(?:usr|wrk)_)[0-9A-Za-z]{8,}")


def mint(kind: TokenKind) -> str:
    """A new secret."""
    body = PREFIXES[kind] + _base62(secrets.randbits(256), _RANDOM)
    return body + _checksum(body)


def kind_of(secret: str) -> TokenKind | None:
    """The kind that a well-formed secret names; None if it cannot be one of ours."""
    match = _FORM.fullmatch(secret)
    if match is None or _checksum(match[1] + match[2]) != match[3]:
        return None
    return next(kind for kind, prefix in PREFIXES.items() if prefix == match[1])


def digest(secret: str) -> str:
    """What is stored: SHA-256 in hex. 256 random bits need no slow hash."""
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()


def hint(secret: str) -> str:
    """Enough of a secret to recognise it by, too little to use."""
    return secret[:14] + "…"


def without_secrets(text: str) -> str:
    """The text with every token in it blotted out."""
    return _ANYWHERE.sub(r"\1«redacted»", text) if "ploeg_" in text else text


def _checksum(body: str) -> str:
    return _base62(zlib.crc32(body.encode()), _CHECKSUM)


def _base62(number: int, width: int) -> str:
    digits = []
    for _ in range(width):
        number, digit = divmod(number, 62)
        digits.append(_ALPHABET[digit])
    return "".join(reversed(digits))
