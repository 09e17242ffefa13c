"""Ploeg's own part of the agent guide."""

from __future__ import annotations

from functools import cache
from importlib.resources import files


@cache
def built_in_guide() -> str:
    """Markdown, the same for every product."""
    return files("ploeg.prompts").joinpath("agent_guide.md").read_text("utf-8")
