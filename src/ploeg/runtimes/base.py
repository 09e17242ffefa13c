"""What a runtime is: a pure translator between Ploeg and one agent CLI.

    brief -> Command        what to start, and the files it needs
    line  -> AgentEvents    what the agent says
    exit  -> Ending         how it ended, read from structured fields and never by searching text

It starts nothing, reads no file and knows no clock. Built-ins and plug-ins (entry points `ploeg.runtimes`) obey the
same contract and pass the same conformance suite.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import PurePosixPath
from typing import ClassVar, Protocol

from ploeg.domain.attempt import Outcome, Usage
from ploeg.domain.config import JobConfig
from ploeg.domain.event import AgentEvent, RateLimited


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolEndpoint:
    """The attempt's own MCP endpoint on loopback."""

    url: str
    token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """What a runtime needs to know to start an agent. Paths are as the agent sees them (in its sandbox)."""

    #: The runtime's program, as `Runtime.available` gave it.
    program: str
    prompt: str
    system_prompt: str
    config: JobConfig
    #: The checkout; the agent's working directory.
    workspace: PurePosixPath
    #: The job's own HOME.
    home: PurePosixPath
    endpoint: ToolEndpoint
    #: The frozen plan's text, for a runtime that works from it alone.
    plan: str = ""
    task_id: str | None = None
    story_id: str | None = None
    job_id: str | None = None
    #: What a commit's title begins with, and what it says where the plan names nothing better.
    story_code: str | None = None
    task_title: str = ""
    #: Further directories that it may read, with the repositories of other products.
    beside: tuple[PurePosixPath, ...] = ()
    #: A new conversation's id (UUID), for a runtime that lets the caller choose.
    new_session_id: str
    #: An earlier conversation to go on with.
    resume_session_id: str | None = None
    #: What the worker's settings allow through to this runtime, e.g. its model's credential and base URL.
    credentials: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A process to start in the sandbox: its whole environment, and files to write beneath HOME first."""

    argv: tuple[str, ...]
    environment: dict[str, str]
    #: Given on standard input, which is then closed: a prompt may be longer than an argument can be.
    stdin: bytes = b""
    #: Path relative to HOME -> content; written with mode 0600.
    files: dict[PurePosixPath, bytes] = field(default_factory=dict)
    #: Directories outside HOME and workspace that the program needs to read, e.g. where it is installed.
    readable: tuple[PurePosixPath, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Exit:
    """How the agent's process ended."""

    #: Negative: the signal that ended it.
    code: int
    #: The worker ended it after the final event, since it stayed alive.
    killed_after_finish: bool = False
    stderr_tail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """What the runtime says of the end. `outcome` None: a normal end; the attempt's report decides."""

    outcome: Outcome | None
    reason: str | None = None
    reset_at: datetime | None = None


class Reader(Protocol):
    """Translates one run's output; holds what it has seen."""

    @property
    def session_id(self) -> str | None: ...
    @property
    def model(self) -> str | None: ...
    @property
    def usage(self) -> Usage: ...
    @property
    def finished(self) -> bool:
        """The runtime's last event has been read; the process should exit by itself now."""

    @property
    def rate_limits(self) -> Sequence[RateLimited]:
        """The latest state of every quota window seen."""

    def feed(self, line: bytes) -> list[AgentEvent]:
        """The events in one line of standard output, without its newline. Never raises on bad input."""

    def ending(self, exit: Exit) -> Ending:
        """How it ended; asked once, after the last line."""


class Runtime(Protocol):
    """One agent CLI."""

    name: ClassVar[str]
    #: Names of environment variables that may carry its model's credential or base URL.
    credential_names: ClassVar[tuple[str, ...]]

    def available(self, path: str | None = None) -> str | None:
        """The program's absolute path on this machine, or None; looks only at the given search path."""

    def command(self, brief: Brief) -> Command: ...

    def reader(self, *, resumed: bool = False) -> Reader:
        """For one run. `resumed`: it goes on in an earlier conversation, whose totals are not this run's."""
