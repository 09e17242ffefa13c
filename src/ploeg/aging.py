"""Files that are kept for a while: compressed, then deleted, and never more than so many bytes of them in all."""

from __future__ import annotations

import gzip
import logging
import os
import shutil
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ploeg.domain.retention import Terms

COMPRESSED = ".gz"
_HALF_MADE = ".compressing"

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Tidied:
    """What was done."""

    compressed: int = 0
    deleted: int = 0
    #: Bytes that the files took before and do not take any more.
    freed: int = 0


def tidy(
    folders: Iterable[Path],
    terms: Terms,
    now: datetime,
    *,
    in_use: Collection[Path] = (),
    lock: Callable[[Path], AbstractContextManager[object]] = lambda _path: nullcontext(),
) -> Tidied:
    """Goes through all files of the folders, by the time of their last change; blocking.

    `in_use` are left alone. A file's `lock` is held while the compressed one takes its place. A file that cannot be
    dealt with is logged and stays for the next time.
    """
    done = Tidied()
    files = sorted(_files(folders), key=lambda found: found[1].st_mtime_ns)
    left = [found for found in files if found[0] not in in_use]
    total = sum(status.st_size for _, status in files)
    for path, status in left:
        age = now.timestamp() - status.st_mtime
        crowded = terms.max_bytes is not None and total - done.freed > terms.max_bytes
        try:
            if crowded or (terms.keep is not None and age > terms.keep.total_seconds()):
                path.unlink()
                done.deleted += 1
                done.freed += status.st_size
            elif _ripe(path, age, terms) and (fresh := compress(path, lock(path))) is not None:
                done.compressed += 1
                done.freed += status.st_size - fresh
        except OSError as error:
            logger.warning("%s stays as it is: %s", path, error, extra={"action": "aging_failed"})
    return done


def compress(path: Path, lock: AbstractContextManager[object]) -> int | None:
    """Puts a compressed file in its place, with its time and mode; its size, or None if the file changed meanwhile."""
    before = path.stat()
    fresh = path.with_name(path.name + _HALF_MADE)
    try:
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, before.st_mode & 0o777)
        with path.open("rb") as plain, os.fdopen(descriptor, "wb") as raw:
            with gzip.GzipFile("", "wb", 6, raw) as packed:
                shutil.copyfileobj(plain, packed, 256 * 1024)
            raw.flush()
            # The plain one goes: a loss of power must not find the new one empty.
            os.fsync(raw.fileno())
        os.utime(fresh, ns=(before.st_atime_ns, before.st_mtime_ns))
        with lock:
            now = path.stat()
            if (now.st_mtime_ns, now.st_size) != (before.st_mtime_ns, before.st_size):
                return None
            fresh.rename(path.with_name(path.name + COMPRESSED))
            path.unlink()
            return path.with_name(path.name + COMPRESSED).stat().st_size
    finally:
        fresh.unlink(missing_ok=True)


def _ripe(path: Path, age: float, terms: Terms) -> bool:
    return path.suffix != COMPRESSED and terms.compress_after is not None and age > terms.compress_after.total_seconds()


def _files(folders: Iterable[Path]) -> Iterator[tuple[Path, os.stat_result]]:
    for folder in folders:
        try:
            entries = list(os.scandir(folder))
        except FileNotFoundError:
            continue
        for entry in entries:
            if entry.name.endswith(_HALF_MADE):
                Path(entry.path).unlink(missing_ok=True)
                continue
            with suppress(FileNotFoundError):
                if entry.is_file(follow_symlinks=False):
                    yield Path(entry.path), entry.stat(follow_symlinks=False)
