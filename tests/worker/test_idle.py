"""A worker that waits for jobs is small and quiet: what a job needs is loaded with the first one."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.e2e.installation import Installation, wait_for

#: Loaded with the first job, not before.
HEAVY = (
    *("fastapi", "jinja2", "mcp", "opentelemetry", "ploeg.prompts", "ploeg.tools", "prometheus_client", "pydantic"),
    *("sqlalchemy", "starlette", "uvicorn"),
)
MOST_MEGABYTES = 40


@pytest.fixture
def installation(tmp_path: Path, bubblewrap: str | None) -> Iterator[Installation]:
    installation = Installation(tmp_path / "ploeg", {"sandbox": "none" if bubblewrap else "bubblewrap"})
    installation.start_server()
    yield installation
    installation.close()


def test_what_only_a_job_needs_is_not_loaded_before() -> None:
    look = "import sys, ploeg.worker.service; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True, timeout=60)
    modules = loaded.stdout.split()
    assert "ploeg.worker.daemon" in modules
    assert [name for name in modules if name.startswith(tuple(f"{heavy}." for heavy in HEAVY)) or name in HEAVY] == []


@pytest.mark.skipif(sys.platform != "linux", reason="memory is counted otherwise elsewhere")
def test_an_idle_worker_takes_little_memory(installation: Installation) -> None:
    installation.start_worker()
    wait_for(lambda: any(w["state"] == "idle" for w in installation.ask("GET", "/workers")["items"]), "the worker")
    worker = psutil.Process(installation.running["worker"].pid)
    assert worker.memory_info().rss < MOST_MEGABYTES * 2**20
