"""Removal that costs nothing now: a rename, and a deletion in the background."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any


class Trash:
    """A folder on the same disk as what is thrown into it."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder = folder
        self._deletions: set[asyncio.Task[None]] = set()

    def throw(self, path: Path) -> None:
        """The path is free at once. Call it in an event loop, which does the deletion."""
        place = self._folder / secrets.token_hex(8)
        path.rename(place)
        self._delete(place)

    def empty(self) -> None:
        """Begins to delete what an earlier process left."""
        for place in self._folder.iterdir():
            self._delete(place)

    async def close(self) -> None:
        """Waits for the deletions that are under way."""
        await asyncio.gather(*self._deletions)

    def _delete(self, place: Path) -> None:
        task = asyncio.create_task(asyncio.to_thread(_delete_tree, place))
        self._deletions.add(task)
        task.add_done_callback(self._deletions.discard)


def _delete_tree(place: Path) -> None:
    def open_up(_: Callable[..., Any], path: str, __: object) -> None:
        """An agent may have taken the rights from its own folders."""
        folder = Path(path).parent
        with contextlib.suppress(OSError):
            for closed in (folder, Path(path)):
                if closed.is_dir() and not closed.is_symlink() and closed.is_relative_to(place):
                    closed.chmod(0o700)
            if Path(path).is_dir() and not Path(path).is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            else:
                Path(path).unlink()

    shutil.rmtree(place, onerror=open_up)
