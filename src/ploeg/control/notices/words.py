"""What an event has to say to people, in the one place where it is worded.

What agents and forges wrote is quoted here: without tokens, on as many lines as it may take, and never as a link.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from ploeg.control.docs.text import TITLE_MAX, kept
from ploeg.control.notices import forge_words, worker_words
from ploeg.control.people.tokens import without_secrets
from ploeg.domain.notice import Topic, Urgency, Words
from ploeg.domain.occurrence import Event
from ploeg.domain.sprint_run import PauseReason, RunStatus
from ploeg.store.transaction import Transaction

TEXT_MAX = 2000

Wording = Callable[[Transaction, Event], Words | None]


def words(tx: Transaction, event: Event) -> Words | None:
    """None: nothing that people need to be told."""
    said = _WORDINGS[event.type](tx, event)
    return _fit(said) if said is not None else None


def _question_asked(tx: Transaction, event: Event) -> Words:
    code = event.data["code"]
    asked = next((q for q in tx.questions.of_job(event.job_id) if q.code == code), None) if event.job_id else None
    options = [f"{n}. {option}" for n, option in enumerate(asked.options, 1)] if asked is not None else []
    if asked is not None and asked.recommendation is not None:
        options.append(f"The agent would take {asked.recommended}.")
    lines = [str(event.data.get("question", "")), *options, f"Answer it: ploeg question answer {code}"]
    return Words(
        topic=Topic.QUESTION_ASKED,
        subject=f"question:{code}",
        title=f"{code} of {_job(tx, event)} waits for an answer",
        text="\n".join(lines),
        urgency=Urgency.HIGH,
    )


def _job_done(tx: Transaction, event: Event) -> Words:
    job = tx.jobs.get(event.job_id) if event.job_id is not None else None
    return Words(
        topic=Topic.JOB_DONE,
        subject=f"job:{event.data['code']}",
        title=f"{_job(tx, event)} is done",
        text=f"On branch {job.branch}." if job is not None and job.branch else "",
        link=job.pr_url if job is not None else None,
        urgency=Urgency.LOW,
    )


def _job_failed(tx: Transaction, event: Event) -> Words:
    code = event.data["code"]
    why = event.data.get("reason") or event.data.get("outcome") or "no reason was given"
    text = f"{why}\nLook: ploeg job show {code}\nTry again: ploeg job retry {code}"
    return Words(topic=Topic.JOB_FAILED, subject=f"job:{code}", title=f"{_job(tx, event)} failed", text=text)


def _run_changed(tx: Transaction, event: Event) -> Words | None:
    data = event.data
    if data.get("was") in {None, data["status"]} or data.get("pause") == PauseReason.MANUAL:
        return None
    match data["status"]:
        case RunStatus.DONE:
            topic, said, urgency = Topic.RUN_DONE, "is done", Urgency.LOW
        case RunStatus.FAILED:
            topic, said, urgency = Topic.RUN_FAILED, "failed", Urgency.NORMAL
        case RunStatus.PAUSED:
            topic, said, urgency = Topic.RUN_PAUSED, "stands still", Urgency.NORMAL
        case _:
            return None
    text = f"{data.get('reason') or ''}\nLook: ploeg sprint show {data['code']}".strip()
    title = f"The run of sprint {data['code']} {said}"
    return Words(topic=topic, subject=f"run:{data['id']}", title=title, text=text, urgency=urgency)


def _budget_reached(tx: Transaction, event: Event) -> Words:
    data = event.data
    of = f"{data['used']} of {data['limit']} used" if {"used", "limit"} <= data.keys() else ""
    return Words(
        topic=Topic.BUDGET_REACHED,
        subject=f"budget:{data.get('scope')}:{_moment(data.get('until'))}",
        title=f"The budget of {data.get('scope', 'the installation')} is used up",
        text=_sentences(of, _until("No job of it begins", data.get("until"))),
        urgency=Urgency.HIGH,
    )


def _receiver_failed(tx: Transaction, event: Event) -> Words:
    data = event.data
    return Words(
        topic=Topic.RECEIVER_FAILED,
        subject=f"receiver:{data['id']}",
        title=f"Notices do not get through to {data['name']}",
        text=f"{data.get('reason') or data['trouble']}\nLook: ploeg notice list",
    )


def _disk_low(tx: Transaction, event: Event) -> Words:
    data = event.data
    where = data.get("hostname") or data.get("worker") or "the server"
    return Words(
        topic=Topic.DISK_LOW,
        subject=f"disk:{where}",
        title=f"The disk of {where} is nearly full",
        text=_sentences(str(data.get("reason") or ""), _free(data.get("free"))),
        urgency=Urgency.HIGH,
    )


def _backup_stale(tx: Transaction, event: Event) -> Words:
    data = event.data
    since = f"None was made since {_moment(data['since'])}" if data.get("since") else "There is none yet"
    return Words(
        topic=Topic.BACKUP_STALE,
        subject="backup",
        title="There is no recent backup",
        text=_sentences(since, str(data.get("reason") or "")),
        urgency=Urgency.HIGH,
    )


_WORDINGS: dict[str, Wording] = {
    "question.asked": _question_asked,
    "job.done": _job_done,
    "job.failed": _job_failed,
    "sprint_run.changed": _run_changed,
    "worker.changed": worker_words.words,
    "budget.reached": _budget_reached,
    "disk.low": _disk_low,
    "backup.stale": _backup_stale,
    **dict.fromkeys(forge_words.PULL_REQUEST, forge_words.pull_request),
    "pull_request.remarked": forge_words.remarked,
    "receiver.failed": _receiver_failed,
    "forge_action.failed": forge_words.action_failed,
}
#: Types of events that may have something to say.
TOLD = frozenset(_WORDINGS)


def _job(tx: Transaction, event: Event) -> str:
    """The job with what it is about."""
    job = tx.jobs.get(event.job_id) if event.job_id is not None else None
    if job is None:
        return str(event.data.get("code", "a job"))
    task = tx.backlog.task(job.task_id) if job.task_id is not None else None
    return f"{job.code} ({task.code}: {task.title})" if task is not None else job.code


def _sentences(*parts: str) -> str:
    return " ".join(part if part.endswith(".") else f"{part}." for part in parts if part)


def _until(said: str, moment: Any) -> str:
    return f"{said} before {_moment(moment)}" if moment is not None else ""


def _moment(said: Any) -> str:
    """A moment, as an event that was read back has it as text."""
    if isinstance(said, str):
        try:
            said = datetime.fromisoformat(said)
        except ValueError:
            return str(said)
    return f"{said:%Y-%m-%d %H:%M} UTC" if isinstance(said, datetime) else str(said)


def _free(said: Any) -> str:
    return f"{said / 1e9:.1f} GB are free" if isinstance(said, int | float) else ""


def _fit(said: Words) -> Words:
    title = kept(" ".join(without_secrets(said.title).split()), TITLE_MAX) or said.topic
    text = kept(without_secrets(said.text), TEXT_MAX) or ""
    return Words(topic=said.topic, subject=said.subject, title=title, text=text, link=said.link, urgency=said.urgency)
