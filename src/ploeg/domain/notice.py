"""Notices: what people are told when something needs them, where it goes, and when."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum
from fnmatch import fnmatchcase
from typing import Any, Self

from ploeg.domain.delivery import Trouble
from ploeg.domain.hours import ActiveHours
from ploeg.domain.ids import NoticeId, ReceiverId, UserId

#: How long one try may take; whoever took a receiver owns it for twice as long.
TRY_SECONDS = 30.0
TAKEN_FOR = timedelta(seconds=2 * TRY_SECONDS)
#: Tries of one message, which the delays below spread over the better part of a day.
MAX_TRIES = 24
#: After so many, which is some minutes, other receivers are told of it.
TOLD_AFTER = 5
_FIRST_DELAY = timedelta(seconds=10)
_LONGEST_DELAY = timedelta(hours=1)
#: Between two messages to one receiver: a storm arrives as a few messages with many notices each.
GAP = timedelta(seconds=10)
#: The same about the same thing is not said again for so long, unless something else was said of it between.
REPEAT_AFTER = timedelta(hours=6)
#: Notices that one message names.
NAMED_MAX = 40


class Topic(StrEnum):
    """What a notice can be about; a receiver asks for some of them."""

    QUESTION_ASKED = "question.asked"
    JOB_DONE = "job.done"
    JOB_FAILED = "job.failed"
    RUN_DONE = "sprint_run.done"
    RUN_FAILED = "sprint_run.failed"
    RUN_PAUSED = "sprint_run.paused"
    WORKER_STAND_BY = "worker.stand_by"
    WORKER_SIGN_IN_NEEDED = "worker.sign_in_needed"
    WORKER_UNHEALTHY = "worker.unhealthy"
    WORKER_OFFLINE = "worker.offline"
    WORKER_RESUMED = "worker.resumed"
    BUDGET_REACHED = "budget.reached"
    DISK_LOW = "disk.low"
    BACKUP_STALE = "backup.stale"
    PULL_REQUEST_OPENED = "pull_request.opened"
    PULL_REQUEST_MERGED = "pull_request.merged"
    PULL_REQUEST_CLOSED = "pull_request.closed"
    PULL_REQUEST_FAILED = "pull_request.failed"
    FORGE_ACTION_FAILED = "forge_action.failed"
    #: Notices do not get through to another receiver.
    RECEIVER_FAILED = "receiver.failed"
    PULL_REQUEST_REMARKED = "pull_request.remarked"
    #: Somebody tries a receiver; it cannot be asked for.
    TRIAL = "trial"


#: Good news about a thing: told only where bad news of it was told before.
RECOVERY = frozenset({Topic.WORKER_RESUMED})
#: What a receiver that names no topics gets: what needs somebody, or is over. Progress is for those who ask for it.
USUAL = tuple(
    topic
    for topic in Topic
    if topic
    not in {
        Topic.JOB_DONE,
        Topic.WORKER_STAND_BY,
        Topic.PULL_REQUEST_OPENED,
        Topic.PULL_REQUEST_MERGED,
        Topic.PULL_REQUEST_CLOSED,
        Topic.TRIAL,
    }
)


class Urgency(IntEnum):
    LOW = 2
    NORMAL = 3
    HIGH = 4


class ReceiverKind(StrEnum):
    NTFY = "ntfy"
    MAIL = "mail"
    SLACK = "slack"
    WEBHOOK = "webhook"
    APPRISE = "apprise"


class NoticeState(StrEnum):
    PENDING = "pending"
    SENT = "sent"
    #: Its receiver could not be reached for so long that it was given up.
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What there is to say. `subject` is the thing that it is said of."""

    topic: Topic
    subject: str
    title: str
    text: str = ""
    link: str | None = None
    urgency: Urgency = Urgency.NORMAL


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Words on their way to one receiver."""

    id: NoticeId
    receiver_id: ReceiverId
    topic: Topic
    subject: str
    title: str
    text: str
    link: str | None
    urgency: Urgency
    created_at: datetime
    due_at: datetime
    state: NoticeState = NoticeState.PENDING
    settled_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What goes out at once: one notice, or several that came due together."""

    #: The same for the same notices, however often they are tried.
    id: str
    at: datetime
    title: str
    text: str
    link: str | None
    urgency: Urgency
    notices: tuple[Notice, ...]

    @classmethod
    def of(cls, notices: Sequence[Notice], now: datetime) -> Message:
        digest = hashlib.sha256(" ".join(notice.id for notice in notices).encode()).hexdigest()
        first = notices[0]
        alone = len(notices) == 1
        return cls(
            id=f"msg_{digest[:32]}",
            at=now,
            title=first.title if alone else f"{len(notices)} notices",
            text=first.text if alone else _listed(notices),
            link=first.link if alone else None,
            urgency=max(notice.urgency for notice in notices),
            notices=tuple(notices),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """Where notices go: somebody's, or the installation's own. What it needs to be reached is kept elsewhere."""

    id: ReceiverId
    #: None: the installation's, from its file.
    user_id: UserId | None
    name: str
    kind: ReceiverKind
    #: Where it leads, without what is secret of it.
    shown: str
    #: Names and patterns of topics; none: the usual ones.
    topics: tuple[str, ...] = ()
    #: Of jobs, runs and pull requests it is told where its person asked for the work.
    only_mine: bool = False
    #: When nothing is sent, e.g. `22:00-07:00`.
    quiet: str | None = None
    time_zone: str = "UTC"
    #: Notices are collected for so long; 0: each goes at once.
    digest_minutes: int = 0
    created_at: datetime
    #: None: nothing waits, or it was given up.
    due_at: datetime | None = None
    held_until: datetime | None = None
    taken: int = 0
    tries: int = 0
    trouble: Trouble | None = None
    #: The last failure, for people.
    reason: str | None = None
    #: When something arrived there last.
    sent_at: datetime | None = None

    def wants(self, topic: Topic) -> bool:
        if not self.topics:
            return topic in USUAL
        return topic is not Topic.TRIAL and any(fnmatchcase(topic, pattern) for pattern in self.topics)

    def when(self, now: datetime) -> datetime:
        """When a notice of this moment is to go: after the digest's time, and not in quiet hours."""
        return self._awake(now + timedelta(minutes=self.digest_minutes))

    def ask(self, due_at: datetime) -> Self:
        """Something waits from then on. One that is in trouble, or at work, keeps its own time."""
        after_the_last = due_at if self.sent_at is None else max(due_at, self.sent_at + GAP)
        if self.due_at is None:
            return replace(self, due_at=after_the_last, tries=0)
        busy = self.tries > 0 or self.held_until is not None
        return self if busy else replace(self, due_at=min(self.due_at, after_the_last))

    def take(self, now: datetime) -> Self:
        """The caller's alone for a while; after that it is due for others."""
        return replace(self, due_at=now + TAKEN_FOR, held_until=now + TAKEN_FOR, taken=self.taken + 1)

    def arrived(self, now: datetime, next_due: datetime | None) -> Self:
        """A message got there; `next_due` is when the first of those that wait still may go."""
        due_at = self._awake(max(next_due, now + GAP)) if next_due is not None else None
        return replace(self, due_at=due_at, held_until=None, tries=0, trouble=None, reason=None, sent_at=now)

    def fail(self, trouble: Trouble, reason: str, now: datetime, retry_after: float | None, jitter: float) -> Self:
        """To be tried again later; `due_at` is None when this was the last try."""
        tries = self.tries + 1
        delay = min(_LONGEST_DELAY, _FIRST_DELAY * 2 ** min(tries - 1, 12)) * (1 + 0.2 * jitter)
        if retry_after is not None:
            delay = max(delay, timedelta(seconds=min(retry_after, 86_400.0)))
        due_at = self._awake(now + delay) if tries < MAX_TRIES else None
        return replace(self, due_at=due_at, held_until=None, tries=tries, trouble=trouble, reason=reason)

    def evolve(self, **changes: Any) -> Self:
        return replace(self, **changes)

    def _awake(self, moment: datetime) -> datetime:
        """That moment, or the end of the quiet hours that it falls into."""
        if self.quiet is None:
            return moment
        hours = ActiveHours(windows=self.quiet, time_zone=self.time_zone)
        return hours.span_from(moment).end if hours.open_at(moment) else moment


def repeats(said: Notice | None, words: Words, now: datetime) -> bool:
    """Whether `words` would say again what was said last about their subject."""
    if said is None:
        return words.topic in RECOVERY
    if said.topic in RECOVERY and words.topic in RECOVERY:
        return True
    return said.topic is words.topic and now - said.created_at < REPEAT_AFTER


def _listed(notices: Sequence[Notice]) -> str:
    lines = [f"- {notice.title}" for notice in notices[:NAMED_MAX]]
    if len(notices) > NAMED_MAX:
        lines.append(f"… and {len(notices) - NAMED_MAX} more")
    return "\n".join(lines)
