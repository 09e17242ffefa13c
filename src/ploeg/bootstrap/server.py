"""A server put together from its settings, and run until it is told to stop."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

import structlog
import uvicorn
from fastapi import FastAPI
from starlette.types import ASGIApp

from ploeg import __version__
from ploeg.api.app import Lifespan, create_app
from ploeg.backup.schedule import Backups
from ploeg.bootstrap.notices import installed_of, post_of
from ploeg.bootstrap.sign_in import hand_over_worker_token, sign_in_this_machine
from ploeg.bootstrap.signals import on_signals
from ploeg.control.housekeeping import Housekeeper
from ploeg.control.installation import Installation
from ploeg.control.intake.hear import Ear
from ploeg.control.intake.look import Looker
from ploeg.control.notices.outbox import NoticeOutbox
from ploeg.control.plane import ControlPlane
from ploeg.control.publishing.act import ForgeActor
from ploeg.control.publishing.outbox import Outbox
from ploeg.control.publishing.publish import Publisher
from ploeg.control.sweep import Sweeper
from ploeg.control.work.transcripts import Transcripts
from ploeg.domain.budget import Budget
from ploeg.domain.config import ConfigLayer
from ploeg.domain.errors import Invalid
from ploeg.domain.hours import zone_named
from ploeg.domain.question import OnExpiry
from ploeg.forges.registry import Forges
from ploeg.forges.webhook import HookKey
from ploeg.mcp.endpoint import McpEndpoint, Names
from ploeg.settings import Settings
from ploeg.store.store import Store
from ploeg.store.transaction import utc_now

ANY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104 - named to be replaced

log = structlog.get_logger("ploeg.server")


@dataclass(frozen=True, slots=True)
class Server:
    """The parts of one server."""

    store: Store
    plane: ControlPlane
    #: With a lifespan, in which it sweeps; the store is closed at its end.
    app: ASGIApp


def build_server(settings: Settings) -> Server:
    """Opens the store, which brings its tables up to date, and builds everything on top of it."""
    settings.home_path.mkdir(mode=0o700, parents=True, exist_ok=True)
    forges, installed = forges_of(settings), installed_of(settings)
    store = Store.open(settings.effective_database_url, backup=settings.backup_before_migration)
    transcripts = Transcripts(settings.home_path / "transcripts", settings.max_transcript_bytes)
    post = post_of(settings, installed, store)
    plane = ControlPlane(store, installation_of(settings), transcripts, utc_now(), post)
    mcp = McpEndpoint(plane, Names.of(settings.host, settings.public_url))
    beside = (
        Sweeper(plane),
        Outbox(plane, Publisher(forges), ForgeActor(forges)),
        Looker(plane, forges),
        Backups(plane, settings),
        Housekeeper(plane, settings.transcript_terms, settings.disk_keep_free_bytes),
        NoticeOutbox(plane, post.notifier),
    )
    ear = Ear(plane, forges, HookKey.load(settings.hook_key_path))
    return Server(store, plane, create_app(plane, _lifespan(plane, mcp, beside), mcp, ear))


def forges_of(settings: Settings) -> Forges:
    """The forges that there is a token for."""
    return Forges.load(settings.forge_tokens_path, may_be_missing=not settings.forge_tokens_file)


def installation_of(settings: Settings) -> Installation:
    """What the settings mean to jobs; zero and empty are silence."""
    layer = ConfigLayer(
        runtime=settings.runtime or None,
        model=settings.model or None,
        review_runtime=settings.review_runtime or None,
        review_model=settings.review_model or None,
        max_minutes=settings.max_minutes or None,
        max_silence_minutes=settings.max_silence_minutes or None,
        max_turns=settings.max_turns or None,
        max_cost_usd=settings.max_cost_usd or None,
        max_tokens=settings.max_tokens or None,
        repair_rounds=settings.repair_rounds or None,
        auto_commit=settings.auto_commit or None,
        on_conflict=settings.on_conflict,
    )
    return Installation(
        config=layer,
        lease=settings.lease,
        branch_prefix=settings.branch_prefix,
        max_jobs_by_runtime=_limits(settings.max_jobs_by_runtime),
        question_deadline=timedelta(hours=settings.question_deadline_hours),
        question_on_expiry=OnExpiry(settings.question_on_expiry),
        plan_review_rounds=settings.plan_review_rounds,
        budget=Budget(
            max_cost_usd=settings.max_cost_usd_per_day or None, max_tokens=settings.max_tokens_per_day or None
        ),
        hold_unfit=settings.hold_what_may_not_fit,
        zone=zone_named(settings.effective_time_zone),
        forge_poll=timedelta(minutes=settings.forge_poll_minutes),
        review_rounds=settings.review_rounds,
        metrics=settings.metrics,
    )


def _limits(settings: list[str]) -> dict[str, int]:
    """`["claude=2"]` as a mapping; `Invalid` for what is no limit."""
    limits: dict[str, int] = {}
    for said in settings:
        runtime, _, limit = said.partition("=")
        if not (runtime.strip() and limit.strip().isdecimal()):
            raise Invalid("max_jobs_by_runtime", said, "write a runtime and its limit, e.g. claude=2")
        limits[runtime.strip()] = int(limit)
    return limits


async def serve_server(settings: Settings, announce: Callable[[str], None] = lambda url: None) -> None:
    """Runs a server until SIGTERM or SIGINT; `announce` gets its URL once it answers."""
    async with running_server(settings) as running:
        announce(running.url)
        with on_signals(running.stop):
            await running.stopped.wait()


@dataclass(frozen=True, slots=True)
class Running:
    """A server that answers."""

    url: str
    server: Server
    #: Set when somebody asked it to stop.
    stopped: asyncio.Event

    def stop(self) -> None:
        self.stopped.set()


@asynccontextmanager
async def running_server(settings: Settings) -> AsyncIterator[Running]:
    """A server within this event loop; leaving ends streams and long polls at once, and then the server."""
    listener = _listen(settings.host, settings.port)
    url = _url(settings, listener)
    server = build_server(settings)
    sign_in_this_machine(server.store, settings, url)
    hand_over_worker_token(server.store, settings)
    engine = _Engine(server, settings)
    serving = asyncio.create_task(engine.serve(sockets=[listener]))
    try:
        await engine.answers(serving)
        log.info("the server listens", url=url, version=__version__, database=server.plane.engine_info().dialect)
        yield Running(url, server, asyncio.Event())
    finally:
        server.plane.watch.stop()
        engine.should_exit = True
        with suppress(asyncio.CancelledError):
            await serving
        log.info("the server has stopped")


class _Engine(uvicorn.Server):
    """uvicorn, without its own ideas about signals."""

    def __init__(self, server: Server, settings: Settings) -> None:
        super().__init__(
            uvicorn.Config(
                server.app,
                lifespan="on",
                loop="none",
                ws="none",
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_keep_alive=75,
                timeout_graceful_shutdown=max(1, round(settings.shutdown_grace)),
            )
        )
        self._up = asyncio.Event()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._up.set()

    async def answers(self, serving: asyncio.Task[None]) -> None:
        """Returns when it is up; raises what kept it from coming up."""
        up = asyncio.create_task(self._up.wait())
        await asyncio.wait({up, serving}, return_when=asyncio.FIRST_COMPLETED)
        up.cancel()
        if serving.done():
            serving.result()
            raise RuntimeError("the server ended before it was up")


class _Beside(Protocol):
    """Something that runs as long as the server does, or ends earlier by itself."""

    async def run(self) -> None: ...


def _lifespan(plane: ControlPlane, mcp: McpEndpoint, runners: Sequence[_Beside]) -> Lifespan:
    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        beside = [asyncio.create_task(runner.run(), name=type(runner).__name__) for runner in runners]
        plane.beside = beside
        try:
            async with mcp.run():
                yield
        finally:
            plane.watch.stop()
            for task in beside:
                task.cancel()
            for task in beside:
                with suppress(asyncio.CancelledError):
                    await task
            await asyncio.to_thread(plane.store.close)

    return lifespan


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Without the protocol's number asyncio leaves Nagle's algorithm on, which costs 40 ms a request.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(2048)
    except OSError as error:
        listener.close()
        raise Invalid("port", port, f"{host}:{port} cannot be listened on: {error.strerror}") from None
    return listener


def _url(settings: Settings, listener: socket.socket) -> str:
    """How this machine itself reaches the server."""
    host = ANY_ADDRESS.get(settings.host, settings.host)
    return f"http://{f'[{host}]' if ':' in host else host}:{listener.getsockname()[1]}"
