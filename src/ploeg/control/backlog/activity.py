"""What happened to a story: what agents logged for it, and what people and jobs made of it, as one list."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ploeg.control import find
from ploeg.domain.access import Principal
from ploeg.domain.backlog import LogType, StoryLog
from ploeg.domain.errors import Invalid
from ploeg.domain.occurrence import Event
from ploeg.store.transaction import Transaction

LIMIT_MAX = 1000
#: Of a job, what its story has to tell; the rest is the job's own history.
_OF_JOBS = (
    *(f"job.{status}" for status in ("queued", "done", "failed", "skipped", "cancelled", "waiting")),
    *(f"question.{status}" for status in ("asked", "answered", "cancelled", "expired")),
)
#: What only says that somebody is to look.
_UNTOLD = frozenset({"pull_request.asked", "pull_request.look_asked", "forge_action.asked"})
_LOGGED = {LogType.IMPLEMENTATION_PLAN: "plan", LogType.TEST_RESULT: "test", LogType.COMMIT: "commit"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    at: datetime
    #: `log.plan`, `log.test` or `log.commit` of an agent, or the type of an event.
    type: str
    #: As events name who did it; None for what an agent logged.
    actor: str | None
    #: For a person to read, on one line unless an agent wrote it.
    text: str
    data: dict[str, Any]


def of_story(tx: Transaction, actor: Principal, reference: str, limit: int = 200) -> list[Entry]:
    """The newest entries, oldest first."""
    if not 1 <= limit <= LIMIT_MAX:
        raise Invalid("limit", limit, f"give 1 to {LIMIT_MAX}")
    story = find.story(tx, actor, reference)
    happened = tx.events.of_story(story.id, _OF_JOBS, limit)
    entries = [_happened(event) for event in happened if event.type not in _UNTOLD]
    entries += [_logged(log) for log in tx.backlog.logs(story.id)]
    return sorted(entries, key=lambda entry: entry.at)[-limit:]


def _logged(log: StoryLog) -> Entry:
    text = log.content
    if log.commit_hash:
        text = f"{log.commit_hash[:10]} {log.commit_message}"
    elif log.status:
        text = f"{log.status}: {log.content}"
    data = {"id": log.id, "commit_hash": log.commit_hash, "status": log.status, "metadata": log.metadata}
    return Entry(
        at=log.created_at,
        type=f"log.{_LOGGED[log.type]}",
        actor=None,
        text=text,
        data={name: value for name, value in data.items() if value is not None},
    )


def _happened(event: Event) -> Entry:
    return Entry(at=event.at, type=event.type, actor=event.actor, text=_words(event.type, event.data), data=event.data)


def _words(type_: str, data: dict[str, Any]) -> str:
    code = data.get("code", "")
    noun, _, verb = type_.partition(".")
    if noun == "question":
        said = data.get("answer") if verb == "answered" else data.get("question")
        return f"{code} {verb}: {said}" if said else f"{code} {verb}"
    if noun == "job":
        return f"{code} {verb}: {data['reason']}" if data.get("reason") else f"{code} {verb}"
    if noun in {"pull_request", "forge_action"}:
        return _at_the_forge(noun, verb, data)
    said = [str(data.get("change") or "changed").replace("_", " ")]
    if data.get("was") not in {None, data.get("status")}:
        said = [f"is {data.get('status')}, was {data['was']}"]
    said += [f"{name} {data[name]}" for name in ("needs", "sprint") if data.get(name)]
    return f"{code} {', '.join(said)}"


def _at_the_forge(noun: str, verb: str, data: dict[str, Any]) -> str:
    what = "pull request"
    if noun == "forge_action":
        where = data.get("branch") or (f"pull request {data['number']}" if data.get("number") else "")
        what = " ".join(filter(None, (str(data.get("deed", "")).replace("_", " "), where)))
    said = data.get("reason") or data.get("url") or data.get("result")
    return f"{what} {verb.replace('_', ' ')}" + (f": {said}" if said else "")
