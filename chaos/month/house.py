"""A server and two workers in one event loop, on homes of their own, asked as a person would ask them."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
from tests.e2e.repository import Remote, make_remote

from chaos.month.lifespan import alive
from chaos.month.model import Account, Model
from ploeg.bootstrap.server import Server, build_server
from ploeg.bootstrap.sign_in import sign_in_this_machine
from ploeg.settings import load
from ploeg.worker.service import serve

URL = "http://ploeg.test"
#: Minutes that an agent may say nothing.
SILENCE = 2.0
STAND_IN = Path(__file__).with_name("stand_in.py")
#: Which accounts each worker has.
CREW = {"first": ("ada",), "second": ("bob", "eve")}


class House:
    """The installation of the month."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.remote: Remote = make_remote(folder / "origin")
        self.settings = load({}, {"home": str(folder / "server"), "runtime": "claude", "max_silence_minutes": SILENCE})
        self.server: Server
        self._client: httpx2.AsyncClient
        self._worker_token = ""
        self._transport: httpx2.ASGITransport

    @asynccontextmanager
    async def open(self, model: Model) -> AsyncIterator[None]:
        """Both halves at work; leaving lets the workers drain."""
        program = self._program()
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self._serving())
            stop = asyncio.Event()
            workers = [asyncio.create_task(self._work(name, model, program, stop), name=name) for name in CREW]
            try:
                yield
            finally:
                stop.set()
                await asyncio.gather(*workers)

    def token_file(self, account: str) -> Path:
        return self.folder / f"{account}.token"

    def sign_in(self, account: Account, token: str) -> None:
        """What a person does: a new token, in place of the one before."""
        half = self.folder / ".token"
        half.touch(mode=0o600)
        half.write_text(token + "\n")
        half.replace(self.token_file(account.name))

    async def ask(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        reply = await self._client.request(method, f"{URL}/api/v1{path}", json=body, params=query)
        assert reply.is_success, f"{method} {path}: {reply.status_code} {reply.text}"
        return reply.json()

    @asynccontextmanager
    async def _serving(self) -> AsyncIterator[None]:
        self.server = build_server(self.settings)
        sign_in_this_machine(self.server.store, self.settings, URL)
        credentials = json.loads(self.settings.credentials_path.read_text())
        self._worker_token = credentials["worker_token"]
        self._transport = httpx2.ASGITransport(app=self.server.app)  # type: ignore[arg-type]
        headers = {"Authorization": f"Bearer {credentials['token']}"}
        client = httpx2.AsyncClient(transport=self._transport, headers=headers, timeout=None)
        async with alive(self.server.app), client as self._client:
            yield

    async def _work(self, name: str, model: Model, program: Path, stop: asyncio.Event) -> int:
        named = [f"{account}={self.token_file(account)}" for account in CREW[name]]
        accounts = {"claude_accounts": named} if len(named) > 1 else {"claude_token_file": named[0].partition("=")[2]}
        settings = load(
            {},
            {
                "home": str(self.folder / name),
                "server_url": URL,
                "worker_name": name,
                "sandbox": "none",
                "runtimes": ["claude"],
                "claude_program": str(program),
                "claude_base_url": model.url,
                "tool_paths": [sys.base_exec_prefix],
                "kill_grace": 1.0,
                **accounts,
            },
        )
        return await serve(settings, self._worker_token, environment={}, stop=stop, transport=self._transport)

    def _program(self) -> Path:
        program = self.folder / "bin" / "claude"
        program.parent.mkdir()
        python = Path(sys.base_exec_prefix) / "bin" / "python3"
        program.write_text(f"#!{python} -IS\n{STAND_IN.read_text()}")
        program.chmod(0o755)
        return program
