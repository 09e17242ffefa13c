"""Work that is not done, on the remote as well: on a branch of its own that only ever grows.

Its tip is a commit of Ploeg's own that leads to everything an attempt left: its commits, the files that it had not
committed, its other branches and its stash, and whatever was on the branch before. So nothing is ever forced, a push
that comes late does no harm, and any worker that fetches can go on from there.
"""

from __future__ import annotations

from ploeg.workspace.git import check_branch
from ploeg.workspace.kept import Kept
from ploeg.workspace.mirror import Mirror, PushOutcome, PushResult
from ploeg.workspace.repository import KEPT

#: Further branches of an agent that are taken along.
_MOST_BRANCHES = 32
#: Forges run no checks on a commit that says so: nobody has verified this one.
_MESSAGE = """\
Unfinished work of {job}, attempt {attempt} [skip ci]

The first parent is the agent's work, with the files that it had not committed.
The others are its further branches, and what earlier attempts had left here.
`ploeg job salvage {job}` makes a branch or a patch of it.
"""


class Unfinished:
    """Of one job, in one repository."""

    def __init__(self, mirror: Mirror, job_code: str, prefix: str) -> None:
        self._mirror = mirror
        self._job_code = job_code
        self.branch = check_branch(f"{prefix}wip/{job_code}")

    async def add(self, kept: Kept, *, within: float) -> PushResult:
        """Puts it there, unless it is there. Raises `GitError` when the mirror itself cannot do it."""
        result = await self._add(kept, within)
        if result.outcome is PushOutcome.CONFLICT:
            # Another worker has put something there since the last fetch.
            await self._mirror.fetch()
            result = await self._add(kept, within)
        return result

    async def withdraw(self, *, within: float) -> PushResult | None:
        """Takes the branch away once the mirror keeps its tip; None when there is none."""
        tip = await self._mirror.branch_tip(self.branch)
        if tip is None:
            return None
        await self._mirror.also_keep(f"{KEPT}/{self._job_code}/wip", tip)
        return await self._mirror.delete_branch(self.branch, tip, within=within)

    async def _add(self, kept: Kept, within: float) -> PushResult:
        mirror = self._mirror
        beside = (f"{kept.ref}-branches/", f"{kept.ref}-before")
        others = [each.sha for each in await mirror.kept(self._job_code) if each.ref.startswith(beside)]
        parents = list(dict.fromkeys([kept.snapshot or kept.head, *others[:_MOST_BRANCHES]]))
        former = await mirror.branch_tip(self.branch)
        if former is not None:
            if all([await mirror.leads_back(former, parent) for parent in parents]):
                return PushResult(outcome=PushOutcome.UP_TO_DATE)
            parents.append(former)
        message = _MESSAGE.format(job=self._job_code, attempt=kept.ref.rpartition("/")[2])
        sha = await mirror.write_commit(await mirror.tree(parents[0]), parents, message)
        return await mirror.push(sha, self.branch, within=within)
