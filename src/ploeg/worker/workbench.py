"""What all attempts of one worker share: its settings, its line to the server, its tools for git and isolation."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ploeg.domain.hours import ActiveHours
from ploeg.runtimes.base import Runtime
from ploeg.settings import Settings
from ploeg.worker.client import WorkClient
from ploeg.worker.homes import Homes
from ploeg.worker.state import WorkerState
from ploeg.workspace.checkout import Checkouts
from ploeg.workspace.keep import Keeper
from ploeg.workspace.limits import UNLIMITED, TreeLimits
from ploeg.workspace.mirror import Mirrors
from ploeg.workspace.sandbox import Backend


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """A runtime whose program was found on this machine."""

    runtime: Runtime
    program: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Workbench:
    settings: Settings
    client: WorkClient
    state: WorkerState
    homes: Homes
    backend: Backend
    mirrors: Mirrors
    checkouts: Checkouts
    keeper: Keeper
    #: By name.
    runtimes: Mapping[str, Offered]
    #: When it takes jobs; None is always.
    hours: ActiveHours | None = None
    #: Of each job's agent, and of each command.
    limits: TreeLimits = UNLIMITED
    #: Environment variables of the worker that its settings let agents see.
    passed: Mapping[str, str] = field(default_factory=dict)
    #: Never shown anywhere, as the worker's own tokens: git's credentials.
    secrets: tuple[str, ...] = ()
    #: Set when the worker is about to end: what can wait for its next start waits.
    leaving: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def tool_paths(self) -> tuple[Path, ...]:
        return tuple(Path(path).expanduser().absolute() for path in self.settings.tool_paths)
