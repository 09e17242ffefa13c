"""Fixtures: the real agent programs, and scripted models for them to talk to."""

from __future__ import annotations

import fcntl
import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from ploeg.runtimes.claude import Claude
from tests.scripted.anthropic import ScriptedModel
from tests.scripted.script import Step

AGENTS = Path(__file__).parent.parent / "agents"
INSTALL = ("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")


@pytest.fixture(scope="session")
def agent_programs() -> Path:
    """The folder of the programs of `tests/agents/package-lock.json`, installed from npm once."""
    _install_agents()
    return AGENTS / "node_modules" / ".bin"


@pytest.fixture(scope="session")
def claude_program(agent_programs: Path) -> str:
    """The real Claude Code program of `tests/agents/package-lock.json`, installed from npm once."""
    program = Claude().available(str(agent_programs))
    assert program, f"`{' '.join(INSTALL)}` in {AGENTS.name} brought no claude program for this machine"
    return program


@pytest.fixture
def scripted_model() -> Iterator[Callable[..., ScriptedModel]]:
    """Starts models: `scripted_model(call("Bash", command="true"), say("done"))`."""
    with ExitStack() as stack:

        def start(*script: Step, **settings: Any) -> ScriptedModel:
            return stack.enter_context(ScriptedModel(script, **settings))

        yield start


def _install_agents() -> None:
    """Runs npm unless what is installed is what the lock file says; one process at a time."""
    with (AGENTS / "package-lock.json").open("rb") as wanted:
        fcntl.flock(wanted, fcntl.LOCK_EX)
        if _versions(json.load(wanted)) >= _installed_versions():
            return
        if shutil.which("npm") is None:
            pytest.skip("npm is missing, so the real agent programs cannot be installed")
        subprocess.run(INSTALL, cwd=AGENTS, check=True, capture_output=True, stdin=subprocess.DEVNULL, timeout=600)


def _installed_versions() -> set[tuple[str, str]]:
    """As npm noted them itself; something that no lock file asks for where nothing is installed."""
    try:
        return _versions(json.loads((AGENTS / "node_modules" / ".package-lock.json").read_bytes()))
    except (OSError, ValueError):
        return {("nothing", "")}


def _versions(lock: dict[str, Any]) -> set[tuple[str, str]]:
    return {(path, package["version"]) for path, package in lock["packages"].items() if path}
