"""The tables, by family. Importing this module completes the `metadata`."""

from __future__ import annotations

from ploeg.store.tables import (
    backlog,
    budgets,
    deliveries,
    docs,
    events,
    forge_actions,
    ideas,
    notices,
    people,
    products,
    pulls,
    questions,
    schedules,
    search,
    sprints,
    todos,
    work,
)
from ploeg.store.tables.base import metadata

__all__ = [
    "backlog",
    "budgets",
    "deliveries",
    "docs",
    "events",
    "forge_actions",
    "ideas",
    "metadata",
    "notices",
    "people",
    "products",
    "pulls",
    "questions",
    "schedules",
    "search",
    "sprints",
    "todos",
    "work",
]
