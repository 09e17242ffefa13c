"""`ploeg demo`, as a person runs it."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from tests.cli.conftest import BOUND, Ploeg, Service
from tests.docs.pages import DOCS


def demo(tmp_path: Path, *arguments: str, **environment: str) -> tuple[int, str, str]:
    """Runs it with an empty HOME and a temporary folder of its own."""
    (tmp_path / "home").mkdir()
    (tmp_path / "tmp").mkdir()
    given = {"HOME": str(tmp_path / "home"), "TMPDIR": str(tmp_path / "tmp"), "PLOEG_SANDBOX": "auto"}
    ended = Ploeg(tmp_path / "never")("demo", *arguments, **given, **environment)
    return ended.code, ended.out, ended.err


def test_the_demo_does_one_job_and_sees_one_refused(tmp_path: Path) -> None:
    code, out, err = demo(tmp_path)
    assert code == 0, out + err
    assert without_chance(out) == without_chance(shown_in_the_readme())
    assert "AssertionError: 3 != 3.5" in out
    assert err == ""
    assert list((tmp_path / "tmp").iterdir()) == []
    assert list((tmp_path / "home").iterdir()) == []
    assert not (tmp_path / "never").exists()


def shown_in_the_readme() -> str:
    readme = (DOCS.parent / "README.md").read_text("utf-8")
    return readme.partition("What `make demo` prints")[2].split("```")[1]


def without_chance(text: str) -> list[str]:
    """The lines without what differs from run to run; what Python's unittest printed is left out."""
    for pattern in (r"/\S+/rota\.git", r"\b[0-9a-f]{12}\b", r"\b[\d.]+ s\b", r"(?<=ploeg/st-001-)\w+"):
        text = re.sub(pattern, "…", text)
    return [line for line in text.strip().splitlines() if not line.startswith("    ")]


def test_the_demo_runs_without_a_sandbox_and_says_so_and_can_be_kept(tmp_path: Path) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("git", "python3", "sh"):
        found = next(Path(p) / name for p in os.environ["PATH"].split(":") if (Path(p) / name).exists())
        (programs / name).symlink_to(found)
    code, out, err = demo(tmp_path, "--keep", PATH=str(programs))
    assert code == 0, out + err
    assert [line for line in err.splitlines() if line.startswith("NO SANDBOX")] == err.splitlines()
    (home,) = (tmp_path / "tmp").iterdir()
    assert f"Kept: {home}" in out
    assert (home / "ploeg.db").exists()


@pytest.mark.campaign
def test_a_demo_that_is_killed_leaves_nothing_running(service: Callable[..., Service], tmp_path: Path) -> None:
    running = service("demo", TMPDIR=str(tmp_path), PLOEG_SANDBOX="none")
    running.line_with("J-1")
    (home,) = tmp_path.glob("ploeg-demo-*")
    left = [process for process in psutil.process_iter() if str(home) in command_of(process)]
    assert len(left) >= 2, "a server and a worker"
    running.stop(signal.SIGKILL)
    _, alive = psutil.wait_procs(left, timeout=BOUND)
    assert alive == []


def command_of(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def test_claude_without_a_sign_in_is_said_before_anything_starts(tmp_path: Path) -> None:
    code, out, err = demo(tmp_path, "--runtime", "claude")
    assert (code, out) == (3, "")
    assert "claude setup-token" in err


def test_claude_without_its_program_is_said_at_once(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("not-a-token")
    code, _, err = demo(tmp_path, "--runtime", "claude", PLOEG_CLAUDE_TOKEN_FILE=str(tmp_path / "token"))
    assert code == 1
    assert "the program of the runtime claude was not found" in err


@pytest.mark.parametrize("runtime", ["codex"])
def test_a_runtime_that_is_not_offered_is_named(tmp_path: Path, runtime: str) -> None:
    code, _, err = demo(tmp_path, "--runtime", runtime)
    assert code == 2
    assert runtime in err
