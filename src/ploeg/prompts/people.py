"""The prompts that people's own agents can ask for, each tool call in them checked against the registry."""

from __future__ import annotations

from ploeg.prompts.rendering import TEMPLATES, caller
from ploeg.tools.registry import tools_for_people


def implement_next_story(product: str) -> str:
    """The walk through the next story of the product with that code."""
    template = TEMPLATES.get_template("implement_next_story.md.j2")
    return template.render(product=product, call=caller(tools_for_people()))
