"""The lines of Claude Code's `stream-json` output, as far as they are read."""

from __future__ import annotations

from typing import Any

from msgspec import Struct, field


class Tokens(Struct):
    input_tokens: int | None = 0
    output_tokens: int | None = 0
    cache_read_input_tokens: int | None = 0
    cache_creation_input_tokens: int | None = 0


class ModelTokens(Struct, rename="camel"):
    input_tokens: int | None = 0
    output_tokens: int | None = 0
    cache_read_input_tokens: int | None = 0
    cache_creation_input_tokens: int | None = 0


class Piece(Struct):
    type: str = ""
    text: str | None = None


class Block(Struct):
    type: str = ""
    text: str | None = None
    thinking: str | None = None
    id: str = ""
    name: str = ""
    input: Any = None
    tool_use_id: str = ""
    content: str | list[Piece] | None = None
    is_error: bool | None = False


class Message(Struct):
    id: str = ""
    model: str | None = None
    content: str | list[Block] | None = None
    usage: Tokens | None = None


class Window(Struct, rename="camel"):
    status: str | None = None
    resets_at: float | None = None
    rate_limit_type: str | None = None
    utilization: float | None = None
    unified_windows: dict[str, Window] | None = None
    is_using_overage: bool | None = None


class Server(Struct):
    name: str = ""
    status: str = ""


class End(Struct):
    """The fields of a `result` that decide; its figures may be missing or changed without hiding these."""

    type: str = ""
    subtype: str | None = None
    is_error: bool | None = False
    api_error_status: int | None = None
    terminal_reason: str | None = None
    session_id: str | None = None
    result: str | None = None
    errors: list[str] = field(default_factory=list)


class Line(End):
    message: Message | None = None
    parent_tool_use_id: str | None = None
    model: str | None = None
    claude_code_version: str | None = None
    mcp_servers: list[Server] | None = None
    rate_limit_info: Window | None = None
    attempt: int = 0
    retry_delay_ms: float | None = None
    error_status: int | None = None
    error: str | None = None
    usage: Tokens | None = None
    model_usage: dict[str, ModelTokens] | None = field(default=None, name="modelUsage")
    total_cost_usd: float | None = None
    num_turns: int | None = None
