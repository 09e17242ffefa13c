"""Endings and events of Claude Code that its program cannot easily be brought to, from lines as it prints them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from ploeg.domain.attempt import Outcome, Usage
from ploeg.domain.event import Metered, RateLimited, Retrying, Said, SessionStarted, ToolCalled, ToolReturned
from ploeg.runtimes.base import Ending, Exit
from ploeg.runtimes.claude_stream import ClaudeReader

RESET = 1_795_338_000


def result(**fields: Any) -> dict[str, Any]:
    return {"type": "result", "subtype": "success", "is_error": True, "api_error_status": None} | fields


def limited(status: str, window: str = "five_hour", **fields: Any) -> dict[str, Any]:
    info = {"status": status, "resetsAt": RESET, "rateLimitType": window} | fields
    return {"type": "rate_limit_event", "rate_limit_info": info}


def synthetic(error: str) -> dict[str, Any]:
    return {"type": "assistant", "message": {"id": "s", "model": "<synthetic>", "content": []}, "error": error}


def said(identifier: str, text: str, **fields: Any) -> dict[str, Any]:
    usage = {"input_tokens": 10, "output_tokens": 1}
    message = {"id": identifier, "model": "m", "content": [{"type": "text", "text": text}], "usage": usage}
    return {"type": "assistant", "message": message, **fields}


def after(*spoken: dict[str, Any], code: int = 1, resumed: bool = False) -> tuple[ClaudeReader, Ending]:
    reader = ClaudeReader(resumed=resumed)
    for line in spoken:
        reader.feed(json.dumps(line).encode())
    return reader, reader.ending(Exit(code=code))


@pytest.mark.parametrize(
    ("spoken", "outcome"),
    [
        ([result(api_error_status=401)], Outcome.AUTH_EXPIRED),
        ([result(api_error_status=403)], Outcome.AUTH_EXPIRED),
        ([synthetic("authentication_failed"), result()], Outcome.AUTH_EXPIRED),
        ([synthetic("billing_error"), result()], Outcome.AUTH_EXPIRED),
        ([limited("rejected"), result(api_error_status=429)], Outcome.QUOTA_EXHAUSTED),
        ([limited("rejected"), result()], Outcome.QUOTA_EXHAUSTED),
        ([limited("allowed_warning"), result(api_error_status=429)], Outcome.AGENT_CRASHED),
        ([limited("rejected"), limited("allowed"), result(api_error_status=429)], Outcome.AGENT_CRASHED),
        ([limited("rejected"), result(api_error_status=529)], Outcome.AGENT_CRASHED),
        ([result(api_error_status=500)], Outcome.AGENT_CRASHED),
        ([result(subtype="error_during_execution", errors=["no"])], Outcome.AGENT_CRASHED),
        ([result(subtype="error_max_turns")], Outcome.TOO_MANY_TURNS),
        ([result(subtype="error_max_budget_usd")], Outcome.OVER_BUDGET),
        ([limited("rejected"), result(is_error=False)], None),
        ([synthetic("authentication_failed"), result(is_error=False)], None),
        ([said("m", "401 Unauthorized: token expired"), result(is_error=False)], None),
    ],
)
def test_structured_fields_decide_the_outcome(spoken: list[dict[str, Any]], outcome: Outcome | None) -> None:
    assert after(*spoken)[1].outcome is outcome


def test_the_latest_reset_of_the_rejected_windows_counts() -> None:
    _, ending = after(
        limited("rejected"), limited("rejected", "seven_day", resetsAt=RESET + 9), result(api_error_status=429)
    )
    assert ending.reset_at == datetime.fromtimestamp(RESET + 9, UTC)


def test_a_reset_that_makes_no_sense_is_none() -> None:
    _, ending = after(limited("rejected", resetsAt=1e300), result(api_error_status=429))
    assert (ending.outcome, ending.reset_at) == (Outcome.QUOTA_EXHAUSTED, None)


def test_a_final_event_with_figures_of_another_form_still_ends_the_run() -> None:
    reader, ending = after(result(is_error=False, usage="much", modelUsage=[1], num_turns={}), code=0)
    assert reader.finished
    assert ending.outcome is None


def test_a_window_that_did_not_change_is_told_once() -> None:
    reader = ClaudeReader()
    told = [reader.feed(json.dumps(limited("allowed")).encode()) for _ in range(2)]
    assert told == [
        [RateLimited(window="five_hour", status="allowed", resets_at=datetime.fromtimestamp(RESET, UTC))],
        [],
    ]


def test_use_beyond_the_windows_is_told_as_such() -> None:
    reader, _ = after(limited("allowed"), limited("allowed", "overage", isUsingOverage=True), result())
    assert {limit.window: limit.overage for limit in reader.rate_limits} == {"five_hour": False, "overage": True}


def test_a_message_on_several_lines_is_counted_once() -> None:
    reader, _ = after(said("m1", "a"), said("m1", "b"), said("m2", "c"))
    assert reader.usage == Usage(input_tokens=20, output_tokens=2, turns=2)


def test_a_sub_agent_spends_and_takes_no_turn() -> None:
    reader = ClaudeReader()
    events = reader.feed(json.dumps(said("m1", "psst", parent_tool_use_id="t1")).encode())
    assert events == [Said(text="psst", sub_agent=True), Metered(usage=Usage(input_tokens=10, output_tokens=1))]
    assert reader.model is None


def test_the_totals_by_model_count_before_those_of_the_conversation() -> None:
    by_model = {"big": {"inputTokens": 5, "outputTokens": 1}, "small": {"inputTokens": 7, "cacheReadInputTokens": 3}}
    reader, _ = after(result(is_error=False, modelUsage=by_model, usage={"input_tokens": 1}, total_cost_usd=0.5))
    assert reader.usage == Usage(input_tokens=12, output_tokens=1, cache_read_tokens=3, cost_usd=0.5)


def test_a_resumed_run_counts_its_own_share() -> None:
    whole = {"m": {"inputTokens": 400, "outputTokens": 80}}
    mine = {"input_tokens": 100, "output_tokens": 20}
    reader, _ = after(result(is_error=False, modelUsage=whole, usage=mine, total_cost_usd=1.0), resumed=True)
    assert (reader.usage.input_tokens, reader.usage.output_tokens) == (100, 20)
    assert reader.usage.cost_usd == pytest.approx(0.25)


def test_an_endpoint_that_failed_or_is_missing_is_not_connected() -> None:
    for servers in ([], [{"name": "ploeg", "status": "failed"}], [{"name": "other", "status": "connected"}]):
        init = {"type": "system", "subtype": "init", "session_id": "s", "mcp_servers": servers}
        (started,) = ClaudeReader().feed(json.dumps(init).encode())
        assert isinstance(started, SessionStarted)
        assert started.tools_connected is False


def test_blocks_become_events() -> None:
    content = [
        {"type": "thinking", "thinking": "hm"},
        {"type": "thinking", "thinking": ""},
        {"type": "tool_use", "id": "t1", "name": "mcp__ploeg__log_commit", "input": {"a": 1}},
        {"type": "tool_use", "id": "t2", "name": "Bash", "input": "odd"},
        {"type": "something_new"},
    ]
    message = {"type": "assistant", "message": {"id": "m", "content": content}}
    assert ClaudeReader().feed(json.dumps(message).encode()) == [
        Said(text="hm", thinking=True),
        ToolCalled(call_id="t1", tool="log_commit", arguments={"a": 1}),
        ToolCalled(call_id="t2", tool="Bash", arguments={}),
    ]


def test_a_tools_result_may_be_text_or_pieces() -> None:
    pieces = [{"type": "text", "text": "a"}, {"type": "image"}, {"type": "text", "text": "b"}]
    content = [
        {"type": "tool_result", "tool_use_id": "t1", "content": "plain", "is_error": True},
        {"type": "tool_result", "tool_use_id": "t2", "content": pieces},
        {"type": "tool_result", "tool_use_id": "t3"},
        {"type": "text", "text": "not a result"},
    ]
    message = {"type": "user", "message": {"role": "user", "content": content}}
    assert ClaudeReader().feed(json.dumps(message).encode()) == [
        ToolReturned(call_id="t1", text="plain", is_error=True),
        ToolReturned(call_id="t2", text="a\n\nb"),
        ToolReturned(call_id="t3", text=""),
    ]


def test_a_retry_says_when_and_why() -> None:
    retry = {"attempt": 2, "retry_delay_ms": 1078.8, "error_status": 529, "error": "overloaded"}
    line = {"type": "system", "subtype": "api_retry", **retry}
    assert ClaudeReader().feed(json.dumps(line).encode()) == [
        Retrying(attempt=2, http_status=529, error="overloaded", delay_seconds=1.0788)
    ]


@pytest.mark.parametrize("line", [{"type": "system", "subtype": "hook_started"}, {"type": "stream_event"}])
def test_events_of_no_concern_say_nothing(line: dict[str, Any]) -> None:
    assert ClaudeReader().feed(json.dumps(line).encode()) == []
