"""Builds server, worker, or both from the settings, and runs them; the only place that knows all rooms.

Every function imports what it builds when it is called: a worker never loads the server's half.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from ploeg.settings import Settings

#: Told the URL and the home once it runs.
Announce = Callable[[str, str], None]


def run_server(settings: Settings, announce: Announce) -> int:
    """A server until SIGTERM or SIGINT; the exit code."""
    from ploeg.control.log import configure

    configure(settings.log_level, settings.log_format)
    from ploeg.bootstrap.server import serve_server

    asyncio.run(serve_server(settings, lambda url: announce(url, settings.home)))
    return 0
