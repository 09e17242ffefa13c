"""Tokens for git remotes: read from one file, given to the one git process that needs one, and to nothing else.

A token is never in an argument, a URL, an environment variable or a file that Ploeg writes: git runs a small program
that asks, and the answer lies in a pipe that only that git process has.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self
from urllib.parse import quote, urlsplit

from ploeg.credentials import secret_text
from ploeg.domain.errors import Invalid

_SETTING = "git_credentials_file"
_ASKPASS = """\
#!/bin/sh
# Answers git's two questions for one host, each once; see credentials.py.
case $1 in
"$PLOEG_ASKPASS_USER_PROMPT") exec cat "/dev/fd/$PLOEG_ASKPASS_USER_FD" ;;
"$PLOEG_ASKPASS_TOKEN_PROMPT") exec cat "/dev/fd/$PLOEG_ASKPASS_TOKEN_FD" ;;
esac
exit 1
"""


@dataclass(frozen=True, slots=True)
class Credential:
    """A user and token for what lies beneath one URL."""

    prefix: str
    user: str
    token: str = field(repr=False)

    def opens(self, url: str) -> bool:
        own, other = urlsplit(self.prefix), urlsplit(url)
        path = own.path.rstrip("/")
        return (
            (own.scheme, own.hostname, own.port) == (other.scheme, other.hostname, other.port)
            and (other.username or self.user) == self.user
            and (other.path == path or other.path.startswith(path + "/"))
        )


class Credentials:
    """All that the credentials file holds."""

    def __init__(self, entries: tuple[Credential, ...] = ()) -> None:
        self._entries = entries

    @classmethod
    def load(cls, path: Path | None) -> Self:
        """Reads lines of `https://host/prefix user token`; `#` begins a comment. Raises `Invalid`."""
        if path is None:
            return cls()
        lines = enumerate(secret_text(_SETTING, path).splitlines(), 1)
        return cls(tuple(_entry(path, n, line) for n, line in lines if line.strip() and not line.startswith("#")))

    def for_url(self, url: str) -> Credential | None:
        """The one with the longest matching prefix."""
        matching = [entry for entry in self._entries if entry.opens(url)]
        return max(matching, key=lambda entry: len(entry.prefix), default=None)

    def secrets(self) -> tuple[str, ...]:
        """What must never show in any output."""
        return tuple(entry.token for entry in self._entries)


class Askpass:
    """The program that git asks. It answers only the host that the credential is for, so a redirect gets nothing."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._program = folder / "askpass"
        fresh = folder / f".askpass-{os.getpid()}"
        fresh.write_text(_ASKPASS)
        fresh.chmod(0o700)
        fresh.replace(self._program)

    @contextmanager
    def answering(self, credential: Credential, url: str) -> Iterator[tuple[dict[str, str], tuple[int, int]]]:
        """The environment and the descriptors for one git process."""
        parts = urlsplit(url)
        host = parts.netloc.rpartition("@")[2]
        user_fd = _prefilled(credential.user)
        try:
            token_fd = _prefilled(credential.token)
        except BaseException:
            os.close(user_fd)
            raise
        try:
            yield (
                {
                    "GIT_ASKPASS": str(self._program),
                    "PLOEG_ASKPASS_USER_PROMPT": f"Username for '{parts.scheme}://{host}': ",
                    "PLOEG_ASKPASS_TOKEN_PROMPT": (
                        f"Password for '{parts.scheme}://{quote(credential.user, safe='')}@{host}': "
                    ),
                    "PLOEG_ASKPASS_USER_FD": str(user_fd),
                    "PLOEG_ASKPASS_TOKEN_FD": str(token_fd),
                },
                (user_fd, token_fd),
            )
        finally:
            os.close(user_fd)
            os.close(token_fd)


def _entry(path: Path, number: int, line: str) -> Credential:
    fields = line.split()
    if len(fields) != 3:
        raise Invalid(_SETTING, f"{path}, line {number}", "write `https://host/prefix user token`")
    prefix, user, token = fields
    parts = urlsplit(prefix)
    if parts.scheme not in {"https", "http"} or not parts.hostname or parts.username or parts.password:
        raise Invalid(_SETTING, f"{path}, line {number}", "begin the line with the plain `https://host/prefix`")
    return Credential(prefix, user, token)


def _prefilled(text: str) -> int:
    """The reading end of a pipe that holds that line and nothing after it."""
    reading, writing = os.pipe()
    try:
        os.write(writing, text.encode() + b"\n")
    finally:
        os.close(writing)
    return reading
