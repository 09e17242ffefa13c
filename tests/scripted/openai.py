"""A scripted Responses API on loopback: drives the real Codex CLI through fixed steps and records what it was asked."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from tests.scripted.script import Answer

USAGE = {
    "input_tokens": 100,
    "input_tokens_details": {"cached_tokens": 20},
    "output_tokens": 30,
    "output_tokens_details": {"reasoning_tokens": 5},
    "total_tokens": 130,
}


@dataclass
class ScriptedResponses:
    """Answers step by step until it is closed: the step is the number of tool results so far, the last one repeats.

    A step's call names a tool as `namespace.tool`, or as `tool` alone.
    """

    script: Sequence[Answer]
    #: The bodies of the questions, in order.
    requests: list[Mapping[str, Any]] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._server = _Server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def tools(self) -> dict[str, list[str]]:
        """What the client offered with its first question: the names of its tools, by namespace."""
        offered: dict[str, list[str]] = {}
        for tool in self.requests[0]["tools"]:
            if tool["type"] == "namespace":
                offered[tool["name"]] = [inner["name"] for inner in tool["tools"]]
            else:
                offered.setdefault("", []).append(tool.get("name", tool["type"]))
        return offered

    def results(self) -> list[str]:
        """What the tools gave, as the last question carried it."""
        return [_text(item["output"]) for item in self.requests[-1]["input"] if item["type"] == "function_call_output"]


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, model: ScriptedResponses) -> None:
        self.model = model
        super().__init__(("127.0.0.1", 0), _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that was killed leaves a broken connection; that is no news."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def do_GET(self) -> None:
        payload = b'{"object": "list", "data": [], "models": []}'
        self._head("application/json", {"content-length": str(len(payload))})
        self.wfile.write(payload)

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers.get("content-length") or 0)) or b"{}")
        model = self.server.model
        model.requests.append(body)
        at = sum(item["type"] == "function_call_output" for item in body["input"])
        items = _items(model.script[min(at, len(model.script) - 1)], at)
        response: dict[str, Any] = {"id": f"resp_{at}", "object": "response", "status": "in_progress", "output": []}
        self._head("text/event-stream", {"connection": "close"})
        self.close_connection = True
        self._event("response.created", response=response)
        for index, item in enumerate(items):
            self._event("response.output_item.added", output_index=index, item=item)
            self._event("response.output_item.done", output_index=index, item=item)
        self._event("response.completed", response=response | {"status": "completed", "output": items, "usage": USAGE})

    def _head(self, content_type: str, headers: Mapping[str, str]) -> None:
        self.send_response(200)
        for name, value in {"content-type": content_type, **headers}.items():
            self.send_header(name, value)
        self.end_headers()

    def _event(self, kind: str, **content: Any) -> None:
        self.wfile.write(f"event: {kind}\ndata: {json.dumps({'type': kind, **content})}\n\n".encode())
        self.wfile.flush()


def _items(answer: Answer, at: int) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    for number, made in enumerate(answer.calls):
        namespace, _, name = made.tool.rpartition(".")
        item = {"type": "function_call", "id": f"fc_{at}_{number}", "call_id": f"call_{at}_{number}", "name": name}
        items.append(item | ({"namespace": namespace} if namespace else {}) | {"arguments": json.dumps(made.arguments)})
    if answer.text:
        content = [{"type": "output_text", "text": answer.text, "annotations": []}]
        items.append({"type": "message", "id": f"msg_{at}", "role": "assistant", "content": content})
    return items


def _text(output: Any) -> str:
    if isinstance(output, str):
        return output
    return "\n".join(part.get("text", "") for part in output)
