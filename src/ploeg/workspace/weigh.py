"""How much lies in folders."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from ploeg.workspace.process import run

_LIMIT = 900.0
_BLOCK = 1024


async def weigh(folders: Sequence[Path]) -> dict[Path, int]:
    """Bytes that each takes on the disk; nothing for one that is not there.

    Links are not followed, and what goes away meanwhile is passed over.
    """
    there = [folder for folder in folders if folder.exists()]
    weights = dict.fromkeys(folders, 0)
    if there:
        # `du` and not Python: it goes through a million files in seconds and leaves this process to its work.
        finished = await run(
            ["du", "-sk", "--", *map(str, there)],
            cwd=Path("/"),
            env={"PATH": os.defpath, "LC_ALL": "C"},
            timeout=_LIMIT,
        )
        for line in finished.stdout.decode("utf-8", "surrogateescape").splitlines():
            size, _, name = line.partition("\t")
            weights[Path(name)] = int(size) * _BLOCK
    return weights
