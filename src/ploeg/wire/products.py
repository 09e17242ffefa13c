"""Products."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import Field

from ploeg.domain.access import Role
from ploeg.domain.doc import Folder
from ploeg.wire.base import Reply, Request, Whole
from ploeg.wire.config import ConfigIn


class ProductOut(Reply):
    id: str
    code: str
    name: str
    description: str | None
    repo_url: str | None
    definition_of_done: str
    max_concurrent_jobs: int | None
    enabled_doc_folders: list[Folder] = Field(description="The folders of docs that it uses.")
    config: dict[str, Any] = Field(description="The product's layer of the config: only what it says.")
    role: Role = Field(description="The caller's place in it.")
    archived_at: datetime | None
    created_at: datetime


class ProductEdit(Request):
    """Only the fields that are given change."""

    name: str = ""
    description: str | None = None
    repo_url: str | None = None
    definition_of_done: str | None = None
    max_concurrent_jobs: Whole | None = None
    enabled_doc_folders: list[str] | None = Field(default=None, description="Folders of docs; null: all of them.")
    config: ConfigIn | None = None


class ProductIn(ProductEdit):
    name: str
    code: str | None = Field(default=None, description="Short handle; made from the name if left out.")
