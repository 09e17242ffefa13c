"""Every way in which the real Claude Code program ends without being done, and what becomes of the job."""

from __future__ import annotations

import time
from collections.abc import Callable

import psutil

from tests.e2e.installation import Installation, wait_for
from tests.e2e.repository import Remote
from tests.e2e.test_claude_main_job import CODE, DONE, PLAN, commit
from tests.scripted.anthropic import ScriptedModel, expired_token, quota_wall
from tests.scripted.script import Answer, Hang, Refuse, Step, call, say

Install = Callable[..., Installation]
Model = Callable[..., ScriptedModel]


def queued_again(job: dict[str, object]) -> bool:
    attempts = job["attempts"]
    assert isinstance(attempts, list)
    return job["status"] == "queued" and bool(attempts) and attempts[-1]["ended_at"] is not None


def prepare(ploeg_home: Installation, remote: Remote, **config: object) -> None:
    ploeg_home.add_product(remote.path, config=config)
    ploeg_home.run_task(ploeg_home.add_task(PLAN))


def test_an_expired_token_burns_no_attempt_and_asks_for_a_sign_in(
    install_claude: Install, scripted_model: Model, remote: Remote
) -> None:
    ploeg_home = install_claude(scripted_model(expired_token()))
    prepare(ploeg_home, remote)

    assert ploeg_home.run_worker_once() == 3

    job = ploeg_home.job("J-1")
    assert job["status"] == "queued"
    assert job["attempts"][0]["outcome"] == "auth_expired"
    assert job["counted_attempts"] == 0
    (worker,) = ploeg_home.ask("GET", "/workers")["items"]
    assert worker["runtime_blocks"]["claude"]["sign_in"]


def test_work_that_talks_about_401_is_not_an_expired_token(
    install_claude: Install, scripted_model: Model, remote: Remote
) -> None:
    text = "HTTP 401 unauthorized: authentication_error, OAuth token has expired, rate_limit rejected 429"
    model = scripted_model(
        call("Bash", command=f"echo '{text}' >&2; echo '{text}'", description="Print"),
        commit("farewell.py", CODE),
        DONE,
        say(text),
    )
    ploeg_home = install_claude(model)
    prepare(ploeg_home, remote)
    ploeg_home.start_worker()

    assert ploeg_home.wait_for_job("J-1")["status"] == "done"


def test_a_quota_wall_parks_the_job_until_the_reset_and_the_same_session_goes_on(
    install_claude: Install, scripted_model: Model, remote: Remote
) -> None:
    work = commit("farewell.py", CODE)
    model = scripted_model(work)
    ploeg_home = install_claude(model)
    prepare(ploeg_home, remote)
    ploeg_home.start_worker()
    model.wait_for_requests(1, timeout=60)
    reset = int(time.time()) + 12
    wall = quota_wall(reset)
    once = Refuse(wall.status, wall.type, wall.message, wall.headers, times=1)
    model.script = (work, once, DONE, say("Done."))

    parked = ploeg_home.wait_for_job("J-1", lambda job: queued_again(job) or job["ended_at"] is not None)
    assert parked["attempts"][0]["outcome"] == "quota_exhausted", parked
    assert parked["not_before"] is not None
    (worker,) = ploeg_home.ask("GET", "/workers")["items"]
    assert worker["runtime_blocks"]["claude"]["until"] is not None

    job = ploeg_home.wait_for_job("J-1")
    assert job["status"] == "done"
    assert job["counted_attempts"] == 0
    first, second = job["attempts"]
    assert first["session_id"] == second["session_id"]
    assert time.time() >= reset
    assert remote.content(remote.pushed_branch(), "farewell.py") == CODE


def test_an_agent_that_reports_nothing_is_reminded_once_in_the_same_session(
    install_claude: Install, scripted_model: Model, remote: Remote
) -> None:
    model = scripted_model(commit("farewell.py", CODE), say("I think that is all."), DONE, say("Reported."))
    ploeg_home = install_claude(model)
    prepare(ploeg_home, remote)
    ploeg_home.start_worker()

    job = ploeg_home.wait_for_job("J-1")

    assert job["status"] == "done"
    first, second = job["attempts"]
    assert first["outcome"] == "no_report"
    assert first["session_id"] == second["session_id"]
    assert "without a report" in model.requests[-1].prompts


def test_an_agent_that_never_reports_fails_the_job(
    install_claude: Install, scripted_model: Model, remote: Remote
) -> None:
    ploeg_home = install_claude(scripted_model(say("Nothing to say.")))
    prepare(ploeg_home, remote)
    ploeg_home.start_worker()

    job = ploeg_home.wait_for_job("J-1")

    assert (job["status"], job["outcome"]) == ("failed", "no_report")
    assert len(job["attempts"]) == 2


def test_an_agent_that_is_killed_counts_as_a_crash_and_is_queued_again(
    install_claude: Install, scripted_model: Model, remote: Remote
) -> None:
    model = scripted_model(commit("half.py", "half\n"), Hang())
    ploeg_home = install_claude(model)
    prepare(ploeg_home, remote)
    ploeg_home.start_worker()
    model.wait_for_requests(2, timeout=30)

    for agent in agents_of(ploeg_home):
        agent.kill()

    job = ploeg_home.wait_for_job("J-1", lambda job: queued_again(job) or job["ended_at"] is not None)
    assert job["attempts"][0]["outcome"] == "agent_crashed"
    assert job["counted_attempts"] == 1
    assert job["not_before"] is not None
    (mirror,) = (ploeg_home.home / "mirrors").glob("*.git")
    assert Remote(mirror).content(job["attempts"][0]["kept_ref"], "half.py") == "half\n"


def test_a_model_that_hangs_is_ended_by_the_silence_limit_and_the_work_is_kept(
    install_claude: Install, scripted_model: Model, remote: Remote
) -> None:
    model = scripted_model(call("Bash", command="echo uncommitted > half.py", description="Write"), Hang())
    ploeg_home = install_claude(model)
    prepare(ploeg_home, remote, max_silence_minutes=0.1)
    ploeg_home.start_worker()

    job = ploeg_home.wait_for_job("J-1")

    assert (job["status"], job["outcome"]) == ("failed", "silent")
    assert not agents_of(ploeg_home)
    (mirror,) = (ploeg_home.home / "mirrors").glob("*.git")
    assert Remote(mirror).content(f"{job['attempts'][0]['kept_ref']}-snapshot", "half.py") == "uncommitted\n"


def test_a_turn_limit_ends_the_job(install_claude: Install, scripted_model: Model, remote: Remote) -> None:
    turns: list[Step] = [call("Bash", command=f"echo {n}", description="Count") for n in range(8)]
    ploeg_home = install_claude(scripted_model(*turns))
    prepare(ploeg_home, remote, max_turns=3)
    ploeg_home.start_worker()

    job = ploeg_home.wait_for_job("J-1")

    assert (job["status"], job["outcome"]) == ("failed", "too_many_turns")


def test_a_cancelled_job_leaves_no_agent_behind(install_claude: Install, scripted_model: Model, remote: Remote) -> None:
    background: Answer = call("Bash", command="(setsid sleep 600 &) ; echo started", description="Daemonise")
    model = scripted_model(background, Hang())
    ploeg_home = install_claude(model, renew_seconds="0.5")
    prepare(ploeg_home, remote)
    ploeg_home.start_worker()
    model.wait_for_requests(2, timeout=30)

    ploeg_home.ask("POST", "/jobs/J-1/cancellation", {"reason": "Changed my mind"})

    assert ploeg_home.wait_for_job("J-1")["status"] == "cancelled"
    wait_for(lambda: not agents_of(ploeg_home), "the agent to be gone")


def agents_of(ploeg_home: Installation) -> list[psutil.Process]:
    """Every process below the worker; a sandbox's processes never leave its tree."""
    return psutil.Process(ploeg_home.running["worker"].pid).children(recursive=True)
