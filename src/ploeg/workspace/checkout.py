"""Workspaces: one clean checkout for each attempt, with the mirror's objects borrowed and not copied.

    <home>/pool/<mirror>/<name>/        ready ones, which no agent has touched
    <home>/workspaces/<job code>/       one in use: `tree/` is the agent's; `index` and `workspace.json` are ours
    <home>/aside/<job code>-<attempt>…  one whose work could not be kept whole
    <home>/trash/                       removed ones, on their way out

A workspace has no remote and no credential. The path is the same for each attempt of a job, so that an agent's
conversation can go on in it.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import secrets
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

from ploeg.domain.errors import Conflict, Invalid
from ploeg.workspace.furnishing import Person, furnish, settle
from ploeg.workspace.git import Git, check_branch, check_sha
from ploeg.workspace.kept import Kept, KeptElsewhere, NeverKept, NothingToKeep, Removable
from ploeg.workspace.mirror import Mirror
from ploeg.workspace.trash import Trash

_RECORD = "workspace.json"
_JOB_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """The checkout of one attempt."""

    job_code: str
    attempt: int
    repo_url: str
    #: None: it is there to read, and nothing that is changed in it is kept.
    branch: str | None
    #: The commit that the attempt's changes are compared with.
    base: str
    directory: Path
    mirror_objects: Path

    @property
    def tree(self) -> Path:
        """The checkout itself, the only part that the agent sees."""
        return self.directory / "tree"

    @property
    def index(self) -> Path:
        """Git's index as Ploeg made it, out of the agent's reach: by it changes are found fast and honestly."""
        return self.directory / "index"


class Checkouts:
    """Makes, finds and removes the workspaces of one machine."""

    def __init__(
        self,
        home: Path,
        git: Git,
        *,
        author_name: str,
        author_email: str,
        committer_name: str = "",
        committer_email: str = "",
        warm: int = 1,
    ) -> None:
        """A committer without a name or an address has the author's."""
        self._workspaces, self._pool, self._aside = home / "workspaces", home / "pool", home / "aside"
        for folder in (self._workspaces, self._pool, self._aside):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._trash = Trash(home / "trash")
        self._git = git
        self._author = Person(author_name, author_email)
        self._committer = Person(committer_name or author_name, committer_email or author_email)
        self._warm = warm

    async def take(
        self,
        mirror: Mirror,
        *,
        job_code: str,
        attempt: int,
        branch: str | None,
        commit: str,
        base: str | None = None,
        snapshot: str | None = None,
    ) -> Workspace:
        """A workspace at `commit`, on `branch` if there is one, with the files of `snapshot` as uncommitted changes.

        `base` is what the changes are compared with, by default `commit`. Raises `Conflict` while the job's former
        workspace is there, and `GitError`.
        """
        directory = self._directory(job_code)
        if branch is not None:
            check_branch(branch)
        for sha in filter(None, (commit, base, snapshot)):
            check_sha(sha)
        if self.existing(job_code) is not None:
            raise Conflict(f"{job_code} still has a workspace; keep its work and remove it first")
        if directory.exists():
            self._give_up(directory)
        workspace = Workspace(
            job_code=job_code,
            attempt=attempt,
            repo_url=mirror.url,
            branch=branch,
            base=base or commit,
            directory=directory,
            mirror_objects=mirror.objects,
        )
        try:
            if self._take_ready(mirror, directory):
                settle(workspace.tree / ".git" / "index")
            else:
                await self._make(mirror, directory, commit)
            await self._move(mirror, workspace, commit, snapshot)
        except BaseException:
            if directory.exists():
                self._trash.throw(directory)
            raise
        return workspace

    async def warm_up(self, mirror: Mirror) -> int:
        """Makes ready ones until the pool has enough for that repository; how many. For when the worker is idle."""
        pool = self._pool / mirror.name
        pool.mkdir(exist_ok=True)
        made = 0
        while len(_ready(pool)) < self._warm:
            tip = (await mirror.base(await mirror.default_branch())).sha
            fresh = pool / f".making-{os.getpid()}-{secrets.token_hex(4)}"
            try:
                await self._make(mirror, fresh, tip)
                fresh.rename(pool / secrets.token_hex(6))
            finally:
                if fresh.exists():
                    self._trash.throw(fresh)
            made += 1
        return made

    def existing(self, job_code: str) -> Workspace | None:
        """The job's workspace, if it has one."""
        directory = self._directory(job_code)
        try:
            record = json.loads((directory / _RECORD).read_text("utf-8"))
            paths = {"directory": directory, "mirror_objects": Path(record["mirror_objects"])}
            return Workspace(**{**record, **paths})
        except (OSError, ValueError, TypeError, KeyError):
            return None

    def leftovers(self) -> list[Workspace]:
        """Every workspace on this machine, e.g. after a restart; those of other live workers are among them."""
        found = (self.existing(path.name) for path in sorted(self._workspaces.iterdir()))
        return [workspace for workspace in found if workspace is not None]

    async def remove(self, workspace: Workspace, kept: Removable) -> None:
        """Out of the way at once, and deleted in the background. Raises `Conflict` unless its work is safe."""
        match kept:
            case Kept(whole=whole, ref=ref) if not whole or not ref.endswith(
                f"/{workspace.job_code}/{workspace.attempt}"
            ):
                raise Conflict(f"the work in {workspace.job_code}'s workspace is not kept whole; set it aside instead")
            case NothingToKeep(head=head) if head != workspace.base:
                raise Conflict(f"the work in {workspace.job_code}'s workspace is not kept")
            case NeverKept() if workspace.branch is not None:
                raise Conflict(f"{workspace.job_code}'s workspace holds work; keep it first")
            case Kept() | NothingToKeep() | KeptElsewhere() | NeverKept():
                if workspace.directory.exists():
                    self._trash.throw(workspace.directory)

    def set_aside(self, workspace: Workspace) -> KeptElsewhere:
        """Keeps the whole workspace where a person can look at it, and frees its place for the next attempt."""
        place = self._aside / f"{workspace.job_code}-{workspace.attempt}-{secrets.token_hex(3)}"
        workspace.directory.rename(place)
        return KeptElsewhere(where=str(place))

    async def sweep(self) -> None:
        """At the start of a worker: deletes what was removed, and what was never finished."""
        half_made = [path for path in self._pool.glob("*/.making-*") if not _alive(path.name.split("-")[1])]
        unreadable = [path for path in self._workspaces.iterdir() if self.existing(path.name) is None]
        for path in (*half_made, *unreadable):
            self._give_up(path)
        self._trash.empty()

    async def close(self) -> None:
        """Waits for the deletions that are under way."""
        await self._trash.close()

    def ready(self) -> list[Path]:
        """Fresh workspaces that wait for a job."""
        return [entry for pool in self._pool.iterdir() for entry in _ready(pool)]

    def discard(self, path: Path) -> bool:
        """Throws away something that is not a workspace in use; False if it is gone already."""
        try:
            self._trash.throw(path)
        except FileNotFoundError:
            return False
        return True

    def lean_on(self, mirror: Path) -> bool:
        """A workspace in use or set aside borrows the mirror's objects, or nobody can tell."""
        places = [*self._workspaces.iterdir(), *self._aside.iterdir()]
        return any(objects in {None, str(mirror / "objects")} for objects in map(_borrowed, places))

    def _give_up(self, directory: Path) -> None:
        """Throws away what was never finished. Where there is a record that nobody can read, there may be work."""
        if (directory / _RECORD).exists():
            directory.rename(self._aside / f"{directory.name}-{secrets.token_hex(3)}")
        else:
            self._trash.throw(directory)

    def _directory(self, job_code: str) -> Path:
        if not _JOB_CODE.fullmatch(job_code):
            raise Invalid("job_code", job_code, "use a code like J-12")
        return self._workspaces / job_code

    def _take_ready(self, mirror: Mirror, directory: Path) -> bool:
        """Renaming is atomic: of several workers one gets it."""
        for entry in _ready(self._pool / mirror.name):
            try:
                entry.rename(directory)
            except OSError:
                continue
            return True
        return False

    async def _make(self, mirror: Mirror, directory: Path, commit: str) -> None:
        tree = directory / "tree"
        hashing = "sha256" if len(commit) == 64 else "sha1"
        await self._git.run(
            "init", "--quiet", "--template=", f"--object-format={hashing}", str(tree), doing="making a workspace"
        )
        furnish(tree / ".git", mirror.objects, self._author, self._committer)
        await self._git.run("update-ref", "--no-deref", "HEAD", commit, doing="checking out", directory=tree)
        await self._check_out(tree)

    async def _move(self, mirror: Mirror, workspace: Workspace, commit: str, snapshot: str | None) -> None:
        """From wherever the fresh tree is to the commit and the branch; no agent has been near it yet."""
        tree = workspace.tree
        (tree / ".git" / "packed-refs").write_bytes(await mirror.refs_for_a_workspace())
        moved = (tree / ".git" / "HEAD").read_text().strip() != commit
        for command in _pointing(workspace.branch, commit):
            await self._git.run(*command, doing="making the branch", directory=tree)
        if moved:
            await self._check_out(tree)
        if snapshot is not None:
            doing = "putting uncommitted files back"
            await self._git.run("read-tree", "--reset", "-u", snapshot, doing=doing, directory=tree, within=600)
            await self._git.run("reset", "--quiet", "--mixed", doing=doing, directory=tree, within=600)
        await asyncio.to_thread(shutil.copy2, tree / ".git" / "index", workspace.index)
        record = asdict(workspace) | {"directory": "", "mirror_objects": str(mirror.objects)}
        (workspace.directory / _RECORD).write_text(json.dumps(record), "utf-8")

    async def _check_out(self, tree: Path) -> None:
        """Makes the files those of HEAD. Not `git checkout`, which ends well when a file could not be written."""
        await self._git.run("reset", "--quiet", "--hard", doing="checking out", directory=tree, within=600)


def _borrowed(directory: Path) -> str | None:
    """Whose objects a workspace borrows; None where nobody can tell."""
    try:
        return str(json.loads((directory / _RECORD).read_text("utf-8"))["mirror_objects"])
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _pointing(branch: str | None, commit: str) -> list[tuple[str, ...]]:
    """What makes HEAD that commit, on the branch if there is to be one."""
    if branch is None:
        return [("update-ref", "--no-deref", "HEAD", commit)]
    name = f"refs/heads/{branch}"
    return [("update-ref", name, commit), ("symbolic-ref", "HEAD", name)]


def _ready(pool: Path) -> list[Path]:
    return [path for path in pool.glob("*") if not path.name.startswith(".")]


def _alive(pid: str) -> bool:
    try:
        os.kill(int(pid), 0)
    except (ProcessLookupError, ValueError):
        return False
    except PermissionError:
        return True
    return True
