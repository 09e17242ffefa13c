"""Progress notifications while a tool is at work, so that a client of little patience does not give the call up."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

#: Seconds between two notifications.
EVERY = 10.0

#: Takes the progress so far, its total and a text; does nothing if the client asked for no progress.
Tell = Callable[[float, float | None, str | None], Awaitable[None]]


@asynccontextmanager
async def pulse(tell: Tell, name: str) -> AsyncIterator[None]:
    """Tells the client now and then that the tool is still at work."""
    telling = asyncio.create_task(_beat(tell, name), name=f"pulse of {name}")
    try:
        yield
    finally:
        telling.cancel()
        with suppress(asyncio.CancelledError):
            await telling


async def _beat(tell: Tell, name: str) -> None:
    seconds = 0.0
    while True:
        await asyncio.sleep(EVERY)
        seconds += EVERY
        try:
            await tell(seconds, None, f"{name} is at work")
        except Exception:  # noqa: BLE001 - the client has gone; whether the call goes on is not for its pulse to say
            return
