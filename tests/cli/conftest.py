"""The real command as a process, against a real server with a worker and a home of its own."""

from __future__ import annotations

import json
import os
import queue
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

BOUND = 100.0
PYTHON = str(Path(sys.base_exec_prefix) / "bin")
NO_SANDBOX = {"PLOEG_SANDBOX": "none", "PLOEG_DRAIN_GRACE": "1", "PLOEG_TOOL_PATHS": PYTHON}


@dataclass(frozen=True, slots=True)
class Ended:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        assert self.code == 0, self.err
        return json.loads(self.out)


@dataclass(frozen=True, slots=True)
class Ploeg:
    """The command with one home."""

    home: Path
    environment: Mapping[str, str] = field(default_factory=dict)

    def __call__(self, *arguments: str, stdin: str | bytes = b"", **environment: str) -> Ended:
        given = stdin.encode() if isinstance(stdin, str) else stdin
        done = subprocess.run(
            self.command(*arguments), input=given, env=self.env(**environment), capture_output=True, timeout=BOUND
        )
        ended = Ended(done.returncode, done.stdout.decode(), done.stderr.decode())
        assert "Traceback" not in ended.err, ended.err
        return ended

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "ploeg", "--home", str(self.home), *arguments]

    def env(self, **more: str) -> dict[str, str]:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("PLOEG_")}
        return {**clean, "COLUMNS": "200", **self.environment, **more}


class Service:
    """`ploeg up` or `ploeg server` as a process; its output line by line."""

    def __init__(self, ploeg: Ploeg, *arguments: str, **environment: str) -> None:
        self.ploeg = ploeg
        self.lines: list[str] = []
        self._fresh: queue.Queue[str | None] = queue.Queue()
        self.process = subprocess.Popen(
            ploeg.command(*arguments),
            env=ploeg.env(**environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as out:
            for line in out:
                self.lines.append(line.rstrip())
                self._fresh.put(line)
        self._fresh.put(None)

    def line_with(self, words: str) -> str:
        """The first line that holds them, now or when it comes."""
        for line in list(self.lines):
            if words in line:
                return line
        while (line := self._fresh.get(timeout=BOUND)) is not None:
            if words in line:
                return line.rstrip()
        raise AssertionError(f"it ended without saying {words!r}:\n" + "\n".join(self.lines))

    def stop(self, number: int = signal.SIGTERM) -> int:
        if self.process.poll() is None:
            self.process.send_signal(number)
        code = self.process.wait(BOUND)
        self._reader.join(BOUND)
        return code


@pytest.fixture
def ploeg(tmp_path: Path) -> Ploeg:
    """The command in an empty home, with no server."""
    return Ploeg(tmp_path / "home", {"PLOEG_PORT": "1"})


@pytest.fixture(scope="session")
def crew(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ploeg]:
    """A command that is signed in to a running server with a worker."""
    home = tmp_path_factory.mktemp("crew") / "home"
    sandbox = "auto" if shutil.which("bwrap") else "none"
    service = Service(
        Ploeg(home),
        "up",
        "--port",
        "0",
        PLOEG_SANDBOX=sandbox,
        PLOEG_TOOL_PATHS=PYTHON,
        PLOEG_LOG_LEVEL="warning",
        PLOEG_RENEW_SECONDS="1",
    )
    try:
        service.line_with("listens on")
        yield Ploeg(home)
    finally:
        assert service.stop() == 0, "\n".join(service.lines)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Callable[..., Service]]:
    """Starts services in one empty home, and ends those that a test leaves behind."""
    started: list[Service] = []

    def start(*arguments: str, **environment: str) -> Service:
        started.append(Service(Ploeg(tmp_path / "home", NO_SANDBOX), *arguments, **environment))
        return started[-1]

    yield start
    for one in started:
        one.stop(signal.SIGKILL)


@pytest.fixture(scope="session")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bare remote with one commit."""
    folder = tmp_path_factory.mktemp("repository")
    source, remote = folder / "source", folder / "remote.git"
    git("init", "--quiet", "--initial-branch=main", str(source))
    (source / "hello.txt").write_text("hello\n")
    git("-C", str(source), "add", ".")
    git("-C", str(source), "commit", "--quiet", "-m", "Say hello")
    git("clone", "--quiet", "--bare", str(source), str(remote))
    return remote


def git(*arguments: str) -> str:
    person = {f"GIT_{who}_{what}": "ada@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    quiet = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "PATH": os.environ["PATH"]}
    done = subprocess.run(["git", *arguments], env=quiet | person, capture_output=True, text=True, check=True)
    return done.stdout.strip()
