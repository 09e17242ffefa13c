"""Names of what a job has on the worker's disk."""

from __future__ import annotations

_VERIFY = "-verify"


def verify_checkout(job_code: str) -> str:
    """The checkout, and the HOME, in which a job's commit is verified; no agent ever sees them."""
    return job_code + _VERIFY


def beside(job_code: str, number: int) -> str:
    """The checkout of a further repository that a job reads."""
    return f"{job_code}-beside-{number}"


def is_verify_checkout(name: str) -> bool:
    return name.endswith(_VERIFY)
