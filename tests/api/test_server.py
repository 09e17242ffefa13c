"""The server as a process: a graceful stop with streams and long polls open, and a kill."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

START = """
import sys
from ploeg.bootstrap import run_server
from ploeg.settings import load
settings = load({}, {"home": sys.argv[1], "port": int(sys.argv[2])})
sys.exit(run_server(settings, lambda url, home: print(url, flush=True)))
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

    def stop(self) -> int:
        """The exit code. It does not wait for what is open, which would outlast the bound."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(BOUND)


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
    code = server.stop()
    for thread in threads:
        thread.join(BOUND)
    assert (code, polls, ended.is_set()) == (0, [503], True)


def test_an_attempt_outlives_the_killed_server_it_was_claimed_from(start: Start) -> None:
    server = start()
    with server.client() as client, server.client("worker_token") as worker:
        a_job(client)
        got = worker.post("/work/claims", json=claim()).json()
    server.process.kill()
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
