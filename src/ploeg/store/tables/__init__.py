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
    people,
    products,
    questions,
    pulls,
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
    "people",
    "products",
    "questions",
    "schedules",
    "pulls",
    "search",
    "sprints",
    "todos",
    "work",
]
