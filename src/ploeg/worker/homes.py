"""The agents' HOMEs: one per job, kept between its attempts, so that a later one goes on in the same conversation.

Those of some ended jobs are put by, for follow-up jobs that take them over.
An agent owns what is in its HOME, and may leave links and locked folders there. So nothing here follows a link.
"""

from __future__ import annotations

import os
import secrets
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath

FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class Homes:
    """`<home>/homes/<job code>`, and those put by in `<home>/ended-homes/<job code>`."""

    def __init__(self, home: Path) -> None:
        self._root = home / "homes"
        self._ended = home / "ended-homes"

    def of(self, job_code: str) -> Path:
        """The job's HOME, made if there is none."""
        path = self._root / job_code
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
        return path

    def exists(self, job_code: str) -> bool:
        return (self._root / job_code).is_dir()

    def put(self, job_code: str, relative: PurePosixPath, content: bytes) -> None:
        """Writes a file (mode 0600) in the job's HOME, in place of whatever the agent may have put there."""
        if relative.is_absolute() or ".." in relative.parts:
            raise ValueError(f"{relative} leads out of HOME")
        with _folder(self.of(job_code), relative.parent.parts) as folder:
            _clear(relative.name, folder)
            file = os.open(relative.name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600, dir_fd=folder)
            with os.fdopen(file, "wb") as opened:
                opened.write(content)

    def remove(self, job_code: str) -> None:
        """Moves the HOME out of the way and deletes it; blocking."""
        self._bury(self._root / job_code)

    def put_by(self, job_code: str, at_most: int) -> None:
        """Keeps the HOME of an ended job, and of all those the newest ones; blocking."""
        self._ended.mkdir(mode=0o700, exist_ok=True)
        if self.exists(job_code):
            # In the order of their ends: renaming leaves the time, and an agent may have set it.
            os.utime(self._root / job_code, follow_symlinks=False)
            (self._root / job_code).rename(self._ended / job_code)
        by_age = sorted(self._ended.iterdir(), key=lambda path: path.lstat().st_mtime_ns, reverse=True)
        for old in by_age[at_most:]:
            self._bury(old)

    def take_over(self, job_code: str, ended: str) -> bool:
        """Makes the HOME that was put by for an ended job that of another; False if it is not there any more."""
        if not (self._ended / ended).is_dir():
            return False
        self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
        (self._ended / ended).rename(self._root / job_code)
        return True

    def _bury(self, path: Path) -> None:
        grave = self._root / f".{path.name}.{secrets.token_hex(4)}"
        with suppress(FileNotFoundError):
            path.rename(grave)
        _delete(grave)

    def sweep(self) -> None:
        """Deletes what a killed worker had only moved out of the way; blocking."""
        for grave in self._root.glob(".*"):
            _delete(grave)


@contextmanager
def _folder(home: Path, parts: tuple[str, ...]) -> Iterator[int]:
    """The folder below HOME, opened step by step without following a link; what is in the way is replaced."""
    current = os.open(home, FOLDER)
    try:
        for part in parts:
            inner = _step(part, current)
            os.close(current)
            current = inner
        yield current
    finally:
        os.close(current)


def _step(name: str, folder: int) -> int:
    try:
        found = os.stat(name, dir_fd=folder, follow_symlinks=False)
        if not stat.S_ISDIR(found.st_mode):
            os.unlink(name, dir_fd=folder)
            os.mkdir(name, 0o700, dir_fd=folder)
    except FileNotFoundError:
        os.mkdir(name, 0o700, dir_fd=folder)
    return os.open(name, FOLDER, dir_fd=folder)


def _clear(name: str, folder: int) -> None:
    try:
        os.unlink(name, dir_fd=folder)
    except FileNotFoundError:
        return
    except (IsADirectoryError, PermissionError):
        shutil.rmtree(name, dir_fd=folder)


def _delete(tree: Path) -> None:
    if not tree.is_dir():
        return
    try:
        shutil.rmtree(tree)
    except PermissionError:
        _unlock(tree)
        shutil.rmtree(tree)


def _unlock(tree: Path) -> None:
    """Opens the folders that the agent had locked, top down; nothing runs in them any more."""
    tree.chmod(0o700)
    for parent, names, _ in os.walk(tree):
        for folder in (Path(parent, name) for name in names):
            if not folder.is_symlink():
                folder.chmod(0o700)
