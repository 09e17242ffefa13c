"""A worker sleeps through its lease, another takes the job over, and the first one wakes up: it may write nothing.

Real server, two real worker processes with homes of their own.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.e2e.installation import Installation, wait_for
from tests.e2e.repository import Remote

LEASE = {"lease_seconds": "3", "renew_seconds": "0.3"}


@pytest.fixture
def installation(tmp_path: Path, bubblewrap: str | None) -> Iterator[Installation]:
    settings = {"sandbox": "none" if bubblewrap else "bubblewrap", "drain_grace": "0", **LEASE}
    installation = Installation(tmp_path / "ploeg", settings)
    installation.start_server()
    yield installation
    for process in installation.running.values():
        process.send_signal(signal.SIGCONT)
    installation.close()


def napping(word: str) -> list[psutil.Process]:
    return [p for p in psutil.process_iter(["cmdline"]) if (p.info["cmdline"] or [])[:2] == ["sleep", word]]


def without_words(attempts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What its agent had said by then is still taken into the attempt's own transcript."""
    return [{name: value for name, value in each.items() if name != "transcript_bytes"} for each in attempts]


@pytest.mark.campaign
def test_a_worker_that_wakes_up_after_its_lease_ends_its_transcript_and_changes_nothing_else(
    installation: Installation, remote: Remote, tmp_path: Path
) -> None:
    word = str(100_000_000 + secrets.randbelow(100_000_000))
    flag = tmp_path / "flags" / "the-second-attempt-runs"
    flag.parent.mkdir()
    # The first attempt naps in its verify command, which then passes; the second finds the flag and passes at once.
    verify = f"test -e {flag} || sleep {word}; true"
    plan = "Write `hello.txt`.\n\n```file=hello.txt\nhello\n```\n"
    installation.add_product(remote.path, config={"verify_commands": [verify]})
    installation.run_task(installation.add_task(plan))
    installation.settings = {**installation.settings, "tool_paths": str(flag.parent)}
    installation.start_worker_apart("first")
    wait_for(lambda: bool(napping(word)), "the verify command", lambda: installation.log("first"))

    first = installation.running["first"]
    os.kill(first.pid, signal.SIGSTOP)
    flag.touch()
    installation.start_worker_apart("second")
    job = installation.wait_for_job("J-1")
    assert job["status"] == "done", job["reason"]
    pushed = remote.git("rev-parse", remote.pushed_branch()).strip()

    for nap in napping(word):
        with contextlib.suppress(psutil.NoSuchProcess):
            nap.kill()
    os.kill(first.pid, signal.SIGCONT)
    wait_for(
        lambda: not list((installation.home.parent / "first" / "worker" / "attempts").iterdir()),
        "the first worker to give up",
    )

    after = installation.job("J-1")
    assert [attempt["outcome"] for attempt in after["attempts"]] == ["worker_lost", "done"]
    assert without_words(after["attempts"]) == without_words(job["attempts"])
    assert remote.git("rev-parse", remote.pushed_branch()).strip() == pushed
    (mirror,) = (installation.home.parent / "first" / "mirrors").glob("*.git")
    assert Remote(mirror).content("refs/ploeg/J-1/1", "hello.txt") == "hello\n"
