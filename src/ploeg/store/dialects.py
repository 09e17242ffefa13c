"""What the two databases word differently."""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum
from typing import Any

from sqlalchemy import Executable, Table
from sqlalchemy.dialects import postgresql, sqlite

SQLITE = "sqlite"
POSTGRESQL = "postgresql"


class Lock(IntEnum):
    """Keys of the advisory locks that Ploeg takes in PostgreSQL."""

    MIGRATION = 0x506C6F6567_01
    EVENTS = 0x506C6F6567_02


def per_dialect(build: Callable[[Callable[[Table], Any]], Executable]) -> dict[str, Executable]:
    """A statement with `ON CONFLICT`, built with each dialect's own `insert`."""
    return {SQLITE: build(sqlite.insert), POSTGRESQL: build(postgresql.insert)}
