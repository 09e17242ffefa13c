"""From a story to its merge, with the real Claude Code: a pull request, a review, a follow-up in the same session."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.installation import Installation, wait_for
from tests.e2e.repository import make_remote
from tests.e2e.test_claude_main_job import CODE, DONE, PLAN, Install, Model, commit, ploeg
from tests.forges.fake import TOKEN, FakeForge
from tests.forges.far.serving import fake_forge
from tests.scripted.script import say

POLITE = CODE.replace('"Goodbye "', '"Goodbye, dear "')
DONE_AGAIN = ploeg("update_job_status", job_id="J-2", status="done", summary="The farewell is polite now, as asked.")


@pytest.fixture(params=["forgejo", "github", "gitlab"])
def forge(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[FakeForge]:
    shutil.copytree(make_remote(tmp_path / "made").path, tmp_path / "git" / "crew" / "greeter.git")
    with fake_forge(tmp_path / "git", request.param) as serving:
        serving.git_needs_token = True
        serving.protect(serving.default_branch)
        yield serving


@pytest.mark.campaign
def test_a_review_is_answered_on_its_branch_and_what_is_approved_is_merged(
    install_claude: Install, scripted_model: Model, forge: FakeForge, tmp_path: Path
) -> None:
    model = scripted_model(
        commit("farewell.py", CODE),
        DONE,
        say("The first job is over."),
        commit("farewell.py", POLITE),
        DONE_AGAIN,
        say("All done."),
    )
    crew = install_claude(model, git_credentials_file=str(git_credential(tmp_path, forge)))
    connect(crew, forge)
    crew.add_product(forge.repo_url, auto_pr=True, auto_merge=True, follow_ups="on")
    crew.run_task(crew.add_task(PLAN))
    crew.start_worker()
    until(crew, lambda pr: pr["status"] == "open")
    first = crew.wait_for_job("J-1")

    forge.hand_in(1, "ada", "CHANGES_REQUESTED", "Be kinder.", (("farewell.py", 1, "Say «dear» here."),))

    until(crew, lambda pr: any(said["job"] == "J-2" for said in pr["remarks"]))
    second = crew.wait_for_job("J-2")
    assert (second["status"], second["follow_up_of"], second["branch"]) == ("done", "J-1", first["branch"]), second
    (attempt,) = second["attempts"]
    assert attempt["session_id"] == first["attempts"][0]["session_id"]
    asked = str(model.requests[-1].body)
    assert "Say «dear» here." in asked
    assert "What was said about the pull request" in asked
    answered = until(crew, lambda pr: pr["head_sha"] == attempt["head_sha"])
    assert {said["job"] for said in answered["remarks"]} == {"J-2"}
    assert forge.pull(1).state == "open", "whoever asked for changes has not approved yet"

    forge.check(attempt["head_sha"], "tests", "success")
    forge.hand_in(1, "ada", "APPROVED", "Lovely.")

    merged = until(crew, lambda pr: pr["status"] == "merged")
    assert merged["merged_sha"] == forge.pull(1).merged_sha
    assert crew.ask("GET", "/pbis/PBI-1")["pr_merged_at"] is not None
    assert forge.git.run("show", f"{forge.default_branch}:farewell.py").strip() == POLITE.strip()


def git_credential(folder: Path, forge: FakeForge) -> Path:
    """The worker's own."""
    file = folder / "git.credentials"
    file.touch(mode=0o600)
    file.write_text(f"{forge.url} robot {TOKEN}\n")
    return file


def connect(crew: Installation, forge: FakeForge) -> None:
    """As a person does, with a server that runs already."""
    done = subprocess.run(
        [sys.executable, "-m", "ploeg", "forge", "connect", forge.repo_url, "--kind", forge.kind],
        input=f"{TOKEN}\n",
        env=crew.environment(public_url=crew.url),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def until(crew: Installation, condition: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """The pull request, once it is so."""

    def shown() -> dict[str, Any]:
        listed = crew.ask("GET", "/pull-requests")["items"]
        return dict(crew.ask("GET", f"/pull-requests/{listed[0]['id']}")) if listed else {}

    def so() -> bool:
        pr = shown()
        return bool(pr) and condition(pr)

    wait_for(so, "the pull request", lambda: f"{shown()}\n{crew.log('server')[-4000:]}\n{crew.log('worker')[-3000:]}")
    return shown()
