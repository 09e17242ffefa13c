"""The tables, by family. Importing this module completes the `metadata`."""

from __future__ import annotations

from ploeg.store.tables import backlog, docs, events, people, products, questions, work
from ploeg.store.tables.base import metadata

__all__ = ["backlog", "docs", "events", "metadata", "people", "products", "questions", "work"]
