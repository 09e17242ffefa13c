"""What the doctor asks the server: whether it answers, its clock, its database, its workers, its notices."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from ploeg import __version__
from ploeg.cli.client import Client, path
from ploeg.cli.doctor.check import Check
from ploeg.cli.session import current_settings, signed_in
from ploeg.credentials import address, sign_in
from ploeg.domain.errors import PloegError, Unauthenticated, Unavailable
from ploeg.settings import Settings

#: Seconds by which two clocks may differ: `Date` tells whole ones, and a job's lease is worth minutes.
CLOCKS_DIFFER = 10.0
_INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "ploeg doctor", "version": __version__},
    },
}


def server(settings: Settings) -> Iterator[Check]:
    try:
        client = signed_in()
        found = client.get("/server")
    except Unauthenticated as error:
        yield Check("server", "warning", "not signed in", str(error))
        return
    except Unavailable as error:
        said, _, remedy = str(error).partition("; ")
        yield Check("server", "warning", said, remedy)
        return
    if found["version"] == __version__:
        yield Check("server", "ok", f"{found['version']} at {client.url}")
    else:
        remedy = "bring both to the same version; the server first"
        yield Check("server", "warning", f"{found['version']} at {client.url}, {__version__} here", remedy)
    yield _clock(client.url)
    database = found["database"]
    warnings = "; ".join(database["warnings"])
    yield Check("database", "warning" if warnings else "ok", f"{database['dialect']} {database['version']}", warnings)
    yield _mcp()
    yield from _workers(client)
    yield _told(client)


def notices(settings: Settings) -> Iterator[Check]:
    """A message to each receiver, now."""
    try:
        client = signed_in()
        receivers = client.get("/notices/receivers")["items"]
    except PloegError:
        return
    for each in receivers:
        trial = client.post(path("notices", "receivers", each["id"]) + "/trial")
        name = f"notices {each['name']}"
        if trial["arrived"]:
            yield Check(name, "ok", f"a message went to {each['shown']}")
        else:
            yield Check(name, "failed", f"{trial['trouble']}: {trial['reason']}", "see docs/notifications.md")


def _clock(url: str) -> Check:
    """The server's `Date` beside this machine's clock."""
    try:
        response = _ask(url, "GET", "/health")
        server = parsedate_to_datetime(response.getheader("date") or "")
    except (OSError, http.client.HTTPException, ValueError):
        return Check("clock", "warning", "the server does not tell the time", "see that nothing strips its Date header")
    away = (datetime.now(UTC) - server.astimezone(UTC)).total_seconds()
    if abs(away) <= CLOCKS_DIFFER:
        return Check("clock", "ok", "as the server's")
    found = f"{abs(away):.0f} seconds {'ahead of' if away > 0 else 'behind'} the server's"
    return Check("clock", "warning", found, "let both keep time by NTP, e.g. `timedatectl set-ntp true`")


def _mcp() -> Check:
    """The door for people's own agents."""
    who = sign_in(current_settings(), "token")
    headers = {
        "Authorization": f"Bearer {who.token}",
        "Content-Type": "application/json",
        "Accept": "application/json, text/event-stream",
    }
    url = f"{who.url.rstrip('/')}/mcp"
    try:
        status = _ask(who.url, "POST", "/mcp", json.dumps(_INITIALIZE).encode(), headers).status
    except (OSError, http.client.HTTPException) as error:
        return Check("mcp", "failed", f"{url} does not answer ({type(error).__name__})", "see the server's log")
    if status == 200:
        return Check("mcp", "ok", url)
    return Check("mcp", "failed", f"{url} answered {status}", "set public_url to the URL that you reach the server by")


def _workers(client: Client) -> Iterator[Check]:
    online = [worker for worker in client.get("/workers")["items"] if worker["online"]]
    if not online:
        yield Check("workers", "warning", "none is online", "start one: `ploeg worker`, or `ploeg up`")
        return
    yield Check("workers", "ok", ", ".join(f"{worker['hostname']} ({worker['state']})" for worker in online))
    for worker in online:
        if worker["state"] in {"sign_in_needed", "unhealthy"}:
            yield Check(f"worker {worker['hostname']}", "failed", worker["state"], _why(worker))


def _why(worker: dict[str, Any]) -> str:
    return worker["reason"] or f"see `ploeg worker show {worker['hostname']}`"


def _told(client: Client) -> Check:
    receivers = client.get("/notices/receivers")["items"]
    troubled = [each for each in receivers if each["trouble"]]
    if not receivers:
        return Check("notices", "warning", "nobody is told what needs people", "add a receiver: `ploeg notice add`")
    if troubled:
        found = "; ".join(f"{each['name']}: {each['reason']}" for each in troubled)
        return Check("notices", "failed", found, "see `ploeg notice list`")
    return Check("notices", "ok", ", ".join(f"{each['name']} ({each['kind']})" for each in receivers))


def _ask(
    url: str, method: str, where: str, body: bytes | None = None, headers: dict[str, str] | None = None
) -> http.client.HTTPResponse:
    parts = address(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(str(parts.hostname), parts.port, timeout=10)
    try:
        connection.request(method, parts.path.rstrip("/") + where, body=body, headers=headers or {})
        response = connection.getresponse()
        response.read()
        return response
    finally:
        connection.close()
