"""A forge on loopback: `git http-backend` behind basic authentication, and the troubles that forges have."""

from __future__ import annotations

import base64
import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import SplitResult, urlsplit


class Forge:
    """Serves the bare repositories of a folder; counts what it was asked, and with which credential."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.user, self.token = "robot", "tok3n-0123456789abcdef"
        self.anonymous = False
        #: Answers to give first, one for each request.
        self.troubles: list[int] = []
        #: Where every request is sent to, e.g. another forge.
        self.moved_to = ""
        self.asked: list[tuple[str, str]] = []
        self.url = ""

    @property
    def credential(self) -> str:
        return "Basic " + base64.b64encode(f"{self.user}:{self.token}".encode()).decode()


def http_backend(
    folder: Path, method: str, parts: SplitResult, headers: Message, body: bytes, user: str = "robot"
) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and content that git answers with, for the bare repositories of a folder."""
    environment = {
        "PATH": os.environ["PATH"],
        "GIT_PROJECT_ROOT": str(folder),
        "GIT_HTTP_EXPORT_ALL": "1",
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "REMOTE_USER": user,
        "REQUEST_METHOD": method,
        "PATH_INFO": parts.path,
        "QUERY_STRING": parts.query,
        "CONTENT_TYPE": headers.get("Content-Type", ""),
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_CONTENT_ENCODING": headers.get("Content-Encoding", ""),
        "GIT_PROTOCOL": headers.get("Git-Protocol", ""),
    }
    done = subprocess.run(["git", "http-backend"], input=body, env=environment, capture_output=True, check=False)
    head, _, content = done.stdout.partition(b"\r\n\r\n")
    fields = dict(line.split(": ", 1) for line in head.decode().splitlines())
    return int(fields.pop("Status", "200").split()[0]), fields, content


@contextmanager
def forge(folder: Path) -> Iterator[Forge]:
    serving = Forge(folder)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.0"

        def do_GET(self) -> None:
            self._answer()

        def do_POST(self) -> None:
            self._answer()

        def log_message(self, *_: object) -> None:
            pass

        def _answer(self) -> None:
            given = self.headers.get("Authorization", "")
            serving.asked.append((self.path, given))
            if serving.troubles:
                self._refuse(serving.troubles.pop(0))
            elif serving.moved_to:
                self.send_response(302)
                self.send_header("Location", serving.moved_to + self.path)
                self.end_headers()
            elif not serving.anonymous and given != serving.credential:
                self._refuse(401)
            else:
                self._serve()

        def _refuse(self, status: int) -> None:
            self.send_response(status)
            if status == 401:
                self.send_header("WWW-Authenticate", 'Basic realm="forge"')
            self.end_headers()

        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            parts = urlsplit(self.path)
            status, fields, content = http_backend(serving.folder, self.command, parts, self.headers, body)
            self.send_response(status)
            for name, value in fields.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        serving.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield serving
        server.shutdown()
        thread.join(5)
