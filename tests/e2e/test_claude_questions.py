"""The real Claude Code program asks a person, is parked, and goes on in the same session with the answer."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

from tests.e2e.installation import PATIENCE, Installation
from tests.e2e.repository import Remote
from tests.e2e.test_claude_main_job import CODE, DONE, PLAN, commit, ploeg
from tests.scripted.anthropic import ScriptedModel
from tests.scripted.script import say


def command(ploeg_home: Installation, *arguments: str) -> str:
    """What a person sees who types that."""
    typed = [sys.executable, "-m", "ploeg", *arguments]
    done = subprocess.run(typed, env=ploeg_home.environment(), capture_output=True, timeout=PATIENCE, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_question_parks_the_job_and_the_answer_resumes_its_session(
    install_claude: Callable[..., Installation], scripted_model: Callable[..., ScriptedModel], remote: Remote
) -> None:
    asked = ploeg(
        "ask_user_question",
        story_id="ST-001",
        question="How do we say goodbye?",
        options=["Farewell", "Goodbye"],
        recommended=1,
        wait_seconds=1,
    )
    model = scripted_model(
        commit("notes.md", "half\n"), asked, say("I stop here."), commit("farewell.py", CODE), DONE, say("All done.")
    )
    ploeg_home = install_claude(model)
    ploeg_home.add_product(remote.path)
    ploeg_home.run_task(ploeg_home.add_task(PLAN))
    ploeg_home.start_worker()

    parked = ploeg_home.wait_for_job("J-1", lambda job: job["status"] == "waiting" or job["ended_at"] is not None)
    assert parked["status"] == "waiting", parked
    assert parked["waiting_for"] == "an answer to Q-1"
    assert "How do we say goodbye?" in command(ploeg_home, "question", "list")

    assert command(ploeg_home, "question", "answer", "Q-1", "2") == "Q-1 answered: Goodbye\n"

    job = ploeg_home.wait_for_job("J-1")
    assert job["status"] == "done", job
    first, second = job["attempts"]
    assert (first["outcome"], second["outcome"]) == ("waiting", "done")
    assert first["session_id"] == second["session_id"] is not None
    assert job["counted_attempts"] == 0
    last = str(model.requests[-1].body)
    assert "I stop here." in last, "the conversation goes on where it was"
    assert "How do we say goodbye?" in last
    assert "«data" in last
    assert "Goodbye\\n«end" in last
    branch = remote.pushed_branch()
    assert remote.content(branch, "notes.md") == "half\n"
    assert remote.content(branch, "farewell.py") == CODE
