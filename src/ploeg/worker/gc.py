"""Making room by hand, on a home whose worker does not run, or looking what would go."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime

from ploeg.domain.disk import DiskUse
from ploeg.domain.errors import Conflict, Invalid
from ploeg.settings import Settings
from ploeg.worker.room import Spare
from ploeg.worker.runlog import utc_now
from ploeg.worker.service import PROXIES, git_credentials
from ploeg.worker.state import WorkerState
from ploeg.worker.upkeep import Upkeep
from ploeg.workspace.checkout import Checkouts
from ploeg.workspace.git import Git
from ploeg.workspace.mirror import Mirrors

#: More than any disk has: all that may go.
_EVERYTHING = 2**63


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    disk: DiskUse
    #: Bytes that must go for there to be room; none where that is not above zero.
    needed: int
    #: What went, or what may go, in the order in which it goes.
    spares: Sequence[Spare]


async def look(settings: Settings, environment: Mapping[str, str]) -> Collected:
    """What may go; changes nothing, and may run beside the worker. Raises `Invalid` where none has ever run."""
    state = _state(settings)
    upkeep, _ = upkeep_of(settings, environment, state)
    disk = await upkeep.weigh()
    return Collected(disk=disk, needed=upkeep.needed(disk), spares=await upkeep.room.spares())


async def collect(settings: Settings, environment: Mapping[str, str], *, everything: bool) -> Collected:
    """Lets go of what is needed, or of all that may go. Raises `Conflict` while the worker runs."""
    state = _state(settings)
    with ExitStack() as held:
        try:
            held.enter_context(state.locked())
        except Conflict:
            raise _busy(settings) from None
        upkeep, checkouts = upkeep_of(settings, environment, state)
        needed = upkeep.needed(await upkeep.weigh())
        gone = await upkeep.room.make(_EVERYTHING if everything else needed)
        await checkouts.close()
        return Collected(disk=await upkeep.weigh(), needed=needed, spares=gone)


def _state(settings: Settings) -> WorkerState:
    if not settings.home_path.is_dir():
        raise Invalid("home", settings.home, "no worker has run from there yet")
    return WorkerState(settings.home_path)


def _busy(settings: Settings) -> Conflict:
    every = f"{settings.disk_check_minutes:g} min"
    remedy = "look with --dry-run, or stop the worker for this"
    return Conflict(f"the worker of {settings.home} runs, and makes room by itself every {every}; {remedy}")


def upkeep_of(
    settings: Settings,
    environment: Mapping[str, str],
    state: WorkerState,
    now: Callable[[], datetime] = utc_now,
) -> tuple[Upkeep, Checkouts]:
    """The upkeep of a home without a worker, and the workspaces that it throws away into."""
    home = settings.home_path
    git = Git(environment={name: environment[name] for name in PROXIES if name in environment})
    checkouts = Checkouts(home, git, author_name=settings.commit_name, author_email=settings.commit_email)
    mirrors = Mirrors(home / "mirrors", git, git_credentials(settings))
    return Upkeep(settings, mirrors, checkouts, state, now), checkouts
