"""Where a repository is, read from the URL that git uses for it."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, unquote, urlsplit


@dataclass(frozen=True, slots=True)
class Place:
    """A repository on a host that speaks HTTP."""

    scheme: str
    #: With its port, if it has one of its own.
    host: str
    #: `owner/name`; GitLab has longer ones.
    path: str

    @property
    def origin(self) -> str:
        return f"{self.scheme}://{self.host}"


def place_of(repo_url: str) -> Place | None:
    """None for what is on no host: a path or a file URL. Of ssh only the host counts, whose pages are on https."""
    if "://" not in repo_url:
        return _short_form(repo_url)
    try:
        parts = urlsplit(repo_url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    path = _path(parts.path)
    if not host or not path or parts.scheme not in {"http", "https", "ssh"}:
        return None
    if parts.scheme == "ssh":
        return Place("https", host, path)
    return Place(parts.scheme, f"{host}:{port}" if port is not None else host, path)


def segments(path: str) -> str:
    """A path with each of its parts encoded."""
    return "/".join(quote(part, safe="") for part in path.split("/"))


def _short_form(repo_url: str) -> Place | None:
    """`git@host:owner/name.git`."""
    address, colon, path = repo_url.partition(":")
    host = address.rpartition("@")[2].lower()
    if not colon or not host or "/" in host or not _path(path):
        return None
    return Place("https", host, _path(path))


def _path(path: str) -> str:
    """`owner/name`, or empty if it is no such thing."""
    trimmed = unquote(path).strip("/").removesuffix(".git")
    parts = trimmed.split("/")
    return trimmed if len(parts) > 1 and all(part not in {"", ".", ".."} for part in parts) else ""
