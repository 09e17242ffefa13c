"""How the command line talks to the server.

Standard `http.client`, because the whole of `ploeg job list` has 200 ms: importing httpx2 would take half of that, this
takes a tenth.
"""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote, urlencode

from ploeg import __version__
from ploeg.credentials import address
from ploeg.domain.errors import Conflict, Denied, Invalid, NotFound, PloegError, Unauthenticated, Unavailable

API = "/api/v1"
#: Seconds without a byte; a live stream says something every 15.
TIMEOUT = 40.0


class Client:
    """A connection to one server, kept open for the length of a command."""

    def __init__(self, url: str, token: str | None) -> None:
        self.url = url.rstrip("/")
        self._token = token
        self._parts = address(self.url)
        if token is not None and not (token.isascii() and token.isprintable() and token):
            raise Unauthenticated(f"the token for {url} is damaged; sign in again with `ploeg login --server {url}`")
        self._connection = self._connect()

    def get(self, path: str, **query: Any) -> Any:
        return self._request("GET", path, query=query)

    def post(self, path: str, body: Mapping[str, Any] | None = None, *, key: str | None = None) -> Any:
        """`key` makes the request safe to repeat: the same key again has no second effect."""
        return self._request("POST", path, body=body or {}, headers={"Idempotency-Key": key} if key else {})

    def patch(self, path: str, body: Mapping[str, Any]) -> Any:
        return self._request("PATCH", path, body=body)

    def put(self, path: str, body: Mapping[str, Any] | None = None) -> Any:
        return self._request("PUT", path, body=body or {})

    def delete(self, path: str) -> Any:
        return self._request("DELETE", path)

    @contextmanager
    def stream(self, path: str, **query: Any) -> Iterator[Iterator[bytes]]:
        """The lines of server-sent events as they come, over a connection of its own. `Unavailable` when it breaks."""
        connection = self._connect()
        try:
            response = self._send(connection, "GET", path, query=query)
            if response.status >= 400:
                raise refusal(response.status, response.read(), self.url)
            yield iter(response.readline, b"")
        except (OSError, http.client.HTTPException) as error:
            raise self._unreachable(error) from None
        finally:
            connection.close()

    def _request(self, method: str, path: str, **rest: Any) -> Any:
        try:
            response = self._send(self._connection, method, path, **rest)
            content = response.read()
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            raise self._unreachable(error) from None
        if response.status >= 400:
            raise refusal(response.status, content, self.url)
        try:
            return json.loads(content) if content else None
        except ValueError:
            raise _stranger(response.status, self.url) from None

    def _send(
        self,
        connection: http.client.HTTPConnection,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> http.client.HTTPResponse:
        wanted = {name: value for name, value in (query or {}).items() if value not in (None, ())}
        target = self._parts.path + API + path + (f"?{urlencode(wanted, doseq=True)}" if wanted else "")
        sent = {"Accept": "application/json", "User-Agent": f"ploeg/{__version__}", **(headers or {})}
        if self._token:
            sent["Authorization"] = f"Bearer {self._token}"
        if body is not None:
            sent["Content-Type"] = "application/json"
        connection.request(method, target, body=None if body is None else json.dumps(body).encode(), headers=sent)
        return connection.getresponse()

    def _connect(self) -> http.client.HTTPConnection:
        kind = http.client.HTTPSConnection if self._parts.scheme == "https" else http.client.HTTPConnection
        return kind(str(self._parts.hostname), self._parts.port, timeout=TIMEOUT)

    def _unreachable(self, error: Exception) -> Unavailable:
        why = getattr(error, "strerror", None) or str(error) or type(error).__name__
        return Unavailable(f"no answer from {self.url} ({why}); is it running? `ploeg up` starts one on this machine")


class _NotThere(NotFound):
    """The server's own words for what it did not find."""

    def __init__(self, message: str) -> None:
        PloegError.__init__(self, message)


class _TooLarge(Invalid):
    """The server's own words for a request that it does not take."""

    def __init__(self, message: str) -> None:
        PloegError.__init__(self, message)


_REFUSALS: dict[int, type[PloegError]] = {
    403: Denied,
    404: _NotThere,
    409: Conflict,
    413: _TooLarge,
    503: Unavailable,
}


def refusal(status: int, content: bytes, url: str) -> PloegError:
    """The server's refusal as the error it was there."""
    try:
        error = json.loads(content)["error"]
        message = str(error["message"])
    except (ValueError, KeyError, TypeError):
        return _stranger(status, url)
    if status == 401:
        return Unauthenticated(f"{message}; sign in with `ploeg login --server {url}`")
    if error.get("field"):
        return Invalid(str(error["field"]), error.get("value"), str(error.get("remedy") or message))
    return _REFUSALS.get(status, PloegError)(message)


def _stranger(status: int, url: str) -> PloegError:
    return PloegError(f"{url} answered {status} with something that is not Ploeg's; is the URL right?")


def path(*parts: str) -> str:
    """A path of parts that people gave; `Invalid` for one that no route can have."""
    for part in parts:
        if not part.strip() or "/" in part:
            raise Invalid("reference", part, "give a code, a name or an id")
    return "".join(f"/{quote(part, safe='')}" for part in parts)
