"""What the demo plays on: a throw-away home, a repository with its bare remote, and a `ploeg up` of its own."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import socket
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ploeg import credentials
from ploeg.bootstrap.lifeline import lifeline
from ploeg.cli.client import Client
from ploeg.cli.demo.rota import FILES
from ploeg.domain.errors import PloegError, Unavailable
from ploeg.settings import FILE, Settings
from ploeg.workspace.process import Process, run, start

#: Seconds for `ploeg up` to answer; the first start compiles the libraries on a slow disk.
START_LIMIT = 90.0
STOP_GRACE = 30.0


@dataclass(frozen=True, slots=True)
class Stage:
    home: Path
    remote: Path
    sandbox: str
    client: Client


@asynccontextmanager
async def set_stage(settings: Settings, runtime: str, sandbox: str, *, keep: bool) -> AsyncIterator[Stage]:
    """Everything the demo needs, running; all of it is stopped and, unless kept, removed at the end."""
    home = Path(tempfile.mkdtemp(prefix="ploeg-demo-"))
    try:
        remote = await _make_remote(home)
        _write_settings(home, settings, runtime, sandbox)
        async with _up(home, runtime) as client:
            yield Stage(home, remote, sandbox, client)
    finally:
        if not keep:
            shutil.rmtree(home, ignore_errors=True)


async def git(folder: Path, *arguments: str) -> str:
    """One git command in a folder of the demo's own, which no agent can write to."""
    program = shutil.which("git")
    if program is None:
        raise Unavailable("the demo needs git; on Debian: apt-get install git")
    person = {"GIT_AUTHOR_NAME": "Ada", "GIT_AUTHOR_EMAIL": "ada@example.org"}
    committer = {name.replace("AUTHOR", "COMMITTER"): value for name, value in person.items()}
    quiet = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "LC_ALL": "C", "PATH": os.defpath}
    done = await run([program, *arguments], cwd=folder, env=quiet | person | committer, timeout=60)
    if done.code != 0:
        raise PloegError(f"git {arguments[0]} failed: {done.stderr.decode('utf-8', 'replace').strip()}")
    return done.stdout.decode("utf-8", "replace").strip()


async def _make_remote(home: Path) -> Path:
    source, remote = home / "source", home / "rota.git"
    for name, content in FILES.items():
        path = source / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, "utf-8")
    await git(source, "init", "--quiet", "--initial-branch=main")
    await git(source, "add", ".")
    await git(source, "commit", "--quiet", "--message=Count the hours of shifts")
    await git(home, "clone", "--quiet", "--bare", str(source), str(remote))
    return remote


def _write_settings(home: Path, settings: Settings, runtime: str, sandbox: str) -> None:
    """The demo's own `ploeg.toml`; of the caller's settings it keeps those about the agent's program."""
    mine: dict[str, Any] = {
        "port": _free_port(),
        "runtime": runtime,
        "sandbox": sandbox,
        "worker_name": "demo",
        # Where this Python lives: verify commands say `python3`, which need not be the system's.
        "tool_paths": [*settings.tool_paths, str(Path(sys.base_exec_prefix) / "bin")],
        "claude_program": settings.claude_program,
        "claude_base_url": settings.claude_base_url,
        "claude_token_file": settings.claude_token_file and str(Path(settings.claude_token_file).absolute()),
        "claude_accounts": settings.claude_accounts,
        "model": settings.model,
        "pass_environment": settings.pass_environment,
    }
    # A JSON string, number or list of strings is TOML as well.
    lines = [f"{name} = {json.dumps(value, ensure_ascii=False)}\n" for name, value in mine.items()]
    (home / FILE).write_text("".join(lines), "utf-8")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@asynccontextmanager
async def _up(home: Path, runtime: str) -> AsyncIterator[Client]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PLOEG_")}
    with lifeline() as parent:
        command = [sys.executable, "-m", "ploeg", "--home", str(home), "up", "--parent-fd", str(parent)]
        async with await start(command, cwd=home, env=environment, pass_fds=(parent,), merge_stderr=True) as up:
            log = asyncio.create_task(_keep_log(up, home / "up.log"))
            try:
                yield await _answering(up, home, runtime)
            finally:
                await up.stop(STOP_GRACE)
                await log


async def _keep_log(up: Process, file: Path) -> None:
    with file.open("wb") as log:
        async for chunk in up.chunks():
            log.write(chunk)
            log.flush()


async def _answering(up: Process, home: Path, runtime: str) -> Client:
    """The server, once it answers and a worker is there that offers the runtime."""
    async with asyncio.timeout(START_LIMIT):
        while up.returncode is None:
            if signed_in := credentials.read(home / "credentials.json"):
                client = Client(signed_in["server_url"], signed_in["token"])
                try:
                    if there := [worker for worker in client.get("/workers")["items"] if worker["online"]]:
                        _check_offer(there[0], runtime)
                        return client
                except Unavailable:
                    pass
            await asyncio.sleep(0.1)
    said = (home / "up.log").read_text("utf-8", "replace").strip()
    raise PloegError(f"`ploeg up` ended at once (exit {up.returncode}):\n{said}")


def _check_offer(worker: dict[str, Any], runtime: str) -> None:
    if runtime not in worker["runtimes"]:
        raise PloegError(
            f"the program of the runtime {runtime} was not found; install it, or name its folder in PLOEG_TOOL_PATHS"
        )
