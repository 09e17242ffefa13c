"""A whole installation for a test: real server and worker processes on a home of their own, asked over HTTP."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2

#: Every wait of these tests ends here, in seconds.
PATIENCE = 60.0


@dataclass
class Installation:
    """One home; `settings` go to both processes as `PLOEG_…`."""

    home: Path
    settings: Mapping[str, str] = field(default_factory=dict)
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.home.mkdir(parents=True, exist_ok=True)
        self.port = free_port()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def environment(self, **more: str) -> dict[str, str]:
        """Nothing of the machine's own environment but PATH and the language."""
        home = self.home.parent / "user"
        home.mkdir(exist_ok=True)
        ploeg = {"HOME": str(self.home), "PORT": str(self.port), **self.settings, **more}
        return {
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
            "HOME": str(home),
            **{f"PLOEG_{name.upper()}": value for name, value in ploeg.items()},
        }

    def start_server(self) -> None:
        self._start("server")
        wait_for(self._answers, "the server to answer", lambda: self.log("server"))

    def start_worker(self, name: str = "worker", **settings: str) -> None:
        self._start("worker", name=name, worker_name=name, **settings)

    def start_worker_apart(self, name: str, **settings: str) -> None:
        """A worker with a home of its own, as on another machine."""
        token = self.home.parent / "worker.token"
        if not token.exists():
            token.touch(mode=0o600)
            token.write_text(json.loads((self.home / "credentials.json").read_text())["worker_token"])
        home = str(self.home.parent / name)
        self.start_worker(name, home=home, server_url=self.url, token_file=str(token), **settings)

    def run_worker_once(self, **settings: str) -> int:
        """Exit code of `ploeg worker --once`: 0 handled or idle, 1 error, 3 sign-in needed."""
        with (self.home.parent / "once.log").open("ab") as log:
            done = subprocess.run(
                [sys.executable, "-m", "ploeg", "worker", "--once"],
                env=self.environment(worker_name="worker", **settings),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                timeout=PATIENCE * 2,
            )
        return done.returncode

    def stop(self, name: str, how: signal.Signals = signal.SIGTERM) -> int:
        process = self.running.pop(name)
        process.send_signal(how)
        return process.wait(PATIENCE)

    def close(self) -> None:
        for process in self.running.values():
            process.terminate()
        for process in self.running.values():
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(5)

    def log(self, name: str) -> str:
        return (self.home.parent / f"{name}.log").read_text("utf-8", "replace")

    # What a person would do

    def ask(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        token = json.loads((self.home / "credentials.json").read_text())["token"]
        reply = httpx2.request(
            method,
            f"{self.url}/api/v1{path}",
            json=body,
            params=query,
            headers={"Authorization": f"Bearer {token}"},
            timeout=PATIENCE,
        )
        assert reply.is_success, f"{method} {path}: {reply.status_code} {reply.text}"
        return reply.json()

    def add_product(self, remote: Path | str, **more: Any) -> None:
        self.ask("POST", "/products", {"name": "Demo", "code": "demo", "repo_url": str(remote), **more})

    def add_task(self, plan: str, *, title: str = "A task", **more: Any) -> str:
        """Puts a task into the only story, which is made with the first one; gives its code."""
        stories = self.ask("GET", "/products/demo/stories")["items"]
        if not stories:
            self.ask("POST", "/products/demo/pbis", {"title": "An item"})
            stories = [self.ask("POST", "/pbis/PBI-1/stories", {"title": "A story"})]
        body = {"title": title, "implementation_plan": plan, **more}
        return str(self.ask("POST", f"/stories/{stories[0]['code']}/tasks", body)["code"])

    def run_task(self, task: str, **config: Any) -> str:
        return str(self.ask("POST", "/jobs", {"task": task, "config": config})["code"])

    def job(self, code: str) -> dict[str, Any]:
        answer: dict[str, Any] = self.ask("GET", f"/jobs/{code}")
        return answer

    def wait_for_job(self, code: str, until: Callable[[dict[str, Any]], bool] | None = None) -> dict[str, Any]:
        """The job, once it has ended or fulfils the condition."""
        wanted = until or (lambda job: job["ended_at"] is not None)
        wait_for(lambda: wanted(self.job(code)), f"job {code}", lambda: self._story_of(code))
        return self.job(code)

    def transcript(self, code: str, attempt: int = 1) -> list[dict[str, Any]]:
        events: list[dict[str, Any]] = self.ask("GET", f"/jobs/{code}/log", attempt=attempt, limit=4_000_000)["events"]
        return events

    def _start(self, command: str, name: str | None = None, **settings: str) -> None:
        name = name or command
        with (self.home.parent / f"{name}.log").open("ab") as log:
            self.running[name] = subprocess.Popen(
                [sys.executable, "-m", "ploeg", command],
                env=self.environment(**settings),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _answers(self) -> bool:
        if self.running["server"].poll() is not None:
            raise AssertionError(f"the server ended:\n{self.log('server')}")
        try:
            return httpx2.get(f"{self.url}/health", timeout=2).status_code == 200
        except httpx2.TransportError:
            return False

    def _story_of(self, code: str) -> str:
        logs = "\n".join(f"--- {name}\n{self.log(name)[-6000:]}" for name in self.running)
        return f"{json.dumps(self.job(code), indent=1)}\n{logs}"


def wait_for(condition: Callable[[], bool], what: str, explain: Callable[[], str] = str) -> None:
    """Asks until it is so; `AssertionError` with the explanation when patience ends."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"waited {PATIENCE:g} s for {what}\n{explain()}"
        time.sleep(0.1)  # polling another process; bounded above


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
