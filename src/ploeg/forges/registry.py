"""Which forge a repository is on, and the token for it: one file says both."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
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
#: A host that keeps repositories and nothing else; its line has `-` in the place of a token.
PLAIN = "git"
KINDS = (*sorted(_KINDS), PLAIN)


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the file."""

    #: `https://host`, or `http://host` where that was written out.
    origin: str
    kind: str
    token: str = field(repr=False)


class Forges:
    """The forges that Ploeg has a token for. No other host is ever asked.

    They are read anew when their file changed, so a new token needs no new start.
    """

    def __init__(self, entries: tuple[Entry, ...] = (), *, file: Path | None = None) -> None:
        self._entries = _by_origin(entries)
        self._file = file
        self._seen = _mark(file)

    @classmethod
    def load(cls, path: Path | None, *, may_be_missing: bool = False) -> Self:
        """Reads lines of `host kind token`; `#` begins a comment. Raises `Invalid`."""
        missing = path is None or (may_be_missing and not path.exists())
        return cls(() if path is None or missing else _read(path), file=path)

    @property
    def origins(self) -> list[str]:
        return sorted(self._known())

    @property
    def kinds(self) -> dict[str, str]:
        """What kind of forge answers at each origin."""
        return {origin: entry.kind for origin, entry in sorted(self._known().items())}

    def entry(self, origin: str) -> Entry | None:
        """What the file says of that forge, its token included."""
        return self._known().get(origin)

    def kind_at(self, host: str) -> str | None:
        """What kind of forge answers at that host; None without a token for it."""
        found = (entry.kind for origin, entry in self._known().items() if urlsplit(origin).netloc == host.lower())
        return next(found, None)

    @asynccontextmanager
    async def on(self, repo_url: str) -> AsyncIterator[Forge]:
        """The forge of that repository, as long as the context lasts. `ForgeError` if there is no token for it."""
        place = place_of(repo_url)
        if place is None:
            raise ForgeError(Trouble.NO_CREDENTIALS, "its repository is on no forge; name one by its https URL")
        entry = self._known().get(place.origin)
        if entry is None:
            raise ForgeError(Trouble.NO_CREDENTIALS, f"there is no token for {place.origin} in {_SETTING}")
        async with _forge(entry, place) as forge:
            yield forge

    def _known(self) -> Mapping[str, Entry]:
        seen = _mark(self._file)
        if self._file is not None and seen != self._seen:
            # Whoever is writing it may be halfway: what it said last stands until it makes sense again.
            with suppress(Invalid):
                self._entries = _by_origin(_read(self._file)) if seen is not None else {}
                self._seen = seen
        return self._entries


@asynccontextmanager
async def _forge(entry: Entry, place: Place) -> AsyncIterator[Forge]:
    if entry.kind == PLAIN:
        raise ForgeError(Trouble.REFUSED, f"{place.host} is plain git: what is pushed there stays a branch")
    kind = _KINDS[entry.kind]
    async with kind.line(place, entry.token) as line:
        try:
            yield kind(line, place)
        except (KeyError, TypeError, AttributeError, IndexError, ValueError):
            reason = f"{place.host} answered in another form than {entry.kind} does; check its kind in {_SETTING}"
            raise ForgeError(Trouble.UNREACHABLE, reason) from None


def _by_origin(entries: tuple[Entry, ...]) -> dict[str, Entry]:
    return {entry.origin: entry for entry in entries}


def _mark(path: Path | None) -> tuple[int, int, int] | None:
    """What tells one state of the file from another; None when it is not there."""
    try:
        found = path.stat() if path is not None else None
    except OSError:
        return None
    return (found.st_mtime_ns, found.st_size, found.st_ino) if found is not None else None


def _read(path: Path) -> tuple[Entry, ...]:
    lines = enumerate(secret_text(_SETTING, path).splitlines(), 1)
    return tuple(_entry(path, n, line) for n, line in lines if line.strip() and not line.startswith("#"))


def _entry(path: Path, number: int, line: str) -> Entry:
    where = f"{path}, line {number}"
    fields = line.split()
    if len(fields) != 3:
        raise Invalid(_SETTING, where, "write `host kind token`")
    host, kind, token = fields
    if kind not in KINDS:
        raise Invalid(_SETTING, where, f"name its kind: {', '.join(KINDS)}")
    if not (token.isascii() and token.isprintable()):
        raise Invalid(_SETTING, where, "a token is made of ASCII characters")
    return Entry(origin_of(host.lower(), where), kind, token)


def origin_of(host: str, where: str) -> str:
    parts = urlsplit(host if "://" in host else f"https://{host}")
    if parts.scheme not in {"https", "http"} or not parts.hostname or parts.path.strip("/") or "@" in parts.netloc:
        raise Invalid(_SETTING, where, "begin the line with the forge's host, e.g. git.example.org")
    return f"{parts.scheme}://{parts.netloc}"
