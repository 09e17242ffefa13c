"""Bringing an attempt's kept work back to people: found in a mirror of this machine or on the remote, made a branch of
their own clone or a patch.

Git runs here as the person who asks, in that person's clone and with that person's credentials.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

from ploeg.domain.errors import Conflict, Unavailable
from ploeg.workspace.git import Git, check_branch, check_sha, check_url
from ploeg.workspace.mirror import directory_name
from ploeg.workspace.process import run
from ploeg.workspace.repository import KEPT
from ploeg.workspace.shelf import Shelf

_LIMIT = 1800.0
#: Ends of the names that the mirror gives to what it keeps of an attempt besides.
_BESIDE = ("branches/", "before", "committed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """What the server knows of the work that an attempt left."""

    attempt: int
    repo_url: str
    base: str | None = None
    head: str | None = None
    snapshot: str | None = None
    #: A branch of the remote that leads to both.
    branch: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where it is."""

    #: The mirror's folder, or the remote's URL.
    repository: str
    #: The ref there that leads to it.
    ref: str
    attempt: int
    head: str
    #: A commit on top of `head` with the files that were not committed.
    snapshot: str | None
    base: str | None
    in_mirror: bool
    #: What else the mirror keeps of the attempt: the agent's other branches, its stash, and what was kept before a
    #: worker that had been killed looked again. A name for each -> its ref.
    beside: Mapping[str, str] = field(default_factory=dict)

    @property
    def tip(self) -> str:
        return self.snapshot or self.head


async def locate(mirrors: Path, git: Git, job_code: str, attempts: Sequence[Left]) -> Source | None:
    """The first of these attempts whose work can be reached, and where: a mirror beneath `mirrors` goes first.

    Raises `Invalid` for what git could take for an option or for more than one name: workers told it.
    """
    for left in attempts:
        _check(left)
        found = await _in_mirror(mirrors, git, job_code, left) or _on_the_remote(left)
        if found is not None:
            return found
    return None


def _check(left: Left) -> None:
    check_url(left.repo_url)
    for sha in (left.base, left.head, left.snapshot):
        if sha is not None:
            check_sha(sha)
    if left.branch is not None:
        check_branch(left.branch)


async def _in_mirror(mirrors: Path, git: Git, job_code: str, left: Left) -> Source | None:
    path = mirrors / f"{directory_name(left.repo_url)}.git"
    if not path.exists():
        return None
    shelf = Shelf(path, git)
    kept = {each.ref: each.sha for each in await shelf.kept(job_code)}
    ref = f"{KEPT}/{job_code}/{left.attempt}"
    if ref not in kept:
        return None
    beside = {
        name.removeprefix(f"{ref}-"): name for name in kept if name.startswith(tuple(f"{ref}-{w}" for w in _BESIDE))
    }
    snapshot = kept.get(f"{ref}-snapshot")
    base = left.base if left.base is not None and await shelf.has(left.base) else None
    return Source(
        repository=str(path),
        ref=f"{ref}-snapshot" if snapshot else ref,
        beside=beside,
        attempt=left.attempt,
        head=kept[ref],
        snapshot=snapshot,
        base=base or await shelf.merge_base(kept[ref], await _default_tip(shelf)),
        in_mirror=True,
    )


async def _default_tip(shelf: Shelf) -> str:
    tip = await shelf.branch_tip(await shelf.default_branch())
    if tip is None:
        raise Conflict("the mirror has no default branch any more; start the worker, which fetches it")
    return tip


def _on_the_remote(left: Left) -> Source | None:
    if left.branch is None or left.head is None:
        return None
    return Source(
        repository=left.repo_url,
        ref=f"refs/heads/{left.branch}",
        attempt=left.attempt,
        head=left.head,
        snapshot=left.snapshot,
        base=left.base,
        in_mirror=False,
    )


class Salvage:
    """`environment` is the caller's own: git may need it to reach the remote."""

    def __init__(self, git: Git, environment: Mapping[str, str]) -> None:
        self._program = git.program
        self._environment = {**environment, "LC_ALL": "C"}

    async def branch(self, source: Source, clone: Path, name: str) -> list[str]:
        """Makes a branch of that clone, and one more for each thing that was kept beside; their names.

        `Conflict` where there is one of that name with something else on it.
        """
        await self._git(clone, "rev-parse", "--git-dir", remedy="name a clone with --into, or take a --patch")
        fetch = ("fetch", "--quiet", "--no-tags", "--no-write-fetch-head", source.repository)
        await self._git(clone, *fetch, source.ref, *source.beside.values())
        wanted = {name: source.tip}
        for suffix, ref in source.beside.items():
            wanted[f"{name}-{unquote(suffix)}"] = await self._git(Path(source.repository), "rev-parse", ref)
        for branch, tip in wanted.items():
            await self._make(clone, check_branch(branch), tip)
        return list(wanted)

    async def _make(self, clone: Path, branch: str, tip: str) -> None:
        there = await self._git(clone, "for-each-ref", "--format=%(objectname)", f"refs/heads/{branch}")
        if there not in {"", tip}:
            raise Conflict(f"{clone} has a branch {branch} already; give another name with --branch")
        await self._git(clone, "branch", "--no-track", "--force", branch, tip)

    async def patch(self, source: Source, file: Path) -> None:
        """Writes all of it, what was not committed included, as one patch against where it began."""
        if source.in_mirror:
            await self._diff(Path(source.repository), source, file)
            return
        with tempfile.TemporaryDirectory(prefix="ploeg-salvage-") as folder:
            place = Path(folder)
            await self._git(place, "init", "--quiet", "--bare")
            await self._git(place, "fetch", "--quiet", "--no-tags", source.repository, source.ref)
            await self._diff(place, source, file)

    async def files(self, source: Source, place: Path) -> list[str]:
        """The files that it changes, once `place` holds it."""
        if source.base is None:
            return []
        spans = ("diff", "--name-only", "--no-renames", source.base, source.tip, "--")
        return (await self._git(place, "-c", "core.quotePath=off", *spans)).splitlines()

    async def _diff(self, place: Path, source: Source, file: Path) -> None:
        if source.base is None:
            raise Conflict("where the work began is not known; take it as a branch instead")
        plain = ("--binary", "--full-index", "--no-ext-diff", "--no-textconv", "--no-color")
        await self._git(place, "diff", *plain, f"--output={file}", source.base, source.tip, "--")

    async def _git(self, place: Path, *arguments: str, remedy: str = "") -> str:
        finished = await run(
            [self._program, "-C", str(place), *arguments], cwd=Path("/"), env=self._environment, timeout=_LIMIT
        )
        if finished.code != 0:
            said = finished.stderr.decode("utf-8", "replace").strip() or f"git ended with {finished.code}"
            raise Unavailable(f"{said}; {remedy}" if remedy else said)
        return finished.stdout.decode("utf-8", "replace").strip()
