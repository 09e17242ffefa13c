"""What a job and a story say of their pull request, in a line."""

from __future__ import annotations

from typing import Any

import pytest

from ploeg.cli.job_view import pull_request

URL = "https://git.example.org/crew/it/pulls/1"
OPEN = {"state": "open", "pr_url": URL, "trouble": None, "reason": None, "due_at": None}
TROUBLE = {"state": "pending", "pr_url": None, "trouble": "unreachable", "reason": "no answer", "due_at": "12:00"}


@pytest.mark.parametrize(
    ("found", "line"),
    [
        (None, None),
        (OPEN, URL),
        (OPEN | {"state": "pending", "pr_url": None}, "being opened"),
        (OPEN | {"status": "merged", "checks": "green"}, f"{URL} (merged)"),
        (
            OPEN | {"status": "open", "checks": "red", "mergeable": False},
            f"{URL} (checks red, conflicts with its base)",
        ),
        (TROUBLE, "not up to date: unreachable: no answer; tried again 12:00"),
        (TROUBLE | {"state": "failed", "due_at": None}, "not up to date: unreachable: no answer; given up"),
        (TROUBLE | {"pr_url": URL}, f"{URL} not up to date: unreachable: no answer; tried again 12:00"),
    ],
)
def test_it_says_where_it_is_or_why_it_is_not_there(found: dict[str, Any] | None, line: str | None) -> None:
    assert pull_request(found) == line
