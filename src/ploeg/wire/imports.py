"""Bringing items of other tools into a backlog."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ploeg.wire.base import Reply, Request


class ImportIn(Request):
    format: Literal["plan", "backlog.md", "issues"] = Field(
        description="Plan documents, the files of a Backlog.md folder, or the JSON of a forge's issues."
    )
    files: dict[str, str] = Field(
        max_length=5000,
        description="Texts by name; of a Backlog.md folder by path: `tasks/…`, `completed/…`, `config.yml`.",
    )
    name: str | None = Field(
        default=None, description="Tells this source apart: a plan's name, a folder's, or the issues' repository."
    )
    dry_run: bool = Field(default=False, description="Say what would be done, and do nothing.")
    update: bool = Field(default=False, description="Let what changed at its source since then change here.")
    finished: bool = Field(default=False, description="What is finished at its source, too.")


class ImportedOut(Reply):
    action: Literal["new", "known", "changed", "updated", "left_out"]
    kind: Literal["pbi", "story", "task"]
    code: str | None = Field(description="Null for what a dry run would make.")
    title: str
    source: str = Field(description="The key by which it is known again.")
    note: str | None


class ImportOut(Reply):
    dry_run: bool
    items: list[ImportedOut]
    notes: list[str]
