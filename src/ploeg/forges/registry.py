"""Which forge a repository is on, and the token for it: one file says both."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from ploeg.credentials import secret_text
from ploeg.domain.delivery import Trouble
from ploeg.domain.errors import Invalid
from ploeg.forges.base import Forge, ForgeError
from ploeg.forges.forgejo import Forgejo
from ploeg.forges.github import GitHub
from ploeg.forges.gitlab import GitLab
from ploeg.forges.place import Place, place_of

_SETTING = "forge_tokens_file"
_KINDS: dict[str, type[Forgejo] | type[GitHub] | type[GitLab]] = {
    "forgejo": Forgejo,
    "gitea": Forgejo,
    "github": GitHub,
    "gitlab": GitLab,
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the file."""

    #: `https://host`, or `http://host` where that was written out.
    origin: str
    kind: str
    token: str = field(repr=False)


class Forges:
    """The forges that Ploeg has a token for. No other host is ever asked."""

    def __init__(self, entries: tuple[Entry, ...] = ()) -> None:
        self._entries = {entry.origin: entry for entry in entries}

    @classmethod
    def load(cls, path: Path | None) -> Self:
        """Reads lines of `host kind token`; `#` begins a comment. Raises `Invalid`."""
        if path is None:
            return cls()
        lines = enumerate(secret_text(_SETTING, path).splitlines(), 1)
        return cls(tuple(_entry(path, n, line) for n, line in lines if line.strip() and not line.startswith("#")))

    @property
    def origins(self) -> list[str]:
        return sorted(self._entries)

    def kind_at(self, host: str) -> str | None:
        """What kind of forge answers at that host; None without a token for it."""
        found = (entry.kind for origin, entry in self._entries.items() if urlsplit(origin).netloc == host.lower())
        return next(found, None)

    @asynccontextmanager
    async def on(self, repo_url: str) -> AsyncIterator[Forge]:
        """The forge of that repository, as long as the context lasts. `ForgeError` if there is no token for it."""
        place = place_of(repo_url)
        if place is None:
            raise ForgeError(Trouble.NO_CREDENTIALS, "its repository is on no forge; name one by its https URL")
        entry = self._entries.get(place.origin)
        if entry is None:
            raise ForgeError(Trouble.NO_CREDENTIALS, f"there is no token for {place.origin} in {_SETTING}")
        async with _forge(entry, place) as forge:
            yield forge


@asynccontextmanager
async def _forge(entry: Entry, place: Place) -> AsyncIterator[Forge]:
    kind = _KINDS[entry.kind]
    async with kind.line(place, entry.token) as line:
        try:
            yield kind(line, place)
        except (KeyError, TypeError, AttributeError, IndexError):
            reason = f"{place.host} answered in another form than {entry.kind} does; check its kind in {_SETTING}"
            raise ForgeError(Trouble.UNREACHABLE, reason) from None


def _entry(path: Path, number: int, line: str) -> Entry:
    where = f"{path}, line {number}"
    fields = line.split()
    if len(fields) != 3:
        raise Invalid(_SETTING, where, "write `host kind token`")
    host, kind, token = fields
    if kind not in _KINDS:
        raise Invalid(_SETTING, where, f"name its kind: {', '.join(sorted(_KINDS))}")
    if not (token.isascii() and token.isprintable()):
        raise Invalid(_SETTING, where, "a token is made of ASCII characters")
    return Entry(_origin(host.lower(), where), kind, token)


def _origin(host: str, where: str) -> str:
    parts = urlsplit(host if "://" in host else f"https://{host}")
    if parts.scheme not in {"https", "http"} or not parts.hostname or parts.path.strip("/") or "@" in parts.netloc:
        raise Invalid(_SETTING, where, "begin the line with the forge's host, e.g. git.example.org")
    return f"{parts.scheme}://{parts.netloc}"
