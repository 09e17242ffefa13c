"""What there is in the second description: plain records, with statuses as words."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass
class Pbi:
    status: str = "READY"
    blocked: bool = False


@dataclass
class Story:
    pbi: str
    sprint: str | None = None
    status: str = "OPEN"


@dataclass
class Task:
    story: str
    status: str = "TO_DO"
    needs: set[str] = field(default_factory=set)


@dataclass
class Sprint:
    status: str = "OPEN"


@dataclass
class Run:
    sprint: str
    strategy: str
    status: str = "QUEUED"
    #: Reason, and for a quota wall the moment it opens.
    pause: tuple[str, datetime | None] | None = None
    #: The task whose job it stands still for.
    held_by: str | None = None


@dataclass
class Job:
    number: int
    task: str
    lane: str
    sequence: int
    rank: int = 0
    run: str | None = None
    status: str = "queued"
    not_before: datetime | None = None
    counted: int = 0
    reminded: bool = False
    called_off: bool = False
    #: Failed, but for the branch alone: its run waits for people.
    conflict: bool = False
    quota: bool = False
    asked: bool = False
    retried: bool = False
    lease_until: datetime | None = None
