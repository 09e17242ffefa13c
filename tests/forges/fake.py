"""A forge on loopback: pull requests in memory, branches in real bare repositories, in the words of three APIs.

It speaks git over HTTP as well, so that a worker can push to the same place.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from tests.forges import dialects
from tests.workspace.forge import http_backend

TOKEN = "forge-t0ken-0123456789"


@dataclass
class Pull:
    """A pull request, as every forge knows it."""

    number: int
    head: str
    base: str
    title: str
    text: str
    draft: bool = False
    state: str = "open"


@dataclass
class Trouble:
    """What goes wrong with the next request that is meant."""

    #: `before`: the line is cut before anything happens; `after`: when it has happened; a number: that status.
    what: str | int
    method: str = ""
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Refused(Exception):
    status: int
    message: str


class FakeForge:
    """One repository, `crew/greeter`, in `folder/crew/greeter.git`."""

    def __init__(self, folder: Path, kind: str) -> None:
        self.folder, self.kind = folder, kind
        self.dialect = dialects.DIALECTS[kind]
        self.url = ""
        self.pulls: list[Pull] = []
        self.troubles: list[Trouble] = []
        #: Method and path of every request to its API.
        self.asked: list[tuple[str, str]] = []
        self.read_only = False
        #: Held by every answer, if set.
        self.gate: threading.Event | None = None
        #: Called with every request to the API before it is carried out.
        self.on_request: Callable[[str, str], None] | None = None
        self.lock = threading.Lock()

    @property
    def repo_url(self) -> str:
        return f"{self.url}/crew/greeter.git"

    @property
    def repository(self) -> Path:
        return self.folder / "crew" / "greeter.git"

    @property
    def default_branch(self) -> str:
        return (self.repository / "HEAD").read_text().strip().removeprefix("ref: refs/heads/")

    def branch(self, name: str) -> None:
        """Makes one, as a push would."""
        main = (self.repository / "refs" / "heads" / self.default_branch).read_text()
        ref = self.repository / "refs" / "heads" / name
        ref.parent.mkdir(parents=True, exist_ok=True)
        ref.write_text(main)

    def has_branch(self, name: str) -> bool:
        packed = self.repository / "packed-refs"
        listed = packed.read_text() if packed.exists() else ""
        return (self.repository / "refs" / "heads" / name).exists() or f" refs/heads/{name}\n" in listed

    def open_pull(self, *, head: str, base: str, title: str, text: str, draft: bool = False) -> Pull:
        if not self.has_branch(head) or not self.has_branch(base):
            raise Refused(404, "branch not found")
        if any(pull.head == head and pull.base == base and pull.state == "open" for pull in self.pulls):
            raise Refused(409, "a pull request already exists for these branches")
        pull = Pull(len(self.pulls) + 1, head, base, title, text, draft)
        self.pulls.append(pull)
        return pull

    def pull(self, number: int) -> Pull:
        found = next((pull for pull in self.pulls if pull.number == number), None)
        if found is None:
            raise Refused(404, "not found")
        return found

    def next_trouble(self, method: str) -> Trouble | None:
        for trouble in self.troubles:
            if trouble.method in {"", method}:
                self.troubles.remove(trouble)
                return trouble
        return None


@contextmanager
def fake_forge(folder: Path, kind: str) -> Iterator[FakeForge]:
    forge = FakeForge(folder, kind)

    class Handler(_Handler):
        serving = forge

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        forge.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield forge
        server.shutdown()
        thread.join(5)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.0"
    serving: FakeForge

    def do_GET(self) -> None:
        self._answer()

    do_POST = do_PUT = do_PATCH = do_GET  # noqa: N815 - named by the standard library

    def log_message(self, *_: object) -> None:
        pass

    def _answer(self) -> None:
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if parts.path.startswith("/api/"):
            self._api(parts.path, dict(parse_qsl(parts.query)), body)
        else:
            status, headers, content = http_backend(self.serving.folder, self.command, parts, self.headers, body)
            self._send(status, headers, content)

    def _api(self, path: str, query: dict[str, str], body: bytes) -> None:
        forge = self.serving
        forge.asked.append((self.command, path))
        if forge.on_request is not None:
            forge.on_request(self.command, path)
        if forge.gate is not None:
            forge.gate.wait(10)
        trouble = forge.next_trouble(self.command)
        if trouble is not None and trouble.what == "before":
            return
        if trouble is not None and isinstance(trouble.what, int):
            self._send(trouble.what, trouble.headers, b'{"message": "there is trouble"}')
            return
        status, told = self._told(path, query, body)
        if trouble is None:
            self._send(status, {"Content-Type": "application/json"}, json.dumps(told).encode())

    def _told(self, path: str, query: dict[str, str], body: bytes) -> tuple[int, Any]:
        forge = self.serving
        if self.headers.get(forge.dialect.header) != forge.dialect.credential(TOKEN):
            return 401, {"message": "bad credentials"}
        # Of an encoded path the parts stay encoded: GitLab names a project by one part.
        parts = [unquote(part) for part in path.removeprefix(forge.dialect.root).strip("/").split("/")]
        try:
            with forge.lock:
                return forge.dialect.answer(forge, self.command, parts, query, json.loads(body) if body else {})
        except Refused as refusal:
            return forge.dialect.refusal(refusal.status, refusal.message)

    def _send(self, status: int, headers: dict[str, str], content: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)
