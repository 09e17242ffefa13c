"""A forge on loopback in each dialect, and a control plane over each database."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ploeg.control.installation import Installation
from ploeg.control.people import people
from ploeg.forges.registry import Forges
from ploeg.store.store import Store
from tests.control.house import Clock, House
from tests.e2e.repository import make_remote
from tests.forges.fake import TOKEN, FakeForge
from tests.forges.far.serving import fake_forge
from tests.store.conftest import database_url, migrated_file, postgres_cluster

__all__ = ["database_url", "migrated_file", "postgres_cluster"]

MakeForges = Callable[..., Forges]


@pytest.fixture
def forgejo(tmp_path: Path, bare_repository: Path) -> Iterator[FakeForge]:
    yield from _forge(tmp_path, bare_repository, "forgejo")


@pytest.fixture
def github(tmp_path: Path, bare_repository: Path) -> Iterator[FakeForge]:
    yield from _forge(tmp_path, bare_repository, "github")


@pytest.fixture
def gitlab(tmp_path: Path, bare_repository: Path) -> Iterator[FakeForge]:
    yield from _forge(tmp_path, bare_repository, "gitlab")


@pytest.fixture(params=["forgejo", "github", "gitlab"])
def forge(request: pytest.FixtureRequest, tmp_path: Path, bare_repository: Path) -> Iterator[FakeForge]:
    yield from _forge(tmp_path, bare_repository, request.param)


@pytest.fixture
def forges_of(tmp_path: Path) -> MakeForges:
    """What the server makes of a file with that forge's token in it."""

    def make(forge: FakeForge, token: str = TOKEN) -> Forges:
        return Forges.load(tokens_file(tmp_path, forge, token))

    return make


@pytest.fixture
def house(database_url: str, tmp_path: Path) -> Iterator[House]:
    clock = Clock()
    store = Store.open(database_url, clock=clock)
    made = store.write_blocking(lambda tx: people.sign_in_this_machine(tx, "admin"))
    admin = store.read_blocking(lambda tx: people.person(tx, made.token))
    yield House(store, clock, tmp_path, Installation(), admin, made.token, made.worker_token)
    store.close()


def tokens_file(folder: Path, forge: FakeForge, token: str = TOKEN) -> Path:
    path = folder / "forge.tokens"
    path.touch(mode=0o600)
    path.write_text(f"# made by a test\n{forge.url} {forge.kind} {token}\n")
    return path


@pytest.fixture(scope="session")
def bare_repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With one commit on `trunk`, whose ref is a file."""
    remote = make_remote(tmp_path_factory.mktemp("made"), default_branch="trunk")
    tip = remote.git("rev-parse", "trunk")
    (remote.path / "refs" / "heads").mkdir(parents=True, exist_ok=True)
    (remote.path / "refs" / "heads" / "trunk").write_text(tip)
    return remote.path


def _forge(folder: Path, bare_repository: Path, kind: str) -> Iterator[FakeForge]:
    shutil.copytree(bare_repository, folder / "git" / "crew" / "greeter.git")
    with fake_forge(folder / "git", kind) as serving:
        yield serving
