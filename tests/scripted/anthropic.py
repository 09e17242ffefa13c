"""A scripted Messages API on loopback: drives a real agent CLI through fixed steps and records what it was asked."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from tests.scripted.script import Answer, Cut, Hang, Refuse, Step, content_blocks, place, say

TURN_USAGE = {
    "input_tokens": 1200,
    "cache_creation_input_tokens": 300,
    "cache_read_input_tokens": 5000,
    "output_tokens": 57,
}


@dataclass(frozen=True)
class Window:
    """A quota window as the unified rate-limit headers tell it."""

    utilization: float
    resets_at: int
    status: str = "allowed"


@dataclass(frozen=True)
class Request:
    """One question that the client asked of the model."""

    path: str
    headers: Mapping[str, str]
    body: Mapping[str, Any]

    @property
    def model(self) -> str:
        return str(self.body.get("model"))

    @property
    def effort(self) -> str | None:
        return (self.body.get("output_config") or {}).get("effort")

    @property
    def tools(self) -> list[str]:
        return [tool["name"] for tool in self.body.get("tools") or []]

    @property
    def credential(self) -> tuple[str, str] | None:
        """`("bearer", token)` or `("api-key", key)`, as the request carried it."""
        if bearer := self.headers.get("authorization"):
            return "bearer", bearer.removeprefix("Bearer ")
        key = self.headers.get("x-api-key")
        return ("api-key", key) if key else None

    @cached_property
    def system(self) -> str:
        return _text_of(self.body.get("system"))

    @cached_property
    def prompts(self) -> str:
        """All that was said to the model in the user's name, tool results left out."""
        return "\n".join(_text_of(m.get("content")) for m in self.body.get("messages", []) if m["role"] == "user")


@dataclass
class ScriptedModel:
    """Answers by its script until it is closed. Steps: `tests/scripted/script.py`; the last one repeats."""

    script: Sequence[Step] = ()
    #: Scripts of their own for conversations whose prompts contain that text.
    scripts: Mapping[str, Sequence[Step]] = field(default_factory=dict)
    #: Quota windows told with every answer, e.g. `{"5h": Window(0.83, reset)}`.
    windows: Mapping[str, Window] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._changed = threading.Condition()
        self._served: defaultdict[str, Counter[int]] = defaultdict(Counter)
        self._server = _Server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.released.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def wait_for_requests(self, number: int, timeout: float = 10.0) -> list[Request]:
        """What was asked so far, once it is that many questions."""
        with self._changed:
            met = self._changed.wait_for(lambda: len(self.requests) >= number, timeout)
        assert met, f"{len(self.requests)} requests came within {timeout} s, {number} were expected"
        return list(self.requests)

    def receive(self, request: Request) -> tuple[int, Step]:
        """Notes the question; gives the step that answers it."""
        if not request.tools:
            return -1, say("A title")
        known = next((text for text in self.scripts if text in request.prompts), "")
        script = self.scripts[known] if known else self.script
        with self._changed:
            index = place(script, self._served[known], request.body.get("messages", []))
            self._served[known][index] += 1
            self.requests.append(request)
            self._changed.notify_all()
        return index, script[index]

    def quota_headers(self) -> dict[str, str]:
        if not self.windows:
            return {}
        told = {"anthropic-ratelimit-unified-status": "allowed"}
        for name, window in self.windows.items():
            told[f"anthropic-ratelimit-unified-{name}-utilization"] = str(window.utilization)
            told[f"anthropic-ratelimit-unified-{name}-reset"] = str(window.resets_at)
            told[f"anthropic-ratelimit-unified-{name}-status"] = window.status
        first = next(iter(self.windows.values()))
        told["anthropic-ratelimit-unified-representative-claim"] = "five_hour"
        told["anthropic-ratelimit-unified-reset"] = str(first.resets_at)
        return told


def quota_wall(resets_at: int, window: str = "five_hour") -> Refuse:
    """The refusal that a subscription gives when a quota window is used up."""
    return Refuse(
        429,
        "rate_limit_error",
        "This request would exceed your account's rate limit.",
        {
            "anthropic-ratelimit-unified-status": "rejected",
            "anthropic-ratelimit-unified-reset": str(resets_at),
            "anthropic-ratelimit-unified-representative-claim": window,
        },
    )


def expired_token() -> Refuse:
    return Refuse(401, "authentication_error", "OAuth token has expired")


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, model: ScriptedModel) -> None:
        self.model = model
        super().__init__(("127.0.0.1", 0), _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that was killed leaves a broken connection; that is no news."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def do_HEAD(self) -> None:
        self._send(200, {})

    def do_GET(self) -> None:
        self._send(200, {"data": []})

    def do_POST(self) -> None:
        length = int(self.headers.get("content-length") or 0)
        body = json.loads(self.rfile.read(length) or b"{}")
        if "count_tokens" in self.path:
            return self._send(200, {"input_tokens": 10})
        if not self.path.startswith("/v1/messages"):
            return self._send(404, {"type": "error", "error": {"type": "not_found_error", "message": self.path}})
        headers = {name.lower(): value for name, value in self.headers.items()}
        index, step = self.server.model.receive(Request(self.path, headers, body))
        match step:
            case Refuse():
                error = {"type": step.type, "message": step.message}
                return self._send(step.status, {"type": "error", "error": error}, step.headers)
            case Hang():
                self.server.model.released.wait()
                return self._send(503, {"type": "error", "error": {"type": "api_error", "message": "released"}})
            case Cut():
                return self._stream(Answer(text=step.text), index, body, cut=True)
            case Answer():
                return self._stream(step, index, body)

    def _send(self, status: int, content: Any, headers: Mapping[str, str] | None = None) -> None:
        payload = json.dumps(content).encode()
        self.send_response(status)
        for name, value in {"content-type": "application/json", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    def _stream(self, answer: Answer, index: int, body: Mapping[str, Any], *, cut: bool = False) -> None:
        blocks = content_blocks(answer, index)
        stop = "tool_use" if answer.calls else "end_turn"
        message: dict[str, Any] = {
            "id": f"msg_{index}_{time.time_ns()}",
            "type": "message",
            "role": "assistant",
            "model": body.get("model"),
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": TURN_USAGE | {"output_tokens": 1},
        }
        headers = self.server.model.quota_headers() | dict(answer.headers)
        if not body.get("stream"):
            whole = message | {"content": blocks, "stop_reason": stop, "usage": TURN_USAGE}
            return self._send(200, whole, headers)
        self.send_response(200)
        for name, value in {"content-type": "text/event-stream", "connection": "close", **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.close_connection = True
        self._event("message_start", message=message)
        for number, block in enumerate(blocks):
            self._block(number, block, answer.pace)
            if cut:
                self.connection.close()
                return None
        self._event("message_delta", delta={"stop_reason": stop, "stop_sequence": None}, usage={"output_tokens": 57})
        self._event("message_stop")
        return None

    def _block(self, number: int, block: dict[str, Any], pace: float) -> None:
        start: dict[str, Any]
        deltas: list[dict[str, Any]]
        match block["type"]:
            case "text":
                start = block | {"text": ""}
                deltas = [{"type": "text_delta", "text": piece} for piece in _pieces(block["text"])]
            case "thinking":
                start = block | {"thinking": "", "signature": ""}
                deltas = [
                    {"type": "thinking_delta", "thinking": block["thinking"]},
                    {"type": "signature_delta", "signature": block["signature"]},
                ]
            case _:
                start = block | {"input": {}}
                written = json.dumps(block["input"])
                deltas = [{"type": "input_json_delta", "partial_json": piece} for piece in _pieces(written)]
        self._event("content_block_start", index=number, content_block=start)
        for delta in deltas:
            if pace:
                self.server.model.released.wait(pace)
            self._event("content_block_delta", index=number, delta=delta)
        self._event("content_block_stop", index=number)

    def _event(self, kind: str, **content: Any) -> None:
        self.wfile.write(f"event: {kind}\ndata: {json.dumps({'type': kind, **content})}\n\n".encode())
        self.wfile.flush()


def _pieces(text: str, size: int = 4000) -> list[str]:
    return [text[start : start + size] for start in range(0, len(text), size)]


def _text_of(content: Any) -> str:
    if isinstance(content, str):
        return content
    return "\n".join(block["text"] for block in content or [] if block.get("type") == "text")
