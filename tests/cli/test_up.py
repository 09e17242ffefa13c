"""`ploeg up`, `server` and `worker` as processes: first start, restart of a dead worker, a clean end."""

from __future__ import annotations

import json
import os
import signal
import stat
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from tests.cli.conftest import BOUND, Ploeg, Service


def url_in(line: str) -> str:
    return next(word for word in line.split() if word.startswith("http://"))


def workers_of(up: Service) -> list[psutil.Process]:
    return [p for p in psutil.Process(up.process.pid).children(recursive=True) if "worker" in p.cmdline()]


def test_the_first_start_makes_a_private_home_and_signs_in(service: Callable[..., Service], tmp_path: Path) -> None:
    handover = tmp_path / "handover" / "worker.token"
    up = service("up", "--port", "0", PLOEG_WORKER_TOKEN_FILE=str(handover))
    url = url_in(up.line_with("listens on"))
    home = up.ploeg.home
    assert handover.read_text().startswith("ploeg_wrk_")
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    assert stat.S_IMODE((home / "credentials.json").stat().st_mode) == 0o600
    credentials = json.loads((home / "credentials.json").read_text())
    assert credentials["server_url"] == url
    assert credentials["token"] not in "\n".join(up.lines)
    assert up.ploeg("product", "list", "--json").json == []
    assert up.stop() == 0
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(url + "/health", timeout=5)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "ctrl-C"])
def test_both_halves_end_with_one_signal(service: Callable[..., Service], number: int) -> None:
    up = service("up", "--port", "0")
    up.line_with("listens on")
    (worker,) = eventually(lambda: workers_of(up))
    assert up.stop(number) == 0, "\n".join(up.lines)
    assert not worker.is_running()


def test_a_worker_that_dies_is_started_again(service: Callable[..., Service]) -> None:
    up = service("up", "--port", "0")
    up.line_with("listens on")
    (worker,) = eventually(lambda: workers_of(up))
    worker.send_signal(signal.SIGKILL)
    worker.wait(BOUND)
    up.line_with("started again")
    (fresh,) = eventually(lambda: workers_of(up))
    assert fresh.pid != worker.pid
    assert up.stop() == 0


def test_a_worker_does_not_outlive_a_killed_up(service: Callable[..., Service]) -> None:
    up = service("up", "--port", "0")
    up.line_with("listens on")
    (worker,) = eventually(lambda: workers_of(up))
    up.stop(signal.SIGKILL)
    worker.wait(BOUND)


def test_a_second_up_in_the_same_place_is_refused(service: Callable[..., Service]) -> None:
    up = service("up", "--port", "0")
    port = url_in(up.line_with("listens on")).rpartition(":")[2]
    ended = up.ploeg("up", "--port", port)
    assert ended.code in {1, 2}
    assert port in ended.err


def test_a_server_alone_serves_a_worker_alone(service: Callable[..., Service]) -> None:
    server = service("server", "--port", "0")
    server.line_with("listens on")
    worker = service("worker")
    (seen,) = eventually(lambda: [w for w in server.ploeg("worker", "list", "--json").json if w["online"]])
    assert seen["sandbox"] == "none"
    assert worker.stop() == 0, "\n".join(worker.lines)
    assert server.stop() == 0, "\n".join(server.lines)


def test_waiting_for_a_job_outlasts_a_restart_of_the_server(service: Callable[..., Service], repository: Path) -> None:
    server = service("server", "--port", "0")
    port = url_in(server.line_with("listens on")).rpartition(":")[2]
    ploeg = server.ploeg
    ploeg("product", "add", "shop", "--repo", str(repository))
    ploeg("backlog", "pbi", "add", "Greetings")
    ploeg("backlog", "story", "add", "PBI-1", "Greet")
    ploeg("backlog", "task", "add", "ST-001", "Greet", "--plan-file", "-", stdin="Greet.")
    waiting = service("job", "run", "T-1", "--wait")
    waiting.line_with("waits for a worker that offers the runtime «patch»")
    assert server.stop() == 0
    again = service("server", "--port", port)
    again.line_with("listens on")
    assert ploeg("job", "cancel", "J-1").code == 0
    waiting.line_with("J-1  cancelled after")
    assert waiting.process.wait(BOUND) == 1


def test_a_worker_asked_once_goes_when_there_is_nothing_to_do(service: Callable[..., Service]) -> None:
    server = service("server", "--port", "0")
    server.line_with("listens on")
    once = server.ploeg("worker", "--once")
    assert once.code == 0, once.err


def test_a_worker_without_a_token_needs_sign_in(ploeg: Ploeg) -> None:
    ended = ploeg("worker", "--once", PLOEG_SANDBOX="none")
    assert ended.code == 3
    assert "token" in ended.err


def test_a_worker_refuses_to_start_without_its_sandbox(ploeg: Ploeg, tmp_path: Path) -> None:
    (ploeg.home).mkdir()
    (ploeg.home / "credentials.json").write_text(
        json.dumps({"server_url": "http://127.0.0.1:9", "token": "x", "worker_token": "ploeg_wrk_x"})
    )
    only_git = tmp_path / "bin"
    only_git.mkdir()
    git = next(p for p in os.environ["PATH"].split(":") if (Path(p) / "git").exists())
    (only_git / "git").symlink_to(Path(git) / "git")
    ended = ploeg("worker", "--once", PATH=str(only_git))
    assert ended.code == 1
    assert "bubblewrap" in ended.err


def eventually(look: Callable[[], list[object]]) -> list[object]:
    """What it finds, once it finds something."""
    import time

    deadline = time.monotonic() + BOUND
    while not (found := look()):
        assert time.monotonic() < deadline, "nothing came of it"
    return found
