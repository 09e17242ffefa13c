"""Threads that event loops hand their verbs to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ploeg.domain.errors import Unavailable
from ploeg.store.transaction import Verb


class Threads:
    def __init__(self, count: int, name: str) -> None:
        self._pool = ThreadPoolExecutor(count, thread_name_prefix=name)

    async def run(self, perform: Callable[[Verb[Any]], Any], verb: Verb[Any]) -> Any:
        try:
            running = asyncio.get_running_loop().run_in_executor(self._pool, perform, verb)
        except RuntimeError:
            raise Unavailable("the store is closed") from None
        return await running

    def close(self) -> None:
        """Waits for what they are at."""
        self._pool.shutdown(wait=True)
