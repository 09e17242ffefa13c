"""From a task in the backlog to a pull request on a forge: server and worker as processes, git over HTTP."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.installation import Installation
from tests.e2e.repository import make_remote
from tests.forges.conftest import tokens_file
from tests.forges.fake import TOKEN, FakeForge
from tests.forges.far.serving import fake_forge

PLAN = """
```sh
echo hello >> greeting.txt
```

Only `greeting.txt` is changed.
"""


@pytest.fixture
def forge(tmp_path: Path) -> Iterator[FakeForge]:
    shutil.copytree(make_remote(tmp_path / "made").path, tmp_path / "git" / "crew" / "greeter.git")
    with fake_forge(tmp_path / "git", "forgejo") as serving:
        yield serving


@pytest.fixture
def crew(tmp_path: Path, forge: FakeForge) -> Iterator[Installation]:
    settings = {
        "runtimes": "patch",
        "tool_paths": f"{sys.base_prefix}/bin",
        "forge_tokens_file": str(tokens_file(tmp_path, forge)),
    }
    made = Installation(tmp_path / "ploeg", settings)
    try:
        made.start_server()
        made.start_worker()
        yield made
    finally:
        made.close()


def test_a_task_becomes_a_pull_request(crew: Installation, forge: FakeForge, tmp_path: Path) -> None:
    crew.add_product(forge.repo_url, auto_pr=True)
    job = crew.run_task(crew.add_task(PLAN, title="Greet"))
    ended = crew.wait_for_job(job, lambda shown: shown["ended_at"] is not None and shown["pr_url"] is not None)
    assert (ended["status"], ended["pull_request"]["state"]) == ("done", "open")
    (pull,) = forge.pulls
    assert (pull.base, pull.head, pull.title) == ("main", ended["branch"], "ST-001: A story")
    assert "- [x] T-1: Greet" in pull.text
    url = f"{forge.url}/crew/greeter/pulls/1"
    assert ended["pr_url"] == url
    assert crew.ask("GET", "/stories/ST-001")["pull_request"]["pr_url"] == url
    assert crew.ask("GET", "/pbis/PBI-1")["pr_url"] == url
    assert crew.ask("GET", "/forges")["items"] == [{"origin": forge.url, "kind": "forgejo"}]
    assert TOKEN not in crew.log("server") + crew.log("worker")
    kept = [path for path in tmp_path.rglob("*") if path.is_file() and path.name != "forge.tokens"]
    assert [path for path in kept if TOKEN.encode() in path.read_bytes()] == []
