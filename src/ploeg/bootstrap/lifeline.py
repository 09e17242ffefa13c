"""A pipe between a parent and its child that nobody writes to: it reads to its end when the parent has gone."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def lifeline() -> Iterator[int]:
    """The parent's side: the descriptor to pass on to one child. It closes with this process, however that ends."""
    reading, writing = os.pipe()
    try:
        yield reading
    finally:
        os.close(reading)
        os.close(writing)


def when_cut(descriptor: int, gone: Callable[[], None]) -> None:
    """The child's side: calls `gone` once, within the running event loop."""
    loop = asyncio.get_running_loop()

    def heard() -> None:
        loop.remove_reader(descriptor)
        gone()

    os.set_inheritable(descriptor, False)
    loop.add_reader(descriptor, heard)
