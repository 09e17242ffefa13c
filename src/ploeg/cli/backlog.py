"""`ploeg backlog`: backlog items, stories and tasks."""

from __future__ import annotations

import click

from ploeg.cli.lazy import LazyGroup


@click.group(
    cls=LazyGroup,
    lazy={
        "pbi": ("ploeg.cli.pbi:pbi", "Backlog items: what a product should become."),
        "story": ("ploeg.cli.story:story", "Stories: pieces of a backlog item."),
        "task": ("ploeg.cli.task:task", "Tasks: what an agent implements, each with its plan."),
        "search": ("ploeg.cli.backlog_search:search", "Find items by code, title or text."),
    },
)
def backlog() -> None:
    """Backlog items, stories and tasks: their order, what waits for what, and where to find them.

    A reference is a code (T-4), an id, or product:code where the same code stands in several products.

    \b
    Example:
      ploeg backlog task list
    """
