"""`ploeg backlog`: backlog items, stories and tasks."""

from __future__ import annotations

import click

from ploeg.cli.lazy import LazyGroup


@click.group(
    cls=LazyGroup,
    lazy={
        "pbi": ("ploeg.cli.pbi:pbi", "Backlog items."),
        "story": ("ploeg.cli.story:story", "Stories of a backlog item."),
        "task": ("ploeg.cli.task:task", "Tasks of a story, with their plans."),
    },
)
def backlog() -> None:
    """Backlog items, stories and tasks.

    A reference is a code (T-4), an id, or product:code where the same code stands in several products.

    \b
    Example:
      ploeg backlog task list
    """
