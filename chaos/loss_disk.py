"""A small disk that can be filled and freed."""

from __future__ import annotations

import contextlib
import subprocess
from pathlib import Path


class SmallDisk:
    """A file system of a few megabytes, mounted on a folder."""

    def __init__(self, place: Path) -> None:
        self._place = place

    @classmethod
    def possible(cls, folder: Path) -> bool:
        """Whether this user may mount one."""
        disk = cls(folder / "trial")
        try:
            disk.mount()
        except (OSError, subprocess.CalledProcessError):
            return False
        disk.unmount()
        return True

    def mount(self) -> None:
        self._place.mkdir(parents=True, exist_ok=True)
        self._run("mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(self._place))

    def fill(self) -> None:
        with contextlib.suppress(OSError), (self._place / "ballast").open("ab", buffering=0) as ballast:
            while True:
                ballast.write(b"x" * 65536)

    def free(self) -> None:
        (self._place / "ballast").unlink(missing_ok=True)

    def unmount(self) -> None:
        self._run("umount", "-l", str(self._place))

    def _run(self, *command: str) -> None:
        subprocess.run(command, check=True, capture_output=True, timeout=10)
