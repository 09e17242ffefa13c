"""Builds server, worker, or both from the settings, and runs them; the only place that knows all rooms.

Every function imports what it builds when it is called: a worker never loads the server's half.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from ploeg import tracing
from ploeg.settings import Settings

if TYPE_CHECKING:
    from ploeg.worker.gc import Collected

#: Told the URL and the home once it runs.
Announce = Callable[[str, str], None]


def run_server(settings: Settings, announce: Announce) -> int:
    """A server until SIGTERM or SIGINT; the exit code."""
    from ploeg.control.log import configure

    configure(settings.log_level, settings.log_format)
    from ploeg.bootstrap.server import serve_server

    with tracing.sending(settings.otel_endpoint, "ploeg-server"):
        asyncio.run(serve_server(settings, lambda url: announce(url, settings.home)))
    return 0


def run_worker(settings: Settings, *, once: bool = False, parent_fd: int | None = None) -> int:
    """A worker until SIGTERM or SIGINT, or for one job; the exit code.

    With `parent_fd` it also drains when that descriptor reads to its end: its parent has gone.
    """
    from ploeg.bootstrap.worker_log import configure

    configure(settings.log_level, settings.log_format)
    from ploeg.bootstrap.worker import serve_worker

    with tracing.sending(settings.otel_endpoint, "ploeg-worker"):
        return asyncio.run(serve_worker(settings, once=once, parent_fd=parent_fd))


def run_up(settings: Settings, announce: Announce, *, parent_fd: int | None = None) -> int:
    """A server, and a worker as its child, until SIGTERM or SIGINT; the exit code. `parent_fd` as with a worker."""
    from ploeg.control.log import configure

    configure(settings.log_level, settings.log_format)
    from ploeg.bootstrap.up import serve_both

    with tracing.sending(settings.otel_endpoint, "ploeg-server"):
        return asyncio.run(serve_both(settings, lambda url: announce(url, settings.home), parent_fd=parent_fd))


def run_gc(settings: Settings, *, dry_run: bool, everything: bool) -> Collected:
    """What this machine's worker could do without, or did without from now on. Raises `Conflict` while it runs."""
    from ploeg.worker import gc

    if dry_run:
        return asyncio.run(gc.look(settings, os.environ))
    return asyncio.run(gc.collect(settings, os.environ, everything=everything))
