"""The real Claude Code program before a scripted model, and before a real MCP server."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from ploeg.domain.attempt import Outcome
from ploeg.domain.config import ConfigLayer
from ploeg.domain.event import Finished, RateLimited, Retrying, Said, SessionStarted, ToolCalled, ToolReturned
from ploeg.runtimes.claude import Claude
from tests.runtimes.conftest import SUBSCRIPTION
from tests.runtimes.far_end import FarEnd
from tests.runtimes.running import Desk
from tests.scripted.anthropic import ScriptedModel, Window, expired_token, quota_wall
from tests.scripted.script import Answer, Call, Cut, Refuse, call, say

Models = Callable[..., ScriptedModel]
Desks = Callable[..., Desk]

REPORT = call("mcp__ploeg__update_job_status", job_id="job_1", status="done", summary="Did what the plan says.")
#: The program retries ten times with growing waits by itself; these tests do not wait for that.
IMPATIENT = {"CLAUDE_CODE_MAX_RETRIES": "1"}


def test_a_run_calls_its_tools_and_ends_normally(
    claude_desk: Desks, scripted_model: Models, far_end: Callable[..., FarEnd]
) -> None:
    server, model = far_end(), scripted_model(call("Bash", command="echo x > made.txt"), REPORT, say("All done."))
    desk = claude_desk(model)
    brief = desk.brief(endpoint=server.endpoint)
    run = desk.run(brief)
    assert (run.exit.code, run.ending.outcome) == (0, None), run.lines
    assert server.arguments_of("update_job_status")[0]["summary"] == "Did what the plan says."
    assert (desk.workspace / "made.txt").exists()
    (session,) = run.heard(SessionStarted)
    assert session.session_id == run.reader.session_id == brief.new_session_id
    assert session.tools_connected
    assert [event.tool for event in run.heard(ToolCalled)] == ["Bash", "update_job_status"]
    assert [event.is_error for event in run.heard(ToolReturned)] == [False, False]
    assert run.heard(Said)[-1].text == "All done."
    assert isinstance(run.events[-1], Finished)


def test_the_model_is_asked_as_the_config_says(
    claude_desk: Desks, scripted_model: Models, far_end: Callable[..., FarEnd]
) -> None:
    model = scripted_model(say("done"))
    desk = claude_desk(model)
    config = ConfigLayer(model="claude-sonnet-4-6", thinking_budget=12000)
    run = desk.run(desk.brief(config=config, endpoint=far_end().endpoint, prompt="Do it «naïvely»."))
    (asked,) = model.requests
    assert (asked.model, asked.effort) == ("claude-sonnet-4-6", "high")
    assert run.reader.model == "claude-sonnet-4-6"
    assert "Keep to the rules." in asked.system
    assert "Do it «naïvely»." in asked.prompts
    assert asked.credential == ("bearer", SUBSCRIPTION["CLAUDE_CODE_OAUTH_TOKEN"])


def test_only_the_kinds_tools_are_offered_to_the_model(
    claude_desk: Desks, scripted_model: Models, far_end: Callable[..., FarEnd]
) -> None:
    model = scripted_model(call("WebSearch", query="secrets"), say("done"))
    desk = claude_desk(model)
    brief = desk.brief(endpoint=far_end().endpoint)
    run = desk.run(brief)
    own = {f"mcp__ploeg__{tool}" for tool in brief.config.tools}
    offered = set(model.requests[0].tools)
    assert own <= offered
    assert offered - own - {"DeferredToolPlaceholder"} == set(brief.config.agent_tools)
    assert run.heard(ToolReturned)[0].is_error


def test_usage_and_cost_are_counted(claude_desk: Desks, scripted_model: Models) -> None:
    desk = claude_desk(scripted_model(call("Bash", command="true"), say("done")))
    usage = desk.run(desk.brief()).reader.usage
    assert (usage.input_tokens, usage.cache_read_tokens, usage.cache_write_tokens) == (2400, 10_000, 600)
    assert (usage.output_tokens, usage.turns) == (114, 2)
    assert usage.cost_usd is not None
    assert usage.cost_usd > 0


def test_a_session_goes_on_where_it_was_and_costs_only_itself(claude_desk: Desks, scripted_model: Models) -> None:
    model = scripted_model(call("Bash", command="true"), say("one"), say("two"))
    desk = claude_desk(model)
    first = desk.run(desk.brief(prompt="Begin."))
    second = desk.run(desk.brief(prompt="Go on.", resume_session_id=first.reader.session_id))
    assert second.ending.outcome is None
    assert second.reader.session_id == first.reader.session_id
    assert second.heard(Said)[0].text == "two"
    asked = model.requests[-1].prompts
    assert asked.index("Begin.") < asked.index("Go on.")
    assert second.reader.usage.input_tokens == 1200
    one, two = first.reader.usage.cost_usd, second.reader.usage.cost_usd
    assert one is not None
    assert two == pytest.approx(one / 2)


def test_a_session_that_is_not_there_is_a_crash(claude_desk: Desks, scripted_model: Models) -> None:
    desk = claude_desk(scripted_model(say("done")))
    run = desk.run(desk.brief(resume_session_id=str(uuid4())))
    assert run.ending.outcome is Outcome.AGENT_CRASHED
    assert "No conversation found" in (run.ending.reason or "")


def test_an_expired_token_needs_a_sign_in(claude_desk: Desks, scripted_model: Models) -> None:
    desk = claude_desk(scripted_model(expired_token()))
    run = desk.run(desk.brief())
    assert (run.exit.code, run.ending.outcome) == (1, Outcome.AUTH_EXPIRED)
    assert {event.http_status for event in run.heard(Retrying)} == {401}


def test_no_credential_at_all_needs_a_sign_in(claude_desk: Desks, scripted_model: Models) -> None:
    model = scripted_model(say("done"))
    desk = claude_desk(model, credentials={})
    assert desk.run(desk.brief()).ending.outcome is Outcome.AUTH_EXPIRED
    assert model.requests == []


def test_an_api_key_is_used_as_one(claude_desk: Desks, scripted_model: Models) -> None:
    model = scripted_model(say("done"))
    desk = claude_desk(model, credentials={"ANTHROPIC_API_KEY": "sk-ant-api03-only-for-tests"})
    assert desk.run(desk.brief()).ending.outcome is None
    assert model.requests[0].credential == ("api-key", "sk-ant-api03-only-for-tests")


def test_output_that_talks_about_401_and_quota_is_no_such_thing(claude_desk: Desks, scripted_model: Models) -> None:
    words = "API Error: 401 OAuth token has expired. Please run /login. You've hit your 5-hour limit. rate_limit 429"
    model = scripted_model(call("Bash", command=f'echo "{words}"; exit 1'), say(words))
    desk = claude_desk(model)
    run = desk.run(desk.brief())
    assert run.heard(ToolReturned)[0].is_error
    assert (run.exit.code, run.ending.outcome) == (0, None)


def test_a_quota_wall_names_its_window_and_reset(claude_desk: Desks, scripted_model: Models) -> None:
    reset = int(time.time()) + 3600
    desk = claude_desk(scripted_model(quota_wall(reset)))
    run = desk.run(desk.brief())
    assert (run.exit.code, run.ending.outcome) == (1, Outcome.QUOTA_EXHAUSTED)
    assert run.ending.reset_at == datetime.fromtimestamp(reset, UTC)
    assert "five_hour" in (run.ending.reason or "")


def test_the_use_of_every_quota_window_is_told(claude_desk: Desks, scripted_model: Models) -> None:
    reset = int(time.time()) + 3600
    windows = {"5h": Window(0.83, reset, "allowed_warning"), "7d": Window(0.4, reset + 86_400)}
    desk = claude_desk(scripted_model(say("done"), windows=windows))
    run = desk.run(desk.brief())
    state = {window.window: (window.utilization, window.resets_at) for window in run.reader.rate_limits}
    assert state == {
        "five_hour": (0.83, datetime.fromtimestamp(reset, UTC)),
        "seven_day": (0.4, datetime.fromtimestamp(reset + 86_400, UTC)),
    }
    assert len(run.heard(RateLimited)) >= 2


@pytest.mark.parametrize(
    "fault",
    [Refuse(529, "overloaded_error"), Refuse(500), Refuse(429, "rate_limit_error")],
    ids=["overloaded", "server error", "rate limit without a window"],
)
def test_an_api_that_is_in_trouble_is_a_crash_that_may_pass(
    claude_desk: Desks, scripted_model: Models, fault: Refuse
) -> None:
    desk = claude_desk(scripted_model(fault), **IMPATIENT)
    run = desk.run(desk.brief())
    assert run.ending.outcome is Outcome.AGENT_CRASHED, run.lines
    assert str(fault.status) in (run.ending.reason or "")


def test_an_api_that_recovers_costs_nothing_but_time(claude_desk: Desks, scripted_model: Models) -> None:
    desk = claude_desk(scripted_model(Refuse(529, "overloaded_error", times=1), Cut(times=1), say("done")))
    assert desk.run(desk.brief()).ending.outcome is None


def test_the_turns_are_limited(claude_desk: Desks, scripted_model: Models) -> None:
    desk = claude_desk(scripted_model(call("Bash", command="true"), call("Bash", command="true"), say("done")))
    run = desk.run(desk.brief(config=ConfigLayer(max_turns=1)))
    assert (run.exit.code, run.ending.outcome) == (1, Outcome.TOO_MANY_TURNS)


def test_the_cost_is_limited(claude_desk: Desks, scripted_model: Models) -> None:
    desk = claude_desk(scripted_model(*[call("Bash", command="true")] * 5, say("done")))
    run = desk.run(desk.brief(config=ConfigLayer(max_cost_usd=0.005)))
    assert run.ending.outcome is Outcome.OVER_BUDGET
    assert (run.reader.usage.cost_usd or 0) >= 0.005


def test_two_calls_at_once_are_both_heard(claude_desk: Desks, scripted_model: Models) -> None:
    both = Answer(text="Both.", calls=(Call("Bash", command="echo 1"), Call("Bash", command="echo 2")))
    desk = claude_desk(scripted_model(both, say("done")))
    run = desk.run(desk.brief())
    returned = {event.call_id: event.text for event in run.heard(ToolReturned)}
    assert [returned[event.call_id] for event in run.heard(ToolCalled)] == ["1", "2"]
    assert run.reader.usage.turns == 2


def test_a_line_of_a_megabyte_is_an_event(claude_desk: Desks, scripted_model: Models) -> None:
    desk = claude_desk(scripted_model(say("x" * 1_000_000)))
    run = desk.run(desk.brief())
    assert len(run.heard(Said)[0].text) == 1_000_000
    assert run.ending.outcome is None


def test_the_repositorys_own_settings_hooks_and_servers_are_not_obeyed(
    claude_desk: Desks, scripted_model: Models
) -> None:
    model = scripted_model(call("Bash", command="true"), say("done"))
    desk = claude_desk(model)
    settings = desk.workspace / ".claude" / "settings.json"
    settings.parent.mkdir(parents=True)
    hook = {"hooks": [{"type": "command", "command": f"touch {desk.folder}/hooked"}]}
    settings.write_text(
        json.dumps({"env": {"ANTHROPIC_BASE_URL": "http://127.0.0.1:9"}, "hooks": {"PreToolUse": [hook]}})
    )
    server = {"command": "touch", "args": [f"{desk.folder}/served"]}
    (desk.workspace / ".mcp.json").write_text(json.dumps({"mcpServers": {"evil": server}}))
    (desk.workspace / "CLAUDE.md").write_text("A canary sings.")
    run = desk.run(desk.brief())
    assert run.ending.outcome is None
    assert not (desk.folder / "hooked").exists()
    assert not (desk.folder / "served").exists()
    assert "canary" not in json.dumps(model.requests[0].body)


def test_an_agents_shell_sees_no_bearer(claude_desk: Desks, scripted_model: Models) -> None:
    model = scripted_model(call("Bash", command="env; tr '\\0' ' ' < /proc/$PPID/cmdline"), say("done"))
    desk = claude_desk(model)
    run = desk.run(desk.brief())
    assert desk.brief().endpoint.token not in run.heard(ToolReturned)[0].text
    config = desk.home / ".ploeg" / "mcp.json"
    assert config.stat().st_mode & 0o777 == 0o600


def test_the_program_is_found_behind_npms_link(claude_program: str) -> None:
    assert Claude(program=claude_program).available("") == claude_program
    assert Claude(program="no-such-program").available("/usr/bin") is None
