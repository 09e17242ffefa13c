"""What a worker verified on a commit, as people read it: in a pull request's text, and as a commit's status."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from ploeg.control.people.tokens import without_secrets
from ploeg.control.publishing import actions
from ploeg.domain.attempt import Attempt
from ploeg.domain.forge import StatusState
from ploeg.domain.forge_action import Deed
from ploeg.domain.job import Job
from ploeg.store.transaction import Transaction

CONTEXT = "ploeg/receipt"
#: Characters of a status, which GitHub takes.
STATUS_MAX = 140


class _Gate(msgspec.Struct):
    name: str
    passed: bool


class _Command(msgspec.Struct):
    command: str
    exit_code: int | None


class Receipt(msgspec.Struct):
    """What is shown of a receipt, which a worker made."""

    head_sha: str
    gates: list[_Gate] = []
    commands: list[_Command] = []

    @classmethod
    def of(cls, told: dict[str, Any]) -> Receipt | None:
        """None for one of another form."""
        try:
            return msgspec.convert(told, cls)
        except msgspec.ValidationError:
            return None

    @property
    def passed(self) -> str:
        return ", ".join(in_line(gate.name) for gate in self.gates if gate.passed)


def lines(job: Job, told: dict[str, Any]) -> Iterator[str]:
    """For a pull request's text."""
    receipt = Receipt.of(told)
    if receipt is None:
        return
    yield f"- {job.code} on commit {receipt.head_sha[:12]}" + (f": {receipt.passed}" if receipt.passed else "")
    for command in receipt.commands:
        yield f"  - `{in_line(command.command).replace('`', chr(39))}`: exit {command.exit_code}"


def ask_status(tx: Transaction, job: Job, attempt: Attempt, repo_url: str, actor: str) -> None:
    """Has the forge show the receipt at the commit that was pushed."""
    receipt = Receipt.of(attempt.receipt or {})
    if receipt is None or attempt.head_sha is None or receipt.head_sha != attempt.head_sha:
        return
    ran = f"; {len(receipt.commands)} verify commands" if receipt.commands else ""
    text = without_secrets(f"{job.code}: {receipt.passed or 'verified'}{ran}")
    actions.ask(
        tx,
        job.product_id,
        repo_url,
        Deed.STATUS,
        f"status {job.id} {attempt.head_sha}",
        actor,
        branch=job.branch,
        sha=attempt.head_sha,
        content={"context": CONTEXT, "state": StatusState.SUCCESS, "text": text[:STATUS_MAX]},
        job_id=job.id,
        story_id=job.story_id,
    )


def in_line(text: str) -> str:
    return " ".join(text.split())
