"""Todos."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from ploeg.wire.base import Reply, Request


class TodoOut(Reply):
    id: str
    code: str
    title: str
    description: str | None
    product: str | None = Field(description="The code of the product it is about.")
    done_at: datetime | None
    archived_at: datetime | None
    created_at: datetime


class TodoIn(Request):
    title: str
    description: str | None = None
    product: str | None = Field(default=None, description="The product it is about, by code or id.")


class TodoEdit(Request):
    """Only the fields that are given change."""

    title: str = ""
    description: str | None = None
    product: str | None = None
    done: bool = False
    archived: bool = False
