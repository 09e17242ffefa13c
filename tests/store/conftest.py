"""Every test that takes `store` or `database_url` runs on SQLite and on PostgreSQL."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from ploeg.store.store import Store
from tests.store import postgres
from tests.store.installation import Clock


@pytest.fixture(scope="session")
def postgres_cluster() -> Iterator[postgres.Cluster]:
    programs = postgres.programs()
    if programs is None:
        pytest.skip("PostgreSQL's initdb is not installed")
    with postgres.cluster(programs) as cluster:
        yield cluster


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "ploeg.db"
    Store.open(f"sqlite:///{path}").close()
    return path


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database of its own, brought up to date."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("migrated_file"), tmp_path / "ploeg.db")
        yield f"sqlite:///{tmp_path / 'ploeg.db'}"
    else:
        with request.getfixturevalue("postgres_cluster").database() as url:
            yield url


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(database_url: str, clock: Clock) -> Iterator[Store]:
    store = Store.open(database_url, clock=clock)
    yield store
    store.close()


@pytest.fixture
def sqlite_store(tmp_path: Path, migrated_file: Path, clock: Clock) -> Iterator[Store]:
    """For what SQLite alone does, in `tmp_path / "ploeg.db"`."""
    shutil.copy(migrated_file, tmp_path / "ploeg.db")
    store = Store.open(f"sqlite:///{tmp_path / 'ploeg.db'}", clock=clock)
    yield store
    store.close()
