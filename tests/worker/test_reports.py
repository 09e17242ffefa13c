"""What an agent reports, and what it does not, decides how the attempt ends."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from ploeg.domain.attempt import Outcome
from ploeg.domain.event import RateLimited
from ploeg.runtimes.base import Ending
from tests.worker.rig import Rig

pytestmark = pytest.mark.anyio

RESET = datetime(2031, 1, 1, tzinfo=UTC)


async def test_an_agent_that_ends_without_reporting_is_no_report(rig: Rig) -> None:
    report = await rig.run("start(); commit(); finish()")
    assert report.outcome == "no_report"
    assert report.head_sha == rig.mirror().git("rev-parse", "refs/ploeg/J-1/1").strip()
    assert rig.remote.branches() == ["trunk"]


async def test_the_first_of_two_reports_stands(rig: Rig) -> None:
    report = await rig.run("""
start()
commit()
assert report(summary="The first.")["status"] == "done"
assert "that report stands" in report(summary="The second.")["refused"]
assert "that report stands" in report("failed", error="On second thoughts.")["refused"]
finish()
""")
    assert (report.outcome, report.summary) == ("done", "The first.")


async def test_a_report_for_another_job_is_refused_and_has_no_effect(rig: Rig) -> None:
    report = await rig.run("""
start()
commit()
for other in ("job_2", "J-2"):
    assert "not found" in call("update_job_status", job_id=other, status="done")["refused"]
finish()
""")
    assert report.outcome == "no_report"


async def test_another_jobs_task_and_story_are_not_there(rig: Rig) -> None:
    await rig.run("""
start()
assert "not found" in call("update_task_status", task_id="tsk_2", status="review")["refused"]
assert "not found" in call("update_task_plan", task_id="T-2", implementation_plan="x")["refused"]
assert "not found" in call("verify_task_against_plan", task_id="T-2")["refused"]
assert "code of a task" in call("log_implementation", story_id="T-1", content="x")["refused"]
finish()
""")
    assert rig.far_end.calls == []


async def test_codes_do_as_well_as_ids(rig: Rig) -> None:
    report = await rig.run("""
start()
commit()
call("update_task_status", task_id="t-1", status="in_progress")
call("log_implementation", story_id="ST-1", content="Wrote it")
assert call("update_job_status", job_id="J-1", status="done")["status"] == "done"
finish()
""")
    assert report.outcome == "done"
    assert [call.tool for call in rig.far_end.calls] == ["update_task_status", "log_implementation"]


async def test_a_reported_failure_carries_its_reason(rig: Rig) -> None:
    report = await rig.run("start(); report('failed', error='The option cannot exist.'); finish()")
    assert (report.outcome, report.reason) == ("reported_failed", "The option cannot exist.")


async def test_skipping_needs_its_reason_in_error(rig: Rig) -> None:
    report = await rig.run("""
start()
assert "VALIDATION_ERROR: error" in report("skipped", summary="There is nothing to do.")["refused"]
report("skipped", error="The greeting exists already.")
finish()
""")
    assert (report.outcome, report.reason) == ("skipped", "The greeting exists already.")


async def test_running_closes_nothing(rig: Rig) -> None:
    report = await rig.run("start(); assert report('running')['next_action'] == 'continue'; finish()")
    assert report.outcome == "no_report"


async def test_an_accepted_report_stands_against_a_crash_after_it(rig: Rig) -> None:
    report = await rig.run("start(); commit(); report(); os.kill(os.getpid(), 9)")
    assert report.outcome == "done"
    assert report.pushed


async def test_a_crash_without_a_report_tells_its_last_words(rig: Rig) -> None:
    report = await rig.run("start(); commit(); raise SystemExit('out of tokens, out of hope')")
    assert report.outcome == "agent_crashed"
    assert "out of hope" in str(report.reason)
    assert rig.kept("hello.txt") == "hello\n"


async def test_another_branch_than_the_jobs_is_refused(rig: Rig) -> None:
    report = await rig.run("""
start()
commit()
assert "ploeg/st-001-1" in report(branch="trunk")["refused"]
finish()
""")
    assert report.outcome == "no_report"
    assert report.reason == "the agent ended without a report"


async def test_what_a_tool_does_not_take_is_refused_by_name(rig: Rig) -> None:
    await rig.run("""
start()
assert "VALIDATION_ERROR: worktree_path" in call("verify_task_against_plan", task_id=TASK, worktree_path="/")["refused"]
assert "VALIDATION_ERROR: status" in report("DONE")["refused"]
assert "there is no tool" in call("wait_for_job")["refused"]
finish()
""")
    assert len(rig.refusals()) == 3


async def test_the_servers_refusal_of_a_tool_reaches_the_agent(rig: Rig) -> None:
    rig.far_end.tool_error = "status: «failed» cannot be used; close the job instead"
    await rig.run("start(); call('update_task_status', task_id=TASK, status='failed'); finish()")
    assert rig.refusals() == [rig.far_end.tool_error]


async def test_a_forwarded_call_whose_answer_is_lost_is_made_once(rig: Rig) -> None:
    rig.far_end.lost_replies.append("calls")
    await rig.run("start(); assert 'id' in call('log_implementation', story_id=STORY, content='Once'); finish()")
    assert len(rig.far_end.calls) == 1
    assert rig.far_end.requests.count("calls") == 2


async def test_the_agents_own_count_fills_in_where_its_program_gives_none(rig: Rig) -> None:
    report = await rig.run("start(); commit(); report(model_id='local-7b', input_tokens=10, output_tokens=5); finish()")
    assert report.model == "local-7b"
    assert (report.usage.input_tokens, report.usage.output_tokens) == (10, 5)


@pytest.mark.parametrize(
    ("outcome", "code"), [(Outcome.QUOTA_EXHAUSTED, 0), (Outcome.AUTH_EXPIRED, 3), (Outcome.TOO_MANY_TURNS, 0)]
)
async def test_the_runtimes_word_on_the_end_is_the_outcome(rig: Rig, outcome: Outcome, code: int) -> None:
    rig.runtime.ending = Ending(outcome=outcome, reason="so it says", reset_at=RESET)
    rig.runtime.rate_limits = (RateLimited(window="five_hour", status="rejected", utilization=1.0, resets_at=RESET),)
    assert await rig.once("start(); commit(); sys.exit(1)") == code
    report = rig.report()
    assert (report.outcome, report.reason, report.reset_at) == (outcome, "so it says", RESET)
    (window,) = report.quota
    assert (window.runtime, window.window, window.resets_at) == ("scripted", "five_hour", RESET)
    assert rig.kept("hello.txt") == "hello\n"


async def test_an_agent_that_talks_about_401_has_no_expired_token(rig: Rig) -> None:
    report = await rig.run("""
start()
say("HTTP 401 authentication_error: OAuth token has expired")
print("401 unauthorized", flush=True)
print("rate_limit rejected 429", file=sys.stderr)
commit()
report()
finish()
""")
    assert report.outcome == "done"


async def test_a_worker_that_cannot_check_is_not_the_agents_failure(new_rig: Callable[..., Rig]) -> None:
    rig = new_rig(max_bundle_bytes=20_000)
    report = await rig.run("""
start()
write("big.bin", os.urandom(200_000))
sh("git add -A && git commit -qm 'Big'")
assert "could not be checked" in report()["refused"]
finish()
""")
    assert report.outcome == "workspace_failed"
    assert rig.workspaces() == ["J-1"]
