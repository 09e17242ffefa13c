"""The fake forge's doors: its API, git over HTTP, and the webhooks that it sends."""

from __future__ import annotations

import base64
import json
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.forges.fake import FakeForge
from tests.forges.far.dialect import Call, Dialect
from tests.forges.far.forgejo import FORGEJO
from tests.forges.far.github import GITHUB
from tests.forges.far.gitlab_setup import GITLAB
from tests.forges.far.things import Exchange, Hook, Refused, Right
from tests.workspace.forge import http_backend

#: Where a forge says that it is one to whoever asks; GitLab only to those who are signed in.
SIGNS = {"forgejo": "/api/forgejo/v1/version", "github": "/api/v3/meta", "gitlab": ""}
DIALECTS = {"forgejo": FORGEJO, "github": GITHUB, "gitlab": GITLAB}


@contextmanager
def fake_forge(folder: Path, kind: str) -> Iterator[FakeForge]:
    forge = FakeForge(folder, kind)
    dialect = DIALECTS[kind]

    class Handler(_Handler):
        serving = forge
        speaks = dialect

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        forge.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        with _postman(forge, dialect):
            yield forge
        server.shutdown()
        thread.join(5)


@contextmanager
def _postman(forge: FakeForge, dialect: Dialect) -> Iterator[None]:
    """Sends webhooks out, one after another, as long as the context lasts; a receiver's troubles are its own."""

    def tell(what: str, thing: object) -> None:
        for hook in list(forge.hooks):
            forge.letters.put((hook, what, thing))

    def deliver() -> None:
        while (letter := forge.letters.get()) is not None:
            try:
                _send(forge, dialect, *letter)
            finally:
                forge.letters.task_done()

    forge.listener = tell
    thread = threading.Thread(target=deliver, daemon=True)
    thread.start()
    yield
    forge.letters.put(None)
    thread.join(5)


def _send(forge: FakeForge, dialect: Dialect, hook: Hook, what: str, thing: object) -> None:
    # The forger of a webhook does not know its secret.
    fault = forge.hook_faults.pop(0) if forge.hook_faults else ""
    with forge.lock:
        told = dialect.hook(forge, what, thing, "guessed" if fault == "forged" else hook.secret)
    if told is None or fault == "lost":
        return
    headers, content = told
    for _ in range(2 if fault == "doubled" else 1):
        request = urllib.request.Request(hook.url, content, {"Content-Type": "application/json", **headers})
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                forge.hooks_sent.append((what, answer.status))
        except OSError as error:
            forge.hooks_sent.append((what, getattr(error, "code", 0)))


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.0"
    serving: FakeForge
    speaks: Dialect

    def do_GET(self) -> None:
        self._answer()

    do_POST = do_PUT = do_PATCH = do_DELETE = do_GET  # noqa: N815 - named by the standard library

    def log_message(self, *_: object) -> None:
        pass

    def _answer(self) -> None:
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if parts.path.startswith("/api/"):
            self._api(parts.path, dict(parse_qsl(parts.query, keep_blank_values=True)), body)
        else:
            self._git(body)

    def _git(self, body: bytes) -> None:
        forge, parts = self.serving, urlsplit(self.path)
        pushing = "git-receive-pack" in self.path
        user = self._git_user()
        if forge.git_needs_token and (user is None or (pushing and forge.accounts[user].right < Right.WRITE)):
            self._send(401 if user is None else 403, {"WWW-Authenticate": 'Basic realm="forge"'}, b"")
            return
        before = forge.git.tips() if pushing and self.command == "POST" else {}
        status, headers, content = http_backend(forge.folder, self.command, parts, self.headers, body)
        # Before whoever pushes hears of it, as a forge's own hook does.
        if pushing and self.command == "POST":
            with forge.lock:
                for branch, sha in forge.git.tips().items():
                    if before.get(branch) != sha:
                        forge.pushed(branch)
        self._send(status, headers, content)

    def _git_user(self) -> str | None:
        scheme, _, given = self.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "basic":
            return None
        token = self.serving.tokens.get(base64.b64decode(given).decode().partition(":")[2])
        return token.login if token else None

    def _api(self, path: str, query: dict[str, str], body: bytes) -> None:
        forge = self.serving
        forge.asked.append((self.command, path))
        if forge.on_request is not None:
            forge.on_request(self.command, path)
        if forge.gate is not None:
            forge.gate.wait(10)
        trouble = forge.next_trouble(self.command, path)
        if trouble is not None and trouble.what == "before":
            return
        if trouble is not None and isinstance(trouble.what, int):
            self._send(trouble.what, trouble.headers, b'{"message": "there is trouble"}')
            return
        status, told, headers = self._told(path, query, body)
        if trouble is None:
            content = b"" if told is None and self.command != "GET" else json.dumps(told).encode()
            self._send(status, {"Content-Type": "application/json", **headers}, content)

    def _told(self, path: str, query: dict[str, str], body: bytes) -> tuple[int, Any, dict[str, str]]:
        forge, dialect = self.serving, self.speaks
        token = forge.tokens.get(dialect.token({name.lower(): value for name, value in self.headers.items()}))
        found = dialect.route(self.command, path.removeprefix(dialect.root))
        if path == SIGNS[forge.kind]:
            return 200, {"version": "10.0.0"}, {}
        if found is None:
            return *dialect.refusal(404, "not found"), {}
        if token is None:
            return 401, {"message": "bad credentials"}, {}
        route, of = found
        said = json.loads(body) if body else {}
        try:
            if token.scopes is not None and not dialect.allows(token.scopes, route.scope):
                raise Refused(403, f"token does not have the scope {route.scope}")
            with forge.lock:
                # GitLab takes what is asked from either place.
                given = {**query, **said} if forge.kind == "gitlab" else said
                told = route.handler(Call(forge, forge.accounts[token.login], token.scopes, of, query, given))
        except Refused as refusal:
            return *dialect.refusal(refusal.status, refusal.message), {}
        status, answer, headers = told if isinstance(told, tuple) else (route.status, told, {})
        forge.exchanges.append(Exchange(self.command, route.template, query, said, status, answer))
        return status, answer, headers

    def _send(self, status: int, headers: dict[str, str], content: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(content)))
        # Who asked may have given up.
        with suppress(BrokenPipeError, ConnectionResetError):
            self.end_headers()
            self.wfile.write(content)
