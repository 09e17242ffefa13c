"""What the worker's tests share."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from ploeg.workspace import sandbox
from ploeg.workspace.sandbox import SandboxUnavailable
from tests.e2e.repository import Remote, make_remote
from tests.worker.far_end import FarEnd
from tests.worker.rig import Rig


@pytest.fixture
def far_end() -> FarEnd:
    return FarEnd()


@pytest.fixture(scope="session")
def bubblewrap() -> str | None:
    """None, or why it does not work on this machine."""
    try:
        asyncio.run(sandbox.probe())
    except SandboxUnavailable as error:
        return str(error)
    return None


@pytest.fixture
def remote(tmp_path: Path) -> Remote:
    return make_remote(tmp_path / "origin", default_branch="trunk")


@pytest.fixture
def new_rig(tmp_path: Path, remote: Remote, bubblewrap: str | None) -> Callable[..., Rig]:
    def make(**settings: object) -> Rig:
        best = "none" if bubblewrap else "bubblewrap"
        return Rig(tmp_path / "home", remote, str(settings.pop("sandbox", best)), settings=settings)

    return make


@pytest.fixture
def rig(new_rig: Callable[..., Rig]) -> Rig:
    return new_rig()


@pytest.fixture(params=["bubblewrap", "none"])
def sandboxed_rig(request: pytest.FixtureRequest, new_rig: Callable[..., Rig], bubblewrap: str | None) -> Rig:
    """Once in each kind of sandbox, for what they must do alike."""
    if request.param == "bubblewrap" and bubblewrap:
        pytest.skip(bubblewrap)
    return new_rig(sandbox=request.param)
