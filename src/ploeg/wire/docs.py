"""Product docs, their revisions, links, and the agent guide."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from ploeg.domain.doc import DocStatus, Folder, PbiDocRole
from ploeg.domain.doc_links import LinkState
from ploeg.wire.base import Reply, Request


class DocOut(Reply):
    """A doc without its text; what changes with every revision is that of the current one."""

    id: str
    product: str
    product_id: str
    folder: Folder
    slug: str
    title: str
    status: DocStatus
    revision: int
    revision_id: str
    content_hash: str = Field(description="SHA-256 of the text.")
    byte_size: int
    uri: str
    created_by: str
    created_at: datetime
    updated_at: datetime


class DocTextOut(DocOut):
    content_md: str = Field(description="The text of the revision that was asked for.")
    shown_revision: int


class WrittenOut(DocOut):
    noop: bool = Field(description="The text was the current one already: no new revision.")
    created: bool


class RevisionOut(Reply):
    id: str
    number: int
    content_hash: str
    created_by: str
    created_at: datetime


class HitOut(DocOut):
    heading: str | None = Field(description="Of the section that the snippet is from.")
    snippet: str


class LinkOut(Reply):
    href: str
    state: LinkState
    doc: DocOut | None = Field(description="The doc at the other end.")
    choices: list[str] = Field(description="The docs that an ambiguous link may mean.")


class RelatedOut(Reply):
    forward: list[LinkOut]
    backward: list[LinkOut]
    broken: list[LinkOut]


class PbiDocOut(Reply):
    """A doc that a backlog item leans on, frozen at a revision."""

    pbi: str
    pbi_id: str
    role: PbiDocRole
    frozen_revision: int
    frozen_revision_id: str
    created_by: str
    created_at: datetime
    doc: DocOut


class GuideOut(Reply):
    guide_md: str
    has_product_override: bool
    doc: DocOut | None = Field(description="The doc that the product's part comes from.")


class RebuiltOut(Reply):
    docs: int


class DocEdit(Request):
    content_md: str = Field(description="Markdown that begins with front matter: `title`, `status`.")
    expected_revision: int | None = Field(
        default=None, ge=0, description="The revision that was read, so that no change is lost; 0: a new doc."
    )


class DocIn(DocEdit):
    folder: str
    slug: str | None = Field(default=None, description="Made of the title if left out.")


class PbiDocIn(Request):
    doc_id: str
    role: str = Field(description="`PLAN` or `GRILL`.")
    revision_id: str | None = Field(default=None, description="The current one if left out.")
