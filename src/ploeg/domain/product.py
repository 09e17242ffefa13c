"""A product: a repository, what done means for it, and how its jobs run."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Self

from ploeg.domain.config import ConfigLayer
from ploeg.domain.errors import Conflict, Invalid
from ploeg.domain.ids import ProductId, UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    id: ProductId
    owner_id: UserId
    name: str
    #: Short handle for the command line, unique per installation.
    code: str
    repo_url: str | None
    definition_of_done: str
    created_at: datetime
    description: str | None = None
    #: Jobs of this product that may run at the same time; None is no limit.
    max_concurrent_jobs: int | None = None
    config: ConfigLayer = field(default_factory=ConfigLayer)
    archived_at: datetime | None = None

    @property
    def archived(self) -> bool:
        return self.archived_at is not None

    def ready_for_jobs(self) -> Self:
        """This product, if a job may be queued for it."""
        if self.archived:
            raise Conflict(f"product {self.code} is archived; restore it first")
        if not self.repo_url:
            raise Conflict(f"product {self.code} has no repository; give it a repo_url first")
        return self

    def evolve(self, **changes: Any) -> Self:
        return replace(self, **changes)


def check_repo_url(field_name: str, url: str) -> str:
    """A URL that git can fetch without running anything: https, http, ssh, file, or an absolute path.

    Credentials inside a URL are refused, since URLs are shown and logged; so are git's command-running transports.
    """
    url = url.strip()
    scheme, separator, rest = url.partition("://")
    if any(ord(c) < 0x20 or c == "\x7f" for c in url):
        raise Invalid(field_name, url, "a URL has no control characters")
    if url.startswith("-"):
        raise Invalid(field_name, url, "a URL does not begin with «-»")
    if not separator:
        if url.startswith("/"):
            return url
        host, colon, path = url.partition(":")
        if colon and path and "/" not in host and "::" not in url:
            return url
        raise Invalid(field_name, url, "give an https://, ssh:// or file:// URL, git@host:path, or an absolute path")
    if scheme not in {"https", "http", "ssh", "file"}:
        raise Invalid(field_name, url, "use https, http, ssh or file")
    userinfo = rest.partition("/")[0].rpartition("@")[0]
    if ":" in userinfo or (userinfo and scheme in {"http", "https"}):
        raise Invalid(
            field_name,
            url.replace(userinfo, "…"),
            "leave credentials out; the worker gives them to git itself",
        )
    return url
