"""Putting a worker together from its settings, and running it."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable, Mapping
from pathlib import Path

import httpx2

from ploeg import __version__
from ploeg.domain.errors import Invalid, Unavailable
from ploeg.domain.hours import ActiveHours
from ploeg.runtimes.base import Runtime
from ploeg.runtimes.registry import runtime_named, runtime_names
from ploeg.settings import Settings
from ploeg.wire.work import AccountInfo, WorkerInfo
from ploeg.worker import model_credentials
from ploeg.worker.ahead import mirror_ahead
from ploeg.worker.client import WorkClient
from ploeg.worker.daemon import Daemon
from ploeg.worker.homes import Homes
from ploeg.worker.listener import listening
from ploeg.worker.state import WorkerState
from ploeg.worker.upkeep import Upkeep
from ploeg.worker.workbench import Offered, Workbench
from ploeg.workspace import sandbox
from ploeg.workspace.checkout import Checkouts
from ploeg.workspace.credentials import Credentials
from ploeg.workspace.git import Git
from ploeg.workspace.keep import Keeper
from ploeg.workspace.limits import TreeLimits, can_measure, machine_memory
from ploeg.workspace.mirror import Mirrors
from ploeg.workspace.sandbox import Backend, SandboxSpec

logger = logging.getLogger(__name__)

#: Libraries that tell of every request and every start.
CHATTY = ("httpx2", "httpcore2", "mcp", "uvicorn", "sse_starlette")
PROXIES = ("http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")


async def serve(
    settings: Settings,
    token: str,
    *,
    environment: Mapping[str, str],
    once: bool = False,
    stop: asyncio.Event | None = None,
    transport: httpx2.AsyncBaseTransport | None = None,
    runtimes: Mapping[str, Runtime] | None = None,
    token_now: Callable[[], str] | None = None,
) -> int:
    """Runs a worker until `stop` is set, or for one job; its exit code.

    Raises `Invalid`, `Unavailable`, `Conflict`, `Unauthenticated` or `Denied` for what cannot work at all.
    Installs no signal handlers. `runtimes` replaces those of the registry; `token_now` reads the token where it
    is kept, for when the server refuses this one.
    """
    for name in CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)
    state = WorkerState(settings.home_path)
    with state.locked():
        async with WorkClient(settings.effective_server_url, token, transport, token_now=token_now) as client:
            try:
                bench = await _bench(settings, environment, client, state, runtimes)
                info = _info(settings, state, bench)
            except OSError as error:
                raise Unavailable(f"{settings.home} cannot be used: {error.strerror or error}") from None
            logger.info("worker %s offers %s", info.hostname, ", ".join(info.runtimes), extra={"action": "started"})
            daemon = Daemon(bench, info, stop or asyncio.Event())
            upkeep = Upkeep(settings, bench.mirrors, bench.checkouts, state)
            beside = [asyncio.create_task(upkeep.run(daemon.weighed), name="upkeep")]
            beside += [] if once else [asyncio.create_task(mirror_ahead(bench), name="mirror ahead")]
            try:
                async with listening(settings.worker_listen, daemon.vitals):
                    return await (daemon.once() if once else daemon.run())
            finally:
                for task in beside:
                    task.cancel()
                await asyncio.gather(*beside, return_exceptions=True)


async def _bench(
    settings: Settings,
    environment: Mapping[str, str],
    client: WorkClient,
    state: WorkerState,
    runtimes: Mapping[str, Runtime] | None,
) -> Workbench:
    home = settings.home_path
    git = Git(environment={name: environment[name] for name in PROXIES if name in environment})
    credentials = git_credentials(settings)
    backend = await sandbox.choose(settings.sandbox)
    checkouts = Checkouts(
        home,
        git,
        author_name=settings.commit_name,
        author_email=settings.commit_email,
        committer_name=settings.committer_name,
        committer_email=settings.committer_email,
        warm=settings.warm_workspaces,
    )
    return Workbench(
        settings=settings,
        client=client,
        state=state,
        homes=Homes(home),
        backend=backend,
        mirrors=Mirrors(home / "mirrors", git, credentials),
        checkouts=checkouts,
        keeper=Keeper(backend, max_bundle_bytes=settings.max_bundle_bytes),
        hours=_hours(settings),
        limits=_limits(settings),
        runtimes=_offered(settings, backend, runtimes or _chosen(settings)),
        passed={name: environment[name] for name in settings.pass_environment if name in environment},
        secrets=credentials.secrets(),
    )


def _hours(settings: Settings) -> ActiveHours | None:
    return ActiveHours.of(settings.active_hours, settings.effective_time_zone) if settings.active_hours else None


def _limits(settings: Settings) -> TreeLimits:
    if not can_measure():
        told = "this system does not tell what processes take: memory and processes of agents have no limit"
        logger.warning(told, extra={"action": "no_memory_limit"})
    return TreeLimits(
        memory_bytes=settings.max_memory_bytes or machine_memory() * 3 // 4 // settings.slots,
        processes=settings.max_processes,
        output_bytes_per_minute=settings.max_output_bytes_per_minute,
    )


def git_credentials(settings: Settings) -> Credentials:
    path = settings.git_credentials_file
    return Credentials.load(Path(path).expanduser() if path else None)


def _chosen(settings: Settings) -> dict[str, Runtime]:
    """The runtimes that the settings name, or all there are; a name that nobody knows is an error."""
    known = runtime_names()
    for name in settings.runtimes:
        if name not in known:
            raise Invalid("runtimes", name, f"use some of {', '.join(known)}")
    names = settings.runtimes or known
    return {name: runtime_named(name, claude_program=settings.claude_program) for name in names}


def _offered(settings: Settings, backend: Backend, runtimes: Mapping[str, Runtime]) -> dict[str, Offered]:
    """Those whose program is found where an agent would find it."""
    tool_paths = tuple(Path(path).expanduser().absolute() for path in settings.tool_paths)
    place = SandboxSpec(workspace=settings.home_path / "workspaces", tool_paths=tool_paths)
    search_path = backend.around(place).search_path
    offered = {}
    for name, runtime in runtimes.items():
        program = runtime.available(search_path)
        if program is not None:
            offered[name] = Offered(runtime=runtime, program=program)
        elif settings.runtimes:
            logger.warning("runtime %s is not offered: its program is not found", name, extra={"action": "no_program"})
    if not offered:
        raise Invalid(
            "runtimes",
            ", ".join(runtimes),
            f"none of their programs is found on {search_path}; install one, or name its folder in tool_paths",
        )
    return offered


def _info(settings: Settings, state: WorkerState, bench: Workbench) -> WorkerInfo:
    return WorkerInfo(
        instance=state.instance(),
        hostname=settings.effective_worker_name,
        pid=os.getpid(),
        version=__version__,
        slots=settings.slots,
        runtimes=list(bench.runtimes),
        labels=settings.labels,
        sandbox=bench.backend.name,
        accounts=_accounts(settings, bench),
        account_policy=settings.account_policy,
    )


def _accounts(settings: Settings, bench: Workbench) -> list[AccountInfo]:
    return [
        AccountInfo(runtime=account.runtime, name=account.name, purse=account.purse)
        for account in model_credentials.accounts(settings, bench.runtimes)
    ]
