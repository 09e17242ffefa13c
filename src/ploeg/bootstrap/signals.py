"""SIGTERM and SIGINT, turned into a request to stop."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

NUMBERS = (signal.SIGTERM, signal.SIGINT)


@contextmanager
def on_signals(stop: Callable[[], None]) -> Iterator[None]:
    """Calls `stop` for each of them, within the running event loop."""
    loop = asyncio.get_running_loop()
    for number in NUMBERS:
        loop.add_signal_handler(number, stop)
    try:
        yield
    finally:
        for number in NUMBERS:
            loop.remove_signal_handler(number)
