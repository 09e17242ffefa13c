"""Removal that costs nothing now: a rename, and a deletion in the background."""

from __future__ import annotations

import asyncio
import os
import secrets
from pathlib import Path

from ploeg.workspace.process import Finished, run

_LIMIT = 3600.0


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
        task = asyncio.create_task(_delete_tree(place))
        self._deletions.add(task)
        task.add_done_callback(self._deletions.discard)


async def _delete_tree(place: Path) -> None:
    """What cannot be deleted now is tried again at the next start."""
    if not await _removed(place):
        # An agent may have taken the rights from its own folders; links are not followed.
        await _command("chmod", "-R", "u+rwX", str(place))
        await _removed(place)


async def _removed(place: Path) -> bool:
    # `rm` and not shutil: it goes as deep as an agent can nest folders, and leaves this process to its work.
    return (await _command("rm", "-rf", "--", str(place))).code == 0


async def _command(*argv: str) -> Finished:
    return await run(argv, cwd=Path("/"), env={"PATH": os.defpath}, timeout=_LIMIT)
