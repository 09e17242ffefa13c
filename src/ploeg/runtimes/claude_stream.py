"""What Claude Code prints with `--output-format stream-json`, as events and as an ending.

Only structured fields decide: an agent that writes about «401» has no expired token.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

import msgspec

from ploeg.domain.attempt import Outcome, Usage
from ploeg.domain.event import (
    AgentEvent,
    Finished,
    Metered,
    RateLimited,
    Retrying,
    Said,
    SessionStarted,
    ToolCalled,
    ToolReturned,
)
from ploeg.runtimes.base import Ending, Exit
from ploeg.runtimes.claude_wire import Block, End, Line, Message, ModelTokens, Tokens, Window
from ploeg.runtimes.lines import decode, last_words, unreadable

#: Our tool endpoint's name in the client's configuration, and what it puts before our tools' names.
SERVER = "ploeg"
TOOL_PREFIX = f"mcp__{SERVER}__"
#: Characters of a final text that are kept; all of it is in the run log.
FINAL_TEXT = 4000
#: The client's name for messages that it wrote itself, e.g. about an API error.
SYNTHETIC = "<synthetic>"
#: The client's words for what only a person can mend: signing in again, or paying.
SIGN_IN_ERRORS = frozenset({"authentication_failed", "billing_error"})

_WHOLE = msgspec.json.Decoder(Line)
_ENDS = msgspec.json.Decoder(End)
_NOTHING = Tokens()


class ClaudeReader:
    """Reads one run of Claude Code."""

    def __init__(self, *, resumed: bool = False) -> None:
        self._resumed = resumed
        self.session_id: str | None = None
        self.model: str | None = None
        self.usage = Usage()
        self._end: End | None = None
        self._error: str | None = None
        self._windows: dict[str, RateLimited] = {}
        self._tokens: dict[str, Tokens] = {}
        self._turns: set[str] = set()

    @property
    def finished(self) -> bool:
        return self._end is not None

    @property
    def rate_limits(self) -> Sequence[RateLimited]:
        return tuple(self._windows.values())

    def feed(self, line: bytes) -> list[AgentEvent]:
        if not line.strip():
            return []
        read = decode(_WHOLE, line) or decode(_ENDS, line)
        if read is None or not read.type:
            return [unreadable(line)]
        if not isinstance(read, Line):
            return [self._finish(read, None)] if read.type == "result" else [unreadable(line)]
        match read.type, read.subtype:
            case "system", "init":
                return [self._start(read)]
            case "system", "api_retry":
                return [_retrying(read)]
            case "assistant", _:
                return self._heard(read)
            case "user", _:
                return list(_returned(read))
            case "rate_limit_event", _:
                return list(self._limited(read))
            case "result", _:
                self._total(read)
                return [self._finish(read, self.usage)]
        return []

    def ending(self, exit: Exit) -> Ending:
        end = self._end
        if end is None:
            return Ending(outcome=None) if exit.code == 0 else _crashed(last_words(exit))
        if end.subtype == "error_max_turns" or end.terminal_reason == "max_turns":
            return Ending(outcome=Outcome.TOO_MANY_TURNS, reason="the agent took all the turns that it may take")
        if end.subtype == "error_max_budget_usd" or end.terminal_reason == "budget_exhausted":
            return Ending(outcome=Outcome.OVER_BUDGET, reason="the agent spent all that it may spend")
        if not end.is_error:
            return Ending(outcome=None)
        return self._refused(end)

    def _refused(self, end: End) -> Ending:
        """The model API's refusal, by its HTTP status."""
        status, words = end.api_error_status, _words(end)
        if status in {401, 403} or (status is None and self._error in SIGN_IN_ERRORS):
            return Ending(outcome=Outcome.AUTH_EXPIRED, reason=words)
        walls = [window for window in self._windows.values() if window.status == "rejected"]
        if walls and status in {429, None}:
            resets = [window.resets_at for window in walls if window.resets_at]
            names = ", ".join(window.window for window in walls)
            return Ending(
                outcome=Outcome.QUOTA_EXHAUSTED,
                reason=f"the quota ({names}) is used up",
                reset_at=max(resets, default=None),
            )
        return _crashed(f"the model API answered {status}: {words}" if status else words)

    def _start(self, read: Line) -> SessionStarted:
        self.session_id = read.session_id
        self.model = read.model
        ours = [server.status == "connected" for server in read.mcp_servers or [] if server.name == SERVER]
        return SessionStarted(
            session_id=read.session_id or "",
            model=read.model,
            version=read.claude_code_version,
            tools_connected=any(ours) if read.mcp_servers is not None else None,
        )

    def _heard(self, read: Line) -> list[AgentEvent]:
        message, sub_agent = read.message, read.parent_tool_use_id is not None
        if message is None:
            return []
        events = list(_spoken(message, sub_agent))
        if message.model == SYNTHETIC:
            self._error = read.error or self._error
            return events
        if message.id and not sub_agent:
            self.model = message.model or self.model
            self._turns.add(message.id)
        # One message comes as several lines, each with the message's usage so far.
        before = self._tokens.get(message.id, _NOTHING)
        if message.usage and before != message.usage:
            self._tokens[message.id] = message.usage
            self.usage = _moved(self.usage, before, message.usage, len(self._turns))
            events.append(Metered(usage=self.usage))
        return events

    def _limited(self, read: Line) -> Iterable[RateLimited]:
        info = read.rate_limit_info
        if info is None:
            return
        named = dict(info.unified_windows or {})
        if info.rate_limit_type:
            within = named.get(info.rate_limit_type, Window())
            named[info.rate_limit_type] = Window(
                status=info.status,
                resets_at=info.resets_at or within.resets_at,
                utilization=info.utilization if info.utilization is not None else within.utilization,
            )
        for name, window in named.items():
            state = RateLimited(
                window=name,
                status=window.status or "allowed",
                utilization=window.utilization,
                resets_at=_moment(window.resets_at),
                overage=bool(info.is_using_overage),
            )
            if self._windows.get(name) != state:
                self._windows[name] = state
                yield state

    def _total(self, read: Line) -> None:
        """This run's totals, by model where it says so: `usage` leaves out the turn that broke a limit."""
        turns, cost = len(self._turns) or read.num_turns or 0, read.total_cost_usd
        if self._resumed and read.usage and read.model_usage:
            # Since 2.1.330 the totals by model, and the cost, are those of the whole conversation.
            share = _weight([read.usage]) / max(_weight(read.model_usage.values()), 1)
            self.usage = _sum([read.usage], turns, None if cost is None else cost * min(share, 1))
        elif read.model_usage:
            self.usage = _sum(read.model_usage.values(), turns, cost)
        elif read.usage:
            self.usage = _sum([read.usage], turns, cost)

    def _finish(self, end: End, usage: Usage | None) -> Finished:
        self._end = end
        self.session_id = end.session_id or self.session_id
        return Finished(
            is_error=bool(end.is_error),
            http_status=end.api_error_status,
            subtype=end.subtype,
            text=_words(end),
            usage=usage,
        )


def _spoken(message: Message, sub_agent: bool) -> Iterable[AgentEvent]:
    for block in _blocks(message):
        match block.type:
            case "text" if block.text:
                yield Said(text=block.text, sub_agent=sub_agent)
            case "thinking" if block.thinking:
                yield Said(text=block.thinking, thinking=True, sub_agent=sub_agent)
            case "tool_use":
                arguments = block.input if isinstance(block.input, dict) else {}
                tool = block.name.removeprefix(TOOL_PREFIX)
                yield ToolCalled(call_id=block.id, tool=tool, arguments=arguments, sub_agent=sub_agent)


def _returned(read: Line) -> Iterable[ToolReturned]:
    for block in _blocks(read.message):
        if block.type != "tool_result":
            continue
        content = block.content
        text = content if isinstance(content, str) else "\n".join(piece.text or "" for piece in content or [])
        yield ToolReturned(
            call_id=block.tool_use_id,
            text=text,
            is_error=bool(block.is_error),
            sub_agent=read.parent_tool_use_id is not None,
        )


def _blocks(message: Message | None) -> list[Block]:
    content = message.content if message else None
    if isinstance(content, str):
        return [Block(type="text", text=content)]
    return content or []


def _retrying(read: Line) -> Retrying:
    delay = read.retry_delay_ms
    return Retrying(
        attempt=read.attempt,
        http_status=read.error_status,
        error=read.error,
        delay_seconds=None if delay is None else delay / 1000,
    )


def _sum(spent: Iterable[Tokens | ModelTokens], turns: int, cost: float | None = None) -> Usage:
    spent = list(spent)
    return Usage(
        input_tokens=sum(tokens.input_tokens or 0 for tokens in spent),
        output_tokens=sum(tokens.output_tokens or 0 for tokens in spent),
        cache_read_tokens=sum(tokens.cache_read_input_tokens or 0 for tokens in spent),
        cache_write_tokens=sum(tokens.cache_creation_input_tokens or 0 for tokens in spent),
        turns=turns,
        cost_usd=cost,
    )


def _moved(usage: Usage, before: Tokens, after: Tokens, turns: int) -> Usage:
    """The totals, one message's tokens having gone from `before` to `after`."""
    old, new = _sum([before], 0), _sum([after], 0)
    return Usage(
        input_tokens=usage.input_tokens - old.input_tokens + new.input_tokens,
        output_tokens=usage.output_tokens - old.output_tokens + new.output_tokens,
        cache_read_tokens=usage.cache_read_tokens - old.cache_read_tokens + new.cache_read_tokens,
        cache_write_tokens=usage.cache_write_tokens - old.cache_write_tokens + new.cache_write_tokens,
        turns=turns,
    )


def _weight(spent: Iterable[Tokens | ModelTokens]) -> float:
    """Tokens in what an input token costs, at the proportions of the price list."""
    total = _sum(spent, 0)
    return (
        total.input_tokens + total.output_tokens * 5 + total.cache_write_tokens * 1.25 + total.cache_read_tokens * 0.1
    )


def _words(end: End) -> str:
    return (end.result or "; ".join(end.errors) or end.subtype or "")[:FINAL_TEXT]


def _crashed(reason: str) -> Ending:
    return Ending(outcome=Outcome.AGENT_CRASHED, reason=reason)


def _moment(seconds: float | None) -> datetime | None:
    try:
        return datetime.fromtimestamp(seconds, UTC) if seconds else None
    except (OverflowError, ValueError, OSError):
        return None
