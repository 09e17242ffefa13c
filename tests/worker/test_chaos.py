"""A small round of `chaos/kill_worker.py`, so that the program itself stays sound; CI runs a longer one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.timeout(300)
def test_workers_that_are_killed_at_random_lose_nothing(bubblewrap: str | None) -> None:
    sandbox = "none" if bubblewrap else "bubblewrap"
    done = subprocess.run(
        [sys.executable, "-m", "chaos.kill_worker", "2", "--workers", "1", "--seed", "7", "--sandbox", sandbox],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=280,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "kills 2" in done.stdout
    assert "lost 0 finished twice 0 orphans 0" in done.stdout
