"""How a refusal is worded for an agent, the same at every endpoint."""

from __future__ import annotations

from ploeg.domain.errors import Denied, Invalid, NotFound, PloegError


def refusal_text(error: PloegError) -> str:
    """`VALIDATION_ERROR: …` names the argument, `PERMISSION_DENIED: …` the missing right; what is not there and what is
    not the caller's read alike."""
    match error:
        case Invalid():
            return f"VALIDATION_ERROR: {error}"
        case Denied():
            return f"PERMISSION_DENIED: {error}"
        case NotFound():
            return f"{error.kind} «{error.reference[:80]}» not found or not accessible"
        case _:
            return str(error)
