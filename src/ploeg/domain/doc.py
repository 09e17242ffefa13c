"""Product docs: what a product's people and agents write down, in folders, with every revision kept."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from ploeg.domain.errors import Conflict, Invalid
from ploeg.domain.ids import DocId, PbiId, ProductId, RevisionId

SLUG_MAX = 80
TITLE_MAX = 200
#: Characters of a doc, front matter included.
CONTENT_MAX = 100_000

_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


class Folder(StrEnum):
    ADR = "ADR"
    ARCHITECTURE = "ARCHITECTURE"
    GRILLS = "GRILLS"
    PATTERNS = "PATTERNS"
    PLANS = "PLANS"
    RUNBOOKS = "RUNBOOKS"
    SPECS = "SPECS"
    MANUAL = "MANUAL"
    API = "API"


class DocStatus(StrEnum):
    DRAFT = "draft"
    ACTIVE = "active"
    DEPRECATED = "deprecated"
    ARCHIVED = "archived"


class PbiDocRole(StrEnum):
    """What a doc is to a backlog item."""

    PLAN = "PLAN"
    GRILL = "GRILL"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductDoc:
    """A doc as it stands; `revision` to `byte_size` are those of its current revision."""

    id: DocId
    product_id: ProductId
    folder: Folder
    slug: str
    title: str
    status: DocStatus
    created_by: str
    created_at: datetime
    updated_at: datetime
    revision_id: RevisionId
    #: 1, 2, … for each doc.
    revision: int
    content_hash: str
    byte_size: int

    @property
    def path(self) -> str:
        """`ADR/use-sqlite`: how people name it within its product."""
        return f"{self.folder}/{self.slug}"

    def uri(self, product_code: str) -> str:
        return f"ploeg-doc://{product_code}/{self.path}"

    def expect(self, revision: int | None) -> Self:
        """This doc, if it is at that revision; None expects nothing, 0 that there is no such doc yet."""
        if revision is not None and revision != self.revision:
            raise Conflict(f"{self.path} is at revision {self.revision}, not {revision}; read it again first")
        return self

    def evolve(self, **changes: Any) -> Self:
        return replace(self, **changes)


@dataclass(frozen=True, slots=True, kw_only=True)
class DocRevision:
    """One text of a doc; never changed."""

    id: RevisionId
    doc_id: DocId
    number: int
    content_md: str
    content_hash: str
    created_by: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PbiDoc:
    """A backlog item leans on one revision of a doc, which can no longer be deleted."""

    pbi_id: PbiId
    revision_id: RevisionId
    role: PbiDocRole
    created_by: str
    created_at: datetime


def sha256_of(content: str) -> str:
    return hashlib.sha256(content.encode()).hexdigest()


def slug_of(title: str) -> str:
    """`Café: a plan` gives `cafe-a-plan`; `Invalid` for a title without a Latin letter or a digit."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:SLUG_MAX].strip("-")
    if not slug:
        raise Invalid("slug", title, "no slug can be made of that title; give one")
    return slug


def check_slug(slug: str) -> str:
    if len(slug) > SLUG_MAX or not _SLUG.fullmatch(slug):
        raise Invalid("slug", slug, f"use small letters, digits and single dashes, at most {SLUG_MAX}")
    return slug


def folder_named(name: str) -> Folder:
    """The folder of that name, in any case."""
    try:
        return Folder(name.upper())
    except ValueError:
        raise Invalid("folder", name, f"use one of {', '.join(Folder)}") from None


def folders_of(enabled: Sequence[Folder] | None) -> tuple[Folder, ...]:
    """The folders that a product uses; None is all of them."""
    return tuple(Folder) if enabled is None else tuple(enabled)
