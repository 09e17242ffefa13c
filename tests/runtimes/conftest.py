"""A desk for each runtime, and the far end of its tools."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from ploeg.runtimes.claude import Claude
from ploeg.runtimes.patch import Patch
from tests.runtimes.far_end import FarEnd
from tests.runtimes.running import Desk
from tests.scripted.anthropic import ScriptedModel

SUBSCRIPTION = {"CLAUDE_CODE_OAUTH_TOKEN": "sk-ant-oat01-only-for-tests"}


@pytest.fixture
def far_end() -> Iterator[Callable[..., FarEnd]]:
    with ExitStack() as stack:
        yield lambda *refusals, **settings: stack.enter_context(FarEnd(*refusals, **settings))


@pytest.fixture
def claude_desk(claude_program: str, tmp_path: Path) -> Callable[..., Desk]:
    """Claude Code before that model, with a subscription unless told otherwise."""

    def make(model: ScriptedModel, credentials: dict[str, str] | None = None, **environment: str) -> Desk:
        given = SUBSCRIPTION if credentials is None else credentials
        return Desk(Claude(), claude_program, tmp_path, {**given, "ANTHROPIC_BASE_URL": model.url}, environment)

    return make


@pytest.fixture
def patch_desk(tmp_path: Path) -> Desk:
    """The patcher in a repository with `f.txt`."""
    desk = Desk(Patch(), sys.executable, tmp_path)
    desk.workspace.mkdir()
    (desk.workspace / "f.txt").write_text("a\nb\nc\n")
    git(desk, "init", "--quiet", "--initial-branch=main")
    git(desk, "add", "--all")
    git(desk, "-c", "user.name=x", "-c", "user.email=x@example.org", "commit", "--quiet", "-m", "Begin")
    return desk


def git(desk: Desk, *arguments: str) -> str:
    environment: dict[str, Any] = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(desk.home)}
    done = subprocess.run(
        ("git", *arguments), cwd=desk.workspace, env=environment, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()
