"""Putting verified commits on top of what others pushed meanwhile, by Ploeg's own git, where no agent has worked."""

from __future__ import annotations

from ploeg.domain.errors import PloegError
from ploeg.workspace.checkout import Workspace
from ploeg.workspace.git import check_sha
from ploeg.workspace.mirror import Mirror
from ploeg.workspace.repository import text

_LIMIT = 600.0
_CONFLICT = 1


class Conflicting(PloegError):
    """Both sides changed the same lines; a person or an agent has to decide."""

    def __init__(self, files: list[str]) -> None:
        self.files = files
        super().__init__(f"both sides changed {', '.join(files) or 'the same files'}")


async def bring_onto(mirror: Mirror, workspace: Workspace, *, base: str, tip: str, merging: bool) -> str:
    """The commit, in the mirror, that has the work since `base` on top of `tip`. The workspace stands at that work.

    `merging`: a merge commit, which leaves the commits as they are; else they are made anew on `tip`. Raises
    `Conflicting`, `GitError`.
    """
    objects = {"GIT_OBJECT_DIRECTORY": str(mirror.objects)}
    doing, tree, git = "going on from what others pushed", workspace.tree, mirror.git
    arguments: tuple[str, ...]
    if merging:
        order = ("merge", "--quiet", "--no-ff", "--no-edit", "-m", f"Merge what others pushed to {workspace.job_code}")
        arguments = (*order, check_sha(tip))
    else:
        arguments = ("rebase", "--quiet", "--empty=drop", "--onto", check_sha(tip), check_sha(base))
    done = await git.run(
        *arguments, doing=doing, directory=tree, within=_LIMIT, environment=objects, accept=(0, _CONFLICT)
    )
    if done.code == _CONFLICT:
        unmerged = await git.run("diff", "--name-only", "--diff-filter=U", "-z", doing=doing, directory=tree)
        raise Conflicting([text(name) for name in unmerged.stdout.split(b"\0") if name])
    return check_sha(await git.text("rev-parse", "HEAD", doing=doing, directory=tree))
