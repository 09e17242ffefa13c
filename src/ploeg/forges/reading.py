"""What the forges' JSON has in common, made into values of the domain."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from ploeg.domain.forge import Check, Checks, ChecksState

#: How the names of Ploeg's own statuses begin.
OWN = "ploeg/"
_TEXT_MAX = 500


def moment(text: str) -> datetime:
    """RFC 3339, as all forges write it; Python 3.11 reads every form of it."""
    return datetime.fromisoformat(text)


def login(told: Mapping[str, Any] | None, name: str = "login") -> str:
    """A user's name; `ghost` for somebody whose account is gone, as GitHub calls them."""
    return str((told or {}).get(name) or "ghost")


def together(checks: Iterable[tuple[Check, ChecksState]]) -> Checks:
    """What a commit's checks say as one; Ploeg's own do not count."""
    others = [(check, state) for check, state in checks if not check.name.startswith(OWN)]
    states = {state for _, state in others}
    for worst in (ChecksState.RED, ChecksState.PENDING, ChecksState.GREEN):
        if worst in states:
            failed = tuple(check for check, state in others if state is ChecksState.RED)
            return Checks(worst, failed)
    return Checks(ChecksState.NONE)


def check(name: Any, url: Any, text: Any) -> Check:
    return Check(str(name or ""), str(url or ""), " ".join(str(text or "").split())[:_TEXT_MAX])
