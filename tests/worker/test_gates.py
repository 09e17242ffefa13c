"""`done` is what the worker verified on a commit in its own mirror, and nothing else."""

from __future__ import annotations

import pytest

from tests.worker.rig import Rig

pytestmark = pytest.mark.anyio

COMMIT = """
start()
commit()
"""
DONE = (
    COMMIT
    + """
report(summary="Wrote the greeting that was asked for.")
finish()
"""
)


async def test_uncommitted_work_is_refused_and_the_agent_can_mend_it(rig: Rig) -> None:
    report = await rig.run(
        COMMIT
        + """
write("hello.txt", "changed\\n")
write("new file.txt", "new\\n")
refused = report()["refused"]
assert "hello.txt" in refused and "new file.txt" in refused, refused
sh("git add -A && git commit -qm 'The rest'")
assert report()["next_action"] == "stop"
finish()
"""
    )
    assert report.outcome == "done"
    assert rig.remote.content(rig.job().branch, "new file.txt") == "new\n"
    assert [note["gates"][-1]["name"] for note in rig.notes("gate_refused")] == ["committed"]


async def test_uncommitted_work_is_committed_for_the_agent_where_the_config_says_so(rig: Rig) -> None:
    report = await rig.run(
        COMMIT
        + """
write("hello.txt", "changed\\n")
write("new file.txt", "new\\n")
assert report(summary="Wrote the greeting that was asked for.")["next_action"] == "stop"
sh("git status --porcelain | grep -q 'new file.txt'")
finish()
""",
        rig.job(auto_commit=True, verify_commands=["grep -q changed hello.txt"]),
    )
    assert report.outcome == "done", report.reason
    branch = rig.job().branch
    assert rig.remote.content(branch, "new file.txt") == "new\n"
    assert rig.remote.git("log", "-2", "--format=%s", branch).splitlines() == ["ST-001: Say hello", "Say hello"]
    assert rig.kept("hello.txt", "refs/ploeg/J-1/1-committed") == "changed\n"


async def test_work_that_is_nothing_but_uncommitted_passes_as_well(rig: Rig) -> None:
    report = await rig.run("start(); write('hello.txt', 'x'); report(); finish()", rig.job(auto_commit=True))
    assert report.outcome == "done", report.reason
    assert rig.remote.content(rig.job().branch, "hello.txt") == "x"


async def test_a_job_that_changes_nothing_is_refused(rig: Rig) -> None:
    report = await rig.run("start(); report(); finish()")
    assert report.outcome == "gate_refused"
    assert "not_empty" in str(report.reason)
    assert rig.remote.branches() == ["trunk"]


async def test_a_task_that_only_checks_may_change_nothing_and_pushes_nothing(rig: Rig) -> None:
    report = await rig.run("start(); report(summary='All is well.'); finish()", rig.job(verify_only=True))
    assert report.outcome == "done"
    assert report.head_sha == report.base_sha
    assert not report.pushed
    assert report.receipt is not None
    assert report.receipt["verify_only"]
    assert report.receipt["coverage"]["result"] == "EMPTY"
    assert rig.remote.branches() == ["trunk"]


async def test_leaving_the_plan_needs_a_reason_in_the_summary(rig: Rig) -> None:
    plan = "Write `hello.txt` and `goodbye.txt`."
    report = await rig.run(
        COMMIT
        + """
assert "goodbye.txt" in report()["refused"]
assert report(summary="The farewell exists already elsewhere.")["verify_result"] == "PARTIAL"
finish()
""",
        rig.job(implementation_plan=plan),
    )
    assert report.outcome == "done"


async def test_a_task_that_must_follow_its_plan_is_not_talked_out_of_it(rig: Rig) -> None:
    job = rig.job(implementation_plan="Write `hello.txt` and `goodbye.txt`.", verify_required="ALIGNED")
    report = await rig.run(COMMIT + "report(summary='I thought it better otherwise.'); finish()", job)
    assert report.outcome == "gate_refused"
    assert "goodbye.txt" in str(report.reason)


async def test_a_failing_verify_command_goes_to_the_agent_with_its_tail_and_the_work_is_kept(rig: Rig) -> None:
    job = rig.job(verify_commands=["true", "echo the-tail-of-it; exit 7", "touch /workspace/never"])
    report = await rig.run(DONE, job)

    assert report.outcome == "gate_refused"
    assert "exit 7" in str(report.reason)
    (refusal,) = rig.refusals()
    assert "ended with 7" in refusal
    assert "the-tail-of-it" in refusal
    assert rig.remote.branches() == ["trunk"]
    assert rig.kept("hello.txt") == "hello\n"
    assert rig.workspaces() == []
    (note,) = rig.notes("gate_refused")
    assert [gate["passed"] for gate in note["gates"]] == [True, True, True, False]


async def test_a_verify_command_that_hangs_is_stopped_with_its_whole_tree(sandboxed_rig: Rig) -> None:
    nap = sandboxed_rig.nap
    job = sandboxed_rig.job(verify_commands=[f"setsid {nap} & {nap}"], verify_timeout=2.0)
    report = await sandboxed_rig.run(DONE, job)
    assert report.outcome == "gate_refused", report.reason
    assert "limit" in str(report.reason)
    assert sandboxed_rig.alive() == []


async def test_verify_commands_see_the_commit_and_nothing_else_of_the_agents(rig: Rig) -> None:
    look = "! test -e ignored.txt && ! env | grep -i -e bearer -e orders && ! test -e ~/orders.json && cat hello.txt"
    report = await rig.run(
        """
start()
commit(".gitignore", "ignored.txt\\n")
commit()
write("ignored.txt", "in the agent's tree alone")
report(summary="Wrote the greeting that was asked for.")
finish()
""",
        rig.job(verify_commands=[look]),
    )
    assert report.outcome == "done", report.reason


async def test_set_up_commands_run_before_the_agent_and_before_the_verify_commands(rig: Rig) -> None:
    job = rig.job(
        setup_commands=["mkdir -p build .git/info && echo ready > build/state && echo build/ >> .git/info/exclude"],
        verify_commands=["grep -q ready build/state"],
    )
    report = await rig.run("start(); sh('grep -q ready build/state'); commit(); report(); finish()", job)
    assert report.outcome == "done", report.reason


async def test_a_set_up_command_that_fails_ends_the_attempt_with_its_tail(rig: Rig) -> None:
    report = await rig.run(DONE, rig.job(setup_commands=["echo no such package >&2; exit 3"]))
    assert report.outcome == "workspace_failed"
    assert "no such package" in str(report.reason)
    assert rig.runtime.briefs == []


async def test_what_is_pushed_is_the_verified_commit_even_if_the_agent_goes_on(rig: Rig) -> None:
    report = await rig.run(
        COMMIT
        + """
verified = report()["head_sha"]
commit("late.txt", "after the report", "Too late")
sh("git rev-parse HEAD~1 | grep -q " + verified)
finish()
"""
    )
    assert report.outcome == "done"
    assert "late.txt" not in rig.remote.git("ls-tree", "--name-only", rig.job().branch)
    assert rig.remote.git("rev-parse", rig.job().branch).strip() == report.head_sha
    assert rig.kept("late.txt") == "after the report"


async def test_a_history_that_the_agent_rewrote_after_its_report_changes_nothing(rig: Rig) -> None:
    report = await rig.run(COMMIT + "report(); sh('git reset -q --hard HEAD~1'); finish()")
    assert report.outcome == "done"
    assert rig.remote.content(rig.job().branch, "hello.txt") == "hello\n"


async def test_secrets_in_a_commands_output_are_redacted_everywhere(rig: Rig) -> None:
    token = "ploeg_wrk_the-workers-own-token"
    job = rig.job(verify_commands=[f"echo {token[:20]}''{token[20:]}; exit 1"])
    await rig.run(DONE, job)
    written = "".join(path.read_text() for path in (rig.home / "runs").glob("*.jsonl"))
    assert "«redacted»" in written
    assert token not in written
    assert all(token not in text for text in rig.refusals())


async def test_output_that_is_not_utf_8_is_shown_as_well_as_it_can_be(rig: Rig) -> None:
    await rig.run(DONE, rig.job(verify_commands=["printf 'caf\\351\\000!'; exit 1"]))
    (refusal,) = rig.refusals()
    assert "caf\N{REPLACEMENT CHARACTER}" in refusal


async def test_comparing_with_the_plan_changes_nothing_and_needs_no_path(rig: Rig) -> None:
    report = await rig.run("""
start()
before = call("verify_task_against_plan", task_id="T-1")
assert before["result"] == "EMPTY" and not before["allowed_for_done"], before
commit()
after = call("verify_task_against_plan", task_id=TASK)
assert after["result"] == "ALIGNED" and after["allowed_for_done"], after
report()
finish()
""")
    assert report.outcome == "done"
