"""A whole installation, a remote, and the real Claude Code program before a scripted model."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.e2e.installation import Installation
from tests.e2e.repository import Remote, make_remote
from tests.scripted.anthropic import ScriptedModel

TOKEN = "sk-ant-oat01-a-token-for-tests-only-0123456789"


@pytest.fixture
def remote(tmp_path: Path) -> Remote:
    return make_remote(tmp_path)


@pytest.fixture
def install(tmp_path: Path) -> Iterator[Callable[..., Installation]]:
    """Makes the installation with those settings, its server running."""
    made: list[Installation] = []

    def start(**settings: str) -> Installation:
        installation = Installation(tmp_path / "ploeg", settings)
        made.append(installation)
        installation.start_server()
        return installation

    yield start
    for installation in made:
        installation.close()


@pytest.fixture
def install_claude(
    install: Callable[..., Installation], claude_program: str, tmp_path: Path
) -> Callable[..., Installation]:
    """An installation whose workers run the real Claude Code, whose model is the scripted one."""

    def start(model: ScriptedModel, **settings: str) -> Installation:
        token_file = tmp_path / "claude-token"
        token_file.touch(mode=0o600)
        token_file.write_text(TOKEN)
        return install(
            **{
                "runtime": "claude",
                "runtimes": "claude",
                "claude_program": claude_program,
                "claude_base_url": model.url,
                "claude_token_file": str(token_file),
                **settings,
            }
        )

    return start
