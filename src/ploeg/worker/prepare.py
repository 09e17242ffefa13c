"""The first phase: a clean workspace on the right commit, with the product's set-up commands run in it."""

from __future__ import annotations

import asyncio

from ploeg.domain.attempt import Outcome
from ploeg.domain.kinds import WorkspaceMode, kind_named
from ploeg.worker.failure import PhaseFailed
from ploeg.worker.live import LiveAttempt
from ploeg.worker.names import beside
from ploeg.worker.put_away import put_away
from ploeg.worker.shell import run_command, told
from ploeg.worker.trailers import trailers_of
from ploeg.workspace.checkout import Workspace
from ploeg.workspace.git import GitError
from ploeg.workspace.keep import KeepFailed, NeverKept
from ploeg.workspace.mirror import Base, Mirror
from ploeg.workspace.trailers import add_by_hook

#: Bytes of a pull request's diff that its reviewer is shown; the rest is there to be read.
DIFF_MAX = 96 * 1024


async def prepare(live: LiveAttempt) -> bool:
    """Fills in `live.mirror` and `live.workspace`; True when the work of an earlier attempt is in the workspace."""
    limit = live.bench.settings.prepare_minutes * 60
    try:
        async with asyncio.timeout(limit):
            mirror = await open_mirror(live)
            await mirror.fetch()
            await _clear_the_place(live)
            if kind_named(live.assignment.kind).workspace is WorkspaceMode.READ_ONLY:
                await _check_out_to_read(live, mirror)
                return False
            resumed = await _check_out(live, mirror)
            await _set_up(live, limit)
            return resumed
    except TimeoutError:
        reason = f"preparing the workspace took longer than {limit / 60:g} min"
        raise PhaseFailed(Outcome.WORKSPACE_FAILED, reason) from None


async def open_mirror(live: LiveAttempt) -> Mirror:
    live.mirror = mirror = await live.bench.mirrors.open(live.assignment.repo_url)
    return mirror


async def _clear_the_place(live: LiveAttempt) -> None:
    """An earlier attempt's workspace is still there when its work could not be kept; keep it now, or move it aside."""
    checkouts, job_code = live.bench.checkouts, live.assignment.job_code
    earlier = checkouts.existing(job_code)
    if earlier is None:
        return
    try:
        await put_away(live.bench, earlier)
    except (KeepFailed, GitError) as error:
        place = checkouts.set_aside(earlier)
        live.note("set_aside", attempt=earlier.attempt, place=place.where, reason=str(error))


async def _check_out_to_read(live: LiveAttempt, mirror: Mirror) -> None:
    """A commit on no branch: nothing of it is kept, and nothing is set up to run."""
    commit = await _commit_to_read(live, mirror)
    live.workspace = workspace = await _to_read(live, mirror, live.assignment.job_code, commit)
    live.progress.base_sha = workspace.base
    live.save()
    further = live.assignment.idea.beside if live.assignment.idea is not None else []
    for number, repository in enumerate(further, 1):
        other = await live.bench.mirrors.open(repository.repo_url)
        await other.fetch()
        live.beside[repository.product] = await _to_read(live, other, beside(live.assignment.job_code, number))
    live.note("prepared", base=workspace.base, commit=workspace.base, branch=None, beside=len(further), resumed=False)


async def _commit_to_read(live: LiveAttempt, mirror: Mirror) -> str | None:
    """The last commit of the pull request that is reviewed, with what it changes; None: the default branch's tip."""
    pull = live.assignment.pull
    if pull is None:
        return None
    base = await mirror.branch_tip(pull.base)
    if base is None or not await mirror.has(pull.head_sha):
        reason = f"{pull.head_sha[:12]} or {pull.base} is not in the repository: it comes from a fork, or was replaced"
        raise PhaseFailed(Outcome.WORKSPACE_IMPOSSIBLE, reason)
    began = await mirror.merge_base(base, pull.head_sha) or base
    live.diff = await mirror.diff(began, pull.head_sha, text_limit=DIFF_MAX)
    return pull.head_sha


async def _to_read(live: LiveAttempt, mirror: Mirror, name: str, commit: str | None = None) -> Workspace:
    checkouts = live.bench.checkouts
    left = checkouts.existing(name)
    if left is not None:
        await checkouts.remove(left, NeverKept())
    commit = commit or (await mirror.base(await mirror.default_branch())).sha
    return await checkouts.take(
        mirror, job_code=name, attempt=live.assignment.attempt_number, branch=None, commit=commit
    )


async def _check_out(live: LiveAttempt, mirror: Mirror) -> bool:
    assignment, resume = live.assignment, live.assignment.resume
    tip = await mirror.base(assignment.branch)
    commit, snapshot = tip.sha, None
    if resume is not None and resume.commit is not None and await mirror.has(resume.commit):
        commit = resume.commit
        snapshot = resume.snapshot if resume.snapshot and await mirror.has(resume.snapshot) else None
    base = await _base(live, mirror, tip, commit)
    live.workspace = await live.bench.checkouts.take(
        mirror,
        job_code=assignment.job_code,
        attempt=assignment.attempt_number,
        branch=assignment.branch,
        commit=commit,
        base=base,
        snapshot=snapshot,
    )
    add_by_hook(live.workspace.tree, trailers_of(live.bench.settings.commit_trailers, assignment))
    live.progress.base_sha = base
    if tip.exists and not await mirror.leads_back(commit, tip.sha):
        live.moved_on_to = tip.sha
    live.save()
    resumed = commit != base or snapshot is not None
    live.note("prepared", base=base, commit=commit, branch=assignment.branch, resumed=resumed)
    return resumed


async def _base(live: LiveAttempt, mirror: Mirror, tip: Base, commit: str) -> str:
    """What the job's changes are compared with: where its first attempt began, if that still leads to `commit`."""
    first = live.assignment.base_sha
    own_branch = tip.exists or commit != tip.sha
    if first is not None and own_branch and await mirror.has(first) and await mirror.merge_base(first, commit) == first:
        return first
    return await mirror.merge_base(tip.sha, commit) or tip.sha


async def _set_up(live: LiveAttempt, limit: float) -> None:
    commands = live.assignment.config.setup_commands
    if not commands or live.workspace is None:
        return
    sandbox = live.sandbox(live.workspace, live.bench.homes.of(live.assignment.job_code))
    for command in commands:
        result = await run_command(live, sandbox, command, limit)
        if not result.passed:
            raise PhaseFailed(Outcome.WORKSPACE_FAILED, f"set-up command {told(result)}")
