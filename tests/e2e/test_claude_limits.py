"""The real Claude Code program out of bounds: it hangs, falls silent, floods, goes in circles, or lost its sign-in."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from tests.e2e.installation import Installation, wait_for
from tests.e2e.repository import Remote
from tests.e2e.test_claude_ends import agents_of, prepare, queued_again
from tests.e2e.test_claude_main_job import CODE, DONE, commit
from tests.scripted.anthropic import ScriptedModel, expired_token
from tests.scripted.script import Hang, call, say

pytestmark = pytest.mark.campaign

Install = Callable[..., Installation]
Model = Callable[..., ScriptedModel]

LINES = 100_000
MIB = 1024 * 1024


def test_a_new_token_in_its_file_is_noticed_and_the_job_goes_on_in_its_session(
    install_claude: Install, scripted_model: Model, remote: Remote, tmp_path: Path
) -> None:
    work = commit("farewell.py", CODE)
    model = scripted_model(work)
    ploeg_home = install_claude(model)
    prepare(ploeg_home, remote)
    ploeg_home.start_worker()
    model.wait_for_requests(1, timeout=60)
    model.script = (work, expired_token())
    parked = ploeg_home.wait_for_job("J-1", lambda job: queued_again(job) or job["ended_at"] is not None)
    assert parked["attempts"][0]["outcome"] == "auth_expired"
    wait_for(lambda: worker(ploeg_home)["state"] == "sign_in_needed", "the worker to ask for a sign-in")

    model.script = (work, DONE, say("Done."))
    (tmp_path / "claude-token").write_text("sk-ant-oat01-another-token-for-tests-0123456789")
    job = ploeg_home.wait_for_job("J-1")

    assert (job["status"], job["counted_attempts"]) == ("done", 0)
    first, second = job["attempts"]
    assert first["session_id"] == second["session_id"]
    assert worker(ploeg_home)["runtime_blocks"] == {}


def test_a_program_that_hangs_after_its_result_is_shown_out_and_the_job_is_done(
    install_claude: Install, scripted_model: Model, remote: Remote, claude_program: str, tmp_path: Path
) -> None:
    lingering = tmp_path / "program" / "claude"
    lingering.parent.mkdir()
    lingering.write_text(f'#!/bin/sh\n"{claude_program}" "$@"\nexec sleep 100000\n')
    lingering.chmod(0o755)
    model = scripted_model(commit("farewell.py", CODE), DONE, say("Done."))
    beside = str(Path(claude_program).parent)
    ploeg_home = install_claude(model, claude_program=str(lingering), tool_paths=beside, finish_grace="1")
    prepare(ploeg_home, remote)
    ploeg_home.start_worker()

    job = ploeg_home.wait_for_job("J-1")

    assert (job["status"], job["outcome"]) == ("done", "done")
    assert any(event.get("shown_out") for event in ploeg_home.transcript("J-1"))
    wait_for(lambda: not agents_of(ploeg_home), "the program to be gone")


def test_a_program_that_stops_dead_is_ended_by_the_silence_limit(
    install_claude: Install, scripted_model: Model, remote: Remote
) -> None:
    model = scripted_model(commit("half.py", "half\n"), Hang())
    ploeg_home = install_claude(model)
    prepare(ploeg_home, remote, max_silence_minutes=0.1)
    ploeg_home.start_worker()
    model.wait_for_requests(2, timeout=60)
    for process in agents_of(ploeg_home):
        if process.name().startswith("claude"):
            os.kill(process.pid, signal.SIGSTOP)

    job = ploeg_home.wait_for_job("J-1")

    assert (job["status"], job["outcome"]) == ("failed", "silent")
    assert not agents_of(ploeg_home)
    (mirror,) = (ploeg_home.home / "mirrors").glob("*.git")
    assert Remote(mirror).content(job["attempts"][0]["kept_ref"], "half.py") == "half\n"


def test_a_hundred_thousand_lines_of_output_cost_neither_the_job_nor_memory(
    install_claude: Install, scripted_model: Model, remote: Remote
) -> None:
    flood = call("Bash", command=f"seq {LINES}; seq {LINES} >&2", description="Print a lot")
    model = scripted_model(flood, commit("farewell.py", CODE), DONE, say("word\n" * LINES))
    ploeg_home = install_claude(model)
    verify = [f"seq {LINES}; grep -q Goodbye farewell.py"]
    ploeg_home.add_product(remote.path, config={"verify_commands": verify})
    ploeg_home.run_task(ploeg_home.add_task("Add a farewell to `farewell.py`."))
    ploeg_home.start_worker()

    job = ploeg_home.wait_for_job("J-1")

    assert (job["status"], job["outcome"]) == ("done", "done"), job
    assert psutil.Process(ploeg_home.running["worker"].pid).memory_info().rss < 200 * MIB
    text = "\n".join(str(event.get("text")) for event in ploeg_home.transcript("J-1"))
    assert "lines are left out here" in text


def test_a_program_that_makes_the_same_call_again_and_again_is_ended(
    install_claude: Install, scripted_model: Model, remote: Remote
) -> None:
    again = call("Bash", command="ls", description="Look")
    ploeg_home = install_claude(scripted_model(*[again] * 12), max_repeats="5")
    prepare(ploeg_home, remote)
    ploeg_home.start_worker()

    job = ploeg_home.wait_for_job("J-1")

    assert (job["status"], job["outcome"]) == ("failed", "runaway")
    assert "the same calls more than 5 times in a row, last Bash" in job["reason"]
    assert not agents_of(ploeg_home)


def worker(ploeg_home: Installation) -> dict[str, object]:
    (found,) = ploeg_home.ask("GET", "/workers")["items"]
    return dict(found)
