"""The real Claude Code program with several accounts: before a wall another one goes on, and a new token is enough."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.installation import Installation, wait_for
from tests.e2e.repository import Remote
from tests.e2e.test_claude_ends import prepare, queued_again
from tests.e2e.test_claude_main_job import CODE, DONE, commit
from tests.scripted.anthropic import ScriptedModel, expired_token, quota_wall
from tests.scripted.script import Refuse, say

pytestmark = pytest.mark.campaign

Install = Callable[..., Installation]
Model = Callable[..., ScriptedModel]
MAIN, SPARE, NEW = (f"sk-ant-oat01-{name}-for-tests-only-0123456789" for name in ("main", "spare", "new"))


@pytest.fixture
def accounts(tmp_path: Path) -> dict[str, str]:
    """Settings of a worker with two subscriptions."""
    for name, token in (("main", MAIN), ("spare", SPARE)):
        (tmp_path / name).touch(mode=0o600)
        (tmp_path / name).write_text(token)
    return {"claude_token_file": "", "claude_accounts": f"main={tmp_path / 'main'},spare={tmp_path / 'spare'}"}


def worker(ploeg_home: Installation) -> dict[str, Any]:
    (found,) = ploeg_home.ask("GET", "/workers")["items"]
    return dict(found)


def test_a_job_before_a_wall_goes_on_at_once_in_the_same_session_on_the_other_account(
    install_claude: Install, scripted_model: Model, remote: Remote, accounts: dict[str, str]
) -> None:
    wall = quota_wall(int(time.time()) + 3600)
    once = Refuse(wall.status, wall.type, wall.message, wall.headers, times=1)
    model = scripted_model(commit("farewell.py", CODE), once, DONE, say("Done."))
    ploeg_home = install_claude(model, **accounts)
    prepare(ploeg_home, remote)
    ploeg_home.start_worker()

    job = ploeg_home.wait_for_job("J-1")
    assert (job["status"], job["counted_attempts"]) == ("done", 0)
    first, second = job["attempts"]
    assert [(each["account"], each["purse"]) for each in (first, second)] == [
        ("main", "subscription"),
        ("spare", "subscription"),
    ]
    assert first["outcome"] == "quota_exhausted"
    assert first["session_id"] == second["session_id"]
    assert list(worker(ploeg_home)["runtime_blocks"]) == ["claude/main"]
    assert {request.credential for request in model.requests} == {("bearer", MAIN), ("bearer", SPARE)}


def test_an_expired_sign_in_names_the_command_that_mends_it_and_that_command_is_enough(
    install_claude: Install, scripted_model: Model, remote: Remote, tmp_path: Path
) -> None:
    model = scripted_model(expired_token())
    ploeg_home = install_claude(model)
    prepare(ploeg_home, remote)
    ploeg_home.start_worker()
    ploeg_home.wait_for_job("J-1", queued_again)
    wait_for(lambda: worker(ploeg_home)["state"] == "sign_in_needed", "the worker to ask for a sign-in")
    seen = worker(ploeg_home)
    assert "run `claude setup-token`, then `ploeg worker sign-in` on worker" in seen["reason"]
    assert seen["runtime_blocks"]["claude"]["sign_in"]

    model.script = (commit("farewell.py", CODE), DONE, say("Done."))
    signing_in = [sys.executable, "-m", "ploeg", "worker", "sign-in"]
    subprocess.run(signing_in, input=NEW.encode(), env=ploeg_home.environment(), check=True, timeout=30)

    job = ploeg_home.wait_for_job("J-1")
    assert (job["status"], job["counted_attempts"]) == ("done", 0)
    assert worker(ploeg_home)["runtime_blocks"] == {}
    assert model.requests[-1].credential == ("bearer", NEW)
    said = ploeg_home.log("worker") + ploeg_home.log("server")
    assert NEW not in said
