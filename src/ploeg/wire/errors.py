"""How the API says no: one shape for every refusal."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from ploeg.wire.base import Reply


class Refusal(Reply):
    code: str = Field(description="For programs: `invalid`, `not_found`, `unauthenticated`, `denied`, `conflict`, …")
    message: str = Field(description="For people.")
    field: str | None = Field(default=None, description="Which field cannot be used.")
    value: Any = Field(default=None, description="What it was, cut short.")
    remedy: str | None = Field(default=None, description="What would do.")


class ErrorOut(Reply):
    error: Refusal
