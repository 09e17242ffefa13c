"""A home with some work in it, on either database."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ploeg.settings import Settings, load
from tests.store.conftest import database_url, migrated_file, postgres_cluster

__all__ = ["database_url", "migrated_file", "postgres_cluster"]

Home = Callable[..., Settings]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Settings of a home of that name."""

    def settings(name: str = "home", **more: object) -> Settings:
        path = tmp_path / name
        path.mkdir(exist_ok=True)
        return load({}, {"home": str(path), **more})

    return settings
