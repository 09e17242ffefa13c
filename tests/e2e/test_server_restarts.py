"""A server that is killed and started again while a job runs costs nothing, in whichever phase it happens."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable

import pytest

from tests.e2e.installation import Installation
from tests.e2e.repository import Remote

PLAN = """
## Say goodbye

```python file=farewell.py
print("Goodbye")
```
"""
SLOW_PLAN = f"{PLAN}\n```sh\nsleep 3\n```\n"
SLOW = "sleep 3"


@pytest.mark.campaign
@pytest.mark.parametrize("phase", ["prepare", "agent", "verify", "push"])
def test_a_job_outlives_a_server_that_is_killed_in(
    phase: str, install: Callable[..., Installation], remote: Remote
) -> None:
    ploeg_home = install(runtimes="patch", renew_seconds="0.5", tool_paths=f"{sys.base_prefix}/bin")
    config = {"setup_commands": [SLOW] if phase == "prepare" else [], "verify_commands": ["test -f farewell.py"]}
    if phase == "verify":
        config["verify_commands"].append(SLOW)
    if phase == "push":
        hook = remote.path / "hooks" / "pre-receive"
        hook.write_text(f"#!/bin/sh\n{SLOW}\n")
        hook.chmod(0o755)
    ploeg_home.add_product(remote.path, config=config)
    ploeg_home.run_task(ploeg_home.add_task(SLOW_PLAN if phase == "agent" else PLAN))
    ploeg_home.start_worker()
    ploeg_home.wait_for_job("J-1", lambda job: job["phase"] == phase)

    ploeg_home.stop("server", signal.SIGKILL)
    ploeg_home.start_server()

    job = ploeg_home.wait_for_job("J-1")
    assert job["status"] == "done", job["reason"]
    (attempt,) = job["attempts"]
    assert remote.git("rev-parse", remote.pushed_branch()).strip() == attempt["head_sha"]
    assert remote.content(remote.pushed_branch(), "farewell.py") == 'print("Goodbye")\n'
