"""The server as a process: its first start, streams and long polls, a graceful stop, a restart."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

START = """
import sys
from ploeg.bootstrap import run_server
from ploeg.settings import load
sys.exit(run_server(load({}, {"home": sys.argv[1], "port": int(sys.argv[2])}), lambda url, home: print(url, flush=True)))
"""
BOUND = 20.0


class Process:
    """A server process with its home."""

    def __init__(self, home: Path, port: int = 0) -> None:
        self.home = home
        self.log = home.with_suffix(".log")
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-c", START, str(home), str(port)], stdout=subprocess.PIPE, stderr=log, text=True
            )
        assert self.process.stdout is not None
        self.url = self.process.stdout.readline().strip()
        assert self.url, self.log.read_text()
        self.credentials: dict[str, str] = json.loads((home / "credentials.json").read_text())

    def client(self, name: str = "token") -> httpx2.Client:
        headers = {"Authorization": f"Bearer {self.credentials[name]}"}
        return httpx2.Client(base_url=f"{self.url}/api/v1", headers=headers, timeout=BOUND)

    def stop(self) -> tuple[int, float]:
        """The exit code, and the seconds it took."""
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(BOUND)
        return code, time.monotonic() - began


Start = Callable[..., Process]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    started: list[Process] = []

    def one(port: int = 0) -> Process:
        started.append(Process(tmp_path / "home", port))
        return started[-1]

    yield one
    for each in started:
        if each.process.poll() is None:
            each.process.kill()
        each.process.wait(BOUND)
        assert each.process.stdout is not None
        each.process.stdout.close()


def a_job(client: httpx2.Client) -> None:
    for path, body in (
        ("/products", {"name": "Demo", "repo_url": "https://git.example.org/demo.git"}),
        ("/products/demo/pbis", {"title": "An item"}),
        ("/pbis/PBI-1/stories", {"title": "A story"}),
        ("/stories/ST-001/tasks", {"title": "A task", "implementation_plan": "Do it."}),
        ("/jobs", {"task": "T-1"}),
    ):
        assert client.post(path, json=body).status_code == 201


def claim(key: str = "key", wait: float = 0) -> dict[str, Any]:
    worker = {"instance": "one", "hostname": "h", "pid": 1, "version": "1", "runtimes": ["patch"]}
    return {"worker": worker, "claim_key": key, "wait_seconds": wait}


def test_the_first_start_signs_this_machine_in_and_keeps_it_private(start: Start) -> None:
    server = start()
    with server.client() as client, server.client("worker_token") as worker:
        assert client.get("/whoami").json()["user"] == client.get("/users").json()["items"][0]
        assert worker.put("/work/presence", json={**claim(), "state": "idle"}).status_code == 200
    assert server.credentials["server_url"] == server.url
    assert (server.home / "credentials.json").stat().st_mode & 0o777 == 0o600
    assert server.home.stat().st_mode & 0o777 == 0o700
    log = server.log.read_text()
    assert server.credentials["token"][12:] not in log
    assert server.stop()[0] == 0
    written = b"".join(path.read_bytes() for path in server.home.rglob("*.db*"))
    assert server.credentials["token"].encode() not in written


def test_a_later_start_keeps_the_sign_in_and_follows_its_url(start: Start) -> None:
    first = start()
    first.stop()
    second = start()
    assert second.credentials == {**first.credentials, "server_url": second.url}


def test_a_lost_credentials_file_is_made_anew_and_a_foreign_one_left_alone(start: Start) -> None:
    first = start()
    first.stop()
    (first.home / "credentials.json").unlink()
    second = start()
    assert second.credentials["token"] != first.credentials["token"]
    second.stop()
    foreign = {"server_url": "https://elsewhere.example.org", "token": first.credentials["token"][:-1] + "x"}
    (first.home / "credentials.json").write_text(json.dumps(foreign))
    assert start().credentials == foreign


def test_a_port_in_use_is_said_in_a_sentence(start: Start, tmp_path: Path) -> None:
    server = start()
    port = server.url.rpartition(":")[2]
    command = [sys.executable, "-c", START, str(tmp_path / "other"), port]
    done = subprocess.run(command, capture_output=True, text=True, timeout=BOUND)
    assert done.returncode != 0
    assert "Invalid" in done.stderr.splitlines()[-1]
    assert not (tmp_path / "other" / "ploeg.db").exists()


def test_a_stop_ends_streams_and_long_polls_at_once(start: Start) -> None:
    server = start()
    opened, ended = threading.Event(), threading.Event()
    polls: list[int] = []

    def stream() -> None:
        with server.client() as client, client.stream("GET", "/events", timeout=BOUND) as response:
            lines = response.iter_lines()
            assert next(lines) == "retry: 1000"
            opened.set()
            for _ in lines:
                pass
        ended.set()

    def poll() -> None:
        with server.client("worker_token") as worker:
            polls.append(worker.post("/work/claims", json=claim(wait=60), timeout=BOUND).status_code)

    threads = [threading.Thread(target=target) for target in (stream, poll)]
    for thread in threads:
        thread.start()
    assert opened.wait(BOUND)
    with server.client() as client:
        while not client.get("/workers").json()["items"]:
            pass
    code, seconds = server.stop()
    for thread in threads:
        thread.join(BOUND)
    assert (code, polls, ended.is_set()) == (0, [503], True)
    assert seconds < 5


def test_a_stream_goes_on_behind_its_last_event_after_a_restart(start: Start) -> None:
    server = start()
    with server.client() as client:
        a_job(client)
    server.stop()
    again = start(int(server.url.rpartition(":")[2]))
    with again.client() as client:
        with client.stream("GET", "/events", headers={"Last-Event-ID": "2"}) as response:
            assert response.headers["content-type"].startswith("text/event-stream")
            ids = []
            for line in response.iter_lines():
                if line.startswith("id: "):
                    ids.append(int(line[4:]))
                if len(ids) == 3:
                    break
        assert ids == [3, 4, 5]
        assert client.get("/events", headers={"Last-Event-ID": "x"}).status_code == 422


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL])
def test_an_attempt_outlives_the_server_it_was_claimed_from(start: Start, end: signal.Signals) -> None:
    server = start()
    with server.client() as client, server.client("worker_token") as worker:
        a_job(client)
        got = worker.post("/work/claims", json=claim()).json()
    server.process.send_signal(end)
    server.process.wait(BOUND)
    again = start(int(server.url.rpartition(":")[2]))
    with again.client() as client, again.client("worker_token") as worker:
        assert worker.post("/work/claims", json=claim()).json() == got
        where = f"/work/attempts/{got['attempt_id']}"
        beat = worker.post(f"{where}/heartbeat", json={"phase": "agent", "agent_started": True})
        assert beat.json()["order"] == "continue"
        assert client.get("/jobs/J-1").json()["status"] == "running"
        failed = worker.post(f"{where}/finish", json={"outcome": "reported_failed", "phase": "report"})
        assert failed.json() == {"job_status": "failed"}


def test_a_request_that_trickles_in_keeps_nobody_else_waiting(start: Start) -> None:
    server = start()
    host, _, port = server.url.removeprefix("http://").partition(":")
    import socket

    slow = [socket.create_connection((host, int(port)), BOUND) for _ in range(50)]
    for connection in slow:
        connection.sendall(b"POST /api/v1/products HTTP/1.1\r\nHost: x\r\nContent-Le")
    with server.client() as client:
        assert client.get("/whoami").status_code == 200
    for connection in slow:
        connection.close()


def test_the_database_file_is_its_owner_s_alone(start: Start) -> None:
    server = start()
    database = server.home / "ploeg.db"
    assert database.stat().st_mode & 0o077 == 0
    server.stop()
    with sqlite3.connect(database) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()
    assert os.access(database, os.R_OK)
