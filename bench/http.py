"""A claim over HTTP beside what it is made of, and how long a job waits for an idle worker.

    python -m bench.http [--rounds 5] [--claims 100]

A claim over HTTP should cost little more than the same claim at the store and a round trip of a bare ASGI application
that answers as many bytes. All take turns in one run, every commit is durable, and one client asks at a time.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import os
import shutil
import signal
import socket
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from bench.claims import BARE_CLAIM, BARE_TABLE
from bench.installation import PAYLOAD
from ploeg.store.ids import new_id
from ploeg.store.sqlite import sqlite_module

PRODUCT = {"name": "Bench", "code": "bench", "repo_url": "https://git.example.org/bench.git"}
WORKER = {"instance": "bench", "hostname": "bench", "pid": 1, "version": "1", "runtimes": ["patch"]}
PLAN = "Change `hello.txt`.\n" * 50


def main() -> None:
    parser = argparse.ArgumentParser(description="Claims over HTTP, beside the store and a bare round trip.")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--claims", type=int, default=100, help="claims of each side in each round")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ploeg-bench-") as folder:
        measure(Path(folder), arguments.rounds, arguments.claims)


def measure(folder: Path, rounds: int, count: int) -> None:
    credentials = prepare(folder / "server", (rounds + 1) * count + rounds * count)
    shutil.copytree(folder / "server", folder / "store")
    with serving(serve_ploeg, folder / "server") as url, serving(serve_bare, folder) as bare_url:
        worker = Caller(url, credentials["worker_token"])
        answer = len(worker.claim("warm-up"))
        bare = Caller(bare_url, "x" * 59)
        sides: dict[str, Callable[[int], list[float]]] = {
            "bare SQL": bare_sql(folder / "bare.db", (rounds + 1) * count),
            "bare ASGI": lambda n: [bare.timed("/", {"bytes": answer, "worker": WORKER}) for _ in range(n)],
            "store": StoreSide(folder / "store").claims,
            "HTTP": lambda n: [worker.timed_claim() for _ in range(n)],
        }
        times: dict[str, list[float]] = {name: [] for name in sides}
        for warm in [False] + [True] * rounds:
            for name, side in sides.items():
                took = side(count)
                times[name] += took if warm else []
        report(times)
        report_waits(waits(url, credentials, rounds * count // 2))


def report(times: dict[str, list[float]]) -> None:
    print(f"{'':12}{'p50 ms':>10}{'p99 ms':>10}{'a second':>10}")
    p50 = {name: statistics.median(took) for name, took in times.items()}
    for name, took in times.items():
        print(
            f"{name:12}{p50[name] * 1e3:>10.2f}{percentile(took, 99) * 1e3:>10.2f}{1 / statistics.mean(took):>10,.0f}"
        )
    print(f"claim over HTTP / (claim at the store + bare ASGI): {p50['HTTP'] / (p50['store'] + p50['bare ASGI']):.2f}")
    print(
        f"claim over HTTP / (bare SQL + bare ASGI):           {p50['HTTP'] / (p50['bare SQL'] + p50['bare ASGI']):.2f}"
    )


def report_waits(took: list[float]) -> None:
    print(f"enqueue to claimed: p50 {statistics.median(took) * 1e3:.1f} ms, p99 {percentile(took, 99) * 1e3:.1f} ms")


def percentile(took: list[float], rank: int) -> float:
    return sorted(took)[min(len(took) - 1, len(took) * rank // 100)]


class Caller:
    """One kept-alive connection and the least of an HTTP client, so that the server is what is measured."""

    def __init__(self, url: str, token: str) -> None:
        host, _, port = url.removeprefix("http://").partition(":")
        self._socket = socket.create_connection((host, int(port)), 30)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._head = f"Host: {host}\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n"
        self._keys = 0

    def post(self, path: str, body: Any) -> bytes:
        content = json.dumps(body).encode()
        head = f"POST {path} HTTP/1.1\r\n{self._head}Content-Length: {len(content)}\r\n\r\n"
        self._socket.sendall(head.encode() + content)
        return self._answer()

    def timed(self, path: str, body: Any) -> float:
        begin = time.perf_counter()
        self.post(path, body)
        return time.perf_counter() - begin

    def claim(self, key: str, wait: float = 0) -> bytes:
        got = self.post("/api/v1/work/claims", {"worker": WORKER, "claim_key": key, "wait_seconds": wait})
        assert got.startswith(b'{"attempt_id"'), got[:200]
        return got

    def timed_claim(self) -> float:
        self._keys += 1
        key = f"key-{id(self)}-{self._keys}"
        begin = time.perf_counter()
        self.claim(key)
        return time.perf_counter() - begin

    def _answer(self) -> bytes:
        received = b""
        while b"\r\n\r\n" not in received:
            received += self._socket.recv(65536)
        head, _, body = received.partition(b"\r\n\r\n")
        lengths = [line[15:] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length")]
        length = int(lengths[0]) if lengths else 0
        while len(body) < length:
            body += self._socket.recv(65536)
        return body


class StoreSide:
    """The very same verb, called where the server calls it."""

    def __init__(self, home: Path) -> None:
        from ploeg.bootstrap.server import build_server
        from ploeg.settings import load
        from ploeg.wire.work import WorkerInfo

        self._plane = build_server(load({}, {"home": str(home)})).plane
        self._secret = json.loads((home / "credentials.json").read_text())["worker_token"]
        self._info = WorkerInfo(**WORKER)

    def claims(self, count: int) -> list[float]:
        return asyncio.run(self._claims(count))

    async def _claims(self, count: int) -> list[float]:
        from ploeg.control.work import dispatch
        from ploeg.wire.work import ClaimRequest

        took = []
        for _ in range(count):
            request = ClaimRequest(worker=self._info, claim_key=new_id("key"))
            begin = time.perf_counter()
            answer = await self._plane.work(self._secret, dispatch.claim, self._plane.installation, request)
            took.append(time.perf_counter() - begin)
            assert answer.assignment is not None
        return took


def bare_sql(path: Path, rows: int) -> Callable[[int], list[float]]:
    connection = sqlite_module().connect(path, isolation_level=None)
    connection.executescript(BARE_TABLE)
    connection.execute("BEGIN")
    filled = ((new_id("job"), number, 0, "queued", None, PAYLOAD) for number in range(rows))
    connection.executemany("INSERT INTO jobs VALUES (?, ?, ?, ?, ?, ?)", filled)
    connection.execute("COMMIT")

    def claims(count: int) -> list[float]:
        took = []
        for _ in range(count):
            begin = time.perf_counter()
            connection.execute("BEGIN IMMEDIATE")
            assert connection.execute(BARE_CLAIM).fetchone() is not None
            connection.execute("COMMIT")
            took.append(time.perf_counter() - begin)
        return took

    return claims


def waits(url: str, credentials: dict[str, str], count: int) -> list[float]:
    """Seconds from sending the wish for a job to its arrival at a worker that was waiting for one."""
    drain = Caller(url, credentials["worker_token"])
    while drain.post("/api/v1/work/claims", {"worker": WORKER, "claim_key": new_id("key"), "wait_seconds": 0}):
        pass
    people = Caller(url, credentials["token"])
    story = json.loads(people.post("/api/v1/products/bench/pbis", {"title": "waits"}))["code"]
    took = []
    for number in range(count + 1):
        made = json.loads(people.post(f"/api/v1/pbis/{story}/stories", {"title": "x"}))["code"]
        task = people.post(f"/api/v1/stories/{made}/tasks", {"title": "x", "implementation_plan": PLAN})
        worker = Caller(url, credentials["worker_token"])
        arrived: list[float] = []

        def wait(worker: Caller = worker, arrived: list[float] = arrived) -> None:
            worker.claim(new_id("key"), wait=30)
            arrived.append(time.perf_counter())

        waiting = threading.Thread(target=wait)
        waiting.start()
        time.sleep(0.02)
        begin = time.perf_counter()
        people.post("/api/v1/jobs", {"task": json.loads(task)["code"]})
        waiting.join()
        # The first request of its kind after a start builds its route.
        took += [arrived[0] - begin] if number else []
    return took


def prepare(home: Path, jobs: int) -> dict[str, str]:
    """A server's home with that many queued jobs, each of a story of its own; the credentials."""
    from ploeg.bootstrap.server import build_server
    from ploeg.bootstrap.sign_in import sign_in_this_machine
    from ploeg.control.backlog import backlog
    from ploeg.control.people import people
    from ploeg.control.products import products
    from ploeg.control.queue import submit
    from ploeg.control.queue.submit import Wish
    from ploeg.settings import load

    settings = load({}, {"home": str(home)})
    server = build_server(settings)
    sign_in_this_machine(server.store, settings, "http://127.0.0.1")
    credentials: dict[str, str] = json.loads(settings.credentials_path.read_text())
    actor = server.store.read_blocking(lambda tx: people.person(tx, credentials["token"]))

    def fill(tx: Any) -> None:
        products.add(tx, actor, PRODUCT["name"], PRODUCT["code"], {"repo_url": PRODUCT["repo_url"]})
        for _ in range(jobs):
            pbi = backlog.add_pbi(tx, actor, "bench", "An item", {}).item.id
            story = backlog.add_story(tx, actor, pbi, "A story", {}).item.id
            task = backlog.add_task(tx, actor, story, "A task", {"implementation_plan": PLAN}).item.id
            submit.run_task(tx, actor, server.plane.installation, task, Wish())

    server.store.write_blocking(fill)
    server.store.close()
    return credentials


@contextmanager
def serving(serve: Callable[[Path, Connection], None], home: Path) -> Iterator[str]:
    """A server in a process of its own; its URL."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=serve, args=(home, there))
    process.start()
    try:
        yield here.recv()
    finally:
        os.kill(process.pid or 0, signal.SIGTERM)
        process.join()


def serve_ploeg(home: Path, told: Connection) -> None:
    from ploeg.bootstrap import run_server
    from ploeg.settings import load

    settings = load({}, {"home": str(home), "port": 0, "log_level": "warning"})
    run_server(settings, lambda url, _home: told.send(url))


def serve_bare(_home: Path, told: Connection) -> None:
    """The floor: uvicorn, and an application that reads the body and answers as many bytes as it is told."""
    import uvicorn

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        body = b"x" * json.loads((await receive())["body"])["bytes"]
        headers = [(b"content-length", b"%d" % len(body)), (b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    told.send(f"http://127.0.0.1:{listener.getsockname()[1]}")
    uvicorn.Server(uvicorn.Config(app, lifespan="off", loop="none", access_log=False, log_level="error")).run(
        [listener]
    )


if __name__ == "__main__":
    main()
