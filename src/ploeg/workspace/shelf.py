"""The work of attempts that a mirror keeps: taken over, listed, forgotten."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from ploeg.workspace.bundle import read_head
from ploeg.workspace.git import check_sha
from ploeg.workspace.kept import Kept
from ploeg.workspace.repository import KEPT, Repository, text

#: Seconds for taking a bundle apart.
_TAKING = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptRef:
    ref: str
    sha: str
    #: When it was last taken over.
    at: datetime


class Shelf(Repository):
    """A repository with kept work in it."""

    async def kept_at(self, ref: str) -> list[str]:
        """The commits that are kept for an attempt so far."""
        listed = await self._run(
            "for-each-ref", "--format=%(objectname)", ref, f"{ref}-snapshot", doing="listing kept work"
        )
        return text(listed).split()

    async def keep(self, ref: str, head: str, snapshot: str | None, bundle: Path | None = None) -> None:
        """Keeps an attempt's work at `ref`, from a bundle if it brings anything. Raises `GitError`.

        No ref moves before every object of the bundle is sound and everything that it leans on is here.
        """
        refs = {ref: head} | ({f"{ref}-snapshot": snapshot} if snapshot else {})
        if bundle is not None:
            refs |= await self._take_objects(bundle, ref)
        orders = [f"update {name}\0{sha}\0\0" for name, sha in refs.items()]
        if snapshot is None and await self._resolve(f"{ref}-snapshot"):
            orders.append(f"delete {ref}-snapshot\0\0")
        await self._git.run(
            *("-c", "core.logAllRefUpdates=always", "update-ref", "--create-reflog", "--stdin", "-z"),
            doing="keeping the agent's work",
            directory=self.path,
            input="".join(orders).encode("utf-8", "surrogateescape"),
        )

    async def commit_snapshot(self, kept: Kept, message: str) -> str:
        """The files that the agent had not committed as a commit of Ploeg's own on top of its commits; kept like them.

        The same files with the same message make the same commit, whenever that is.
        """
        assert kept.snapshot is not None
        sha = await self.write_commit(await self.tree(kept.snapshot), [kept.head], message)
        await self.also_keep(f"{kept.ref}-committed", sha)
        return sha

    async def write_commit(self, tree: str, parents: Sequence[str], message: str) -> str:
        """A commit of Ploeg's own. Of the same tree, parents and message it is the same one, whenever that is."""
        at = await self._text("show", "-s", "--format=%ct +0000", check_sha(parents[0]), doing="reading a commit")
        who = {"NAME": "Ploeg", "EMAIL": "ploeg@localhost", "DATE": at}
        roles = ("AUTHOR", "COMMITTER")
        finished = await self._git.run(
            *("commit-tree", check_sha(tree), *(word for parent in parents for word in ("-p", check_sha(parent)))),
            doing="making a commit",
            directory=self.path,
            input=message.encode("utf-8", "replace"),
            environment={f"GIT_{role}_{name}": value for role in roles for name, value in who.items()},
        )
        return check_sha(finished.stdout.decode().strip())

    async def leads_back(self, tip: str, commit: str) -> bool:
        """The commit is the tip, or one of those before it."""
        return await self.merge_base(commit, tip) == commit

    async def also_keep(self, ref: str, sha: str) -> None:
        """Keeps a commit that the repository holds already."""
        await self._run("update-ref", "--create-reflog", ref, check_sha(sha), doing="keeping a commit")

    async def set_by(self, ref: str) -> None:
        """Keeps what an attempt's ref holds now a second time: what is kept there next may be worse.

        A machine that lost its power may have left files empty that it had taken over whole before. It may also have
        left locks, and nobody else takes this attempt's work over.
        """
        place = self.path / ref
        for lock in place.parent.glob(f"{place.name}*.lock"):
            lock.unlink(missing_ok=True)
        kept = await self.kept_at(ref)
        if kept:
            await self.also_keep(f"{ref}-before", kept[-1])

    async def _take_objects(self, bundle: Path, ref: str) -> dict[str, str]:
        """The further branches that a bundle brings, under the names that they get here."""
        doing = "taking over the agent's commits"
        brought = read_head(bundle)
        # Not `git fetch`: before 2.46 it does not check the objects of a bundle.
        with bundle.open("rb", buffering=0) as file:
            file.seek(brought.pack_at)
            await self._git.run(
                *("index-pack", "--stdin", "--fix-thin", "--strict"),
                doing=doing,
                directory=self.path,
                within=_TAKING,
                input=file.fileno(),
            )
        tips = "".join(f"{sha}\n" for sha in brought.refs.values())
        await self._git.run(
            *("rev-list", "--objects", "--quiet", "--stdin", "--not", "--all"),
            doing=doing,
            directory=self.path,
            within=_TAKING,
            input=tips.encode(),
        )
        branches = {name: sha for name, sha in brought.refs.items() if name.startswith("refs/heads/")}
        # Flat names: a later branch `a/b` must not meet an earlier `a`.
        return {f"{ref}-branches/{quote(name[11:], safe='', errors='replace')}": sha for name, sha in branches.items()}

    async def kept(self, job_code: str | None = None) -> list[KeptRef]:
        """The refs that keep attempts' work."""
        where = f"{KEPT}/{job_code}/" if job_code else f"{KEPT}/"
        listed = await self._run("for-each-ref", "--format=%(refname) %(objectname)", where, doing="listing kept work")
        refs = [line.rpartition(" ") for line in text(listed).splitlines()]
        return [KeptRef(ref=ref, sha=sha, at=self._updated_at(ref)) for ref, _, sha in refs]

    def _updated_at(self, ref: str) -> datetime:
        try:
            changed = (self.path / "logs" / ref).stat().st_mtime
        except OSError:
            changed = time.time()
        return datetime.fromtimestamp(changed, UTC)

    async def kept_nowhere_else(self) -> bool:
        """Some of the kept work is on no branch or tag of the remote's, as of the last fetch."""
        lonely = await self._run(
            *("rev-list", "--max-count=1", f"--glob={KEPT}/*", "--not", "--branches", "--tags"),
            doing="looking for work that is kept here alone",
        )
        return bool(lonely.strip())

    async def prune_kept(self, before: datetime) -> list[str]:
        """Forgets what was kept before that moment and is on a branch or tag of the remote's as well, as of the last
        fetch; returns the refs that are gone."""
        doing = "forgetting kept work"
        old = [kept for kept in await self.kept() if kept.at < before]
        if not old:
            return []
        listed = await self._git.run(
            *("rev-list", "--stdin", "--not", "--branches", "--tags"),
            doing=doing,
            directory=self.path,
            input="".join(f"{kept.sha}\n" for kept in old).encode(),
        )
        here_alone = set(text(listed.stdout).split())
        spare = [kept for kept in old if kept.sha not in here_alone]
        orders = "".join(f"delete {kept.ref} {kept.sha}\n" for kept in spare)
        await self._git.run("update-ref", "--stdin", doing=doing, directory=self.path, input=orders.encode())
        return [kept.ref for kept in spare]
