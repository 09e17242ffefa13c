"""What a worker's changes have to say: it cannot work, why, what mends it; and that it works again."""

from __future__ import annotations

from ploeg.domain.notice import Topic, Urgency, Words
from ploeg.domain.occurrence import Event
from ploeg.domain.worker import WorkerState
from ploeg.store.transaction import Transaction

_TROUBLES = {
    WorkerState.STAND_BY: Topic.WORKER_STAND_BY,
    WorkerState.SIGN_IN_NEEDED: Topic.WORKER_SIGN_IN_NEEDED,
    WorkerState.UNHEALTHY: Topic.WORKER_UNHEALTHY,
}
_WORKS = frozenset({WorkerState.IDLE, WorkerState.WORKING})
_SAID = {
    Topic.WORKER_STAND_BY: "stands by",
    Topic.WORKER_SIGN_IN_NEEDED: "needs a sign-in",
    Topic.WORKER_UNHEALTHY: "is unhealthy",
    Topic.WORKER_OFFLINE: "is gone",
    Topic.WORKER_RESUMED: "works again",
}


def words(_tx: Transaction, event: Event) -> Words | None:
    data = event.data
    state = WorkerState(data["state"])
    topic = _topic(state, data["change"], sign_in=bool(data.get("sign_in")))
    if topic is None:
        return None
    who, what = f"worker:{data['id']}", f"Worker {data['hostname']}"
    if data["change"] == "blocked" and state in _WORKS:
        # Others of its runtimes go on, and nothing is told of this one's recovery.
        seat = "/".join(part for part in (data.get("runtime"), data.get("account")) if part)
        who, what = f"{who}:{seat}", f"{seat} on worker {data['hostname']}"
    text = f"{data.get('reason') or ''}\nLook: ploeg worker show {data['hostname']}".strip()
    return Words(
        topic=topic,
        subject=who,
        title=f"{what} {_SAID[topic]}",
        text="" if topic is Topic.WORKER_RESUMED else text,
        urgency=Urgency.LOW if topic in {Topic.WORKER_RESUMED, Topic.WORKER_STAND_BY} else Urgency.HIGH,
    )


def _topic(state: WorkerState, change: str, *, sign_in: bool) -> Topic | None:
    match change:
        case "lost":
            return Topic.WORKER_OFFLINE
        case "blocked":
            return Topic.WORKER_SIGN_IN_NEEDED if sign_in else Topic.WORKER_STAND_BY
        case "state" | "back" | "joined" if state in _WORKS:
            return Topic.WORKER_RESUMED
        case "state":
            return _TROUBLES.get(state)
        case _:
            return None
