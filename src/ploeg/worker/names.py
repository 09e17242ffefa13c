"""Names of what a job has on the worker's disk."""

from __future__ import annotations

_VERIFY = "-verify"
_REBASE = "-rebase"


def verify_checkout(job_code: str) -> str:
    """The checkout, and the HOME, in which a job's commit is verified; no agent ever sees them."""
    return job_code + _VERIFY


def beside(job_code: str, number: int) -> str:
    """The checkout of a further repository that a job reads."""
    return f"{job_code}-beside-{number}"


def rebase_checkout(job_code: str) -> str:
    """The checkout in which a job's verified commits are put on top of what others pushed; no agent ever sees it."""
    return job_code + _REBASE


def is_ploegs_own(name: str) -> bool:
    """A checkout that no agent has worked in."""
    return name.endswith((_VERIFY, _REBASE))
