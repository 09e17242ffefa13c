"""What a worker must show before `done` is taken: a receipt whose gates all passed, for the commit that it pushed; of a
job that changes nothing in the repository, the answer that it was asked for.
"""

from __future__ import annotations

from ploeg.domain.errors import Invalid
from ploeg.domain.job import Job
from ploeg.domain.kinds import kind_named
from ploeg.wire.work import FinishReport


def check_proof(job: Job, report: FinishReport) -> None:
    """`Invalid` unless the report proves that the job is done."""
    kind = kind_named(job.kind)
    if kind.summary_required and not (report.summary or "").strip():
        raise Invalid("summary", report.summary, "done needs the summary, which is the answer")
    if not kind.gated:
        return
    receipt = report.receipt
    if receipt is None:
        raise Invalid("receipt", None, "done needs the receipt of what was verified")
    if report.head_sha is None or receipt.get("head_sha") != report.head_sha:
        raise Invalid("head_sha", report.head_sha, "done needs the very commit that the receipt is for")
    gates = receipt.get("gates")
    if not isinstance(gates, list) or not gates or not all(_passed(gate) for gate in gates):
        raise Invalid("receipt", "gates", "done needs every gate of the receipt passed")
    changed = report.head_sha != (report.base_sha or receipt.get("base_sha"))
    if kind.pushes and changed and not report.pushed:
        raise Invalid("pushed", False, "done needs the commit on the remote; report push_failed or push_conflict")


def _passed(gate: object) -> bool:
    return isinstance(gate, dict) and gate.get("passed") is True
