"""Taking an agent's work over into the mirror, without trusting the agent's repository with anything.

Its tree is only looked at from inside the sandbox, by `collect.sh`. Out of that come one line of words and a bundle;
the bundle's objects are checked one by one before the mirror's refs move.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import shutil
import stat
from pathlib import Path, PurePosixPath

from ploeg.workspace.checkout import Workspace
from ploeg.workspace.faults import GitFault, fault_in, short
from ploeg.workspace.git import GitError, hardening, is_sha
from ploeg.workspace.kept import KeepFailed, Kept, KeptElsewhere, NeverKept, NothingToKeep, Removable
from ploeg.workspace.mirror import Mirror
from ploeg.workspace.process import Finished, StartFailed, run
from ploeg.workspace.repository import KEPT, text
from ploeg.workspace.sandbox import Backend, SandboxSpec

__all__ = ["KeepFailed", "Keeper", "Kept", "KeptElsewhere", "NeverKept", "NothingToKeep", "Removable"]

_SCRIPT = Path(__file__).with_name("collect.sh")
_MOST_NAMES = 100


class Keeper:
    """Collects what agents have done, at the end of an attempt and while it runs."""

    def __init__(self, backend: Backend, *, max_bundle_bytes: int, timeout: float = 120.0) -> None:
        self._backend = backend
        self._max_bytes = max_bundle_bytes
        self._timeout = timeout

    async def collect(self, workspace: Workspace, mirror: Mirror) -> Kept | NothingToKeep:
        """What the tree holds beyond its base, safe in the mirror. Raises `KeepFailed`."""
        out = workspace.directory / f"out-{secrets.token_hex(4)}"
        out.mkdir(mode=0o700)
        try:
            # With its time: what changed in the same second as the index was written must be read again.
            await asyncio.to_thread(shutil.copy2, workspace.index, out / "index")
            ref = kept_ref(workspace)
            found = _Found(await self._look(workspace, out, await mirror.kept_at(ref)))
            kept = await self._take_over(ref, workspace, mirror, found, out)
            _regular(out / "index", self._max_bytes).replace(workspace.index)
        except OSError as error:
            raise KeepFailed(f"the agent's work could not be kept: {error.strerror}") from None
        except GitError as error:
            raise KeepFailed(f"the agent's work could not be kept: {error.said or error}") from None
        finally:
            await asyncio.to_thread(shutil.rmtree, out, ignore_errors=True)
        return kept

    async def _look(self, workspace: Workspace, out: Path, known: list[str]) -> bytes:
        spec = SandboxSpec(
            workspace=workspace.tree, readable=(workspace.mirror_objects,), writable=(out,), same_user=True
        )
        sandbox = self._backend.around(spec)
        hashing = "sha256" if len(workspace.base) == 64 else "sha1"
        where = (str(out), str(sandbox.workspace), str(workspace.mirror_objects))
        script = ("/bin/sh", "-c", _SCRIPT.read_text("utf-8"), "collect")
        try:
            finished = await run(
                [*script, *where, workspace.base, hashing, str(self._max_bytes), *known],
                cwd=PurePosixPath("/"),
                env=_environment(sandbox.home),
                timeout=self._timeout,
                sandbox=sandbox,
            )
        except StartFailed as error:
            raise KeepFailed(f"the agent's work could not be looked at: {error}") from None
        if finished.code != 0:
            raise KeepFailed(f"the agent's work could not be kept: {_reason(finished, self._timeout)}")
        return finished.stdout

    async def _take_over(
        self, ref: str, workspace: Workspace, mirror: Mirror, found: _Found, out: Path
    ) -> Kept | NothingToKeep:
        if found.head == workspace.base and not found.packed and found.snapshot is None and found.whole:
            return NothingToKeep(head=found.head, tree=found.tree)
        bundle = _regular(out / "bundle", self._max_bytes) if found.packed else None
        await mirror.keep(ref, found.head, found.snapshot, bundle)
        return Kept(
            ref=ref,
            head=found.head,
            tree=found.tree,
            snapshot=found.snapshot,
            uncommitted=found.uncommitted,
            whole=found.whole,
        )


def kept_ref(workspace: Workspace) -> str:
    """Where the mirror keeps the work in that workspace."""
    return f"{KEPT}/{workspace.job_code}/{workspace.attempt}"


class _Found:
    """What the script said, taken with care: nothing in it is believed before the mirror holds it."""

    def __init__(self, said: bytes) -> None:
        line, _, names = said.partition(b"\n")
        words = line.decode("ascii", "replace").split(" ")
        if len(words) != 5 or not is_sha(words[0]) or not is_sha(words[1]) or not (is_sha(words[2]) or words[2] == "-"):
            raise KeepFailed("the agent's work could not be kept: its tree cannot be understood")
        self.head, self.tree = words[0], words[1]
        self.snapshot = None if words[2] == "-" else words[2]
        self.packed, self.whole = words[3] == "yes", words[4] == "yes"
        self.uncommitted = tuple(text(name) for name in names.split(b"\0")[:_MOST_NAMES] if name)


def _environment(home: PurePosixPath) -> dict[str, str]:
    environment, config = hardening()
    for number, (name, value) in enumerate(config.items()):
        environment |= {f"GIT_CONFIG_KEY_{number}": name, f"GIT_CONFIG_VALUE_{number}": value}
    for who in ("AUTHOR", "COMMITTER"):
        environment |= {f"GIT_{who}_NAME": "Ploeg", f"GIT_{who}_EMAIL": "ploeg@localhost"}
    return environment | {"GIT_CONFIG_COUNT": str(len(config)), "HOME": str(home)}


def _regular(path: Path, max_bytes: int) -> Path:
    """That path, once it is known to be a file of ours and not too large."""
    fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        status = os.fstat(fd)
    finally:
        os.close(fd)
    if not stat.S_ISREG(status.st_mode) or status.st_nlink != 1:
        raise KeepFailed("the agent's work could not be kept: what came out of the sandbox is not a plain file")
    if status.st_size > max_bytes:
        raise KeepFailed(f"the agent's work could not be kept: it weighs more than {max_bytes} bytes")
    return path


def _reason(finished: Finished, timeout: float) -> str:
    if finished.timed_out:
        return f"no end within {timeout:.0f} s"
    said = finished.stderr.decode("utf-8", "replace")
    if fault_in(said) is GitFault.DISK_FULL:
        return f"the disk is full, or the work weighs more than is taken over ({short(said)})"
    return short(said) or f"exit code {finished.code}"
