"""A worker is killed in each phase: nothing of it lives on, its work is kept, and the next start settles its job.

Real server and worker processes, the agent without a model, and a nap in the phase in which the worker dies.
"""

from __future__ import annotations

import os
import secrets
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.e2e.installation import Installation, wait_for
from tests.e2e.repository import Remote

PLAN = """
Write `hello.txt`.

```file=hello.txt
hello
```
"""


@pytest.fixture
def nap() -> str:
    return f"sleep {100_000_000 + secrets.randbelow(100_000_000)}"


@pytest.fixture
def installation(tmp_path: Path, bubblewrap: str | None) -> Iterator[Installation]:
    settings = {"sandbox": "none" if bubblewrap else "bubblewrap", "renew_seconds": "0.5", "drain_grace": "0"}
    installation = Installation(tmp_path / "ploeg", settings)
    installation.start_server()
    yield installation
    installation.close()


def alive(nap: str) -> list[int]:
    word = nap.split()[1]
    return [p.pid for p in psutil.process_iter(["cmdline"]) if any(word in part for part in p.info["cmdline"] or ())]


def pushing(remote: Remote) -> list[int]:
    processes = psutil.process_iter(["cmdline"])
    return [p.pid for p in processes if {"push", str(remote.path)} <= set(p.info["cmdline"] or ())]


def begin(installation: Installation, remote: Remote, plan: str = PLAN, **config: Any) -> None:
    installation.add_product(remote.path, config=config)
    installation.run_task(installation.add_task(plan))
    installation.start_worker()


def kill(installation: Installation, nap: str) -> None:
    """kill -9, and proof that what the worker had started died with it."""
    installation.stop("worker", signal.SIGKILL)
    wait_for(lambda: not alive(nap), "everything that the worker had started to be gone")


def handed_back(job: dict[str, Any]) -> bool:
    return job["status"] == "queued" and job["attempts"][0]["ended_at"] is not None


def mirror(installation: Installation) -> Remote:
    (path,) = (installation.home / "mirrors").glob("*.git")
    return Remote(path)


def workspaces(installation: Installation) -> list[str]:
    return [path.name for path in (installation.home / "workspaces").iterdir()]


@pytest.fixture
def killed_in(installation: Installation, remote: Remote, nap: str) -> Callable[[str], dict[str, Any]]:
    """Kills the worker in that phase and starts it anew; the job as it is once it was handed back."""

    def act(phase: str) -> dict[str, Any]:
        napping = f"printf half > half.txt; {nap}"
        match phase:
            case "prepare":
                begin(installation, remote, setup_commands=[nap])
            case "agent":
                begin(installation, remote, plan=f"{PLAN}\n```sh\n{napping}\n```\n")
            case "verify":
                begin(installation, remote, verify_commands=[nap])
        wait_for(lambda: bool(alive(nap)), "the nap", lambda: installation.log("worker"))
        kill(installation, nap)
        installation.start_worker()
        return installation.wait_for_job("J-1", handed_back)

    return act


@pytest.mark.parametrize("phase", ["prepare", "agent", "verify"])
def test_a_worker_killed_before_the_push_gives_its_job_back(
    installation: Installation, killed_in: Callable[[str], dict[str, Any]], remote: Remote, phase: str
) -> None:
    job = killed_in(phase)
    (attempt,) = job["attempts"]
    assert attempt["outcome"] == "worker_lost"
    assert phase in attempt["reason"]
    assert job["not_before"] is not None
    assert remote.branches() == [*([] if phase == "prepare" else ["ploeg/wip/J-1"]), "trunk"]
    assert workspaces(installation) == []
    if phase == "verify":
        assert mirror(installation).content(attempt["kept_ref"], "hello.txt") == "hello\n"
    if phase == "agent":
        assert mirror(installation).content(f"{attempt['kept_ref']}-snapshot", "half.txt") == "half"


@pytest.mark.campaign
def test_a_worker_killed_while_it_pushes_pushes_again_without_the_agent(
    installation: Installation, remote: Remote, nap: str
) -> None:
    hook = remote.path / "hooks" / "pre-receive"
    hook.write_text(f"#!/bin/sh\n{nap}\n")
    hook.chmod(0o755)
    begin(installation, remote, verify_commands=["true"])
    wait_for(lambda: bool(alive(nap)), "the push", lambda: installation.log("worker"))
    assert pushing(remote)
    hook.unlink()
    installation.stop("worker", signal.SIGKILL)
    for pid in alive(
        nap
    ):  # the remote's own process; a remote that is not on this machine would outlive the worker too
        os.kill(pid, signal.SIGKILL)

    installation.start_worker()
    job = installation.wait_for_job("J-1")

    assert job["status"] == "done", job["reason"]
    first, second = job["attempts"]
    assert first["outcome"] == "push_failed"
    assert second["receipt"] == first["receipt"]
    assert remote.git("rev-parse", remote.pushed_branch()).strip() == second["head_sha"]
    assert [event["type"] for event in installation.transcript("J-1", 2) if event["type"] != "note"] == []


@pytest.mark.campaign
def test_a_worker_killed_before_its_report_arrives_reports_at_its_next_start(
    installation: Installation, remote: Remote, nap: str
) -> None:
    begin(installation, remote)
    wait_for(lambda: len(remote.branches()) > 1, "the push", lambda: installation.log("worker"))
    server = installation.running["server"]
    os.kill(server.pid, signal.SIGSTOP)
    try:
        kill(installation, nap)
    finally:
        os.kill(server.pid, signal.SIGCONT)
    installation.start_worker()
    job = installation.wait_for_job("J-1")
    assert job["status"] == "done", job["reason"]
    assert remote.git("rev-list", "--count", f"trunk..{remote.pushed_branch()}").strip() == "1"
