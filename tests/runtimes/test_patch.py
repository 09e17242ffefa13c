"""The real patcher on a real repository, reporting to a real MCP server."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ploeg.domain.attempt import Outcome
from ploeg.domain.event import Finished, SessionStarted, ToolCalled, ToolReturned
from tests.runtimes.conftest import git
from tests.runtimes.far_end import FarEnd
from tests.runtimes.running import Desk

PLAN = """
# Change the letter
```diff
--- a/f.txt
+++ b/f.txt
@@ -1,3 +1,3 @@
 a
-b
+B
 c
```
Then add a module:
```python file=src/x.py
X = 1
```
# Try it
```sh test
test "$(sed -n 2p f.txt)" = B; touch junk
```
# Clean up
```delete
f.txt
```
"""


def test_a_plan_is_carried_out_committed_by_section_and_reported(
    patch_desk: Desk, far_end: Callable[..., FarEnd]
) -> None:
    server = far_end()
    run = patch_desk.run(patch_desk.brief(plan=PLAN, endpoint=server.endpoint))
    assert (run.exit.code, run.ending.outcome) == (0, None), run.lines
    assert git(patch_desk, "log", "--format=%s").splitlines() == [
        "ST-001 Clean up",
        "ST-001 Change the letter",
        "Begin",
    ]
    assert git(patch_desk, "status", "--porcelain") == ""
    assert [name for name, _ in server.calls] == [
        "update_task_status",
        "log_implementation",
        "log_commit",
        "log_test_result",
        "log_commit",
        "verify_task_against_plan",
        "update_job_status",
    ]
    assert server.arguments_of("log_commit")[-1]["commit_hash"] == git(patch_desk, "rev-parse", "HEAD")
    assert server.arguments_of("log_test_result")[0]["status"] == "passed"
    done = server.arguments_of("update_job_status")[0]
    assert (done["job_id"], done["status"]) == ("job_1", "done")
    assert len(done["summary"]) >= 20


def test_the_run_is_told_as_events(patch_desk: Desk, far_end: Callable[..., FarEnd]) -> None:
    brief = patch_desk.brief(plan=PLAN, endpoint=far_end().endpoint)
    run = patch_desk.run(brief)
    assert run.heard(SessionStarted)[0].session_id == run.reader.session_id == brief.new_session_id
    assert [event.call_id for event in run.heard(ToolCalled)] == [event.call_id for event in run.heard(ToolReturned)]
    assert isinstance(run.events[-1], Finished)
    assert (run.reader.usage.turns, run.reader.usage.cost_usd) == (1, 0.0)
    assert run.reader.finished


def test_a_refused_done_is_not_mended_and_ends_normally(patch_desk: Desk, far_end: Callable[..., FarEnd]) -> None:
    server = far_end({"update_job_status": "verify command «make test» failed"})
    run = patch_desk.run(patch_desk.brief(plan=PLAN, endpoint=server.endpoint))
    assert (run.exit.code, run.ending.outcome) == (0, None)
    assert [arguments["status"] for arguments in server.arguments_of("update_job_status")] == ["done"]
    assert run.heard(ToolReturned)[-1].is_error


@pytest.mark.parametrize(
    ("plan", "reason"),
    [
        (PLAN.replace("-b\n", "-z\n"), "the diff at line 3 of the plan cannot be carried out: patch failed: f.txt:1"),
        (PLAN.replace("src/x.py", "../x.py"), "the file ../x.py at line 13 of the plan cannot be carried out"),
        (PLAN.replace('test "$(', 'false; test "$('), "the test at line 17 of the plan ended with exit code 1"),
        ("```sh limit=0.3\nsleep 60\n```", "the shell block at line 1 of the plan ran longer than 0.3 s"),
        ("```delete\nnothing.txt\n```", "the deletion of nothing.txt at line 1 of the plan cannot be carried out"),
        ("```sh\ntrue\n", "the block at line 1 of the plan is never closed"),
        ("Make it faster.", "the plan has no part that can be carried out without a model"),
        ("", "the plan has no part that can be carried out without a model"),
    ],
)
def test_what_cannot_be_carried_out_is_reported_as_failed_by_its_line(
    patch_desk: Desk, far_end: Callable[..., FarEnd], plan: str, reason: str
) -> None:
    server = far_end()
    run = patch_desk.run(patch_desk.brief(plan=plan, endpoint=server.endpoint))
    assert (run.exit.code, run.ending.outcome) == (0, None), run.lines
    reports = server.arguments_of("update_job_status")
    assert [report["status"] for report in reports] == ["failed"]
    assert reason in reports[0]["error"]


def test_a_failed_test_is_logged_as_failed(patch_desk: Desk, far_end: Callable[..., FarEnd]) -> None:
    server = far_end()
    patch_desk.run(patch_desk.brief(plan="```sh test\necho broken; false\n```", endpoint=server.endpoint))
    result = server.arguments_of("log_test_result")[0]
    assert result["status"] == "failed"
    assert "broken" in result["content"]


def test_a_refused_log_does_not_stop_the_work(patch_desk: Desk, far_end: Callable[..., FarEnd]) -> None:
    server = far_end({"log_implementation": "no", "log_commit": "no", "update_task_status": "no"})
    patch_desk.run(patch_desk.brief(plan=PLAN, endpoint=server.endpoint))
    assert server.arguments_of("update_job_status")[0]["status"] == "done"


def test_carrying_out_a_plan_again_goes_on_where_it_stopped(patch_desk: Desk, far_end: Callable[..., FarEnd]) -> None:
    server = far_end()
    plan = PLAN.partition("# Clean up")[0] + "# More\n```text file=more.txt\nmore\n```"
    interrupted = plan.partition("# More")[0]
    first = patch_desk.run(patch_desk.brief(plan=interrupted, endpoint=server.endpoint))
    again = patch_desk.brief(plan=plan, endpoint=server.endpoint, resume_session_id=first.reader.session_id)
    second = patch_desk.run(again)
    assert second.ending.outcome is None
    assert second.reader.session_id == first.reader.session_id
    assert git(patch_desk, "log", "--format=%s").splitlines() == ["ST-001 More", "ST-001 Change the letter", "Begin"]
    assert server.arguments_of("update_job_status")[-1]["status"] == "done"


def test_an_endpoint_that_is_not_there_is_a_crash(patch_desk: Desk) -> None:
    run = patch_desk.run(patch_desk.brief(plan=PLAN))
    assert (run.exit.code, run.ending.outcome) == (1, Outcome.AGENT_CRASHED)
    assert "endpoint" in (run.ending.reason or "")


def test_a_bearer_that_the_endpoint_does_not_know_is_a_crash(patch_desk: Desk, far_end: Callable[..., FarEnd]) -> None:
    run = patch_desk.run(patch_desk.brief(plan=PLAN, endpoint=far_end(token="another").endpoint))
    assert (run.exit.code, run.ending.outcome) == (1, Outcome.AGENT_CRASHED)
    assert git(patch_desk, "log", "--format=%s") == "Begin"


def test_orders_that_are_not_there_are_a_crash(patch_desk: Desk) -> None:
    run = patch_desk.execute(patch_desk.runtime.command(patch_desk.brief(plan=PLAN)))
    assert (run.exit.code, run.ending.outcome) == (1, Outcome.AGENT_CRASHED)
    assert "holds no orders" in (run.ending.reason or "")


def test_a_module_in_the_workspace_is_not_the_patchers(patch_desk: Desk, far_end: Callable[..., FarEnd]) -> None:
    for name in ("json.py", "mcp.py", "ploeg.py", "sitecustomize.py"):
        (patch_desk.workspace / name).write_text("raise SystemExit('taken over')")
    server = far_end()
    run = patch_desk.run(patch_desk.brief(plan=PLAN, endpoint=server.endpoint))
    assert run.exit.code == 0, run.exit.stderr_tail


def test_a_plan_of_64_kb_is_carried_out(patch_desk: Desk, far_end: Callable[..., FarEnd]) -> None:
    server = far_end()
    body = "".join(f"line {number:06d}\n" for number in range(5400))
    plan = f"```text file=big.txt\n{body}```"
    assert len(plan) > 60_000
    patch_desk.run(patch_desk.brief(plan=plan, endpoint=server.endpoint))
    assert (patch_desk.workspace / "big.txt").read_text() == body


def test_a_job_that_is_about_no_task_fails_at_once_with_the_reason(
    patch_desk: Desk, far_end: Callable[..., FarEnd]
) -> None:
    server = far_end()
    run = patch_desk.run(patch_desk.brief(task_id=None, story_id=None, endpoint=server.endpoint))
    assert (run.exit.code, run.ending.outcome) == (0, None), run.lines
    ((name, arguments),) = server.calls
    assert (name, arguments["status"]) == ("update_job_status", "failed")
    assert "without a model" in arguments["error"]
